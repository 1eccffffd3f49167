"""Every active record decided under two rule books in one pass: the present one, and one that somebody thinks of.

Rules:

- Nothing is written. What has no series is read as if each book's own assignment rules had been applied, which is what
  the next evaluation would do; what is in a series stays there. Members of a family are read in the series they have.
- Pages, each a read transaction of its own: memory does not grow with the archive.
- Holds are left aside; whoever asks adds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from retention.comparing import same_rule
from retention.deciding import decided
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from retention.assignment import Policy
    from retention.evaluation import Decision
    from retention.known import Known, KnownFacts
    from retention.library import RuleBook
    from retention.ports import RecordCatalogue
    from retention.rule_judging import RuleJudging
    from storage.records import Record
    from storage.transaction import Store

PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A record under one book: the series that it is in or would be given, and the decision without holds."""

    series_id: str | None
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWays:
    """A record under both books; `after` is `before` itself where nothing differs."""

    record: Record
    before: Placed
    after: Placed


class TwoBooks:
    """Decides about the records of one archive under two books.

    Args:
        store: the archive's database.
        catalogue: its records.
        known: gathers what is known of them.
        judging: what assignment rules say of records without a series.
        before: the first book.
        after: the second; may be the first itself.
        today: the day of the decisions.
    """

    def __init__(
        self,
        store: Store,
        catalogue: RecordCatalogue,
        known: KnownFacts,
        judging: RuleJudging,
        *,
        before: RuleBook,
        after: RuleBook,
        today: date,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._known = known
        self._judging = judging
        self._before = before
        self._after = after
        self._today = today
        self._same_policies = _asking(before.policies) == _asking(after.policies)
        self._same: dict[tuple[str, str | None], bool] = {}

    def pages(self) -> Iterator[tuple[int, list[TwoWays]]]:
        """How many records a page has, and what becomes of those of them that are active; page by page."""
        after: str | None = None
        while True:
            with self._store.read() as connection:
                page = self._catalogue.page_records(connection, after, PAGE)
            if not page:
                return
            after = page[-1].id
            yield len(page), self.of([record for record in page if record.state is RecordState.ACTIVE])

    def of(self, page: Sequence[Record]) -> list[TwoWays]:
        """The same of these records."""
        first, second = self._assigned(page)
        with self._store.read() as connection:
            known = self._known.of(connection, first, self._before.families)
            moved = self._moved(first, second)
            elsewhere = known | self._known.of(connection, moved, self._after.families) if moved else known
        found = []
        for record, here, there in zip(page, first, second, strict=True):
            before = Placed(series_id=here.series_id, decision=self._decide(self._before, known[record.id]))
            if here.series_id == there.series_id and self._agree(known[record.id]):
                after = before
            else:
                decision = self._decide(self._after, elsewhere[record.id])
                after = Placed(series_id=there.series_id, decision=decision)
            found.append(TwoWays(record=record, before=before, after=after))
        return found

    def _moved(self, first: Sequence[Record], second: Sequence[Record]) -> list[Record]:
        """Of which more has to be known under the second book: all, where families are others, or what is elsewhere."""
        if self._after.families != self._before.families:
            return list(second)
        return [there for here, there in zip(first, second, strict=True) if here.series_id != there.series_id]

    def _assigned(self, page: Sequence[Record]) -> tuple[list[Record], list[Record]]:
        """The records under each book, in the series that its rules would give them where they have none."""
        without = [one for one in page if one.series_id is None]
        if not without:
            return list(page), list(page)
        first = self._given(without, self._before)
        second = first if self._same_policies else self._given(without, self._after)
        return _placed(page, first), _placed(page, second)

    def _given(self, without: Sequence[Record], book: RuleBook) -> dict[str, str]:
        if not without or not book.policies:
            return {}
        found = {}
        for record_id, judged in self._judging.judge(without, book.policies).items():
            if judged.judgement.assignment is not None:
                found[record_id] = judged.judgement.assignment.series_id
        return found

    def _decide(self, book: RuleBook, known: Known) -> Decision:
        return decided(book, known, (), self._today)

    def _agree(self, known: Known) -> bool:
        """Whether both books have the same rules for a record, so that one reading is enough."""
        if self._after is self._before:
            return True
        if known.family or self._after.families != self._before.families:
            return False
        for series_id in known.series:
            facts = known.whole(series_id)
            key = (series_id, facts.linked_series)
            same = self._same.get(key)
            if same is None:
                rules = (self._before.rule_for(series_id, facts), self._after.rule_for(series_id, facts))
                same = self._same[key] = same_rule(*rules)
            if not same:
                return False
        return True


def _placed(page: Sequence[Record], given: Mapping[str, str]) -> list[Record]:
    return [replace(one, series_id=given[one.id]) if one.id in given else one for one in page]


def _asking(policies: Sequence[Policy]) -> list[Policy]:
    """What the rules ask, without where and in which edition it stands."""
    return [
        replace(policy, edition="", rules=tuple(replace(rule, line=None) for rule in policy.rules))
        for policy in policies
    ]
