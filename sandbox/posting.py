"""Putting messages into chats, changing them and taking them out, whoever does it."""

import secrets
from typing import Any

from sandbox import delivery, file_ids
from sandbox.chats import Chat
from sandbox.messages import Content, Message
from sandbox.users import User
from sandbox.world import World


def post(
    world: World,
    chat: Chat,
    content: Content,
    sender: User | None,
    *,
    date: int | None = None,
    lazily: bool = False,
    at_least_id: int = 0,
    **details: Any,
) -> Message:
    """Adds a message to a chat and tells everyone. `details` are further fields of Message."""
    when = date if date is not None else world.clock.date()
    message = Message(chat.next_id(at_least_id), chat.id, when, content, sender, **details)
    thread = chat.topics.get(message.thread_id) if message.thread_id is not None else None
    message.in_topic = thread is not None
    chat.messages[message.id] = message
    delivery.new_message(world, chat, message, lazily=lazily)
    return message


def post_service(
    world: World,
    chat: Chat,
    sender: User | None,
    service: dict[str, Any],
    *,
    date: int | None = None,
    **details: Any,
) -> Message:
    """Adds a service message, such as `{"new_chat_title": …}`. `details` are further fields of Message."""
    return post(world, chat, Content(), sender, date=date, service=service, **details)


def edit(world: World, chat: Chat, message: Message, content: Content) -> None:
    """Gives a message another content."""
    message.content = content
    message.edit_date, message.edit_hidden = world.clock.date(), False
    delivery.edited_message(world, chat, message)


def edit_markup(world: World, chat: Chat, message: Message) -> None:
    """Tells of other buttons, which `message` has already."""
    message.edit_hidden = message.edit_hidden or message.edit_date is None
    message.edit_date = world.clock.date()
    delivery.changed_markup(world, chat, message)


def delete(world: World, chat: Chat, message_ids: list[int]) -> None:
    """Takes messages out of a chat; ids that are not there are passed over."""
    gone = [i for i in message_ids if chat.messages.pop(i, None) is not None]
    chat.pinned = [i for i in chat.pinned if i not in gone]
    for message_id in gone:
        world.inline_messages.pop(file_ids.inline_message_id(chat.id, message_id), None)
    if gone:
        delivery.deleted_messages(world, chat, gone)


def create_topic(
    world: World,
    chat: Chat,
    name: str,
    by: User,
    *,
    icon_color: int | None = None,
    date: int | None = None,
    at_least_id: int = 0,
) -> Message:
    """Opens a forum topic; the service message's id becomes the topic's."""
    thread_id = chat.next_id(at_least_id)
    topic = chat.add_topic(thread_id, name, icon_color)
    created = {"name": topic.name, "icon_color": topic.icon_color}
    when = date if date is not None else world.clock.date()
    message = Message(thread_id, chat.id, when, Content(), by, thread_id=thread_id, in_topic=True)
    message.service = {"forum_topic_created": created}
    chat.messages[thread_id] = message
    delivery.new_message(world, chat, message)
    delivery.chat_changed(world, chat)
    return message


def new_group_id() -> str:
    """A `media_group_id` not used before."""
    return str(13_000_000_000_000_000 + secrets.randbelow(10**15))


def thread_of_reply(chat: Chat, original: Message) -> int | None:
    """The thread a reply belongs to: its topic, or, in a supergroup without topics, the chain of replies."""
    if original.in_topic:
        return original.thread_id
    if chat.type != "supergroup" or chat.is_forum:
        return None
    return original.thread_id or original.id
