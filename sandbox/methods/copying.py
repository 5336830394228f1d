"""https://core.telegram.org/bots/api#forwardmessage and #copymessage"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from sandbox import posting
from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.formatting import caption_of
from sandbox.markup import reply_markup
from sandbox.messages import Content, Message
from sandbox.methods.call import MethodCall
from sandbox.methods.sending import send
from sandbox.methods.targets import Target, known_chat, readable, target, writable_chat
from sandbox.origins import origin

MAX_MESSAGES = 100


async def forward_message(call: MethodCall) -> dict[str, Any]:
    """One message, with a note of where it comes from."""
    source = _source_chat(call)
    message = _source(source, call.parameters.integer("message_id"), "forward")
    return send(call, _target(call, [message.content]), message.content, forward_origin=origin(message, source))


async def forward_messages(call: MethodCall) -> list[dict[str, int]]:
    """Several; missing ones are skipped, albums stay together."""
    source = _source_chat(call)
    found = _sources(call, source)
    to = _target(call, [m.content for m, _ in found])
    return [
        {"message_id": send(call, to, m.content, forward_origin=origin(m, source), media_group_id=group)["message_id"]}
        for m, group in found
    ]


async def copy_message(call: MethodCall) -> dict[str, int]:
    """Like a forward without the note; media may get another caption."""
    content = _source(_source_chat(call), call.parameters.integer("message_id"), "copy").content
    if content.has_media and call.parameters.given("caption"):
        content = content.with_text(*caption_of(call.parameters, call.world.user))
    markup = reply_markup(call.parameters)
    return {"message_id": send(call, _target(call, [content]), content, reply_markup=markup)["message_id"]}


async def copy_messages(call: MethodCall) -> list[dict[str, int]]:
    """Several; missing ones are skipped."""
    found = _sources(call, _source_chat(call))
    to = _target(call, [m.content for m, _ in found])
    bare = call.parameters.boolean("remove_caption")
    return [
        {
            "message_id": send(
                call,
                to,
                replace(m.content, text="", entities=[]) if bare and m.content.has_media else m.content,
                media_group_id=group,
            )["message_id"]
        }
        for m, group in found
    ]


def _target(call: MethodCall, contents: list[Content]) -> Target:
    """Where to, if everything found may be sent there; only then does it count as sent."""
    rights = sorted({content.right for content in contents})
    for right in rights:
        writable_chat(call, right)
    return target(call, rights[0], len(contents))


def _source_chat(call: MethodCall) -> Chat:
    """A chat whose messages the bot can see."""
    chat = known_chat(call, "from_chat_id")
    readable(call, chat)
    return chat


def _source(chat: Chat, message_id: int, purpose: str) -> Message:
    found = chat.messages.get(message_id)
    if found is None:
        raise BadRequest(f"message to {purpose} not found")
    past = {"forward": "forwarded", "copy": "copied"}
    if found.is_service:
        raise BadRequest(f"message can't be {past[purpose]}")
    if chat.protects(found):
        raise BadRequest(f"message has protected content and can't be {past[purpose]}")
    return found


def _sources(call: MethodCall, chat: Chat) -> list[tuple[Message, str | None]]:
    found = [m for i in _ids(call) if (m := chat.messages.get(i)) and not m.is_service and not chat.protects(m)]
    if not found:
        raise BadRequest("there are no messages to forward")
    groups = {m.media_group_id: posting.new_group_id() for m in found if m.media_group_id}
    return [(m, groups[m.media_group_id] if m.media_group_id else None) for m in found]


def _ids(call: MethodCall) -> list[int]:
    """`message_ids`: 1 to 100 in a strictly increasing order, as documented."""
    ids = call.parameters.numbers("message_ids")
    if len(ids) > MAX_MESSAGES:
        raise BadRequest("too many messages to forward")
    if any(later <= earlier for earlier, later in pairwise(ids)):
        raise BadRequest("message identifiers must be in a strictly increasing order")
    return ids
