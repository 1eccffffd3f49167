"""The part of a fixity check that opens what is sealed in columns beside the records.

(16) Each row of a sealed column (custodians, letters, users, what is sealed of requests) opens under its holder's key.

Rule: a page is so many rows, whoever holds them: one request may have a hundred thousand. Where a page ended is told by
the key of its last row, by as many of its columns as a cursor has room for; rows that differ in none of these are never
parted, so that none is passed over or opened twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, select, tuple_

from storage.errors import Corrupt, NotFound
from storage.fixity_report import Page, SealedColumn, Tally
from storage.tables import wrapped_keys
from storage.vault import HolderKey, WrappedKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.archive import Archive

_ROOM: Final = 159
"""Letters of a cursor, of `fixity_passes.cursor`, less the colon behind the phase's name."""


class SealedColumnPhase:
    """Pages over the rows of one sealed column (16)."""

    limit = 500

    def __init__(self, archive: Archive, column: SealedColumn) -> None:
        self._archive = archive
        self._column = column
        self._key = tuple(column.sealed.table.primary_key.columns)
        self.name = f"sealed-{column.name}"

    def page(self, after: str, limit: int) -> Page:
        """Open the next `limit` rows behind a cursor, and those that it could not tell from the last of them."""
        tally = Tally()
        with self._archive.store.read() as connection:
            rows = connection.execute(self._rows(self._behind(after)).limit(limit))
            opened, last = self._open_all(rows, tally)
            if opened < limit:
                return Page(None, tally)
            cursor = self._cursor(last)
            if len(cursor) < len(last):
                there = len(cursor)
                same = tuple_(*self._key[:there]) == tuple_(*cursor)
                self._open_all(connection.execute(self._rows(and_(same, tuple_(*self._key) > tuple_(*last)))), tally)
        return Page(_encoded(cursor), tally)

    def _rows(self, condition: ColumnElement[bool] | None) -> Any:
        about = self._column
        key = (one.label(f"key_{number}") for number, one in enumerate(self._key))
        holder, sealed = about.holder.label("holder"), about.sealed.label("sealed")
        query = select(*key, holder, sealed, wrapped_keys.c.epoch, wrapped_keys.c.wrapped)
        query = query.select_from(about.sealed.table.outerjoin(wrapped_keys, wrapped_keys.c.holder == about.holder))
        query = query.where(about.sealed.is_not(None)).order_by(*self._key)
        return query if condition is None else query.where(condition)

    def _behind(self, after: str) -> ColumnElement[bool] | None:
        """What lies behind a cursor; one of an earlier version is the first column of the key alone."""
        if not after:
            return None
        values = json.loads(after) if after.startswith("[") else [after]
        return tuple_(*self._key[: len(values)]) > tuple_(*values)

    def _cursor(self, last: Sequence[Any]) -> Sequence[Any]:
        """As many of the first values of a key as a cursor has room for."""
        room = _ROOM - len(self.name)
        count = len(last)
        while count > 1 and len(_encoded(last[:count])) > room:
            count -= 1
        return last[:count]

    def _open_all(self, rows: Iterable[Any], tally: Tally) -> tuple[int, Sequence[Any]]:
        """Open row by row, since what is sealed may be large; how many there were, and the key of the last."""
        about, vault = self._column, self._archive.store.vault
        count, last = 0, None
        key: HolderKey | None = None
        for row in rows:
            count, last = count + 1, row
            if row.wrapped is None:
                tally.fault("key", row.holder, f"the key of the {about.name} is missing")
                continue
            try:
                if key is None or key.holder != row.holder:
                    key = vault.unwrap(WrappedKey(row.holder, row.epoch, row.wrapped))
                vault.unseal(key, about.kind, f"{row.holder}{about.bound_to}", row.sealed)
            except (Corrupt, NotFound) as error:
                tally.fault(about.name, row.holder, error.message)
        return count, () if last is None else tuple(last[: len(self._key)])


def _encoded(values: Sequence[Any]) -> str:
    return json.dumps(list(values), separators=(",", ":"), ensure_ascii=False)
