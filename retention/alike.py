"""Records of which the same is known are decided about once: most of a day's mails differ in nothing that a rule asks.

Rule: what is shared is a decision of the same rules, for the same day, about equal facts; it is forgotten with any of
them, and is never kept beyond the program. What is known of one record alone is decided about alone.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from retention.deciding import decided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention.evaluation import Decision
    from retention.facts import Facts
    from retention.known import Known
    from retention.library import RuleBook

    _For = tuple[tuple[str, ...], date]
    _Shared = dict[tuple[tuple[str, ...], Facts], Decision]

_MOST: Final = 20_000


class AlikeRecords:
    """Decides about records without holds, about equal ones once."""

    def __init__(self) -> None:
        self._shared: tuple[_For, _Shared] = (((), date.min), {})

    def decide(self, book: RuleBook, page: Sequence[Known], day: date) -> list[Decision]:
        """What the rules say on a day, in the order of the page."""
        now = (tuple(one.id for one in book.loaded), day)
        of, shared = self._shared  # together: another thread may ask for another day
        if of != now or len(shared) > _MOST:
            shared = {}
            self._shared = (now, shared)
        found = []
        for known in page:
            if not _is_plain(known):
                found.append(decided(book, known, (), day))
                continue
            key = (known.series, known.plain)
            decision = shared.get(key)
            if decision is None:
                decision = shared[key] = decided(book, known, (), day)
            found.append(decision)
        return found


def _is_plain(known: Known) -> bool:
    """Whether nothing counts but what the record itself carries, and its series."""
    if known.own or known.linked or known.family:
        return False
    return not any(known.by_series.get(one) for one in known.series)
