"""Phrases that captions are made of."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.phrases import Thing, phrase
from training.wordlists import COLOUR_WORDS, COUNTS, PLACE_WORDS

PLACES = [*PLACE_WORDS["en"], *COLOUR_WORDS["en"]]


@given(
    language=st.sampled_from(["en", "zh", "ru"]),
    names=st.lists(st.sampled_from(["pizza", "猫", "собака", "old key"]), min_size=1, max_size=3, unique=True),
    place=st.sampled_from([None, *PLACES]),
    seed=st.integers(0, 10_000),
)
def test_phrase_leaves_a_thing_out(language: str, names: list[str], place: str | None, seed: int) -> None:
    """Every thing is named, and no slot stays unfilled."""
    text = phrase(language, [Thing(name) for name in names], place, 1, random.Random(seed))
    assert all(name in text for name in names)
    assert "{" not in text


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("mouse", "mice"),
        ("red fox", "red foxes"),
        ("cherry", "cherries"),
        ("toy", "toys"),
        ("glasses", "glasses"),
    ],
)
def test_plural_is_wrong(name: str, plural: str) -> None:
    """Two of a thing are named in the plural."""
    text = phrase("en", [Thing(name)], None, 2, random.Random(1))
    assert text.endswith(plural)


@pytest.mark.parametrize(("noun", "adjective"), [("машина", "ая"), ("дерево", "ое"), ("кот", "ый"), ("часы", "ые")])
def test_adjective_disagrees(noun: str, adjective: str) -> None:
    """A Russian colour takes its noun's ending nearly always."""
    texts = [phrase("ru", [Thing(noun, "red")], None, 1, random.Random(seed)) for seed in range(50)]
    agreeing = [text for text in texts if f"красн{adjective} {noun}" in text]
    assert len(agreeing) >= 40


def test_languages_differ_in_what_they_can_say() -> None:
    """Colours, places and counts have words in all three languages."""
    for table in (COLOUR_WORDS, PLACE_WORDS, COUNTS):
        assert set(table["en"]) == set(table["zh"]) == set(table["ru"])
