"""Which records are of a restricted class, and who may see such records beside those of no class.

Rule: ids, codes and dates only. A class is set on a record, on a series or on a custodian; of the latter two it holds
for every record of theirs, those to come included.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table

from storage.columns import CarriedBy, Id, Moment, carried, metadata

_CLASSES = "class IN ('student', 'personnel', 'medical', 'law_enforcement')"

restricted_subjects = Table(
    "restricted_subjects",
    metadata,
    Column("scope", String(16), primary_key=True),
    Column("subject_id", Id, primary_key=True),
    Column("class", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
    CheckConstraint("scope IN ('record', 'series', 'custodian')", name="scope"),
    CheckConstraint(_CLASSES, name="class"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "subject_id"),
)
Index("ix_restricted_subjects_class", restricted_subjects.c["class"], restricted_subjects.c.scope)

# `until` is the moment from which on the grant is none; without one it holds until it is taken back.
class_grants = Table(
    "class_grants",
    metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True),
    Column("class", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=True),
    CheckConstraint(_CLASSES, name="class"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "user_id"),
)
