"""A container sealed or opened in pieces is the same container, and a part of it is never taken for the whole."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from storage.errors import Corrupt
from storage.memory_blobs import MemoryReader
from storage.sealed_ranges import SealedRanges
from storage.sealed_streams import open_pieces, seal_pieces
from storage.sealing import CHUNK_BYTES, PREFIX_BYTES, TAG_BYTES, SealKind, header, seal, unseal
from tests.every_case import every_case
from tests.storage.archives import flip

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = bytes(range(32))
NAMED = {"archive_id": "arc_01", "kind": SealKind.SUBMISSION, "object_id": "sub_01"}
START = len(header(SealKind.SUBMISSION, "sub_01")) + PREFIX_BYTES
STEP = CHUNK_BYTES + TAG_BYTES
SIZES = sorted({0, 1, 15, 16, 17, *(n * CHUNK_BYTES + more for n in (1, 2, 3, 17, 260) for more in (-1, 0, 1, 999))})
PIECES = (1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, STEP, 1 << 18)


def plain_of(size):
    return random.Random(size).randbytes(size)


def cut(content, step):
    return (content[at : at + step] for at in range(0, len(content), step))


def streamed(sealed, step=1 << 16):
    return b"".join(open_pieces(KEY, **NAMED, sealed=cut(sealed, step)))


def ranges_of(sealed, key=KEY, **named: object):
    return SealedRanges(key, **(NAMED | named), sealed=MemoryReader(sealed))


@every_case("size", SIZES)
def test_what_is_sealed_in_pieces_opens_whole_and_in_pieces_and_by_ranges(size):
    plain = plain_of(size)
    step = PIECES[size % len(PIECES)] if size > CHUNK_BYTES else 7
    sealed = b"".join(seal_pieces(KEY, **NAMED, pieces=cut(plain, max(step, size // 500 + 1))))
    assert len(sealed) == START + size + (size // CHUNK_BYTES + 1) * TAG_BYTES
    assert unseal(KEY, **NAMED, sealed=sealed) == plain
    assert streamed(sealed) == plain
    assert ranges_of(sealed).read(0, size + 1) == plain


@pytest.mark.parametrize("step", PIECES)
def test_the_size_of_the_pieces_changes_nothing(step):
    plain = plain_of(3 * CHUNK_BYTES + 77)
    sealed = b"".join(seal_pieces(KEY, **NAMED, pieces=cut(plain, step)))
    assert unseal(KEY, **NAMED, sealed=sealed) == plain
    assert streamed(seal(KEY, **NAMED, plain=plain), step) == plain


def test_empty_pieces_change_nothing():
    sealed = b"".join(seal_pieces(KEY, **NAMED, pieces=[b"", b"a", b"", b"b", b""]))
    assert b"".join(open_pieces(KEY, **NAMED, sealed=[b"", sealed[:3], b"", sealed[3:], b""])) == b"ab"


def test_sealing_nothing_is_sealing_an_empty_content():
    assert unseal(KEY, **NAMED, sealed=b"".join(seal_pieces(KEY, **NAMED, pieces=[]))) == b""


def test_what_the_source_raises_passes_through():
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise InterruptedError

    with pytest.raises(InterruptedError):
        list(seal_pieces(KEY, **NAMED, pieces=failing()))


@pytest.mark.parametrize("chunk", [0, 1, 2])
def test_a_stream_gives_out_no_byte_of_a_damaged_chunk_nor_behind_it(chunk):
    plain = plain_of(2 * CHUNK_BYTES + 100)
    damaged = flip(seal(KEY, **NAMED, plain=plain), START + chunk * STEP + 20)
    given: list[bytes] = []
    with pytest.raises(Corrupt) as caught:
        given.extend(open_pieces(KEY, **NAMED, sealed=cut(damaged, 1_000)))  # a list keeps what came before
    assert b"".join(given) == plain[: chunk * CHUNK_BYTES]
    assert caught.value.fields == {"object": "sub_01"}


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
def test_a_stream_that_is_cut_anywhere_near_an_edge_does_not_end_quietly(size):
    sealed = seal(KEY, **NAMED, plain=plain_of(size))
    edges = [0, START - 32, START, *range(START, len(sealed), STEP), len(sealed) - TAG_BYTES]
    for at in sorted({edge + more for edge in edges for more in (-1, 0, 1)} & set(range(len(sealed)))):
        with pytest.raises(Corrupt):
            streamed(sealed[:at])
        with pytest.raises(Corrupt):
            ranges_of(sealed[:at])


def test_every_byte_of_a_small_container_is_authenticated_for_streams_and_ranges():
    sealed = seal(KEY, **NAMED, plain=b"a record")
    for at in range(len(sealed)):
        with pytest.raises(Corrupt):
            streamed(flip(sealed, at))
        with pytest.raises(Corrupt):
            ranges_of(flip(sealed, at))


@pytest.mark.parametrize(
    "other",
    [
        {"key": bytes(32)},
        {"archive_id": "arc_02"},
        {"kind": SealKind.COMPONENT},
        {"object_id": "sub_02"},
    ],
)
def test_a_container_does_not_open_as_something_else(other):
    sealed = seal(KEY, **NAMED, plain=b"a record")
    with pytest.raises(Corrupt):
        list(open_pieces(**({"key": KEY} | NAMED | other), sealed=[sealed]))
    with pytest.raises(Corrupt):
        ranges_of(sealed, **other)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES, 20 * CHUNK_BYTES + 5])
def test_a_range_is_what_the_whole_has_there(size):
    plain = plain_of(size)
    ranges = ranges_of(seal(KEY, **NAMED, plain=plain))
    assert ranges.size == size
    draw = random.Random(size)
    places = [(0, 0), (0, 1), (max(0, size - 1), 1), (size, 1), (size + 10, 5), (0, 2 * size + 1)]
    places += [(draw.randrange(size + 1), draw.randrange(3 * CHUNK_BYTES)) for _ in range(200)]
    for offset, length in places:
        assert ranges.read(offset, length) == plain[offset : offset + length]


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1)])
def test_a_range_before_the_beginning_is_an_error_of_the_caller(offset, length):
    with pytest.raises(ValueError, match="negative"):
        ranges_of(seal(KEY, **NAMED, plain=b"a")).read(offset, length)


class Counting(MemoryReader):
    """A reader that says what was read of it."""

    def __init__(self, sealed: bytes) -> None:
        super().__init__(sealed)
        self.asked = 0

    def read_at(self, offset: int, length: int) -> bytes:
        part = super().read_at(offset, length)
        self.asked += len(part)
        return part


def test_a_range_reads_the_header_the_end_and_its_own_chunks_only():
    reader = Counting(seal(KEY, **NAMED, plain=plain_of(100 * CHUNK_BYTES + 9)))
    ranges = SealedRanges(KEY, **NAMED, sealed=reader)
    assert reader.asked == START + 9 + TAG_BYTES
    ranges.read(50 * CHUNK_BYTES + 3, 10)
    assert reader.asked == START + 9 + TAG_BYTES + STEP


def test_damage_outside_of_a_range_is_not_read_and_inside_gives_nothing():
    plain = plain_of(3 * CHUNK_BYTES + 9)
    ranges = ranges_of(flip(seal(KEY, **NAMED, plain=plain), START + STEP + 5))
    assert ranges.read(0, CHUNK_BYTES) == plain[:CHUNK_BYTES]
    for offset, length in ((CHUNK_BYTES, 1), (0, CHUNK_BYTES + 1), (2 * CHUNK_BYTES - 1, 100)):
        with pytest.raises(Corrupt):
            ranges.read(offset, length)


def test_an_object_that_shrinks_or_grows_under_a_reader_is_refused():
    sealed = seal(KEY, **NAMED, plain=plain_of(2 * CHUNK_BYTES))
    reader = MemoryReader(sealed)
    reader.size += STEP
    with pytest.raises(Corrupt):
        SealedRanges(KEY, **NAMED, sealed=reader)
    reader = MemoryReader(sealed + b"x")
    reader.size -= 1
    with pytest.raises(Corrupt):
        SealedRanges(KEY, **NAMED, sealed=reader)
