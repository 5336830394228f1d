"""What a sent message replies to. https://core.telegram.org/bots/api#replyparameters"""

from dataclasses import dataclass
from typing import Any

from sandbox import rendering
from sandbox.chats import Chat
from sandbox.detection import utf16_length
from sandbox.errors import BadRequest
from sandbox.messages import Message
from sandbox.methods.call import MethodCall
from sandbox.origins import origin
from sandbox.parameters import chat_reference, number

NOT_FOUND = "message to be replied not found"


@dataclass(frozen=True)
class Reply:
    """A message of the same chat, or, as an external reply, of another one; perhaps with a quote from it."""

    message: Message | None = None
    external: dict[str, Any] | None = None
    quote: dict[str, Any] | None = None


def reply_of(call: MethodCall, chat: Chat) -> Reply:
    """The reply a call asks for. Raises BadRequest when the message is gone and the reply was not optional."""
    given = _given(call)
    if given is None:
        return Reply()
    source = _source(call, chat, given)
    message = source.messages.get(number(given.get("message_id") or 0, "message_id")) if source else None
    if source is None or message is None or (message.is_service and source is not chat):
        if given.get("allow_sending_without_reply"):
            return Reply()
        raise BadRequest(NOT_FOUND)
    quote = _quote(str(given.get("quote") or ""), message)
    if source is chat:
        return Reply(message, quote=quote)
    return Reply(external=_external(message, source, call), quote=quote)


def _given(call: MethodCall) -> dict[str, Any] | None:
    """ReplyParameters, or the two older parameters that Telegram still takes."""
    given = call.parameters.object("reply_parameters")
    if given is None and (message_id := call.parameters.integer("reply_to_message_id")):
        optional = call.parameters.boolean("allow_sending_without_reply")
        return {"message_id": message_id, "allow_sending_without_reply": optional}
    return given


def _source(call: MethodCall, chat: Chat, given: dict[str, Any]) -> Chat | None:
    """The chat of the message replied to, if the bot can see it."""
    chat_id = given.get("chat_id")
    if chat_id in (None, "", chat.id):
        return chat
    found = call.world.chats.find(chat_reference(chat_id, "chat_id"), call.bot.id)
    seen = found is not None and (found.is_private or found.has_inside(call.bot.id))
    return found if seen else None


def _external(message: Message, source: Chat, call: MethodCall) -> dict[str, Any]:
    """https://core.telegram.org/bots/api#externalreplyinfo"""
    if source.protects(message):
        raise BadRequest("message has protected content and can't be replied in another chat")
    shown: dict[str, Any] = {"origin": origin(message, source)}
    if source.type in ("supergroup", "channel"):
        shown |= {"chat": source.as_object(), "message_id": message.id}
    whole = rendering.message(message, source, call.bot, nested=True)
    return shown | {name: whole[name] for name in ("photo", "document", "has_media_spoiler") if name in whole}


def _quote(text: str, message: Message) -> dict[str, Any] | None:
    """https://core.telegram.org/bots/api#textquote; the quote must be an exact part of the message."""
    if not text:
        return None
    place = message.content.text.find(text)
    if place == -1:
        raise BadRequest("QUOTE_TEXT_INVALID")
    return {"text": text, "position": utf16_length(message.content.text[:place]), "is_manual": True}
