"""The demo: the same bot against the sandbox, a local Telegram in a process of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from bot.errors import SandboxFailed
from bot.settings import Settings

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - the sandbox's own, of no use elsewhere
MODEL = Path(__file__).parent.parent / "models" / "demo"
PATIENCE = 60.0
"""Seconds for the sandbox to serve; it takes about one."""


@contextmanager
def running(settings: Settings, port: int) -> Iterator[tuple[Settings, str]]:
    """The sandbox with its sample archive, the settings that point the bot at it, and the page's address.

    Everything is gone when it ends: the sandbox forgets its messages, so the bot's archive of them goes too.

    Raises:
        SandboxFailed
    """
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory(prefix="chatlens-demo-") as directory, _sandbox(port) as process:
        _wait_until_served(process)
        yield _pointed_at(settings, url, Path(directory)), url


def _pointed_at(settings: Settings, url: str, directory: Path) -> Settings:
    return settings.model_copy(
        update={
            "token": SecretStr(TOKEN),
            "api_url": url,
            "api_local": False,
            "data_dir": directory,
            "database_url": None,
            "chroma_url": None,
            "model": f"local-dir:{MODEL}",
            "allowed_chats": None,
            "owners": None,
            "retention_days": None,
        }
    )


@contextmanager
def _sandbox(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A child that ends when its standard input closes, and so with this process, however this process ends."""
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--port",
        str(port),
        "--token",
        TOKEN,
        "--bot-name",
        "Chatlens",
        "--archive",
        "--exit-with-stdin",
    ]
    process = subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=MODEL.parent.parent, env=_environment()
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _environment() -> dict[str, str]:
    """The sandbox must not see the operator's real token."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHATLENS_")}


def _wait_until_served(process: subprocess.Popen[bytes]) -> None:
    """Until the child itself says that it serves: whatever answers on the port may be somebody else's."""
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        served = process.stdout.readline()
    finally:
        watchdog.cancel()
    if not served:
        raise SandboxFailed("The sandbox did not start. Is its port taken? Set SANDBOX_PORT to another one.")
