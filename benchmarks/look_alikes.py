"""Pictures that look alike and are not the same: one thing about a scene is changed. All made from a seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.picture_edits import Colour, emoji, random_colour, say


class Scene:
    """A thing before a ground: what can change about it one at a time."""

    def __init__(self, rng: Random, characters: str) -> None:
        self.character = rng.choice(characters)
        self.size = rng.uniform(0.35, 0.75)
        self.x, self.y = rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65)
        self.turn = rng.uniform(-15, 15)
        self.mirrored = False
        self.hue = 0
        self.ground = rng.choice(["flat", "fade", "hills", "rooms"])
        self.colours = (random_colour(rng), random_colour(rng))
        self.noise = rng.randint(0, 10**9)
        self.shape = rng.choice([(800, 600), (640, 800), (720, 720)])

    def paint(self) -> Image.Image:
        """RGB."""
        image = self._ground()
        side = round(self.size * min(self.shape))
        thing = emoji(self.character, side)
        if self.hue:
            thing = _hue_turned(thing, self.hue)
        if self.mirrored:
            thing = ImageOps.mirror(thing)
        thing = thing.rotate(self.turn, Image.Resampling.BICUBIC, expand=True)
        place = (round(self.x * self.shape[0] - thing.width / 2), round(self.y * self.shape[1] - thing.height / 2))
        image.paste(thing, place, thing)
        grain = np.resize(np.random.default_rng(self.noise).normal(0, 3, 99_991), (*image.size[::-1], 1))
        return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))

    def _ground(self) -> Image.Image:
        width, height = self.shape
        first, second = self.colours
        if self.ground == "flat":
            return Image.new("RGB", self.shape, first)
        if self.ground == "fade":
            fade = Image.linear_gradient("L").resize(self.shape)
            return Image.composite(Image.new("RGB", self.shape, second), Image.new("RGB", self.shape, first), fade)
        image = Image.new("RGB", self.shape, first)
        draw = ImageDraw.Draw(image)
        rng = Random(self.noise % 1000)
        for step in range(4):
            shade = tuple(round(a + (b - a) * (step + 1) / 4) for a, b in zip(first, second, strict=True))
            y = height * (0.45 + 0.13 * step)
            if self.ground == "hills":
                points = [(x, y + 40 * math.sin(x / 90 + rng.random() * 6)) for x in range(0, width + 40, 40)]
                draw.polygon([*points, (width, height), (0, height)], fill=shade)
            else:
                x = rng.uniform(0, width * 0.8)
                draw.rectangle((x, y - 260, x + rng.uniform(60, 300), y), fill=shade)
        return image.filter(ImageFilter.GaussianBlur(1))


def _other_ground(scene: Scene, rng: Random) -> None:
    scene.colours = (_far_from(scene.colours[0], rng), _far_from(scene.colours[1], rng))


def _other_colour(scene: Scene, rng: Random) -> None:
    scene.hue = rng.choice([60, 100, 140])


def _other_pose(scene: Scene, rng: Random) -> None:
    scene.mirrored = rng.random() < 0.5
    scene.turn += rng.choice([-1, 1]) * rng.uniform(25, 60)


def _other_place(scene: Scene, rng: Random) -> None:
    scene.ground = rng.choice(["hills", "rooms"])
    scene.x += rng.choice([-1, 1]) * rng.uniform(0.12, 0.2)


def _burst(scene: Scene, rng: Random) -> None:
    """A second later: the thing has moved by 5 to 10 % of the picture and turned a little."""
    scene.x += rng.choice([-1, 1]) * rng.uniform(0.05, 0.1)
    scene.y += rng.uniform(-0.03, 0.03)
    scene.turn += rng.uniform(-12, 12)
    scene.noise += 1000


ALIKE: dict[str, Callable[[Scene, Random], None]] = {
    "other ground": _other_ground,
    "other colours": _other_colour,
    "other pose": _other_pose,
    "other place": _other_place,
    "burst": _burst,
}


def receipt(rng: Random) -> Image.Image:
    """A page of printed words: all such pages look alike."""
    image = Image.new("RGB", (600, 900), (250, 250, 248))
    draw = ImageDraw.Draw(image)
    for y in range(50, 850, 40):
        if rng.random() < 0.9:
            say(draw, (50, y), rng, (30, 30, 30), 28, words=rng.randint(2, 6))
    return image


def _far_from(colour: Colour, rng: Random) -> Colour:
    while True:
        other = random_colour(rng)
        if sum(abs(a - b) for a, b in zip(colour, other, strict=True)) > 180:
            return other


def _hue_turned(image: Image.Image, by: int) -> Image.Image:
    hue, saturation, value = image.convert("RGB").convert("HSV").split()
    turned = Image.merge("HSV", (hue.point(lambda v: (v + by) % 256), saturation, value)).convert("RGB")
    turned.putalpha(image.getchannel("A"))
    return turned
