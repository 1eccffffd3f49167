"""The revisions make exactly the schema that the code declares, in SQLCipher and for PostgreSQL."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import archiver.backing_up  # it names every floor's tables
import archiver.tables
import ingest.tables
import retention.tables
import search.saved_tables
import search.tables
from storage.columns import CarriedBy, metadata
from storage.database import engine_for
from storage.migrating import configuration, migrate
from tests.every_case import every_case

FLOORS = (archiver.tables, ingest.tables, retention.tables, search.saved_tables, search.tables)
KEY = bytes(32)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def migrated(tmp_path):
    migrate(tmp_path / "one.db", KEY)
    engine = engine_for(tmp_path / "one.db", KEY)
    yield engine
    engine.dispose()


def test_every_floor_adds_its_tables_to_the_one_metadata():
    assert all(floor.metadata is metadata for floor in FLOORS)


def test_the_revisions_make_the_declared_schema(migrated):
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, metadata) == []


def test_the_checks_of_the_declared_schema_are_made_too(migrated):
    inspector = inspect(migrated)
    for table in metadata.sorted_tables:
        declared = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
        assert {one["name"] for one in inspector.get_check_constraints(table.name)} == declared


def test_migrating_again_changes_nothing(tmp_path):
    migrate(tmp_path / "one.db", KEY)
    migrate(tmp_path / "one.db", KEY)


def test_there_is_one_line_of_revisions():
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1


@every_case("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_and_index_compiles_for_postgresql(table):
    dialect = postgresql.dialect()
    assert str(CreateTable(table).compile(dialect=dialect)).strip().startswith(f"CREATE TABLE {table.name}")
    for index in table.indexes:
        assert "INDEX" in str(CreateIndex(index).compile(dialect=dialect))


def written_for_postgresql() -> str:
    config = configuration()
    config.attributes["dialect"] = "postgresql"
    written = io.StringIO()
    config.output_buffer = written
    with redirect_stdout(written):
        command.upgrade(config, "head", sql=True)
    return written.getvalue()


def test_the_revisions_can_be_written_for_postgresql():
    made = set(re.findall(r"CREATE TABLE (\w+)", written_for_postgresql()))
    assert made >= {table.name for table in metadata.sorted_tables}


def test_whoever_makes_a_backup_knows_every_table_that_the_revisions_make():
    made = set(re.findall(r"CREATE TABLE (\w+)", written_for_postgresql())) - {"alembic_version"}
    said = "import archiver.backing_up, storage.columns; print(*storage.columns.metadata.tables)"
    alone = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(alone.stdout.split()) == made


def test_names_fit_the_63_bytes_of_postgresql():
    names = [table.name for table in metadata.sorted_tables]
    names += [str(index.name) for table in metadata.sorted_tables for index in table.indexes]
    assert max(map(len, names)) <= 63


@every_case("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_says_how_a_backup_carries_it(table):
    carried = table.info["backup"]
    assert (carried.by in {CarriedBy.POSITION, CarriedBy.SUBJECT}) == bool(carried.column)
    assert not carried.column or carried.column in table.c
