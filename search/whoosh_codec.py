"""How Whoosh keeps our lines: its own codec, told to keep words, documents and places, and nothing else.

Rules:

- Whoosh analyses nothing: a line is split at its spaces, and a word's place is its place in the line. `BOUNDARY`
  takes a place and is no word.
- No score, length, column or stored field of Whoosh's is kept.
- Of whole words it is noted, while they are written, in which columns they stand (`Columns`, a bit for each of
  `COLUMNS`): what patterns are compared with, and where their words need be looked up.
"""

from __future__ import annotations

import os
from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from whoosh.codec.whoosh3 import (
    W3Codec,
    W3FieldWriter,
    W3LeafMatcher,
    W3PostingsWriter,
    W3Segment,
    W3TermInfo,
    W3TermsReader,
)
from whoosh.fields import FieldType, Schema
from whoosh.formats import Positions

from search.documents import BOUNDARY, COLUMN_NUMBER, COLUMNS, Column
from search.queries import Field, exact_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.sealed_files import SealedFiles

Columns: TypeAlias = int


class _Places(Positions):  # type: ignore[misc]
    """Whoosh's format with positions, as plain numbers of 8, 16 or 32 bits: its own is a pickle for each word."""

    def encode(self, places: Sequence[int]) -> bytes:
        """Ascending places as bytes: the width, then the numbers."""
        width = "B" if places[-1] < 1 << 8 else "H" if places[-1] < 1 << 16 else "I"
        return width.encode() + array(width, places).tobytes()

    def decode_positions(self, value: bytes) -> list[int]:
        """The places again."""
        return array(chr(value[0]), value[1:]).tolist()


_PLACES: Final = _Places()


class _Line(FieldType):  # type: ignore[misc]
    """A column of words: Whoosh's field with positions, without an analyser, a length or a stored value."""

    def __init__(self) -> None:
        super().__init__(_PLACES, None)

    def index(self, line: str, **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """What Whoosh keeps of each word: itself, how often it stands there, its weight, its places."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(line.split(" ")):
            places[word].append(place)
        places.pop(BOUNDARY, None)
        places.pop("", None)
        for word, found in places.items():
            yield as_term(word), len(found), float(len(found)), self.format.encode(found)


class Postings(W3LeafMatcher):  # type: ignore[misc]
    """Where a word stands, read a block of postings at a time."""

    _values: Any

    def blocks(self) -> Iterator[tuple[Sequence[int], Sequence[float], Sequence[bytes]]]:
        """Numbers of documents, how often it stands in each, and its places there as `places_of` reads them."""
        while self.is_active():
            self._read_ids()
            self._read_weights()
            self._read_values()
            yield self._ids, self._weights, self._values
            self._next_block()

    def _read_values(self) -> None:
        super()._read_values()
        texts: tuple[str, ...] = self._values
        self._values = tuple(text.encode("latin-1") for text in texts)


class _PostingsWriter(W3PostingsWriter):  # type: ignore[misc]
    """Whoosh's writer of blocks; the pickles that it makes of bytes are four times as long as those of text."""

    def _mini_values(self) -> tuple[str, ...]:
        return tuple(value.decode("latin-1") for value in self._values)


class FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Whoosh's writer of words, which notes in which columns each whole word stands."""

    def __init__(self, codec: _Codec, storage: object, segment: W3Segment) -> None:
        super().__init__(codec, storage, segment)
        self.whole: defaultdict[bytes, Columns] = defaultdict(int)
        self._bit = 0
        self._term: bytes | None = None

    def add_to(self, term: bytes, number: int, weight: float, value: bytes) -> None:
        """Add where a word of the column stands; words come in their order, and the documents of each in theirs."""
        if term != self._term:
            if self._term is not None:
                self.finish_term()
            self.start_term(term)
            self._term = term
        self.add(number, weight, value, 0)

    def end_column(self) -> None:
        """The column has no more words."""
        if self._term is not None:
            self.finish_term()
        self._term = None
        self.finish_field()

    def start_field(self, fieldname: str, fieldobj: _Line) -> None:
        """A column begins."""
        super().start_field(fieldname, fieldobj)
        column = Column(fieldname)
        self._bit = columns_bit(column) if column in _WHOLE else 0

    def start_term(self, term: bytes) -> None:
        """A word of it begins."""
        super().start_term(term)
        if self._bit:
            self.whole[term] |= self._bit


class TermsReader(W3TermsReader):  # type: ignore[misc]
    """Whoosh's reader of words, which also goes through all of them without looking each one up."""

    def each(self) -> Iterator[tuple[str, bytes, W3TermInfo]]:
        """All words in the order of columns and words, with what `standing` needs."""
        return ((column, term, info) for (column, term), info in self.items())

    def standing(self, column: str, info: W3TermInfo) -> Postings:
        """Where the word stands."""
        found: Postings = self._codec.postings_reader(self._postfile, info, SCHEMA[column].format)
        return found


class _Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's own codec, without lengths, whose readers give whole blocks."""

    length_stats = False

    def new_segment(self, _: object, indexname: str) -> W3Segment:
        # Whoosh's own names come from a generator that a program may have seeded: twice the same would overwrite
        return W3Segment(self, indexname, segid=os.urandom(8).hex())

    def field_writer(self, storage: object, segment: W3Segment) -> FieldWriter:
        return FieldWriter(self, storage, segment)

    def terms_reader(self, storage: SealedFiles, segment: W3Segment) -> TermsReader:
        name = segment.make_filename(self.TERMS_EXT)
        postings = segment.open_file(storage, self.POSTS_EXT)
        return TermsReader(self, storage.open_file(name), storage.file_length(name), postings)

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> _PostingsWriter:  # noqa: FBT001, FBT002 - Whoosh's
        return _PostingsWriter(dbfile, blocklimit=self._blocklimit, byteids=byteids, compression=0)

    def postings_reader(
        self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, scorer: Any = None
    ) -> Postings:
        offset, length = terminfo.extent()
        return Postings(dbfile, offset, length, format_, term=term, scorer=scorer)


CODEC: Final = _Codec()
_WHOLE: Final = frozenset(column for field in Field for column in exact_columns(field))
SCHEMA: Final = Schema(**{column.value: _Line() for column in COLUMNS})


def columns_bit(*columns: Column) -> Columns:
    """These columns as bits."""
    return sum(1 << COLUMN_NUMBER[column] for column in columns)


def as_term(word: str) -> bytes:
    """A word as Whoosh keeps it."""
    return word.encode("utf-8", "surrogatepass")


def as_word(term: bytes) -> str:
    """A word again."""
    return term.decode("utf-8", "surrogatepass")


def places_of(value: bytes) -> list[int]:
    """The places of a word in one line, from what Whoosh keeps of them."""
    return _PLACES.decode_positions(value)
