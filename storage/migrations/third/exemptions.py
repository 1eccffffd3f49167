"""Format 3, what an agency's reviewers work with: the agency's own exemptions, and the tags of a request."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "own_exemptions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("profile", sa.String(length=16), nullable=True),
        sa.Column("citation", sa.String(length=200), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", "version", name=op.f("pk_own_exemptions")),
    )
    _tags()


def _tags() -> None:
    op.create_table(
        "review_tags",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        _of_request("review_tags"),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_review_tags")),
    )
    op.create_index("ix_review_tags_name_tag", "review_tags", ["request_id", "name_tag"], unique=True)
    op.create_table(
        "tagged_records",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        _of_request("tagged_records"),
        sa.PrimaryKeyConstraint("request_id", "tag", "record_id", name=op.f("pk_tagged_records")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tagged_records_record", "tagged_records", ["request_id", "record_id"], unique=False)
    op.create_table(
        "tag_changes",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        _of_request("tag_changes"),
        sa.PrimaryKeyConstraint("request_id", "step", "tag", "record_id", name=op.f("pk_tag_changes")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tag_changes_record", "tag_changes", ["request_id", "record_id"], unique=False)


def _of_request(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_request_id_disclosure_requests")
    return sa.ForeignKeyConstraint(["request_id"], ["disclosure_requests.id"], name=name)
