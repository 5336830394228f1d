"""`python -m bot import`: an export's photos into the archive, by the bot that runs or, where none does, alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import BotError
from bot.exported_posts import posts
from bot.import_plan import Assignment, Plan, Planner, Wish
from bot.indexing import open_indexing
from bot.job import Job, Told
from bot.opening import open_database
from bot.settings import Settings
from handlers.access import AllowList
from history.errors import ExportError
from history.export import Export
from history.records import ExportedChat
from search.importing import Importer
from search.imports_under_way import ImportsUnderWay
from storage.chats import Chats

LOOK = 0.5
"""Seconds between two looks at how much is indexed."""
READING_OF, INDEXING = "Reading {}", "Indexing"

TakenIn = Callable[[], AbstractAsyncContextManager[Importer]]
"""Opens what photos are taken in with: not for a list, for which no model need be loaded."""


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
        if not (await self.chats.settings(chat.id)).indexing:
            return "its admins have switched off that photos are kept (/settings)"
        is_allowed = not self.allowed or self.allowed.names(chat.id, chat.username)
        if is_allowed or self.allowed.owns(chat.admitted_by) or any(map(self.allowed.names, assignment.former)):
            return None
        return "CHATLENS_ALLOWED_CHATS and CHATLENS_OWNERS do not let the bot serve it"


class Import:
    """The job."""

    NAME = "import"

    def __init__(self, settings: Settings, places: Places, under_way: ImportsUnderWay, taken_in: TakenIn) -> None:
        self._settings = settings
        self._places = places
        self._under_way = under_way
        self._taken_in = taken_in

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """`path`, and what `Wish` says as `chat`, `map` and `all`; `list`, `copy` and `stickers` are true or false.

        Tells how far it is, at last the `chats` that it listed, or what became of each of those that it took in.
        """
        try:
            export = await asyncio.to_thread(self._open, arguments)
            exported: list[ExportedChat] = []
            chats = export.chats()
            while (chat := await asyncio.to_thread(next, chats, None)) is not None:
                exported.append(chat)
                yield {"step": "Looking through the export", "at": sum(one.photos for one in exported)}
            planner = await self._places.planner()
            if arguments.get("list"):
                listed = [_described(one) | {"home": _name(planner, one)} for one in exported]
                yield {"done": True, "chats": listed, "damage": export.damage}
                return
            plan = planner.plan(exported, _wish(arguments))
            async with self._taken_in() as importer:
                async for told in self._carried_out(export, plan, importer, copies=self._copies(arguments)):
                    yield told
        except ExportError as exc:
            raise ExportUnreadable(str(exc)) from exc

    def _open(self, arguments: dict[str, Any]) -> Export:
        zone = ZoneInfo(self._settings.timezone)
        return Export.open(Path(arguments["path"]), zone=zone, stickers=bool(arguments.get("stickers")))

    def _copies(self, arguments: dict[str, Any]) -> bool:
        said = arguments.get("copy")
        return self._settings.import_copy if said is None else bool(said)

    async def _carried_out(
        self, export: Export, plan: Plan, importer: Importer, *, copies: bool
    ) -> AsyncIterator[Told]:
        left_out = [(one, why) for one, why in plan.left_out]
        done: list[Told] = []
        for assignment in plan.assigned:
            if (why := await self._places.why_closed(assignment)) is not None:
                left_out.append((assignment.exported, why))
                continue
            counts = Counter[str]()
            with self._under_way.reading(assignment.chat.id, _total(assignment.exported)) as reading:
                async for some in _taken(export, assignment, importer, copies=copies):
                    counts.update(some)
                    reading.done = counts.total()
                    yield _step(
                        READING_OF.format(assignment.chat.title or assignment.chat.id), reading.done, reading.of
                    )
            done.append(_outcome(assignment, counts))
        async for told in self._indexed(importer, [one.chat.id for one in plan.assigned]):
            yield told
        not_taken = [_described(one) | {"why": why} for one, why in left_out]
        yield {"done": True, "taken": done, "left_out": not_taken, "damage": export.damage}

    async def _indexed(self, importer: Importer, chat_ids: Sequence[int]) -> AsyncIterator[Told]:
        """Until nothing imported waits any more in these chats."""
        waiting = most = await importer.waiting(chat_ids)
        while waiting:
            yield _step(INDEXING, most - waiting, most)
            await asyncio.sleep(LOOK)
            waiting = await importer.waiting(chat_ids)
            most = max(most, waiting)
        yield _step(INDEXING, most, most)


@asynccontextmanager
async def import_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs: with the data directory, and the model once it is needed, but without Telegram."""
    async with AsyncExitStack() as stack:
        database = await open_database(stack, settings)
        places = Places(Chats(database), AllowList(settings.allowed_chats, settings.owners))
        yield Import(settings, places, ImportsUnderWay(), lambda: open_indexing(settings, database))


async def _taken(
    export: Export, assignment: Assignment, importer: Importer, *, copies: bool
) -> AsyncIterator[Counter[str]]:
    exported = assignment.exported
    pictures = await asyncio.to_thread(export.photos, exported.id, exported.kind)
    async for counts in importer.take(assignment.chat.id, posts(pictures, assignment), copies=copies):
        yield counts


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
        "first": None if exported.first is None else exported.first.date().isoformat(),
        "last": None if exported.last is None else exported.last.date().isoformat(),
    }


def _outcome(assignment: Assignment, counts: Counter[str]) -> Told:
    chat = assignment.chat
    outcome = {"chat": chat.title or chat.username or "", "chat_id": chat.id, "counts": dict(counts.most_common())}
    return outcome | {"name": assignment.exported.name, "is_its_own": assignment.is_its_own}


def _step(what: str, at: int, of: int) -> Told:
    return {"step": what, "at": at, "of": of}
