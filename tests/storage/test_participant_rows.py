"""Participants of destroyed records: their digests go, and what was said of a handle goes with its last record."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from storage.destruction_rows import rows_left
from storage.destructions import destroyed_records
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.identifiers import Prefix, new_id
from storage.participant_tables import TAG_BYTES, participant_links, record_participants
from storage.sealing import SealKind
from storage.tables import wrapped_keys
from tests.storage.archives import ACTOR, custodian, file_one
from tests.storage.shredding_steps import count, decide

MOM, DAD, COACH = (bytes([number]) * TAG_BYTES for number in (1, 2, 3))


def take_part(archive, record_id: str, *tags: bytes) -> None:
    row = {"record_id": record_id, "day": "2026-01-05", "tags": b"".join(tags), "addresses": b"", "owner": None}
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(record_participants), [row])


def link(archive, tag: bytes) -> str:
    link_id = new_id(Prefix.LINK)
    key = archive.store.vault.fresh(link_id)
    sealed = archive.store.vault.seal(key, SealKind.PARTICIPANT, link_id, b"{}")
    wrapped = archive.store.vault.wrap(key, archive.store.current_epoch())
    with archive.store.write() as transaction:
        transaction.keep_key(wrapped)
        position = transaction.append(EventKind.PARTICIPANT_LINKED, actor=ACTOR, subjects=(link_id,), payload={})
        row = {"id": link_id, "tag": tag, "custodian_id": None, "position": position, "ended": None}
        transaction.connection.execute(insert(participant_links), [row | {"sealed_person": sealed}])
    return link_id


def links(archive) -> set[str]:
    with archive.store.read() as connection:
        return set(connection.execute(select(participant_links.c.id)).scalars())


def test_a_destroyed_record_leaves_no_digest_of_its_participants(archive, shredder, filed):
    take_part(archive, filed[0].record_id, MOM, DAD)
    take_part(archive, filed[1].record_id, MOM)
    batch_id = decide(archive, shredder, [filed[0].record_id])
    assert count(archive, record_participants.c.record_id, filed[0].record_id) == 0
    assert count(archive, record_participants.c.record_id, filed[1].record_id) == 1
    with archive.store.read() as connection:
        gone = destroyed_records(connection, batch_id)
        assert [one for one in rows_left(connection, gone) if "participants" in one] == []


def test_digests_that_came_back_are_told_as_left(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    take_part(archive, filed[0].record_id, MOM)
    with archive.store.read() as connection:
        gone = destroyed_records(connection, batch_id)
        assert f"the participants of {filed[0].record_id}" in rows_left(connection, gone)


def test_a_link_stays_while_another_record_has_its_handle_and_goes_with_the_last(archive, shredder, filed):
    take_part(archive, filed[0].record_id, MOM, COACH)
    take_part(archive, filed[1].record_id, DAD, MOM)
    mom, coach, dad = link(archive, MOM), link(archive, COACH), link(archive, DAD)
    decide(archive, shredder, [filed[0].record_id])
    assert links(archive) == {mom, dad}
    assert count(archive, wrapped_keys.c.holder, coach) == 0
    assert count(archive, wrapped_keys.c.holder, mom, dad) == 2
    decide(archive, shredder, [filed[1].record_id])
    assert links(archive) == set()
    assert count(archive, wrapped_keys.c.holder, mom, dad, coach) == 0


def test_both_records_of_a_handle_destroyed_at_once_take_its_link(archive, shredder, filed):
    take_part(archive, filed[0].record_id, MOM)
    take_part(archive, filed[1].record_id, MOM)
    link(archive, MOM)
    decide(archive, shredder, [filed[0].record_id, filed[1].record_id])
    assert links(archive) == set()


def test_a_link_that_was_taken_off_goes_with_the_last_record_too(archive, shredder, filed):
    take_part(archive, filed[0].record_id, MOM)
    ended = link(archive, MOM)
    with archive.store.write() as transaction:
        transaction.connection.execute(participant_links.update().values(ended=1))
    decide(archive, shredder, [filed[0].record_id])
    assert links(archive) == set()
    assert count(archive, wrapped_keys.c.holder, ended) == 0


def test_what_was_said_of_a_handle_is_looked_at_by_a_fixity_check(archive, filed):
    take_part(archive, filed[0].record_id, MOM)
    link_id = link(archive, MOM)
    assert FixityCheck(archive).run().faults == []
    with archive.store.write() as transaction:
        transaction.connection.execute(participant_links.update().values(sealed_person=b"changed"))
    assert [(one.kind, one.id) for one in FixityCheck(archive).run().faults] == [("link of a participant", link_id)]


@pytest.mark.parametrize("also", ["+1 (503) 555-0123", "503 555 0123"])
def test_a_custodian_is_found_by_a_number_however_it_is_written(archive, also):
    added = archive.custodians.add("eve@district.example", name="Eve", also=(also,), actor=ACTOR)
    assert added.addresses == ("eve@district.example", "+15035550123")
    with archive.store.read() as connection:
        assert archive.custodians.find(connection, "1-503-555-0123") == added.id


def test_records_of_another_custodian_do_not_keep_a_link(archive, shredder):
    mine, other = (file_one(archive, custodian(archive, f"{one}@district.example"), one.encode()) for one in "pq")
    take_part(archive, mine.record_id, MOM)
    take_part(archive, other.record_id, DAD)
    link(archive, MOM)
    decide(archive, shredder, [mine.record_id])
    assert links(archive) == set()
