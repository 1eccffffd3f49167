"""What producing needs of others: documents that leave, numbers printed on them, the gate, the papers beside them.

Rule: who produces knows these as they are here; the parts behind them are joined in `archiver.production_tools`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from archiver.access import Principal
    from archiver.production_package import Package
    from archiver.production_plan import Plan
    from archiver.production_terms import ProductionTerms
    from search.disclosure.page_stamps import Bookmark
    from search.disclosure.production_types import NumberedDocument, Production
    from search.disclosure.redaction import Redaction
    from search.disclosure.release_types import ProducedDocument, ReleasedDocument
    from storage.records import DescribedRecord
    from storage.transaction import Transaction


class Releases(Protocol):
    """What makes the documents that leave."""

    def release(
        self,
        described: DescribedRecord,
        redactions: Sequence[Redaction],
        *,
        roster: Sequence[str] = (),
        codes: Sequence[str] = (),
    ) -> tuple[ReleasedDocument, ...]:
        """The documents of a record, the record itself first."""

    def slip_sheet(self, record_id: str, *, reason: str, codes: Sequence[str], title: str) -> ReleasedDocument:
        """A sheet that stands for what is withheld."""


class Gate(Protocol):
    """What refuses a production in which something that was left out can be found."""

    def take(self, record_id: str, documents: Sequence[ReleasedDocument], roster: Sequence[str]) -> None:
        """Remember what was left out of a record."""

    def beside(self, package: Package) -> AbstractContextManager[None]:
        """Begin to look at what is written while the rest is; no record is taken any more, `check_all` comes in it."""

    def check_all(self, package: Package) -> None:
        """Look at every file of a package as it leaves."""

    def check_content(self, name: str, content: bytes) -> None:
        """Look at a text that is written later under this name."""

    def report(self) -> GateAnswer:
        """What was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAnswer:
    """Whether a production may leave, a line for each refusal without content, and the report for programs."""

    passed: bool
    lines: tuple[str, ...]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The parts that producing is made of.

    Args:
        releases: opens what makes documents.
        gate: a new gate for a request, by its id.
        roster: the names of the roster that stand in a record.
        stamp: prints numbers on the pages of a PDF: (PDF, numbers, stamps, title).
        join: one PDF of several, with bookmarks.
        conversation: a conversation as a file of its own (RSMF), or None where the document is none.
        papers: letter and log of exemptions by the names of their files.
        load_files: writes the load files into a package.
        witnesses: what is written in the production's transaction besides.
    """

    releases: Callable[[], AbstractContextManager[Releases]]
    gate: Callable[[str], Gate]
    roster: Callable[[DescribedRecord], Sequence[str]]
    stamp: Callable[[bytes, Sequence[str], Sequence[str], str], bytes]
    join: Callable[[Iterable[bytes], Sequence[Bookmark]], bytes]
    conversation: Callable[[ProducedDocument], bytes | None]
    papers: Callable[[Principal, Plan, ProductionTerms, Sequence[ProducedDocument]], Mapping[str, bytes]]
    load_files: Callable[[Package, ProductionTerms, Sequence[ProducedDocument]], None]
    witnesses: Callable[[Transaction, Production, Sequence[NumberedDocument], str], None]
