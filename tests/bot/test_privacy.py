"""What people want forgotten, over real HTTP: who may ask for it, and that it is gone."""

from typing import Any

import pytest

from handlers.privacy import CONFIRMING
from tests.conftest import Archive
from tests.people import Message, People, jpeg, picture_key, shown, until

pytestmark = pytest.mark.usefixtures("bot")


async def crew(people: People, *names: str, admins: int = 1) -> tuple[int, list[int]]:
    """A group with the bot in it, and its members; the first are admins."""
    members = [await people.person(name) for name in names]
    chat = await people.chat("supergroup", "Crew", members, admins=members[:admins])
    return chat, members


async def press(people: People, message: Message, user: int, label: str) -> dict[str, Any]:
    """What the presser is shown."""
    [data] = [
        button["callback_data"]
        for row in message["reply_markup"]["inline_keyboard"]
        for button in row
        if button["text"] == label
    ]
    body = {"chat_id": message["chat"]["id"], "message_id": message["message_id"], "user_id": user, "data": data}
    return await people.ask("POST", "/api/callbacks", json=body) or {}


async def becomes(people: People, message: Message, words: str) -> Message:
    """The message, once it says that."""

    async def changed() -> Message:
        now, *_ = await people.messages(message["chat"]["id"], message["message_id"] - 1)
        return now if words in str(now.get("text")) else {}

    return await until(changed, words)


async def test_a_photo_is_forgotten_by_its_author_and_by_admins_only(people: People, archive: Archive) -> None:
    """Others are refused, and what was forgotten is found by nobody, not even after an edit."""
    chat, [admin, ann, bob] = await crew(people, "Admin", "Ann", "Bob")
    [red] = await people.post(chat, ann, photos=[jpeg("red")], text="mine")
    [blue] = await people.post(chat, ann, photos=[jpeg("blue")])
    [green] = await people.post(chat, bob, photos=[jpeg("green")])
    await archive.settled(indexed=3)
    assert "Only who posted" in await people.told(chat, bob, "/forget", reply_to_message_id=red["message_id"])
    assert "Forgotten" in await people.told(chat, ann, "/forget", reply_to_message_id=red["message_id"])
    assert "Forgotten" in await people.told(chat, admin, "/forget", reply_to_message_id=blue["message_id"])
    await people.ask(
        "PATCH", f"/api/chats/{chat}/messages/{red['message_id']}", data={"user_id": ann, "caption": "new"}
    )
    await people.told(chat, ann, "/stats")  # the edit has been read by then
    assert archive.rows("SELECT message_id, caption FROM photos") == [(green["message_id"], None)]
    assert shown(await people.asked(chat, ann, "/search red")) == [picture_key(green)]
    assert archive.rows("SELECT count(*) FROM images") == archive.rows("SELECT count(*) FROM vectors") == [(1,)]


async def test_one_photo_of_an_album_takes_the_others_along(people: People, archive: Archive) -> None:
    """One is forgotten, the rest is mentioned and goes when that is asked for."""
    chat, [_, ann] = await crew(people, "Admin", "Ann")
    album = await people.post(chat, ann, photos=[jpeg("red"), jpeg("blue"), jpeg("green")])
    await archive.settled(indexed=3)
    told = await people.told(chat, ann, "/forget", reply_to_message_id=album[0]["message_id"])
    assert "2 photos" in told
    assert archive.states() == {"indexed": 2}
    told = await people.told(chat, ann, "/forget album", reply_to_message_id=album[0]["message_id"])
    assert "3 photos" in told
    await archive.settled()


async def test_an_answer_goes_on_showing_what_was_forgotten(people: People, archive: Archive) -> None:
    """/forget as a reply to the bot's own answer forgets every posting of that picture, and takes the answer away."""
    chat, [admin, ann, bob] = await crew(people, "Admin", "Ann", "Bob")
    for user in (ann, bob):
        await people.post(chat, user, photos=[jpeg("red")])
    await archive.settled(indexed=2)
    [answer] = await people.asked(chat, bob, "/search red")
    told = await people.told(chat, ann, "/forget", reply_to_message_id=answer["message_id"])
    assert "Others have posted the same picture" in told
    assert archive.states() == {"indexed": 1}
    assert "Forgotten" in await people.told(chat, admin, "/forget", reply_to_message_id=answer["message_id"])
    await archive.settled()
    assert answer["message_id"] not in [message["message_id"] for message in await people.messages(chat)]


