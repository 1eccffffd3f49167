"""Format 3, holds: the rules, what records were found to be under them, and what officers decided."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("origin_id", sa.String(length=64), nullable=True),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.Column("sealed_rule", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'released')", name=op.f("ck_holds_state")),
        sa.CheckConstraint("origin IN ('officer', 'request')", name=op.f("ck_holds_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sa.UniqueConstraint("number", name=op.f("uq_holds_number")),
    )
    op.create_index(op.f("ix_holds_state"), "holds", ["state"], unique=False)
    op.create_table(
        "hold_verdicts",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("hold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.CheckConstraint("outcome IN ('match', 'no_match', 'cannot_tell')", name=op.f("ck_hold_verdicts_outcome")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_hold_verdicts_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", "hold", name=op.f("pk_hold_verdicts")),
        sqlite_with_rowid=False,
    )
    not_free = sa.text("outcome IN ('match', 'cannot_tell')")
    op.create_index(
        "ix_hold_verdicts_not_free",
        "hold_verdicts",
        ["hold", "record_id"],
        unique=False,
        sqlite_where=not_free,
        postgresql_where=not_free,
    )
    op.create_table(
        "hold_cursors",
        sa.Column("hold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("hold", name=op.f("pk_hold_cursors")),
    )
    op.create_table(
        "hold_decisions",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("hold_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.CheckConstraint("decision IN ('held', 'free')", name=op.f("ck_hold_decisions_decision")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_hold_decisions_hold_id_holds")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_hold_decisions_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", "hold_id", name=op.f("pk_hold_decisions")),
        sqlite_with_rowid=False,
    )
