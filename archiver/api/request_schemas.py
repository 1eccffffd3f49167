"""The documents of disclosure requests as types, for `/api/v1/openapi.json`; tests hold real answers against them.

Rule: as in `archiver.api.schemas`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)


class RequestLine(_Document):
    """A request with what is due next."""

    id: str
    number: str = Field(description="what people call it by, such as 2026-0014")
    state: str = Field(description="open or closed")
    title: str
    received_at: str
    requester: str
    profile: str
    assigned_to: str | None
    due: str | None = Field(description="the nearest day of a clock that runs")
    clock: str | None
    late: bool
    closing: str | None


class RequestList(_Document):
    """A page of requests."""

    requests: list[RequestLine]
    next: str | None = Field(description="the `after` of the next page; null on the last")


class Clock(_Document):
    """One duty with a time, and how its day came about."""

    clock: str
    title: str
    duty: str
    state: str
    started: str | None
    first_due: str | None
    due: str | None
    met_on: str | None
    late: list[str] = Field(description="what lateness costs")
    explanation: list[str]
    citation: str
    confidence: str = Field(description="V read in a source, P a paraphrase, U not verified")


class DueClock(Clock):
    """A clock, with whose it is."""

    number: str
    request: str


class DueClocks(_Document):
    """Clocks, the most pressing first."""

    clocks: list[DueClock]


class Requester(_Document):
    """Who asks, as far as he says."""

    name: str | None
    organisation: str | None
    contact: str | None


class RequestHappening(_Document):
    """What happened to a request; `cents` is an amount of money."""

    number: int
    kind: str
    at: str
    clock: str | None
    reason: str | None
    until: str | None
    cents: int | None
    by: str
    position: int
    text: str | None


class Task(_Document):
    """What is to be done."""

    number: int
    text: str
    user: str | None
    due: str | None
    done_at: str | None


class RequestHold(_Document):
    """A hold of a request."""

    id: str
    state: str


class DisclosureRequestDocument(RequestLine):
    """A request with everything about it."""

    how: str
    opened_at: str
    closed_at: str | None
    circumstances: list[str]
    requested_by: Requester = Field(alias="from")
    text: str
    clocks: list[Clock]
    events: list[RequestHappening]
    tasks: list[Task]
    holds: list[RequestHold]


class YearMetrics(_Document):
    """The requests of a year, counted; null where nothing was noted."""

    year: int
    received: int
    closed: int
    closed_within_5_days: int
    open_at_end: int
    average_days_to_first_answer: float | None
    average_days_to_close: float | None
    by_requester: dict[str, int]
    by_outcome: dict[str, int]
    recovered_cents: int


class Ground(_Document):
    """An exemption."""

    code: str
    title: str
    citation: str
    confidence: str = Field(description="V, P or U of a shipped law; A where the agency says so itself")
    source: str = Field(description="`shipped` or `own`")


class ProfileDocument(_Document):
    """A law: its clocks and exemptions."""

    id: str
    name: str
    statute: str
    hold_days: int
    exemptions: list[Ground]
    clocks: list[dict[str, Any]]


class ProfileList(_Document):
    """The laws that are known."""

    profiles: list[ProfileDocument]


class CustodianSearchDocument(_Document):
    """A search that an employee was asked for, and what he declares."""

    request: str
    number: int
    custodian: str
    accounts: list[str]
    about: str
    asked_at: str
    due: str | None
    reminded: int
    result: str | None
    facts: str | None
    declared_at: str | None
    accepted: bool


class CustodianSearchList(_Document):
    """Searches of employees' own accounts."""

    searches: list[CustodianSearchDocument]


class AddedSet(_Document):
    """A search that was put before the reviewers."""

    request: str
    set: str
    found: int
    added: int = Field(description="records that were not there before")
    step: int


class RequestSet(_Document):
    """A frozen search of a request."""

    set: str
    step: int
    query: str | None
    total: int | None
    coverage: dict[str, Any] | None


class RequestSets(_Document):
    """The frozen searches of a request."""

    sets: list[RequestSet]


class SampleDocument(_Document):
    """Records that no search of the request found."""

    request: str
    seed: int
    of: int
    coverage: dict[str, Any]
    records: list[str]


class ReviewLine(_Document):
    """How one record stands."""

    record: str
    batch: int | None
    decision: str | None
    exemptions: list[str]
    decided_by: str | None
    confirmed_by: str | None
    step: int | None


class ShownReviewLine(ReviewLine):
    """The same with what the record is, null where it is gone."""

    kind: str | None
    sent_at: str | None
    sender: str | None = Field(alias="from")
    subject: str | None
    tags: list[str]


class ReviewPage(_Document):
    """Records in review, and how far the review has come."""

    request: str
    progress: dict[str, int]
    records: list[ShownReviewLine]
    next: str | None = Field(description="the `after` of the next page; null on the last")


class ReviewGroups(_Document):
    """Groups of records that say the same and are decided differently."""

    groups: list[list[ReviewLine]]


class StepDocument(_Document):
    """A step that was made."""

    request: str
    step: int
    records: int
    progress: dict[str, int]


class ReviewStep(_Document):
    """A step of a review, with what was written with it."""

    step: int
    kind: str
    by: str
    at: str
    position: int
    takes_back: int | None
    note: str | None


class ReviewSteps(_Document):
    """Every step of a review."""

    steps: list[ReviewStep]
