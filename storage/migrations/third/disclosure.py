"""Format 3, disclosure requests: who asks for what by when, what happened, and what is to be done."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "disclosure_requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=16), nullable=False),
        sa.Column("requester", sa.String(length=16), nullable=False),
        sa.Column("circumstances", sa.String(length=200), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("assigned_to", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.String(length=24), nullable=True),
        sa.Column("sealed_terms", sa.LargeBinary(), nullable=False),
        sa.Column("opening_tag", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_disclosure_requests_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_requests")),
        sa.UniqueConstraint("number", name=op.f("uq_disclosure_requests_number")),
        sa.UniqueConstraint("opening_tag", name=op.f("uq_disclosure_requests_opening_tag")),
    )
    op.create_index(op.f("ix_disclosure_requests_state"), "disclosure_requests", ["state"], unique=False)
    op.create_index(op.f("ix_disclosure_requests_assigned_to"), "disclosure_requests", ["assigned_to"], unique=False)
    op.create_table(
        "request_events",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.String(length=24), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("cents", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_request_events_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_request_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request_tasks",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_request_tasks_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_request_tasks")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_request_tasks_user_id"), "request_tasks", ["user_id"], unique=False)
    _review()


def _review() -> None:
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "review_records",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("codes", sa.String(length=800), nullable=False),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("confirmed_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "decision IN ('release', 'redact', 'withhold', 'not_responsive')", name=op.f("ck_review_records_decision")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_review_records_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "record_id", name=op.f("pk_review_records")),
        sqlite_with_rowid=False,
    )
    for name in ("decision", "batch"):
        columns = ["request_id", name, "record_id"]
        op.create_index(op.f(f"ix_review_records_{name}"), "review_records", columns, unique=False)
    columns = ["request_id", "decision", "confirmed_by"]
    op.create_index(op.f("ix_review_records_progress"), "review_records", columns, unique=False)
    op.create_index(op.f("ix_review_records_record_id"), "review_records", ["record_id"], unique=False)
    op.create_table(
        "review_steps",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("takes_back", sa.Integer(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_review_steps_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_review_steps")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review_changes",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("before_codes", sa.String(length=800), nullable=False),
        sa.Column("before_step", sa.Integer(), nullable=True),
        sa.Column("before_by", sa.String(length=64), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=True),
        sa.Column("after_codes", sa.String(length=800), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_review_changes_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "step", "record_id", name=op.f("pk_review_changes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_review_changes_record_id"), "review_changes", ["record_id"], unique=False)
    op.create_table(
        "request_sets",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("set_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["disclosure_requests.id"], name=op.f("fk_request_sets_request_id_disclosure_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "set_id", name=op.f("pk_request_sets")),
        sqlite_with_rowid=False,
    )
    _custodian_searches()


def _custodian_searches() -> None:
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "custodian_searches",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("position", position, nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_position", position, nullable=True),
        sa.Column("accepted_by", sa.String(length=64), nullable=True),
        sa.Column("sealed_asked", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("result IN ('none', 'submitted', 'personal')", name=op.f("ck_custodian_searches_result")),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["custodians.id"], name=op.f("fk_custodian_searches_custodian_id_custodians")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["disclosure_requests.id"],
            name=op.f("fk_custodian_searches_request_id_disclosure_requests"),
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_custodian_searches")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_custodian_searches_custodian_id"), "custodian_searches", ["custodian_id"], unique=False)
