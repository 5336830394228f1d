"""Paging, by random histories: whatever happens meanwhile, no photo is repeated or left out."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from telegram import Bot

from bot.telegram_files import TelegramFiles
from search import duplicates, ranking, searcher, stored_ranking
from search.candidates import Candidates
from search.clip import ClipEmbedder
from search.decoding import Decoders
from search.direction import Directions, Weights
from search.duplicates import Duplicates
from search.encoding import Encoding
from search.fingerprint import Fingerprint
from search.images import DecodingLimits
from search.once import EmbeddedOnce
from search.page import Asking, Page
from search.pages import Pages
from search.pictures import Pictures
from search.query import Filters, Query, Sort, Words
from search.records import Sent
from search.searcher import Searcher
from search.text_search import TextSearch
from search.verdict import Judge
from storage.chats import Chats
from storage.chroma import ChromaIndex
from storage.chroma_client import ChromaLocation
from storage.database import Database
from storage.embeddings import Embeddings
from storage.filtered import FilteredPhotos
from storage.fingerprints import Fingerprints
from storage.photos import Photos
from storage.questions import Questions
from storage.queue import IndexQueue
from storage.texts import Texts
from storage.vectors import VectorIndex
from tests.drawings import drawn
from tests.storage.builders import GROUP, NOON, added, post, unit


class Chat:
    """A chat's archive with random vectors, and the pages over it; everything but Telegram is real."""

    def __init__(self, database: Database, index: VectorIndex, embeddings: Embeddings, encoding: Encoding) -> None:
        self._database = database
        self._index = index
        self._embeddings = embeddings
        self._encoding = encoding
        self.photos = Photos(database)
        self._posted = 0
        self.pages = self.restarted()

    def restarted(self) -> Pages:
        """The pages as a new process has them."""
        once, encoding = EmbeddedOnce(self._embeddings), self._encoding
        decoders = Decoders(DecodingLimits())
        pictures = Pictures(TelegramFiles(Bot("1:unused")), encoding.embedder, decoders, 1)
        chats, fingerprints = Chats(self._database), Fingerprints(self._database)
        searching = Searcher(
            chats,
            self.photos,
            Directions(self.photos, once, pictures, fingerprints, encoding, Weights()),
            Candidates(FilteredPhotos(self._database), self._index),
            TextSearch(chats, Texts(self._database)),
            Judge(self._embeddings, None),
            Duplicates(fingerprints, self.photos),
            pictures,
        )
        self.pages = Pages(searching, self.photos, Questions(self._database))
        return self.pages

    async def post(self, count: int) -> list[int]:
        """Photos are posted and indexed."""
        rows = []
        for _ in range(count):
            self._posted += 1
            rows.append(await added(self.photos, post(self._posted, minutes=self._posted)))
        dimensions = self._encoding.embedder.dimensions
        await self._embeddings.store({row.image_id: unit(row.image_id, dimensions) for row in rows})
        await IndexQueue(self._database).finish([(row.id, row.image_id) for row in rows])
        await self._index.add(await self._embeddings.entries([row.id for row in rows]))
        return [row.id for row in rows]

    async def same(self, pictures: dict[int, Image.Image]) -> None:
        """These photos show these pictures."""
        made = {photo_id: Fingerprint.of(picture) for photo_id, picture in pictures.items()}
        images = {photo.id: photo.image_id for photo in (await self.photos.get(list(pictures))).values()}
        await Fingerprints(self._database).store({images[key]: one.to_bytes() for key, one in made.items() if one})

    async def delete(self, photo_id: int) -> None:
        """A photo is taken back."""
        photo = (await self.photos.get([photo_id]))[photo_id]
        await self.photos.remove(photo.origin_chat_id, photo.message_id)
        await self._index.remove([photo_id], photo.chat_id)

    async def ask(self, query: Query) -> Page:
        """The first page, shown."""
        asking = Asking(chat_id=GROUP.id, message_id=10**6, thread_id=None, asker_id=7, sent_at=datetime.now(UTC))
        return await self.show(await self.pages.open(asking, query, Sent()))

    async def show(self, page: Page) -> Page:
        """People see it."""
        await self.pages.shown(page.question, Sent("album", (1, 2), 2, NOON))
        return page

    async def more(self) -> Page:
        """The button, pressed."""
        question = await self.pages.controlled(GROUP.id, 2)
        return await self.show(await self.pages.at(question, question.view.end))

    async def back(self) -> Page:
        """The other button."""
        question = await self.pages.controlled(GROUP.id, 2)
        return await self.show(await self.pages.before(question, question.view.start))


@pytest.fixture
async def chat(tmp_path: Path, embedder: ClipEmbedder) -> AsyncIterator[Chat]:
    """An empty one."""
    async with AsyncExitStack() as stack:
        database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
        stack.push_async_callback(database.close)
        location = ChromaLocation(directory=tmp_path / "chroma")
        chroma = ChromaIndex.at(location, embedder.model_id, embedder.dimensions)
        embeddings = Embeddings(database, embedder.model_id)
        index = VectorIndex(embeddings, chroma)
        stack.push_async_callback(index.close)
        encoding = Encoding(embedder)
        encoding.start()
        stack.push_async_callback(encoding.close)
        yield Chat(database, index, embeddings, encoding)


