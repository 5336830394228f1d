"""What is quoted of a text."""

import pytest

from search.snippet import LENGTH, snippet
from search.terms import terms
from storage.folding import fold


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Ещё один рассказ про ёжика, который жил в лесу у реки и очень любил ёлку с игрушками", "елку"),
        ("décédé " * 20 + "fraîche limonade au bord de la mer, et rien d'autre", "limonade"),
        ("Straße " * 20 + "mit einem Hund am See", "hund"),
        ("e\u0301te\u0301 " * 20 + "the red car stands here beside the house", "car"),
        ("x " * 60 + "a big \ufb02ower and more", "flower"),
        ("\u200bab\u200b " * 30 + "car here", "car"),
        ("今天我们在公园里见到了很多人，天气也不错，后来下雨了。" * 3 + "我的猫在家里睡觉", "猫"),
        ("carved cartwheels for all of the carnival, and at the very end a red car", "car"),
    ],
)
def test_a_long_text_is_quoted_from_its_beginning(text: str, word: str) -> None:
    """The word that was found is in the piece, whatever folding made of the text before it; no mere part of a word."""
    folded, term = fold(text), terms(word)[0]
    piece = snippet(text, folded, term.place(folded)[1])
    assert term.quality(fold(piece)) == 1.0
    assert piece.startswith("…")
    assert len(piece) <= LENGTH + 2
