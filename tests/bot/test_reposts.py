"""The same picture posted again, over real HTTP: one result, /repost, and the notice."""

import pytest

from bot import application as bot_application
from bot.settings import Settings
from tests.conftest import Archive, polling
from tests.drawings import bordered, drawn, file, screenshot
from tests.people import Message, People, picture_key, shown, until

CATS = drawn(1)


async def five_times(people: People, archive: Archive, chat: int, *users: int) -> list[Message]:
    """One picture as people hand it on, by different people in turn; the five posts."""
    edits = [CATS, CATS.resize((400, 300)), bordered(CATS), screenshot(CATS)]
    files = [*(file(edit, quality=60) for edit in edits), file(CATS, quality=60)]  # the last equals the first
    posts = []
    for number, picture in enumerate(files):
        [message] = await people.post(chat, users[number % len(users)], photos=[picture])
        posts.append(message)
        await archive.settled(indexed=number + 1)
    return posts


async def switched_on(people: People, chat: int, admin: int) -> None:
    """The chat wants to be told."""
    [panel] = await people.asked(chat, admin, "/settings")
    await people.press(chat, admin, panel, "posted before")


async def notices(people: People, chat: int) -> list[Message]:
    """What the bot said unasked."""
    return [message for message in await people.from_bot(chat) if message.get("text", "").startswith("Posted ")]


async def in_a_group(people: People, chat: int, user: int, photo: Message) -> Message:
    """The answer to /repost where messages have no links: it replies to the earliest post, not to the question."""
    await people.post(chat, user, text="/repost", reply_to_message_id=photo["message_id"])

    async def said() -> list[Message]:
        return [message for message in await people.from_bot(chat) if "This picture" in message.get("text", "")]

    return (await until(said, "an answer"))[0]


@pytest.mark.usefixtures("bot")
async def test_a_picture_posted_five_times_fills_an_answer(people: People, archive: Archive) -> None:
    """It is one result that says so, with its first post; what only looks alike stands for itself."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben])
    posts = await five_times(people, archive, chat, ann, ben)
    other = await people.post(chat, ben, photos=[file(drawn(2))])
    await archive.settled(indexed=6)
    answer = await people.asked(chat, ben, "/search after:2020")
    assert sorted(shown(answer)) == sorted([picture_key(posts[0]), picture_key(other[0])])
    [line] = [line for line in answer[0]["caption"].splitlines() if "posted" in line]
    assert "posted 5 times, first by Ann on" in line
    links = [entity["url"] for entity in answer[0]["caption_entities"] if entity["type"] == "text_link"]
    assert any(link.endswith(f"/{posts[0]['message_id']}") for link in links)


@pytest.mark.usefixtures("bot")
async def test_reposts_of_the_photo_asked_about_are_its_like(people: People, archive: Archive) -> None:
    """/similar leaves out every post of the same picture, edited ones too."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    posts = await five_times(people, archive, chat, ann)
    [other] = await people.post(chat, ann, photos=[file(drawn(2))])
    await archive.settled(indexed=6)
    answer = await people.asked(chat, ann, "/similar", reply_to_message_id=posts[1]["message_id"])
    assert shown(answer) == [picture_key(other)]


