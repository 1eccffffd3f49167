"""Format 3, redactions: what is marked in the records of a request, every step that led there, lists of names."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "record_redactions",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("drafts", sa.Integer(), nullable=False),
        sa.Column("finals", sa.Integer(), nullable=False),
        sa.Column("sealed_redactions", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_record_redactions_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "record_id", name=op.f("pk_record_redactions")),
    )
    op.create_index(op.f("ix_record_redactions_record_id"), "record_redactions", ["record_id"], unique=False)
    op.create_table(
        "redaction_steps",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("takes_back", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_redaction_steps_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_redaction_steps")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "redaction_changes",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("before_step", sa.Integer(), nullable=True),
        sa.Column("sealed_before", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_redaction_changes_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "step", "record_id", name=op.f("pk_redaction_changes")),
    )
    op.create_index(op.f("ix_redaction_changes_record_id"), "redaction_changes", ["record_id"], unique=False)
    op.create_table(
        "rosters",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rosters")),
    )
