"""`archiver search`: find records, with the exact total and how complete the search was."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from archiver.access import Act
from archiver.cli.search_text import search_text
from archiver.cli.session import command
from archiver.search_facets import FACETS
from archiver.search_groups import GROUPINGS
from archiver.searching import not_looked_into, search_ids, search_records
from search.stopping import Stop
from storage.errors import InvalidInput
from storage.files import write_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archiver.access import Principal
    from archiver.cli.session import Session

T = TypeVar("T")
_ALL: Final = "all"
_LINES_AT_ONCE: Final = 5_000


@click.command("search")
@click.argument("query", required=False)
@click.option("--limit", type=int, default=20, show_default=True, help="Hits to show.")
@click.option("--offset", type=int, default=0, help="Hits to pass over.")
@click.option("--sort", type=click.Choice(["date", "relevance"]), default="date", show_default=True)
@click.option("--group", type=click.Choice(GROUPINGS), default="none", help="Show one hit of each group.")
@click.option(
    "--facets", metavar="[NAMES]", is_flag=False, flag_value=_ALL, help="Count hits by custodian, month and the like."
)
@click.option("--why", is_flag=True, help="Say of each hit what of the query it matches.")
@click.option("--snippets", type=int, default=1, show_default=True, help="Pieces of text of each hit.")
@click.option("--count", is_flag=True, help="Only the exact number of matching records.")
@click.option("--ids", is_flag=True, help="Print the id of every matching record, one a line, with no limit.")
@click.option("--export-ids", type=click.Path(path_type=Path), help="Write every id to this new file, one a line.")
@click.option("--engine", metavar="NAME", help="Search engine; default: the first of the settings.")
@click.option("--superseded", is_flag=True, help="Also records read at a wrong date, in whose place others stand.")
@command
def search(
    session: Session,
    query: str | None,
    facets: str | None,
    *,
    ids: bool,
    count: bool,
    export_ids: Path | None,
    **wishes: Any,
) -> None:
    """Find records. The whole language with its limits is in docs/search.md.

    \b
    bus late          both words, any ending       "bus late"      side by side
    bus OR van        either                       "bus late"~5    near, at most 5 words between
    bus -van          not; also NOT and ( )        exact:meeting   without other endings
    regist*  *fund*   parts of words               wom?n  b*d      one letter, any letters
    lindqvist~2       one or two letters off       /colou?r/       regular expression, one word
    Fields  from: to: cc: participant: correspondent: custodian: account: school:
            subject: text: filename: hash: kind: channel: platform: lang: id:
    Has     has:attachment, image, link, video, audio, document, comment, transcript,
            reaction, edit, deletion, reply, forward
    Is      is:held, eligible, needs_event, conflict, unscheduled, restricted,
            unsearchable, superseded, active; series:ID hold:ID request:ID (or any, none)
    Size    size:>10MB size:<500kB size:1MB..5MB
    Dates   before: after: on: sent: captured: with 2026-03-31, 2026-03, 2026,
            2026-01-15..2026-02, "March 2026", "last month", "last 30 days",
            "school year 2025-26", "fiscal year 2026", "since March 2026"
    \b
    archiver search 'from:ramirez "field trip" after:2026-01-01 -draft'
    archiver search 'subject:(budget OR levy) has:attachment on:"last school year"'
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    who = session.principal(Act.SEARCH)
    names = _facets(facets, query)
    if query is None and not names:
        raise InvalidInput("say what to search for; for counts of all records: archiver search --facets --limit 0")
    if ids or export_ids is not None:
        _list(session, who, query, export_ids, {name: wishes[name] for name in ("engine", "superseded")})
        return
    if count:
        wishes |= {"limit": 0, "offset": 0, "group": "none"}
    installation = session.installation
    document = _until_given_up(lambda stop: search_records(installation, who, query, facets=names, stop=stop, **wishes))
    if count and session.as_json:
        document = {name: document[name] for name in ("query", "total", "coverage")}
    if count and not session.as_json:
        session.show(document, str(document["total"]))
        _say(session, document["coverage"])
        return
    session.show(document, "")
    if not session.as_json:
        print(search_text(document, wishes["offset"], _mark(), installation.archive.zone), flush=True)


def _until_given_up(find: Callable[[Stop], T]) -> T:
    """Search in a thread of its own, so that an interrupt from the keyboard ends it at once."""
    stop = Stop()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(find, stop)
        try:
            return running.result()
        except KeyboardInterrupt:
            stop.ask()
            raise


def _facets(names: str | None, query: str | None) -> tuple[str, ...]:
    """The facets that are wished.

    Raises:
        InvalidInput: one of them is none; where no query is left, it may have been taken for their names.
    """
    if names is None:
        return ()
    if names == _ALL:
        return FACETS
    chosen = tuple(one.strip() for one in names.split(",") if one.strip())
    if query is None and not set(chosen) <= set(FACETS):
        raise InvalidInput(
            f"--facets takes names ({', '.join(FACETS)}), or stands behind the query: archiver search QUERY --facets"
        )
    return chosen


def _list(session: Session, who: Principal, query: str | None, path: Path | None, wishes: dict[str, Any]) -> None:
    """Print every id, or write them to a file."""
    if path is not None and (path.exists() or path.is_symlink()):
        raise InvalidInput(f"the file {path} exists already; choose another name")
    if path is not None and not path.absolute().parent.is_dir():
        raise InvalidInput(f"there is no folder {path.absolute().parent}; make it first, or choose another")
    installation = session.installation
    coverage, found = _until_given_up(lambda stop: search_ids(installation, who, query, stop=stop, **wishes))
    total = 0

    def pieces() -> Iterator[str]:
        nonlocal total
        left = iter(found)
        while some := list(islice(left, _LINES_AT_ONCE)):
            total += len(some)
            yield "\n".join(some) + "\n"

    if path is None:
        for lines in pieces():
            sys.stdout.write(lines)
        sys.stdout.flush()
    else:
        write_pieces(path, (lines.encode() for lines in pieces()))
        document = {"query": query or "", "total": total, "coverage": coverage, "file": str(path)}
        session.show(document, f"{total:,} ids written to {path}")
    _say(session, coverage)


def _say(session: Session, coverage: dict[str, Any]) -> None:
    for one in not_looked_into(coverage):
        session.note(one)


def _mark() -> Callable[[str], str]:
    """Hits are bold on a terminal, and stand between stars elsewhere."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return lambda text: click.style(text, bold=True, underline=True)
    return lambda text: f"*{text}*"


COMMANDS = (search,)
