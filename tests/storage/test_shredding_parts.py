"""A conversation's day and what later exports added to it are destroyed together, and their digests go with them."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from storage.conversation_tables import conversation_parts
from storage.destruction_rows import rows_left
from storage.destructions import destroyed_records
from storage.errors import Conflict
from tests.storage.shredding_steps import decide, finish


def _part(record_id: str, root_id: str) -> dict[str, object]:
    return {
        "record_id": record_id,
        "root_id": root_id,
        "thread": b"t" * 16,
        "day": "2026-01-05",
        "container_id": None,
        "messages": 1,
        "known": 0,
        "changed": 0,
        "lacking": 0,
        "digests": b"d" * 32,
        "source": b"s" * 16,
        "dates": "",
    }


@pytest.fixture
def family(archive, filed):
    """A record, a part of it, and the first record of another conversation."""
    root, part, other = (one.record_id for one in filed[:3])
    rows = [_part(root, root), _part(part, root), _part(other, other)]
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(conversation_parts), rows)
    return root, part, other


def _digests(archive, record_id) -> bytes:
    with archive.store.read() as connection:
        query = select(conversation_parts.c.digests).where(conversation_parts.c.record_id == record_id)
        return connection.execute(query).scalar_one()


def test_a_record_is_not_destroyed_without_what_was_added_to_it(archive, shredder, family):
    root, part, _ = family
    with pytest.raises(Conflict, match=part):
        decide(archive, shredder, [root])
    assert _digests(archive, root)


def test_what_was_added_is_not_destroyed_without_the_record(archive, shredder, family):
    root, part, _ = family
    with pytest.raises(Conflict, match=root):
        decide(archive, shredder, [part])


def test_together_they_go_and_so_do_the_digests_of_their_messages(archive, shredder, family):
    root, part, other = family
    batch_id = decide(archive, shredder, [root, part])
    assert (_digests(archive, root), _digests(archive, part)) == (b"", b"")
    assert _digests(archive, other) == b"d" * 32
    finish(archive, shredder, batch_id)


def test_a_record_alone_in_its_conversation_can_go_alone(archive, shredder, family):
    decide(archive, shredder, [family[2]])
    assert _digests(archive, family[2]) == b""


def test_digests_that_stayed_are_found_before_a_destruction_is_confirmed(archive, shredder, family):
    batch_id = decide(archive, shredder, [family[2]])
    with archive.store.write() as transaction:
        transaction.connection.execute(conversation_parts.update().values(digests=b"d" * 32))
    with archive.store.read() as connection:
        left = rows_left(connection, destroyed_records(connection, batch_id))
    assert f"the digests of messages of {family[2]}" in left
