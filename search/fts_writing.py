"""Adding to and removing from the FTS5 index, inside a transaction that the caller has begun.

Rules:

- Documents are written in the order of their numbers: a number below the last one makes FTS5 write what it has
  gathered as a segment of its own.
- What is remembered of the file (`Memo`) is true only after the commit, and is given up where a transaction fails.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_schema import ADD_ALIKE, ADD_DOC, ADD_WORDS, EDITS_KEPT, PLACES, first_number, microseconds, moment_of
from search.fts_tokens import FAMILIES, family_words, lines
from storage.errors import Corrupt, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from search.documents import IndexDocument

FACT_NAMES: Final = ("custodian", "kind", "channel", "platform", "lang")
CORRESPONDENT: Final = "correspondent"
COUNTERS: Final = ("edit", "sweeps", "indexed", "unsearchable")
"""What `meta` counts."""
_MOST_WORDS_REMEMBERED: Final = 300_000
_MOST_VALUES_REMEMBERED: Final = 100_000


class Memo:
    """What a writer knows to be in the file already: words of its lists, and codes of facts."""

    def __init__(self, sweeps: int = 0) -> None:
        self.sweeps = sweeps
        self.words: dict[str, set[str]] = {family: set() for family in FAMILIES}
        self.codes: dict[tuple[str, str], int] = {}

    def keep_true(self, sweeps: int) -> None:
        """Forget all if words or values were swept since."""
        if sweeps != self.sweeps:
            self.sweeps = sweeps
            self.codes.clear()
            for words in self.words.values():
                words.clear()

    def keep_small(self) -> None:
        """Forget what is too much, so that memory is bounded."""
        for words in self.words.values():
            if len(words) > _MOST_WORDS_REMEMBERED:
                words.clear()
        if len(self.codes) > _MOST_VALUES_REMEMBERED:
            self.codes.clear()


def add_documents(connection: Any, memo: Memo, documents: Sequence[IndexDocument], position: int) -> None:
    """Add documents, the latest version of each record, and move to `position`."""
    memo.keep_true(meta(connection)["sweeps"])
    latest: dict[str, IndexDocument] = {}
    for document in documents:
        present = latest.get(document.record_id)
        if present is None or present.position <= document.position:
            latest[document.record_id] = document
    outdated = []
    for record_id, (number, at) in known(connection, list(latest)).items():
        if at > latest[record_id].position:
            del latest[record_id]
        else:
            outdated.append(number)
    unsearchable = -_delete(connection, outdated)
    new = sorted(latest.values(), key=moment_of)
    numbered = list(zip(_numbers(connection, new), new, strict=True))
    codes = _codes(connection, memo, new)
    connection.executemany(ADD_DOC, (_row(number, document, codes) for number, document in numbered))
    connection.executemany(
        ADD_ALIKE,
        (
            (number, document.thread, document.equal, document.likeness)
            for number, document in numbered
            if document.thread or document.equal or document.likeness
        ),
    )
    facts = ((number, document, _fact_codes(document, codes)) for number, document in numbered)
    connection.executemany(ADD_WORDS, ((number, *lines(document, found)) for number, document, found in facts))
    terms = _add_terms(connection, memo, new)
    unsearchable += sum(document.unsearchable for document in new)
    _move(connection, position, len(new) - len(outdated), unsearchable)
    _note_edit(connection, [number for number, _ in numbered], outdated, terms)
    memo.keep_small()


def remove_documents(connection: Any, record_ids: Sequence[str], position: int) -> None:
    """Take records out and move to `position`."""
    gone = [number for number, _ in known(connection, list(dict.fromkeys(record_ids))).values()]
    unsearchable = _delete(connection, gone)
    _move(connection, position, -len(gone), -unsearchable)
    _note_edit(connection, [], gone, [])


def known(connection: Any, record_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Number and position of those records that are in the index."""
    rows = connection.execute(
        "SELECT record_id, doc, position FROM docs WHERE record_id IN (SELECT value FROM json_each(?))",
        (json.dumps(record_ids),),
    )
    return {record_id: (number, position) for record_id, number, position in rows}


def meta(connection: Any) -> dict[str, Any]:
    """What the index says of itself.

    Raises:
        Corrupt: it does not say all of it.
    """
    found = dict(connection.execute("SELECT name, value FROM meta"))
    if not {"version", "position", *COUNTERS} <= found.keys():
        raise Corrupt("the search index does not say what it is and how far it has come; run: archiver index rebuild")
    return found


def _delete(connection: Any, numbers: Sequence[int]) -> int:
    """Take documents out; how many of them had a part that could not be read."""
    if not numbers:
        return 0
    rows = [(number,) for number in numbers]
    chosen = "SELECT coalesce(sum(unsearchable), 0) FROM docs WHERE doc IN (SELECT value FROM json_each(?))"
    unsearchable: int = connection.execute(chosen, (json.dumps(numbers),)).fetchone()[0]
    for table, column in (("words", "rowid"), ("docs", "doc"), ("alike", "doc")):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)  # noqa: S608 - names of tables
    return unsearchable


