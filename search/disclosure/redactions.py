"""Redactions in the archive: what reviewers mark in the records of a request, draft or final; every step an event.

Rules:

- A record has one sealed row: what is marked in it now. A step can be taken back while nothing later has touched its
  records; taking back is a step of its own.
- A mark says where, on which ground and what is printed there, never what stands there: what was found by words or by
  kind is kept as characters of a text or boxes of a page. So nothing of a record outlives it in here.
- Whatever changes what is final in a record takes away the second person's confirmation of it.
- A step is one transaction, whatever number of records it touches, in leaves of some hundred ids each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from search.disclosure.redaction import LONGEST_LABEL, Redaction, RedactionState
from search.disclosure.redaction_rows import (
    Opener,
    begin_step,
    next_number,
    read_changes,
    read_rows,
    stood_before,
    unfinished_records,
    write_marks,
)
from search.disclosure.redaction_tables import record_redactions, redaction_steps
from search.disclosure.requests import Requests
from search.disclosure.review_rows import chunks, standing_of
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from search.disclosure.jurisdictions import Profile
    from search.disclosure.redaction import Pattern, Place, Regions, Words
    from search.disclosure.redaction_rows import Marks, RedactionStep, Unfinished
    from storage.transaction import Store

_NOT_IN_LABELS: Final = str.maketrans("", "", '\t\n\r,;|"')


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRedaction:
    """What somebody marks in a record; without a label its grounds are printed."""

    place: Place
    where: Words | Regions | Pattern
    codes: tuple[str, ...] = ()
    label: str = ""
    keep_only: bool = False

    def made(self, record_id: str, name: str, state: RedactionState) -> Redaction:
        """The redaction under its id.

        Raises:
            InvalidInput: it is not a whole one.
        """
        codes = tuple(dict.fromkeys(self.codes))
        return Redaction(
            id=name,
            record_id=record_id,
            place=self.place,
            where=self.where,
            codes=codes,
            state=state,
            label=self.label or label_of(codes),
            keep_only=self.keep_only,
        )


class Redactions:
    """The redactions of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    def add(
        self,
        request_id: str,
        marks: Mapping[str, Sequence[NewRedaction]],
        *,
        profile: Profile,
        actor: str,
        final: bool = False,
    ) -> RedactionStep:
        """Mark records, as drafts or at once as final.

        Raises:
            NotFound: there is no such request, or a record is not before its reviewers.
            Conflict: the request is closed.
            InvalidInput: a ground is none of the law's, a final one has none, or there are too many in one record.
        """
        check_codes([code for some in marks.values() for one in some for code in one.codes], profile)
        state = RedactionState.FINAL if final else RedactionState.DRAFT
        count = 0

        def marked(record_id: str, before: Marks, step: int) -> Marks:
            nonlocal count
            made = list(before)
            for one in marks[record_id]:
                count += 1
                made.append(one.made(record_id, f"{step}.{count}", state))
            return tuple(made)

        return self._change(request_id, "mark", EventKind.REDACTION_MARKED, list(marks), marked, actor)

    def change(
        self,
        request_id: str,
        record_id: str,
        ids: Sequence[str],
        *,
        profile: Profile,
        actor: str,
        codes: Sequence[str] | None = None,
        label: str | None = None,
    ) -> RedactionStep:
        """Give redactions of a record other grounds or another label; what is final stays final.

        Raises:
            NotFound: there is no such request, record or redaction.
            Conflict: the request is closed, or nothing changes.
            InvalidInput: a ground is none of the law's, or a final redaction would have none.
        """
        check_codes(codes or (), profile)

        def changed(one: Redaction) -> Redaction:
            grounds = one.codes if codes is None else tuple(dict.fromkeys(codes))
            by_grounds = label_of(grounds) if one.label == label_of(one.codes) else one.label
            return replace(one, codes=grounds, label=by_grounds if label is None else label)

        return self._each(request_id, "change", EventKind.REDACTION_CHANGED, record_id, ids, changed, actor)

    def settle(
        self, request_id: str, record_ids: Sequence[str], *, profile: Profile, actor: str, codes: Sequence[str] = ()
    ) -> RedactionStep:
        """Make the drafts of records final; `codes` are the ground of those that have none yet.

        Raises:
            NotFound: there is no such request, or a record is not before its reviewers.
            Conflict: the request is closed, or there is no draft.
            InvalidInput: a draft has no ground.
        """
        check_codes(codes, profile)
        given = tuple(dict.fromkeys(codes))

        def settled(record_id: str, before: Marks, step: int) -> Marks:
            del record_id, step
            return tuple(_final(one, given) for one in before)

        return self._change(request_id, "final", EventKind.REDACTION_SETTLED, record_ids, settled, actor)

    def remove(self, request_id: str, record_id: str, ids: Sequence[str], *, actor: str) -> RedactionStep:
        """Remove redactions of a record, drafts and final ones alike.

        Raises:
            NotFound: there is no such request, record or redaction.
            Conflict: the request is closed.
        """
        return self._each(request_id, "remove", EventKind.REDACTION_REMOVED, record_id, ids, lambda _: None, actor)

    def undo(self, request_id: str, number: int, *, actor: str) -> RedactionStep:
        """Take a step back: in its records stands what was marked before it.

        Raises:
            NotFound: there is no such step.
            Conflict: a later step touched one of its records, it was taken back already, or the request is closed.
        """
        with self._store.write() as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            changed = read_changes(connection, request_id, number)
            if not changed:
                raise NotFound(f"step {number} marked nothing; see: archiver request redact list --steps")
            rows = read_rows(connection, request_id, list(changed))
            if any(rows[one].step != number for one in changed):
                raise Conflict(f"a later step touched records of step {number}, or it was taken back already")
            opener = self._opener(connection, request_id)
            after = {one: stood_before(opener, row) for one, row in changed.items()}
            step = begin_step(
                transaction, request_id, "undo", EventKind.REDACTION_UNDONE, list(changed), actor, takes_back=number
            )
            write_marks(connection, opener, step.number, rows, after)
        return step

    def of(self, connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, Marks]:
        """What is marked in these records, drafts and final ones; records with nothing marked are left out.

        Raises:
            Corrupt: a row is not what was sealed.
        """
        rows = read_rows(connection, request_id, record_ids)
        marked = [one for one in record_ids if one in rows and rows[one].drafts + rows[one].finals]
        if not marked:
            return {}
        opener = self._opener(connection, request_id)
        return {one: opener.open(one, rows[one].sealed_redactions) for one in marked}

    def final_of(self, connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, Marks]:
        """The final redactions of these records; records without any are left out.

        Raises:
            Corrupt: a row is not what was sealed.
        """
        return _of_state(self.of(connection, request_id, record_ids), RedactionState.FINAL)

    def drafts(self, connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, Marks]:
        """The drafts of these records; records without any are left out.

        Raises:
            Corrupt: a row is not what was sealed.
        """
        return _of_state(self.of(connection, request_id, record_ids), RedactionState.DRAFT)

    def counts(
        self, connection: Connection, request_id: str, record_ids: Sequence[str] | None = None
    ) -> dict[str, tuple[int, int]]:
        """How many drafts and final redactions records have; all that have any where none are named."""
        about = record_redactions.c
        query = select(about.record_id, about.drafts, about.finals).order_by(about.record_id)
        query = query.where(about.request_id == request_id, about.drafts + about.finals > 0)
        portions = (
            [query] if record_ids is None else [query.where(about.record_id.in_(one)) for one in chunks(record_ids)]
        )
        return {row.record_id: (row.drafts, row.finals) for one in portions for row in connection.execute(one)}

    def unfinished(self, connection: Connection, request_id: str) -> tuple[Unfinished, ...]:
        """The records that hold a production up: to be redacted and not wholly marked, or marked and not so decided."""
        return tuple(unfinished_records(connection, request_id))

    def steps(self, connection: Connection, request_id: str) -> list[Mapping[str, Any]]:
        """Every step, in order."""
        query = select(redaction_steps).where(redaction_steps.c.request_id == request_id)
        return [
            {
                "step": row.number,
                "kind": row.kind,
                "by": row.actor,
                "at": row.at.isoformat(),
                "position": row.position,
                "records": row.records,
                "takes_back": row.takes_back,
            }
            for row in connection.execute(query.order_by(redaction_steps.c.number))
        ]

    def _opener(self, connection: Connection, request_id: str) -> Opener:
        key = self._requests.key(connection, request_id)
        return Opener(vault=self._store.vault, key=key, request_id=request_id)

    def _each(
        self,
        request_id: str,
        kind: str,
        event: EventKind,
        record_id: str,
        ids: Sequence[str],
        act: Callable[[Redaction], Redaction | None],
        actor: str,
    ) -> RedactionStep:
        """Do something to redactions of a record that are named; None takes one away."""
        wanted = frozenset(ids)

        def done(record_id: str, before: Marks, step: int) -> Marks:
            del step
            missing = wanted - {one.id for one in before}
            if missing:
                msg = f"this record has no redaction {min(missing)[:40]!r}; see: archiver request redact list"
                raise NotFound(msg, record=record_id)
            made = (act(one) if one.id in wanted else one for one in before)
            return tuple(one for one in made if one is not None)

        return self._change(request_id, kind, event, [record_id], done, actor)

    def _change(
        self,
        request_id: str,
        kind: str,
        event: EventKind,
        record_ids: Sequence[str],
        act: Callable[[str, Marks, int], Marks],
        actor: str,
    ) -> RedactionStep:
        """One step: what is marked in each record becomes what `act` makes of it."""
        wanted = list(dict.fromkeys(record_ids))
        with self._store.write() as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            there = standing_of(connection, request_id, wanted)
            missing = next((one for one in wanted if one not in there), None)
            if missing is not None:
                raise NotFound(f"record {missing[:64]} is not before the reviewers of this request", record=missing)
            opener = self._opener(connection, request_id)
            rows = read_rows(connection, request_id, wanted)
            before = {one: opener.open(one, rows[one].sealed_redactions) if one in rows else () for one in wanted}
            number = next_number(connection, request_id)
            made = {one: act(one, marks, number) for one, marks in before.items()}
            after = {one: (number, marks) for one, marks in made.items() if marks != before[one]}
            if not after:
                raise Conflict("there is nothing to do: what is marked in these records stays as it is")
            step = begin_step(transaction, request_id, kind, event, list(after), actor)
            write_marks(connection, opener, step.number, rows, after)
        return step


