"""The words of an FTS5 index that are like what was asked, from the list `terms`.

Rules:

- The words of a list are kept in memory as texts, a word a line, for an expression passes over a text a hundred times
  faster than it is put to each word. RE2 does so in one go: ``(?m)^(?:...)$``, and with `never_nl` nothing in the
  expression matches the end of a line. What would still look beyond its line is put to each word.
- Digests of files are as many as files, and hardly ever asked for by their parts: their list is not kept in memory.
- The list may have words of records that were removed; at a renewal it is swept.
- What takes too long to compare is refused. The time is that of the processor, so that a busy machine refuses nothing
  else; its clock is passed in.

Sources: github.com/google/re2/wiki/Syntax; re2.h, "never_nl".
"""

from __future__ import annotations

import re
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import re2
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from search.fts_tokens import FAMILIES
from search.fts_writing import meta
from search.queries import Likeness, exact_columns
from search.term_patterns import compiled, expression_of, word_test
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from search.queries import Field, Like
    from search.stopping import Stop

_NOT_KEPT: Final = "h"
_CHUNK: Final = 1 << 17
_ROWS: Final = 20_000
_SECONDS: Final = 1.2
_MOST_MEMORY: Final = 8 << 20
# single bytes, quoted text, which may hold anything, and the multi-line flag itself
_BEYOND_ITS_LINE = re.compile(r"\\[CQ]|\(\?[a-zA-Z]*-?[a-zA-Z]*m")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ENDS = {"A": "^", "z": "$"}  # the ends of the text are those of the line


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a list as of an edit: lines of words by how many letters they have."""

    edit: int
    by_length: Mapping[int, bytes]


class Allowance:
    """How much time the patterns of one search have left to be compared."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = _SECONDS

    def spend(self, like: Like, chunk: bytes, enough: int) -> list[str]:
        """The words of a chunk that are like this, at most so many.

        Raises:
            InvalidInput: the time is over.
        """
        began = self._clock()
        found = _fitting(like, chunk, enough)
        self._left -= self._clock() - began
        if self._left < 0:
            raise InvalidInput(
                "comparing the patterns with the words of the index takes too long; make them simpler, or name words"
            )
        return found


