"""Segments of a Whoosh index over our lines: how they are written, joined, and read.

Rules:

- Whoosh's own files hold postings alone (`search.whoosh_codec`). Beside them stand two of ours: what is known of each
  document (`search.whoosh_facts`), and in which columns each whole word stands.
- Segments never change. What was removed from one is said beside it, by whoever names the segments, and is really gone
  when the segment is written anew without it.
- Eight segments of about the same size become one, until they hold some thousand documents: there are few, each
  document is written anew few times, and no joining takes long. One of which half was removed is written anew, too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, compress
from typing import TYPE_CHECKING, Final

from whoosh.codec.whoosh3 import W3Segment, W3TermInfo
from whoosh.index import TOC
from whoosh.reading import SegmentReader, TermNotFound
from whoosh.writing import SegmentWriter

from search.documents import COLUMNS, IndexDocument
from search.whoosh_codec import CODEC, SCHEMA, as_word, places_of
from search.whoosh_facts import Facts, Row, decode_rows, encode_rows, row_of
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from search.sealed_files import SealedFiles
    from search.whoosh_codec import Columns, FieldWriter, Postings, TermsReader

NAME: Final = "MAIN"
_FACTS: Final = ".facts"
_WORDS: Final = ".words"
_ENDINGS: Final = (_FACTS, _WORDS, ".pst", ".trm", "._stored.col")
FACTOR: Final = 8
LARGEST: Final = 4_096
_SPILL_MEGABYTES: Final = 128


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its name in Whoosh's way, how many documents were written into it, which of them do not count."""

    name: str
    documents: int
    removed: frozenset[int] = frozenset()

    @property
    def left(self) -> int:
        """How many documents count."""
        return self.documents - len(self.removed)

    @property
    def files(self) -> str:
        """What the names of its files begin with."""
        return f"{NAME}_{self.name}."

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all its files."""
        return tuple(map(self.file, _ENDINGS))

    def file(self, ending: str) -> str:
        """The name of one of them."""
        return f"{NAME}_{self.name}{ending}"


@dataclass(slots=True)
class Kept:
    """What is kept in memory of a segment for all who open it: its facts, and its words once they were asked for."""

    facts: Facts
    words: dict[str, Columns] | None = None


class OpenSegment:
    """A segment opened for reading. One thread's at a time."""

    def __init__(self, files: SealedFiles, segment: Segment, kept: Kept) -> None:
        """Open it.

        Raises:
            Corrupt: a file of it is missing or damaged.
        """
        self.segment = segment
        self.facts = kept.facts
        self._kept = kept
        self._files = files
        self._reader = SegmentReader(files, SCHEMA, _whoosh(segment))

    def postings(self, column: str, word: bytes) -> Postings | None:
        """Where a word stands in a column; None if nowhere."""
        try:
            found: Postings = self._reader.postings(column, word)
        except TermNotFound:
            return None
        return found

    def begun_with(self, column: str, beginning: bytes) -> Iterator[bytes]:
        """The words of a column that begin so, in order."""
        found: Iterator[bytes] = self._reader.expand_prefix(column, beginning)
        return found

    def whole_words(self) -> dict[str, Columns]:
        """The words of all columns that hold whole ones, and in which of them each stands.

        Raises:
            Corrupt: the file that says so is damaged.
        """
        if self._kept.words is None:
            name = self.segment.file(_WORDS)
            with self._files.open_file(name) as file:
                self._kept.words = json.loads(file.read())
        return self._kept.words or {}

    def read_through(self) -> int:
        """Read every posting; returns how many there are.

        Raises:
            Corrupt: one is damaged, or is of no document.
        """
        read = 0
        for column, term in self._reader.all_terms():
            for numbers, _, values in self._reader.postings(column, term).blocks():
                if not 0 <= numbers[0] <= numbers[-1] < self.segment.documents or not all(map(places_of, values)):
                    raise Corrupt("the search index holds words of no document; run: archiver index rebuild")
                read += len(numbers)
        return read

    def close(self) -> None:
        """Close its files; harmless when repeated."""
        if not self._reader.is_closed:
            self._reader.close()


def read_facts(files: SealedFiles, segment: Segment) -> Facts:
    """What a segment knows of its documents beside their words.

    Raises:
        Corrupt: it is missing, damaged, or not of this segment.
    """
    name = segment.file(_FACTS)
    return Facts(decode_rows(files.unsealed(name, files.sealed(name)), segment.documents))


def to_be_joined(segments: Sequence[Segment]) -> list[Segment]:
    """Which segments are to be written anew as one."""
    tiers: defaultdict[int, list[Segment]] = defaultdict(list)
    for segment in segments:
        if segment.left * FACTOR <= 2 * LARGEST:
            tiers[_tier(segment.left)].append(segment)
    full = [segment for tier in tiers.values() if len(tier) >= FACTOR for segment in tier]
    wasted = [one for one in segments if one not in full and one.removed and 2 * len(one.removed) >= one.documents]
    return full + wasted


