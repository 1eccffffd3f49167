"""Tables of the FTS5 index, and the numbers by which its documents are in the order of their dates.

Rules:

- A document's number is its day, in UTC, and a place within the day: ``day << 24 | place``. FTS5 gives what matches by
  number, so it gives whole days newest first without looking at any other; within a day the moments decide.
- `docs` has what is plain of a document, in numbers where values repeat (`fact_values`); `alike` what groups it.
- `terms` has each unstemmed word once in each list that it stands in (`search.fts_tokens.FAMILIES`).
- `edits` says of the last few additions and removals what they changed, so that what is kept in memory can follow.
- `meta` has the version, the ledger position, how many documents there are, the number of the last edit, and how often
  words and values were swept, after which nothing remembered of them is true.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from search.fts_tokens import FTS_COLUMNS, TOKENIZER

if TYPE_CHECKING:
    from search.documents import IndexDocument

EDITS_KEPT: Final = 256
PLACES: Final = 24
"""Bits of a document's number that are its place within the day."""

_CREATE_DOCS = """
CREATE TABLE docs (
    doc INTEGER PRIMARY KEY,
    record_id TEXT NOT NULL UNIQUE,
    submission_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    captured_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    unsearchable INTEGER NOT NULL,
    custodian INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    platform INTEGER,
    language INTEGER NOT NULL,
    correspondents BLOB NOT NULL
)"""
_CREATE_VALUES = """
CREATE TABLE fact_values (
    code INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (name, value)
)"""
_CREATE_WORDS = (
    f"CREATE VIRTUAL TABLE words USING fts5({', '.join(FTS_COLUMNS)}, content='', contentless_delete=1,"
    f' tokenize="{TOKENIZER}")'
)
SCHEMA: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    _CREATE_DOCS,
    "CREATE INDEX docs_by_submission ON docs (submission_id)",
    "CREATE TABLE alike (doc INTEGER PRIMARY KEY, thread BLOB NOT NULL, equal BLOB NOT NULL, likeness BLOB NOT NULL)",
    _CREATE_VALUES,
    "CREATE TABLE terms (family TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (family, word)) WITHOUT ROWID",
    "CREATE TABLE edits (edit INTEGER PRIMARY KEY, added BLOB NOT NULL, gone BLOB NOT NULL, terms TEXT NOT NULL)",
    _CREATE_WORDS,
    # memory for a batch's words before they are a segment; eight segments, not four, before they are merged; and lists
    # that fit a page of the file less SQLCipher's 80 bytes, so that none needs a second page for its end
    "INSERT INTO words(words, rank) VALUES ('hashsize', 16777216), ('automerge', 8), ('pgsz', 3940)",
)
ADD_DOC: Final = f"INSERT INTO docs VALUES ({', '.join('?' * 14)})"  # noqa: S608 - constants
ADD_ALIKE: Final = "INSERT INTO alike VALUES (?, ?, ?, ?)"
ADD_WORDS: Final = f"INSERT INTO words(rowid, {', '.join(FTS_COLUMNS)}) VALUES (?{', ?' * len(FTS_COLUMNS)})"  # noqa: S608 - constants

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400_000_000
_DAYS_BEFORE_EPOCH: Final = 719_164  # and one more than 1 January of year 1 asks for: numbers begin above 0


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, exact for every year of the calendar."""
    delta = moment.astimezone(UTC) - _EPOCH if moment.tzinfo is not UTC else moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def first_number(moment: int) -> int:
    """The least number that a document of the day of this moment, in microseconds, can have."""
    return (moment // _DAY + _DAYS_BEFORE_EPOCH) << PLACES


def day_of(number: int) -> int:
    """The least number of the same day."""
    return number >> PLACES << PLACES


def is_start_of_day(moment: int) -> bool:
    """Whether a moment is the first of its day."""
    return moment % _DAY == 0


def moment_of(document: IndexDocument) -> int:
    """The moment by which a document is in order, in microseconds."""
    return microseconds(document.happened_at)
