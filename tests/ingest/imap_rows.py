"""The tables of the ingest floor in a database in memory, for tests that need no archive."""

from contextlib import contextmanager
from types import SimpleNamespace

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from ingest.tables import channel_health, imap_cursors, imap_misses


class MemoryRows:
    def __init__(self) -> None:
        self._engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        for table in (imap_cursors, imap_misses, channel_health):
            table.create(self._engine)

    @contextmanager
    def read(self):
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self):
        with self._engine.begin() as connection:
            yield SimpleNamespace(connection=connection)


def memory_rows():
    return MemoryRows()
