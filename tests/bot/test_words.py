"""Words around pictures, over real HTTP: captions are found in three languages, in their own chat, as they now are."""

from typing import Any

import pytest

from tests.conftest import Archive
from tests.people import People, jpeg, picture_key, shown, until

pytestmark = pytest.mark.usefixtures("bot")

CAPTIONS = {
    "purple": "Happy Birthday, Anna! 🎂",
    "green": "我们在火车站见面",
    "blue": "Наши собаки на озере",
    "white": None,
    "black": "the old station",
}


async def posted(people: People, archive: Archive) -> tuple[int, int, dict[str, str]]:
    """A group with one photo of each colour, captioned, indexed; the photos' keys by colour."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann])
    keys = {}
    for colour, caption in CAPTIONS.items():
        more: dict[str, Any] = {} if caption is None else {"caption": caption}
        [message] = await people.post(chat, ann, photos=[jpeg(colour)], **more)
        keys[colour] = picture_key(message)
    await archive.settled(indexed=len(CAPTIONS))
    return chat, ann, keys


async def test_a_caption_is_not_found_by_its_words(people: People, archive: Archive) -> None:
    """A word, another form of it, a part of it, two Chinese characters: its photo comes first, and says why."""
    chat, ann, keys = await posted(people, archive)
    for question, colour, quoted in (
        ("birthday", "purple", "Happy Birthday, Anna! 🎂"),
        ("火车", "green", "我们在火车站见面"),
        ("собака у озера", "blue", "Наши собаки на озере"),
        ("stations", "black", "the old station"),
        ("text:irthda", "purple", "Happy Birthday"),
    ):
        answer = await people.asked(chat, ann, f"/search {question}")
        assert shown(answer)[0] == keys[colour], question
        first = answer[0]["caption"].splitlines()
        assert any("in the caption: “" in line and quoted in line for line in first[:2]), first


async def test_what_is_left_out_comes_first_for_its_caption(people: People, archive: Archive) -> None:
    """A photo whose caption says the word behind the minus goes to the end, and its caption is no reason any more."""
    chat, ann, keys = await posted(people, archive)
    for question in ("black station -old", "old station -stations"):
        answer = await people.asked(chat, ann, f"/search {question} n:5")
        assert shown(answer)[-1] == keys["black"], question
        assert "in the caption" not in answer[0]["caption"]


async def test_a_phrase_lets_other_photos_through(people: People, archive: Archive) -> None:
    """text:"…" leaves only what has it in its caption, with and without other words."""
    chat, ann, keys = await posted(people, archive)
    for question in ('text:"happy birthday"', 'red text:"Happy  BIRTHDAY"', "text:birthday text:anna"):
        assert shown(await people.asked(chat, ann, f"/search {question}")) == [keys["purple"]], question
    answer = await people.asked(chat, ann, '/search text:"birthday happy"')
    assert not shown(answer)


async def test_another_page_shows_posts_that_do_not_say_the_phrase(people: People, archive: Archive) -> None:
    """The post that says it is shown, on whatever page, and not an earlier one of the same picture that does not."""
    ann, bob = await people.person("Ann"), await people.person("Bob")
    chat = await people.chat("supergroup", "Twice", [ann, bob])
    for colour in ("red", "blue"):
        await people.post(chat, bob, photos=[jpeg(colour)])
        await people.post(chat, ann, photos=[jpeg(colour)], caption="a wedding")
    await archive.settled(indexed=4)
    [first] = await people.asked(chat, ann, "/search text:wedding n:1")
    assert "1. Ann" in first["caption"]
    await people.press(chat, ann, first, "More")

    async def turned() -> bool:
        [page] = await people.answer(chat, {"message_id": first["reply_to_message"]["message_id"]})
        return "2. Ann" in page["caption"]

    await until(turned, "Ann's post on the second page")


async def test_a_caption_is_found_from_another_chat(people: People, archive: Archive) -> None:
    """What is said in one chat is no hit in another, nor a reason in it."""
    await posted(people, archive)
    bob = await people.person("Bob")
    other = await people.chat("group", "Other", [bob])
    await people.post(other, bob, photos=[jpeg("orange")])
    await archive.settled(indexed=len(CAPTIONS) + 1)
    assert "irthday" not in await people.told(other, bob, "/search birthday")
    assert not shown(await people.asked(other, bob, "/search text:birthday"))


async def test_an_edited_caption_is_found_by_what_it_said(people: People, archive: Archive) -> None:
    """The new words are found and the old are not."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Two", [ann])
    [message] = await people.post(chat, ann, photos=[jpeg("red")], caption="a wedding")
    await archive.settled(indexed=1)
    edited = {"user_id": ann, "caption": "a funeral"}
    await people.ask("PATCH", f"/api/chats/{chat}/messages/{message['message_id']}", json=edited)

    async def followed() -> bool:
        return archive.rows("SELECT folded FROM texts") == [("a funeral",)]

    await until(followed, "the edit")
    assert not shown(await people.asked(chat, ann, "/search text:wedding"))
    assert "a funeral" in await people.told(chat, ann, "/search funeral")
