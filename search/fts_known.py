"""What the FTS5 index knows of values, ids and words, for a query to be translated: a `search.fts_match.Known`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_tokens import FAMILIES, word_expressions
from search.index import MOST_EXPANSIONS, too_many_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from search.fts_numbers import NumbersInMemory
    from search.fts_terms import TermsInMemory
    from search.queries import Like, Pattern
    from search.stopping import Stop

_LAST: Final = "\U0010ffff"


class KnownNow:
    """In one read transaction. All patterns of a search together have `MOST_EXPANSIONS` words and one limit of time."""

    def __init__(
        self, connection: Any, terms: TermsInMemory, numbers: NumbersInMemory, stop: Stop | None = None
    ) -> None:
        self._connection = connection
        self._numbers = numbers
        self._terms = terms
        self._stop = stop
        self._expanded: dict[Like, dict[str, list[str]]] = {}
        self._left = MOST_EXPANSIONS
        self._allowance = terms.allowance()

    def code(self, name: str, value: str) -> int | None:
        """See `Known.code`."""
        row = self._connection.execute(
            "SELECT code FROM fact_values WHERE name = ? AND value = ?", (name, value)
        ).fetchone()
        return None if row is None else int(row[0])

    def numbers(self, record_ids: frozenset[str]) -> NDArray[np.int64]:
        """See `Known.numbers`."""
        return self._numbers.of(self._connection, record_ids, self._stop)

    def numbers_by_id(self, value: str) -> NDArray[np.int64]:
        """See `Known.numbers_by_id`."""
        rows = self._connection.execute(
            "SELECT doc FROM docs WHERE record_id = ? UNION SELECT doc FROM docs WHERE submission_id = ? ORDER BY doc",
            (value, value),
        ).fetchall()
        return np.array([row[0] for row in rows], dtype=np.int64)

    def expand(self, like: Like) -> dict[str, list[str]]:
        """See `Known.expand`."""
        if like not in self._expanded:
            found = self._terms.expand(self._connection, like, self._left, allowance=self._allowance, stop=self._stop)
            self._left -= sum(map(len, found.values()))
            if self._left < 0:
                raise too_many_words()
            self._expanded[like] = found
        return self._expanded[like]

    def beginning(self, pattern: Pattern, most: int) -> list[str] | None:
        """See `Known.beginning`."""
        expressions: list[str] = []
        for family, columns in FAMILIES.items():
            if columns.isdisjoint(pattern.columns):
                continue
            rows = self._connection.execute(
                "SELECT word FROM terms WHERE family = ? AND word >= ? AND word < ? LIMIT ?",
                (family, pattern.line, pattern.line + _LAST, most + 1),
            )
            words = [row[0] for row in rows.fetchall()]
            expressions += word_expressions([one for one in pattern.columns if one in columns], {family: words})
            if len(expressions) > most:
                return None
        return expressions
