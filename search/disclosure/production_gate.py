"""The gate over a whole set: what was left out of any of its records cannot be had from the files that leave. Pure.

Rules kept: first every record says what was left out of it, then every file is looked at as it will leave: its name,
its bytes, its text in all readings, and where regions were burned the pixels. What stands there is judged by whose the
file is (`production_gate_set`); a page that is nobody's is judged as one about the whole set. What cannot be read whole
is refused. Looking at a file changes nothing, so that several programs can share the files of a set.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from search.disclosure.production_gate_inside import MessagesFile, files_inside
from search.disclosure.production_gate_regions import region_pictures
from search.disclosure.production_gate_set import Accepted, FileSought, SetStrings
from search.disclosure.production_gate_types import (
    FileFindings,
    GateReport,
    GivenFile,
    GivenKind,
    Refusal,
    RegionsRead,
    Rule,
)
from search.disclosure.redaction_gate import Leak, LeftOut, Output, OutputKind, leaks
from search.disclosure.redaction_views import readings_of_any
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from search.disclosure.production_gate_regions import RegionReader
    from search.disclosure.production_gate_set import SoughtSet
    from search.disclosure.release_types import ReleasedDocument

_OUTPUTS: Final = {
    GivenKind.PDF: OutputKind.PDF,
    GivenKind.TEXT: OutputKind.TEXT,
    GivenKind.HTML: OutputKind.HTML,
    GivenKind.PICTURE: OutputKind.PICTURE,
}
_ITS_NAME: Final = "a file whose name is refused"
_UNREADABLE: Final = "a file that cannot be read whole"


class SetGate:
    """Takes what was left out of every record, then looks at every file; `report` says whether the set may leave.

    Args:
        accepted: where people accepted strings; without it nothing is accepted, and strings are named by number.
        expects_engine: whether regions that no engine has read are a reason to refuse.
    """

    def __init__(self, accepted: Accepted | None = None, *, expects_engine: bool = False) -> None:
        self._accepted = accepted or _numbered()
        self._expects_engine = expects_engine
        self._strings = SetStrings()
        self._sought: SoughtSet | None = None
        self._parts: list[tuple[str, str, bytes]] = []
        self._records: set[str] = set()
        self._files = self._regions = self._by_engine = 0
        self._refusals: dict[Refusal, None] = {}
        self._stood: set[tuple[int, str]] = set()

    def take(self, record_id: str, documents: Sequence[ReleasedDocument], *, roster: Sequence[str] = ()) -> None:
        """What was left out of a record, before any file is looked at; `roster` are the names of its own list.

        Raises:
            InvalidInput: files were looked at already.
        """
        if self._sought is not None:
            raise InvalidInput("the gate takes all records before it looks at any file")
        self._records.add(record_id)
        self._strings.add(record_id, [one for each in documents for one in each.taken], roster=roster)
        self._parts += (
            (record_id, part, zlib.compress(text.encode("utf-8", "surrogatepass"), 1))
            for each in documents
            for part, text in each.kept.items()
        )

    def sought(self) -> SoughtSet:
        """The strings of the whole set, for `findings_of` in other programs; from here on no record is taken."""
        if self._sought is None:
            self._sought = self._strings.sought(self._accepted)
            for record_id, part, packed in self._parts:
                text = zlib.decompress(packed).decode("utf-8", "surrogatepass")
                self._keep(_of_part(self._sought, record_id, part, text))
            self._parts = []
        return self._sought

    def check(self, given: GivenFile) -> FileFindings:
        """Look at a file."""
        found = findings_of(self.sought(), given)
        self.add(found)
        return found

    def check_row(
        self, name: str, row: int, text: str, *, record_id: str | None, component: str | None = None
    ) -> FileFindings:
        """Look at a row (from 1) of a load file or of a table, which is about one record, or about the whole set."""
        found = row_findings(self.sought(), name, row, text, record_id=record_id, component=component)
        self.add(found)
        return found

    def read_regions(self, given: GivenFile, reader: RegionReader) -> FileFindings:
        """Let an engine read the regions of a file's pictures; they are counted apart."""
        found = region_findings(self.sought(), given, reader)
        self._by_engine += found.regions
        self._refusals |= dict.fromkeys(found.refusals)
        return found

    def add(self, found: FileFindings) -> None:
        """What was found in a file elsewhere."""
        self._files += 1
        self._regions += found.regions
        self._keep(found)

    def report(self) -> GateReport:
        """What the gate says of all that it has looked at."""
        sought = self.sought()
        read = RegionsRead.NONE if not self._regions else RegionsRead.NOT_READ
        refusals = list(self._refusals)
        if self._regions and self._by_engine >= self._regions:
            read = RegionsRead.READ
        elif self._regions and self._expects_engine:
            where = "regions of pictures were not read by an engine, as this archive expects"
            refusals.append(Refusal(rule=Rule.UNDER, where=where, file="the set"))
        return GateReport(
            refusals=tuple(refusals),
            files=self._files,
            records=len(self._records),
            strings=len(sought.strings),
            by_region_only=sought.by_region_only,
            regions=self._regions,
            accepted=tuple(sorted(self._stood)),
            regions_read=read,
            regions_by_engine=self._by_engine,
            names=sought.names,
            shown=tuple(one.shown for one in sought.strings),
        )

    def _keep(self, found: FileFindings) -> None:
        self._refusals |= dict.fromkeys(found.refusals)
        self._stood |= found.accepted


