"""The table of the search floor: which generations of each engine there are, and which of them answers.

Rule as in `storage.tables`: numbers, states and times only. What an index holds is content and stands in its own
encrypted file, under a key that can be destroyed.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, text

from storage.columns import CarriedBy, Moment, carried, metadata

index_generations = Table(
    "index_generations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("engine", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("cause", String(16)),
    CheckConstraint("state IN ('building', 'current', 'retired')", name="state"),
    info=carried(CarriedBy.NOT),
)
_present = text("state IN ('building', 'current')")
Index(
    "ix_index_generations_present",
    index_generations.c.engine,
    index_generations.c.state,
    unique=True,
    sqlite_where=_present,
    postgresql_where=_present,
)