QUERIES = [
    Query(GROUP.id, Words("red car"), 3, minus=("dog",)),  # steered: with random vectors, plain words find nothing
    Query(GROUP.id, None, 4, filters=Filters(since=NOON), sort=Sort.OLDEST),
    Query(GROUP.id, None, 5, filters=Filters(since=NOON)),
]


@pytest.mark.parametrize("seed", range(6))
async def test_paging_repeats_or_leaves_out_a_photo(chat: Chat, seed: int) -> None:
    """To the end and back, every photo that was there when it was asked and stayed is shown exactly once."""
    chance = random.Random(seed)
    there = await chat.post(chance.randint(25, 40))
    seen: list[int] = []
    page = await chat.ask(QUERIES[seed % len(QUERIES)])
    gone: set[int] = set()
    while True:
        shown = [hit.photo.id for hit in page.hits]
        assert page.first == len([photo_id for photo_id in seen if photo_id not in gone]) + 1
        seen += shown
        if not page.has_later:
            break
        for _ in range(chance.randint(0, 3)):
            await chance.choice([_arrival, _deletion, _restart, _back_and_forth])(chat, chance, there, gone)
        page = await chat.more()
    assert len(seen) == len(set(seen)), "a photo was shown twice"
    assert set(seen) <= set(there), "what was posted later is not part of the answer"
    assert set(there) - gone <= set(seen), "a photo was left out"


async def _arrival(chat: Chat, chance: random.Random, _there: list[int], _gone: set[int]) -> None:
    await chat.post(chance.randint(1, 4))


async def _deletion(chat: Chat, chance: random.Random, there: list[int], gone: set[int]) -> None:
    left = [photo_id for photo_id in there if photo_id not in gone]
    if left:
        photo_id = chance.choice(left)
        await chat.delete(photo_id)
        gone.add(photo_id)


async def _restart(chat: Chat, _chance: random.Random, _there: list[int], _gone: set[int]) -> None:
    chat.restarted()


async def _back_and_forth(chat: Chat, _chance: random.Random, _there: list[int], _gone: set[int]) -> None:
    before = (await chat.pages.controlled(GROUP.id, 2)).view
    page = await chat.back()
    while page.question.view.end < before.end:
        page = await chat.more()
    if page.question.view.end != before.end:  # deletions have shifted the pages: go on where it was left
        await chat.show(replace(page, question=replace(page.question, view=before)))


async def test_paging_ends_where_the_kept_ranking_ends(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the search goes deeper, twice here, for the photos that were there when it was asked."""
    for module in (stored_ranking, searcher):
        monkeypatch.setattr(module, "DEPTH", 20)
    there = await chat.post(50)
    shown = [await chat.ask(replace(QUERIES[0], count=6))]
    assert (shown[0].total, shown[0].is_total_known) == (20, False)
    await chat.post(10)
    while shown[-1].has_later:
        shown.append(await chat.more())
    assert sorted(hit.photo.id for page in shown for hit in page.hits) == there
    assert (shown[-1].total, shown[-1].is_total_known) == (50, True)


@pytest.mark.parametrize("sort", [Sort.BEST, Sort.NEWEST])
async def test_more_leads_to_repeats_only(chat: Chat, monkeypatch: pytest.MonkeyPatch, sort: Sort) -> None:
    """The same picture in other files, beyond those that are compared when a ranking is made: shown once, by date too,
    and there is no button for more where nothing else follows."""
    monkeypatch.setattr(duplicates, "COLLAPSED", 4)
    monkeypatch.setattr(ranking, "QUALIFYING", -9.0)
    there = await chat.post(12)
    await chat.same({photo_id: drawn(1 + place % 4) for place, photo_id in enumerate(there)})
    pages_ = [await chat.ask(replace(QUERIES[0], count=2, sort=sort))]
    while pages_[-1].has_later:
        pages_.append(await chat.more())
    assert [len(page.hits) for page in pages_] == [2, 2]
    assert all(hit.posted == 3 for page in pages_ for hit in page.hits)


async def test_a_photo_forgotten_since_is_shown(chat: Chat) -> None:
    """Its id is still in the ranking, its row is not: the page fills up with the next one."""
    there = await chat.post(9)
    first = await chat.ask(replace(QUERIES[0], count=3))
    ranking = first.question.view.ranking
    await chat.delete(ranking[4])
    second = await chat.more()
    assert [hit.photo.id for hit in second.hits] == [ranking[3], ranking[5], ranking[6]]
    assert (second.first, second.total) == (4, len(there) - 1)


async def test_similar_photos_lead_to_another_chats(chat: Chat) -> None:
    """A number that is not on the page is none of ours, even where the photo is in the same chat."""
    await chat.post(9)
    first = await chat.ask(replace(QUERIES[0], count=3))
    with pytest.raises(Exception, match="too old"):
        await chat.pages.similar(first.question, first.question.view.ranking[5])
    like = await chat.show(await chat.pages.similar(first.question, first.hits[1].photo.id))
    assert first.hits[1].photo.id not in [hit.photo.id for hit in like.hits]
    back = await chat.back()
    assert [hit.photo.id for hit in back.hits] == [hit.photo.id for hit in first.hits]
