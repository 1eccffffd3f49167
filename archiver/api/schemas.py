"""The documents of the API as types, for `/api/v1/openapi.json`; tests hold real answers against them.

Rule: names and meanings are those of the command contract; fields may be added, never renamed or dropped.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Party(_Document):
    """A sender or recipient as printed."""

    name: str | None
    address: str | None


class Original(_Document):
    """The headers of the message that the record is."""

    sender: Party | None = Field(alias="from")
    to: list[Party]
    cc: list[Party]
    date: str | None
    subject: str | None
    message_id: str | None


class Captured(_Document):
    """How and when the archive got it."""

    at: str
    channel: str
    submitter: str | None
    container: dict[str, Any] | None = Field(
        description="what it was taken out of: id, number, place in there, and whether that is destroyed"
    )
    custodian: str
    sha256: str | None
    size: int
    submission: str


class Provenance(_Document):
    """What we measured, and what somebody says."""

    grade: str
    verified: list[str]
    asserted: list[str]
    dkim: str | None


class Component(_Document):
    """One byte string of a record."""

    id: str
    role: str
    media_type: str
    name: str | None
    size: int
    sha256: str
    pictured: bool = Field(description="its pixels may hold text that examination did not read")


class Retention(_Document):
    """What the rules say, with reasons; all null for an employee."""

    decision: str | None
    eligible_on: str | None
    latest_on: str | None
    reasons: list[str]


class RecordDocument(_Document):
    """One record."""

    id: str
    kind: str
    state: str
    captured: Captured
    provenance: Provenance
    original: Original
    forward: dict[str, Any]
    platform: str | None
    conversation: dict[str, Any] | None
    messages: list[dict[str, Any]]
    text: str
    reading: str | None = Field(description="waiting, read or off; null where it has no pictures")
    transcription: dict[str, Any] | None = Field(description="the newest version of what its pictures say")
    evidence: list[dict[str, Any]] = Field(description="better evidence of what its pictures show, the best first")
    shown_by: list[dict[str, Any]] = Field(description="records whose pictures show messages of this one")
    components: list[Component]
    series: str | None
    retention: Retention
    holds: list[str]


class TranscriptionsDocument(_Document):
    """One version of what a record's pictures say, and the list of all."""

    record: str
    newest: int
    version: int
    source: str = Field(description="engine or person")
    author: str
    made_at: str
    versions: list[dict[str, Any]] = Field(description="each with its author, time and what changed")
    transcript: dict[str, Any] | None
    caption: dict[str, Any] | None


class TranscriptionAddedDocument(_Document):
    """A version that was added."""

    record: str
    version: int
    author: str


class ReceiptDocument(_Document):
    """The receipt of a submission, signed and proved; docs/format.md says how to check it."""

    type: str
    format: int
    product: dict[str, str]
    archive: str
    agency: str
    zone: str
    issued_at: str
    submission: str
    received_at: str
    received_at_local: str
    channel: str
    submitter: str | None
    recipient: str | None
    custodian: dict[str, str] | None
    source: str | None
    container: dict[str, Any] | None = Field(description="the container that it was taken out of: id, and number in it")
    size: int
    sha256: str
    outcome: str | None
    reason: str | None
    records: list[str]
    unread: list[str] = Field(description="what of it is not found by its words, and why")
    position: int
    salt: str | None
    payload: str | None
    proof: dict[str, Any]
    key: str
    fingerprint: str
    signature: str


class NoticeDocument(_Document):
    """A notice to the correspondent of a record."""

    letter: str
    record: str
    to: str | None = Field(description="null once the record was destroyed")
    by: str
    at: str
    position: int
    sent_at: str | None = Field(description="null while its letter waits")
    sent_position: int | None


class NoticesDocument(_Document):
    """The notices about a record, oldest first."""

    notices: list[NoticeDocument]


class StatementDocument(_Document):
    """All that was handed in for an employee."""

    agency: str
    archive: str
    zone: str
    custodian: dict[str, str]
    first: str | None = Field(alias="from")
    until: str | None
    made_at: str
    totals: dict[str, int]
    submissions: list[dict[str, Any]]


class LyingLine(_Document):
    """A submission in quarantine, as a list shows it."""

    submission: str
    state: str = Field(description="quarantined, failed or rejected")
    reason: str | None
    channel: str
    received_at: str
    size: int
    sender: str | None = Field(description="null for who may not read, and where the mail would have to be read for it")


class QuarantineDocument(_Document):
    """What lies in quarantine, oldest first."""

    total: int = Field(description="all that lies there, exactly")
    submissions: list[LyingLine]


class QuarantinedDocument(LyingLine):
    """A submission in quarantine, with what it says as far as it can be read."""

    recipient: str | None
    source: str | None
    custodian: str | None = Field(description="whose record it would be, null where nobody is known")
    sha256: str
    readable: bool
    headers: Original | None
    text: str
    attachments: list[dict[str, Any]]


class QuarantineActDocument(_Document):
    """What became of a submission by an act: it waits to be examined, is archived or rejected."""

    submission: str
    state: str = Field(description="waiting, archived or rejected")
    record: str | None = Field(description="the record that a release made")


class ProblemDocument(_Document):
    """An error (RFC 9457 §3.1)."""

    type: str
    title: str
    status: int
    detail: str
    kind: str


class UploadFileDocument(_Document):
    """One file of an upload."""

    number: int
    name: str
    size: int = Field(description="bytes, as was said")
    offset: int = Field(description="bytes that are there; sending goes on behind them")
    group: str | None
    location: str = Field(description="where its bytes are sent to, with PATCH")


class HandedIn(_Document):
    """One item that was handed in: a file, or a set of pictures."""

    submission: str
    duplicate_of: str | None
    received_at: str
    sha256: str
    source: str
    files: list[int] = Field(description="the numbers of its files")
    receipt: str


class UploadAnswerDocument(_Document):
    """What became of an upload: submissions, or a draft to choose from."""

    upload: str
    draft: str | None
    submissions: list[HandedIn]


class UploadDocument(_Document):
    """An upload, under way or committed."""

    upload: str
    state: str
    custodian: str
    received_at: str
    expires_at: str
    files: list[UploadFileDocument]
    answer: UploadAnswerDocument | None
