"""The documents of searches as types, for `/api/v1/openapi.json`; tests hold real answers against them.

Rule: as in `archiver.api.schemas`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Marked = list[tuple[str, bool]]
"""Text in runs, and whether each is a hit."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Coverage(_Document):
    """How complete a search is."""

    records: int = Field(description="records that a search should find")
    indexed: int = Field(description="those of them that it can find")
    unsearchable: int = Field(description="those with a part whose text could not be read")
    unread: dict[str, int] = Field(description="the same by reason; a record counts once under each of its reasons")
    waiting: int = Field(description="those that the index has not come to yet")
    complete: bool = Field(description="whether every record that should be found is in the index")
    pictures_waiting: int = Field(description="records whose pictures wait to be read")


class Beside(_Document):
    """What was found beside subject and text: in names of people and files."""

    where: str
    parts: Marked


class Standing(_Document):
    """Words or a value as they stand in one place of a record."""

    where: str
    words: list[str]


class Reason(_Document):
    """One part of the query that holds for a hit."""

    asked: str = Field(description="the part in the query language")
    absent: bool = Field(description="whether its absence was asked for")
    found: list[Standing]


class HitGroup(_Document):
    """The hits of this search that belong together with one."""

    by: str
    count: int
    ids: list[str] = Field(description="at most the first hundred")


class Hit(_Document):
    """One record that was found."""

    id: str
    kind: str
    sent_at: str | None
    captured_at: str
    sender: str | None = Field(alias="from")
    to: list[str]
    subject: str | None
    custodian: str
    channel: str
    platform: str | None
    snippet: str
    snippet_parts: Marked = Field(description="the snippet in runs: text, and whether it is a hit")
    snippets: list[Marked] = Field(description="as many pieces of text as were wished")
    subject_parts: Marked
    beside: list[Beside]
    group: HitGroup | None = None
    why: list[Reason] | None = None


class FacetValue(_Document):
    """How many hits have one value."""

    value: str
    label: str = Field(description="what it is called, such as a custodian's name")
    count: int
    clause: str = Field(description="what narrows the search to these")


class Facet(_Document):
    """Hits by value, most first."""

    values: list[FacetValue]
    others: int = Field(description="further values that are not listed")
    without: int = Field(description="hits without any")


class GroupCount(_Document):
    """How many groups there are."""

    by: str
    total: int


class SearchDocument(_Document):
    """The answer to a search."""

    query: str
    total: int = Field(description="all matching records, exactly")
    coverage: Coverage
    hits: list[Hit]
    facets: dict[str, Facet] | None = None
    groups: GroupCount | None = None
    suggestions: list[dict[str, Any]] | None = Field(None, description="if nothing was found: words that may be meant")
    excluding: list[dict[str, Any]] | None = Field(None, description="if nothing was found: parts that exclude all")
    left_out: list[str] | None = Field(None, description="what the search had no time for: marks, facets, hints")
