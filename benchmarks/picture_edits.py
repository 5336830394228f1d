"""What people do to a picture before they post it again. All made from a seed; needs Debian's
fonts-noto-color-emoji for stickers.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

Edit = Callable[[Image.Image, Random], Image.Image]
Colour = tuple[int, int, int]

EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
PHONE = (1080, 2160)
WORDS = ("so", "good", "look", "at", "this", "again", "who", "was", "there", "last", "year", "never", "lunch", "two")
LIGHT, DARK = ((255, 255, 255), (30, 30, 30), (110, 110, 110)), ((18, 24, 30), (235, 235, 235), (130, 140, 150))
"""Page, text and fainter text of an app."""


# -- the same picture -----------------------------------------------------------------------------------------


def jpeg(quality: int) -> Edit:
    def edit(image: Image.Image, _: Random) -> Image.Image:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer).convert("RGB")

    return edit


def resized(scale: float) -> Edit:
    def edit(image: Image.Image, _: Random) -> Image.Image:
        return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))

    return edit


def bordered(image: Image.Image, rng: Random) -> Image.Image:
    """An even border of one colour, 4 to 15 % of the shorter side."""
    width = round(rng.uniform(0.04, 0.15) * min(image.size))
    return ImageOps.expand(image, width, rng.choice([(255, 255, 255), (0, 0, 0), (230, 225, 210), (40, 60, 110)]))


def letterboxed(image: Image.Image, rng: Random) -> Image.Image:
    """Bars above and below, or at the sides, until the picture has another shape."""
    ratio = rng.choice([1.0, 9 / 16, 16 / 9])
    width, height = image.size
    size = (max(width, round(height * ratio)), max(height, round(width / ratio)))
    return ImageOps.pad(image, size, color=rng.choice([(0, 0, 0), (255, 255, 255)]))


def screenshot(image: Image.Image, rng: Random) -> Image.Image:
    """A phone that shows the picture: bars, a name, lines of text, an entry field."""
    page, text, faint = rng.choice([LIGHT, DARK])
    screen = Image.new("RGB", PHONE, page)
    draw = ImageDraw.Draw(screen)
    margin = rng.choice([0, 0, 24, 60])
    shown = image.resize((PHONE[0] - 2 * margin, round(image.height * (PHONE[0] - 2 * margin) / image.width)))
    shown = shown.crop((0, 0, shown.width, min(shown.height, 1500)))
    top = round(rng.uniform(230, max(240, PHONE[1] - shown.height - 260)))
    _bars(draw, rng, page, text, faint)
    for y in (*range(260, top - 90, 70), *range(top + shown.height + 40, PHONE[1] - 230, 70)):
        if rng.random() < 0.6:
            say(draw, (40, y), rng, text if rng.random() < 0.7 else faint, 40)
    screen.paste(shown, (margin, top))
    return screen


def desktop(image: Image.Image, rng: Random) -> Image.Image:
    """A viewer's window: the picture in the middle of an even ground, with a bar of buttons."""
    page, text, faint = rng.choice([LIGHT, DARK])
    screen = Image.new("RGB", (1600, 900), page)
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, 1600, 56), fill=tuple(abs(part - 22) for part in page))
    say(draw, (20, 14), rng, text, 26)
    for x in range(1320, 1580, 60):
        draw.ellipse((x, 16, x + 24, 40), outline=faint, width=3)
    shown = ImageOps.contain(image, (rng.randint(760, 1500), rng.randint(560, 780)))
    screen.paste(shown, ((1600 - shown.width) // 2, 70 + (800 - shown.height) // 2))
    return screen


def cropped(share: float) -> Edit:
    """`share` of the width and of the height cut away, anyhow divided between the sides."""

    def edit(image: Image.Image, rng: Random) -> Image.Image:
        width, height = (round(side * (1 - share)) for side in image.size)
        left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
        return image.crop((left, top, left + width, top + height))

    return edit


def filtered(image: Image.Image, rng: Random) -> Image.Image:
    """A filter of a phone: warmer or colder, more or less saturated, brighter or darker."""
    image = ImageEnhance.Color(image).enhance(rng.uniform(0.7, 1.35))
    image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.85, 1.15))
    image = ImageEnhance.Contrast(image).enhance(rng.uniform(0.85, 1.2))
    warmth = rng.uniform(-0.08, 0.08)
    red, green, blue = image.split()
    return Image.merge("RGB", (red.point(lambda v: v * (1 + warmth)), green, blue.point(lambda v: v * (1 - warmth))))


