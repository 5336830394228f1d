"""Where pictures lie: in a folder, in a ZIP, or where no export may lead."""

import json
import os
import struct
import time
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from history import archive
from history.errors import ArchiveRefused, ExportError, FileMissing, FileTooLarge, NotAnExport
from history.export import Export
from history.files import FileRef
from history.records import ExportedPhoto, Missing
from tests import exports


def photos(path: Path) -> list[ExportedPhoto]:
    return list(Export.open(path).photos(exports.GROUP))


def packed(path: Path, **entries: bytes | str) -> Path:
    """A ZIP with these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret.jpg", "photos/../../secret.jpg", "photos\\x.jpg", "C:/x.jpg"]
)
def test_a_path_that_leads_out_of_the_export_is_not_followed(tmp_path: Path, path: str) -> None:
    """An export comes from somebody else: it must not choose which of this machine's files are shown in a chat."""
    exports.put(tmp_path / "secret.jpg", 1)
    document = exports.chat(exports.photo(1, photo=path))
    (photo,) = Export.open(exports.written(tmp_path / "export", document, pictures=False)).photos(exports.GROUP)
    assert (photo.file, photo.missing_reason) == (None, Missing.OUTSIDE)


def test_a_link_out_of_the_export_is_not_followed(tmp_path: Path) -> None:
    """Neither of a file nor of the folder it lies in."""
    exports.put(tmp_path / "secret.jpg", 1)
    said = [exports.photo(1, photo="photos/linked.jpg"), exports.photo(2, photo="away/secret.jpg"), exports.photo(3)]
    folder = exports.written(tmp_path / "export", exports.chat(*said), pictures=False)
    exports.put(folder / said[2]["photo"], 3)
    (folder / "photos/linked.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "away").symlink_to(tmp_path)
    found = Export.open(folder).photos(exports.GROUP)
    assert [photo.missing_reason for photo in found] == [Missing.OUTSIDE, Missing.OUTSIDE, None]


@pytest.mark.parametrize("is_apart_on_disk", [True, False])
def test_a_name_that_a_mac_wrote_is_found_elsewhere(tmp_path: Path, is_apart_on_disk: bool) -> None:
    """Macs put letters and their accents apart in the names of files."""
    together, apart = unicodedata.normalize("NFC", "Ёлка é.png"), unicodedata.normalize("NFD", "Ёлка é.png")
    said, written = (together, apart) if is_apart_on_disk else (apart, together)
    folder = exports.written(tmp_path, exports.chat(exports.document(1, said)), pictures=False)
    exports.put(folder / "files" / written, 1)
    (photo,) = photos(folder)
    assert photo.file is not None
    assert photo.file.read(10_000) == exports.small_picture(1)


def test_a_pipe_in_a_pictures_place_is_not_waited_for(tmp_path: Path) -> None:
    """Opening one for reading blocks until somebody writes."""
    said = exports.photo(1)
    folder = exports.written(tmp_path, exports.chat(said), pictures=False)
    (folder / "photos").mkdir()
    os.mkfifo(folder / said["photo"])
    assert [photo.missing_reason for photo in photos(folder)] == [Missing.ABSENT]
    with pytest.raises(FileMissing):
        FileRef((folder / said["photo"]).as_uri()).read(10)


def test_a_zip_is_read_in_place(tmp_path: Path) -> None:
    """One chat or an account; nothing is unpacked."""
    account = exports.account(exports.chat(exports.photo(1), exports.photo(2)))
    folder = exports.written(tmp_path / "ChatExport 100%!", account)
    path = exports.zipped(folder)
    before = sorted(tmp_path.rglob("*"))
    (first, second) = photos(path)
    assert first.file is not None
    assert second.file is not None
    assert first.file.uri.startswith("zip:///")
    assert FileRef.from_uri(second.file.uri).read(10_000) == (folder / exports.photo(2)["photo"]).read_bytes()
    with pytest.raises(FileTooLarge):
        first.file.read(10)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_without_the_folder_around_it_is_read(tmp_path: Path) -> None:
    """Some pack the folder, others what is in it; and some with Windows' backslashes between the names."""
    folder = exports.written(tmp_path / "made", exports.chat(exports.photo(1, photo="photos/x.jpg")))
    json = (folder / "result.json").read_bytes()
    path = packed(tmp_path / "flat.zip", **{"result.json": json, "photos\\x.jpg": b"picture"})
    (photo,) = photos(path)
    assert photo.file is not None
    assert photo.file.read(100) == b"picture"


def test_an_encrypted_zip_says_to_unpack_it(tmp_path: Path) -> None:
    """Nobody is asked for a password, and nothing of it is guessed."""
    path = packed(tmp_path / "x.zip", **{"result.json": "{}"})
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # of the entry, and of the directory
        place = content.index(signature) + flags
        content[place : place + 2] = struct.pack("<H", 1)
    path.write_bytes(content)
    with pytest.raises(ArchiveRefused, match=r"is encrypted\. Unpack it"):
        Export.open(path)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    """Neither the JSON nor a picture may swell without bounds."""
    path = packed(tmp_path / "json.zip", **{"result.json": b" " * (70 * 1024 * 1024)})
    with pytest.raises(ArchiveRefused, match="would unpack to 73,400,320 bytes"):
        list(Export.open(path).chats())
    document = exports.written(tmp_path / "x", exports.chat(exports.photo(1, photo="photos/x.jpg")), pictures=False)
    json = (document / "result.json").read_bytes()
    (photo,) = photos(packed(tmp_path / "photo.zip", **{"result.json": json, "photos/x.jpg": b" " * 30_000_000}))
    assert photo.file is not None
    with pytest.raises(FileTooLarge):
        photo.file.read(20 * 1024 * 1024)


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    """ZIPs made on Unix hold links as files with their target as content."""
    folder = exports.written(tmp_path / "x", exports.chat(exports.photo(1, photo="photos/x.jpg")), pictures=False)
    path = packed(tmp_path / "x.zip", **{"result.json": (folder / "result.json").read_bytes()})
    link = zipfile.ZipInfo("photos/x.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as made:
        made.writestr(link, "/etc/passwd")
    assert [photo.missing_reason for photo in photos(path)] == [Missing.OUTSIDE]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def scribbled(content: bytes) -> bytes:
    return content[:60] + b"\xff" * 40 + content[100:]


@pytest.mark.parametrize("damage", [cut, scribbled, lambda _: b"", lambda _: b"no zip at all"])
def test_a_damaged_zip_says_to_unpack_it(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """At once, or when what is damaged is read; never with a trace of the unpacker's."""
    path = exports.zipped(exports.written(tmp_path / "x", exports.chat(*map(exports.photo, range(1, 50)))))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ExportError, match=r"Unpack it|Export again"):
        list(Export.open(path).chats())


def test_a_zip_without_an_export_is_none(tmp_path: Path) -> None:
    """And says what to give."""
    with pytest.raises(NotAnExport, match=r"neither a result\.json nor"):
        Export.open(packed(tmp_path / "x.zip", **{"holiday.jpg": b"x"}))


def test_an_archive_is_opened_once_for_all_its_pictures(tmp_path: Path) -> None:
    """The directory of one with 100,000 entries takes 0.6 s to read: too much for each of them."""
    path = exports.zipped(exports.written(tmp_path / "x", exports.chat(exports.photo(1))))
    assert archive.at(path) is archive.at(path)
    packed(path, **{"other.txt": b"later"})
    assert list(archive.at(path)) == ["other.txt"]


@pytest.mark.parametrize(
    "uri", ["", "/etc/passwd", "http://example.com/x", "file://x/y", "zip:///x.zip", "zip:///x.zip!", "file:///x%00y"]
)
def test_what_is_no_address_of_an_exports_file_is_refused(uri: str) -> None:
    """A database that was tampered with leads nowhere else."""
    with pytest.raises(FileMissing, match="no address"):
        FileRef.from_uri(uri)
    with pytest.raises(FileMissing):
        FileRef(uri).read(10)


def test_an_archive_that_is_gone_is_a_missing_file(tmp_path: Path) -> None:
    """Like a file that is: it may come back."""
    with pytest.raises(FileMissing, match="is gone"):
        FileRef.from_uri(f"zip://{tmp_path}/gone.zip!x.jpg").read(10)
    path = packed(tmp_path / "x.zip", **{"a.txt": b"x"})
    with pytest.raises(FileMissing, match="holds no file"):
        FileRef.from_uri(f"zip://{path}!x.jpg").read(10)


@pytest.mark.parametrize(
    ("name", "page"),
    [("Отчёт за май.png", "cp866"), ("Отчёт.png", "utf-8"), ("Zürich.png", "cp850"), ("表示.png", "cp932")],
)
def test_names_in_a_zip_of_windows_are_none_of_the_exports(tmp_path: Path, name: str, page: str) -> None:
    """It writes them in the code page of its language and does not say which; one has a backslash among its bytes."""
    written = f"files/{name}".encode(page)
    stand_in = b"n" * len(written)
    document = json.dumps(exports.chat(exports.document(1, name)))
    entries: dict[str, bytes | str] = {"result.json": document, stand_in.decode(): b"a picture"}
    file = packed(tmp_path / "export.zip", **entries)
    file.write_bytes(file.read_bytes().replace(stand_in, written))
    (photo,) = photos(file)
    assert photo.missing_reason is None
    assert photo.file is not None
    assert FileRef.from_uri(photo.file.uri).read(100) == b"a picture"


def test_a_zip_that_nobody_reads_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its disk could not be unmounted; when it is asked again, it is opened again, and what is being read goes on."""
    monkeypatch.setattr(archive, "IDLE", 0.05)
    file = packed(tmp_path / "export.zip", one=b"1" * 100_000)
    zipped = archive.at(file)
    entry = zipped.open("one")
    assert entry.read(10) == b"1" * 10
    for _ in range(3_000):
        if not zipped.is_open:
            break
        time.sleep(0.01)
    assert not zipped.is_open
    assert entry.read() == b"1" * 99_990
    entry.close()
    assert str(file) not in [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert archive.at(file).read("one", 100_000) == b"1" * 100_000
