"""Format 3, what assignment rests on: roles of persons, records that depend on others, rules that cannot be judged."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    op.create_table(
        "subject_roles",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("ended", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_subject_roles_subject_id_subjects")),
        sa.PrimaryKeyConstraint("subject_id", "number", name=op.f("pk_subject_roles")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record_parents",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("ended", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["records.id"], name=op.f("fk_record_parents_parent_id_records")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_record_parents_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", "parent_id", name=op.f("pk_record_parents")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_record_parents_parent_id"), "record_parents", ["parent_id"], unique=False)
    op.create_table(
        "series_judgements",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("doubt", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_series_judgements_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_series_judgements")),
    )
    op.create_table(
        "series_cursor",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_series_cursor")),
    )
