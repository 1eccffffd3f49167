"""Release of what is no record, below the commands: what belongs together, what happens at the same time, and kills."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from sqlalchemy import insert, select

from archiver.access import Role
from archiver.nonrecord_certificates import release_certificate
from archiver.nonrecords import agree_claim, ask_release, show_claim
from archiver.searching import search_ids
from archiver.wiring import open_installation
from retention.nonrecord_reasons import SENTENCES, NonrecordReason
from retention.nonrecords import open_batches_of
from retention.tables import disposition_records, dispositions
from storage.container_tables import container_members, containers
from storage.conversation_tables import conversation_parts
from storage.errors import ArchiveError, Conflict
from storage.fixity import FixityCheck
from storage.keys import unlock
from storage.records import RecordState
from storage.tables import objects, records, wrapped_keys
from storage.transaction import Store
from tests.storage.archives import ACTOR, NOON, RECOVERY, custodian, file_one, make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.transaction import Transaction

_MOST = 60


@pytest.fixture
def house(tmp_path) -> Iterator[Installation]:
    make_archive(tmp_path / "archive").close()
    opened = reopened(tmp_path / "archive")
    owner = custodian(opened.archive)
    for word in ("walrus", "pelican", "heron"):
        file_one(opened.archive, owner, word.encode(), f"a {word} came by")
    opened.follower().catch_up()
    for name, role in (("olga", Role.OFFICER), ("otto", Role.OFFICER), ("anna", Role.APPROVER)):
        opened.users.add(name, role, actor=ACTOR)
    yield opened
    opened.close()


def reopened(folder) -> Installation:
    return open_installation(folder, unlock(folder / "keys", RECOVERY))


def user(house: Installation, name: str) -> Principal:
    return next(one for one in house.users.list() if one.name == name)


def ids_of(house: Installation) -> list[str]:
    with house.archive.store.read() as connection:
        return sorted(connection.execute(select(records.c.id)).scalars())


def asked(house: Installation, *record_ids: str) -> str:
    return str(ask_release(house, user(house, "olga"), record_ids or ids_of(house)[:1], reason="personal")["id"])


def write(house: Installation, *rows: tuple) -> None:
    with house.archive.store.write() as transaction:
        for table, values in rows:
            transaction.connection.execute(insert(table), [values])


def half_destroyed(house: Installation) -> list[str]:
    """Records that are gone and can be opened, or are there and cannot."""
    with house.archive.store.read() as connection:
        rows = connection.execute(select(records)).all()
        keys = set(connection.execute(select(wrapped_keys.c.holder)).scalars())
    return [row.id for row in rows if (row.state == RecordState.ACTIVE.value) != (row.holder in keys)]


def test_every_reason_has_a_sentence():
    assert set(SENTENCES) == set(NonrecordReason)


def test_its_bytes_key_and_index_entries_are_gone_from_the_agreement_on(house):
    gone = ids_of(house)[0]
    with house.archive.store.read() as connection:
        holder = connection.execute(select(records.c.holder).where(records.c.id == gone)).scalar_one()
        (blob_id,) = set(
            connection.execute(select(objects.c.blob_id).where(objects.c.holder.in_((gone, holder)))).scalars()
        )
    agree_claim(house, user(house, "anna"), asked(house, gone))
    assert not house.archive.blobs.contains(blob_id)
    assert gone not in search_ids(house, user(house, "anna"), "came")[1]
    assert half_destroyed(house) == []
    assert FixityCheck(house.archive).run().faults == []


def test_several_records_go_together_or_not_at_all(house):
    first, second, third = ids_of(house)
    claim = asked(house, first, second)
    house.destroying().destroy([second], actor=ACTOR)
    with pytest.raises(Conflict, match=second):
        agree_claim(house, user(house, "anna"), claim)
    with house.archive.store.read() as connection:
        active = select(records.c.id).where(records.c.state == RecordState.ACTIVE.value)
        assert sorted(connection.execute(active).scalars()) == [first, third]


def part(record_id: str, root_id: str) -> dict[str, object]:
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


def test_a_part_of_a_conversations_day_is_asked_for_with_the_rest_of_it(house):
    first, second, _ = ids_of(house)
    write(house, (conversation_parts, part(first, first)), (conversation_parts, part(second, first)))
    with pytest.raises(Conflict, match=f"{second}.*in one claim"):
        asked(house, first)
    agree_claim(house, user(house, "anna"), asked(house, first, second))
    assert half_destroyed(house) == []


def test_what_still_stands_in_a_container_is_refused_and_says_what_to_do(house):
    first = ids_of(house)[0]
    with house.archive.store.read() as connection:
        chosen = select(records.c.submission_id)
        inner = connection.execute(chosen.where(records.c.id == first)).scalar_one()
        outer = connection.execute(chosen.where(records.c.id == ids_of(house)[1])).scalar_one()
    about = {"id": outer, "kind": "mbox", "state": "done", "root_id": outer, "depth": 0, "attempt": 1, "findings": 0}
    row = {"container_id": outer, "attempt": 1, "ordinal": 1, "outcome": "taken", "submission_id": inner, "position": 1}
    write(house, (containers, {**about, "opened_at": NOON}), (container_members, row))
    with pytest.raises(Conflict, match=r"cannot be released alone.*container show"):
        asked(house, first)


def batch(action: str, record_id: str) -> tuple:
    """Rows of an open batch that lists one record."""
    head = {
        "id": "dsp_open",
        "action": action,
        "state": "approved",
        "today": NOON.date(),
        "forecast": False,
        "series_id": None,
        "list_sha256": "0" * 64,
        "proposed_at": NOON,
        "position": 1,
    }
    line = {
        "disposition_id": "dsp_open",
        "ordinal": 1,
        "record_id": record_id,
        "ground": 1,
        "family": 1,
        "size": 1,
        "dropped": None,
    }
    return (dispositions, head), (disposition_records, line)


def test_it_is_dropped_from_an_open_batch_that_would_destroy_it(house):
    first = ids_of(house)[0]
    write(house, *batch("destroy", first))
    claim = asked(house, first)
    agree_claim(house, user(house, "anna"), claim)
    with house.archive.store.read() as connection:
        dropped = connection.execute(select(disposition_records.c.dropped)).scalar_one()
        assert open_batches_of(connection, [first]) == {}
    assert claim in dropped


def test_an_open_batch_that_transfers_it_comes_first(house):
    first = ids_of(house)[0]
    write(house, *batch("transfer", first))
    claim = asked(house, first)
    with pytest.raises(Conflict, match="dsp_open transfers it"):
        agree_claim(house, user(house, "anna"), claim)
    assert show_claim(house, user(house, "anna"), claim)["state"] == "asked"


def test_of_two_who_agree_at_the_same_time_one_decides_and_the_other_is_told(house):
    claim = asked(house)
    people = [user(house, name) for name in ("otto", "anna")]
    ready = threading.Barrier(2)
    outcomes: list[object] = []

    def agree(who: Principal) -> None:
        ready.wait(30)
        try:
            outcomes.append(agree_claim(house, who, claim)["state"])
        except ArchiveError as refusal:
            outcomes.append(refusal)

    threads = [threading.Thread(target=agree, args=(one,)) for one in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    # the later of them found it agreed to before he began, or was refused in his transaction
    assert len(outcomes) == 2
    assert "agreed" in outcomes
    assert all(one == "agreed" or isinstance(one, Conflict) for one in outcomes)
    assert [one["act"] for one in show_claim(house, people[0], claim)["acts"]] == ["ask", "agree"]
    assert half_destroyed(house) == []


def agreed_until(folder, claim: str, number: int) -> bool:
    """Agree in a child that is killed at its transaction of that number; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            killing(folder, claim, number)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def killing(folder, claim: str, number: int) -> None:
    house = reopened(folder)
    begun = 0
    real = Store.write

    @contextmanager
    def counted(store: Store) -> Iterator[Transaction]:
        nonlocal begun
        begun += 1
        if begun == number and number % 2:  # odd ones before they begin
            os.kill(os.getpid(), signal.SIGKILL)
        with real(store) as transaction:
            yield transaction
        if begun == number:  # even ones as soon as they are committed
            os.kill(os.getpid(), signal.SIGKILL)

    with mock.patch.object(Store, "write", counted):
        agree_claim(house, user(house, "anna"), claim, at_once=True)
    os._exit(0)


