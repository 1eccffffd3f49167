"""How a record of a request stands, and how that is read and changed in rows.

Rule: a change keeps how the record stood before, with the step and the person that had decided it, so that a step can
be taken back and the one before it stands again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from search.disclosure.review_tables import review_changes, review_records
from search.disclosure.tag_tables import tagged_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement

_NAMED: Final = 500
_MANY: Final = 5_000


class Decision(StrEnum):
    """What is decided of a record: given as it is, given with parts left out, kept back, or none of this request's."""

    RELEASE = "release"
    REDACT = "redact"
    WITHHOLD = "withhold"
    NOT_RESPONSIVE = "not_responsive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedRecord:
    """How a record of a request stands."""

    record_id: str
    batch: int | None
    decision: Decision | None
    codes: tuple[str, ...]
    decided_by: str | None
    confirmed_by: str | None
    step: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was decided of a record, on which grounds (joined by line feeds), by which step and whom."""

    decision: Decision | None
    codes: str
    step: int | None
    by: str | None


def standing_of(connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, Standing]:
    """How these records stand; those that are not before the request's reviewers are left out."""
    return {
        one.record_id: Standing(decision=one.decision, codes="\n".join(one.codes), step=one.step, by=one.decided_by)
        for one in read_records(connection, request_id, record_ids)
    }


def standing_before(row: Any) -> Standing:
    """How a record stood before a row of `review_changes`."""
    decision = None if row.before is None else Decision(row.before)
    return Standing(decision=decision, codes=row.before_codes, step=row.before_step, by=row.before_by)


def read_records(connection: Connection, request_id: str, record_ids: Sequence[str]) -> Iterator[ReviewedRecord]:
    """These records of a request, as far as they are before its reviewers."""
    about = review_records.c
    for some in chunks(record_ids):
        query = select(review_records).where(about.request_id == request_id, about.record_id.in_(some))
        yield from (reviewed(row) for row in connection.execute(query))


def with_tag(connection: Connection, request_id: str, tag: int, after: str, most: int | None) -> ColumnElement[bool]:
    """That a record of `review_records` behind `after` has a tag.

    Args:
        connection: the archive's.
        request_id: whose.
        tag: the number of the tag.
        after: the record behind which the page begins.
        most: how many records the page has, where it asks for nothing but the tag; else None.
    """
    about, of = tagged_records.c, review_records.c
    having = select(about.record_id).where(about.request_id == request_id, about.tag == tag, about.record_id > after)
    if most is not None:
        return of.record_id.in_(having.order_by(about.record_id).limit(most))
    some = select(func.count()).select_from(having.limit(_MANY).subquery())
    if (connection.execute(some).scalar() or 0) < _MANY:
        return of.record_id.in_(having)
    return having.where(about.record_id == of.record_id).exists()  # of so many, what else is asked for leaves fewer


def change_records(
    connection: Connection, request_id: str, step: int, before: Mapping[str, Standing], after: Mapping[str, Standing]
) -> None:
    """Write how records stand after a step, and what it changed; a confirmation was of the decision before."""
    changes = [
        {
            "request_id": request_id,
            "step": step,
            "record_id": one,
            "before": before[one].decision,
            "before_codes": before[one].codes,
            "before_step": before[one].step,
            "before_by": before[one].by,
            "after": stands.decision,
            "after_codes": stands.codes,
        }
        for one, stands in after.items()
    ]
    if not changes:
        return
    connection.execute(insert(review_changes), changes)
    mine = (review_records.c.request_id == request_id, review_records.c.record_id == bindparam("of"))
    change = update(review_records).where(*mine)
    change = change.values(
        decision=bindparam("now"),
        codes=bindparam("grounds"),
        step=bindparam("at_step"),
        decided_by=bindparam("who"),
        confirmed_by=None,
    )
    rows = [
        {"of": one, "now": stands.decision, "grounds": stands.codes, "at_step": stands.step, "who": stands.by}
        for one, stands in after.items()
    ]
    connection.execute(change, rows)


def reviewed(row: Any) -> ReviewedRecord:
    """A row of `review_records`."""
    return ReviewedRecord(
        record_id=row.record_id,
        batch=row.batch,
        decision=None if row.decision is None else Decision(row.decision),
        codes=tuple(one for one in row.codes.split("\n") if one),
        decided_by=row.decided_by,
        confirmed_by=row.confirmed_by,
        step=row.step,
    )


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many ids as one leaf or one statement names."""
    return (ids[start : start + _NAMED] for start in range(0, len(ids), _NAMED))
