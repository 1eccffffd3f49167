"""The tables of the ingest floor: where pollers stand, when each channel last worked, drafts and uploads.

Rule as in `storage.tables`: plain columns hold ids, dates and counts. A mailbox is known by a digest of where
it lies, because folder and user names can name a person; an account by the name that the configuration gives it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# UIDs and UIDVALIDITY are unsigned 32-bit numbers (RFC 9051 §2.3.1.1)
imap_cursors = Table(
    "imap_cursors",
    metadata,
    Column("mailbox", Id, primary_key=True),
    Column("account", String(64), nullable=False, index=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("changed_at", Moment, nullable=False),
    info=carried(CarriedBy.WHOLE),
)

# What the cursor went past without having it: each row is tried again, and is gone once it worked.
imap_misses = Table(
    "imap_misses",
    metadata,
    Column("mailbox", Id, primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", String(32), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Moment, nullable=False),
    info=carried(CarriedBy.WHOLE),
)

# Mailboxes at consumer providers that the settings call the agency's; the digest is keyed, and changes with
# what is said.
mailbox_declarations = Table(
    "mailbox_declarations",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("position", Position, nullable=False),
    info=carried(CarriedBy.WHOLE),
)

# What somebody decided on a submission in quarantine, last; the decision's reason stands in its event.
quarantine_decisions = Table(
    "quarantine_decisions",
    metadata,
    Column("submission_id", Id, primary_key=True),
    Column("decision", String(16), nullable=False),
    Column("position", Position, nullable=False),
    CheckConstraint("decision IN ('requeued', 'released', 'rejected')", name="decision"),
    info=carried(CarriedBy.SUBJECT, "submission_id"),
)

# Uploads from which their submitters still choose. No backup carries them: they are not the archive's before they are
# confirmed, and a copy would outlive what its submitter left out. A `closed` one waits for its bytes to be removed.
# `owner_tag` is a keyed digest of who handed it in; what is sealed is sealed under the draft's own key.
drafts = Table(
    "drafts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("owner_tag", LargeBinary(32), nullable=False, index=True),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("blob_id", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sealed_about", LargeBinary, nullable=False),
    Column("sealed_outline", LargeBinary, nullable=True),
    Column("sealed_choice", LargeBinary, nullable=True),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    info=carried(CarriedBy.NOT),
)

# Files that somebody is handing in over HTTP, not yet whole. No backup carries them: they are handed in once the answer
# is given. `committed` ones keep their answer for who asks again. `owner_tag` is a keyed digest of who hands in,
# `request_tag` one of the key by which he asks again; what is sealed is sealed under the upload's own key.
uploads = Table(
    "uploads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("owner_tag", LargeBinary(32), nullable=False, index=True),
    Column("request_tag", LargeBinary(32), nullable=True),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("sealed_about", LargeBinary, nullable=False),
    Column("sealed_answer", LargeBinary, nullable=True),
    CheckConstraint("state IN ('open', 'committed')", name="state"),
    info=carried(CarriedBy.NOT),
)

channel_health = Table(
    "channel_health",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("last_tried", Moment, nullable=True),
    Column("last_worked", Moment, nullable=True),
    Column("last_item", Moment, nullable=True),
    info=carried(CarriedBy.WHOLE),
)
