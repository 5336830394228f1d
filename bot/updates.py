"""What `getUpdates` brings, without what cannot be understood."""

import logging
from typing import Any

from telegram import Update
from telegram.request import HTTPXRequest

log = logging.getLogger(__name__)


class UpdatesRequest(HTTPXRequest):
    """python-telegram-bot parses all updates of an answer at once: one that it cannot read, say because Telegram has
    left out a field that was always there, makes it ask for the same ones again and again, and log them whole."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer; of an update that cannot be read only its number is left, so that it is passed over."""
        answer: dict[str, Any] = HTTPXRequest.parse_json_payload(payload)
        if isinstance(answer.get("result"), list):
            answer["result"] = [_readable(update) for update in answer["result"]]
        return answer


def _readable(update: dict[str, Any]) -> dict[str, Any]:
    try:
        Update.de_json(update, None)
    except Exception as exc:  # noqa: BLE001 - KeyError, TypeError, ValueError: whatever its hundreds of classes raise
        number = update["update_id"]
        log.error("Update %s could not be understood and is passed over (%s)", number, type(exc).__name__)
        return {"update_id": number}
    return update
