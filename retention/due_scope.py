"""Which records may be decided otherwise since a place in the ledger: read from its leaves, so nobody can forget it.

Rules:

- Whatever changes a row leaves a leaf that names it (backups rest on the same: `storage.columns.CarriedBy.SUBJECT`).
  So no writer marks anything: who follows the ledger finds what was archived, assigned, linked, told or destroyed.
- A kind of event is known to change no decision, or it counts. What counts and names nothing that is understood
  touches every record. A kind that is new counts until somebody says otherwise here.
- What is decided by others' facts is touched with them: members of a family, and what depends on a record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from retention.tables import further_series, record_links, subjects
from storage.events import Event, EventKind
from storage.identifiers import Prefix
from storage.tables import destructions, ledger_leaves, records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sqlalchemy import ColumnElement

_CHUNK: Final = 500
_SERIES: Final = "series:"

OF_RECORDS: Final = frozenset(
    {
        EventKind.RECORD_ARCHIVED,
        EventKind.RECORD_ASSIGNED,
        EventKind.RECORD_DESTROYED,
        EventKind.RECORD_SUPERSEDED,
        EventKind.RECORD_LINKED,
        EventKind.RECORD_UNLINKED,
        EventKind.SERIES_ADDED,
        EventKind.SERIES_ENDED,
    }
)
"""Kinds that touch the records that they name, and nothing else that they name."""
OF_ALL_NAMED: Final = frozenset({EventKind.FACT_ADDED, EventKind.FACT_WITHDRAWN, EventKind.SUBJECT_CHANGED})
"""Kinds that touch the records that they name, and those of the series, custodians, persons and cases they name."""
_WITHOUT: Final = ("fct_",)
"""Beginnings of ids that stand in such leaves and are of no record: the event's own."""

_OF_BATCHES: Final = ("disposition.", "dispositions.", "nonrecord.", "nonrecords.")

