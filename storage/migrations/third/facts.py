"""Format 3, what retention rests on: persons and cases, links, events, further series, looks at the clock."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    _subjects()
    op.create_table(
        "fact_events",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("target_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("withdrawn", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.CheckConstraint("about IN ('record', 'series', 'subject', 'custodian')", name=op.f("ck_fact_events_about")),
        sa.CheckConstraint(
            "standing IN ('happened', 'projected', 'impossible', 'stated')", name=op.f("ck_fact_events_standing")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_events")),
    )
    op.create_index(op.f("ix_fact_events_target_id"), "fact_events", ["target_id"], unique=False)
    op.create_table(
        "further_series",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("series_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_further_series_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", "series_id", name=op.f("pk_further_series")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clock_looks",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("boot", sa.String(length=64), nullable=False),
        sa.Column("base_at", sa.BigInteger(), nullable=False),
        sa.Column("base_seconds", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.CheckConstraint("one = 1", name=op.f("ck_clock_looks_single")),
        sa.CheckConstraint("reason IN ('back', 'forward')", name=op.f("ck_clock_looks_reason")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_clock_looks")),
    )


def _subjects() -> None:
    """Whom records are about."""
    op.create_table(
        "subjects",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("sealed_subject", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("about IN ('person', 'case', 'account')", name=op.f("ck_subjects_about")),
        sa.ForeignKeyConstraint(["custodian_id"], ["custodians.id"], name=op.f("fk_subjects_custodian_id_custodians")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("tag", name=op.f("uq_subjects_tag")),
    )
    op.create_index(op.f("ix_subjects_custodian_id"), "subjects", ["custodian_id"], unique=False)
    op.create_table(
        "record_links",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("ended", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.CheckConstraint("how IN ('person', 'suggestion')", name=op.f("ck_record_links_how")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_record_links_record_id_records")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_record_links_subject_id_subjects")),
        sa.PrimaryKeyConstraint("record_id", "subject_id", "role", name=op.f("pk_record_links")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_record_links_subject_id"), "record_links", ["subject_id"], unique=False)
