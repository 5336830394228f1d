"""The data directory: room, rights, and what a bot that was killed or a command that was ended left behind."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot.checkups.finding import Finding, Patient
from bot.control_file import NAME, ControlFile

ROOM = 500_000_000
"""Bytes. Erasing writes the database anew beside itself, so its size is needed as well."""
LEFT_BEHIND = (".restoring", f"{NAME}.new")


async def directory(patient: Patient) -> AsyncIterator[Finding]:
    """Looks at files, not into them."""
    for finding in await asyncio.to_thread(lambda: [*_room(patient), *_rights(patient), *_leftovers(patient)]):
        yield finding


def _room(patient: Patient) -> Iterator[Finding]:
    free = shutil.disk_usage(patient.settings.data_dir).free
    file = patient.database.file
    needed = max(ROOM, 0 if file is None else file.stat().st_size)
    if free < needed:
        yield Finding(
            "disk space",
            f"The disk of the data directory has {free / 1e6:,.0f} MB left, and {needed / 1e6:,.0f} are needed to "
            "write the database anew after something was erased. Make room.",
        )


def _rights(patient: Patient) -> Iterator[Finding]:
    path = patient.settings.data_dir
    about = path.stat()
    # What a disk is mounted with belongs to root.
    others = [one.name for one in path.iterdir() if one.lstat().st_uid != about.st_uid and one.name != "lost+found"]
    if others:
        yield Finding(
            "owners",
            f"{', '.join(sorted(others)[:5])} in the data directory is another user's than the directory itself: a "
            "command was run as the wrong user. Give all of it to the user that runs the bot (chown -R).",
        )
    closed = [one.name for one in path.iterdir() if one.is_file() and not os.access(one, os.R_OK | os.W_OK)]
    if closed:
        yield Finding("closed files", f"{', '.join(sorted(closed)[:5])} in the data directory cannot be written to.")
    if os.name == "posix" and about.st_mode & stat.S_IRWXO:

        async def close() -> None:
            await asyncio.to_thread(path.chmod, stat.S_IMODE(about.st_mode) & ~stat.S_IRWXO)

        yield Finding(
            "open directory",
            f"Every user of this machine can look into the data directory {path}, where captions and names are.",
            is_wrong=False,
            mend=close,
        )


def _leftovers(patient: Patient) -> Iterator[Finding]:
    path = patient.settings.data_dir
    if patient.running is None:
        control = [path / name for name in (NAME, "heartbeat") if (path / name).exists()]
        if control:
            yield Finding(
                "killed bot",
                f"The bot was killed, or the machine went down: {', '.join(one.name for one in control)} was left "
                "behind. Nothing that was confirmed is lost.",
                is_wrong=False,
                mend=lambda: _remove(control),
            )
    elif ControlFile.read(path) is None:
        yield Finding("control file", f"{NAME} is gone: commands cannot reach the bot. Restart it.")
    left = [path / name for name in LEFT_BEHIND if (path / name).exists()]
    if left:
        yield Finding(
            "leftovers",
            f"{', '.join(one.name for one in left)} was left by a command that was killed.",
            is_wrong=False,
            mend=lambda: _remove(left),
        )
    aside = sorted(path.glob("set-aside-*"))
    if aside:
        yield Finding(
            "set aside",
            f"{', '.join(one.name for one in aside)} in the data directory is an archive that `restore --force` set "
            "aside. What people erase is still in it: delete it when all is well.",
            is_wrong=False,
        )


async def _remove(paths: list[Path]) -> None:
    def remove() -> None:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    await asyncio.to_thread(remove)
