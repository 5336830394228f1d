"""What a developer turns: faults, the call log, the clock, the bot's profile, settings."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from starlette.responses import Response

from sandbox import delivery
from sandbox.errors import BadRequest, NotFound
from sandbox.faults import Fault
from sandbox.people.request import PeopleRequest, answer
from sandbox.settings import Settings
from sandbox.users import Bot

ERRORS = range(400, 600)
"""HTTP statuses that a fault may answer with."""
MOST_SECONDS = 1e11
"""Some thousand years."""
BOT_SWITCHES = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "inline_feedback")


async def list_faults(request: PeopleRequest) -> Response:
    """Faults still to come."""
    return answer(request.world.faults.as_objects())


async def add_fault(request: PeopleRequest) -> Response:
    """The fields of Fault → the fault with its id."""
    given = request.fields
    if not given.text("method"):
        raise BadRequest('which method? A name, "*" for all, or "file" for downloads')
    status = given.integer("status") or None
    if status is not None and status not in ERRORS:
        raise BadRequest("the status of a fault is an error's: 400 to 599")
    times: int | None = given.integer("times", 1)
    fault = Fault(
        given.text("method"),
        status,
        given.text("description") or None,
        given.integer("retry_after") or None,
        times if times and times > 0 else None,
        max(0.0, _signed(given.text("delay", "0"))),
        *(given.boolean(name) for name in ("drop", "drop_after", "half_body", "garbage")),
    )
    return answer(request.world.faults.add(fault).as_object())


async def remove_faults(request: PeopleRequest) -> Response:
    """All, or the one of the path."""
    fault_id = request.path_number("fault_id") if "fault_id" in request.raw.path_params else None
    if fault_id is not None and not any(f["id"] == fault_id for f in request.world.faults.as_objects()):
        raise NotFound(f"there is no fault {fault_id}")
    request.world.faults.remove(fault_id)
    return answer(request.world.faults.as_objects())


async def list_calls(request: PeopleRequest) -> Response:
    """The last calls, oldest first; `after` an id, only those of `method`, the newest `limit`."""
    given = request.fields
    after, method, limit = given.integer("after"), given.text("method").lower(), given.integer("limit", 200)
    found = [c for c in request.world.calls if c.id > after and (not method or c.method.lower() == method)]
    return answer([call.as_object() for call in found[-limit:]])


async def forget_calls(request: PeopleRequest) -> Response:
    """Empties the log."""
    request.world.calls.clear()
    return answer([])


async def show_clock(request: PeopleRequest) -> Response:
    """{now, frozen}: Unix seconds."""
    clock = request.world.clock
    return answer({"now": clock.now(), "frozen": clock.frozen})


async def set_clock(request: PeopleRequest) -> Response:
    """{now?: Unix seconds or ISO 8601, advance?: seconds, frozen?} → {now, frozen}"""
    clock, given = request.world.clock, request.fields
    if given.given("frozen"):
        clock.freeze(given.boolean("frozen"))
    if given.given("now"):
        clock.move_to(_moment(given.text("now")))
    if given.given("advance"):
        clock.advance(_signed(given.text("advance")))
    return await show_clock(request)


def _signed(text: str) -> float:
    try:
        value = float(text)
    except ValueError as exc:
        raise BadRequest(f"not a number: {text!r}") from exc
    if not abs(value) < MOST_SECONDS:
        raise BadRequest(f"too large a number: {text!r}")
    return value


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return _signed(text)


async def show_bot(request: PeopleRequest) -> Response:
    """The bot people see: its User, token, switches, commands, and whether a program is connected to it."""
    return answer(_bot(request.bot))


def _bot(bot: Bot) -> dict[str, Any]:
    return {
        "user": bot.as_object(),
        "token": bot.token,
        "name": bot.user.first_name,
        "connected": bot.updates.polled_lately or bot.webhook is not None,
        "pending_update_count": len(bot.updates) + (bot.webhook.under_way if bot.webhook else 0),
        "commands": [
            {"scope": scope, "language_code": language, "commands": commands}
            for (scope, language), commands in bot.commands.items()
        ],
        **{name: getattr(bot, name) for name in BOT_SWITCHES},
    }


async def change_bot(request: PeopleRequest) -> Response:
    """{name?, username?, can_read_all_group_messages?, …} as BotFather would."""
    bot, given = request.bot, request.fields
    for name in BOT_SWITCHES:
        if given.given(name):
            setattr(bot, name, given.boolean(name))
    if name := given.text("name").strip():
        bot.user.first_name = name
    if username := given.text("username").strip().removeprefix("@"):
        bot.user.username = username
    for chat in request.world.chats.of_bot(bot.id):
        if chat.member(bot.id):
            delivery.chat_changed(request.world, chat)
    return answer(_bot(bot))


async def list_bots(request: PeopleRequest) -> Response:
    """All bots, the one people see first."""
    return answer([_bot(bot) for bot in request.world.bots.values()])


async def create_bot(request: PeopleRequest) -> Response:
    """{name, username, token?} → another bot, as BotFather would."""
    given = request.fields
    name, username = given.text("name").strip(), given.text("username").strip()
    if not name or not username:
        raise BadRequest("a bot needs a name and a username")
    return answer(_bot(request.world.add_bot(name, username, given.text("token") or None)))


async def show_settings(request: PeopleRequest) -> Response:
    """All settings."""
    return answer(asdict(request.world.settings))


async def change_settings(request: PeopleRequest) -> Response:
    """Any of the settings → all of them."""
    settings, given = request.world.settings, request.fields
    for setting in fields(Settings):
        if given.given(setting.name):
            kind = type(getattr(settings, setting.name))
            value = given.boolean(setting.name) if kind is bool else kind(_signed(given.text(setting.name)))
            setattr(settings, setting.name, value)
    return answer(asdict(settings))
