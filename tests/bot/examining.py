"""The doctor, asked in tests about an archive of which no bot runs."""

from typing import Any

from bot.doctor import doctor_alone
from bot.opening import chroma_location
from bot.settings import Settings
from storage.chroma import ChromaIndex
from tests.storage.builders import DIMENSIONS, MODEL

COUNT = 12
"""Photos of the archive in which all is `well`."""


def chroma_of(settings: Settings) -> ChromaIndex:
    """Its Chroma, still to be opened."""
    return ChromaIndex.at(chroma_location(settings), MODEL, DIMENSIONS)


async def examined(settings: Settings, *, fix: bool = False) -> dict[str, Any]:
    """What the doctor says where no bot runs; its findings by name."""
    async with doctor_alone(settings) as job:
        told = [line async for line in job({"fix": fix})][-1]
    return {**told, "findings": {finding["name"]: finding for finding in told["findings"]}}
