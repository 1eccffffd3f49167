"""A letter is due exactly when what it tells of was committed, and leaves a trace when it was sent."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from storage.errors import InvalidInput
from storage.events import EventKind
from storage.outbox import Attachment, DamagedLetter, Letter, Outbox, WaitingLetter
from storage.tables import outbox, wrapped_keys
from tests.every_case import every_case
from tests.storage.archives import ACTOR, NOON, open_again

if TYPE_CHECKING:
    from datetime import datetime

CLERK = "clerk@district.example"


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(archive):
    archive.store.clock = Clock()
    return archive.store.clock


def a_letter(to=CLERK, **changes: Any):
    return Letter(**{"kind": "anchor", "to": to, "subject": "Checkpoint", "text": "canary-text\n", **changes})


def post(archive, letter=None):
    box = Outbox(archive.store)
    prepared = box.prepare(letter or a_letter())
    with archive.store.write() as transaction:
        return box.add(transaction, prepared)


def waiting(archive, **options: Any):
    with archive.store.read() as connection:
        return Outbox(archive.store).waiting(connection, **options)


def test_a_letter_waits_with_all_it_says(archive):
    letter = a_letter(
        text="Zürich 🚌\n",
        attachment=Attachment(name="1.checkpoint", media_type="text/plain", content=bytes(range(256))),
    )
    letter_id = post(archive, letter)
    second = open_again(archive.folder)
    (one,) = waiting(second)
    second.close()
    assert (one.id, one.letter, one.attempts, one.problem) == (letter_id, letter, 0, None)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.binary(max_size=300))
def test_any_text_and_attachment_comes_back(text, content):
    letter = a_letter(text=text, attachment=Attachment(name="a", media_type="a/b", content=content))
    assert Letter.decode("anchor", letter.encode()) == letter


@every_case(
    "changes",
    [
        {"to": ""},
        {"to": "clerk"},
        {"to": "a@b, c@d"},
        {"to": "a@b\r\nBcc: c@d"},
        {"to": "Clerk <a@b>"},
        {"to": "ü@b.example"},
        {"to": "a" * 300 + "@b"},
        {"subject": "one\ntwo"},
        {"subject": "x" * 501},
        {"kind": "two words"},
        {"kind": "k" * 17},
        {"text": "\ud800"},
        {"text": "x" * ((1 << 20) + 1)},
    ],
)
def test_what_could_not_be_sent_is_refused_when_it_is_written(changes):
    with pytest.raises(InvalidInput):
        a_letter(**changes)


def test_a_letter_of_a_transaction_that_failed_does_not_exist(archive):
    box = Outbox(archive.store)
    prepared = box.prepare(a_letter())
    with suppress(ZeroDivisionError), archive.store.write() as transaction:
        box.add(transaction, prepared)
        _ = 1 / 0
    assert waiting(archive) == []


def test_letters_are_due_at_once_and_after_a_failure_later_and_later(archive, clock):
    post(archive)
    waits = []
    for _ in range(12):
        (one,) = waiting(archive, due_at=clock.at)
        Outbox(archive.store).failed(one, problem="unreachable")
        (after,) = waiting(archive)
        assert after.problem == "unreachable"
        waits.append(after.next_try - clock.at)
        assert waiting(archive, due_at=after.next_try - timedelta(microseconds=1)) == []
        clock.at = after.next_try
    assert waits[:4] == [timedelta(minutes=2**power) for power in range(4)]
    assert max(waits) == waits[-1] == timedelta(hours=4)


def test_letters_that_failed_often_are_counted_as_stuck(archive, clock):
    post(archive)
    post(archive)
    for _ in range(5):
        Outbox(archive.store).failed(waiting(archive)[-1], problem="refused 550")
        clock.at += timedelta(hours=5)
    with archive.store.read() as connection:
        state = Outbox(archive.store).state(connection)
    assert (state.waiting, state.oldest) == (2, NOON)
    assert state.stuck in {0, 1}
    assert sum(one.attempts for one in waiting(archive)) == 5


def test_a_sent_letter_is_gone_with_its_key_and_leaves_an_event(archive):
    letter_id = post(archive)
    (one,) = waiting(archive)
    Outbox(archive.store).sent(one, actor=ACTOR)
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, -1, kinds=[EventKind.LETTER_SENT])
        assert [event.event.subjects for event in events] == [(letter_id,)]
        payload = archive.ledger.payload(connection, events[0].position)
        assert payload == {"to": CLERK, "kind": "anchor", "attempts": 1}
        kept = select(func.count()).select_from(wrapped_keys).where(wrapped_keys.c.holder == letter_id)
        assert connection.execute(kept).scalar_one() == 0
    assert waiting(archive) == []


def test_a_letter_taken_out_twice_is_one_event(archive):
    post(archive)
    (one,) = waiting(archive)
    Outbox(archive.store).sent(one, actor=ACTOR)
    Outbox(archive.store).sent(one, actor=ACTOR)
    with archive.store.read() as connection:
        assert len(archive.ledger.events_after(connection, -1, kinds=[EventKind.LETTER_SENT])) == 1


def test_who_hurries_makes_every_letter_due(archive, clock):
    post(archive)
    Outbox(archive.store).failed(waiting(archive)[0], problem="unreachable")
    assert waiting(archive, due_at=clock.at) == []
    assert Outbox(archive.store).hurry() == 1
    assert len(waiting(archive, due_at=clock.at)) == 1


def test_letters_of_one_kind_are_found(archive):
    post(archive)
    post(archive, a_letter(kind="overdue"))
    assert [one.letter.kind for one in waiting(archive, kind="overdue")] == ["overdue"]


def test_the_row_says_nothing_and_a_changed_one_is_refused(archive):
    first, second = post(archive), post(archive, a_letter(text="other"))
    with archive.store.write() as transaction:
        rows = dict(transaction.connection.execute(select(outbox.c.id, outbox.c.sealed_letter)).all())
        assert not [row for row in rows.values() if b"canary" in row or CLERK.encode() in row]
        swap = outbox.update().where(outbox.c.id == first).values(sealed_letter=rows[second])
        transaction.connection.execute(swap)
    damaged, whole = sorted(waiting(archive), key=lambda one: one.id != first)
    assert isinstance(damaged, DamagedLetter)
    assert (damaged.id, damaged.kind, damaged.problem) == (first, "anchor", "damaged")
    assert (whole.id, whole.letter) == (second, a_letter(text="other"))


@pytest.mark.parametrize("damage", ["key", "no key", "kind"])
def test_a_letter_that_cannot_be_opened_hides_no_other(archive, damage):
    broken, whole = post(archive), post(archive)
    with archive.store.write() as transaction:
        of_broken = wrapped_keys.c.holder == broken
        change = {
            "key": wrapped_keys.update().where(of_broken).values(wrapped=b"x" * 80),
            "no key": wrapped_keys.delete().where(of_broken),
            "kind": outbox.update().where(outbox.c.id == broken).values(kind="two words"),
        }[damage]
        transaction.connection.execute(change)
    assert {one.id: isinstance(one, WaitingLetter) for one in waiting(archive)} == {broken: False, whole: True}


def test_a_letter_that_cannot_be_opened_is_looked_at_later_and_later(archive, clock):
    letter_id = post(archive)
    with archive.store.write() as transaction:
        transaction.connection.execute(wrapped_keys.delete().where(wrapped_keys.c.holder == letter_id))
    (one,) = waiting(archive, due_at=clock.at)
    Outbox(archive.store).failed(one, problem=one.problem)
    assert waiting(archive, due_at=clock.at) == []
    (one,) = waiting(archive)
    assert (one.attempts, one.next_try - clock.at) == (1, timedelta(minutes=1))


def test_an_answer_waits_with_what_it_answers(archive):
    letter = a_letter(is_reply=True, in_reply_to="<1@mail.example>", reply_to="office@a.example", about=("sub_1",))
    post(archive, letter)
    (found,) = waiting(archive)
    assert found.letter == letter


@pytest.mark.parametrize(
    "changes",
    [
        {"in_reply_to": "1@mail.example"},
        {"in_reply_to": "<1@mail.example>\r\nBcc: x@y.example"},
        {"in_reply_to": "<" + "1" * 1000 + ">"},
        {"reply_to": "a@b.example\r\nBcc: x@y.example"},
        {"reply_to": "nobody"},
    ],
)
def test_what_could_break_a_header_of_an_answer_is_refused(changes):
    with pytest.raises(InvalidInput):
        a_letter(**changes)