def _numbers(connection: Any, documents: Sequence[IndexDocument]) -> list[int]:
    """A free number for each of these, which are in the order of their moments; the numbers ascend."""
    found: list[int] = []
    start, number = -1, -1
    for document in documents:
        first = first_number(moment_of(document))
        if first != start:
            start = first
            highest = connection.execute(
                "SELECT max(doc) FROM docs WHERE doc >= ? AND doc < ?", (start, start + (1 << PLACES))
            ).fetchone()[0]
            number = start if highest is None else highest + 1
        if number >= start + (1 << PLACES):
            raise InvalidInput(
                f"a day of this archive has more than {1 << PLACES:,} records; the index cannot hold them"
            )
        found.append(number)
        number += 1
    return found


def _facts(document: IndexDocument) -> tuple[str | None, ...]:
    """The values of `FACT_NAMES`."""
    return (
        document.custodian_id,
        document.kind.value,
        document.channel.value,
        document.platform,
        document.language,
    )


def _codes(connection: Any, memo: Memo, documents: Sequence[IndexDocument]) -> dict[tuple[str, str], int]:
    """The code of every value that these have; what is new gets one."""
    sought = {
        (name, value)
        for document in documents
        for name, value in (
            *zip(FACT_NAMES, _facts(document), strict=True),
            *((CORRESPONDENT, one) for one in document.correspondents),
        )
        if value is not None
    }
    found = {pair: memo.codes[pair] for pair in sought & memo.codes.keys()}
    for pair in sorted(sought - found.keys()):
        connection.execute("INSERT OR IGNORE INTO fact_values (name, value) VALUES (?, ?)", pair)
        row = connection.execute("SELECT code FROM fact_values WHERE name = ? AND value = ?", pair).fetchone()
        found[pair] = row[0]
    memo.codes |= found
    return found


def _fact_codes(document: IndexDocument, codes: dict[tuple[str, str], int]) -> list[int]:
    pairs = zip(FACT_NAMES, _facts(document), strict=True)
    return [codes[name, value] for name, value in pairs if value is not None]


def _row(number: int, document: IndexDocument, codes: dict[tuple[str, str], int]) -> tuple[object, ...]:
    correspondents = [codes[CORRESPONDENT, one] for one in dict.fromkeys(document.correspondents)]
    facts = (
        None if value is None else codes[name, value] for name, value in zip(FACT_NAMES, _facts(document), strict=True)
    )
    return (
        number,
        document.record_id,
        document.submission_id,
        document.position,
        moment_of(document),
        microseconds(document.captured_at),
        document.size,
        int(document.unsearchable),
        *facts,
        np.array(correspondents, dtype="<u4").tobytes(),
    )


def _add_terms(connection: Any, memo: Memo, documents: Sequence[IndexDocument]) -> list[tuple[str, str]]:
    """Add the words that the lists do not have yet; these are what is returned."""
    found: list[tuple[str, str]] = []
    for family in memo.words:
        words = family_words(documents, family) - memo.words[family]
        there = connection.execute(
            "SELECT word FROM terms WHERE family = ? AND word IN (SELECT value FROM json_each(?))",
            (family, json.dumps(list(words), ensure_ascii=False)),
        )
        memo.words[family] |= words
        words.difference_update([row[0] for row in there])
        found += [(family, word) for word in sorted(words)]
    connection.executemany("INSERT INTO terms VALUES (?, ?)", found)
    return found


def _move(connection: Any, position: int, added: int, unsearchable: int) -> None:
    connection.execute("UPDATE meta SET value = max(value, ?) WHERE name = 'position'", (position,))
    connection.execute("UPDATE meta SET value = value + ? WHERE name = 'indexed'", (added,))
    connection.execute("UPDATE meta SET value = value + ? WHERE name = 'unsearchable'", (unsearchable,))


def _note_edit(connection: Any, added: Iterable[int], gone: Iterable[int], terms: Sequence[tuple[str, str]]) -> None:
    """Say what this transaction changed; a move of the position alone changes nothing."""
    new, old = _packed(added), _packed(gone)
    if not new and not old:
        return
    edit = connection.execute("SELECT value + 1 FROM meta WHERE name = 'edit'").fetchone()[0]
    connection.execute("UPDATE meta SET value = ? WHERE name = 'edit'", (edit,))
    words = "\n".join(family + word for family, word in terms if family != "h")
    connection.execute("INSERT INTO edits VALUES (?, ?, ?, ?)", (edit, new, old, words))
    connection.execute("DELETE FROM edits WHERE edit <= ?", (edit - EDITS_KEPT,))


def _packed(numbers: Iterable[int]) -> bytes:
    return np.fromiter(numbers, dtype="<i8").tobytes()
