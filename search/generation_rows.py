"""The rows that say which generations of the index there are: read, begun, and put into each other's place.

Rule: an engine has one generation that is current, and at most one that is being built beside it. A row is written
before its key and its file are made, so that nothing lies there unnamed, and is `RETIRED` until these are whole, so
that what a killed program leaves is swept like anything that is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from search.tables import index_generations

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from storage.transaction import Transaction

_ROWS = index_generations.c


class State(StrEnum):
    """What a generation is: the one that answers, the next one, or over."""

    BUILDING = "building"
    CURRENT = "current"
    RETIRED = "retired"


class Cause(StrEnum):
    """Why a generation was made."""

    FIRST = "first"
    ASKED = "asked"
    VERSION = "version"
    DAMAGE = "damage"
    DESTRUCTION = "destruction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One row. `cause` is None for generations of an older program."""

    number: int
    engine: str
    state: State
    created_at: datetime
    cause: Cause | None


def present(connection: Connection) -> list[Generation]:
    """The generations that are current or being built, of all engines, the current one of each first."""
    query = select(index_generations).where(_ROWS.state != State.RETIRED.value)
    return [
        Generation(
            number=row.number,
            engine=row.engine,
            state=State(row.state),
            created_at=row.created_at,
            cause=None if row.cause is None else Cause(row.cause),
        )
        for row in connection.execute(query.order_by(_ROWS.engine, _ROWS.state.desc(), _ROWS.number))
    ]


def number_of(connection: Connection, engine: str, state: State) -> int | None:
    """The number of an engine's generation in this state, which is not `RETIRED`."""
    query = select(_ROWS.number).where(_ROWS.engine == engine, _ROWS.state == state.value)
    found: int | None = connection.execute(query).scalar()
    return found


def damage_of(connection: Connection, engine: str, since: datetime) -> int:
    """How many generations of an engine were begun since then because another was damaged."""
    query = select(func.count()).where(
        _ROWS.engine == engine, _ROWS.cause == Cause.DAMAGE.value, _ROWS.created_at >= since
    )
    return int(connection.execute(query).scalar_one())


def begin(transaction: Transaction, engine: str, cause: Cause) -> int:
    """Write the row of the next generation, which is `RETIRED` until it is whole; its number."""
    connection = transaction.connection
    highest = connection.execute(select(func.max(_ROWS.number))).scalar()
    number: int = (highest or 0) + 1
    row = {"number": number, "engine": engine, "state": State.RETIRED.value, "cause": cause.value}
    connection.execute(insert(index_generations), [{**row, "created_at": transaction.at}])
    return number


def put(transaction: Transaction, engine: str, number: int, state: State) -> None:
    """Give a generation this state; whichever of its engine had it before is over."""
    change = update(index_generations)
    before = change.where(_ROWS.engine == engine, _ROWS.state == state.value, _ROWS.number != number)
    transaction.connection.execute(before.values(state=State.RETIRED.value))
    transaction.connection.execute(change.where(_ROWS.number == number).values(state=state.value))


def retire(transaction: Transaction, numbers: Collection[int]) -> None:
    """Say of generations that they are over."""
    over = update(index_generations).where(_ROWS.number.in_(sorted(numbers)))
    transaction.connection.execute(over.values(state=State.RETIRED.value))
