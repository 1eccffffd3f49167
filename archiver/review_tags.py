"""Tags as acts of reviewers: put on records and taken off, alone or with what belongs to them, and listed with counts.

Rule: as in `archiver.reviewing`: whoever may not see a record neither tags it nor learns of a tag that only such
records have. A tag is addressed by its number where an address could stand in a log, since its words are content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.reviewing import together, told_step
from archiver.seeing import hidden_records, note_viewed
from search.disclosure.requests import Requests
from search.disclosure.review_tags import Tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.grouping import Grouping


def tag_records(
    installation: Installation,
    who: Principal,
    name: str,
    record_ids: Sequence[str],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    with_groups: Grouping | None = None,
) -> dict[str, Any]:
    """Put tags on records of a request and take others off, with `with_groups` also on what belongs to them. An event.

    Raises:
        NotFound: there is no such request or tag, or a record is not in it for this principal.
        InvalidInput: no tag is named, or one cannot be a tag.
        Conflict: the request is closed, or nothing changes.
        Denied: this role may not.
    """
    authorize(who, Act.REVIEW)
    found, wanted = together(installation, who, name, record_ids, with_groups)
    step = Tags(installation.archive.store).tag(found.id, wanted, actor=who.actor, add=add, remove=remove)
    return told_step(installation, found, step)


def list_tags(installation: Installation, who: Principal, name: str) -> dict[str, Any]:
    """The tags of a request, each with how many records have it that one may see. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        tags = Tags(store).all(connection, found.id, hidden=hidden_records(connection, who))
    note_viewed(installation.archive.store, who, found.id)
    lines = [{"number": one.number, "tag": one.name, "records": one.records} for one in tags]
    return {"request": found.number, "tags": lines}


def tag_number(installation: Installation, who: Principal, name: str, tag: str) -> int:
    """The number of a tag of a request, by its words.

    Raises:
        NotFound: there is no such request or tag.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        return Tags(store).number(connection, found.id, tag)
