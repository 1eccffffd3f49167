"""Format 3, productions: what was given for a request, page by page, and what was asked back."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "productions",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.String(length=24), nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.Column("last_page", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed_about", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_papers", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("first_page >= 1 AND last_page >= first_page", name=op.f("ck_productions_pages")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_productions_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_productions")),
        sa.UniqueConstraint("prefix", "first_page", name=op.f("uq_productions_prefix_first_page")),
    )
    op.create_table(
        "production_documents",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("production", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=64), nullable=True),
        sa.Column("leaves", sa.String(length=16), nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.Column("last_page", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("clawback", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "leaves IN ('whole', 'redacted', 'slip_sheet')", name=op.f("ck_production_documents_leaves")
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "production"],
            ["productions.request_id", "productions.number"],
            name=op.f("fk_production_documents_request_id_production"),
        ),
        sa.PrimaryKeyConstraint("request_id", "production", "place", name=op.f("pk_production_documents")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_production_documents_record_id", "production_documents", ["record_id"], unique=False)
    op.create_table(
        "production_clawbacks",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["disclosure_requests.id"],
            name=op.f("fk_production_clawbacks_request_id_disclosure_requests"),
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_production_clawbacks")),
        sqlite_with_rowid=False,
    )
