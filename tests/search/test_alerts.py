"""Alerts as rows: what was found is found once, what was told is told once, and two programs do not do it twice."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from search.alerts import Alert, Alerts, AlertState
from search.frozen_ids import unpacked
from search.saved_tables import alerts as alert_rows
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.outbox import Letter, Outbox

ANN = "usr_ann"
CLOCK = "service:clock"
A, B, C = (unpacked(bytes(15) + bytes([number])) for number in range(3))
LETTER = Letter(kind="alert", to="ann@agency.example", subject="One record", text="One.\n")


@pytest.fixture
def kept(archive) -> Alerts:
    return Alerts(archive.store)


@pytest.fixture
def alert(kept) -> Alert:
    return kept.add("Trips", "walrus", to="ann@agency.example", every_hours=24.0, owner=ANN)


def present(archive, kept, alert) -> Alert:
    with archive.store.read() as connection:
        return kept.get(connection, alert.id)


def waiting(archive, kept, alert) -> list[str]:
    with archive.store.read() as connection:
        return kept.waiting(connection, kept.get(connection, alert.id))[0]


def letters(archive) -> int:
    with archive.store.read() as connection:
        return Outbox(archive.store).state(connection).waiting


def last_event(archive):
    with archive.store.read() as connection:
        return archive.ledger.events_after(connection, archive.ledger.head(connection).size - 2)[-1].event


def test_an_alert_begins_at_its_own_leaf_and_is_read_again(archive, kept, alert):
    assert present(archive, kept, alert) == alert
    with archive.store.read() as connection:
        event = archive.ledger.event_at(connection, alert.position).event
    assert (event.kind, event.subjects) == (EventKind.ALERT_ADDED, (alert.id,))


def test_nothing_of_it_stands_in_plain_columns(archive, alert):
    with archive.store.read() as connection:
        row = connection.execute(select(alert_rows).where(alert_rows.c.id == alert.id)).one()
    assert not any(word in repr(tuple(row)) for word in ("walrus", "Trips", "agency.example"))


def test_what_was_found_is_found_once(archive, kept, alert):
    assert kept.found(alert, [A, B], 10, actor=CLOCK) == 2
    assert kept.found(present(archive, kept, alert), [B, C, C], 20, actor=CLOCK) == 1
    assert waiting(archive, kept, alert) == [A, B, C]
    assert present(archive, kept, alert).position == 20


def test_a_second_program_that_looked_from_the_same_place_writes_nothing(archive, kept, alert):
    kept.found(alert, [A], 10, actor=CLOCK)
    assert kept.found(alert, [A, B], 10, actor=CLOCK) == 0
    assert waiting(archive, kept, alert) == [A]


def test_looking_without_finding_moves_on_and_leaves_no_leaf(archive, kept, alert):
    kept.found(alert, [], 10, actor=CLOCK)
    assert present(archive, kept, alert).position == 10
    assert last_event(archive).kind is EventKind.ALERT_ADDED


def test_what_was_told_is_told_once(archive, kept, alert):
    kept.found(alert, [A], 10, actor=CLOCK)
    before = present(archive, kept, alert)
    with archive.store.read() as connection:
        _, until = kept.waiting(connection, before)
    assert kept.tell(before, [LETTER], until, records=1, actor=CLOCK)
    assert not kept.tell(before, [LETTER], until, records=1, actor=CLOCK)
    assert waiting(archive, kept, alert) == []
    assert letters(archive) == 1
    assert present(archive, kept, alert).told_at is not None


def test_what_is_found_after_a_letter_waits_for_the_next(archive, kept, alert):
    kept.found(alert, [A], 10, actor=CLOCK)
    before = present(archive, kept, alert)
    kept.tell(before, [LETTER], alert.position + 1, records=1, actor=CLOCK)
    kept.found(present(archive, kept, alert), [B], 20, actor=CLOCK)
    assert waiting(archive, kept, alert) == [B]


def test_a_transaction_that_is_killed_leaves_neither_letter_nor_mark(archive, kept, alert, monkeypatch):
    kept.found(alert, [A], 10, actor=CLOCK)
    before = present(archive, kept, alert)

    def killed(_transaction) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("storage.transaction.Transaction.flush", killed)
    with pytest.raises(KeyboardInterrupt):
        kept.tell(before, [LETTER], before.position, records=1, actor=CLOCK)
    with pytest.raises(KeyboardInterrupt):
        kept.found(before, [B], 20, actor=CLOCK)
    monkeypatch.undo()
    assert letters(archive) == 0
    assert present(archive, kept, alert) == before
    assert waiting(archive, kept, alert) == [A]


def test_a_paused_alert_finds_nothing_and_goes_on_from_where_it_was(archive, kept, alert):
    kept.switch(alert, AlertState.PAUSED, actor=ANN)
    assert kept.found(alert, [A], 10, actor=CLOCK) == 0
    kept.switch(alert, AlertState.ACTIVE, actor=ANN)
    assert present(archive, kept, alert).position == alert.position
    assert last_event(archive).kind is EventKind.ALERT_CHANGED


def test_a_removed_alert_stays_to_be_read_and_is_not_listed(archive, kept, alert):
    kept.switch(alert, AlertState.REMOVED, actor=ANN)
    assert present(archive, kept, alert).state is AlertState.REMOVED
    with archive.store.read() as connection:
        assert kept.of_owner(connection) == []
        assert [one.id for one in kept.of_owner(connection, removed=True)] == [alert.id]
    for state in AlertState:
        with pytest.raises(Conflict):
            kept.switch(alert, state, actor=ANN)


def test_alerts_are_listed_by_their_owner(archive, kept, alert):
    with archive.store.read() as connection:
        assert [one.id for one in kept.of_owner(connection, owner=ANN)] == [alert.id]
        assert kept.of_owner(connection, owner="usr_ben") == []
        with pytest.raises(NotFound):
            kept.get(connection, "alr_none")


@pytest.mark.parametrize("hours", [0, -1, 0.2, 745, float("nan"), float("inf")])
def test_a_time_between_letters_that_is_none_is_refused(kept, hours):
    with pytest.raises(InvalidInput):
        kept.add("Trips", "walrus", to=None, every_hours=hours, owner=ANN)
