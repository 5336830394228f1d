"""Feeds mutants to the bot's own door to pictures, and counts what becomes of them."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from search.decoding import Decoders
from search.errors import ImageRefused
from search.images import DecodingLimits
from tests.fuzzing.mutations import mutated
from tests.fuzzing.seeds import seeds
from tests.processes import children, memory_kb

BROKEN = "broke its decoder"
SIDE = 256
"""As for a model of 256 pixels."""


@dataclass(slots=True)
class Tally:
    """What became of the mutants of one format."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    crashed: int = 0
    slowest: float = 0.0


@dataclass(slots=True)
class Report:
    """Of a whole run."""

    seed: int
    by_format: dict[str, Tally] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    crashers: list[str] = field(default_factory=list)
    peak_kb: int = 0
    """The most that a worker ever had in memory."""
    own_growth_kb: int = 0
    """Of the process that plays the bot."""

    @property
    def total(self) -> Tally:
        """Over all formats."""
        tallies = list(self.by_format.values())
        return Tally(
            sum(tally.tried for tally in tallies),
            sum(tally.read for tally in tallies),
            sum(tally.refused for tally in tallies),
            sum(tally.crashed for tally in tallies),
            max((tally.slowest for tally in tallies), default=0.0),
        )

    def __str__(self) -> str:
        rows = [*sorted(self.by_format.items()), ("all", self.total)]
        lines = [f"{'format':8}{'tried':>8}{'read':>8}{'refused':>9}{'crashed':>9}{'slowest':>10}"]
        lines += [
            f"{name:8}{tally.tried:>8}{tally.read:>8}{tally.refused:>9}{tally.crashed:>9}{tally.slowest:>8.2f} s"
            for name, tally in rows
        ]
        lines.append(
            f"seed {self.seed}; peak memory of a worker {self.peak_kb / 1024:.0f} MB; "
            f"the bot's own grew by {self.own_growth_kb / 1024:.0f} MB"
        )
        return "\n".join([*lines, *self.crashers])


async def fuzz(count: int, seed: int, limits: DecodingLimits, keep: Path | None = None) -> Report:
    """Tries `count` mutants. Whatever but a picture or a refusal comes out is raised.

    With `keep`, files that broke their decoder are written there.
    """
    report, decoders, honest = Report(seed), Decoders(limits), seeds()
    for kind, data in honest:
        await decoders.picture(data, SIDE)  # a seed that is refused would test nothing
        report.by_format.setdefault(kind, Tally())
    before = memory_kb_of_self()
    for number in range(count):
        kind, data = mutated(honest, seed * 1_000_000 + number)
        await _try(decoders, kind, data, report, limits, f"mutant {number}", keep)
    report.own_growth_kb = memory_kb_of_self() - before
    await decoders.close()
    return report


async def _try(
    decoders: Decoders, kind: str, data: bytes, report: Report, limits: DecodingLimits, name: str, keep: Path | None
) -> None:
    tally, started = report.by_format[kind], time.perf_counter()
    tally.tried += 1
    try:
        image = await decoders.picture(data, SIDE)
    except ImageRefused as exc:
        if BROKEN in str(exc):
            tally.crashed += 1
            report.crashers.append(f"{name} ({kind}, {len(data)} bytes): {exc}")
            if keep is not None:
                _write(keep / f"{name.replace(' ', '-')}.{kind.lower()}", data)
        else:
            tally.refused += 1
            report.reasons[str(exc)[:40]] += 1
    else:
        tally.read += 1
        if image.mode != "RGB" or image.width * image.height > limits.max_pixels:
            raise AssertionError(f"{name} came out as {image.mode} {image.size}")
    tally.slowest = max(tally.slowest, time.perf_counter() - started)
    report.peak_kb = max([report.peak_kb, *(memory_kb(pid, "VmHWM") for pid in children("search.decoder"))])


def memory_kb_of_self() -> int:
    """What this process has in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
