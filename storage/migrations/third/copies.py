"""Format 3, transport copies: the list of a batch of containers."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the table."""
    of = "disposition_id"
    op.create_table(
        "disposition_copies",
        sa.Column(of, sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.String(length=64), nullable=False),
        sa.Column("ground", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            [of], ["dispositions.id"], name=op.f("fk_disposition_copies_disposition_id_dispositions")
        ),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_disposition_copies_container_id_containers")
        ),
        sa.PrimaryKeyConstraint(of, "ordinal", name=op.f("pk_disposition_copies")),
    )
    op.create_index(op.f("ix_disposition_copies_container_id"), "disposition_copies", ["container_id"], unique=False)
