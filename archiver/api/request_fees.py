"""Fees of a request over HTTP: estimated, charged, asked for beforehand, paid, waived and given back.

Rule: amounts are sent as strings such as "12.50" and answered in cents; what is charged follows from quantities under
the law of the request, so that nobody sends a sum of his own.
"""

from fractions import Fraction
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import Field
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import Body, Cents, Line, Moment, Text, body_of
from archiver.api.request_keeping import RequestName, archive_of
from archiver.api.request_overview import ProfileId
from archiver.api.security import SignedIn
from archiver.own_rates import own_rates
from archiver.request_fee_rules import schedule_document
from archiver.request_fees import (
    ask_deposit,
    book_payment,
    charge_fees,
    estimate_fees,
    refund_fees,
    show_fees,
    waive_fees,
)
from search.disclosure.fee_rules import shipped_fees

_MOST = 10_000_000
Count = Annotated[int, Field(ge=0, le=_MOST)]
Rates = Annotated[dict[Line, Cents], Field(max_length=20)]
Circumstances = Annotated[list[Line], Field(max_length=20)]


class QuantitiesBody(Body):
    """What was made for a request; hours and gigabytes are written like amounts, "2.5"."""

    pages: Count = 0
    color_pages: Count = 0
    scans: Count = 0
    files: Count = 0
    gigabytes: Cents | None = None
    hours: Cents | None = Field(None, description="of search and copying")
    redaction_hours: Cents | None = Field(None, description="of segregation and redaction")
    media: Cents | None = Field(None, description="what the media cost the agency")
    postage: Cents | None = Field(None, description="what the postage costs the agency")
    rates: Rates = Field({}, description="the agency's own rates by unit")
    circumstances: Circumstances = Field([])

    def quantities(self) -> dict[str, Fraction]:
        """By the law's units; what costs the agency an amount is counted in cents."""
        counted = {"page": self.pages, "color_page": self.color_pages, "scan": self.scans, "file": self.files}
        measured = {"gigabyte": self.gigabytes, "hour": self.hours, "redaction_hour": self.redaction_hours}
        at_cost = {"media": self.media, "postage": self.postage}
        return {
            **{unit: Fraction(number) for unit, number in counted.items()},
            **{unit: Fraction(hundredths or 0, 100) for unit, hundredths in measured.items()},
            **{unit: Fraction(cents or 0) for unit, cents in at_cost.items()},
        }


class EstimateBody(QuantitiesBody):
    """What an estimate is of."""

    dry_run: bool = Field(default=False, description="compute it, and write nothing down")


class DepositBody(Body):
    """How much is asked for; as much as the law allows where nothing is said."""

    amount: Cents | None = None


class PaymentBody(Body):
    """What the requester paid."""

    amount: Cents
    deposit: bool = False
    at: Moment | None = None


class WaiverBody(Body):
    """What is waived, all where nothing is said, on a ground of the law."""

    ground: Line
    amount: Cents | None = None
    text: Text | None = None


class RefundBody(Body):
    """What is given back, all that was paid beyond what is charged where nothing is said."""

    amount: Cents | None = None
    text: Text | None = None


def rules(request: Request, principal: SignedIn, profile_id: ProfileId) -> Response:
    """What a law lets be charged, with its ceilings, deposits and grounds of waiver."""
    del principal  # the table of permissions lets through who may see requests
    section = archive_of(request).settings.disclosure
    return json_answer(schedule_document(shipped_fees(profile_id), own_rates(section.fees, section.profile)))


def account(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """Every booking, what is owed, what is open of the deposit, and which clocks stand still for it."""
    return json_answer(show_fees(archive_of(request), principal, request_id))


def estimate(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[EstimateBody, Depends(body_of(EstimateBody))],
) -> Response:
    """Compute what a request costs, each line explained, and write it down as its estimate."""
    document = estimate_fees(
        archive_of(request),
        principal,
        request_id,
        body.quantities(),
        rates=body.rates,
        circumstances=frozenset(body.circumstances),
        dry_run=body.dry_run,
    )
    return _made(document)


def charge(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[QuantitiesBody, Depends(body_of(QuantitiesBody))],
) -> Response:
    """Charge what these quantities cost today."""
    document = charge_fees(
        archive_of(request),
        principal,
        request_id,
        body.quantities(),
        rates=body.rates,
        circumstances=frozenset(body.circumstances),
    )
    return _made(document)


def deposit(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[DepositBody, Depends(body_of(DepositBody))],
) -> Response:
    """Ask for a deposit on the last estimate."""
    return _made(ask_deposit(archive_of(request), principal, request_id, body.amount))


def pay(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[PaymentBody, Depends(body_of(PaymentBody))],
) -> Response:
    """Book what the requester paid."""
    document = book_payment(archive_of(request), principal, request_id, body.amount, deposit=body.deposit, at=body.at)
    return _made(document)


def waive(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[WaiverBody, Depends(body_of(WaiverBody))],
) -> Response:
    """Waive charges on a ground of the law."""
    document = waive_fees(archive_of(request), principal, request_id, body.ground, cents=body.amount, text=body.text)
    return _made(document)


def refund(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[RefundBody, Depends(body_of(RefundBody))],
) -> Response:
    """Give back what was paid beyond what is charged."""
    return _made(refund_fees(archive_of(request), principal, request_id, body.amount, body.text))


def _made(document: dict[str, Any]) -> Response:
    return json_answer(document, status=HTTPStatus.CREATED)
