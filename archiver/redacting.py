"""Redaction as acts of people: marked by words, by kind, by characters or by region; settled, changed, taken back.

Rules:

- What is marked is a draft until somebody makes it final. Making it final decides the record to be redacted, on the
  grounds of all its marks; one that is withheld or not responsive is decided anew first, by a person.
- The decision is written before what is final: whoever is interrupted in between leaves a record that is to be redacted
  and has no final redaction, which holds every production up. The same command goes on.
- Whoever may not see a record does not mark it. In a whole set each portion of records is one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act
from archiver.redaction_records import RequestRecords
from search.disclosure.mark_orders import marks_ordered
from search.disclosure.marking import unread_parts
from search.disclosure.redaction import RedactionState
from search.disclosure.review import Review
from search.disclosure.review_rows import Decision
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.mark_orders import MarkOrder
    from search.disclosure.redaction import Redaction
    from search.disclosure.redaction_rows import RedactionStep
    from search.disclosure.redactions import NewRedaction

_PORTION: Final = 200  # records that one step marks in a whole set


def add_marks(
    installation: Installation, who: Principal, name: str, record_id: str, order: MarkOrder, *, final: bool = False
) -> dict[str, Any]:
    """Mark a record of a request.

    Raises:
        NotFound: there is no such request, record or part.
        InvalidInput: the order cannot be carried out in this record, or a ground is none of the law's.
        Conflict: it finds nothing to mark, the request is closed, or a final mark meets another decision.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        opened = records.open(record_id, seen=False)
        made, found = marks_ordered(order, opened.parts, opened.marks, records.roster)
        unread = unread_parts(opened.parts) if order.searches and order.part is None else ()
        if not made:
            raise Conflict(
                "nothing of this is found here that is not marked already", record=record_id, unread=len(unread)
            )
        step = _mark(installation, records, {record_id: made}, final=final)
        return {**_told(records, step), "record": record_id, "found": found, "unread": list(unread)}


