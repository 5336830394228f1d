"""The doctor of a bot that runs: it looks, and mends, while questions are answered."""

import json
from typing import Any

import pytest

from bot.application import build
from bot.checkups import rows as rows_checkup
from bot.remote import ask
from bot.settings import Settings
from tests.bot.commands import command
from tests.conftest import Archive, polling
from tests.people import People, jpeg, until


async def of_running(settings: Settings, *, fix: bool = False) -> dict[str, Any]:
    told = [line async for line in ask(settings.data_dir, "doctor", fix=fix)][-1]
    return {finding["name"]: finding for finding in told["findings"]}


@pytest.mark.usefixtures("loaded_once")
async def test_a_bot_without_photos_is_called_broken(people: People, settings: Settings, archive: Archive) -> None:
    """A new one, and one whose people have had all forgotten; mending finds nothing to make anew."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    async with polling(build(settings)):
        assert await of_running(settings) == {}
        assert await of_running(settings, fix=True) == {}
        photo = (await people.post(chat, ann, photos=[jpeg("red")]))[0]
        await archive.settled(indexed=1)
        assert await of_running(settings) == {}
        await people.post(chat, ann, text="/forget", reply_to_message_id=photo["message_id"])
        await archive.settled()
        assert await of_running(settings) == {}


@pytest.mark.usefixtures("loaded_once")
async def test_a_running_bot_is_stopped_to_be_mended(
    people: People, settings: Settings, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It mends itself while it answers: Chroma, a lost vector, a photo that nobody takes up, one that failed."""
    monkeypatch.setattr(rows_checkup, "PATIENCE", 0.5)
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    settings = settings.model_copy(update={"exact_limit": 0})
    async with polling(build(settings)):
        for colour in ("red", "blue", "green"):
            await people.post(chat, ann, photos=[jpeg(colour)])
        await archive.settled(indexed=3)
        assert await of_running(settings) == {}
        seen = await command(settings, "doctor")
        assert (seen.status, seen.out.strip()) == (0, "All is well."), seen.err

        await archive.change("DELETE FROM vectors WHERE image_id = 1")
        await archive.change("UPDATE photos SET state = 'pending', due_at = '2099-01-01 00:00:00.000000' WHERE id = 2")
        await archive.change("UPDATE photos SET state = 'failed', error = 'too big' WHERE id = 3")
        for path in (settings.data_dir / "chroma").rglob("*"):
            if path.is_file():
                path.write_bytes(b"not an index any more")
        told = await of_running(settings)
        assert told.keys() == {"no vectors", "left lying", "failed photos", "Chroma"}
        told = await of_running(settings, fix=True)
        assert all(finding["is_mended"] for finding in told.values()), told
        await archive.settled(indexed=3)

        async def is_well() -> bool:
            return await of_running(settings) == {}

        await until(is_well, "the archive to be well")
        assert "1." in await people.told(chat, ann, "/search red")

        await people.ask("POST", "/api/faults", json={"method": "file", "delay": 3600, "times": 0})
        await people.post(chat, ann, photos=[jpeg("white")])
        await archive.settled(indexed=3, pending=1)
        assert (await of_running(settings)).keys() == {"standing still"}
        await people.ask("DELETE", "/api/faults")
        await archive.settled(indexed=4)

        await people.ask("PATCH", "/api/bot", json={"can_read_all_group_messages": False})
        printed = await command(settings, "doctor", "--fix", "--json")
        assert printed.status == 1
        [finding] = json.loads(printed.out)["findings"]
        assert "/setprivacy" in finding["sentence"]
        (settings.data_dir / "control.json").rename(settings.data_dir / "moved.json")
        refused = await command(settings, "doctor")
        assert refused.status == 1
        assert "cannot be asked" in refused.err.replace("\n", " ")
