"""How people ask for a picture in English, Chinese and Russian.

Grammar is rough on purpose: people's queries are, too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.wordlists import COLOUR_WORDS, COUNTS, FRAMES, IRREGULAR, JOINS, PLACE_WORDS


@dataclass(frozen=True, slots=True)
class Thing:
    """A name as people write it, and its colour if one is asked for."""

    name: str
    colour: str | None = None


def phrase(language: str, things: Sequence[Thing], place: str | None, count: int, rng: random.Random) -> str:
    """One way to ask for these things.

    Args:
        place: a key of PLACE_WORDS or of COLOUR_WORDS (then it is the background's colour).
        count: how many of the one thing; 1 with several things.
    """
    words = [_coloured(language, thing, rng) for thing in things]
    if count > 1:
        words = [_counted(language, words[0], count, rng)]
    elif language == "en" and rng.random() < 0.5:
        words = [_article(word) for word in words]
    joined = words[0]
    for word in words[1:]:
        joined += rng.choice(JOINS[language]) + word
    framed = rng.choice(FRAMES[language]).format(joined)
    return framed if place is None else _PLACED[language](framed, place, rng)


def _coloured(language: str, thing: Thing, rng: random.Random) -> str:
    if thing.colour is None:
        return thing.name
    word = rng.choice(COLOUR_WORDS[language][thing.colour])
    if language == "ru":
        return f"{word}{_ending(word, thing.name, rng)} {thing.name}"
    if language == "zh":
        return f"{word}的{thing.name}" if len(word) > 1 and rng.random() < 0.6 else word + thing.name
    return f"{word} {thing.name}"


def _ending(stem: str, noun: str, rng: random.Random) -> str:
    """A Russian adjective's ending, guessed from the noun's."""
    soft = stem == "син"
    if rng.random() < 0.1:
        return rng.choice(("яя", "ее", "ий") if soft else ("ая", "ое", "ый"))
    last = noun[-1:]
    if last in "ая":
        return "яя" if soft else "ая"
    if last in "оеё":
        return "ее" if soft else "ое"
    if last in "ыи":
        return "ие" if soft else "ые"
    return "ий" if soft else "ой" if stem == "голуб" else "ый"


def _counted(language: str, name: str, count: int, rng: random.Random) -> str:
    word = rng.choice(COUNTS[language][count])
    if language == "zh":
        return word + name
    return f"{word} {_plural(name) if language == 'en' else _genitive(name, rng)}"


def _plural(name: str) -> str:
    head, _, last = name.rpartition(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif last.endswith(("s", "x", "ch", "sh")):
        last += "" if last.endswith("s") and not last.endswith("ss") else "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return f"{head} {last}".strip()


def _genitive(name: str, rng: random.Random) -> str:
    """What follows a Russian number, roughly."""
    if " " in name or rng.random() < 0.2:
        return name
    for ending, replacement in (
        ("ка", "ки"),
        ("а", "ы"),
        ("я", "и"),
        ("ь", "я"),
        ("й", "я"),
        ("о", "а"),
        ("е", "я"),
    ):
        if name.endswith(ending):
            return name.removesuffix(ending) + replacement
    return name + "а"


def _article(name: str) -> str:
    if name.startswith(("a ", "the ")):
        return name
    return ("an " if name[:1] in "aeiou" else "a ") + name


def _place_english(framed: str, place: str, rng: random.Random) -> str:
    if place in PLACE_WORDS["en"]:
        return f"{framed} {rng.choice(PLACE_WORDS['en'][place])}"
    colour = rng.choice(COLOUR_WORDS["en"][place])
    return framed + rng.choice((f" on a {colour} background", f" on {colour}", f", {colour} background"))


def _place_chinese(framed: str, place: str, rng: random.Random) -> str:
    if place in PLACE_WORDS["zh"]:
        return rng.choice(PLACE_WORDS["zh"][place]) + framed
    return COLOUR_WORDS["zh"][place][0] + rng.choice(("背景上的", "背景的", "背景中的")) + framed


def _place_russian(framed: str, place: str, rng: random.Random) -> str:
    if place in PLACE_WORDS["ru"]:
        return f"{framed} {rng.choice(PLACE_WORDS['ru'][place])}"
    stem = rng.choice(COLOUR_WORDS["ru"][place])
    return f"{framed} на {stem}{'ем' if stem == 'син' else 'ом'} фоне"


_PLACED: dict[str, Callable[[str, str, random.Random], str]] = {
    "en": _place_english,
    "zh": _place_chinese,
    "ru": _place_russian,
}
