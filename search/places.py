"""The places of a record in which words may stand, with what is written there as people see it. Pure.

Rule: a place here is a column of `search.projection` as it was before the analyser took it; what is found in a column
is shown in its place. What a column has beside that (digests, flags, who a handle is known to be) has no place.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from search.documents import Column
from search.marking import Seeker, wanted_leaves
from storage.records import ComponentRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from search.queries import Query
    from storage.records import DescribedRecord, Description, Letterhead, Party

_MOST: Final = 200


class Place(StrEnum):
    """Where something stands in a record."""

    SUBJECT = "subject"
    TEXT = "text"
    FILENAME = "filename"
    FROM = "from"
    TO = "to"
    CC = "cc"
    PARTICIPANT = "participant"
    CUSTODIAN = "custodian"
    HASH = "hash"


COLUMNS_OF: Final[Mapping[Place, frozenset[Column]]] = {
    Place.SUBJECT: frozenset({Column.SUBJECT_STEM, Column.SUBJECT_EXACT, Column.MARKS}),
    Place.TEXT: frozenset({Column.TEXT_STEM, Column.TEXT_EXACT, Column.MARKS}),
    Place.FILENAME: frozenset({Column.FILENAME_STEM, Column.FILENAME_EXACT}),
    Place.FROM: frozenset({Column.SENDER, Column.CORRESPONDENT, Column.MARKS}),
    Place.TO: frozenset({Column.RECIPIENTS, Column.CORRESPONDENT, Column.MARKS}),
    Place.CC: frozenset({Column.COPIED, Column.CORRESPONDENT, Column.MARKS}),
    Place.PARTICIPANT: frozenset({Column.OTHERS, Column.CORRESPONDENT, Column.MARKS}),
    Place.CUSTODIAN: frozenset({Column.CUSTODIAN}),
    Place.HASH: frozenset({Column.HASHES}),
}


def seekers_for(query: Query) -> dict[Place, Seeker]:
    """What to look for in each place, for those places in which there is anything to look for."""
    wanted = wanted_leaves(query)
    made = {place: Seeker(wanted, columns) for place, columns in COLUMNS_OF.items()}
    return {place: seeker for place, seeker in made.items() if not seeker.idle}


def searched_text(description: Description) -> str:
    """The text that search looks through: what was read, and the forwarder's comment where that does not hold it."""
    comment = description.forward.comment
    if comment and comment.strip() not in description.text:
        return f"{comment}\n{description.text}"
    return description.text


def written(described: DescribedRecord, description: Description, place: Place) -> tuple[str, ...]:
    """What is written in a place, each name or title by itself, at most some hundred of them.

    `description` is that of the record with what was read in its pictures.
    """
    match place:
        case Place.SUBJECT:
            found = _subjects(description)
        case Place.TEXT:
            found = [searched_text(description)]
        case Place.FILENAME:
            found = _file_names(description)
        case Place.FROM:
            sender = description.original.sender
            found = [] if sender is None else [_called(sender)]
        case Place.TO:
            found = [_called(one) for one in description.original.to[:_MOST]]
        case Place.CC:
            found = [_called(one) for one in description.original.cc[:_MOST]]
        case Place.PARTICIPANT:
            found = _others(description)
        case Place.CUSTODIAN:
            found = [described.custodian.name, *described.custodian.addresses]
        case Place.HASH:
            found = [one.sha256 for one in description.components[:_MOST]]
    return tuple(dict.fromkeys(one for one in found if one))[:_MOST]


def _subjects(description: Description) -> list[str]:
    found = [description.original.subject]
    if description.carrier is not None:
        found.append(description.carrier.subject)
    if description.conversation is not None:
        found.append(description.conversation.title)
    return [one for one in found if one]


def _file_names(description: Description) -> list[str]:
    stored = [one.name for one in description.components if one.role is not ComponentRole.RENDITION]
    sent = [one.name for message in description.messages for one in message.attachments]
    return [one for one in (*stored, *sent) if one]


def _others(description: Description) -> list[str]:
    """Who is named beside the original's letterhead."""
    found: list[str] = []
    if description.carrier is not None and description.carrier is not description.original:
        found += map(_called, _people_of(description.carrier))
    if description.forward.by:
        found.append(description.forward.by)
    if description.conversation is not None:
        found += description.conversation.participants
    found += dict.fromkeys(message.sender for message in description.messages if message.sender)
    return found


def _people_of(head: Letterhead) -> Iterable[Party]:
    return [*([] if head.sender is None else [head.sender]), *head.to[:_MOST], *head.cc[:_MOST]]


def _called(party: Party) -> str:
    if party.name and party.address and party.name != party.address:
        return f"{party.name} <{party.address}>"
    return party.name or party.address or ""
