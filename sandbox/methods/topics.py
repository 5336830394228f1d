"""https://core.telegram.org/bots/api#createforumtopic and what follows it"""

from typing import Any

from sandbox import delivery, posting
from sandbox.chats import TOPIC_COLOURS, Chat, Topic
from sandbox.errors import BadRequest
from sandbox.methods.call import MethodCall
from sandbox.methods.targets import inside, known_chat

MAX_NAME = 128


async def create_forum_topic(call: MethodCall) -> dict[str, Any]:
    """https://core.telegram.org/bots/api#forumtopic"""
    chat = _forum(call)
    name = _name(call)
    colour = call.parameters.integer("icon_color")
    if colour and colour not in TOPIC_COLOURS:
        raise BadRequest("invalid icon color specified")
    message = posting.create_topic(call.world, chat, name, call.bot.user, icon_color=colour or None)
    return chat.topics[message.id].as_object()


async def edit_forum_topic(call: MethodCall) -> bool:
    """Renames a topic."""
    chat, topic = _topic(call)
    if not call.parameters.given("name"):
        return True
    name = _name(call)
    if name == topic.name:
        raise BadRequest("TOPIC_NOT_MODIFIED")
    topic.name = name
    return _note(call, chat, topic, {"forum_topic_edited": {"name": name}})


async def close_forum_topic(call: MethodCall) -> bool:
    """No more messages but of admins."""
    return _set_closed(call, True)


async def reopen_forum_topic(call: MethodCall) -> bool:
    """Open to everyone again."""
    return _set_closed(call, False)


async def delete_forum_topic(call: MethodCall) -> bool:
    """The topic with all its messages."""
    chat, topic = _topic(call)
    del chat.topics[topic.thread_id]
    posting.delete(call.world, chat, [m.id for m in chat.messages.values() if m.thread_id == topic.thread_id])
    delivery.chat_changed(call.world, chat)
    return True


def _set_closed(call: MethodCall, closed: bool) -> bool:
    chat, topic = _topic(call)
    if topic.closed == closed:
        raise BadRequest("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    return _note(call, chat, topic, {"forum_topic_closed" if closed else "forum_topic_reopened": {}})


def _note(call: MethodCall, chat: Chat, topic: Topic, service: dict[str, Any]) -> bool:
    posting.post_service(call.world, chat, call.bot.user, service, thread_id=topic.thread_id)
    delivery.chat_changed(call.world, chat)
    return True


def _forum(call: MethodCall) -> Chat:
    chat = known_chat(call)
    member = inside(call, chat)
    if not chat.is_forum:
        raise BadRequest("the chat is not a forum")
    if not (member and member.may("can_manage_topics")):
        raise BadRequest("not enough rights to create a topic")
    return chat


def _topic(call: MethodCall) -> tuple[Chat, Topic]:
    chat = _forum(call)
    topic = chat.topics.get(call.parameters.integer("message_thread_id"))
    if topic is None:
        raise BadRequest("TOPIC_ID_INVALID")
    return chat, topic


def _name(call: MethodCall) -> str:
    name = call.parameters.text("name").strip()
    if not name:
        raise BadRequest("name is empty")
    if len(name) > MAX_NAME:
        raise BadRequest("TOPIC_TITLE_TOO_LONG")
    return name
