"""What was read in the pictures of records, version by version, and which records still wait for it.

Rule: a version is added and never changed. All that it says is sealed under the key of its record, so that it goes
with the record; what stands in plain says who read (an engine or a person), when, and how often it was tried.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# One row for each version; the numbers of a record begin with 1 and are dense. `position` is that of the leaf which
# names it.
transcriptions = Table(
    "transcriptions",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Moment, nullable=False),
    Column("source", String(16), nullable=False),
    Column("position", Position, nullable=False, index=True),
    Column("sealed_transcription", LargeBinary, nullable=False),
    CheckConstraint("source IN ('engine', 'person')", name="source"),
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

# Records whose pictures wait to be read: written with the record, deleted with the version that was read. Lower
# priorities come first. `attempts` counts how often reading began; where it does not end, it is given up. A backup may
# carry an older count, which costs an attempt more.
awaiting_reading = Table(
    "awaiting_reading",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "record_id"),
)
Index("ix_awaiting_reading_priority_since", awaiting_reading.c.priority, awaiting_reading.c.since)
