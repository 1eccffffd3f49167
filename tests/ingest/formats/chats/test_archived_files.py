"""The files of an archive as an export sees them: by name, in pieces, and with what was read marked."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats.chats.archived_files import ArchivedFiles, PieceStream
from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

STEADY = settings(deadline=None, derandomize=True, max_examples=100)
FILES = {"a.txt": [b"one ", b"two"], "b/c.json": [b"{}"], "bad": [b"begun"]}


def files() -> ArchivedFiles:
    def pieces(name: str) -> Iterator[bytes]:
        yield from FILES[name]
        if name == "bad":
            raise MemberBroken("its checksum is wrong")

    sizes = {name: sum(map(len, parts)) for name, parts in FILES.items()}
    return ArchivedFiles("x.zip", sizes, pieces, zone=ZoneInfo("UTC"))


def test_names_and_sizes_are_those_of_the_archive():
    held = files()
    assert (held.names, held.size("a.txt"), held.has("b/c.json")) == (("a.txt", "b/c.json", "bad"), 7, True)
    assert (held.has("c.json"), held.size("c.json")) == (False, 0)


def test_what_is_opened_is_marked_and_what_is_looked_at_is_not():
    held = files()
    assert held.head("b/c.json", 1) == b"{"
    assert held.opened == set()
    assert held.read("a.txt") == b"one two"
    assert held.opened == {"a.txt"}


def test_first_bytes_are_the_same_whatever_was_asked_for_before():
    asked: list[str] = []

    def pieces(name: str) -> Iterator[bytes]:
        asked.append(name)
        yield bytes(range(256)) * 40

    held = ArchivedFiles("x.zip", {"a": 256 * 40}, pieces, zone=ZoneInfo("UTC"))
    whole = bytes(range(256)) * 40
    for size in (4, 4096, 1, 9_000, 5_000, 9_000, 20_000, 30_000, 20_000):
        assert held.head("a", size) == whole[:size]
    assert len(asked) == 4  # once for all that is short, and once for each that was longer than any before


def test_what_is_kept_of_first_bytes_is_bounded():
    count = 6_000

    def pieces(name: str) -> Iterator[bytes]:
        yield name.encode() * 1_000

    names = [f"{number:04}" for number in range(count)]
    held = ArchivedFiles("x.zip", dict.fromkeys(names, 4_000), pieces, zone=ZoneInfo("UTC"))
    tracemalloc.start()
    try:
        for name in names:
            assert held.head(name) == name.encode() * 1_000
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 20 << 20


def test_a_file_can_be_opened_again_from_its_beginning():
    held = files()
    assert held.open("a.txt").read(3) == b"one"
    assert held.open("a.txt").read() == b"one two"


def test_a_file_that_is_not_there_or_breaks_is_told():
    held = files()
    with pytest.raises(MemberBroken):
        held.open("c.json")
    with pytest.raises(MemberBroken):
        held.read("bad")
    assert held.head("bad") == b"begun"
    assert held.head("c.json") == b""


def test_a_file_larger_than_asked_for_is_not_read_whole():
    with pytest.raises(MemberBroken):
        files().read("a.txt", limit=6)


@STEADY
@given(st.lists(st.binary(min_size=1, max_size=9), max_size=8), st.lists(st.integers(1, 12), max_size=30))
def test_a_stream_gives_all_bytes_in_the_sizes_that_are_asked_for(parts, sizes):
    stream, whole = PieceStream(iter(parts)), b"".join(parts)
    found = b""
    for size in sizes:
        piece = stream.read(size)
        assert piece == whole[len(found) : len(found) + size]
        found += piece
    assert found + stream.read() == whole
    assert stream.read(1) == b""


def test_a_stream_can_be_read_by_lines():
    assert list(PieceStream(iter([b"one\ntw", b"o\n", b"end"]))) == [b"one\n", b"two\n", b"end"]
