"""What the gate over a set is given, and what it tells. Pure.

Rule kept: what it tells says where and how many, and never what: a string has a name that only the archive's key can
make, and stands in the clear where somebody who may read the records asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from search.disclosure.redaction_drawing import DPI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from search.disclosure.redaction_pages import BurntRegion

_MOST_LINES: Final = 1_000


class GivenKind(StrEnum):
    """What a file that is to be given is.

    A native file is the bytes that were handed in; `MESSAGES` is a mail or a ZIP that was made here, with files inside.
    """

    PDF = "pdf"
    TEXT = "text"
    HTML = "html"
    PICTURE = "picture"
    MESSAGES = "messages"
    NATIVE = "native"


class Rule(StrEnum):
    """Why something may not be given."""

    UNDER = "what is under a redaction can be had"
    SAME_RECORD = "a redacted string stands in the output of its record"
    OTHER_RECORD = "a redacted string stands in another record"
    WHOLE_SET = "a redacted string stands in a file about the whole set"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOwner:
    """Whose the pages from `first` to `last` of a joined document are."""

    first: int
    last: int
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file as it will leave.

    Args:
        name: its path in the package.
        kind: what it is.
        content: its bytes.
        record_id: the record that it is of; None for a file about the whole set, or one of several records.
        component: the attachment that it is of.
        burnt: the boxes burned into its pages or its picture, in pixels of the picture of each page.
        pages: whose each page of a joined document is; empty for all others.
        text: of a native file, its text as the archive has examined it.
    """

    name: str
    kind: GivenKind
    content: bytes = field(repr=False)
    record_id: str | None
    component: str | None = None
    burnt: tuple[BurntRegion, ...] = ()
    dpi: int = DPI
    pages: tuple[PageOwner, ...] = ()
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A reason why a set may not leave; `where` is a phrase without content, pages and rows count from 1.

    `strings` are numbers of sought strings; empty where something else is wrong.
    """

    rule: Rule
    where: str
    file: str
    record_id: str | None = None
    component: str | None = None
    page: int | None = None
    row: int | None = None
    strings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFindings:
    """What was found in one file, row or part: refusals, and strings by number with the record that may say them."""

    refusals: tuple[Refusal, ...]
    accepted: frozenset[tuple[int, str]] = frozenset()
    regions: int = 0


class RegionsRead(StrEnum):
    """Whether the regions of pictures were read by an engine, as a person would read them."""

    READ = "read"
    NONE = "there are none"
    NOT_READ = "not read: no engine was there"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the gate says of a set.

    Args:
        refusals: why it may not leave; empty where it may.
        files: how many files and rows were looked at.
        records: how many records they are of.
        strings: how many strings were looked for everywhere.
        by_region_only: how many were too short for that, and are proved by their place alone.
        regions: how many boxes were proved.
        accepted: places where a person accepted a string: the string's number and the record.
        regions_read: whether engines read the regions, and
        regions_by_engine: how many of them.
        names: the names of strings by number, which the archive's key makes.
        shown: the strings themselves by number; content.
    """

    refusals: tuple[Refusal, ...]
    files: int
    records: int
    strings: int
    by_region_only: int
    regions: int
    accepted: tuple[tuple[int, str], ...]
    regions_read: RegionsRead
    regions_by_engine: int
    names: tuple[str, ...] = field(repr=False)
    shown: tuple[str, ...] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the set may leave."""
        return not self.refusals

    def as_json(self, *, show: bool = False) -> Mapping[str, Any]:
        """The report as a document; `show` has the strings in it, for who may read the records."""
        return {
            "passed": self.passed,
            "files": self.files,
            "records": self.records,
            "strings": self.strings,
            "by_region_only": self.by_region_only,
            "regions": self.regions,
            "regions_read": self.regions_read.value,
            "regions_by_engine": self.regions_by_engine,
            "accepted": [self._named(number, show=show) | {"record": record} for number, record in self.accepted],
            "refusals": [self._refusal(one, show=show) for one in self.refusals],
        }

    def lines(self, *, show: bool = False) -> Iterator[str]:
        """The report in lines: what was looked for, then each refusal, the first thousand of them."""
        yield (
            f"{self.files:,} files and rows of {self.records:,} records; {self.strings:,} strings looked for, "
            f"{self.by_region_only:,} by their region only; {self.regions:,} regions proved"
        )
        yield f"regions read by an engine: {self.regions_by_engine:,} ({self.regions_read.value})"
        if self.accepted:
            yield f"{len(self.accepted):,} accepted: a redacted string stands in another record, as somebody allowed"
        for one in self.refusals[:_MOST_LINES]:
            yield f"refused  {one.file}{_place(one)}: {one.where}; {one.rule.value}{self._words(one, show=show)}"
        if len(self.refusals) > _MOST_LINES:
            yield f"and {len(self.refusals) - _MOST_LINES:,} more; see --json"
        yield "Nothing that was left out can be had from these files." if self.passed else "This may not leave."

    def _words(self, one: Refusal, *, show: bool) -> str:
        if not one.strings:
            return ""
        return " (" + ", ".join(self.shown[at] if show else self.names[at] for at in one.strings) + ")"

    def _refusal(self, one: Refusal, *, show: bool) -> dict[str, Any]:
        return {
            "rule": one.rule.name.casefold(),
            "where": one.where,
            "file": one.file,
            "record": one.record_id,
            "component": one.component,
            "page": one.page,
            "row": one.row,
            "strings": [self._named(number, show=show) for number in one.strings],
        }

    def _named(self, number: int, *, show: bool) -> dict[str, str]:
        return {"string": self.names[number]} | ({"shown": self.shown[number]} if show else {})


def _place(one: Refusal) -> str:
    parts = [
        "" if one.record_id is None else f" of {one.record_id}",
        "" if one.page is None else f", page {one.page}",
        "" if one.row is None else f", row {one.row}",
    ]
    return "".join(parts)
