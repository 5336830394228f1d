"""Joining, leaving, promotion, kicking, blocking, and a group's change into a supergroup.

https://core.telegram.org/bots/api#chatmemberupdated
"""

from dataclasses import replace
from typing import Any

from sandbox import delivery, posting, rendering
from sandbox.chats import INSIDE, Chat, Member
from sandbox.errors import BadRequest
from sandbox.users import Bot, User
from sandbox.world import World


def set_status(
    world: World,
    chat: Chat,
    user: User,
    status: str,
    by: User,
    *,
    date: int | None = None,
    silently: bool = False,
    **rights: Any,
) -> Member:
    """Changes a user's standing and tells bots and people, with the service messages Telegram writes."""
    old = chat.member(user.id) or Member(user, "left")
    bot = world.bot_by_id(user.id)
    if bot and not bot.can_join_groups and not chat.is_private and status in INSIDE and not old.inside:
        raise BadRequest("this bot can't be added to groups")
    new = replace(old, status=status, **({"denied": frozenset()} | rights))
    if bot and not old.inside:
        new.reads_all = bot.can_read_all_group_messages
    before = rendering.member(old, chat)
    chat.members[user.id] = new
    after = rendering.member(new, chat)
    if before != after:
        when = date if date is not None else world.clock.date()
        _report(
            world,
            chat,
            user,
            {"from": by.as_object(), "date": when, "old_chat_member": before, "new_chat_member": after},
        )
    if not silently:
        _announce(world, chat, user, by, old, new)
        delivery.chat_changed(world, chat)
    return new


def _report(world: World, chat: Chat, user: User, change: dict[str, Any]) -> None:
    payload = {"chat": chat.as_object()} | change
    for bot in world.bots.values():
        if bot.id == user.id:
            bot.updates.put("my_chat_member", payload, queue=chat.id)
        elif (member := chat.member(bot.id)) and member.is_admin:
            bot.updates.put("chat_member", payload, queue=chat.id)


def _announce(world: World, chat: Chat, user: User, by: User, old: Member, new: Member) -> None:
    if chat.is_private or chat.is_channel:
        return
    if new.inside and not old.inside:
        posting.post_service(world, chat, by, {"new_chat_members": [user.as_object()]})
    elif old.inside and not new.inside:
        posting.post_service(world, chat, by, {"left_chat_member": user.as_object()})


def create_chat(
    world: World,
    kind: str,
    members: list[User],
    admins: list[User],
    *,
    bot_status: str = "absent",
    date: int | None = None,
    **details: Any,
) -> Chat:
    """A group, supergroup or channel. Its creator is the first admin, or else the first member."""
    if kind not in ("group", "supergroup", "channel"):
        raise BadRequest(f"a chat's type is group, supergroup or channel, not {kind!r}")
    if not members and not admins:
        raise BadRequest("a chat needs at least one member")
    creator = (admins or members)[0]
    chat = world.chats.create(kind, **details)
    for user in {u.id: u for u in [creator, *admins, *members]}.values():
        status = "creator" if user is creator else "administrator" if user in admins else "member"
        chat.members[user.id] = Member(user, status)
    _note_creation(world, chat, creator, date)
    if bot_status != "absent":
        set_status(world, chat, world.bot.user, bot_status, creator, date=date, silently=date is not None)
    delivery.chat_changed(world, chat)
    return chat


def _note_creation(world: World, chat: Chat, creator: User, date: int | None) -> None:
    notes = {"group": "group_chat_created", "supergroup": "supergroup_chat_created", "channel": "channel_chat_created"}
    sender = None if chat.is_channel else creator
    posting.post_service(world, chat, sender, {notes[chat.type]: True}, date=date)


def migrate(world: World, old: Chat) -> Chat:
    """Turns a group into a supergroup with a new id and an empty history; the old id stays as a signpost."""
    if old.type != "group" or old.migrated_to is not None:
        raise BadRequest("only a group that is not a supergroup yet can be upgraded")
    new = world.chats.create("supergroup", title=old.title)
    new.members = {user_id: replace(member) for user_id, member in old.members.items()}
    new.migrated_from, creator = old.id, old.creator()
    new.forbidden, new.protected = old.forbidden, old.protected
    posting.post_service(world, old, creator, {"migrate_to_chat_id": new.id})
    old.migrated_to = new.id
    posting.post_service(world, new, creator, {"migrate_from_chat_id": old.id})
    delivery.chat_changed(world, old)
    delivery.chat_changed(world, new)
    return new


def block(world: World, person: User, bot: Bot, blocked: bool) -> None:
    """A person stops the bot, or lets it write again."""
    chat = world.dialog(person, bot)
    status = "kicked" if blocked else "member"
    chat.members.setdefault(bot.id, Member(bot.user))
    set_status(world, chat, bot.user, status, person)
