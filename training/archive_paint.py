"""Painting for people: the sample archive's pictures, larger and prettier than training pictures."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.art import draw_large
from training.concepts import load_concepts
from training.palette import BACKDROPS, COLOURS

Colour = tuple[float, float, float]
_SIZES = ((800, 600), (800, 600), (640, 800), (720, 720), (900, 640))
_FONTS = {
    "latin": Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
    "mono": Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"),
    "cjk": Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to draw: its English name, a style, a colour to paint it in, and how often."""

    name: str
    style: str
    colour: str | None = None
    count: int = 1


def paint_things(items: Sequence[Item], backdrop: str, rng: random.Random) -> Image.Image:
    """Things with soft shadows before a backdrop."""
    canvas = paint_backdrop(backdrop, rng.choice(_SIZES), rng)
    drawn = [item for item in items for _ in range(item.count)]
    shorter = min(canvas.size)
    for item, (x, y, size) in zip(drawn, _places(len(drawn), rng), strict=True):
        side = int(size * shorter * rng.uniform(0.94, 1.04))
        thing = _thing(item, side).rotate(rng.uniform(-9, 9), Image.Resampling.BICUBIC, expand=True)
        corner = (int(x * canvas.width - thing.width / 2), int(y * canvas.height - thing.height / 2))
        _shadow(canvas, thing, corner)
        canvas.paste(thing, corner, thing)
    return canvas


def paint_words(kind: str, words: str, backdrop: str, rng: random.Random) -> Image.Image:
    """Words on a card, a sign or a receipt."""
    return {"card": _card, "sign": _sign, "receipt": _receipt}[kind](words, backdrop, rng)


def paint_backdrop(name: str, size: tuple[int, int], rng: random.Random) -> Image.Image:
    """A shaded colour with soft lights, or a place."""
    if name in COLOURS:
        return _shaded(COLOURS[name], size, rng)
    return _place(name, size, rng)


def _places(count: int, rng: random.Random) -> list[tuple[float, float, float]]:
    """Centre and size, as shares of the picture, of up to four things."""
    layouts = {
        1: [(0.5, 0.54, 0.72)],
        2: [(0.28, 0.52, 0.52), (0.73, 0.58, 0.52)],
        3: [(0.21, 0.6, 0.42), (0.52, 0.38, 0.42), (0.8, 0.64, 0.42)],
        4: [(0.27, 0.3, 0.42), (0.73, 0.28, 0.42), (0.25, 0.73, 0.42), (0.74, 0.72, 0.42)],
    }
    return [(x + rng.uniform(-0.03, 0.03), y + rng.uniform(-0.03, 0.03), size) for x, y, size in layouts[count]]


def _thing(item: Item, side: int) -> Image.Image:
    concept = next(concept for concept in load_concepts() if concept.names["en"] == item.name)
    image = draw_large(item.style, concept, side)
    if image is None:
        raise ValueError(f"{item.style} has no drawing of {item.name!r}")
    return image if item.colour is None else _painted(image, COLOURS[item.colour])


def _painted(image: Image.Image, colour: Colour) -> Image.Image:
    """The colourful parts turned to another colour, light and shade kept."""
    pixels = np.asarray(image).astype(np.float32) / 255
    rgb, most, least = pixels[..., :3], pixels[..., :3].max(-1), pixels[..., :3].min(-1)
    strength = np.clip((most - least) / np.maximum(most, 1e-3) * 2 - 0.5, 0, 1)[..., None]
    painted = np.clip(np.array(colour) * (most / 0.85)[..., None], 0, 1)
    mixed = np.concatenate([rgb * (1 - strength) + painted * strength, pixels[..., 3:]], -1)
    return Image.fromarray((mixed * 255).astype(np.uint8), "RGBA")


def _shadow(canvas: Image.Image, thing: Image.Image, corner: tuple[int, int]) -> None:
    depth = max(6, thing.width // 28)
    padded = Image.new("L", (thing.width + 6 * depth, thing.height + 6 * depth))
    padded.paste(thing.getchannel("A").point(lambda alpha: alpha * 2 // 5), (3 * depth, 3 * depth))
    soft = padded.filter(ImageFilter.GaussianBlur(depth))
    place = (corner[0] - 3 * depth + depth // 2, corner[1] - 2 * depth + depth // 2)
    canvas.paste(Image.new("RGB", soft.size, (15, 15, 30)), place, soft)


def _shaded(colour: Colour, size: tuple[int, int], rng: random.Random) -> Image.Image:
    lighter = tuple(min(1.0, part * 1.08 + 0.07) for part in colour)
    darker = tuple(part * 0.86 for part in colour)
    canvas = _gradient(lighter, darker, size)
    lights = Image.new("RGBA", size)
    draw = ImageDraw.Draw(lights)
    for _ in range(9):
        x, y, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(20, 110)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 255, rng.randint(8, 26)))
    lights = lights.filter(ImageFilter.GaussianBlur(3))
    canvas.paste(lights, (0, 0), lights)
    return canvas


def _gradient(top: Sequence[float], foot: Sequence[float], size: tuple[int, int]) -> Image.Image:
    share = np.linspace(0, 1, size[1])[:, None, None]
    column = (np.array(top) * (1 - share) + np.array(foot) * share) * 255
    return Image.fromarray(np.repeat(column, size[0], 1).astype(np.uint8), "RGB")


def _place(name: str, size: tuple[int, int], rng: random.Random) -> Image.Image:
    high, low, far, near = BACKDROPS[name]
    horizon = int(size[1] * rng.uniform(0.5, 0.66))
    canvas = _gradient(high, low, (size[0], size[1]))
    canvas.paste(_gradient(high, low, (size[0], horizon)), (0, 0))
    canvas.paste(_gradient(far, near, (size[0], size[1] - horizon)), (0, horizon))
    details = ImageDraw.Draw(canvas, "RGBA")
    _DETAILS[name](details, size, horizon, rng)
    return canvas


def _clouds(draw: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, rng: random.Random) -> None:
    for _ in range(3):
        x, y = rng.uniform(0, size[0]), rng.uniform(20, horizon * 0.5)
        for step in range(4):
            radius = rng.uniform(18, 38)
            draw.ellipse(
                (x + 32 * step - radius, y - radius, x + 32 * step + radius, y + radius * 0.7),
                fill=(255, 255, 255, 150),
            )


def _stars(draw: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, rng: random.Random) -> None:
    for _ in range(110):
        x, y, radius = rng.uniform(0, size[0]), rng.uniform(0, horizon), rng.uniform(0.6, 2.2)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 235, rng.randint(90, 255)))


