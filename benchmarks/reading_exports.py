"""How fast an export is read, and in how much memory: JSON, its ZIP, and HTML.

    python -m benchmarks.reading_exports [FOLDER]

Reading means: every message parsed, every picture's file looked up and its size compared; no picture is opened. Each
line is a process of its own; seconds are the processor's, peak resident memory is the operating system's (VmHWM).
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from history.export import Export
from tests import exports, html_exports
from tests.large_exports import LargeExport

SIZES = ((20_000, 3, 150), (100_000, 3, 150), (100_000, 3, 600))
"""Photos, text messages behind each, characters added to each of those."""
HTML_MESSAGES = 20_000


def measure(path: Path) -> None:
    """Prints one line of the table; run in a process of its own."""
    began = time.process_time()
    export = Export.open(path)
    chats = list(export.chats())
    counted = time.process_time()
    photos = sum(1 for chat in chats for _ in export.photos(chat.id))
    read = time.process_time()
    main = path / "result.json" if (path / "result.json").exists() else path
    megabytes = (main.stat().st_size if main.is_file() else _pages(path)) / 1e6
    rates = f"{megabytes / (counted - began):.0f} MB/s | {read - counted:.1f} s, {photos / (read - counted):,.0f}/s"
    print(
        f"| {path.name} | {megabytes:.0f} MB | {photos:,} | {counted - began:.1f} s, {rates} | {_peak():.0f} MB |",
        flush=True,
    )


def _pages(folder: Path) -> int:
    return sum(page.stat().st_size for page in folder.glob("messages*.html"))


def _peak() -> float:
    """Megabytes. (getrusage's figure would include the process that started this one.)"""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _made(folder: Path) -> list[Path]:
    made = []
    for photos, between, padding in SIZES:
        path = folder / f"{photos // 1000}k-{padding}"
        made.append(LargeExport(path, photos, between=between, padding=padding, linked=True).write())
    zipped = exports.zipped(made[0])
    html = folder / "html"
    messages = [exports.photo(number, "x" * 200) for number in range(1, HTML_MESSAGES)]
    return [*made, zipped, html_exports.written(html, exports.chat(*messages), pictures=False)]


def main() -> None:
    """Makes the exports, measures each in a process of its own."""
    print("| export | size | pictures | counted | read | peak |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        for path in _made(Path(folder)):
            command = [sys.executable, "-m", "benchmarks.reading_exports", "--one", str(path)]
            subprocess.run(command, check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(Path(sys.argv[2]))
    else:
        main()
