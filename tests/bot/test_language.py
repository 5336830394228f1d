"""The language of /search over real HTTP, with the demo model."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import application as bot_application
from bot.settings import Settings
from tests.conftest import Archive, polling
from tests.people import People, jpeg, picture_key, shown

PICTURES = Path(__file__).parents[2] / "sandbox" / "archive" / "pictures"


@dataclass
class Crew:
    """A group in which photos of known days and people were posted, and the ones who ask there."""

    people: People
    chat: int
    ann: int
    bob: int
    keys: dict[str, str]

    async def found(self, question: str, **fields: object) -> list[str]:
        """The colours of an answer, in its order."""
        answer = await self.people.asked(self.chat, self.ann, question, **fields)
        colours = {key: colour for colour, key in self.keys.items()}
        return [colours[key] for key in shown(answer)]

    async def told(self, question: str) -> str:
        """The sentence of an answer."""
        return await self.people.told(self.chat, self.ann, question)


async def named(people: People, first_name: str, **more: str) -> int:
    """A person with more than a first name."""
    user: dict[str, int] = await people.ask("POST", "/api/users", json={"first_name": first_name, **more})
    return user["id"]


async def crew(people: People, archive: Archive, kind: str = "supergroup") -> Crew:
    """Red and green by Ann in May 2024, blue by Bob on the night of 15 June, yellow by Bob at New Year."""
    ann = await named(people, "Анна", last_name="Lee", username="ann_lee")
    bob = await named(people, "Bob", last_name="Berg")
    chat = await people.chat(kind, "Crew", [ann, bob], admins=[ann, bob])
    keys = {}
    for colour, who, moment, caption in (
        ("red", ann, "2024-05-03T10:00:00Z", ""),
        ("green", ann, "2024-05-20T10:00:00Z", "Happy Birthday, dear Wei!"),
        ("blue", bob, "2024-06-15T22:30:00Z", "happy, and it was a birthday"),
        ("yellow", bob, "2025-01-01T00:00:00Z", ""),
    ):
        await people.ask("POST", "/api/clock", json={"now": moment})
        [message] = await people.post(chat, who, photos=[jpeg(colour)], caption=caption)
        keys[colour] = picture_key(message)
        await archive.settled(indexed=len(keys))  # Telegram keeps updates for a day: the clock may not run ahead
    await people.ask("POST", "/api/clock", json={"now": datetime.now(UTC).isoformat()})
    return Crew(people, chat, ann, bob, keys)


# In two halves: more than twenty answers to one group a minute are more than Telegram takes, and the bot waits.
@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    "answers",
    [
        {
            "/search from:@ann_lee": ["green", "red"],
            "/search from:me": ["green", "red"],
            '/search from:"анна lee" sort:old': ["red", "green"],
            "/search from：berg n:1": ["yellow"],
            "/search from:me from:Bob n:10": ["yellow", "blue", "green", "red"],
            '/search text:"happy birthday"': ["green"],
            "/search text:“happy birthday” from:me": ["green"],
            "/search text:birthday from:Bob": ["blue"],
        },
        {
            "/search after:2024-06": ["yellow", "blue"],
            "/search before:2024-06-15": ["green", "red"],
            "/search on:2024": ["blue", "green", "red"],
            "/search on:2024-05": ["green", "red"],
            "/search on:2024-05-03": ["red"],
            "/search on:2025-01-01": ["yellow"],
            "/search after:2024-05-04 before:2025 sort:old": ["green", "blue"],
            "/search red sort:new": ["red"],
        },
    ],
    ids=["people and texts", "days and order"],
)
async def test_a_filter_is_taken_for_words(people: People, archive: Archive, answers: dict[str, list[str]]) -> None:
    """Each operator leaves what it says, alone and together with words, others and quotes."""
    asked = await crew(people, archive)
    for question, colours in answers.items():
        assert await asked.found(question) == colours, question


@pytest.mark.usefixtures("bot")
async def test_words_and_filters_leave_each_other_out(people: People, archive: Archive) -> None:
    """What fits the filter is ranked by the words; where nothing fits, that is said."""
    asked = await crew(people, archive)
    assert (await asked.found("/search birthday sort:old"))[:2] == ["green", "blue"]
    assert (await asked.found("/search green from:@ann_lee"))[0] == "green"
    assert (await asked.found("/search red from:@ann_lee sort:best"))[0] == "red"
    assert "no other photo in this chat that fits" in await asked.told("/search on:2019")
    assert "understand" not in await asked.told("/search 10:30 ratio 16:9 http://example.com")


@pytest.mark.usefixtures("bot")
async def test_what_is_not_understood_is_silently_left_out(people: People, archive: Archive) -> None:
    """The sentence points at the word; nothing is searched."""
    asked = await crew(people, archive)
    for question, word in {
        "/search red before:2024-13": "“before:2024-13”",
        "/search sort:up": "“sort:up”",
        "/search red n:50": "“n:50”",
        '/search text:"happy': '“text:"happy”',
        "/search red -from:me": "“-from:me”",
        "/search since:2024-05": "“since:2024-05”",
        "/search from:@nobody_here": "“from:@nobody_here”",
        "/search from:": "“from:”",
        "/search -dog": "what to look for",
        f"/search {'word ' * 60}": "characters",
    }.items():
        assert word in await asked.told(question), question
    assert "on:2024-05-03" in await asked.told("/help search")


@pytest.mark.usefixtures("bot")
async def test_a_namesake_or_a_stranger_is_named(people: People, archive: Archive) -> None:
    """from: tells of this chat's senders only: somebody of another chat is nobody here, whoever asks."""
    asked = await crew(people, archive)
    cat = await named(people, "Cat", username="cat_here")
    elsewhere = await people.chat("supergroup", "Elsewhere", [cat, asked.ann])
    await people.post(elsewhere, cat, photos=[jpeg("purple")])
    bob = await named(people, "Bob", username="other_bob")
    await people.ask(
        "POST", f"/api/chats/{asked.chat}/members", json={"user_id": bob, "status": "member", "by": asked.ann}
    )
    await people.post(asked.chat, bob, photos=[jpeg("white")])
    await archive.settled(indexed=6)
    for name in ("Cat", "@cat_here", "cat_here"):
        sentence = await asked.told(f"/search from:{name}")
        assert "nobody of that name" in sentence
    namesakes = await asked.told("/search from:berg from:B")
    assert "nobody" in namesakes
    [one] = await people.post(elsewhere, asked.ann, text="/search from:Bob")
    assert "nobody of that name" in (await people.answer(elsewhere, one))[0]["text"]
    found = shown(await people.asked(asked.chat, asked.ann, "/search from:Bob"))
    assert len(found) == 1  # a full name goes before a part of one: Bob, not Bob Berg


