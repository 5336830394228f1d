"""Downloads through the Bot API, its errors put into the domain's words."""

from datetime import timedelta

from telegram import Bot
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

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
        except OSError as exc:  # a Bot API server with --local hands out paths
            # Its path, which holds the token, stays out: the reason is kept and shown.
            raise FileUnreachable(f"The Bot API server's file could not be read ({exc.strerror}).") from exc


def _translated(exc: TelegramError) -> FileError:
    if isinstance(exc, RetryAfter):
        pause = exc.retry_after if isinstance(exc.retry_after, timedelta) else timedelta(seconds=exc.retry_after)
        return FileUnreachable("Telegram asked to wait.", pause, is_outage=True)
    if isinstance(exc, BadRequest):
        if FOR_NOW in exc.message.lower():
            return FileUnreachable(f"Telegram does not have the file just now ({exc.message}).")
        if "too big" in exc.message.lower():
            return FileGone("The file is larger than the 20 MB that Telegram lets bots download.")
        return FileGone(f"Telegram does not have the file ({exc.message}).")
    if isinstance(exc, InvalidToken):  # what the library makes of a 404: an expired link, or a token that was revoked
        return FileUnreachable("Telegram's link to the file has expired.")
    return FileUnreachable(f"Telegram could not be reached ({exc.message}).", is_outage=True)
