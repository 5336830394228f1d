"""Plots as PNG: light, and in colours and shapes that people tell apart who see fewer colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.report import Plot, Point

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000", "#8C8C8C")
"""Okabe and Ito's, the best to tell apart first; yellow is left out: on white it is hardly seen."""
MARKERS = "osD^vPX*"
HATCHES = ("", "//", "..", "xx", "\\\\", "--", "++", "oo")
WIDTH, HEIGHT, DOTS = 7.5, 4.2, 110


def draw(title: str, plots: Sequence[Plot], path: Path) -> None:
    """All of them below one another. No window, no display, and nothing global is changed."""
    figure = Figure(figsize=(WIDTH, HEIGHT * len(plots) + 0.4), dpi=DOTS, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=13)
    for place, plot in enumerate(plots, 1):
        axes = figure.add_subplot(len(plots), 1, place)
        if _is_of_words(plot.series):
            _bars(axes, plot.series)
        else:
            _lines(axes, plot.series)
        _dress(axes, plot)
    figure.savefig(path, metadata={"Software": None})


def _is_of_words(series: Mapping[str, Sequence[Point]]) -> bool:
    return any(isinstance(point[0], str) for points in series.values() for point in points)


def _lines(axes: Any, series: Mapping[str, Sequence[Point]]) -> None:
    for place, (name, points) in enumerate(series.items()):
        colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
        across, up = [point[0] for point in points], [point[1] for point in points]
        axes.plot(across, up, color=colour, marker=marker, label=name)
        if all(len(point) == 4 for point in points):
            axes.fill_between(across, [p[2] for p in points], [p[3] for p in points], color=colour, alpha=0.15)  # type: ignore[misc]


def _bars(axes: Any, series: Mapping[str, Sequence[Point]]) -> None:
    """Groups in the order in which they are first named; one without a value is left open."""
    groups = list(dict.fromkeys(str(point[0]) for points in series.values() for point in points))
    width = 0.82 / len(series)
    for place, (name, points) in enumerate(series.items()):
        left = [groups.index(str(point[0])) + (place - (len(series) - 1) / 2) * width for point in points]
        heights = [point[1] for point in points]
        spread = [[p[1] - p[2] for p in points if len(p) == 4], [p[3] - p[1] for p in points if len(p) == 4]]
        axes.bar(
            left,
            heights,
            width * 0.94,
            color=COLOURS[place % len(COLOURS)],
            hatch=HATCHES[place % len(HATCHES)],
            edgecolor="white",
            yerr=spread if len(spread[0]) == len(points) else None,
            ecolor="#333333",
            capsize=2,
            label=name,
        )
        for x, point in zip(left, points, strict=True):
            above = (x, max(float(value) for value in point[1:]))
            axes.annotate(f"{point[1]:.3g}", above, (0, 3), textcoords="offset points", ha="center", fontsize=7)
    axes.set_xticks(range(len(groups)), groups)


def _dress(axes: Any, plot: Plot) -> None:
    axes.set_title(plot.title, fontsize=11, loc="left")
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    if "x" in plot.logarithmic:
        axes.set_xscale("log")
    if "y" in plot.logarithmic:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    if not _is_of_words(plot.series):
        axes.xaxis.set_major_formatter(FuncFormatter(_number))
    axes.yaxis.set_major_formatter(FuncFormatter(_number))
    for name, value in (plot.aims or {}).items():
        axes.axhline(value, color="#555555", linestyle="--", linewidth=1)
        axes.annotate(name, (1, value), (-2, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
                      ha="right", fontsize=8, color="#555555")  # fmt: skip
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(plot.series) > 1:
        axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _number(value: float, _place: int) -> str:
    """1000000 as 1M: figures on axes are for a glance."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
