"""The language of /search."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import NotUnderstood, QuestionError, QuestionTooLong
from search.language import OPERATORS, Person, Question, parse
from search.query import Filters, Sort
from search.tokens import EXAMPLES, NAMES, QUOTES, Mention

WHOLE = (
    "red car",
    "-dog",
    "from:@name",
    "after:2024-05",
    "before:2024-06-15",
    "on:2024-05-03",
    'text:"happy birthday"',
    "sort:new",
    "n:8",
)


ME = Person("me", is_asker=True)


def day(year: int, month: int = 1, day_: int = 1) -> datetime:
    return datetime(year, month, day_, tzinfo=UTC)


@given(st.permutations(WHOLE))
def test_the_order_of_the_parts_changes_the_question(parts: list[str]) -> None:
    """Each part means the same wherever it stands."""
    assert parse(" ".join(parts)) == Question(
        words="red car",
        minus=("dog",),
        text=("happy birthday",),
        people=(Person("@name"),),
        filters=Filters(since=day(2024, 5, 3), before=day(2024, 5, 4)),
        sort=Sort.NEWEST,
        count=8,
    )


ALPHABET = st.sampled_from(
    [*'abfnmet0129:：-–−—"“”«»「」@ \n\t\u3000\u2068\u200f红Ё🚗é', *EXAMPLES.values(), *(f"{n}:" for n in NAMES)]
)


@given(st.text() | st.lists(ALPHABET, max_size=12).map("".join), st.data())
def test_a_text_breaks_the_parser(text: str, data: st.DataObject) -> None:
    """Whatever is written is understood or answered with a sentence that quotes some of it; nothing else is raised."""
    places = st.integers(0, len(text) + 2)
    mentions = data.draw(st.lists(st.builds(Mention, places, places, st.integers(1, 9)), max_size=3))
    match understood(text, mentions):
        case Question() as question:
            parts = (*question.minus, *question.text, *(person.written for person in question.people))
            assert all(part.strip() for part in parts)
        case NotUnderstood() as refusal:
            assert "“" in str(refusal)
        case refusal:
            assert str(refusal)


def understood(text: str, mentions: Sequence[Mention]) -> Question | QuestionError:
    try:
        return parse(text, mentions)
    except QuestionError as refusal:
        return refusal


@given(st.lists(st.text(st.characters(categories=["L", "N", "So"]), min_size=1), min_size=1, max_size=6))
def test_plain_words_are_changed_by_parsing(words: list[str]) -> None:
    """Words without marks come out as they went in."""
    assert parse("  ".join(words)) == Question(words=" ".join(words))


@given(st.sampled_from(sorted(QUOTES)), st.text(st.characters(categories=["L", "Nd"]), min_size=1), st.booleans())
def test_a_kind_of_quotes_is_not_known(opening: str, inside: str, is_minus: bool) -> None:
    """Whatever is quoted with whatever quotes is one phrase, and its operators are words."""
    phrase = f"from:me {inside}"
    for closing in QUOTES[opening]:
        assert parse(f"text:{opening}{phrase}{closing}").text == (phrase,)
        if is_minus:
            assert parse(f"a -{opening}{phrase}{closing}") == Question(words="a", minus=(phrase,))
        else:
            assert parse(f"{opening}{phrase}{closing}") == Question(words=phrase)


@pytest.mark.parametrize(
    "text",
    [
        "10:30",
        "http://example.com/a?b=c",
        "https://example.com",
        "ratio 16:9",
        "t-shirt",
        '5" screen',
        "a - b",
        "cats & dogs :)",
        "C:\\photos",
        "one:two three",
        "notes:",
        "grandma's cake",
        "Ёлка под снегом",
        "红色的车",
        "👩‍👩‍👧 family",
    ],
)
def test_what_is_no_operator_is_taken_for_one(text: str) -> None:
    """Colons, dashes and quotes have lives of their own."""
    expected = text.replace(" - ", " ")  # a dash by itself says nothing
    assert parse(text) == Question(words=expected)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("from:me", Question(people=(Person("me", is_asker=True),))),
        ("FROM:Me", Question(people=(Person("Me", is_asker=True),))),
        ('from:"me"', Question(people=(Person("me"),))),
        ('from:"Ann Lee"', Question(people=(Person("Ann Lee"),))),
        ("from: @ann car", Question(words="car", people=(Person("@ann"),))),
        ("from：@ann", Question(people=(Person("@ann"),))),
        ("ｆｒｏｍ：@ann", Question(people=(Person("@ann"),))),
        ("\u2068from:\u2068@ann\u2069", Question(people=(Person("@ann"),))),
        ("from:@ann from:Анна", Question(people=(Person("@ann"), Person("Анна")))),
        ("红色的车from:@ann", Question(words="红色的车", people=(Person("@ann"),))),
        ("红色的车 －狗 text：「生日 快乐」", Question(words="红色的车", minus=("狗",), text=("生日 快乐",))),
        ("car −dog –cat —bird --fish", Question(words="car", minus=("dog", "cat", "bird", "fish"))),
        ('car -"two words" -«и так»', Question(words="car", minus=("two words", "и так"))),
        ("car -t-shirt", Question(words="car", minus=("t-shirt",))),
        ('"red car', Question(words="red car")),
        ("text:birthday", Question(text=("birthday",))),
        ("on:2024", Question(filters=Filters(since=day(2024), before=day(2025)))),
        ("on:2024-12", Question(filters=Filters(since=day(2024, 12), before=day(2025)))),
        ("on:2024-02", Question(filters=Filters(since=day(2024, 2), before=day(2024, 3)))),
        ("on:2024-02-29", Question(filters=Filters(since=day(2024, 2, 29), before=day(2024, 3)))),
        ("on:2024-12-31", Question(filters=Filters(since=day(2024, 12, 31), before=day(2025)))),
        ("on:2024年5月3日", Question(filters=Filters(since=day(2024, 5, 3), before=day(2024, 5, 4)))),
        ("on:２０２４/5/3", Question(filters=Filters(since=day(2024, 5, 3), before=day(2024, 5, 4)))),
        ("after:2024-05 after:2023", Question(filters=Filters(since=day(2024, 5)))),
        ("before:2024 before:2025", Question(filters=Filters(before=day(2024)))),
        ("sort:oldest n:１", Question(sort=Sort.OLDEST, count=1)),
        ("n:10 n:10", Question(count=10)),
        ("- — –", Question()),
        ("", Question()),
        (
            "car -red -red text:a text:a from:me from:me",
            Question(words="car", minus=("red",), text=("a",), people=(ME,)),
        ),
    ],
)
def test_a_way_of_writing_is_not_known(text: str, question: Question) -> None:
    """Case, width, blanks, dashes, quotes and invisible marks are as keyboards make them."""
    assert parse(text) == question


@pytest.mark.parametrize(
    ("text", "word", "hint"),
    [
        ("car before:2024-13 red", "before:2024-13", "2024-05-03"),
        ("on:2023-02-29", "on:2023-02-29", "no date"),
        ("after:yesterday", "after:yesterday", "no date"),
        ("after:0000", "after:0000", "no date"),
        ("car on: the beach", "on: the", "no date"),
        ("car from:", "from:", "from:@name"),
        ('from:"" car', 'from:""', "from:@name"),
        ('text:"happy birthday', 'text:"happy', "not closed"),
        ('car -"two words', '-"two', "not closed"),
        ("text:\N{SOFT HYPHEN}", "text:", "nothing in it"),
        ("car -from:@bob", "-from:@bob", "minus"),
        ("sort:up", "sort:up", "sort:new"),
        ("sort:new sort:old", "sort:old", "another order"),
        ("n:0", "n:0", "1 to 10"),
        ("n:11", "n:11", "1 to 10"),
        ("n:½", "n:½", "1 to 10"),
        ("n:3 n:4", "n:4", "another number"),
        ("after:2025 before:2024", "before:2024", "no day"),
        ("since:2024-05", "since:2024-05", "after:"),
        ("car by:@ann", "by:@ann", "from:"),
        (f"after:{'9' * 500}", "after:999", "no date"),
        (" ".join(f"-{number}" for number in range(500)), "-10", "at most 10"),
        (" ".join(f"text:{number}" for number in range(500)), "text:10", "at most 10"),
        (" ".join(f"from:{number}" for number in range(500)), "from:10", "at most 10"),
    ],
)
def test_what_is_not_understood_is_searched_for(text: str, word: str, hint: str) -> None:
    """The sentence quotes the word and says what would be right."""
    with pytest.raises(NotUnderstood) as caught:
        parse(text)
    assert f"“{word}" in str(caught.value)
    assert hint in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["word " * 100, f'a -"{"word " * 100}"', "text:" + "x" * 300])
def test_a_question_longer_than_the_model_reads_is_cut(text: str) -> None:
    """It is refused in words."""
    with pytest.raises(QuestionTooLong, match="characters"):
        parse(text)


def test_a_name_picked_from_the_list_is_guessed_at() -> None:
    """Telegram says whom it means, blanks in the name or not."""
    text = "car from:Ann Lee n:2"
    assert parse(text, [Mention(9, 16, 42)]) == Question(words="car", people=(Person("Ann Lee", 42),), count=2)
    assert parse("Ann Lee", [Mention(0, 7, 42)]) == Question(words="Ann Lee")


def test_a_day_is_that_of_greenwich() -> None:
    """Days are those of the time zone in the settings, also those on which clocks change."""
    berlin = ZoneInfo("Europe/Berlin")
    asked = parse("on:2024-03-31", zone=berlin).filters
    assert (asked.since, asked.before) == (datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC))


def test_an_operator_is_known_to_one_half_of_the_parser() -> None:
    """Every name has a meaning and an example, and the example is understood."""
    assert list(OPERATORS) == list(NAMES) == list(EXAMPLES)
    for example in EXAMPLES.values():
        assert not parse(unicodedata.normalize("NFC", example.partition(" or ")[0])).is_empty
