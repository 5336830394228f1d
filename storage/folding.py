"""One form for texts that people would call the same: without case, accents, widths and invisible characters.

What is searched and what is searched for pass through here; a change of it needs a migration that folds again.
"""

from __future__ import annotations

import unicodedata

ACCENTS = range(0x0300, 0x0370)
"""Marks of Latin, Greek and Cyrillic letters; those of other scripts (が, ไ) are letters in their own right."""
BREVE = "\u0306"
CYRILLIC_WITH_BREVE = frozenset("иу")
"""й and ў are letters of their own, not accented ones; ё is written as е by most people and folds to it."""


def fold(text: str) -> str:
    """In small letters, accents and invisible characters removed, wide and narrow forms equal, white space single."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    kept: list[str] = []
    for character in decomposed:
        if ord(character) in ACCENTS and not (character == BREVE and kept and kept[-1] in CYRILLIC_WITH_BREVE):
            continue
        if unicodedata.category(character) in ("Cf", "Cc") and not character.isspace():
            continue
        if not "\ufe00" <= character <= "\ufe0f":  # says how an emoji is drawn
            kept.append(character)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
