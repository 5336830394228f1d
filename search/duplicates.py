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

from search.fingerprint import HASHES_SIZE, Fingerprint, Hashes
from search.near_hashes import HeldHashes, near_pairs
from search.ranking import Candidate, Hit
from search.records import Photo, PhotoState, Posting, Remembered
from storage.fingerprints import Fingerprints
from storage.photos import Photos

COLLAPSED = 300
"""The best of a ranking, among which the same picture stands once: sixty pages of five, compared in 5 ms."""
HELD = 64 * 2**20
"""Bytes of hashes in memory: 300,000 images, of the chats asked last."""
Left = Callable[[Sequence[int]], Awaitable[Collection[int]]]
"""Which of these ids a question's filters leave."""
INLINE_ROWS = 2_000
"""Fewer are compared where they are asked for: in a millisecond."""


@dataclass(slots=True, eq=False)
class _Chat:
    hashes: HeldHashes = field(default_factory=HeldHashes.empty)
    is_loaded: bool = False
    pending: set[int] = field(default_factory=set)
    """Images that were indexed since it was read."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


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

    async def load(self, chat_id: int) -> None:
        """Read what finding pictures again in a chat needs, ahead of that."""
        await self._chat(chat_id)

    async def same(self, chat_id: int, fingerprint: Fingerprint) -> list[int]:
        """The images that a chat shows, or showed, and that are the same picture."""
        chat = await self._chat(chat_id)
        [near] = await _near(chat.hashes, [fingerprint.hashes])
        known = await self._known(near)
        return await asyncio.to_thread(_confirmed, fingerprint, known) if known else []

    async def posts(self, chat_id: int, image_ids: Collection[int]) -> list[Posting]:
        """Every post in a chat of these images and of those that are the same picture, earliest first."""
        same = await self._same_as(chat_id, image_ids)
        return await self._fingerprints.postings(chat_id, list(set().union(*same.values())))

    async def collapsed(self, chat_id: int, found: Sequence[Candidate], asked: Collection[int] = ()) -> list[Candidate]:
        """A chat's ranking with each picture once, where its best post stood, as its earliest post; without the
        pictures that are `asked` about."""
        head, tail = found[:COLLAPSED], found[COLLAPSED:]
        groups = await self._groups(chat_id, [*(one.posting.image_id for one in head), *asked])
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

    async def repeats(self, chat_id: int, shown: Sequence[int], further: Sequence[int], wanted: int) -> set[int]:
        """The places in `further` of images of a chat that are the same picture as one that was shown, or as one before
        them; looked at only until `wanted` others are found."""
        before, places, start = list(shown), set[int](), 0
        while start < len(further) and wanted > 0:
            part = further[start : start + wanted]
            pairs = await self._near_pairs(chat_id, [*before, *part])
            known = await self._known({image_id for pair in pairs for image_id in pair})
            again = await asyncio.to_thread(_repeats, known, before, part) if known else _repeats({}, before, part)
            before += [image_id for place, image_id in enumerate(part) if place not in again]
            places.update(start + place for place in again)
            start, wanted = start + len(part), wanted - len(part) + len(again)
        return places

    async def counted(
        self, chat_id: int, hits: Sequence[Hit], left: Left | None = None, asked_in: int | None = None
    ) -> tuple[Hit, ...]:
        """Hits of a chat with how often each was posted there, and its earliest post; of the posts only those that are
        `left`, where a question has filters, and never counting the message that asks."""
        same = await self._same_as(chat_id, [hit.photo.image_id for hit in hits])
        every = await self._fingerprints.postings(chat_id, list(set().union(*same.values())))
        ids = [post.id for post in every]
        among = set(ids if left is None else await left(ids))
        is_asking = {post.id for post in every if (post.origin_chat_id, post.message_id) == (chat_id, asked_in)}
        counted: list[Hit] = []
        for hit in hits:
            shown = same[hit.photo.image_id]
            posts = [post for post in every if post.image_id in shown and post.id in among - is_asking]
            counted.append(replace(hit, photo=await self._whole(posts, hit.photo), posted=max(1, len(posts))))
        return tuple(counted)

    async def _whole(self, posts: Sequence[Posting], shown: Photo) -> Photo:
        """The earliest of the posts; `shown` where that is it, or gone since."""
        if not posts or posts[0].id == shown.id:
            return shown
        earliest = (await self._photos.get([posts[0].id])).get(posts[0].id)
        is_there = earliest is not None and (earliest.chat_id, earliest.state) == (shown.chat_id, PhotoState.INDEXED)
        return earliest if earliest is not None and is_there else shown

    async def _groups(self, chat_id: int, image_ids: Collection[int]) -> dict[int, int]:
        """Every image that is the same picture as an earlier one, and that one: the first of its group."""
        pairs = await self._near_pairs(chat_id, image_ids)
        known = await self._known({image_id for pair in pairs for image_id in pair})
        return await asyncio.to_thread(_grouped, pairs, known) if known else {}

    async def _near_pairs(self, chat_id: int, image_ids: Collection[int]) -> list[tuple[int, int]]:
        """Of some images, the pairs that may be the same picture, in the order of their ids."""
        hashes = dict(sorted((await self._hashes((await self._chat(chat_id)).hashes, image_ids)).items()))
        if len(hashes) < 2:
            return []
        ids, pairs = list(hashes), await asyncio.to_thread(near_pairs, np.stack(list(hashes.values())))
        return [(ids[i], ids[j]) for i, j in pairs]

    async def _same_as(self, chat_id: int, image_ids: Collection[int]) -> dict[int, set[int]]:
        """Each of these images, and what a chat shows, or showed, that is the same picture."""
        chat = await self._chat(chat_id)
        hashes = await self._hashes(chat.hashes, image_ids)
        near = dict(zip(hashes, await _near(chat.hashes, list(hashes.values())), strict=True))
        wanted = {other for image_id, found in near.items() if found != [image_id] for other in (image_id, *found)}
        known = await self._known(wanted)
        same = {image_id: {image_id} for image_id in image_ids}
        for image_id, found in near.items() if known else ():
            others = {other: known[other] for other in found if other in known}
            if image_id in known and others.keys() - {image_id}:
                same[image_id].update(await asyncio.to_thread(_confirmed, known[image_id], others))
        return same

    async def _hashes(self, held: HeldHashes, image_ids: Collection[int]) -> dict[int, Hashes]:
        """Of images that have a fingerprint; from SQL where another chat shows them, or none any more."""
        lacking = await self._known(held.lacking(image_ids))
        return held.of(image_ids) | {image_id: one.hashes for image_id, one in lacking.items()}

    async def _known(self, image_ids: Collection[int]) -> dict[int, Fingerprint]:
        """The fingerprints of images that have one."""
        if not image_ids:
            return {}
        made = await self._fingerprints.get(sorted(image_ids))
        return {image_id: Fingerprint.from_bytes(data) for image_id, data in made.items() if data}

    async def _chat(self, chat_id: int) -> _Chat:
        chat = self._chats.setdefault(chat_id, _Chat())
        self._chats.move_to_end(chat_id)
        if not chat.is_loaded or chat.pending:
            async with chat.reading:
                if not chat.is_loaded:
                    read = await self._fingerprints.of_chat(chat_id, HASHES_SIZE)
                    chat.hashes = await asyncio.to_thread(HeldHashes.empty().with_more, *read)
                    chat.is_loaded = True
                if chat.pending:
                    await self._catch_up(chat)
            self._shrink(chat_id)
        return chat

    async def _catch_up(self, chat: _Chat) -> None:
        pending, chat.pending = chat.pending, set()
        try:
            made = await self._fingerprints.get(list(chat.hashes.lacking(pending)))
        except BaseException:  # cancelled, or SQL was away: the next question reads them
            chat.pending |= pending
            raise
        new = {image_id: data for image_id, data in made.items() if data}
        chat.hashes = chat.hashes.with_more(list(new), b"".join(data[:HASHES_SIZE] for data in new.values()))

    def _shrink(self, used: int) -> None:
        held = sum(chat.hashes.nbytes for chat in self._chats.values())
        for chat_id in list(self._chats):
            if held <= HELD or chat_id == used:
                return
            held -= self._chats.pop(chat_id).hashes.nbytes


async def _near(held: HeldHashes, asked: Sequence[Hashes]) -> list[list[int]]:
    if not asked:
        return []
    if len(held) <= INLINE_ROWS:
        return held.near(np.stack(asked))
    return await asyncio.to_thread(held.near, np.stack(asked))


def _confirmed(fingerprint: Fingerprint, near: dict[int, Fingerprint]) -> list[int]:
    return [image_id for image_id, other in near.items() if fingerprint.is_same(other)]


def _repeats(known: dict[int, Fingerprint], shown: Sequence[int], further: Sequence[int]) -> set[int]:
    """`known` are those that are near to another."""
    before, repeats = list(shown), set[int]()
    for place, image_id in enumerate(further):
        one, others = known.get(image_id), {other: known[other] for other in before if other in known}
        if image_id in before or (one is not None and _confirmed(one, others)):
            repeats.add(place)
        else:
            before.append(image_id)
    return repeats


def _grouped(pairs: Sequence[tuple[int, int]], known: dict[int, Fingerprint]) -> dict[int, int]:
    first: dict[int, int] = {}
    for one, other in pairs:
        leader = first.get(one, one)
        if other not in first and one in known and other in known and known[leader].is_same(known[other]):
            first[other] = leader
    return first


def _moment(posting: Posting | Remembered) -> tuple[datetime, int]:
    return posting.date, posting.id
