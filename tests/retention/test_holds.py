"""Holds are placed, renewed and released; records are judged by what they say; what was not judged counts as held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from retention.hold_decisions import Decision, decide
from retention.hold_judging import Judging
from retention.hold_listing import HoldCounts, counts_of, destroyed_before, held_records
from retention.hold_rules import HoldTerms, Origin
from retention.hold_standing import Ground, HoldStanding
from retention.hold_traces import HoldTraces
from retention.holds import Holds
from retention.ports import ContentRule, Match, MatchOutcome
from retention.tables import hold_cursors, hold_verdicts, holds
from storage.container_tables import container_members, containers
from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from storage.shredding import Shredder
from storage.tables import descriptions, ledger_leaves
from tests.retention.held_records import ACTOR, CAPTURED, keep, mail
from tests.storage.archives import custodian, make_archive
from tests.storage.transcribing import add_version, version


class Reads:
    """A matcher that looks for the query in the text; what was not read it cannot tell."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def refuse(self, rule) -> None:
        """Nothing is refused."""

    def match(self, record, read, rule, known) -> Match:
        del known
        self.asked.append(record.record.id)
        text = record.description.text + ("" if read is None else read.transcription.text)
        if rule.query in text:
            return Match(outcome=MatchOutcome.MATCH, reason="found")
        if record.description.unsearchable and read is None:
            return Match(outcome=MatchOutcome.CANNOT_TELL, reason="not read")
        return Match(outcome=MatchOutcome.NO_MATCH, reason="not found")


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def owner(archive):
    return custodian(archive)


@pytest.fixture
def kept(archive):
    return Holds(archive.store)


@pytest.fixture
def matcher():
    return Reads()


@pytest.fixture
def judging(archive, kept, matcher):
    return Judging(archive, kept, matcher, actor=ACTOR)


def terms(**parts: object) -> HoldTerms:
    return HoldTerms(reason="Doe v. District", rule=replace(ContentRule(id=""), **parts))


def place(kept: Holds, **parts: object):
    return kept.place(terms(**parts), actor=ACTOR)


def on(archive, *ids: str) -> dict[str, tuple[str, ...]]:
    with archive.store.read() as connection:
        return dict(HoldStanding().on(connection, ids))


def grounds(archive, hold) -> dict[str, Ground]:
    with archive.store.read() as connection:
        return {record_id: ground for record_id, ground, _ in held_records(connection, hold)}


def counts(archive, hold) -> HoldCounts:
    with archive.store.read() as connection:
        return counts_of(connection, hold)


def payload(archive, position: int) -> dict:
    with archive.store.read() as connection:
        return archive.ledger.payload(connection, position)


def events(archive, kind: EventKind) -> list:
    with archive.store.read() as connection:
        return archive.ledger.events_after(connection, -1, kinds=[kind])


# -- placing and releasing


def test_a_record_without_a_verdict_is_held_from_the_placing_on(archive, owner, kept):
    record = keep(archive, owner)
    assert on(archive, record) == {}
    hold = place(kept, query="budget")
    assert on(archive, record) == {record: (hold.id,)}
    assert grounds(archive, hold) == {record: Ground.PENDING}


def test_an_arrival_is_held_until_it_was_judged(archive, owner, kept, judging):
    hold = place(kept, query="budget")
    judging.catch_up()
    other, late = keep(archive, owner, mail("roof")), keep(archive, owner, mail("the budget"))
    assert set(on(archive, other, late)) == {other, late}
    judging.catch_up()
    assert on(archive, other, late) == {late: (hold.id,)}


def test_several_holds_hold_one_record_until_the_last_is_released(archive, owner, kept, judging):
    record = keep(archive, owner, mail("the budget"))
    first, second = place(kept, query="budget"), place(kept, custodian_ids=(owner,))
    judging.catch_up()
    assert on(archive, record) == {record: (first.id, second.id)}
    kept.release(first.id, reason="settled", actor=ACTOR)
    assert on(archive, record) == {record: (second.id,)}
    kept.release(second.id, reason="settled", actor=ACTOR)
    assert on(archive, record) == {}


