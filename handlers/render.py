"""An answer as the text people read: one numbered list, who, when, and a link where Telegram has links. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape

from search.page import Page
from search.query import Sort
from search.ranking import Hit
from search.records import ChatCounts, ChatInfo, Photo
from search.verdict import Verdict

CAPTION_LIMIT = 1024
"""Bot API: characters of a caption after its entities are parsed, in UTF-16 units."""
NAME_LIMIT = 40
REASON_LIMIT = 60
"""Characters of people's words in a line: five lines with both stay well within a caption."""
TIGHTER = (*((limit, NAME_LIMIT) for limit in range(REASON_LIMIT, 19, -8)), *((20, limit) for limit in (32, 24, 16)))
TIGHTEST = ((0, NAME_LIMIT), (0, 24), (0, 16), (0, 8))
"""Characters of reason and name, tried in turn until each of up to ten photos has its line."""
ORDERS = {Sort.BEST: ", best first", Sort.NEWEST: ", newest first", Sort.OLDEST: ", oldest first"}
UNSURE = "I am not sure about these:"
NOTHING_ALIKE = "Nothing here looks like that. Try other words, or name what is to be seen in the photo."
SUPERGROUP_PREFIX = "-100"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TURNING = frozenset({"R", "AL"})
"""Unicode's bidirectional classes of letters that change the direction of what stands around them."""
MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Embeddings, overrides, isolates and what ends them."""


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


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of hits as its list is to be read."""

    hits: Sequence[Hit]
    chat: ChatInfo
    counts: ChatCounts
    verdict: Verdict = Verdict.SURE
    first: int = 1
    """The number of the first of the hits in the whole answer."""
    place: str = ""
    """Which part of the answer this is ("6–10 of 37"), where no message of its own says so."""
    zone: tzinfo = UTC
    """Whose days are told."""


def answer_caption(page: Listed, limit: int = CAPTION_LIMIT) -> str:
    """HTML within Telegram's limit: what stands before and after the list is kept, and a line for every photo, for
    which reasons are shortened first, then names."""
    before = [UNSURE] if page.verdict is Verdict.UNSURE else []
    after = [line for line in (waiting_line(page.counts), page.place) if line]
    room = limit - sum(utf16_length(line) + 1 for line in (*before, *after))
    lines: list[tuple[str, int]] = []
    for limits in (*TIGHTER, *TIGHTEST):
        lines = [_line(number, hit, page, *limits) for number, hit in enumerate(page.hits, start=page.first)]
        if sum(length + 1 for _, length in lines) <= room:
            break
    return "\n".join([*before, *_fitting(lines, room), *after])


def position(page: Page) -> str:
    """Which part of an answer a page is, and what of: "6–10 of 37, newest first". The order says that
    not all of them need fit: a question of words ranks the whole archive."""
    last = page.first + len(page.hits) - 1
    numbers = f"{page.first:,}" if last <= page.first else f"{page.first:,}–{last:,}"
    total = f"{page.total:,}" if page.is_total_known else f"more than {page.total:,}"
    kind = ", like the one you chose" if page.question.trail else ""
    order = "" if page.sort is None else ORDERS[page.sort]
    return f"{numbers} of {total}{kind}{order}"


def waiting_line(counts: ChatCounts) -> str:
    """Says that the answer may still get better; empty where it may not."""
    if not counts.waiting:
        return ""
    return f"({_photos(counts.waiting)} still waiting to be indexed)"


def nothing_found(counts: ChatCounts, verdict: Verdict = Verdict.SURE) -> str:
    """Why an answer is empty, and what to do."""
    if verdict is Verdict.NOTHING:
        return "\n".join(filter(None, [NOTHING_ALIKE, waiting_line(counts)]))
    if counts.indexed:
        return "I found no other photo in this chat that fits."
    if counts.waiting:
        return (
            f"I am still looking at the photos of this chat: {_photos(counts.waiting)} waiting. Ask again in a moment."
        )
    if counts.failed:
        return f"I could not read any of the {_photos(counts.failed)} posted here so far."
    return "I have not seen any photo in this chat yet. I remember those posted from now on: post one and ask again."


def stats(counts: ChatCounts, zone: tzinfo = UTC) -> str:
    """The reply to /stats, in days of the zone."""
    if counts.since is None:
        return "No photos yet. I remember those posted from now on."
    since = day(counts.since, zone)
    lines = [f"{_photos(counts.indexed)} indexed since {since}." if counts.indexed else "None indexed yet."]
    if counts.waiting:
        lines.append(f"{counts.waiting} waiting.")
    if counts.failed:
        lines.append(f"{counts.failed} could not be read.")
    return " ".join(lines)


def day(moment: datetime, zone: tzinfo) -> str:
    """3 May 2024, the same in every locale: the day that on:2024-05-03 means there."""
    there = moment.astimezone(zone)
    return f"{there.day} {MONTHS[there.month - 1]} {there.year}"


def utf16_length(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def _line(number: int, hit: Hit, page: Listed, reason_limit: int, name_limit: int) -> tuple[str, int]:
    """The line in HTML, and its length as people see it: number, reposts, who and when with the link, reason."""
    name = upright(shortened(hit.photo.sender.name, name_limit))
    date = day(hit.photo.date, page.zone)
    if hit.posted > 1:
        before, shown = f"{number}. posted {hit.posted:,} times, first by ", f"{name} on {date}"
    else:
        before, shown = f"{number}. ", f"{name}, {date}"
    after = f" – {upright(shortened(hit.reason, reason_limit))}" if hit.reason and reason_limit else ""
    link = message_link(hit.photo, page.chat)
    text = escape(shown) if link is None else f'<a href="{escape(link)}">{escape(shown)}</a>'
    return f"{before}{text}{escape(after)}", utf16_length(f"{before}{shown}{after}")


def shortened(text: str, limit: int) -> str:
    """At most so many characters, with a sign that some are missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def upright(text: str) -> str:
    """People's own words, isolated where they would turn the direction of what stands around them, and without marks
    that would end the isolation."""
    text = text.translate(MARKS)
    turns = any(unicodedata.bidirectional(character) in TURNING for character in text)
    return f"\u2068{text}\u2069" if turns else text


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
