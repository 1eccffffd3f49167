"""Many rows at once: the same rows as without, in one statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import (
    Column,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    event,
    insert,
    select,
    text,
    update,
)

from storage.columns import Moment, Position
from storage.database import engine_for
from storage.many_rows import ManyRows

_PLACE = Table(
    "places",
    MetaData(),
    Column("id", String(8), primary_key=True),
    Column("since", Moment, nullable=True),
    Column("content", LargeBinary, nullable=False),
    Column("position", Position, nullable=False),
)
_ROWS = [
    ("a", datetime(2024, 1, 5, 18, 7, 0, 1, tzinfo=UTC), b"\0one", 0),
    ("b", None, b"", 1 << 40),
    ("c", datetime(1969, 12, 31, tzinfo=timezone(timedelta(hours=-6))), b"three", 2),
]
_NAMES = ("id", "since", "content", "position")
_STORED = text("SELECT id, since, content, position, typeof(since), typeof(content) FROM places ORDER BY id")


@pytest.fixture
def connection(tmp_path):
    engine = engine_for(tmp_path / "rows.db", bytes(32))
    with engine.connect() as opened:
        _PLACE.create(opened)
        yield opened
    engine.dispose()


def test_what_is_stored_is_what_dictionaries_would_have_stored(connection):
    connection.execute(insert(_PLACE), [dict(zip(_NAMES, row, strict=True)) for row in _ROWS])
    expected = connection.execute(_STORED).all()
    connection.execute(delete(_PLACE))

    ManyRows(insert(_PLACE), *_NAMES).execute(connection, _ROWS)

    assert connection.execute(_STORED).all() == expected
    assert connection.execute(select(_PLACE).order_by(_PLACE.c.id)).all() == _ROWS


def test_nothing_is_asked_of_the_database_where_there_are_no_rows(connection):
    asked = []
    event.listen(connection, "before_cursor_execute", lambda *about: asked.append(about[2]))

    ManyRows(insert(_PLACE), *_NAMES).execute(connection, [])

    assert asked == []


def test_all_rows_go_in_one_statement(connection):
    asked = []
    event.listen(connection, "before_cursor_execute", lambda *about: asked.append((len(about[3]), about[5])))

    ManyRows(insert(_PLACE), *_NAMES).execute(connection, _ROWS)

    assert asked == [(3, True)]


def test_a_statement_goes_on_working_in_another_database(tmp_path):
    rows = ManyRows(insert(_PLACE), *_NAMES)
    for name in ("one.db", "two.db"):
        engine = engine_for(tmp_path / name, bytes(32))
        with engine.connect() as opened:
            _PLACE.create(opened)
            rows.execute(opened, _ROWS[:1])
            assert opened.execute(select(_PLACE.c.id)).scalars().all() == ["a"]
        engine.dispose()


def test_a_change_finds_each_row_by_its_own_value(connection):
    ManyRows(insert(_PLACE), *_NAMES).execute(connection, _ROWS)
    change = update(_PLACE).where(_PLACE.c.id == bindparam("one")).values(since=bindparam("then"))

    ManyRows(change, "then", "one").execute(connection, [(_ROWS[0][1], "c"), (None, "a")])

    found = connection.execute(select(_PLACE.c.since).order_by(_PLACE.c.id)).scalars().all()
    assert found == [None, None, _ROWS[0][1]]


def test_names_in_another_order_than_the_statement_has_them_are_refused(connection):
    swapped = ManyRows(insert(_PLACE), "since", "id", "content", "position")

    with pytest.raises(ValueError, match="the parameters are"):
        swapped.execute(connection, _ROWS)


def test_a_moment_without_a_zone_is_refused_as_ever(connection):
    naive = [("d", _ROWS[0][1].replace(tzinfo=None), b"", 3)]

    with pytest.raises(ValueError, match="aware"):
        ManyRows(insert(_PLACE), *_NAMES).execute(connection, naive)
