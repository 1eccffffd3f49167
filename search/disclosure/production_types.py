"""Productions as values: page numbers, what was given where, and what was asked back. Pure.

Rules:

- A page's number is a prefix and a running number of at least six digits, as in ``LAKE-000017``. Numbers of a prefix
  have no gap over all productions and are never used again, also when what they name was asked back.
- A record that is given anew, otherwise than before, gets new numbers; which it had before is told beside them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from search.disclosure.release_types import Leaves
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from search.disclosure.review_rows import Decision

_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
_NUMBER: Final = re.compile(r"(.+)-(\d{6,9})")
LONGEST_PREFIX: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """A production as its plain columns have it; pages are counted from 1 within its prefix."""

    request_id: str
    number: int
    prefix: str
    first_page: int
    last_page: int
    documents: int
    records: int
    instalment: int | None
    made_at: datetime
    actor: str
    position: int
    sha256: str

    @property
    def first(self) -> str:
        """The number of its first page."""
        return page_number(self.prefix, self.first_page)

    @property
    def last(self) -> str:
        """The number of its last page."""
        return page_number(self.prefix, self.last_page)

    def told(self) -> dict[str, Any]:
        """The production as commands and the API tell it."""
        return {
            "production": self.number,
            "first": self.first,
            "last": self.last,
            "pages": self.last_page - self.first_page + 1,
            "documents": self.documents,
            "records": self.records,
            "instalment": self.instalment,
            "made_at": self.made_at.isoformat(),
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedDocument:
    """A document of a production: which pages it has there, of which record; `state` see `state_of`."""

    record_id: str
    component: str | None
    leaves: Leaves
    first_page: int
    last_page: int
    state: str
    clawback: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clawback:
    """A demand that documents be given back or destroyed, and why."""

    number: int
    at: datetime
    actor: str
    position: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """How a record was given last in a request: in which production, as decided how, and whether it was asked back."""

    production: int
    state: str
    clawed_back: bool
    leaves: Leaves


def page_number(prefix: str, page: int) -> str:
    """The number of a page."""
    return f"{prefix}-{page:06d}"


def read_page_number(text: str) -> tuple[str, int]:
    """Prefix and page of a number.

    Raises:
        InvalidInput: it is none.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or int(match[2]) == 0 or page_number(match[1], int(match[2])) != text:
        raise InvalidInput(f"{text[:40]!r} is no page number; they look like LAKE-000017")
    return check_prefix(match[1]), int(match[2])


def check_prefix(prefix: str) -> str:
    """The prefix, which stands in file names and load files.

    Raises:
        InvalidInput: it is none.
    """
    if len(prefix) > LONGEST_PREFIX or not _PREFIX.fullmatch(prefix):
        raise InvalidInput(
            f"{prefix[:40]!r} is no prefix; it has letters, digits and hyphens between, {LONGEST_PREFIX} at most"
        )
    return prefix


def state_of(decision: Decision, codes: Sequence[str], redactions: Iterable[bytes] = ()) -> str:
    """A digest of what is decided of a record: equal where the same would be given.

    Args:
        decision: what was decided.
        codes: the grounds.
        redactions: its final redactions as they are kept, in any order.
    """
    digest = hashlib.sha256("\n".join((decision.value, *codes, "")).encode())
    for one in sorted(hashlib.sha256(some).digest() for some in redactions):
        digest.update(one)
    return digest.hexdigest()


def production_of(row: Any) -> Production:
    """A row of `productions`."""
    return Production(
        request_id=row.request_id,
        number=row.number,
        prefix=row.prefix,
        first_page=row.first_page,
        last_page=row.last_page,
        documents=row.documents,
        records=row.records,
        instalment=row.instalment,
        made_at=row.made_at,
        actor=row.actor,
        position=row.position,
        sha256=row.sha256,
    )


def document_of(row: Any) -> NumberedDocument:
    """A row of `production_documents`."""
    return NumberedDocument(
        record_id=row.record_id,
        component=row.component,
        leaves=Leaves(row.leaves),
        first_page=row.first_page,
        last_page=row.last_page,
        state=row.state,
        clawback=row.clawback,
    )
