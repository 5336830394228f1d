"""Pictures with text for `benchmarks.text_archive`: memes, screenshots and signs, drawn with Debian's fonts.

Needs the fonts of Debian's packages fonts-dejavu-core and fonts-noto-cjk.
"""

from __future__ import annotations

import io
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
KINDS = ("meme", "screenshot", "sign")
SIDES = (1280, 960)
CHOOSING = 20
"""Texts of each language with which weights are chosen."""

TEXTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "en": (
        ("Happy birthday, dear Anna", "birthday anna", "happy birthdays"),
        ("Beware of the dog", "beware dogs", "beware of dog sign"),
        ("One does not simply walk into Mordor", "walking mordor", "one does not simply meme"),
        ("Your parcel will be delivered tomorrow between 9 and 12", "parcel delivery", "when does my parcel come"),
        ("Platform 7: the train to Bristol is cancelled", "cancelled train", "bristol platform"),
        ("No parking at any time", "no parking", "parking sign"),
        ("Password: sunflower42", "password", "sunflower42"),
        ("Meeting moved to Thursday 15:30", "meeting thursday", "meetings moved"),
        ("Keep calm and carry on", "keep calm", "carry on"),
        ("Invoice no. 20391, total 149.90 EUR", "invoices", "invoice 20391"),
        ("Boarding pass, gate B22, seat 14A", "boarding pass", "gate b22"),
        ("Open daily from 8 am, closed on Sundays", "closed sunday", "open daily"),
        ("I should buy a boat", "boat", "should buy boat"),
        ("Error 404: page not found", "error 404", "page not found screenshot"),
        ("Private property, trespassers will be prosecuted", "private property", "trespassers sign"),
        ("Chocolate cake: 200 g flour, 3 eggs, 150 g sugar", "cake recipe flour eggs", "chocolate cake"),
        ("Wifi network: Guesthouse, key: mountains", "wifi guesthouse", "wifi key"),
        ("Congratulations on your graduation", "graduation", "congratulation graduation"),
        ("Fire exit, keep clear", "fire exits", "keep clear"),
        ("Nobody expects the Spanish inquisition", "spanish inquisition", "nobody expects"),
        ("Lost cat, answers to Oscar, reward 50 pounds", "lost cat", "oscar reward"),
        ("Slippery when wet", "slippery", "wet floor"),
        ("Doctor Miller, appointment on 14 March at 9:40", "appointment miller", "doctor march"),
        ("Please do not feed the ducks", "feeding ducks", "do not feed"),
        ("The swimming pool opens at ten", "swimming pool", "pool opening"),
        ("Rent is due on the first of the month", "rent due", "rent"),
        ("Such bread, much butter, wow", "such bread", "much butter"),
        ("Half price on all shoes until Saturday", "half price shoes", "shoes sale"),
        ("Your verification code is 771204", "verification code", "code 771204"),
        ("Choir rehearsal every Monday in the church hall", "choir rehearsals", "church hall monday"),
        ("Danger, high voltage", "high voltage", "danger sign"),
        ("Welcome to the dark side, we have cookies", "dark side cookies", "welcome dark side"),
        ("Tracking number 4471 9002 is out for delivery", "tracking number", "out for delivery"),
        ("Mind the gap", "mind gap", "gap"),
        ("Bus 42 does not stop here any more", "bus 42", "bus stopping"),
        ("Room for two with a view of the lake, 80 a night", "room lake view", "view of the lake"),
        ("This lift carries eight persons", "lift persons", "lift"),
        ("Brace yourselves, exams are coming", "brace yourselves", "exams coming"),
        ("Allergens: nuts, milk, wheat", "allergens", "nuts milk wheat"),
        ("Ticket machine out of order", "out of order", "ticket machines"),
    ),
    "zh": (
        ("生日快乐，亲爱的小明", "生日", "小明生日快乐"),
        ("禁止停车", "停车", "禁止停车的牌子"),
        ("请勿吸烟", "吸烟", "请勿吸烟"),
        ("列车晚点三十分钟", "列车晚点", "晚点"),
        ("今天的会议改到下午三点", "会议", "会议下午三点"),
        ("小心地滑", "地滑", "小心地滑"),
        ("恭喜发财，万事如意", "恭喜发财", "万事如意"),
        ("我太难了", "太难", "太难了表情"),
        ("快递已送达，请到前台领取", "快递", "前台领取"),
        ("无线网络密码在桌子上", "密码", "无线网络"),
        ("北京烤鸭套餐一百二十元", "烤鸭", "烤鸭套餐"),
        ("安全出口", "出口", "安全出口"),
        ("登机口更改为二十二号", "登机口", "登机口更改"),
        ("请保持安静", "安静", "保持安静"),
        ("感谢您的光临，欢迎再来", "光临", "欢迎再来"),
        ("周末一起去爬山吗", "爬山", "周末爬山"),
        ("新年快乐", "新年", "新年快乐"),
        ("医院急诊向左走", "急诊", "医院急诊"),
        ("今日特价牛肉面", "牛肉面", "特价"),
        ("余额不足，请充值", "余额", "充值"),
        ("寻猫启事，酬谢五百元", "寻猫", "酬谢"),
        ("高压危险，请勿靠近", "高压", "高压危险"),
        ("电梯维修中，请走楼梯", "电梯维修", "楼梯"),
        ("您的验证码是三三九一", "验证码", "您的验证码"),
        ("图书馆周一闭馆", "闭馆", "图书馆"),
        ("全场商品五折", "五折", "全场五折"),
        ("请勿喂食动物", "喂食", "勿喂食"),
        ("祝你考试顺利", "考试", "考试顺利"),
        ("此路不通", "不通", "此路不通"),
        ("请扫描二维码付款", "二维码", "扫描付款"),
        ("房租每月一号交", "房租", "交房租"),
        ("招聘服务员，包吃住", "招聘", "服务员"),
        ("中秋节放假三天", "中秋节", "放假"),
        ("我只想躺平", "躺平", "只想躺平"),
        ("游泳池水深两米", "游泳池", "水深"),
        ("家长会星期五晚上七点", "家长会", "星期五家长会"),
        ("洗手间在二楼", "洗手间", "二楼洗手间"),
        ("预约挂号成功", "挂号", "预约"),
        ("行李超重需付费", "行李", "行李超重"),
        ("早睡早起身体好", "早睡", "早睡早起"),
    ),
    "ru": (
        ("С днём рождения, дорогая Анна", "день рождения анны", "днем рождения"),
        ("Осторожно, злая собака", "злые собаки", "осторожно собака"),
        ("Вход воспрещён", "вход воспрещен", "табличка вход"),
        ("Поезд на Тверь отменён", "отмена поезда тверь", "поезд тверь"),
        ("Встретимся завтра на вокзале", "вокзал завтра", "встретимся на вокзале"),
        ("Не влезай, убьёт", "не влезай", "убьет"),
        ("Пароль от вайфая у администратора", "пароль вайфай", "пароль администратор"),
        ("Собрание перенесли на четверг", "собрание четверг", "перенесли собрание"),
        ("Сдаётся комната у метро", "комната метро", "сдается комната"),
        ("Аптека открыта круглосуточно", "аптека", "круглосуточная аптека"),
        ("Счёт за электричество оплачен", "счета электричество", "счет оплачен"),
        ("Посадочный талон, место 14А", "посадочный талон", "посадочные талоны"),
        ("Купи хлеба и молока", "хлеб молоко", "купи хлеба"),
        ("С новым годом, друзья", "новый год", "с новым годом"),
        ("Стоянка запрещена", "стоянка", "запрещенная стоянка"),
        ("Ошибка: страница не найдена", "ошибка страницы", "страница не найдена"),
        ("Рецепт борща: свёкла, капуста, морковь", "рецепт борща", "борщ свекла капуста"),
        ("Поздравляем с окончанием школы", "поздравление школа", "окончание школы"),
        ("Тише едешь, дальше будешь", "дальше будешь", "тише едешь"),
        ("Лифт не работает", "лифт", "не работает лифт"),
        ("Пропал кот, нашедшему вознаграждение", "пропал кот", "вознаграждение за кота"),
        ("Высокое напряжение, опасно для жизни", "высокое напряжение", "опасно"),
        ("Запись к врачу на пятницу, 10:20", "запись к врачу", "врач пятница"),
        ("Уток не кормить", "кормить уток", "утки"),
        ("Бассейн закрыт до сентября", "бассейн закрыт", "бассейн"),
        ("Квартплата до десятого числа", "квартплата", "квартплата десятое число"),
        ("Ваш код подтверждения 6640", "код подтверждения", "подтверждение 6640"),
        ("Репетиция хора по понедельникам", "репетиция хора", "хор понедельник"),
        ("Скидка на обувь пятьдесят процентов", "скидки обувь", "скидка пятьдесят"),
        ("Автобус тут больше не останавливается", "автобус не останавливается", "остановка автобус"),
        ("По газонам не ходить", "газоны", "не ходить по газону"),
        ("Никто не заметит, сказал я", "никто не заметит", "сказал я мем"),
        ("Посылка ждёт вас на почте", "посылка почта", "посылки"),
        ("Перерыв с часу до двух", "перерыв", "обеденный перерыв"),
        ("Номер с видом на озеро", "вид на озеро", "номер озеро"),
        ("Билетная касса не работает", "касса", "билетные кассы"),
        ("Экзамен по химии во вторник", "экзамен химия", "экзамены вторник"),
        ("Держись, скоро выходные", "скоро выходные", "держись"),
        ("Состав: орехи, мёд, масло", "состав орехи мед", "орехи"),
        ("Не прислоняться", "не прислоняться", "прислоняться двери"),
    ),
}
"""What is written, and two ways in which somebody asks for it: fewer words, other forms of them, two Chinese
characters, a word that is not there ("sign"). The first twenty of each language chose the weights of `search.fusion`;
the others were written before they were tried, and judge them."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture of a text."""

    jpeg: bytes
    text: str
    questions: tuple[str, ...]
    language: str
    kind: str
    drawing: str | None
    """Over which it is written."""
    is_held_out: bool
    """Whether it had no part in choosing anything."""