@pytest.mark.usefixtures("bot")
async def test_repost_knows_only_equal_files(people: People, archive: Archive) -> None:
    """Every other post of the picture with its link, earliest first, with who and when, before and since."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben])
    posts = await five_times(people, archive, chat, ann, ben)
    [answer] = await people.asked(chat, ann, "/repost", reply_to_message_id=posts[2]["message_id"])
    lines = answer["text"].splitlines()
    assert lines[0] == "This picture was posted twice before, and twice since:"
    assert [line[:6] for line in lines[1:]] == ["1. Ann", "2. Ben", "3. Ben", "4. Ann"]
    links = [entity["url"].rpartition("/")[2] for entity in answer["entities"] if entity["type"] == "text_link"]
    assert links == [str(posts[number]["message_id"]) for number in (0, 1, 3, 4)]
    [question] = await people.post(chat, ben, photos=[file(CATS, quality=35)], caption="/repost")
    assert "posted 5 times before" in (await people.answer(chat, question))[0]["text"]
    [lone] = await people.post(chat, ben, photos=[file(drawn(3))])
    said = await people.told(chat, ben, "/repost", reply_to_message_id=lone["message_id"])
    assert said == "I know of no other post of this picture here."
    assert "Reply to one with /repost" in await people.told(chat, ben, "/repost")


@pytest.mark.usefixtures("bot")
async def test_repost_tells_of_another_chat(people: People, archive: Archive) -> None:
    """The same file elsewhere, even of the same person, is never mentioned; nor counted in an answer."""
    ann = await people.person("Ann")
    here = await people.chat("supergroup", "Here", [ann])
    there = await people.chat("supergroup", "There", [ann])
    for chat in (there, there, here):
        [message] = await people.post(chat, ann, photos=[file(CATS)])
    await archive.settled(indexed=3)
    said = await people.told(here, ann, "/repost", reply_to_message_id=message["message_id"])
    assert said == "I know of no other post of this picture here."
    assert "posted" not in (await people.asked(here, ann, "/search after:2020"))[0]["caption"]


@pytest.mark.usefixtures("bot")
async def test_a_photo_from_before_the_bot_came_cannot_be_asked_about(people: People, archive: Archive) -> None:
    """The reply carries it: it is fetched, and later posts of it are found. A group has no links: the answer replies
    to the earliest post, so that people can go there."""
    ann = await people.person("Ann")
    chat = await people.chat("group", "Old", [ann], bot="absent")
    [old] = await people.post(chat, ann, photos=[file(CATS)])
    await people.ask("POST", f"/api/chats/{chat}/members", json={"user_id": "bot", "status": "member", "by": ann})
    [again] = await people.post(chat, ann, photos=[file(screenshot(CATS))])
    await archive.settled(indexed=1)
    answer = await in_a_group(people, chat, ann, old)
    assert answer["text"].startswith("This picture was not posted before, as far as I know, and once since:\n1. Ann")
    assert answer["reply_to_message"]["message_id"] == again["message_id"]


@pytest.mark.usefixtures("bot")
async def test_a_chat_is_told_of_reposts_that_never_asked_for_it(people: People, archive: Archive) -> None:
    """Off by default. Switched on: a reply under the new photo, once for an album, never for an edited caption."""
    ann, ben = await people.person("Ann"), await people.person("Ben")
    chat = await people.chat("supergroup", "Weekend crew", [ann, ben], admins=[ann])
    await people.post(chat, ann, photos=[file(CATS)])
    await archive.settled(indexed=1)
    await people.post(chat, ben, photos=[file(CATS, quality=50)])
    await archive.settled(indexed=2)
    await switched_on(people, chat, ann)
    album = await people.post(chat, ben, photos=[file(bordered(CATS)), file(screenshot(CATS))])
    await archive.settled(indexed=4)

    async def told() -> list[Message]:
        return await notices(people, chat)

    [notice] = await until(told, "a notice")
    assert notice["text"].startswith("Posted twice before here, first by Ann on")
    assert notice["reply_to_message"]["message_id"] in [message["message_id"] for message in album]
    path = f"/api/chats/{chat}/messages/{album[0]['message_id']}"
    await people.ask("PATCH", path, json={"user_id": ben, "caption": "look"})
    [last] = await people.post(chat, ben, photos=[file(CATS, quality=40)])

    async def both() -> bool:
        return len(await notices(people, chat)) == 2

    await until(both, "a second notice")
    assert (await notices(people, chat))[1]["reply_to_message"]["message_id"] == last["message_id"]


@pytest.mark.usefixtures("bot")
async def test_a_forgotten_photo_is_still_told_of(people: People, archive: Archive) -> None:
    """What its author had forgotten was never posted: not in /repost, not in a notice, not in a count."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann], admins=[ann])
    [first] = await people.post(chat, ann, photos=[file(CATS)])
    await archive.settled(indexed=1)
    await switched_on(people, chat, ann)
    await people.asked(chat, ann, "/forget", reply_to_message_id=first["message_id"])
    [second] = await people.post(chat, ann, photos=[file(CATS, quality=50)])
    await archive.settled(indexed=1)
    said = await people.told(chat, ann, "/repost", reply_to_message_id=second["message_id"])
    assert said == "I know of no other post of this picture here."
    [third] = await people.post(chat, ann, photos=[file(CATS, quality=40)])

    async def told() -> list[Message]:
        return await notices(people, chat)

    [notice] = await until(told, "a notice")
    assert notice["text"].startswith("Posted once before here")
    assert notice["reply_to_message"]["message_id"] == third["message_id"]


async def test_reposts_are_forgotten_at_a_restart(
    people: People, archive: Archive, settings: Settings, loaded_once: None
) -> None:
    """Fingerprints are kept: the next process finds the same, also after the group became a supergroup."""
    ann = await people.person("Ann")
    chat = await people.chat("group", "Weekend crew", [ann])
    async with polling(bot_application.build(settings)):
        await people.post(chat, ann, photos=[file(CATS)])
        await archive.settled(indexed=1)
    async with polling(bot_application.build(settings)):
        [again] = await people.post(chat, ann, photos=[file(bordered(CATS))])
        await archive.settled(indexed=2)
        answer = await in_a_group(people, chat, ann, again)
        assert answer["text"].startswith("This picture was posted once before:")
        new = (await people.ask("POST", f"/api/chats/{chat}/migrate"))["id"]
        [third] = await people.post(new, ann, photos=[file(screenshot(CATS))])
        await archive.settled(indexed=3)
        said = await people.told(new, ann, "/repost", reply_to_message_id=third["message_id"])
        assert said.startswith("This picture was posted twice before:")
