"""Tables of review: which records a request reaches, what was decided of each, and every step that led there.

Rule: ids, codes and moments only. What a reviewer wrote is sealed under the request's key.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

_DECISIONS = "decision IN ('release', 'redact', 'withhold', 'not_responsive')"

# How a record of a request stands now. `codes` are exemption codes joined by a line feed. `step` is the one that
# decided it; `confirmed_by` the second person who looked at that decision.
review_records = Table(
    "review_records",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("record_id", Id, primary_key=True),
    Column("added", Integer, nullable=False),
    Column("batch", Integer, nullable=True),
    Column("decision", String(16), nullable=True),
    Column("codes", String(800), nullable=False),
    Column("step", Integer, nullable=True),
    Column("decided_by", Id, nullable=True),
    Column("confirmed_by", Id, nullable=True),
    CheckConstraint(_DECISIONS, name="decision"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_review_records_decision", review_records.c.request_id, review_records.c.decision, review_records.c.record_id)
# every act tells how far the review has come: counted from this alone, in a tenth of the time that the rows take
Index(
    "ix_review_records_progress",
    review_records.c.request_id,
    review_records.c.decision,
    review_records.c.confirmed_by,
)
Index("ix_review_records_batch", review_records.c.request_id, review_records.c.batch, review_records.c.record_id)
Index("ix_review_records_record_id", review_records.c.record_id)

# A step of review: records added, decided, confirmed, given to somebody, or a step taken back. `sealed_note` is what
# was written with it.
review_steps = Table(
    "review_steps",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("takes_back", Integer, nullable=True),
    Column("sealed_note", LargeBinary, nullable=True),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)

# What a step changed of a record: how it stood before, so that the step can be taken back, and after.
review_changes = Table(
    "review_changes",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("record_id", Id, primary_key=True),
    Column("before", String(16), nullable=True),
    Column("before_codes", String(800), nullable=False),
    Column("before_step", Integer, nullable=True),
    Column("before_by", Id, nullable=True),
    Column("after", String(16), nullable=True),
    Column("after_codes", String(800), nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_review_changes_record_id", review_changes.c.record_id)

# A frozen search whose records were put before the reviewers; in `step` they were.
request_sets = Table(
    "request_sets",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("set_id", Id, primary_key=True),
    Column("step", Integer, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
