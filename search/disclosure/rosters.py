"""Lists of students and staff that an agency loads, so that their names are found in records; the last one holds.

Rules:

- A roster is a table (RFC 4180, UTF-8) with the columns name and role, and aliases and student_id where it has them. A
  line that cannot be taken is named by its number; nothing of a roster with such lines is taken.
- Names are content: they stand in the payload of the leaf of loading and nowhere in the clear. Every list stays, so
  that it can be told later which one a record was looked through with.
- "The record's own list" is the names of the roster that stand in the record.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, select

from search.disclosure.phrases import Phrases
from search.disclosure.redaction import Found
from search.disclosure.redaction_folding import fold, folded
from search.disclosure.redaction_suggestions import Suggestion, find_spans, name_forms
from search.disclosure.redaction_tables import rosters
from storage.errors import InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from storage.ledger import Ledger
    from storage.transaction import Store

LARGEST_ROSTER: Final = 16 << 20  # bytes
MOST_NAMES: Final = 100_000
_LONGEST_CELL: Final = 200
_LEAST_NUMBER: Final = 4  # letters and digits of a student's number that is looked for
_LEAST_NAME: Final = 2
_MOST_TOLD: Final = 5
_COLUMNS: Final = {
    "name": "name",
    "role": "role",
    "kind": "role",
    "alias": "aliases",
    "aliases": "aliases",
    "id": "number",
    "student_id": "number",
}


class RosterRole(StrEnum):
    """What somebody of a roster is."""

    STUDENT = "student"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """Somebody of a roster: his name as listed, what else he is called, and a student's number."""

    name: str
    role: RosterRole
    aliases: tuple[str, ...] = ()
    number: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """His name and what else he is called."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, kw_only=True)
class Roster:
    """A list of people; looking through a text takes one pass over its words, however long the list is."""

    entries: tuple[RosterEntry, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names and other names, each once, in order."""
        return tuple(dict.fromkeys(name for one in self.entries for name in one.names))

    def names_in(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The record's own list: the names that stand in texts, in any of their forms, in the order of the roster."""
        met: set[str] = set()
        for text in texts:
            whole = fold(text)
            for span in self._phrases.find(whole):
                met |= self._by_form.get(folded(text[span.start : span.end]), set())
        return tuple(name for name in self.names if name in met)

    def suggestions(self, text: str) -> Iterator[Suggestion]:
        """The names and the students' numbers that stand in a text; a single name only where it has a capital."""
        for one in find_spans(text, (Found.NAME,), roster=self.names):
            said = text[one.span.start : one.span.end]
            if " " in said.strip() or "," in said or not said[:1].islower():
                yield Suggestion(span=one.span, kind=Found.NAME, reason=self._reason(said))
        if self._numbers:
            for one in find_spans(text, (Found.WORDS,), words=self._numbers):
                yield Suggestion(span=one.span, kind=Found.ACCOUNT, reason="a student's number of the roster")

    @cached_property
    def _numbers(self) -> tuple[str, ...]:
        numbers = (one.number for one in self.entries if one.number is not None)
        return tuple(dict.fromkeys(one for one in numbers if len(folded(one)) >= _LEAST_NUMBER))

    @cached_property
    def _phrases(self) -> Phrases:
        return Phrases(tuple(form for name in self.names for form in name_forms(name)), least=_LEAST_NAME)

    @cached_property
    def _by_form(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name in self.names:
            for form in name_forms(name):
                found.setdefault(folded(form), set()).add(name)
        return found

    @cached_property
    def _roles(self) -> dict[str, set[RosterRole]]:
        found: dict[str, set[RosterRole]] = {}
        for one in self.entries:
            for name in one.names:
                found.setdefault(name, set()).add(one.role)
        return found

    def _reason(self, said: str) -> str:
        roles = {role for name in self._by_form.get(folded(said), ()) for role in self._roles[name]}
        return f"the name of a {' or '.join(sorted(roles))} member of the roster" if roles else "a name of the roster"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRoster:
    """A roster that was loaded: its version, when, by whom, and how many it lists."""

    number: int
    position: int
    at: datetime
    actor: str
    students: int
    staff: int


class Rosters:
    """The rosters of one archive."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    def load(self, roster: Roster, *, actor: str) -> LoadedRoster:
        """Make a roster the one that holds; an event."""
        students = sum(one.role is RosterRole.STUDENT for one in roster.entries)
        with self._store.write() as transaction:
            last = self.last(transaction.connection)
            number = 1 if last is None else last.number + 1
            payload = {"number": number, "people": [_members(one) for one in roster.entries]}
            position = transaction.append(EventKind.ROSTER_LOADED, actor=actor, payload=payload)
            loaded = LoadedRoster(
                number=number,
                position=position,
                at=transaction.at,
                actor=actor,
                students=students,
                staff=len(roster.entries) - students,
            )
            row = {name: getattr(loaded, name) for name in LoadedRoster.__slots__}
            transaction.connection.execute(insert(rosters), [row])
        return loaded

    def all(self, connection: Connection) -> list[LoadedRoster]:
        """Every roster that was loaded, the oldest first."""
        query = select(rosters).order_by(rosters.c.number)
        return [_loaded(row) for row in connection.execute(query)]

    def last(self, connection: Connection) -> LoadedRoster | None:
        """The roster that holds, None where none was loaded."""
        row = connection.execute(select(rosters).order_by(rosters.c.number.desc()).limit(1)).first()
        return None if row is None else _loaded(row)

    def current(self, connection: Connection) -> Roster:
        """The people of the roster that holds; nobody where none was loaded."""
        last = self.last(connection)
        if last is None:
            return Roster()
        payload = self._ledger.payload(connection, last.position) or {}
        return Roster(entries=tuple(_entry(one) for one in payload.get("people", ())))


def read_roster(raw: bytes) -> Roster:
    """The people of a table.

    Raises:
        InvalidInput: it is none, or a line of it cannot be taken; says which lines, and nothing that stands there.
    """
    if len(raw) > LARGEST_ROSTER:
        raise InvalidInput(f"a roster has at most {LARGEST_ROSTER >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")
        head = text.split("\n", 1)[0]
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
        columns = [_COLUMNS.get("_".join(one.strip().casefold().split())) for one in next(reader, [])]
        if not {"name", "role"} <= set(columns):
            raise InvalidInput("the first line of a roster names its columns; it needs name and role (student, staff)")
        entries, wrong = [], []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            found = _read(dict(zip(columns, cells, strict=False)))
            if found is None:
                wrong.append(str(reader.line_num))
            else:
                entries.append(found)
    except UnicodeDecodeError as error:
        raise InvalidInput("the roster is not UTF-8; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise InvalidInput("the roster is no table that can be read; save it as CSV in UTF-8") from error
    if wrong:
        more = f" and {len(wrong) - _MOST_TOLD:,} more" if len(wrong) > _MOST_TOLD else ""
        lines = ", ".join(wrong[:_MOST_TOLD])
        raise InvalidInput(f"a name, a role (student or staff) or a cell is wrong in line {lines}{more}; mend the file")
    if not 0 < len(entries) <= MOST_NAMES:
        raise InvalidInput(f"a roster lists 1 to {MOST_NAMES:,} people")
    return Roster(entries=tuple(entries))


def _read(cells: dict[str | None, str]) -> RosterEntry | None:
    name, role = " ".join(cells.get("name", "").split()), cells.get("role", "").strip().casefold()
    aliases = tuple(filter(None, (" ".join(one.split()) for one in cells.get("aliases", "").split(";"))))
    number = cells.get("number", "").strip() or None
    shortest = min(len(folded(one)) for one in (name, *aliases))
    longest = max(map(len, (name, *aliases, number or "")))
    if role not in {one.value for one in RosterRole} or shortest < _LEAST_NAME or longest > _LONGEST_CELL:
        return None
    return RosterEntry(name=name, role=RosterRole(role), aliases=aliases, number=number)


def _members(one: RosterEntry) -> list[Any]:
    return [one.name, one.role.value, list(one.aliases), one.number]


def _entry(members: list[Any]) -> RosterEntry:
    name, role, aliases, number = members
    return RosterEntry(name=name, role=RosterRole(role), aliases=tuple(aliases), number=number)


def _loaded(row: Any) -> LoadedRoster:
    return LoadedRoster(**{name: getattr(row, name) for name in LoadedRoster.__slots__})