def test_what_a_hold_is_for_stands_in_no_plain_column_and_no_leaf(archive, kept):
    hold = kept.place(
        HoldTerms(reason="Zanzibar", matter="Quetzal", rule=ContentRule(id="", query="walrus")), actor="o"
    )
    with archive.store.read() as connection:
        row = connection.execute(select(holds).where(holds.c.id == hold.id)).one()
        leaves = b"".join(connection.execute(select(ledger_leaves.c.leaf)).scalars())
        terms_read = Holds(archive.store).terms(connection, hold)
    plain = b" ".join(str(value).encode() for value in row) + bytes(row.sealed_rule) + leaves
    assert not any(word in plain for word in (b"Zanzibar", b"Quetzal", b"walrus"))
    assert (terms_read.reason, terms_read.matter, terms_read.rule.query) == ("Zanzibar", "Quetzal", "walrus")
    assert payload(archive, hold.position)["reason"] == "Zanzibar"


def test_a_release_is_an_event_with_its_reason(archive, kept):
    hold = place(kept, query="a")
    done = kept.release(hold.id, reason="settled", actor="usr_1", counts={"held": 2})
    assert not done.open
    assert payload(archive, done.released_position) == {"reason": "settled", "held": 2}
    with pytest.raises(Conflict, match="released already"):
        kept.release(hold.id, reason="again", actor="usr_1")
    with pytest.raises(NotFound):
        kept.release("hld_nix", reason="x", actor="usr_1")


def test_a_hold_of_a_request_is_placed_with_it_and_ends_with_it_alone(archive, owner, kept, judging):
    record = keep(archive, owner, mail("the budget"))
    prepared = kept.prepare(terms(query="budget"), origin=Origin.REQUEST, origin_id="req_1")
    with archive.store.write() as transaction:
        hold = kept.place_in(transaction, prepared, actor="usr_1")
    judging.catch_up()
    assert on(archive, record) == {record: (hold.id,)}
    (event,) = events(archive, EventKind.HOLD_PLACED)
    assert event.event.subjects == (hold.id, "req_1")
    with pytest.raises(Conflict, match="that of a request"):
        kept.release(hold.id, reason="x", actor="usr_1")
    with archive.store.write() as transaction:
        kept.release_in(transaction, hold.id, reason="request closed", actor="usr_1")
    assert on(archive, record) == {}


def test_a_request_that_is_not_opened_leaves_no_hold(archive, kept):
    prepared = kept.prepare(terms(query="budget"), origin=Origin.REQUEST, origin_id="req_1")

    def fails() -> None:
        with archive.store.write() as transaction:
            kept.place_in(transaction, prepared, actor="usr_1")
            raise InvalidInput("the request is not one")

    with pytest.raises(InvalidInput):
        fails()
    with archive.store.read() as connection:
        assert kept.list(connection) == []


def test_a_renewed_hold_holds_everything_until_it_was_judged_anew(archive, owner, kept, judging, matcher):
    record = keep(archive, owner, mail("roof"))
    hold = place(kept, query="budget")
    judging.catch_up()
    assert on(archive, record) == {}
    again = kept.renew(hold.id, reason="better reader", actor="usr_1")
    assert on(archive, record) == {record: (hold.id,)}
    judging.catch_up()
    assert on(archive, record) == {}
    assert (again.version, len(matcher.asked)) == (2, 2)


def test_a_custodian_whom_a_hold_names_keeps_all_that_he_uploads(archive, owner, kept):
    place(kept, query="budget")
    with archive.store.read() as connection:
        assert not kept.must_keep(connection, owner)
    hold = place(kept, query="budget", custodian_ids=("cus_9", owner))
    with archive.store.read() as connection:
        assert kept.must_keep(connection, owner)
    kept.release(hold.id, reason="settled", actor=ACTOR)
    with archive.store.read() as connection:
        assert not kept.must_keep(connection, owner)


# -- judging


def test_a_judgement_is_made_once_and_again_when_more_was_read(archive, owner, kept, judging, matcher):
    record = keep(archive, owner, mail("a picture", unread=True))
    hold = place(kept, query="budget")
    judging.catch_up()
    judging.catch_up()
    assert grounds(archive, hold) == {record: Ground.CANNOT_TELL}
    assert matcher.asked == [record]
    add_version(archive, version(record, 1, "nothing of it"))
    assert grounds(archive, hold) == {record: Ground.PENDING}
    judging.catch_up()
    assert on(archive, record) == {}
    add_version(archive, version(record, 2, "the budget"))
    judging.catch_up()
    assert grounds(archive, hold) == {record: Ground.MATCH}


