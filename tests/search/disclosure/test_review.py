"""Review: what is decided of records, by whom, on which ground; every step can be taken back while it is the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from search.disclosure.jurisdictions import shipped_profile
from search.disclosure.request_terms import Closing, Received, RequestTerms
from search.disclosure.request_types import Intake
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.disclosure.review_rows import Decision
from storage.errors import Conflict, Denied, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.archive import Archive

IDS = [f"rec_{number:04d}" for number in range(12)]
PRIVATE = "7(1)(b)"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A request with records before its reviewers."""

    archive: Archive
    review: Review
    request: str

    def decide(self, ids: Sequence[str], decision: Decision = Decision.RELEASE, **more: Any) -> int:
        options = {"profile": shipped_profile("IL"), "actor": "usr_ann"} | more
        return self.review.decide(self.request, ids, decision, **options).number

    def stands(self, **options: Any) -> dict[str, str | None]:
        with self.archive.store.read() as connection:
            return {one.record_id: one.decision for one in self.review.page(connection, self.request, **options)}

    def progress(self) -> dict[str, int]:
        with self.archive.store.read() as connection:
            return self.review.progress(connection, self.request)


def open_one(archive: Archive) -> str:
    requests = Requests(archive.store)
    intake = Intake(
        profile="IL",
        received_at=datetime(2026, 3, 9, tzinfo=UTC),
        how=Received.EMAIL,
        zone=ZoneInfo("America/Chicago"),
    )
    prepared = requests.prepare(RequestTerms(text="Everything", title=""), intake)
    with archive.store.write() as transaction:
        return requests.open_in(transaction, prepared, actor="usr_ann").id


@pytest.fixture
def table(archive: Archive) -> Table:
    request = open_one(archive)
    review = Review(archive.store)
    review.add(request, IDS, actor="usr_ann")
    return Table(archive=archive, review=review, request=request)


def test_what_is_put_before_reviewers_is_undecided_and_there_once(table: Table) -> None:
    again = table.review.add(table.request, [*IDS, "rec_9999", "rec_9999"], actor="usr_ann")
    assert again.records == 1
    assert table.progress() == {
        "release": 0, "redact": 0, "withhold": 0, "not_responsive": 0, "undecided": 13, "confirmed": 0, "records": 13,
    }  # fmt: skip


def test_decisions_are_listed_by_kind_and_batch_and_from_any_place_on(table: Table) -> None:
    table.decide(IDS[:3])
    table.decide(IDS[3:5], Decision.WITHHOLD, codes=[PRIVATE])
    table.review.give(table.request, IDS[2:4], 7, actor="usr_ann")
    assert list(table.stands(decision=Decision.WITHHOLD)) == IDS[3:5]
    assert list(table.stands(undecided=True)) == IDS[5:]
    assert list(table.stands(batch=7)) == IDS[2:4]
    assert list(table.stands(after=IDS[9])) == IDS[10:]
    assert list(table.stands(limit=2)) == IDS[:2]


