"""The search page: what its address asks for, what it shows of an answer, and where each of its links leads.

Rules: everything that one can choose stands in the address, so a result can be kept, sent and gone back to. A count
leads to the search that it counted. Counts of many hits take their time and are made only when they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from archiver.access import Act, authorize
from archiver.covering import list_uncovered
from archiver.search_asking import covered, understand
from archiver.search_facets import FACETS
from archiver.search_groups import GROUPINGS, NO_GROUPS
from archiver.searching import left_out_of, search_records
from archiver.web.paging import PAGE_SIZE, Pager, read_page
from archiver.web.sentences import query_place
from search.coverage import REASONS
from search.queries import Or
from search.unread_reasons import SENTENCES
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.stopping import Stop

_COUNTED_AT_ONCE: Final = 10_000
_VALUES: Final = 8
_VALUES_ASKED: Final = 100
_SNIPPETS: Final = 2
_MOST_OF_GROUP: Final = 50
_LISTED: Final = 100
_NAMES: Final = {
    "custodian": "Custodian",
    "correspondent": "Correspondent",
    "platform": "Platform",
    "channel": "Handed in by",
    "kind": "Kind",
    "lang": "Language",
    "month": "Month",
    "series": "Series",
}
FIELDS: Final = (
    ("bus route", "both words, anywhere, in any form"),
    ('"board meeting"', "these words in a row"),
    ('"roof leak"~5', "these words near each other, at most 5 others between"),
    ("budget OR levy", "either of them"),
    ("roof -invoice", "the first without the second"),
    ("(roof OR gutter) leak", "parentheses hold together"),
    ("enrol*", "every word that begins so; *form* for what stands inside, wom?n for one letter"),
    ("calender~", "words that differ by a letter"),
    ("exact:meetings", "this form of the word only"),
    (
        "from:garcia subject:contract",
        "in one field; also to: cc: participant: correspondent: custodian: text: filename:",
    ),
    ("has:attachment after:2025-08-31", "with an attachment, from September 2025 on"),
    ("sent:2025-03", "sent in March 2025; also on: before: captured: with days, ranges and words"),
)
"""Examples of what can be asked, each with what it means."""


REASONS_TOLD: Final = {
    "not_indexed": "Not indexed yet",
    "unreadable": "Could not be opened, so not indexed",
    "unexamined": "Handed in and not examined yet",
    "in_quarantine": "Handed in and in quarantine",
    "failed": "Handed in and not readable at all",
} | {code.value: sentence.capitalize() for code, sentence in SENTENCES.items()}
"""Each reason of the list of coverage as a person is told it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """What the address of a search page asks for."""

    text: str = ""
    page: int = 1
    sort: str = "date"
    group: str = NO_GROUPS
    why: bool = False
    counts: bool = False
    superseded: bool = False

    def address(self, **changes: Any) -> str:
        """The address of the same search but for some changes; of another text or order the first page."""
        other = replace(self, **({"page": 1} | changes))
        asked = {
            "q": other.text,
            "sort": other.sort if other.sort != "date" else "",
            "group": other.group if other.group != NO_GROUPS else "",
            "why": "yes" if other.why else "",
            "counts": "yes" if other.counts else "",
            "superseded": "yes" if other.superseded else "",
            "page": str(other.page) if other.page > 1 else "",
        }
        return "/search?" + urlencode({name: value for name, value in asked.items() if value}, errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """One value of a facet: how it is called, how many hits have it, and the address of these."""

    label: str
    count: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFacet:
    """Counts by one name; `others` is how many values are not shown, `without` how many hits have none."""

    name: str
    values: tuple[Narrowing, ...]
    others: int
    without: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFound:
    """An answer as the page shows it."""

    document: dict[str, Any]
    pager: Pager
    facets: tuple[ShownFacet, ...]
    shorter: tuple[tuple[str, int], ...]
    left_out: tuple[str, ...]

    @property
    def total(self) -> int:
        """The exact number of matching records."""
        found: int = self.document["total"]
        return found

    @property
    def groups(self) -> int | None:
        """How many groups there are, if hits are grouped."""
        groups = self.document.get("groups")
        return None if groups is None else groups["total"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageList:
    """What a search cannot wholly look into: counts by reason, and ids of one reason, a page of them."""

    coverage: dict[str, Any]
    reasons: tuple[tuple[str, int], ...]
    reason: str
    ids: tuple[str, ...]
    page: int
    more: bool


def asked_from(items: Iterable[tuple[str, str]]) -> PageAsked:
    """What an address asks for; of what it does not know, or names wrongly, the usual."""
    given = dict(items)
    group = given.get("group", NO_GROUPS)
    return PageAsked(
        text=given.get("q", ""),
        page=read_page(given.get("page", "1")),
        sort="relevance" if given.get("sort") == "relevance" else "date",
        group=group if group in GROUPINGS else NO_GROUPS,
        why=given.get("why") == "yes",
        counts=given.get("counts") == "yes",
        superseded=given.get("superseded") == "yes",
    )


def find(installation: Installation, principal: Principal, asked: PageAsked, stop: Stop) -> PageFound:
    """The answer to what a page asks for.

    Raises:
        InvalidInput: it cannot be understood; `position` says where.
        SearchStopped: nobody waits for it, or it took too long.
    """
    document = search_records(
        installation,
        principal,
        asked.text,
        stop=stop,
        limit=PAGE_SIZE,
        offset=(asked.page - 1) * PAGE_SIZE,
        sort=asked.sort,
        group=asked.group,
        why=asked.why,
        superseded=asked.superseded,
        snippets=_SNIPPETS,
        facets=FACETS,
        values=_VALUES_ASKED if asked.counts else _VALUES,
        facets_up_to=None if asked.counts else _COUNTED_AT_ONCE,
    )
    groups = document.get("groups")
    total = document["total"] if groups is None else groups["total"]
    return PageFound(
        document=document,
        pager=Pager(page=asked.page, total=total),
        facets=_facets(installation, asked, document.get("facets", {})) if document["total"] else (),
        shorter=tuple((one["clause"], one["total"]) for one in document.get("excluding", ())),
        left_out=tuple(left_out_of(document)),
    )


def _facets(installation: Installation, asked: PageAsked, facets: dict[str, Any]) -> tuple[ShownFacet, ...]:
    """The counts that tell hits apart: those of one value, which all hits have, say nothing."""
    holds_together = not isinstance(understand(installation, asked.text), Or)
    before = asked.text if holds_together else f"({asked.text})"
    shown = []
    for name, facet in facets.items():
        values = tuple(
            Narrowing(
                label=str(one["label"]), count=one["count"], address=asked.address(text=f"{before} {one['clause']}")
            )
            for one in facet["values"]
        )
        if len(values) > 1 or (values and facet["without"]):
            others = facet["others"]
            shown.append(ShownFacet(name=_NAMES[name], values=values, others=others, without=facet["without"]))
    return tuple(shown)


def members_query(group: dict[str, Any]) -> str | None:
    """The query that shows all members of a group, if they are few enough to be named."""
    ids = group["ids"]
    return " OR ".join(f"id:{one}" for one in ids) if 1 < group["count"] <= _MOST_OF_GROUP else None


def problem_of_query(text: str, error: InvalidInput) -> dict[str, Any]:
    """What is wrong with a query, with the place, and what may have been meant."""
    position = error.fields.get("position")
    return {
        "message": error.message,
        "place": query_place(text, position),
        "position": position,
        "suggestion": error.fields.get("suggestion"),
    }


def list_coverage(installation: Installation, principal: Principal, *, reason: str, page: int) -> CoverageList:
    """What a search of this principal cannot wholly look into.

    Raises:
        InvalidInput: there is no such reason.
        Denied: he may not search.
    """
    authorize(principal, Act.SEARCH)
    if reason and reason not in REASONS:
        raise InvalidInput("there is no such reason; choose one from the list")
    coverage = covered(installation, principal)
    counted = {"not_indexed": coverage["waiting"], "unreadable": coverage["unreadable"], **coverage["unread"]}
    handed = coverage["submissions"]
    counted |= {name: handed[name] or 0 for name in handed}
    start = (page - 1) * _LISTED
    listed = list_uncovered(installation, principal, reason=reason) if counted.get(reason) else iter(())
    some = [one for one, _ in islice(listed, start, start + _LISTED + 1)]
    return CoverageList(
        coverage=coverage,
        reasons=tuple((one, counted[one]) for one in REASONS if counted.get(one)),
        reason=reason,
        ids=tuple(some[:_LISTED]),
        page=page,
        more=len(some) > _LISTED,
    )