def _snowflakes(draw: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, rng: random.Random) -> None:
    for _ in range(80):
        x, y, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(1.5, 4.5)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 255, 210))


def _sun(draw: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, rng: random.Random) -> None:
    x = rng.uniform(0.2, 0.8) * size[0]
    for radius, alpha in ((150, 30), (105, 60), (70, 255)):
        draw.chord(
            (x - radius, horizon - radius, x + radius, horizon + radius),
            180,
            360,
            fill=(255, 214, 120, alpha),
        )


def _waves(draw: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, rng: random.Random) -> None:
    for _ in range(26):
        x, y, length = rng.uniform(0, size[0]), rng.uniform(horizon + 8, size[1]), rng.uniform(30, 110)
        draw.arc((x, y, x + length, y + 14), 200, 340, fill=(255, 255, 255, 90), width=3)


_DETAILS: dict[str, Callable[[ImageDraw.ImageDraw, tuple[int, int], int, random.Random], None]] = {
    "grass": _clouds, "beach": _clouds, "night": _stars, "snow": _snowflakes, "sunset": _sun, "sea": _waves,
}  # fmt: skip


def _font(words: str, pixels: int, mono: bool = False) -> ImageFont.FreeTypeFont:
    chinese = any("\u4e00" <= character <= "\u9fff" for character in words)
    return ImageFont.truetype(str(_FONTS["cjk" if chinese else "mono" if mono else "latin"]), pixels)


def _centred(draw: ImageDraw.ImageDraw, words: str, box: tuple[int, int, int, int], fill: tuple[int, int, int]) -> None:
    lines, width, pixels = words.split(" "), box[2] - box[0], 130
    while max(draw.textlength(line, _font(line, pixels)) for line in lines) > width * 0.86:
        pixels -= 4
    top = (box[1] + box[3]) / 2 - 0.62 * pixels * (len(lines) - 1)
    for number, line in enumerate(lines):
        middle = ((box[0] + box[2]) / 2, top + 1.24 * pixels * number)
        draw.text(middle, line, fill, _font(line, pixels), anchor="mm")


def _card(words: str, backdrop: str, rng: random.Random) -> Image.Image:
    canvas = paint_backdrop(backdrop, (800, 600), rng)
    draw = ImageDraw.Draw(canvas)
    for _ in range(90):
        x, y = rng.randint(0, 800), rng.randint(0, 600)
        colour = tuple(int(255 * part) for part in rng.choice(list(COLOURS.values())[:7]))
        draw.rectangle((x, y, x + rng.randint(5, 14), y + rng.randint(5, 14)), fill=colour)
    _centred(draw, words, (40, 40, 760, 560), (255, 255, 255))
    return canvas


def _sign(words: str, backdrop: str, rng: random.Random) -> Image.Image:
    canvas = paint_backdrop("grey", (800, 600), rng)
    draw = ImageDraw.Draw(canvas)
    fill = tuple(int(255 * part * 0.9) for part in COLOURS[backdrop])
    draw.rounded_rectangle((80, 110, 720, 470), 36, fill=fill, outline=(250, 250, 250), width=14)
    _centred(draw, words, (110, 140, 690, 440), (20, 20, 20) if backdrop == "yellow" else (255, 255, 255))
    return canvas


def _receipt(words: str, backdrop: str, rng: random.Random) -> Image.Image:
    canvas = paint_backdrop("brown", (640, 800), rng)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((110, 60, 530, 740), fill=(252, 252, 248))
    title, *lines = words.split(";")
    draw.text((320, 120), title.upper(), (30, 30, 30), _font(title, 34, mono=True), anchor="mm")
    for number, line in enumerate(lines):
        name, _, price = line.rpartition(" ")
        y = 210 + 66 * number + (40 if number == len(lines) - 1 else 0)
        draw.text((145, y), name, (40, 40, 40), _font(name, 34, mono=True), anchor="lm")
        draw.text((495, y), price, (40, 40, 40), _font(price, 34, mono=True), anchor="rm")
    draw.line((140, 210 + 66 * len(lines) - 50, 500, 210 + 66 * len(lines) - 50), (90, 90, 90), 3)
    return canvas.rotate(rng.uniform(-3, 3), Image.Resampling.BICUBIC, fillcolor=(100, 62, 34))
