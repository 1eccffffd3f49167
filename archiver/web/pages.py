"""The pages for people: one function a page, from a principal to an answer.

Rule: rights are asked by what is called (`search_records`, `show_record`, `receipt`), not here; a page only
leaves out what its reader may not do. Every page works without scripts.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response

from archiver.access import Act, Role, permits
from archiver.answering import own_addresses
from archiver.employee_view import events_for, record_for
from archiver.notices import correspondents, notices_of
from archiver.overview import look_over
from archiver.quarantine import lying_page, show_lying
from archiver.reading import custody, open_described, show_record
from archiver.receipts import receipt
from archiver.web.hand_in import HandInPages
from archiver.web.nonrecord_page import NonrecordPages
from archiver.web.paging import PAGE_SIZE, Pager, read_page
from archiver.web.rendering import Rendering
from archiver.web.search_page import FIELDS, REASONS_TOLD, find, list_coverage, members_query, problem_of_query
from archiver.web.sentences import (
    coverage_sentences,
    employee_coverage_sentences,
    searchable_sentences,
)
from archiver.web.transcript_page import TranscriptPages
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.watch_facts import Watch
    from archiver.web.search_page import PageAsked
    from archiver.wiring import Installation
    from search.stopping import Stop

_MOST_EVENTS = 200
_TOLD = frozenset({Role.ADMINISTRATOR, Role.OFFICER})
_STATIC_SECONDS = 86_400


class Pages:
    """The pages of one archive."""

    def __init__(self, installation: Installation, watch: Watch) -> None:
        self._installation = installation
        self._watch = watch
        self._rendering = Rendering(agency=installation.settings.agency.name, zone=installation.archive.zone)
        self.hand_in = HandInPages(installation, self._page)
        self.transcripts = TranscriptPages(installation, self._page)
        self.nonrecords = NonrecordPages(installation, self._page)

    def _page(self, principal: Principal | None, name: str, *, status: int = 200, **facts: Any) -> Response:
        may = {act.name: principal is not None and permits(principal, act) for act in Act}
        return self._rendering.page(name, status=status, who=principal, may=may, **facts)

    def static(self, name: str) -> Response:
        """One of our own files.

        Raises:
            NotFound: there is none with this name.
        """
        if name not in self._rendering.files:
            raise NotFound("there is no such file")
        content, media_type = self._rendering.files[name]
        # the pages name the file with its digest, so a kept copy is never an old one
        headers = {"Cache-Control": f"public, max-age={_STATIC_SECONDS}"}
        return Response(content, media_type=media_type, headers=headers)

    def problem(self, principal: Principal | None, status: int, title: str, message: str) -> Response:
        """An error, for people."""
        return self._page(principal, "error.html", status=status, heading=title, message=message, code=status)

    def sign_in(self, target: str, *, problem: str | None = None, status: int = 200) -> Response:
        """The form to sign in with; `target` is where to go afterwards."""
        target = local_address(target)
        return self._page(None, "sign_in.html", status=status, target=target, problem=problem)

    def after_sign_in(self, target: str) -> Response:
        """On to the page that was asked for."""
        return RedirectResponse(local_address(target), status_code=HTTPStatus.SEE_OTHER)

    def home(self, principal: Principal) -> Response:
        """What there is, what is new, and what to do next."""
        overview = look_over(self._installation, principal)
        settings = self._installation.settings.smtp
        addresses = settings.intake if settings.enabled else ()
        coverage = overview.coverage
        sentences = (
            ()
            if coverage is None
            else searchable_sentences(
                {
                    "records": coverage.records,
                    "indexed": coverage.indexed,
                    "unsearchable": coverage.unsearchable,
                    "pictures_waiting": overview.pictures,
                }
            )
        )
        return self._page(
            principal,
            "home.html",
            overview=overview,
            coverage=sentences,
            addresses=addresses,
            claims=self.nonrecords.waiting(principal),
            own=principal.role is Role.EMPLOYEE,
            findings=self._watch.findings() if principal.role in _TOLD else (),
        )

    def search(self, principal: Principal, asked: PageAsked, stop: Stop) -> Response:
        """The search box, and what it found."""
        facts: dict[str, Any] = {"asked": asked, "found": None, "problem": None, "fields": FIELDS}
        if not asked.text.strip():
            return self._page(principal, "search.html", **facts)
        try:
            found = find(self._installation, principal, asked, stop)
        except InvalidInput as error:
            facts["problem"] = problem_of_query(asked.text, error)
            return self._page(principal, "search.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, **facts)
        own = principal.sees_only is not None
        told = employee_coverage_sentences if own else coverage_sentences
        facts |= {"found": found, "coverage": told(found.document["coverage"]), "members": members_query}
        return self._page(principal, "search.html", **facts)

    def coverage(self, principal: Principal, *, reason: str, page: str) -> Response:
        """What a search of this principal cannot wholly look into, by reason, a page at a time."""
        listed = list_coverage(self._installation, principal, reason=reason, page=read_page(page))
        return self._page(principal, "coverage.html", listed=listed, reasons=REASONS_TOLD)

    def record(self, principal: Principal, record_id: str) -> Response:
        """A record: what it says, where it comes from, how long it is kept, and what happened to it."""
        document = record_for(principal, show_record(self._installation, principal, record_id))
        events = events_for(principal, custody(self._installation, principal, record_id))
        offered = document["state"] in ("active", "held") and permits(principal, Act.NOTIFY)
        return self._page(
            principal,
            "record.html",
            record=document,
            notices=notices_of(self._installation, principal, record_id),
            correspondents=self._correspondents(principal, record_id) if offered else (),
            events=events[-_MOST_EVENTS:],
            earlier=max(0, len(events) - _MOST_EVENTS),
            own=principal.sees_only is not None,
            **self.nonrecords.about(principal, document),
        )

    def _correspondents(self, principal: Principal, record_id: str) -> tuple[str, ...]:
        """Whom the button of a record's page can write to; nobody where the archive sends no letters."""
        if not self._installation.settings.mail.enabled:
            return ()
        described = open_described(self._installation, principal, record_id)
        return correspondents(described, own_addresses(self._installation))

    def quarantine(self, principal: Principal, *, page: str, rejected: bool) -> Response:
        """What lies in quarantine, a page at a time, oldest first."""
        pager = Pager(page=read_page(page), total=0)
        found = lying_page(self._installation, principal, limit=PAGE_SIZE, offset=pager.offset, rejected=rejected)
        pager = Pager(page=pager.page, total=found["total"])
        return self._page(principal, "quarantine.html", found=found, pager=pager, rejected=rejected)

    def quarantined(
        self, principal: Principal, submission_id: str, *, problem: str | None = None, status: int = 200
    ) -> Response:
        """One submission in quarantine: what it says, and the forms to decide on it."""
        document = show_lying(self._installation, principal, submission_id)
        return self._page(principal, "quarantined.html", status=status, one=document, problem=problem)

    def receipt(self, principal: Principal, submission_id: str) -> Response:
        """A receipt, for printing."""
        return self._page(principal, "receipt.html", receipt=receipt(self._installation, principal, submission_id))


def local_address(target: str) -> str:
    """An address on this site, or the home page for whatever is not surely one; pure.

    Browsers read a backslash as a slash and drop tabs and line breaks, so both are refused, as is a second slash.
    """
    if not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return "/"
    return "/" if target.startswith("/sign-") else target
