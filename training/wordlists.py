"""Words for colours, places, counts and requests in English, Chinese and Russian."""

from __future__ import annotations

_PLAIN = ("{}",) * 8
"Most people just name the thing."

COLOUR_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "red": ("red",),
        "orange": ("orange",),
        "yellow": ("yellow",),
        "green": ("green",),
        "blue": ("blue",),
        "purple": ("purple", "violet"),
        "pink": ("pink",),
        "brown": ("brown",),
        "black": ("black",),
        "white": ("white",),
        "grey": ("grey", "gray"),
    },
    "zh": {
        "red": ("红色", "红"),
        "orange": ("橙色", "橘色"),
        "yellow": ("黄色", "黄"),
        "green": ("绿色", "绿"),
        "blue": ("蓝色", "蓝"),
        "purple": ("紫色", "紫"),
        "pink": ("粉色", "粉红色"),
        "brown": ("棕色", "褐色"),
        "black": ("黑色", "黑"),
        "white": ("白色", "白"),
        "grey": ("灰色", "灰"),
    },
    "ru": {
        "red": ("красн",),
        "orange": ("оранжев",),
        "yellow": ("желт",),
        "green": ("зелен",),
        "blue": ("син", "голуб"),
        "purple": ("фиолетов",),
        "pink": ("розов",),
        "brown": ("коричнев",),
        "black": ("черн",),
        "white": ("бел",),
        "grey": ("сер",),
    },
}
"Russian: stems, the ending follows the noun."

PLACE_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "grass": ("on the grass", "in a meadow", "on grass", "in the park"),
        "beach": ("on the beach", "on the sand"),
        "night": ("at night", "under the stars", "in the dark"),
        "snow": ("in the snow", "in winter", "on snow"),
        "sunset": ("at sunset", "at dusk"),
        "sea": ("at sea", "on the water", "in the sea"),
    },
    "zh": {
        "grass": ("草地上的", "公园里的", "草坪上的"),
        "beach": ("沙滩上的", "海滩上的"),
        "night": ("夜晚的", "星空下的", "夜里的"),
        "snow": ("雪地里的", "雪中的", "冬天的"),
        "sunset": ("日落时的", "夕阳下的", "黄昏的"),
        "sea": ("海上的", "海里的", "水上的"),
    },
    "ru": {
        "grass": ("на траве", "на лугу", "в парке"),
        "beach": ("на пляже", "на песке"),
        "night": ("ночью", "под звездами", "в темноте"),
        "snow": ("на снегу", "в снегу", "зимой"),
        "sunset": ("на закате", "в сумерках"),
        "sea": ("в море", "на море", "на воде"),
    },
}

FRAMES: dict[str, tuple[str, ...]] = {
    "en": (
        *_PLAIN,
        "a photo of {}",
        "photo of {}",
        "picture of {}",
        "a picture of {}",
        "find {}",
        "show me {}",
        "image of {}",
        "pictures of {}",
    ),
    "zh": (*_PLAIN, "{}的照片", "{}的图片", "一张{}的照片", "{}图片", "找{}", "有{}的照片"),
    "ru": (*_PLAIN, "фото {}", "картинка {}", "фотография: {}", "покажи {}", "найди {}", "фото с {}"),
}
JOINS = {
    "en": (" and ", " and ", " with ", " next to ", " & ", ", "),
    "zh": ("和", "和", "与", "跟", "、"),
    "ru": (" и ", " и ", " рядом с ", " с ", ", "),
}
COUNTS = {
    "en": {2: ("two", "2", "a pair of"), 3: ("three", "3"), 4: ("four", "4", "many", "several")},
    "zh": {2: ("两个", "两只", "2个"), 3: ("三个", "三只", "3个"), 4: ("四个", "四只", "很多", "几个")},
    "ru": {2: ("два", "две", "2", "пара"), 3: ("три", "3"), 4: ("четыре", "4", "много", "несколько")},
}
IRREGULAR = {
    "mouse": "mice",
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "fish": "fish",
    "sheep": "sheep",
    "foot": "feet",
    "tooth": "teeth",
    "knife": "knives",
    "leaf": "leaves",
    "wolf": "wolves",
    "goose": "geese",
    "scarf": "scarves",
}
