"""Tables of redaction: what is marked in each record of a request, every step that led there, and lists of names.

Rule: ids, counts and moments only. What is marked, its grounds and labels are sealed under the request's key; the names
of a roster stand in the payload of its leaf.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# What is marked in a record now: `sealed_redactions` as `search.disclosure.redaction_codec` writes it, how many of them
# are drafts and how many are final, and the step that made it so.
record_redactions = Table(
    "record_redactions",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("record_id", Id, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("drafts", Integer, nullable=False),
    Column("finals", Integer, nullable=False),
    Column("sealed_redactions", LargeBinary, nullable=False),
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_record_redactions_record_id", record_redactions.c.record_id)

# A step of redaction: marks made, changed, made final, removed, or a step taken back.
redaction_steps = Table(
    "redaction_steps",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("records", Integer, nullable=False),
    Column("takes_back", Integer, nullable=True),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)

# What was marked in a record before a step, so that it can be taken back; nothing was where both are null.
redaction_changes = Table(
    "redaction_changes",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("record_id", Id, primary_key=True),
    Column("before_step", Integer, nullable=True),
    Column("sealed_before", LargeBinary, nullable=True),
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_redaction_changes_record_id", redaction_changes.c.record_id)

# A list of students and staff that was loaded; the last one holds. Its names are in the payload of the leaf there.
rosters = Table(
    "rosters",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("position", Position, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Id, nullable=False),
    Column("students", Integer, nullable=False),
    Column("staff", Integer, nullable=False),
    info=carried(CarriedBy.POSITION, "position"),
)
