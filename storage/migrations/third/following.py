"""Format 3, what follows a request: instalments, appeals, notices that hold its release."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "request_instalments",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("produced_at", sa.BigInteger(), nullable=True),
        sa.Column("production", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("abandoned_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        *_of_request("request_instalments"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request_appeals",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("sealed_appeal", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_decision", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('upheld', 'reversed', 'in_part', 'withdrawn', 'dismissed')",
            name=op.f("ck_request_appeals_outcome"),
        ),
        *_of_request("request_appeals"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "release_notices",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("sent", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("position", position, nullable=False),
        sa.Column("action_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=True),
        sa.Column("sealed_notice", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "ended_by IN ('expired', 'court_order', 'consent', 'withdrawn')", name=op.f("ck_release_notices_ended_by")
        ),
        *_of_request("release_notices"),
        sqlite_with_rowid=False,
    )


def _of_request(table: str) -> tuple[sa.Constraint, sa.Constraint]:
    return (
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f(f"fk_{table}_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f(f"pk_{table}")),
    )
