"""Has the model's picture tower quantised in the background, once, and hands it to the embedder."""

import asyncio
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.machine import available_memory
from bot.settings import Settings
from search.embedder import Embedder

if TYPE_CHECKING:
    from search.quantised import QuantisedEmbedder

log = logging.getLogger(__name__)

MEMORY_EACH = 10
"""Bytes per parameter of the whole model: 3.1 GB at the peak for the default one, of 375 million."""
WORTHWHILE = 1.2
"""Times as fast as torch: less is not worth any difference in a vector."""
PACKAGES = Path(__file__).parent.parent


class Quantising:
    """Runs `search.quantising` beside the bot. A process that is ended is not tried again before it is told to."""

    def __init__(self, settings: Settings, embedder: "QuantisedEmbedder | None") -> None:
        self._settings = settings
        self._embedder = embedder
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    def of(cls, settings: Settings, embedder: Embedder) -> "Quantising":
        """Where the embedder is as exact as it will ever be, there is nothing to be done."""
        from search.quantised import QuantisedEmbedder  # noqa: PLC0415 - imports torch, which loading has done by now

        return cls(settings, embedder if isinstance(embedder, QuantisedEmbedder) else None)

    @property
    def stage(self) -> str:
        """How pictures are embedded: "exact", "on probation" or "eight bits"."""
        return "exact" if self._embedder is None else self._embedder.stage

    async def change(self, settings: Settings, embedder: Embedder) -> None:
        """From now on for another model; one that has no eight bits has nothing to be done."""
        from search.quantised import QuantisedEmbedder  # noqa: PLC0415 - as in `of`

        await self.stop()
        self._settings = settings
        self._embedder = embedder if isinstance(embedder, QuantisedEmbedder) else None
        self.start()

    def start(self) -> None:
        """Begins, where there is something to do and room for it."""
        if self._embedder is None or not self._embedder.is_untried:
            return
        needed, free = self._embedder.exact.parameters * MEMORY_EACH, available_memory()
        if free < needed:
            log.info(
                "Quantising the model needs %.1f GB of memory and %.1f are free: pictures are embedded exactly.",
                needed / 1e9,
                free / 1e9,
            )
            return
        self._task = asyncio.create_task(self._quantise(self._embedder), name="quantising")

    async def stop(self) -> None:
        """Ends the process; its half-made files are cleared away by the next."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _quantise(self, embedder: "QuantisedEmbedder") -> None:
        log.info("The model is being quantised in the background, once; pictures are embedded exactly meanwhile.")
        place = embedder.place
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "search.quantising", embedder.exact.setting, embedder.model_id),
                *(str(place.path.parent), embedder.exact.precision, str(WORTHWHILE)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=_environment(),
            )
        except OSError as exc:
            log.warning("The model could not be quantised: %s", exc)
            return
        assert self._process.stderr is not None  # noqa: S101 - it was asked for
        try:
            said = await self._process.stderr.read()
            await self._process.wait()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            place.forget()  # it was not the model's fault
            raise
        if self._process.returncode:
            log.warning(
                "The model could not be quantised: %s", _last_line(said) or f"status {self._process.returncode}"
            )
        await asyncio.to_thread(embedder.adopt)


def _environment() -> dict[str, str]:
    """Without the token; the model was loaded a moment ago, so its hub need not be asked."""
    kept = {name: value for name, value in os.environ.items() if name.upper() != "CHATLENS_TOKEN"}
    return kept | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(filter(None, (str(PACKAGES), *sys.path)))}


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
