"""Format 3, students in disclosure: whom records of a request are about, on which ground they leave, who got them."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "student_links",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("student_id", sa.String(length=64), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("ended", position, nullable=True),
        sa.CheckConstraint("how IN ('person', 'suggestion')", name=op.f("ck_student_links_how")),
        _of_request("student_links"),
        sa.PrimaryKeyConstraint("request_id", "record_id", "student_id", name=op.f("pk_student_links")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_student_links_student_id", "student_links", ["student_id"], unique=False)
    op.create_table(
        "student_grounds",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("student_id", sa.String(length=64), nullable=False),
        sa.Column("ground", sa.String(length=24), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("sealed_party", sa.LargeBinary(), nullable=False),
        _of_request("student_grounds"),
        sa.PrimaryKeyConstraint("request_id", "student_id", name=op.f("pk_student_grounds")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "student_disclosures",
        sa.Column("student_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("production", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=24), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("sealed_row", sa.LargeBinary(), nullable=False),
        _of_request("student_disclosures"),
        sa.PrimaryKeyConstraint(
            "student_id", "record_id", "request_id", "production", name=op.f("pk_student_disclosures")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_student_disclosures_request_id", "student_disclosures", ["request_id"], unique=False)


def _of_request(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["request_id"], ["disclosure_requests.id"], name=op.f(f"fk_{table}_request_id_disclosure_requests")
    )