@pytest.mark.parametrize("what", ["nothing", "words"])
async def test_forget_without_a_photo_does_something(people: People, what: str) -> None:
    """It says how to use it."""
    chat, [_, ann] = await crew(people, "Admin", "Ann")
    [words] = await people.post(chat, ann, text="hello")
    more = {} if what == "nothing" else {"reply_to_message_id": words["message_id"]}
    assert "Reply with /forget" in await people.told(chat, ann, "/forget", **more)


async def test_an_opt_out_is_not_kept_in_mind(people: People, archive: Archive) -> None:
    """In a group: one's own photos there, past and future; those of others and of other chats stay."""
    chat, [_, ann, bob] = await crew(people, "Admin", "Ann", "Bob")
    elsewhere = await people.chat("supergroup", "Elsewhere", [ann])
    for place, user in ((chat, ann), (chat, bob), (elsewhere, ann)):
        await people.post(place, user, photos=[jpeg("red")])
    await archive.settled(indexed=3)
    assert "1 photo of yours" in await people.told(chat, ann, "/optout")
    await people.post(chat, ann, photos=[jpeg("green")])
    await people.post(elsewhere, ann, photos=[jpeg("blue")])
    await archive.settled(indexed=3)
    rows = archive.rows("SELECT chat_id, sender_id FROM photos ORDER BY id")
    assert rows == [(chat, bob), (elsewhere, ann), (elsewhere, ann)]
    assert "From now on" in await people.told(chat, ann, "/optin")
    await people.post(chat, ann, photos=[jpeg("white")])
    await archive.settled(indexed=4)


async def test_an_opt_out_in_private_holds_in_one_chat_only(people: People, archive: Archive) -> None:
    """It holds everywhere, in private too, and is undone where it was said."""
    chat, [_, ann] = await crew(people, "Admin", "Ann")
    await people.post(chat, ann, photos=[jpeg("red")])
    await people.post(ann, ann, photos=[jpeg("green")])
    await archive.settled(indexed=2)
    assert "2 photos of yours" in await people.told(ann, ann, "/optout")
    [photo] = await people.post(ann, ann, photos=[jpeg("blue")])
    assert "opted out" in (await people.answer(ann, photo))[0]["text"]
    await people.post(chat, ann, photos=[jpeg("red")])
    assert "opted out everywhere" in await people.told(chat, ann, "/optin")
    await archive.settled()
    await people.told(ann, ann, "/optin")
    await people.post(chat, ann, photos=[jpeg("white")])
    await archive.settled(indexed=1)


async def test_an_opt_out_is_lost_when_the_group_becomes_a_supergroup(people: People, archive: Archive) -> None:
    """What was said in the old chat holds in the new one."""
    ann, bob = await people.person("Ann"), await people.person("Bob")
    old = await people.chat("group", "Growing", [ann, bob])
    await people.told(old, ann, "/optout")
    new = (await people.ask("POST", f"/api/chats/{old}/migrate"))["id"]
    await people.post(new, ann, photos=[jpeg("red")])
    await people.post(new, bob, photos=[jpeg("blue")])
    await archive.settled(indexed=1)
    assert archive.rows("SELECT sender_id FROM photos") == [(bob,)]


async def test_a_purge_needs_no_confirmation_by_the_admin_who_asked(people: People, archive: Archive) -> None:
    """Members may not ask, other admins may not confirm, and after it the button is gone."""
    chat, [admin, second, ann] = await crew(people, "Admin", "Second", "Ann", admins=2)
    elsewhere = await people.chat("supergroup", "Elsewhere", [ann])
    for place in (chat, chat, elsewhere):
        await people.post(place, ann, photos=[jpeg("red")])
    await archive.settled(indexed=3)
    assert "Only admins" in await people.told(chat, ann, "/purge")
    [asked] = await people.asked(chat, admin, "/purge")
    for user, refusal in ((ann, "Only admins"), (second, "Only the admin who asked")):
        assert refusal in (await press(people, asked, user, "Forget everything"))["text"]
    assert archive.states() == {"indexed": 3}
    await press(people, asked, admin, "Forget everything")
    assert "reply_markup" not in await becomes(people, asked, "forgotten this chat's photos: 2")
    assert archive.rows("SELECT chat_id FROM photos") == [(elsewhere,)]


