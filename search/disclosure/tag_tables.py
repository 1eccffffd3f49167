"""Tables of tags in review: the words that a request's reviewers use, which records have them, and what steps changed.

Rule: ids and numbers only. A tag's words are content: they are sealed under the request's key, and found again by a
digest that the archive's key makes.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table

from storage.columns import CarriedBy, Id, carried, metadata

# A tag of a request. `name_tag` is a keyed digest of its folded words, so that a request has a word once.
review_tags = Table(
    "review_tags",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name_tag", LargeBinary(32), nullable=False),
    Column("sealed_name", LargeBinary, nullable=False),
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_review_tags_name_tag", review_tags.c.request_id, review_tags.c.name_tag, unique=True)

# Which records have a tag; in the order of a page that shows only these.
tagged_records = Table(
    "tagged_records",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("tag", Integer, primary_key=True, autoincrement=False),
    Column("record_id", Id, primary_key=True),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_tagged_records_record", tagged_records.c.request_id, tagged_records.c.record_id)

# What a step put on a record or took off it; only what it changed, so that it can be taken back.
tag_changes = Table(
    "tag_changes",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("tag", Integer, primary_key=True, autoincrement=False),
    Column("record_id", Id, primary_key=True),
    Column("added", Boolean, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_tag_changes_record", tag_changes.c.request_id, tag_changes.c.record_id)
