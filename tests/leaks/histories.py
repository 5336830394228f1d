"""What else people do, in random order: questions, buttons, what they want forgotten, what becomes of chats."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from handlers.callback_data import PURGE
from tests.leaks.posting import CHATS, PICK, PICTURES, USERS, Posting
from tests.leaks.telegram import BOT, Json
from tests.leaks.world import Photo

LENGTH = 50
"""Steps of one history."""
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


class Histories(Posting):
    """All rules; nothing of them may leak."""

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
