"""Entities that are found, and entities that bots give. https://core.telegram.org/bots/api#messageentity"""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import formatting
from sandbox.detection import detect, utf16_length
from sandbox.errors import BadRequest
from sandbox.formatting import MAX_CAPTION, MAX_ENTITIES, formatted, plain

GIVEN = ("bold", "italic", "spoiler", "code", "pre", "blockquote", "text_link")


def _entity(kind: str, offset: int, length: int, **details: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length} | details


def _shown(text: str, *entities: dict[str, Any]) -> list[tuple[str, int, int]]:
    found = formatted(text, "", list(entities), lambda _: None)[1]
    return [(e["type"], e["offset"], e["length"]) for e in found]


@pytest.mark.parametrize("text", ["a." * 2048, "." * 24_000, "a" * 24_000])
def test_too_long_text_is_searched_for_entities(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The length is checked first: what is refused costs nothing."""

    def searched(text: str, taken: list[dict[str, Any]]) -> list[dict[str, Any]]:
        raise AssertionError(f"{len(text)} characters were searched")

    monkeypatch.setattr(formatting, "detect", searched)
    with pytest.raises(BadRequest, match="message caption is too long"):
        plain(text, MAX_CAPTION)


@pytest.mark.parametrize("piece", ["a.", "#a ", "a@", "a@b.", "#1", "a.com ", "http://", "@abc ", "-.", "$A /a "])
def test_long_text_has_more_entities_than_telegram_finds(piece: str) -> None:
    """However many there are, a message keeps a hundred, in order and apart."""
    found = plain((piece * 4096)[:4096].strip())[1]
    assert len(found) <= MAX_ENTITIES
    assert all(one["offset"] + one["length"] <= other["offset"] for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see example.com, or a.b.org/x?y", ["example.com", "a.b.org/x?y"]),
        ("wait...example.com", ["example.com"]),
        ("EXAMPLE.COM.", ["EXAMPLE.COM"]),
        ("example.comet a..b ..com .com", []),
        ("ann@example.com", ["ann@example.com"]),
        ("😀 https://x.de/?q=1", ["https://x.de/?q=1"]),
    ],
)
def test_address_is_cut_short(text: str, found: list[str]) -> None:
    """An address without a protocol is known by its ending."""
    units = text.encode("utf-16-le")
    assert [units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in detect(text, [])] == (
        found
    )


def test_found_entity_crosses_a_given_one() -> None:
    """What Telegram finds goes inside bold text, not across its edge, and never inside code."""
    text = "go example.com now"
    assert _shown(text, _entity("bold", 0, 18)) == [("bold", 0, 18), ("url", 3, 11)]
    assert _shown(text, _entity("bold", 0, 6)) == [("bold", 0, 6)]
    assert _shown(text, _entity("code", 5, 2)) == [("code", 5, 2)]


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        (_entity("shout", 0, 1), "unsupported type specified"),
        (_entity("text_link", 0, 1), 'can\'t find field "url"'),
        (_entity("text_mention", 0, 1), 'can\'t find field "user"'),
        (_entity("bold", 1, 2), "entity begins in a middle of a UTF-16 symbol at byte offset 4"),
        (_entity("bold", 0, 1), "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol"),
    ],
)
def test_impossible_entity_is_given(entity: dict[str, Any], reason: str) -> None:
    """Unknown types, missing fields and halves of a character are refused."""
    with pytest.raises(BadRequest, match=reason):
        _shown("😀 text", entity)


def test_given_entities_cross_each_other() -> None:
    """Bold and its like are split at the other's edge; a link that crosses another is left out."""
    assert _shown("abcdefgh", _entity("bold", 0, 4), _entity("italic", 2, 4)) == [
        ("bold", 0, 4),
        ("italic", 2, 2),
        ("italic", 4, 2),
    ]
    link = _entity("text_link", 2, 4, url="example.com")
    assert _shown("abcdefgh", _entity("bold", 0, 4), link) == [("bold", 0, 2), ("text_link", 2, 4), ("bold", 2, 2)]
    assert _shown("abcdefgh", _entity("code", 0, 4), _entity("bold", 2, 4)) == [("code", 0, 4), ("bold", 4, 2)]
    assert _shown("abcdefgh", _entity("text_link", 0, 4, url="no link")) == []


@given(
    st.lists(
        st.builds(_entity, st.sampled_from(GIVEN), st.integers(-3, 12), st.integers(-3, 12), url=st.just("a.com")),
        max_size=8,
    )
)
def test_odd_entities_break_the_text(entities: list[dict[str, Any]]) -> None:
    """Whatever is given, what is kept lies in the text and is nested."""
    kept = formatted("abcd efgh.", "", entities, lambda _: None)[1]
    spans = [(e["offset"], e["offset"] + e["length"]) for e in kept]
    assert all(0 <= start < end <= utf16_length("abcd efgh.") for start, end in spans)
    for place, (start, end) in enumerate(spans):
        for other_start, other_end in spans[place + 1 :]:
            assert other_start >= end or other_end <= end or other_start == start