def test_an_agreement_that_is_killed_anywhere_is_whole_or_goes_on(house):
    folder, claim = house.archive.folder, asked(house)
    house.close()
    kills = 0
    for number in range(1, _MOST):
        # each run is killed one transaction later than the one before it, and what it did stays
        if not agreed_until(folder, claim, number):
            break
        kills += 1
        again = reopened(folder)
        assert half_destroyed(again) == []
        document = show_claim(again, user(again, "olga"), claim)
        gone = [one["id"] for one in document["records"] if one["state"] == "released"]
        assert len(gone) == (document["state"] == "agreed")
        try:
            certificate = release_certificate(again, user(again, "olga"), claim)
        except Conflict:
            pass
        else:
            assert [one["id"] for one in certificate["records"]] == gone
        again.close()
    assert kills > 3
    again = reopened(folder)
    done = agree_claim(again, user(again, "anna"), claim, at_once=True)
    assert (done["state"], done["confirmed"]) == ("agreed", True)
    assert release_certificate(again, user(again, "olga"), claim)["count"] == 1
    assert FixityCheck(again.archive).run().faults == []
    again.close()


def test_a_state_that_the_decision_did_not_lead_to_is_found(house):
    claim = asked(house)
    agree_claim(house, user(house, "anna"), claim, at_once=True)
    with house.archive.store.write() as transaction:
        change = records.update().where(records.c.state == "released").values(state="destroyed")
        transaction.connection.execute(change)
    (fault,) = FixityCheck(house.archive).run().faults
    assert (fault.kind, "marked as destroyed" in fault.detail) == ("destruction", True)
