"""Nobody sees what is not theirs, whatever happens before.

Random histories over several chats and users: posts, albums, edits, questions, answers' buttons (pressed, forged and
replayed), /forget, /optout, /optin, /purge, migrations, removals, returns, updates that come twice, time that passes.
After every step, everything the bot has said is held against the model of what may be seen.

`make leak-test` runs 100,000 steps; LEAK_STEPS sets another number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from handlers.callback_data import PURGE
from tests.leaks.harness import Harness
from tests.leaks.telegram import BOT, Json
from tests.leaks.world import Photo

STEPS = int(os.environ.get("LEAK_STEPS", "600"))
LENGTH = 50
"""Steps of one history."""
PICTURES = 5
CHATS = st.integers(0, 5)
USERS = st.integers(0, 3)
PICK = st.integers(0, 10**6)
QUESTIONS = (
    "/search P{picture} ask{ask}",
    "/search common ask{ask}",
    "/search P{picture} sort:new n:10",
    "/search from:me sort:new",
    "/search from:@user{user} n:10 sort:old",
    "/search P{picture} -P1",
    '/search text:"common"',
    "/stats",
    "/settings",
)


class Histories(RuleBasedStateMachine):
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

    # -- questions -----------------------------------------------------------------------------------------

    @rule(chat=CHATS, user=USERS, which=st.sampled_from(QUESTIONS), picture=st.integers(1, PICTURES), pick=PICK)
    def ask(self, chat: int, user: int, which: str, picture: int, pick: int) -> None:
        """Words, filters, counts; mostly where there is something to find."""
        where, visible = self.place(chat, user), list(self.world.photos.values())
        if chat < len(self.chats) and visible:
            where = visible[pick % len(visible)].chat
        user = self.users.index(where) if where in self.users else user
        number = 10_000 * self.harness.steps + self.messages + 1
        self.world.asked[number] = where
        other = self.users[(user + 1) % 4]
        self.world.senders.setdefault(self.world.now_of(where), set()).add(other)  # its name is in the question
        self.command(where, self.users[user], which.format(picture=picture, ask=number, user=other))

    @rule(chat=CHATS, user=USERS, pick=PICK, name=st.sampled_from(["/similar", "/repost"]))
    def similar(self, chat: int, user: int, pick: int, name: str) -> None:
        """To any photo: of this chat, or of another one that somebody replies to here."""
        if not self.posts:
            return
        where, photo = self.place(chat, user), self.posts[pick % len(self.posts)]
        if photo.origin == where:
            reply: Json = {"reply_to_message": next(iter(photo.update.values()))}
        elif photo.kind == "photo":
            origin = {"type": "user", "date": 1, "sender_user": {"id": 1, "is_bot": False, "first_name": "X"}}
            reply = {"external_reply": {"origin": origin, "photo": self.shown(photo)["photo"]}}
        else:
            return
        self.command(where, self.users[user], name, **reply)

    @rule(chat=CHATS, user=USERS, pick=PICK, forged=st.booleans(), elsewhere=st.booleans())
    def press(self, chat: int, user: int, pick: int, forged: bool, elsewhere: bool) -> None:
        """A button that was once sent, now or long after, where it was sent or anywhere else, by anybody."""
        if not self.buttons:
            return
        home, control, markup = self.buttons[pick % len(self.buttons)]
        rows = markup["inline_keyboard"]
        keys = [button["callback_data"] for row in rows for button in row if "callback_data" in button]
        if not keys:
            return
        data = keys[pick % len(keys)]
        where = self.place(chat, user) if elsewhere else home
        message = self.message(where, user, text="an answer") | {"from": BOT, "message_id": control}
        message.pop("sender_chat", None)
        is_there = not forged and where == home
        if is_there:
            message["reply_markup"] = markup
        if data.startswith(PURGE) and is_there:
            self.purged(where, self.users[user], data, markup)
        presser = {"id": self.users[user], "is_bot": False, "first_name": f"name{self.users[user]}"}
        self.world.senders.setdefault(self.world.now_of(where), set()).add(self.users[user])
        self.harness.chat = where
        query = {"id": str(pick), "from": presser, "chat_instance": "1", "data": data, "message": message}
        self.harness.hand_over({"callback_query": query})

    def purged(self, chat: int, user: int, data: str, markup: Json) -> None:
        asked = data.removeprefix(PURGE)
        is_admin = user in self.harness.admins.get(chat, ()) if chat < 0 else user == chat
        by = asked.partition(":")[0]
        if not is_admin or (by != "no" and int(by) not in (0, user)):
            return
        self.buttons = [button for button in self.buttons if button[2] is not markup]
        if by != "no":
            self.world.forget(*self.world.visible(chat))

    # -- privacy -------------------------------------------------------------------------------------------

    @rule(pick=PICK, user=USERS, album=st.booleans())
    def forget(self, pick: int, user: int, album: bool) -> None:
        """As a reply to a photo, by anybody."""
        here = [photo for photo in self.posts if photo.origin not in self.world.became]
        if not here:
            return
        photo, asker = here[pick % len(here)], self.users[user]
        where = photo.origin
        if where > 0 and where != asker:
            return
        message = next(iter(photo.update.values()))
        assert isinstance(message, dict)
        author = where if self.is_channel(where) else asker
        gone: list[Photo] = []
        if photo.sender == author or asker in self.harness.admins.get(where, ()) or self.is_channel(where):
            gone = [photo]
            if album and photo.album is not None:
                gone += [one for one in self.world.visible(self.world.now_of(where)) if self.is_beside(one, photo)]
        self.command(where, asker, "/forget album" if album else "/forget", reply_to_message=message)
        self.world.forget(*gone)

    def is_beside(self, one: Photo, photo: Photo) -> bool:
        return (one.origin, one.album) == (photo.origin, photo.album) and abs(one.message_id - photo.message_id) <= 30

    @rule(chat=CHATS, user=USERS, picture=st.integers(1, PICTURES))
    def forget_shown(self, chat: int, user: int, picture: int) -> None:
        """As a reply to an answer of the bot that shows a picture."""
        where, asker = self.place(chat, user), self.users[user]
        if where in self.world.became:
            return
        file = {"file_id": "answer", "file_unique_id": f"P{picture}", "width": 9, "height": 9}
        answer = self.message(where, asker, photo=[file]) | {"from": BOT}
        answer.pop("sender_chat", None)
        author = where if self.is_channel(where) else asker
        is_admin = where > 0 or self.is_channel(where) or asker in self.harness.admins.get(where, ())
        gone = [
            photo
            for photo in self.world.visible(where)
            if photo.picture == picture and (is_admin or photo.sender == author)
        ]
        self.command(where, asker, "/forget", reply_to_message=answer)
        self.world.forget(*gone)

    @rule(chat=CHATS, user=USERS)
    def opt_out(self, chat: int, user: int) -> None:
        """In a chat or everywhere."""
        where, who = self.place(chat, user), self.users[user]
        if self.is_channel(where):
            return
        place = 0 if where > 0 else self.world.now_of(where)
        if where in self.world.became:
            return
        gone = [photo for photo in self.world.photos.values() if photo.sender == who and place in (0, photo.chat)]
        self.world.opted_out.add((who, place))
        self.command(where, who, "/optout")
        self.world.forget(*gone)

    @rule(chat=CHATS, user=USERS)
    def opt_in(self, chat: int, user: int) -> None:
        """Undoes it for what comes."""
        where, who = self.place(chat, user), self.users[user]
        if self.is_channel(where) or where in self.world.became:
            return
        self.command(where, who, "/optin")
        self.world.opted_out -= {
            (one, place) for one, place in self.world.opted_out if one == who and where in (who, place)
        }

    @rule(chat=CHATS, user=USERS)
    def purge(self, chat: int, user: int) -> None:
        """Asks; the button is pressed by `press`, by whomever."""
        where = self.place(chat, user)
        if where not in self.world.became:
            self.command(where, self.users[user], "/purge")

    # -- chats ---------------------------------------------------------------------------------------------

    @rule(pick=st.integers(2, 3))
    def migrate(self, pick: int) -> None:
        """A group becomes a supergroup, with another id."""
        old = self.chats[pick]
        if self.kinds[pick] != "group":
            return
        new = -1_000_000_000_010 + old
        message = self.message(old, self.users[0], migrate_to_chat_id=new)
        self.world.left.pop(old, None)
        self.chats[pick], self.kinds[pick] = new, "supergroup"
        self.harness.admins[new] = set(self.harness.admins[old])
        self.world.became[old] = new
        self.world.senders.setdefault(new, set()).update(self.world.senders.get(old, ()))
        for photo in self.world.photos.values():
            photo.chat = self.world.now_of(photo.chat)
        self.world.opted_out |= {(who, new) for who, place in self.world.opted_out if place == old}
        self.harness.chat = new
        self.harness.hand_over({"message": message})

    @rule(pick=st.integers(0, 4), is_back=st.booleans())
    def membership(self, pick: int, is_back: bool) -> None:
        """The bot is removed, or comes back."""
        chat = self.chats[pick]
        gone, there = {"status": "left", "user": BOT}, {"status": "member", "user": BOT}
        if is_back:
            self.world.left.pop(chat, None)
        else:
            self.world.left.setdefault(chat, self.harness.now())
        change = {
            "chat": self.chat_json(chat),
            "from": {"id": self.users[0], "is_bot": False, "first_name": f"name{self.users[0]}"},
            "date": int(self.harness.now().timestamp()),
            "old_chat_member": gone if is_back else there,
            "new_chat_member": there if is_back else gone,
        }
        self.world.senders.setdefault(chat, set()).add(self.users[0])
        self.harness.chat = chat
        self.harness.hand_over({"my_chat_member": change})

    @rule(chance=st.integers(0, 39))
    def time(self, chance: int) -> None:
        """Passes, and what is due is swept."""
        days = {0: 31, 1: 3}.get(chance, int(chance < 8))
        self.harness.ahead += timedelta(days=days)
        self.harness.sweep()
        self.world.swept(self.harness.now())

    @rule()
    def settle(self) -> None:
        """Everything is indexed."""
        self.harness.settle()

    @invariant()
    def nothing_leaks(self) -> None:
        """What was said in this step was theirs."""
        self.harness.steps += 1
        if self.harness.steps % 10_000 == 0:
            print(self.harness.summary, flush=True)  # noqa: T201 - an hour is long
        assert self.harness.leaks == []


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """The bot."""
    running = Harness(tmp_path / "data", monkeypatch)
    yield running
    running.close()


def histories(number: int) -> settings:
    """So many of them."""
    return settings(
        max_examples=number,
        stateful_step_count=LENGTH,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # what a history did stays: a shorter one would not be the same
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def test_a_history_shows_what_is_not_theirs(harness: Harness) -> None:
    """No step of any history makes the bot say what may not be seen in that chat."""
    machine = type("TheseHistories", (Histories,), {"harness": harness})
    try:
        while (left := STEPS - harness.steps) > 0:  # some histories end early
            run_state_machine_as_test(machine, settings=histories(-(-left // LENGTH)))
    except Exception:
        if harness.leaks:  # tried once more, the history is another one, and Hypothesis says no more than that
            raise harness.leaks[0] from None
        raise
    world = harness.world
    print(harness.summary)  # noqa: T201 - `make leak-test` shows it
    assert world.shown > STEPS / 200, "or nothing could have leaked"
