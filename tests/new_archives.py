"""New archives of tests get their tables as the first one did, word for word: Alembic's way there was most of the time.

Rule: the first database of a program is made by the revisions, as a user's is, and what its `sqlite_master` says is
what every later new one is made of. A database that exists already is migrated by the revisions each time.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from storage import migrating
from storage.database import engine_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

_TABLES = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"  # a table, then its indexes
_VERSION = "SELECT version_num FROM alembic_version"
migrate_by_revisions = migrating.migrate


@contextmanager
def tables_remembered() -> Iterator[None]:
    """Within it, `create_archive` goes through the revisions once."""
    known: list[str] = []

    def migrate(path: Path, key: bytes) -> None:
        is_new = not path.exists()
        if not is_new or not known:
            migrate_by_revisions(path, key)
        if not is_new:
            return
        engine = engine_for(path, key)
        try:
            with engine.connect() as connection:
                if not known:
                    known.extend(_said_by(connection))
                else:
                    for statement in known:
                        connection.exec_driver_sql(statement)
                connection.commit()
        finally:
            engine.dispose()

    with patch.object(migrating, "migrate", migrate):
        yield


def _said_by(connection: Connection) -> list[str]:
    """What makes another database like this one, which was just made."""
    statements = list(connection.exec_driver_sql(_TABLES).scalars())
    version = connection.exec_driver_sql(_VERSION).scalar_one()
    return [*statements, f"INSERT INTO alembic_version VALUES ('{version}')"]
