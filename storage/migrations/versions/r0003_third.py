"""Format 3: what mail and pictures need: containers and their members, answers, quarantine, transcriptions."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.third import (
    accepted,
    access,
    assignment,
    copies,
    disclosure,
    dispositions,
    due,
    exemptions,
    facts,
    following,
    generations,
    holds,
    nonrecords,
    participants,
    productions,
    redactions,
    searches,
    students,
    transfers,
)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of format 3; nothing of format 2 is rewritten."""
    _answers()
    _containers()
    _conversations()
    _drafts()
    _uploads()
    _mailboxes()
    participants.create()
    _quarantine()
    _transcriptions()
    _matching()
    holds.create()
    facts.create()
    dispositions.create()
    copies.create()
    transfers.create()
    due.create()
    assignment.create()
    nonrecords.create()
    searches.create()
    generations.create()
    access.create()
    disclosure.create()
    following.create()
    students.create()
    redactions.create()
    accepted.create()
    productions.create()
    exemptions.create()


def _answers() -> None:
    """What was answered by mail, who wants no answers, and what the administrator was told."""
    op.create_table(
        "answer_cursor",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_answer_cursor_single")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_answer_cursor")),
    )
    op.create_table(
        "answers",
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("recipient_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("letter_id", sa.String(length=64), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("about IN ('receipt', 'trouble')", name=op.f("ck_answers_about")),
        sa.CheckConstraint(
            "state IN ('waiting', 'quiet', 'queued', 'gathered', 'told')", name=op.f("ck_answers_state")
        ),
        sa.PrimaryKeyConstraint("submission_id", "about", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_state_changed_at"), "answers", ["state", "changed_at"], unique=False)
    op.create_table(
        "answers_off",
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["custodians.id"], name=op.f("fk_answers_off_custodian_id_custodians")
        ),
        sa.PrimaryKeyConstraint("custodian_id", name=op.f("pk_answers_off")),
    )
    op.create_table(
        "watch_findings",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watch_findings")),
    )


def _quarantine() -> None:
    """What was decided on submissions in quarantine, and an index that finds them."""
    op.create_table(
        "quarantine_decisions",
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "decision IN ('requeued', 'released', 'rejected')", name=op.f("ck_quarantine_decisions_decision")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_quarantine_decisions")),
    )
    lying = sa.text("outcome IN ('quarantined', 'failed')")
    op.create_index(
        op.f("ix_submissions_not_archived"),
        "submissions",
        ["position"],
        unique=False,
        sqlite_where=lying,
        postgresql_where=lying,
    )


def _mailboxes() -> None:
    """Which polled mailboxes at consumer providers were declared to be the agency's."""
    op.create_table(
        "mailbox_declarations",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_mailbox_declarations")),
    )


def _containers() -> None:
    """Submissions that are containers, and every member that was met in them."""
    op.create_table(
        "containers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("root_id", sa.String(length=64), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=True),
        sa.Column("declared", sa.BigInteger(), nullable=True),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'failed', 'none', 'destroyed')", name=op.f("ck_containers_state")
        ),
        sa.ForeignKeyConstraint(["id"], ["submissions.id"], name=op.f("fk_containers_id_submissions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_containers")),
    )
    op.create_index(op.f("ix_containers_root_id"), "containers", ["root_id"], unique=False)
    op.create_index(op.f("ix_containers_state"), "containers", ["state"], unique=False)
    op.create_table(
        "container_members",
        sa.Column("container_id", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('taken', 'duplicate', 'failed', 'aside')", name=op.f("ck_container_members_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_container_members_container_id_containers")
        ),
        sa.PrimaryKeyConstraint("container_id", "attempt", "ordinal", name=op.f("pk_container_members")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_container_members_submission_id"), "container_members", ["submission_id"], unique=False)


def _conversations() -> None:
    """Records that came out of exports, which are parts of one, and which stand in the place of others."""
    op.create_table(
        "conversation_parts",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("root_id", sa.String(length=64), nullable=False),
        sa.Column("thread", sa.LargeBinary(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("container_id", sa.String(length=64), nullable=True),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("lacking", sa.Integer(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.LargeBinary(length=16), nullable=False),
        sa.Column("dates", sa.String(length=8), nullable=False),
        sa.CheckConstraint("dates IN ('', 'guessed', 'said')", name=op.f("ck_conversation_parts_dates")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_conversation_parts_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_conversation_parts")),
    )
    op.create_index(op.f("ix_conversation_parts_root_id"), "conversation_parts", ["root_id"], unique=False)
    op.create_index(op.f("ix_conversation_parts_container_id"), "conversation_parts", ["container_id"], unique=False)
    op.create_index("ix_conversation_parts_thread_day", "conversation_parts", ["thread", "day"], unique=False)
    op.create_table(
        "superseded_records",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["records.id"], name=op.f("fk_superseded_records_by_id_records")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_superseded_records_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_superseded_records")),
    )
    op.create_index(op.f("ix_superseded_records_by_id"), "superseded_records", ["by_id"], unique=False)


def _drafts() -> None:
    """Uploads from which their submitters still choose."""
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed_about", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_outline", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_choice", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_drafts_state")),
        sa.ForeignKeyConstraint(["custodian_id"], ["custodians.id"], name=op.f("fk_drafts_custodian_id_custodians")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_owner_tag"), "drafts", ["owner_tag"], unique=False)
    op.create_index(op.f("ix_drafts_state"), "drafts", ["state"], unique=False)


def _uploads() -> None:
    """Files that somebody is handing in over HTTP."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sealed_about", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'committed')", name=op.f("ck_uploads_state")),
        sa.ForeignKeyConstraint(["custodian_id"], ["custodians.id"], name=op.f("fk_uploads_custodian_id_custodians")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_owner_tag"), "uploads", ["owner_tag"], unique=False)
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"], unique=False)


def _transcriptions() -> None:
    """What was read in pictures, version by version, and which records wait for it."""
    op.create_table(
        "transcriptions",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("sealed_transcription", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("source IN ('engine', 'person')", name=op.f("ck_transcriptions_source")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_transcriptions_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", "number", name=op.f("pk_transcriptions")),
    )
    op.create_index(op.f("ix_transcriptions_position"), "transcriptions", ["position"], unique=False)
    op.create_table(
        "awaiting_reading",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_awaiting_reading_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_awaiting_reading")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_awaiting_reading_priority_since", "awaiting_reading", ["priority", "since"], unique=False)


def _matching() -> None:
    """What finds the same message in a picture and in better evidence."""
    op.create_table(
        "message_digests",
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("pictured", sa.Boolean(), nullable=False),
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["custodians.id"], name=op.f("fk_message_digests_custodian_id_custodians")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_message_digests_record_id_records")),
        sa.PrimaryKeyConstraint("record_id", "pictured", name=op.f("pk_message_digests")),
    )
    op.create_index(
        "ix_message_digests_custodian_id_pictured", "message_digests", ["custodian_id", "pictured"], unique=False
    )
    op.create_table(
        "message_links",
        sa.Column("pictured_id", sa.String(length=64), nullable=False),
        sa.Column("better_id", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("pairs", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["better_id"], ["records.id"], name=op.f("fk_message_links_better_id_records")),
        sa.ForeignKeyConstraint(["pictured_id"], ["records.id"], name=op.f("fk_message_links_pictured_id_records")),
        sa.PrimaryKeyConstraint("pictured_id", "better_id", name=op.f("pk_message_links")),
    )
    op.create_index(op.f("ix_message_links_better_id"), "message_links", ["better_id"], unique=False)
    op.create_table(
        "matched_custodians",
        sa.Column("custodian_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["custodians.id"], name=op.f("fk_matched_custodians_custodian_id_custodians")
        ),
        sa.PrimaryKeyConstraint("custodian_id", name=op.f("pk_matched_custodians")),
    )
    op.create_table(
        "message_cursor",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_message_cursor_single")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_message_cursor")),
    )
