"""Results of an inline query: checked when the bot gives them, posted when a person chooses one.

https://core.telegram.org/bots/api#inlinequeryresult
"""

from typing import Any

from sandbox.errors import BadRequest
from sandbox.formatting import caption_of, text_of
from sandbox.markup import inline_keyboard
from sandbox.messages import Content
from sandbox.methods import media
from sandbox.methods.call import MethodCall
from sandbox.parameters import Parameters

MAX_ID_BYTES = 64


def checked(call: MethodCall, results: list[Any]) -> list[dict[str, Any]]:
    """The results, each with an id of its own. Raises BadRequest for one that Telegram would refuse."""
    seen: set[str] = set()
    for result in results:
        if not isinstance(result, dict):
            raise BadRequest("can't parse inline query result: expected an Object")
        result_id = str(result.get("id", ""))
        if not 1 <= len(result_id.encode()) <= MAX_ID_BYTES:
            raise BadRequest("RESULT_ID_INVALID")
        if result_id in seen:
            raise BadRequest("RESULT_ID_DUPLICATE")
        seen.add(result_id)
        inline_keyboard(result.get("reply_markup"))
    return [_shown(call, result) for result in results]


def _shown(call: MethodCall, result: dict[str, Any]) -> dict[str, Any]:
    kind = result.get("type")
    if kind == "photo" and "photo_file_id" in result:
        unique_id = media.own_file(call, result["photo_file_id"], "photo")
        return result | {"photo_unique_id": unique_id}
    if kind == "document" and "document_file_id" in result:
        return result | {"document_unique_id": media.own_file(call, result["document_file_id"], "document")}
    if kind == "article":
        if not result.get("title"):
            raise BadRequest("ARTICLE_TITLE_EMPTY")
        if not isinstance(result.get("input_message_content"), dict):
            raise BadRequest("can't parse inline query result: can't find field \"input_message_content\"")
        return result
    raise BadRequest(f"the sandbox plays articles, cached photos and cached documents, not results of type {kind!r}")


async def content(call: MethodCall, result: dict[str, Any]) -> Content:
    """The message a chosen result becomes."""
    if written := result.get("input_message_content"):
        fields = Parameters({**written, "text": written.get("message_text", "")})
        return Content(*text_of(fields, call.world.user))
    text, entities = caption_of(Parameters(result), call.world.user)
    if "photo_file_id" in result:
        return Content(text, entities, photo=await media.photo(call, result["photo_file_id"]))
    return Content(text, entities, document=await media.document(call, result["document_file_id"]))
