"""An index written anew without some records, under another key: what makes their words unrecoverable.

FTS5's own `secure-delete` does nothing for a contentless table: words of deleted rows stay in their segments until
a merge. So the rows are deleted, `optimize` merges all segments into one without them, the list of words is swept of
those that are in no segment any more and the values of facts of those that no document has, and what is left is
exported into a new file, whose pages never held the rest; the old file dies with its key.
Sources: sqlite.org/fts5.html §4.4.3, §6.8; sqlite.org/fts5.html "The fts5vocab Virtual Table Module";
zetetic.net/sqlcipher/sqlcipher-api, "sqlcipher_export".
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from search.fts_tokens import FAMILY_SIGNS
from search.fts_writing import FACT_NAMES, meta, remove_documents
from storage.database import DatabaseError, open_encrypted, translate
from storage.errors import Corrupt, StorageFull

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SPARE_BYTES = 1 << 20
_CHUNK = 20_000
_VOCABULARY = "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, instance)"
_AS_TERM = "SELECT 1 FROM temp.vocabulary WHERE term = ? || word"
_UNUSED_CODES = "DELETE FROM fact_values WHERE code NOT IN (SELECT code FROM temp.used)"


def export_without(source: Path, key: bytes, target: Path, target_key: bytes, record_ids: Sequence[str]) -> None:
    """Delete records from the index `source`, merge it, and write all that is left to the new file `target`.

    Additions by a follower wait meanwhile, searches do not. What a follower adds to `source` afterwards is not in
    `target`, whose ledger position says so.

    Raises:
        StorageFull: there is no space for a second index; nothing was written.
        Corrupt: the index is damaged.
        TemporarilyUnavailable: another program is writing to it for long.
    """
    _refuse_without_space(source)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        connection = open_encrypted(source, key)
        try:
            _delete(connection, record_ids)
            _export(connection, target, target_key)
        finally:
            connection.close()
    except DatabaseError as error:
        raise translate(error, f"the search index {source.name}") from error
    _sync(target)


def _refuse_without_space(source: Path) -> None:
    needed = source.stat().st_size + _SPARE_BYTES
    if shutil.disk_usage(source.parent).free < needed:
        raise StorageFull(f"writing the search index anew needs {needed:,} free bytes; free some space and try again")


def _delete(connection: Any, record_ids: Sequence[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    remove_documents(connection, record_ids, meta(connection)["position"])
    connection.execute("COMMIT")
    # apart from the deletion, so that a follower waits for one of them at a time
    connection.execute("INSERT INTO words(words) VALUES ('optimize')")
    connection.execute("BEGIN IMMEDIATE")
    _sweep_terms(connection)
    _sweep_values(connection)
    # whoever has the facts or the words in memory reads them again
    connection.execute("DELETE FROM edits")
    connection.execute("UPDATE meta SET value = value + 1 WHERE name IN ('edit', 'sweeps')")
    connection.execute("COMMIT")


def _sweep_terms(connection: Any) -> None:
    """Take out of the list the words that no segment has; all segments are one, so that a look at each is quick."""
    connection.execute(_VOCABULARY)
    for family, signs in FAMILY_SIGNS.items():
        unknown = " AND ".join(f"NOT EXISTS ({_AS_TERM})" for _ in signs)
        connection.execute(f"DELETE FROM terms WHERE family = ? AND {unknown}", (family, *signs))  # noqa: S608 - constants
    connection.execute("DROP TABLE temp.vocabulary")


def _sweep_values(connection: Any) -> None:
    """Take out the values of facts that no document has."""
    connection.execute("CREATE TEMP TABLE used (code INTEGER PRIMARY KEY)")
    for name in FACT_NAMES:
        column = "language" if name == "lang" else name
        connection.execute(
            f"INSERT OR IGNORE INTO temp.used SELECT DISTINCT {column} FROM docs WHERE {column} IS NOT NULL"  # noqa: S608 - constants
        )
    cursor = connection.execute("SELECT correspondents FROM docs WHERE correspondents != x''")
    codes: set[int] = set()
    while rows := cursor.fetchmany(_CHUNK):
        codes.update(np.frombuffer(b"".join([row[0] for row in rows]), dtype="<u4").tolist())
    connection.executemany("INSERT OR IGNORE INTO temp.used VALUES (?)", ((code,) for code in codes))
    connection.execute(_UNUSED_CODES)
    connection.execute("DROP TABLE temp.used")


def _export(connection: Any, target: Path, target_key: bytes) -> None:
    connection.execute("ATTACH DATABASE ? AS next KEY ?", (str(target), f"x'{target_key.hex()}'"))
    # one transaction, so that the tables are of one moment, whatever a follower adds
    connection.execute("BEGIN")
    connection.execute("SELECT sqlcipher_export('next')")
    counts = [connection.execute(f"SELECT count(*) FROM {name}.docs").fetchone()[0] for name in ("main", "next")]  # noqa: S608
    connection.execute("COMMIT")
    connection.execute("DETACH DATABASE next")
    if counts[0] != counts[1]:
        raise Corrupt("the search index could not be written anew; run: archiver index rebuild")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
