"""The one `metadata`, columns that mean the same in every database, and how a backup carries a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, MetaData, String, TypeDecorator
from sqlalchemy.dialects.sqlite import INTEGER as SQLITE_INTEGER

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# 64 bits everywhere; SQLite gives its fast rowid only to a column declared INTEGER
Position = BigInteger().with_variant(SQLITE_INTEGER(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware UTC time as integer microseconds since 1970: exact, sortable, the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Refuse naive times here, where the mistake would become permanent."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware")
        delta = value.astimezone(UTC) - _EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Read the microseconds back as an aware time."""
        del dialect
        if value is None:
            return None
        seconds, micros = divmod(value, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Id = String(64)


class CarriedBy(StrEnum):
    """How a backup's increments find the rows of a table that are new or changed since the one before."""

    POSITION = "position"  # rows are only added; their ledger position is beyond the last one carried
    SUBJECT = "subject"  # whatever changes a row leaves a leaf that has the row's id as a subject
    WHOLE = "whole"  # the table is small: all rows each time
    KEYS = "keys"  # a part of its own, which expires
    NOT = "not"  # made again from the rest


@dataclass(frozen=True, slots=True)
class Carried:
    """A table's way into a backup; `column` is the position or the id that a subject names."""

    by: CarriedBy
    column: str = ""


def carried(by: CarriedBy, column: str = "") -> dict[Any, Any]:
    """The `info` of a table; every table declares one, and a test holds that."""
    return {"backup": Carried(by, column)}
