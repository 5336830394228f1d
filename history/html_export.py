"""An HTML export, read: messages.html, messages2.html and so on, of one chat or of each of an account's.

It says less than JSON: neither what the chat is nor its id, no ids of senders, no types and sizes of files, no edits,
spoilers or topics.
"""

import codecs
import posixpath
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone

from history.errors import ExportDamaged, ExportError
from history.html_page import Draft, Page
from history.picture import STICKER_ENDING, Choices
from history.records import DELETED_ACCOUNT, ExportedChat, ExportedPhoto, Missing, PictureKind, Skipped
from history.tally import Tally
from history.tree import Tree

PIECE = 64 * 1024
PAGE = re.compile(r"messages(\d*)\.html")
"""Every page after the first has its number, from 2."""
_DATE = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: UTC([+-])(\d\d):?(\d\d))?")
"""03.05.2024 18:22:07 UTC+02:00 in every language; older versions leave out the offset."""
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})\b")
"""What is written in a photo's box, and in no other."""
_VIA = re.compile(r" via @\w+$")
_TYPES = {"jpg": "jpeg"} | {ending: ending for ending in ("jpeg", "png", "webp", "gif", "avif", "heic", "heif")}
"""Endings of files that the bot takes as pictures, and their types."""
_OWN_TYPES = {PictureKind.PHOTO: "image/jpeg", PictureKind.STICKER: "image/webp"}


class HtmlExport:
    """Reads the pages from the first one for every question; of their messages nothing stays in memory."""

    def __init__(self, tree: Tree, folders: dict[str, list[str]], choices: Choices) -> None:
        """`folders`: the pages of each chat in their order, by the folder they lie in."""
        self.damage: str | None = None
        self.size = tree.sizes(page for pages in folders.values() for page in pages)
        self._tree = tree
        self._folders = folders
        self._choices = choices

    def chats(self) -> Iterator[ExportedChat]:
        """Raises ExportError."""
        self.damage = None
        for place, folder in enumerate(self._folders, start=1):
            tally, pages = Tally(), _Pages(self._tree, self._folders[folder])
            for name, draft, sender in pages.messages():
                tally.add(self._picture(draft, -place, name, sender))
            self.damage = self.damage or pages.damage
            yield tally.chat(-place, pages.chat_name, kind="", has_left=False)

    def photos(self, chat_id: int, kind: str) -> Iterator[ExportedPhoto]:
        """Of the chat that `chats` numbered so; pages say nothing of its kind. Raises ExportError."""
        del kind
        pages = list(self._folders.values())[-chat_id - 1]
        for name, draft, sender in _Pages(self._tree, pages).messages():
            found = self._picture(draft, chat_id, name, sender)
            if isinstance(found, ExportedPhoto):
                yield found

    def _picture(self, draft: Draft, chat_id: int, page: str, sender: str) -> ExportedPhoto | Skipped | None:
        kind = _kind(draft, self._choices)
        if kind is None:
            return None
        date = _date(draft, self._choices)
        if date is None or not draft.number:
            return Skipped.NO_DATE if date is None else Skipped.NO_ID
        found = _missing(draft) if draft.link is None else self._tree.picture(_from_root(page, draft.link), None)
        size = _SIZE.match(draft.text("status"))
        return ExportedPhoto(
            chat_id=chat_id,
            message_id=draft.number,
            date=date,
            sender_id=None,
            sender_name=sender,
            is_channel_sender=False,
            caption=None if draft.is_command else draft.text("caption") or None,
            file=None if isinstance(found, Missing) else found,
            missing_reason=found if isinstance(found, Missing) else None,
            kind=kind,
            mime_type=_mime_type(draft, kind),
            width=None if size is None else int(size.group(1)),
            height=None if size is None else int(size.group(2)),
            spoiler=False,
            edited=None,
        )


