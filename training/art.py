"""The art: every concept drawn in every style, fetched by package name and rendered once.

Only packages named in PACKAGE_VERSIONS and Debian's fonts-noto-color-emoji are read. Arrays are kept under
training/cache and made again when they are missing. What is drawn with them is decided elsewhere.
"""

from __future__ import annotations

import functools
import io
import json
import re
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.concepts import PACKAGES, Concept, load_concepts

PACKAGE_VERSIONS = {
    "openmoji": "17.0.0",
    "fluentui-emoji": "1.3.0",
    "@lobehub/fluent-emoji-3d": "1.1.0",
    "emojione": "2.2.7",
    "@twemoji/svg": "15.0.0",
    "@iconify-json/noto": "1.2.9",
    "@iconify-json/noto-v1": "1.2.5",
    "@iconify-json/fxemoji": "1.2.2",
    "@iconify-json/streamline-emojis": "1.2.4",
}
NOTO_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
CACHE = Path(__file__).parent / "cache"
SIDE = 72
"Pixels along a drawing's side: a little more than the image tower sees."

TRAINING_STYLES = (
    "noto", "noto-v1", "fluent-flat", "fluent-modern", "fluent-3d", "fluent-high-contrast",
    "emojione", "emojione-outline", "fxemoji", "streamline",
)  # fmt: skip
TUNING_STYLE = "openmoji"
"Share-alike: looked at, never trained on."
HELD_OUT_STYLE = "twemoji"
"Not opened before the last measurement."

Drawing = NDArray[np.uint8]
"A picture of one thing: [SIDE, SIDE, 4], straight alpha, the thing touching the edges."


@dataclass(frozen=True, slots=True)
class Style:
    """All drawings of one style; a concept may have several or none."""

    drawings: NDArray[np.uint8]
    "[n, SIDE, SIDE, 4]"
    concepts: NDArray[np.int64]
    "[n], places in load_concepts()."


def fetch_packages() -> None:
    """Install the art with npm into the cache; does nothing when it is there.

    Raises:
        subprocess.CalledProcessError: npm could not fetch them.
    """
    missing = [f"{name}@{version}" for name, version in PACKAGE_VERSIONS.items() if not (PACKAGES / name).exists()]
    if missing:
        PACKAGES.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(PACKAGES.parent), *missing]
        subprocess.run(command, check=True)  # noqa: S603 - fixed names


def load_style(name: str) -> Style:
    """The drawings of one style, from the cache or rendered now (about a minute for 1,000 SVGs)."""
    path = CACHE / f"{name}-{SIDE}.npz"
    if not path.exists():
        drawings, concepts = _render_style(name)
        np.savez(path, drawings=drawings, concepts=concepts)
    with np.load(path) as arrays:
        return Style(arrays["drawings"], arrays["concepts"])


def draw_large(name: str, concept: Concept, side: int) -> Image.Image | None:
    """One drawing at any size, for pictures that people look at."""
    sources = (_SOURCES | _LARGE)[name](concept)
    return render(sources[0], side) if sources else None