def check_codes(codes: Sequence[str], profile: Profile) -> None:
    """Refuse grounds that the law of a request does not have.

    Raises:
        InvalidInput: one is none.
    """
    unknown = next((one for one in codes if one not in {known.code for known in profile.exemptions}), None)
    if unknown is not None:
        msg = f"{profile.id} has no exemption {unknown[:40]!r}; see: archiver request profiles {profile.id}"
        raise InvalidInput(msg)


def label_of(codes: Sequence[str]) -> str:
    """What is printed where only grounds are given: as many of them as fit."""
    label = ""
    for code in codes:
        longer = f"{label} + {code}" if label else code
        if len(longer) > LONGEST_LABEL:
            break
        label = longer
    return label.translate(_NOT_IN_LABELS)


def _final(one: Redaction, codes: tuple[str, ...]) -> Redaction:
    if one.state is RedactionState.FINAL:
        return one
    if not one.codes and not codes:
        msg = f"redaction {one.id} has no ground; give it one with --code, or with: archiver request redact change"
        raise InvalidInput(msg, record=one.record_id)
    grounds = one.codes or codes
    return replace(one, state=RedactionState.FINAL, codes=grounds, label=one.label or label_of(grounds))


def _of_state(found: Mapping[str, Marks], state: RedactionState) -> dict[str, Marks]:
    kept = {one: tuple(mark for mark in marks if mark.state is state) for one, marks in found.items()}
    return {one: marks for one, marks in kept.items() if marks}
