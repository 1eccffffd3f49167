"""A statement that is executed for many rows at once: its text is made once, its values are plain tuples.

Rule kept: the driver gets the words and values that SQLAlchemy would give it for a dictionary a row. What is left out
is a dictionary, its look-ups and a view of each byte string, for every row of every batch: a tenth of an examination.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Delete, Dialect, Insert, Update


class ManyRows:
    """An insert, update or delete whose values come as tuples, in the order of `names`.

    Args:
        statement: an insert of all these columns, or what has a `bindparam` of each name.
        names: the parameters in the order in which they stand in the statement.
    """

    def __init__(self, statement: Insert | Update | Delete, *names: str) -> None:
        self._statement = statement
        self._names = names
        self._made: tuple[Dialect, str, tuple[tuple[int, Callable[[Any], Any]], ...]] | None = None

    def execute(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute it for each row; nothing where there is none.

        Raises:
            ValueError: the statement has other parameters, or has them in another order.
        """
        if not rows:
            return
        made = self._made
        if made is None or made[0] is not connection.dialect:
            made = self._made = self._make(connection.dialect)
        _, text, converters = made
        if converters:
            rows = [_converted(row, converters) for row in rows]
        connection.exec_driver_sql(text, list(rows))

    def _make(self, dialect: Dialect) -> tuple[Dialect, str, tuple[tuple[int, Callable[[Any], Any]], ...]]:
        compiled = self._statement.compile(dialect=dialect)
        order: list[str] | None = getattr(compiled, "positiontup", None)
        if tuple(order or ()) != self._names:
            msg = f"the parameters are {order}"
            raise ValueError(msg)
        converters = []
        for place, name in enumerate(self._names):
            kind = compiled.binds[name].type
            convert = kind.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None and not isinstance(kind, LargeBinary):  # bytes are what the driver takes
                converters.append((place, convert))
        return dialect, compiled.string, tuple(converters)


def _converted(row: tuple[Any, ...], converters: Sequence[tuple[int, Callable[[Any], Any]]]) -> tuple[Any, ...]:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return tuple(values)
