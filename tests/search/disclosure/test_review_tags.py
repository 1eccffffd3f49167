"""Tags in review: put on, taken off, taken back, counted, and never in the clear."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text as sql

from search.disclosure import review_rows, review_tags
from search.disclosure.jurisdictions import shipped_profile
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.disclosure.review_rows import Decision
from search.disclosure.review_tags import MOST_AT_ONCE, Tags
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from tests.search.disclosure.test_review import IDS, open_one

if TYPE_CHECKING:
    from collections.abc import Collection

    from search.disclosure.review import Step
    from storage.archive import Archive


class Desk:
    """A request with records before its reviewers."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.request = open_one(archive)
        self.review, self.tags = Review(archive.store), Tags(archive.store)
        self.review.add(self.request, IDS, actor="usr_ann")

    def tag(self, *ids: str, request: str | None = None, **what: Any) -> Step:
        return self.tags.tag(request or self.request, ids, **({"actor": "usr_ann"} | what))

    def counts(self, hidden: Collection[str] = ()) -> dict[str, int]:
        with self.archive.store.read() as connection:
            return {one.name: one.records for one in self.tags.all(connection, self.request, hidden=hidden)}

    def of(self, *ids: str) -> dict[str, list[str]]:
        with self.archive.store.read() as connection:
            return self.tags.of(connection, self.request, ids)

    def page(self, name: str, **options: Any) -> list[str]:
        with self.archive.store.read() as connection:
            number = self.tags.number(connection, self.request, name)
            return [one.record_id for one in self.review.page(connection, self.request, tag=number, **options)]


@pytest.fixture
def desk(archive: Archive) -> Desk:
    return Desk(archive)


def test_records_are_found_by_their_tags(desk: Desk) -> None:
    desk.tag(*IDS[:3], add=["privileged", "Hot"])
    desk.tag(IDS[1], remove=["hot"], add=["Board"])
    assert desk.counts() == {"Board": 1, "Hot": 2, "privileged": 3}
    assert desk.of(*IDS) == {
        IDS[0]: ["Hot", "privileged"],
        IDS[1]: ["Board", "privileged"],
        IDS[2]: ["Hot", "privileged"],
    }
    assert desk.page("PRIVILEGED") == IDS[:3]
    assert desk.page("hot") == [IDS[0], IDS[2]]
    assert desk.page("privileged", after=IDS[0], limit=1) == [IDS[1]]


def test_a_page_is_of_a_tag_and_of_how_records_stand(desk: Desk) -> None:
    desk.tag(*IDS[:3], add=["hot"])
    desk.review.decide(desk.request, [IDS[1], IDS[5]], Decision.RELEASE, profile=shipped_profile("IL"), actor="usr_bob")
    assert desk.page("hot", decision=Decision.RELEASE) == [IDS[1]]
    assert desk.page("hot", undecided=True) == [IDS[0], IDS[2]]


def test_a_tag_of_very_many_records_is_looked_for_otherwise_and_finds_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_rows, "_MANY", 2)
    desk.tag(*IDS[:5], add=["common"])
    desk.tag(IDS[7], add=["rare"])
    desk.review.decide(desk.request, IDS[3:], Decision.RELEASE, profile=shipped_profile("IL"), actor="usr_bob")
    assert desk.page("common", decision=Decision.RELEASE) == IDS[3:5]
    assert desk.page("common", undecided=True, after=IDS[0]) == IDS[1:3]
    assert desk.page("common", undecided=True, batch=1) == []
    assert desk.page("rare", decision=Decision.RELEASE) == [IDS[7]]


def test_spellings_of_case_and_spaces_are_one_tag(desk: Desk) -> None:
    desk.tag(IDS[0], add=["Board  matter"])
    desk.tag(IDS[1], add=["BOARD MATTER", "board matter "])
    assert desk.counts() == {"Board matter": 2}


def test_a_step_is_taken_back_and_that_too(desk: Desk) -> None:
    first = desk.tag(*IDS[:2], add=["hot"])
    second = desk.tag(*IDS[:3], add=["board"], remove=["hot"])
    assert (first.records, second.records) == (2, 3)
    with pytest.raises(Conflict, match="later step"):
        desk.tags.undo(desk.request, first.number, actor="usr_bob")
    back = desk.tags.undo(desk.request, second.number, actor="usr_bob")
    assert desk.of(*IDS) == {IDS[0]: ["hot"], IDS[1]: ["hot"]}
    with pytest.raises(Conflict, match="taken back already"):
        desk.tags.undo(desk.request, second.number, actor="usr_bob")
    desk.tags.undo(desk.request, back.number, actor="usr_bob")
    assert desk.counts() == {"board": 3, "hot": 0}
    with pytest.raises(Conflict, match="later step"):
        desk.tags.undo(desk.request, first.number, actor="usr_bob")
    with pytest.raises(NotFound):
        desk.tags.undo(desk.request, 1, actor="usr_bob")


def test_what_was_taken_back_does_not_keep_an_earlier_step(desk: Desk) -> None:
    first = desk.tag(*IDS[:2], add=["hot"])
    second = desk.tag(IDS[0], remove=["hot"])
    desk.tags.undo(desk.request, second.number, actor="usr_ann")
    desk.tags.undo(desk.request, first.number, actor="usr_ann")
    assert desk.of(*IDS) == {}
    desk.tag(IDS[0], add=["hot"])
    with pytest.raises(Conflict, match="taken back already"):
        desk.tags.undo(desk.request, first.number, actor="usr_ann")
    assert desk.of(*IDS) == {IDS[0]: ["hot"]}


