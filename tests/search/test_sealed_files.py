"""Whoosh's files as sealed containers: what is read is what was written, and nothing plain lies anywhere."""

from __future__ import annotations

import errno
import os
import pickle
import tempfile
from pathlib import Path

import pytest
from whoosh import fields, writing
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.index import FileIndex
from whoosh.query import Term

from search import sealed_access
from search.sealed_files import SealedFiles
from storage.errors import Corrupt, StorageFull
from tests.search.whoosh_building import PLANTED, looking, traces

KEY = b"k" * 32
SIZES = [0, 1, 16 * 1024, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 600_001]


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "index"
    folder.mkdir()
    return SealedFiles(folder, KEY)


def write(files, name, content):
    with files.create_file(name) as file:
        for start in range(0, len(content), 10_007):
            file.write(content[start : start + 10_007])


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_back_whole_and_in_parts(files, size):
    content = os.urandom(size)
    write(files, "a.pst", content)
    assert files.file_length("a.pst") == size
    with files.open_file("a.pst") as file:
        assert file.read() == content
        for start in (0, size // 2, max(size - 3, 0), size, size + 5):
            assert file.get(start, 70_000) == content[start : start + 70_000]
            file.seek(start)
            assert file.read(10) == content[start : start + 10]
        file.seek(0, os.SEEK_END)
        assert file.tell() == size


def test_numbers_and_pickles_of_whooshs_are_read_back(files):
    with files.create_file("a.trm") as file:
        file.write_int(-5)
        file.write_pickle({"fieldmap": {"text": 3}})
        place = file.tell()
        file.write_varint(300)
    with files.open_file("a.trm") as file:
        assert file.read_int() == -5
        assert file.read_pickle() == {"fieldmap": {"text": 3}}
        assert file.tell() == place
        assert file.read_varint() == 300


def test_a_file_read_by_two_at_once_has_a_place_for_each(files):
    write(files, "a.pst", b"abcdef")
    with files.open_file("a.pst") as first, files.open_file("a.pst") as second:
        assert first.read(3) == b"abc"
        assert second.read(2) == b"ab"
        assert first.read(3) == b"def"


def test_a_file_written_anew_is_read_as_it_is_now(files):
    write(files, "a.pst", b"before")
    with files.open_file("a.pst") as old:
        assert old.read() == b"before"
        files.delete_file("a.pst")
        write(files, "a.pst", b"after")
        with files.open_file("a.pst") as new:
            assert new.read() == b"after"


def test_a_renamed_file_is_read_under_its_new_name_only(files):
    write(files, "a.toc.1", b"content")
    files.rename_file("a.toc.1", "a.toc", safe=True)
    with files.open_file("a.toc") as file:
        assert file.read() == b"content"
    assert files.list() == ["a.toc"]


def test_a_file_of_another_key_or_moved_to_another_name_is_damage(files):
    write(files, "a.pst", b"content")
    with pytest.raises(Corrupt):
        SealedFiles(files.folder, b"x" * 32).open_file("a.pst")
    (files.folder / "a.pst").rename(files.folder / "b.pst")
    with pytest.raises(Corrupt):
        files.open_file("b.pst")


def test_a_missing_file_is_damage(files):
    with pytest.raises(Corrupt, match="rebuild"):
        files.open_file("a.pst")
    with pytest.raises(Corrupt, match="rebuild"):
        files.sealed("head")


@pytest.mark.parametrize("place", [0, 5, 10, 40, 100, 20_000, 70_000, -1])
def test_a_changed_byte_is_never_given_out(files, place):
    write(files, "a.pst", b"x" * 100_000)
    path = files.folder / "a.pst"
    sealed = bytearray(path.read_bytes())
    sealed[place] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(Corrupt):
        files.read_through("a.pst")


@pytest.mark.parametrize("left", [0, 10, 16_400, -1])
def test_a_file_cut_short_is_damage_when_it_is_opened(files, left):
    write(files, "a.pst", b"x" * 100_000)
    path = files.folder / "a.pst"
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(Corrupt):
        files.open_file("a.pst")


def test_a_file_that_cannot_be_written_for_space_says_so(files, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    file = files.create_file("a.pst")
    file.write(b"content")
    with monkeypatch.context() as patched:
        patched.setattr(sealed_access.os, "write", full)
        with pytest.raises(StorageFull):
            file.close()


def test_a_lock_is_one_holders_until_it_lets_go(files):
    first, second = files.lock("WRITELOCK"), files.lock("WRITELOCK")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_what_is_spilt_lies_inside_and_is_swept_with_its_folder(files):
    spilt = files.temp_storage("MAIN.tmp")
    write(spilt, "a.run", b"content")
    assert spilt.folder.parent == files.folder
    assert files.list() == []
    with pytest.raises(Corrupt):
        SealedFiles(spilt.folder, KEY).open_file("a.run")
    files.sweep_scratch()
    assert list(files.folder.iterdir()) == []


class _Trap:
    """Runs something when it is unpickled."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


def test_a_planted_pickle_is_refused_before_it_runs(files, tmp_path):
    FileIndex.create(files, fields.Schema(text=fields.TEXT()))
    (table,) = files.list()
    (files.folder / table).write_bytes(pickle.dumps(_Trap(tmp_path / "ran")))
    with pytest.raises(Corrupt):
        FileIndex(files)
    assert not (tmp_path / "ran").exists()


def build(storage, folder, monkeypatch):
    """Write and join segments with Whoosh's own writer, spilling postings; the traces seen at any moment."""
    seen, looks = set(), []
    temporary = folder / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(writing.PostingPool, "save", looking(writing.PostingPool.save, seen, folder, looks))
    monkeypatch.setattr(writing.SegmentWriter, "_flush_segment", looking(_flush, seen, folder, looks))
    monkeypatch.setattr(writing.SegmentWriter, "_finish", looking(writing.SegmentWriter._finish, seen, folder, looks))
    tokens = SpaceSeparatedTokenizer()
    index = FileIndex.create(storage, fields.Schema(text=fields.TEXT(analyzer=tokens, stored=True, sortable=True)))
    for part in range(3):
        writer = index.writer(compound=False, limitmb=0.01)
        for number in range(60):
            writer.add_document(text=f"{PLANTED} {PLANTED}{part}x{number} roof leaks")
        writer.commit(optimize=part == 2)
    with index.searcher() as searcher:
        assert len(list(searcher.docs_for_query(Term("text", PLANTED)))) == 180
    assert set(looks) == {"save", "_flush_segment", "_finish"}
    return seen | traces(folder)


_flush = writing.SegmentWriter._flush_segment


def test_nothing_plain_is_written_while_segments_are_made_spilt_and_joined(files, tmp_path, monkeypatch):
    assert build(files, tmp_path, monkeypatch) == set()


@pytest.mark.parametrize("store", [FileStorage, RamStorage])
def test_whooshs_own_stores_write_plain_text_as_the_same_look_shows(store, tmp_path, monkeypatch):
    folder = tmp_path / "index"
    folder.mkdir()
    storage = FileStorage(str(folder)) if store is FileStorage else RamStorage()
    assert build(storage, tmp_path, monkeypatch)