def captioned(image: Image.Image, rng: Random) -> Image.Image:
    """Words with an outline over the lower or upper sixth, as memes have them."""
    image = image.copy()
    y = rng.choice([0.03, 0.82]) * image.height
    draw = ImageDraw.Draw(image)
    size = image.height // 9
    say(draw, (image.width * 0.06, y), rng, (255, 255, 255), size, stroke=max(1, size // 12))
    return image


def stickered(image: Image.Image, rng: Random) -> Image.Image:
    """An emoji on it, a fifth of its side."""
    image = image.copy()
    side = min(image.size) // 5
    glyph = emoji(rng.choice("😂❤🔥👍"), side)
    image.paste(glyph, (rng.randint(0, image.width - side), rng.randint(0, image.height - side)), glyph)
    return image


def handed_on(image: Image.Image, rng: Random) -> Image.Image:
    """Saved and sent again, several times over."""
    for _ in range(3):
        image = jpeg(rng.randint(40, 80))(resized(rng.uniform(0.5, 0.95))(image, rng), rng)
    return image


SAME: dict[str, Edit] = {
    **{f"JPEG, quality {quality}": jpeg(quality) for quality in (90, 50, 30)},
    **{f"resized {scale}×": resized(scale) for scale in (0.25, 0.5, 2.0)},
    "handed on three times": handed_on,
    "border": bordered,
    "letterbox": letterboxed,
    "screenshot, phone": screenshot,
    "screenshot, desktop": desktop,
    "cropped 3 %": cropped(0.03),
    "cropped 6 %": cropped(0.06),
    "cropped 10 %": cropped(0.10),
    "colour filter": filtered,
    "caption over it": captioned,
    "sticker on it": stickered,
}


def emoji(character: str, side: int) -> Image.Image:
    """RGBA, square."""
    image = Image.new("RGBA", (136, 128))
    font = ImageFont.truetype(str(EMOJI_FONT), 109)
    ImageDraw.Draw(image).text((0, 0), character, font=font, embedded_color=True)
    return image.crop(image.getbbox() or (0, 0, 136, 128)).resize((side, side), Image.Resampling.LANCZOS)


def _bars(draw: ImageDraw.ImageDraw, rng: Random, page: Colour, text: Colour, faint: Colour) -> None:
    bar = rng.choice([page, (82, 136, 193), tuple(abs(part - 20) for part in page)])
    draw.rectangle((0, 0, PHONE[0], 200), fill=bar)
    say(draw, (40, 16), rng, text, 36, words=1)
    say(draw, (840, 16), rng, text, 36, words=2)
    draw.ellipse((30, 84, 120, 174), fill=random_colour(rng))
    say(draw, (150, 100), rng, text, 48, words=3)
    draw.rectangle((0, PHONE[1] - 170, PHONE[0], PHONE[1]), fill=bar)
    say(draw, (110, PHONE[1] - 130), rng, faint, 44, words=2)


def say(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    rng: Random,
    colour: Colour,
    size: int,
    *,
    words: int = 6,
    stroke: int = 0,
) -> None:
    said = " ".join(rng.choice(WORDS) for _ in range(words))
    draw.text(place, said, colour, ImageFont.load_default(size), stroke_width=stroke, stroke_fill=(0, 0, 0))


def random_colour(rng: Random) -> Colour:
    return (rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255))
