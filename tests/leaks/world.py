"""The model: which photos may be seen in which chat, from what people did; and the check of all that the bot says.

Knows nothing of how the bot does it. Everything that could leak carries its owner in its name: a photo's caption, file,
sender and question are tokens like `cap12`, so that any text, link, button or upload says whose it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.leaks.telegram import Sent

TOKEN = re.compile(r"(cap|File|name|title|ask)(\d+)")
FILE = re.compile(r"File(\d+)v(\d+)")
LINK = re.compile(r"t\.me/c/(\d+)/(?:\d+/)?(\d+)")
COUNT = re.compile(r"^([\d,]+) photos? indexed|^Remembered: ([\d,]+) photos|^\d+–\d+ of ([\d,]+)|^\d+ of ([\d,]+)")
POSTED = re.compile(r"posted (\d+) times")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=7)
ABANDONED = timedelta(days=30)


@dataclass(slots=True)
class Photo:
    """What a person posted."""

    number: int
    chat: int
    """The archive it belongs to by now."""
    origin: int
    message_id: int
    sender: int
    picture: int
    """Equal pictures have equal files."""
    caption: str | None
    date: datetime
    album: str | None = None
    protected: bool = False
    spoiler: bool = False
    kind: str = "photo"
    version: int = 0
    """How often its picture was changed."""
    update: dict[str, Any] = field(default_factory=dict)
    """As Telegram handed it over last."""
    handed_at: datetime = NEVER


@dataclass(slots=True)
class Leak(AssertionError):
    """The bot showed what may not be seen."""

    what: str
    sent: Sent

    def __str__(self) -> str:
        return f"{self.what}: {self.sent}"


class World:
    """What may be seen."""

    def __init__(self) -> None:
        self.photos: dict[int, Photo] = {}
        """Those that may be seen, in the chat they are in; by number."""
        self.senders: dict[int, set[int]] = {}
        self.forgotten: set[tuple[int, int]] = set()
        self.opted_out: set[tuple[int, int]] = set()
        self.left: dict[int, datetime] = {}
        self.became: dict[int, int] = {}
        self.asked: dict[int, int] = {}
        """Which chat a question was asked in, by its token."""
        self.checked = 0
        self.shown = 0

    def now_of(self, chat: int) -> int:
        """The chat that a chat has become."""
        while chat in self.became:
            chat = self.became[chat]
        return chat

    def may_take(self, chat: int, message_id: int, sender: int, date: datetime, now: datetime) -> bool:
        """Whether a photo posted there may be kept."""
        archive = self.now_of(chat)
        refused = {(sender, archive), (sender, 0)} & self.opted_out
        return not refused and (chat, message_id) not in self.forgotten and date >= now - KEPT

    def visible(self, chat: int) -> list[Photo]:
        """The photos that may be seen in a chat: none, while the bot is not in it."""
        return [photo for photo in self.photos.values() if photo.chat == chat]

    def forget(self, *photos: Photo) -> None:
        """They may not be seen, nor taken up again."""
        for photo in photos:
            self.photos.pop(photo.number, None)
            self.forgotten.add((photo.origin, photo.message_id))

    def swept(self, now: datetime) -> None:
        """What is past its time, or of a chat that is over, is gone."""
        over = {chat for chat, since in self.left.items() if since < now - ABANDONED}
        for photo in list(self.photos.values()):
            if photo.date < now - KEPT or photo.chat in over:
                del self.photos[photo.number]

    # -- the check -----------------------------------------------------------------------------------------

    def check(self, sent: Sent, chat: int | None) -> None:
        """Everything that a call says, to the chat it goes to (a press: to the chat of its message).

        Raises:
            Leak
        """
        target = sent.fields.get("chat_id")
        chat = int(target) if target is not None else chat
        if chat is None:
            return
        self.checked += 1
        chat = self.now_of(chat)
        seen = {photo.number: photo for photo in self.visible(chat)}
        said = json.dumps(sent.fields, ensure_ascii=False, default=str) + " ".join(
            upload.decode(errors="replace") for upload in sent.uploads
        )
        self._check_tokens(said, chat, seen, sent)
        self._check_counts(said, sent, seen)
        if sent.method in ("sendPhoto", "sendMediaGroup"):
            self.shown += 1
            for item in sent.fields.get("media") or [sent.fields | {"media": sent.fields.get("photo")}]:
                self._check_item(item, seen, sent)

    def _check_tokens(self, said: str, chat: int, seen: dict[int, Photo], sent: Sent) -> None:
        people = {photo.sender for photo in seen.values()} | self.senders.get(chat, set())
        for kind, digits in TOKEN.findall(said):
            number = int(digits)
            is_ours = {
                "cap": number in seen,
                "File": number in seen,
                "name": number in people,
                "title": number == chat or self.now_of(-number) == chat,
                "ask": self.now_of(self.asked.get(number, 0)) == chat,
            }[kind]
            if not is_ours:
                raise Leak(f"{kind}{number} in chat {chat}", sent)
        places = {(photo.origin, photo.message_id) for photo in seen.values()}
        for bare, message_id in LINK.findall(said):
            if (int(f"-100{bare}"), int(message_id)) not in places:
                raise Leak(f"a link to {bare}/{message_id} in chat {chat}", sent)

    def _check_item(self, item: dict[str, Any], seen: dict[int, Photo], sent: Sent) -> None:
        for number, version in FILE.findall(str(item.get("media"))):
            photo = seen[int(number)]
            if photo.protected:
                raise Leak("a protected photo was sent again", sent)
            if photo.spoiler and not item.get("has_spoiler"):
                raise Leak("a spoiler was shown", sent)
            if photo.version != int(version):
                raise Leak("a picture was shown that its message does not show any more", sent)

    def _check_counts(self, said: str, sent: Sent, seen: dict[int, Photo]) -> None:
        counted = COUNT.search(str(sent.fields.get("text") or ""))
        number = next((group for group in counted.groups() if group), "0") if counted else "0"
        if int(number.replace(",", "")) > len(seen):
            raise Leak(f"{number} photos counted, {len(seen)} may be seen", sent)
        for times in POSTED.findall(said):
            most = max((sum(one.picture == two.picture for two in seen.values()) for one in seen.values()), default=0)
            if int(times) > most:
                raise Leak(f"posted {times} times, {most} of them may be known here", sent)
