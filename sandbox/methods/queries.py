"""https://core.telegram.org/bots/api#answercallbackquery and #answerinlinequery"""

import re
from typing import Any

from sandbox.detection import utf16_length
from sandbox.errors import BadRequest
from sandbox.methods import inline_results
from sandbox.methods.call import MethodCall

_OWN_LINK = re.compile(r"https?://t\.me/\w+\?start=\S*", re.IGNORECASE)
"""Beside games, a button may open only the bot itself."""
MAX_ANSWER = 200
MAX_RESULTS = 50
MAX_OFFSET_BYTES = 64
MAX_CACHE = 30 * 24 * 3600
"""Seconds."""


async def answer_callback_query(call: MethodCall) -> bool:
    """Ends the progress bar on a button, with a note or an alert."""
    text = call.parameters.text("text")
    if utf16_length(text) > MAX_ANSWER:
        raise BadRequest("MESSAGE_TOO_LONG")
    answer: dict[str, Any] = {"text": text} if text else {}
    answer["show_alert"] = call.parameters.boolean("show_alert")
    if url := call.parameters.text("url"):
        if not _OWN_LINK.fullmatch(url) or f"/{call.bot.user.username}?".lower() not in url.lower():
            raise BadRequest("URL_INVALID")
        answer["url"] = url
    query = call.world.queries.answer(call.parameters.text("callback_query_id"), call.bot.id, answer)
    call.world.queries.remember(query, answer, call.parameters.integer("cache_time", 0, 0, MAX_CACHE), personal=True)
    return True


async def answer_inline_query(call: MethodCall) -> bool:
    """Up to 50 results; cached for everyone unless `is_personal`."""
    given = call.parameters
    results = given.array("results") or []
    if len(results) > MAX_RESULTS:
        raise BadRequest("RESULTS_TOO_MUCH")
    next_offset = given.text("next_offset")
    if len(next_offset.encode()) > MAX_OFFSET_BYTES:
        raise BadRequest("NEXT_OFFSET_INVALID")
    query_id = given.text("inline_query_id")
    answer: dict[str, Any] = {
        "inline_query_id": query_id,
        "results": inline_results.checked(call, results),
        "next_offset": next_offset,
    }
    if button := given.object("button"):
        answer["button"] = button
    query = call.world.queries.answer(query_id, call.bot.id, answer)
    call.world.queries.remember(
        query, answer, given.integer("cache_time", 300, 0, MAX_CACHE), given.boolean("is_personal")
    )
    return True
