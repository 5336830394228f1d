"""The commands' side of the control channel: asking the bot that runs in a data directory.

Several processes must not work in one data directory, so a command has the running bot do it (`bot.control`), and opens
the directory itself only where there is none.
"""

import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx

from bot.control_file import ControlFile
from bot.errors import BotError, BotNotRunning, DataDirectoryBusy
from bot.job import LINES, Job, Told, listening

PATIENCE = 10.0
"""Seconds for a bot to answer at all; its work may then take hours."""


async def ask(data_dir: Path, name: str, /, **arguments: Any) -> AsyncIterator[Told]:
    """Has the running bot do `name`; what it says on the way, at last a line with `done`.

    Arguments must be what JSON can hold. Paths among them are absolute: the bot runs elsewhere.

    Raises:
        BotNotRunning: no bot answers for this directory.
        BotError: with the sentence that the bot ended with.
    """
    control = await _answering(data_dir)
    if control is None:
        raise BotNotRunning(data_dir)
    try:
        async with (
            _client(control) as client,
            client.stream("POST", f"/{name}", json=arguments) as response,
        ):
            if response.headers.get("content-type", "").partition(";")[0] != LINES:
                raise BotError(f"The running bot does not know how to {name}: it is of another version. Restart it.")
            is_over = False
            async for line in response.aiter_lines():
                told: Told = json.loads(line)
                if "error" in told:
                    raise BotError(told["error"])
                is_over = "done" in told
                yield told
    except (httpx.HTTPError, ValueError) as exc:
        raise BotError("The bot ended, or was killed, before this was done.") from exc
    if not is_over:
        raise BotError("The bot did not say how it ended; its log may.")


async def is_running(data_dir: Path) -> bool:
    """Whether a bot that can be asked has the data directory. Raises BotError where that may not be known."""
    return await _answering(data_dir) is not None


async def carry_out(
    data_dir: Path, name: str, alone: Callable[[], AbstractAsyncContextManager[Job]], /, **arguments: Any
) -> AsyncIterator[Told]:
    """Has `name` done by the bot that runs in the data directory; where none does, here, by the job of `alone`.

    Raises:
        DataDirectoryBusy: somebody is there who cannot be asked.
        BotError, ModelError, StorageError: what the job raises.
    """
    if await is_running(data_dir):
        async with listening(ask(data_dir, name, **arguments)) as lines:
            async for told in lines:
                yield told
        return
    try:
        async with alone() as job, listening(job(arguments)) as lines:
            async for told in lines:
                yield told
    except DataDirectoryBusy as exc:
        raise DataDirectoryBusy(
            f"Another process works in the data directory {data_dir} and cannot be asked: a bot that is just starting "
            "or ending, one on another machine, or another command. Try again when it runs or has ended."
        ) from exc


async def _answering(data_dir: Path) -> ControlFile | None:
    """Where the bot of the data directory answers; None where none does."""
    try:
        control = ControlFile.read(data_dir)
    except PermissionError as exc:
        raise BotError(f"{exc.filename} is another user's. Run the command as the user that runs the bot.") from exc
    if control is None:
        return None
    return control if await _is_the_bot(control) else None


async def _is_the_bot(control: ControlFile) -> bool:
    """Its port may be somebody else's by now, or that of a bot with another directory: it must show that it knows the
    secret, which is told to nobody before."""
    nonce = secrets.token_urlsafe(16)
    try:
        async with httpx.AsyncClient(base_url=control.url, timeout=PATIENCE, trust_env=False) as client:
            answer = (await client.get("/", params={"nonce": nonce})).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):  # a bot that was killed left its file behind
        return False
    proof = answer.get("proof") if isinstance(answer, dict) else None
    return isinstance(proof, str) and secrets.compare_digest(proof.encode(), control.proof(nonce).encode())


def _client(control: ControlFile) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=control.url,
        headers={"Authorization": f"Bearer {control.secret}"},
        timeout=httpx.Timeout(PATIENCE, read=None),
        trust_env=False,  # a proxy has no business between two programs of one machine
    )
