"""Occurrences as acts of people: where what was left out of one record stands in others, and where it may stand.

Rules:

- What is looked for and where follows from the archive as it is now: final redactions, and the records that are to be
  given. Nothing is accepted that does not stand there at that moment.
- Strings are shown to who reviews, and each look at a record's words leaves the event of having read it. What comes
  from a record that somebody may not see, or stands in one, does not exist for him.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archiver.access import Act
from archiver.redaction_records import RequestRecords
from search.disclosure.accepted_occurrences import AcceptedOccurrences, OccurrencePlace
from search.disclosure.linked import strings_of
from search.disclosure.occurrences import find_occurrences, kept_texts
from search.disclosure.production_gate_set import SetStrings
from search.disclosure.redaction import RedactionState
from search.disclosure.release_types import TextPart
from search.disclosure.review_rows import Decision
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archiver.access import Principal
    from archiver.redaction_records import OpenRecord
    from archiver.wiring import Installation
    from search.disclosure.occurrences import KeptPart, Occurrence
    from search.disclosure.production_gate_set import Accepted, SoughtSet

    Progress = Callable[[int, int | None], None]

_GIVEN = (Decision.RELEASE, Decision.REDACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An occurrence with its place by name, and the string itself; content."""

    occurrence: Occurrence
    place: OccurrencePlace
    shown: str
    owners: tuple[str, ...]


def accepted_of(installation: Installation, request_id: str) -> Accepted:
    """What people accepted of a request, for the gate; `request_id` is its id."""
    store = installation.archive.store
    with store.read() as connection:
        return AcceptedOccurrences(store).accepted(connection, request_id)


def list_occurrences(
    installation: Installation,
    who: Principal,
    name: str,
    *,
    record_id: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:
    """Where strings that are left out of one record stand in others that are to be given, accepted or not. An event.

    Raises:
        NotFound: there is no such request, or the record is not in it for this principal.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        found, short = _find(installation, records, record_id, progress)
        store = installation.archive.store
        users = {one.actor: one.name for one in installation.users.list()}
        with store.read() as connection:
            accepted = AcceptedOccurrences(store).all(connection, records.request.id)
        standing = {one.place: one for one in accepted if one.withdrawn is None}
        if found:
            shown = {each for one in found for each in (one.place.record_id, one.owners[0])}
            records.note_read(sorted(shown))
        else:
            records.note_viewed()
    rows = []
    for one in found:
        known = standing.get(one.place)
        rows.append(
            {
                "occurrence": one.place.name,
                "string": one.place.string,
                "shown": one.shown,
                "left_out_of": list(one.owners),
                "record": one.place.record_id,
                "part": one.place.part,
                "title": one.occurrence.title,
                "count": one.occurrence.count,
                "around": one.occurrence.around,
                "accepted": known is not None,
                "accepted_by": None if known is None else users.get(known.actor, known.actor),
                "accepted_at": None if known is None else known.at.isoformat(),
                "reason": None if known is None else known.reason,
            }
        )
    return {
        "request": records.request.number,
        "occurrences": rows,
        "open": sum(not one["accepted"] for one in rows),
        "by_region_only": short,
    }


def accept_occurrences(
    installation: Installation,
    who: Principal,
    name: str,
    occurrences: Sequence[str],
    reason: str,
    *,
    same_string: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:
    """Say that strings may stand where they stand; with `same_string` wherever else each of them stands now, too.

    Raises:
        NotFound: there is no such request, or one of these does not stand there now.
        InvalidInput: no reason is given.
        Conflict: the request is closed.
        Denied: this role may not.
    """
    if not reason.strip():
        raise InvalidInput("say why these may stand there: --reason TEXT")
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        found, _ = _find(installation, records, None, progress)
        known = {one.place.name: one.place for one in found}
        missing = next((one for one in occurrences if one not in known), None)
        if missing is not None:
            msg = f"no occurrence {missing[:40]!r} stands there now; see: archiver request occurrences"
            raise NotFound(msg)
        wanted = [known[one] for one in dict.fromkeys(occurrences)]
        if same_string:
            strings = {one.string for one in wanted}
            wanted = [one.place for one in found if one.place.string in strings]
        accepted = AcceptedOccurrences(installation.archive.store)
        fresh = accepted.accept(records.request.id, wanted, reason, actor=who.actor)
    return {"request": records.request.number, "accepted": fresh, "named": len(wanted)}


def withdraw_occurrences(
    installation: Installation, who: Principal, name: str, occurrences: Sequence[str]
) -> dict[str, Any]:
    """Accept no longer what was accepted.

    Raises:
        NotFound: there is no such request, or one is not accepted.
        Conflict: the request is closed.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        accepted = AcceptedOccurrences(installation.archive.store)
        withdrawn = accepted.withdraw(records.request.id, occurrences, actor=who.actor)
    return {"request": records.request.number, "withdrawn": withdrawn}


def _find(
    installation: Installation, records: RequestRecords, record_id: str | None, progress: Progress
) -> tuple[list[_Found], int]:
    """The occurrences in the records that are to be given, and how many strings are too short to be looked for."""
    ids = records.ids()
    if record_id is not None:
        records.known([record_id])
    standing = records.known(ids)
    given = [one for one in ids if standing[one].decision in _GIVEN]
    looked = [one for one in given if record_id in (None, one)]
    strings = SetStrings()
    kept: dict[str, tuple[KeptPart, ...]] = {}
    redacted = _with_marks(installation, records, given)
    total = len(redacted) + len(looked)
    for done, opened in enumerate(records.each(redacted), start=1):
        names = _own_names(records, opened)
        final = [one for one in opened.marks if one.state is RedactionState.FINAL]
        strings.add(opened.record_id, strings_of(opened.parts, final, roster=names), roster=names)
        kept[opened.record_id] = kept_texts(opened.parts, final, roster=names)
        progress(done, total)
    sought = strings.sought(accepted_of(installation, records.request.id))
    if not sought.strings:
        return [], sought.by_region_only
    found: list[_Found] = []
    others = [one for one in looked if one not in kept]
    for one in looked:
        if one in kept:
            found += _placed(sought, find_occurrences(sought, one, kept[one]))
    for done, opened in enumerate(records.each(others), start=len(redacted) + 1):
        texts = kept_texts(opened.parts, ())
        found += _placed(sought, find_occurrences(sought, opened.record_id, texts))
        progress(done, total)
    found.sort(key=lambda one: (one.shown.casefold(), one.place.string, one.place.record_id, one.place.part))
    return found, sought.by_region_only


def _placed(sought: SoughtSet, occurrences: Iterator[Occurrence]) -> Iterator[_Found]:
    for one in occurrences:
        place = OccurrencePlace(string=sought.names[one.string], record_id=one.record_id, part=one.part)
        owners = tuple(sorted(sought.owners[one.string]))
        yield _Found(occurrence=one, place=place, shown=sought.strings[one.string].shown, owners=owners)


def _with_marks(installation: Installation, records: RequestRecords, ids: Sequence[str]) -> list[str]:
    wanted = frozenset(ids)
    with installation.archive.store.read() as connection:
        counts = records.redactions.counts(connection, records.request.id)
    return [one for one, (_, finals) in counts.items() if finals and one in wanted]


def _own_names(records: RequestRecords, opened: OpenRecord) -> tuple[str, ...]:
    """The names of the roster that stand in a record: its own list."""
    return records.roster.names_in(one.text for one in opened.parts.parts if isinstance(one, TextPart))
