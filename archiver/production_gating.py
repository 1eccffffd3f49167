"""The gate over a package: every file as it lies there, looked at by several programs at once where there are many.

Rules:

- All records come first, then all files; a row of a load file is judged by the record that it is of.
- The programs beside this one have none of the archive's keys: they get what is sought, and read files of the package.
  They begin with the documents while the rest is still written, then come the largest files, then the many small ones,
  so that none of them is the last one at work for long. What is told is in the order of the files.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from archiver.production_ports import GateAnswer
from search.disclosure.production_gate import SetGate, findings_of, row_findings
from search.disclosure.production_gate_types import FileFindings, GivenFile, GivenKind, PageOwner
from storage.errors import TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from pathlib import Path

    from archiver.production_package import Package, PackageFile
    from search.disclosure.production_gate_regions import RegionReader
    from search.disclosure.production_gate_set import Accepted, SoughtSet
    from search.disclosure.release_types import ReleasedDocument

_MANY: Final = 200
_TOGETHER: Final = 16
_LARGE: Final = 1 << 20  # bytes of files that are looked at one after the other
_MOST_WORKERS: Final = 4
_WRITTEN_ONCE: Final = ("pdf", "conversation")  # a scanner, which is another's program, is still given native files
_KINDS: Final = {"pdf": GivenKind.PDF, "native": GivenKind.NATIVE, "conversation": GivenKind.MESSAGES}


class PackageGate:
    """A gate over one package; a `archiver.production_ports.Gate`.

    Args:
        accepted: where people accepted strings.
        regions: opens what reads regions of pictures, or None where nothing is there to read them.
        expects_engine: whether regions that no engine has read are a reason to refuse.
    """

    def __init__(
        self,
        accepted: Accepted | None,
        regions: Callable[[], AbstractContextManager[RegionReader | None]] = nullcontext,
        *,
        expects_engine: bool = False,
    ) -> None:
        self._gate = SetGate(accepted, expects_engine=expects_engine)
        self._regions = regions
        self._programs: _Programs | None = None

    def take(self, record_id: str, documents: Sequence[ReleasedDocument], roster: Sequence[str]) -> None:
        """Remember what was left out of a record."""
        self._gate.take(record_id, documents, roster=roster)

    @contextmanager
    def beside(self, package: Package) -> Iterator[None]:
        """Begin to look at documents that are written, in other programs where there are many; they end with this.

        No record is taken any more. `check_all` comes before it ends.
        """
        if len(package.files) < _MANY:
            yield
            return
        self._programs = _Programs(self._gate.sought(), package.place)
        try:
            self._programs.look_at([one for one in package.files if one.kind in _WRITTEN_ONCE])
            yield
        finally:
            self._programs.end()
            self._programs = None

    def check_all(self, package: Package) -> None:
        """Look at every file of a package.

        Raises:
            TemporarilyUnavailable: a program that was to look at some of them ended before.
        """
        if self._programs is None:
            for found in _findings(self._gate.sought(), package.place, package.files):
                self._gate.add(found)
        else:
            for found in self._programs.findings(package.files):
                self._gate.add(found)
        burnt = [one for one in package.files if one.burnt]
        if not burnt:
            return
        # the engines take their time to begin, so nobody waits for them where no picture has a region
        with self._regions() as reader:
            if reader is not None:
                for one in burnt:
                    self._gate.read_regions(_given_file(package.place, one), reader)

    def check_content(self, name: str, content: bytes) -> None:
        """Look at a text that is written later under this name."""
        self._gate.check(GivenFile(name=name, kind=GivenKind.TEXT, content=content, record_id=None))

    def report(self) -> GateAnswer:
        """What was found; lines and document name strings, and never say them."""
        told = self._gate.report()
        lines = [one for one in told.lines() if one.startswith(("refused", "and "))]
        return GateAnswer(passed=told.passed, lines=tuple(lines), document=told.as_json())


class _Programs:
    """Other programs that look at files of one package; each file is looked at by one of them."""

    def __init__(self, sought: SoughtSet, place: Path) -> None:
        self._pool = ProcessPoolExecutor(
            min(os.cpu_count() or 1, _MOST_WORKERS),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(sought, place),
        )
        self._begun: dict[str, tuple[Future[list[list[FileFindings]]], int]] = {}

    def look_at(self, files: Sequence[PackageFile]) -> None:
        """Let them look at files in this order, behind those that they have; large ones alone, small ones together."""
        try:
            for some in _portions(files):
                answer = self._pool.submit(_look, some)
                self._begun |= {one.name: (answer, at) for at, one in enumerate(some)}
        except BrokenProcessPool as error:
            raise _ended() from error

    def findings(self, files: Sequence[PackageFile]) -> Iterator[FileFindings]:
        """What they find in these files, in this order, whenever they were told to look at them.

        Raises:
            TemporarilyUnavailable: a program ended before.
        """
        rest = [one for one in files if one.name not in self._begun]
        self.look_at(sorted(rest, key=lambda one: one.size, reverse=True))
        try:
            for one in files:
                answer, at = self._begun.pop(one.name)
                yield from answer.result()[at]
        except BrokenProcessPool as error:
            raise _ended() from error

    def end(self) -> None:
        """End them, when they are through with what they look at just now."""
        self._pool.shutdown(cancel_futures=True)


def _ended() -> TemporarilyUnavailable:
    return TemporarilyUnavailable("the files of the production could not be looked at; try again")


def _portions(files: Sequence[PackageFile]) -> Iterator[list[PackageFile]]:
    """Files that one program looks at before it asks for more."""
    some: list[PackageFile] = []
    size = 0
    for one in files:
        if some and (len(some) == _TOGETHER or size + one.size > _LARGE):
            yield some
            some, size = [], 0
        some.append(one)
        size += one.size
    if some:
        yield some


_given: list[tuple[SoughtSet, Path]] = []


def _begin(sought: SoughtSet, place: Path) -> None:
    """In another program: keep what is sought, and forget what this one was told of the archive."""
    for name in [one for one in os.environ if one.startswith("ARCHIVER_")]:
        del os.environ[name]
    _given[:] = [(sought, place)]


def _look(files: Sequence[PackageFile]) -> list[list[FileFindings]]:
    sought, place = _given[0]
    return [list(_findings(sought, place, [one])) for one in files]


def _findings(sought: SoughtSet, place: Path, files: Sequence[PackageFile]) -> Iterator[FileFindings]:
    for one in files:
        if one.rows:
            yield from _of_rows(sought, one, (place / one.name).read_bytes())
        else:
            yield findings_of(sought, _given_file(place, one))


def _given_file(place: Path, one: PackageFile) -> GivenFile:
    return GivenFile(
        name=one.name,
        kind=_kind_of(one),
        content=(place / one.name).read_bytes(),
        record_id=one.record_id,
        component=one.component,
        burnt=one.burnt,
        pages=tuple(PageOwner(first=of.first, last=of.last, record_id=of.record_id) for of in one.owners),
        text=one.text,
    )


def _of_rows(sought: SoughtSet, one: PackageFile, content: bytes) -> Iterator[FileFindings]:
    """The name of a load file, then its rows, each as of its record."""
    yield findings_of(sought, GivenFile(name=one.name, kind=GivenKind.TEXT, content=b"", record_id=None))
    at = 0
    for number, row in enumerate(one.rows, 1):
        text = content[at : at + row.length].decode("utf-8", "replace")
        at += row.length
        yield row_findings(sought, one.name, number, text, record_id=row.record_id, component=row.component)


def _kind_of(one: PackageFile) -> GivenKind:
    """Letters and logs as PDF are looked at by what they say, since nothing of a record is drawn in them."""
    if one.kind == "paper" and one.name.endswith(".pdf"):
        return GivenKind.NATIVE
    return _KINDS.get(one.kind, GivenKind.TEXT)
