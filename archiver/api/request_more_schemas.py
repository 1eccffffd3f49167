"""The documents of what is done with a request beside its review, as types, for `/api/v1/openapi.json`.

Rule: as in `archiver.api.schemas`; amounts are in cents.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from archiver.api.request_schemas import Clock, Ground


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)


class FeeSchedule(_Document):
    """What a law lets be charged, each amount with its citation."""

    profile: str
    items: list[dict[str, Any]]
    deposit: dict[str, Any] | None
    late: dict[str, Any] | None
    waiver: dict[str, Any] | None
    smallest_cents: int
    circumstances: list[str]
    notes: list[str]


class FeeLine(_Document):
    """One line of an estimate."""

    unit: str
    title: str
    cents: int
    words: str = Field(description="how the amount came about")
    citation: str
    confidence: str


class Estimate(_Document):
    """What a request costs under its law."""

    cents: int
    deposit_cents: int | None
    lines: list[FeeLine]
    notes: list[str]


class EstimateDocument(_Document):
    """An estimate, and whether it was written down."""

    request: str
    estimate: Estimate
    noted: bool


class Booking(_Document):
    """What was estimated, charged, paid or given back."""

    kind: str
    cents: int | None
    at: str
    ground: str | None
    text: str | None


class FeeAccount(_Document):
    """The account of a request."""

    request: str
    estimated: int | None
    charged: int
    deposit_asked: int
    deposit_paid: int
    paid: int
    waived: int
    refunded: int
    owed: int
    credit: int
    deposit_open: int
    deposit_stops_clocks: bool
    tolled_clocks: list[str]
    booked: list[Booking]


class Instalment(_Document):
    """A part of what is released."""

    request: str
    instalment: int
    due: str
    state: str
    text: str
    production: str | int | None
    produced_at: str | None
    lies_until: str | None
    citation: str | None


class Instalments(_Document):
    """The instalments of a request."""

    instalments: list[Instalment]


class Appeal(_Document):
    """An appeal."""

    appeal: int
    received_at: str
    late: bool
    body: str
    ground: str
    decided_at: str | None
    outcome: str | None
    decision: str | None
    changes: str | None


class Appeals(_Document):
    """The appeals of a request, and the clocks that they have."""

    request: str
    state: str
    appeals: list[Appeal]
    clocks: list[Clock]


class Notice(_Document):
    """A notice to somebody whom the records are about."""

    notice: int
    kind: str
    person: str
    sent: str
    state: str
    until: str | None
    explanation: list[str]
    citation: str


class ReleaseHold(_Document):
    """What forbids a release today."""

    title: str
    until: str | None
    explanation: list[str]
    citation: str
    confidence: str


class Notices(_Document):
    """The notices of a request, what holds its release, and the kinds that its law has."""

    request: str
    notices: list[Notice]
    holds: list[ReleaseHold]
    kinds: dict[str, dict[str, Any]]


class LetterDocument(_Document):
    """A letter as text."""

    request: str
    kind: str
    subject: str
    text: str
    blanks: dict[str, str] = Field(description="fields that are to be filled, each with what belongs there")
    unverified: list[str] = Field(description="citations that counsel should look at")
    sha256: str
    bytes: int
    noted: bool


class ExemptionLog(_Document):
    """What is kept back of a request."""

    request: str
    made_on: str
    profile: str
    rows: list[dict[str, Any]]


class Production(_Document):
    """A production."""

    production: int
    first: str
    last: str
    pages: int
    documents: int
    records: int
    instalment: int | None
    made_at: str
    sha256: str


class Productions(_Document):
    """The productions of a request, and what was asked back of them."""

    request: str
    productions: list[Production]
    clawbacks: list[dict[str, Any]]


class Reason(_Document):
    """What stands against a production, or is to be known before; at most a hundred records are named."""

    kind: str
    message: str
    count: int
    records: list[str]


class ProductionPlan(_Document):
    """What a production would give."""

    request: str
    records: int
    later: int = Field(description="records that wait for a later production")
    reasons: list[Reason]
    warnings: list[Reason]


class ProductionMade(ProductionPlan):
    """A production that was made, or could be."""

    produced: bool
    production: int | None = None
    first: str | None = None
    last: str | None = None
    pages: int | None = None
    documents: int | None = None
    sha256: str | None = None


class ProducedDocument(_Document):
    """A numbered document and the record that it is of."""

    production: int
    first: str
    last: str
    record: str
    component: str | None
    leaves: str
    clawback: int | None


class ProducedDocuments(_Document):
    """Numbered documents."""

    documents: list[ProducedDocument]


class Clawback(_Document):
    """Documents that were asked back."""

    request: str
    clawback: int
    at: str
    documents: list[ProducedDocument]


class ListedExemption(Ground):
    """An exemption in the list; the last four are of the agency's own only."""

    profile: str | None = Field(description="whose law it stands beside; null for every law")
    used: int = Field(description="decisions that stand now and name it")
    retired: bool
    number: int | None = None
    version: int | None = None
    changed_at: str | None = None
    changed_by: str | None = None


class ExemptionList(_Document):
    """What can be named, or could be once."""

    profile: str | None
    exemptions: list[ListedExemption]


class ListedTag(_Document):
    """A tag, and how many records have it."""

    number: int
    tag: str
    records: int


class TagList(_Document):
    """The tags of a request."""

    request: str
    tags: list[ListedTag]
