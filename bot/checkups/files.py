"""The files of imported photos: whether they are still where they were, and whether there are others."""

import asyncio
from collections.abc import AsyncIterator

from bot.checkups.finding import Finding, Patient, some
from bot.disk_files import DiskFiles
from storage.examination import Examination
from storage.originals import FOLDER


async def files(patient: Patient) -> AsyncIterator[Finding]:
    """Photos whose picture is on this machine, and is not there any more; copies in the data directory of no photo."""
    settings = patient.settings
    known = await Examination(patient.database).files_on_disk()
    disk = DiskFiles(patient.originals, settings.max_file_mb * 1_000_000)
    missing = await asyncio.to_thread(lambda: [file_id for file_id in known if not disk.is_there(file_id)])
    if missing:
        count = sum(known[file_id] for file_id in missing)
        yield Finding(
            "missing originals",
            f"Of {some(count, 'imported photo the file is', 'imported photos the files are')} gone, for example "
            f"{missing[0]}. They are found, and shown only if they were shown before. Bring the files back, or import "
            "the export again from where it is now.",
        )
    if unneeded := await patient.originals.count_unneeded(patient.database):
        yield Finding(
            "unneeded originals",
            f"{some(unneeded, 'file', 'files')} of no photo in {FOLDER} in the data directory: of what was erased, or "
            "of an import that was killed. The bot deletes them within a day.",
            is_wrong=False,
            mend=lambda: patient.originals.sweep(patient.database),
        )
