"""Records that go together: the parts of one conversation's day, and what one submission lends its key to."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import insert, update

from retention.disposition_families import families, in_order
from retention.disposition_types import Chosen, Ground
from storage.conversation_tables import conversation_parts
from storage.tables import records
from tests.storage.archives import custodian, file_one


def part(record_id: str, root_id: str) -> dict[str, object]:
    numbers = dict.fromkeys(("messages", "known", "changed", "lacking"), 1)
    said = {"thread": b"t" * 16, "day": "2026-01-05", "container_id": None, "digests": b"d" * 32}
    return {"record_id": record_id, "root_id": root_id, "source": b"s" * 16, "dates": "", **numbers, **said}


@pytest.fixture
def ids(archive) -> list[str]:
    """Five records; the first three are one day's parts, and the last two have the key of one submission."""
    owner = custodian(archive)
    found = [file_one(archive, owner, b"mail %d" % number).record_id for number in range(5)]
    rows = [part(found[0], found[0]), part(found[1], found[0]), part(found[2], found[0])]
    with archive.store.write() as transaction:
        connection = transaction.connection
        connection.execute(insert(conversation_parts), rows)
        lender = connection.execute(records.select().where(records.c.id == found[3])).one()
        shared = {"submission_id": lender.submission_id, "holder": lender.submission_id}
        connection.execute(update(records).where(records.c.id.in_(found[3:5])).values(shared))
    return found


def found_in(archive, ids: list[str]):
    with archive.store.read() as connection:
        return families(connection, ids)


def test_parts_of_a_day_and_records_with_one_key_are_families(archive, ids):
    names, broken = found_in(archive, ids)
    assert broken == frozenset()
    assert len({names[one] for one in ids[:3]}) == len({names[one] for one in ids[3:]}) == 1
    assert len(set(names.values())) == 2


@pytest.mark.parametrize("left_out", range(5))
def test_a_family_of_which_one_is_missing_is_broken_and_the_other_is_not(archive, ids, left_out):
    rest = [one for one in ids if one != ids[left_out]]
    _, broken = found_in(archive, rest)
    family = ids[:3] if left_out < 3 else ids[3:]
    assert broken == set(family) - {ids[left_out]}


def test_what_is_gone_already_breaks_no_family(archive, ids):
    with archive.store.write() as transaction:
        gone = update(records).where(records.c.id == ids[0]).values(state="destroyed")
        transaction.connection.execute(gone)
    _, broken = found_in(archive, ids[1:])
    assert broken == frozenset()


def test_families_stand_next_to_each_other_in_a_list():
    ground = Ground(
        series_id="S", schedule_id="s", eligible_on=None, latest_on=None, citation="", action="", reasons=(),
        requirements=(),
    )  # fmt: skip
    chosen = [Chosen(record_id=f"r{n}", family=f"f{n % 7}", size=1, ground=ground) for n in range(50)]
    random.Random(5).shuffle(chosen)
    numbers = [number for number, _ in in_order(chosen)]
    assert numbers == sorted(numbers)
    assert len({(number, one.family) for number, one in in_order(chosen)}) == 7
