"""The pages on which employees hand in files, and choose from exports of which only a part is the agency's business.

Rule: every page works without a script: the form is sent whole, and the answer is a page. With our own script, and
nothing else, the same form is sent in pieces that can be resumed. What was handed in is shown by reference only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from archiver.drafting import Drafting, announcement
from ingest.draft_outline import LeftOut
from ingest.upload_pieces import PIECE
from storage.errors import ArchiveError, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from archiver.access import Principal
    from archiver.wiring import Installation

SCRIPTED_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_MOST_SHOWN = 100
_MOST_DAYS = 5_000
_REASONS = {
    LeftOut.PERSONAL: "personal",
    LeftOut.MEDICAL: "medical",
    LeftOut.PROTECTED_SPEECH: "protected speech, such as union business",
    LeftOut.OTHER_ORGANISATION: "of another organisation",
}


class ShowsPage(Protocol):
    """Renders a template for somebody."""

    def __call__(self, principal: Principal | None, name: str, *, status: int = 200, **facts: Any) -> Response:
        """The page as an answer."""
        ...


class HandInPages:
    """The pages of handing in of one archive."""

    def __init__(self, installation: Installation, show: ShowsPage) -> None:
        self._installation = installation
        self._show = show

    def form(
        self, principal: Principal, *, done: str = "", draft: str = "", problem: str | None = None, status: int = 200
    ) -> Response:
        """The form to hand in with; `done` are ids of submissions that were just handed in, with commas."""
        own = principal.custodian_id
        held = own is not None and Drafting(installation=self._installation, who=principal).is_held(own)
        section = self._installation.settings.uploads
        answer = self._show(
            principal,
            "hand_in.html",
            status=status,
            done=self._handed_in(principal, done),
            draft=draft if draft.isalnum() or draft.replace("_", "").isalnum() else "",
            problem=problem,
            asks_custodian=own is None,
            held=announcement() if held else None,
            hours=section.hours,
            largest=section.largest_mb << 20,
            most=section.files,
            piece=4 * PIECE,
        )
        answer.headers["Content-Security-Policy"] = SCRIPTED_POLICY
        return answer

    def _handed_in(self, principal: Principal, done: str) -> list[dict[str, Any]]:
        """The submissions of these ids that this person may see, with what they were called."""
        archive = self._installation.archive
        ids = [one for one in dict.fromkeys(done.split(",")) if one][:_MOST_SHOWN]
        found = []
        with archive.store.read() as connection:
            for one in ids:
                try:
                    submission = archive.submissions.get(connection, one)
                except NotFound:
                    continue
                if principal.sees_only in (None, submission.custodian_id):
                    found.append(submission)
            envelopes = archive.submissions.envelopes(connection, [one.id for one in found])
        return [
            {
                "id": one.id,
                "received_at": one.received_at,
                "size": one.size,
                "source": envelopes[one.id].envelope.source,
                "sha256": envelopes[one.id].sha256,
            }
            for one in found
            if one.id in envelopes
        ]

    def drafts(self, principal: Principal) -> Response:
        """The drafts of this person."""
        found = Drafting(installation=self._installation, who=principal).all()
        return self._show(principal, "drafts.html", drafts=found)

    def draft(
        self, principal: Principal, draft_id: str, *, problem: str | None = None, status: int = 200, saved: bool = False
    ) -> Response:
        """A draft: what can be chosen, and the buttons that end it."""
        document = Drafting(installation=self._installation, who=principal).show(draft_id)
        days = sum(len(one["entries"]) for one in document["groups"])
        return self._show(
            principal,
            "draft.html",
            status=status,
            draft=document,
            problem=problem,
            saved=saved,
            reasons={one.value: words for one, words in _REASONS.items()},
            shows_days=days <= _MOST_DAYS,
        )

    def act(self, principal: Principal, draft_id: str, fields: Mapping[str, Sequence[str]]) -> str:
        """Do what a draft's form asks for; where to go then.

        Raises:
            InvalidInput: it asks for nothing that can be done.
            NotFound, Conflict: as `Drafting`.
        """
        drafting = Drafting(installation=self._installation, who=principal)
        wanted = (fields.get("act") or [""])[0]
        reason = _reason(fields)
        if wanted == "discard":
            _refuse_unsure(fields)
            drafting.discard(draft_id, reason.value)
            return "/drafts"
        if wanted == "whole":
            _, confirmed = drafting.confirm(draft_id, whole=True, despite_unread=False)
            return f"/hand-in?done={confirmed.submission_id}"
        if wanted not in ("save", "confirm"):
            raise InvalidInput("press one of the buttons")
        out = ",".join(fields.get("out", ()))
        if wanted == "confirm" and out:
            _refuse_unsure(fields)
        drafting.choose(draft_id, leave_out=None, reason=reason, keep="all")
        if out:
            drafting.choose(draft_id, leave_out=out, reason=reason, keep=None)
        if wanted == "save":
            return f"/drafts/{draft_id}?saved=yes"
        despite = (fields.get("despite_unread") or [""])[0] == "yes"
        _, confirmed = drafting.confirm(draft_id, whole=False, despite_unread=despite)
        return f"/hand-in?done={confirmed.submission_id}"


def _refuse_unsure(fields: Mapping[str, Sequence[str]]) -> None:
    if (fields.get("sure") or [""])[0] != "yes":
        raise InvalidInput("tick that you know that what is destroyed cannot be brought back; nothing was changed")


def _reason(fields: Mapping[str, Sequence[str]]) -> LeftOut:
    try:
        return LeftOut((fields.get("reason") or [LeftOut.PERSONAL.value])[0])
    except ValueError as error:
        raise InvalidInput("choose one of the reasons") from error


def target_of(answer: Mapping[str, Any]) -> str:
    """Where a form leads that handed something in."""
    if answer["draft"] is not None:
        return f"/drafts/{answer['draft']}"
    return "/hand-in?done=" + ",".join(one["submission"] for one in answer["submissions"])


def problem_of_form(error: ArchiveError) -> str:
    """What is said above the form again: nothing of it was taken."""
    return f"{error.message}. Nothing was handed in."
