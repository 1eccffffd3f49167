"""The gate over a package: every file as it lies there, looked at by several programs at once where there are many.

Rules:

- All records come first, then all files; a row of a load file is judged by the record that it is of.
- The programs beside this one have none of the archive's keys: they get what is sought, and read files of the package.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from archiver.production_ports import GateAnswer
from search.disclosure.production_gate import SetGate, findings_of, row_findings
from search.disclosure.production_gate_types import FileFindings, GivenFile, GivenKind, PageOwner
from storage.errors import TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from archiver.production_package import Package, PackageFile
    from search.disclosure.production_gate_regions import RegionReader
    from search.disclosure.production_gate_set import Accepted, SoughtSet
    from search.disclosure.release_types import ReleasedDocument

_MANY: Final = 200
_TOGETHER: Final = 16
_MOST_WORKERS: Final = 4
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

    def take(self, record_id: str, documents: Sequence[ReleasedDocument], roster: Sequence[str]) -> None:
        """Remember what was left out of a record."""
        self._gate.take(record_id, documents, roster=roster)

    def check_all(self, package: Package) -> None:
        """Look at every file of a package.

        Raises:
            TemporarilyUnavailable: a program that was to look at some of them ended before.
        """
        try:
            self._look_at(package)
        except BrokenProcessPool as error:
            raise TemporarilyUnavailable("the files of the production could not be looked at; try again") from error
        burnt = [one for one in package.files if one.burnt]
        if not burnt:
            return
        # the engines take their time to begin, so nobody waits for them where no picture has a region
        with self._regions() as reader:
            if reader is not None:
                for one in burnt:
                    self._gate.read_regions(_given_file(package.place, one), reader)

    def _look_at(self, package: Package) -> None:
        files = package.files
        if len(files) < _MANY:
            for found in _findings(self._gate.sought(), package.place, files):
                self._gate.add(found)
            return
        parts = [files[start : start + _TOGETHER] for start in range(0, len(files), _TOGETHER)]
        with ProcessPoolExecutor(
            min(os.cpu_count() or 1, _MOST_WORKERS),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._gate.sought(), package.place),
        ) as pool:
            for some in pool.map(_look, parts):
                for found in some:
                    self._gate.add(found)

    def check_content(self, name: str, content: bytes) -> None:
        """Look at a text that is written later under this name."""
        self._gate.check(GivenFile(name=name, kind=GivenKind.TEXT, content=content, record_id=None))

    def report(self) -> GateAnswer:
        """What was found; lines and document name strings, and never say them."""
        told = self._gate.report()
        lines = [one for one in told.lines() if one.startswith(("refused", "and "))]
        return GateAnswer(passed=told.passed, lines=tuple(lines), document=told.as_json())


_given: list[tuple[SoughtSet, Path]] = []


def _begin(sought: SoughtSet, place: Path) -> None:
    """In another program: keep what is sought, and forget what this one was told of the archive."""
    for name in [one for one in os.environ if one.startswith("ARCHIVER_")]:
        del os.environ[name]
    _given[:] = [(sought, place)]


def _look(files: Sequence[PackageFile]) -> list[FileFindings]:
    sought, place = _given[0]
    return list(_findings(sought, place, files))


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
