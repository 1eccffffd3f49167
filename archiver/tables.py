"""Tables of the top floor: users and web sessions. Names are sealed; tokens and cookies stand as digests only."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, carried, metadata

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("name_tag", LargeBinary(32), nullable=False, unique=True),
    Column("sealed_name", LargeBinary, nullable=False),
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    CheckConstraint("role IN ('employee','officer','reviewer','approver','auditor','administrator')", name="role"),
    info=carried(CarriedBy.WHOLE),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.NOT),
)
