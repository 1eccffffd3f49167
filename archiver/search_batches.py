"""Many searches from one list: each with its count, and, where a folder is given, with all of its ids.

Rule: a line that cannot be searched for is told with its number and the place in it, and keeps none of the others from
being searched for. Files are named by the number of their line, never by what stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.receipts import make_folder
from archiver.search_finding import find_all
from search.frozen_ids import chunks
from storage.errors import InvalidInput
from storage.files import sync_folder, write_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.hit_report_terms import Term

_LINES: Final = 10_000


@dataclass(slots=True)
class _Counted:
    """Ids as lines, counted while they are read."""

    ids: Iterator[str]
    total: int = field(default=0, init=False)

    def lines(self) -> Iterator[bytes]:
        for some in chunks(self.ids, _LINES):
            self.total += len(some)
            yield "".join(f"{one}\n" for one in some).encode()


def search_batch(
    installation: Installation,
    who: Principal,
    terms: Sequence[Term],
    *,
    folder: Path | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Search for each line of a list; how many records each finds, or why it could not be searched for.

    Raises:
        Denied: this role may not search.
        Conflict: the folder is a file.
        StorageFull, TemporarilyUnavailable: the disk is full, or busy.
    """
    authorize(who, Act.SEARCH)
    if folder is not None:
        make_folder(folder)
    answers = []
    coverage: dict[str, Any] | None = None
    for number, term in enumerate(terms, 1):
        answer: dict[str, Any] = {
            "line": term.line,
            "name": term.name,
            "query": term.query,
            "total": None,
            "file": None,
            "error": None,
        }
        if term.fault is not None:
            answer["error"] = {"kind": InvalidInput.kind, "message": term.fault}
        else:
            try:
                coverage, found = find_all(installation, who, term.query)
                counted = _Counted(found)
                if folder is None:
                    for _ in counted.lines():
                        pass
                else:
                    path = folder / f"line-{term.line:05}.txt"
                    write_pieces(path, counted.lines(), durable=False)
                    answer["file"] = str(path)
                answer["total"] = counted.total
            except InvalidInput as error:
                answer["error"] = {"kind": error.kind, "message": error.message, **error.fields}
        answers.append(answer)
        if progress is not None:
            progress(number, len(terms))
    if folder is not None:
        sync_folder(folder)
    failed = sum(1 for one in answers if one["error"] is not None)
    return {"searches": len(answers), "failed": failed, "coverage": coverage, "answers": answers}


def batch_text(document: dict[str, Any]) -> str:
    """The answers for people."""
    lines = []
    for one in document["answers"]:
        named = one["name"] if one["name"] == one["query"] else f"{one['name']}  {one['query']}"
        if one["error"] is None:
            lines.append(f"{one['line']:>5}  {one['total']:>9,}  {named}")
        else:
            place = one["error"].get("position")
            at = "" if place is None else f", character {place + 1}"
            lines.append(f"{one['line']:>5}  {'-':>9}  {named}: line {one['line']}{at}: {one['error']['message']}")
    lines.append(f"{document['searches']:,} searches, {document['failed']:,} of them not understood")
    return "\n".join(lines)
