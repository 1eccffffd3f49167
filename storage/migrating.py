"""Bringing a database to the present schema with Alembic; the revisions are in `storage/migrations/versions`.

Rule: the schema is made by the same revisions in a new archive and in an old one, never by `create_all`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from sqlalchemy import exc

from storage.database import engine_for, translate

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SCRIPTS = Path(__file__).parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file; the connection travels as an attribute."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def migrate(path: Path, key: bytes) -> None:
    """Apply all revisions that a database lacks.

    Raises:
        StorageFull, TemporarilyUnavailable, Corrupt: the database could not take them.
    """
    engine = engine_for(path, key)
    try:
        with engine.connect() as connection:
            command.upgrade(configuration(connection), "head")
            connection.commit()
    except exc.DBAPIError as error:
        raise translate(error.orig if error.orig is not None else error, path.name) from error
    finally:
        engine.dispose()
