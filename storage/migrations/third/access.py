"""Format 3, restricted classes: what is of one, and who may see it."""

import sqlalchemy as sa
from alembic import op

_CLASSES = "class IN ('student', 'personnel', 'medical', 'law_enforcement')"


def create() -> None:
    """Make the tables."""
    op.create_table(
        "restricted_subjects",
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("class", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(_CLASSES, name=op.f("ck_restricted_subjects_class")),
        sa.CheckConstraint("scope IN ('record', 'series', 'custodian')", name=op.f("ck_restricted_subjects_scope")),
        sa.PrimaryKeyConstraint("scope", "subject_id", "class", name=op.f("pk_restricted_subjects")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_restricted_subjects_class"), "restricted_subjects", ["class", "scope"], unique=False)
    op.create_table(
        "class_grants",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("class", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(_CLASSES, name=op.f("ck_class_grants_class")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_class_grants_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "class", name=op.f("pk_class_grants")),
        sqlite_with_rowid=False,
    )
