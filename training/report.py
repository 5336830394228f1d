"""training/REPORT.md, written from measured figures; no number in it is typed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.art import HELD_OUT_STYLE, TUNING_STYLE
from training.contact_sheet import SHEET, paint_sheet
from training.figures import measure_all
from training.measure import FIGURES, Checkpoint
from training.model import MODEL

REPORT = Path(__file__).parent / "REPORT.md"
TEMPLATE = Path(__file__).parent / "report_template.md"
CARD = MODEL / "README.md"
RECIPE = Path(__file__).parent / "recipe.md"
LANGUAGE_NAMES = {"en": "English", "zh": "Chinese", "ru": "Russian"}
AIMS = {"seen": [0.85, 0.98], "unseen": [0.45, 0.80]}
_MARKS = ("<!-- figures -->", "<!-- end of figures -->")
_ROLES = {TUNING_STYLE: "tuning, never trained on", HELD_OUT_STYLE: "held out to the end"}


def write_report(held_out: bool) -> None:
    """Measure, keep the figures, and write report and contact sheet; `held_out` opens the held-out style."""
    figures = measure_all(held_out)
    FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    REPORT.write_text(compose_report(figures), "utf-8")
    write_card(figures)
    paint_sheet(Checkpoint()).save(SHEET, optimize=True)


def write_card(figures: dict[str, Any]) -> None:
    """Put the figures between the model card's marks."""
    head, _, rest = CARD.read_text("utf-8").partition(_MARKS[0])
    _, _, tail = rest.partition(_MARKS[1])
    CARD.write_text(f"{head}{_MARKS[0]}\n{_aims(figures)}\n{_MARKS[1]}{tail}", "utf-8")


def compose_report(figures: dict[str, Any]) -> str:
    """The report's text."""
    confusions = figures["confusions"]
    styles = list(figures["spoiled"])
    spoils = figures["spoiled"][styles[0]]
    by_style, groups = figures["text_to_image"].items(), confusions["groups"].items()
    found = {
        "recipe": RECIPE.read_text("utf-8").strip(),
        "aims": _aims(figures),
        "styles": _table(
            ["style", "role", *LANGUAGE_NAMES.values()],
            [[s, _ROLES.get(s, "seen"), *(_cell(pairs[spoken]) for spoken in LANGUAGE_NAMES)] for s, pairs in by_style],
        ),
        "images": _table(["styles", "R@1 / R@10"], [[k, _cell(v)] for k, v in figures["image_to_image"].items()]),
        "phrases": _table(
            ["language", "R@1 / R@10"], [[LANGUAGE_NAMES[k], _cell(v)] for k, v in figures["phrases"].items()]
        ),
        "spoiled": _table(
            ["pictures", *styles],
            [[name, *(_cell(figures["spoiled"][s][name]) for s in styles)] for name in spoils],
        ),
        "megabytes": sum(figures["bytes"].values()) / 1e6,
        "weights": figures["bytes"]["open_clip_model.safetensors"] / 1e6,
        "groups": _table(["group", "wrong"], [[name, f"{wrong} of {size}"] for name, (wrong, size) in groups]),
        "confusions": _table(
            ["asked for", "shown first", "nearer by"],
            [[asked, shown, f"{gap:.2f}"] for asked, shown, gap in confusions["list"]],
        ),
    }
    return TEMPLATE.read_text("utf-8").format(**{**figures, **figures["speed"], **confusions, **found})


def _aims(figures: dict[str, Any]) -> str:
    held_out = [("unseen", HELD_OUT_STYLE)] if HELD_OUT_STYLE in figures["plain"] else []
    rows = []
    for kind, style in [("seen", "noto"), *held_out, ("unseen", TUNING_STYLE)]:
        for shown, pictures in (("on white", "plain"), ("composed", "text_to_image")):
            pairs = figures[pictures][style]
            lost = pairs["en"][0] - min(pairs["zh"][0], pairs["ru"][0])
            met = all(reached >= aim for reached, aim in zip(pairs["en"], AIMS[kind], strict=True))
            found = [_cell(AIMS[kind]), _cell(pairs["en"]), "yes" if met else "**no**", f"{lost:.2f}"]
            rows.append([f"{kind} ({style})", shown, *found])
    return _table(["style", "pictures", "aim", "reached", "met", "R@1 lost"], rows)


def _cell(pair: list[float]) -> str:
    return f"{pair[0]:.2f} / {pair[1]:.2f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])
