"""The concepts: emoji of one code point, with their names and keywords from Unicode CLDR.

A concept's place in the tuple that `load_concepts` returns is its class number everywhere in this package.
"""

from __future__ import annotations

import functools
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "zh", "ru")
CLDR = Path("/usr/share/unicode/cldr/common/annotations")
PACKAGES = Path(__file__).parent / "cache" / "npm" / "node_modules"
_NOT_PICTURES = {"component", "flags", "extras-openmoji", "extras-unicode"}
_SIZES = re.compile("small|medium|large")
"Squares that differ in nothing but size look alike wherever size varies."


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that can be drawn, and what people call it."""

    character: str
    group: str
    "Unicode's group and subgroup, such as 'animals-nature/animal-mammal'."
    names: dict[str, str]
    "Language to the one name CLDR gives for speaking aloud."
    keywords: dict[str, tuple[str, ...]]
    "Language to further words, the name left out."

    @property
    def code(self) -> str:
        """Lower-case hexadecimal code point, as art packages name their files."""
        return f"{ord(self.character):x}"


@functools.cache
def load_concepts() -> tuple[Concept, ...]:
    """Every concept that has a name in all of LANGUAGES, in Unicode's order."""
    annotations = {language: _annotations(language) for language in LANGUAGES}
    concepts = []
    for character, group in _pictures():
        if all(character in annotations[language] for language in LANGUAGES):
            entries = {language: annotations[language][character] for language in LANGUAGES}
            names = {language: name for language, (name, _) in entries.items()}
            keywords = {language: words for language, (_, words) in entries.items()}
            concepts.append(Concept(character, group, names, keywords))
    return tuple(concepts)


def _pictures() -> list[tuple[str, str]]:
    """Characters of one code point in OpenMoji's index, with their groups; no flags, no skin tones."""
    index = json.loads((PACKAGES / "openmoji" / "data" / "openmoji.json").read_text("utf-8"))
    pictures = []
    for entry in sorted(index, key=lambda entry: entry["order"] or 0):
        character = entry["emoji"].replace("\ufe0f", "")
        size_only = entry["subgroups"] == "geometric" and _SIZES.search(entry["annotation"])
        if len(character) == 1 and entry["group"] not in _NOT_PICTURES and not size_only:
            pictures.append((character, f"{entry['group']}/{entry['subgroups']}"))
    return pictures


def _annotations(language: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Character to its spoken name and its keywords."""
    names: dict[str, str] = {}
    keywords: dict[str, tuple[str, ...]] = {}
    for element in ET.parse(CLDR / f"{language}.xml").iter("annotation"):  # noqa: S314 - Debian's own file
        character, text = element.attrib["cp"], element.text or ""
        if element.get("type") == "tts":
            names[character] = text.strip()
        else:
            keywords[character] = tuple(word.strip() for word in text.split("|"))
    return {
        character: (name, tuple(word for word in keywords.get(character, ()) if word != name))
        for character, name in names.items()
    }
