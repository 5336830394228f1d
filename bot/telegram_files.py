"""Downloads through the Bot API, its errors put into the domain's words."""

from datetime import timedelta

from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from search.errors import FileError, FileGone, FileUnreachable

FOR_NOW = "temporarily unavailable"
"""Telegram answers "wrong file_id or the file is temporarily unavailable" for both; only trying again tells."""


class TelegramFiles:
    """The `FileSource` of production."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def fetch(self, file_id: str) -> bytes:
        """See `FileSource`. A fresh link each time: they expire after an hour."""
        try:
            file = await self._bot.get_file(file_id)
            return bytes(await file.download_as_bytearray())
        except TelegramError as exc:
            raise _translated(exc) from exc


def _translated(exc: TelegramError) -> FileError:
    if isinstance(exc, RetryAfter):
        pause = exc.retry_after if isinstance(exc.retry_after, timedelta) else timedelta(seconds=exc.retry_after)
        return FileUnreachable("Telegram asked to wait.", pause)
    if isinstance(exc, BadRequest) and FOR_NOW not in exc.message.lower():
        if "too big" in exc.message.lower():
            return FileGone("The file is larger than the 20 MB that Telegram lets bots download.")
        return FileGone(f"Telegram does not have the file ({exc.message}).")
    if isinstance(exc, NetworkError | InvalidToken | Forbidden):
        return FileUnreachable(f"Telegram could not be reached ({exc.message}).")
    return FileUnreachable(exc.message)
