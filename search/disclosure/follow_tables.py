"""Tables of what follows a request: its instalments, appeals against its outcome, notices that hold its release.

Rule: numbers, days and codes only. What an instalment has, why somebody appeals, what was decided and who was told
are sealed under the request's key.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# A part of what is released, planned for a day. `production` names the production that it left with.
request_instalments = Table(
    "request_instalments",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("due", Date, nullable=False),
    Column("position", Position, nullable=False),
    Column("produced_at", Moment, nullable=True),
    Column("production", String(64), nullable=True),
    Column("claimed_at", Moment, nullable=True),
    Column("abandoned_at", Moment, nullable=True),
    Column("sealed_text", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)

# An appeal against what was decided of a request; it is pending while nothing is decided of it.
request_appeals = Table(
    "request_appeals",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("received_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("decided_at", Moment, nullable=True),
    Column("outcome", String(16), nullable=True),
    Column("sealed_appeal", LargeBinary, nullable=False),
    Column("sealed_decision", LargeBinary, nullable=True),
    CheckConstraint("outcome IN ('upheld', 'reversed', 'in_part', 'withdrawn', 'dismissed')", name="outcome"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)

# A notice to somebody whom the records are about. `kind` is that of a profile; `until` the day that the notice itself
# names; `action_at` when the person went to court; `ended_by` why it holds nothing any more.
release_notices = Table(
    "release_notices",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(24), nullable=False),
    Column("sent", Date, nullable=False),
    Column("until", Date, nullable=True),
    Column("position", Position, nullable=False),
    Column("action_at", Moment, nullable=True),
    Column("ended_at", Moment, nullable=True),
    Column("ended_by", String(16), nullable=True),
    Column("sealed_notice", LargeBinary, nullable=False),
    CheckConstraint("ended_by IN ('expired', 'court_order', 'consent', 'withdrawn')", name="ended_by"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
