"""`archiver request`: disclosure requests, from the day they come to the day they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.given import read_cents, read_moment, read_near_day
from archiver.cli.request_asking import ASKING
from archiver.cli.request_exemptions import EXEMPTIONS
from archiver.cli.request_fees import FEES
from archiver.cli.request_following import FOLLOWING
from archiver.cli.request_gate import GATE
from archiver.cli.request_letters import LETTERS
from archiver.cli.request_produce import PRODUCTION
from archiver.cli.request_redact import REDACT
from archiver.cli.request_reports import REPORTS
from archiver.cli.request_review import REVIEW
from archiver.cli.request_students import STUDENTS
from archiver.cli.request_tags import TAGS
from archiver.cli.schedule import read_day
from archiver.cli.session import command
from archiver.cli.words_from_files import private_argument, private_words
from archiver.holding import read_rule
from archiver.request_closing import close_request
from archiver.request_overviews import due_clocks
from archiver.request_tasking import add_task, finish_task
from archiver.request_view import lines_text, request_text
from archiver.requesting import (
    assign_request,
    hold_for_request,
    list_requests,
    note_event,
    open_request,
    show_request,
)
from search.disclosure.deadlines import ClockEventKind
from search.disclosure.jurisdictions import RequesterClass
from search.disclosure.request_terms import Closing, Received, RequestTerms
from search.disclosure.request_types import FEE_ACTS, NOTABLE_KINDS, NewEvent
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from archiver.cli.session import Session
    from retention.ports import ContentRule


@click.group("request")
def request() -> None:
    """Disclosure requests. In this order:

    \b
    1. open      who asks for what; with --query, --custodian or days its hold is placed at once
    2. due       what has to be done by when, and why on that day
    3. assign, task   who does it
    4. note      what happened: acknowledged, clarification asked, determined ...
    5. extend    more time, inside the first period, for a reason that the law lists
    6. ask, searches, declare, accept, declaration   employees search accounts of their own
    7. set       searches, each frozen; their records come before the reviewers
    8. review, code   how far it has come; what is released, redacted, withheld, on which ground
    tag, tags, exemption   words to find records by; the list of grounds, with the agency's own
    roster, redact   names to look for; what is left out of records that are given in part
    student      which record is about whom, on which ground it leaves (FERPA)
    fee, notice, instalment   what it costs, who is told beforehand, in which parts it is given
    occurrences, accept-occurrence   what is left out of one record and stands in another
    letter, exemptions   what is written to the requester, and the log of what is kept back
    produce, produced, clawback   what leaves, numbered and signed; what has which number; what is asked back
    9. close     with its outcome; what was held stays held for as long as the law says
    appeal       what is decided of it afterwards
    log, metrics, feed   what auditors and calendars want
    """  # noqa: D301, D415 - \b is click's mark for text that keeps its lines


def _reach(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        private_words("--query", "Hold what this search finds, now and later.", metavar="QUERY"),
        click.option(
            "--custodian", "custodians", multiple=True, metavar="ADDRESS", help="Hold what is this custodian's."
        ),
        click.option("--since", metavar="DATE", help="Of that only from this day on."),
        click.option("--until", metavar="DATE", help="Of that only up to this day."),
    ):
        function = option(function)
    return function


def _rule(
    session: Session, query: str | None, custodians: tuple[str, ...], since: str | None, until: str | None
) -> ContentRule | None:
    if query is None and not custodians and since is None and until is None:
        return None
    return read_rule(
        session.installation,
        query=query,
        custodians=custodians,
        since=None if since is None else read_day(since),
        until=None if until is None else read_day(until),
    )


def _moment(session: Session, text: str | None) -> datetime | None:
    return None if text is None else read_moment(text, session.installation.archive.zone)


@request.command("open")
@click.option("--how", type=click.Choice([one.value for one in Received]), required=True, help="How it came.")
@private_words("--text", "What is asked for, in the requester's own words.", also="--file", required=True)
@private_words("--title", "A short title; the first words otherwise.")
@private_words("--from", "Who asks; nobody need say.", metavar="NAME", name="name")
@private_words("--contact", "How to reach who asks.", metavar="ADDRESS")
@private_words("--organisation", "For whom.", metavar="NAME")
@click.option("--received", metavar="MOMENT", help="When it came; now otherwise.")
@click.option("--profile", metavar="ID", help="Whose law; the setting's otherwise.")
@click.option("--requester", type=click.Choice([one.value for one in RequesterClass]), default="general")
@click.option("--circumstance", "circumstances", multiple=True, metavar="NAME", help="What makes a further clock run.")
@_reach
@command
def open_(
    session: Session,
    how: str,
    text: str,
    title: str | None,
    name: str | None,
    contact: str | None,
    organisation: str | None,
    received: str | None,
    profile: str | None,
    requester: str,
    circumstances: tuple[str, ...],
    query: str | None,
    custodians: tuple[str, ...],
    since: str | None,
    until: str | None,
) -> None:
    """Open a request. With --query, --custodian or days its hold is placed in the same moment."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = open_request(
        session.installation,
        who,
        RequestTerms(
            text=text,
            title=title or "",
            name=name,
            contact=contact,
            organisation=organisation,
        ),
        Received(how),
        received_at=_moment(session, received),
        profile=profile,
        requester=RequesterClass(requester),
        circumstances=frozenset(circumstances),
        reach=_rule(session, query, custodians, since, until),
    )
    session.show(document, request_text(document))


