"""Pictures with text for `benchmarks.text_in_pictures`: memes, screenshots and signs, drawn with Debian's fonts.

Needs the fonts of Debian's packages fonts-dejavu-core and fonts-noto-cjk.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
KINDS = ("meme", "screenshot", "sign")
SIDES = (1280, 960)

TEXTS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Happy birthday, dear Anna", "birthday anna"),
        ("Beware of the dog", "beware dogs"),
        ("One does not simply walk into Mordor", "walking mordor"),
        ("Your parcel will be delivered tomorrow between 9 and 12", "parcel delivery"),
        ("Platform 7: the train to Bristol is cancelled", "cancelled train"),
        ("No parking at any time", "no parking"),
        ("Password: sunflower42", "password"),
        ("Meeting moved to Thursday 15:30", "meeting thursday"),
        ("Keep calm and carry on", "keep calm"),
        ("Invoice no. 20391, total 149.90 EUR", "invoices"),
        ("Boarding pass, gate B22, seat 14A", "boarding pass"),
        ("Open daily from 8 am, closed on Sundays", "closed sunday"),
        ("I should buy a boat", "boat"),
        ("Error 404: page not found", "error 404"),
        ("Private property, trespassers will be prosecuted", "private property"),
        ("Chocolate cake: 200 g flour, 3 eggs, 150 g sugar", "cake recipe flour eggs"),
        ("Wifi network: Guesthouse, key: mountains", "wifi guesthouse"),
        ("Congratulations on your graduation", "graduation"),
        ("Fire exit, keep clear", "fire exits"),
        ("Nobody expects the Spanish inquisition", "spanish inquisition"),
    ),
    "zh": (
        ("生日快乐，亲爱的小明", "生日"),
        ("禁止停车", "停车"),
        ("请勿吸烟", "吸烟"),
        ("列车晚点三十分钟", "列车晚点"),
        ("今天的会议改到下午三点", "会议"),
        ("小心地滑", "地滑"),
        ("恭喜发财，万事如意", "恭喜发财"),
        ("我太难了", "太难"),
        ("快递已送达，请到前台领取", "快递"),
        ("无线网络密码在桌子上", "密码"),
        ("北京烤鸭套餐一百二十元", "烤鸭"),
        ("安全出口", "出口"),
        ("登机口更改为二十二号", "登机口"),
        ("请保持安静", "安静"),
        ("感谢您的光临，欢迎再来", "光临"),
        ("周末一起去爬山吗", "爬山"),
        ("新年快乐", "新年"),
        ("医院急诊向左走", "急诊"),
        ("今日特价牛肉面", "牛肉面"),
        ("余额不足，请充值", "余额"),
    ),
    "ru": (
        ("С днём рождения, дорогая Анна", "день рождения анны"),
        ("Осторожно, злая собака", "злые собаки"),
        ("Вход воспрещён", "вход воспрещен"),
        ("Поезд на Тверь отменён", "отмена поезда тверь"),
        ("Встретимся завтра на вокзале", "вокзал завтра"),
        ("Не влезай, убьёт", "не влезай"),
        ("Пароль от вайфая у администратора", "пароль вайфай"),
        ("Собрание перенесли на четверг", "собрание четверг"),
        ("Сдаётся комната у метро", "комната метро"),
        ("Аптека открыта круглосуточно", "аптека"),
        ("Счёт за электричество оплачен", "счета электричество"),
        ("Посадочный талон, место 14А", "посадочный талон"),
        ("Купи хлеба и молока", "хлеб молоко"),
        ("С новым годом, друзья", "новый год"),
        ("Стоянка запрещена", "стоянка"),
        ("Ошибка: страница не найдена", "ошибка страницы"),
        ("Рецепт борща: свёкла, капуста, морковь", "рецепт борща"),
        ("Поздравляем с окончанием школы", "поздравление школа"),
        ("Тише едешь, дальше будешь", "дальше будешь"),
        ("Лифт не работает", "лифт"),
    ),
}
"""What is written, and how somebody asks for it: fewer words, other forms of them, two Chinese characters."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture of a text."""

    jpeg: bytes
    text: str
    question: str
    language: str
    kind: str


def rendered(drawings: Sequence[Image.Image], seed: int = 7) -> list[Rendered]:
    """Every text once, the kinds in turn; memes are written on the drawings."""
    rng = random.Random(seed)
    made = []
    for language, texts in TEXTS.items():
        for number, (text, question) in enumerate(texts):
            kind = KINDS[number % len(KINDS)]
            image = _PAINTERS[kind](text, language, rng, drawings)
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=82)
            made.append(Rendered(buffer.getvalue(), text, question, language, kind))
    return made


def _font(language: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(CJK if language == "zh" else DEJAVU, size)


def _meme(text: str, language: str, rng: random.Random, drawings: Sequence[Image.Image]) -> Image.Image:
    """White letters with black edges over a drawing."""
    image = rng.choice(drawings).convert("RGB").resize(SIDES)
    font, draw = _font(language, rng.randint(56, 72)), ImageDraw.Draw(image)
    lines = _wrapped(text.upper() if language != "zh" else text, font, SIDES[0] - 120)
    draw.multiline_text(
        (SIDES[0] / 2, SIDES[1] - 40), lines, "white", font, "md", align="center", stroke_width=5, stroke_fill="black"
    )
    return image


def _screenshot(text: str, language: str, rng: random.Random, _drawings: Sequence[Image.Image]) -> Image.Image:
    """A bubble of a chat, in letters as small as phones show them."""
    image = Image.new("RGB", (720, 1280), (236, 229, 221))
    font, draw = _font(language, rng.randint(26, 32)), ImageDraw.Draw(image)
    lines = _wrapped(text, font, 520)
    top = rng.randint(200, 900)
    left, upper, right, lower = draw.multiline_textbbox((60, top), lines, font)
    draw.rounded_rectangle((left - 20, upper - 16, right + 20, lower + 16), 18, "white")
    draw.multiline_text((60, top), lines, (20, 20, 20), font)
    return image


def _sign(text: str, language: str, rng: random.Random, _drawings: Sequence[Image.Image]) -> Image.Image:
    """A board in the open, a little askew and with the noise of a camera."""
    ground, board, letters = rng.choice(
        (((96, 120, 84), (20, 60, 140), "white"), ((150, 150, 155), "#f2c811", "black"))
    )
    image = Image.new("RGB", SIDES, ground)
    font, draw = _font(language, rng.randint(64, 84)), ImageDraw.Draw(image)
    lines = _wrapped(text, font, 900)
    left, upper, right, lower = draw.multiline_textbbox((SIDES[0] / 2, SIDES[1] / 2), lines, font, "mm", align="center")
    draw.rectangle((left - 60, upper - 50, right + 60, lower + 50), board)
    draw.multiline_text((SIDES[0] / 2, SIDES[1] / 2), lines, letters, font, "mm", align="center")
    askew = image.rotate(rng.uniform(-6, 6), Image.Resampling.BICUBIC, fillcolor=ground)
    return Image.blend(askew, Image.effect_noise(SIDES, 90).convert("RGB"), 0.12)


_PAINTERS = {"meme": _meme, "screenshot": _screenshot, "sign": _sign}


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """In lines of at most that many pixels; Chinese breaks anywhere."""
    pieces = text.split(" ") if " " in text else list(text)
    joint = " " if " " in text else ""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        longer = lines[-1] + joint + piece
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(piece)
    return "\n".join(lines)
