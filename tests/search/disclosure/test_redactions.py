"""Redactions in the archive: drafts, final ones, steps that are taken back, and what holds a production up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from search.disclosure.jurisdictions import shipped_profile
from search.disclosure.kept_text import text_digest
from search.disclosure.redaction import Part, Place, Redaction, RedactionState, Span, Words
from search.disclosure.redaction_tables import record_redactions, redaction_changes
from search.disclosure.redactions import NewRedaction, Redactions, label_of
from search.disclosure.request_terms import Closing
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.disclosure.review_rows import Decision
from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from tests.search.disclosure.test_review import IDS, open_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.archive import Archive

PRIVATE, STUDENT = "7(1)(b)", "7(1)(c)"
SECRET = "Jane Doe's number is 555-0134."


def mark(start: int = 0, *, codes: Sequence[str] = (PRIVATE,), **more: Any) -> NewRedaction:
    where = Words(spans=(Span(start=start, end=start + 8),), text_digest=text_digest(SECRET))
    return NewRedaction(place=Place(part=Part.TEXT), where=where, codes=tuple(codes), **more)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A request with records before its reviewers."""

    archive: Archive
    request: str

    @property
    def redactions(self) -> Redactions:
        return Redactions(self.archive.store)

    def add(self, ids: Sequence[str], *marks: NewRedaction, **more: Any) -> int:
        options: dict[str, Any] = {"profile": shipped_profile("IL"), "actor": "usr_ann"} | more
        return self.redactions.add(self.request, dict.fromkeys(ids, marks or (mark(),)), **options).number

    def settle(self, ids: Sequence[str], *codes: str) -> int:
        profile = shipped_profile("IL")
        return self.redactions.settle(self.request, ids, profile=profile, actor="usr_ann", codes=codes).number

    def change(self, one: str, *ids: str, **more: Any) -> int:
        profile = shipped_profile("IL")
        return self.redactions.change(self.request, one, ids, profile=profile, actor="usr_ann", **more).number

    def undo(self, step: int) -> int:
        return self.redactions.undo(self.request, step, actor="usr_ann").number

    def decide(self, ids: Sequence[str], decision: Decision) -> None:
        codes = [PRIVATE] if decision in (Decision.REDACT, Decision.WITHHOLD) else []
        profile = shipped_profile("IL")
        Review(self.archive.store).decide(self.request, ids, decision, profile=profile, actor="usr_ann", codes=codes)

    def of(self, one: str) -> tuple[Redaction, ...]:
        with self.archive.store.read() as connection:
            return self.redactions.of(connection, self.request, [one]).get(one, ())

    def ids(self, one: str) -> list[tuple[str, str]]:
        return [(mark.id, mark.state.value) for mark in self.of(one)]

    def final_of(self, ids: Sequence[str]) -> dict[str, tuple[Redaction, ...]]:
        with self.archive.store.read() as connection:
            return self.redactions.final_of(connection, self.request, ids)

    def unfinished(self) -> dict[str, str]:
        with self.archive.store.read() as connection:
            return {one.record_id: one.why for one in self.redactions.unfinished(connection, self.request)}


@pytest.fixture
def table(archive: Archive) -> Table:
    request = open_one(archive)
    Review(archive.store).add(request, IDS, actor="usr_ann")
    return Table(archive=archive, request=request)


def test_what_is_marked_is_a_draft_and_comes_back_as_it_was_marked(table: Table) -> None:
    step = table.add(IDS[:1], mark(0, label="private"), mark(9))
    first, second = table.of(IDS[0])
    assert (first.id, first.label, first.where) == (f"{step}.1", "private", mark(0).where)
    assert (second.id, second.label, second.codes) == (f"{step}.2", PRIVATE, (PRIVATE,))
    assert {first.state, second.state} == {RedactionState.DRAFT}
    assert table.final_of(IDS) == {}