@request.command("list")
@click.option("--closed", is_flag=True, help="Closed ones, too.")
@command
def list_(session: Session, *, closed: bool) -> None:
    """List the open requests, each with what is due next."""
    lines = list_requests(session.installation, session.principal(Act.SEE_REQUESTS), closed=closed)
    session.show(lines, lines_text(lines))


@request.command("show")
@click.argument("request")
@command
def show(session: Session, request: str) -> None:
    """Show one request, by its number or id."""
    document = show_request(session.installation, session.principal(Act.SEE_REQUESTS), request)
    session.show(document, request_text(document))


@request.command("due")
@click.argument("request", required=False)
@command
def due(session: Session, request: str | None) -> None:
    """Say what is due of one request or of all open ones, the most pressing first, and how each date came about."""
    rows = due_clocks(session.installation, session.principal(Act.SEE_REQUESTS), request)
    lines = []
    for one in rows:
        lines.append(f"{one['due'] or 'no day set':<12}{one['state']:<12}{one['number']}  {one['title']}")
        lines += [f"            {line}" for line in one["explanation"]]
    session.show(rows, "\n".join(lines) or "Nothing is due.")


@request.command("note")
@click.argument("request")
@click.argument("kind", type=click.Choice((*NOTABLE_KINDS, *FEE_ACTS)), metavar="KIND")
@click.option("--at", metavar="MOMENT", help="When it happened; now otherwise.")
@private_words("--text", "What to say about it.")
@click.option("--amount", metavar="MONEY", help="Of a fee that was asked, as 12.50.")
@command
def note(session: Session, request: str, kind: str, at: str | None, text: str | None, amount: str | None) -> None:
    """Write down what happened to a request: KIND is one of the events that its clocks look at, or a note.

    \b
    acknowledged estimated clarification_asked clarified fee_asked fee_answered determined denied produced
    release_decided subject_notified ruling_asked ruling_argued petitioned suspended resumed
    note message_in message_out

    Fees are booked by the rules of the law: archiver request fee.
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    cents = None if amount is None else read_cents(amount)
    event = NewEvent(kind=kind, at=_moment(session, at), text=text, cents=cents)
    document = note_event(session.installation, session.principal(Act.KEEP_REQUESTS), request, event)
    session.show(document, request_text(document))


@request.command("extend")
@click.argument("request")
@click.option("--reason", metavar="REASON", help="One of those that the law lists (archiver request profiles).")
@click.option("--clock", metavar="CLOCK", help="The clock; any that the law lets be extended otherwise.")
@click.option("--agreed-until", metavar="DATE", help="The day that was agreed on in writing.")
@click.option("--at", metavar="MOMENT", help="When the notice was sent; now otherwise.")
@private_words("--text", "What was written to the requester.")
@command
def extend(
    session: Session,
    request: str,
    reason: str | None,
    clock: str | None,
    agreed_until: str | None,
    at: str | None,
    text: str | None,
) -> None:
    """Make a clock longer: inside its first period, for a listed reason; or to a day that was agreed on in writing."""
    kind = ClockEventKind.EXTENDED if agreed_until is None else ClockEventKind.AGREED
    event = NewEvent(
        kind=kind.value,
        at=_moment(session, at),
        clock=clock,
        reason=reason,
        until=None if agreed_until is None else read_near_day(agreed_until),
        text=text,
    )
    document = note_event(session.installation, session.principal(Act.KEEP_REQUESTS), request, event)
    session.show(document, request_text(document))


@request.command("assign")
@click.argument("request")
@click.option("--to", "user", metavar="USER", help="Who takes it; nobody otherwise.")
@command
def assign(session: Session, request: str, user: str | None) -> None:
    """Give a request to an officer or reviewer."""
    document = assign_request(session.installation, session.principal(Act.KEEP_REQUESTS), request, user)
    session.show(document, f"{document['number']} is assigned to {document['assigned_to'] or 'nobody'}")


@request.command("hold")
@click.argument("request")
@_reach
@command
def hold(
    session: Session,
    request: str,
    query: str | None,
    custodians: tuple[str, ...],
    since: str | None,
    until: str | None,
) -> None:
    """Hold what a request reaches, now and later; it ends by itself after the outcome."""
    who = session.principal(Act.KEEP_REQUESTS)
    rule = _rule(session, query, custodians, since, until)
    if rule is None:
        raise InvalidInput("say what is held: --query, --custodian, --since or --until")
    document = hold_for_request(session.installation, who, request, rule)
    session.show(document, f"{document['number']}: {len(document['holds'])} holds")


@request.group("task")
def task() -> None:
    """What is to be done for a request, and by whom."""


@task.command("add")
@click.argument("request")
@private_argument("TEXT", "--text-file", name="text")
@click.option("--to", "user", metavar="USER", help="Who does it.")
@click.option("--due", "day", metavar="DATE", help="By when.")
@command
def task_add(session: Session, request: str, text: str, user: str | None, day: str | None) -> None:
    """Put something to be done beside a request."""
    who = session.principal(Act.KEEP_REQUESTS)
    due_day = None if day is None else read_near_day(day)
    document = add_task(session.installation, who, request, text, user=user, due=due_day)
    session.show(document, request_text(document))


@task.command("done")
@click.argument("request")
@click.argument("number", type=int)
@command
def task_done(session: Session, request: str, number: int) -> None:
    """Say that a task is done."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = finish_task(session.installation, who, request, number)
    session.show(document, request_text(document))


@request.command("close")
@click.argument("request")
@click.argument("outcome", type=click.Choice([one.value for one in Closing]), metavar="OUTCOME")
@command
def close(session: Session, request: str, outcome: str) -> None:
    """Close a request with its outcome. Its holds stay for as long as the law says, then end by themselves."""
    document = close_request(session.installation, session.principal(Act.KEEP_REQUESTS), request, Closing(outcome))
    session.show(document, f"{document['number']} is closed: {document['closing']}")


for one in (
    *LETTERS,
    *ASKING,
    *REVIEW,
    *REDACT,
    *PRODUCTION,
    *REPORTS,
    *FEES,
    *FOLLOWING,
    *GATE,
    *STUDENTS,
    *TAGS,
    *EXEMPTIONS,
):
    request.add_command(one)

COMMANDS = (request,)
