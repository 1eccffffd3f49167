"""Generations of the search index: one current and one building of each engine, and why each was made."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Let each engine have generations of its own."""
    op.add_column("index_generations", sa.Column("cause", sa.String(length=16), nullable=True))
    op.drop_index("ix_index_generations_current", "index_generations")
    present = sa.text("state IN ('building', 'current')")
    op.create_index(
        "ix_index_generations_present",
        "index_generations",
        ["engine", "state"],
        unique=True,
        sqlite_where=present,
        postgresql_where=present,
    )
