"""Format 3, accepted occurrences: where a redacted string may stand in another record of a request."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the table."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "accepted_occurrences",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("string", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=220), nullable=False),
        sa.Column("position", position, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("withdrawn", position, nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["disclosure_requests.id"],
            name=op.f("fk_accepted_occurrences_request_id_disclosure_requests"),
        ),
        sa.PrimaryKeyConstraint(
            "request_id", "string", "record_id", "part", "position", name=op.f("pk_accepted_occurrences")
        ),
    )
    op.create_index(op.f("ix_accepted_occurrences_record_id"), "accepted_occurrences", ["record_id"], unique=False)
