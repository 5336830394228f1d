"""Text and entities while a parse mode's markup is taken out of them.

https://core.telegram.org/bots/api#formatting-options
"""

import re
from typing import Any

from sandbox.detection import utf16_length
from sandbox.errors import BadRequest

Entities = list[dict[str, Any]]
_USER_LINK = re.compile(r"tg://user\?id=(\d+)")
_EMOJI_LINK = re.compile(r"tg://emoji\?id=(\d+)")
_WEB_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[^\s/]+\.[^\s]+|(?:tg|mailto|tel):\S+", re.IGNORECASE)


def parse_error(reason: str) -> BadRequest:
    """What Telegram answers when it cannot make sense of the markup."""
    return BadRequest(f"can't parse entities: {reason}")


class RichText:
    """Plain text as it grows, and the entities found in it, measured in UTF-16 code units."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._entities: Entities = []
        self.length = 0

    def add(self, piece: str) -> None:
        """Appends text."""
        self._pieces.append(piece)
        self.length += utf16_length(piece)

    def since(self, offset: int) -> str:
        """The text from an offset on."""
        units = "".join(self._pieces).encode("utf-16-le")
        return units[2 * offset :].decode("utf-16-le")

    def mark(self, kind: str, offset: int, **details: Any) -> None:
        """Makes what was added since `offset` an entity; an empty one is none."""
        if self.length > offset:
            self._entities.append({"type": kind, "offset": offset, "length": self.length - offset} | details)

    def link(self, url: str, offset: int) -> None:
        """Makes what was added since `offset` a link, or a mention of a user; a bad address is no link."""
        url = url or self.since(offset)
        if user := _USER_LINK.fullmatch(url):
            self.mark("text_mention", offset, user={"id": int(user[1])})
        elif address := web_address(url):
            self.mark("text_link", offset, url=address)

    def custom_emoji(self, link: str, offset: int) -> None:
        """Makes what was added since `offset` a custom emoji. Raises BadRequest without a tg://emoji address."""
        emoji = _EMOJI_LINK.fullmatch(link)
        if not emoji:
            raise parse_error("Custom emoji entity must contain a tg://emoji URL")
        self.mark("custom_emoji", offset, custom_emoji_id=emoji[1])

    def last(self) -> dict[str, Any] | None:
        """The entity marked last."""
        return self._entities[-1] if self._entities else None

    def result(self) -> tuple[str, Entities]:
        """The text and its entities, outer ones first."""
        return "".join(self._pieces), sorted(self._entities, key=lambda e: (e["offset"], -e["length"]))


def web_address(url: str) -> str | None:
    """An address with a protocol and, where it has no path, a final slash, as Telegram writes it; None for no link."""
    if not _WEB_LINK.fullmatch(url):
        return None
    if re.match(r"[a-z]+:", url, re.IGNORECASE) is None:
        url = f"http://{url}"
    return url + "/" if re.fullmatch(r"https?://[^/?#]+", url) else url
