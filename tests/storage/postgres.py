"""A PostgreSQL of the tests' own: made in a temporary folder, reached by a socket there, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAST = "-c fsync=off -c full_page_writes=off -c listen_addresses="


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps them off the PATH."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A running server; gives the address of its database for SQLAlchemy."""
    # Not pytest's own folder: the server refuses to run as root, and must be able to enter as somebody else;
    # and a socket's path may have 107 characters at most.
    home = Path(tempfile.mkdtemp(prefix="chatlens-pg-"))
    data = home / "data"
    try:
        _as_server(home, folder / "initdb", "-D", data, "-U", "tester", "--auth=trust", "-E", "UTF8", "-N")
        _as_server(home, folder / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", f"{FAST} -k {home}", "start")
        try:
            yield f"postgresql+asyncpg://tester@/postgres?host={home}"
        finally:
            _as_server(home, folder / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def _as_server(home: Path, *command: str | Path) -> None:
    user = None
    if os.geteuid() == 0:
        user = _unprivileged()
        shutil.chown(home, user)
    # Files, not pipes: the server inherits them and would keep a pipe open for ever.
    with (home / "output").open("ab") as output:
        done = subprocess.run(  # noqa: S603 - the folder of an installed PostgreSQL
            [str(part) for part in command], user=user, cwd=home, stdout=output, stderr=output, check=False
        )
    assert done.returncode == 0, (home / "output").read_text()


def _unprivileged() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
