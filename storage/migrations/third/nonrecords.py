"""Format 3, what is no record: who asked for its release, for which reason, and what became of it."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "nonrecord_claims",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("destruction_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'agreed', 'refused', 'withdrawn')", name=op.f("ck_nonrecord_claims_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nonrecord_claims")),
    )
    op.create_index(op.f("ix_nonrecord_claims_state"), "nonrecord_claims", ["state"], unique=False)
    op.create_table(
        "nonrecord_records",
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["nonrecord_claims.id"], name=op.f("fk_nonrecord_records_claim_id_nonrecord_claims")
        ),
        sa.PrimaryKeyConstraint("claim_id", "record_id", name=op.f("pk_nonrecord_records")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_nonrecord_records_record_id"), "nonrecord_records", ["record_id"], unique=False)
    op.create_table(
        "nonrecord_acts",
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("act IN ('ask', 'agree', 'refuse', 'withdraw')", name=op.f("ck_nonrecord_acts_act")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["nonrecord_claims.id"], name=op.f("fk_nonrecord_acts_claim_id_nonrecord_claims")
        ),
        sa.PrimaryKeyConstraint("claim_id", "number", name=op.f("pk_nonrecord_acts")),
    )
