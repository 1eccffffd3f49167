"""Format 2: letters to send, destructions, fixity passes, restores and backups."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of format 2; nothing of format 1 is rewritten but the ledger's head gains a column."""
    op.create_table(
        "backups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("place_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("oldest_keys_at", sa.BigInteger(), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
    )
    op.create_index(op.f("ix_backups_place_tag"), "backups", ["place_tag"], unique=False)
    op.create_table(
        "destruction_batches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "state IN ('decided', 'erased', 'rolled', 'confirmed')", name=op.f("ck_destruction_batches_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_batches")),
    )
    op.create_index(op.f("ix_destruction_batches_state"), "destruction_batches", ["state"], unique=False)
    op.create_table(
        "fixity_passes",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.String(length=160), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("faults", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_fixity_passes")),
    )
    op.create_table(
        "losses",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_losses")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=32), nullable=True),
        sa.Column("sealed_letter", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_next_try"), "outbox", ["next_try"], unique=False)
    op.create_table(
        "restrictions",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("missing_leaves", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_restrictions")),
    )
    op.create_table(
        "destructions",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["destruction_batches.id"], name=op.f("fk_destructions_batch_id_destruction_batches")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_destructions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_destructions_batch_id"), "destructions", ["batch_id"], unique=False)
    op.create_index(op.f("ix_destructions_submission_id"), "destructions", ["submission_id"], unique=False)
    op.create_index(op.f("ix_epochs_state"), "epochs", ["state"], unique=False)
    op.add_column("ledger_head", sa.Column("log", sa.Integer(), server_default="1", nullable=False))
    # ### end Alembic commands ###
