"""Where a bot wants to send, and whether it may."""

from dataclasses import dataclass

from sandbox.chats import Chat, Member
from sandbox.errors import BadRequest, Forbidden
from sandbox.messages import Message
from sandbox.methods.call import MethodCall
from sandbox.methods.replies import Reply, reply_of
from sandbox.posting import thread_of_reply

_SENDS = {"can_send_messages": "text messages", "can_send_photos": "photos", "can_send_documents": "documents"}


@dataclass(frozen=True)
class Target:
    """A chat the bot may write to, the topic, and the message it replies to."""

    chat: Chat
    thread_id: int | None
    reply: Reply


def known_chat(call: MethodCall, name: str = "chat_id") -> Chat:
    """The chat a call names. Raises BadRequest when this bot cannot know it."""
    chat_id = call.parameters.chat_id(name)
    chat = call.world.chats.current(chat_id, call.bot.id)
    if not chat.is_private and chat.member(call.bot.id) is None and not chat.username:
        raise BadRequest("chat not found")
    return chat


def inside(call: MethodCall, chat: Chat) -> Member | None:
    """The bot's own standing in a chat it belongs to. Raises Forbidden when kicked, blocked or gone."""
    member = chat.member(call.bot.id)
    if chat.is_private:
        if member is not None and not member.inside:
            raise Forbidden("bot was blocked by the user")
        return member
    if member is not None and member.status == "kicked":
        raise Forbidden(f"bot was kicked from the {chat.kind_name}")
    if member is None or not member.inside:
        raise Forbidden(f"bot is not a member of the {chat.kind_name}")
    return member


def readable(call: MethodCall, chat: Chat) -> None:
    """Public chats can be looked at from outside, others only by members. Raises Forbidden."""
    member = chat.member(call.bot.id)
    if not chat.is_private and (not chat.username or (member is not None and member.status == "kicked")):
        inside(call, chat)


def writable_chat(call: MethodCall, right: str = "can_send_messages") -> Chat:
    """A chat in which the bot may post. Raises BadRequest or Forbidden where it may not."""
    chat_id = call.parameters.chat_id()
    if isinstance(chat_id, int) and chat_id > 0 and call.world.chats.find(chat_id, call.bot.id) is None:
        _refuse_stranger(call, chat_id)
    chat = known_chat(call)
    member = inside(call, chat)
    if chat.is_channel and not (member and member.may("can_post_messages")):
        raise BadRequest("need administrator rights in the channel chat")
    if member and not chat.is_channel and right in chat.denied_to(member):
        raise BadRequest(f"not enough rights to send {_SENDS[right]} to the chat")
    return chat


def _refuse_stranger(call: MethodCall, user_id: int) -> None:
    if call.world.bot_by_id(user_id):
        raise Forbidden("bot can't send messages to bots")
    meets = any(chat.has_inside(user_id) and chat.has_inside(call.bot.id) for chat in call.world.chats)
    if user_id in call.world.people and meets:
        raise Forbidden("bot can't initiate conversation with a user")


def target(call: MethodCall, right: str = "can_send_messages", messages: int = 1) -> Target:
    """Chat, topic and reply of a sending method that needs `right` and counts as so many messages."""
    chat = writable_chat(call, right)
    reply = reply_of(call, chat)
    thread_id = thread(call, chat, reply.message)
    if call.world.settings.flood_limits:
        call.world.flood.spend(call.bot.id, chat, messages)
    return Target(chat, thread_id, reply)


def thread(call: MethodCall, chat: Chat, reply: Message | None = None) -> int | None:
    """The topic a call names, or that of the message it replies to. Raises BadRequest for an unknown or closed one."""
    thread_id = call.parameters.integer("message_thread_id")
    if not thread_id:
        return thread_of_reply(chat, reply) if reply else None
    if thread_id not in chat.topics:
        raise BadRequest("message thread not found")
    member = chat.member(call.bot.id)
    if chat.topics[thread_id].closed and not (member and member.may("can_manage_topics")):
        raise BadRequest("TOPIC_CLOSED")
    return thread_id


def message_of(call: MethodCall, chat: Chat, purpose: str) -> Message:
    """The message a call names; `purpose` ends the error text: "edit", "delete", …"""
    message_id = call.parameters.integer("message_id")
    if message_id <= 0:
        raise BadRequest("message identifier is not specified")
    found = chat.messages.get(message_id)
    if found is None:
        raise BadRequest(f"message to {purpose} not found")
    return found
