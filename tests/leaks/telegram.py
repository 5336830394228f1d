"""Telegram without a network: what the bot sends is written down and answered; nothing else is played.

The sandbox plays Telegram truly, at some 10 ms a call; 100,000 steps have no time for that.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from telegram.request import BaseRequest, RequestData

BOT = {
    "id": 110201543,
    "is_bot": True,
    "first_name": "Bot",
    "username": "leak_bot",
    "can_read_all_group_messages": True,
}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """One call of the bot."""

    method: str
    fields: Json
    uploads: tuple[bytes, ...]


class Telegram(BaseRequest):
    """Answers as Telegram would; `on_sent` is shown every call and the id of its message."""

    def __init__(self, on_sent: Callable[[Sent, int], None], admins: Callable[[int], list[int]]) -> None:
        self._on_sent = on_sent
        self._admins = admins
        self._ids = itertools.count(1_000_000)

    @property
    def read_timeout(self) -> float | None:
        """See `BaseRequest`."""
        return None

    async def initialize(self) -> None:
        """See `BaseRequest`."""

    async def shutdown(self) -> None:
        """See `BaseRequest`."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """See `BaseRequest`."""
        name = url.rpartition("/")[2]
        fields = dict(request_data.parameters) if request_data is not None else {}
        parts = request_data.multipart_data if request_data is not None else None
        uploads = tuple(part[1] for part in (parts or {}).values() if isinstance(part[1], bytes))
        result = self._result(name, fields)
        self._on_sent(
            Sent(name, fields, uploads),
            result["message_id"] if isinstance(result, dict) and "message_id" in result else 0,
        )
        return 200, json.dumps({"ok": True, "result": result}).encode()

    def _result(self, name: str, fields: Json) -> Any:
        if name == "getMe":
            return BOT
        if name == "getMyCommands":
            return []
        if name == "getChatAdministrators":
            return [
                {"status": "administrator", "user": {"id": one, "is_bot": False, "first_name": "A"}, **RIGHTS}
                for one in self._admins(int(fields["chat_id"]))
            ]
        if name == "sendMediaGroup":
            return [self._message(fields, media) for media in fields["media"]]
        if name == "sendPhoto":
            return self._message(fields, fields)
        if name.startswith(("send", "edit")) and name != "sendChatAction":
            return self._message(fields, None)
        return True

    def _message(self, fields: Json, media: Json | None) -> Json:
        message = {
            "message_id": fields.get("message_id") or next(self._ids),
            "date": 1_700_000_000,
            "chat": {"id": int(fields["chat_id"]), "type": "supergroup"},
            "from": BOT,
        }
        if media is not None:
            size = {"file_id": f"U{next(self._ids)}", "file_unique_id": "u", "width": 9, "height": 9}
            return message | {"photo": [size]}
        return message | {"text": fields.get("text") or "-"}


RIGHTS = dict.fromkeys(
    (
        "can_be_edited",
        "is_anonymous",
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
    ),
    False,
)
