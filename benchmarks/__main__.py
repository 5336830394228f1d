"""`python -m benchmarks [NAME …] [--quick]`: measures, and writes what it found into benchmarks/results.

With --quick everything is smaller, is printed, and no committed result is touched. Each benchmark has a process of its
own: what one leaves in memory must not count for the next.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import BENCHMARKS
from benchmarks.publishing import RESULTS, publish


def main() -> int:
    """The exit status: 1 where a benchmark failed; the others are run all the same."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures and reports.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all, if left out")
    parser.add_argument("--quick", action="store_true", help="smaller, printed only")
    parser.add_argument("--to", type=Path, help="where reports are written; benchmarks/results unless --quick")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    directory = asked.to or (None if asked.quick else RESULTS)
    if len(asked.names) == 1:
        publish(importlib.import_module(f"benchmarks.{asked.names[0]}").run, quick=asked.quick, directory=directory)
        return 0
    failed = [name for name in asked.names or BENCHMARKS if not _in_its_own_process(name, directory, quick=asked.quick)]
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _in_its_own_process(name: str, directory: Path | None, *, quick: bool) -> bool:
    options = [*(["--quick"] if quick else []), *(["--to", str(directory)] if directory else [])]
    started = perf_counter()
    status = subprocess.run([sys.executable, "-m", "benchmarks", name, *options], check=False).returncode  # noqa: S603
    print(f"{name}: {perf_counter() - started:.0f} s\n", flush=True)
    return status == 0


if __name__ == "__main__":
    sys.exit(main())
