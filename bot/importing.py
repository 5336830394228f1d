"""`python -m bot import`: an export's photos into the archive, by the bot that runs or, where none does, alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import BotError
from bot.exported_posts import posts
from bot.import_plan import Assignment, Plan, Planner, Wish
from bot.indexing import importer_of, indexing
from bot.job import Job, Told
from bot.opening import open_database
from bot.settings import Settings
from handlers.access import AllowList
from history.errors import ExportError
from history.export import Export
from history.records import ExportedChat
from search.importing import IN_ARCHIVE, Importer
from search.imports_under_way import ImportsUnderWay
from storage.chats import Chats
from storage.errors import ArchiveClosed
from storage.originals import Originals

LOOK = 0.5
"""Seconds between two looks at how much is indexed."""
LOOKING, READING, INDEXING = "Looking through the export (MB)", "Reading {}", "Indexing"
MB = 1_000_000

Indexed = Callable[[], AbstractAsyncContextManager[None]]
"""Has what was taken in indexed, for as long as a block: loads the model where no bot has it."""


class ExportUnreadable(BotError):
    """The export cannot be read."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where photos may go."""

    chats: Chats
    allowed: AllowList

    async def planner(self) -> Planner:
        return Planner(await self.chats.every())

    async def why_closed(self, assignment: Assignment) -> str | None:
        """Why a chat takes nothing; None where it does."""
        chat = assignment.chat
        if assignment.is_of_pages and (why := assignment.why_not_of_pages) is not None:
            return why
        if not (await self.chats.settings(chat.id)).indexing:
            return "its admins have switched off that photos are kept (/settings)"
        is_allowed = not self.allowed or self.allowed.names(chat.id, chat.username)
        if is_allowed or self.allowed.owns(chat.admitted_by) or any(map(self.allowed.names, assignment.former)):
            return None
        return "CHATLENS_ALLOWED_CHATS and CHATLENS_OWNERS do not let the bot serve it"


class Import:
    """The job."""

    NAME = "import"

    def __init__(
        self,
        settings: Settings,
        places: Places,
        under_way: ImportsUnderWay,
        importer: Importer,
        indexed: Indexed = nullcontext,
        own_name: Callable[[], str] = str,
    ) -> None:
        """`own_name` is the bot's, by which an HTML export calls it; empty where no bot runs to say it."""
        self._settings = settings
        self._places = places
        self._under_way = under_way
        self._importer = importer
        self._indexed = indexed
        self._own_name = own_name

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """`path`, and what `Wish` says as `chat`, `map` and `all`; `list`, `copy` and `stickers` are true or false.

        Tells how far it is, at last the `chats` that it listed, or what became of each of those that it took in.
        """
        try:
            export = await asyncio.to_thread(self._open, arguments)
        except ExportError as exc:
            raise ExportUnreadable(str(exc)) from exc
        try:
            async for told in _looked_through(export):
                yield told
            exported = list(export.chats())
            planner = await self._places.planner()
            if arguments.get("list"):
                listed = [_described(one) | {"home": _name(planner, one)} for one in exported]
                yield {"done": True, "chats": listed, "damage": export.damage}
                return
            plan = planner.plan(exported, _wish(arguments))
            async for told in self._carried_out(export, plan, copies=self._copies(arguments)):
                yield told
        except ExportError as exc:
            raise ExportUnreadable(str(exc)) from exc
        finally:
            export.stop()  # a thread may still be reading for somebody who is gone

    def _open(self, arguments: dict[str, Any]) -> Export:
        zone = _zone(arguments.get("zone"))
        return Export.open(Path(arguments["path"]), zone=zone, stickers=bool(arguments.get("stickers")))

    def _copies(self, arguments: dict[str, Any]) -> bool:
        said = arguments.get("copy")
        return self._settings.import_copy if said is None else bool(said)

    async def _carried_out(self, export: Export, plan: Plan, *, copies: bool) -> AsyncIterator[Told]:
        left_out = list(plan.left_out)
        done: list[Told] = []
        for assignment in plan.assigned:
            if (why := await self._places.why_closed(assignment)) is not None:
                left_out.append((assignment.exported, why))
                continue
            counts = Counter[str]()
            try:
                async for told in self._taken(export, assignment, counts, copies=copies):
                    yield told
            except ArchiveClosed as exc:
                left_out.append((assignment.exported, exc.reason))
            done.append(_outcome(assignment, counts))
        async for told in self._until_indexed([one.chat.id for one in plan.assigned]):
            yield told
        for outcome in done:
            failed, put_off = await self._importer.unfinished(outcome["chat_id"])
            outcome |= {"failed": failed, "put_off": put_off}
        not_taken = [_described(one) | {"why": why} for one, why in left_out]
        yield {"done": True, "taken": done, "left_out": not_taken, "damage": export.damage}

    async def _taken(
        self, export: Export, assignment: Assignment, counts: Counter[str], *, copies: bool
    ) -> AsyncIterator[Told]:
        exported, chat = assignment.exported, assignment.chat
        step = READING.format(chat.title or chat.id)
        pictures = await asyncio.to_thread(export.photos, exported.id, exported.kind)
        are_pages = assignment.is_of_pages
        people = await self._importer.people(chat.id, self._own_name()) if are_pages else {}
        found = posts(pictures, assignment, people)
        with self._under_way.reading(chat.id, _total(exported)) as reading:
            async for some in self._importer.take(chat.id, found, copies=copies, are_pages=are_pages):
                counts.update(some)
                reading.done = counts.total()
                yield _step(step, reading.done, reading.of) | {"chat_id": chat.id}

    async def _until_indexed(self, chat_ids: Sequence[int]) -> AsyncIterator[Told]:
        """Until nothing imported waits any more in these chats."""
        waiting = most = await self._importer.waiting(chat_ids)
        if not waiting:
            return
        async with self._indexed():
            while waiting:
                yield _step(INDEXING, most - waiting, most)
                await asyncio.sleep(LOOK)
                waiting = await self._importer.waiting(chat_ids)
                most = max(most, waiting)
        yield _step(INDEXING, most, most)


