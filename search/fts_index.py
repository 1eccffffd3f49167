"""The default engine: SQLite FTS5 inside SQLCipher, without a copy of the content.

Rules:

- FTS5 gets the analyser's words and splits at the space: its ``ascii`` tokenizer takes everything above U+007F
  as letters and changes nothing in words that are folded already.
- One transaction adds documents and moves the ledger position; with `synchronous=FULL` it is durable.
- An index says by which engine, projection and analyser it was built. Any other is `IndexOutdated`.
- A missing or emptied file, a wrong key and a damaged page are `Corrupt`, never an empty result.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from search.analysis import ANALYSER_VERSION
from search.documents import COLUMNS
from search.fts_match import MATCHING, MOST_RANKED, microseconds, ranking_expression, translate_query, word_count
from search.index import NOTHING_READ, IndexCounts, IndexOutdated, Order, SearchPage
from search.projection import PROJECTION_VERSION
from storage.database import DatabaseError, open_encrypted, translate
from storage.errors import ArchiveError, Corrupt, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from search.documents import IndexDocument
    from search.fts_match import Condition
    from search.index import IdScope
    from search.queries import Query

ENGINE_VERSION: Final = 1
VERSION: Final = f"fts/{ENGINE_VERSION} projection/{PROJECTION_VERSION} analyser/{ANALYSER_VERSION}"

_CREATE_DOCS = """
CREATE TABLE docs (
    doc INTEGER PRIMARY KEY,
    record_id TEXT NOT NULL UNIQUE,
    submission_id TEXT NOT NULL,
    custodian_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    platform TEXT,
    language TEXT NOT NULL,
    captured_at INTEGER NOT NULL,
    sent_at INTEGER,
    happened_at INTEGER NOT NULL,
    has_attachment INTEGER NOT NULL,
    unsearchable INTEGER NOT NULL
)"""
_CREATE_WORDS = "CREATE VIRTUAL TABLE words USING fts5({}, content='', contentless_delete=1, tokenize={})".format(
    ", ".join(COLUMNS), "\"ascii tokenchars '#@_'\""
)
_SCHEMA: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    _CREATE_DOCS,
    "CREATE INDEX docs_by_moment ON docs (happened_at DESC, record_id)",
    "CREATE INDEX docs_by_submission ON docs (submission_id)",
    "CREATE INDEX docs_unsearchable ON docs (unsearchable) WHERE unsearchable",
    _CREATE_WORDS,
    # memory for a batch's words before they are a segment, and eight segments, not four, before they are merged
    "INSERT INTO words(words, rank) VALUES ('hashsize', 16777216), ('automerge', 8)",
)
_ADD_DOC = "INSERT INTO docs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_WORDS = " ".join(("INSERT INTO words(rowid,", ", ".join(COLUMNS), ") VALUES (?", ", ?" * len(COLUMNS), ")"))
_NEWEST_FIRST = "d.happened_at DESC, d.record_id"
# CROSS JOIN keeps SQLite from asking FTS5 once for every document instead of once
_FROM_MATCH = "FROM words CROSS JOIN docs AS d ON d.doc = words.rowid WHERE words MATCH ? AND "
_FROM_DOCS = "FROM docs AS d WHERE "
# MATERIALIZED keeps SQLite from asking FTS5 for the score of every document by itself
_SCORED = (
    "WITH scores AS MATERIALIZED (SELECT rowid AS doc, rank AS score FROM words WHERE words MATCH ?)"
    " SELECT d.record_id FROM docs AS d LEFT JOIN scores AS s ON s.doc = d.doc"
)
_MANY_WORDS: Final = 20
_Parameters: TypeAlias = tuple[str | int, ...]


class FtsIndex:
    """A `SearchIndex` in one encrypted file; make it with `open_fts_index`."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._idle: list[Any] = []
        self._idle_lock = threading.Lock()
        self._writer: Any = None
        self._writer_lock = threading.Lock()
        self._closed = False

    def present(self) -> FtsIndex:
        """Itself: a generation stays what it is."""
        return self

    def position(self) -> int:
        """The ledger position up to which events have been read."""
        with self._reading() as connection:
            return _position(connection)

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents and move to `position`, in one durable step."""
        latest: dict[str, IndexDocument] = {}
        for document in documents:
            present = latest.get(document.record_id)
            if present is None or present.position <= document.position:
                latest[document.record_id] = document
        with self._writing() as connection:
            known = _known(connection, list(latest))
            outdated = []
            for record_id, (number, at) in known.items():
                if at > latest[record_id].position:
                    del latest[record_id]
                else:
                    outdated.append(number)
            _delete(connection, outdated)
            first = connection.execute("SELECT coalesce(max(doc), 0) + 1 FROM docs").fetchone()[0]
            numbered = list(enumerate(latest.values(), start=first))
            connection.executemany(_ADD_DOC, (_row(number, document) for number, document in numbered))
            connection.executemany(_ADD_WORDS, ((number, *document.columns) for number, document in numbered))
            _move(connection, position)

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out and move to `position`, in one durable step."""
        with self._writing() as connection:
            _delete(connection, [number for number, _ in _known(connection, list(dict.fromkeys(record_ids))).values()])
            _move(connection, position)

    def search(
        self, query: Query, *, limit: int, offset: int = 0, order: Order = Order.DATE, allowed: IdScope | None = None
    ) -> SearchPage:
        """The records that match, from the `offset`-th on, at most `limit`."""
        condition = translate_query(query, allowed)
        source, parameters = _source(condition)
        page, page_parameters = _ranked(query, condition) if order is Order.RELEVANCE else _dated(condition)
        if word_count(query) > _MANY_WORDS:
            return self._search_once(page, page_parameters, limit, offset)
        counted = "FROM words WHERE words MATCH ?" if condition.plain else source
        with self._reading() as connection:
            total: int = connection.execute(f"SELECT count(*) {counted}", parameters).fetchone()[0]
            wanted = (*page_parameters, limit, offset)
            rows = connection.execute(f"{page} LIMIT ? OFFSET ?", wanted).fetchall() if total > offset else []
        return SearchPage(total, tuple(row[0] for row in rows))

    def _search_once(self, page: str, parameters: _Parameters, limit: int, offset: int) -> SearchPage:
        """Total and page from one evaluation: it sorts all hits, but asks FTS5 once, which many words make dear."""
        with self._reading() as connection:
            rows = connection.execute(page, parameters).fetchall()
        return SearchPage(len(rows), tuple(row[0] for row in rows[offset : offset + limit]))

    def ids(self, query: Query, *, allowed: IdScope | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first, as of one moment."""
        statement, parameters = _dated(translate_query(query, allowed))
        # read at once: an iterator left open would hold back the write-ahead log's checkpoint
        with self._reading() as connection:
            rows = connection.execute(statement, parameters).fetchall()
        return iter([row[0] for row in rows])

    def counts(self) -> IndexCounts:
        """How much is indexed."""
        with self._reading() as connection:
            indexed = connection.execute("SELECT count(*) FROM docs").fetchone()[0]
            unsearchable = connection.execute("SELECT count(*) FROM docs WHERE unsearchable").fetchone()[0]
        return IndexCounts(indexed, unsearchable)

    def close(self) -> None:
        """Close every connection; harmless when repeated."""
        with self._writer_lock, self._idle_lock:
            self._closed = True
            for connection in [*self._idle, *([self._writer] if self._writer is not None else [])]:
                connection.close()
            self._idle, self._writer = [], None

    def create(self) -> None:
        """Make the file and its tables."""
        os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with self._writing() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.executemany("INSERT INTO meta VALUES (?, ?)", [("version", VERSION), ("position", NOTHING_READ)])

    def check_version(self) -> None:
        """Refuse an index of another engine, projection or analyser."""
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
        if row is None:
            raise Corrupt(f"the search index {self._path.name} is incomplete; run: archiver index rebuild")
        if row[0] != VERSION:
            raise IndexOutdated("the search index was built by another version; run: archiver index rebuild")

    def _connect(self) -> Any:
        """A new connection; never one to a file made by asking for it."""
        if self._closed:
            raise TemporarilyUnavailable("the search index was closed meanwhile; search again")
        if not self._path.exists():
            raise Corrupt(f"the search index {self._path.name} is missing; run: archiver index rebuild")
        return open_encrypted(self._path, self._key)

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        """A connection in a read transaction: everything inside sees one state of the index."""
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is None:
                connection = self._connect()
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, DatabaseError):
                raise _refusal(error, self._path.name) from error
            raise
        with self._idle_lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """The writing connection in a transaction, which is undone if the block fails."""
        with self._writer_lock:
            try:
                if self._writer is None:
                    self._writer = self._connect()
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer is not None:
                    self._writer.close()  # undoes what was begun
                    self._writer = None
                if isinstance(error, DatabaseError):
                    raise _refusal(error, self._path.name) from error
                raise


def _refusal(error: DatabaseError, name: str) -> Exception:
    """The driver's error as one of ours; a file without our tables is as damaged as one that does not open."""
    found = translate(error, f"the search index {name}")
    if type(found) is ArchiveError:
        return Corrupt(f"the search index {name} is damaged; run: archiver index rebuild")
    return found


def open_fts_index(path: Path, key: bytes, *, create: bool = False) -> FtsIndex:
    """Open an index, or make a new one.

    Args:
        path: its file.
        key: its raw 32-byte key.
        create: make it; the file must not exist yet.

    Raises:
        Corrupt: the file is missing, damaged, or not under this key.
        IndexOutdated: another version built it; build it again.
    """
    if path.exists() == create:
        detail = "exists already" if create else "is missing"
        raise Corrupt(f"the search index {path.name} {detail}; run: archiver index rebuild")
    index = FtsIndex(path, key)
    try:
        if create:
            index.create()
        else:
            index.check_version()
    except BaseException:
        index.close()
        raise
    return index


def _source(condition: Condition) -> tuple[str, _Parameters]:
    if condition.match is None:
        return _FROM_DOCS + condition.where, condition.parameters
    return _FROM_MATCH + condition.where, (condition.match, *condition.parameters)


def _dated(condition: Condition) -> tuple[str, _Parameters]:
    """Newest first."""
    source, parameters = _source(condition)
    return f"SELECT d.record_id {source} ORDER BY {_NEWEST_FIRST}", parameters


def _ranked(query: Query, condition: Condition) -> tuple[str, _Parameters]:
    """Best first by BM25 of the words asked for; records that match without any of them come last, by date."""
    if condition.match is not None and word_count(query) <= MOST_RANKED:
        source, parameters = _source(condition)
        return f"SELECT d.record_id {source} ORDER BY words.rank, {_NEWEST_FIRST}", parameters
    expression = ranking_expression(query)
    if expression is None:
        return _dated(condition)
    where, parameters = condition.where, condition.parameters
    if condition.match is not None:
        where, parameters = f"{MATCHING} AND {where}", (condition.match, *parameters)
    return f"{_SCORED} WHERE {where} ORDER BY s.score IS NULL, s.score, {_NEWEST_FIRST}", (expression, *parameters)


def _position(connection: Any) -> int:
    row = connection.execute("SELECT value FROM meta WHERE name = 'position'").fetchone()
    if row is None:
        raise Corrupt("the search index does not say how far it has come; run: archiver index rebuild")
    position: int = row[0]
    return position


def _move(connection: Any, position: int) -> None:
    connection.execute("UPDATE meta SET value = max(value, ?) WHERE name = 'position'", (position,))


def _known(connection: Any, record_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Row number and position of those records that are in the index."""
    rows = connection.execute(
        "SELECT record_id, doc, position FROM docs WHERE record_id IN (SELECT value FROM json_each(?))",
        (json.dumps(record_ids),),
    )
    return {record_id: (number, position) for record_id, number, position in rows}


def _delete(connection: Any, numbers: Sequence[int]) -> None:
    rows = [(number,) for number in numbers]
    connection.executemany("DELETE FROM words WHERE rowid = ?", rows)
    connection.executemany("DELETE FROM docs WHERE doc = ?", rows)


def _row(number: int, document: IndexDocument) -> tuple[str | int | None, ...]:
    return (
        number,
        document.record_id,
        document.submission_id,
        document.custodian_id,
        document.position,
        document.kind.value,
        document.channel.value,
        document.platform,
        document.language,
        microseconds(document.captured_at),
        None if document.sent_at is None else microseconds(document.sent_at),
        microseconds(document.happened_at),
        int(document.has_attachment),
        int(document.unsearchable),
    )
