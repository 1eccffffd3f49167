"""Containers in the store: what their destruction takes, what it refuses, and that a restore does it again."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, update

from storage.container_tables import container_members, containers
from storage.destructions import BatchState, destroyed_records, destruction_of
from storage.errors import Conflict, NotFound
from storage.events import EventKind
from storage.records import Channel, Envelope
from storage.tables import (
    awaiting_examination,
    destruction_batches,
    destructions,
    objects,
    submission_digests,
    submissions,
    wrapped_keys,
)
from tests.storage.archives import ACTOR
from tests.storage.shredding_steps import count, describe, finish, kinds, state


def put(archive, content: bytes) -> str:
    """Deposit bytes of which no record is made; the submission's id."""
    prepared = archive.submissions.prepare(
        channel=Channel.CLI,
        account="cli",
        custodian_id=None,
        envelope=Envelope(source=content.decode()),
        kind="container:mbox",
        payload=content,
        epoch=archive.store.current_epoch(),
        received_at=archive.store.clock(),
        actor=ACTOR,
    )
    archive.blobs.write([prepared.sealed])
    with archive.store.write() as transaction:
        archive.submissions.add(transaction, [prepared])
        done = awaiting_examination.c.submission_id == prepared.submission.id
        transaction.connection.execute(delete(awaiting_examination).where(done))
        mine = update(submissions).where(submissions.c.id == prepared.submission.id)
        transaction.connection.execute(mine.values(outcome="archived"))
    return prepared.submission.id


def box(archive, content: bytes, *members: str, **values: object) -> str:
    """A container that holds these submissions, taken apart and closed."""
    container_id = put(archive, content)
    hold(archive, container_id, *members, **values)
    return container_id


def hold(archive, container_id: str, *members: str, **values: object) -> None:
    with archive.store.write() as transaction:
        row = {
            "id": container_id,
            "kind": "mbox",
            "state": "done",
            "root_id": container_id,
            "depth": 1,
            "attempt": 1,
            "findings": 0,
            "opened_at": transaction.at,
            "closed_at": transaction.at,
            **values,
        }
        transaction.connection.execute(insert(containers), row)
        named = {"attempt": 1, "members": [{"n": 1, "source": "in.mbox#1"}]}
        position = transaction.append(
            EventKind.CONTAINER_UNPACKED, actor=ACTOR, subjects=(container_id,), payload=named
        )
        told = {"findings": []}
        transaction.append(EventKind.CONTAINER_CLOSED, actor=ACTOR, subjects=(container_id,), payload=told)
        rows = [
            {
                "container_id": container_id,
                "attempt": 1,
                "ordinal": ordinal,
                "outcome": "taken",
                "submission_id": member,
                "position": position,
            }
            for ordinal, member in enumerate(members, start=1)
        ]
        if rows:
            transaction.connection.execute(insert(container_members), rows)


def decide(archive, shredder, *ids: str, guard=None) -> str:
    with archive.store.write() as transaction:
        return shredder.decide_containers(transaction, ids, ACTOR, {"rule": "copies"}, guard=guard)


def test_a_container_goes_and_what_came_out_of_it_stays(archive, shredder, filed):
    container = box(archive, b"From", filed[0].submission_id)
    batch = decide(archive, shredder, container)
    assert count(archive, wrapped_keys.c.holder, container) == 0
    assert count(archive, submission_digests.c.submission_id, container) == 0
    assert len(describe(archive, filed[0].record_id)) == 1
    with archive.store.read() as connection:
        assert archive.submissions.envelopes(connection, [container]) == {}
        assert connection.execute(select(containers.c.state)).scalar_one() == "destroyed"
        spoken = [one for one in archive.ledger.events_about(connection, [container]) if one.event.digest is not None]
        assert len(spoken) == 3
        assert [archive.ledger.payload(connection, one.position) for one in spoken] == [None] * 3
        (gone,) = destroyed_records(connection, batch)
        assert gone.is_container
        event = archive.ledger.event_at(connection, gone.position).event
    assert (event.kind, event.subjects) == (EventKind.CONTAINER_DESTROYED, (container, batch))
    finish(archive, shredder, batch)
    assert state(archive, batch) is BatchState.CONFIRMED
    assert count(archive, objects.c.holder, container) == 0
    assert shredder.remains(batch) == ()


def test_what_is_left_of_a_container_is_found_and_not_confirmed(archive, shredder, filed):
    container = box(archive, b"From", filed[0].submission_id)
    batch = decide(archive, shredder, container)
    assert any(container in one for one in shredder.remains(batch))
    with pytest.raises(Conflict, match="only decided"):
        shredder.confirm(batch, actor=ACTOR)


def test_a_member_can_be_destroyed_once_its_container_is(archive, shredder, filed):
    container = box(archive, b"From", filed[0].submission_id)
    with archive.store.write() as transaction, pytest.raises(Conflict, match="still holds it"):
        shredder.decide(transaction, [filed[0].record_id], ACTOR)
    decide(archive, shredder, container)
    with archive.store.write() as transaction:
        shredder.decide(transaction, [filed[0].record_id], ACTOR)
    assert describe(archive, filed[0].record_id) == []


