"""Reactions to messages, of people and bots. https://core.telegram.org/bots/api#reactiontype"""

from collections import Counter
from typing import Any

from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.messages import Message
from sandbox.users import User
from sandbox.world import World

_ALLOWED = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈
😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
EMOJI = frozenset(_ALLOWED.split())
"""The emoji Telegram allows as reactions."""


def checked(chosen: list[Any]) -> list[dict[str, Any]]:
    """ReactionType objects. Raises BadRequest for what is no reaction."""
    for reaction in chosen:
        if not isinstance(reaction, dict) or reaction.get("type") not in ("emoji", "custom_emoji"):
            raise BadRequest("can't parse reaction types JSON object")
        if reaction["type"] == "custom_emoji" or str(reaction.get("emoji")).rstrip("\ufe0f") not in EMOJI:
            raise BadRequest("REACTION_INVALID")
    return chosen


def react(world: World, chat: Chat, message: Message, user: User, chosen: list[dict[str, Any]]) -> None:
    """Sets a user's reactions; bots that are admins and asked for it hear of people's."""
    before = message.reactions.get(user.id, [])
    if before == chosen:
        return
    message.reactions[user.id] = chosen
    _tell_bots(world, chat, message, user, before)
    world.events.publish(
        "reaction",
        {
            "chat_id": chat.id,
            "message_id": message.id,
            "reactions": all_of(message),
        },
    )


def all_of(message: Message) -> list[dict[str, Any]]:
    """Everyone's reactions, one ReactionType each."""
    return [reaction for chosen in message.reactions.values() for reaction in chosen]


def _tell_bots(world: World, chat: Chat, message: Message, user: User, before: list[dict[str, Any]]) -> None:
    if user.is_bot:
        return
    told = {"chat": chat.as_object(), "message_id": message.id, "date": world.clock.date()}
    kind = "message_reaction_count" if chat.is_channel else "message_reaction"
    if chat.is_channel:  # nobody is named in channels
        told["reactions"] = _counts(message)
    else:
        told |= {"user": user.as_object(), "old_reaction": before, "new_reaction": message.reactions[user.id]}
    for bot in world.bots.values():
        member = chat.member(bot.id)
        dialog = chat.is_private and world.chats.find(chat.id, bot.id) is chat
        if dialog or (member is not None and member.is_admin):
            bot.updates.put(kind, told, queue=chat.id)


def _counts(message: Message) -> list[dict[str, Any]]:
    totals = Counter(reaction["emoji"] for reaction in all_of(message))
    return [{"type": {"type": "emoji", "emoji": emoji}, "total_count": count} for emoji, count in totals.items()]
