"""The same picture in a chat, however often it was posted and whatever was done to it in between.

Asked at query time, of one chat only: the hashes of its images lie in memory, 224 bytes each, read from SQL at the
first question and kept up with the indexer; what is near is decided with whole fingerprints, and what is shown is read
from SQL again. So an image that is no longer there is never counted, and nothing of another chat is.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from search.fingerprint import HASHES_SIZE, VIEWS, WORDS, Columns, Fingerprint, columns_of, near_pairs
from search.ranking import Candidate, Hit
from search.records import Photo, PhotoState, Posting
from storage.fingerprints import Fingerprints
from storage.photos import Photos

COLLAPSED = 300
"""The best of a ranking, among which the same picture stands once: sixty pages of five, compared in 20 ms."""
HELD = 64 * 2**20
"""Bytes of hashes in memory: 300,000 images, of the chats asked last."""
Left = Callable[[Sequence[int]], Awaitable[Collection[int]]]
"""Which of these ids a question's filters leave."""
INLINE_ROWS = 2_000
"""Fewer are compared where they are asked for: in a millisecond."""


@dataclass(slots=True, eq=False)
class _Chat:
    image_ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    columns: Columns = field(default_factory=lambda: np.empty((VIEWS, WORDS, 0), np.uint64))
    is_loaded: bool = False
    pending: set[int] = field(default_factory=set)
    """Images that were indexed since it was read."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def add(self, image_ids: Sequence[int], hashes: bytes) -> None:
        rows = np.frombuffer(hashes, "<u8").reshape(-1, VIEWS, WORDS).astype(np.uint64)
        self.image_ids = np.concatenate([self.image_ids, np.array(image_ids, np.int64)])
        self.columns = np.concatenate([self.columns, columns_of(rows)], axis=2)


class Duplicates:
    """Finds the same picture again."""

    def __init__(self, fingerprints: Fingerprints, photos: Photos) -> None:
        self._fingerprints = fingerprints
        self._photos = photos
        self._chats: OrderedDict[int, _Chat] = OrderedDict()

    def indexed(self, photos: Iterable[Photo]) -> None:
        """SQL has these photos as indexed now."""
        for photo in photos:
            self.learnt(photo.chat_id, photo.image_id)

    def learnt(self, chat_id: int, image_id: int) -> None:
        """SQL has the fingerprint of an image that the chat shows."""
        chat = self._chats.get(chat_id)
        if chat is not None:
            chat.pending.add(image_id)

    def forget(self, chat_id: int) -> None:
        """So much changed that the chat is better read anew."""
        self._chats.pop(chat_id, None)

    async def same(self, chat_id: int, fingerprint: Fingerprint) -> list[int]:
        """The images that a chat shows, or showed, and that are the same picture."""
        chat = await self._chat(chat_id)
        image_ids, columns = chat.image_ids, chat.columns
        if len(image_ids) <= INLINE_ROWS:
            rows = fingerprint.near(columns)
        else:
            rows = await asyncio.to_thread(fingerprint.near, columns)
        near = await self.known([int(image_id) for image_id in image_ids[rows]])
        return await asyncio.to_thread(_confirmed, fingerprint, near) if near else []

    async def known(self, image_ids: Sequence[int]) -> dict[int, Fingerprint]:
        """The fingerprints of images that have one."""
        made = await self._fingerprints.get(image_ids)
        return {image_id: Fingerprint.from_bytes(data) for image_id, data in made.items() if data}

    async def posts(self, chat_id: int, image_ids: Collection[int]) -> list[Posting]:
        """Every post in a chat of these images and of those that are the same picture, earliest first."""
        same = set(image_ids)
        for fingerprint in (await self.known(list(image_ids))).values():
            same.update(await self.same(chat_id, fingerprint))
        return await self._fingerprints.postings(chat_id, list(same))

    async def collapsed(self, found: Sequence[Candidate], asked: Collection[int] = ()) -> list[Candidate]:
        """A ranking with each picture once, where its best post stood, as its earliest post; without the pictures
        that are `asked` about."""
        head, tail = found[:COLLAPSED], found[COLLAPSED:]
        known = await self.known([*(one.posting.image_id for one in head), *asked])
        groups = await asyncio.to_thread(_groups, known) if len(known) > 1 else {}
        shown: dict[int, Candidate] = {}
        left_out = {groups.get(image_id, image_id) for image_id in asked}
        for one in head:
            group = groups.get(one.posting.image_id, one.posting.image_id)
            best = shown.get(group)
            if best is None and group not in left_out:
                shown[group] = one
            elif best is not None:
                earliest = min(one.posting, best.posting, key=_moment)
                shown[group] = replace(best, posting=earliest, posted=best.posted + one.posted)
        return [*shown.values(), *tail]

    async def repeats(self, shown: Sequence[int], further: Sequence[int], wanted: int) -> set[int]:
        """The places in `further` of images that are the same picture as one that was shown, or as one before them;
        looked at only until `wanted` others are found."""
        before, places, start = list(shown), set[int](), 0
        while start < len(further) and wanted > 0:
            part = further[start : start + wanted]
            known = await self.known([*before, *part])
            again = await asyncio.to_thread(_repeats, known, before, part)
            before += [image_id for place, image_id in enumerate(part) if place not in again]
            places.update(start + place for place in again)
            start, wanted = start + len(part), wanted - len(part) + len(again)
        return places

    async def counted(
        self, chat_id: int, hits: Sequence[Hit], left: Left | None = None, asked_in: int | None = None
    ) -> tuple[Hit, ...]:
        """Hits of a chat with how often each was posted there, and its earliest post; of the posts only those that are
        `left`, where a question has filters, and never counting the message that asks."""
        posted = await asyncio.gather(*(self.posts(chat_id, [hit.photo.image_id]) for hit in hits))
        ids = [post.id for posts in posted for post in posts]
        among = set(ids if left is None else await left(ids))
        counted: list[Hit] = []
        for hit, every in zip(hits, posted, strict=True):
            posts = [
                post
                for post in every
                if post.id in among and (post.origin_chat_id, post.message_id) != (chat_id, asked_in)
            ]
            counted.append(replace(hit, photo=await self._whole(posts, hit.photo), posted=max(1, len(posts))))
        return tuple(counted)

    async def _whole(self, posts: Sequence[Posting], shown: Photo) -> Photo:
        """The earliest of the posts; `shown` where that is it, or gone since."""
        if not posts or posts[0].id == shown.id:
            return shown
        earliest = (await self._photos.get([posts[0].id])).get(posts[0].id)
        is_there = earliest is not None and (earliest.chat_id, earliest.state) == (shown.chat_id, PhotoState.INDEXED)
        return earliest if earliest is not None and is_there else shown

    async def _chat(self, chat_id: int) -> _Chat:
        chat = self._chats.setdefault(chat_id, _Chat())
        self._chats.move_to_end(chat_id)
        async with chat.reading:
            if not chat.is_loaded:
                chat.add(*await self._fingerprints.of_chat(chat_id, HASHES_SIZE))
                chat.is_loaded = True
            if chat.pending:
                await self._catch_up(chat)
        self._shrink(chat_id)
        return chat

    async def _catch_up(self, chat: _Chat) -> None:
        pending, chat.pending = chat.pending, set()
        new = pending.difference(chat.image_ids.tolist())
        try:
            made = {key: data for key, data in (await self._fingerprints.get(list(new))).items() if data}
        except BaseException:  # cancelled, or SQL was away: the next question reads them
            chat.pending |= pending
            raise
        chat.add(list(made), b"".join(data[:HASHES_SIZE] for data in made.values()))

    def _shrink(self, used: int) -> None:
        held = sum(chat.columns.nbytes for chat in self._chats.values())
        for chat_id in list(self._chats):
            if held <= HELD or chat_id == used:
                return
            held -= self._chats.pop(chat_id).columns.nbytes


def _confirmed(fingerprint: Fingerprint, near: dict[int, Fingerprint]) -> list[int]:
    return [image_id for image_id, other in near.items() if fingerprint.is_same(other)]


def _repeats(known: dict[int, Fingerprint], shown: Sequence[int], further: Sequence[int]) -> set[int]:
    before, repeats = list(shown), set[int]()
    for place, image_id in enumerate(further):
        one, others = known.get(image_id), [other for other in before if other in known]
        hashes = [known[other].hashes for other in others]
        rows = one.near(columns_of(np.stack(hashes))) if one is not None and others else ()
        near = {others[int(row)]: known[others[int(row)]] for row in rows}
        if image_id in before or (one is not None and _confirmed(one, near)):
            repeats.add(place)
        else:
            before.append(image_id)
    return repeats


def _groups(known: dict[int, Fingerprint]) -> dict[int, int]:
    """Every image that is the same picture as an earlier one, and that one: the first of its group."""
    ids = list(known)
    first: dict[int, int] = {}
    for i, j in near_pairs(np.stack([one.hashes for one in known.values()])):
        leader = first.get(ids[i], ids[i])
        if ids[j] not in first and known[leader].is_same(known[ids[j]]):
            first[ids[j]] = leader
    return first


def _moment(posting: Posting) -> tuple[datetime, int]:
    return posting.date, posting.id
