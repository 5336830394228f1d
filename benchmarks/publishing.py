"""Runs a benchmark that reports: what `python -m benchmarks` and each of its modules by itself do."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.environment import ROOT, Environment
from benchmarks.report import Report

RESULTS = ROOT / "benchmarks" / "results"
Benchmark = Callable[[bool], Report]
"""`run(quick)`: quick is a smaller measurement of the same kind, of seconds."""


def publish(run: Benchmark, *, quick: bool, directory: Path | None) -> None:
    """Prints the report; writes it into `directory`, where one is given."""
    report = run(quick)
    print(report.markdown(Environment.of_this_machine()), flush=True)
    for path in report.write(directory) if directory else []:
        print(f"Written: {path}")


def main(run: Benchmark) -> None:
    """For a module that is run by itself: the committed results are replaced only where that is asked for."""
    parser = argparse.ArgumentParser(description=run.__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller measurement of the same kind")
    parser.add_argument("--to", type=Path, help="write the report into this directory, e.g. benchmarks/results")
    asked = parser.parse_args()
    publish(run, quick=asked.quick, directory=asked.to)