class _Pages:
    """One chat's pages, one after the other."""

    def __init__(self, tree: Tree, names: list[str]) -> None:
        self.chat_name = ""
        self.damage: str | None = None
        """What is missing of the pages, as a sentence."""
        self._tree = tree
        self._names = names

    def messages(self) -> Iterator[tuple[str, Draft, str]]:
        """Each with its page and its sender. Raises ExportError."""
        sender = DELETED_ACCOUNT
        self._note_missing()
        for name in self._names:
            page, last = Page(), 0
            for piece in self._pieces(name):
                for draft in page.messages(piece):
                    last = draft.number
                    if not draft.is_joined:
                        sender = _VIA.sub("", draft.text("sender")) or DELETED_ACCOUNT
                    yield name, draft, sender
            self.chat_name = self.chat_name or page.name
            self._note_end(name, page, last)

    def _pieces(self, name: str) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        with closing(self._tree.open(name)) as file:
            try:
                while raw := file.read(PIECE):
                    yield decoder.decode(raw)
            except OSError as exc:
                raise ExportError(f"{name} cannot be read on ({exc.strerror or exc}).") from exc
        yield decoder.decode(b"", final=True)

    def _note_missing(self) -> None:
        numbers = [_number(name) for name in self._names]
        absent = sorted(set(range(1, numbers[-1] + 1)) - set(numbers))
        if absent:
            listed = ", ".join(f"messages{number if number > 1 else ''}.html" for number in absent[:5])
            self.damage = f"Pages of the export are missing: {listed}. The others were read; export again for the rest."

    def _note_end(self, name: str, page: Page, last: int) -> None:
        if not last and not page.name:
            raise ExportDamaged(f"{name} is no page of an export, or breaks off before its first message.")
        if not page.is_whole:
            self.damage = f"{name} breaks off after message {last}. What stands before that was read; export again."


def pages(tree: Tree) -> dict[str, list[str]]:
    """A tree's pages in their order, by folder: one for one chat, chats/chat_001 and so on for an account."""
    found: dict[str, list[str]] = {}
    for name in tree.names(".html"):
        folder, _, file = name.rpartition("/")
        if PAGE.fullmatch(file):
            found.setdefault(folder, []).append(name)
    return {folder: sorted(found[folder], key=_number) for folder in sorted(found, key=_natural)}


def _number(page: str) -> int:
    return int(page.rpartition("/")[2].removeprefix("messages").removesuffix(".html") or 1)


def _natural(folder: str) -> list[tuple[int, str]]:
    """A key by which chat_9 stands before chat_10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", folder)]


def _from_root(page: str, link: str) -> str:
    """Links start from the page's folder, paths from the tree's root."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link)) if link else ""


def _kind(draft: Draft, choices: Choices) -> PictureKind | None:
    match draft.media:
        case "photo":
            return PictureKind.PHOTO
        case "photo_box" if _SIZE.match(draft.text("status")):
            return PictureKind.PHOTO
        case "sticker" | "photo_box":
            is_still = (draft.link or "").lower().endswith(STICKER_ENDING)
            return PictureKind.STICKER if choices.stickers and is_still else None
        case "file_box":
            return PictureKind.DOCUMENT if _ending(draft) in _TYPES else None
    return None


def _ending(draft: Draft) -> str:
    return (draft.link or draft.text("title")).rpartition(".")[2].lower()


def _mime_type(draft: Draft, kind: PictureKind) -> str:
    return f"image/{_TYPES[_ending(draft)]}" if kind is PictureKind.DOCUMENT else _OWN_TYPES[kind]


def _missing(draft: Draft) -> Missing:
    """By words that are English in every language."""
    said = draft.text("description").lower()
    if "exceeds" in said:
        return Missing.TOO_LARGE
    return Missing.UNAVAILABLE if "unavailable" in said else Missing.NOT_INCLUDED


def _date(draft: Draft, choices: Choices) -> datetime | None:
    found = _DATE.fullmatch((draft.date or "").strip())
    if found is None:
        return None
    day, month, year, hour, minute, second = (int(part) for part in found.groups()[:6])
    try:
        zone = choices.zone if found.group(7) is None else _zone(*found.groups()[6:])
        return choices.utc(datetime(year, month, day, hour, minute, second, tzinfo=zone))
    except (ValueError, OverflowError):  # days that no calendar has
        return None


def _zone(sign: str, hours: str, minutes: str) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)
