"""Questions and answers, over real HTTP, with the demo model."""

import asyncio
from typing import Any

import pytest

from handlers.help import COMMANDS
from sandbox.server import Sandbox
from tests.conftest import Archive
from tests.people import People, jpeg, picture_key, shown, until

pytestmark = pytest.mark.usefixtures("bot")

COLOURS = ("red", "green", "blue", "yellow", "white", "black", "purple")


async def posted(people: People, archive: Archive, **more: Any) -> tuple[int, int, dict[str, str]]:
    """A group with one photo of each colour, indexed; the photos' keys by colour."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Weekend crew", [ann], **more)
    keys = {}
    for colour in COLOURS:
        [message] = await people.post(chat, ann, photos=[jpeg(colour)])
        keys[colour] = picture_key(message)
    await archive.settled(indexed=len(COLOURS))
    return chat, ann, keys


async def test_an_answer_is_one_album_with_one_numbered_list(people: People, archive: Archive) -> None:
    """Five photos as a reply, one caption, who and when and a link in each line: clients hide several captions."""
    chat, ann, keys = await posted(people, archive)
    answer = await people.asked(chat, ann, "/search red")
    assert len(answer) == 5
    assert len({message["media_group_id"] for message in answer}) == 1
    captions = [message["caption"] for message in answer if message.get("caption")]
    assert [line.partition(".")[0] for line in captions[0].splitlines()] == ["1", "2", "3", "4", "5"]
    assert len(captions) == 1
    assert "Ann" in captions[0]
    links = [entity["url"] for entity in answer[0]["caption_entities"] if entity["type"] == "text_link"]
    assert len(links) == 5
    assert all(link.startswith(f"https://t.me/c/{str(chat).removeprefix('-100')}/") for link in links)
    assert set(shown(answer)) <= set(keys.values())


async def test_a_lone_hit_does_not_break_the_album(people: People, archive: Archive) -> None:
    """Albums have two photos at least; one photo is sent as a photo."""
    ann = await people.person("Ann")
    chat = await people.chat("group", "Two", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    [answer] = await people.asked(chat, ann, "/search red")
    assert answer["caption"].startswith("1. Ann, ")
    assert "media_group_id" not in answer


async def test_similar_never_answers_with_the_photo_asked_about(people: People, archive: Archive) -> None:
    """As a reply, with /similar and with a bare /search; reposts of the photo are left out too."""
    chat, ann, keys = await posted(people, archive)
    [again] = await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=len(COLOURS) + 1)
    for command in ("/similar", "/search"):
        found = shown(await people.asked(chat, ann, command, reply_to_message_id=again["message_id"]))
        assert keys["red"] not in found
        assert len(found) == 5


async def test_the_nearest_picture_comes_first(people: People, archive: Archive) -> None:
    """A slightly other red is nearer to red than any other colour."""
    chat, ann, keys = await posted(people, archive)
    [question] = await people.post(chat, ann, photos=[jpeg((250, 10, 10))], caption="/similar")
    assert shown(await people.answer(chat, question))[0] == keys["red"]


@pytest.mark.parametrize("command", ["/similar", "/search", "/similar@{bot}"])
async def test_a_photo_with_a_command_as_its_caption_is_a_question(
    people: People, archive: Archive, bot: Any, command: str
) -> None:
    """PTB's CommandHandler does not see captions. The photo is indexed as well, and is not its own answer."""
    chat, ann, keys = await posted(people, archive)
    caption = command.format(bot=bot.bot.username)
    [question] = await people.post(chat, ann, photos=[jpeg((0, 128, 10))], caption=caption)
    answer = await people.answer(chat, question)
    assert shown(answer)[0] == keys["green"]
    assert picture_key(question) not in shown(answer)
    await archive.settled(indexed=len(COLOURS) + 1)


async def test_a_caption_for_another_bot_is_not_answered(people: People, archive: Archive) -> None:
    """/similar@someone_else is none of our business."""
    chat, ann, _ = await posted(people, archive)
    await people.post(chat, ann, photos=[jpeg("pink")], caption="/similar@another_bot")
    asked = await people.post(chat, ann, text="/stats")
    await people.answer(chat, asked[0])
    assert not shown(await people.from_bot(chat))


