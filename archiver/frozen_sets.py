"""Frozen results as acts of people: made, shown, compared and verified; each is an event.

Rules:

- What is frozen is what `archiver search --ids` finds at that moment for who freezes, with everything that is needed to
  rely on it: the query as typed and in words, how complete the search was, engine and versions, day, zone and person.
- A set is never run again. It is shown with what became of its records since.
- A set with records that somebody may not see does not exist for him.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.saved_searches import note_view, saved_search
from archiver.search_finding import engine_facts, find_all, is_relative, said, today_of
from archiver.seeing import hidden_records
from search.frozen_ids import compared, listed
from search.frozen_sets import FrozenSets, faults_of, no_such_set
from search.saved_searches import LONGEST_NAME
from storage.errors import InvalidInput
from storage.records import RecordState
from storage.statements import plain_text
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.frozen_sets import FrozenSet

SIDES: Final = ("first", "second", "both")


def freeze(
    installation: Installation,
    who: Principal,
    query: str | None = None,
    *,
    saved: str | None = None,
    title: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Run a query, or a saved one, once and keep what it finds.

    Raises:
        InvalidInput: neither or both are given, the query cannot be understood, or the title is too long.
        NotFound: there is no such saved search.
        Denied: this role may not.
    """
    authorize(who, Act.WORK_SEARCHES)
    if (query is None) == (saved is None):
        raise InvalidInput("give a query or the name of a saved search with --saved, not both")
    found_by = None if saved is None else saved_search(installation, who, saved)
    text = query if found_by is None else found_by.query
    named = " ".join(plain_text(title or (found_by.name if found_by is not None else "")).split())
    if len(named) > LONGEST_NAME:
        raise InvalidInput(f"a title has at most {LONGEST_NAME} characters")
    about = searched_facts(installation, who, text or "")
    coverage, found = find_all(installation, who, text or "")
    ids = listed(_counted(found, progress))
    whole = {
        **about,
        "title": named or None,
        "saved": None if found_by is None else found_by.id,
        "total": ids.total,
        "ids_sha256": ids.sha256,
        "coverage": coverage,
        **engine_facts(installation),
    }
    made = FrozenSets(installation.archive.store).freeze(ids, whole, owner=who.actor)
    return _document(made, {RecordState.ACTIVE.value: ids.total} if ids.total else {})


def searched_facts(installation: Installation, who: Principal, text: str) -> dict[str, Any]:
    """Of a search what is known before it is run: the query, what it means, when, for whom and up to which leaf.

    Raises:
        InvalidInput: the query cannot be understood.
    """
    return {
        "query": plain_text(text),
        "words": said(installation, text),
        "relative": is_relative(installation, text),
        **moment_facts(installation, who),
    }


def moment_facts(installation: Installation, who: Principal) -> dict[str, Any]:
    """When, for whom, in which zone and with how long a ledger something is found."""
    archive = installation.archive
    now = archive.store.clock()
    with archive.store.read() as connection:
        size = archive.ledger.head(connection).size
    return {
        "made_at": now.isoformat(),
        "made_at_local": now.astimezone(archive.zone).isoformat(),
        "zone": archive.zone.key,
        "asked_on": today_of(installation).isoformat(),
        "by": who.actor,
        "by_name": plain_text(who.name),
        "ledger_size": size,
        "test_archive": archive.test_clock,
    }


