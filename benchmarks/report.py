"""What a benchmark found, as it is kept under `benchmarks/results/`: NAME.md, and NAME.png where there are plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import Environment

Cell = str | int | float
Point = tuple[float, float] | tuple[str, float] | tuple[float, float, float, float] | tuple[str, float, float, float]
"""x and the median, and where they are known the lowest and the highest. An x that is a word makes bars."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the first column is what the others are about."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def markdown(self) -> str:
        """Numbers stand to the right."""
        lines = ["| " + " | ".join(self.header) + " |", "|---|" + "---:|" * (len(self.header) - 1)]
        lines += ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in self.rows]
        return f"{self.caption}\n\n" + "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Plot:
    """One pair of axes: lines where every x is a number, else bars in groups."""

    title: str
    x_label: str
    y_label: str
    series: Mapping[str, Sequence[Point]]
    logarithmic: str = ""
    """Which axes: "", "x", "y" or "xy"."""
    aims: Mapping[str, float] | None = None
    """Values of y that are to be reached, or not to be passed; drawn as dashed lines."""


@dataclass(frozen=True, slots=True)
class Report:
    """A benchmark's outcome, for people."""

    name: str
    """Of the module, and of the files."""
    title: str
    tables: Sequence[Table]
    plots: Sequence[Plot] = ()
    notes: Sequence[str] = ()
    """A sentence or a few each: how it was measured, what is noise, what was left out and why."""

    def markdown(self, environment: Environment) -> str:
        """The whole file."""
        parts = [f"# {self.title}", *(table.markdown() for table in self.tables)]
        if self.plots:
            parts.append(f"![{self.title}]({self.name}.png)")
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        parts += ["## Where and how", environment.markdown(f"python -m benchmarks {self.name}")]
        return "\n\n".join(parts) + "\n"

    def write(self, directory: Path) -> list[Path]:
        """The files written."""
        directory.mkdir(parents=True, exist_ok=True)
        text = directory / f"{self.name}.md"
        text.write_text(self.markdown(Environment.of_this_machine()), encoding="utf-8")
        if not self.plots:
            return [text]
        from benchmarks.drawing import draw  # noqa: PLC0415 - matplotlib takes half a second, and is for developers

        picture = directory / f"{self.name}.png"
        draw(self.title, self.plots, picture)
        return [text, picture]


def _text(cell: Cell) -> str:
    """Three digits are what measurements of this kind are worth; a string is shown as it is."""
    if isinstance(cell, float):
        if abs(cell) >= 100:
            return f"{cell:,.0f}"
        return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}" if abs(cell) >= 1 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell
