"""The tables of the retention floor: schedules as loaded, who was put into which series, and every run.

Rule as in `storage.tables`: plain columns hold ids, dates, states and counts. A schedule's text is a public rule
of the agency and names no person (its assignment rules name custodians by id), so it stands plainly; why a
record was assigned stands in the payload of its ledger event.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

schedules = Table(
    "schedules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("edition", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("adopted", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    CheckConstraint("state IN ('current', 'superseded')", name="state"),
    info=carried(CarriedBy.WHOLE),
)
Index("ix_schedules_state_name", schedules.c.state, schedules.c.name)

# The history of what series a record was in: by rule, by a person, by a suggestion that a person took.
series_assignments = Table(
    "series_assignments",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Id, nullable=False),
    Column("schedule_id", Id, ForeignKey("schedules.id"), nullable=True),
    Column("how", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("how IN ('rule', 'person', 'suggestion')", name="how"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

# One row for each completed evaluation; a run that did not end leaves none, and its day is made up.
retention_runs = Table(
    "retention_runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("today", Date, nullable=False),
    Column("forecast", Boolean, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("eligible", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("needs_event", BigInteger, nullable=False),
    Column("conflict", BigInteger, nullable=False),
    Column("unscheduled", BigInteger, nullable=False),
    Column("not_due", BigInteger, nullable=False),
    UniqueConstraint("position"),
    info=carried(CarriedBy.WHOLE),
)
Index("ix_retention_runs_forecast_today", retention_runs.c.forecast, retention_runs.c.today)
