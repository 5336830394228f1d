"""From neighbours to hits."""

from datetime import UTC, datetime, timedelta
from typing import Any

from search.query import Query, Sort, Words
from search.ranking import Candidate, candidates, hits, ordered
from search.records import Photo, PhotoState, Posting
from storage.index_records import Neighbour
from tests.builders import CHAT, a_photo, quoted

START = datetime(2024, 5, 3, tzinfo=UTC)


def photo(number: int, image: int, **changes: Any) -> Photo:
    """The numbered photo, posted on that day, of an image."""
    return a_photo(id=number, message_id=number, image_id=image, date=START + timedelta(days=number), **changes)


def found(neighbours: list[Neighbour], *photos: Photo) -> list[int]:
    postings = {one.id: in_brief(one) for one in photos}
    return [candidate.posting.id for candidate in candidates(CHAT, neighbours, postings)]


def in_brief(photo: Photo) -> Posting:
    return Posting(*(getattr(photo, field) for field in Posting._fields))


def test_an_index_that_lies_about_the_chat_leaks_nothing() -> None:
    """Isolation rests on the row, not on what the index returned."""
    assert found([Neighbour(1, 1, 0.9), Neighbour(2, 2, 0.8)], photo(1, 1, chat_id=-200), photo(2, 2)) == [2]


def test_a_deleted_or_waiting_photo_is_not_shown_from_a_stale_index() -> None:
    """Rows that are gone, not indexed, or show another picture by now are dropped."""
    neighbours = [Neighbour(number, number, 0.9) for number in (1, 2, 3, 4)]
    assert found(neighbours, photo(2, 2, state=PhotoState.PENDING), photo(3, 33), photo(4, 4)) == [4]


def test_a_picture_posted_three_times_is_one_hit() -> None:
    """Its earliest post, at the place of its best score."""
    neighbours = [Neighbour(5, 1, 0.9), Neighbour(9, 2, 0.8), Neighbour(3, 1, 0.9), Neighbour(7, 1, 0.9)]
    posts = [photo(5, 1), photo(9, 2), photo(3, 1), photo(7, 1)]
    assert found(neighbours, *posts) == [3, 9]
    ranked = candidates(CHAT, neighbours, {one.id: in_brief(one) for one in posts})
    assert [one.posted for one in ranked] == [3, 1], "or a ranking with reposts would count as all there is"


def test_a_photo_that_was_edited_while_it_was_ranked_is_shown_for_what_it_was() -> None:
    """The rows that are shown are checked again: one is gone, one shows another picture, one went to another chat."""
    ranked = [Candidate(in_brief(photo(number, number)), 0.9) for number in (1, 2, 3, 4)]
    rows = {2: photo(2, 22), 3: photo(3, 3, chat_id=-200), 4: photo(4, 4)}
    assert [hit.photo.id for hit in hits(CHAT, ranked, rows)] == [4]


RED = Words("red")


def by_date(sort: Sort, subject: Words | None = RED) -> list[int]:
    scored = {1: 0.1, 2: 0.9, 3: 0.2, 4: 0.8, 5: 0.85, 6: 0.1, 7: 0.1}
    found = [Candidate(in_brief(photo(number, number)), score) for number, score in scored.items()]
    found.append(Candidate(in_brief(photo(8, 8)), 0.1, reason=quoted("red")))
    return [one.posting.id for one in ordered(found, Query(CHAT, subject, sort=sort))]


def test_the_newest_photo_wins_whatever_it_shows() -> None:
    """By date, what is far from the best takes no part, unless its text says what was asked for."""
    assert by_date(Sort.NEWEST) == [8, 5, 4, 2]
    assert by_date(Sort.OLDEST) == [2, 4, 5, 8]
    assert by_date(Sort.BEST) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert ordered([], Query(CHAT, Words("red"), sort=Sort.NEWEST)) == []


def test_a_question_of_filters_alone_loses_photos() -> None:
    """Nothing is better than anything else: all are shown, newest first unless asked otherwise."""
    assert by_date(Sort.BEST, None) == by_date(Sort.NEWEST, None) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert by_date(Sort.OLDEST, None) == [1, 2, 3, 4, 5, 6, 7, 8]
