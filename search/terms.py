"""What to look for in texts: the words of a question, and how well each is met.

Scripts without spaces (Chinese, Japanese, Thai …) are taken in pairs of characters, a lone character as itself:
that finds two-character words, which an index of trigrams misses. Other words also meet their forms, by Snowball's
stems for English and Russian, and words that contain them.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import snowballstemmer

from storage.folding import fold

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003134f"
)
"""Thai, Lao, Burmese, Khmer, kana, Han, and Hangul, which joins endings to its words."""
LETTER = rf"[^\W_{UNSPACED}]"
WORD = re.compile(f"{LETTER}+")
PIECE = re.compile(rf"(?P<run>[{UNSPACED}]+)|(?P<word>{LETTER}+)")
CYRILLIC = re.compile("[\u0400-\u04ff]")

WHOLE, FORM, BEGINNING, PART = 1.0, 0.9, 0.7, 0.4
"""How much a word counts that is met as it is, in another form, as the beginning of a word, inside a word; the latter
two times the share of that word which it is: "car" is half of "carved"."""
MOST = 40
"""Words of a question: each costs 30 ms in a chat with 100,000 texts, and 256 Chinese characters would be 255."""
SHORTEST_PART = 3
"""Letters: shorter pieces are inside of everything."""

COMMON_WORDS = """
    a am an and any are as at be by can did do does for from has have how i in is it its me my of on or our some that
    the their there this to was were what when where which who whose why with you your
    photo photos picture pictures image images pic pics
    в во без бы был была были было вы где для до его ее если есть же за и из или их к как ко которая которые который
    мне мои мой моя мы на над не но ну о об он она они от по под при про с со так там то того тоже ты у что это этот
    когда почему зачем как какой какая какие сколько я фото фотка фотография фотографии картинка картинки снимок
    """
COMMON = frozenset(COMMON_WORDS.split())
"""Words that say nothing of a picture; folded."""
COMMON_RUNS = re.compile("的|了|吗|呢|吧|着|们|我|你|他|她|它|这|那|照片|图片")
"""The same of Chinese, at which a run of characters is parted."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word to look for."""

    word: str
    """Folded."""
    needle: str
    """What every text that meets the term contains: the word, or as much of it as its forms share."""
    is_spaced: bool = True
    """Whether its script puts spaces between words."""

    def quality(self, folded: str) -> float:
        """How well a folded text meets the term, 0 to 1."""
        if self.needle not in folded:
            return 0.0
        if not self.is_spaced:
            return WHOLE
        # Word by word: a pattern around the needle takes 0.2 s of a text that is one run of 4,000 letters.
        return max((self._likeness(word) for word in WORD.findall(folded) if self.needle in word), default=0.0)

    def place(self, folded: str) -> tuple[float, int]:
        """How well the term is met where a folded text meets it best, and where that is; 0.0 where it is not met."""
        if not self.is_spaced:
            return (WHOLE if self.needle in folded else 0.0), folded.find(self.needle)
        met = [
            (self._likeness(word.group()), word.start() + word.group().find(self.needle))
            for word in WORD.finditer(folded)
            if self.needle in word.group()
        ]
        return max(met, key=lambda one: one[0], default=(0.0, 0))

    def _likeness(self, word: str) -> float:
        if word == self.word:
            return WHOLE
        if stem(word) == stem(self.word):
            return FORM
        if len(self.word) < SHORTEST_PART or self.word not in word:
            return 0.0
        share = len(self.word) / len(word)
        return share * (BEGINNING if word.startswith(self.word) else PART)


def terms(question: str) -> tuple[Term, ...]:
    """The first terms of a question, each once, in its order. Of a question of common words alone, those."""
    folded = fold(question)
    found = {term.word: term for term in _pieces(folded) if term.word not in COMMON}
    return tuple((found or {term.word: term for term in _pieces(folded, parting=False)}).values())[:MOST]


def literal(phrase: str) -> tuple[Term, ...]:
    """A phrase that has no word in it, an emoji or "!?", to be met as it stands."""
    folded = fold(phrase)
    return (Term(folded, folded, is_spaced=False),) if folded else ()


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """What the forms of an English or Russian word have in common; 20 µs, and a tenth of one when asked again."""
    stemmed: str = _stemmer("russian" if CYRILLIC.match(word) else "english").stemWord(word)
    return stemmed


@cache
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(language)


def _pieces(folded: str, *, parting: bool = True) -> list[Term]:
    found: list[Term] = []
    for piece in PIECE.finditer(folded):
        if piece["word"]:
            found.append(Term(piece["word"], _needle(piece["word"])))
        else:
            runs = COMMON_RUNS.split(piece["run"]) if parting else [piece["run"]]
            found += [Term(pair, pair, is_spaced=False) for run in runs for pair in _pairs(run)]
    return found


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run] * len(run)


def _needle(word: str) -> str:
    """English stems rewrite endings (happy: happi), so it is what word and stem share."""
    stemmed = stem(word)
    shared = next((at for at, (one, other) in enumerate(zip(word, stemmed, strict=False)) if one != other), None)
    return word[: len(stemmed) if shared is None else shared] or word
