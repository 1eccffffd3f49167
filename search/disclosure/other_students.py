"""Whom a parent must not see: the students of roster and register apart from his own child, found in a record. Pure.

Rules:

- A name that is also the child's own is the child's: people share names, and the program cannot tell them apart. That
  two students share one a person has to know.
- A text is looked through as it would leave: what final redactions take out stands no more, however they say it. On
  pages a name stands until boxes cover all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.disclosure.kept_text import keep_text
from search.disclosure.marking import FoundAt, find_in, same_place, states_of
from search.disclosure.redaction import RedactionState, Regions
from search.disclosure.redaction_folding import folded
from search.disclosure.redaction_suggestions import name_forms
from search.disclosure.release_types import ClosedPart, TextPart
from search.disclosure.rosters import Roster, RosterEntry, RosterRole
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from retention.subjects import Subject
    from search.disclosure.redaction import Redaction
    from search.disclosure.release_types import RecordParts


def register_roster(students: Iterable[Subject]) -> Roster:
    """The students of the register whose names are known, with their references as numbers."""
    return Roster(entries=tuple(_entry(one) for one in students if one.stated.name))


def other_students(roster: Roster, students: Sequence[Subject], own: Collection[str]) -> Roster:
    """Every student of the roster and of the register who is none of these, by the ids of the register.

    Args:
        roster: the one that holds; its staff does not count.
        students: the register's.
        own: ids of the children that the request is about.
    """
    mine = [one for one in students if one.id in own]
    numbers = {folded(one.stated.ref) for one in mine}
    names = {form for one in mine for form in _forms(one.stated.name or "")}
    listed = [one for one in roster.entries if one.role is RosterRole.STUDENT]
    own_entries = [one for one in listed if _is_own(one, numbers, names)]
    names |= {form for one in own_entries for name in one.names for form in _forms(name)}
    entries = []
    for one in (*listed, *register_roster(students).entries):
        if _is_own(one, numbers, names):
            continue
        aliases = tuple(name for name in one.aliases if not names.intersection(_forms(name)))
        entries.append(RosterEntry(name=one.name, role=one.role, aliases=aliases, number=one.number))
    return Roster(entries=tuple(dict.fromkeys(entries)))


def found_in(parts: RecordParts, others: Roster) -> tuple[FoundAt, ...]:
    """Where names and numbers of others stand in a record, whatever is marked."""
    return tuple(
        found for part in parts.parts if not isinstance(part, ClosedPart) for found in find_in(part, others.suggestions)
    )


def still_standing(
    parts: RecordParts, marks: Sequence[Redaction], others: Roster, *, roster: Roster
) -> tuple[FoundAt, ...]:
    """Where they would stand in what leaves, with the final redactions only.

    Args:
        parts: the record's.
        marks: all that is marked in it.
        others: whom to look for.
        roster: the one that redactions by pattern look for names with.
    """
    final = [one for one in marks if one.state is RedactionState.FINAL]
    standing: list[FoundAt] = []
    for part in parts.parts:
        if isinstance(part, ClosedPart):
            continue
        found = find_in(part, others.suggestions)
        here = [one for one in final if same_place(one.place, part.place)]
        if not found or not here:
            standing += found
        elif isinstance(part, TextPart):
            standing += _left_in_text(part, found, here, others, roster)
        else:
            states = states_of(found, here)
            standing += (one for one, state in zip(found, states, strict=True) if state is None)
    return tuple(standing)


def _left_in_text(
    part: TextPart, found: Sequence[FoundAt], here: Sequence[Redaction], others: Roster, roster: Roster
) -> Sequence[FoundAt]:
    try:
        kept = keep_text(
            part.text, [one for one in here if not isinstance(one.where, Regions)], roster=roster.names
        ).text
    except (Conflict, InvalidInput):
        return found  # a mark that cannot be carried out takes nothing out
    return find_in(TextPart(place=part.place, title=part.title, text=kept), others.suggestions)


def _entry(one: Subject) -> RosterEntry:
    return RosterEntry(name=one.stated.name or "", role=RosterRole.STUDENT, number=one.stated.ref)


def _is_own(one: RosterEntry, numbers: Collection[str], names: set[str]) -> bool:
    numbered = one.number is not None and folded(one.number) in numbers
    return numbered or bool(names.intersection(_forms(one.name)))


def _forms(name: str) -> set[str]:
    return {folded(one) for one in name_forms(name)} - {""}
