"""`archiver request fee`: what a request costs, computed line by line, charged, paid, waived and given back."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.given import read_cents, read_moment
from archiver.cli.session import command
from archiver.cli.words_from_files import private_words
from archiver.own_rates import own_rates
from archiver.request_fee_rules import schedule_document, schedule_text
from archiver.request_fees import (
    account_text,
    ask_deposit,
    book_payment,
    charge_fees,
    estimate_fees,
    refund_fees,
    show_fees,
    waive_fees,
)
from search.disclosure.fee_rules import AT_COST, UNITS, shipped_fees
from search.disclosure.fees import money
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archiver.cli.session import Session

_MOST = 10_000_000


@click.group("fee")
def fee() -> None:
    """What a request costs. Amounts are computed from quantities under its law, and each line is explained."""


def _counted(function: Callable[..., Any]) -> Callable[..., Any]:
    count = click.IntRange(0, _MOST)
    for option in reversed(
        (
            click.option("--pages", type=count, default=0, metavar="N", help="Black and white pages."),
            click.option("--color-pages", type=count, default=0, metavar="N", help="Pages in colour."),
            click.option("--scans", type=count, default=0, metavar="N", help="Pages scanned."),
            click.option("--files", type=count, default=0, metavar="N", help="Electronic files sent."),
            click.option("--gigabytes", default="0", metavar="N", help="Gigabytes sent."),
            click.option("--hours", default="0", metavar="H", help="Hours of search and copying, as 2.5."),
            click.option("--redaction-hours", default="0", metavar="H", help="Hours of segregation and redaction."),
            click.option("--media", default="0", metavar="MONEY", help="What the media cost the agency."),
            click.option("--postage", default="0", metavar="MONEY", help="What the postage costs the agency."),
            click.option("--rate", "rates", multiple=True, metavar="UNIT=MONEY", help="A rate for this request."),
            click.option("--when", "circumstances", multiple=True, metavar="NAME", help="A circumstance of the law."),
        )
    ):
        function = option(function)
    return function


def _quantities(given: dict[str, Any]) -> dict[str, Fraction]:
    names = dict(
        zip(
            UNITS,
            ("pages", "color_pages", "scans", "files", "gigabytes", "hours", "redaction_hours", *AT_COST),
            strict=True,
        )
    )
    return {unit: _quantity(unit, given[name]) for unit, name in names.items()}


def _quantity(unit: str, given: int | str) -> Fraction:
    if isinstance(given, int):
        return Fraction(given)
    # both are written as an amount of money is: digits, and at most two behind a point
    cents = read_cents(given)
    return Fraction(cents) if unit in AT_COST else Fraction(cents, 100)


def _rates(given: Iterable[str]) -> dict[str, int]:
    found = {}
    for one in given:
        unit, sign, amount = one.partition("=")
        if not sign:
            raise InvalidInput("a rate is written like page=0.10")
        found[unit.strip()] = read_cents(amount)
    return found


@fee.command("estimate")
@click.argument("request")
@_counted
@click.option("--dry-run", is_flag=True, help="Compute it, and write nothing down.")
@command
def fee_estimate(
    session: Session,
    request: str,
    rates: tuple[str, ...],
    circumstances: tuple[str, ...],
    *,
    dry_run: bool,
    **given: Any,
) -> None:
    """Compute what a request costs and write it down as its estimate; each line says why."""
    document = estimate_fees(
        session.installation,
        session.principal(Act.KEEP_REQUESTS),
        request,
        _quantities(given),
        rates=_rates(rates),
        circumstances=frozenset(circumstances),
        dry_run=dry_run,
    )
    made = document["estimate"]
    lines = [f"{money(one['cents']):>12}  {one['title']}: {one['words']} {one['citation']}" for one in made["lines"]]
    session.show(document, "\n".join([*lines, f"{money(made['cents']):>12}  together", *made["notes"]]))


@fee.command("charge")
@click.argument("request")
@_counted
@command
def fee_charge(
    session: Session, request: str, rates: tuple[str, ...], circumstances: tuple[str, ...], **given: Any
) -> None:
    """Charge what these quantities cost today. What the law forbids is refused, with its reason."""
    document = charge_fees(
        session.installation,
        session.principal(Act.KEEP_REQUESTS),
        request,
        _quantities(given),
        rates=_rates(rates),
        circumstances=frozenset(circumstances),
    )
    session.show(document, account_text(document))


@fee.command("deposit")
@click.argument("request")
@click.option("--amount", metavar="MONEY", help="How much; as much as the law allows otherwise.")
@command
def fee_deposit(session: Session, request: str, amount: str | None) -> None:
    """Ask for a deposit on the last estimate. The clocks that the law names stand still until it is paid."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = ask_deposit(session.installation, who, request, None if amount is None else read_cents(amount))
    session.show(document, account_text(document))


@fee.command("paid")
@click.argument("request")
@click.option("--amount", required=True, metavar="MONEY", help="How much.")
@click.option("--deposit", is_flag=True, help="It is the deposit.")
@click.option("--at", metavar="MOMENT", help="When it came; now otherwise.")
@command
def fee_paid(session: Session, request: str, amount: str, at: str | None, *, deposit: bool) -> None:
    """Book what the requester paid."""
    who = session.principal(Act.KEEP_REQUESTS)
    moment = None if at is None else read_moment(at, session.installation.archive.zone)
    document = book_payment(session.installation, who, request, read_cents(amount), deposit=deposit, at=moment)
    session.show(document, account_text(document))


@fee.command("waive")
@click.argument("request")
@click.option("--reason", "ground", required=True, metavar="GROUND", help="A ground of the law, as public_interest.")
@click.option("--amount", metavar="MONEY", help="How much; all of it otherwise.")
@private_words("--text", "What to say about it.")
@command
def fee_waive(session: Session, request: str, ground: str, amount: str | None, text: str | None) -> None:
    """Waive charges on a ground of the law."""
    who = session.principal(Act.KEEP_REQUESTS)
    cents = None if amount is None else read_cents(amount)
    document = waive_fees(session.installation, who, request, ground, cents=cents, text=text)
    session.show(document, account_text(document))


@fee.command("refund")
@click.argument("request")
@click.option("--amount", metavar="MONEY", help="How much; all that was paid beyond what is charged otherwise.")
@private_words("--text", "What to say about it.")
@command
def fee_refund(session: Session, request: str, amount: str | None, text: str | None) -> None:
    """Give back what was paid beyond what is charged."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = refund_fees(session.installation, who, request, None if amount is None else read_cents(amount), text)
    session.show(document, account_text(document))


@fee.command("show")
@click.argument("request")
@command
def fee_show(session: Session, request: str) -> None:
    """Show the account of a request: every booking, what is owed, what is open of the deposit."""
    document = show_fees(session.installation, session.principal(Act.SEE_REQUESTS), request)
    session.show(document, account_text(document))


@fee.command("rules")
@click.argument("profile")
@command
def fee_rules(session: Session, profile: str) -> None:
    """Say what a law lets be charged: rates, what is free, circumstances, deposits, grounds of a waiver."""
    session.principal(Act.SEE_REQUESTS)
    section = session.installation.settings.disclosure
    document = schedule_document(shipped_fees(profile), own_rates(section.fees, section.profile))
    session.show(document, schedule_text(document))


FEES = (fee,)
