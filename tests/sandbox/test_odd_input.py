"""Whatever comes in, the answer is a refusal in words and never a crash of the sandbox."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.errors import ApiError
from sandbox.methods.call import MethodCall
from sandbox.methods.table import METHODS
from sandbox.parameters import Parameters
from sandbox.people.routes import ROUTES
from sandbox.world import World
from tests.sandbox.people import png

ODD: list[Any] = [
    "",
    "x",
    "-1",
    "0",
    "1",
    "9" * 30,
    1,
    -1,
    0,
    2**70,
    1.5,
    True,
    [],
    {},
    [1],
    ["x"],
    [{}],
    {"type": "photo"},
    {"inline_keyboard": [[{}]]},
    {"inline_keyboard": [["x"]]},
    {"message_id": "x"},
    {"message_id": 3, "chat_id": "x"},
    [{"type": "photo", "media": "x"}],
    [{"type": "emoji"}],
    "[",
    "{",
    "[1]",
    '{"a": 1}',
    "[[]]",
    "@x",
    '"\\ud800"',
    "\x00",
    [{"type": "bold", "offset": "a", "length": 1}],
    [{"type": "bold", "offset": -5, "length": 99999}],
    "attach://x",
    [{"command": 1}],
    [{"id": 1, "type": "article"}],
    "CHAT",
    "PRIVATE",
    "MESSAGE",
    "FILE",
]
_NAMES = """
chat_id from_chat_id message_id message_ids text caption parse_mode entities caption_entities photo document
media reply_markup reply_parameters reply_to_message_id message_thread_id user_id file_id offset limit
allowed_updates commands scope language_code name title description reaction results callback_query_id
inline_query_id inline_message_id action icon_color show_alert cache_time next_offset button protect_content
has_spoiler link_preview_options
"""
NAMES = _NAMES.split()
LIKELY = {
    "chat_id": "CHAT",
    "from_chat_id": "CHAT",
    "message_id": "MESSAGE",
    "user_id": "PRIVATE",
    "text": "x",
    "caption": "y",
    "photo": "FILE",
    "file_id": "FILE",
    "message_ids": [2, 3],
    "name": "z",
    "title": "t",
}
"""What gets a call past its first checks."""
EXAMPLES = 20
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=5))


class Place:
    """A world with a group, a private chat and a photo in it, whose names stand for real values."""

    def __init__(self) -> None:
        self.world = World()
        self.client = TestClient(create_app(self.world), base_url="http://127.0.0.1", raise_server_exceptions=True)
        ann = self.post("/api/users", json={"first_name": "Ann"})["id"]
        members = {"members": [ann], "bot": "administrator", "is_forum": True}
        chat = self.post("/api/chats", json={"type": "supergroup", **members})["id"]
        files = {"photo": ("p.png", png(), "image/png")}
        sent = self.post(f"/api/chats/{ann}/messages", data={"user_id": ann}, files=files)[0]
        said = self.post(f"/api/chats/{chat}/messages", json={"user_id": ann, "text": "hi"})[0]
        self.real = {"CHAT": chat, "PRIVATE": ann, "MESSAGE": said["message_id"], "FILE": sent["photo"][0]["file_id"]}

    def post(self, path: str, **options: Any) -> Any:
        """JSON of a request that goes well."""
        response = self.client.post(path, **options)
        assert response.is_success, response.text
        return response.json()

    def filled(self, fields: dict[str, Any]) -> dict[str, Any]:
        """With real values for their names."""
        return {n: self.real.get(v, v) if isinstance(v, str) else v for n, v in fields.items()}


@pytest.fixture
def place() -> Place:
    """One for all the odd input that a test tries."""
    return Place()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("method", sorted(METHODS))
@given(likely=st.booleans(), fields=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_odd_parameters_crash_a_method(place: Place, method: str, likely: bool, fields: dict[str, Any]) -> None:
    """Every method either does what it is asked or refuses with an ApiError."""
    call = MethodCall(place.world, place.world.bot, Parameters(place.filled((LIKELY if likely else {}) | fields)))
    with suppress(ApiError):
        json.dumps(asyncio.run(_result(method, call)))


async def _result(method: str, call: MethodCall) -> Any:
    return await METHODS[method](call)


_PEOPLE = """
user_id text caption type title members admins bot status by denied name first_name reply_to_message_id
message_thread_id forward_from as_channel anonymous emoji data query result_id method times delay retry_after
now advance frozen closed forbidden after before limit flood_limits max_upload_bytes bot_id chat_id message_id
is_forum username language_code id token
"""
PEOPLE = _PEOPLE.split()
LONG = {"/api/events", "/api/callbacks", "/api/inline"}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("route", [r for r in ROUTES if r.path not in LONG], ids=str)
@given(fields=st.dictionaries(st.sampled_from(PEOPLE), VALUES, max_size=6), real=st.booleans())
def test_odd_fields_crash_the_people_side(place: Place, route: Any, fields: dict[str, Any], real: bool) -> None:
    """Every request is either done or refused with a sentence and a 4xx status."""
    parts = {
        "{chat_id}": "CHAT",
        "{message_id}": "MESSAGE",
        "{thread_id}": "MESSAGE",
        "{fault_id}": "MESSAGE",
        "{file_id}": "FILE",
    }
    path = route.path
    for part, name in parts.items():
        path = path.replace(part, str(place.real[name] if real else 12345))
    verb = next(iter(route.methods - {"HEAD"}))
    body = json.dumps(place.filled(fields))
    headers = {"Content-Type": "application/json"}
    response = place.client.request(verb, path, content=body, headers=headers)
    place.client.request("DELETE", "/api/faults")
    assert response.status_code < 500
    assert response.is_success or response.json()["error"]
