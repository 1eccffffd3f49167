"""Compound files: read as another program reads them, written so that another opens them, bounded when hostile."""

from __future__ import annotations

import hashlib
import io
import random
import struct

import olefile
import pytest

from ingest.formats.compound_file import SIGNATURE, CompoundFile, EntryKind, NotACompoundFile
from ingest.formats.compound_writer import Storage, write_compound_file


def streams_of(content: bytes) -> dict[tuple[str, ...], bytes]:
    file = CompoundFile(content)
    found: dict[tuple[str, ...], bytes] = {}
    waiting = [((), file.root)]
    while waiting:
        path, storage = waiting.pop()
        for entry in file.children(storage):
            if entry.kind is EntryKind.STREAM:
                found[(*path, entry.name)] = file.read(entry)
            else:
                waiting.append(((*path, entry.name), entry))
    return found


def streams_by_olefile(content: bytes) -> dict[tuple[str, ...], bytes]:
    with olefile.OleFileIO(io.BytesIO(content)) as file:
        return {tuple(path): file.openstream(path).read() for path in file.listdir()}


def write_flat(streams: dict[str, bytes]) -> bytes:
    return write_compound_file([Storage(streams=streams)])


SIZES = [(), (0,), (1, 64, 65), (4095, 4096, 5000), (100,) * 300, (8_000_000, 3)]


@pytest.mark.parametrize("sizes", SIZES)
def test_what_is_written_is_read_here_and_by_another_program_alike(sizes: tuple[int, ...]):
    chance = random.Random(7)
    streams = {f"stream {number}": chance.randbytes(size) for number, size in enumerate(sizes)}
    deep = [Storage("inner", 0, {"x": b"abc"}), Storage("deeper", 1, {"y": b"z" * 5000})]
    content = write_compound_file([Storage(streams=streams), *deep])
    expected = {(name,): value for name, value in streams.items()}
    expected |= {("inner", "x"): b"abc", ("inner", "deeper", "y"): b"z" * 5000}
    assert streams_of(content) == expected
    assert streams_by_olefile(content) == expected


def test_the_same_tree_gives_the_same_bytes():
    first = write_flat({"b": b"2", "a": b"1"})
    assert first == write_flat({"a": b"1", "b": b"2"})


def test_what_is_written_never_changes():
    """Digests of such files are sealed with records, so that another layout would make them fail years later."""
    inner = Storage("inner", 0, {"small": b"abc", "large": bytes(range(256)) * 20}, bytes(range(16)))
    content = write_compound_file([Storage(streams={"b": b"2", "a": b"", "c": b"3" * 64}), inner])
    assert hashlib.sha256(content).hexdigest() == "551828e8822cae98eaddbe559c03585756fb66b7b9e3c47b24e93c999806a771"


def test_real_files_are_read_as_another_program_reads_them(shared_dir):
    count = 0
    for path in sorted((shared_dir / "fixtures" / "email-msg").rglob("*.*")):
        content = path.read_bytes() if path.is_file() else b""
        if content.startswith(SIGNATURE):
            assert streams_of(content) == streams_by_olefile(content), path.name
            count += 1
    assert count >= 38


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(4096), b"PK" * 1000])
def test_other_bytes_are_refused(content: bytes):
    with pytest.raises(NotACompoundFile):
        CompoundFile(content)


def test_a_chain_that_bites_its_tail_ends():
    content = bytearray(write_flat({"s": bytes(50_000)}))
    fat = 512 + 512 * struct.unpack_from("<I", content, 76)[0]
    for number in range(100):
        struct.pack_into("<I", content, fat + 4 * number, 0)
    file_or_none = None
    try:
        file_or_none = CompoundFile(bytes(content))
    except NotACompoundFile:
        return
    assert sum(len(file_or_none.read(entry)) for entry in file_or_none.children(file_or_none.root)) <= 60_000


def test_entries_that_point_at_each_other_are_read_once():
    content = bytearray(write_flat(dict.fromkeys("abcdefg", b"x")))
    directory = 512 + 512 * struct.unpack_from("<I", content, 48)[0]
    for number in range(1, 8):
        struct.pack_into("<II", content, directory + 128 * number + 68, (number % 7) + 1, ((number + 2) % 7) + 1)
    file = CompoundFile(bytes(content))
    assert len(file.children(file.root)) <= 7
    assert "entries that are reached twice or out of range" in file.damages


def test_streams_that_share_their_sectors_cannot_make_work():
    streams = {f"s{number:04}": b"" for number in range(2000)} | {"big": bytes(1_000_000)}
    content = bytearray(write_flat(streams))
    start = None
    for place in range(512, len(content) - 128, 128):
        if content[place : place + 6] == "big".encode("utf-16-le") and content[place + 64] == 8:
            start = content[place + 116 : place + 128]
    assert start is not None
    for place in range(512, len(content) - 128, 128):
        if content[place : place + 2] == b"s\0" and content[place + 64] == 12:
            content[place + 116 : place + 128] = start
    file = CompoundFile(bytes(content))
    read = sum(len(file.read(entry)) for entry in file.children(file.root))
    assert read <= 4 * len(content) + (1 << 20)
    assert "streams that are cut off" in file.damages


def test_a_declared_size_beyond_the_file_gives_what_is_there():
    content = bytearray(write_flat({"s": bytes(10_000)}))
    directory = 512 + 512 * struct.unpack_from("<I", content, 48)[0]
    struct.pack_into("<Q", content, directory + 128 + 120, 0xFFFFFFFF)
    file = CompoundFile(bytes(content))
    (entry,) = file.children(file.root)
    assert len(file.read(entry)) <= len(content)
    assert "streams that are cut off" in file.damages
