"""Trouble by script, the call log, and the clock."""

import time

import httpx
import pytest
import telegram
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from sandbox.server import Sandbox
from tests.sandbox.people import People, png


async def test_fault_hits_too_often(bot: telegram.Bot, people: People) -> None:
    """A fault hits as many calls of its method as it was told, and is then gone."""
    fault = {"method": "getMe", "status": 500, "description": "Internal Server Error", "times": 2}
    await people.post("/api/faults", **fault)
    for _ in range(2):
        with pytest.raises(NetworkError, match="Internal Server Error"):
            await bot.get_me()
    assert await bot.get_me()
    assert await people.get("/api/faults") == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"retry_after": 7}, RetryAfter),
        ({"status": 403, "description": "Forbidden: bot was kicked from the group chat"}, Forbidden),
        ({"status": 400, "description": "Bad Request: chat not found"}, BadRequest),
        ({"drop": True}, NetworkError),
        ({"drop_after": True}, NetworkError),
        ({"half_body": True}, NetworkError),
        ({"garbage": True}, telegram.error.TelegramError),
    ],
)
async def test_fault_does_not_look_like_trouble(
    bot: telegram.Bot, people: People, fault: dict[str, object], error: type[Exception]
) -> None:
    """Refusals, dropped connections, half answers and garbage reach python-telegram-bot as from the real network."""
    await people.post("/api/faults", method="getMe", **fault)
    with pytest.raises(error):
        await bot.get_me()
    assert await bot.get_me()


async def test_dropped_call_is_carried_out(bot: telegram.Bot, people: People) -> None:
    """`drop` loses the call, `drop_after` and `half_body` only the answer: what makes bots post twice."""
    ann = await people.person()
    await ann.say("/start")
    for fault in ("drop", "drop_after", "half_body"):
        await people.post("/api/faults", method="sendMessage", **{fault: True})
        with pytest.raises(NetworkError):
            await bot.send_message(ann.id, fault)
    assert [m["text"] for m in await people.messages(ann.id)] == ["/start", "drop_after", "half_body"]


async def test_delay_answers_at_once(bot: telegram.Bot, people: People) -> None:
    """A delayed answer runs into the client's timeout; the sandbox does not wait for it when it ends."""
    await people.post("/api/faults", method="*", delay=600)
    with pytest.raises(TimedOut):
        await bot.get_me(read_timeout=0.2)


async def test_download_never_fails(bot: telegram.Bot, people: People) -> None:
    """Downloads can be made to fail, too."""
    ann = await people.person()
    (shown,) = await ann.show(png())
    file = await bot.get_file(shown["photo"][0]["file_id"])
    await people.post("/api/faults", method="file", half_body=True)
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    await people.post("/api/faults", method="file", status=500)
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert await file.download_as_bytearray()


async def test_faults_stay_for_ever(bot: telegram.Bot, people: People) -> None:
    """A fault without an end is taken back by its id, or all are."""
    fault = await people.post("/api/faults", method="getMe", status=502, times=0)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.get_me()
    await people.delete(f"/api/faults/{fault['id']}")
    assert await bot.get_me()
    await people.post("/api/faults", method="*", status=502)
    await people.delete("/api/faults")
    assert await bot.get_me()
    assert (await people.http.delete("/api/faults/99")).status_code == 404


async def test_calls_leave_no_trace(bot: telegram.Bot, people: People) -> None:
    """The log has every call with its parameters, answer, status and time."""
    ann = await people.person()
    await ann.say("/start")
    await bot.send_photo(ann.id, png(), caption="look")
    with pytest.raises(BadRequest):
        await bot.send_message(-1, "nobody")
    sent, refused = (await people.get("/api/calls"))[-2:]
    assert (sent["method"], sent["status"], sent["response"]["ok"]) == ("sendPhoto", 200, True)
    assert sent["request"]["caption"] == "look"
    assert sent["ms"] > 0
    assert (refused["method"], refused["status"]) == ("sendMessage", 400)
    assert [c["id"] for c in await people.get("/api/calls", after=sent["id"])] == [refused["id"]]
    assert {c["method"] for c in await people.get("/api/calls", method="getme")} == {"getMe"}


async def test_clock_cannot_be_moved(people: People) -> None:
    """Tests freeze, set and move the clock; messages carry its date."""
    ann = await people.person()
    await people.post("/api/clock", frozen=True, now="2024-02-29T12:00:00+00:00")
    assert (await ann.say("leap"))["date"] == 1709208000
    await people.post("/api/clock", advance=90)
    assert (await ann.say("later"))["date"] == 1709208090
    await people.post("/api/clock", frozen=False, now=time.time())
    assert (await ann.say("now"))["date"] == pytest.approx(time.time(), abs=60)
    assert (await people.http.post("/api/clock", json={"now": "tea time"})).status_code == 400


async def test_other_pages_may_ask(sandbox: Sandbox) -> None:
    """Requests under a foreign name (DNS rebinding) or from another site's page are refused."""
    async with httpx.AsyncClient(base_url=sandbox.url) as browser:
        rebound = await browser.get("/api/chats", headers={"Host": "evil.example"})
        forged = await browser.post(
            "/api/users", json={"first_name": "Eve"}, headers={"Origin": "https://evil.example"}
        )
        cross = await browser.post("/api/users", json={"first_name": "Eve"}, headers={"Sec-Fetch-Site": "cross-site"})
        own = await browser.post("/api/users", json={"first_name": "Ann"}, headers={"Origin": sandbox.url})
        image = f"/bot{sandbox.token}/sendMessage?chat_id=1&text=spam"
        embedded = await browser.get(image, headers={"Sec-Fetch-Site": "cross-site"})
        linked = await browser.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    refused = (rebound, forged, cross, embedded)
    assert [r.status_code for r in (*refused, own, linked)] == [403, 403, 403, 403, 200, 200]
    assert "loopback" in rebound.json()["error"]


async def test_downloads_leave_no_trace(bot: telegram.Bot, people: People) -> None:
    """The log has downloads too, those that a fault hit and those of links never given."""
    ann = await people.person()
    (shown,) = await ann.show(png())
    file = await bot.get_file(shown["photo"][0]["file_id"])
    assert file.file_path is not None
    await file.download_as_bytearray()
    for fault in ({"status": 500}, {"drop": True}):
        await people.post("/api/faults", method="file", **fault)
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()
    await people.http.get(f"{file.file_path}.not")
    done, failed, dropped, unknown = await people.get("/api/calls", method="file")
    assert (done["bot_id"], done["status"], done["fault"]) == (bot.id, 200, False)
    assert file.file_path.endswith(done["request"]["file_path"])
    assert done["ms"] > 0
    assert (failed["status"], failed["fault"]) == (500, True)
    assert (dropped["status"], dropped["fault"]) == (0, True)
    assert unknown["status"] == 404
