"""Photos that could not be read are no secret, and not lost for good."""

import pytest

from tests.conftest import Archive
from tests.people import People, jpeg

pytestmark = pytest.mark.usefixtures("bot")

TOO_BIG = {"method": "getFile", "status": 400, "description": "Bad Request: file is too big"}


async def test_admins_do_not_learn_what_failed(people: People, archive: Archive) -> None:
    """They read who posted what when and why it failed, with a link; members read how many. /retry is the admins'."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben], admins=[ann])
    await people.ask("POST", "/api/faults", json=TOO_BIG)
    [big] = await people.post(chat, ben, photos=[jpeg("red")])
    await archive.settled(failed=1)

    [told] = await people.asked(chat, ann, "/stats")
    assert "Ben, " in told["text"]
    assert "larger than the 20 MB" in told["text"]
    [link] = [entity["url"] for entity in told["entities"] if "url" in entity]
    assert link.endswith(f"/{big['message_id']}")
    assert await people.told(chat, ben, "/stats") == "None indexed yet. 1 could not be read."

    assert "Only the admins" in await people.told(chat, ben, "/retry")
    assert archive.states() == {"failed": 1}
    assert await people.told(chat, ann, "/retry") == "I try 1 photo again. /stats tells how it went."
    await archive.settled(indexed=1)
    assert "no photo here" in await people.told(chat, ann, "/retry")


async def test_files_over_the_limit_are_fetched(people: People, archive: Archive) -> None:
    """What Telegram does not hand out fails at once with its reason; in private the person reads it and may retry."""
    ann = await people.person("Ann")
    await people.told(ann, ann, "/start")
    await people.ask("PATCH", "/api/settings", json={"max_download_bytes": 1_000})
    await people.post(ann, ann, document=("big.jpg", jpeg("red", (1600, 1200)), "image/jpeg"))
    await archive.settled(failed=1)
    assert "larger than the 20 MB" in await people.told(ann, ann, "/stats")
    await people.ask("PATCH", "/api/settings", json={"max_download_bytes": 20_000_000})
    assert "I try 1 photo again" in await people.told(ann, ann, "/retry")
    await archive.settled(indexed=1)
