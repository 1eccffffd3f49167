"""How many documents match: what FTS5 says of the length of a word's list, where that answers, else one step a hit.

Rules:

- The list of one word is counted inside FTS5 (`fts5vocab`), in half the time of a row for each hit; documents that were
  removed are left out there, too.
- A word that is searched in several groups of columns is several tokens, of which one is nearly always the rule: its
  list, and what the others have beside it. Where no token is far more frequent than the rest, hits are counted.

Source: sqlite.org/fts5.html, "The fts5vocab Virtual Table Module".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from search.fts_sets import Straight

VOCABULARY: Final = "CREATE VIRTUAL TABLE temp.lists USING fts5vocab(main, words, row)"
"""What a connection has to have for this."""
_TOKENS: Final = re.compile(r'\(?("[^" ]+"(?: OR "[^" ]+")*)\)?')
_FAR_MORE: Final = 4


def count_matching(connection: Any, hits: Straight) -> int:
    """How many documents an expression and its conditions match."""
    tokens = _TOKENS.fullmatch(hits.expression) if hits.is_plain else None
    if tokens is None:
        return _counted(connection, *hits.condition())
    lengths = {token: _length(connection, token) for token in dict.fromkeys(tokens[1].split(" OR "))}
    longest, *others = sorted((token for token in lengths if lengths[token]), key=lambda one: -lengths[one]) or [""]
    if not others:
        return lengths.get(longest, 0)
    if sum(lengths[one] for one in others) * _FAR_MORE > lengths[longest]:
        return _counted(connection, *hits.condition())
    rest = f"({' OR '.join(others)})"
    return lengths[longest] + _matching(connection, rest) - _matching(connection, f"{longest} AND {rest}")


def _length(connection: Any, token: str) -> int:
    row = connection.execute("SELECT doc FROM temp.lists WHERE term = ?", (token[1:-1],)).fetchone()
    return 0 if row is None else int(row[0])


def _matching(connection: Any, expression: str) -> int:
    return _counted(connection, "words MATCH ?", [expression])


def _counted(connection: Any, condition: str, parameters: list[str | int]) -> int:
    rows = connection.execute(f"SELECT count(*) FROM words WHERE {condition}", parameters)  # noqa: S608 - ours
    return int(rows.fetchone()[0])