@pytest.mark.parametrize(
    ("decision", "codes", "said"),
    [
        (Decision.WITHHOLD, [], "needs its ground"),
        (Decision.REDACT, [], "needs its ground"),
        (Decision.RELEASE, [PRIVATE], "leave it out"),
        (Decision.WITHHOLD, ["99"], "no exemption"),
    ],
)
def test_a_ground_is_named_where_something_is_kept_back_and_only_there(
    table: Table, decision: Decision, codes: list[str], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        table.decide(IDS[:1], decision, codes=codes)
    assert table.progress()["undecided"] == len(IDS)


def test_a_step_that_names_a_strange_record_changes_nothing(table: Table) -> None:
    with pytest.raises(NotFound):
        table.decide([IDS[0], "rec_strange"])
    assert table.progress()["undecided"] == len(IDS)


def test_a_decision_taken_back_leaves_what_stood_before_it(table: Table) -> None:
    table.decide(IDS[:2])
    second = table.decide(IDS[:2], Decision.WITHHOLD, codes=[PRIVATE])
    table.review.undo(table.request, second, actor="usr_ann")
    assert table.stands(decision=Decision.RELEASE) == dict.fromkeys(IDS[:2], Decision.RELEASE)
    with pytest.raises(Conflict, match="taken back already"):
        table.review.undo(table.request, second, actor="usr_ann")


def test_steps_are_taken_back_from_the_last_one_on(table: Table) -> None:
    first = table.decide(IDS[:2])
    second = table.decide(IDS[1:3], Decision.NOT_RESPONSIVE)
    with pytest.raises(Conflict, match="a later step"):
        table.review.undo(table.request, first, actor="usr_ann")
    table.review.undo(table.request, second, actor="usr_ann")
    table.review.undo(table.request, first, actor="usr_ann")
    assert table.progress()["undecided"] == len(IDS)


def test_what_decided_nothing_cannot_be_taken_back(table: Table) -> None:
    with pytest.raises(NotFound, match="decided nothing"):
        table.review.undo(table.request, 1, actor="usr_ann")


def test_a_second_person_confirms_and_a_new_decision_is_confirmed_anew(table: Table) -> None:
    table.decide(IDS[:1])
    with pytest.raises(Denied):
        table.review.confirm(table.request, IDS[:1], actor="usr_ann")
    with pytest.raises(Conflict, match="not decided"):
        table.review.confirm(table.request, IDS[1:2], actor="usr_bob")
    table.review.confirm(table.request, IDS[:1], actor="usr_bob")
    assert table.progress()["confirmed"] == 1
    table.decide(IDS[:1], Decision.NOT_RESPONSIVE)
    assert table.progress()["confirmed"] == 0


def test_notes_are_sealed_and_come_back(table: Table) -> None:
    table.decide(IDS[:1], note="The coach's number is in it.")
    with table.archive.store.read() as connection:
        told = table.review.steps(connection, table.request)
    assert [(one["kind"], one["note"]) for one in told] == [("add", None), ("decide", "The coach's number is in it.")]


def test_every_step_is_an_event_that_names_the_request_and_the_records(table: Table) -> None:
    table.decide(IDS[:2])
    with table.archive.store.read() as connection:
        events = table.archive.ledger.events_about(connection, [IDS[0]])
    assert [one.event.kind for one in events] == [EventKind.REVIEW_ADDED, EventKind.REVIEW_DECIDED]
    assert all(one.event.subjects[0] == table.request for one in events)


def test_a_closed_request_is_reviewed_no_more(table: Table) -> None:
    with table.archive.store.write() as transaction:
        Requests(table.archive.store).close_in(transaction, table.request, Closing.DENIED, actor="usr_ann")
    for act in (
        lambda: table.decide(IDS[:1]),
        lambda: table.review.add(table.request, ["rec_x"], actor="usr_ann"),
        lambda: table.review.give(table.request, IDS[:1], 1, actor="usr_ann"),
    ):
        with pytest.raises(Conflict):
            act()


def test_thousands_of_records_are_decided_in_one_step(table: Table) -> None:
    many = [f"rec_m{number:05d}" for number in range(1_500)]
    table.review.add(table.request, many, actor="usr_ann")
    number = table.decide(many, Decision.NOT_RESPONSIVE)
    assert table.progress()["not_responsive"] == len(many)
    table.review.undo(table.request, number, actor="usr_ann")
    assert table.progress()["not_responsive"] == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    steps=st.lists(
        st.tuples(
            st.sets(st.sampled_from(IDS), min_size=1), st.sampled_from([Decision.RELEASE, Decision.NOT_RESPONSIVE])
        ),
        max_size=5,
    )
)
def test_taking_back_every_step_from_the_last_on_leaves_nothing_decided(
    table: Table, steps: list[tuple[set[str], Decision]]
) -> None:
    numbers = [table.decide(sorted(ids), decision) for ids, decision in steps]
    stands: dict[str, str | None] = dict.fromkeys(IDS)
    for ids, decision in steps:
        stands |= dict.fromkeys(ids, decision)
    assert table.stands() == stands
    for number in reversed(numbers):
        table.review.undo(table.request, number, actor="usr_ann")
    assert table.progress()["undecided"] == len(IDS)


def test_how_far_a_review_has_come_is_counted_without_reading_its_rows(table: Table) -> None:
    asked: list[str] = []
    with table.archive.store.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        table.review.progress(connection, table.request)
        (counting,) = [one for one in asked if "count(" in one]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counting}", (table.request,))
        assert [row[-1] for row in plan] == [
            "SEARCH review_records USING COVERING INDEX ix_review_records_progress (request_id=?)"
        ]