async def test_a_cancelled_purge_forgets(people: People, archive: Archive) -> None:
    """Cancel keeps everything and takes the buttons away."""
    chat, [admin] = await crew(people, "Admin")
    await people.post(chat, admin, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    [asked] = await people.asked(chat, admin, "/purge")
    await press(people, asked, admin, "Cancel")
    await becomes(people, asked, "Nothing was forgotten.")
    assert archive.states() == {"indexed": 1}


async def test_an_old_button_purges(people: People, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """After five minutes it says so and forgets nothing."""
    monkeypatch.setattr("handlers.privacy.CONFIRMING", -CONFIRMING)
    chat, [admin] = await crew(people, "Admin")
    await people.post(chat, admin, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    [asked] = await people.asked(chat, admin, "/purge")
    assert "too old" in (await press(people, asked, admin, "Forget everything"))["text"]
    assert archive.states() == {"indexed": 1}


async def test_an_admin_who_stays_anonymous_is_taken_for_a_stranger(people: People, archive: Archive) -> None:
    """Telegram says only that an admin wrote: that is enough to forget and to purge, and not enough to opt out."""
    chat, [admin, second, ann] = await crew(people, "Admin", "Second", "Ann", admins=2)
    [red] = await people.post(chat, ann, photos=[jpeg("red")])
    await people.post(chat, admin, photos=[jpeg("blue")], anonymous=True)
    await archive.settled(indexed=2)
    assert archive.rows("SELECT sender_id FROM photos ORDER BY id") == [(ann,), (chat,)]
    told = await people.told(chat, admin, "/forget", anonymous=True, reply_to_message_id=red["message_id"])
    assert "Forgotten" in told
    assert "in the name of this chat" in await people.told(chat, admin, "/optout", anonymous=True)
    [asked] = await people.asked(chat, admin, "/purge", anonymous=True)
    assert "Only admins" in (await press(people, asked, ann, "Forget everything"))["text"]
    await press(people, asked, second, "Forget everything")
    await archive.settled()


async def test_a_channel_cannot_have_its_posts_forgotten(people: People, archive: Archive) -> None:
    """Whoever may post in it speaks for it; a button in it is for its admins, not for its readers."""
    owner, reader = await people.person("Owner"), await people.person("Reader")
    channel = await people.chat("channel", "News", [owner, reader], admins=[owner])
    [red] = await people.post(channel, owner, photos=[jpeg("red")])
    await people.post(channel, owner, photos=[jpeg("blue")])
    await archive.settled(indexed=2)
    assert "Forgotten" in await people.told(channel, owner, "/forget", reply_to_message_id=red["message_id"])
    assert archive.states() == {"indexed": 1}
    [asked] = await people.asked(channel, owner, "/purge")
    assert "Only admins" in (await press(people, asked, reader, "Forget everything"))["text"]
    await press(people, asked, owner, "Forget everything")
    await archive.settled()


async def test_a_channel_that_writes_in_a_group_is_taken_for_a_person(people: People, archive: Archive) -> None:
    """It is the author of its photos, may have them forgotten, and may opt out; it is no admin."""
    chat, [_, ann] = await crew(people, "Admin", "Ann")
    channel = await people.chat("channel", "Ann's", [ann], admins=[ann])
    [red] = await people.post(chat, ann, photos=[jpeg("red")], as_channel=channel)
    [blue] = await people.post(chat, ann, photos=[jpeg("blue")])
    await archive.settled(indexed=2)
    refused = await people.told(chat, ann, "/forget", as_channel=channel, reply_to_message_id=blue["message_id"])
    assert "Only who posted" in refused
    assert "Only admins" in await people.told(chat, ann, "/purge", as_channel=channel)
    told = await people.told(chat, ann, "/forget", as_channel=channel, reply_to_message_id=red["message_id"])
    assert "Forgotten" in told
    await people.told(chat, ann, "/optout", as_channel=channel)
    await people.post(chat, ann, photos=[jpeg("green")], as_channel=channel)
    await people.told(chat, ann, "/stats")
    assert archive.rows("SELECT sender_id FROM photos") == [(ann,)]


async def test_privacy_is_not_explained(people: People) -> None:
    """/privacy says what is stored, for how long, and how to undo it; the menu has every command."""
    ann = await people.person("Ann")
    told = await people.told(ann, ann, "/privacy")
    assert all(word in told for word in ("fingerprint", "until it is forgotten", "/forget", "/optout", "/purge"))
    menu = " ".join(await people.commands())
    assert all(name in menu for name in ("forget", "optout", "optin", "purge", "privacy"))
