"""A package in one ZIP file is checked where it lies, as its folder is; what a package never holds is refused."""

from __future__ import annotations

import io
import os
import random
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from archiver.production_zip import zipped
from storage.bundle_check import check_bundle
from storage.bundle_places import FolderFiles, ZippedFiles
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {"manifest.json": b'{"a": 1}', "documents/A-000001.pdf": bytes(range(256)) * 40, "text/A-000001.txt": b"Lake"}


def packed(
    files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED, top: str = "2026-0014-001/"
) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, content in (FILES if files is None else files).items():
            opened.writestr(f"{top}{name}", content)
    return made.getvalue()


def folder_of(place: Path) -> Path:
    for name, content in FILES.items():
        (place / name).parent.mkdir(exist_ok=True, parents=True)
        (place / name).write_bytes(content)
    return place


def read(content: bytes) -> dict[str, bytes]:
    files = ZippedFiles(io.BytesIO(content))
    found = {}
    for name in files.names():
        with files.open(name) as file:
            found[name] = file.read()
    return found


def test_the_files_are_those_of_the_folder(tmp_path: Path):
    folder = FolderFiles(folder_of(tmp_path / "package"))
    assert folder.names() == set(FILES)
    streamed = b"".join(zipped(tmp_path / "package", "2026-0014-001"))
    for content in (streamed, packed(), packed(method=zipfile.ZIP_DEFLATED), packed(top="")):
        assert read(content) == FILES
    with pytest.raises(ValueError, match="a plain file"), folder.open("none"):
        pass
    with pytest.raises(ValueError, match="a plain file"), ZippedFiles(io.BytesIO(packed())).open("none"):
        pass


def test_what_is_written_is_the_same_byte_for_byte_and_other_programs_read_it(tmp_path: Path):
    first, second = folder_of(tmp_path / "one"), folder_of(tmp_path / "two")
    os.utime(second / "manifest.json", (1, 1))
    made = b"".join(zipped(first, "2026-0014-001"))
    assert made == b"".join(zipped(second, "2026-0014-001"))
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.testzip() is None
        entries = opened.infolist()
    assert [one.filename for one in entries] == sorted(f"2026-0014-001/{name}" for name in FILES)
    assert {(one.date_time, one.flag_bits, one.compress_type) for one in entries} == {((1980, 1, 1, 0, 0, 0), 0, 0)}


def test_large_files_and_offsets_have_the_wider_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder_of(tmp_path / "one")
    monkeypatch.setattr("archiver.production_zip._IN_64", 1_000)  # as if this were what four bytes hold
    monkeypatch.setattr("archiver.production_zip._MOST", 2)
    made = b"".join(zipped(tmp_path / "one", "top"))
    real, told = (1_000).to_bytes(4, "little"), b"\xff" * 4
    assert made.count(b"PK\x06\x06") == 1
    with zipfile.ZipFile(io.BytesIO(made.replace(real, told).replace(b"\x02\0\x02\0", told))) as opened:
        assert {one.filename: one.file_size for one in opened.infolist()}["top/documents/A-000001.pdf"] == 10_240
        assert opened.testzip() is None


def test_a_link_in_the_folder_and_a_file_that_changes_are_not_packed(tmp_path: Path):
    folder = folder_of(tmp_path / "one")
    pieces = zipped(folder, "top")
    next(pieces)
    (folder / "documents" / "A-000001.pdf").write_bytes(b"other")
    with pytest.raises(Exception, match="changed while it was packed"):
        list(pieces)
    (folder / "more").symlink_to(folder / "text")
    with pytest.raises(Exception, match="no plain file"):
        list(zipped(folder, "top"))


def with_entry(change: Callable[[zipfile.ZipInfo], None], content: bytes = b"x", method: int = 0) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        opened.writestr("top/manifest.json", b"{}")
        about = zipfile.ZipInfo("top/a")
        about.compress_type = method
        change(about)
        opened.writestr(about, content)
    return made.getvalue()


def named(name: str) -> Callable[[zipfile.ZipInfo], None]:
    return lambda about: setattr(about, "filename", name)


def link(about: zipfile.ZipInfo) -> None:
    about.create_system, about.external_attr = 3, 0o120777 << 16


def in_directory(content: bytes, offset: int, value: bytes) -> bytes:
    """The same with a field of the first entry of the directory written over."""
    at = content.index(b"PK\x01\x02") + offset
    return content[:at] + value + content[at + len(value) :]


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return with_entry(named("top/manifest.json"))


def overlapping() -> bytes:
    """Two entries of one file's bytes, as a bomb has thousands of them."""
    made = packed({"a": b"x", "b": b"x"}, top="")
    at = made.rindex(b"PK\x01\x02")
    return made[: at + 42] + b"\0\0\0\0" + made[at + 46 :]


