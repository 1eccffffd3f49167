"""Lists of students and staff: read, kept sealed, one after another, and what of them stands in a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text as sql

from search.disclosure.redaction import Found
from search.disclosure.rosters import Roster, RosterEntry, RosterRole, Rosters, read_roster
from storage.errors import InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from storage.archive import Archive

TABLE = (
    'Name;Role;Aliases;Student ID\nMiller, Jane;student;"JJ; Janie Miller";0042-17\nTom Park;Staff;;\nWill;student;;\n'
)


@pytest.fixture
def roster() -> Roster:
    return read_roster(TABLE.encode("utf-8-sig"))


def test_a_table_is_read_with_other_names_and_numbers(roster: Roster) -> None:
    assert roster.entries[0] == RosterEntry(
        name="Miller, Jane", role=RosterRole.STUDENT, aliases=("JJ", "Janie Miller"), number="0042-17"
    )
    assert roster.names == ("Miller, Jane", "JJ", "Janie Miller", "Tom Park", "Will")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "needs name and role"),
        (b"name,class\nJane,student\n", "needs name and role"),
        (b"name,role\nJane,teacher\n,student\nTom,staff\n", "line 2, 3;"),
        (b"name,role\nJ,student\n", "line 2;"),
        (b"name,role\n" + b"x" * 201 + b",student\n", "line 2;"),
        (b"name,role\n" + b"J,x\n" * 9, "line 2, 3, 4, 5, 6 and 4 more"),
        (b"name,role,aliases\nJane,student,-\n", "line 2;"),
        (b"name,role\n", "1 to 100,000"),
        (b"name,role\n\xff,student\n", "not UTF-8"),
        (b'name,role\n"Jane"x,student\n', "no table"),
    ],
)
def test_a_table_that_is_wrong_is_refused_whole_and_says_nothing_of_what_is_in_it(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        read_roster(raw)
    assert "jane" not in str(refused.value).casefold()


def test_a_roster_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.disclosure.rosters.MOST_NAMES", 2)
    assert len(read_roster(b"name,role\nJo,staff\nAl,staff\n").entries) == 2
    with pytest.raises(InvalidInput, match="1 to 2 people"):
        read_roster(b"name,role\nJo,staff\nAl,staff\nBo,staff\n")


def test_names_and_numbers_are_suggested_with_what_somebody_is(roster: Roster) -> None:
    text = "Ask Jane Miller or MILLER, JANE (0042-17), tom park; she will come. Will too."
    found = [(one.kind, text[one.span.start : one.span.end], one.reason) for one in roster.suggestions(text)]
    student, staff = "the name of a student member of the roster", "the name of a staff member of the roster"
    assert found == [
        (Found.NAME, "Jane Miller", student),
        (Found.NAME, "MILLER, JANE", student),
        (Found.NAME, "tom park", staff),
        (Found.NAME, "Will", student),
        (Found.ACCOUNT, "0042-17", "a student's number of the roster"),
    ]


def test_the_records_own_list_is_what_stands_in_it(roster: Roster) -> None:
    assert roster.names_in(["Ask Jane Miller.", "and JJ", "Parker"]) == ("Miller, Jane", "JJ")
    assert Roster().names_in(["Ask Jane Miller."]) == ()
    assert list(Roster().suggestions("Jane Miller")) == []


def test_a_roster_replaces_the_one_before_and_both_stay(archive: Archive, roster: Roster) -> None:
    rosters = Rosters(archive.store, archive.ledger)
    with archive.store.read() as connection:
        assert rosters.current(connection) == Roster()
    first = rosters.load(Roster(entries=roster.entries[1:]), actor="usr_ann")
    second = rosters.load(roster, actor="usr_bob")
    with archive.store.read() as connection:
        assert rosters.current(connection) == roster
        assert rosters.all(connection) == [first, second]
    assert (second.number, second.students, second.staff, second.actor) == (2, 2, 1, "usr_bob")


def test_loading_is_an_event_and_no_name_stands_in_the_clear(archive: Archive, roster: Roster) -> None:
    position = Rosters(archive.store, archive.ledger).load(roster, actor="usr_ann").position
    with archive.store.read() as connection:
        event = archive.ledger.event_at(connection, position).event
        tables = connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        rows = [
            bytes(str(tuple(row)), "utf-8")
            for name in tables
            for row in connection.execute(sql(f"SELECT * FROM {name}"))
        ]
    assert event.kind is EventKind.ROSTER_LOADED
    assert not any(b"Miller" in row or b"0042-17" in row for row in rows)
