"""The account of one run of `archiver ingest`: every item once, under one outcome, with its reason.

Rule: the sum of the outcomes is what was seen. The members of a container are not held in memory: they are read again
from the rows that count them, a page at a time, whenever the account is gone through. What came out of a container
before this run is a duplicate in this one. A container is no item itself; where something of it is missing, the
missing is one failed item that bears the container's name. A container that lies in others again and again is gone
through twice at most, and one duplicate item after that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ingest.container_counts import records_within
from ingest.containers import Container, ContainerState, MemberOutcome
from ingest.conversation_overlaps import repeated_among
from storage.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.containers import Containers, MemberLine
    from storage.archive import Archive
    from storage.errors import ArchiveError
    from storage.records import Submission

_PAGE = 250
_LONGEST_PROBLEMS = 10_000
_MOST_REASONS = 5
_MOST_REMARKS = 1_000
_MOST_TOLD = 200  # containers in one that was handed in
WAITING = "waiting"


@dataclass(slots=True, kw_only=True)
class IntakeItem:
    """What became of one item.

    `fresh` is whether this run deposited it; an export's records are those of its slices.
    """

    source: str
    outcome: str = WAITING
    reason: str | None = None
    submission: str | None = None
    sha256: str | None = None
    fresh: bool = False
    is_export: bool = False
    records: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """One line of the items file."""
        return {
            "source": self.source,
            "outcome": self.outcome,
            "reason": self.reason,
            "submission": self.submission,
            "records": self.records,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenContainer:
    """A container of this run, `fresh` where this run deposited it.

    `before` is how many members of each container of its tree were met before the run, `remark` what was done to it
    on its way in.
    """

    id: str
    source: str
    before: Mapping[str, int]
    fresh: bool = True
    remark: str | None = None


@dataclass(slots=True, kw_only=True)
class IntakeReport:
    """The account of one run. `counts`, `problems` and `remarks` are there once it was concluded.

    `remarks` are what readers say of exports that this run took: what was guessed, what they name and do not hold.
    """

    parts: list[IntakeItem | TakenContainer] = field(default_factory=list)
    seconds: float = 0.0
    stopped_by: ArchiveError | None = None
    counts: Counter[str] = field(default_factory=Counter)
    records: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """How many items have this outcome."""
        return self.counts[outcome]

    @property
    def seen(self) -> int:
        """How many items there are."""
        return self.counts.total()

    def to_json(self) -> dict[str, Any]:
        """The document of `ingest --json`."""
        return {
            "seen": self.seen,
            **{outcome.value: self.counts[outcome.value] for outcome in Outcome},
            "waiting": self.counts[WAITING],
            "records": self.records,
            "seconds": round(self.seconds, 3),
            "problems": self.problems,
            "remarks": self.remarks,
        }


class Accounting:
    """Goes through the items of a run; `with_digests` says whether those of members are wanted, which costs a look."""

    def __init__(self, archive: Archive, containers: Containers, report: IntakeReport) -> None:
        self._archive = archive
        self._containers = containers
        self._report = report

    def conclude(self) -> None:
        """Count every item under its outcome, and gather the problems."""
        report = self._report
        report.counts, report.records, report.problems = Counter(), 0, []
        for one in self.items():
            report.counts[one.outcome] += 1
            if one.outcome == Outcome.ARCHIVED:
                report.records += len(one.records)
            is_problem = one.outcome in (Outcome.QUARANTINED, Outcome.FAILED)
            if is_problem and len(report.problems) < _LONGEST_PROBLEMS:
                report.problems.append({"source": one.source, "outcome": one.outcome, "reason": one.reason})
        report.remarks = list(islice(self._remarks(), _MOST_REMARKS))

    def _remarks(self) -> Iterator[dict[str, Any]]:
        for taken in self._report.parts:
            if not isinstance(taken, TakenContainer) or not taken.fresh:
                continue
            with self._archive.store.read() as connection:
                met = list(self._containers.met_in_tree(connection, taken.id))[:_MOST_TOLD]
                told = [self._containers.account(connection, self._containers.get(connection, one)) for one in met]
            for account in told:
                for text, path, _ in account.get("remarks", ()):
                    yield {"source": taken.source, "member": path or None, "remark": text}

    def items(self, *, with_digests: bool = False) -> Iterator[IntakeItem]:
        """Every item with its outcome, in the order in which it was found."""
        plain: list[IntakeItem] = []
        for part in self._report.parts:
            if isinstance(part, IntakeItem):
                plain.append(part)
                if len(plain) < _PAGE:
                    continue
            yield from self._settled(plain)
            plain = []
            if isinstance(part, TakenContainer):
                yield from self._of_container(part, with_digests=with_digests)
        yield from self._settled(plain)

    def _of_container(self, taken: TakenContainer, *, with_digests: bool) -> Iterator[IntakeItem]:
        waiting: list[tuple[str, str, bool]] = [(taken.id, taken.source, False)]
        # copies of copies are told once more and not gone through: a few of them make more than could ever be listed
        walked: set[tuple[str, bool]] = set()
        while waiting:
            container_id, source, repeated = waiting.pop()
            if (container_id, repeated) in walked:
                yield _again(container_id, source)
                continue
            walked.add((container_id, repeated))
            with self._archive.store.read() as connection:
                one = self._containers.find(connection, container_id)
            if one is None:
                continue
            if one.state is ContainerState.NONE:
                fresh = taken.fresh and not repeated
                alone = IntakeItem(source=source, submission=one.id, fresh=fresh)
                yield from self._settled([alone if fresh else _again(one.id, source)], with_digests=with_digests)
                continue
            before = taken.before.get(one.id, 0)
            lines = self._containers.manifest(one)
            export = _Export()
            while page := list(islice(lines, _PAGE)):
                inner, items = self._page(page, before=None if repeated else before)
                waiting += inner
                slices = {line.source for line in page if line.is_slice}
                for item in self._settled(items, with_digests=with_digests):
                    if item.source in slices:
                        export.add(item)
                    elif item.outcome != MemberOutcome.ASIDE:
                        yield item
            if export.slices:
                alone = export.item(one.id, source)
                alone.reason = alone.reason or (taken.remark if one.id == taken.id else None)
                yield from self._settled([alone], with_digests=with_digests)
            yield from self._missing(one, source)

    def _page(
        self, page: list[MemberLine], *, before: int | None
    ) -> tuple[list[tuple[str, str, bool]], list[IntakeItem]]:
        """The containers among members, and the others as items; `before` None: all of them were there already."""
        with self._archive.store.read() as connection:
            ids = [line.submission_id for line in page if line.submission_id is not None]
            containers = self._containers.among(connection, ids)
        inner: list[tuple[str, str, bool]] = []
        items: list[IntakeItem] = []
        for line in page:
            repeated = before is None or line.outcome is MemberOutcome.DUPLICATE
            if line.submission_id in containers:
                inner.append((line.submission_id or "", line.source, repeated))
            else:
                items.append(_item(line, repeated=repeated or line.ordinal <= (before or 0)))
        return inner[::-1], items

    def _missing(self, one: Container, source: str) -> Iterator[IntakeItem]:
        if one.state is ContainerState.OPEN:
            yield IntakeItem(source=source, submission=one.id, reason="it is not taken apart to its end yet")
        elif one.findings:
            with self._archive.store.read() as connection:
                findings = self._containers.account(connection, one).get("findings", [])
            reason = "; ".join(findings[:_MOST_REASONS]) or "something of it is missing"
            yield IntakeItem(source=source, outcome=Outcome.FAILED, submission=one.id, reason=reason)

    def _settled(self, items: list[IntakeItem], *, with_digests: bool = False) -> list[IntakeItem]:
        """Items with the outcomes that examination gave them, and the records that it made."""
        ids = list(dict.fromkeys(one.submission for one in items if one.submission is not None))
        if not ids:
            return items
        archive = self._archive
        with archive.store.read() as connection:
            found = {one.id: one for one, _ in archive.submissions.get_many(connection, ids)}
            made = archive.catalogue.of_submissions(connection, ids)
            carried = records_within(connection, ids)
            repeated = repeated_among(connection, [record for some in made.values() for record in some])
            lacking = [one.submission for one in items if one.submission is not None and one.sha256 is None]
            digests = archive.submissions.envelopes(connection, lacking) if with_digests else {}
        for one in items:
            submission = found.get(one.submission or "")
            if submission is None:
                continue
            if not one.is_export:
                one.records = [*made.get(submission.id, []), *carried.get(submission.id, [])]
            if submission.id in digests:
                one.sha256 = digests[submission.id].sha256
            _settle(one, submission)
            if one.outcome == Outcome.ARCHIVED and repeated.issuperset(one.records) and one.records:
                one.outcome, one.reason = Outcome.DUPLICATE, "all of it is in the archive already"
        return items


@dataclass(slots=True)
class _Export:
    """The slices of one export, which are one item together."""

    slices: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    records: list[str] = field(default_factory=list)
    reason: str | None = None

    def add(self, item: IntakeItem) -> None:
        """Count a slice."""
        self.slices += 1
        self.counts[item.outcome] += 1
        if item.outcome == Outcome.ARCHIVED:
            self.records += item.records
        elif item.outcome in (Outcome.FAILED, Outcome.QUARANTINED) and self.reason is None:
            self.reason = item.reason

    def item(self, container_id: str, source: str) -> IntakeItem:
        """The export as an item: the worst that became of a slice is what became of it."""
        worst = (WAITING, Outcome.FAILED, Outcome.QUARANTINED, Outcome.ARCHIVED, Outcome.DUPLICATE)
        outcome = next(one for one in worst if self.counts[one])
        reason = self.reason and f"{self.counts[outcome]:,} of {self.slices:,} records: {self.reason}"
        if outcome == Outcome.DUPLICATE:
            reason = "all of it is in the archive already"
        return IntakeItem(
            source=source, submission=container_id, outcome=outcome, reason=reason, records=self.records, is_export=True
        )


def _again(submission_id: str, source: str) -> IntakeItem:
    reason = f"the same bytes are submission {submission_id}"
    return IntakeItem(source=source, outcome=Outcome.DUPLICATE, submission=submission_id, reason=reason)


def _settle(one: IntakeItem, submission: Submission) -> None:
    if one.fresh and submission.outcome is not None:
        one.outcome = submission.outcome.value
        one.reason = submission.reason or one.reason


def _item(line: MemberLine, *, repeated: bool) -> IntakeItem:
    one = IntakeItem(source=line.source, submission=line.submission_id, reason=line.reason)
    if line.outcome is MemberOutcome.ASIDE:
        one.outcome = MemberOutcome.ASIDE
    elif line.outcome is MemberOutcome.FAILED:
        one.outcome = Outcome.FAILED
    elif repeated:
        one.outcome, one.reason = Outcome.DUPLICATE, f"the same bytes are submission {line.submission_id}"
    else:
        one.fresh = True
    return one
