"""The documents of redaction, occurrences and students as types, for `/api/v1/openapi.json`.

Rule: as in `archiver.api.schemas`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)


class RecordParts(_Document):
    """The parts of a record: texts, and pages with the words on them."""

    request: str
    record: str
    parts: list[dict[str, Any]]


class Mark(_Document):
    """A mark: its part and place, state, grounds and label."""

    id: str
    part: str
    state: str
    exemptions: list[str]
    label: str
    keep_only: bool


class MarkedRecord(_Document):
    """A record as it would leave."""

    request: str
    record: str
    decision: str | None
    parts: list[dict[str, Any]]
    nowhere: list[Mark] = Field(description="marks that fit nothing in the record any more")


class MarkList(_Document):
    """The marks of a record, or which records have any."""

    request: str
    record: str | None = None
    marks: list[Mark] | None = None
    records: list[dict[str, Any]] | None = None
    unfinished: list[dict[str, Any]] | None = None
    next: str | None = None


class MarkSteps(_Document):
    """Every step of redaction."""

    steps: list[dict[str, Any]]


class MarkStep(_Document):
    """A step of redaction that was made."""

    request: str
    step: int
    records: int


class MarksMade(_Document):
    """What was marked of a record."""

    request: str
    step: int
    found: int
    unread: list[str] = Field(description="parts that nobody can read")


class MarksEverywhere(_Document):
    """What was marked in all records of a request."""

    request: str
    steps: list[int]
    found: int
    records: int
    read: int
    unread: list[str] = Field(description="records with parts that nobody can read")


class LinkedOccurrences(_Document):
    """Where the strings stand that are marked in a record."""

    request: str
    record: str
    strings: int
    read: int
    occurrences: list[dict[str, Any]]
    not_marked: int
    more: bool
    steps: list[int]
    unread: list[str]


class Suggestions(_Document):
    """Words that look private, each with its reason."""

    request: str
    read: int
    suggestions: list[dict[str, Any]]
    steps: list[int]
    next: str | None
    roster: bool = Field(description="whether names could be looked for")


class RosterVersion(_Document):
    """A roster that was loaded."""

    version: int
    students: int
    staff: int


class Rosters(_Document):
    """The rosters that were loaded."""

    versions: list[RosterVersion]
    people: list[dict[str, Any]] | None = None


class Occurrence(_Document):
    """A string that is left out of one record and stands in another."""

    occurrence: str = Field(description="what it is accepted by")
    shown: str
    left_out_of: list[str]
    record: str
    part: str
    count: int
    around: str
    accepted: bool
    accepted_by: str | None
    reason: str | None


class Occurrences(_Document):
    """Such strings, and how many are not accepted."""

    request: str
    occurrences: list[Occurrence]
    open: int
    by_region_only: int = Field(description="strings too short to be looked for")


class Accepted(_Document):
    """How many were accepted."""

    request: str
    accepted: int
    named: int


class Withdrawn(_Document):
    """How many are accepted no longer."""

    request: str
    withdrawn: int


class Students(_Document):
    """The students of a request, and the grounds that were stated."""

    request: str
    links: list[dict[str, str | None]]
    grounds: list[dict[str, Any]]
    without_ground: list[dict[str, Any]]


class StudentSuggestions(_Document):
    """Students whose names stand in records."""

    request: str
    looked_through: int
    suggested: list[dict[str, Any]]


class OwnRecords(_Document):
    """What was marked so that a parent gets the child's own."""

    request: str
    student: str
    looked_through: int
    marked_records: int
    marks: int
    steps: list[int]
    unread: dict[str, list[str]]


class AccessCheck(_Document):
    """Where other students could still be told."""

    request: str
    looked_through: int
    standing: list[dict[str, Any]]
    unread: dict[str, list[str]]


class StudentDisclosures(_Document):
    """A student's record of 34 CFR 99.32."""

    student: dict[str, str | None]
    disclosures: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    not_shown: int