def test_plain_rules_open_no_record(archive, owner, kept, judging, matcher):
    mine, other = keep(archive, owner), keep(archive, custodian(archive, "ben@district.example"))
    hold = place(kept, custodian_ids=(owner,))
    named = place(kept, records=(other,))
    judging.catch_up()
    assert on(archive, mine, other) == {mine: (hold.id,), other: (named.id,)}
    assert matcher.asked == []


def test_a_record_that_cannot_be_opened_is_held(archive, owner, kept, judging):
    bad, lost, good = (keep(archive, owner, mail("roof")) for _ in range(3))
    with archive.store.write() as transaction:
        change = update(descriptions).where(descriptions.c.record_id == bad)
        transaction.connection.execute(change.values(sealed_description=b"damage"))
        transaction.connection.execute(delete(descriptions).where(descriptions.c.record_id == lost))
    hold = place(kept, query="budget")
    judging.catch_up()
    assert grounds(archive, hold) == {bad: Ground.CANNOT_TELL, lost: Ground.CANNOT_TELL}
    assert on(archive, good) == {}


def test_a_hold_that_cannot_be_opened_goes_on_holding_and_stops_no_other(archive, owner, kept, judging):
    record = keep(archive, owner, mail("the budget"))
    broken, other = place(kept, query="budget"), place(kept, query="roof")
    with archive.store.write() as transaction:
        change = update(holds).where(holds.c.id == broken.id).values(sealed_rule=b"damage")
        transaction.connection.execute(change)
    judging.catch_up()
    assert on(archive, record) == {record: (broken.id,)}
    assert counts(archive, other) == HoldCounts()
    with archive.store.read() as connection, pytest.raises(Corrupt):
        kept.terms(connection, broken)


def test_lost_verdicts_and_cursors_free_nothing_and_are_made_again(archive, owner, kept, judging):
    roof, budget = keep(archive, owner, mail("roof")), keep(archive, owner, mail("the budget"))
    hold = place(kept, query="budget")
    judging.catch_up()
    with archive.store.write() as transaction:
        transaction.connection.execute(delete(hold_verdicts))
    assert set(on(archive, roof, budget)) == {roof, budget}
    judging.catch_up()
    assert set(on(archive, roof, budget)) == {roof, budget}  # the cursor says that there is nothing to do
    judging.catch_up(thoroughly=True)
    assert on(archive, roof, budget) == {budget: (hold.id,)}
    with archive.store.write() as transaction:
        transaction.connection.execute(delete(hold_verdicts))
        transaction.connection.execute(delete(hold_cursors))
    judging.catch_up()
    assert on(archive, roof, budget) == {budget: (hold.id,)}


def test_a_verdict_on_an_older_state_does_not_take_the_place_of_a_newer_one(archive, owner, kept, judging, matcher):
    record = keep(archive, owner, mail("a picture", unread=True))
    hold = place(kept, query="budget")
    compare = matcher.match

    def slow(*arguments: object) -> Match:
        """Judge, and before that is written let somebody add to the record and judge that."""
        matcher.match = compare
        answer = compare(*arguments)
        add_version(archive, version(record, 1, "the budget"))
        judging.catch_up()
        return answer

    matcher.match = slow
    Judging(archive, kept, matcher, actor=ACTOR).catch_up()
    assert grounds(archive, hold) == {record: Ground.MATCH}


def test_a_first_pass_that_was_broken_off_is_gone_through_to_its_end(
    archive, owner, kept, judging, matcher, monkeypatch
):
    records = [keep(archive, owner, mail("roof")) for _ in range(5)]
    hold = place(kept, query="budget")
    monkeypatch.setattr("retention.hold_judging.PAGE", 2)
    compare = matcher.match

    def dies(*arguments: object) -> Match:
        if len(matcher.asked) == 3:
            raise KeyboardInterrupt
        return compare(*arguments)

    matcher.match = dies
    with pytest.raises(KeyboardInterrupt):
        judging.catch_up()
    assert len(on(archive, *records)) == 3
    matcher.match = compare
    judging.catch_up()
    assert on(archive, *records) == {}
    assert [one.event.subjects for one in events(archive, EventKind.HOLD_JUDGED)] == [(hold.id,)]


