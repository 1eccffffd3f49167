"""What a search found, as text for people: one paragraph a hit, then counts, then how complete it was. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from archiver.cli.session import printable
from archiver.searching import left_out_of, not_looked_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo

_IN_GROUP: Final = {
    "thread": "in the same thread",
    "duplicate": "that say the same",
    "near": "that say nearly the same",
}
_WIDTH_OF_COUNT: Final = 9


def search_text(document: dict[str, Any], offset: int, mark: Callable[[str], str], zone: tzinfo) -> str:
    """The answer to a search; `mark` is how a hit is made to stand out, and moments are told in the zone."""
    lines: list[str] = []
    for hit in document["hits"]:
        lines += hit_lines(hit, mark, zone)
    lines += facet_lines(document.get("facets", {}))
    lines.append(_total(document, offset))
    lines += _empty(document)
    lines += left_out_of(document)
    return "\n".join([*lines, *not_looked_into(document["coverage"])])


def hit_lines(hit: dict[str, Any], mark: Callable[[str], str], zone: tzinfo) -> Iterator[str]:
    """One hit: its id, day and writer, subject, pieces of text, what was found beside them, and why."""
    when = datetime.fromisoformat(hit["sent_at"] or hit["captured_at"]).astimezone(zone)
    yield printable(f"{hit['id']}  {when:%Y-%m-%dT%H:%M}  {hit['from'] or '-'}")
    yield f"    {_marked(hit['subject_parts'], mark) or '(no subject)'}"
    for piece in hit["snippets"]:
        if shown := " ".join(_marked(piece, mark).split()):
            yield f"    {shown}"
    for one in hit["beside"]:
        yield f"    {one['where']}: {_marked(one['parts'], mark)}"
    for one in hit["supersedes"]:
        yield f"    in place of {one}, which was read at another date"
    if (group := hit.get("group")) is not None and group["count"] > 1:
        yield f"    and {group['count'] - 1:,} more {_IN_GROUP[group['by']]}"
    for reason in hit.get("why", ()):
        yield printable(f"    because {_because(reason)}")


def facet_lines(facets: dict[str, Any]) -> Iterator[str]:
    """Counts, each with what narrows the search to it."""
    for name, facet in facets.items():
        yield f"by {name}:"
        for one in facet["values"]:
            label = "" if one["label"] == one["value"] else f"  {one['label']}"
            yield printable(f"{one['count']:>{_WIDTH_OF_COUNT},}  {one['clause']}{label}")
        if facet["others"]:
            yield f"{'':>{_WIDTH_OF_COUNT}}  and {facet['others']:,} further values"
        if facet["without"]:
            yield f"{facet['without']:>{_WIDTH_OF_COUNT},}  (none)"
        yield ""


def _total(document: dict[str, Any], offset: int) -> str:
    total, hits = document["total"], document["hits"]
    records = "1 record" if total == 1 else f"{total:,} records"
    if (groups := document.get("groups")) is not None:
        shown = f"{offset + 1:,} to {offset + len(hits):,} of " if hits else ""
        return f"{shown}{groups['total']:,} groups of {records}"
    shown = f"{offset + 1:,} to {offset + len(hits):,} of " if hits and len(hits) < total else ""
    return f"{shown}{records}"


def _empty(document: dict[str, Any]) -> Iterator[str]:
    """What may help somebody who found nothing."""
    for one in document.get("suggestions", ()):
        again = f": {one['query']}" if "query" in one else ""
        yield printable(f"no record has {one['word']}; {one['meant']} stands in {one['total']:,}{again}")
    for one in document.get("excluding", ()):
        found = "1 record matches" if one["total"] == 1 else f"{one['total']:,} records match"
        yield printable(f"without {one['clause']} {found}")


def _because(reason: dict[str, Any]) -> str:
    if reason["absent"]:
        return f"{reason['asked']}: it has nothing of that"
    places = "; ".join(f"{', '.join(one['words'])} ({one['where']})".strip() for one in reason["found"])
    return f"{reason['asked']}: {places}" if places else reason["asked"]


def _marked(parts: Iterable[Sequence[Any]], mark: Callable[[str], str]) -> str:
    return "".join(mark(printable(text)) if hit else printable(text) for text, hit in parts)
