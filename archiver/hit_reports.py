"""Reports of hits: what each of many searches finds, what it alone finds, and whose records these are; for affidavits.

Rules:

- Each term is a search of its own, with the rights of who asks, and an event. A term that cannot be understood is told
  with its line and place, and keeps none of the others from being counted.
- Hits are records. The totals count each record once. Counts are exact; how complete the search was is said with them.
- The report is an event whose payload binds all of it; what is signed is that report, terms as they were asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.frozen_sets import moment_facts
from archiver.hit_report_families import families_of
from archiver.search_asking import covered
from archiver.search_finding import engine_facts, find_all, is_relative, said, whole_numbers
from search.frozen_ids import chunks
from search.frozen_sets import about_digest
from search.hit_report import HitCount
from storage.errors import InvalidInput
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.statements import plain_text
from storage.tables import records

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.hit_report import TermHits
    from search.hit_report_terms import Term
    from storage.records import Custodian

MOST_TERMS: Final = 1_000
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HitReport:
    """A report as it was made; `about` is all that it says, `position` the leaf that binds it."""

    id: str
    position: int
    about: Mapping[str, Any]

    @property
    def failed(self) -> int:
        """How many terms could not be searched for."""
        return sum(1 for one in self.about["terms"] if one["problem"] is not None)

    def to_json(self) -> dict[str, Any]:
        """As the command and the API print it."""
        return {"id": self.id, "position": self.position, **self.about}


def report_hits(
    installation: Installation,
    who: Principal,
    terms: Sequence[Term],
    *,
    families: bool = False,
    title: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> HitReport:
    """Search for each term, and count.

    Args:
        installation: the archive.
        who: for whom it is searched.
        terms: what is asked.
        families: whether the records of the hits' threads are counted beside them.
        title: what the report is about.
        progress: told how many of the terms are done.

    Raises:
        InvalidInput: there are more than `MOST_TERMS` terms.
        Denied: this role may not.
    """
    authorize(who, Act.WORK_SEARCHES)
    if len(terms) > MOST_TERMS:
        raise InvalidInput(f"a report has at most {MOST_TERMS:,} searches; make several, or use: archiver batch")
    moment = moment_facts(installation, who)
    count = HitCount()
    asked: list[dict[str, Any]] = []
    coverage: dict[str, Any] = {}
    found_by: list[int] = []
    for number, term in enumerate(terms, 1):
        line = _asked(installation, term)
        if line["problem"] is None:
            coverage, found = find_all(installation, who, term.query)
            count.add(found)
            found_by.append(len(asked))
        asked.append(line)
        if progress is not None:
            progress(number, len(terms))
    if not coverage:
        coverage = whole_numbers(covered(installation, who))
    in_families = families_of(installation, who, count) if families else None
    counted, everybody = count.by_term(_custodians_of(installation, count))
    people = _people(installation, everybody)
    for number, (place, one) in enumerate(zip(found_by, counted, strict=True)):
        asked[place] |= _counted(one, people)
        if in_families is not None:
            asked[place]["family"] = in_families.by_term[number]
    about = {
        **moment,
        "title": " ".join(plain_text(title).split()) if title else None,
        "terms": asked,
        "total": count.total,
        "families": None if in_families is None else in_families.total,
        "custodians": _by_person(everybody, people),
        "coverage": coverage,
        **engine_facts(installation),
    }
    report_id = new_id(Prefix.HIT_REPORT)
    payload = {"sha256": about_digest(about), "terms": len(terms), "total": count.total}
    with installation.archive.store.write() as transaction:
        position = transaction.append(EventKind.HITS_REPORTED, actor=who.actor, subjects=(report_id,), payload=payload)
    return HitReport(id=report_id, position=position, about=about)


def _asked(installation: Installation, term: Term) -> dict[str, Any]:
    line: dict[str, Any] = {
        "line": term.line,
        "name": plain_text(term.name),
        "query": plain_text(term.query),
        "words": None,
        "relative": False,
        "problem": term.fault,
        "place": None,
        "hits": None,
        "unique": None,
        "family": None,
        "custodians": [],
    }
    if term.fault is None:
        try:
            line |= {"words": said(installation, term.query), "relative": is_relative(installation, term.query)}
        except InvalidInput as error:
            line |= {"problem": error.message, "place": error.fields.get("position")}
    return line


def _custodians_of(installation: Installation, count: HitCount) -> Iterator[Mapping[str, str]]:
    for some in chunks(count.ids(), _PAGE):
        query = select(records.c.id, records.c.custodian_id).where(records.c.id.in_(some))
        with installation.archive.store.read() as connection:
            yield {row.id: row.custodian_id for row in connection.execute(query)}


def _people(installation: Installation, everybody: Counter[str]) -> dict[str, Custodian]:
    ids = sorted(everybody)
    found: dict[str, Custodian] = {}
    for some in chunks(ids, _PAGE):
        with installation.archive.store.read() as connection:
            found |= installation.archive.custodians.open(connection, some)
    return found


def _by_person(counts: Mapping[str, int], people: Mapping[str, Custodian]) -> list[dict[str, Any]]:
    found = [
        {
            "custodian": plain_text(people[one].addresses[0]) if one in people else one,
            "name": plain_text(people[one].name) if one in people else "",
            "hits": hits,
        }
        for one, hits in counts.items()
    ]
    return sorted(found, key=lambda line: (-line["hits"], line["custodian"]))


def _counted(one: TermHits, people: Mapping[str, Custodian]) -> dict[str, Any]:
    return {"hits": one.hits, "unique": one.unique, "custodians": _by_person(one.custodians, people)}
