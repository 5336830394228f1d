"""https://core.telegram.org/bots/api#forwardmessage and #copymessage"""

from dataclasses import replace
from typing import Any

from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.formatting import caption_of
from sandbox.markup import reply_markup
from sandbox.messages import Message
from sandbox.methods.call import MethodCall
from sandbox.methods.sending import new_group_id, send
from sandbox.methods.targets import known_chat, target
from sandbox.origins import origin


async def forward_message(call: MethodCall) -> dict[str, Any]:
    """One message, with a note of where it comes from."""
    to = target(call)
    source = known_chat(call, "from_chat_id")
    message = _source(source, call.parameters.integer("message_id"), "forward")
    return send(call, to, message.content, forward_origin=origin(message, source))


async def forward_messages(call: MethodCall) -> list[dict[str, int]]:
    """Several; missing ones are skipped, albums stay together."""
    to = target(call)
    source = known_chat(call, "from_chat_id")
    return [
        {"message_id": send(call, to, m.content, forward_origin=origin(m, source), media_group_id=group)["message_id"]}
        for m, group in _sources(call, source)
    ]


async def copy_message(call: MethodCall) -> dict[str, int]:
    """Like a forward without the note; media may get another caption."""
    to = target(call)
    message = _source(known_chat(call, "from_chat_id"), call.parameters.integer("message_id"), "copy")
    content = message.content
    if content.has_media and call.parameters.given("caption"):
        content = content.with_text(*caption_of(call.parameters, call.world.user))
    markup = reply_markup(call.parameters)
    return {"message_id": send(call, to, content, reply_markup=markup)["message_id"]}


async def copy_messages(call: MethodCall) -> list[dict[str, int]]:
    """Several; missing ones are skipped."""
    to = target(call)
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
        for m, group in _sources(call, known_chat(call, "from_chat_id"))
    ]


def _source(chat: Chat, message_id: int, purpose: str) -> Message:
    found = chat.messages.get(message_id)
    if found is None:
        raise BadRequest(f"message to {purpose} not found")
    past = {"forward": "forwarded", "copy": "copied"}
    if found.is_service:
        raise BadRequest(f"message can't be {past[purpose]}")
    if found.protected:
        raise BadRequest(f"message has protected content and can't be {past[purpose]}")
    return found


def _sources(call: MethodCall, chat: Chat) -> list[tuple[Message, str | None]]:
    ids = call.parameters.numbers("message_ids")
    found = [m for i in ids if (m := chat.messages.get(i)) and not m.is_service and not m.protected]
    if not found:
        raise BadRequest("there are no messages to forward")
    groups = {m.media_group_id: new_group_id() for m in found if m.media_group_id}
    return [(m, groups[m.media_group_id] if m.media_group_id else None) for m in found]
