"""Inline keyboards, checked as Telegram checks them.

https://core.telegram.org/bots/api#inlinekeyboardmarkup
"""

from typing import Any

from sandbox.errors import BadRequest
from sandbox.parameters import Parameters

MAX_CALLBACK_DATA = 64
MAX_BUTTONS = 100
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def reply_markup(parameters: Parameters) -> dict[str, Any] | None:
    """The inline keyboard of a call, or None. Custom keyboards belong to clients and are not kept."""
    return inline_keyboard(parameters.object("reply_markup"))


def inline_keyboard(markup: dict[str, Any] | None) -> dict[str, Any] | None:
    """A checked inline keyboard, or None for none, an empty one or another kind of markup."""
    if not markup or "inline_keyboard" not in markup:
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadRequest('object expected as reply markup: field "inline_keyboard" must be an Array of Array')
    kept = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > MAX_BUTTONS:
        raise BadRequest("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": kept} if kept else None


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise BadRequest("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise BadRequest("can't parse inline keyboard button: can't find field \"text\"")
    if not text.strip():
        raise BadRequest("BUTTON_TEXT_INVALID")
    actions = [action for action in ACTIONS if action in button]
    if not actions:
        raise BadRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= MAX_CALLBACK_DATA:
        raise BadRequest("BUTTON_DATA_INVALID")
    if "url" in button and not _is_address(button["url"]):
        raise BadRequest(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return button


def _is_address(url: Any) -> bool:
    return isinstance(url, str) and ("." in url or "://" in url)
