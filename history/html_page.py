"""A page of an HTML export, read message by message: what stands where, by its classes. No word of any language counts.

Telegram Desktop's pages are machine-made and regular (its export_output_html.cpp); the standard library's parser is
enough for them, takes them in pieces and needs no tree. Pages that an editor or a browser saved anew still have the
classes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from history.errors import ExportError

LONGEST_PIECE = 1024 * 1024
"""Characters that the parser may hold because no tag ends; whole pages have about so many."""
LONGEST_TEXT = 64 * 1024
"""Characters kept of one text."""
_VOID = frozenset({"br", "img", "meta", "link", "input", "hr", "source"})
_NUMBER = re.compile(r"message(-?\d{1,18})")
_MEDIA = {"photo_wrap": "photo", "sticker_wrap": "sticker", "media_photo": "photo_box", "media_file": "file_box"}
"""Classes to what they show. A box stands where there is no preview, and where there is no file."""
_TEXTS = {"from_name": "sender", "text": "caption", "title": "title", "description": "description", "status": "status"}


@dataclass(slots=True)
class Draft:
    """A message as far as it is read."""

    number: int
    """0 where it has none."""
    is_joined: bool = False
    """Its sender is the one of the message before, and is not repeated."""
    is_command: bool = False
    media: str | None = None
    """A value of `_MEDIA`."""
    link: str | None = None
    """Where the file is; None where it was not exported."""
    date: str | None = None
    texts: dict[str, list[str]] = field(default_factory=dict)
    """By the values of `_TEXTS`."""

    def text(self, name: str) -> str:
        return "".join(self.texts.get(name, ())).strip().replace("\0", "")


class Page(HTMLParser):
    """Fed with a page, hands out its messages."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.name = ""
        """The chat's, once its head is read."""
        self.is_whole = False
        """Whether the page's end was seen."""
        self._done: list[Draft] = []
        self._draft: Draft | None = None
        self._depth = 0
        self._message_depth = 0
        self._forwarded_depth = 0
        """Of what was forwarded within the message; 0: nothing was. Its sender is not who posted it here."""
        self._text: list[str] | None = None
        self._text_depth = 0
        self._text_length = 0
        self._muted_depth = 0
        """Of what stands beside a name: a bot through which it was sent, a date."""

    def messages(self, piece: str) -> Iterator[Draft]:
        """Those that end within this piece of the page. Raises ExportError."""
        self.feed(piece)
        if len(self.rawdata) > LONGEST_PIECE:
            raise ExportError("A page is no page of an export: it has a tag or a text without end.")
        done, self._done = self._done, []
        yield from done

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        if tag in _VOID:
            self._break_line(tag)
            return
        self._depth += 1
        given = {name: value or "" for name, value in attrs}
        classes = set(given.get("class", "").split())
        if tag == "div" and "message" in classes:
            self._begin(given, classes)
        elif self._draft is not None:
            self._within(self._draft, given, classes)
        elif not self.name and {"text", "bold"} <= classes:
            self._listen([])

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        if tag in _VOID:
            return
        self.is_whole = self.is_whole or tag == "html"
        self._depth = max(0, self._depth - 1)
        if self._depth < self._muted_depth:
            self._muted_depth = 0
        if self._depth < self._forwarded_depth:
            self._forwarded_depth = 0
        if self._text is not None and self._depth < self._text_depth:
            if self._draft is None and not self.name:
                self.name = "".join(self._text).strip()
            self._text = None
        if self._draft is not None and self._depth < self._message_depth:
            self._finish()

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        if self._text is not None and not self._muted_depth and self._text_length < LONGEST_TEXT:
            self._text.append(data[:LONGEST_TEXT])
            self._text_length += len(data)

    def _begin(self, given: dict[str, str], classes: set[str]) -> None:
        self._finish()
        self._text, self._muted_depth, self._forwarded_depth = None, 0, 0
        if "service" in classes:
            return
        number = _NUMBER.fullmatch(given.get("id", ""))
        self._draft = Draft(0 if number is None else int(number.group(1)), "joined" in classes)
        self._message_depth = self._depth

    def _within(self, draft: Draft, given: dict[str, str], classes: set[str]) -> None:
        if "date" in classes and "pull_right" in classes:
            draft.date = draft.date or given.get("title")
        if {"forwarded", "body"} <= classes:
            self._forwarded_depth = self._depth
        if self._text is not None:
            self._within_text(draft, given, classes)
            return
        for name in classes & _MEDIA.keys():
            draft.media, draft.link = draft.media or _MEDIA[name], draft.link or given.get("href")
        for name in classes & _TEXTS.keys():
            if not (name == "from_name" and self._forwarded_depth) and _TEXTS[name] not in draft.texts:
                self._listen(draft.texts.setdefault(_TEXTS[name], []))

    def _within_text(self, draft: Draft, given: dict[str, str], classes: set[str]) -> None:
        if "details" in classes:
            self._muted_depth = self._muted_depth or self._depth
        caption = draft.texts.get("caption")
        if self._text is caption and "ShowBotCommand" in given.get("onclick", "") and not draft.text("caption"):
            draft.is_command = True

    def _listen(self, text: list[str]) -> None:
        self._text, self._text_depth, self._text_length = text, self._depth, 0

    def _break_line(self, tag: str) -> None:
        if tag == "br":
            self.handle_data("\n")

    def _finish(self) -> None:
        if self._draft is not None:
            self._done.append(self._draft)
        self._draft = None