def list_frozen(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """The sets that somebody may see, in the order in which they were made. Looking is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.WORK_SEARCHES)
    sets = FrozenSets(installation.archive.store)
    with installation.archive.store.read() as connection:
        found, hidden = sets.all(connection), hidden_records(connection, who)
    seen = [one for one in found if not hidden or hidden.isdisjoint(sets.ids(one.id))]
    note_view(installation, who, {"sets": len(seen)})
    return [_document(one, None) for one in seen]


def opened(installation: Installation, who: Principal, set_id: str) -> FrozenSet:
    """A set that somebody may see.

    Raises:
        NotFound: there is none, or it has records that he may not see.
        Denied: this role may not.
    """
    authorize(who, Act.WORK_SEARCHES)
    sets = FrozenSets(installation.archive.store)
    with installation.archive.store.read() as connection:
        one, hidden = sets.get(connection, set_id), hidden_records(connection, who)
    if hidden and not hidden.isdisjoint(sets.ids(set_id)):
        raise no_such_set()
    return one


def show_frozen(installation: Installation, who: Principal, set_id: str) -> dict[str, Any]:
    """One set, with what its records are now. Looking is an event.

    Raises:
        NotFound, Denied: see `opened`.
    """
    one = opened(installation, who, set_id)
    counts = Counter(state for _, state in with_states(installation, one))
    note_view(installation, who, {"set": "shown"}, set_id)
    return _document(one, dict(sorted(counts.items())))


def frozen_ids(
    installation: Installation, who: Principal, set_id: str, state: str | None = None
) -> Iterator[tuple[str, str]]:
    """Every id of a set with what the record is now, sorted, as they are read; or those of one state. An event.

    Raises:
        NotFound, Denied: see `opened`.
    """
    one = opened(installation, who, set_id)
    note_view(installation, who, {"set": "ids"}, set_id)
    return (pair for pair in with_states(installation, one) if state in (None, pair[1]))


def with_states(installation: Installation, one: FrozenSet) -> Iterator[tuple[str, str]]:
    """The ids of a set, each with what the record is now; `active` where it is, held or not."""
    store = installation.archive.store
    ended = [state.value for state in RecordState if state is not RecordState.ACTIVE]
    with store.read() as connection:
        rows = connection.execute(select(records.c.id, records.c.state).where(records.c.state.in_(ended)))
        states = {row.id: row.state for row in rows}
    for record_id in FrozenSets(store).ids(one.id):
        yield record_id, states.get(record_id, RecordState.ACTIVE.value)


def compare_frozen(installation: Installation, who: Principal, first: str, second: str) -> dict[str, Any]:
    """How many records two sets have in common, and how many only one has. An event.

    Raises:
        NotFound, Denied: see `opened`.
    """
    one, other = opened(installation, who, first), opened(installation, who, second)
    counts = Counter(side for _, side in _sides(installation, one, other))
    note_view(installation, who, {"set": "compared"}, first, second)
    return {
        "first": _document(one, None),
        "second": _document(other, None),
        "only_first": counts["first"],
        "only_second": counts["second"],
        "both": counts["both"],
        "same_query": one.about["query"] == other.about["query"],
    }


def compared_ids(
    installation: Installation, who: Principal, first: str, second: str, side: str
) -> Iterator[tuple[str, str]]:
    """The ids that only the `first` set has, only the `second`, or `both`, as they are read. An event.

    Raises:
        NotFound, Denied: see `opened`.
    """
    one, other = opened(installation, who, first), opened(installation, who, second)
    note_view(installation, who, {"set": "compared"}, first, second)
    return (pair for pair in _sides(installation, one, other) if pair[1] == side)


def _sides(installation: Installation, one: FrozenSet, other: FrozenSet) -> Iterator[tuple[str, str]]:
    sets = FrozenSets(installation.archive.store)
    for record_id, in_first, in_second in compared(sets.ids(one.id), sets.ids(other.id)):
        yield record_id, "both" if in_first and in_second else "first" if in_first else "second"


def verify_frozen(installation: Installation, who: Principal, set_id: str) -> dict[str, Any]:
    """Whether a set is still what was frozen, by its digests and its leaf. An event.

    Raises:
        NotFound, Denied: see `opened`.
    """
    one = opened(installation, who, set_id)
    archive = installation.archive
    with archive.store.read() as connection:
        faults = faults_of(FrozenSets(archive.store), archive.ledger, connection, one)
        bound = archive.ledger.payload(connection, one.position) is not None
    note_view(installation, who, {"set": "verified", "faults": len(faults)}, set_id)
    return {"frozen": set_id, "total": one.total, "ids_sha256": one.ids_sha256, "bound": bound, "faults": faults}


def frozen_text(document: dict[str, Any]) -> str:
    """A set for people."""
    states = document["states"]
    lines = [
        f"{document['id']}  {document['title'] or '(no title)'}",
        f"    Query     {document['query']}",
        f"    Meaning   {document['words']}",
        f"    Found     {document['total']:,} records, {document['made_at_local']} ({document['zone']})",
        f"    Coverage  {coverage_text(document['coverage'])}",
        f"    Engine    {document['engine']}, {document['version']}",
        f"    Ledger    leaf {document['position']:,}; the log had {document['ledger_size']:,} leaves before",
        f"    By        {document['by_name']} ({document['by']})",
        f"    Digest    {document['ids_sha256']}",
    ]
    if states is not None:
        lines.append(f"    Now       {', '.join(f'{count:,} {state}' for state, count in states.items()) or '-'}")
    return "\n".join(lines)


def coverage_text(coverage: dict[str, Any]) -> str:
    """How complete a search was, in one line."""
    said = f"{coverage['indexed']:,} of {coverage['records']:,} records were indexed"
    return f"{said}; {coverage['unsearchable']:,} of them have parts whose text could not be read"


def _document(one: FrozenSet, states: dict[str, int] | None) -> dict[str, Any]:
    return {"id": one.id, **one.about, "position": one.position, "states": states}


def _counted(found: Iterator[str], progress: Callable[[int, int | None], None] | None) -> Iterator[str]:
    for done, one in enumerate(found, 1):
        if progress is not None and done % 10_000 == 0:
            progress(done, None)
        yield one