@asynccontextmanager
async def import_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs: with the data directory, and the model once it is needed, but without Telegram."""
    async with AsyncExitStack() as stack:
        database = await open_database(stack, settings)
        places = Places(Chats(database), AllowList(settings.allowed_chats, settings.owners))
        importer = importer_of(settings, database, Originals(settings.data_dir))
        yield Import(settings, places, ImportsUnderWay(), importer, lambda: indexing(settings, database))


async def _looked_through(export: Export) -> AsyncIterator[Told]:
    """Reads it once: its chats are known after that."""
    looking = asyncio.ensure_future(asyncio.to_thread(lambda: list(export.chats())))
    try:
        while not (await asyncio.wait({looking}, timeout=LOOK))[0]:
            yield _step(LOOKING, export.bytes_read // MB, export.size // MB)
    finally:
        if not looking.done():
            export.stop()
            await asyncio.gather(looking, return_exceptions=True)
    looking.result()
    yield _step(LOOKING, export.size // MB, export.size // MB)


def _zone(said: object) -> tzinfo:
    """Raises ExportUnreadable."""
    if said is None:
        return UTC
    try:
        return ZoneInfo(str(said))
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:  # a name that leads to a folder, or out of it
        raise ExportUnreadable(f"There is no time zone {said!s}. Give one like Europe/Berlin.") from exc


def _wish(arguments: dict[str, Any]) -> Wish:
    mapped = {int(number): str(name) for number, name in (arguments.get("map") or {}).items()}
    return Wish(arguments.get("chat"), mapped, bool(arguments.get("all")))


def _name(planner: Planner, exported: ExportedChat) -> str | None:
    home = planner.home(exported)
    return None if home is None else f"{home.title or home.username or ''} ({home.id})".strip()


def _total(exported: ExportedChat) -> int:
    return exported.photos + sum(exported.missing.values())


def _described(exported: ExportedChat) -> Told:
    return {
        "id": exported.id,
        "name": exported.name,
        "kind": exported.kind,
        "photos": exported.photos,
        "missing": {str(reason): count for reason, count in exported.missing.items()},
        "skipped": {str(reason): count for reason, count in exported.skipped.items()},
        "has_id": exported.has_id,
        "has_left": exported.has_left,
        "first": None if exported.first is None else exported.first.date().isoformat(),
        "last": None if exported.last is None else exported.last.date().isoformat(),
    }


def _outcome(assignment: Assignment, counts: Counter[str]) -> Told:
    chat = assignment.chat
    outcome = {"chat": chat.title or chat.username or "", "chat_id": chat.id, "counts": dict(counts.most_common())}
    outcome["in_archive"] = sum(count for what, count in counts.items() if what in IN_ARCHIVE)
    return outcome | {
        "name": assignment.exported.name,
        "is_its_own": assignment.is_its_own,
        "is_of_pages": assignment.is_of_pages,
    }


def _step(what: str, at: int, of: int) -> Told:
    return {"step": what, "at": at, "of": of}
