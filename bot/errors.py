"""Why the bot does not run, drawn once.

BotError
├── InvalidSettings      a setting is missing or wrong
├── DataDirectoryBusy    another process works in the data directory
└── SandboxFailed        the demo's local Telegram did not start

Errors of `search` that reach the command line (`ModelError`, `StorageError`) are printed as they are.
"""


class BotError(Exception):
    """The bot cannot run."""


class InvalidSettings(BotError):
    """A setting is missing or wrong."""


class DataDirectoryBusy(BotError):
    """Another process works in the data directory."""


class SandboxFailed(BotError):
    """The local Telegram did not start."""
