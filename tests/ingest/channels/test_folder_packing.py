"""A folder that is packed on its way in is one zip, the same every time, and refused where it changes meanwhile."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile

import pytest

from ingest.channels.file_content import FileContent
from ingest.channels.folder_packing import PackedFile, PackedFolder, pack
from ingest.formats.container import Member
from ingest.formats.zip_directory import entries, find_directory
from ingest.formats.zip_members import members
from storage.errors import InvalidInput

LARGE = (1 << 32) + 5


def folder_of(path, files):
    for name, content in files.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return path


def packed(path, *, under=b"", without=None, most=10, largest=1 << 30):
    refused = []

    def refuse(name: bytes, reason: str) -> None:
        refused.append((name, reason))

    return pack(path, refuse, under=under, without=without, most=most, largest=largest), refused


def planned(folder, name, size):
    content = FileContent(path=folder / name, size=size, identity=(0, 0))
    return PackedFile(name=name.encode(), content=content, crc=0, sha256="0" * 64)


class Tail(io.BytesIO):
    """The end of a large file; what is before it cannot be read."""

    def __init__(self, content: bytes, before: int) -> None:
        super().__init__(content)
        self._before = before

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET:
            assert offset >= self._before
            offset -= self._before
        return super().seek(offset, whence) + self._before

    def tell(self) -> int:
        return super().tell() + self._before


def content_of(folder):
    return b"".join(folder.pieces())


FILES = {"b/inner.txt": b"inner", "a.txt": b"", "Z.bin": bytes(range(256)) * 3000, "ü.txt": "süß".encode()}


def test_a_packed_folder_is_a_zip_of_its_files_by_their_names(tmp_path):
    folder, refused = packed(folder_of(tmp_path / "in", FILES))
    content = content_of(folder)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {one.filename: archive.read(one) for one in archive.infolist()} == FILES
        assert archive.namelist() == sorted(FILES, key=str.encode)
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
    assert (folder.size, refused) == (len(content), [])


def test_the_directory_says_the_digest_of_each_file(tmp_path):
    folder, _ = packed(folder_of(tmp_path / "in", FILES))
    with zipfile.ZipFile(io.BytesIO(content_of(folder))) as archive:
        said = {one.filename: one.comment.decode() for one in archive.infolist()}
    assert said == {name: f"SHA-256 {hashlib.sha256(content).hexdigest()}" for name, content in FILES.items()}


def test_the_same_files_make_the_same_bytes_wherever_and_whenever_they_lie(tmp_path):
    one, _ = packed(folder_of(tmp_path / "in", FILES))
    again = folder_of(tmp_path / "elsewhere", dict(reversed(FILES.items())))
    os.utime(again / "a.txt", (1_000_000_000, 1_000_000_000))
    (again / "a.txt").chmod(0o600)
    other, _ = packed(again)
    assert content_of(one) == content_of(other)
    assert content_of(one) == content_of(one)


def test_the_archives_own_reader_takes_it_without_a_remark(tmp_path):
    folder, _ = packed(folder_of(tmp_path / "in", FILES))
    found = list(members(io.BytesIO(content_of(folder)), "in"))
    told = {"/".join(filter(None, (one.path, one.name))): b"".join(one.pieces) for one in found[:-1]}
    assert all(isinstance(one, Member) for one in found[:-1])
    assert told == FILES
    assert found[-1].count == len(FILES)


def test_ranges_are_those_of_its_pieces(tmp_path):
    folder, _ = packed(folder_of(tmp_path / "in", FILES))
    content = content_of(folder)
    with folder.ranges() as ranges:
        assert ranges.read(0, ranges.size + 100) == content
        for start in range(0, len(content), 9_973):
            assert ranges.read(start, 20_011) == content[start : start + 20_011]
        assert ranges.read(len(content), 10) == b""


def test_a_name_in_no_encoding_goes_as_its_bytes(tmp_path):
    (tmp_path / "in").mkdir()
    with open(os.fsencode(tmp_path / "in") + b"/caf\xe9.txt", "wb") as stream:  # noqa: PTH123 - no text
        stream.write(b"x")
    folder, _ = packed(tmp_path / "in")
    assert [one.name for one in folder.files] == [b"caf\xe9.txt"]
    with zipfile.ZipFile(io.BytesIO(content_of(folder))) as archive:
        assert archive.infolist()[0].flag_bits == 0
        assert archive.infolist()[0].filename.encode("cp437") == b"caf\xe9.txt"


@pytest.mark.parametrize("change", ["content", "longer", "shorter", "other file", "gone"])
def test_a_file_that_changed_meanwhile_is_refused(tmp_path, change):
    folder, _ = packed(folder_of(tmp_path / "in", FILES))
    place = tmp_path / "in" / "ü.txt"
    if change == "content":
        place.write_bytes(b"sUess"[: len(FILES["ü.txt"])].ljust(len(FILES["ü.txt"])))
    elif change == "longer":
        place.write_bytes(FILES["ü.txt"] + b"x")
    elif change == "shorter":
        place.write_bytes(FILES["ü.txt"][:-1])
    elif change == "other file":
        (tmp_path / "new").write_bytes(FILES["ü.txt"])
        (tmp_path / "new").replace(place)
    else:
        place.unlink()
    with pytest.raises(InvalidInput):
        content_of(folder)


def test_what_cannot_be_packed_is_told_by_name(tmp_path):
    inside = folder_of(tmp_path / "in", {"a.txt": b"a", "archive/archive.db": b"x"})
    os.mkfifo(inside / "pipe")
    (inside / "link.txt").symlink_to(inside / "a.txt")
    (inside / "loop").symlink_to(inside)
    folder, refused = packed(inside, without=inside / "archive")
    assert [one.name for one in folder.files] == [b"a.txt"]
    assert refused == [
        (b"archive", "it is the archive itself"),
        (b"link.txt", "it is no regular file"),
        (b"loop", "it is no regular file"),
        (b"pipe", "it is no regular file"),
    ]


def test_a_folder_without_files_or_with_too_many_is_not_packed(tmp_path):
    (tmp_path / "empty" / "in").mkdir(parents=True)
    assert packed(tmp_path / "empty") == (None, [])
    assert packed(folder_of(tmp_path / "in", FILES), most=3) == (None, [])
    assert packed(tmp_path / "in", most=4)[0] is not None


def test_a_folder_that_is_too_large_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="it has 768,010 bytes, more than 100,000"):
        packed(folder_of(tmp_path / "in", FILES), largest=100_000)


def test_its_files_may_lie_in_a_folder_of_the_zip(tmp_path):
    folder, _ = packed(folder_of(tmp_path / "in", {"a.txt": b"a"}), under=b"in")
    assert [one.name for one in folder.files] == [b"in/a.txt"]


def test_sizes_beyond_four_gigabytes_are_stated_in_zip64(tmp_path):
    folder = PackedFolder.of([planned(tmp_path, "a", LARGE), planned(tmp_path, "b", 7), planned(tmp_path, "c", LARGE)])
    starts = [one.size_packed for one in folder.files]
    with folder.ranges() as ranges:
        directory = ranges.read(sum(starts), 1 << 20)  # there are no such files: only what stands behind them is read
    tail = Tail(bytes(1 << 17) + directory, sum(starts) - (1 << 17))
    found = find_directory(tail)
    told = [(one.name, one.size, one.offset) for one in entries(tail, found)]
    assert (found.count, found.shift, found.trailing) == (3, 0, 0)
    assert told == [("a", LARGE, 0), ("b", 7, starts[0]), ("c", LARGE, starts[0] + starts[1])]
    assert folder.files[0].local.endswith(b"a\x01\x00\x10\x00" + LARGE.to_bytes(8, "little") * 2)


def test_more_than_65535_files_are_counted_in_zip64(tmp_path):
    content = FileContent.of(tmp_path / "one", folder_of(tmp_path, {"one": b"1"}).joinpath("one").stat())
    files = [
        PackedFile(name=b"%06d" % number, content=content, crc=0x83DCEFB7, sha256="0" * 64) for number in range(65_536)
    ]
    folder = PackedFolder.of(files)
    with folder.ranges() as ranges:
        before = sum(one.size_packed for one in folder.files)
        directory = ranges.read(before, folder.size)
    assert directory[-22:].hex() == "504b050600000000ffffffff" + directory[-10:].hex()
    assert int.from_bytes(directory[-98 + 24 : -98 + 32], "little") == 65_536
