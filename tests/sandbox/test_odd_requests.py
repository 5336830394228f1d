"""Requests that are no proper HTTP, JSON or form: refused in words."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.errors import BadRequest
from sandbox.parameters import Parameters
from sandbox.server import Sandbox
from tests.sandbox.people import People, png
from tests.sandbox.spec import Violations

DEEP = "[" * 5000 + "]" * 5000


@pytest.mark.parametrize("url", [5, [], {}, None, True])
async def test_button_without_an_address_crashes(
    people: People, sandbox: Sandbox, violations: Violations, url: Any
) -> None:
    """A button's url is a string."""
    ann = await people.person()
    await ann.say("/start")
    markup = {"inline_keyboard": [[{"text": "x", "url": url}]]}
    response = await people.http.post(
        f"/bot{sandbox.token}/sendMessage", json={"chat_id": ann.id, "text": "x", "reply_markup": markup}
    )
    assert response.status_code == 400
    assert "Wrong HTTP URL" in response.json()["description"]
    violations.take()


@pytest.mark.parametrize("deep", [DEEP, "[" * 101 + "]" * 101])
async def test_deep_json_crashes(people: People, sandbox: Sandbox, violations: Violations, deep: str) -> None:
    """JSON nested deeper than 100 is refused, in a body, in a field, and by the people's side."""
    headers = {"Content-Type": "application/json"}
    for path in (f"/bot{sandbox.token}/getMe", "/api/users"):
        response = await people.http.post(path, content=f'{{"a": {deep}}}', headers=headers)
        assert response.status_code == 400
        assert "JSON" in response.json()["description"]
    violations.take()
    with pytest.raises(BadRequest, match="can't parse reply_markup JSON object"):
        Parameters({"reply_markup": deep}).object("reply_markup")


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("PATCH", "/api/chats/{ann}/messages/{long}"),
        ("GET", "/api/chats/{long}/messages"),
        ("GET", "/api/chats/--5/messages"),
        ("PATCH", "/api/chats/{ann}/topics/{long}"),
        ("DELETE", "/api/faults/{long}"),
        ("DELETE", "/api/faults/x"),
    ],
)
async def test_long_number_crashes_the_people_side(people: People, verb: str, path: str) -> None:
    """Numbers of 5,000 digits are refused."""
    ann = await people.person()
    await ann.say("/start")
    response = await people.http.request(verb, path.format(ann=ann.id, long="9" * 5000))
    assert response.status_code in (400, 404)
    assert response.json()["error"]


async def test_refusal_is_plain_text(people: People, sandbox: Sandbox, violations: Violations) -> None:
    """A broken form and a verb that is not served are answered in JSON too."""
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    for path in (f"/bot{sandbox.token}/getMe", "/api/users"):
        response = await people.http.post(path, content=b"--y nonsense", headers=broken)
        assert (response.status_code, response.json()["ok"] if "bot" in path else False) == (400, False)
        assert response.json()["description"]
    response = await people.http.put(f"/bot{sandbox.token}/getMe")
    assert (response.status_code, response.json()["ok"], response.json()["error_code"]) == (405, False, 405)
    assert response.headers["allow"]
    violations.take()


@pytest.mark.parametrize("status", [42, 200, 302, 600, -1])
async def test_fault_of_no_status_crashes_a_call(people: People, status: int) -> None:
    """A fault answers with an error: 400 to 599."""
    response = await people.http.post("/api/faults", json={"method": "getMe", "status": status})
    assert (response.status_code, "400 to 599" in response.json()["error"]) == (400, True)
    assert await people.get("/api/faults") == []


async def _drops(head: bytes, count: int) -> AsyncIterator[bytes]:
    yield head
    for _ in range(count):
        yield bytes(1024 * 1024)


async def test_chunked_upload_passes_the_limit(people: People, sandbox: Sandbox, violations: Violations) -> None:
    """An upload that does not say its length is counted while it comes."""
    await people.patch("/api/settings", max_upload_bytes=1000)
    ann = await people.person()
    await ann.say("/start")
    part = b'--x\r\nContent-Disposition: form-data; name="document"; filename="a"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    path = f"/bot{sandbox.token}/sendDocument?chat_id={ann.id}"
    response = await people.http.post(path, content=_drops(part, 3), headers=headers)
    assert (response.status_code, response.json()["description"]) == (413, "Request Entity Too Large")
    violations.take()


async def test_people_upload_without_end(people: People) -> None:
    """The people's side has a limit too."""
    ann = await people.person()
    part = b'--x\r\nContent-Disposition: form-data; name="document"; filename="a"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        response = await people.http.post(f"/api/chats/{ann.id}/messages", content=_drops(part, 200), headers=headers)
    except httpx.WriteError:  # the refusal came while we were still writing
        return
    assert response.status_code == 413


@pytest.mark.parametrize("kind", ["image/svg+xml;charset=utf-8", "IMAGE/SVG+XML", "image/svg+xml ", "image/x-icon"])
async def test_drawing_runs_its_script(people: People, kind: str) -> None:
    """Only JPEG, PNG, WebP and GIF are shown in place; other pictures are downloads without a type."""
    ann = await people.person()
    files = {"document": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", kind)}
    sent = (await people.http.post(f"/api/chats/{ann.id}/messages", data={"user_id": ann.id}, files=files)).json()
    shown = await people.http.get(f"/api/files/{sent[0]['document']['file_unique_id']}")
    assert shown.headers["content-disposition"].startswith("attachment")
    assert shown.headers["content-type"] == "application/octet-stream"
    (picture,) = await ann.show(png(), part="document")
    shown = await people.http.get(f"/api/files/{picture['document']['file_unique_id']}")
    assert "content-disposition" not in shown.headers


async def test_page_can_be_framed(people: People) -> None:
    """Other sites cannot put the page into a frame and have its buttons clicked; both policies are the same."""
    page = await people.http.get("/")
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert policy.removesuffix("; frame-ancestors 'none'") in page.text


async def test_deep_values_pass_where_they_are_allowed(people: People, sandbox: Sandbox) -> None:
    """JSON of ordinary depth is read."""
    body = json.dumps({"commands": [{"command": "a", "description": "b"}], "scope": {"type": "default"}})
    headers = {"Content-Type": "application/json"}
    response = await people.http.post(f"/bot{sandbox.token}/setMyCommands", content=body, headers=headers)
    assert response.json() == {"ok": True, "result": True}


async def test_a_request_that_is_broken_off_counts_as_one_without_parameters(
    sandbox: Sandbox, violations: Violations
) -> None:
    """A bot that stops in the middle of a call has asked nothing that could be held against the spec."""
    heard = threading.Event()
    sandbox.world.calls.listeners.append(lambda call: heard.set())
    address = urlsplit(sandbox.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST /bot{sandbox.token}/sendChatAction HTTP/1.1\r\nHost: {address.netloc}\r\n"
    kind = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    writer.write((head + kind).encode() + b'{"chat_id":')
    await writer.drain()
    writer.close()
    assert await asyncio.to_thread(heard.wait, 10)
    assert violations.found == []