class TermsInMemory:
    """The lists of words of one index file, read when they are first asked for."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, _Text] = {}
        self._clock = clock

    def allowance(self) -> Allowance:
        """The time of one search."""
        return Allowance(self._clock)

    def expand(
        self, connection: Any, like: Like, most: int, *, allowance: Allowance, stop: Stop | None = None
    ) -> dict[str, list[str]]:
        """The words that are like this, by list; a list ends where all together are more than `most`.

        Args:
            connection: in a read transaction.
            like: what is asked.
            most: how many words are enough.
            allowance: the time that is left.
            stop: asks to end.

        Raises:
            InvalidInput: it takes too long.
        """
        found: dict[str, list[str]] = {}
        left = most + 1
        for family in families_of(like.field):
            words: list[str] = []
            for chunk in self._chunks(connection, family, like, stop):
                words += allowance.spend(like, chunk, left - len(words))
                if len(words) >= left:
                    break
                if stop is not None:
                    stop.check()
            left -= len(words)
            found[family] = words
            if left <= 0:
                break
        return found

    def _chunks(self, connection: Any, family: str, like: Like, stop: Stop | None) -> Iterator[bytes]:
        """The words of a list that may be like this, a line each, in pieces of whole lines."""
        if family == _NOT_KEPT:
            cursor = connection.execute("SELECT word FROM terms WHERE family = ?", (family,))
            while rows := cursor.fetchmany(_CHUNK // 64):
                yield "\n".join([row[0] for row in rows]).encode()
            return
        by_length = self._text(connection, family, stop).by_length
        for length in sorted(by_length):
            if like.how is Likeness.FUZZY and abs(length - len(like.pattern)) > like.distance:
                continue
            lines, start = by_length[length], 0
            while start < len(lines):
                end = lines.find(b"\n", start + _CHUNK)
                end = len(lines) if end < 0 else end
                yield lines[start:end]
                start = end + 1

    def _text(self, connection: Any, family: str, stop: Stop | None) -> _Text:
        edit: int = meta(connection)["edit"]
        with self._lock:
            present = self._texts.get(family)
            # words are only ever added: those of a later state may stay
            if present is not None and present.edit >= edit:
                return present
            new = None if present is None else _new_words(connection, family, present.edit, edit)
            if present is None or new is None:
                with nullcontext() if stop is None else stop.spared():
                    found = _Text(edit, _all_by_length(connection, family, stop))
            else:
                found = _Text(edit, _by_length(present.by_length, new))
            self._texts[family] = found
            return found


def _all_by_length(connection: Any, family: str, stop: Stop | None) -> dict[int, bytes]:
    """Lines of all words of a list by length; no more of them than a chunk are ever objects of their own."""
    lines: dict[int, bytearray] = {}
    cursor = connection.execute("SELECT word FROM terms WHERE family = ?", (family,))
    while rows := cursor.fetchmany(_ROWS):
        if stop is not None:
            stop.check()
        for length, some in _by_length({}, (row[0] for row in rows)).items():
            lines.setdefault(length, bytearray()).extend(some + b"\n")
    return {length: bytes(lines.pop(length)[:-1]) for length in list(lines)}


def _by_length(present: Mapping[int, bytes], words: Iterable[str]) -> dict[int, bytes]:
    """Lines of words by length with more words."""
    added: dict[int, list[str]] = {}
    for word in words:
        added.setdefault(len(word), []).append(word)
    lines = {length: "\n".join(several).encode() for length, several in added.items()}
    return {**present, **{at: present[at] + b"\n" + some if at in present else some for at, some in lines.items()}}


def families_of(where: Field) -> tuple[str, ...]:
    """The lists that have the words of a field."""
    columns = set(exact_columns(where))
    return tuple(family for family, members in FAMILIES.items() if members & columns)


def _new_words(connection: Any, family: str, since: int, edit: int) -> list[str] | None:
    """The words that came after an edit; None where they are not known any more."""
    rows = connection.execute("SELECT terms FROM edits WHERE edit > ?", (since,)).fetchall()
    if len(rows) != edit - since:
        return None
    return [word[1:] for row in rows for word in row[0].split("\n") if word.startswith(family)]


def _fitting(like: Like, chunk: bytes, enough: int) -> list[str]:
    """The words of a chunk that are like this, at most so many."""
    if like.how is Likeness.FUZZY:
        return _changed(like, chunk.decode().split("\n"))[:enough]
    expression = expression_of(like)
    compiled(expression)  # refuses what is no expression, with the sentence for it
    if _BEYOND_ITS_LINE.search(expression):
        test = word_test(like)
        return [word for word in chunk.decode().split("\n") if test(word)][:enough]
    found: list[str] = []
    for match in _over_lines(expression).finditer(chunk):  # type: ignore[attr-defined]
        if word := match.group():
            found.append(word.decode())
            if len(found) >= enough:
                break
    return found


def _over_lines(expression: str) -> object:
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.log_errors = False
    options.case_sensitive = False  # as `search.term_patterns.compiled`
    options.never_nl = True
    try:
        of_line = _ESCAPED.sub(lambda escaped: _ENDS.get(escaped[1], escaped[0]), expression)
        return re2.compile(f"(?m)^(?:{of_line})$", options)
    except re2.error as error:
        raise InvalidInput("this expression is too large to be compared; make it simpler") from error


def _changed(like: Like, words: list[str]) -> list[str]:
    """The words that differ by so many letters."""
    # beyond the cut-off every distance is given as one more than it
    distances = cdist([like.pattern], words, scorer=OSA.distance, score_cutoff=like.distance, dtype=np.int32, workers=1)
    return [words[place] for place in np.flatnonzero(distances[0] <= like.distance)]
