"""`python -m bot doctor`: looks through an archive, says what is wrong, and mends it when told to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from bot.bare_bot import bare_bot
from bot.checkups.directory import directory
from bot.checkups.files import files
from bot.checkups.finding import Checkup, Finding, Patient
from bot.checkups.index import index
from bot.checkups.online import telegram
from bot.checkups.rows import erasure, file, queue, rows, vectors
from bot.errors import EXPECTED
from bot.job import Job, Told
from bot.opening import open_archive
from bot.settings import Settings
from storage.originals import Originals

CHECKUPS: dict[str, Checkup] = {
    "The data directory": directory,
    "The database's file": file,
    "The database's rows": rows,
    "Vectors": vectors,
    "Photos that wait": queue,
    "What was erased": erasure,
    "Files of imported photos": files,
    "Chroma": index,
    "Telegram": telegram,
}
"""By what is shown meanwhile; in the order in which they are mended: Chroma after the rows from which it is made."""


class Doctor:
    """The job."""

    NAME = "doctor"

    def __init__(self, patient: Patient) -> None:
        self._patient = patient

    async def __call__(self, arguments: dict[str, Any]) -> AsyncIterator[Told]:
        """With `fix` it mends what can be, and looks again. At the end: `findings`, and whether all `is_well`."""
        found: dict[str, Finding] = {}
        troubles: dict[str, str] = {}
        while True:
            left: dict[str, Finding] = {}
            async for told in self._looked(left):
                yield told
            # What is mended may bring something else to light: a row that is gone is one too many in Chroma.
            new = [finding for name, finding in left.items() if name not in found]
            found = {**left, **found}
            if not arguments.get("fix") or not any(finding.mend for finding in new):
                break
            for finding in new:
                if finding.mend is not None:
                    yield {"step": f"Mending: {finding.name}", "at": 0, "of": 1}
                    if (trouble := await _mended(finding)) is not None:
                        troubles[finding.name] = trouble
                    yield {"step": f"Mending: {finding.name}", "at": 1, "of": 1}
        yield {
            "done": True,
            "is_running": self._patient.running is not None,
            "is_well": not any(finding.is_wrong for finding in left.values()),
            "findings": [
                _told(one, is_mended=name not in left, trouble=troubles.get(name)) for name, one in found.items()
            ],
        }

    async def _looked(self, found: dict[str, Finding]) -> AsyncIterator[Told]:
        for number, (step, checkup) in enumerate(CHECKUPS.items()):
            yield {"step": "Looking", "what": step, "at": number, "of": len(CHECKUPS)}
            async for finding in checkup(self._patient):
                found[finding.name] = finding
        yield {"step": "Looking", "what": "", "at": len(CHECKUPS), "of": len(CHECKUPS)}


async def _mended(finding: Finding) -> str | None:
    """None, or why it is not."""
    assert finding.mend is not None  # noqa: S101 - asked by the caller
    try:
        await finding.mend()
    except (*EXPECTED, OSError) as exc:
        return str(exc)
    return None


def _told(finding: Finding, *, is_mended: bool, trouble: str | None) -> Told:
    return {
        "name": finding.name,
        "sentence": finding.sentence,
        "is_wrong": finding.is_wrong,
        "can_be_mended": finding.mend is not None,
        "is_mended": is_mended,
        "why_not_mended": trouble,
    }


@asynccontextmanager
async def doctor_alone(settings: Settings) -> AsyncIterator[Job]:
    """The job where no bot runs."""
    async with AsyncExitStack() as stack:
        database = await open_archive(stack, settings)
        bot = await stack.enter_async_context(bare_bot(settings))
        yield Doctor(Patient(settings, database, Originals(settings.data_dir), bot, running=None))