async def test_a_photo_from_before_the_bot_came_can_be_asked_about(people: People, archive: Archive) -> None:
    """The reply carries the photo: it need not be in the archive."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Old", [ann], bot="absent")
    [old] = await people.post(chat, ann, photos=[jpeg("red")])
    await people.ask("POST", f"/api/chats/{chat}/members", json={"user_id": "bot", "status": "member", "by": ann})
    [new] = await people.post(chat, ann, photos=[jpeg((250, 0, 0))])
    await archive.settled(indexed=1)
    answer = await people.asked(chat, ann, "/similar", reply_to_message_id=old["message_id"])
    assert shown(answer) == [picture_key(new)]


async def test_private_words_are_a_search_and_photos_are_acknowledged(people: People, archive: Archive) -> None:
    """No command is needed in private; an album is acknowledged once."""
    ann = await people.person("Ann")
    album = await people.post(ann, ann, photos=[jpeg("red"), jpeg("blue")])
    await archive.settled(indexed=2)
    assert "emembered" in (await people.answer(ann, album[0]))[0]["text"]
    assert set(shown(await people.asked(ann, ann, "something red"))) == {picture_key(message) for message in album}
    said = [message for message in await people.from_bot(ann) if "emembered" in message.get("text", "")]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("/search", "What should I look for"),
        ("/search    ", "What should I look for"),
        ("/similar", "Similar to what"),
        (f"/search {'word ' * 100}", "too long|characters"),
        ("/help", "/similar"),
        ("/start", "/search"),
        ("/stats", "7 photos indexed since"),
    ],
)
async def test_an_unanswerable_question_gets_a_sentence(
    people: People, archive: Archive, question: str, sentence: str
) -> None:
    """Each says what to do; none is silence."""
    chat, ann, _ = await posted(people, archive)
    text = await people.told(chat, ann, question)
    assert any(part in text for part in sentence.split("|"))


async def test_a_reply_to_words_gets_a_sentence(people: People, archive: Archive) -> None:
    """There is no photo to compare with."""
    chat, ann, _ = await posted(people, archive)
    [words] = await people.post(chat, ann, text="just words")
    assert "no photo" in await people.told(chat, ann, "/similar", reply_to_message_id=words["message_id"])


async def test_an_empty_archive_says_so(people: People) -> None:
    """The first question of a new group is not met with silence."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "New", [ann])
    assert "have not seen any photo" in await people.told(chat, ann, "/search red car")


async def test_no_answer_comes_from_another_chat(people: People, archive: Archive) -> None:
    """Neither to words nor to a picture, even where the very same picture was posted elsewhere."""
    chat, ann, _ = await posted(people, archive)
    other = await people.chat("supergroup", "Others", [ann])
    [own] = await people.post(other, ann, photos=[jpeg("orange")])
    await archive.settled(indexed=len(COLOURS) + 1)
    assert shown(await people.asked(other, ann, "/search red")) == [picture_key(own)]
    [red] = await people.post(other, ann, photos=[jpeg("red")], caption="/similar")
    assert shown(await people.answer(other, red)) == [picture_key(own)]
    assert picture_key(own) not in shown(await people.asked(chat, ann, "/search orange"))


async def test_an_answer_stays_in_its_topic(people: People, archive: Archive) -> None:
    """And a message in a topic is no reply to the message that opened the topic."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Forum", [ann], is_forum=True)
    topic = (await people.ask("POST", f"/api/chats/{chat}/topics", json={"name": "Food"}))["message_thread_id"]
    [photo] = await people.post(chat, ann, photos=[jpeg("red")], message_thread_id=topic)
    await archive.settled(indexed=1)
    [answer] = await people.asked(chat, ann, "/search red", message_thread_id=topic)
    assert answer["message_thread_id"] == topic
    links = [entity["url"] for entity in answer["caption_entities"] if entity["type"] == "text_link"]
    assert links == [f"https://t.me/c/{str(chat).removeprefix('-100')}/{topic}/{photo['message_id']}"]
    assert "What should I look for" in await people.told(chat, ann, "/search", message_thread_id=topic)


async def test_a_spoiler_stays_a_spoiler(people: People, archive: Archive) -> None:
    """A blurred photo is not shown plainly by a search."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Films", [ann])
    await people.post(chat, ann, photos=[jpeg("red")], spoiler="true")
    await archive.settled(indexed=1)
    [answer] = await people.asked(chat, ann, "/search red")
    assert answer["has_media_spoiler"] is True


async def test_a_question_overtakes_a_backlog(people: People, archive: Archive) -> None:
    """Answered while most of a hundred photos still wait, and the answer says that it may get better."""
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Busy", [ann])
    await people.post(chat, ann, photos=[jpeg("red")])
    await archive.settled(indexed=1)
    pictures = [jpeg((number, 255 - number, 90)) for number in range(100)]
    await asyncio.gather(*(people.post(chat, ann, photos=[picture]) for picture in pictures[:50]))
    await people.ask("POST", "/api/faults", json={"method": "file", "delay": 3600, "times": 0})
    await asyncio.gather(*(people.post(chat, ann, photos=[picture]) for picture in pictures[50:]))
    text = await people.told(chat, ann, "/search red")
    assert "waiting to be indexed" in text
    await people.ask("DELETE", "/api/faults")
    await archive.settled(indexed=101)


async def test_a_slow_answer_is_not_silence(people: People, archive: Archive, sandbox: Sandbox) -> None:
    """While it takes its time, the chat shows that the bot is at work."""
    chat, ann, _ = await posted(people, archive)
    await people.ask("POST", "/api/faults", json={"method": "sendMediaGroup", "delay": 3600})
    [question] = await people.post(chat, ann, text="/search red")

    async def is_shown() -> bool:
        return "sendChatAction" in {call.method for call in sandbox.world.calls}

    await until(is_shown, "the chat action")
    await people.ask("DELETE", "/api/faults")
    assert len(await people.answer(chat, question)) == 5


async def test_the_commands_are_registered(people: People) -> None:
    """Clients show them when somebody types a slash."""
    lines = await until(people.commands, "the commands")
    assert [line.partition(":")[0] for line in lines] == [command.command for command in COMMANDS]
