"""Tables of the top floor: users, web sessions, and which submissions were answered by mail.

Rule as in `storage.tables`: names are sealed; tokens and cookies stand as digests, addresses as keyed digests only.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("name_tag", LargeBinary(32), nullable=False, unique=True),
    Column("sealed_name", LargeBinary, nullable=False),
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    CheckConstraint("role IN ('employee','officer','reviewer','approver','auditor','administrator')", name="role"),
    info=carried(CarriedBy.WHOLE),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.NOT),
)

# How far the ledger was read for submissions to answer; one row, absent until answering was switched on.
answer_cursor = Table(
    "answer_cursor",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("position", Position, nullable=False),
    CheckConstraint("one = 1", name="single"),
    info=carried(CarriedBy.WHOLE),
)

# What became of answering a submission; a row keeps it from being answered twice, and goes after 60 days.
answers = Table(
    "answers",
    metadata,
    Column("submission_id", Id, primary_key=True),
    Column("about", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=True),  # why there is no letter, as a code
    Column("recipient_tag", LargeBinary(32), nullable=True),
    Column("letter_id", Id, nullable=True),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("about IN ('receipt', 'trouble')", name="about"),
    CheckConstraint("state IN ('waiting', 'quiet', 'queued', 'gathered', 'told')", name="state"),
    info=carried(CarriedBy.WHOLE),
)
Index("ix_answers_state_changed_at", answers.c.state, answers.c.changed_at)

# Custodians who asked for no answers.
answers_off = Table(
    "answers_off",
    metadata,
    Column("custodian_id", Id, ForeignKey("custodians.id"), primary_key=True),
    Column("since", Moment, nullable=False),
    info=carried(CarriedBy.WHOLE),
)

# What is wrong at present, by the name of its check: since when, and when the administrator was told last.
watch_findings = Table(
    "watch_findings",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("told_at", Moment, nullable=True),
    info=carried(CarriedBy.WHOLE),
)
