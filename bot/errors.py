"""Why the bot does not run, drawn once.

BotError
├── InvalidSettings      a setting is missing or wrong
├── DataDirectoryBusy    another process works in the data directory
├── NoArchive            there is nothing yet where the settings point
├── RestoreCutOff        an archive was to be restored, and is not there
├── BotNotRunning        nobody works in the data directory who could be asked
├── FolderError          a folder of pictures cannot be indexed, or not be searched for that
└── SandboxFailed        the demo's local Telegram did not start

Errors of `search` that reach the command line (`ModelError`, `StorageError`) are printed as they are.
"""

from pathlib import Path

from search.errors import ModelError, StorageError


class BotError(Exception):
    """The bot cannot run."""


class InvalidSettings(BotError):
    """A setting is missing or wrong."""


class DataDirectoryBusy(BotError):
    """Another process works in the data directory."""


class NoArchive(BotError):
    """There is nothing yet where the settings point."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"There is no archive in {data_dir.absolute()}. Set CHATLENS_DATA_DIR as it is set for the bot: a command "
            "reads the environment, and the file .env of the directory in which it is run."
        )


class RestoreCutOff(BotError):
    """An archive was to be restored, and is not there."""

    def __init__(self, data_dir: Path, aside: Path | None) -> None:
        old = "" if aside is None else f", or move what is in {aside} back to go on with the archive before"
        super().__init__(
            f"In {data_dir.absolute()} a restore was ended in the middle, and there is no archive yet. Run it again, "
            f"with --force{old}. To begin an empty archive, remove what it left there, .restoring and set-aside-*."
        )


class BotNotRunning(BotError):
    """Nobody works in the data directory who could be asked."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"No bot is running with the data directory {data_dir}, or it is just starting.")


class FolderError(BotError):
    """A folder of pictures cannot be indexed, or not be searched for that."""


class SandboxFailed(BotError):
    """The local Telegram did not start."""


EXPECTED = (BotError, ModelError, StorageError)
"""What may be said as it is: each message is a sentence for the person who runs the bot."""
