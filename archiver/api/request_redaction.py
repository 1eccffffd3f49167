"""What is left out of records, over HTTP: parts, marks, suggestions, linked occurrences, the roster.

Rule: what reads every record of a request does so only where they are few enough that somebody may wait for the answer;
with more the command of the same name does it.
"""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import MOST_RECORDS, Body, Codes, Id, Line, Number, Records, Text, body_of
from archiver.api.request_keeping import After, RequestName, archive_of
from archiver.api.security import SignedIn
from archiver.redacting import add_marks, change_marks, mark_everywhere, remove_marks, settle_marks, undo_marks
from archiver.redaction_links import linked_occurrences, suggest_marks
from archiver.redaction_view import list_marks, list_steps, show_marked, show_parts
from archiver.roster import load_roster, show_roster
from archiver.wiring import Installation
from search.disclosure.mark_orders import MarkOrder
from search.disclosure.redaction import Found
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from storage.errors import InvalidInput

MOST_READ = 2_000
_LARGEST = 1_000_000_000
_WIDEST = 1_000_000.0

RecordId = Annotated[str, Path(max_length=64)]
StepNumber = Annotated[int, Path(ge=1, le=_LARGEST)]
OfRecord = Annotated[str | None, Query(alias="record", max_length=64, description="the marks of this record")]
Limit = Annotated[int, Query(ge=1, le=MOST_RECORDS)]
Names = Annotated[bool, Query(description="also who is on the one that holds")]
Side = Annotated[float, Field(ge=0, le=_WIDEST, allow_inf_nan=False)]
Position = Annotated[int, Field(ge=0, le=_LARGEST)]
Kinds = Annotated[list[Found], Field(max_length=20)]
Marks = Annotated[list[Id], Field(min_length=1, max_length=MOST_RECORDS, description="ids of marks")]


class SpanBody(Body):
    """Characters of a part, `end` not among them."""

    part: Line
    start: Position
    end: Position


class RegionBody(Body):
    """A region of a page (from 1), in the unit of its part."""

    part: Line
    page: Number
    left: Side
    top: Side
    right: Side
    bottom: Side


class MarkBody(Body):
    """What is marked: one of `words`, `find`, `span` and `region`; on which grounds; whether it is final at once."""

    words: Annotated[list[Text], Field(max_length=1_000)] = Field([])
    find: Kinds = Field([], description="whatever is of these kinds")
    span: SpanBody | None = None
    region: RegionBody | None = None
    part: Line | None = Field(None, description="where words and kinds are looked for")
    keep_only: bool = Field(default=False, description="keep what is named, and take the rest of the part out")
    exemptions: Codes = Field([])
    label: Line = ""
    final: bool = False

    def order(self) -> MarkOrder:
        """The same as reviewers' acts have it.

        Raises:
            InvalidInput: it says not exactly one thing.
        """
        span, box = self.span, self.region
        return MarkOrder(
            words=tuple(self.words),
            kinds=tuple(self.find),
            span=None if span is None else (span.part, span.start, span.end),
            region=None if box is None else (box.part, box.page, box.left, box.top, box.right, box.bottom),
            part=self.part,
            codes=tuple(self.exemptions),
            label=self.label,
            keep_only=self.keep_only,
        )


class ChangeBody(Body):
    """Other grounds or another label for marks."""

    marks: Marks
    exemptions: Codes | None = None
    label: Line | None = None


class RemovalBody(Body):
    """Marks that are removed, drafts and final ones alike."""

    marks: Marks


class SettlingBody(Body):
    """Records whose drafts become final, null for all that have any; the ground of drafts that have none."""

    records: Records | None
    exemptions: Codes = Field([])


class LinkedBody(Body):
    """Whether drafts are made of all that is not marked yet."""

    mark: bool = False


class SuggestionBody(Body):
    """In which records is looked for what; of the kinds in `add` drafts are made."""

    records: Annotated[list[Id], Field(max_length=MOST_READ)] = Field([])
    kinds: Kinds = Field([])
    add: Kinds = Field([])
    after: Annotated[str, Field(max_length=64)] = ""
    limit: Annotated[int, Field(ge=1, le=MOST_READ)] = 100


class RosterBody(Body):
    """A table (RFC 4180) with the columns name, role (student, staff), aliases and student_id."""

    table: Annotated[str, Field(min_length=1)]


