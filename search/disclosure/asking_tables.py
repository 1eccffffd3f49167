"""Tables of custodian searches: who was asked to look where, and what he declared.

Rule: ids, codes and days only. Accounts, words to look for and the declaration are sealed under the request's key.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# `result` is what the employee says: nothing found, handed in, or that all he found is his own affair. `position` is
# that of the leaf of asking, `answered_position` of that of the declaration.
custodian_searches = Table(
    "custodian_searches",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("due", Date, nullable=True),
    Column("position", Position, nullable=False),
    Column("reminded", Integer, nullable=False),
    Column("result", String(16), nullable=True),
    Column("answered_at", Moment, nullable=True),
    Column("answered_by", Id, nullable=True),
    Column("answered_position", Position, nullable=True),
    Column("accepted_by", Id, nullable=True),
    Column("sealed_asked", LargeBinary, nullable=False),
    Column("sealed_answer", LargeBinary, nullable=True),
    CheckConstraint("result IN ('none', 'submitted', 'personal')", name="result"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_custodian_searches_custodian_id", custodian_searches.c.custodian_id)
