"""Answers page by page: a ranking is made once, kept, and shown in parts that neither repeat nor leave out a picture.

What is posted after a question was asked is not part of its answer; what is deleted or forgotten meanwhile drops out,
because every photo is checked against its row when its page is shown. Where a ranking ends, the search is made once
more, deeper, for the photos that were there when the question was asked: what it finds beyond is appended.
"""

from dataclasses import replace
from datetime import UTC, datetime

from search.errors import QuestionError
from search.page import Asking, Page
from search.query import Query, Sort
from search.ranking import Candidate
from search.searcher import Answer, Searcher
from search.stored_query import StoredQuery, fingerprint, like
from search.stored_ranking import StoredRankings, has_seen_all, order_of
from storage.photos import Photos
from storage.questions import Question, Questions, QuestionState, Sent, View

LONGEST_TRAIL = 5
"""Views to which "back" leads from similar photos of similar photos."""


class TooOld(QuestionError):
    """These buttons are too old for me, or their answer has changed since. Please ask again."""


class Pages:
    """Opens answers and turns their pages. Shows nothing: whoever did says so by `shown`."""

    def __init__(self, searcher: Searcher, photos: Photos, questions: Questions) -> None:
        self._searcher = searcher
        self._rankings = StoredRankings(searcher, photos)
        self._photos = photos
        self._questions = questions

    async def question(self, chat_id: int, message_id: int) -> Question | None:
        """The question that a message asked."""
        return await self._questions.asked_in(chat_id, message_id)

    async def controlled(self, chat_id: int, control_id: int) -> Question:
        """The question whose buttons stand under a message of the same chat.

        Raises:
            TooOld
        """
        question = await self._questions.controlled_by(chat_id, control_id)
        if question is None or question.view.query is None:
            raise TooOld
        return question

    async def open(self, asking: Asking, query: Query, sent: Sent) -> Page:
        """The first page, in place of what was `sent` so far. The question is committed as one that is being answered:
        from here until `shown` a crash leaves it without an answer rather than with two.

        Raises:
            QuestionError, FileError, ImageRefused: with a sentence for the asker.
        """
        view, answer = await self._rankings.of(query)
        page = _first(_question(asking, fingerprint(query), view, sent), answer, query)
        return replace(page, question=await self._questions.keep(page.question))

    async def refuse(self, asking: Asking, asked: Query | str, sent: Sent) -> Question:
        """A question that is answered with a sentence only; committed likewise."""
        return await self._questions.keep(_question(asking, fingerprint(asked), View(), sent))

    async def shown(self, question: Question, sent: Sent) -> None:
        """The question's view is what people see now, in these messages."""
        await self._questions.keep(replace(question, state=QuestionState.ANSWERED, sent=sent))

    async def unasked(self, question: Question, revision: datetime) -> None:
        """The message asks no more: what it asked is forgotten, and the same may be asked in it again."""
        await self._questions.close(question.id)
        await self._questions.keep(
            replace(
                question,
                state=QuestionState.CLOSED,
                revision=revision,
                fingerprint=fingerprint(""),
                view=View(),
                trail=(),
                sent=Sent(),
            )
        )

    async def close(self, question: Question) -> None:
        """The answer was taken away."""
        await self._questions.close(question.id)

    async def at(self, question: Question, start: int) -> Page:
        """The page that begins with what is still there from `start` of the ranking on.

        Raises:
            TooOld, QuestionError
        """
        stored = _stored(question.view)
        reach = await self._rankings.reaching(question.view, stored, start)
        ranking = reach.ranking
        places = [place for place, photo_id in enumerate(ranking) if photo_id in reach.there]
        shown = [place for place in places if place >= start][: stored.query.count]
        if not shown:  # all of it is gone: the last page that is left
            shown = places[-stored.query.count :]
        described = {one.posting.id: one for one in reach.found}
        hits = [described.get(ranking[at]) or Candidate(reach.there[ranking[at]], 0.0) for at in shown]
        end = shown[-1] + 1 if shown else 0
        view = replace(question.view, ranking=ranking, start=shown[0] if shown else 0, end=end)
        return Page(
            replace(question, view=view),
            await self._searcher.page(stored.query, hits),
            await self._photos.counts(stored.query.chat_id),
            first=sum(place < view.start for place in places) + 1,
            total=len(places),
            is_total_known=reach.is_whole,
            has_later=bool(places) and places[-1] >= end,
            sort=order_of(stored),
        )

    async def before(self, question: Question, start: int) -> Page:
        """The page before `start`; before the first one, what the similar photos were asked from.

        Raises:
            TooOld, QuestionError
        """
        stored = _stored(question.view)
        there = await self._rankings.there(stored.query.chat_id, question.view.ranking)
        earlier = [place for place, photo_id in enumerate(question.view.ranking[:start]) if photo_id in there]
        if earlier:
            return await self.at(question, earlier[-stored.query.count :][0])
        if not question.trail:
            return await self.at(question, 0)
        *trail, view = question.trail
        back, _ = await self._rankings.of(await _stored(view).restored(self._photos))
        return await self.at(replace(question, view=back, trail=tuple(trail)), view.start)

    async def reordered(self, question: Question) -> Page:
        """The newest first, or the best first again.

        Raises:
            TooOld, QuestionError, FileError, ImageRefused
        """
        query = await _stored(question.view).restored(self._photos)
        unbound = replace(query.filters, up_to=None)
        return await self._turned(question, replace(query, sort=_other(query.sort), filters=unbound))

    async def similar(self, question: Question, photo_id: int) -> Page:
        """Photos like one of those that the answer shows.

        Raises:
            TooOld: it does not show that photo, or no longer.
            QuestionError, FileError, ImageRefused
        """
        view = question.view
        query = _stored(view).query
        photo = (await self._photos.get([photo_id])).get(photo_id)
        if photo is None or photo.chat_id != query.chat_id or not await self._shows(query, view, photo_id):
            raise TooOld
        trail = (*question.trail, replace(view, ranking=(), end=0))[-LONGEST_TRAIL:]
        return await self._turned(replace(question, trail=trail), Query(query.chat_id, like(photo), query.count))

    async def _shows(self, query: Query, view: View, photo_id: int) -> bool:
        """Whether a photo is on the page of a view: in its ranking, or as the earliest post of a picture in it."""
        ranked = view.ranking[view.start : view.end]
        if photo_id in ranked:
            return True
        there = await self._rankings.there(query.chat_id, ranked)
        hits = await self._searcher.page(query, [Candidate(posting, 0.0) for posting in there.values()])
        return any(hit.photo.id == photo_id for hit in hits)

    async def _turned(self, question: Question, query: Query) -> Page:
        view, answer = await self._rankings.of(query)
        return _first(replace(question, view=view), answer, query)


def _stored(view: View) -> StoredQuery:
    if view.query is None:
        raise TooOld
    return StoredQuery.parse(view.query)


def _other(sort: Sort) -> Sort:
    return Sort.NEWEST if sort is Sort.BEST else Sort.BEST


def _question(asking: Asking, asked: str, view: View, sent: Sent) -> Question:
    return Question(
        chat_id=asking.chat_id,
        message_id=asking.message_id,
        thread_id=asking.thread_id,
        asker_id=asking.asker_id,
        revision=asking.revision,
        fingerprint=asked,
        asked_at=datetime.now(UTC),
        view=view,
        sent=sent,
    )


def _first(question: Question, answer: Answer, query: Query) -> Page:
    total, is_whole, order = len(answer.found), has_seen_all(answer.found), order_of(StoredQuery.of(query))
    return Page(
        question,
        answer.hits,
        answer.counts,
        total=total,
        is_total_known=is_whole,
        has_later=total > query.count or (not is_whole and order in (None, Sort.BEST)),
        sort=order,
    )