def test_only_final_redactions_are_told_to_a_production(table: Table) -> None:
    table.add(IDS[:2])
    table.settle(IDS[:1])
    table.add(IDS[:1])
    table.add(IDS[2:3], final=True)
    assert {one: len(marks) for one, marks in table.final_of(IDS).items()} == {IDS[0]: 1, IDS[2]: 1}
    with table.archive.store.read() as connection:
        redactions = table.redactions
        assert redactions.counts(connection, table.request) == {IDS[0]: (1, 1), IDS[1]: (1, 0), IDS[2]: (0, 1)}
        assert redactions.counts(connection, table.request, IDS[:1]) == {IDS[0]: (1, 1)}
        assert set(redactions.drafts(connection, table.request, IDS)) == {IDS[0], IDS[1]}


def test_a_draft_without_a_ground_is_made_final_with_one_or_not_at_all(table: Table) -> None:
    table.add(IDS[:1], mark(codes=()))
    with pytest.raises(InvalidInput, match="has no ground"):
        table.settle(IDS[:1])
    table.settle(IDS[:1], STUDENT)
    assert [(one.codes, one.label) for one in table.of(IDS[0])] == [((STUDENT,), STUDENT)]


@pytest.mark.parametrize("final", [False, True])
def test_a_ground_that_the_law_does_not_have_is_refused(table: Table, *, final: bool) -> None:
    with pytest.raises(InvalidInput, match="no exemption"):
        table.add(IDS[:1], mark(codes=["99"]), final=final)
    assert table.of(IDS[0]) == ()


def test_a_label_follows_the_grounds_unless_somebody_chose_it(table: Table) -> None:
    step = table.add(IDS[:1], mark(), mark(9, label="home number"))
    table.change(IDS[0], f"{step}.1", f"{step}.2", codes=[STUDENT])
    assert [one.label for one in table.of(IDS[0])] == [STUDENT, "home number"]
    table.change(IDS[0], f"{step}.2", label="")
    assert [one.label for one in table.of(IDS[0])] == [STUDENT, ""]
    with pytest.raises(Conflict, match="nothing to do"):
        table.change(IDS[0], f"{step}.2", label="")
    with pytest.raises(NotFound):
        table.change(IDS[0], "99.9", label="x")


def test_grounds_that_do_not_fit_a_label_are_left_out_of_it() -> None:
    assert label_of(["a" * 30, "b" * 30]) == "a" * 30
    assert label_of(["5 U.S.C. 552(b)(6), (7)"]) == "5 U.S.C. 552(b)(6) (7)"


def test_steps_are_taken_back_from_the_last_one_on(table: Table) -> None:
    first = table.add(IDS[:2])
    second = table.settle(IDS[:1])
    third = table.redactions.remove(table.request, IDS[1], [f"{first}.2"], actor="usr_ann").number
    with pytest.raises(Conflict, match="a later step"):
        table.undo(first)
    table.undo(third)
    assert table.ids(IDS[1]) == [(f"{first}.2", "draft")]
    table.undo(second)
    assert table.ids(IDS[0]) == [(f"{first}.1", "draft")]
    table.undo(first)
    assert table.ids(IDS[0]) == table.ids(IDS[1]) == []
    with pytest.raises(Conflict, match="taken back already"):
        table.undo(first)
    with pytest.raises(NotFound, match="marked nothing"):
        table.undo(99)


def test_what_holds_a_production_up_is_told_with_its_reason(table: Table) -> None:
    table.decide(IDS[:3], Decision.REDACT)
    table.decide(IDS[3:5], Decision.RELEASE)
    table.decide(IDS[5:6], Decision.WITHHOLD)
    table.add(IDS[1:6])
    table.settle(IDS[2:4])
    assert table.unfinished() == {
        IDS[0]: "is to be redacted, and has no final redaction",
        IDS[1]: "has redactions that are drafts",
        IDS[3]: "is to be released whole, and has final redactions",
        IDS[4]: "has redactions that are drafts",
    }


def test_a_confirmation_was_of_what_was_final_then(table: Table) -> None:
    table.decide(IDS[:2], Decision.REDACT)
    table.add(IDS[:2], final=True)
    Review(table.archive.store).confirm(table.request, IDS[:2], actor="usr_bob")
    table.add(IDS[:1], mark(9), final=True)
    with table.archive.store.read() as connection:
        page = Review(table.archive.store).page(connection, table.request, limit=2)
    assert [one.confirmed_by for one in page] == [None, "usr_bob"]


