"""`archiver search`: find records, with the exact total and how complete the search was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.searching import not_looked_into, search_ids, search_records

if TYPE_CHECKING:
    from archiver.cli.session import Session

_WIDTH = 100


@click.command("search")
@click.argument("query")
@click.option("--limit", type=int, default=20, show_default=True, help="Hits to show.")
@click.option("--offset", type=int, default=0, help="Hits to pass over.")
@click.option("--sort", type=click.Choice(["date", "relevance"]), default="date", show_default=True)
@click.option("--ids", is_flag=True, help="Print the id of every matching record, one a line, with no limit.")
@click.option("--engine", metavar="NAME", help="Search engine; default: fts.")
@click.option("--superseded", is_flag=True, help="Also records read at a wrong date, in whose place others stand.")
@command
def search(
    session: Session,
    query: str,
    limit: int,
    offset: int,
    sort: str,
    engine: str | None,
    *,
    ids: bool,
    superseded: bool,
) -> None:
    """Find records.

    \b
    Words, "phrases", prefix*, AND OR NOT ( ), -word, exact:word
    Fields: from: to: cc: participant: correspondent: custodian: subject: text:
            filename: kind: channel: platform: id: hash: lang: has:attachment
    Dates:  before:2026-03-01 after:2026-01-31 on:2026-02-14 sent:2026-02 captured:2026
    Example: archiver search 'from:ramirez "field trip" after:2026-01-01 -draft'
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    who = session.principal(Act.SEARCH)
    if ids:
        coverage, found = search_ids(session.installation, who, query, superseded=superseded)
        for record_id in found:
            click.echo(record_id)
        for one in not_looked_into(coverage):
            session.note(one)
        return
    document = search_records(
        session.installation,
        who,
        query,
        limit=limit,
        offset=offset,
        sort=sort,
        engine=engine,
        superseded=superseded,
    )
    session.show(document, _text(document, offset))


def _text(document: dict[str, Any], offset: int) -> str:
    lines = []
    for hit in document["hits"]:
        when = hit["sent_at"] or hit["captured_at"]
        lines += [
            f"{hit['id']}  {when[:16]}  {hit['from'] or '-'}",
            f"    {hit['subject'] or '(no subject)'}",
            f"    {' '.join(hit['snippet'].split())[:_WIDTH]}",
        ]
        lines += [f"    in place of {one}, which was read at another date" for one in hit["supersedes"]]
    shown = f"{offset + 1} to {offset + len(document['hits'])} of " if document["hits"] else ""
    lines.append(f"{shown}{document['total']:,} records")
    return "\n".join([*lines, *not_looked_into(document["coverage"])])


COMMANDS = (search,)
