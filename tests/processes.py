"""Other processes, as /proc shows them: whose they are, what they have used."""

import os
from contextlib import suppress
from pathlib import Path


def children(module: str, parent: int | None = None) -> list[int]:
    """Pids of the processes that run `python -m module` as children of `parent` (this process)."""
    return [pid for pid in _pids(os.getpid() if parent is None else parent) if module in _command(pid)]


def is_gone(pid: int) -> bool:
    """Ended; somebody may still be to ask how."""
    try:
        return _stat(pid)[0] == "Z"
    except OSError:
        return True


def processor_ticks(pid: int) -> int:
    """Hundredths of seconds that a process has computed; 0 where it is gone."""
    with suppress(OSError):
        fields = _stat(pid)
        return int(fields[11]) + int(fields[12])
    return 0


def memory_kb(pid: int, field: str = "VmRSS") -> int:
    """A line of /proc/PID/status in kB: VmRSS, or VmHWM for the most it ever was; 0 where it is gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), 0)
    return 0


def _pids(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = _stat(int(entry.name))
                if int(fields[1]) == parent and fields[0] != "Z":
                    found.append(int(entry.name))
    return found


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def _command(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return []