def findings_of(sought: SoughtSet, given: GivenFile) -> FileFindings:
    """What is wrong with a file. Never raises for any bytes."""
    of = {given.record_id} if given.record_id is not None else {one.record_id for one in given.pages}
    mine = FileSought(sought, {one for one in of if one is not None}, given.pages)
    found = list(_leaks(given, mine))
    return FileFindings(
        refusals=tuple(_refusals(sought, found, given)),
        accepted=frozenset(mine.accepted),
        regions=len(given.burnt),
    )


def row_findings(
    sought: SoughtSet, name: str, row: int, text: str, *, record_id: str | None, component: str | None = None
) -> FileFindings:
    """What is wrong with a row of a table."""
    mine = FileSought(sought, () if record_id is None else (record_id,))
    strings = mine.standing_in(text)
    given = GivenFile(name=name, kind=GivenKind.TEXT, content=b"", record_id=record_id, component=component)
    found = (Leak(where="a row", strings=strings),) if strings else ()
    return FileFindings(refusals=tuple(_refusals(sought, found, given, row)), accepted=frozenset(mine.accepted))


def region_findings(sought: SoughtSet, given: GivenFile, reader: RegionReader) -> FileFindings:
    """What an engine reads in the regions of a file and around them; only its own record's strings count there."""
    if not given.burnt:
        return FileFindings(refusals=())
    mine = FileSought(sought, () if given.record_id is None else (given.record_id,))
    found: list[Leak] = []
    try:
        pictures = region_pictures(given)
        for (page, _), text in zip(pictures, reader.reads([one for _, one in pictures]), strict=True):
            strings = mine.standing_in(text, page)
            if strings:
                found.append(Leak(where="read by an engine in a redaction", page=page, strings=strings))
    except InvalidInput:
        found.append(Leak(where=_UNREADABLE))
    return FileFindings(refusals=tuple(_refusals(sought, found, given)), regions=len(given.burnt))


def _leaks(given: GivenFile, mine: FileSought) -> Iterator[Leak]:
    kind = _OUTPUTS.get(given.kind)
    if kind is not None:
        output = Output(kind=kind, name=given.name, content=given.content)
        yield from leaks(output, LeftOut(secrets=mine, burnt=given.burnt, dpi=given.dpi))
        return
    named = mine.standing_in(given.name)
    if named:
        yield Leak(where="the name of the file", strings=named)
    if given.kind is GivenKind.NATIVE:
        texts = (given.text, *readings_of_any(given.content))
        strings = mine.standing_in_bytes(given.content).union(*map(mine.standing_in, texts))
        if strings:
            yield Leak(where="a native file", strings=strings)
        return
    try:
        inside: list[MessagesFile] = list(files_inside(given.content))
    except InvalidInput:
        yield Leak(where=_UNREADABLE)
        return
    for one in inside:
        strings = mine.standing_in(one.name).union(*map(mine.standing_in, readings_of_any(one.content)))
        if strings:
            yield Leak(where=f"file {one.number} inside of it", strings=strings)


def _of_part(sought: SoughtSet, record_id: str, part: str, text: str) -> FileFindings:
    """What of other records stands in the kept text of a part without being accepted there."""
    found = {number for number in sought.index.whole(text) if record_id not in sought.owners[number]}
    here = (record_id, part)
    refused = tuple(sorted(number for number in found if here not in sought.accepted_parts[number]))
    refusal = Refusal(
        rule=Rule.OTHER_RECORD, where=f"its part {part}", file="the record", record_id=record_id, strings=refused
    )
    return FileFindings(
        refusals=(refusal,) if refused else (),
        accepted=frozenset((number, record_id) for number in found.difference(refused)),
    )


def _refusals(sought: SoughtSet, found: Sequence[Leak], given: GivenFile, row: int | None = None) -> Iterator[Refusal]:
    """Each leak as refusals: one for each rule that it breaks."""
    name = _ITS_NAME if any(one.where == "the name of the file" for one in found) else given.name
    for one in found:
        rules: Mapping[Rule, list[int]] = {Rule.UNDER: []} if not one.strings else _by_rule(sought, one, given)
        for rule, strings in rules.items():
            yield Refusal(
                rule=rule,
                where=one.where,
                file=name,
                record_id=_record_of(given, one.page),
                component=given.component,
                page=one.page,
                row=row,
                strings=tuple(strings),
            )


def _by_rule(sought: SoughtSet, one: Leak, given: GivenFile) -> dict[Rule, list[int]]:
    record = _record_of(given, one.page)
    rules: dict[Rule, list[int]] = {}
    for number in sorted(one.strings):
        if record is None:
            rule = Rule.OTHER_RECORD if given.pages else Rule.WHOLE_SET  # of several, a page tells whose
        else:
            rule = Rule.SAME_RECORD if record in sought.owners[number] else Rule.OTHER_RECORD
        rules.setdefault(rule, []).append(number)
    return rules


def _record_of(given: GivenFile, page: int | None) -> str | None:
    if given.record_id is not None or page is None:
        return given.record_id
    return next((one.record_id for one in given.pages if one.first <= page <= one.last), None)


def _numbered() -> Accepted:
    known: dict[str, str] = {}
    name_of: Callable[[str], str] = lambda letters: known.setdefault(letters, f"string {len(known) + 1}")  # noqa: E731
    return Accepted(name_of=name_of)
