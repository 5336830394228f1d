"""How a running bot does, for people and for programs."""

import json
import logging
from typing import Any

from bot.application import build
from bot.last_error import OURS, LastError
from bot.remote import ask
from bot.settings import Settings
from bot.status import HANGING, _unwell
from search.throughput import Throughput
from tests.bot.commands import command
from tests.builders import a_photo
from tests.conftest import Archive, polling
from tests.people import People, jpeg, until


async def status(settings: Settings) -> dict[str, Any]:
    [told] = [line async for line in ask(settings.data_dir, "status")]
    return told


async def test_an_operator_cannot_tell_how_the_bot_does(
    people: People, settings: Settings, archive: Archive, loaded_once: None
) -> None:
    """Photos, chats, queue, rates, model, memory, Chroma, the last error and since when; in figures that are right."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with polling(build(settings.model_copy(update={"exact_limit": 0}))):
        for colour in ("red", "blue"):
            await people.post(chat, ann, photos=[jpeg(colour)])
        await people.post(chat, ann, document=("x.png", b"no picture", "image/png"))
        await archive.settled(indexed=2, failed=1)
        await people.asked(chat, ann, "/search red")

        async def compared() -> dict[str, Any]:
            told = await status(settings)
            is_idle = told["queue"]["in_hand"] == 0 and told["rates"]["photos_a_minute"]["10"] == 0.2
            return told if is_idle and told["chroma"] == {"condition": "equal", "entries": 2} else {}

        told = await until(compared, "the photos to be counted and Chroma to be compared")
        assert told["photos"] == {"indexed": 2, "waiting": 0, "failed": 1}
        assert told["chats"] == {"present": 1, "left": 0}
        assert told["queue"]["due"] == told["queue"]["in_hand"] == told["queue"]["postponed"] == 0
        assert told["rates"]["photos_a_minute"]["10"] == 0.2
        assert told["rates"]["questions_a_minute"] == 0.1
        assert told["model"]["dimensions"] == 256
        assert told["model"]["pictures"] == "exact"
        assert told["memory"]["bytes"] > 100_000_000
        assert told["memory"]["processes"] >= 2, "decoders are processes of their own"
        assert told["telegram"]["answers"]
        assert told["last_error"] is None
        assert told["unwell"] == []
        assert settings.token is not None
        logging.getLogger("search.indexer").error("Refused: %s", settings.token.get_secret_value())
        assert (await status(settings))["last_error"]["text"] == "Refused: <token>"

        shown = await command(settings, "status")
        assert shown.status == 0, shown.err
        for part in (
            "2 indexed, 0 waiting, 1 failed",
            "Telegram",
            "answers in",
            "Last error",
            "as the database has it",
        ):
            assert part in shown.out
        printed = await command(settings, "status", "--json")
        assert printed.status == 0
        assert json.loads(printed.out)["photos"]["indexed"] == 2

        await people.ask("POST", "/api/faults", json={"method": "getMe", "drop": True, "times": 0})
        deaf = await command(settings, "status")
        assert deaf.status == 1
        assert "Telegram does not answer" in deaf.err
    assert all(not isinstance(h, LastError) for name in OURS for h in logging.getLogger(name).handlers)
    away = await command(settings, "status", "--json")
    assert away.status == 1
    assert json.loads(away.out)["running"] is False
    assert "No bot is running" in (await command(settings, "status")).err


def test_a_bot_that_hangs_looks_well() -> None:
    """A picture that stays in hand, and a Chroma that is away, are said in sentences."""
    told = {
        "chroma": {"condition": "away"},
        "telegram": {"answers": True},
        "queue": {"longest_in_hand": HANGING + 60},
    }
    assert [sentence.partition(" ")[0] for sentence in _unwell(told)] == ["Chroma", "A"]
    assert list(_unwell({**told, "chroma": {"condition": "mending"}, "queue": {"longest_in_hand": 3}})) == []


def test_a_rate_counts_photos_of_long_ago() -> None:
    """Minutes pass out of the windows one by one, and after an hour out of memory."""
    now = 0.0
    throughput = Throughput(lambda: now)
    for _ in range(120):
        throughput.indexed([a_photo(), a_photo()])
        now += 60
    assert throughput.per_minute(10) == 2
    assert throughput.per_minute(60) == 2
    now += 300
    assert throughput.per_minute(1) == 0
    assert throughput.per_minute(10) == 1
    assert len(throughput._minutes) <= 61
