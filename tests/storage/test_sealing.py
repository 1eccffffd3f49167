"""A sealed container opens as exactly what was sealed, or not at all."""

from __future__ import annotations

import pytest

from storage.errors import Corrupt
from storage.sealing import CHUNK_BYTES, PREFIX_BYTES, TAG_BYTES, SealKind, header, new_key, read_header, seal, unseal
from tests.every_case import every_case
from tests.storage.archives import flip

KEY = bytes(range(32))
OBJECT = "sub_01"
ARCHIVE = "arc_01"


def sealed_with(plain: bytes) -> bytes:
    return seal(KEY, archive_id=ARCHIVE, kind=SealKind.SUBMISSION, object_id=OBJECT, plain=plain)


def opened_with(
    sealed: bytes,
    *,
    key: bytes = KEY,
    archive_id: str = ARCHIVE,
    kind: SealKind = SealKind.SUBMISSION,
    object_id: str = OBJECT,
) -> bytes:
    return unseal(key, archive_id=archive_id, kind=kind, object_id=object_id, sealed=sealed)


@every_case(
    "size", [0, 1, 15, 16, 17, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 5 * CHUNK_BYTES + 7]
)
def test_what_was_sealed_opens_again_at_every_size_around_a_chunk(size):
    plain = bytes(one % 251 for one in range(size))
    sealed = sealed_with(plain)
    chunks = size // CHUNK_BYTES + 1
    assert len(sealed) == len(header(SealKind.SUBMISSION, OBJECT)) + PREFIX_BYTES + size + chunks * TAG_BYTES
    assert opened_with(sealed) == plain


def test_every_single_bit_of_a_container_is_authenticated():
    sealed = sealed_with(b"a record")
    for at in range(len(sealed)):
        for bit in range(8):
            with pytest.raises(Corrupt):
                opened_with(flip(sealed, at, 1 << bit))


def test_every_truncation_of_a_container_is_refused():
    sealed = sealed_with(b"a record")
    for length in range(len(sealed)):
        with pytest.raises(Corrupt):
            opened_with(sealed[:length])


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_a_container_cut_at_a_chunk_is_refused(chunks):
    sealed = sealed_with(bytes(3 * CHUNK_BYTES + 10))
    start = len(header(SealKind.SUBMISSION, OBJECT)) + PREFIX_BYTES
    with pytest.raises(Corrupt):
        opened_with(sealed[: start + chunks * (CHUNK_BYTES + TAG_BYTES)])


def test_exchanged_chunks_are_refused():
    sealed = sealed_with(b"1" * CHUNK_BYTES + b"2" * CHUNK_BYTES + b"3")
    start, step = len(header(SealKind.SUBMISSION, OBJECT)) + PREFIX_BYTES, CHUNK_BYTES + TAG_BYTES
    first, second = sealed[start : start + step], sealed[start + step : start + 2 * step]
    with pytest.raises(Corrupt):
        opened_with(sealed[:start] + second + first + sealed[start + 2 * step :])


@pytest.mark.parametrize("tail", [b"\x00", bytes(TAG_BYTES), bytes(CHUNK_BYTES)])
def test_bytes_added_at_the_end_are_refused(tail):
    with pytest.raises(Corrupt):
        opened_with(sealed_with(b"a record") + tail)


@pytest.mark.parametrize(
    "other",
    [
        {"key": bytes(32)},
        {"archive_id": "arc_02"},
        {"kind": SealKind.COMPONENT},
        {"object_id": "sub_02"},
        {"object_id": "sub_0"},
        {"object_id": "sub_011"},
    ],
)
def test_a_container_does_not_open_as_something_else(other):
    with pytest.raises(Corrupt):
        opened_with(sealed_with(b"a record"), **other)


def test_a_container_moved_to_another_object_fails_though_its_header_was_rewritten():
    sealed = sealed_with(b"a record")
    moved = header(SealKind.SUBMISSION, "sub_02") + sealed[len(header(SealKind.SUBMISSION, OBJECT)) :]
    with pytest.raises(Corrupt):
        opened_with(moved, object_id="sub_02")


def test_a_container_without_its_header_is_refused():
    with pytest.raises(Corrupt):
        opened_with(sealed_with(b"a record")[len(header(SealKind.SUBMISSION, OBJECT)) :])


def test_the_same_bytes_sealed_twice_look_different():
    assert sealed_with(b"a record") != sealed_with(b"a record")


def test_fresh_keys_differ():
    assert len({new_key() for _ in range(64)}) == 64


def test_a_refusal_says_nothing_of_the_content():
    with pytest.raises(Corrupt) as caught:
        opened_with(flip(sealed_with(b"Zanzibar")))
    assert "Zanzibar" not in str(caught.value)
    assert caught.value.fields == {"object": OBJECT}


def test_the_header_names_kind_and_object():
    assert read_header(sealed_with(b"")) == (SealKind.SUBMISSION, OBJECT)


@pytest.mark.parametrize("stray", [b"", b"PRAR", b"PRAR\x02\x01\x00", b"PRAR\x01\xff\x00", b"PRAR\x01\x01\x02\xff\xff"])
def test_a_stray_file_is_no_container(stray):
    with pytest.raises(Corrupt):
        read_header(stray)


def test_a_header_cut_inside_its_name_is_refused():
    with pytest.raises(Corrupt):
        read_header(header(SealKind.SUBMISSION, OBJECT)[:-1])


def test_an_id_that_does_not_fit_the_header_is_refused_before_anything_is_sealed():
    with pytest.raises(ValueError, match="255"):
        header(SealKind.SUBMISSION, "x" * 256)
