"""What is done to a picture: bytes rot, lengths and sizes lie, parts are missing, doubled or another's."""

import random
from collections.abc import Sequence
from typing import Literal

from tests.fuzzing.containers import parts, repaired
from tests.fuzzing.seeds import SIDE

ODD_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 60_000, 0x7FFFFFFF, 0xFFFFFFFF)
SIDES = (0, 1, 95, 97, 1_000, 4_000, 7_000, 16_383, 29_999, 60_000, 0xFFFF)
HEADER = 64
"""Bytes among which most formats say how large the picture is."""
ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")

Seed = tuple[str, bytes]


def mutated(seeds: Sequence[Seed], number: int) -> Seed:
    """The mutant of this number: the same every time."""
    chance = random.Random(number)
    kind, data = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        if not data:
            break
        mutation = chance.choice(MUTATIONS)
        data = mutation(data, chance, chance.choice(seeds)[1])
    return kind, repaired(data) if chance.random() < 0.8 else data


def _truncated(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def _bits_flipped(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    rotten = bytearray(data)
    for _ in range(chance.choice((1, 2, 8, 32))):
        rotten[chance.randrange(len(rotten))] ^= 1 << chance.randrange(8)
    return bytes(rotten)


def _noise(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + chance.randbytes(chance.randrange(1, 64)) + data[place + chance.randrange(64) :]


def _header_edited(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    """Width, height, depth, counts: an odd number of any width, in either order of bytes, near the start of a part."""
    start, end = chance.choice([(0, min(HEADER, len(data))), *parts(data)])
    place = chance.randrange(start, max(start + 1, min(end, start + HEADER)))
    width = chance.choice((1, 2, 3, 4))
    value = chance.choice(ODD_NUMBERS) & ((1 << 8 * width) - 1)
    return data[:place] + value.to_bytes(width, chance.choice(ORDERS)) + data[place + width :]


def _side_edited(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    """Where the width or height of the honest picture stands (WebP counts from 0), another one."""
    width, order, less = chance.choice((2, 3, 4)), chance.choice(ORDERS), chance.choice((0, 1))
    honest = (SIDE - less).to_bytes(width, order)
    places = [place for place in range(min(1_024, len(data))) if data.startswith(honest, place)]
    if not places:
        return data
    place = chance.choice(places)
    return data[:place] + chance.choice(SIDES).to_bytes(width, order) + data[place + width :]


def _length_edited(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    """A part that says that it is longer, shorter, empty or endless; its length stands in its first eight bytes."""
    start, _end = chance.choice(parts(data))
    place = start + chance.choice((0, 2, 4))
    width = chance.choice((2, 4))
    order = chance.choice(ORDERS)
    told = int.from_bytes(data[place : place + width], order)
    value = chance.choice((told - 1, told + 1, told * 2, told // 2, chance.choice(ODD_NUMBERS)))
    return data[:place] + (value % (1 << 8 * width)).to_bytes(width, order) + data[place + width :]


def _part_dropped(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = chance.choice(parts(data))
    return data[:start] + data[end:]


def _part_repeated(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = chance.choice(parts(data))
    return data[:end] + data[start:end] * chance.choice((1, 2, 50)) + data[end:]


def _parts_swapped(data: bytes, chance: random.Random, _other: bytes) -> bytes:
    (a, b), (c, d) = sorted((chance.choice(parts(data)), chance.choice(parts(data))))
    return data if c < b else data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _part_of_another(data: bytes, chance: random.Random, other: bytes) -> bytes:
    start, end = chance.choice(parts(data))
    other_start, other_end = chance.choice(parts(other))
    return data[:start] + other[other_start:other_end] + data[end:]


def _spliced(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """Begins as one file and ends as another: a polyglot, where the formats differ."""
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


MUTATIONS = (
    _truncated,
    _bits_flipped,
    _bits_flipped,
    _noise,
    _header_edited,
    _header_edited,
    _header_edited,
    _side_edited,
    _side_edited,
    _side_edited,
    _length_edited,
    _length_edited,
    _part_dropped,
    _part_repeated,
    _parts_swapped,
    _part_of_another,
    _spliced,
)
