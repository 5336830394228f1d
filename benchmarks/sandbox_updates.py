"""How many updates a second the sandbox carries from people to one bot, on one core.

    python -m benchmarks.sandbox_updates [--updates 5000] [--photos 500]

A sandbox of its own (a child process, pinned to one core where the system allows) is written to by several people
over HTTP while one bot long-polls and confirms. Besides the rate by the clock, the rate by the sandbox's own
processor time is given: on a machine with other work it says what one core to itself would carry.
"""

import asyncio
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image

WRITERS = 8
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Rate:
    """What was carried and what it took."""

    what: str
    updates: int
    seconds: float
    processor_seconds: float

    def __str__(self) -> str:
        by_clock, by_core = self.updates / self.seconds, self.updates / self.processor_seconds
        return (f"{self.what}: {self.updates} updates in {self.seconds:.2f} s = {by_clock:.0f}/s by the clock, "
                f"{by_core:.0f}/s by the sandbox's processor time ({self.processor_seconds:.2f} s)")  # fmt: skip


class Connection:
    """One keep-alive HTTP/1.1 connection, as thin as it gets: the client must not be what is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """To the sandbox."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))

    async def post(self, path: str, body: bytes, kind: str = "application/json") -> Any:
        """Sends a request and returns the parsed answer."""
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return json.loads(await self._reader.readexactly(length))

    def close(self) -> None:
        """Ends the connection."""
        self._writer.close()


class Load:
    """People who write and a bot that reads."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, token: str) -> None:
        self.process = process
        self.port = port
        self.token = token

    async def run(self, what: str, bodies: Sequence[tuple[bytes, str]]) -> Rate:
        """Posts every body as a message of a group and waits until the bot has confirmed them all."""
        chat, person = await self._group()
        bodies = [(body.replace(b"USER_ID", str(person).encode()), kind) for body, kind in bodies]
        used, started = self._processor_seconds(), time.perf_counter()
        reading = asyncio.create_task(self._read(len(bodies)))
        await asyncio.gather(*(self._write(chat, bodies[i::WRITERS]) for i in range(WRITERS)))
        await reading
        return Rate(what, len(bodies), time.perf_counter() - started, self._processor_seconds() - used)

    async def _group(self) -> tuple[int, int]:
        http = await Connection.open(self.port)
        person = (await http.post("/api/users", b'{"first_name": "Ann"}'))["id"]
        fields = {"type": "supergroup", "title": "Load", "members": [person]}
        chat = (await http.post("/api/chats", json.dumps(fields).encode()))["id"]
        await http.post(f"/bot{self.token}/getUpdates", b'{"offset": -1}')
        http.close()
        return chat, person

    async def _write(self, chat: int, bodies: Sequence[tuple[bytes, str]]) -> None:
        http = await Connection.open(self.port)
        for body, kind in bodies:
            await http.post(f"/api/chats/{chat}/messages", body, kind)
        http.close()

    async def _read(self, expected: int) -> None:
        http, offset, seen = await Connection.open(self.port), 0, 0
        while seen < expected:
            body = json.dumps({"offset": offset, "timeout": 30}).encode()
            updates = (await http.post(f"/bot{self.token}/getUpdates", body))["result"]
            seen += sum("text" in u.get("message", {}) or "photo" in u.get("message", {}) for u in updates)
            offset = updates[-1]["update_id"] + 1 if updates else offset
        http.close()

    def _processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def texts(count: int) -> list[tuple[bytes, str]]:
    """Short messages, every tenth a command."""
    words = ("/search red car" if i % 10 == 0 else f"message number {i}" for i in range(count))
    return [(f'{{"user_id": USER_ID, "text": "{text}"}}'.encode(), "application/json") for text in words]


def photos(count: int) -> list[tuple[bytes, str]]:
    """Different pictures of 640 x 480 pixels, as forms."""
    random = np.random.default_rng(1)
    return [(_form(_picture(random)), "multipart/form-data; boundary=x") for _ in range(count)]


def _picture(random: np.random.Generator) -> bytes:
    small = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(small).resize((640, 480), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _form(picture: bytes) -> bytes:
    field = b'--x\r\ncontent-disposition: form-data; name="user_id"\r\n\r\nUSER_ID\r\n'
    file = b'--x\r\ncontent-disposition: form-data; name="photo"; filename="a.jpg"\r\ncontent-type: image/jpeg\r\n\r\n'
    return field + file + picture + b"\r\n--x--\r\n"


def main(
    updates: Annotated[int, typer.Option(help="Text messages to carry.")] = 5_000,
    photo_updates: Annotated[int, typer.Option("--photos", help="New photos to carry.")] = 500,
) -> None:
    """Measures and prints both rates."""
    command = [sys.executable, "-m", "sandbox", "--empty", "--port", "0", "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        with suppress(AttributeError, OSError):
            os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        line = process.stdout.readline()
        port, token = int(line.partition("127.0.0.1:")[2].partition("/")[0]), line.split()[-1]
        load = Load(process, port, token)
        print(asyncio.run(load.run("texts", texts(updates))))
        if photo_updates:
            print(asyncio.run(load.run("new photos", photos(photo_updates))))
        process.communicate()


if __name__ == "__main__":
    typer.run(main)