def rendered(drawings: Mapping[str, Image.Image], seed: int = 7) -> list[Rendered]:
    """Every text once, the kinds in turn; memes are written on the drawings."""
    rng = random.Random(seed)
    made = []
    for language, texts in TEXTS.items():
        for number, (text, *questions) in enumerate(texts):
            kind, drawing = KINDS[number % len(KINDS)], rng.choice(sorted(drawings))
            buffer = io.BytesIO()
            _PAINTERS[kind](text, language, rng, drawings[drawing]).save(buffer, "JPEG", quality=82)
            shown = drawing if kind == "meme" else None
            is_held_out = number >= CHOOSING
            made.append(Rendered(buffer.getvalue(), text, tuple(questions), language, kind, shown, is_held_out))
    return made


def _font(language: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(CJK if language == "zh" else DEJAVU, size)


def _meme(text: str, language: str, rng: random.Random, drawing: Image.Image) -> Image.Image:
    """White letters with black edges over a drawing."""
    image = drawing.convert("RGB").resize(SIDES)
    font, draw = _font(language, rng.randint(56, 72)), ImageDraw.Draw(image)
    lines = _wrapped(text.upper() if language != "zh" else text, font, SIDES[0] - 120)
    draw.multiline_text(
        (SIDES[0] / 2, SIDES[1] - 40), lines, "white", font, "md", align="center", stroke_width=5, stroke_fill="black"
    )
    return image


def _screenshot(text: str, language: str, rng: random.Random, _drawing: Image.Image) -> Image.Image:
    """A bubble of a chat, in letters as small as phones show them."""
    image = Image.new("RGB", (720, 1280), (236, 229, 221))
    font, draw = _font(language, rng.randint(26, 32)), ImageDraw.Draw(image)
    lines = _wrapped(text, font, 520)
    top = rng.randint(200, 900)
    left, upper, right, lower = draw.multiline_textbbox((60, top), lines, font)
    draw.rounded_rectangle((left - 20, upper - 16, right + 20, lower + 16), 18, "white")
    draw.multiline_text((60, top), lines, (20, 20, 20), font)
    return image


def _sign(text: str, language: str, rng: random.Random, _drawing: Image.Image) -> Image.Image:
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