def marks(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    record_id: OfRecord = None,
    after: After = "",
    limit: Limit = 100,
) -> Response:
    """The marks of a record; without one, which records have any, and what is unfinished."""
    document = list_marks(archive_of(request), principal, request_id, record_id, after=after, limit=limit)
    return json_answer(document)


def steps(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """Every step of redaction."""
    return json_answer({"steps": list_steps(archive_of(request), principal, request_id)})


def parts(request: Request, principal: SignedIn, request_id: RequestName, record_id: RecordId) -> Response:
    """The parts of a record: texts, and pages with the words on them, each with its measure."""
    return json_answer(show_parts(archive_of(request), principal, request_id, record_id))


def marked(request: Request, principal: SignedIn, request_id: RequestName, record_id: RecordId) -> Response:
    """A record as it would leave, with the words of drafts apart."""
    return json_answer(show_marked(archive_of(request), principal, request_id, record_id))


def mark(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    record_id: RecordId,
    body: Annotated[MarkBody, Depends(body_of(MarkBody))],
) -> Response:
    """Mark what is left out of a record."""
    document = add_marks(archive_of(request), principal, request_id, record_id, body.order(), final=body.final)
    return _made(document)


def mark_all(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[MarkBody, Depends(body_of(MarkBody))],
) -> Response:
    """Mark every record of a request in which something stands."""
    installation = archive_of(request)
    refuse_long(installation, request_id)
    return _made(mark_everywhere(installation, principal, request_id, body.order(), final=body.final))


def change(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    record_id: RecordId,
    body: Annotated[ChangeBody, Depends(body_of(ChangeBody))],
) -> Response:
    """Give marks of a record other grounds or another label."""
    if not body.exemptions and body.label is None:
        raise InvalidInput("say what is changed: exemptions or label")
    document = change_marks(
        archive_of(request),
        principal,
        request_id,
        record_id,
        body.marks,
        codes=body.exemptions or None,
        label=body.label,
    )
    return _made(document)


def remove(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    record_id: RecordId,
    body: Annotated[RemovalBody, Depends(body_of(RemovalBody))],
) -> Response:
    """Remove marks of a record."""
    return _made(remove_marks(archive_of(request), principal, request_id, record_id, body.marks))


def settle(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[SettlingBody, Depends(body_of(SettlingBody))],
) -> Response:
    """Make drafts final; the records are decided to be redacted."""
    return _made(settle_marks(archive_of(request), principal, request_id, body.records, body.exemptions))


def undo(request: Request, principal: SignedIn, request_id: RequestName, step: StepNumber) -> Response:
    """Take a step of redaction back."""
    return _made(undo_marks(archive_of(request), principal, request_id, step))


def linked(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    record_id: RecordId,
    body: Annotated[LinkedBody, Depends(body_of(LinkedBody))],
) -> Response:
    """Where else in the request the strings stand that are marked in a record."""
    installation = archive_of(request)
    refuse_long(installation, request_id)
    return json_answer(linked_occurrences(installation, principal, request_id, record_id, mark=body.mark))


def suggest(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[SuggestionBody, Depends(body_of(SuggestionBody))],
) -> Response:
    """Words that look private, each with its reason."""
    document = suggest_marks(
        archive_of(request),
        principal,
        request_id,
        body.records,
        kinds=body.kinds,
        add=body.add,
        after=body.after,
        limit=body.limit,
    )
    return json_answer(document)


def roster(
    request: Request,
    principal: SignedIn,
    names: Names = False,  # noqa: FBT002 - the framework passes by name
) -> Response:
    """Which rosters were loaded, and how many people each lists."""
    return json_answer(show_roster(archive_of(request), principal, names=names))


def put_roster(
    request: Request, principal: SignedIn, body: Annotated[RosterBody, Depends(body_of(RosterBody))]
) -> Response:
    """Load a roster; it replaces the last one."""
    return _made(load_roster(archive_of(request), principal, body.table.encode()))


def refuse_long(installation: Installation, name: str) -> None:
    """Refuse an act that would read more records than somebody waits for.

    Raises:
        NotFound: there is no such request.
        InvalidInput: more records than that are before its reviewers.
    """
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        number = Review(store).progress(connection, found.id)["records"]
    if number > MOST_READ:
        raise InvalidInput(
            f"{number:,} records are before the reviewers; with more than {MOST_READ:,} use the command of the same "
            "name, see: archiver request --help"
        )


def _made(document: dict[str, Any]) -> Response:
    return json_answer(document, status=HTTPStatus.CREATED)
