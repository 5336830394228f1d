"""The contact sheet: queries in three languages and what the sample archive answers."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from training.measure import Checkpoint, archive_pictures, archive_scenes

SHEET = Path(__file__).parent / "contact-sheet.png"
QUERIES = {
    "pizza": "pizza",
    "red car": "automobile",
    "blue car": "automobile",
    "dog on the beach": "dog",
    "birthday cake": "birthday cake",
    "three strawberries": "strawberry",
    "a dog and a ball": "dog",
    "fireworks at night": "fireworks",
    "猫": "cat",
    "红色的汽车": "automobile",
    "两辆自行车": "bicycle",
    "披萨": "pizza",
    "собака": "dog",
    "зеленая машина": "automobile",
    "торт": "birthday cake",
    "лиса": "fox",
}
"A query to the thing that a right answer shows."
_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_LABEL, _CELL, _ROW = 250, 104, 84
"Pixels: a label's width, an answer's, and a row's height."


def paint_sheet(checkpoint: Checkpoint, answers: int = 6, columns: int = 2) -> Image.Image:
    """Queries down the side, their answers beside them, framed in green where they show the thing."""
    scenes = archive_scenes()
    files = list(scenes)
    vectors = checkpoint.pictures(archive_pictures(files))
    rows = -(-len(QUERIES) // columns)
    width = _LABEL + answers * _CELL
    sheet = Image.new("RGB", (columns * width, rows * _ROW), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.truetype(str(_FONT), 21)
    for number, (query, thing) in enumerate(QUERIES.items()):
        left, top = (number // rows) * width, (number % rows) * _ROW
        draw.text((left + 12, top + _ROW // 2), query, "black", font, anchor="lm")
        similarity = (checkpoint.texts([query]) @ vectors.T)[0]
        for place, best in enumerate(similarity.topk(answers).indices.tolist()):
            names = {item["name"].removesuffix(" face") for item in scenes[files[best]]["things"]}
            corner = (left + _LABEL + place * _CELL, top + 4)
            draw.rectangle((*corner, corner[0] + 99, corner[1] + 75), "#2a9d4b" if thing in names else "#cccccc")
            answer = archive_pictures([files[best]])[0].resize((92, 68))
            sheet.paste(answer, (corner[0] + 4, corner[1] + 4))
    return sheet
