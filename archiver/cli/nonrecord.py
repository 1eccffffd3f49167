"""`archiver nonrecord`: what should never have been kept is released by two persons, with a certificate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.nonrecord_certificates import write_release_certificate
from archiver.nonrecord_view import claim_text, outcome_of
from archiver.nonrecords import (
    agree_claim,
    ask_release,
    list_nonrecords,
    refuse_claim,
    show_claim,
    withdraw_claim,
)
from retention.nonrecord_reasons import SENTENCES
from retention.nonrecords import ClaimState
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("nonrecord")
def nonrecord() -> None:
    """What is no record: one person asks for its release, another agrees, and it is destroyed at once."""


@nonrecord.command("reasons")
@command
def reasons(session: Session) -> None:
    """List the reasons for which this agency releases something as not a record."""
    session.principal(Act.SEE_NONRECORDS)
    allowed = session.installation.settings.retention.nonrecord_reasons
    found = [{"reason": one.value, "text": SENTENCES[one]} for one in allowed]
    lines = [f"{one['reason']:<18}{one['text']}" for one in found]
    session.show(found, "\n".join(lines) or "There is none; see nonrecord_reasons under [retention] in archiver.toml")


@nonrecord.command("ask")
@click.argument("record_ids", metavar="RECORD...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="CODE", help="One of those of `nonrecord reasons`.")
@click.option("--note", metavar="TEXT", help="What who decides should know; it is destroyed with the records.")
@command
def ask(session: Session, record_ids: tuple[str, ...], reason: str, note: str | None) -> None:
    """Ask for the release of records that are none: an employee for his own, or an officer. Needs --as.

    They stay until another person agrees, and go together or not at all.
    """
    who = session.principal(Act.ASK_NONRECORD)
    document = ask_release(session.installation, who, record_ids, reason=reason, note=note)
    session.show(document, claim_text(document))


@nonrecord.command("list")
@click.option("--state", type=click.Choice([one.value for one in ClaimState]), help="Only claims in this state.")
@command
def list_them(session: Session, state: str | None) -> None:
    """List claims, oldest first; an employee sees his own. Looking at those of others is an event in the ledger."""
    who = session.principal(Act.SEE_NONRECORDS)
    found = list_nonrecords(session.installation, who, state=None if state is None else ClaimState(state))
    lines = [
        f"{one['id']}  {one['asked_at'][:16]}  {one['reason']}  {len(one['records']):,} records\n    {outcome_of(one)}"
        for one in found
    ]
    session.show(found, "\n".join(lines) or "There is no claim; ask with: archiver nonrecord ask")


@nonrecord.command("show")
@click.argument("claim_id", metavar="CLAIM")
@command
def show(session: Session, claim_id: str) -> None:
    """Show a claim: its records, the reason, the note, and what became of it. Looking at it is an event."""
    who = session.principal(Act.SEE_NONRECORDS)
    document = show_claim(session.installation, who, claim_id)
    session.show(document, claim_text(document))


@nonrecord.command("agree")
@click.argument("claim_id", metavar="CLAIM")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@click.option("--at-once", is_flag=True, help="Roll the keys and confirm absence now, not with the daily roll.")
@command
def agree(session: Session, claim_id: str, *, yes: bool, at_once: bool) -> None:
    """Agree to a claim of another person: its records are destroyed at once. Needs --as.

    Said again of what was agreed to, it only goes on: with --at-once to the confirmation.
    """
    who = session.principal(Act.DECIDE_NONRECORD)
    if not yes:
        _confirm(session, claim_id)
    document = agree_claim(session.installation, who, claim_id, at_once=at_once)
    session.show(document, claim_text(document))


def _confirm(session: Session, claim_id: str) -> None:
    if session.as_json or not sys.stdin.isatty():
        raise InvalidInput("what is released cannot be brought back; look at it, then add --yes")
    click.confirm(f"Destroy the records of {claim_id} for good?", abort=True, err=True)


@nonrecord.command("refuse")
@click.argument("claim_id", metavar="CLAIM")
@click.option("--reason", required=True, metavar="TEXT", help="Why they stay records; who asked reads it.")
@command
def refuse(session: Session, claim_id: str, reason: str) -> None:
    """Refuse a claim: its records stay. Needs --as."""
    who = session.principal(Act.DECIDE_NONRECORD)
    document = refuse_claim(session.installation, who, claim_id, reason=reason)
    session.show(document, claim_text(document))


@nonrecord.command("withdraw")
@click.argument("claim_id", metavar="CLAIM")
@command
def withdraw(session: Session, claim_id: str) -> None:
    """Take back a claim that is open, by who asked. Needs --as."""
    who = session.principal(Act.ASK_NONRECORD)
    document = withdraw_claim(session.installation, who, claim_id)
    session.show(document, claim_text(document))


@nonrecord.command("certificate")
@click.argument("claim_id", metavar="CLAIM")
@click.option("--to", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder for it.")
@command
def certificate(session: Session, claim_id: str, folder: Path) -> None:
    """Write the certificate of release, signed, as JSON and as PDF; only once absence is confirmed."""
    who = session.principal(Act.CERTIFY_DISPOSITION)
    written = write_release_certificate(session.installation, who, claim_id, folder)
    session.show(written, "\n".join(written["files"]))


COMMANDS = (nonrecord,)
