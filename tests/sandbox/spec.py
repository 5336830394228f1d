"""Holds every request a bot makes and every object the sandbox returns against Telegram's machine-readable spec.

`checked(sandbox)` wraps a running sandbox; any violation fails the test in which it happened. The spec is the folder
named by the environment variable BOT_API_SPEC; without it only python-telegram-bot's view is checked.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import telegram

from sandbox.calls import Call
from sandbox.faults import FILE_DOWNLOAD
from sandbox.server import Sandbox

RETURNED = {
    "getMe": telegram.User,
    "getChat": telegram.ChatFullInfo,
    "getFile": telegram.File,
    "sendMessage": telegram.Message,
    "sendPhoto": telegram.Message,
    "sendDocument": telegram.Message,
    "sendMediaGroup": telegram.Message,
    "forwardMessage": telegram.Message,
    "copyMessage": telegram.MessageId,
    "editMessageText": telegram.Message,
    "editMessageCaption": telegram.Message,
    "editMessageMedia": telegram.Message,
    "editMessageReplyMarkup": telegram.Message,
    "getUpdates": telegram.Update,
    "getChatMember": telegram.ChatMember,
    "getChatAdministrators": telegram.ChatMember,
    "getMyCommands": telegram.BotCommand,
    "getWebhookInfo": telegram.WebhookInfo,
    "createForumTopic": telegram.ForumTopic,
    "forwardMessages": telegram.MessageId,
    "copyMessages": telegram.MessageId,
    "getUserProfilePhotos": telegram.UserProfilePhotos,
    "getMyName": telegram.BotName,
    "getMyDescription": telegram.BotDescription,
    "getMyShortDescription": telegram.BotShortDescription,
}
"""What python-telegram-bot makes of each method's result."""


UNKNOWN = (404, 501)
"""Statuses of calls of methods that the sandbox does not have."""


class Violations:
    """Listens to a sandbox's call log and keeps whatever is not as the spec says."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._spec = load_spec()

    def __call__(self, call: Call) -> None:
        """Checks one finished call; scripted faults and refused calls are not the bot's words or the sandbox's,
        and downloads are no method."""
        if call.method == FILE_DOWNLOAD:
            return
        if self._spec is not None and call.is_read and call.status not in UNKNOWN:
            self.found += self._spec.request(call.method, call.parameters, set(call.files))
        if call.response is not None and call.response.get("ok") and not call.fault:
            result = call.response["result"]
            self.found += self._spec.result(call.method, result) if self._spec is not None else []
            self.found += leftovers(RETURNED[call.method], result) if call.method in RETURNED else []

    def take(self) -> list[str]:
        """What was found so far; it is then forgiven."""
        taken, self.found = self.found, []
        return taken

    def update(self, update: dict[str, Any]) -> None:
        """Checks an update that came by webhook."""
        if self._spec is not None:
            self.found += self._spec.object("Update", update)
        self.found += leftovers(telegram.Update, update)


@cache
def load_spec() -> Any:
    """The Spec of spec_check.py, or None where BOT_API_SPEC is unset."""
    folder = os.environ.get("BOT_API_SPEC")
    if not folder:
        return None
    return _module(Path(folder) / "spec_check.py").Spec.load()


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("spec_check", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["spec_check"] = module
    spec.loader.exec_module(module)
    return module


def leftovers(kind: type[telegram.TelegramObject], result: Any) -> list[str]:
    """Fields that python-telegram-bot does not know, anywhere in an object or a list of them."""
    if isinstance(result, list):
        return [line for item in result for line in leftovers(kind, item)]
    if not isinstance(result, dict):
        return []
    try:
        parsed = kind.de_json(result, None)
    except (TypeError, ValueError, KeyError) as error:
        return [f"{kind.__name__}: python-telegram-bot cannot read it: {error}"]
    return list(_unknown_fields(parsed, kind.__name__))


def _unknown_fields(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, telegram.TelegramObject):
        if value.api_kwargs:
            yield f"{where}: python-telegram-bot does not know {sorted(value.api_kwargs)}"
        for name in value.to_dict(recursive=False):
            yield from _unknown_fields(getattr(value, name, None), f"{where}.{name}")
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _unknown_fields(item, where)


@contextmanager
def checked(sandbox: Sandbox, violations: Violations | None = None) -> Iterator[Sandbox]:
    """Fails the block in which a request or an answer broke the spec."""
    violations = violations or Violations()
    sandbox.world.calls.listeners.append(violations)
    try:
        yield sandbox
    finally:
        sandbox.world.calls.listeners.remove(violations)
    assert not violations.found, "against the Bot API's spec:\n" + "\n".join(violations.found)
