"""`archiver hold`: what must not be destroyed, whatever its schedule says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command
from archiver.hold_report import hold_report
from archiver.hold_view import counts_text, hold_text
from archiver.holding import (
    decide_held,
    list_held,
    list_holds,
    place_hold,
    read_rule,
    release_hold,
    renew_hold,
    show_hold,
    try_hold,
)
from retention.hold_decisions import Decision
from retention.hold_rules import HoldTerms
from retention.hold_standing import Ground

if TYPE_CHECKING:
    from archiver.cli.session import Session

_SHOWN = 100


@click.group("hold")
def hold() -> None:
    """Holds: records that must not be destroyed, whatever the schedule says."""


@hold.command("place")
@click.option("--reason", required=True, metavar="TEXT", help="Why; a case, an audit, a request that is expected.")
@click.option("--matter", metavar="NAME", help="Name or number that people know it by.")
@click.option("--record", "records", multiple=True, metavar="ID", help="This record; may be given several times.")
@click.option("--custodian", "custodians", multiple=True, metavar="ADDRESS", help="Records of this custodian.")
@click.option("--account", "accounts", multiple=True, metavar="ACCOUNT", help="What happened on this account.")
@click.option("--correspondent", "correspondents", multiple=True, metavar="WHO", help="Name, address or number.")
@click.option("--since", metavar="DATE", help="First day, inclusive.")
@click.option("--until", metavar="DATE", help="Last day, inclusive.")
@click.option("--query", metavar="QUERY", help="Records that this search finds, now and later.")
@click.option("--no-wait", is_flag=True, help="Return at once; what is not compared yet counts as held.")
@click.option("--dry-run", is_flag=True, help="Say what it would hold now, and place nothing.")
@command
def place(
    session: Session,
    reason: str,
    matter: str | None,
    records: tuple[str, ...],
    custodians: tuple[str, ...],
    accounts: tuple[str, ...],
    correspondents: tuple[str, ...],
    since: str | None,
    until: str | None,
    query: str | None,
    *,
    no_wait: bool,
    dry_run: bool,
) -> None:
    """Place a hold on records, those that come later too.

    Every option that is given must match; of one that is given several times, one value is enough. A hold names
    records (--record) or describes them. A record that the rule cannot read is held until an officer decides.
    """
    who = session.principal(Act.PLACE_HOLD)
    rule = read_rule(
        session.installation,
        records_named=records,
        custodians=custodians,
        accounts=accounts,
        correspondents=correspondents,
        since=None if since is None else read_day(since),
        until=None if until is None else read_day(until),
        query=query,
    )
    terms = HoldTerms(reason=reason, matter=matter, rule=rule)
    with counting(session, "Comparing") as progress:
        if dry_run:
            found = try_hold(session.installation, who, terms, progress)
        else:
            document = place_hold(session.installation, who, terms, wait=not no_wait, progress=progress)
    if dry_run:
        told = f"{len(found['match']):,} records would be held, and {len(found['cannot_tell']):,} that it cannot read"
        session.show(found, f"{told}; nothing was placed")
        return
    session.show(document, hold_text(document))


@hold.command("list")
@click.option("--all", "everything", is_flag=True, help="Released holds too.")
@command
def list_them(session: Session, *, everything: bool) -> None:
    """List the open holds, oldest first. Looking at them is an event in the ledger."""
    who = session.principal(Act.SEE_HOLDS)
    found = list_holds(session.installation, who, released=everything)
    lines = [
        f"{one['id']}  {one['state']:<9}{one['placed_at'][:10]}  {_kept(one)}  {one['matter'] or one['reason']}"
        for one in found
    ]
    session.show(found, "\n".join(lines) or "No hold is open; place one with: archiver hold place --reason TEXT ...")


def _kept(one: dict[str, Any]) -> str:
    return counts_text(one["records"]) if one["state"] == "open" else "nothing any more"


@hold.command("show")
@click.argument("hold_id", metavar="ID")
@command
def show(session: Session, hold_id: str) -> None:
    """Show a hold: its rule, why, what it holds, and what was destroyed before it. Looking at it is an event."""
    who = session.principal(Act.SEE_HOLDS)
    document = show_hold(session.installation, who, hold_id)
    session.show(document, hold_text(document))


@hold.command("records")
@click.argument("hold_id", metavar="ID")
@click.option("--ground", type=click.Choice([one.value for one in Ground if one is not Ground.CONTAINS]))
@click.option("--ids", is_flag=True, help="Print the ids only, one a line.")
@command
def list_records(session: Session, hold_id: str, ground: str | None, *, ids: bool) -> None:
    """List every record that a hold holds, and why. Looking at them is an event in the ledger."""
    who = session.principal(Act.SEE_HOLDS)
    with counting(session, "Comparing") as progress:
        chosen = None if ground is None else Ground(ground)
        document = list_held(session.installation, who, hold_id, ground=chosen, progress=progress)
    found = document["records"]
    if ids:
        session.show(document, "\n".join(one["id"] for one in found))
        return
    lines = [f"{one['id']}  {one['ground']:<12}{one['reason'] or 'not compared yet'}" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"... and {len(found) - _SHOWN:,} more; --ids lists all")
    session.show(document, "\n".join(lines) or "It holds no record.")


@hold.command("decide")
@click.argument("hold_id", metavar="ID")
@click.argument("record_ids", metavar="RECORD...", nargs=-1, required=True)
@click.option("--held", "decision", flag_value=Decision.HELD.value, help="These are held.")
@click.option("--free", "decision", flag_value=Decision.FREE.value, help="These are not; they may be destroyed.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; say nothing of what the records say.")
@command
def decide(session: Session, hold_id: str, record_ids: tuple[str, ...], decision: str | None, reason: str) -> None:
    """Say whether records that the rule cannot read are held. An act of an officer, and an event in the ledger."""
    who = session.principal(Act.RELEASE_HOLD)
    if decision is None:
        raise click.UsageError("say --held or --free")
    document = decide_held(session.installation, who, hold_id, record_ids, Decision(decision), reason=reason)
    lines = [f"{one['id']}  {', '.join(one['holds']) or 'free'}" for one in document["records"]]
    session.show(document, "\n".join(lines))


@hold.command("renew")
@click.argument("hold_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why every record is to be compared again.")
@command
def renew(session: Session, hold_id: str, reason: str) -> None:
    """Compare every record with a hold anew; until then all count as held, and decisions of before are void."""
    who = session.principal(Act.RELEASE_HOLD)
    with counting(session, "Comparing") as progress:
        document = renew_hold(session.installation, who, hold_id, reason=reason, progress=progress)
    session.show(document, hold_text(document))


@hold.command("release")
@click.argument("hold_id", metavar="ID")
@click.option("--reason", metavar="TEXT", help="Why it ends; whoever reads the ledger will ask.")
@command
def release(session: Session, hold_id: str, reason: str | None) -> None:
    """Release a hold; what no other hold holds may be destroyed when its schedule says so. An act of an officer."""
    who = session.principal(Act.RELEASE_HOLD)
    document = release_hold(session.installation, who, hold_id, reason=reason)
    if reason is None:
        session.note("no reason was given, and the ledger says so; next time give one with --reason")
    told = f"{document['freed']:,} of {document['held_until_now']:,} records are under no hold any more"
    session.show(document, f"{hold_text(document)}\n{told}")


@hold.command("report")
@click.option("--today", metavar="DATE", help="The day; default: today in the archive's zone.")
@command
def report(session: Session, today: str | None) -> None:
    """Report held records that are past their maximum, and what waits for an officer's decision."""
    who = session.principal(Act.SEE_HOLDS)
    day = session.installation.retention.today() if today is None else read_day(today)
    with counting(session, "Evaluating") as progress:
        document = hold_report(session.installation, who, day, progress)
    over = document["over_maximum"]
    lines = [f"{one['id']}  over maximum since {one['latest_on']}, held by {', '.join(one['holds'])}" for one in over]
    if len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"... and {len(over) - _SHOWN:,} more; --json lists all"]
    lines += [
        f"{one['hold']}  {one['cannot_tell']:,} records wait for a decision, {one['pending']:,} to be compared"
        for one in document["undecided"]
    ]
    told = f"{document['holds']:,} open holds, {document['held']:,} records held, {len(over):,} past their maximum"
    session.show(document, "\n".join([*lines, told]))


COMMANDS = (hold,)
