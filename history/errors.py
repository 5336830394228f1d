"""What is wrong with an export, told to the person who made it.

ExportError
├── NotAnExport       there is nothing here that Telegram Desktop wrote
├── ExportDamaged     the export ends or breaks before its first message
├── ArchiveRefused    a ZIP that is encrypted, damaged, or swells too much to be one of an export
├── NoSuchChat        the export holds no such chat
├── ReadingStopped    nobody wants it any more
└── FileError
    ├── FileMissing   the picture's file is not there, or no longer
    └── FileTooLarge  the picture's file has more bytes than asked for

Damage further on is no error: what stands before it is read, and `Export.damage` says where it breaks off.
"""


class ExportError(Exception):
    """The export cannot be read."""


class NotAnExport(ExportError):
    """There is nothing here that Telegram Desktop wrote."""


class ExportDamaged(ExportError):
    """The export ends or breaks before its first message."""


class ArchiveRefused(ExportError):
    """The ZIP is not read."""


class NoSuchChat(ExportError):
    """The export holds no such chat."""


class ReadingStopped(ExportError):
    """Nobody wants the export to be read any more."""


class FileError(ExportError):
    """A picture's file cannot be read."""


class FileMissing(FileError):
    """The picture's file is not there, or no longer."""


class FileTooLarge(FileError):
    """The picture's file has more bytes than asked for."""
