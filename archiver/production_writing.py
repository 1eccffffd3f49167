"""Writing all of a production but its manifest: documents, what joins and lists them, papers, proofs, all looked at.

Rules:

- Records are opened some at a time and dropped when their documents are written.
- The gate learns of everything that was left out before it looks at the first file, and it looks at every file. It
  begins with the documents while what joins and lists them is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from archiver.production_layout import Layout
from archiver.production_manifest import explained, proof_lines, whole_about
from archiver.production_natives import native_of, scan
from archiver.production_readme import readme
from archiver.production_terms import Form
from archiver.reading import ComponentSource
from search.disclosure.redactions import Redactions
from search.disclosure.release_types import Leaves
from search.disclosure.review_rows import Decision
from storage.bundle_productions import MANIFEST, PROOFS
from storage.errors import Conflict
from storage.statements import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archiver.access import Principal
    from archiver.production_package import Package
    from archiver.production_plan import Plan, PlannedRecord
    from archiver.production_ports import Gate, GateAnswer, Releases, Tools
    from archiver.production_terms import ProductionTerms
    from archiver.wiring import Installation
    from search.disclosure.redaction import Redaction
    from storage.records import DescribedRecord

_TOGETHER: Final = 64
_WITHHELD: Final = "It is kept back on the grounds that stand here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was laid out into a package: its documents, what its manifest says, its papers, the gate's answer."""

    layout: Layout
    about: dict[str, Any]
    papers: Mapping[str, bytes]
    answer: GateAnswer

    @property
    def pages(self) -> int:
        """How many pages were laid out."""
        numbered = self.layout.numbered
        return numbered[-1].last_page - numbered[0].first_page + 1


class Work:
    """Writing all of a package but its manifest."""

    def __init__(
        self,
        installation: Installation,
        who: Principal,
        plan: Plan,
        terms: ProductionTerms,
        tools: Tools,
        package: Package,
    ) -> None:
        self._installation = installation
        self._who = who
        self._plan = plan
        self._terms = terms
        self._tools = tools
        self._package = package

    def write(
        self,
        said: Mapping[str, Any],
        progress: Callable[[int, int | None], None] | None,
        *,
        papers: Mapping[str, bytes] | None = None,
        scanner: str | None = None,
        scanned: Mapping[str, Any] | None = None,
    ) -> Written:
        """Write it.

        Args:
            said: what the manifest says beside documents and files.
            progress: told how many records are written, of how many.
            papers: those that went with the same production before; they are made otherwise.
            scanner: the program that looks at native files.
            scanned: what looked at them when the same production was made.

        Raises:
            Conflict: a record is gone, or the scanner found something.
            StorageFull, TemporarilyUnavailable: the disk says no.
        """
        terms, package, tools = self._terms, self._package, self._tools
        layout, gate = Layout(package, terms, tools), tools.gate(self._plan.request.id)
        self._lay_out(layout, gate, progress)
        said = explained(said, layout.produced)
        with gate.beside(package):
            if terms.form is not Form.LOAD_FILES:
                layout.join()
            if terms.form is not Form.PDF:
                tools.load_files(package, terms, layout.produced)
            if papers is None:
                papers = tools.papers(self._who, self._plan, terms, layout.produced)
            for name, content in sorted(papers.items()):
                package.put(name, [content], "paper", text=_said(name, papers))
            if terms.natives and scanned is None:
                scanned = scan(package, scanner)
            counts = {one.value: sum(some.leaves is one for some in layout.numbered) for one in Leaves}
            names = {one.name for one in package.files} | {MANIFEST, PROOFS}
            text = readme({**said, "scanner": scanned}, layout.numbered[-1].last_page, counts, names)
            package.put("README.txt", [text.encode("utf-8", "replace")], "paper")
            given = {one.record_id for one in layout.numbered if one.leaves is not Leaves.SLIP_SHEET}
            proved = [one.record_id for one in self._plan.records if one.record_id in given]
            package.put(PROOFS, proof_lines(self._installation, proved, said["ledger_size"]), "proofs")
            gate.check_all(package)
        replaced = {one.record_id: one.replaces for one in self._plan.records if one.replaces is not None}
        withheld = frozenset(one.record_id for one in self._plan.records if one.decision is Decision.WITHHOLD)
        about = whole_about(said, layout.produced, layout.numbered, replaced, withheld, package.files, scanned)
        gate.check_content(MANIFEST, canonical(about))
        return Written(layout=layout, about=about, papers=papers, answer=gate.report())

    def _lay_out(self, layout: Layout, gate: Gate, progress: Callable[[int, int | None], None] | None) -> None:
        total = len(self._plan.records)
        done = 0
        with self._tools.releases() as releases, ComponentSource(self._installation) as source:
            for planned, described, redactions in self._opened():
                if planned.decision is Decision.WITHHOLD:
                    self._add_sheet(layout, gate, releases, planned)
                else:
                    roster = self._tools.roster(described)
                    documents = releases.release(described, redactions, roster=roster, codes=planned.codes)
                    gate.take(planned.record_id, documents, roster)
                    layout.add(
                        documents,
                        state=planned.state,
                        custodian=described.custodian.name,
                        native=lambda one, described=described: (  # type: ignore[misc]
                            native_of(source, described, one) if self._terms.natives else None
                        ),
                    )
                done += 1
                if progress is not None:
                    progress(done, total)

    def _add_sheet(self, layout: Layout, gate: Gate, releases: Releases, planned: PlannedRecord) -> None:
        sheet = releases.slip_sheet(planned.record_id, reason=_WITHHELD, codes=planned.codes, title="Withheld record")
        gate.take(planned.record_id, (sheet,), ())
        layout.add((sheet,), state=planned.state, custodian="", native=lambda _: None)

    def _opened(self) -> Iterator[tuple[PlannedRecord, DescribedRecord, Sequence[Redaction]]]:
        """The planned records, opened some at a time, with their final redactions.

        Raises:
            Conflict: one is gone, or is decided otherwise than planned.
        """
        archive = self._installation.archive
        for start in range(0, len(self._plan.records), _TOGETHER):
            some = self._plan.records[start : start + _TOGETHER]
            ids = [one.record_id for one in some]
            with archive.store.read() as connection:
                described = {one.record.id: one for one in archive.catalogue.describe(connection, ids)}
                finals = Redactions(archive.store).final_of(connection, self._plan.request.id, ids)
            for one in some:
                if one.record_id not in described:
                    raise Conflict(f"record {one.record_id} is gone; decide anew without it", record=one.record_id)
                yield one, described[one.record_id], finals.get(one.record_id, ())


def _said(name: str, papers: Mapping[str, bytes]) -> str:
    """What a paper says that is given as PDF; the same stands beside it as text or as a table."""
    stem = name.removesuffix(".pdf")
    beside = next((one for one in (f"{stem}.txt", f"{stem}.json") if one in papers), None)
    return papers[beside].decode("utf-8", "replace") if name != stem and beside is not None else ""
