"""What another model could not see: counted before it answers, and listed after."""

import asyncio
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError
from bot.job import Told
from search.reindexer import Reindexer
from storage.database import Database
from storage.unembedded import UnembeddedImages

NAMED = 20
"""Photos that the command's output names; the file has all."""
PAGE = 1_000
LOST = "reindex-lost.csv"
"""In the data directory: ids, dates and reasons, and nothing that people wrote."""
ACCEPTED = 0.1
"""The part of the archive that may be lost without a question: over years, files go one by one. A tenth at once is a
folder that was moved, or a token of another bot."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The photos that cannot be found by their looks."""

    photos: int = 0
    named: tuple[Told, ...] = ()
    file: Path | None = None
    """None where there are none."""


class Losses:
    """Of one run."""

    def __init__(self, database: Database, reindexer: Reindexer, data_dir: Path) -> None:
        self._database = database
        self._reindexer = reindexer
        self._file = data_dir / LOST
        self._unembedded = UnembeddedImages(database, reindexer.embedder.model_id)

    async def refuse(self, before: str) -> None:
        """What the archive's model has seen is not given up in silence: not if it is much, nor if it may be had later.

        Raises:
            BotError: it would be. All are listed by then.
            StorageError
        """
        lost = self._reindexer.lost
        missed = [image for image in await self._unembedded.missed(before) if image in lost]
        seen = UnembeddedImages(self._database, before)
        known = await seen.total() - await seen.count()
        later = len(self._reindexer.passing.intersection(missed))
        if not later and len(missed) <= known * ACCEPTED:
            return
        [(why, _)] = Counter(lost[image] for image in missed).most_common(1)
        listed = await self.listed()
        raise BotError(
            f"Nothing was changed. Of {known:,} images that are found by their looks, {len(missed):,} would not be any "
            f"more: the new model could not see them{f', but {later:,} may be there later' if later else ''}. "
            f"Most often: {why} All are listed in {listed.file}. Run the same command again when they can be had: "
            "what was seen is kept. With --accept-lost it changes over without them."
        )

    async def listed(self) -> Listed:
        """Writes the file, or deletes the last run's where nothing is lost.

        Raises:
            BotError, StorageError
        """
        named: list[Told] = []
        count = after = 0
        while page := await self._unembedded.photos(after, PAGE):
            lines = [
                {
                    "chat": photo.chat_id,
                    "message": photo.message_id,
                    "date": photo.date.isoformat(timespec="seconds"),
                    "why": self._reindexer.lost.get(photo.image_id, "It came too late for this run."),
                }
                for photo in page
            ]
            await asyncio.to_thread(_write, self._file, lines, is_first=count == 0)
            named += lines[: NAMED - len(named)]
            count, after = count + len(page), page[-1].id
        if not count:
            await asyncio.to_thread(self._file.unlink, missing_ok=True)
            return Listed()
        return Listed(count, tuple(named), self._file)


def _write(target: Path, lines: list[Told], *, is_first: bool) -> None:
    try:
        with target.open("w" if is_first else "a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, lines[0])
            if is_first:
                writer.writeheader()
            writer.writerows(lines)
    except OSError as exc:
        raise BotError(f"The list {target} could not be written ({exc.strerror}).") from exc
