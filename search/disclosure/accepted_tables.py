"""The table of accepted occurrences: where a person said that a redacted string may stand in another record.

Rule: ids and moments only. The string has a name that the archive's key makes; why it was accepted is sealed under the
request's key.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# A string that may stand in a part of a record, by its name; from `position` on, and until `withdrawn`.
accepted_occurrences = Table(
    "accepted_occurrences",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("string", String(40), primary_key=True),
    Column("record_id", Id, primary_key=True),
    Column("part", String(220), primary_key=True),
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Id, nullable=False),
    Column("withdrawn", Position, nullable=True),
    Column("sealed_reason", LargeBinary, nullable=False),
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_accepted_occurrences_record_id", accepted_occurrences.c.record_id)
