"""Pictures are opened elsewhere: whatever a picture does there, the bot goes on."""

import asyncio
import io
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from search import decoder_worker, decoding
from search.decoding import Decoders
from search.errors import FileUnreachable, ImageRefused
from search.images import DecodingLimits
from tests.hostile import encoded, endless_jpeg
from tests.people import PATIENCE, until
from tests.processes import children, processor_ticks
from tests.programs import ROOT

PNG = encoded(Image.new("RGB", (80, 40), "red"), "PNG")
WORKER = "search.decoder"


@pytest.fixture
async def decoders() -> AsyncIterator[Decoders]:
    """As the bot has them, with little patience."""
    running = Decoders(DecodingLimits(cpu_seconds=60))
    yield running
    await running.close()
    assert not children(WORKER)


async def busy_worker() -> int:
    """The pid of a worker once it computes."""

    async def found() -> int:
        return next((pid for pid in children(WORKER) if processor_ticks(pid) > 40), 0)

    return await until(found, "a worker that is busy")


async def test_a_picture_comes_back_as_something_else(decoders: Decoders) -> None:
    """Size and colours are those of the file; a preview is a JPEG."""
    image = await decoders.picture(PNG)
    assert (image.mode, image.size, image.getpixel((5, 5))) == ("RGB", (80, 40), (255, 0, 0))
    with Image.open(io.BytesIO(await decoders.preview(PNG))) as preview:
        assert (preview.format, preview.size) == ("JPEG", (80, 40))


async def test_a_refusal_has_no_reason(decoders: Decoders) -> None:
    """The worker's reason reaches the row, and the worker goes on with the next."""
    with pytest.raises(ImageRefused, match="not a picture in a format I can read"):
        await decoders.picture(b"%PDF-1.7")
    before = children(WORKER)
    await decoders.picture(PNG)
    assert children(WORKER) == before


async def test_what_killed_a_decoder_is_lost() -> None:
    """The signal is what an operator reports; asking for a dead worker's status while asyncio waits for it loses it."""
    statuses = []
    for _ in range(10):
        worker = await decoder_worker.DecoderWorker.start(DecodingLimits())
        os.kill(worker.process.pid, signal.SIGSEGV)
        with pytest.raises(decoder_worker.WorkerDied):
            await worker._reply()
        statuses.append(await worker.end())
    assert statuses == [-signal.SIGSEGV] * 10


async def test_a_crash_in_a_decoder_takes_others_along(decoders: Decoders, caplog: pytest.LogCaptureFixture) -> None:
    """Killed amid decoding, twice: that picture is refused with the reason; one opened beside it, and the next, are
    not."""
    hostile = asyncio.create_task(decoders.picture(endless_jpeg()))
    for _ in range(2):
        pid = await busy_worker()
        assert (await decoders.picture(PNG)).size == (80, 40)
        os.kill(pid, signal.SIGSEGV)

        async def gone(pid: int = pid) -> bool:
            return pid not in children(WORKER)

        await until(gone, "the killed worker to be noticed")
    with pytest.raises(ImageRefused, match=r"broke its decoder \(SIGSEGV\)"):
        await hostile
    assert (await decoders.picture(PNG)).size == (80, 40)
    assert caplog.text.count("A picture ended its decoder") == 2


async def test_one_death_costs_the_picture(decoders: Decoders) -> None:
    """Whoever killed a worker at rest or at work, the picture gets a second one."""
    await decoders.picture(PNG)
    [pid] = children(WORKER)
    os.kill(pid, signal.SIGKILL)
    assert (await decoders.picture(PNG)).size == (80, 40)


async def test_a_picture_that_takes_for_ever_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """Processor time is bounded, inside the C code too."""
    decoders = Decoders(DecodingLimits(cpu_seconds=0.3))
    with pytest.raises(ImageRefused, match="it took too long"):
        await decoders.picture(endless_jpeg())
    await decoders.close()