@pytest.mark.usefixtures("bot")
async def test_words_beside_a_photo_are_ignored(people: People, archive: Archive) -> None:
    """As a reply and as a caption, photo and words both count, in private without a command; -word steers away."""
    ann = await people.person("Ann")
    names = ("134-dog", "072-dog", "085-red-bicycle", "009-bicycle", "113-yellow-automobile")
    posts = {}
    for name in names:
        [posts[name]] = await people.post(ann, ann, photos=[(PICTURES / f"{name}.webp").read_bytes()])
    await archive.settled(indexed=len(names))
    files = {picture_key(message): name for name, message in posts.items()}

    async def found(text: str, **fields: object) -> list[str]:
        return [files[key] for key in shown(await people.asked(ann, ann, text, **fields))][:2]

    on_the_beach = posts["134-dog"]["message_id"]
    assert (await found("in the snow"))[0] == "085-red-bicycle"
    assert await found("/similar", reply_to_message_id=on_the_beach) == ["072-dog", "113-yellow-automobile"]
    for text in ("/search same but in the snow", "same but in the snow"):
        assert await found(text, reply_to_message_id=on_the_beach) == ["072-dog", "085-red-bicycle"]
    again = (PICTURES / "134-dog.webp").read_bytes()
    [question] = await people.post(ann, ann, photos=[again], caption="/search same but in the snow")
    assert [files[key] for key in shown(await people.answer(ann, question))][:2] == ["072-dog", "085-red-bicycle"]
    for text in ("in the snow -bicycle", "-bicycle from:me in the snow n:1"):
        assert (await found(text))[0].endswith("dog")


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("kind", ["group", "channel"])
async def test_a_kind_of_chat_does_not_know_the_language(people: People, archive: Archive, kind: str) -> None:
    """Groups and channels are asked alike; in a channel everything is by the channel."""
    asked = await crew(people, archive, kind)
    assert await asked.found("/search on:2024-05") == ["green", "red"]
    assert await asked.found("/search from:me on:2024-05 n:1") == ["green"]
    if kind == "channel":
        assert "nobody" in await asked.told("/search from:@ann_lee")


async def test_a_day_is_that_of_greenwich(
    people: People, archive: Archive, settings: Settings, loaded_once: None
) -> None:
    """With a time zone in the settings, a photo of half past midnight there belongs to that day, and is told of so."""
    there = settings.model_copy(update={"timezone": "Europe/Berlin"})
    async with polling(bot_application.build(there)):
        asked = await crew(people, archive)
        assert await asked.found("/search on:2024-06-16") == ["blue"]
        assert "Bob Berg, 16 Jun 2024" in await asked.told("/search on:2024-06-16")
        assert "since 3 May 2024" in await asked.told("/stats")
        assert "“on:2024-02-30”" in await asked.told("/search on:2024-02-30")