def _tier(documents: int) -> int:
    tier = 0
    while documents >= FACTOR:
        documents //= FACTOR
        tier += 1
    return tier


def write_segment(target: SealedFiles, documents: Sequence[IndexDocument]) -> Segment | None:
    """Write a segment of documents; durable but for its name. None, and nothing written, where there are none.

    Raises:
        StorageFull, TemporarilyUnavailable: the disk says no.
    """
    if not documents:
        return None
    writer = _Writer(_Place(target), codec=CODEC, compound=False, limitmb=_SPILL_MEGABYTES, _lk=False)
    try:
        for document in documents:
            writer.add_document(**dict(_lines(document)))
        made = Segment(writer.get_segment().segid, len(documents))
        writer.commit(merge=False)
    except BaseException:
        writer.give_up()
        raise
    _put_beside(target, made, map(row_of, documents), writer.fieldwriter)
    return made


def join_segments(target: SealedFiles, source: SealedFiles, segments: Sequence[Segment]) -> Segment | None:
    """Write what is left of some segments as one, term by term; durable but for its name. None where nothing is left.

    Raises:
        Corrupt: one of them is damaged.
        StorageFull, TemporarilyUnavailable: the disk says no.
    """
    rows: list[Row] = []
    numbers: list[list[int]] = []
    for segment in segments:
        first = len(rows)
        kept = [number not in segment.removed for number in range(segment.documents)]
        rows += compress(read_facts(source, segment).rows, kept)
        numbers.append(
            [first + behind - 1 if left else -1 for left, behind in zip(kept, accumulate(kept), strict=True)]
        )
    if not rows:
        return None
    made = CODEC.new_segment(None, NAME)
    opened: list[TermsReader] = []
    documents = CODEC.per_document_writer(target, made)
    fields: FieldWriter = CODEC.field_writer(target, made)
    try:
        opened += [CODEC.terms_reader(source, _whoosh(segment)) for segment in segments]
        for number in range(len(rows)):
            documents.start_doc(number)
            documents.finish_doc()
        documents.close()
        _join_terms(fields, list(zip(opened, numbers, strict=True)))
        fields.close()
    finally:
        for reader in opened:
            reader.close()
    joined = Segment(made.segid, len(rows))
    _put_beside(target, joined, rows, fields)
    return joined


def _join_terms(fields: FieldWriter, sources: Sequence[tuple[TermsReader, list[int]]]) -> None:
    """Write all postings of some segments; -1 is the new number of a document that is left out."""

    def terms(place: int) -> Iterator[tuple[str, bytes, int, W3TermInfo]]:
        return ((column, term, place, info) for column, term, info in sources[place][0].each())

    present = ""
    for column, term, place, info in merge(*map(terms, range(len(sources)))):
        reader, numbers = sources[place]
        if column != present:
            if present:
                fields.end_column()
            fields.start_field(column, SCHEMA[column])
            present = column
        for olds, weights, values in reader.standing(column, info).blocks():
            for old, weight, value in zip(olds, weights, values, strict=True):
                if numbers[old] >= 0:
                    fields.add_to(term, numbers[old], weight, value)
    if present:
        fields.end_column()


def _put_beside(target: SealedFiles, segment: Segment, rows: Iterable[Row], fields: FieldWriter) -> None:
    """Write our own two files of a segment."""
    target.put(segment.file(_FACTS), encode_rows(rows))
    whole = {as_word(term): columns for term, columns in fields.whole.items()}
    target.put(segment.file(_WORDS), json.dumps(whole, separators=(",", ":")).encode())


def _lines(document: IndexDocument) -> Iterator[tuple[str, str]]:
    return ((column.value, line) for column, line in zip(COLUMNS, document.columns, strict=True) if line)


def _whoosh(segment: Segment) -> W3Segment:
    """A segment as Whoosh reads it, with what was removed: one mask is quicker than asking of every posting."""
    return W3Segment(CODEC, NAME, doccount=segment.documents, segid=segment.name)


class _Place:
    """What Whoosh's writer asks an index for: where the files go, and that there is nothing yet."""

    indexname = NAME

    def __init__(self, files: SealedFiles) -> None:
        self.storage = files

    def _read_toc(self) -> TOC:
        return TOC(SCHEMA, [], 0)


class _Writer(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer of one segment, which names nothing: its table of contents would be a pickle."""

    def _commit_toc(self, segments: object) -> None:
        pass

    def give_up(self) -> None:
        """Remove what was spilt; the files of the segment go when the next one is named."""
        if not self.is_closed:
            try:
                self.cancel()
            except Exception:  # noqa: BLE001 - what stopped the writing is raised already, and tells more
                self._tempstorage.destroy()