def test_every_step_is_an_event_that_names_the_request_and_its_records_and_says_nothing_of_them(table: Table) -> None:
    first = table.add(IDS[:1], mark(label="home number"))
    table.settle(IDS[:1])
    table.undo(first + 1)
    archive = table.archive
    with archive.store.read() as connection:
        events = list(archive.ledger.events_about(connection, [IDS[0]]))[1:]
        payloads = [archive.ledger.payload(connection, one.position) for one in events]
        steps = table.redactions.steps(connection, table.request)
    kinds = [EventKind.REDACTION_MARKED, EventKind.REDACTION_SETTLED, EventKind.REDACTION_UNDONE]
    assert [one.event.kind for one in events] == kinds
    assert all(one.event.subjects == (table.request, IDS[0]) for one in events)
    assert [payload and sorted(payload) for payload in payloads] == [["step", "takes_back"]] * 3
    assert [(one["kind"], one["takes_back"]) for one in steps] == [("mark", None), ("final", None), ("undo", 2)]


def test_nothing_of_a_mark_stands_in_the_clear(table: Table) -> None:
    table.add(IDS[:1], mark(label="home number"), final=True)
    table.change(IDS[0], "1.1", label="other number")
    with table.archive.store.read() as connection:
        sealed = [*connection.execute(select(record_redactions.c.sealed_redactions)).scalars()]
        sealed += connection.execute(select(redaction_changes.c.sealed_before)).scalars()
    assert len(sealed) == 3
    assert not any(word in (one or b"") for one in sealed for word in (b"number", b"7(1)", b"spans"))


def test_a_row_that_was_put_in_anothers_place_is_damage(table: Table) -> None:
    table.add(IDS[:2])
    about = record_redactions.c
    with table.archive.store.write() as transaction:
        other = select(about.sealed_redactions).where(about.record_id == IDS[1])
        sealed = transaction.connection.execute(other).scalar_one()
        change = update(record_redactions).where(about.record_id == IDS[0])
        transaction.connection.execute(change.values(sealed_redactions=sealed))
    with pytest.raises(Corrupt, match="another's"):
        table.of(IDS[0])


def test_only_records_of_an_open_request_are_marked(table: Table) -> None:
    with pytest.raises(NotFound):
        table.add(["rec_strange"])
    step = table.add(IDS[:1])
    with table.archive.store.write() as transaction:
        Requests(table.archive.store).close_in(transaction, table.request, Closing.DENIED, actor="usr_ann")
    for act in (
        lambda: table.add(IDS[:1]),
        lambda: table.settle(IDS[:1]),
        lambda: table.undo(step),
        lambda: table.redactions.remove(table.request, IDS[0], [f"{step}.1"], actor="usr_ann"),
    ):
        with pytest.raises(Conflict):
            act()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(kinds=st.lists(st.sampled_from(["add", "final", "remove", "change"]), min_size=1, max_size=6))
def test_whatever_was_done_is_taken_back_to_the_letter(table: Table, kinds: list[str]) -> None:
    stood = table.of(IDS[7])
    made: list[tuple[int, tuple[Redaction, ...]]] = []
    for kind in kinds:
        before = table.of(IDS[7])
        try:
            if kind == "add":
                step = table.add([IDS[7]], mark(len(made)))
            elif kind == "final":
                step = table.settle([IDS[7]])
            elif kind == "remove":
                one = [mark.id for mark in before][:1]
                step = table.redactions.remove(table.request, IDS[7], one, actor="usr_ann").number
            else:
                step = table.change(IDS[7], *[mark.id for mark in before], label=f"l{len(made)}")
        except Conflict:
            continue
        made.append((step, before))
    for step, before in reversed(made):
        table.undo(step)
        assert table.of(IDS[7]) == before
    assert table.of(IDS[7]) == stood
