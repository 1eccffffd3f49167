"""Which records are parts of one conversation's day, so that a later export adds to them and never doubles them.

Also, which records stand in the place of others that were read at a wrong date.

Rule: a record and its parts go together; what identifies their messages is keyed digests, which go with the record.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Position, carried, metadata

# One row for each record that came out of an export. `root_id` is the record that it is a part of, its own id where it
# is none; `thread` a keyed digest of custodian, platform and conversation; `day` empty for posts and undated messages;
# `container_id` the export. `digests` are 32 bytes for each message that was new in it, empty once it was destroyed.
# Of a captured page they are those of its posts and comments and then those of its lines, whether new or not.
# `source` is a keyed digest of the bytes that were read, `dates` what the order of day and month in them rests on: the
# same bytes read at another day are found by these; `source` is empty once the record was destroyed.
# Of `messages` so many were `known` before, `changed` since, and `lacking` are what earlier exports had and this not.
conversation_parts = Table(
    "conversation_parts",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("root_id", Id, nullable=False, index=True),
    Column("thread", LargeBinary(16), nullable=False),
    Column("day", String(10), nullable=False),
    Column("container_id", Id, nullable=True, index=True),
    Column("messages", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("lacking", Integer, nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Column("source", LargeBinary(16), nullable=False),
    Column("dates", String(8), nullable=False),
    CheckConstraint("dates IN ('', 'guessed', 'said')", name="dates"),
    info=carried(CarriedBy.SUBJECT, "record_id"),
)
Index("ix_conversation_parts_thread_day", conversation_parts.c.thread, conversation_parts.c.day)

# Records whose days were read wrongly, and those that stand in their place: the same messages, read at another date.
# Both are kept and shown; a search finds the one that stands, and the other again once that is destroyed.
superseded_records = Table(
    "superseded_records",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("by_id", Id, ForeignKey("records.id"), nullable=False, index=True),
    Column("position", Position, nullable=False),
    info=carried(CarriedBy.SUBJECT, "record_id"),
)
