"""The tables of the storage floor, and the one `metadata` to which every floor adds its own.

Rule: plain columns hold ids, dates, states, sizes and counts. Whatever names a person or says something stands
in a `sealed_*` column, because PostgreSQL has no SQLCipher around it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

_WHOLE = carried(CarriedBy.WHOLE)
_NOT = carried(CarriedBy.NOT)

archive = Table(
    "archive",
    metadata,
    Column("id", Id, primary_key=True),
    Column("format", Integer, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("test_clock", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    info=_WHOLE,
)

epochs = Table(
    "epochs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("state IN ('current', 'draining', 'retired')", name="state"),
    info=carried(CarriedBy.KEYS),
)

# Keys lie apart from what they open, so that a backup of everything else opens nothing.
wrapped_keys = Table(
    "wrapped_keys",
    metadata,
    Column("holder", Id, primary_key=True),
    Column("epoch", Integer, ForeignKey("epochs.number"), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.KEYS),
)

objects = Table(
    "objects",
    metadata,
    Column("blob_id", String(64), primary_key=True),
    Column("holder", Id, nullable=False, index=True),
    Column("object_id", Id, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("sealed_size", BigInteger, nullable=False),
    Column("plain_size", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "holder"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=True, index=True),
    Column("received_at", Moment, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("blob_id", String(64), nullable=False),
    Column("position", Position, nullable=False),
    Column("outcome", String(16), nullable=True),
    Column("reason", String(200), nullable=True),
    Column("sealed_envelope", LargeBinary, nullable=False),
    CheckConstraint("outcome IN ('archived', 'quarantined', 'failed')", name="outcome"),
    info=carried(CarriedBy.SUBJECT, "id"),
)
# Few of very many, and asked for again and again. A query uses it where it has these very words, without parameters.
NOT_ARCHIVED = text("outcome IN ('quarantined', 'failed')")
Index(
    "ix_submissions_not_archived",
    submissions.c.position,
    sqlite_where=NOT_ARCHIVED,
    postgresql_where=NOT_ARCHIVED,
)

# The keyed digest by which the same bytes from the same custodian over the same channel are known again.
submission_digests = Table(
    "submission_digests",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    Column("submission_id", Id, ForeignKey("submissions.id"), nullable=False, index=True),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "submission_id"),
)

custodians = Table(
    "custodians",
    metadata,
    Column("id", Id, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("sealed_identity", LargeBinary, nullable=False),
    info=_WHOLE,
)

custodian_addresses = Table(
    "custodian_addresses",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=False, index=True),
    sqlite_with_rowid=False,
    info=_WHOLE,
)

records = Table(
    "records",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("submission_id", Id, ForeignKey("submissions.id"), nullable=False, index=True),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("captured_at", Moment, nullable=False),
    Column("sent_at", Moment, nullable=True),
    Column("series_id", Id, nullable=True),
    Column("state", String(16), nullable=False),
    Column("grade", String(1), nullable=False),
    Column("position", Position, nullable=False),
    Column("holder", Id, nullable=False),
    CheckConstraint("state IN ('active', 'destroyed', 'transferred', 'released')", name="state"),
    info=carried(CarriedBy.SUBJECT, "id"),
)
Index("ix_records_state", records.c.state)
# also for who goes through those of one series, or of none, in order, page by page
Index("ix_records_series_id_id", records.c.series_id, records.c.id)

# What a record says lies apart from its facts, so that a pass over all facts does not read all that is said.
descriptions = Table(
    "descriptions",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("sealed_description", LargeBinary, nullable=False),
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

components = Table(
    "components",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record_id", Id, ForeignKey("records.id"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("blob_id", String(64), ForeignKey("objects.blob_id"), nullable=False, index=True),
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

ledger_leaves = Table(
    "ledger_leaves",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    info=carried(CarriedBy.POSITION, "position"),
)
Index("ix_ledger_leaves_kind_position", ledger_leaves.c.kind, ledger_leaves.c.position)

# Which events an id is a subject of: what a custody list reads instead of all leaves.
ledger_subjects = Table(
    "ledger_subjects",
    metadata,
    Column("subject", Id, primary_key=True),
    Column("position", Position, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    info=_NOT,
)

# Hashes of complete subtrees of 256, 65,536, ... leaves (level 8, 16, ...): what a proof reads instead of all leaves.
ledger_nodes = Table(
    "ledger_nodes",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
    info=_NOT,
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("log", Integer, nullable=False, server_default="1"),  # 1 more with every declared break
    CheckConstraint("one = 1", name="single"),
    info=_WHOLE,
)

ledger_payloads = Table(
    "ledger_payloads",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("event_id", Id, nullable=False, unique=True),
    Column("sealed_payload", LargeBinary, nullable=False),
    info=carried(CarriedBy.POSITION, "position"),
)

# Submissions that wait for examination: written with the deposit, deleted with the outcome.
awaiting_examination = Table(
    "awaiting_examination",
    metadata,
    Column("submission_id", Id, ForeignKey("submissions.id"), primary_key=True),
    Column("position", Position, nullable=False, index=True),
    sqlite_with_rowid=False,
    info=_NOT,
)

# Letters that wait to be sent: a row is written with what caused it and deleted once the letter is handed over.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_try", Moment, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("problem", String(32), nullable=True),  # why the last attempt failed, as a code; never a server's words
    Column("sealed_letter", LargeBinary, nullable=False),
    info=_WHOLE,
)

# A destruction decided together. The states follow each other and never go back: keys gone, bytes gone, old epoch
# gone, absence verified.
destruction_batches = Table(
    "destruction_batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("epoch", Integer, nullable=False),
    Column("position", Position, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("confirmed_at", Moment, nullable=True),
    Column("confirmed_position", Position, nullable=True),
    CheckConstraint("state IN ('decided', 'erased', 'rolled', 'confirmed')", name="state"),
    info=_WHOLE,
)

destructions = Table(
    "destructions",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("submission_id", Id, nullable=False, index=True),
    Column("batch_id", Id, ForeignKey("destruction_batches.id"), nullable=False, index=True),
    Column("position", Position, nullable=False),
    info=carried(CarriedBy.SUBJECT, "record_id"),
    sqlite_with_rowid=False,
)

# The scheduled passes of fixity: how far the running one has come, and what each found.
fixity_passes = Table(
    "fixity_passes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=True),
    Column("told_at", Moment, nullable=False),  # when the ledger was last told of it
    Column("cursor", String(160), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("faults", BigInteger, nullable=False),
    info=_WHOLE,
)

# What an archive may not do since it was restored, until somebody settles it; normally empty.
restrictions = Table(
    "restrictions",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("missing_leaves", BigInteger, nullable=False),
    info=_WHOLE,
)

# What the ledger witnesses and a restore could not bring back, declared by the leaf at `position`.
losses = Table(
    "losses",
    metadata,
    Column("subject", Id, primary_key=True),
    Column("position", Position, nullable=False),
    info=_WHOLE,
    sqlite_with_rowid=False,
)

# Backups that were completed; where they lie stands in the payload of their event.
backups = Table(
    "backups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("place_tag", LargeBinary(32), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("oldest_keys_at", Moment, nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    info=carried(CarriedBy.POSITION, "position"),
)
