"""What makes tests quick changes nothing of what they try."""

from __future__ import annotations

import pytest

from storage import migrating
from storage.database import engine_for
from tests.new_archives import migrate_by_revisions, tables_remembered

KEY = bytes(32)


def all_of(path) -> tuple[list[tuple], dict[str, list[tuple]], list[tuple]]:
    """The schema, every row of every table, and what the file itself remembers."""
    engine = engine_for(path, KEY)
    with engine.connect() as connection:
        schema = [
            tuple(row) for row in connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master")
        ]
        tables = [name for kind, name, _, _ in schema if kind == "table"]
        rows = {name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")] for name in tables}
        pragmas = [
            tuple(connection.exec_driver_sql(f"PRAGMA {name}").one())
            for name in ("journal_mode", "auto_vacuum", "page_size", "user_version", "application_id", "encoding")
        ]
    engine.dispose()
    return sorted(schema, key=str), rows, pragmas


@pytest.fixture
def both(tmp_path):
    migrate_by_revisions(tmp_path / "true", KEY)
    with tables_remembered():
        for name in ("first", "second"):
            migrating.migrate(tmp_path / name, KEY)
    return all_of(tmp_path / "true"), all_of(tmp_path / "first"), all_of(tmp_path / "second")


def test_a_database_made_from_memory_is_the_one_that_the_revisions_make(both):
    true, first, second = both
    assert first == true
    assert second == true
    assert len(true[0]) > 100


def test_what_exists_already_goes_through_the_revisions(tmp_path):
    with tables_remembered():
        migrating.migrate(tmp_path / "first", KEY)
        (tmp_path / "empty").touch()
        migrating.migrate(tmp_path / "empty", KEY)
    assert all_of(tmp_path / "empty") == all_of(tmp_path / "first")
