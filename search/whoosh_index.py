"""The second engine: Whoosh 2.7.4 over sealed files.

Rules:

- Segments never change and are removed only when no head names them (`search.whoosh_head`), so a search sees one state
  from its beginning to its end, whatever is written meanwhile.
- One step adds a segment, says what it replaces, and moves the ledger position; it is durable when it returns.
- An index says by which engine, projection and analyser it was built. Any other is `IndexOutdated`.
- A missing or damaged file and a wrong key are `Corrupt`, never an empty result.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from search.analysis import ANALYSER_VERSION
from search.index import NOTHING_READ, IndexOutdated, Order, SearchPage
from search.projection import PROJECTION_VERSION
from search.sealed_files import SealedFiles
from search.whoosh_facts import MEMBERS
from search.whoosh_head import Head, HeadFile
from search.whoosh_match import Work
from search.whoosh_segments import Kept, OpenSegment, Segment, join_segments, read_facts, to_be_joined, write_segment
from search.whoosh_view import View
from storage.errors import Corrupt, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from search.documents import IndexDocument
    from search.index import Facet, FacetName, Groups, IdScope, IndexCounts
    from search.queries import Like, Query
    from search.stopping import Stop

ENGINE_VERSION: Final = f"1.{MEMBERS}"
VERSION: Final = f"whoosh/{ENGINE_VERSION} projection/{PROJECTION_VERSION} analyser/{ANALYSER_VERSION}"
_ATTEMPTS: Final = 20


class WhooshIndex:
    """A `SearchIndex` with `IndexInsight` in one folder of sealed files; make it with `open_whoosh_index`."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._files = SealedFiles(path, key)
        self._head = HeadFile(self._files)
        self._kept: dict[str, Kept] = {}
        self._idle: list[View] = []
        self._lock = threading.Lock()
        self._closed = False

    def present(self) -> WhooshIndex:
        """Itself: a generation stays what it is."""
        return self

    def position(self) -> int:
        """The ledger position up to which events have been read."""
        self._refuse_if_closed()
        return self._head.read().position

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents and move to `position`, in one durable step."""
        latest: dict[str, IndexDocument] = {}
        for document in documents:
            present = latest.get(document.record_id)
            if present is None or present.position <= document.position:
                latest[document.record_id] = document
        self._refuse_if_closed()
        with self._head.writing():
            head = self._head.read()
            replaced: dict[str, int] = {}
            for segment in head.segments:
                facts = self._known(segment).facts
                for record_id in latest.keys() & facts.numbers.keys():
                    number = facts.numbers[record_id]
                    if number not in segment.removed:
                        replaced[record_id] = facts.positions[number]
            outdated = {one for one, at in replaced.items() if at > latest[one].position}
            self._write(head, [one for one in latest.values() if one.record_id not in outdated], position)

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out and move to `position`, in one durable step."""
        self._refuse_if_closed()
        with self._head.writing():
            head = self._without(self._head.read(), frozenset(record_ids))
            self._head.replace(replace(head, position=max(head.position, position)))

    def search(
        self,
        query: Query,
        *,
        limit: int,
        offset: int = 0,
        order: Order = Order.DATE,
        allowed: IdScope | None = None,
        stop: Stop | None = None,
    ) -> SearchPage:
        """The records that match, from the `offset`-th on, at most `limit`."""
        with self._reading() as view:
            found = view.find(query, allowed, Work(stop))
            total = sum(one.total for one in found)
            ids = view.page(found, query, order, offset, limit) if limit and offset < total else []
        return SearchPage(total, tuple(ids))

    def ids(self, query: Query, *, allowed: IdScope | None = None, stop: Stop | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first, as of one moment."""
        with self._reading() as view:
            return iter(view.page(view.find(query, allowed, Work(stop)), query, Order.DATE, 0, None))

    def counts(self) -> IndexCounts:
        """How much is indexed."""
        with self._reading() as view:
            return view.totals()

    def facets(
        self,
        query: Query,
        names: Sequence[FacetName],
        *,
        zone: tzinfo,
        most: int,
        allowed: IdScope | None = None,
        stop: Stop | None = None,
    ) -> tuple[Facet, ...]:
        """Exact counts of all hits by each of these, at most `most` values of each; months are those of `zone`."""
        with self._reading() as view:
            found = view.find(query, allowed, Work(stop))
            return tuple(view.facet(found, name, zone=zone, most=most) for name in names)

    def expand(self, like: Like, most: int, *, stop: Stop | None = None) -> tuple[str, ...]:
        """The words of the index that are like what was asked, sorted; one more than `most` where there are more."""
        with self._reading() as view:
            return view.expanded(like, most, Work(stop))

    def groups(self, record_ids: Sequence[str]) -> dict[str, Groups]:
        """The groups of these records; unknown ids are left out."""
        with self._reading() as view:
            return view.groups(record_ids)

    def sharing(self, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        """These records, and all that have directly in common what puts records together."""
        with self._reading() as view:
            return view.sharing(record_ids, threads=threads)

    def document_positions(self, record_ids: Sequence[str]) -> dict[str, int]:
        """The ledger position of each of these records' documents; ids that are not there are left out."""
        with self._reading() as view:
            return view.positions(record_ids)

    def check(self, *, thorough: bool) -> None:
        """Look whether the index can be trusted: that all is there, or every byte and every posting of it.

        Raises:
            Corrupt: something is missing or damaged.
        """
        for attempt in range(_ATTEMPTS):
            with self._reading() as view:
                try:
                    self._look_through(view, thorough=thorough)
                except Corrupt:
                    # a writer may have joined segments meanwhile; files that the head still names were not removed
                    if attempt == _ATTEMPTS - 1 or self._head.sealed() == view.sealed:
                        raise
                else:
                    return

    def close(self) -> None:
        """Close every file; harmless when repeated."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for view in idle:
            view.close()

    def create(self) -> None:
        """Make the folder and an empty index."""
        self._files.create()
        with self._head.writing():
            self._head.replace(Head(VERSION, NOTHING_READ))

    def check_version(self, *, older: bool = False) -> None:
        """Refuse an index of another engine, projection or analyser; with `older` of another engine only."""
        built, present = self._head.version(), VERSION
        if older:
            built, present = built.partition(" ")[0], present.partition(" ")[0]
        if built != present:
            raise IndexOutdated("the search index was built by another version; run: archiver index rebuild")

    def write_without(self, target: WhooshIndex, record_ids: Sequence[str]) -> None:
        """Write all but these records into the new index `target`; additions wait, searches do not.

        A segment that lost nothing is sealed anew as it is; any other is written anew term by term.
        """
        with self._head.writing(), target._head.writing():
            head = self._without(self._head.read(), frozenset(record_ids))
            made = []
            for segment in head.segments:
                if segment.removed:
                    made.append(join_segments(target._files, self._files, [segment]))
                else:
                    for name in segment.names:
                        self._files.copy(name, target._files)
                    made.append(segment)
            kept = tuple(segment for segment in made if segment is not None)
            target._head.replace(Head(head.version, head.position, kept))

    def _look_through(self, view: View, *, thorough: bool) -> None:
        for segment in view.segments:
            for name in segment.segment.names:
                if thorough:
                    self._files.read_through(name)
                else:
                    self._files.file_length(name)
            if thorough:
                segment.read_through()

    def _write(self, head: Head, documents: Sequence[IndexDocument], position: int) -> None:
        head = self._without(head, frozenset(one.record_id for one in documents))
        made = write_segment(self._files, documents)
        segments = (*(one for one in head.segments if one.left), *([made] if made is not None else []))
        head = replace(head, position=max(head.position, position), segments=segments)
        self._head.replace(head)
        # a step of its own: what was added is durable and found while segments are joined
        if joined := to_be_joined(head.segments):
            made = join_segments(self._files, self._files, joined)
            segments = (*(one for one in head.segments if one not in joined), *([made] if made is not None else []))
            self._head.replace(replace(head, segments=segments))

    def _without(self, head: Head, record_ids: frozenset[str]) -> Head:
        """The head with these records removed from its segments."""
        segments = []
        for segment in head.segments:
            numbers = self._known(segment).facts.numbers
            gone = frozenset(numbers[one] for one in record_ids & numbers.keys()) - segment.removed
            segments.append(replace(segment, removed=segment.removed | gone) if gone else segment)
        return replace(head, segments=tuple(segments))

    def _known(self, segment: Segment) -> Kept:
        """What is kept of a segment, read if it is new."""
        with self._lock:
            kept = self._kept.get(segment.name)
        if kept is None:
            kept = Kept(read_facts(self._files, segment))
            with self._lock:
                kept = self._kept.setdefault(segment.name, kept)
        return kept

    @contextmanager
    def _reading(self) -> Iterator[View]:
        """The current state, opened: everything inside sees that one."""
        view = self._taken()
        try:
            yield view
        except BaseException:
            view.close()
            raise
        with self._lock:
            if not self._closed:
                self._idle.append(view)
                return
        view.close()

    def _taken(self) -> View:
        self._refuse_if_closed()
        for attempt in range(_ATTEMPTS):
            sealed = self._head.sealed()
            with self._lock:
                outdated = [one for one in self._idle if one.sealed != sealed]
                self._idle = [one for one in self._idle if one.sealed == sealed]
                view = self._idle.pop() if self._idle else None
            for one in outdated:
                one.close()
            if view is not None:
                return view
            try:
                return self._opened(sealed)
            except Corrupt:
                # a writer may have joined segments between the head and their files; a second look tells
                if attempt == _ATTEMPTS - 1 or self._head.sealed() == sealed:
                    raise
        raise TemporarilyUnavailable("the search index is being written too often; search again")

    def _opened(self, sealed: bytes) -> View:
        head = self._head.read(sealed)
        opened: list[OpenSegment] = []
        try:
            for segment in head.segments:
                opened.append(OpenSegment(self._files, segment, self._known(segment)))  # noqa: PERF401 - closed below
        except BaseException:
            for one in opened:
                one.close()
            raise
        with self._lock:
            named = {segment.name for segment in head.segments}
            self._kept = {name: kept for name, kept in self._kept.items() if name in named}
        return View(sealed, head, opened)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise TemporarilyUnavailable("the search index was closed meanwhile; search again")


def open_whoosh_index(path: Path, key: bytes, *, create: bool = False, older: bool = False) -> WhooshIndex:
    """Open an index, or make a new one.

    Args:
        path: its folder.
        key: its raw 32-byte key.
        create: make it; nothing may be at `path` yet.
        older: open it, too, where its projection or analyser alone is of another version.

    Raises:
        Corrupt: it is missing, damaged, or not under this key.
        IndexOutdated: another version built it; build it again.
    """
    if path.exists() == create:
        detail = "exists already" if create else "is missing"
        raise Corrupt(f"the search index {path.name} {detail}; run: archiver index rebuild")
    index = WhooshIndex(path, key)
    if create:
        index.create()
    else:
        index.check_version(older=older)
    return index