def test_an_inner_container_goes_with_the_outer_one_or_after_it(archive, shredder, filed):
    inner = box(archive, b"inner", filed[0].submission_id)
    outer = box(archive, b"outer", inner)
    with pytest.raises(Conflict, match=f"stands in container {outer}"):
        decide(archive, shredder, inner)
    decide(archive, shredder, inner, outer)
    assert count(archive, wrapped_keys.c.holder, inner, outer) == 0


def test_a_container_that_holds_itself_is_no_reason(archive, shredder):
    container = put(archive, b"quine")
    hold(archive, container, container)
    decide(archive, shredder, container)
    assert count(archive, wrapped_keys.c.holder, container) == 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"state": "open"}, "to its end"), ({"state": "failed"}, "to its end"), ({"findings": 1}, "without a difference")],
)
def test_a_container_that_is_not_accounted_for_is_refused(archive, shredder, values, reason):
    container = box(archive, b"From", **values)
    with pytest.raises(Conflict, match=reason):
        decide(archive, shredder, container)
    assert count(archive, wrapped_keys.c.holder, container) == 1


def test_a_mail_that_carries_a_container_goes_as_the_record_that_it_is(archive, shredder, filed):
    hold(archive, filed[0].submission_id, filed[1].submission_id, kind="mail")
    with pytest.raises(Conflict, match="is a record itself"):
        decide(archive, shredder, filed[0].submission_id)
    with archive.store.write() as transaction:
        shredder.decide(transaction, [filed[0].record_id], ACTOR)
    with archive.store.read() as connection:
        told = archive.ledger.events_about(connection, [filed[0].submission_id])
        unpacked = [one for one in told if one.event.kind is EventKind.CONTAINER_UNPACKED]
        assert [archive.ledger.payload(connection, one.position) for one in unpacked] == [None]


def test_a_mail_that_is_being_taken_apart_is_refused(archive, shredder, filed):
    hold(archive, filed[0].submission_id, kind="mail", state="open")
    with archive.store.write() as transaction, pytest.raises(Conflict, match="is being taken apart"):
        shredder.decide(transaction, [filed[0].record_id], ACTOR)


def test_what_waits_for_examination_keeps_its_container(archive, shredder, filed):
    container = box(archive, b"From", filed[0].submission_id)
    with archive.store.write() as transaction:
        waits = {"submission_id": filed[0].submission_id, "position": 0}
        transaction.connection.execute(insert(awaiting_examination), [waits])
    with pytest.raises(Conflict, match="is being examined"):
        decide(archive, shredder, container)


def test_an_objection_forbids_all_of_them(archive, shredder):
    first, second = box(archive, b"one"), box(archive, b"two")

    class Objects:
        def objections(self, connection, ids) -> dict[str, str]:
            del connection
            return {ids[1]: "it is under hold hld_1"}

    with pytest.raises(Conflict, match=f"container {second} may not be destroyed: it is under hold hld_1"):
        decide(archive, shredder, first, second, guard=Objects())
    assert count(archive, wrapped_keys.c.holder, first, second) == 2


@pytest.mark.parametrize("name", ["sub_unknown", "record"])
def test_what_is_no_container_is_not_found(archive, shredder, filed, name):
    with pytest.raises(NotFound, match="there is no container"):
        decide(archive, shredder, filed[0].submission_id if name == "record" else name)


def test_a_destroyed_container_is_not_destroyed_twice(archive, shredder):
    container = box(archive, b"From")
    decide(archive, shredder, container)
    with pytest.raises(Conflict, match="destroyed already"):
        decide(archive, shredder, container)


def test_a_database_that_brought_it_back_is_told_again_by_the_ledger(archive, shredder, filed):
    container = box(archive, b"From", filed[0].submission_id)
    with archive.store.read() as connection:
        key = connection.execute(select(wrapped_keys).where(wrapped_keys.c.holder == container)).one()
        sealed = connection.execute(select(submissions.c.sealed_envelope)).scalars().all()
    batch = decide(archive, shredder, container)
    shredder.erase(batch)
    with archive.store.write() as transaction:  # as an older copy would have it
        connection = transaction.connection
        connection.execute(delete(destructions))
        connection.execute(delete(destruction_batches))
        connection.execute(insert(wrapped_keys), [dict(key._mapping)])
        connection.execute(update(containers).values(state="done"))
        mine = update(submissions).where(submissions.c.id == container)
        connection.execute(mine.values(sealed_envelope=sealed[-1]))
    with archive.store.write() as transaction:
        shredder.replay(transaction, [container])
        shredder.replay(transaction, [container])
    with archive.store.read() as connection:
        assert destruction_of(connection, container).batch_id == batch
        assert connection.execute(select(containers.c.state)).scalar_one() == "destroyed"
    assert count(archive, wrapped_keys.c.holder, container) == 0
    finish(archive, shredder, batch)
    assert kinds(archive, container).count("container.destroyed") == 1
