"""The tables of due days: what the rules said of each record when it was last read, and until when that holds.

Rule: they are an answer kept ready, never the answer itself. They are made again from the rest, so no backup carries
them; whoever destroys evaluates each record again.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table, text

from storage.columns import CarriedBy, Id, Position, carried, metadata

# One row for each active record, without holds: `verdict` is that of every day from `since_on` (null: from ever) up to
# the day before `next_on` (null: for ever), as long as nobody adds what the ledger has a leaf of.
due_days = Table(
    "due_days",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("verdict", String(16), nullable=False),
    Column("since_on", Date, nullable=True),
    Column("next_on", Date, nullable=True),
    CheckConstraint(
        "verdict IN ('retain', 'eligible', 'needs_event', 'permanent', 'conflict', 'unscheduled')", name="verdict"
    ),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.NOT),
)
# What a daily run asks for, and no more of it than there is. A query uses these where it has the very words.
CHANGES = text("next_on IS NOT NULL")
CHANGED = text("since_on IS NOT NULL")
LISTED = text("verdict IN ('eligible', 'needs_event', 'conflict', 'unscheduled')")
Index("ix_due_days_next_on", due_days.c.next_on, sqlite_where=CHANGES, postgresql_where=CHANGES)
Index("ix_due_days_since_on", due_days.c.since_on, sqlite_where=CHANGED, postgresql_where=CHANGED)
Index("ix_due_days_listed", due_days.c.verdict, sqlite_where=LISTED, postgresql_where=LISTED)

# What the rows were made by and up to where the ledger was followed. `basis` is a digest of schedules, program and
# zone; `swept` the last record of a pass over all that is under way, null where none is; `turn` goes up with each
# page that is written, so that a page that was read before another was written is read again.
due_cursor = Table(
    "due_cursor",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("basis", String(64), nullable=False),
    Column("position", Position, nullable=False),
    Column("swept", Id, nullable=True),
    Column("turn", Integer, nullable=False),
    CheckConstraint("one = 1", name="single"),
    info=carried(CarriedBy.NOT),
)
