"""Figures as people read them."""

from datetime import timedelta
from typing import Any

from rich.table import Table
from rich.text import Text


def status_table(told: dict[str, Any]) -> Table:
    """What `bot.status` tells, a line for each thing."""
    photos, queue, chats, rates = (told[name] for name in ("photos", "queue", "chats", "rates"))
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    for name, text in (
        ("Up", f"{_span(told['uptime'])}, since {told['since']}; version {told['version']}"),
        ("Photos", f"{photos['indexed']:,} indexed, {photos['waiting']:,} waiting, {photos['failed']:,} failed"),
        ("Chats", f"{chats['present']:,}; left: {chats['left']:,}"),
        ("Queue", _queue(queue)),
        ("Lately", _rates(rates)),
        ("Model", _model(told["model"])),
        ("Reindexing", _reindexing(told["reindexing"])),
        ("Memory", _memory(told["memory"])),
        ("Chroma", _chroma(told["chroma"])),
        ("Telegram", _telegram(told["telegram"])),
        ("Last error", _last_error(told["last_error"])),
    ):
        table.add_row(name, Text(text))
    return table


def bytes_text(number: float) -> str:
    """In the unit that fits."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1_000:
            return f"{number:.0f} {unit}"
        number /= 1_000
    return f"{number:.1f} GB"


def _span(seconds: int) -> str:
    return str(timedelta(seconds=seconds))


def _queue(queue: dict[str, Any]) -> str:
    text = f"{queue['due']:,} due, {queue['in_hand']:,} in hand, {queue['postponed']:,} postponed"
    return text if queue["next_due"] is None else f"{text} until {queue['next_due']} and later"


def _rates(rates: dict[str, Any]) -> str:
    photos = ", ".join(f"{rate:g} over {minutes}" for minutes, rate in rates["photos_a_minute"].items())
    return f"photos a minute: {photos} minutes; questions a minute: {rates['questions_a_minute']:g}"


def _model(model: dict[str, Any]) -> str:
    pictures = {
        "exact": "pictures are embedded exactly",
        "on probation": "pictures are embedded exactly, while eight bits are compared with that",
        "eight bits": "pictures are embedded in eight bits",
        "not loaded": "not in memory just now",
    }
    dimensions = "" if model["dimensions"] is None else f", {model['dimensions']} dimensions"
    return f"{model['name']}{dimensions}, {model['device']}; {pictures[model['pictures']]}"


def _reindexing(reindexing: dict[str, Any] | None) -> str:
    if reindexing is None:
        return "–"
    waits = "" if reindexing["waits_for"] is None else f"; it waits: {reindexing['waits_for']}"
    return f"{reindexing['done']:,} of {reindexing['total']:,} images for {reindexing['model']}{waits}"


def _memory(memory: dict[str, int]) -> str:
    return f"{bytes_text(memory['bytes'])} in {memory['processes']} processes"


def _chroma(chroma: dict[str, Any]) -> str:
    texts = {
        "equal": "as the database has it",
        "mending": "being compared with the database; questions are answered without it",
        "away": "cannot be used just now; questions are answered without it",
    }
    entries = "" if chroma["entries"] is None else f", {chroma['entries']:,} entries"
    return texts[chroma["condition"]] + entries


def _telegram(telegram: dict[str, Any]) -> str:
    return f"answers in {telegram['seconds']} s" if telegram["answers"] else f"does not answer: {telegram['error']}"


def _last_error(last: dict[str, str] | None) -> str:
    return "none since the start" if last is None else f"{last['at']}: {last['text']}"
