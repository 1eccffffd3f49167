"""Counting for a report of hits: for each term how many records it finds, and how many it alone finds. Pure.

Rules:

- A record counts once for each term that finds it, and once in the totals.
- A hit is unique to a term where no other term of the same report finds the record.
- Terms are counted as they come; what is kept is 16 bytes and one number for each record that any term finds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from search.frozen_ids import PIECE, chunks, ids_in, packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class TermHits:
    """What one term finds; `custodians` are counts by custodian's id."""

    hits: int
    unique: int
    custodians: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyHits:
    """How many records are in the families of the hits, these included: of all terms together, and of each."""

    total: int
    by_term: tuple[int, ...]


@dataclass(slots=True)
class HitCount:
    """The records that terms find; `add` one term after the other, then ask."""

    _found: dict[bytes, int] = field(default_factory=dict)
    _terms: int = 0

    def add(self, record_ids: Iterable[str]) -> None:
        """Count what the next term finds."""
        bit, found = 1 << self._terms, self._found
        for record_id in record_ids:
            one = packed(record_id)
            found[one] = found.get(one, 0) | bit
        self._terms += 1

    @property
    def total(self) -> int:
        """How many records any term finds."""
        return len(self._found)

    def ids(self) -> Iterator[str]:
        """Every record that any term finds, in no order."""
        for some in chunks(self._found, PIECE):
            yield from ids_in(b"".join(some))

    def in_families(self, of_hits: Iterable[tuple[str, bytes]], of_all: Iterable[tuple[str, bytes]]) -> FamilyHits:
        """Count the families of the hits; a record without a mark of a family is a family of its own.

        Args:
            of_hits: the found records, each with the mark of its family, empty where it has none.
            of_all: every record that is to be counted, in the same way.
        """
        masks: dict[bytes, int] = {}
        for record_id, family in of_hits:
            if family:
                masks[family] = masks.get(family, 0) | self._found[packed(record_id)]
        counts, total = [0] * self._terms, 0
        for record_id, family in of_all:
            terms = masks.get(family, 0) if family else self._found.get(packed(record_id), 0)
            total += terms != 0
            for number in _numbers(terms):
                counts[number] += 1
        return FamilyHits(total=total, by_term=tuple(counts))

    def by_term(self, pages: Iterable[Mapping[str, str]]) -> tuple[list[TermHits], Counter[str]]:
        """What each term finds, in the order in which they were added; and all records by custodian.

        Args:
            pages: the custodians of all found records by record id, some at a time.
        """
        hits, unique = [0] * self._terms, [0] * self._terms
        custodians: list[Counter[str]] = [Counter() for _ in range(self._terms)]
        everybody: Counter[str] = Counter()
        for page in pages:
            for record_id, custodian in page.items():
                terms = self._found[packed(record_id)]
                everybody[custodian] += 1
                alone = terms.bit_count() == 1
                for number in _numbers(terms):
                    hits[number] += 1
                    unique[number] += alone
                    custodians[number][custodian] += 1
        return [
            TermHits(hits=hits[one], unique=unique[one], custodians=dict(custodians[one].most_common()))
            for one in range(self._terms)
        ], everybody


def _numbers(terms: int) -> Iterator[int]:
    """The numbers of the terms in a set of them."""
    while terms:
        yield (terms & -terms).bit_length() - 1
        terms &= terms - 1
