"""`archiver restrict`: records of a restricted class, which nobody sees without a grant for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act, RestrictedClass
from archiver.cli.session import command
from archiver.restricting import lift, list_restricted, restrict
from archiver.searching import search_ids
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from archiver.cli.session import Session

_CLASSES = click.Choice([one.value for one in RestrictedClass])


def _chosen(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--class", "of", type=_CLASSES, required=True, help="The restricted class."),
        click.option("--record", "ids", multiple=True, metavar="ID", help="A record; may be repeated."),
        click.option("--query", metavar="QUERY", help="Every record that this search finds now."),
        click.option("--series", metavar="ID", help="Every record of a series, those to come included."),
        click.option("--custodian", metavar="ADDRESS", help="Every record of a custodian, those to come included."),
    ):
        function = option(function)
    return function


@click.group("restrict")
def restrict_group() -> None:
    """Restricted classes: student, personnel, medical, law_enforcement.

    Records of a class are found and read only by who has a grant for it (archiver user grant), by the employee whose
    records they are, and by who runs commands without --as.
    """


def _subjects(
    session: Session, ids: Sequence[str], query: str | None, series: str | None, custodian: str | None
) -> tuple[str, list[str]]:
    given = [bool(ids), query is not None, series is not None, custodian is not None]
    if sum(given) != 1:
        raise InvalidInput("name what it is with one of --record, --query, --series, --custodian")
    if query is not None:
        return "record", list(search_ids(session.installation, session.principal(Act.RESTRICT), query)[1])
    if series is not None:
        return "series", [series]
    if custodian is not None:
        archive = session.installation.archive
        with archive.store.read() as connection:
            found = archive.custodians.find(connection, custodian)
        if found is None:
            raise NotFound("no custodian has this address; see: archiver custodian list")
        return "custodian", [found]
    return "record", list(ids)


@restrict_group.command("add")
@_chosen
@command
def add(
    session: Session, of: str, ids: Sequence[str], query: str | None, series: str | None, custodian: str | None
) -> None:
    """Put records, a series or a custodian into a class."""
    who = session.principal(Act.RESTRICT)
    scope, subjects = _subjects(session, ids, query, series, custodian)
    number = restrict(session.installation, who, scope, subjects, RestrictedClass(of))
    session.show({"class": of, "scope": scope, "added": number}, f"{number:,} put into the class {of}")


@restrict_group.command("remove")
@_chosen
@command
def remove(
    session: Session, of: str, ids: Sequence[str], query: str | None, series: str | None, custodian: str | None
) -> None:
    """Take records, a series or a custodian out of a class; needs a grant for it."""
    who = session.principal(Act.RESTRICT)
    scope, subjects = _subjects(session, ids, query, series, custodian)
    number = lift(session.installation, who, scope, subjects, RestrictedClass(of))
    session.show({"class": of, "scope": scope, "removed": number}, f"{number:,} taken out of the class {of}")


@restrict_group.command("list")
@command
def list_all(session: Session) -> None:
    """List what is of a class, as far as one may see the class."""
    found = list_restricted(session.installation, session.principal(Act.RESTRICT))
    lines = [f"{one['class']:<16}{one['scope']:<10}{one['id']}  since {one['since'][:10]}" for one in found]
    session.show(found, "\n".join(lines) or "Nothing is of a class that you may see.")


COMMANDS = (restrict_group,)