HARMLESS: Final = frozenset(
    {
        EventKind.ARCHIVE_CREATED,
        EventKind.ARCHIVE_UPGRADED,  # another program is another basis
        EventKind.SCHEDULE_LOADED,  # other schedules are another basis
        EventKind.SUBJECT_ADDED,  # nobody is linked to it yet, and nothing told of it
        EventKind.CUSTODIAN_ADDED,
        EventKind.CUSTODIAN_CHANGED,
        EventKind.USER_ADDED,
        EventKind.USER_TOKEN_RENEWED,
        EventKind.USER_CLOSED,
        EventKind.RESTRICTION_SET,
        EventKind.RESTRICTION_LIFTED,
        EventKind.GRANT_GIVEN,
        EventKind.GRANT_TAKEN,
        EventKind.REQUEST_OPENED,
        EventKind.REQUEST_NOTED,
        EventKind.REQUEST_ASSIGNED,
        EventKind.REQUEST_TASK_ADDED,
        EventKind.REQUEST_TASK_DONE,
        EventKind.REQUEST_CLOSED,
        EventKind.REQUEST_REOPENED,
        EventKind.STUDENT_LINKED,  # of a request; what retention asks is linked by record.linked
        EventKind.STUDENT_UNLINKED,
        EventKind.STUDENT_GROUND_SET,
        EventKind.STUDENT_DISCLOSED,
        EventKind.STUDENT_REQUESTED,
        EventKind.STUDENTS_VIEWED,
        EventKind.CUSTODIAN_ASKED,
        EventKind.CUSTODIAN_REMINDED,
        EventKind.CUSTODIAN_DECLARED,
        EventKind.DECLARATION_ACCEPTED,
        EventKind.REVIEW_ADDED,
        EventKind.REVIEW_DECIDED,
        EventKind.REVIEW_CONFIRMED,
        EventKind.REVIEW_BATCHED,
        EventKind.REVIEW_UNDONE,
        EventKind.REVIEW_TAGGED,
        EventKind.EXEMPTION_ADDED,
        EventKind.EXEMPTION_CHANGED,
        EventKind.EXEMPTION_RETIRED,
        EventKind.REDACTION_MARKED,
        EventKind.REDACTION_CHANGED,
        EventKind.REDACTION_SETTLED,
        EventKind.REDACTION_REMOVED,
        EventKind.REDACTION_UNDONE,
        EventKind.OCCURRENCE_ACCEPTED,
        EventKind.OCCURRENCE_WITHDRAWN,
        EventKind.ROSTER_LOADED,
        EventKind.ROSTER_VIEWED,
        EventKind.REQUEST_PRODUCED,
        EventKind.RECORDS_PRODUCED,
        EventKind.PRODUCTION_WRITTEN,
        EventKind.REQUEST_CLAWED_BACK,
        EventKind.REQUESTS_VIEWED,
        EventKind.SUBMISSION_DEPOSITED,
        EventKind.SUBMISSION_DUPLICATE,
        EventKind.SUBMISSION_EXAMINED,
        EventKind.SUBMISSION_VIEWED,
        EventKind.SUBMISSION_REQUEUED,
        EventKind.SUBMISSION_RELEASED,
        EventKind.SUBMISSION_REJECTED,
        EventKind.RECORD_VIEWED,
        EventKind.RECORD_EXPORTED,
        EventKind.RECORD_TRANSCRIBED,
        EventKind.SEARCH_MADE,
        EventKind.SEARCH_SAVED,
        EventKind.SEARCH_CHANGED,
        EventKind.SEARCH_REMOVED,
        EventKind.SEARCH_FROZEN,
        EventKind.SEARCH_EXPORTED,
        EventKind.HITS_REPORTED,
        EventKind.SEARCHES_VIEWED,
        EventKind.ALERT_ADDED,
        EventKind.ALERT_CHANGED,
        EventKind.ALERT_REMOVED,
        EventKind.ALERT_FOUND,
        EventKind.ALERT_TOLD,
        EventKind.INDEX_REBUILT,
        EventKind.INDEX_RECONCILED,
        EventKind.RETENTION_EVALUATED,
        EventKind.FIXITY_CHECKED,
        EventKind.SIGNED_IN,
        EventKind.SERVICE_STARTED,
        EventKind.SERVICE_STOPPED,
        EventKind.KEY_SLOT_ADDED,
        EventKind.KEY_SLOT_REMOVED,
        EventKind.EPOCH_OPENED,
        EventKind.EPOCH_RETIRED,
        EventKind.CHECKPOINT_ANCHORED,
        EventKind.LETTER_SENT,
        EventKind.DESTRUCTION_DECIDED,  # each record has a leaf of its own
        EventKind.RELEASE_DECIDED,
        EventKind.TRANSFER_DECIDED,
        EventKind.BACKUP_MADE,
        EventKind.BACKUP_DRILLED,
        EventKind.CONTAINER_OPENED,
        EventKind.CONTAINER_UNPACKED,
        EventKind.CONTAINER_CLOSED,
        EventKind.CONTAINER_VIEWED,
        EventKind.CONTAINER_DESTROYED,  # what came out of it stays
        EventKind.SUBMISSION_DESTROYED,  # of one that became no record
        EventKind.PARTICIPANTS_VIEWED,
        EventKind.PARTICIPANT_LINKED,  # may assign a record, which leaves a leaf
        EventKind.PARTICIPANT_UNLINKED,
        EventKind.MAILBOX_DECLARED,
        EventKind.ANSWERS_SWITCHED,
        EventKind.NOTICE_QUEUED,
        EventKind.DRAFT_ADDED,
        EventKind.DRAFT_CONFIRMED,
        EventKind.DRAFT_DISCARDED,
        EventKind.DRAFT_EXPIRED,
        EventKind.HOLD_PLACED,  # holds come before every verdict, and are asked at each reading
        EventKind.HOLD_JUDGED,
        EventKind.HOLD_DECIDED,
        EventKind.HOLD_RENEWED,
        EventKind.HOLD_RELEASED,
        EventKind.HOLDS_VIEWED,
        EventKind.SUBJECTS_VIEWED,
        EventKind.CLOCK_FROZEN,
        EventKind.CLOCK_ACCEPTED,
        # acts about a batch, or a wish, change no record; each record that ends has a leaf of its own
        *(kind for kind in EventKind if kind.value.startswith(_OF_BATCHES)),
    }
)
"""Kinds that change no verdict of any record by themselves."""
# What was known of a destroyed record is deleted between its leaf and the confirmation, and others may rest on it.
AFTERWARDS: Final = frozenset({EventKind.DESTRUCTION_CONFIRMED})
"""Kinds that touch the records of the destruction that they name."""
ANYTHING: Final = frozenset({EventKind.RECOVERY_MADE, EventKind.ARCHIVE_RESTORED, EventKind.LOSS_ACCEPTED})
"""Kinds that may have changed any row."""

