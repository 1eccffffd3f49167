"""An agency's own exemptions: codes that mean one thing, words that change, and what is retired and still explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text as sql

from search.disclosure import own_exemptions
from search.disclosure.jurisdictions import Confidence, shipped_profile
from search.disclosure.own_exemptions import NewExemption, OwnExemptions
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from storage.archive import Archive


class Book:
    """The list of one archive."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.own = OwnExemptions(archive.store, archive.ledger)

    def add(self, code: str = "ACP", **more: Any) -> int:
        told = {"title": "what counsel advised", "citation": "the common law", **more}
        return self.own.add(NewExemption(code=code, **told), actor="usr_ann").number

    def codes(self, profile: str = "IL", *, retired: bool = False) -> list[str]:
        with self.archive.store.read() as connection:
            law = self.own.in_force(connection, shipped_profile(profile), retired=retired)
        return [one.code for one in law.exemptions if one.confidence is Confidence.AGENCY]

    def titles(self) -> list[str]:
        with self.archive.store.read() as connection:
            return [one.title for one in self.own.all(connection)]


@pytest.fixture
def book(archive: Archive) -> Book:
    return Book(archive)


def test_an_own_ground_stands_behind_those_of_its_law_or_of_every_law(book: Book) -> None:
    book.add("ACP")
    book.add("20 USC 1232g", profile="il")
    assert book.codes("IL") == ["ACP", "20 USC 1232g"]
    assert book.codes("WA") == ["ACP"]
    with book.archive.store.read() as connection:
        law = book.own.in_force(connection, shipped_profile("WA"))
    assert law.exemptions[:-1] == shipped_profile("WA").exemptions
    assert (law.exemptions[-1].title, law.exemptions[-1].source) == ("what counsel advised", "own")


def test_what_is_retired_is_offered_no_more_and_stays_explained(book: Book) -> None:
    number = book.add()
    book.own.retire(number, actor="usr_bob")
    assert book.codes() == []
    assert book.codes(retired=True) == ["ACP"]
    with pytest.raises(Conflict, match="retired before"):
        book.own.retire(number, actor="usr_bob")
    with pytest.raises(Conflict, match="--offer"):
        book.add("acp")
    again = book.own.change(number, offered=True, actor="usr_ann")
    assert (again.retired, again.version, again.title) == (False, 3, "what counsel advised")
    assert book.codes() == ["ACP"]


def test_words_change_and_the_code_does_not(book: Book) -> None:
    number = book.add()
    book.add("X1", title="another")
    changed = book.own.change(number, title="Advice of counsel", actor="usr_bob")
    assert (changed.code, changed.citation, changed.version, changed.actor) == ("ACP", "the common law", 2, "usr_bob")
    assert book.titles() == ["Advice of counsel", "another"]
    with pytest.raises(Conflict, match="nothing was changed"):
        book.own.change(number, title=" Advice  of counsel ", actor="usr_bob")
    with pytest.raises(NotFound):
        book.own.change(99, title="x", actor="usr_bob")


@pytest.mark.parametrize(
    "given",
    [
        {"code": ""},
        {"code": "=1+1"},
        {"code": "a,b"},
        {"code": "a\nb;"},
        {"code": "x" * 41},
        {"title": "  "},
        {"title": "x" * 301},
        {"title": "a\x00b"},
        {"title": "a\ud800b"},
        {"citation": ""},
        {"citation": "x" * 201},
    ],
)
def test_what_cannot_be_an_exemption_is_refused(book: Book, given: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        book.add(**given)
    assert book.titles() == []


def test_a_code_clashes_with_no_shipped_one_that_it_stands_beside(book: Book) -> None:
    with pytest.raises(Conflict, match="IL has"):
        book.add("7(1)(B)", profile="IL")
    with pytest.raises(Conflict, match="IL has"):
        book.add("7(1)(b)")
    book.add("7(1)(b)", profile="WA")
    assert book.codes("WA") == ["7(1)(b)"]
    with pytest.raises(Conflict, match="already"):
        book.add("7(1)(B)", profile="TX")
    with pytest.raises(NotFound):
        book.add("X1", profile="ZZ")


def test_there_is_an_end_to_them(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_exemptions, "MOST_OWN", 1)
    book.add()
    with pytest.raises(Conflict, match="at most 1"):
        book.add("X1")


def test_each_change_is_an_event_and_no_words_stand_in_the_clear(book: Book) -> None:
    number = book.add(title="Canary advice")
    book.own.change(number, title="Canary counsel", actor="usr_bob")
    book.own.retire(number, actor="usr_ann")
    kinds = (EventKind.EXEMPTION_ADDED, EventKind.EXEMPTION_CHANGED, EventKind.EXEMPTION_RETIRED)
    with book.archive.store.read() as connection:
        events = book.archive.ledger.events_after(connection, -1, kinds=kinds)
        said = [book.archive.ledger.payload(connection, one.position) or {} for one in events]
        tables = connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        rows = [str(tuple(row)) for name in tables for row in connection.execute(sql(f"SELECT * FROM {name}"))]
    assert [(one.event.kind, one.event.actor) for one in events] == list(
        zip(kinds, ["usr_ann", "usr_bob", "usr_ann"], strict=True)
    )
    assert [one["titles"]["1"] for one in said] == ["Canary advice", "Canary counsel", "Canary counsel"]
    assert [one["retired"] for one in said] == [False, False, True]
    assert not any("Canary" in row for row in rows)
