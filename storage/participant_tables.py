"""Who took part in which record that came out of an export, and whom somebody said that a handle is.

Rule: a handle stands in the sealed description of its records and nowhere else in plain; what finds it here are keyed
digests, which go with the record. What somebody said of a handle is sealed under a key of its own, and goes with the
last record in which the handle is.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Position, carried, metadata

TAG_BYTES = 16

# One row for each record that has participants. `tags` are 16 bytes for each of them, in the order of the description;
# `addresses` 16 bytes for each of them that find the address or number that the handle gives, zeros where it gives
# none, empty where none of them gives one. `owner` is the tag of whose export it is, where the export tells.
record_participants = Table(
    "record_participants",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("tags", LargeBinary, nullable=False),
    Column("addresses", LargeBinary, nullable=False),
    Column("owner", LargeBinary(TAG_BYTES), nullable=True, index=True),
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

# Whom a handle was linked to, once by once: `ended` is the leaf that took the link off, null while it holds. Either a
# custodian, or a person whose name stands in `sealed_person`, which also says the handle itself.
participant_links = Table(
    "participant_links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tag", LargeBinary(TAG_BYTES), nullable=False, index=True),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=True),
    Column("position", Position, nullable=False),
    Column("ended", Position, nullable=True),
    Column("sealed_person", LargeBinary, nullable=False),
    info=carried(CarriedBy.WHOLE),
)
