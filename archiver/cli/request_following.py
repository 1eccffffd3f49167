"""`archiver request instalment`, `appeal` and `notice`: what follows a request until nothing of it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.given import read_moment, read_near_day
from archiver.cli.session import command
from archiver.cli.words_from_files import private_words
from archiver.release_notices import end_notice, list_notices, notice_action, notices_text, send_notice
from archiver.request_appeals import appeals_text, decide_appeal, open_appeal, show_appeals
from archiver.request_instalments import add_instalment, claim_instalment, instalments_text, list_instalments
from search.disclosure.appeals import AppealOutcome
from search.disclosure.release_notices import NoticeEnd

if TYPE_CHECKING:
    from datetime import datetime

    from archiver.cli.session import Session

_AT = click.option("--at", metavar="MOMENT", help="When it happened; now otherwise.")


def _moment(session: Session, text: str | None) -> datetime | None:
    return None if text is None else read_moment(text, session.installation.archive.zone)


@click.group("instalment")
def instalment() -> None:
    """Parts of what is released, each planned for a day and done by a production (request produce --instalment)."""


@instalment.command("add")
@click.argument("request")
@click.option("--due", required=True, metavar="DATE", help="By when it is to be produced.")
@private_words("--text", "What it has.", required=True)
@command
def instalment_add(session: Session, request: str, due: str, text: str) -> None:
    """Plan an instalment; who is reminded of due days is reminded of it."""
    who = session.principal(Act.KEEP_REQUESTS)
    told = add_instalment(session.installation, who, request, read_near_day(due), text)
    session.show(told, instalments_text(told))


@instalment.command("list")
@click.argument("request")
@command
def instalment_list(session: Session, request: str) -> None:
    """List the instalments of a request, and until when each lies to be fetched."""
    told = list_instalments(session.installation, session.principal(Act.SEE_REQUESTS), request)
    session.show(told, instalments_text(told))


@instalment.command("claimed")
@click.argument("request")
@click.argument("number", type=int)
@command
def instalment_claimed(session: Session, request: str, number: int) -> None:
    """Say that the requester fetched an instalment."""
    told = claim_instalment(session.installation, session.principal(Act.KEEP_REQUESTS), request, number)
    session.show(told, instalments_text(told))


@click.group("appeal")
def appeal() -> None:
    """Appeals against what was decided, also after the closing; until they are decided what is held stays held."""


@appeal.command("open")
@click.argument("request")
@private_words("--body", "Who decides it.", required=True)
@private_words("--ground", "Why it is appealed.", required=True)
@click.option("--received", metavar="MOMENT", help="When it came; now otherwise.")
@command
def appeal_open(session: Session, request: str, body: str, ground: str, received: str | None) -> None:
    """Write down an appeal."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = open_appeal(
        session.installation, who, request, body=body, ground=ground, received_at=_moment(session, received)
    )
    session.show(document, appeals_text(document))


@appeal.command("decide")
@click.argument("request")
@click.argument("number", type=int)
@click.argument("outcome", type=click.Choice([one.value for one in AppealOutcome]), metavar="OUTCOME")
@private_words("--text", "What was decided.", required=True)
@private_words("--changes", "What is to be done otherwise now.")
@_AT
@command
def appeal_decide(
    session: Session, request: str, number: int, outcome: str, text: str, changes: str | None, at: str | None
) -> None:
    """Write down what was decided: upheld, reversed, in_part, withdrawn or dismissed.

    What is reversed, also in part, opens a closed request again.
    """
    document = decide_appeal(
        session.installation,
        session.principal(Act.KEEP_REQUESTS),
        request,
        number,
        AppealOutcome(outcome),
        decision=text,
        changes=changes,
        decided_at=_moment(session, at),
    )
    session.show(document, appeals_text(document))


@appeal.command("show")
@click.argument("request")
@command
def appeal_show(session: Session, request: str) -> None:
    """Show the appeals of a request and the days that its law sets for them."""
    document = show_appeals(session.installation, session.principal(Act.SEE_REQUESTS), request)
    session.show(document, appeals_text(document))


@click.group("notice")
def notice() -> None:
    """Notices to whom the records are about. Each holds the release for the days of the law."""


@notice.command("send")
@click.argument("request")
@private_words("--person", "To whom; kept sealed.", metavar="NAME", required=True)
@click.option("--kind", required=True, metavar="KIND", help="Such as wi-19.356; notice list names those of the law.")
@click.option("--sent", required=True, metavar="DATE", help="The day on which it was sent.")
@click.option("--until", metavar="DATE", help="Its last day, where the law names no days.")
@command
def notice_send(session: Session, request: str, person: str, kind: str, sent: str, until: str | None) -> None:
    """Write down that a notice was sent; nothing is released until its days are over or it is ended."""
    document = send_notice(
        session.installation,
        session.principal(Act.KEEP_REQUESTS),
        request,
        kind=kind,
        person=person,
        sent=read_near_day(sent),
        until=None if until is None else read_near_day(until),
    )
    session.show(document, notices_text(document))


@notice.command("action")
@click.argument("request")
@click.argument("number", type=int)
@_AT
@command
def notice_action_(session: Session, request: str, number: int, at: str | None) -> None:
    """Write down that the person went to court; from then on no day ends the notice."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = notice_action(session.installation, who, request, number, at=_moment(session, at))
    session.show(document, notices_text(document))


@notice.command("end")
@click.argument("request")
@click.argument("number", type=int)
@click.option(
    "--by",
    "why",
    required=True,
    type=click.Choice([one.value for one in NoticeEnd if one is not NoticeEnd.EXPIRED]),
    help="Why it holds nothing any more.",
)
@private_words("--text", "What to say about it, as the number of the order.")
@_AT
@command
def notice_end(session: Session, request: str, number: int, why: str, text: str | None, at: str | None) -> None:
    """End a notice by a court's order or by consent, or take it back; days that are over end it by themselves."""
    document = end_notice(
        session.installation,
        session.principal(Act.KEEP_REQUESTS),
        request,
        number,
        NoticeEnd(why),
        at=_moment(session, at),
        text=text,
    )
    session.show(document, notices_text(document))


@notice.command("list")
@click.argument("request")
@command
def notice_list(session: Session, request: str) -> None:
    """List the notices of a request, how each day came about, and what holds the release today."""
    document = list_notices(session.installation, session.principal(Act.SEE_REQUESTS), request)
    session.show(document, notices_text(document))


FOLLOWING = (instalment, appeal, notice)
