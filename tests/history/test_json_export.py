"""Whole result.json files: of one chat and of an account, as Telegram Desktop and as accidents leave them."""

import json
from pathlib import Path

import pytest

from history.errors import ExportDamaged, ExportError, NotAnExport
from history.export import Export
from tests import exports

KINDS = {
    "personal_chat": None,
    "bot_chat": None,
    "saved_messages": None,
    "private_group": -7,
    "private_supergroup": -1000000000007,
    "public_supergroup": -1000000000007,
    "private_channel": -1000000000007,
    "public_channel": -1000000000007,
}


def ids(export: Export, chat_id: int = exports.GROUP, kind: str | None = None) -> list[int]:
    """Of the messages that show pictures."""
    return [photo.message_id for photo in export.photos(chat_id, kind)]


def raw(folder: Path, content: bytes) -> Export:
    """An export whose JSON consists of these bytes."""
    folder.mkdir(exist_ok=True)
    (folder / "result.json").write_bytes(content)
    return Export.open(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_chat_is_read(tmp_path: Path, kind: str) -> None:
    """A bot knows groups and channels by other ids than exports; of private chats the export cannot tell."""
    (chat,) = Export.open(exports.written(tmp_path, exports.chat(exports.photo(1), kind=kind, number=7))).chats()
    assert (chat.id, chat.kind, chat.photos, chat.telegram_id) == (7, kind, 1, KINDS[kind])
    assert chat.name == ("Saved Messages" if kind == "saved_messages" else "Weekend crew")


def test_only_supergroups_and_channels_number_for_all() -> None:
    """In basic groups and private chats every account numbers on its own: those ids lead a bot to other messages."""
    numbered = {"private_supergroup", "public_supergroup", "private_channel", "public_channel"}
    some = {kind: exports.an_exported_chat(kind=kind).is_numbered_for_all for kind in KINDS}
    assert {kind for kind, is_so in some.items() if is_so} == numbered


def test_a_whole_account_is_read_chat_by_chat(tmp_path: Path) -> None:
    """Its chats stand among contacts, sessions and other lists; some of them were left."""
    chats = [exports.chat(exports.photo(1)), exports.chat(exports.photo(5), exports.photo(6), number=8, name=None)]
    gone = exports.chat(exports.photo(9), number=9)
    export = Export.open(exports.written(tmp_path, exports.account(*chats, left=(gone,))))
    found = list(export.chats())
    assert [(chat.id, chat.photos, chat.has_left) for chat in found] == [
        (exports.GROUP, 1, False),
        (8, 2, False),
        (9, 1, True),
    ]
    assert [ids(export, chat.id) for chat in found] == [[1], [5, 6], [9]]


def test_a_users_and_a_groups_equal_ids_are_told_apart(tmp_path: Path) -> None:
    """Users, groups and channels are numbered independently of each other."""
    person = exports.chat(exports.photo(1), kind="personal_chat", number=5)
    group = exports.chat(exports.photo(2), kind="private_group", number=5)
    export = Export.open(exports.written(tmp_path, exports.account(person, group)))
    assert (ids(export, 5), ids(export, 5, "private_group")) == ([1], [2])


def test_the_json_itself_may_be_named(tmp_path: Path) -> None:
    """Under any name: browsers rename a second download."""
    exports.written(tmp_path, exports.chat(exports.photo(1)))
    renamed = (tmp_path / "result.json").rename(tmp_path / "result (1).json")
    assert ids(Export.open(renamed)) == [1]


def test_the_folder_around_an_export_may_be_named(tmp_path: Path) -> None:
    """Where it holds one; of several, one has to be chosen."""
    exports.written(tmp_path / "ChatExport_2024-05-03", exports.chat(exports.photo(1)))
    (photo,) = Export.open(tmp_path).photos(exports.GROUP)
    assert photo.missing_reason is None
    exports.written(tmp_path / "ChatExport_2024-05-04", exports.chat())
    with pytest.raises(NotAnExport, match="several exports"):
        Export.open(tmp_path)


@pytest.mark.parametrize("given", ["nowhere", "empty", "x" * 300])
def test_where_there_is_no_export_a_sentence_says_what_to_give(tmp_path: Path, given: str) -> None:
    """Not a trace."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match="Give the folder that Telegram Desktop made"):
        Export.open(tmp_path / given)


@pytest.mark.parametrize(
    "content",
    [b"[]", b"{}", b'"text"', b"17", b'{"name": "x", "type": "y"}', b'{"messages": {}}', b'{"chats": [{"id": 1}]}'],
)
def test_other_json_is_no_export(tmp_path: Path, content: bytes) -> None:
    """And is not taken for an empty one."""
    with pytest.raises(NotAnExport, match="no export of Telegram Desktop"):
        list(raw(tmp_path, content).chats())


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"<html>", b"\x89PNG", b'{"name": "x', b"{" * 100])
def test_what_breaks_before_its_first_message_is_damaged(tmp_path: Path, content: bytes) -> None:
    """There is nothing to keep."""
    with pytest.raises(ExportDamaged, match="breaks off or is damaged near byte"):
        list(raw(tmp_path, content).chats())


def test_what_stands_before_damage_is_read(tmp_path: Path) -> None:
    """A full disk, a copy that stopped: half an export is half a history, and where it ends is said."""
    whole = json.dumps(exports.chat(*(exports.photo(number) for number in range(1, 100)))).encode()
    export = raw(tmp_path, whole[: len(whole) // 2])
    found = ids(export)
    assert found == list(range(1, len(found) + 1))
    assert 45 < len(found) < 55
    assert export.damage is not None
    assert f"near byte {len(whole) // 2:,}, after the picture in message {found[-1]}." in export.damage


def test_chats_before_damage_are_read(tmp_path: Path) -> None:
    """In an account the last chat alone is cut short."""
    account = exports.account(
        exports.chat(exports.photo(1)), exports.chat(exports.photo(2), exports.photo(3), number=8)
    )
    whole = json.dumps(account).encode()
    export = raw(tmp_path, whole[: whole.index(b'"id": 3')])
    assert [sum(chat.missing.values()) for chat in export.chats()] == [1, 1]
    assert (ids(export), ids(export, 8)) == ([1], [2])


def test_keys_in_another_order_mean_the_same(tmp_path: Path) -> None:
    """Tools that filter an export sort its keys: the chat's name and type then stand behind its messages."""
    chats = [exports.chat(exports.photo(1)), exports.chat(exports.photo(2), number=8)]
    turned = [{key: chat[key] for key in reversed(chat)} for chat in chats]
    export = Export.open(exports.written(tmp_path, exports.account(*turned)))
    assert [(chat.id, chat.name, chat.kind) for chat in export.chats()] == [
        (exports.GROUP, "Weekend crew", "private_supergroup"),
        (8, "Weekend crew", "private_supergroup"),
    ]
    assert (ids(export), ids(export, 8)) == ([1], [2])


def test_a_chat_without_an_id_is_numbered_by_its_place(tmp_path: Path) -> None:
    """It can be asked for, and is not taken for one of Telegram's."""
    nameless = exports.chat(exports.photo(1), number="?")
    export = Export.open(exports.written(tmp_path, nameless))
    (chat,) = export.chats()
    assert (chat.id, chat.has_id, chat.telegram_id, ids(export, chat.id)) == (-1, False, None, [1])


def test_a_migrated_groups_ids_never_meet_the_supergroups(tmp_path: Path) -> None:
    """Telegram Desktop exports both as one chat and takes 1,000,000,000 from the old group's ids."""
    old = [exports.photo(-999999999), exports.photo(-999999998), exports.service(-999999997, "migrate_to_supergroup")]
    new = [exports.service(1, "migrate_from_group"), exports.photo(2), exports.photo(3)]
    assert ids(Export.open(exports.written(tmp_path, exports.chat(*old, *new)))) == [-999999999, -999999998, 2, 3]


def test_ids_that_start_again_are_told_apart(tmp_path: Path) -> None:
    """Two exports put together: what stands before the supergroup's first message is the old group's."""
    old = [exports.photo(1), exports.photo(2), exports.service(3, "migrate_to_supergroup")]
    new = [exports.service(1, "migrate_from_group"), exports.photo(2), exports.photo(3)]
    assert ids(Export.open(exports.written(tmp_path, exports.chat(*old, *new)))) == [-999999999, -999999998, 2, 3]


def test_a_topic_is_known_from_what_is_replied_to(tmp_path: Path) -> None:
    """Exports do not name it; links to a forum's messages need it."""
    messages = [
        exports.photo(1),
        exports.service(2, "topic_created", title="Boats"),
        exports.photo(3, reply_to_message_id=2),
        exports.message(4, "nice", reply_to_message_id=3),
        exports.photo(5, reply_to_message_id=4),
        exports.photo(6, reply_to_message_id=1),
        exports.photo(7, reply_to_message_id=2, reply_to_peer_id="channel5"),
    ]
    export = Export.open(exports.written(tmp_path, exports.chat(*messages)))
    assert [photo.thread_id for photo in export.photos(exports.GROUP)] == [None, 2, 2, None, None]
