"""Whether an answer is good enough, and how figures for that are found."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from search import verdict
from search.calibrating import ENOUGH, Pool, calibrate
from search.calibration import Calibration, fit
from search.direction import Direction
from search.embedder import Embedding
from search.errors import TooFewCaptions
from search.evidence import Evidence, Rivals
from search.query import Like, Query, Words
from search.quotation import Quotation
from search.ranking import Candidate
from search.records import PhotoState, Posting
from search.verdict import Calibrated, Judge, Verdict
from storage.database import Database
from storage.embeddings import Embeddings
from tests.builders import quoted
from tests.storage.builders import MODEL, indexed, post

WIDTH = 32


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    yield opened
    await opened.close()


async def judged(
    judge: Judge, query: Query, direction: Direction, found: list[Candidate], photos: int
) -> tuple[list[Candidate], Verdict]:
    """Of candidates that are ranked by their looks alone."""
    return verdict.judged(query, found, await judge.looks(query, direction, found, photos))


def _unit(*rows: Embedding) -> Embedding:
    stacked = np.stack(rows).astype(np.float32)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), dtype=np.float32)


def _turned(vector: Embedding, cosine: float) -> Embedding:
    """Of length one, with that cosine to a vector of length one."""
    other = np.roll(vector, 1)
    across = _unit(other - (other @ vector) * vector)[0]
    return np.asarray(cosine * vector + (1 - cosine**2) ** 0.5 * across, np.float32)


def _noise(count: int, seed: int) -> Embedding:
    return _unit(*np.random.default_rng(seed).normal(size=(count, WIDTH)))


def _calibration(nothing: float, sure: float) -> Calibration:
    return Calibration(
        model=MODEL, score=1, margin=1, log_photos=0, nothing=nothing, sure=sure, alike=0.5, alike_log_photos=0.1,
        origin="a test",
    )  # fmt: skip


def _candidate(number: int, score: float, reason: Quotation | None = None) -> Candidate:
    moment = datetime(2024, 5, 3, tzinfo=UTC)
    return Candidate(Posting(number, number, -1, -1, number, moment, PhotoState.INDEXED), score, reason=reason)


def test_a_synonym_competes_with_the_question() -> None:
    """Only unrelated words speak against a photo: "mug" does not against "cup"."""
    words = _noise(200, 1)
    question = words[0]
    photo = _unit(question + 0.2 * words[7])
    assert Rivals(words).evidence(question, photo, 1).margin > 0.3


def test_a_word_that_describes_the_photo_better_is_overlooked() -> None:
    """The best photo of a chat shows something else, which a word of the list names."""
    words = _noise(200, 1)
    photo = _unit(words[7] + 0.3 * words[0])
    assert Rivals(words).evidence(words[0], photo, 1).margin < -0.3


def test_figures_are_lost_on_the_way() -> None:
    """What is kept as JSON is what was fitted."""
    true = [Evidence(0.5 + 0.01 * n, 0.1, 1 + n) for n in range(20)]
    false = [Evidence(0.2 + 0.01 * n, -0.1, 1 + n) for n in range(20)]
    fitted = fit(MODEL, true, false, [(1, 0.1), (10, 0.3), (100, 0.5)], "twenty of each")
    assert Calibration.from_json(fitted.to_json()) == fitted
    assert fitted.nothing > fitted.weigh(false[0])
    assert fitted.alike_bound(10) == pytest.approx(0.3)


def test_a_calibration_without_labels_cannot_tell() -> None:
    """Half of the captions say nothing of their pictures; the bounds still part true answers from false ones."""
    pictures = _noise(600, 2)
    said = np.random.default_rng(3).normal(size=(600, WIDTH)).astype(np.float32)
    said[::2] = pictures[::2] + 0.1 * said[::2]
    pool = Pool(pictures, _unit(*said), range(600))
    rivals = Rivals(_noise(300, 4))
    figures = calibrate(MODEL, pool, rivals)
    rng = random.Random(5)
    chats = [rng.sample(range(0, 600, 2), 20) for _ in range(50)]
    own = [figures.weigh(rivals.evidence(pool.questions[c[0]], pictures[c[:1]], 20)) for c in chats]
    other = [
        figures.weigh(rivals.evidence(pool.questions[c[0]], pictures[[int(b)]], 20))
        for c in chats
        for b in [c[1 + int(np.argmax(pictures[c[1:]] @ pool.questions[c[0]]))]]
    ]
    assert np.mean(np.array(own) >= figures.nothing) > 0.9
    assert np.mean(np.array(other) >= figures.sure) < 0.1


def test_silent_captions_are_calibrated_on() -> None:
    """Captions that say nothing of their pictures are no basis, and the operator is told how many there are."""
    pool = Pool(_noise(300, 6), _noise(300, 7), range(300))
    with pytest.raises(TooFewCaptions, match=f"I need {ENOUGH} captions"):
        calibrate(MODEL, pool, Rivals(_noise(50, 8)))
    with pytest.raises(TooFewCaptions, match="I found 0"):
        calibrate(MODEL, Pool(_noise(30, 6), np.empty((0, WIDTH), np.float32), []), Rivals(_noise(50, 8)))


@pytest.mark.parametrize(
    ("nothing", "sure", "said"), [(-9, -9, Verdict.SURE), (-9, 9, Verdict.UNSURE), (9, 9, Verdict.NOTHING)]
)
async def test_the_figures_are_not_asked(sqlite: Database, nothing: float, sure: float, said: Verdict) -> None:
    """The model's own figures decide about words."""
    entries = await indexed(sqlite, *(post(number) for number in range(3)))
    rivals = Rivals(_unit(*np.random.default_rng(9).normal(size=(50, len(entries[0].vector)))))
    judge = Judge(Embeddings(sqlite, MODEL), Calibrated(_calibration(nothing, sure), rivals))
    found = [_candidate(entry.image_id, 0.3) for entry in entries]
    direction = Direction(entries[0].vector, words=entries[0].vector)
    shown = [] if said is Verdict.NOTHING else found
    assert await judged(judge, Query(-1, Words("a cat")), direction, found, 3) == (shown, said)


