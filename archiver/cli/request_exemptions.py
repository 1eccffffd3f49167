"""`archiver request exemption`: the grounds that can be named, and those that the agency adds itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.cli.words_from_files import private_words
from archiver.own_exemptions import add_exemption, change_exemption, list_exemptions, number_of, retire_exemption
from archiver.shown_text import line
from search.disclosure.own_exemptions import NewExemption

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("exemption")
def exemption() -> None:
    """The list of exemptions: those of the shipped laws, and the agency's own beside them."""


@exemption.command("list")
@click.option("--profile", metavar="ID", help="Only what can be named under this law.")
@click.option("--own", is_flag=True, help="Only the agency's own.")
@command
def exemption_list(session: Session, profile: str | None, *, own: bool) -> None:
    """List every exemption with where it comes from and how often it is used."""
    document = list_exemptions(session.installation, session.principal(Act.SEE_REQUESTS), profile)
    if own:
        document["exemptions"] = [one for one in document["exemptions"] if one["source"] == "own"]
    nothing = "The agency has no exemption of its own; add one with: archiver request exemption add CODE"
    session.show(document, "\n".join(map(_line, document["exemptions"])) or nothing)


@exemption.command("add")
@click.argument("code")
@private_words("--title", "What it is about, as logs and letters say it.", required=True)
@click.option("--citation", required=True, metavar="TEXT", help="The law.")
@click.option("--profile", metavar="ID", help="Whose law it stands beside; every law's otherwise.")
@command
def exemption_add(session: Session, code: str, title: str, citation: str, profile: str | None) -> None:
    """Offer a ground of the agency's own from now on."""
    new = NewExemption(code=code, title=title, citation=citation, profile=profile)
    document = add_exemption(session.installation, session.principal(Act.KEEP_EXEMPTIONS), new)
    session.show(document, _line(document))


@exemption.command("change")
@click.argument("code")
@private_words("--title", "What it is about.")
@click.option("--citation", metavar="TEXT", help="The law.")
@click.option("--offer", is_flag=True, help="Offer it again, after it was retired.")
@command
def exemption_change(session: Session, code: str, title: str | None, citation: str | None, *, offer: bool) -> None:
    """Word a ground of the agency's own otherwise; its code stays."""
    who, installation = session.principal(Act.KEEP_EXEMPTIONS), session.installation
    number = number_of(installation, who, code)
    document = change_exemption(installation, who, number, title=title, citation=citation, offered=offer)
    session.show(document, _line(document))


@exemption.command("retire")
@click.argument("code")
@command
def exemption_retire(session: Session, code: str) -> None:
    """Offer a ground of the agency's own no more; what was decided with it stays valid and is explained."""
    who, installation = session.principal(Act.KEEP_EXEMPTIONS), session.installation
    document = retire_exemption(installation, who, number_of(installation, who, code))
    session.show(document, _line(document))


def _line(one: dict[str, Any]) -> str:
    own = "" if one["source"] == "shipped" else "  own, retired" if one["retired"] else "  own"
    used = f"  used {one['used']:,} times" if one["used"] != 1 else "  used once"
    return f"{one['profile'] or 'all':<4} {one['code']:<14} {line(one['title'])}; {line(one['citation'])}{own}{used}"


EXEMPTIONS = (exemption,)
