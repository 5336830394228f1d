"""Which texts are hits of a question, and which of them are given as the reason."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from search.query import Query, Words
from search.text_search import TextHit, TextSearch
from storage.chats import Chats
from storage.database import Database
from storage.texts import Texts
from tests.storage.builders import GROUP, indexed, post

CAPTIONS = (
    "the party",
    "he carved it badly",
    "HappyBirthday to you",
    "\N{BIRTHDAY CAKE} at last",
    "party without cake",
)


@pytest.fixture
async def found(tmp_path: Path) -> AsyncIterator["Asked"]:
    """A chat with captions, to be asked."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    for number, caption in enumerate(CAPTIONS, start=1):
        await indexed(database, replace(post(number), caption=caption))
    yield Asked(TextSearch(Chats(database), Texts(database)))
    await database.close()


class Asked:
    """The chat's texts."""

    def __init__(self, text_search: TextSearch) -> None:
        self._text_search = text_search

    async def by(self, subject: str | None, *text: str, minus: tuple[str, ...] = ()) -> list[TextHit]:
        """The hits of a question."""
        words = None if subject is None else Words(subject)
        query = await self._text_search.narrowed(Query(GROUP.id, words, minus=minus, text=text))
        return await self._text_search.find(query)

    async def denied(self, subject: str, *minus: str) -> list[int]:
        """The photos that say what is to be left out."""
        return await self._text_search.denied(Query(GROUP.id, Words(subject), minus=minus))


@pytest.mark.parametrize(
    ("subject", "phrase", "hits"),
    [
        ("balloons birthday decorations", "party", 2),
        ("balloons", "the", 1),
        ("balloons", "arve", 1),
        ("balloons", "happy birthday", 1),
        ("balloons", "\N{BIRTHDAY CAKE}", 1),
        (None, "\N{BIRTHDAY CAKE}", 1),
        (None, "ar", 3),
    ],
)
async def test_what_says_the_phrase_has_no_reason(found: Asked, subject: str | None, phrase: str, hits: int) -> None:
    """However little of the question besides it is met, and where it is a common word, an emoji or part of a word."""
    for minus in ((), ("last party",)):
        reasons = [hit.reason for hit in await found.by(subject, phrase, minus=minus)]
        assert len(reasons) == hits
        assert None not in reasons


@pytest.mark.parametrize("part", ["art", "car", "birth"])
async def test_a_match_inside_a_word_is_a_reason(found: Asked, part: str) -> None:
    """It is found and ranked, and is no evidence; the word itself is."""
    hits = await found.by(part)
    assert hits
    assert all(hit.reason is None and hit.coverage < 0.5 for hit in hits)
    assert all(hit.reason for hit in await found.by("party"))


async def test_what_is_steered_away_from_is_met_by_parts_of_words(found: Asked) -> None:
    """-art leaves the party; a phrase that is left out must be said wholly, in any order and form."""
    assert len(await found.by("party", minus=("art",))) == len(await found.by("party", minus=("cake last",))) == 2
    assert [hit.photo_id for hit in await found.by("party", minus=("cakes",))] == [1]
    assert await found.denied("party", "art") == []
    assert await found.denied("party", "birthday", "cakes party") == [5]
