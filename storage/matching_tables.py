"""What finds the same message in a picture and in better evidence, and which records were found to hold it.

Rule: nothing readable stands here: digests are keyed, by custodian, and links are ids and places in a list. All of it
is made again from the records, so no backup carries it, and it goes with whichever of the two records goes.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table

from storage.columns import CarriedBy, Id, Position, carried, metadata

# 8 bytes for each digest of the messages of a record: of those that its pictures show, or of those that it holds.
message_digests = Table(
    "message_digests",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("pictured", Boolean, primary_key=True),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=False),
    Column("digests", LargeBinary, nullable=False),
    info=carried(CarriedBy.NOT),
)
Index("ix_message_digests_custodian_id_pictured", message_digests.c.custodian_id, message_digests.c.pictured)

# A record whose pictures show messages that another holds. `pairs` are 9 bytes for each of them: its place in the
# transcript, its place in the other (all ones where that is one text), and whether the texts are equal. `shown` is how
# many messages with words the pictures show.
message_links = Table(
    "message_links",
    metadata,
    Column("pictured_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("better_id", Id, ForeignKey("records.id"), primary_key=True, index=True),
    Column("shown", Integer, nullable=False),
    Column("pairs", LargeBinary, nullable=False),
    info=carried(CarriedBy.NOT),
)

# Custodians of whom some picture was read: messages of nobody else are digested. `position` is that of the last of the
# records that were there before, as far as these were looked at; `whole` is set once all of them were.
matched_custodians = Table(
    "matched_custodians",
    metadata,
    Column("custodian_id", Id, ForeignKey("custodians.id"), primary_key=True),
    Column("position", Position, nullable=False),
    Column("whole", Boolean, nullable=False),
    info=carried(CarriedBy.NOT),
)

# How far the ledger was read for it.
message_cursor = Table(
    "message_cursor",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("position", Position, nullable=False),
    CheckConstraint("one = 1", name="single"),
    info=carried(CarriedBy.NOT),
)
