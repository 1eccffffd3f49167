"""Records in review as lines: how each stands, when it was sent, by whom, and about what.

Rule: a reviewer chooses by what a record is, not by its id. Whoever may see requests may read records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.record_view import name_of, party
from search.disclosure.review_tags import Tags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archiver.wiring import Installation
    from search.disclosure.review_rows import ReviewedRecord
    from storage.records import DescribedRecord


def review_lines(installation: Installation, shown: Sequence[ReviewedRecord]) -> list[dict[str, Any]]:
    """How these records stand and what they are; of those that were destroyed meanwhile only how they stand."""
    with installation.archive.store.read() as connection:
        opened = installation.archive.catalogue.describe(connection, [one.record_id for one in shown])
    described = {one.record.id: one for one in opened}
    return [{**standing_line(one), **_said(described.get(one.record_id))} for one in shown]


def tagged_lines(
    installation: Installation, request_id: str, lines: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The same lines, each with the tags that reviewers put on its record."""
    store = installation.archive.store
    with store.read() as connection:
        tags = Tags(store).of(connection, request_id, [one["record"] for one in lines])
    return [{**one, "tags": tags.get(one["record"], [])} for one in lines]


def standing_line(one: ReviewedRecord) -> dict[str, Any]:
    """How a record stands."""
    return {
        "record": one.record_id,
        "batch": one.batch,
        "decision": None if one.decision is None else one.decision.value,
        "exemptions": list(one.codes),
        "decided_by": one.decided_by,
        "confirmed_by": one.confirmed_by,
        "step": one.step,
    }


def _said(one: DescribedRecord | None) -> dict[str, Any]:
    if one is None:
        return {"kind": None, "sent_at": None, "from": None, "subject": None}
    description, sent = one.description, one.record.sent_at
    conversation = description.conversation
    title = description.original.subject or (conversation.title if conversation is not None else None)
    sender = description.original.sender
    return {
        "kind": one.record.kind.value,
        "sent_at": None if sent is None else sent.isoformat(),
        "from": None if sender is None else name_of(party(sender)),
        "subject": title,
    }
