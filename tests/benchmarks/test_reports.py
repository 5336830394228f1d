"""Results are written as the README shows them; what is measured is not asserted anywhere."""

import importlib
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import BENCHMARKS
from benchmarks.report import Plot, Report, Table
from benchmarks.rounds import Spread, in_turns

REPORT = Report(
    "tiny",
    "Nothing at all",
    [Table("Photos a second", ["way", "one", "two"], [["this", 12, 0.51234], ["that", "– (none)", 12345.6]])],
    [
        Plot("Bars", "way", "photos a second", {"a": [("x", 1.0, 0.5, 2.0), ("y", 2.0, 1.5, 2.5)], "b": [("y", 3.0)]}),
        Plot("Lines", "photos", "ms", {"p95": [(1e3, 2.0), (1e6, 50.0)]}, "xy", {"at most 50": 50}),
    ],
    ["A note."],
)


def test_a_report_renders_as_markdown_and_png(tmp_path: Path) -> None:
    """Tables, notes, where it was measured and how to do so again, and a picture of every plot."""
    text, picture = REPORT.write(tmp_path)
    markdown = text.read_text("utf-8")
    assert "| this | 12 | 0.512 |" in markdown
    assert "| that | – (none) | 12,346 |" in markdown
    assert "![Nothing at all](tiny.png)" in markdown
    assert "python -m benchmarks tiny" in markdown
    assert "torch" in markdown
    assert "- A note." in markdown
    with Image.open(picture) as image:
        assert image.format == "PNG"
        assert image.height > image.width
        assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_a_report_tells_nothing_of_the_machine_but_what_counts(tmp_path: Path) -> None:
    """Neither a path nor the machine's name gets into what is committed."""
    import platform  # noqa: PLC0415

    [text, _] = REPORT.write(tmp_path)
    markdown = text.read_text("utf-8")
    assert str(Path(__file__).parents[2]) not in markdown
    assert str(tmp_path) not in markdown
    assert len(platform.node()) < 4 or platform.node() not in markdown


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_registered_benchmark_can_be_run(name: str) -> None:
    """Its module can be imported without work, says what it measures, and has what is called."""
    module = importlib.import_module(f"benchmarks.{name}")
    assert callable(module.run)
    assert module.__doc__
    assert module.run.__doc__


def test_a_first_round_warms_up_and_every_way_takes_its_turn() -> None:
    """Otherwise the first one pays for what all of them need."""
    calls: list[str] = []

    def way(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    told = in_turns({"a": lambda: way("a"), "b": lambda: way("b")}, rounds=2)
    assert calls == ["a", "b"] * 3
    assert told == {"a": [3.0, 5.0], "b": [4.0, 6.0]}
    assert str(Spread.of([1.0, 20.0, 300.0])) == "20.0 (1.00–300)"
