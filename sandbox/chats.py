"""Chats, their members and topics."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import BadRequest, Migrated
from sandbox.messages import Message
from sandbox.users import User

INSIDE = frozenset({"creator", "administrator", "member", "restricted"})
ADMINS = frozenset({"creator", "administrator"})
TOPIC_COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
SEND_RIGHTS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
)
MEMBER_RIGHTS = (
    *SEND_RIGHTS,
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)
ADMINS_ALONE = frozenset({"can_change_info", "can_pin_messages", "can_manage_topics"})
"""Rights that ordinary members never have here."""
ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")


@dataclass
class Member:
    """A user's standing in a chat."""

    user: User
    status: str = "member"
    anonymous: bool = False
    title: str | None = None
    reads_all: bool = False
    """For a bot: privacy mode was off when it was added."""
    denied: frozenset[str] = frozenset()
    """Rights an administrator or restricted member lacks."""

    @property
    def inside(self) -> bool:
        return self.status in INSIDE

    @property
    def is_admin(self) -> bool:
        return self.status in ADMINS

    def may(self, right: str) -> bool:
        """Whether an administrator's right is granted."""
        return self.status == "creator" or (self.is_admin and right not in self.denied)


@dataclass
class Topic:
    """A forum topic; `thread_id` is the id of the message that created it."""

    thread_id: int
    name: str
    icon_color: int
    closed: bool = False

    def as_object(self) -> dict[str, Any]:
        """https://core.telegram.org/bots/api#forumtopic"""
        return {"message_thread_id": self.thread_id, "name": self.name, "icon_color": self.icon_color}


@dataclass
class Chat:
    """A private chat, group, supergroup or channel, with all its messages."""

    id: int
    type: str
    message_ids: Iterator[int]
    title: str | None = None
    username: str | None = None
    description: str | None = None
    is_forum: bool = False
    protected: bool = False
    hidden_members: bool = False
    """Only administrators may look members up."""
    person: User | None = None
    """The other side of a private chat."""
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    migrated_to: int | None = None
    migrated_from: int | None = None
    forbidden: frozenset[str] = frozenset()
    """Permissions taken from ordinary members."""

    def as_object(self) -> dict[str, Any]:
        """https://core.telegram.org/bots/api#chat"""
        shown: dict[str, Any] = {"id": self.id, "type": self.type}
        if self.person:
            names = ("first_name", "last_name", "username")
            return shown | {name: value for name in names if (value := getattr(self.person, name))}
        if self.title:
            shown["title"] = self.title
        if self.username:
            shown["username"] = self.username
        if self.is_forum:
            shown["is_forum"] = True
        return shown

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    @property
    def is_channel(self) -> bool:
        return self.type == "channel"

    @property
    def kind_name(self) -> str:
        """As error texts call it."""
        return {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}[self.type]

    def member(self, user_id: int) -> Member | None:
        """The record of a user, who may have left since."""
        return self.members.get(user_id)

    def has_inside(self, user_id: int) -> bool:
        """Whether the user is in the chat now."""
        found = self.members.get(user_id)
        return found is not None and found.inside

    def protects(self, message: Message) -> bool:
        """Whether a message may not be copied or forwarded: by itself, or like all of a chat, older ones too."""
        return message.protected or self.protected

    def denied_to(self, member: Member) -> frozenset[str]:
        """The permissions a member lacks, by the chat's defaults or by a restriction of its own."""
        if member.is_admin:
            return frozenset()
        return self.forbidden | (member.denied if member.status == "restricted" else frozenset())

    def next_id(self, at_least: int = 0) -> int:
        """A message id not used before in this chat."""
        return next(i for i in self.message_ids if i >= at_least)

    def creator(self) -> User | None:
        """The owner, where there is one."""
        return next((m.user for m in self.members.values() if m.status == "creator"), None)

    def add_topic(self, thread_id: int, name: str, icon_color: int | None = None) -> Topic:
        """Records a topic under the id of the message that created it."""
        colour = icon_color or TOPIC_COLOURS[len(self.topics) % len(TOPIC_COLOURS)]
        self.topics[thread_id] = Topic(thread_id, name, colour)
        return self.topics[thread_id]


class Chats:
    """All chats of the world, in the order in which people see them."""

    def __init__(self) -> None:
        self._chats: dict[tuple[int, int], Chat] = {}
        self._next = {
            "group": itertools.count(4_000_001),
            "supergroup": itertools.count(1_001_200_000_001),
            "channel": itertools.count(1_000_000_000_001),
        }
        self._next["channel"] = self._next["supergroup"]
        self._account_message_ids = itertools.count(1)

    def __iter__(self) -> Iterator[Chat]:
        return iter(self._chats.values())

    def create(self, kind: str, chat_id: int | None = None, **details: Any) -> Chat:
        """A new chat without members. Supergroups and channels count their own message ids, all others share one
        counter, as in a Telegram account."""
        own_ids = kind in ("supergroup", "channel")
        number = chat_id if chat_id is not None else -next(self._next[kind])
        ids = itertools.count(1) if own_ids else self._account_message_ids
        return self._add(Chat(number, kind, ids, **details), 0)

    def create_private(self, person: User, bot_id: int) -> Chat:
        """The dialog of a person with a bot: its chat id is the person's id."""
        chat = Chat(person.id, "private", self._account_message_ids, person=person)
        chat.members[person.id] = Member(person)
        return self._add(chat, bot_id)

    def _add(self, chat: Chat, bot_id: int) -> Chat:
        if (bot_id, chat.id) in self._chats:
            raise BadRequest(f"a chat with the id {chat.id} exists already")
        self._chats[bot_id, chat.id] = chat
        return chat

    def find(self, chat_id: int | str, bot_id: int) -> Chat | None:
        """By id, or by @username for public chats; private chats are those of this bot."""
        if isinstance(chat_id, str):
            name = chat_id.removeprefix("@").lower()
            return next((c for c in self if not c.is_private and (c.username or "").lower() == name), None)
        return self._chats.get((bot_id if chat_id > 0 else 0, chat_id))

    def current(self, chat_id: int | str, bot_id: int) -> Chat:
        """Like `find`; raises BadRequest when there is none and Migrated when it became a supergroup."""
        chat = self.find(chat_id, bot_id)
        if chat is None:
            raise BadRequest("chat not found")
        if chat.migrated_to is not None:
            raise Migrated(chat.migrated_to)
        return chat

    def of_bot(self, bot_id: int) -> list[Chat]:
        """The chats a person sees beside this bot: all groups and channels, and dialogs with the bot."""
        return [chat for (owner, _), chat in self._chats.items() if owner in (0, bot_id)]
