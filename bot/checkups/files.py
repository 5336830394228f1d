"""The files of imported photos: whether they are still where they were."""

import asyncio
from collections.abc import AsyncIterator

from bot.checkups.finding import Finding, Patient, some
from bot.disk_files import DiskFiles
from storage.examination import Examination
from storage.originals import Originals


async def files(patient: Patient) -> AsyncIterator[Finding]:
    """Photos whose picture is on this machine, and is not there any more."""
    settings = patient.settings
    known = await Examination(patient.database).files_on_disk()
    disk = DiskFiles(Originals(settings.data_dir), settings.max_file_mb * 1_000_000)
    missing = await asyncio.to_thread(lambda: [file_id for file_id in known if not disk.is_there(file_id)])
    if missing:
        count = sum(known[file_id] for file_id in missing)
        yield Finding(
            "missing originals",
            f"Of {some(count, 'imported photo the file is', 'imported photos the files are')} gone, for example "
            f"{missing[0]}. They are found, and shown only if they were shown before. Bring the files back, or import "
            "the export again from where it is now.",
        )
