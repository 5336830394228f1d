"""Which words of a question are looked for, and how well a text meets them."""

import pytest

from search.terms import BEGINNING, FORM, MOST, PART, WHOLE, terms
from storage.folding import fold


def words(question: str) -> list[str]:
    return [term.word for term in terms(question)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("a photo of the red car", ["red", "car"]),
        ("фото, где мы на озере", ["озере"]),
        ("我的红色汽车的照片", ["红色", "色汽", "汽车"]),
        ("猫", ["猫"]),
        ("iPhone手机 2024", ["iphone", "手机", "2024"]),
        ("red RED Red", ["red"]),
        ("who is it", ["who", "is", "it"]),
        ("!?", []),
    ],
)
def test_words_that_say_nothing_are_looked_for(question: str, expected: list[str]) -> None:
    """Common words are left out, unless there are no others; scripts without spaces are taken in pairs."""
    assert words(question) == expected


@pytest.mark.parametrize(
    ("word", "text", "quality"),
    [
        ("cat", "My cat sleeps", WHOLE),
        ("cats", "My cat sleeps", FORM),
        ("happy", "what happiness", FORM),
        ("running", "she runs home", FORM),
        ("собаки", "Наша собака", FORM),
        ("озеро", "на озере", FORM),
        ("birth", "happy birthday", BEGINNING * 5 / 8),
        ("day", "happy birthday", PART * 3 / 8),
        ("день", "рабочий день", WHOLE),
        ("汽车", "红色汽车在路上", WHOLE),
        ("车", "红色汽车在路上", WHOLE),
        ("汽车", "汽水", 0.0),
        ("happy", "it happens", 0.0),
        ("tv", "at five", 0.0),
        ("tv", "rtvx", 0.0),
        ("tv", "a TV set", WHOLE),
        ("a.b", "acb", 0.0),
    ],
)
def test_a_word_is_missed_in_another_form(word: str, text: str, quality: float) -> None:
    """A whole word is better than its form, that than a word that begins with it, that than one that has it inside;
    short words are no parts of others."""
    term = terms(word)[0]
    assert term.quality(fold(text)) == pytest.approx(quality)


def test_a_long_question_reads_a_chats_texts_for_seconds() -> None:
    """It is looked for by its first words."""
    question = "".join(chr(0x4E00 + number) for number in range(256))
    assert [term.word for term in terms(question)] == [question[at : at + 2] for at in range(MOST)]


def test_a_text_without_blanks_holds_up_every_question() -> None:
    """A long run of letters is read once; were it once for every letter, this would take ten minutes."""
    [term] = terms("car")
    assert term.quality("a" * 200_000 + " car") == WHOLE


def test_half_of_a_longer_word_counts_like_most_of_it() -> None:
    """The share of the word decides: "car" says less of "cartwheels" than of "cards"."""
    [term] = terms("car")
    assert term.quality("cards") > term.quality("carved") > term.quality("cartwheels") > 0
