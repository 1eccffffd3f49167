"""Tables of productions: what was given for a request, page by page, and what was asked back.

Rules:

- Ids, numbers and digests only. What a production says of itself, and why something is asked back, is sealed under the
  request's key.
- Pages of one prefix are numbered over all requests without a gap: the next production begins behind the last page.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# A production of a request: its pages, from first to last, and by which leaf it is witnessed. `instalment` is the part
# of the answer that it was planned as. `sealed_about` is what its manifest says,
# `sealed_papers` are the letter and the log of exemptions that went with it.
productions = Table(
    "productions",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("prefix", String(24), nullable=False),
    Column("first_page", Integer, nullable=False),
    Column("last_page", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("records", Integer, nullable=False),
    Column("instalment", Integer, nullable=True),
    Column("made_at", Moment, nullable=False),
    Column("actor", Id, nullable=False),
    Column("position", Position, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sealed_about", LargeBinary, nullable=False),
    Column("sealed_papers", LargeBinary, nullable=False),
    UniqueConstraint("prefix", "first_page"),
    CheckConstraint("first_page >= 1 AND last_page >= first_page", name="pages"),
    info=carried(CarriedBy.SUBJECT, "request_id"),
)

# A document of a production: the pages that it has there, of which record and attachment. `state` is a digest of what
# was decided of the record then; `clawback` the number of the demand that asked it back.
production_documents = Table(
    "production_documents",
    metadata,
    Column("request_id", Id, primary_key=True),
    Column("production", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("record_id", Id, nullable=False),
    Column("component", Id, nullable=True),
    Column("leaves", String(16), nullable=False),
    Column("first_page", Integer, nullable=False),
    Column("last_page", Integer, nullable=False),
    Column("state", String(64), nullable=False),
    Column("clawback", Integer, nullable=True),
    ForeignKeyConstraint(
        ["request_id", "production"],
        ["productions.request_id", "productions.number"],
        name="fk_production_documents_request_id_production",
    ),
    CheckConstraint("leaves IN ('whole', 'redacted', 'slip_sheet')", name="leaves"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_production_documents_record_id", production_documents.c.record_id)

# A demand that documents be given back or destroyed; why is sealed.
production_clawbacks = Table(
    "production_clawbacks",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Id, nullable=False),
    Column("position", Position, nullable=False),
    Column("sealed_reason", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
