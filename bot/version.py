"""Which version of the program this is."""

from importlib import metadata


def version() -> str:
    """As it was installed; a checkout that never was has none."""
    try:
        return metadata.version("chatlens")
    except metadata.PackageNotFoundError:
        return "unknown"
