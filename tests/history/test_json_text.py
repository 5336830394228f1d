"""JSON as it should not be: what Telegram Desktop, editors and accidents make of it."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from history.errors import ExportError
from history.json_text import LONGEST_TEXT, JsonText
from tests import exports
from tests.history.test_json_export import ids, raw


@pytest.mark.parametrize(
    ("number", "read"),
    [("-0", [1, 2, 3]), ("1.5e300", [1, 2, 3]), ("1.5e400", [1]), ("1e9999999999", [1]), ("1" * 5000, [1])],
)
def test_a_number_without_bounds_is_no_crash(tmp_path: Path, number: str, read: list[int]) -> None:
    """Telegram has none beyond 64 bits: such a one counts as damage."""
    content = json.dumps(exports.chat(exports.photo(1), exports.photo(2, width=12345), exports.photo(3))).encode()
    assert ids(raw(tmp_path, content.replace(b"12345,", number.encode() + b","))) == read


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    """Editors on Windows add one."""
    content = json.dumps(exports.chat(exports.photo(1))).encode("utf-8-sig")
    assert ids(raw(tmp_path, content)) == [1]


def test_control_characters_as_telegram_desktop_writes_them_are_read(tmp_path: Path) -> None:
    """It escapes them as `\\x0B`, which is no JSON: without mending, reading ends at the first such message."""
    said = exports.photo(1, "a\x0bb\x1fc and C:\\xampp\\x0b")
    content = json.dumps(exports.chat(said, exports.photo(2)), ensure_ascii=False)
    (first, _) = raw(tmp_path, content.replace("\\u000b", "\\x0B").replace("\\u001f", "\\x1F").encode()).photos(
        exports.GROUP
    )
    assert first.caption == "a\x0bb\x1fc and C:\\xampp\\x0b"


class Chunks:
    """Bytes that come in given pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def read(self, _size: int = -1, /) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None: ...


@pytest.mark.parametrize("text", [rb'"a\x0Bb"', rb'"\\x0B"', rb'"\\\x0B\\\\"', '\ufeff"ё"'.encode(), b'"\xff\xe2\x82"'])
def test_mending_does_not_depend_on_where_chunks_end(text: bytes) -> None:
    """Neither an escape nor a character is cut in two."""

    def mended(*pieces: bytes) -> bytes:
        reader = JsonText(Chunks(*pieces))
        return b"".join(iter(lambda: reader.read(100), b""))

    whole = mended(text)
    json.loads(whole)
    assert all(mended(text[:cut], text[cut:]) == whole for cut in range(1, len(text)))
    assert mended(*(text[place : place + 1] for place in range(len(text)))) == whole


def test_a_text_without_end_is_refused_before_memory_is_full(tmp_path: Path) -> None:
    """A parser keeps every text whole."""
    export = raw(tmp_path, b'{"messages": ["' + b"x" * (LONGEST_TEXT + 200_000) + b'"]}')
    with pytest.raises(ExportError, match="no export of Telegram Desktop has one"):
        list(export.chats())


def test_a_text_of_quotation_marks_is_no_text_without_end(tmp_path: Path) -> None:
    """Those that are escaped end none, wherever a chunk does."""
    export = raw(tmp_path, b'{"messages": ["' + rb"x\\\"" * (LONGEST_TEXT // 5 + 50_000) + b'"]}')
    with pytest.raises(ExportError, match="no export of Telegram Desktop has one"):
        list(export.chats())


@pytest.mark.parametrize("part", [{"type": "bold", "text": "x"}, "x", ["x"]])
def test_a_message_of_millions_of_parts_is_kept_whole(tmp_path: Path, part: Any) -> None:
    """What no message has is passed over as it is read; the message and the others are there."""
    document = exports.chat({**exports.photo(1), "text": "PLACE"}, exports.photo(2))
    parts = json.dumps([part] * 100_000).encode()
    content = json.dumps(document).encode().replace(b'"PLACE"', parts)
    tracemalloc.start()
    try:
        assert ids(raw(tmp_path, content)) == [1, 2]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 20_000_000


def test_the_longest_text_loses_its_end(tmp_path: Path) -> None:
    """Told twice, every character for itself."""
    words = [{"type": "bold", "text": "x"}] * 4096
    (photo,) = raw(tmp_path, json.dumps(exports.chat({**exports.photo(1), "text": words})).encode()).photos(
        exports.GROUP
    )
    assert photo.caption == "x" * 4096


def test_what_lies_deep_is_passed_over(tmp_path: Path) -> None:
    """Without recursion: neither the stack nor time runs out."""
    deep: Any = exports.photo(1)
    content = json.dumps(exports.chat({**deep, "text": "PLACE", "other": "PLACE"}, exports.photo(2))).encode()
    assert ids(raw(tmp_path, content.replace(b'"PLACE"', b"[" * 50_000 + b"]" * 50_000))) == [1, 2]
