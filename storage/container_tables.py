"""Containers (mailbox files, archives of mails) and what was taken out of them, as far as the store must know it.

Rule: what stands in a container that can be opened is not destroyed while the container is there, so the store knows
which submission carries which, and whether it was taken apart to its end; everything else about containers belongs to
the floor that unpacks them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

OPEN = "open"
CLOSED_WELL = "done"
NO_CONTAINER = "none"
DESTROYED = "destroyed"

# A submission that is a container. Every change of a row leaves a leaf with its id; what was counted at its end, and
# what it calls its members, stands in the payloads of those leaves. `attempt` counts how often it was begun anew.
containers = Table(
    "containers",
    metadata,
    Column("id", Id, ForeignKey("submissions.id"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("root_id", Id, nullable=False, index=True),
    Column("depth", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("reader", String(64), nullable=True),
    Column("declared", BigInteger, nullable=True),
    Column("findings", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment, nullable=True),
    CheckConstraint("state IN ('open', 'done', 'failed', 'none', 'destroyed')", name="state"),
    info=carried(CarriedBy.SUBJECT, "id"),
)
Index("ix_containers_state", containers.c.state)

# Every member that was met, at its place in the container; `position` is that of the leaf which tells its name.
container_members = Table(
    "container_members",
    metadata,
    Column("container_id", Id, ForeignKey("containers.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", String(16), nullable=False),
    Column("submission_id", Id, nullable=True, index=True),
    Column("position", Position, nullable=False),
    CheckConstraint("outcome IN ('taken', 'duplicate', 'failed', 'aside')", name="outcome"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.POSITION, "position"),
)
