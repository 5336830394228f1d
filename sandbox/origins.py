"""Where a forwarded message came from. https://core.telegram.org/bots/api#messageorigin"""

from typing import Any

from sandbox.chats import Chat
from sandbox.messages import Message


def origin(message: Message, chat: Chat) -> dict[str, Any]:
    """The origin a forward of `message` shows; a forward of a forward keeps the first one."""
    if message.forward_origin:
        return message.forward_origin
    if chat.is_channel:
        shown: dict[str, Any] = {"type": "channel", "date": message.date, "chat": chat.as_object()}
        shown["message_id"] = message.id
        return shown | ({"author_signature": message.signature} if message.signature else {})
    if message.sender_chat:
        return {"type": "chat", "date": message.date, "sender_chat": message.sender_chat}
    if message.sender:
        return {"type": "user", "date": message.date, "sender_user": message.sender.as_object()}
    return {"type": "hidden_user", "date": message.date, "sender_user_name": "Deleted Account"}
