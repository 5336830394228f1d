"""Where a picture file's parts begin, for mutations that a parser reads on from instead of stopping at."""

import struct
import zlib
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
NESTED = {b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl"}
"""Boxes of boxes."""


def parts(data: bytes) -> list[tuple[int, int]]:
    """(start, end) of segments, chunks, boxes or blocks; for what has none, of pieces of 64 bytes."""
    if data.startswith(b"\xff\xd8"):
        found = list(_segments(data))
    elif data.startswith(PNG):
        found = list(_chunks(data, len(PNG), ">I", before_length=0, beyond=12))
    elif data.startswith(b"RIFF"):
        found = list(_chunks(data, 12, "<I", before_length=4, beyond=8))
    elif data[4:8] == b"ftyp":
        found = list(_boxes(data, 0, len(data)))
    else:
        found = []
    return found or [(start, min(start + 64, len(data))) for start in range(0, len(data), 64)]


def repaired(data: bytes) -> bytes:
    """Checksums made right again: a PNG chunk with a wrong one is not even looked into."""
    if not data.startswith(PNG):
        return data
    whole = bytearray(data)
    for start, end in _chunks(data, len(PNG), ">I", before_length=0, beyond=12):
        if end - start >= 12:
            whole[end - 4 : end] = struct.pack(">I", zlib.crc32(data[start + 4 : end - 4]))
    return bytes(whole)


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4])
        if data[place + 1] == 0xDA:  # coded data follow, up to a marker that is neither stuffing nor a restart
            while end + 1 < len(data) and not (
                data[end] == 0xFF and data[end + 1] and data[end + 1] not in range(0xD0, 0xD8)
            ):
                end += 1
        yield place, min(end, len(data))
        place = end


def _chunks(data: bytes, place: int, length: str, *, before_length: int, beyond: int) -> Iterator[tuple[int, int]]:
    while place + beyond <= len(data):
        (size,) = struct.unpack_from(length, data, place + before_length)
        end = min(place + beyond + size, len(data))
        yield place, end
        place = end


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[int, int]]:
    while place + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, place)
        after = min(place + max(size, 8), end)
        yield place, after
        if kind in NESTED:
            yield from _boxes(data, place + (12 if kind == b"meta" else 8), after)
        place = after
