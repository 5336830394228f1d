"""Questions about things, in three languages and several wordings, and about nothing at all."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from search.calibrating import words_of
from search.clip import ClipEmbedder
from search.embedder import Embedding
from training.concepts import LANGUAGES, Concept, load_concepts
from training.phrases import Thing, phrase

PICTURABLE = {"animals-nature", "food-drink", "travel-places", "activities", "objects"}
"""Of Unicode's groups: things that people ask for, without faces, symbols and clock times."""
EMPTY = {"of", "with", "and", "in", "the", "a", "on", "without"}
WORDINGS = ("name", "name", "name", "phrase", "phrase", "keyword")
"""How often each is asked."""
VOWELS, CONSONANTS = "aeiouy", "bcdfghjklmnpqrstvwxz"
CYRILLIC, HAN = (
    "абвгдежзийклмнопрстуфхцчшщыэюя",
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年",
)


@cache
def things() -> tuple[int, ...]:
    """Places in `load_concepts()` of what is asked for."""
    return tuple(
        place
        for place, concept in enumerate(load_concepts())
        if concept.group.split("/")[0] in PICTURABLE and not concept.group.endswith("/time")
    )


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question."""

    vector: Embedding
    kind: str
    answers: frozenset[int]
    """The concepts that it asks for."""

    def fits(self, concept: int) -> bool:
        """Whether a picture of the concept is an answer."""
        return concept in self.answers


class Questions:
    """One text of each wording and language for every concept, embedded."""

    def __init__(self, embedder: ClipEmbedder, seed: int = 4) -> None:
        self._concepts = load_concepts()
        self._words = [_words(concept) for concept in self._concepts]
        rng = random.Random(seed)
        texts: list[tuple[int, str, str]] = []
        for place, concept in enumerate(self._concepts):
            for language in LANGUAGES:
                name = concept.names[language]
                texts.append((place, "name", name))
                texts.append((place, "phrase", phrase(language, [Thing(name)], None, 1, rng)))
                if concept.keywords[language]:
                    texts.append((place, "keyword", rng.choice(concept.keywords[language])))
        vectors = words_of(embedder, [text for _, _, text in texts])
        owners = self._owners()
        self._asked: dict[int, dict[str, list[Asked]]] = {}
        for (place, wording, text), vector in zip(texts, vectors, strict=True):
            fitting = owners[text.lower()] if wording == "keyword" else self._same(place)
            asked = Asked(vector, wording, frozenset(fitting))
            self._asked.setdefault(place, {}).setdefault(wording, []).append(asked)
        self._gibberish = [Asked(v, "gibberish", frozenset()) for v in words_of(embedder, gibberish(300, rng))]

    def about(self, concept: int, rng: random.Random) -> Asked:
        """One question about a concept, in any language and wording."""
        by_wording = self._asked[concept]
        return rng.choice(by_wording.get(rng.choice(WORDINGS)) or by_wording["name"])

    def every(self, concept: int) -> Iterator[Asked]:
        """All of them."""
        for asked in self._asked[concept].values():
            yield from asked

    def gibberish(self, rng: random.Random) -> Asked:
        """A question about nothing."""
        return rng.choice(self._gibberish)

    def related(self, one: int, other: int) -> bool:
        """Whether pictures of one may be taken for answers about the other: a word of both names, or a keyword."""
        mine, theirs = self._words[one], self._words[other]
        return bool(mine[0] & theirs[0]) or mine[1] in theirs[2] or theirs[1] in mine[2]

    def without(self, words: Sequence[str], concepts: Sequence[int]) -> list[str]:
        """The words that name none of these concepts."""
        names = {self._concepts[place].names["en"].replace("’", "'") for place in concepts}
        return [word for word in words if word not in names]

    def _same(self, place: int) -> set[int]:
        return {other for other in range(len(self._concepts)) if self._words[place][0] & self._words[other][0]} | {
            place
        }

    def _owners(self) -> dict[str, set[int]]:
        """Keyword or name to the concepts that have it, in any language."""
        owners: dict[str, set[int]] = {}
        for place, concept in enumerate(self._concepts):
            for language in LANGUAGES:
                for word in (concept.names[language], *concept.keywords[language]):
                    owners.setdefault(word.lower(), set()).add(place)
        return owners


def _words(concept: Concept) -> tuple[set[str], str, set[str]]:
    """Of the English name its words, itself, and the keywords."""
    name = concept.names["en"].lower()
    words = {word for word in re.split(r"[^a-z]+", name) if word and word not in EMPTY}
    return words, name, {keyword.lower() for keyword in concept.keywords["en"]}


def gibberish(count: int, rng: random.Random) -> list[str]:
    """Invented words, keyboards hit at random, and letters and characters of three scripts in no order."""
    makers = (
        lambda: "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(2, 4))),
        lambda: "".join(rng.choice("qwertyuiopasdfghjklzxcvbnm") for _ in range(rng.randint(5, 12))),
        lambda: "".join(rng.choice(CYRILLIC) for _ in range(rng.randint(4, 10))),
        lambda: "".join(rng.choice(HAN) for _ in range(rng.randint(2, 5))),
        lambda: f"{rng.randrange(10**6)} {rng.choice('!?#*')}",
    )
    return [rng.choice(makers)() for _ in range(count)]