_COUNTING = ledger_leaves.c.kind.not_in(sorted(kind.value for kind in HARMLESS))


@dataclass(slots=True, kw_only=True)
class Touched:
    """What leaves name: ids of records, and what their records are to be looked up by; or `everything`.

    `told` are those of the subjects of whom an event was told, which counts for all records of an employee.
    """

    records: set[str] = field(default_factory=set)
    custodians: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    series: set[str] = field(default_factory=set)
    batches: set[str] = field(default_factory=set)
    everything: bool = False

    def take(self, event: Event) -> None:
        """Add what one leaf names."""
        if event.kind in OF_RECORDS:
            self.records.update(name for name in event.subjects if name.startswith(f"{Prefix.RECORD}_"))
        elif event.kind in OF_ALL_NAMED:
            for name in event.subjects:
                self._take_name(name)
            if event.kind is not EventKind.SUBJECT_CHANGED:
                self.told.update(name for name in event.subjects if name.startswith(f"{Prefix.SUBJECT}_"))
        elif event.kind in AFTERWARDS:
            self.batches.update(event.subjects)
        elif event.kind not in HARMLESS:
            self.everything = True

    def _take_name(self, name: str) -> None:
        if name.startswith(_SERIES):
            self.series.add(name.removeprefix(_SERIES))
        elif name.startswith(f"{Prefix.RECORD}_"):
            self.records.add(name)
        elif name.startswith(f"{Prefix.CUSTODIAN}_"):
            self.custodians.add(name)
        elif name.startswith(f"{Prefix.SUBJECT}_"):
            self.subjects.add(name)
        elif not name.startswith(_WITHOUT):
            self.everything = True


def is_behind(connection: Connection, position: int) -> bool:
    """Whether a leaf that counts lies after a place."""
    query = select(ledger_leaves.c.position).where(ledger_leaves.c.position > position, _COUNTING)
    return connection.execute(query.order_by(ledger_leaves.c.position).limit(1)).first() is not None


def touched_after(connection: Connection, position: int, limit: int) -> tuple[Touched, int | None]:
    """What the next leaves that count touch, at most `limit`; and the place of the last, None where there is none."""
    query = select(ledger_leaves.c.position, ledger_leaves.c.leaf).where(ledger_leaves.c.position > position, _COUNTING)
    touched, last = Touched(), None
    for row in connection.execute(query.order_by(ledger_leaves.c.position).limit(limit)):
        touched.take(Event.decode(row.leaf))
        last = row.position
    return touched, last


def records_touched(
    connection: Connection, touched: Touched, related: Callable[[Connection, Collection[str]], set[str]] | None = None
) -> list[str]:
    """Ids of the records that are touched, in order; destroyed ones too.

    Args:
        connection: a reading one.
        touched: by what; not `everything`.
        related: the records that are decided by what is known of these, beside them.
    """
    found = set(touched.records)
    employees = _in(connection, subjects.c.custodian_id, subjects.c.id, touched.told)
    custodians = touched.custodians.union(filter(None, employees))
    found.update(_in(connection, records.c.id, records.c.custodian_id, custodians))
    found.update(_in(connection, record_links.c.record_id, record_links.c.subject_id, touched.subjects))
    found.update(_in(connection, records.c.id, records.c.series_id, touched.series))
    found.update(_in(connection, further_series.c.record_id, further_series.c.series_id, touched.series))
    found.update(_in(connection, destructions.c.record_id, destructions.c.batch_id, touched.batches))
    if related is not None:
        found |= related(connection, found)
    return sorted(found)


def _in(connection: Connection, wanted: ColumnElement[Any], by: ColumnElement[Any], names: Iterable[str]) -> set[Any]:
    """The values of one column in the rows that have one of these in another."""
    ordered, found = sorted(names), set[Any]()
    for start in range(0, len(ordered), _CHUNK):
        query = select(wanted).where(by.in_(ordered[start : start + _CHUNK]))
        found.update(connection.execute(query).scalars())
    return found
