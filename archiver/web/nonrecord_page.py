"""The page of what is no record: what one asked for and what became of it, and the forms to decide on what others ask.

Rule: it works without a script. What cannot be done comes back as the page with the reason, and nothing was done. An
employee is told of his own claims, and never of a hold.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, permits
from archiver.nonrecord_view import outcome_of
from archiver.nonrecords import agree_claim, ask_release, claims_about, list_nonrecords, refuse_claim, withdraw_claim
from retention.nonrecord_reasons import SENTENCES
from retention.nonrecords import ClaimState, count_open
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from archiver.access import Principal
    from archiver.web.transcript_page import ShowsPage
    from archiver.wiring import Installation

_MOST_SHOWN: Final = 100


class NonrecordPages:
    """The pages of claims of one archive."""

    def __init__(self, installation: Installation, show: ShowsPage) -> None:
        self._installation = installation
        self._show = show

    def list(self, principal: Principal, *, problem: str | None = None, status: int = HTTPStatus.OK) -> Response:
        """The claims that this principal may see: open ones first, each part newest first."""
        found = [_told(one) for one in reversed(list_nonrecords(self._installation, principal))]
        found.sort(key=lambda one: one["state"] != ClaimState.ASKED.value)
        return self._show(
            principal,
            "nonrecords.html",
            status=status,
            claims=found[:_MOST_SHOWN],
            total=len(found),
            own=principal.sees_only is not None,
            problem=problem,
        )

    def waiting(self, principal: Principal) -> int | None:
        """How many claims wait for a decision, for the home page of who decides; None for others."""
        if not permits(principal, Act.DECIDE_NONRECORD):
            return None
        with self._installation.archive.store.read() as connection:
            return count_open(connection)

    def about(self, principal: Principal, document: Mapping[str, Any]) -> dict[str, Any]:
        """What the page of a record says of claims, and the reasons where one may ask."""
        if not permits(principal, Act.SEE_NONRECORDS):
            return {"claims": (), "nonrecord_reasons": ()}
        claims = [_told(one) for one in claims_about(self._installation, principal, document["id"])]
        asks = permits(principal, Act.ASK_NONRECORD) and document["state"] in ("active", "held")
        asks = asks and not any(one["state"] == ClaimState.ASKED.value for one in claims)
        allowed = self._installation.settings.retention.nonrecord_reasons if asks else ()
        return {"claims": claims, "nonrecord_reasons": [(one.value, SENTENCES[one]) for one in allowed]}

    def ask(self, principal: Principal, record_id: str, fields: Mapping[str, str]) -> None:
        """Ask for the release of a record, as the form on its page says.

        Raises:
            InvalidInput, NotFound, Conflict, Denied: see `ask_release`.
        """
        note = fields.get("note") or None
        ask_release(self._installation, principal, [record_id], reason=fields.get("reason", ""), note=note)

    def agree(self, principal: Principal, claim_id: str, fields: Mapping[str, str]) -> None:
        """Agree, as the form says; who agrees says that he knows what it does.

        Raises:
            InvalidInput: he did not say so.
            NotFound, Conflict, Denied: see `agree_claim`.
        """
        if fields.get("sure") != "yes":
            raise InvalidInput("tick that you know that what is destroyed cannot be brought back")
        agree_claim(self._installation, principal, claim_id)

    def refuse(self, principal: Principal, claim_id: str, fields: Mapping[str, str]) -> None:
        """Refuse, as the form says.

        Raises:
            InvalidInput, NotFound, Conflict, Denied: see `refuse_claim`.
        """
        refuse_claim(self._installation, principal, claim_id, reason=fields.get("reason", ""))

    def withdraw(self, principal: Principal, claim_id: str, fields: Mapping[str, str]) -> None:
        """Withdraw; the form asks for nothing more.

        Raises:
            NotFound, Conflict, Denied: see `withdraw_claim`.
        """
        del fields  # read all the same, so that what changes something is always sent by a form
        withdraw_claim(self._installation, principal, claim_id)


def _told(claim: dict[str, Any]) -> dict[str, Any]:
    return {**claim, "outcome": outcome_of(claim)}
