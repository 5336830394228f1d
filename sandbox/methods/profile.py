"""What a bot is and says about itself. https://core.telegram.org/bots/api#setmycommands and around"""

import json
import re
from typing import Any

from sandbox.errors import BadRequest
from sandbox.methods.call import MethodCall

MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MAX_TEXT = {"name": 64, "description": 512, "short_description": 120}


async def get_me(call: MethodCall) -> dict[str, Any]:
    """The bot's own User object."""
    return call.bot.as_object()


async def set_my_commands(call: MethodCall) -> bool:
    """Sets the commands of a scope and language."""
    commands = call.parameters.array("commands") or []
    if len(commands) > MAX_COMMANDS:
        raise BadRequest("BOT_COMMANDS_TOO_MUCH")
    call.bot.commands[_key(call)] = [_command(item) for item in commands]
    return True


def _command(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        raise BadRequest("can't parse BotCommand: expected an Object")
    name, description = str(item.get("command", "")).removeprefix("/"), str(item.get("description", "")).strip()
    if not _COMMAND.fullmatch(name):
        raise BadRequest("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise BadRequest("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


async def get_my_commands(call: MethodCall) -> list[dict[str, str]]:
    """The commands of exactly this scope and language."""
    return call.bot.commands.get(_key(call), [])


async def delete_my_commands(call: MethodCall) -> bool:
    """Falls back to the wider scopes' commands."""
    call.bot.commands.pop(_key(call), None)
    return True


def _key(call: MethodCall) -> tuple[str, str]:
    scope = call.parameters.object("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), call.parameters.text("language_code")


async def set_my_name(call: MethodCall) -> bool:
    """The bot's display name."""
    return _set_text(call, "name")


async def get_my_name(call: MethodCall) -> dict[str, str]:
    """https://core.telegram.org/bots/api#botname"""
    return {"name": _text(call, "name") or call.bot.user.first_name}


async def set_my_description(call: MethodCall) -> bool:
    """Shown in an empty chat with the bot."""
    return _set_text(call, "description")


async def get_my_description(call: MethodCall) -> dict[str, str]:
    """https://core.telegram.org/bots/api#botdescription"""
    return {"description": _text(call, "description")}


async def set_my_short_description(call: MethodCall) -> bool:
    """Shown on the bot's profile page."""
    return _set_text(call, "short_description")


async def get_my_short_description(call: MethodCall) -> dict[str, str]:
    """https://core.telegram.org/bots/api#botshortdescription"""
    return {"short_description": _text(call, "short_description")}


def _set_text(call: MethodCall, name: str) -> bool:
    text, language = call.parameters.text(name), call.parameters.text("language_code")
    if len(text) > _MAX_TEXT[name]:
        raise BadRequest(f"{name.replace('_', ' ')} is too long")
    call.bot.texts[name, language] = text
    if name == "name" and text and not language:
        call.bot.user.first_name = text
    return True


def _text(call: MethodCall, name: str) -> str:
    texts = call.bot.texts
    return texts.get((name, call.parameters.text("language_code"))) or texts.get((name, ""), "")