def behind(content: bytes, more: bytes) -> bytes:
    """Bytes put between the last file and the directory, with its place told right."""
    start = content.index(b"PK\x01\x02")
    moved = struct.pack("<L", start + len(more))
    return content[:start] + more + content[start:-6] + moved + content[-2:]


def commented() -> bytes:
    made = io.BytesIO(packed())
    with zipfile.ZipFile(made, "a") as opened:
        opened.comment = b"PK\x05\x06 another end"
    return made.getvalue()


HOSTILE = {
    "up": (lambda: with_entry(named("top/../../etc/passwd")), "leads elsewhere"),
    "absolute": (lambda: with_entry(named("/etc/passwd")), "leads elsewhere"),
    "backslash": (lambda: with_entry(named("top/..\\a")), "leads elsewhere"),
    "dot": (lambda: with_entry(named("top/./a")), "leads elsewhere"),
    "zero": (lambda: with_entry(named("top/a")).replace(b"top/a", b"to\0/a"), "leads elsewhere"),
    "link": (lambda: with_entry(link), "has a link"),
    "twice": (twice, "stands in it twice"),
    "encrypted": (lambda: in_directory(packed(), 8, b"\x01\0"), "encrypted"),
    "bzip2": (lambda: packed(method=zipfile.ZIP_BZIP2), "packed in another way"),
    "another method": (lambda: in_directory(packed(), 10, b"\x63\0"), "packed in another way"),
    "bomb": (lambda: packed({"manifest.json": bytes(8 << 20)}, zipfile.ZIP_DEFLATED), "unpacks to more"),
    "overlap": (overlapping, "or to two"),
    "in front": (lambda: b"PK\x03\x04 more" + packed(), "not in its place"),
    "behind the files": (lambda: behind(packed(), b"hidden"), "or to two"),
    "behind the end": (lambda: packed() + b"hidden", "ends with its directory"),
    "comment": (commented, "ends with its directory"),
    "head says otherwise": (
        lambda: packed().replace(struct.pack("<L", 10_240), struct.pack("<L", 10_239), 1),
        "says something else",
    ),
    "count": (lambda: packed()[:-14] + b"\x09\0\x09\0" + packed()[-10:], "that can be read"),
    "disks": (lambda: packed()[:-18] + b"\x01\0" + packed()[-16:], "ends with its directory"),
    "name": (lambda: in_directory(packed({"\xe4": b""}), 46, b"\xff" * 5), "that can be read"),
    "short": (lambda: b"PK\x03\x04", "that can be read"),
    "cut": (lambda: packed()[:-30], "ends with its directory"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_package_never_holds_is_refused_before_anything_is_unpacked(case: str):
    made, why = HOSTILE[case]
    with pytest.raises(ValueError, match=f"not as agreed: a ZIP file .*{why}"):
        ZippedFiles(io.BytesIO(made()))


def test_more_files_than_a_package_has_are_refused_before_an_object_is_made_of_each(monkeypatch: pytest.MonkeyPatch):
    content = packed()
    monkeypatch.setattr("storage.bundle_places._MOST_FILES", 2)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(ValueError, match="too long"):
        ZippedFiles(io.BytesIO(content))


def broken(chance: random.Random, made: bytes) -> bytes:
    """A copy that was cut, or has other bytes, most of them in its directory."""
    if chance.random() < 0.25:
        return made[: chance.randrange(len(made))]
    changed = bytearray(made)
    for _ in range(chance.randint(1, 4)):
        first = 0 if chance.random() < 0.3 else len(made) - 300
        changed[chance.randrange(first, len(made))] = chance.randrange(256)
    return bytes(changed)


def test_bytes_that_were_changed_or_cut_are_read_or_refused_and_raise_nothing_else():
    chance = random.Random(2026)
    told = []
    for made in (packed(), packed(method=zipfile.ZIP_DEFLATED)) * 200:
        try:
            told.append(str(read(broken(chance, made)) == FILES))
        except ValueError as error:
            told.append(str(error))  # a sentence of this program, not of a decoder that repeats bytes
    assert {one.partition(":")[0] for one in told} == {"True", "not as agreed"}


def test_a_zip_that_holds_no_production_is_told_apart_and_what_is_broken_is_a_fault(tmp_path: Path):
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"photo.jpg": b"x"}))
    with pytest.raises(InvalidInput, match="holds no production"):
        check_bundle(path)
    with pytest.raises(NotFound):
        check_bundle(tmp_path / "none.zip")
    path.write_bytes(with_entry(link))
    assert [one.kind for one in check_bundle(path).faults] == ["form"]
    path.write_bytes(packed())
    with pytest.raises(InvalidInput, match="give the receipt"):
        check_bundle(path, None, path)