def mark_everywhere(
    installation: Installation,
    who: Principal,
    name: str,
    order: MarkOrder,
    *,
    final: bool = False,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """Mark every record of a request in which something stands. Every record is read; portions of them are steps.

    Records that are withheld or not responsive get drafts in any case: what leaves is decided by a person.

    Raises:
        NotFound: there is no such request.
        InvalidInput: the order is not by words or kinds, or a ground is none of the law's.
        Conflict: the request is closed, or it stands nowhere where it is not marked already.
        Denied: this role may not.
    """
    if not order.searches or order.keep_only:
        raise InvalidInput("the whole set is marked by --words or --find, without --keep-only")
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        ids = records.ids()
        steps, counts, unread = [], {"records": 0, "found": 0}, []
        for start in range(0, len(ids), _PORTION):
            marks: dict[str, list[NewRedaction]] = {}
            for opened in records.each(ids[start : start + _PORTION]):
                made, found = marks_ordered(order, opened.parts, opened.marks, records.roster)
                if made:
                    marks[opened.record_id] = made
                    counts = {"records": counts["records"] + 1, "found": counts["found"] + found}
                if unread_parts(opened.parts):
                    unread.append(opened.record_id)
            if marks:
                steps += _mark_portion(installation, records, marks, final=final)
            progress(min(len(ids), start + _PORTION), len(ids))
    if not steps:
        raise Conflict("it stands in no record of this request where it is not marked already", unread=len(unread))
    return {"request": records.request.number, "read": len(ids), **counts, "steps": steps, "unread": unread}


def settle_marks(
    installation: Installation, who: Principal, name: str, record_ids: Sequence[str] | None, codes: Sequence[str] = ()
) -> dict[str, Any]:
    """Make the drafts of records final, of all that have any where none are named; decides them to be redacted.

    Raises:
        NotFound: there is no such request or record.
        InvalidInput: a draft has no ground and none is given.
        Conflict: there is no draft, a record is withheld or not responsive, or the request is closed.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        with installation.archive.store.read() as connection:
            counts = records.redactions.counts(connection, records.request.id)
        wanted = list(record_ids) if record_ids is not None else [one for one, (drafts, _) in counts.items() if drafts]
        wanted = [one for one in wanted if record_ids is not None or one not in records.hidden]
        standing = records.known(wanted)
        if record_ids is None:
            kept_back = (Decision.WITHHOLD, Decision.NOT_RESPONSIVE)
            wanted = [one for one in wanted if standing[one].decision not in kept_back]
        if not wanted:
            raise Conflict("no record of this request has a draft to be made final")
        with installation.archive.store.read() as connection:
            marks = records.redactions.of(connection, records.request.id, wanted)
        missing = next((one for one in wanted if not any(_is_draft(mark) for mark in marks.get(one, ()))), None)
        if missing is not None:
            raise Conflict("a record has no draft to be made final; see: archiver request redact list", record=missing)
        bare = next((mark for one in wanted for mark in marks[one] if not mark.codes), None)
        if bare is not None and not codes:
            msg = f"redaction {bare.id} has no ground; give it one with --code"
            raise InvalidInput(msg, record=bare.record_id)
        grounds = {one: [code for mark in marks[one] for code in mark.codes or codes] for one in wanted}
        _decide(installation, records, grounds)
        step = records.redactions.settle(
            records.request.id, wanted, profile=records.profile, actor=who.actor, codes=codes
        )
        return _told(records, step)


def change_marks(
    installation: Installation,
    who: Principal,
    name: str,
    record_id: str,
    ids: Sequence[str],
    *,
    codes: Sequence[str] | None = None,
    label: str | None = None,
) -> dict[str, Any]:
    """Give marks of a record other grounds or another label.

    Raises:
        NotFound, Conflict, InvalidInput: see `search.disclosure.redactions.Redactions.change`.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        records.known([record_id])
        step = records.redactions.change(
            records.request.id, record_id, ids, profile=records.profile, actor=who.actor, codes=codes, label=label
        )
        return _told(records, step)


def remove_marks(
    installation: Installation, who: Principal, name: str, record_id: str, ids: Sequence[str]
) -> dict[str, Any]:
    """Remove marks of a record, drafts and final ones alike.

    Raises:
        NotFound, Conflict: see `search.disclosure.redactions.Redactions.remove`.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        records.known([record_id])
        return _told(records, records.redactions.remove(records.request.id, record_id, ids, actor=who.actor))


def undo_marks(installation: Installation, who: Principal, name: str, step: int) -> dict[str, Any]:
    """Take a step of redaction back; a decision that came with it stays, and is taken back by itself.

    Raises:
        NotFound, Conflict: see `search.disclosure.redactions.Redactions.undo`.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        return _told(records, records.redactions.undo(records.request.id, step, actor=who.actor))


def mark_found(
    installation: Installation, records: RequestRecords, marks: Mapping[str, Sequence[NewRedaction]]
) -> list[int]:
    """Make drafts in portions; the numbers of the steps."""
    ids = list(marks)
    steps: list[int] = []
    for start in range(0, len(ids), _PORTION):
        some = {one: list(marks[one]) for one in ids[start : start + _PORTION]}
        steps.append(_mark(installation, records, some, final=False).number)
    return steps


def _mark_portion(
    installation: Installation, records: RequestRecords, marks: Mapping[str, list[NewRedaction]], *, final: bool
) -> list[int]:
    if not final:
        return [_mark(installation, records, marks, final=False).number]
    standing = records.known(list(marks))
    kept_back = {one for one in marks if standing[one].decision in (Decision.WITHHOLD, Decision.NOT_RESPONSIVE)}
    portions = [({one: marks[one] for one in marks if one not in kept_back}, True)]
    portions.append(({one: marks[one] for one in kept_back}, False))
    return [_mark(installation, records, some, final=settled).number for some, settled in portions if some]


def _mark(
    installation: Installation, records: RequestRecords, marks: Mapping[str, list[NewRedaction]], *, final: bool
) -> RedactionStep:
    if final:
        for record_id, some in marks.items():
            for one in some:
                one.made(record_id, "0", RedactionState.FINAL)  # refused before anything is decided
        _decide(
            installation, records, {one: [code for mark in some for code in mark.codes] for one, some in marks.items()}
        )
    return records.redactions.add(
        records.request.id, marks, profile=records.profile, actor=records.who.actor, final=final
    )


def _decide(installation: Installation, records: RequestRecords, grounds: Mapping[str, Sequence[str]]) -> None:
    """Decide records to be redacted on these grounds and those they have; what is decided so already stays."""
    standing = records.known(list(grounds))
    kept_back = next(
        (one for one in grounds if standing[one].decision in (Decision.WITHHOLD, Decision.NOT_RESPONSIVE)), None
    )
    if kept_back is not None:
        raise Conflict("a record is withheld or not responsive; decide it anew before it is redacted", record=kept_back)
    together: dict[tuple[str, ...], list[str]] = {}
    for one, codes in grounds.items():
        known = standing[one].codes if standing[one].decision is Decision.REDACT else ()
        wanted = tuple(dict.fromkeys((*known, *codes)))
        if standing[one].decision is not Decision.REDACT or wanted != known:
            together.setdefault(wanted, []).append(one)
    review = Review(installation.archive.store)
    for codes, ids in together.items():
        review.decide(
            records.request.id, ids, Decision.REDACT, profile=records.profile, actor=records.who.actor, codes=codes
        )


def _is_draft(mark: Redaction) -> bool:
    return mark.state is RedactionState.DRAFT


def _told(records: RequestRecords, step: RedactionStep) -> dict[str, Any]:
    return {"request": records.request.number, "step": step.number, "records": step.records}
