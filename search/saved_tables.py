"""Tables of the officer's work with searches: saved ones, frozen results, alerts and what they found.

Rule as in `storage.tables`: ids, times, counts and digests stand in plain columns. Names, queries, notes and addresses
are content and stand in `sealed_*` columns, each under a key of its own.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

_ACTOR = String(128)

# `name_tag` is a keyed digest of owner and name, so that an owner has a name once.
saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", _ACTOR, nullable=False, index=True),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("name_tag", LargeBinary(32), nullable=False, unique=True),
    Column("sealed_search", LargeBinary, nullable=False),
    info=carried(CarriedBy.SUBJECT, "id"),
)

# What a search found at one moment. `position` is that of the leaf, `ids_sha256` the digest of all ids, one a line.
frozen_sets = Table(
    "frozen_sets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", _ACTOR, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("ids_sha256", String(64), nullable=False),
    Column("sealed_about", LargeBinary, nullable=False),
    info=carried(CarriedBy.SUBJECT, "id"),
)

# The ids of a set, sorted, some thousands in each row.
frozen_pieces = Table(
    "frozen_pieces",
    metadata,
    Column("set_id", Id, ForeignKey("frozen_sets.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_ids", LargeBinary, nullable=False),
    info=carried(CarriedBy.SUBJECT, "set_id"),
)

# `position` is how far the ledger was looked through, `told_position` up to which finding letters have told.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", _ACTOR, nullable=False),
    Column("state", String(16), nullable=False),
    Column("every_hours", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("told_position", Position, nullable=False),
    Column("told_at", Moment, nullable=True),
    Column("sealed_alert", LargeBinary, nullable=False),
    CheckConstraint("state IN ('active', 'paused', 'removed')", name="state"),
    info=carried(CarriedBy.WHOLE),
)

# A record that an alert found; the row keeps it from being told twice. `position` is that of the leaf of the finding.
alert_hits = Table(
    "alert_hits",
    metadata,
    Column("alert_id", Id, ForeignKey("alerts.id"), primary_key=True),
    Column("record_id", Id, primary_key=True),
    Column("position", Position, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.POSITION, "position"),
)
Index("ix_alert_hits_position", alert_hits.c.position)
