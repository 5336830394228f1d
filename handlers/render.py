"""An answer as the text people read: one numbered list, who, when, and a link where Telegram has links. Pure."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from html import escape

from search.ranking import Hit
from search.records import ChatCounts, ChatInfo, Photo

CAPTION_LIMIT = 1024
"""Bot API: characters of a caption after its entities are parsed, in UTF-16 units."""
NAME_LIMIT = 40
SUPERGROUP_PREFIX = "-100"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TURNING = frozenset({"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"})
"""Unicode's bidirectional classes that change the direction of what stands around them."""


def message_link(photo: Photo, chat: ChatInfo) -> str | None:
    """The address of a photo's message, for those who may read it.

    Supergroups and channels have links; basic groups and private chats have none, nor has a message from the time
    before its group became a supergroup.
    """
    if chat.kind not in ("supergroup", "channel") or photo.origin_chat_id != chat.id:
        return None
    place = chat.username or "c/" + str(chat.id).removeprefix(SUPERGROUP_PREFIX)
    thread = "" if photo.thread_id is None else f"{photo.thread_id}/"
    return f"https://t.me/{place}/{thread}{photo.message_id}"


def answer_caption(hits: Sequence[Hit], chat: ChatInfo, counts: ChatCounts) -> str:
    """HTML within Telegram's limit for captions: lines at the end give way before it is passed."""
    lines = [_line(number, hit.photo, chat) for number, hit in enumerate(hits, start=1)]
    waiting = waiting_line(counts)
    return "\n".join([*_fitting(lines, CAPTION_LIMIT - len(waiting) - 1), *([waiting] if waiting else [])])


def waiting_line(counts: ChatCounts) -> str:
    """Says that the answer may still get better; empty where it may not."""
    if not counts.waiting:
        return ""
    return f"({_photos(counts.waiting)} still waiting to be indexed)"


def nothing_found(counts: ChatCounts) -> str:
    """Why an answer is empty, and what to do."""
    if counts.indexed:
        return "I found no other photo like that in this chat."
    if counts.waiting:
        return (
            f"I am still looking at the photos of this chat: {_photos(counts.waiting)} waiting. Ask again in a moment."
        )
    if counts.failed:
        return f"I could not read any of the {_photos(counts.failed)} posted here so far."
    return "I have not seen any photo in this chat yet. I remember those posted from now on: post one and ask again."


def stats(counts: ChatCounts) -> str:
    """The reply to /stats."""
    if counts.since is None:
        return "No photos yet. I remember those posted from now on."
    lines = [f"{_photos(counts.indexed)} indexed since {day(counts.since)}." if counts.indexed else "None indexed yet."]
    if counts.waiting:
        lines.append(f"{counts.waiting} waiting.")
    if counts.failed:
        lines.append(f"{counts.failed} could not be read.")
    return " ".join(lines)


def day(moment: datetime) -> str:
    """3 May 2024, the same in every locale."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def utf16_length(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def _line(number: int, photo: Photo, chat: ChatInfo) -> tuple[str, int]:
    """The line in HTML, and its length as people see it."""
    name = photo.sender.name if len(photo.sender.name) <= NAME_LIMIT else photo.sender.name[: NAME_LIMIT - 1] + "…"
    if any(unicodedata.bidirectional(character) in TURNING for character in name):
        name = f"\u2068{name}\u2069"  # an isolate: the number before it and the date after it stay where they are
    shown = f"{name}, {day(photo.date)}"
    link = message_link(photo, chat)
    text = escape(shown) if link is None else f'<a href="{escape(link)}">{escape(shown)}</a>'
    return f"{number}. {text}", utf16_length(f"{number}. {shown}")


def _fitting(lines: Sequence[tuple[str, int]], limit: int) -> list[str]:
    kept: list[str] = []
    used = 0
    for html, length in lines:
        used += length + 1
        if used > limit:
            break
        kept.append(html)
    return kept


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count:,} photos"
