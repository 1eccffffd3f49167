"""Statements of SQL that are put into words once for all the archives of a program of tests.

Rule: what is run is the same. SQLAlchemy keeps the words of a statement with the engine, and a program that serves has
one engine for its life; tests open thousands of archives, and a sixth of their time went into the same words again.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from unittest import mock

from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 4_000  # statements


@contextlib.contextmanager
def statements_remembered() -> Iterator[None]:
    """Within it, the engines of archives that are made in this program share the words of their statements."""
    known: LRUCache[Any, Any] = LRUCache(_MOST)

    def engine(*arguments: Any, **options: Any) -> Engine:
        made = create_engine(*arguments, **options)
        made._compiled_cache = known
        return made

    # a statement is known by its dialect too, of which each engine has its own; those of one class say the same
    with (
        mock.patch("storage.database.create_engine", engine),
        mock.patch.object(SQLiteDialect_pysqlite, "__eq__", lambda one, other: type(one) is type(other), create=True),
        mock.patch.object(SQLiteDialect_pysqlite, "__hash__", lambda one: hash(type(one)), create=True),
    ):
        yield
