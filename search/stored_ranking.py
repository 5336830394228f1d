"""The rankings of questions as they are kept: made once, held against today's rows, and made longer where a page
reaches their end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from search.candidates import DEPTH
from search.errors import FileError, ImageRefused
from search.query import Query, Sort
from search.ranking import Candidate
from search.records import PhotoState, Posting
from search.searcher import Answer, Searcher
from search.stored_query import PhotoNotKept, StoredQuery
from storage.photos import Photos
from storage.questions import View

EXTENSIONS = 3
"""How often a ranking is made longer for one page: the second time only where a thousand photos were all repeats."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A ranking that is long enough for a page."""

    ranking: tuple[int, ...]
    """Photo ids, each picture once as far as the page goes."""
    found: Sequence[Candidate]
    """What the search says of its photos now."""
    is_whole: bool
    """There is no more to be found."""
    there: Mapping[int, Posting]
    """Those of its photos that are still to be found in the chat."""


class StoredRankings:
    """Makes them, and says what is left of them."""

    def __init__(self, searcher: Searcher, photos: Photos) -> None:
        self._searcher = searcher
        self._photos = photos

    async def of(self, query: Query) -> tuple[View, Answer]:
        """What a query finds, bound for later to the photos that are there now."""
        bound = query.filters.up_to or await self._photos.newest_id()
        answer = await self._searcher.answer(query)
        bounded = replace(query, filters=replace(query.filters, up_to=bound))
        ranking = tuple(one.posting.id for one in answer.found)
        end = min(query.count, len(ranking))
        return View(StoredQuery.of(bounded).dump(), answer.verdict, ranking, 0, end), answer

    async def reaching(self, view: View, stored: StoredQuery, start: int) -> Reach:
        """For the page from `start` on; extended further where only repeats are left for the page after it, so that
        "more" leads on as long as anything is left."""
        reached = start
        for _ in range(EXTENSIONS):
            ranking, found, is_whole = await self._extended(view, stored, reached)
            there = await self.there(stored.query.chat_id, ranking)
            each_once = await self._each_once(stored.query.chat_id, ranking, there, start, stored.query.count)
            left = sum(photo_id in there for photo_id in each_once[start:])
            if is_whole or left > stored.query.count:
                break
            view, reached = replace(view, ranking=ranking), len(ranking)
        return Reach(each_once, found, is_whole, there)

    async def _extended(
        self, view: View, stored: StoredQuery, start: int
    ) -> tuple[tuple[int, ...], list[Candidate], bool]:
        """The ranking, longer where a page reaches its end; what the search says of its photos now; whether there is
        no more to be found."""
        ranked = len(view.ranking)
        is_by_fitness = order_of(stored) in (None, Sort.BEST)  # by date, what lies deeper does not fit well enough
        is_at_end = is_by_fitness and start + 2 * stored.query.count > ranked
        depth = max(ranked, DEPTH) + DEPTH * is_at_end
        try:
            found = await self._searcher.deeper(await stored.restored(self._photos), depth)
        except (PhotoNotKept, FileError, ImageRefused):  # the photo asked about is gone: what was found is not
            return view.ranking, [], ranked < DEPTH
        known = set(view.ranking)
        # Without a phrase to filter by: nothing else was good enough.
        is_by_texts = not stored.query.text and all(one.reason for one in found if one.posting.id in known)
        if not is_at_end or is_by_texts:
            return view.ranking, found, has_seen_all(found, ranked)
        further = [one.posting.id for one in found if one.posting.id not in known][:DEPTH]
        return (*view.ranking, *further), found, has_seen_all(found, depth)

    async def _each_once(
        self, chat_id: int, ranking: tuple[int, ...], there: Mapping[int, Posting], start: int, count: int
    ) -> tuple[int, ...]:
        """A ranking without what, on the page from `start` on and first after it, is the same picture as one before:
        when the ranking was made, only its upper end was compared."""
        shown = [there[photo_id].image_id for photo_id in ranking[:start] if photo_id in there]
        further = [photo_id for photo_id in ranking[start:] if photo_id in there]
        again = await self._searcher.repeats(
            chat_id, shown, [there[photo_id].image_id for photo_id in further], count + 1
        )
        repeats = {further[place] for place in again}
        return tuple(photo_id for photo_id in ranking if photo_id not in repeats)

    async def there(self, chat_id: int, ranking: Sequence[int]) -> dict[int, Posting]:
        """Those that are still to be found in the chat."""
        postings = await self._photos.in_brief(ranking)
        return {
            photo_id: posting
            for photo_id, posting in postings.items()
            if posting.chat_id == chat_id and posting.state is PhotoState.INDEXED
        }


def has_seen_all(found: Sequence[Candidate], depth: int = 0) -> bool:
    """Whether a search has looked at all there is, reposts included, and not only as deep as it was told to."""
    return sum(one.posted for one in found) < max(depth, DEPTH)


def order_of(stored: StoredQuery) -> Sort | None:
    """Of an answer to words or to a picture; None where only filters were asked for, which answers by date."""
    is_by_date = stored.query.subject is None and stored.like is None
    return None if is_by_date else stored.query.sort
