"""Who hears of what: which bots get an update, and what the page is told.

Privacy mode: https://core.telegram.org/bots/features#privacy-mode
"""

from collections.abc import Callable
from typing import Any

from sandbox import rendering
from sandbox.chats import Chat
from sandbox.messages import Message
from sandbox.users import Bot
from sandbox.world import World


def new_message(world: World, chat: Chat, message: Message, *, lazily: bool = False) -> None:
    """Tells people and the chat's bots of a message just posted."""
    _tell_bots(world, chat, message, "channel_post" if chat.is_channel else "message", lazily=lazily)
    _tell_people(world, chat, message, "message")


def edited_message(world: World, chat: Chat, message: Message) -> None:
    """Tells people and the chat's bots of an edit."""
    _tell_bots(world, chat, message, "edited_channel_post" if chat.is_channel else "edited_message", lazily=False)
    _tell_people(world, chat, message, "edit")


def changed_markup(world: World, chat: Chat, message: Message) -> None:
    """Buttons or reactions changed: for people to see, no update for bots."""
    _tell_people(world, chat, message, "edit")


def deleted_messages(world: World, chat: Chat, message_ids: list[int]) -> None:
    """Bots are never told of deletions."""
    world.events.publish("delete", {"chat_id": chat.id, "message_ids": message_ids})


def chat_changed(world: World, chat: Chat) -> None:
    """Members, topics, title, … of a chat changed."""
    world.events.publish("chat", chat_for_people(chat, world.bot))


def chat_for_people(chat: Chat, bot: Bot) -> dict[str, Any]:
    """A Chat object and, beside it, what a client shows: members, topics, the bot's standing."""
    found = chat.member(bot.id)
    return chat.as_object() | {
        "members": [m.user.id for m in chat.members.values() if m.inside],
        "admins": [m.user.id for m in chat.members.values() if m.is_admin],
        "topics": [topic.as_object() | {"is_closed": topic.closed} for topic in chat.topics.values()],
        "bot": found.status if found else ("member" if chat.is_private else "absent"),
        "pinned": chat.pinned,
        "has_protected_content": chat.protected,
        **({"migrated_to": chat.migrated_to} if chat.migrated_to is not None else {}),
    }


def _tell_people(world: World, chat: Chat, message: Message, event: str) -> None:
    if not chat.is_private or world.chats.find(chat.id, world.bot.id) is chat:
        world.events.publish(event, rendering.message(message, chat, world.bot, for_people=True))


def _tell_bots(world: World, chat: Chat, message: Message, kind: str, *, lazily: bool) -> None:
    for bot in world.bots.values():
        if hears(bot, chat, message, world):
            payload = _render_later(message, chat, bot) if lazily else rendering.message(message, chat, bot)
            bot.updates.put(kind, payload, queue=chat.id)


def _render_later(message: Message, chat: Chat, bot: Bot) -> Callable[[], dict[str, Any]]:
    return lambda: rendering.message(message, chat, bot)


def hears(bot: Bot, chat: Chat, message: Message, world: World) -> bool:
    """Whether this message reaches this bot at all."""
    if not message.service and any(message.is_by(other.id) for other in world.bots.values()):
        return False  # neither a bot's own messages nor other bots'
    if chat.is_private:
        return world.chats.find(chat.id, bot.id) is chat and not _blocked(bot, chat)
    member = chat.member(bot.id)
    if member is None or not (member.inside or _is_about(message, bot)):
        return False
    if message.is_by(bot.id):
        return False
    open_to_all = chat.is_channel or bool(message.service) or member.reads_all or member.is_admin
    return open_to_all or _is_meant_for(bot, chat, message, world)


def _blocked(bot: Bot, chat: Chat) -> bool:
    member = chat.member(bot.id)
    return member is not None and not member.inside


def _is_about(message: Message, bot: Bot) -> bool:
    return bool(message.service.get("left_chat_member", {}).get("id") == bot.id)


def _is_meant_for(bot: Bot, chat: Chat, message: Message, world: World) -> bool:
    """What a bot in privacy mode still sees: commands, mentions, replies to it, messages sent through it."""
    if message.via_bot and message.via_bot.id == bot.id:
        return True
    replied = chat.messages.get(message.reply_to) if message.reply_to else None
    if replied and replied.is_by(bot.id):
        return True
    words = _addressed_words(message)
    if any(word.endswith(f"@{bot.user.username}".lower()) for word in words):
        return True
    return any(word.startswith("/") and "@" not in word for word in words) and _spoke_last(bot, chat, world)


def _addressed_words(message: Message) -> list[str]:
    units = message.content.text.encode("utf-16-le")
    return [
        units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le").lower()
        for e in message.content.entities
        if e["type"] in ("bot_command", "mention")
    ]


def _spoke_last(bot: Bot, chat: Chat, world: World) -> bool:
    """A bare /command is meant for the bot that was the last to write, or for all when none has written yet."""
    writers = (m.sender.id for m in reversed(chat.messages.values()) if m.sender and m.sender.is_bot and not m.service)
    return next((writer for writer in writers if world.bot_by_id(writer)), bot.id) == bot.id
