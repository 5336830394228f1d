"""Has the model's picture tower quantised in the background, once, and hands it to the embedder."""

import asyncio
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.machine import available_memory
from search.background import BackgroundTask
from search.on_demand import OnDemand

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

    def __init__(self, model: OnDemand) -> None:
        self._model = model
        self._task = BackgroundTask("quantising", self._quantise)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def stage(self) -> str:
        """How pictures are embedded: "exact", "on probation" or "eight bits"; "not loaded" while nobody needs that."""
        if self._model.held is None:
            return "not loaded"
        embedder = self._embedder
        return "exact" if embedder is None else embedder.stage

    @property
    def _embedder(self) -> "QuantisedEmbedder | None":
        """None where the embedder is as exact as it will ever be, or is not in memory."""
        held = self._model.held
        if held is None:
            return None
        from search.quantised import QuantisedEmbedder  # noqa: PLC0415 - imports torch, which loading has done by now

        return held if isinstance(held, QuantisedEmbedder) else None

    @property
    def model(self) -> OnDemand:
        """Whose pictures."""
        return self._model

    async def change(self, model: OnDemand) -> None:
        """From now on for another model, which is loaded; one that has no eight bits has nothing to be done."""
        await self.stop()
        self._model = model
        self.start()

    def start(self) -> None:
        """Begins, where the model is loaded, there is something to do, and room for it."""
        embedder = self._embedder
        if embedder is None or not embedder.is_untried:
            return
        needed, free = embedder.exact.parameters * MEMORY_EACH, available_memory()
        if free < needed:
            log.info(
                "Quantising the model needs %.1f GB of memory and %.1f are free: pictures are embedded exactly.",
                needed / 1e9,
                free / 1e9,
            )
            return
        self._task.start()

    async def stop(self) -> None:
        """Ends the process; its half-made files are cleared away by the next."""
        await self._task.stop()

    async def _quantise(self) -> None:
        embedder = self._embedder
        if embedder is None:  # dropped since
            return
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
        if (now := self._embedder) is not None:  # dropped meanwhile, it takes what was made when it is loaded again
            await asyncio.to_thread(now.adopt)


def _environment() -> dict[str, str]:
    """Without the token; the model was loaded a moment ago, so its hub need not be asked."""
    kept = {name: value for name, value in os.environ.items() if name.upper() != "CHATLENS_TOKEN"}
    return kept | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(filter(None, (str(PACKAGES), *sys.path)))}


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
