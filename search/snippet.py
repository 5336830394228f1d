"""The piece of a text that is quoted as the reason for a hit: as it was written, around what was found in it. Pure."""

from functools import lru_cache

from storage.folding import fold

LENGTH = 34
"""Characters: with where they stand and signs that more stands there, as much as a line of an answer has room for."""


def snippet(text: str, folded: str, place: int) -> str:
    """A piece around what stands at a `place` of the text as it is searched, `folded`; of a short text, all of it."""
    flat = " ".join(text.split())
    if len(flat) <= LENGTH:
        return flat
    start = max(0, _unfolded(flat, folded, place) - LENGTH // 3)
    if start:
        start = flat.find(" ", start, start + LENGTH // 3) + 1 or start
    piece = flat[start : start + LENGTH]
    return ("…" if start else "") + piece.rstrip() + ("…" if start + LENGTH < len(flat) else "")


def _unfolded(flat: str, folded: str, place: int) -> int:
    """Where in a text stands what folding moved to `place`: ß became two letters, accents none."""
    if len(flat) == len(folded):
        return place
    reached = 0
    for at, character in enumerate(flat):
        reached += _folded_length(character)
        if reached > place:
            return at
    return 0


@lru_cache(maxsize=16_384)
def _folded_length(character: str) -> int:
    return 1 if character == " " else len(fold(character))
