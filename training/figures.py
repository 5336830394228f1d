"""Every figure of the report, measured and kept in training/figures.json."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from training.art import HELD_OUT_STYLE, TRAINING_STYLES, TUNING_STYLE
from training.concepts import LANGUAGES, Concept, load_concepts
from training.exhibits import SPOILS, exhibit_all
from training.measure import (
    Checkpoint,
    Recall,
    archive_pictures,
    archive_scenes,
    recall,
    same_scene,
    scene_phrase,
    speed,
)  # fmt: skip
from training.model import MODEL

_SPOILED_STYLES = ("noto", TUNING_STYLE)
_MOST_CONFUSIONS = 60

Exhibits = tuple[Tensor, list[int]]
"Vectors of a style's exhibits [n, d], and the concepts they show."


def measure_all(held_out: bool, say: Callable[[str], None] = print) -> dict[str, Any]:
    """All figures; the held-out style only when asked, since looking once spoils it."""
    checkpoint, concepts = Checkpoint(), load_concepts()
    styles = [*TRAINING_STYLES, TUNING_STYLE] + ([HELD_OUT_STYLE] if held_out else [])
    exhibits: dict[str, Exhibits] = {}
    plain: dict[str, dict[str, list[float]]] = {}
    for style in styles:
        pictures, shown = exhibit_all(style)
        exhibits[style] = checkpoint.pictures(pictures), shown
        if style in ("noto", TUNING_STYLE, HELD_OUT_STYLE):
            pictures, shown = exhibit_all(style, plain=True)
            plain[style] = _by_language(checkpoint, concepts, (checkpoint.pictures(pictures), shown))
        say(f"{style}: {len(shown)} exhibits")
    unseen = HELD_OUT_STYLE if held_out else TUNING_STYLE
    return {
        "bytes": {path.name: path.stat().st_size for path in sorted(MODEL.iterdir()) if path.suffix != ".md"},
        "concepts": len(concepts),
        "text_to_image": {style: _by_language(checkpoint, concepts, shown) for style, shown in exhibits.items()},
        "plain": plain,
        "image_to_image": _across_styles(exhibits, unseen),
        "phrases": _phrases(checkpoint, concepts),
        "spoiled": {style: _spoiled(checkpoint, concepts, style) for style in _SPOILED_STYLES},
        "confusions": _confusions(checkpoint, concepts, exhibits[unseen]),
        "confused_style": unseen,
        "speed": speed(checkpoint, archive_pictures(list(archive_scenes()))),
    }


def _by_language(checkpoint: Checkpoint, concepts: Sequence[Concept], exhibits: Exhibits) -> dict[str, list[float]]:
    vectors, shown = exhibits
    return {
        language: _pair(recall(checkpoint.texts([concepts[place].names[language] for place in shown]), vectors))
        for language in LANGUAGES
    }


def _pair(found: Recall) -> list[float]:
    return [round(found.at_1, 4), round(found.at_10, 4)]


def _across_styles(exhibits: dict[str, Exhibits], unseen: str) -> dict[str, list[float]]:
    """The same thing drawn otherwise: questions of one style, answers of another."""
    pairs = [("noto", "fluent-3d"), ("noto", "emojione"), ("emojione", "fluent-flat"), ("noto", TUNING_STYLE)]
    if unseen != TUNING_STYLE:
        pairs += [("noto", unseen), (TUNING_STYLE, unseen)]
    figures = {}
    for asked, answered in pairs:
        (questions, shown), (answers, there) = exhibits[asked], exhibits[answered]
        both = [place for place in shown if place in set(there)]
        rows, columns = [shown.index(place) for place in both], [there.index(place) for place in both]
        figures[f"{asked} → {answered}"] = _pair(recall(questions[rows], answers[columns]))
    return figures


def _phrases(checkpoint: Checkpoint, concepts: Sequence[Concept]) -> dict[str, list[float]]:
    """Phrases that name all of a scene, among the sample archive's scenes; any repost is right."""
    scenes = archive_scenes()
    files = list(scenes)
    vectors, right = checkpoint.pictures(archive_pictures(files)), same_scene(files, scenes)
    figures = {}
    for language in LANGUAGES:
        names = {concept.names["en"]: concept.names[language] for concept in concepts}
        texts = [scene_phrase(scenes[file], names, language, seed) for seed, file in enumerate(files)]
        figures[language] = _pair(recall(checkpoint.texts(texts), vectors, right))
    return figures


def _spoiled(checkpoint: Checkpoint, concepts: Sequence[Concept], style: str) -> dict[str, list[float]]:
    pictures, shown = exhibit_all(style)
    texts = checkpoint.texts([concepts[place].names["en"] for place in shown])
    return {
        name: _pair(recall(texts, checkpoint.pictures([spoil(p, random.Random(n)) for n, p in enumerate(pictures)])))
        for name, spoil in SPOILS.items()
    }


def _confusions(checkpoint: Checkpoint, concepts: Sequence[Concept], exhibits: Exhibits) -> dict[str, Any]:
    """What was shown first instead, worst first, and how often that was at least a relative."""
    vectors, shown = exhibits
    texts = checkpoint.texts([concepts[place].names["en"] for place in shown])
    similarity = texts @ vectors.T
    first = similarity.argmax(1)
    loss = similarity.amax(1) - similarity.diag()
    wrong = [row for row in loss.argsort(descending=True).tolist() if int(first[row]) != row]
    relatives = [concepts[shown[row]].group == concepts[shown[int(first[row])]].group for row in wrong]
    groups = Counter(concepts[shown[row]].group for row in wrong)
    sizes = Counter(concepts[place].group for place in shown)
    return {
        "list": [
            [
                concepts[shown[row]].names["en"],
                concepts[shown[int(first[row])]].names["en"],
                round(float(loss[row]), 3),
            ]
            for row in wrong[:_MOST_CONFUSIONS]
        ],
        "wrong": len(wrong),
        "relatives": round(sum(relatives) / max(1, len(wrong)), 3),
        "groups": {group: [count, sizes[group]] for group, count in groups.most_common(15)},
    }
