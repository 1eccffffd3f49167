"""Tables of assignment: roles that persons held, records that depend on others, and what a rule could not judge.

Rule as in `retention.tables`: plain columns hold ids, days, positions and single words; a role is a word of the
agency's roster (`principal`) and names nobody. A reason says which rule could not be judged, never what a record says.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table

from storage.columns import CarriedBy, Id, Position, carried, metadata

LONGEST_DOUBT = 300

# Which role a person held, both days included; no first day: always before, no last day: still. Never changed: what was
# wrong gets `ended`, the position of the leaf that took it back.
subject_roles = Table(
    "subject_roles",
    metadata,
    Column("subject_id", Id, ForeignKey("subjects.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("role", String(32), nullable=False),
    Column("since", Date, nullable=True),
    Column("until", Date, nullable=True),
    Column("position", Position, nullable=False),
    Column("ended", Position, nullable=True),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "subject_id"),
)

# A record that does not go before another is gone.
record_parents = Table(
    "record_parents",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("parent_id", Id, ForeignKey("records.id"), primary_key=True, index=True),
    Column("position", Position, nullable=False),
    Column("ended", Position, nullable=True),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

# A record that the rules of the schedules left without a series, as of a ledger of that size: not asked again before
# something happened that could change it. `doubt` is what could not be judged, empty where nothing matched.
series_judgements = Table(
    "series_judgements",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("position", Position, nullable=False),
    Column("doubt", String(LONGEST_DOUBT), nullable=False),
    info=carried(CarriedBy.NOT),
)

# How far the ledger was read for records that can be read better than when a rule gave them the default series.
series_cursor = Table(
    "series_cursor",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("position", Position, nullable=False),
    info=carried(CarriedBy.NOT),
)
