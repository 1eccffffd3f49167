"""Participants of exported conversations for people and programs: who is known, who is not, and who might be.

Rule: handles and names are content, so only who may read records sees them, an employee those of his own, and looking
at the list is an event. A suggestion is shown beside a handle and never applied: people share names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.seeing import hidden_records
from ingest.participant_handles import handle_id, no_such, parted, tag_of
from ingest.participants import Participants
from storage.custodians import check_further_address
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from ingest.participants import Appearance, Met, Resolved
    from storage.archive import Archive
    from storage.records import Custodian, DescribedRecord

_OPENED = 50  # descriptions at a time; one may hold the messages of a day
_LONGEST_NAME = 200
_SAME_NAME = "the name is the same; people share names"
_SAME_ADDRESS = "the address is the same; on this platform anybody may call himself so"


def people_of(
    archive: Archive, connection: Connection, described: Sequence[DescribedRecord]
) -> list[dict[str, str | None]]:
    """Everybody who takes part in these records, each once, with who he is where that is known.

    The first of the records is the one that is shown, the others are its parts.
    """
    participants = Participants(archive)
    handles: dict[bytes, str] = {}
    wanted: dict[bytes, tuple[bytes, str]] = {}
    for one in described:
        conversation = one.description.conversation
        for handle in () if conversation is None else conversation.participants:
            tag, address = participants.handles.tags(one.record.custodian_id, one.description.platform or "", handle)
            handles.setdefault(tag, handle)
            wanted.setdefault(tag, (address, one.record.custodian_id))
    resolved = participants.resolve(connection, wanted)
    return [{"id": handle_id(tag), "handle": handle, **_who(resolved.get(tag))} for tag, handle in handles.items()]


def list_participants(
    installation: Installation,
    who: Principal,
    *,
    unresolved: bool = False,
    platform: str | None = None,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> list[dict[str, Any]]:
    """Every handle that was met, or those that nobody knows; what is in most records first.

    Raises:
        Denied: this role may not read records.
    """
    authorize(who, Act.READ_RECORD)
    archive = installation.archive
    participants = Participants(archive)
    with archive.store.read() as connection:
        met = participants.met(connection, who.sees_only, without=hidden_records(connection, who))
        resolved = participants.resolve(connection, {tag: (one.address, one.custodian_id) for tag, one in met.items()})
        custodians = {one.id: one for one in archive.custodians.list(connection)}
    if unresolved:
        met = {tag: one for tag, one in met.items() if tag not in resolved}
    named = _named(archive, participants, met, progress)
    suggesting = _Suggesting(custodians.values())
    found = []
    for tag, one in met.items():
        stands = named.get(tag)
        if stands is None or (platform is not None and stands[0] != platform.lower()):
            continue
        document = _document(one, stands, custodians, resolved.get(tag))
        found.append(document | {"suggestion": suggesting.of(stands[1]) if tag not in resolved else None})
    found.sort(key=lambda one: (-one["records"], one["platform"], one["handle"], one["id"]))
    with archive.store.write() as transaction:
        payload = {"unresolved": unresolved, "platform": platform, "shown": len(found)}
        transaction.append(EventKind.PARTICIPANTS_VIEWED, actor=who.actor, payload=payload)
    return found


def show_participant(installation: Installation, who: Principal, given: str) -> dict[str, Any]:
    """One handle, and the records in which it is.

    Raises:
        NotFound: there is no such handle, or not for this principal.
        Denied: this role may not read records.
    """
    authorize(who, Act.READ_RECORD)
    archive = installation.archive
    participants, tag = Participants(archive), tag_of(given)
    with archive.store.read() as connection:
        found = _appearances(connection, participants, tag, who)
        platform, handle = _standing(archive, connection, participants, found, given)
        resolved = participants.resolve(connection, {tag: (found[-1].address, found[-1].custodian_id)}).get(tag)
        everybody = archive.custodians.list(connection)
    of = next(one for one in everybody if one.id == found[-1].custodian_id)
    days = sorted(one.day for one in found if one.day)
    with archive.store.write() as transaction:
        transaction.append(EventKind.PARTICIPANTS_VIEWED, actor=who.actor, payload={"shown": 1})
    return {
        "id": given,
        "platform": platform,
        "handle": handle,
        "of": of.addresses[0],
        "records": [{"id": one.record_id, "day": one.day or None} for one in found],
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
        **_who(resolved),
        "suggestion": _Suggesting(everybody).of(handle) if resolved is None else None,
    }


def link_participant(
    installation: Installation,
    who: Principal,
    given: str,
    *,
    custodian: str | None = None,
    name: str | None = None,
    address: str | None = None,
) -> dict[str, Any]:
    """Say who a handle is: the custodian with an address, or a person by full name; then as `show_participant`.

    Raises:
        NotFound: there is no such handle, or no such custodian.
        InvalidInput: neither or both are given, or the name or address cannot be one.
        Conflict: the handle is linked already.
        Denied: this role may not.
    """
    authorize(who, Act.LINK_PARTICIPANT)
    if (custodian is None) == (name is None) or (custodian is not None and address is not None):
        raise InvalidInput('say who it is with either --custodian ADDRESS, or --name "Full name" and perhaps --address')
    archive = installation.archive
    participants, tag = Participants(archive), tag_of(given)
    with archive.store.read() as connection:
        found = _appearances(connection, participants, tag, who)
        platform, handle = _standing(archive, connection, participants, found, given)
        custodian_id = None if custodian is None else archive.custodians.find(connection, custodian)
        if custodian is not None and custodian_id is None:
            raise NotFound("no custodian has this address; see: archiver custodian list")
        if address is not None:
            address = check_further_address(address)
            if archive.custodians.find(connection, address) is not None:
                raise Conflict("a custodian has this address; link to him with --custodian")
    participants.link(
        tag,
        found[-1].custodian_id,
        platform=platform,
        handle=handle,
        custodian_id=custodian_id,
        name=None if name is None else _checked_name(name),
        address=address,
        actor=who.actor,
    )
    return show_participant(installation, who, given)


def unlink_participant(installation: Installation, who: Principal, given: str) -> dict[str, Any]:
    """Take back what was said of a handle; then as `show_participant`.

    Raises:
        NotFound: there is no such handle.
        Conflict: nothing was said of it.
        Denied: this role may not.
    """
    authorize(who, Act.LINK_PARTICIPANT)
    participants, tag = Participants(installation.archive), tag_of(given)
    with installation.archive.store.read() as connection:
        if not _appearances(connection, participants, tag, who):
            raise no_such(given)
    participants.unlink(tag, actor=who.actor)
    return show_participant(installation, who, given)


def _appearances(connection: Connection, participants: Participants, tag: bytes, who: Principal) -> list[Appearance]:
    """The records in which a handle is, as far as this principal may see them."""
    hidden = hidden_records(connection, who)
    found = participants.appearances(connection, tag, who.sees_only)
    return [one for one in found if one.record_id not in hidden]


class _Suggesting:
    """Who a handle might be, by his name or by an address that proves nothing there."""

    def __init__(self, custodians: Iterable[Custodian]) -> None:
        self._by_name: dict[str, list[Custodian]] = {}
        self._by_address: dict[str, Custodian] = {}
        for one in custodians:
            self._by_name.setdefault(_folded(one.name), []).append(one)
            self._by_address.update((address, one) for address in one.addresses)

    def of(self, handle: str) -> dict[str, str] | None:
        """The only one that it can be; two of one name are no suggestion."""
        name, address = parted(handle)
        found = self._by_address.get((address or "").casefold())
        if found is not None:
            return {"custodian": found.addresses[0], "name": found.name, "why": _SAME_ADDRESS}
        same = self._by_name.get(_folded(name or ""), [])
        if len(same) != 1:
            return None
        return {"custodian": same[0].addresses[0], "name": same[0].name, "why": _SAME_NAME}


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace(",", " ").split())


def _who(one: Resolved | None) -> dict[str, str | None]:
    if one is None:
        return {"custodian": None, "name": None, "address": None, "how": None}
    custodian = None if one.custodian is None else one.custodian.addresses[0]
    return {"custodian": custodian, "name": one.name, "address": one.address, "how": one.how.value}


def _document(
    one: Met, stands: tuple[str, str], custodians: dict[str, Custodian], resolved: Resolved | None
) -> dict[str, Any]:
    return {
        "id": handle_id(one.tag),
        "platform": stands[0],
        "handle": stands[1],
        "of": custodians[one.custodian_id].addresses[0],
        "records": one.records,
        "first_day": one.first_day or None,
        "last_day": one.last_day or None,
        **_who(resolved),
    }


def _named(
    archive: Archive,
    participants: Participants,
    met: dict[bytes, Met],
    progress: Callable[[int, int | None], None],
) -> dict[bytes, tuple[str, str]]:
    """Platform and handle of each, read from the last record that it is in; one record tells many."""
    named: dict[bytes, tuple[str, str]] = {}
    samples = list(dict.fromkeys(one.sample for one in met.values()))
    for start in range(0, len(samples), _OPENED):
        with archive.store.read() as connection:
            described = archive.catalogue.describe(connection, samples[start : start + _OPENED])
        for one in described:
            conversation, platform = one.description.conversation, one.description.platform or ""
            for handle in () if conversation is None else conversation.participants:
                tag, _ = participants.handles.tags(one.record.custodian_id, platform, handle)
                if tag in met:
                    named[tag] = (platform, handle)
        progress(min(start + _OPENED, len(samples)), len(samples))
    return named


def _standing(
    archive: Archive, connection: Connection, participants: Participants, found: Sequence[Appearance], given: str
) -> tuple[str, str]:
    """Platform and handle as the last record has them.

    Raises:
        NotFound: no record has it.
    """
    for last in found[-1:]:
        for one in archive.catalogue.describe(connection, [last.record_id]):
            conversation, platform = one.description.conversation, one.description.platform or ""
            handle = conversation.participants[last.place] if conversation is not None else ""
            if handle_id(participants.handles.tags(last.custodian_id, platform, handle)[0]) == given:
                return platform, handle
    raise no_such(given)


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > _LONGEST_NAME or not cleaned.isprintable():
        raise InvalidInput(f"a full name is printable and has 1 to {_LONGEST_NAME} characters; give it with --name")
    return cleaned