async def test_what_stands_in_a_caption_is_denied(sqlite: Database) -> None:
    """A photo found by its words is a hit, whatever the picture looks like; what only looks a little alike is none."""
    [entry] = await indexed(sqlite, post(1))
    rivals = Rivals(_unit(*np.random.default_rng(9).normal(size=(50, len(entry.vector)))))
    judge = Judge(Embeddings(sqlite, MODEL), Calibrated(_calibration(9, 9), rivals))
    told = _candidate(2, 0.0, reason=quoted("a cat"))
    found = [_candidate(entry.image_id, 0.1), told]
    assert await judged(judge, Query(-1, Words("a cat")), Direction(entry.vector, words=entry.vector), found, 2) == (
        [told],
        Verdict.SURE,
    )


async def test_photo_questions_are_refused(sqlite: Database) -> None:
    """Who asks for the nearest gets them; from how near on they are called alike depends on how many there are, and not
    on what is to be left out."""
    [entry] = await indexed(sqlite, post(1))
    rivals = Rivals(_unit(*np.random.default_rng(9).normal(size=(50, len(entry.vector)))))
    judge = Judge(Embeddings(sqlite, MODEL), Calibrated(_calibration(9, 9), rivals))
    steered = Direction(rivals.vectors[0], photo=_turned(entry.vector, 0.6))
    for query in (Query(-1, Like(post(1))), Query(-1, Like(post(1)), minus=("red",))):
        found = [_candidate(entry.image_id, 0.1)]
        assert await judged(judge, query, steered, found, 1) == (found, Verdict.SURE)
        assert await judged(judge, query, steered, found, 100) == (found, Verdict.UNSURE)


async def test_a_steered_question_says_nothing_of_what_is_not_there(sqlite: Database) -> None:
    """With -word the words must be seen in what was found, as without it; words beside a photo are doubted only."""
    [entry] = await indexed(sqlite, post(1))
    rivals = Rivals(_unit(*np.random.default_rng(9).normal(size=(50, len(entry.vector)))))
    judge = Judge(Embeddings(sqlite, MODEL), Calibrated(_calibration(0.5, 1.0), rivals))
    seen, unseen = entry.vector, _turned(entry.vector, 0.0)
    found = [_candidate(entry.image_id, 0.1)]
    minus, both = Query(-1, Words("a cat"), minus=("red",)), Query(-1, Like(post(2)), words="at night")
    assert await judged(judge, minus, Direction(unseen, words=seen), found, 1) == (found, Verdict.SURE)
    assert await judged(judge, minus, Direction(seen, words=unseen), found, 1) == ([], Verdict.NOTHING)
    for words, said in ((seen, Verdict.SURE), (unseen, Verdict.UNSURE)):
        assert await judged(judge, both, Direction(seen, words=words, photo=seen), found, 1) == (found, said)


async def test_an_unknown_model_refuses_much(sqlite: Database) -> None:
    """Without figures only a best that does not stand out at all is refused, and never in a small chat."""
    judge, query, anywhere = Judge(Embeddings(sqlite, MODEL), None), Query(-1, Words("x")), Direction(_noise(1, 1)[0])
    bulk = np.random.default_rng(1).normal(0.1, 0.02, 100).tolist()
    flat = [0.1 + 0.0001 * number for number in range(100)]

    async def said(scores: list[float], photos: int | None = None) -> Verdict:
        found = [_candidate(number, score) for number, score in enumerate(scores)]
        return (await judged(judge, query, anywhere, found, photos or len(found)))[1]

    assert await said([*bulk, 0.3]) is Verdict.SURE
    assert await said(flat) is Verdict.NOTHING
    assert await said(flat[:10]) is Verdict.SURE
    assert await said(flat, photos=5_000) is Verdict.SURE, "the upper end of a chat is not its bulk"


async def test_one_told_hit_vouches_for_the_photos_beside_it(sqlite: Database) -> None:
    """Doubt about what only looks alike stays, unless everything is told of; what a phrase left is told of."""
    [entry] = await indexed(sqlite, post(1))
    rivals = Rivals(_unit(*np.random.default_rng(9).normal(size=(50, len(entry.vector)))))
    doubtful = Judge(Embeddings(sqlite, MODEL), Calibrated(_calibration(-9, 9), rivals))
    refusing = Judge(Embeddings(sqlite, MODEL), Calibrated(_calibration(9, 9), rivals))
    told = _candidate(entry.image_id, 0.1, reason=quoted("a cat"))
    found, direction = [told, _candidate(2, 0.1)], Direction(entry.vector, words=entry.vector)
    cat, phrase = Query(-1, Words("a cat")), Query(-1, Words("balloons"), text=("party",))
    assert await judged(doubtful, cat, direction, found, 2) == (found, Verdict.UNSURE)
    assert await judged(doubtful, cat, direction, [told], 2) == ([told], Verdict.SURE)
    assert await judged(refusing, phrase, direction, [_candidate(entry.image_id, 0.1)], 1) == (
        [_candidate(entry.image_id, 0.1)],
        Verdict.SURE,
    )
