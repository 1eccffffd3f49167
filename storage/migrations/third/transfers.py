"""Format 3, transfers: which package each record went out with and what was answered; what officers keep."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    batch, record = "disposition_id", "record_id"
    op.create_table(
        "transfer_records",
        sa.Column(batch, sa.String(length=64), nullable=False),
        sa.Column(record, sa.String(length=64), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.CheckConstraint("answer IN ('accepted', 'declined')", name=op.f("ck_transfer_records_answer")),
        sa.ForeignKeyConstraint(
            [batch], ["dispositions.id"], name=op.f("fk_transfer_records_disposition_id_dispositions")
        ),
        sa.ForeignKeyConstraint([record], ["records.id"], name=op.f("fk_transfer_records_record_id_records")),
        sa.PrimaryKeyConstraint(batch, record, name=op.f("pk_transfer_records")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_transfer_records_record_id"), "transfer_records", [record], unique=False)
    op.create_table(
        "disposition_keeps",
        sa.Column(record, sa.String(length=64), nullable=False),
        sa.Column("position", position, autoincrement=False, nullable=False),
        sa.Column(batch, sa.String(length=64), nullable=True),
        sa.Column("series_id", sa.String(length=64), nullable=False),
        sa.Column("ended", position, nullable=True),
        sa.ForeignKeyConstraint(
            [batch], ["dispositions.id"], name=op.f("fk_disposition_keeps_disposition_id_dispositions")
        ),
        sa.ForeignKeyConstraint([record], ["records.id"], name=op.f("fk_disposition_keeps_record_id_records")),
        sa.PrimaryKeyConstraint(record, "position", name=op.f("pk_disposition_keeps")),
        sqlite_with_rowid=False,
    )
