"""An index written anew without some records, under another key: what makes their words unrecoverable.

FTS5's own `secure-delete` does nothing for a contentless table: words of deleted rows stay in their segments until
a merge. So the rows are deleted, `optimize` merges all segments into one without them, and what is left is
exported into a new file, whose pages never held the rest; the old file dies with its key.
Sources: sqlite.org/fts5.html §4.4.3, §6.8; zetetic.net/sqlcipher/sqlcipher-api, "sqlcipher_export".
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from storage.database import DatabaseError, open_encrypted, translate
from storage.errors import Corrupt, StorageFull

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHOSEN = "(SELECT doc FROM docs WHERE record_id IN (SELECT value FROM json_each(?)))"
_SPARE_BYTES = 1 << 20


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
    chosen = json.dumps(list(record_ids))
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"DELETE FROM words WHERE rowid IN {_CHOSEN}", (chosen,))  # noqa: S608 - a constant
    connection.execute("DELETE FROM docs WHERE record_id IN (SELECT value FROM json_each(?))", (chosen,))
    connection.execute("COMMIT")
    # apart from the deletion, so that a follower waits for one of them at a time
    connection.execute("INSERT INTO words(words) VALUES ('optimize')")


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
