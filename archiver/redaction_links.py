"""What else may have to go: the same strings in other records of a request, and words that look private.

Rules:

- Nothing here is marked by itself: occurrences and suggestions are shown with their reasons, and a person has drafts
  made of them. What is marked already is told and not marked again.
- Every record of the request that this person may see is read; how many were, and which parts nobody can read, is said.
- Who is shown words of records leaves the event of having read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.redacting import mark_found
from archiver.redaction_records import RequestRecords
from archiver.redaction_view import region_document
from search.disclosure.linked import finder_of, strings_of
from search.disclosure.mark_orders import finder
from search.disclosure.marking import find_in, marks_of, part_name, states_of, unread_parts
from search.disclosure.redaction import Found
from search.disclosure.redactions import NewRedaction
from search.disclosure.release_types import ClosedPart
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archiver.access import Principal
    from archiver.redaction_records import OpenRecord
    from archiver.wiring import Installation
    from search.disclosure.marking import FoundAt
    from search.disclosure.redaction import RedactionState
    from search.disclosure.redaction_suggestions import Suggestion

MOST_LINKED: Final = 10_000
SUGGESTED: Final = tuple(one for one in Found if one is not Found.WORDS)


def _silent(_done: int, _total: int | None) -> None:
    """Nobody watches."""


def linked_occurrences(
    installation: Installation,
    who: Principal,
    name: str,
    record_id: str,
    *,
    mark: bool = False,
    progress: Callable[[int, int | None], None] = _silent,
) -> dict[str, Any]:
    """Where else in a request the strings stand that are marked in a record, and whether they are marked there.

    With `mark` the grounds of the record's marks are those of the drafts that are made of what is not marked yet.

    Raises:
        NotFound: there is no such request or record.
        InvalidInput: nothing is marked in the record.
        Conflict: the request is closed and something would be marked.
        Denied: this role may not.
    """
    authorize(who, Act.READ_RECORD)
    with RequestRecords(installation, who, name, Act.REVIEW if mark else Act.SEE_REQUESTS) as records:
        first = records.open(record_id)
        if not first.marks:
            raise InvalidInput("nothing is marked in this record yet, so nothing can be compared", record=record_id)
        listed = records.roster.names_in(text.text for text in first.parts.texts)
        strings = strings_of(first.parts, first.marks, roster=records.roster.names)
        look = finder_of(strings, roster=listed)
        codes = tuple(dict.fromkeys(code for one in first.marks for code in one.codes))
        told: list[dict[str, Any]] = []
        marks: dict[str, list[NewRedaction]] = {}
        unread: list[str] = []
        seen = 0
        ids = records.ids()
        for number, opened in enumerate(records.each(ids), start=1):
            hits, states = _look(opened, look)
            seen += len(hits)
            own = [
                (hit, state)
                for hit, state in zip(hits, states, strict=True)
                if opened.record_id != record_id or not state
            ]
            told += [_occurrence(opened.record_id, hit, state) for hit, state in own[: MOST_LINKED - len(told)]]
            fresh = [hit for hit, state in own if state is None]
            if mark and fresh:
                marks[opened.record_id] = _drafts(fresh, codes)
            if unread_parts(opened.parts):
                unread.append(opened.record_id)
            progress(number, len(ids))
        steps = mark_found(installation, records, marks) if marks else []
        records.note_read(list(dict.fromkeys(one["record"] for one in told)))
    return {
        "request": records.request.number,
        "record": record_id,
        "strings": len(strings),
        "read": len(ids),
        "occurrences": told,
        "not_marked": sum(one["marked"] is None for one in told) if not mark else 0,
        "more": seen > MOST_LINKED,
        "steps": steps,
        "unread": unread,
    }


def suggest_marks(
    installation: Installation,
    who: Principal,
    name: str,
    record_ids: Sequence[str] = (),
    *,
    kinds: Sequence[Found] = (),
    add: Sequence[Found] = (),
    after: str = "",
    limit: int = 100,
    progress: Callable[[int, int | None], None] = _silent,
) -> dict[str, Any]:
    """Words that look private in records of a request, each with its reason; of the kinds in `add` drafts are made.

    Args:
        installation: the archive.
        who: a reviewer.
        name: the request's number or id.
        record_ids: the records; without them `limit` records of the request from behind `after` on.
        kinds: what to look for; everything where not said.
        add: what drafts are made of.
        after: a record id.
        limit: how many records are read where none are named.
        progress: is told how many were read, of how many.

    Raises:
        NotFound: there is no such request or record.
        Conflict: the request is closed and something would be marked.
        Denied: this role may not.
    """
    authorize(who, Act.READ_RECORD)
    with RequestRecords(installation, who, name, Act.REVIEW if add else Act.SEE_REQUESTS) as records:
        records.known(record_ids)
        behind = [one for one in records.ids() if one > after] if not record_ids else []
        ids = list(dict.fromkeys(record_ids)) or behind[:limit]
        look = finder((), [one for one in (kinds or add or SUGGESTED) if one is not Found.WORDS], records.roster)
        told: list[dict[str, Any]] = []
        marks: dict[str, list[NewRedaction]] = {}
        for number, opened in enumerate(records.each(ids), start=1):
            hits, states = _look(opened, look)
            fresh = [hit for hit, state in zip(hits, states, strict=True) if state is None]
            told += [{**_occurrence(opened.record_id, hit, None), "reason": hit.reason} for hit in fresh]
            chosen = [hit for hit in fresh if hit.kind in add]
            if chosen:
                marks[opened.record_id] = _drafts(chosen, ())
            progress(number, len(ids))
        steps = mark_found(installation, records, marks) if marks else []
        records.note_read(list(dict.fromkeys(one["record"] for one in told)))
    for one in told:
        one.pop("marked")
    return {
        "request": records.request.number,
        "read": len(ids),
        "suggestions": told,
        "steps": steps,
        "next": ids[-1] if len(behind) > limit else None,
        "roster": bool(records.roster.entries),
    }


def linked_text(document: dict[str, Any]) -> str:
    """Occurrences for people."""
    lines = [f"{_line(one)}  {one['marked'] or 'not marked'}" for one in document["occurrences"]]
    made = f"; drafts made in steps {', '.join(map(str, document['steps']))}" if document["steps"] else ""
    lines.append(f"{document['strings']:,} strings looked for in {document['read']:,} records{made}")
    if document["more"]:
        lines.append(f"only the first {MOST_LINKED:,} occurrences are shown")
    if document["unread"]:
        lines.append(f"{len(document['unread']):,} records have parts that cannot be read; look at them")
    return "\n".join(lines)


def suggestions_text(document: dict[str, Any]) -> str:
    """Suggestions for people."""
    lines = [f"{_line(one)}  {one['kind']}: {one['reason']}" for one in document["suggestions"]]
    made = f"; drafts made in steps {', '.join(map(str, document['steps']))}" if document["steps"] else ""
    lines.append(f"{len(document['suggestions']):,} suggestions in {document['read']:,} records{made}")
    if not document["roster"]:
        lines.append("No roster is loaded, so names are not looked for; see: archiver request roster load")
    if document["next"]:
        lines.append(f"There are more; go on with --after {document['next']}")
    return "\n".join(lines)


def _look(
    opened: OpenRecord, look: Callable[[str], Iterable[Suggestion]]
) -> tuple[list[FoundAt], tuple[RedactionState | None, ...]]:
    parts = [one for one in opened.parts.parts if not isinstance(one, ClosedPart)]
    hits = [one for part in parts for one in find_in(part, look)]
    return hits, states_of(hits, opened.marks)


def _drafts(hits: Sequence[FoundAt], codes: tuple[str, ...]) -> list[NewRedaction]:
    return [NewRedaction(place=place, where=where, codes=codes) for place, where in marks_of(hits)]


def _occurrence(record_id: str, hit: FoundAt, state: RedactionState | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "record": record_id,
        "part": part_name(hit.part.place),
        "title": hit.part.title,
        "kind": hit.kind.value,
        "words": hit.words,
        "marked": None if state is None else state.value,
    }
    if hit.span is not None:
        return {**document, "span": [hit.span.start, hit.span.end]}
    return {**document, "regions": [region_document(one) for one in hit.regions]}


def _line(one: Mapping[str, Any]) -> str:
    where = f"{one['span'][0]}-{one['span'][1]}" if "span" in one else f"page {one['regions'][0]['page']}"
    return f"{one['record']}  {one['part']} {where}  {' '.join(one['words'].split())[:60]}"