async def test_a_worker_that_hangs_is_waited_for(decoders: Decoders, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is stopped answers to no limit of its own: it is ended from outside, and the next one serves."""
    monkeypatch.setattr(decoder_worker, "PATIENCE", 3.0)  # which the next one has, too
    await decoders.picture(PNG)
    [pid] = children(WORKER)
    os.kill(pid, signal.SIGSTOP)
    assert (await decoders.picture(PNG)).size == (80, 40)
    assert pid not in children(WORKER)


async def test_an_answer_for_one_who_left_goes_to_the_next(decoders: Decoders) -> None:
    """A cancelled question's worker is ended: what it would still say belongs to nobody."""
    asking = asyncio.create_task(decoders.picture(endless_jpeg()))
    pid = await busy_worker()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert pid not in children(WORKER)
    assert (await decoders.picture(PNG)).size == (80, 40)


async def test_an_idle_worker_keeps_its_memory(decoders: Decoders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sends pictures at night: then there is no worker."""
    monkeypatch.setattr(decoding, "REST", 0.05)
    await decoders.picture(PNG)

    async def nobody() -> bool:
        return not children(WORKER)

    await until(nobody, "the worker to be ended")


async def test_a_leak_in_a_decoder_grows_for_ever(decoders: Decoders, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is replaced after a number of pictures."""
    monkeypatch.setattr(decoding, "PICTURES", 2)
    pids = set()
    for _ in range(4):
        await decoders.picture(PNG)
        pids |= set(children(WORKER))
    assert len(pids) == 2
    assert not children(WORKER)


async def test_more_pictures_than_workers_are_opened_at_once(decoders: Decoders) -> None:
    """Memory is bounded by the number of workers; the others wait their turn."""
    images = await asyncio.gather(*(decoders.picture(PNG) for _ in range(20)))
    assert len(images) == 20
    assert 1 <= len(children(WORKER)) <= decoding.WORKERS


async def test_a_picture_is_blamed_for_a_system_without_processes(
    decoders: Decoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that cannot be started is an outage: the photo is tried again, not given up."""
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(FileUnreachable, match="could not be started") as caught:
        await decoders.picture(PNG)
    assert caught.value.is_outage


async def test_a_picture_gets_all_the_memory_there_is() -> None:
    """Memory is bounded for the process, not by what a header says: a picture that needs more than its share is
    refused, and the worker's peak shows that it never had it."""
    decoders = Decoders(DecodingLimits(max_pixels=36_000_000))
    picture = encoded(Image.new("L", (6_000, 6_000)), "PNG")
    assert (await decoders.picture(picture, 64)).size == (131, 131)
    [worker] = children(WORKER)
    resource.prlimit(worker, resource.RLIMIT_AS, (160 * 2**20, 160 * 2**20))
    with pytest.raises(ImageRefused, match=r"more memory than there is|broke its decoder"):
        await decoders.picture(encoded(Image.new("RGBA", (6_000, 6_000)), "PNG"), 64)
    await decoders.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_outlives_a_bot_that_was_killed() -> None:
    """SIGKILL leaves no time to say good-bye: workers at rest and at work end by themselves."""
    program = (
        "import asyncio, os\n"
        "from search.decoding import Decoders\n"
        "from search.images import DecodingLimits\n"
        "from tests.hostile import endless_jpeg\n"
        "async def main():\n"
        "    decoders = Decoders(DecodingLimits(cpu_seconds=1))\n"
        "    busy = asyncio.create_task(decoders.picture(endless_jpeg()))\n"
        "    try:\n"
        "        await decoders.picture(b'no picture')\n"
        "    except Exception:\n"
        "        print('ready', flush=True)\n"
        "    await busy\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as bot:  # noqa: S603
        assert bot.stdout is not None
        bot.stdout.readline()
        workers = children(WORKER, bot.pid)
        assert len(workers) == 2
        bot.kill()
    deadline = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.05)
