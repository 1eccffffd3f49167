"""Tables of transfers and of what officers decided to keep: ids, digests and answers, never content."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Position, carried, metadata

# What a transfer did with each record. `manifest_sha256` is that of the payload manifest of the package that it is in,
# `contents` a digest of the sealed objects that it had then: only exactly those are removed after an acceptance. Both
# are empty where the recipient declined from a list, without a package.
transfer_records = Table(
    "transfer_records",
    metadata,
    Column("disposition_id", Id, ForeignKey("dispositions.id"), primary_key=True),
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True, index=True),
    Column("manifest_sha256", String(64), nullable=False),
    Column("contents", LargeBinary, nullable=False),
    Column("answer", String(16), nullable=True),
    CheckConstraint("answer IN ('accepted', 'declined')", name="answer"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "disposition_id"),
)

# Records that a review or an officer wants kept beyond their period: not proposed again while they are in that series
# and nobody has ended it. Why stands in the payload of the leaf.
disposition_keeps = Table(
    "disposition_keeps",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("disposition_id", Id, ForeignKey("dispositions.id"), nullable=True),
    Column("series_id", Id, nullable=False),
    Column("ended", Position, nullable=True),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "record_id"),
)
