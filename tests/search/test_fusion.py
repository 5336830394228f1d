"""Two rankings made one."""

from datetime import UTC, datetime

from search.fusion import fused, put_back
from search.ranking import Candidate
from search.records import PhotoState, Posting
from search.text_search import TextHit
from search.verdict import Verdict
from tests.builders import CHAT, quoted


def posting(number: int, image: int | None = None) -> Posting:
    when = datetime(2024, 5, 3, tzinfo=UTC)
    return Posting(number, CHAT, CHAT, number, image or number, when, PhotoState.INDEXED)


LOOKING = [Candidate(posting(number), 0.9 - number / 100) for number in range(1, 50)]


def order(
    *hits: TextHit, postings: list[Posting] | None = None, looks: Verdict = Verdict.SURE, is_looked_for: bool = True
) -> list[int]:
    rows = {one.id: one for one in postings or [posting(hit.photo_id) for hit in hits]}
    found = fused(LOOKING, hits, rows, looks, is_looked_for=is_looked_for)
    return [candidate.posting.id for candidate in found]


def test_an_archive_without_texts_is_ranked_otherwise_than_before() -> None:
    """Nothing said: the order and the scores of the pictures stay."""
    assert fused(LOOKING, [], {}) == LOOKING


def test_what_both_rankings_find_does_not_come_first() -> None:
    """Before what only looks right, and before what only says so."""
    assert order(TextHit(60, 1.0, 1, None), TextHit(30, 1.0, 1, None))[:2] == [30, 60]


def test_one_common_word_pushes_away_what_looks_right() -> None:
    """A text that meets a fifth of the question does not lift a picture from the end over the best."""
    assert order(TextHit(49, 0.2, 1, None))[:5] == [1, 2, 3, 4, 5]


def test_half_of_a_question_met_by_a_text_is_lost_among_looks_that_are_none() -> None:
    """Where nothing looks right, a text with two words of five comes first; else what looks right does."""
    hit = TextHit(49, 0.4, 1, quoted("one"))
    assert order(hit)[0] == order(hit, looks=Verdict.UNSURE)[0] == 1
    assert order(hit, looks=Verdict.NOTHING)[0] == 49


def test_any_word_of_a_question_wins_in_a_small_chat() -> None:
    """A text needs as much for the first place among ten pictures as among fifty."""
    hit = TextHit(10, 0.3, 1, quoted("one"))
    found = fused(LOOKING[:10], [hit], {10: posting(10)})
    assert found[0].posting.id == 1


def test_what_is_to_be_left_out_comes_first_for_its_looks() -> None:
    """A picture whose caption says it goes to the end, and is no better than what was there."""
    back = put_back(LOOKING, {1, 3})
    assert [one.posting.id for one in back] == [2, *range(4, 50), 1, 3]
    assert [one.score for one in back[-2:]] == [LOOKING[-1].score] * 2


def test_equal_texts_come_in_no_order() -> None:
    """The picture decides between them; without a look to go by, the order that was there."""
    hits = [TextHit(40, 1.0, 1, None), TextHit(20, 1.0, 1, None)]
    assert order(*hits)[:2] == [20, 40]
    assert order(*hits, TextHit(45, 0.5, 3, None), is_looked_for=False)[:3] == [20, 40, 45]


def test_a_picture_posted_twice_counts_its_texts_twice() -> None:
    """Its better text counts once, wherever it was said; its earliest post is what is shown."""
    hits = [TextHit(100, 1.0, 1, quoted("one")), TextHit(101, 1.0, 1, quoted("two"))]
    found = fused(LOOKING, hits, {100: posting(100, 7), 101: posting(101, 7)})
    assert found[0].posting.id == 7
    assert found[0].reason is not None
    assert found[0].reason.told() == "in the caption: “one”"
    assert len(found) == len(LOOKING)


def test_a_text_whose_photo_is_gone_is_a_hit() -> None:
    """Rows decide, as for every candidate."""
    assert order(TextHit(60, 1.0, 1, None), postings=[posting(61)]) == [one.posting.id for one in LOOKING]