def test_the_end_of_the_first_pass_is_an_event_with_counts(archive, owner, kept, judging):
    keep(archive, owner, mail("the budget"))
    keep(archive, owner, mail("roof"))
    hold = place(kept, query="budget")
    judging.catch_up()
    keep(archive, owner, mail("the budget"))
    judging.catch_up()
    (event,) = events(archive, EventKind.HOLD_JUDGED)
    assert payload(archive, event.position) == {"version": 1, "match": 1, "no_match": 1, "cannot_tell": 0}
    assert counts(archive, hold) == HoldCounts(match=2)


def test_verdicts_of_a_released_hold_are_dropped(archive, owner, kept, judging):
    keep(archive, owner)
    hold = place(kept, query="budget")
    judging.catch_up()
    kept.release(hold.id, reason="settled", actor=ACTOR)
    judging.catch_up()
    with archive.store.read() as connection:
        assert connection.execute(select(hold_verdicts)).all() == []


def test_a_preview_places_nothing(archive, owner, kept, judging):
    roof, budget = keep(archive, owner, mail("roof")), keep(archive, owner, mail("the budget"))
    found = judging.preview(ContentRule(id="", query="budget"))
    assert found == {MatchOutcome.MATCH: [budget], MatchOutcome.NO_MATCH: [roof], MatchOutcome.CANNOT_TELL: []}
    assert on(archive, roof, budget) == {}


# -- deciding


@pytest.fixture
def unread(archive, owner, kept, judging):
    record = keep(archive, owner, mail("a picture", unread=True))
    hold = place(kept, query="budget")
    judging.catch_up()
    return hold, record


def test_an_officer_frees_what_cannot_be_read(archive, kept, unread):
    hold, record = unread
    position = decide(archive.store, kept, hold.id, [record], Decision.FREE, reason="read it", actor="usr_1")
    assert on(archive, record) == {}
    assert counts(archive, hold) == HoldCounts(freed=1)
    assert payload(archive, position) == {"decision": "free", "reason": "read it"}
    decide(archive.store, kept, hold.id, [record], Decision.HELD, reason="no", actor="usr_1")
    assert grounds(archive, hold) == {record: Ground.DECIDED}


def test_a_decision_ends_with_what_it_was_about(archive, kept, judging, unread):
    hold, record = unread
    decide(archive.store, kept, hold.id, [record], Decision.FREE, reason="read it", actor="usr_1")
    add_version(archive, version(record, 1, "the budget"))
    assert grounds(archive, hold) == {record: Ground.PENDING}
    judging.catch_up()
    assert grounds(archive, hold) == {record: Ground.MATCH}


def test_a_renewal_voids_decisions(archive, kept, judging, unread):
    hold, record = unread
    decide(archive.store, kept, hold.id, [record], Decision.FREE, reason="read it", actor="usr_1")
    again = kept.renew(hold.id, reason="x", actor="usr_1")
    judging.catch_up()
    assert grounds(archive, again) == {record: Ground.CANNOT_TELL}


def test_only_what_cannot_be_told_is_decided(archive, owner, kept, judging, unread):
    hold, record = unread
    budget, roof = keep(archive, owner, mail("the budget")), keep(archive, owner, mail("roof"))

    def free(*ids: str) -> None:
        decide(archive.store, kept, hold.id, ids, Decision.FREE, reason="x", actor="usr_1")

    with pytest.raises(Conflict, match="not compared"):
        free(record, budget)
    judging.catch_up()
    with pytest.raises(Conflict, match="matches this hold"):
        free(record, budget)
    with pytest.raises(Conflict, match="not under this hold"):
        free(record, roof)
    with pytest.raises(NotFound):
        free(record, "rec_nix")
    with pytest.raises(InvalidInput):
        free()
    assert set(on(archive, record)) == {record}
    kept.release(hold.id, reason="settled", actor="usr_1")
    with pytest.raises(Conflict, match="released already"):
        free(record)


# -- destruction


