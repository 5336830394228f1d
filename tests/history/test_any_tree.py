"""Any JSON in any place: the reader passes over what it cannot use, and never crashes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.errors import ExportError
from history.export import Export
from history.json_stream import WANTED
from history.picture import Choices, picture
from history.records import ExportedPhoto, PictureKind, Skipped
from history.tree import Tree
from tests import exports

NUMBERS = st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(sorted(WANTED))
VALUES = TREES | st.sampled_from(["message", "service", "photos/x.jpg", "../x", "(x)", "sticker", "image/png", "user7"])
MESSAGES = TREES | st.dictionaries(KEYS, VALUES, max_size=12)
PHOTOS = st.dictionaries(KEYS, VALUES, max_size=4).map(lambda odd: {**exports.photo(1), **odd})


EXPORT = json.dumps(
    exports.account(exports.chat(*map(exports.photo, range(1, 8))), exports.chat(exports.sticker(1), number=2))
).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export")


def sentence(folder: Path) -> str:
    """What is said of an export that is read as far as it can be."""
    try:
        export = Export.open(folder)
        for chat in list(export.chats()):
            list(export.photos(chat.id, chat.kind))
    except ExportError as exc:
        return str(exc)
    return export.damage or "Read."


@given(messages=st.lists(MESSAGES | PHOTOS, max_size=5))
@settings(deadline=None, max_examples=100)
def test_any_tree_in_a_messages_place_is_passed_over(folder: Path, messages: list[Any]) -> None:
    """Counted where it is no message, and the photos around it are read."""
    document = exports.chat(exports.photo(1), *messages, exports.photo(2))
    export = Export.open(exports.written(folder, document, pictures=False), stickers=True)
    (chat,) = export.chats()
    found = list(export.photos(exports.GROUP))
    assert (found[0].message_id, found[-1].message_id) == (1, 2)
    assert len(found) == chat.photos + sum(chat.missing.values())
    odd = sum(not isinstance(message, dict) for message in messages)
    assert chat.skipped.get(Skipped.NOT_A_MESSAGE, 0) == odd
    assert export.damage is None


@given(document=TREES | st.dictionaries(st.sampled_from(["chats", "left_chats", "messages", "list", "id"]), TREES))
@settings(deadline=None, max_examples=100)
def test_any_document_is_read_or_refused_with_a_sentence(folder: Path, document: Any) -> None:
    """Nothing but the package's own errors leaves it."""
    assert sentence(exports.written(folder, document, pictures=False)).endswith(".")


@given(content=st.binary(max_size=400) | st.integers(0, 10_000).map(lambda cut: EXPORT[:cut]))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_read_or_refused_with_a_sentence(folder: Path, content: bytes) -> None:
    """Wherever the file breaks off."""
    (folder / "result.json").write_bytes(content)
    assert sentence(folder).endswith(".")


@given(content=st.binary(max_size=400) | st.text(alphabet='<div class="mesag" ifom_p>/&;1', max_size=400))
@settings(deadline=None, max_examples=200)
def test_any_page_is_read_or_refused_with_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    """Pages come from anywhere, too."""
    folder = tmp_path_factory.mktemp("html")
    (folder / "messages.html").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert sentence(folder).endswith(".")


class NoFiles(Tree):
    """A tree that has every file."""

    def open(self, name: str) -> Any:
        raise AssertionError(name)

    def names(self, ending: str) -> list[str]:
        raise AssertionError(ending)

    def size(self, name: str) -> int:
        return len(name)

    def uri(self, name: str) -> str:
        return f"file:///{name}"


@given(message=PHOTOS)
@settings(deadline=None, max_examples=200)
def test_a_record_has_what_it_promises(message: dict[str, Any]) -> None:
    """Types that a database takes, aware dates, a file or a reason: whatever the message was."""
    found = picture(message, 5, NoFiles(), "", Choices(stickers=True))
    if not isinstance(found, ExportedPhoto):
        return
    assert found.date.utcoffset() is not None
    assert (found.file is None) != (found.missing_reason is None)
    assert isinstance(found.kind, PictureKind)
    assert all(number is None or 0 < number < 2**31 for number in (found.width, found.height))
    assert abs(found.message_id) < 2**63
    assert found.sender_id is None or abs(found.sender_id) < 2**63
    assert "\0" not in (found.caption or "") + found.sender_name
    assert json.dumps([found.caption, found.sender_name, found.mime_type])
