"""What holds a release back: a time that has to pass after somebody was told, or a child whose name still stands.

Rule: whatever forbids a release is asked here, and each says in one sentence until when and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.release_notices import release_holds
from archiver.student_access import parent_access_blocks

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from search.disclosure.request_types import DisclosureRequest


def release_reasons(installation: Installation, connection: Connection, found: DisclosureRequest) -> list[str]:
    """Sentences on what forbids to give anything for a request now; none where nothing does.

    It opens records of a parent's request, so it is asked before a production is laid out.
    """
    return [
        *times_to_pass(installation, connection, found.id),
        *parent_access_blocks(installation, connection, found.id),
    ]


def times_to_pass(installation: Installation, connection: Connection, request_id: str) -> list[str]:
    """The times that have to pass before anything is given; asked once more in the production's transaction."""
    return [
        f"{one.title}: nothing may be released "
        + ("until it is ended" if one.until is None else f"before {one.until.isoformat()} is over")
        + (f" ({one.citation})" if one.citation else "")
        for one in release_holds(installation, connection, request_id)
    ]
