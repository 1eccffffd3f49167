"""Format 3, participants of conversations: who took part in which record, and whom somebody said that a handle is."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    op.create_table(
        "record_participants",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.Column("addresses", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.LargeBinary(length=16), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_record_participants_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record_participants")),
    )
    op.create_index(op.f("ix_record_participants_owner"), "record_participants", ["owner"], unique=False)
    op.create_table(
        "participant_links",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("ended", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.Column("sealed_person", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["custodians.id"], name=op.f("fk_participant_links_custodian_id_custodians")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant_links")),
    )
    op.create_index(op.f("ix_participant_links_tag"), "participant_links", ["tag"], unique=False)
