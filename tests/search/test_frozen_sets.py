"""Frozen results: kept in sealed pieces, bound by their leaf, found out when changed."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import delete, select, update

from archiver.checking import check_now
from search.frozen_ids import PIECE, listed, unpacked
from search.frozen_sets import FrozenSets, faults_of
from search.saved_tables import frozen_pieces, frozen_sets
from storage.errors import Corrupt, NotFound
from storage.events import EventKind

ANN = "usr_ann"
ABOUT = {"query": "walrusquery", "title": "walrustitle", "total": 0, "coverage": {"records": 9}}


@pytest.fixture
def sets(archive) -> FrozenSets:
    return FrozenSets(archive.store)


def ids_of(count: int) -> list[str]:
    drawn = random.Random(7)
    return sorted(unpacked(drawn.randbytes(16)) for _ in range(count))


def faults(archive, sets, set_id: str) -> list[str]:
    with archive.store.read() as connection:
        return faults_of(sets, archive.ledger, connection, sets.get(connection, set_id))


def change(archive, statement) -> None:
    with archive.store.write() as transaction:
        transaction.connection.execute(statement)


@pytest.mark.parametrize("count", [0, 1, PIECE, PIECE + 1])
def test_ids_come_back_in_order_whatever_their_number(archive, sets, count):
    ids = ids_of(count)
    made = sets.freeze(listed(reversed(ids)), ABOUT, owner=ANN)
    assert list(sets.ids(made.id)) == ids
    with archive.store.read() as connection:
        assert sets.get(connection, made.id) == made
        assert sets.all(connection) == [made]
    assert faults(archive, sets, made.id) == []


def test_neither_query_nor_ids_stand_in_plain_columns_or_in_the_leaf(archive, sets):
    ids = ids_of(3)
    made = sets.freeze(listed(ids), ABOUT, owner=ANN)
    with archive.store.read() as connection:
        rows = [*connection.execute(select(frozen_sets)), *connection.execute(select(frozen_pieces))]
        leaf = archive.ledger.event_at(connection, made.position).event
    plain = repr([tuple(row) for row in rows]).encode() + leaf.encode()
    assert b"walrus" not in plain
    assert not any(one.encode() in plain for one in ids)
    assert (leaf.kind, leaf.subjects) == (EventKind.SEARCH_FROZEN, (made.id,))


def test_a_set_that_is_not_there_is_not_found(archive, sets):
    with archive.store.read() as connection, pytest.raises(NotFound):
        sets.get(connection, "frz_none")


def test_a_piece_that_is_gone_is_found_out(archive, sets):
    made = sets.freeze(listed(ids_of(PIECE + 1)), ABOUT, owner=ANN)
    change(archive, delete(frozen_pieces).where(frozen_pieces.c.number == 1))
    assert "its ids are not those that were frozen" in faults(archive, sets, made.id)


def test_a_piece_that_was_changed_is_corrupt(archive, sets):
    made = sets.freeze(listed(ids_of(5)), ABOUT, owner=ANN)
    with archive.store.read() as connection:
        sealed = bytes(connection.execute(select(frozen_pieces.c.sealed_ids)).scalar_one())
    change(archive, update(frozen_pieces).values(sealed_ids=sealed[:-1] + bytes([sealed[-1] ^ 1])))
    with pytest.raises(Corrupt):
        list(sets.ids(made.id))
    assert faults(archive, sets, made.id)


def test_a_piece_of_another_set_does_not_pass(archive, sets):
    one, other = (sets.freeze(listed(ids_of(count)), ABOUT, owner=ANN) for count in (5, 6))
    with archive.store.read() as connection:
        query = select(frozen_pieces.c.sealed_ids).where(frozen_pieces.c.set_id == other.id)
        sealed = connection.execute(query).scalar_one()
    change(archive, update(frozen_pieces).where(frozen_pieces.c.set_id == one.id).values(sealed_ids=sealed))
    assert faults(archive, sets, one.id)


@pytest.mark.parametrize(
    "values", [{"total": 4}, {"ids_sha256": "0" * 64}, {"position": 0}, {"position": 10**6}, {"owner": "usr_ben"}]
)
def test_a_row_that_was_changed_is_not_what_the_ledger_says(archive, sets, values):
    made = sets.freeze(listed(ids_of(5)), ABOUT, owner=ANN)
    change(archive, update(frozen_sets).values(**values))
    assert faults(archive, sets, made.id)


def test_a_check_of_everything_goes_through_the_sets_and_finds_nothing(archive, sets):
    for count in range(7):
        sets.freeze(listed(ids_of(count)), ABOUT, owner=ANN)
    report, _ = check_now(archive, actor="operator:test")
    assert report.faults == []


def test_a_check_of_everything_names_the_set_that_was_changed(archive, sets):
    made = [sets.freeze(listed(ids_of(count)), ABOUT, owner=ANN) for count in range(1, 8)]
    change(archive, delete(frozen_pieces).where(frozen_pieces.c.set_id == made[6].id))
    report, _ = check_now(archive, actor="operator:test")
    assert [(one.kind, one.id) for one in report.faults] == [("frozen result", made[6].id)]
