"""The set of all held records is what asking about each of them gives."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import insert, update

from retention.hold_sets import HeldRecords
from retention.hold_standing import HoldStanding
from retention.holds import Holds, HoldTerms
from retention.ports import ContentRule
from retention.tables import hold_cursors, hold_decisions, hold_verdicts
from storage.container_tables import container_members, containers
from storage.events import EventKind
from storage.participant_tables import record_participants
from storage.tables import records
from tests.retention.test_service import ACTOR, add_records

OUTCOMES = ("match", "no_match", "no_match", "no_match", "cannot_tell", None)


def one_by_one(archive) -> frozenset[str]:
    with archive.store.read() as connection:
        page = archive.catalogue.page_records(connection, None, 10_000)
        active = [one.id for one in page if one.state.value == "active"]
        return frozenset(HoldStanding().on(connection, active))


def all_at_once(archive) -> frozenset[str]:
    with archive.store.read() as connection:
        return HeldRecords().all(connection)


def test_without_holds_nothing_is_held(archive):
    add_records(archive, 3)
    assert all_at_once(archive) == one_by_one(archive) == frozenset()


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_give_the_same_set(archive, seed):
    chosen = random.Random(seed)
    ids = [one for _ in range(12) for one in add_records(archive, chosen.choice((1, 1, 2)))]
    placed = [
        Holds(archive.store).place(HoldTerms(reason="so", rule=ContentRule(id="", records=(ids[0],))), actor=ACTOR)
        for _ in range(2)
    ]
    with archive.store.write() as transaction:
        connection = transaction.connection
        _verdicts(connection, chosen, ids, placed)
        submissions = _containers(connection, chosen, archive)
        for one in chosen.sample(ids, 2):
            connection.execute(update(records).where(records.c.id == one).values(state="destroyed"))
        talked = [{"record_id": one, "day": "", "tags": b"", "addresses": b"", "owner": None} for one in ids[::3]]
        connection.execute(insert(record_participants), talked)
        if chosen.random() < 0.5:  # what was learned of people, and one of the holds has followed it
            position = transaction.append(EventKind.PARTICIPANT_LINKED, actor=ACTOR, subjects=(ids[0],))
            row = {"hold": placed[0].number, "version": placed[0].version, "position": position}
            connection.execute(insert(hold_cursors), [row])
    assert submissions
    assert all_at_once(archive) == one_by_one(archive)
    Holds(archive.store).release(placed[0].id, reason="over", actor=ACTOR)
    assert all_at_once(archive) == one_by_one(archive)


def _verdicts(connection, chosen, ids, placed) -> None:
    verdicts, decisions = [], []
    for one in ids:
        for hold in placed:
            outcome = chosen.choice(OUTCOMES)
            if outcome is not None:
                place = chosen.choice((0, 0, 5, -1))
                version = hold.version - chosen.choice((0, 0, 0, 1))
                row = {"record_id": one, "hold": hold.number, "version": version, "position": place}
                verdicts.append({**row, "outcome": outcome, "reason": "r"})
            if chosen.random() < 0.4:
                row = {"record_id": one, "hold_id": hold.id, "version": hold.version, "position": 9}
                decisions.append({**row, "decision": chosen.choice(("held", "free"))})
    connection.execute(insert(hold_verdicts), verdicts)
    connection.execute(insert(hold_decisions), decisions)


def _containers(connection, chosen, archive) -> list[str]:
    """Some records are their whole submission, and some submissions came in one another."""
    page = archive.catalogue.page_records(connection, None, 10_000)
    submissions = sorted({one.submission_id for one in page})
    for one in submissions[:8]:
        chosen_rows = records.c.submission_id == one
        connection.execute(update(records).where(chosen_rows).values(holder=one))
    columns = {"kind": "mbox", "state": "done", "root_id": submissions[0], "depth": 0, "attempt": 1, "findings": 0}
    columns |= {"opened_at": page[0].captured_at}
    rows = []
    made = submissions[:4]
    connection.execute(insert(containers), [{**columns, "id": one} for one in made])
    for number, one in enumerate(made):
        inside = chosen.sample(submissions[number + 1 :], 2)
        rows += [
            {"container_id": one, "attempt": 1, "ordinal": place, "outcome": "taken", "submission_id": other}
            for place, other in enumerate(inside)
        ]
    connection.execute(insert(container_members), [{**row, "position": 0} for row in rows])
    return made
