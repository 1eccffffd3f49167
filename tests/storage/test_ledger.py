"""The ledger can be read by place, proved offline, and checked; what was changed in it is found."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, update

from storage.checkpoints import verify
from storage.errors import Conflict, Corrupt, NotFound
from storage.events import Event, EventKind, payload_digest
from storage.merkle import leaf_hash, verify_consistency, verify_inclusion
from storage.tables import ledger_head, ledger_leaves, ledger_nodes, ledger_payloads, wrapped_keys
from tests.storage.archives import ACTOR, open_again


def grow(archive, count, payload=None):
    with archive.store.write() as transaction:
        return [
            transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(f"rec_{number}",), payload=payload)
            for number in range(count)
        ]


def tamper(archive, statement):
    with archive.store.write() as transaction:
        transaction.connection.execute(statement)


def details(archive):
    return [(fault.position, fault.detail) for fault in archive.ledger.check()[1]]


def test_positions_are_dense_from_the_first_leaf(archive):
    assert grow(archive, 3) == [1, 2, 3]
    assert grow(archive, 2) == [4, 5]
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, -1)
    assert [one.position for one in events] == [0, 1, 2, 3, 4, 5]
    assert events[0].event.kind is EventKind.ARCHIVE_CREATED


def test_events_are_read_after_a_place_by_kind_and_in_pages(archive):
    grow(archive, 5)
    with archive.store.read() as connection:
        page = archive.ledger.events_after(connection, 2, limit=2)
        created = archive.ledger.events_after(connection, -1, kinds=[EventKind.ARCHIVE_CREATED])
        none = archive.ledger.events_after(connection, 5)
    assert [one.position for one in page] == [3, 4]
    assert [one.position for one in created] == [0]
    assert none == []


@pytest.mark.parametrize("position", [-1, 1, 99])
def test_a_leaf_that_is_not_there_is_not_found(archive, position):
    with archive.store.read() as connection, pytest.raises(NotFound):
        archive.ledger.event_at(connection, position)
    with archive.store.read() as connection, pytest.raises(NotFound):
        archive.ledger.prove(connection, position)


def test_a_payload_comes_back_and_is_bound_to_its_leaf(archive):
    (position,) = grow(archive, 1, payload={"query": "Zürich 🚌", "lone": "\udcff", "count": 3})
    with archive.store.read() as connection:
        assert archive.ledger.payload(connection, position) == {"query": "Zürich 🚌", "lone": "\udcff", "count": 3}
        salt, payload = archive.ledger.salted_payload(connection, position)
        assert archive.ledger.event_at(connection, position).event.digest == payload_digest(salt, payload)


def test_equal_payloads_have_different_digests(archive):
    positions = grow(archive, 2, payload={"query": "bus"})
    with archive.store.read() as connection:
        digests = {archive.ledger.event_at(connection, one).event.digest for one in positions}
    assert len(digests) == 2


def test_an_event_without_payload_has_none(archive):
    (position,) = grow(archive, 1)
    with archive.store.read() as connection:
        assert archive.ledger.payload(connection, position) is None


def test_a_payload_whose_key_is_destroyed_is_gone_and_the_leaf_stays(archive):
    (position,) = grow(archive, 1, payload={"query": "bus"})
    with archive.store.read() as connection:
        event = archive.ledger.event_at(connection, position).event
    tamper(archive, delete(wrapped_keys).where(wrapped_keys.c.holder == event.id))
    with archive.store.read() as connection:
        assert archive.ledger.payload(connection, position) is None
        assert archive.ledger.event_at(connection, position).event == event
    assert details(archive) == []


def test_a_payload_moved_to_another_leaf_is_found(archive):
    first, second = grow(archive, 2, payload={"query": "bus"})
    with archive.store.write() as transaction:
        rows = transaction.connection.execute(select(ledger_payloads).order_by(ledger_payloads.c.position)).all()
        transaction.connection.execute(delete(ledger_payloads).where(ledger_payloads.c.position.in_([first, second])))
        moved = [{**rows[1]._mapping, "position": second}, {**rows[2]._mapping, "position": first}]
        transaction.connection.execute(insert(ledger_payloads), moved)
    with archive.store.read() as connection, pytest.raises(Corrupt, match="not the one that its leaf names"):
        archive.ledger.payload(connection, first)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_a_proof_verifies_with_nothing_but_the_public_key(archive, size):
    grow(archive, size)
    line = archive.ledger.public_key()
    for position in {0, 1, size // 2, size}:
        with archive.store.read() as connection:
            proof = archive.ledger.prove(connection, position).to_json()
        head = verify(proof["checkpoint"].encode(), line)
        path = [bytes.fromhex(one) for one in proof["path"]]
        hashed = leaf_hash(proof["leaf"].encode())
        assert head.size == proof["tree_size"] == size + 1
        assert verify_inclusion(hashed, proof["position"], head.size, path, head.root)
        assert not verify_inclusion(leaf_hash(b"{}"), proof["position"], head.size, path, head.root)


def test_later_heads_are_proved_to_contain_earlier_ones(archive):
    heads = []
    for count in (1, 3, 252, 10, 300):
        grow(archive, count)
        with archive.store.read() as connection:
            heads.append(archive.ledger.head(connection))
    for at, old in enumerate(heads):
        for new in heads[at:]:
            with archive.store.read() as connection:
                proof = archive.ledger.consistency(connection, old.size, new.size)
            assert verify_consistency(old.size, new.size, proof, old.root(), new.root())


def test_a_whole_ledger_has_no_faults(archive):
    grow(archive, 600, payload=None)
    archive.ledger.publish_checkpoint()
    grow(archive, 10)
    frontier, faults = archive.ledger.check()
    with archive.store.read() as connection:
        assert frontier == archive.ledger.head(connection)
    assert faults == []


def test_an_edited_leaf_is_found_at_its_place(archive):
    grow(archive, 10)
    with archive.store.read() as connection:
        event = archive.ledger.event_at(connection, 4).event
    edited = Event(id=event.id, kind=event.kind, actor="operator:other", at=event.at, subjects=event.subjects)
    tamper(archive, update(ledger_leaves).where(ledger_leaves.c.position == 4).values(leaf=edited.encode()))
    assert (4, "the leaf is not the one that was hashed") in details(archive)


def test_an_edited_leaf_with_its_hash_made_to_fit_is_found_by_the_head(archive):
    grow(archive, 10)
    values = {"leaf": b"{}", "hash": leaf_hash(b"{}")}
    tamper(archive, update(ledger_leaves).where(ledger_leaves.c.position == 4).values(**values))
    assert details(archive) == [(11, "the leaves do not give the root that the head names")]


@pytest.mark.parametrize("position", [0, 5, 10])
def test_a_deleted_leaf_is_found(archive, position):
    grow(archive, 10)
    tamper(archive, delete(ledger_leaves).where(ledger_leaves.c.position == position))
    assert details(archive)


def test_leaves_in_another_order_are_found(archive):
    grow(archive, 10)
    with archive.store.write() as transaction:
        place = ledger_leaves.c.position
        rows = transaction.connection.execute(select(ledger_leaves).where(place.in_([3, 4])).order_by(place)).all()
        transaction.connection.execute(delete(ledger_leaves).where(place.in_([3, 4])))
        swapped = [{**rows[0]._mapping, "position": 4}, {**rows[1]._mapping, "position": 3}]
        transaction.connection.execute(insert(ledger_leaves), swapped)
    assert details(archive) == [(11, "the leaves do not give the root that the head names")]


def test_a_leaf_that_no_head_counts_is_found(archive):
    row = {"position": 1, "kind": "record.viewed", "leaf": b"{}", "hash": leaf_hash(b"{}")}
    tamper(archive, insert(ledger_leaves).values(**row))
    assert details(archive) == [(1, "there is a leaf that the head does not count")]


def test_a_history_rewritten_with_its_head_is_found_by_the_published_checkpoint(archive):
    grow(archive, 10)
    archive.ledger.publish_checkpoint()
    tamper(archive, delete(ledger_leaves).where(ledger_leaves.c.position == 10))
    with archive.store.read() as connection:
        leaves = connection.execute(select(ledger_leaves.c.hash).order_by(ledger_leaves.c.position)).scalars().all()
    shorter = type(archive.ledger.check()[0])().append([bytes(one) for one in leaves])[0]
    tamper(archive, update(ledger_head).values(size=shorter.size, frontier=shorter.encode()))
    assert details(archive) == [(11, "the published checkpoint names more leaves than there are, or another root")]


def test_a_tampered_or_foreign_published_checkpoint_is_found(archive):
    note = archive.ledger.publish_checkpoint()
    path = archive.folder / "ledger" / "checkpoint"
    path.write_bytes(note.replace(b"\n1\n", b"\n2\n"))
    assert [position for position, _ in details(archive)] == [0]


@pytest.mark.parametrize("change", ["delete", "alter"])
def test_a_stored_hash_that_is_not_of_its_leaves_is_found(archive, change):
    grow(archive, 300)
    statement = delete(ledger_nodes) if change == "delete" else update(ledger_nodes).values(hash=bytes(32))
    tamper(archive, statement)
    assert details(archive) == [(0, "the stored hash of 256 leaves is not theirs")]


def test_a_damaged_head_stops_writing_and_says_so(archive):
    tamper(archive, update(ledger_head).values(frontier=b"short"))
    with pytest.raises(Corrupt, match="head is damaged"), archive.store.write():
        pass
    with archive.store.read() as connection, pytest.raises(Corrupt, match="head is damaged"):
        archive.ledger.head(connection)


def test_a_proof_over_missing_leaves_says_what_is_missing(archive):
    grow(archive, 10)
    tamper(archive, delete(ledger_leaves).where(ledger_leaves.c.position == 2))
    with archive.store.read() as connection, pytest.raises(Corrupt, match="lacks leaves"):
        archive.ledger.prove(connection, 9)


def test_the_published_checkpoint_is_the_head_and_survives_opening(archive):
    grow(archive, 4)
    note = archive.ledger.publish_checkpoint()
    assert verify(note, archive.ledger.public_key()).size == 5
    second = open_again(archive.folder)
    assert second.ledger.published_checkpoint() == note
    assert second.ledger.public_key() == archive.ledger.public_key()
    second.close()


def append_and_refuse(transaction):
    transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR)
    raise Conflict("held")


def test_a_conflict_is_not_swallowed_by_a_transaction(archive):
    with pytest.raises(Conflict), archive.store.write() as transaction:
        append_and_refuse(transaction)
    with archive.store.read() as connection:
        assert archive.ledger.head(connection).size == 1


def test_all_events_about_an_id_are_listed_in_order(archive):
    grow(archive, 3)
    grow(archive, 3)
    with archive.store.read() as connection:
        about = archive.ledger.events_about(connection, ["rec_1", "rec_2"])
    assert [one.position for one in about] == [2, 3, 5, 6]
    assert {subject for one in about for subject in one.event.subjects} == {"rec_1", "rec_2"}


def test_an_older_database_put_back_does_not_replace_the_checkpoint(archive):
    grow(archive, 3)
    database = archive.folder / "archive.db"
    with archive.store.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    archive.close()
    older = {path.name: path.read_bytes() for path in archive.folder.glob("archive.db*")}
    again = open_again(archive.folder)
    grow(again, 2)
    note = again.ledger.publish_checkpoint()
    again.close()
    for path in archive.folder.glob("archive.db*"):
        path.unlink()
    for name, content in older.items():
        database.with_name(name).write_bytes(content)
    rolled_back = open_again(archive.folder)
    with pytest.raises(Conflict, match="an older database was put back"):
        rolled_back.ledger.publish_checkpoint()
    assert rolled_back.ledger.published_checkpoint() == note
    rolled_back.close()


def test_a_checkpoint_may_be_published_again_at_the_same_size(archive):
    grow(archive, 300)
    assert archive.ledger.publish_checkpoint() == archive.ledger.publish_checkpoint()
