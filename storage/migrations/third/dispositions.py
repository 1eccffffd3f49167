"""Format 3, dispositions: batches proposed for destruction, why each record is in one, and who did what to it."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "dispositions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("today", sa.Date(), nullable=False),
        sa.Column("forecast", sa.Boolean(), nullable=False),
        sa.Column("series_id", sa.String(length=64), nullable=True),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.CheckConstraint("action IN ('destroy', 'transfer', 'destroy_copies')", name=op.f("ck_dispositions_action")),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'withdrawn', 'executed')", name=op.f("ck_dispositions_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispositions")),
    )
    op.create_index(op.f("ix_dispositions_state"), "dispositions", ["state"], unique=False)
    of = "disposition_id"
    op.create_table(
        "disposition_grounds",
        sa.Column(of, sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("series_id", sa.String(length=64), nullable=False),
        sa.Column("schedule_id", sa.String(length=64), nullable=False),
        sa.Column("eligible_on", sa.Date(), nullable=False),
        sa.Column("latest_on", sa.Date(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            [of], ["dispositions.id"], name=op.f("fk_disposition_grounds_disposition_id_dispositions")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_disposition_grounds_schedule_id_schedules")
        ),
        sa.PrimaryKeyConstraint(of, "number", name=op.f("pk_disposition_grounds")),
    )
    op.create_table(
        "disposition_records",
        sa.Column(of, sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("ground", sa.Integer(), nullable=False),
        sa.Column("family", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            [of], ["dispositions.id"], name=op.f("fk_disposition_records_disposition_id_dispositions")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_disposition_records_record_id_records")),
        sa.PrimaryKeyConstraint(of, "ordinal", name=op.f("pk_disposition_records")),
    )
    op.create_index(op.f("ix_disposition_records_record_id"), "disposition_records", ["record_id"], unique=False)
    op.create_table(
        "disposition_acts",
        sa.Column(of, sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "act IN ('propose', 'step', 'approve', 'withdraw', 'begin', 'package', 'answer', 'execute')",
            name=op.f("ck_disposition_acts_act"),
        ),
        sa.ForeignKeyConstraint(
            [of], ["dispositions.id"], name=op.f("fk_disposition_acts_disposition_id_dispositions")
        ),
        sa.PrimaryKeyConstraint(of, "number", name=op.f("pk_disposition_acts")),
    )