def test_a_held_record_is_refused_in_the_deciding_transaction(archive, owner, kept, judging):
    held, free = keep(archive, owner, mail("the budget")), keep(archive, owner, mail("roof"))
    hold = place(kept, query="budget")
    shredder = Shredder(archive)

    def destroy(*ids: str) -> str:
        with archive.store.write() as transaction:
            return shredder.decide(transaction, ids, ACTOR, guard=HoldStanding())

    with pytest.raises(Conflict, match=f"hold {hold.id} was not compared with it yet"):
        destroy(free)
    judging.catch_up()
    with pytest.raises(Conflict, match=f"under hold {hold.id}; nothing was destroyed"):
        destroy(free, held)
    destroy(free)
    kept.release(hold.id, reason="settled", actor=ACTOR)
    destroy(held)


def test_a_hold_says_what_was_destroyed_before_it(archive, owner, kept):
    gone, other = keep(archive, owner), keep(archive, custodian(archive, "ben@district.example"))
    with archive.store.write() as transaction:
        batch_id = Shredder(archive).decide(transaction, [gone, other], ACTOR)
    for parts in ({"records": (gone,)}, {"custodian_ids": (owner,)}):
        hold = place(kept, **parts)
        with archive.store.read() as connection:
            (before,), untold = destroyed_before(connection, hold, kept.terms(connection, hold).rule)
        assert (before.record_id, before.batch_id, untold) == (gone, batch_id, 0)
        assert before.position < hold.position
    hold = place(kept, query="budget")
    with archive.store.read() as connection:
        assert destroyed_before(connection, hold, kept.terms(connection, hold).rule) == ([], 2)
    assert grounds(archive, hold) == {}


def test_the_verdicts_on_a_record_go_with_it(archive, owner, kept, judging):
    gone, left = keep(archive, owner, mail("roof")), keep(archive, owner, mail("roof"))
    place(kept, query="budget")
    judging.catch_up()
    traces = HoldTraces(archive.store)
    assert [one.absent for one in traces.confirm([gone, left])] == [False, False]
    traces.forget([gone])
    assert [one.absent for one in traces.confirm([gone, left])] == [True, False]


def test_no_verdict_is_written_on_what_was_destroyed_meanwhile(archive, owner, kept, judging, matcher):
    record = keep(archive, owner, mail("roof"))
    compare = matcher.match
    hold = place(kept, query="budget")

    def slow(*arguments: object) -> Match:
        with archive.store.write() as transaction:
            Shredder(archive).decide(transaction, [record], ACTOR)
        return compare(*arguments)

    matcher.match = slow
    judging.catch_up()
    with archive.store.read() as connection:
        assert connection.execute(select(hold_verdicts)).all() == []
    assert counts(archive, hold) == HoldCounts()


def test_what_carries_a_held_record_is_held(archive, owner, kept, judging):
    """A mail that carries a mailbox, in which there is another mailbox, in which there is the held mail."""
    outer, inner, member = keep(archive, owner), keep(archive, owner), keep(archive, owner, mail("the budget"))
    with archive.store.read() as connection:
        of = {one: archive.catalogue.get(connection, one).submission_id for one in (outer, inner, member)}
    with archive.store.write() as transaction:
        row = {
            "kind": "mbox", "state": "done", "depth": 0, "attempt": 1, "findings": 0, "opened_at": CAPTURED,
            "closed_at": CAPTURED + timedelta(hours=1), "root_id": of[outer],
        }  # fmt: skip
        rows = [{**row, "id": of[one]} for one in (outer, inner)]
        transaction.connection.execute(insert(containers), rows)
        members = [(of[outer], of[inner]), (of[inner], of[member])]
        transaction.connection.execute(
            insert(container_members),
            [
                {
                    "container_id": one,
                    "attempt": 1,
                    "ordinal": 1,
                    "outcome": "taken",
                    "submission_id": two,
                    "position": 0,
                }
                for one, two in members
            ],
        )
    hold = place(kept, query="budget")
    judging.catch_up()
    with archive.store.read() as connection:
        standing = HoldStanding().held(connection, [outer, inner, member])
        objections = HoldStanding().objections(connection, [outer])
    assert {one: under[0].ground for one, under in standing.items()} == {
        outer: Ground.CONTAINS,
        inner: Ground.CONTAINS,
        member: Ground.MATCH,
    }
    assert objections == {outer: f"its bytes hold a record that is under hold {hold.id}"}
