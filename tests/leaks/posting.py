"""People who say something, and post photos: the ground of the property test's histories."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.leaks.harness import Harness
from tests.leaks.telegram import Json
from tests.leaks.world import Photo

PICTURES = 5
CHATS = st.integers(0, 5)
USERS = st.integers(0, 3)
PICK = st.integers(0, 10**6)


class Posting(RuleBasedStateMachine):
    """People's doings. Chats and users are new in every history; what earlier ones left is other people's."""

    harness: Harness

    @initialize()
    def people(self) -> None:
        """Two supergroups, two groups, a channel; four users, each of whom is a private chat as well."""
        harness = self.harness
        base = harness.steps * 100 + 1_000
        self.world = harness.world
        self.users = [base + number for number in range(4)]
        self.chats = [-1_000_000_000_000 - base, -1_000_000_000_001 - base, -base, -base - 1, -1_000_000_000_002 - base]
        self.kinds = ["supergroup", "supergroup", "group", "group", "channel"]
        for place, chat in enumerate(self.chats):
            harness.admins[chat] = {self.users[place % 4]}
        self.posts: list[Photo] = []
        self.buttons: list[tuple[int, int, Json]] = []
        self.messages = 0
        for chat in (0, 2, 4):  # from the beginning there is something to leak
            self.posts_of_a_day(chat, chat % 4, [1, 2, 3])

    # -- saying --------------------------------------------------------------------------------------------

    def place(self, pick: int, user: int) -> int:
        """A chat, or the user's private one."""
        return self.chats[pick] if pick < len(self.chats) else self.users[user]

    def chat_json(self, chat: int) -> Json:
        if chat > 0:
            return {"id": chat, "type": "private", "first_name": f"name{chat}", "username": f"user{chat}"}
        kind = self.kinds[self.chats.index(chat)] if chat in self.chats else "group"
        return {"id": chat, "type": kind, "title": f"title{abs(chat)}"}

    def message(self, chat: int, user: int, *, anonymous: bool = False, **fields: Any) -> Json:
        self.messages += 1
        who: Json = {"from": {"id": user, "is_bot": False, "first_name": f"name{user}", "username": f"user{user}"}}
        if self.is_channel(chat):
            who = {"sender_chat": self.chat_json(chat)}
        elif anonymous:
            who = {
                "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"},
                "sender_chat": self.chat_json(chat),
            }
        date = int(self.harness.now().timestamp())
        return {"message_id": self.messages, "date": date, "chat": self.chat_json(chat), **who, **fields}

    def is_channel(self, chat: int) -> bool:
        return chat in self.chats and self.kinds[self.chats.index(chat)] == "channel"

    def say(self, message: Json, *, edited: bool = False) -> Json:
        """Hands it over; whoever hears from a chat knows that the bot is in it."""
        chat = message["chat"]["id"]
        kind = ("edited_" if edited else "") + ("channel_post" if self.is_channel(chat) else "message")
        if not edited and chat not in self.world.became:
            self.world.left.pop(chat, None)
        self.world.senders.setdefault(self.world.now_of(chat), set()).add(self.sender_id(message))
        self.harness.chat = chat
        self.harness.hand_over({kind: message})
        return {kind: message}

    def command(self, chat: int, user: int, text: str, **more: Any) -> Json:
        length = len(text.split(maxsplit=1)[0])
        entities = [{"type": "bot_command", "offset": 0, "length": length}]
        before = len(self.harness.sent)
        said = self.say(self.message(chat, user, text=text, entities=entities, **more))
        for sent, control in self.harness.sent[before:]:
            if markup := sent.fields.get("reply_markup"):
                self.buttons.append((chat, control, dict(markup)))
        return said

    def sender_id(self, message: Json) -> int:
        return int((message.get("sender_chat") or message["from"])["id"])

    # -- photos --------------------------------------------------------------------------------------------

    @rule(chat=CHATS, user=USERS, picture=st.integers(1, PICTURES), kind=st.integers(0, 9), age=st.integers(0, 9))
    def post(self, chat: int, user: int, picture: int, kind: int, age: int) -> None:
        """A photo: one in ten as a file, protected, a spoiler, anonymous, or too old."""
        where = self.place(chat, user)
        number = 10_000 * self.harness.steps + self.messages + 1
        photo = Photo(
            number=number,
            chat=self.world.now_of(where),
            origin=where,
            message_id=0,
            sender=0,
            picture=picture,
            caption=f"cap{number} common",
            date=self.harness.now() - timedelta(days=8 if age == 9 else age % 4),
            album=f"album{self.messages // 4}-{where}-{user}" if kind == 0 else None,
            protected=kind == 1,
            spoiler=kind == 2,
            kind="document" if kind == 3 else "photo",
        )
        message = self.message(where, self.users[user], anonymous=kind == 4 and where < 0, **self.shown(photo))
        message["date"] = int(photo.date.timestamp())
        photo.message_id, photo.sender = message["message_id"], self.sender_id(message)
        self.keep(photo)
        photo.handed_at = self.harness.now()
        photo.update = self.say(message)
        self.posts.append(photo)

    @rule(chat=CHATS, user=USERS, pictures=st.lists(st.integers(1, PICTURES), min_size=3, max_size=6))
    def posts_of_a_day(self, chat: int, user: int, pictures: list[int]) -> None:
        """Most of what happens in chats; and it is indexed by then."""
        for number, picture in enumerate(pictures):
            self.post(chat, (user + number) % 4 if chat < len(self.chats) else user, picture, 9, 0)
        self.harness.settle()

    def shown(self, photo: Photo) -> Json:
        """The fields of its message."""
        file = {"file_id": f"File{photo.number}v{photo.version}", "file_unique_id": f"P{photo.picture}"}
        fields: Json = {"caption": photo.caption}
        if photo.kind == "document":
            fields["document"] = {**file, "mime_type": "image/png", "file_name": "x.png"}
        else:
            fields["photo"] = [{**file, "width": 90, "height": 90}]
        more = {
            "media_group_id": photo.album,
            "has_protected_content": photo.protected or None,
            "has_media_spoiler": photo.spoiler or None,
        }
        return fields | {name: value for name, value in more.items() if value}

    def keep(self, photo: Photo) -> None:
        if self.world.may_take(photo.origin, photo.message_id, photo.sender, photo.date, self.harness.now()):
            photo.chat = self.world.now_of(photo.origin)
            self.world.photos[photo.number] = photo

    @rule(pick=PICK, picture=st.integers(1, PICTURES), is_caption=st.booleans())
    def edit(self, pick: int, picture: int, is_caption: bool) -> None:
        """Another caption or another picture; also of what was forgotten."""
        if not self.posts:
            return
        photo = self.posts[pick % len(self.posts)]
        if photo.origin in self.world.became:
            return  # nobody can write there any more
        if not is_caption:
            photo.picture, photo.version = picture, photo.version + 1
        self.keep(photo)
        if photo.date < self.harness.now() - timedelta(days=7):
            self.world.photos.pop(photo.number, None)
        message = dict(
            next(iter(photo.update.values())), **self.shown(photo), edit_date=int(self.harness.now().timestamp())
        )
        photo.update = {next(iter(photo.update)): message}
        self.say(message, edited=True)

    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """Telegram hands an update over a second time."""
        if not self.posts:
            return
        photo = self.posts[pick % len(self.posts)]
        if photo.handed_at < self.harness.now() - timedelta(days=1):
            return
        self.keep(photo)
        self.harness.chat = photo.origin
        if photo.origin not in self.world.became:
            self.world.left.pop(photo.origin, None)
        self.harness.hand_over(photo.update)