def _render_style(name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    jobs = [(source, place) for place, concept in enumerate(load_concepts()) for source in _SOURCES[name](concept)]
    with ProcessPoolExecutor(2) as pool:
        drawings = list(pool.map(functools.partial(_render_array, side=SIDE), [job[0] for job in jobs], chunksize=32))
    kept = [(drawing, place) for drawing, (_, place) in zip(drawings, jobs, strict=True) if drawing is not None]
    return np.stack([drawing for drawing, _ in kept]), np.array([place for _, place in kept], np.int64)


def _render_array(source: bytes | str, side: int) -> Drawing | None:
    image = render(source, side)
    return None if image is None else np.asarray(image)


def render(source: bytes | str, side: int) -> Image.Image | None:
    """An SVG (text), a bitmap (bytes) or a character of Noto's font, cropped to the drawing, made square."""
    if isinstance(source, bytes):
        image = Image.open(io.BytesIO(source)).convert("RGBA")
    elif source.lstrip().startswith("<"):
        image = _render_svg(source, max(2 * side, 144))
    else:
        image = _render_glyph(source)
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    if box is None:
        return None
    image = image.crop(box)
    longer = max(image.size)
    square = Image.new("RGBA", (longer, longer))
    square.paste(image, ((longer - image.width) // 2, (longer - image.height) // 2))
    return square.resize((side, side), Image.Resampling.LANCZOS)


def _render_svg(text: str, side: int) -> Image.Image:
    import cairosvg  # noqa: PLC0415 - an extra that only rendering needs

    png = cairosvg.svg2png(bytestring=text.encode(), output_width=side, output_height=side)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _render_glyph(character: str) -> Image.Image:
    font = ImageFont.truetype(str(NOTO_FONT), 109)
    image = Image.new("RGBA", (136, 128))
    ImageDraw.Draw(image).text((0, 0), character, font=font, embedded_color=True)
    return image


def plain(name: str) -> str:
    """A name reduced to what packages agree on: lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).lower())


def _candidates(concept: Concept) -> Iterator[str]:
    """Names under which packages without code points may have filed a concept."""
    yield plain(concept.names["en"])
    yield plain(unicodedata.name(concept.character, ""))


def _from_noto(concept: Concept) -> list[bytes | str]:
    return [concept.character]  # a character that the font lacks renders blank, and is left out then


def _by_code(folder: str, pattern: str) -> Callable[[Concept], list[bytes | str]]:
    """Art filed by code point; `pattern` is formatted with the lower-case code."""

    def find(concept: Concept) -> list[bytes | str]:
        for code in (concept.code.zfill(4), f"{concept.code.zfill(4)}-fe0f"):
            for spelling in (code, code.upper()):
                path = PACKAGES / folder / pattern.format(spelling)
                if path.exists():
                    return [path.read_text("utf-8") if path.suffix == ".svg" else path.read_bytes()]
        return []

    return find


def _by_fluent_name(kind: str) -> Callable[[Concept], list[bytes | str]]:
    @functools.cache
    def index() -> dict[str, Path]:
        return {plain(path.stem.removesuffix("-default")): path for path in _fluent_folder(kind).glob("*.svg")}

    def find(concept: Concept) -> list[bytes | str]:
        paths = [index()[name] for name in _candidates(concept) if name in index()]
        return [path.read_text("utf-8") for path in paths[:1]]

    return find


def _fluent_folder(kind: str) -> Path:
    return PACKAGES / "fluentui-emoji" / "icons" / kind


def _by_iconify_name(collection: str) -> Callable[[Concept], list[bytes | str]]:
    """Iconify's JSON: bodies by name; names ending in -1, -2 are variants of one thing."""

    @functools.cache
    def index() -> dict[str, list[str]]:
        data = json.loads((PACKAGES / "@iconify-json" / collection / "icons.json").read_text("utf-8"))
        size = f'viewBox="0 0 {data.get("width", 16)} {data.get("height", 16)}"'
        found: dict[str, list[str]] = {}
        for name, icon in data["icons"].items():
            svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>'
            found.setdefault(plain(re.sub(r"-\d$", "", name)), []).append(svg + icon["body"] + "</svg>")
        for name, alias in data.get("aliases", {}).items():
            found.setdefault(plain(name), found.get(plain(alias["parent"]), []))
        return found

    def find(concept: Concept) -> list[bytes | str]:
        return list(next((index()[name] for name in _candidates(concept) if name in index()), []))

    return find


_SOURCES: dict[str, Callable[[Concept], list[bytes | str]]] = {
    "noto": _from_noto,
    "noto-v1": _by_iconify_name("noto-v1"),
    "fluent-flat": _by_fluent_name("flat"),
    "fluent-modern": _by_fluent_name("modern"),
    "fluent-3d": _by_code("@lobehub/fluent-emoji-3d/assets", "{}.webp"),
    "fluent-high-contrast": _by_fluent_name("high-contrast"),
    "emojione": _by_code("emojione/assets/png_128x128", "{}.png"),
    "emojione-outline": _by_code("emojione/assets/svg_bw", "{}.svg"),
    "fxemoji": _by_iconify_name("fxemoji"),
    "streamline": _by_iconify_name("streamline-emojis"),
    "openmoji": _by_code("openmoji/color/svg", "{}.svg"),
    "twemoji": _by_code("@twemoji/svg", "{}.svg"),
}
_LARGE = {
    "noto": _by_iconify_name("noto"),
    "emojione": _by_code("emojione/assets/svg", "{}.svg"),
}
"Where small bitmaps serve for training and something larger exists."