def test_whatever_was_done_is_taken_back_step_by_step(desk: Desk) -> None:
    chance = random.Random(7)
    before: list[tuple[int, dict[str, list[str]]]] = [(desk.tag(*IDS[:3], add=["a", "b", "c"]).number, {})]
    for _ in range(15):
        state = desk.of(*IDS)
        add, remove = chance.sample("abc", 2)
        with contextlib.suppress(Conflict):  # nothing changes
            before.append((desk.tag(*chance.sample(IDS[:6], 3), add=[add], remove=[remove]).number, state))
    assert len(before) > 10
    for step, state in reversed(before):
        desk.tags.undo(desk.request, step, actor="usr_bob")
        assert desk.of(*IDS) == state
    assert set(desk.counts().values()) == {0}


def test_a_step_keeps_only_what_it_changed(desk: Desk) -> None:
    desk.tag(IDS[0], add=["hot"])
    more = desk.tag(*IDS[:2], add=["hot"])
    assert more.records == 1
    desk.tags.undo(desk.request, more.number, actor="usr_ann")
    assert desk.of(*IDS) == {IDS[0]: ["hot"]}
    with pytest.raises(Conflict, match="nothing to do"):
        desk.tag(IDS[0], add=["hot"])


def test_tags_touch_no_decision_and_no_confirmation(desk: Desk) -> None:
    desk.review.decide(desk.request, IDS[:1], Decision.RELEASE, profile=shipped_profile("IL"), actor="usr_ann")
    desk.review.confirm(desk.request, IDS[:1], actor="usr_bob")
    with desk.archive.store.read() as connection:
        before = desk.review.page(connection, desk.request)
    desk.tag(IDS[0], add=["hot"])
    with desk.archive.store.read() as connection:
        assert desk.review.page(connection, desk.request) == before


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({}, InvalidInput),
        ({"add": [" "]}, InvalidInput),
        ({"add": ["x" * 61]}, InvalidInput),
        ({"add": ["a\x07b"]}, InvalidInput),
        ({"add": ["a\ud800b"]}, InvalidInput),
        ({"add": ["hot"], "remove": ["HOT"]}, InvalidInput),
        ({"add": [str(one) for one in range(MOST_AT_ONCE + 1)]}, InvalidInput),
        ({"remove": ["never used"]}, NotFound),
    ],
)
def test_what_cannot_be_done_changes_nothing(desk: Desk, what: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as told:
        desk.tag(IDS[0], **what)
    assert desk.counts() == {}
    assert not any(one in str(told.value) for one in ("hot", "never"))


def test_records_and_requests_have_to_be_there_and_open(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.tag("rec_none", add=["hot"])
    with pytest.raises(NotFound):
        desk.tag(IDS[0], request="dsr_none", add=["hot"])
    other = open_one(desk.archive)
    desk.review.add(other, IDS, actor="usr_ann")
    desk.tag(IDS[0], request=other, add=["hot"])
    assert desk.counts() == {}


def test_there_is_an_end_to_the_tags_of_a_request(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_tags, "MOST_TAGS", 2)
    desk.tag(IDS[0], add=["one", "two"])
    with pytest.raises(Conflict, match="at most 2"):
        desk.tag(IDS[0], add=["three"])
    assert desk.counts() == {"one": 1, "two": 1}


def test_a_tag_that_only_hidden_records_have_is_not_told(desk: Desk) -> None:
    desk.tag(*IDS[:2], add=["hot"])
    unused = desk.tag(IDS[2], add=["spare"])
    desk.tags.undo(desk.request, unused.number, actor="usr_ann")
    desk.tag(IDS[0], add=["fever"])
    assert desk.counts(hidden=[IDS[0]]) == {"hot": 1, "spare": 0}


def test_a_step_is_an_event_and_its_words_are_sealed(desk: Desk) -> None:
    step = desk.tag(*IDS[:2], add=["Canary case"], remove=[])
    desk.tags.undo(desk.request, step.number, actor="usr_bob")
    archive = desk.archive
    with archive.store.read() as connection:
        events = archive.ledger.events_about(connection, [IDS[1]])[-2:]
        said = archive.ledger.payload(connection, events[0].position)
        notes = [one["note"] for one in desk.review.steps(connection, desk.request)]
        tables = connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        rows = [str(tuple(row)) for name in tables for row in connection.execute(sql(f"SELECT * FROM {name}"))]
        assert Requests(archive.store).get(connection, desk.request).id == desk.request
    assert [one.event.kind for one in events] == [EventKind.REVIEW_TAGGED, EventKind.REVIEW_UNDONE]
    assert events[0].event.subjects == (desk.request, *IDS[:2])
    assert said == {"step": step.number, "tags": "+Canary case"}
    assert notes == [None, "+Canary case", None]
    assert not any("anary" in row for row in rows)


def test_how_far_the_review_has_come_is_right_after_tags_and_decisions(desk: Desk) -> None:
    for _ in range(2):
        desk.tag(IDS[0], add=["hot"])
        desk.review.decide(desk.request, IDS[:2], Decision.RELEASE, profile=shipped_profile("IL"), actor="usr_ann")
        step = desk.tag(IDS[0], remove=["hot"])
        with desk.archive.store.read() as connection:
            progress = desk.review.progress(connection, desk.request)
        assert (progress["release"], progress["undecided"]) == (2, 10)
    assert step.records == 1
