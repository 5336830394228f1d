"""What figures depend on besides the code: the machine and the versions. Neither names nor paths of the machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = ("torch", "onnxruntime", "chromadb", "open_clip_torch", "openvino", "numpy", "pillow", "SQLAlchemy")
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm")
"""Those that decide how fast a model is computed."""
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Environment:
    """Where and when something was measured."""

    processor: str
    cores: int
    memory: int
    system: str
    versions: dict[str, str]
    commit: str
    moment: datetime

    @classmethod
    def of_this_machine(cls) -> Environment:
        """Now."""
        return cls(
            _processor(),
            os.cpu_count() or 1,
            psutil.virtual_memory().total,
            f"{platform.system()} {re.match(r'[0-9.]*', platform.release()).group()}",  # type: ignore[union-attr]
            {"Python": platform.python_version()} | _versions(),
            _commit(),
            datetime.now(UTC),
        )

    def markdown(self, command: str) -> str:
        """A list, and the command."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"- {self.processor}; {self.cores} cores, {self.memory / 2**30:.0f} GiB of memory; {self.system}\n"
            f"- {versions}\n"
            f"- {self.moment:%Y-%m-%d}, commit {self.commit}\n"
            f"- To measure again: `{command}`"
        )


def _processor() -> str:
    """Its name, and which of the instructions that count it has."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*: (.*)$", text, re.MULTILINE)
    has = set(flags.group(1).split()) if flags else set()
    able = ", ".join(one for one in INSTRUCTIONS if one in has)
    return (name.group(1).strip() if name else platform.machine()) + (f" ({able})" if able else "")


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _commit() -> str:
    """Which code was measured; results that were just written do not change it."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/results")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit} with changes" if changes else commit


def _git(*arguments: str) -> str:
    git = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - ours
