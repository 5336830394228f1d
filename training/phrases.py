"""How people ask for a picture in English, Chinese and Russian: words for colours, places, counts, and grammar.

Grammar is rough on purpose: people's queries are, too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

COLOUR_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "red": ("red",), "orange": ("orange",), "yellow": ("yellow",), "green": ("green",), "blue": ("blue",),
        "purple": ("purple", "violet"), "pink": ("pink",), "brown": ("brown",), "black": ("black",),
        "white": ("white",), "grey": ("grey", "gray"),
    },
    "zh": {
        "red": ("红色", "红"), "orange": ("橙色", "橘色"), "yellow": ("黄色", "黄"), "green": ("绿色", "绿"),
        "blue": ("蓝色", "蓝"), "purple": ("紫色", "紫"), "pink": ("粉色", "粉红色"), "brown": ("棕色", "褐色"),
        "black": ("黑色", "黑"), "white": ("白色", "白"), "grey": ("灰色", "灰"),
    },
    "ru": {
        "red": ("красн",), "orange": ("оранжев",), "yellow": ("желт",), "green": ("зелен",), "blue": ("син", "голуб"),
        "purple": ("фиолетов",), "pink": ("розов",), "brown": ("коричнев",), "black": ("черн",), "white": ("бел",),
        "grey": ("сер",),
    },
}  # fmt: skip
"Russian: stems, the ending follows the noun."

PLACE_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "grass": ("on the grass", "in a meadow", "on grass", "in the park"), "beach": ("on the beach", "on the sand"),
        "night": ("at night", "under the stars", "in the dark"), "snow": ("in the snow", "in winter", "on snow"),
        "sunset": ("at sunset", "at dusk"), "sea": ("at sea", "on the water", "in the sea"),
    },
    "zh": {
        "grass": ("草地上的", "公园里的", "草坪上的"), "beach": ("沙滩上的", "海滩上的"), "night": ("夜晚的", "星空下的", "夜里的"),
        "snow": ("雪地里的", "雪中的", "冬天的"), "sunset": ("日落时的", "夕阳下的", "黄昏的"), "sea": ("海上的", "海里的", "水上的"),
    },
    "ru": {
        "grass": ("на траве", "на лугу", "в парке"), "beach": ("на пляже", "на песке"),
        "night": ("ночью", "под звездами", "в темноте"), "snow": ("на снегу", "в снегу", "зимой"),
        "sunset": ("на закате", "в сумерках"), "sea": ("в море", "на море", "на воде"),
    },
}  # fmt: skip

_FRAMES = {
    "en": ("{}",) * 8 + ("a photo of {}", "photo of {}", "picture of {}", "a picture of {}", "find {}", "show me {}",
                         "image of {}", "pictures of {}"),
    "zh": ("{}",) * 8 + ("{}的照片", "{}的图片", "一张{}的照片", "{}图片", "找{}", "有{}的照片"),
    "ru": ("{}",) * 8 + ("фото {}", "картинка {}", "фотография: {}", "покажи {}", "найди {}", "фото с {}"),
}  # fmt: skip
_JOINS = {
    "en": (" and ", " and ", " with ", " next to ", " & ", ", "),
    "zh": ("和", "和", "与", "跟", "、"),
    "ru": (" и ", " и ", " рядом с ", " с ", ", "),
}
_COUNTS = {
    "en": {2: ("two", "2", "a pair of"), 3: ("three", "3"), 4: ("four", "4", "many", "several")},
    "zh": {2: ("两个", "两只", "2个"), 3: ("三个", "三只", "3个"), 4: ("四个", "四只", "很多", "几个")},
    "ru": {2: ("два", "две", "2", "пара"), 3: ("три", "3"), 4: ("четыре", "4", "много", "несколько")},
}
_IRREGULAR = {"mouse": "mice", "person": "people", "man": "men", "woman": "women", "child": "children", "fish": "fish",
              "sheep": "sheep", "foot": "feet", "tooth": "teeth", "knife": "knives", "leaf": "leaves", "wolf": "wolves",
              "goose": "geese", "scarf": "scarves"}  # fmt: skip


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
        joined += rng.choice(_JOINS[language]) + word
    framed = rng.choice(_FRAMES[language]).format(joined)
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
    word = rng.choice(_COUNTS[language][count])
    if language == "zh":
        return word + name
    return f"{word} {_plural(name) if language == 'en' else _genitive(name, rng)}"


def _plural(name: str) -> str:
    head, _, last = name.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
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
    for ending, replacement in (("ка", "ки"), ("а", "ы"), ("я", "и"), ("ь", "я"), ("й", "я"), ("о", "а"), ("е", "я")):
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
