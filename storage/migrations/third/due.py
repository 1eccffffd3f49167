"""Format 3, due days: what the rules said of each record, until when that holds, and by what that was made."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables, and the index by which a run finds what has no series."""
    op.create_table(
        "due_days",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('retain', 'eligible', 'needs_event', 'permanent', 'conflict', 'unscheduled')",
            name=op.f("ck_due_days_verdict"),
        ),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_due_days_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_due_days")),
        sqlite_with_rowid=False,
    )
    for name, column, words in (
        ("ix_due_days_next_on", "next_on", "next_on IS NOT NULL"),
        ("ix_due_days_since_on", "since_on", "since_on IS NOT NULL"),
        ("ix_due_days_listed", "verdict", "verdict IN ('eligible', 'needs_event', 'conflict', 'unscheduled')"),
    ):
        where = sa.text(words)
        op.create_index(name, "due_days", [column], unique=False, sqlite_where=where, postgresql_where=where)
    op.drop_index("ix_records_series_id", "records")
    op.create_index("ix_records_series_id_id", "records", ["series_id", "id"], unique=False)
    op.create_table(
        "due_cursor",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("swept", sa.String(length=64), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_due_cursor_single")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_due_cursor")),
    )
