"""The errors of the storage layer; no driver's error leaves it untranslated.

    StorageError
    ├── DatabaseUnavailable      the SQL database cannot be opened, read or written at this moment
    ├── SchemaTooNew             a newer version of the program has written this database
    ├── VectorIndexUnavailable   Chroma is broken or cannot be reached; SQL still has every vector
    ├── OriginalsUnavailable     an imported file cannot be copied into the data directory
    ├── ArchiveClosed            a chat takes nothing more of the export that is imported into it
    ├── ModelMismatch            the archive's vectors were made by another model
    └── BackupUnusable           a backup could not be made, or a file is none that can be restored

Each message is written for the person who runs the bot and says what to do.
"""

from __future__ import annotations


class StorageError(Exception):
    """The archive cannot be used."""


class DatabaseUnavailable(StorageError):
    """The database cannot be read or written at this moment."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"The database cannot be used: {reason}. {advice}")
        self.reason = reason
        self.advice = advice


class SchemaTooNew(StorageError):
    """The database was written by a newer version of the program."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database has schema {revision!r}, which this version does not know. "
            "Install the version that wrote it, or a newer one; nothing was changed."
        )
        self.revision = revision


class VectorIndexUnavailable(StorageError):
    """Chroma is broken or cannot be reached."""

    def __init__(
        self,
        reason: str,
        advice: str = "It is rebuilt from the database; searches go on.",
        *,
        is_passing: bool = False,
    ) -> None:
        super().__init__(f"The vector index cannot be used: {reason}. {advice}")
        self.reason = reason
        self.is_passing = is_passing
        """The cause lies outside the index (a server that is away, a full disk): making it anew would mend nothing."""


class OriginalsUnavailable(StorageError):
    """An imported file cannot be copied into the data directory."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"A file cannot be copied into the data directory: {reason}. Make room, or import with --leave; what was "
            "taken in so far is kept."
        )


class ArchiveClosed(StorageError):
    """A chat takes nothing more of the export that is imported into it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The import has ended: {reason}.")
        self.reason = reason


class ModelMismatch(StorageError):
    """The archive belongs to another model: vectors of two models cannot be compared."""

    def __init__(self, recorded: str, asked: str) -> None:
        super().__init__(
            f"The archive was indexed with the model {recorded!r}, but CHATLENS_MODEL names {asked!r}. Set it back to "
            f"{recorded!r} and start the bot. To change over, run `python -m bot reindex --model NAME:TAG` with the "
            "new model: the old one answers until the new one has seen every photo."
        )
        self.recorded = recorded
        self.asked = asked


class BackupUnusable(StorageError):
    """A file is no backup that can be restored."""
