"""Tables of what somebody says is no record: which records, for which reason of the list, and who said what to it.

Rule: ids, dates, states and the code of a reason. What a person wrote with it stands in the payload of his leaf, which
goes with the record.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# `destruction_id` is the destruction that an agreement decided, in the same transaction.
nonrecord_claims = Table(
    "nonrecord_claims",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("reason", String(32), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("destruction_id", Id, nullable=True),
    CheckConstraint("state IN ('asked', 'agreed', 'refused', 'withdrawn')", name="state"),
    info=carried(CarriedBy.SUBJECT, "id"),
)

# A record, or a submission that lies in quarantine and never became one.
nonrecord_records = Table(
    "nonrecord_records",
    metadata,
    Column("claim_id", Id, ForeignKey("nonrecord_claims.id"), primary_key=True),
    Column("record_id", Id, primary_key=True, index=True),
    Column("size", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "claim_id"),
)

# `marks` as in `disposition_acts`: acts with a mark in common are those of one person.
nonrecord_acts = Table(
    "nonrecord_acts",
    metadata,
    Column("claim_id", Id, ForeignKey("nonrecord_claims.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("act", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    CheckConstraint("act IN ('ask', 'agree', 'refuse', 'withdraw')", name="act"),
    info=carried(CarriedBy.SUBJECT, "claim_id"),
)
