"""Pictures that tell themselves apart: shapes from a seed, and what people do to them before they post them again."""

import io
from random import Random

from PIL import Image, ImageDraw, ImageFont, ImageOps


def drawn(seed: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Shapes of many colours, others for every seed."""
    rng = Random(seed)
    image = Image.new("RGB", size, _colour(rng))
    draw = ImageDraw.Draw(image)
    for _ in range(24):
        x, y = rng.randint(-80, size[0]), rng.randint(-80, size[1])
        box = (x, y, x + rng.randint(60, 300), y + rng.randint(60, 300))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(box, fill=_colour(rng))
    return image


def file(image: Image.Image, quality: int = 90) -> bytes:
    """As a JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def screenshot(image: Image.Image) -> Image.Image:
    """A phone that shows it, under a bar with a name and above words."""
    screen = Image.new("RGB", (1080, 1920), "white")
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, 1080, 180), fill=(82, 136, 193))
    draw.text((150, 60), "Weekend crew", "white", ImageFont.load_default(60))
    shown = image.resize((1000, round(image.height * 1000 / image.width)))
    screen.paste(shown, (40, 420))
    for line in range(4):
        draw.text((40, 1300 + 90 * line), "look at this, who was there", "black", ImageFont.load_default(48))
    return screen


def bordered(image: Image.Image) -> Image.Image:
    """With a white border."""
    return ImageOps.expand(image, 50, "white")


def _colour(rng: Random) -> tuple[int, int, int]:
    return (rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255))
