"""The bytes of a result.json, mended where Telegram Desktop and the world break JSON; nothing is understood here.

- Telegram Desktop writes control characters as `\\x0B`, which is no JSON (`SerializeString` in its
  export_output_json.cpp): that would end the reading in the middle of an export.
- A byte order mark, which editors add.
- Bytes that are no UTF-8: what they were cannot be known.
"""

import codecs
import re

from history.errors import ExportError
from history.tree import Readable

LONGEST_TEXT = 4 * 1024 * 1024
"""Bytes without a quotation mark. Telegram's longest text has 4,096 characters; a parser keeps each in memory whole."""
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_CUT_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*(\\(?:x[0-9A-Fa-f]?)?)\Z")
"""A backslash that begins an escape, not one that ends one."""


_QUOTATION_MARK = re.compile(rb'(?<!\\)"')
"""One that is no part of a text, in whole escapes: a text may consist of marks that are."""


class JsonText:
    """A file to read JSON from."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._held = b""
        self._unquoted = 0
        self.bytes_read = 0

    def read(self, size: int = -1, /) -> bytes:
        """About so many bytes; none only at the end. Raises ExportError."""
        while size:
            raw = self._read(size)
            self.bytes_read += len(raw)
            text = self._mended(raw)
            if text or not raw:
                return text
        return b""

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as exc:
            raise ExportError(f"The export cannot be read on ({exc.strerror or exc}).") from exc

    def _mended(self, raw: bytes) -> bytes:
        text = self._held + self._decoder.decode(raw, final=not raw).encode()
        self._held = b""
        if raw and b"\\" in text:
            text, self._held = _whole_escapes(text)
        self._check_length(text)
        return _ESCAPE.sub(_as_json, text) if b"\\x" in text else text

    def _check_length(self, text: bytes) -> None:
        self._unquoted = 0 if _QUOTATION_MARK.search(text) else self._unquoted + len(text)
        if self._unquoted > LONGEST_TEXT:
            raise ExportError(
                f"There is a text of more than {LONGEST_TEXT:,} bytes around byte {self.bytes_read:,}: no export of "
                "Telegram Desktop has one."
            )


def _whole_escapes(text: bytes) -> tuple[bytes, bytes]:
    """What can be mended now, and the beginning of an escape that the end of a chunk cut in two."""
    cut = _CUT_ESCAPE.search(text) if b"\\" in text[-3:] else None
    return (text, b"") if cut is None else (text[: cut.start(1)], text[cut.start(1) :])


def _as_json(escape: re.Match[bytes]) -> bytes:
    digits = escape.group(1)
    return escape.group() if digits is None else b"\\u00" + digits
