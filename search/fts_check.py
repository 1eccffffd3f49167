"""Whether an FTS5 index can be trusted: what is cheap at each opening, and everything when asked for.

Rules:

- SQLCipher authenticates each page when it is read, so that a changed byte is an error and never another answer. What
  it cannot see is pages of different ages: tables that do not fit each other.
- Quickly: the index says what it is, and its newest and its oldest document have both their words and their facts.
- Thoroughly: every page is authenticated (PRAGMA cipher_integrity_check), every tree is walked (PRAGMA
  integrity_check), FTS5 checks its own lists, and documents, words, facts and counts are of the same records.

Sources: zetetic.net/sqlcipher/sqlcipher-api, sqlite.org/pragma.html, sqlite.org/fts5.html §6.4.
"""

from __future__ import annotations

from typing import Any, Final

from search.fts_tokens import EVERY
from search.fts_writing import meta
from storage.errors import Corrupt

_NUMBERS: Final = "SELECT rowid FROM words WHERE words MATCH ?"
_MISFITS: Final = (
    "SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT doc FROM docs)",
    "SELECT count(*) FROM docs WHERE doc NOT IN (SELECT id FROM words_docsize)",
    "SELECT count(*) FROM alike WHERE doc NOT IN (SELECT doc FROM docs)",
    f"SELECT count(*) FROM docs WHERE doc NOT IN ({_NUMBERS})",  # noqa: S608 - constants
    "SELECT count(*) FROM docs WHERE custodian NOT IN (SELECT code FROM fact_values)",
)


def check_quickly(connection: Any) -> None:
    """What costs a few pages.

    Raises:
        Corrupt: the index does not fit itself.
    """
    indexed = meta(connection)["indexed"]
    for order in ("", " DESC"):
        number = connection.execute(f"{_NUMBERS} ORDER BY rowid{order} LIMIT 1", (EVERY,)).fetchone()
        outermost = f"SELECT doc FROM docs ORDER BY doc{order} LIMIT 1"  # noqa: S608 - constants
        there = connection.execute(outermost).fetchone()
        if number != there or (there is None) != (indexed == 0):
            raise _damaged()


def check_thoroughly(connection: Any) -> None:
    """Everything; reads the whole file.

    Raises:
        Corrupt: a page is damaged, or the index does not fit itself.
    """
    if connection.execute("PRAGMA cipher_integrity_check").fetchone() is not None:
        raise _damaged()
    if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
        raise _damaged()
    check_quickly(connection)
    said = meta(connection)
    for statement in _MISFITS:
        parameters = (EVERY,) if "MATCH" in statement else ()
        if connection.execute(statement, parameters).fetchone()[0]:
            raise _damaged()
    counts = connection.execute("SELECT count(*), coalesce(sum(unsearchable), 0) FROM docs").fetchone()
    if counts != (said["indexed"], said["unsearchable"]):
        raise _damaged()


def _damaged() -> Corrupt:
    return Corrupt("the search index is damaged; run: archiver index rebuild")
