"""https://core.telegram.org/bots/api#getchat and what follows it"""

from typing import Any

from sandbox import delivery, membership, posting, rendering
from sandbox.chats import Chat, Member
from sandbox.errors import BadRequest
from sandbox.methods.call import MethodCall
from sandbox.methods.targets import inside, known_chat, message_of, readable
from sandbox.users import User

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
MAX_TITLE = 128


async def get_chat(call: MethodCall) -> dict[str, Any]:
    """https://core.telegram.org/bots/api#chatfullinfo"""
    chat = known_chat(call)
    readable(call, chat)
    shown = chat.as_object() | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }
    if chat.username:
        shown["active_usernames"] = [chat.username]
    if chat.description:
        shown["description"] = chat.description
    if chat.protected:
        shown["has_protected_content"] = True
    if chat.hidden_members:
        shown["has_hidden_members"] = True
    if chat.type in ("group", "supergroup"):
        shown["permissions"] = rendering.permissions(chat)
    if chat.pinned and (pinned := chat.messages.get(chat.pinned[-1])):
        shown["pinned_message"] = rendering.message(pinned, chat, call.bot, nested=True)
    return shown


async def get_chat_member(call: MethodCall) -> dict[str, Any]:
    """Anyone's standing; for users other than the bot it is certain only where the bot is an admin."""
    chat = _group(call)
    readable(call, chat)
    user = _user(call)
    own = chat.member(call.bot.id)
    if chat.hidden_members and user.id != call.bot.id and not (own and own.is_admin):
        raise BadRequest("member list is inaccessible")
    found = chat.member(user.id)
    return rendering.member(found or Member(user, "left"), chat)


async def get_chat_administrators(call: MethodCall) -> list[dict[str, Any]]:
    """The creator and administrators, other bots left out."""
    chat = _group(call, "there are no administrators in the private chat")
    readable(call, chat)
    shown = [m for m in chat.members.values() if m.is_admin and (not m.user.is_bot or m.user.id == call.bot.id)]
    return [rendering.member(m, chat) for m in shown]


async def get_chat_member_count(call: MethodCall) -> int:
    """How many are in the chat, the bot included."""
    chat = known_chat(call)
    return 2 if chat.is_private else sum(m.inside for m in chat.members.values())


async def leave_chat(call: MethodCall) -> bool:
    """The bot goes by itself."""
    chat = known_chat(call)
    if chat.is_private:
        raise BadRequest("chat member status can't be changed in private chats")
    inside(call, chat)
    membership.set_status(call.world, chat, call.bot.user, "left", call.bot.user)
    return True


async def ban_chat_member(call: MethodCall) -> bool:
    """Removes a user for good."""
    chat, user = _restrictable(call)
    membership.set_status(call.world, chat, user, "kicked", call.bot.user)
    return True


async def unban_chat_member(call: MethodCall) -> bool:
    """Lets a banned user join again; one who is inside is removed, unless `only_if_banned`."""
    chat, user = _restrictable(call)
    member = chat.member(user.id)
    banned = member is not None and member.status == "kicked"
    if banned or not call.parameters.boolean("only_if_banned"):
        membership.set_status(call.world, chat, user, "left", call.bot.user)
    return True


async def set_chat_title(call: MethodCall) -> bool:
    """Renames a chat."""
    chat = _group(call, "can't change title of private chats")
    _need(call, chat, "can_change_info")
    title = call.parameters.text("title").strip()
    if not title:
        raise BadRequest("title is empty" if not call.parameters.given("title") else "CHAT_TITLE_EMPTY")
    chat.title = title[:MAX_TITLE]
    _note(call, chat, {"new_chat_title": chat.title})
    delivery.chat_changed(call.world, chat)
    return True


async def set_chat_description(call: MethodCall) -> bool:
    """Sets or, with an empty one, removes the description."""
    chat = _group(call, "can't change description of private chats")
    _need(call, chat, "can_change_info")
    description = call.parameters.text("description").strip()[:255] or None
    if description == chat.description:
        raise BadRequest("chat description is not modified")
    chat.description = description
    return True


async def pin_chat_message(call: MethodCall) -> bool:
    """Pins a message on top of the others."""
    chat = known_chat(call)
    _need(call, chat, "can_edit_messages" if chat.is_channel else "can_pin_messages")
    message = message_of(call, chat, "pin")
    chat.pinned = [i for i in chat.pinned if i != message.id] + [message.id]
    _note(call, chat, {"pinned_message": rendering.message(message, chat, call.bot, nested=True)})
    delivery.chat_changed(call.world, chat)
    return True


async def unpin_chat_message(call: MethodCall) -> bool:
    """Unpins one message, by default the last pinned."""
    chat = known_chat(call)
    _need(call, chat, "can_edit_messages" if chat.is_channel else "can_pin_messages")
    message_id = call.parameters.integer("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise BadRequest("message to unpin not found")
    chat.pinned.remove(message_id)
    delivery.chat_changed(call.world, chat)
    return True


async def unpin_all_chat_messages(call: MethodCall) -> bool:
    """Unpins everything."""
    chat = known_chat(call)
    _need(call, chat, "can_edit_messages" if chat.is_channel else "can_pin_messages")
    chat.pinned.clear()
    delivery.chat_changed(call.world, chat)
    return True


def _note(call: MethodCall, chat: Chat, service: dict[str, Any]) -> None:
    sender = None if chat.is_channel else call.bot.user
    posting.post_service(call.world, chat, sender, service, author_bot_id=call.bot.id)


def _group(call: MethodCall, refusal: str = "") -> Chat:
    chat = known_chat(call)
    if chat.is_private and refusal:
        raise BadRequest(refusal)
    return chat


def _user(call: MethodCall) -> User:
    user = call.world.user(call.parameters.integer("user_id"))
    if user is None:
        raise BadRequest("invalid user_id specified" if call.parameters.integer("user_id") <= 0 else "member not found")
    return user


def _need(call: MethodCall, chat: Chat, right: str) -> None:
    """Raises BadRequest unless the bot is an admin with this right; in private chats everything is allowed."""
    member = inside(call, chat)
    if not chat.is_private and not (member and member.may(right)):
        what = "manage pinned messages in the chat" if "pin" in right else "change the chat"
        raise BadRequest(f"not enough rights to {what}")


def _restrictable(call: MethodCall) -> tuple[Chat, User]:
    chat = known_chat(call)
    if chat.is_private:
        raise BadRequest("can't ban members in private chats")
    member = inside(call, chat)
    if not (member and member.may("can_restrict_members")):
        raise BadRequest("not enough rights to restrict/unrestrict chat member")
    user = _user(call)
    target = chat.member(user.id)
    if user.id == call.bot.id:
        raise BadRequest("can't restrict self")
    if target and target.status == "creator":
        raise BadRequest("can't remove chat owner")
    if target and target.status == "administrator":
        raise BadRequest("user is an administrator of the chat")
    return chat, user
