"""The ids of a frozen result are packed without loss, sorted, and named by a digest that anybody can take."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.frozen_ids import PIECE, chunks, compared, digest_of, ids_in, listed, packed, unpacked
from storage.errors import Corrupt
from storage.identifiers import Prefix, new_id
from tests.every_case import every_case


def some_ids(count: int, seed: int) -> list[str]:
    drawn = random.Random(seed)
    return [unpacked(drawn.randbytes(16)) for _ in range(count)]


@given(st.binary(min_size=16, max_size=16))
def test_packing_gives_back_what_was_unpacked(sixteen):
    assert packed(unpacked(sixteen)) == sixteen


def test_a_fresh_id_is_packed_and_comes_back():
    made = new_id(Prefix.RECORD)
    assert unpacked(packed(made)) == made


@every_case(
    "name",
    [
        "",
        "rec_",
        "sub_01m81b9bmbs10nca75vdqfwats",
        "rec_01m81b9bmbs10nca75vdqfwat",
        "rec_01M81B9BMBS10NCA75VDQFWATS",
        "rec_z1m81b9bmbs10nca75vdqfwats",
        "rec_01m81b9bmbs10nca75vdqfwatu",
        "rec_01m81b9bmbs10nca75vdqfwat\n",
        "rec_01m81b9bmbs10nca75vdqfwat\N{DIGIT ONE}\N{COMBINING ACUTE ACCENT}",
    ],
)
def test_what_is_no_id_of_a_record_is_refused(name):
    with pytest.raises(ValueError, match="not the id of a record"):
        packed(name)


def test_packed_ids_sort_as_ids_do():
    ids = some_ids(500, 1)
    assert [unpacked(one) for one in sorted(map(packed, ids))] == sorted(ids)


def test_a_list_is_sorted_has_none_twice_and_its_digest_is_that_of_the_file():
    ids = some_ids(PIECE + 7, 2)
    made = listed([*ids, *ids[:9]])
    lines = "".join(f"{one}\n" for one in sorted(ids)).encode()
    assert (made.total, len(made.pieces)) == (PIECE + 7, 2)
    assert made.sha256 == hashlib.sha256(lines).hexdigest()
    back = [one for piece in made.pieces for one in ids_in(piece)]
    assert back == sorted(ids)
    assert digest_of(back) == (made.total, made.sha256)


def test_an_empty_list_has_no_piece_and_the_digest_of_nothing():
    assert listed([]).pieces == ()
    assert listed([]).sha256 == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("piece", [b"x", bytes(17), bytes(16 * (PIECE + 1))])
def test_a_piece_of_another_length_is_damaged(piece):
    with pytest.raises(Corrupt):
        ids_in(piece)


def test_two_lists_are_compared_id_by_id():
    ids = sorted(some_ids(6, 3))
    found = list(compared(ids[:4], ids[2:]))
    assert found == [(one, number < 4, number >= 2) for number, one in enumerate(ids)]


def test_chunks_hand_on_everything_in_order():
    assert list(chunks(iter("abcde"), 2)) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(chunks([], 2)) == []
