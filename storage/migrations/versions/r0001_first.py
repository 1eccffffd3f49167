"""The first schema: submissions, records, custodians, keys, ledger, and what each floor adds."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables of format 1."""
    op.create_table(
        "archive",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("test_clock", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive")),
    )
    op.create_table(
        "channel_health",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("last_tried", sa.BigInteger(), nullable=True),
        sa.Column("last_worked", sa.BigInteger(), nullable=True),
        sa.Column("last_item", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "account", name=op.f("pk_channel_health")),
    )
    op.create_table(
        "custodians",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custodians")),
    )
    op.create_table(
        "epochs",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('current', 'draining', 'retired')", name=op.f("ck_epochs_state")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_epochs")),
    )
    op.create_table(
        "imap_cursors",
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_imap_cursors")),
    )
    op.create_index(op.f("ix_imap_cursors_account"), "imap_cursors", ["account"], unique=False)
    op.create_table(
        "imap_misses",
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "uid", name=op.f("pk_imap_misses")),
    )
    op.create_table(
        "index_generations",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("engine", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('building', 'current', 'retired')", name=op.f("ck_index_generations_state")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_index_generations")),
    )
    op.create_index(
        "ix_index_generations_current",
        "index_generations",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'current'"),
        postgresql_where=sa.text("state = 'current'"),
    )
    op.create_table(
        "ledger_head",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_ledger_head_single")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "ledger_leaves",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_ledger_leaves")),
    )
    op.create_index("ix_ledger_leaves_kind_position", "ledger_leaves", ["kind", "position"], unique=False)
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_ledger_nodes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_payloads",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("sealed_payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_ledger_payloads")),
        sa.UniqueConstraint("event_id", name=op.f("uq_ledger_payloads_event_id")),
    )
    op.create_table(
        "ledger_subjects",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.PrimaryKeyConstraint("subject", "position", name=op.f("pk_ledger_subjects")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "objects",
        sa.Column("blob_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("sealed_size", sa.BigInteger(), nullable=False),
        sa.Column("plain_size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id", name=op.f("pk_objects")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_objects_holder"), "objects", ["holder"], unique=False)
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("today", sa.Date(), nullable=False),
        sa.Column("forecast", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("eligible", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("needs_event", sa.BigInteger(), nullable=False),
        sa.Column("conflict", sa.BigInteger(), nullable=False),
        sa.Column("unscheduled", sa.BigInteger(), nullable=False),
        sa.Column("not_due", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
        sa.UniqueConstraint("position", name=op.f("uq_retention_runs_position")),
    )
    op.create_index("ix_retention_runs_forecast_today", "retention_runs", ["forecast", "today"], unique=False)
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.CheckConstraint("state IN ('current', 'superseded')", name=op.f("ck_schedules_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index("ix_schedules_state_name", "schedules", ["state", "name"], unique=False)
    op.create_table(
        "custodian_addresses",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["custodians.id"], name=op.f("fk_custodian_addresses_custodian_id_custodians")
        ),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_custodian_addresses")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_custodian_addresses_custodian_id"), "custodian_addresses", ["custodian_id"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("sealed_envelope", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome IN ('archived', 'quarantined', 'failed')", name=op.f("ck_submissions_outcome")),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["custodians.id"], name=op.f("fk_submissions_custodian_id_custodians")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_custodian_id"), "submissions", ["custodian_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("name_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "role IN ('employee','officer','reviewer','approver','auditor','administrator')", name=op.f("ck_users_role")
        ),
        sa.ForeignKeyConstraint(["custodian_id"], ["custodians.id"], name=op.f("fk_users_custodian_id_custodians")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name_tag", name=op.f("uq_users_name_tag")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_users_token_digest")),
    )
    op.create_table(
        "wrapped_keys",
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.number"], name=op.f("fk_wrapped_keys_epoch_epochs")),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_wrapped_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_wrapped_keys_epoch"), "wrapped_keys", ["epoch"], unique=False)
    op.create_table(
        "awaiting_examination",
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_awaiting_examination_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_awaiting_examination")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_awaiting_examination_position"), "awaiting_examination", ["position"], unique=False)
    op.create_table(
        "records",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("series_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'destroyed', 'transferred', 'released')", name=op.f("ck_records_state")
        ),
        sa.ForeignKeyConstraint(["custodian_id"], ["custodians.id"], name=op.f("fk_records_custodian_id_custodians")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_records_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
    )
    op.create_index(op.f("ix_records_custodian_id"), "records", ["custodian_id"], unique=False)
    op.create_index(op.f("ix_records_series_id"), "records", ["series_id"], unique=False)
    op.create_index("ix_records_state", "records", ["state"], unique=False)
    op.create_index(op.f("ix_records_submission_id"), "records", ["submission_id"], unique=False)
    op.create_table(
        "submission_digests",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_submission_digests_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_submission_digests")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_submission_digests_submission_id"), "submission_digests", ["submission_id"], unique=False)
    op.create_table(
        "web_sessions",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_web_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_web_sessions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_web_sessions_user_id"), "web_sessions", ["user_id"], unique=False)
    op.create_table(
        "components",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("blob_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["objects.blob_id"], name=op.f("fk_components_blob_id_objects")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_components_record_id_records")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_components")),
    )
    op.create_index(op.f("ix_components_blob_id"), "components", ["blob_id"], unique=False)
    op.create_index(op.f("ix_components_record_id"), "components", ["record_id"], unique=False)
    op.create_table(
        "descriptions",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("sealed_description", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_descriptions_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_descriptions")),
    )
    op.create_table(
        "series_assignments",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("series_id", sa.String(length=64), nullable=False),
        sa.Column("schedule_id", sa.String(length=64), nullable=True),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("how IN ('rule', 'person', 'suggestion')", name=op.f("ck_series_assignments_how")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_series_assignments_record_id_records")),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_series_assignments_schedule_id_schedules")
        ),
        sa.PrimaryKeyConstraint("record_id", "number", name=op.f("pk_series_assignments")),
        sqlite_with_rowid=False,
    )
    # ### end Alembic commands ###
