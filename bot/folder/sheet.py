"""A contact sheet: the pictures of an answer side by side, numbered as in its table."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.folder.searching import Found

CELL, GAP, LINE, COLUMNS = 240, 12, 20, 5
"""Pixels, but for the columns."""
PAPER, INK, FAINT = "white", "#222222", "#777777"
LATIN = 0x250
"""The first code point beyond Latin letters."""
LONGEST_NAME = 30
"""Characters of a file's name under its picture."""


def contact_sheet(found: Sequence[Found]) -> Image.Image:
    """A picture that is gone leaves its place empty."""
    columns = max(1, min(COLUMNS, len(found)))
    rows = max(1, -(-len(found) // columns))
    width, height = CELL + GAP, CELL + 2 * LINE + GAP
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), PAPER)
    draw, bold, plain = ImageDraw.Draw(sheet), ImageFont.load_default(15), ImageFont.load_default(12)
    for number, one in enumerate(found, start=1):
        row, column = divmod(number - 1, columns)
        left, top = GAP + column * width, GAP + row * height
        if one.preview:
            picture = ImageOps.pad(Image.open(io.BytesIO(one.preview)), (CELL, CELL), color=PAPER)
            sheet.paste(picture, (left, top))
        draw.text((left, top + CELL + 2), f"{number}   {one.score:.3f}", fill=INK, font=bold)
        draw.text((left, top + CELL + 2 + LINE), _shown(one.path), fill=FAINT, font=plain)
    return sheet


def _shown(path: Path) -> str:
    """Pillow's own font knows Latin letters: others are the table's business."""
    name = path.name if len(path.name) <= LONGEST_NAME else path.name[: LONGEST_NAME - 1] + "…"
    return "".join(
        letter if letter == "…" or (letter.isprintable() and ord(letter) < LATIN) else "?" for letter in name
    )
