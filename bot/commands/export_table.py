"""What an export holds, as people read it: `import --list`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

Listed = dict[str, Any]
"""A chat as `bot.importing` tells of it."""

_KINDS = {
    "personal_chat": "private chat",
    "bot_chat": "chat with a bot",
    "saved_messages": "saved messages",
    "private_group": "basic group",
    "private_supergroup": "supergroup",
    "public_supergroup": "public supergroup",
    "private_channel": "channel",
    "public_channel": "public channel",
    "": "not said (HTML)",
}
_NUMBERS = {"photos", "no file"}
_COLUMNS = ("id", "name", "kind", "photos", "no file", "from", "to", "chat of the bot")


def export_list(chats: list[Listed]) -> RenderableType:
    """A line for each chat, and below them why files are missing and what was passed over."""
    if not chats:
        return Text("The export holds no chats.")
    table = Table()
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name in _NUMBERS else "left", overflow="fold")
    for chat in chats:
        table.add_row(*(escape(cell or "–") for cell in _cells(chat)))
    return Group(table, *map(Text, _notes(chats)))


def _cells(chat: Listed) -> tuple[str, ...]:
    kind = f"{_KINDS.get(chat['kind'], chat['kind'])}{', left' if chat['has_left'] else ''}"
    missing = sum(chat["missing"].values())
    counts = f"{chat['photos']:,}", f"{missing:,}" if missing else ""
    return str(chat["id"]), chat["name"], kind, *counts, chat["first"] or "", chat["last"] or "", chat["home"] or ""


def _notes(chats: Iterable[Listed]) -> Iterator[str]:
    for count, reason in _totals(chat["missing"] for chat in chats):
        yield f"No file, {count:,} ×: {reason}."
    for count, reason in _totals(chat["skipped"] for chat in chats):
        yield f"Passed over, {count:,} ×: {reason}."
    if any(not chat["has_id"] for chat in chats):
        yield (
            "Pages of HTML name neither their chat's id nor its kind: the numbers above count within this export. Say "
            "with --chat, or with --map of several, where the photos go; JSON tells it by itself."
        )


def _totals(counted: Iterable[dict[str, int]]) -> list[tuple[int, str]]:
    """The most frequent first."""
    totals = Counter[str]()
    for counts in counted:
        totals.update(counts)
    return [(count, reason) for reason, count in totals.most_common()]
