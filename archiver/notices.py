"""Notices to correspondents: that they shall not write to a private account; by an employee's choice, and provable.

Rules:

- A notice goes to an address that the record itself names as its correspondent's, and to no other, so that this cannot
  be used to write to anybody. It answers no mail: a person chose it, on a record.
- One record has one notice, unless it is asked for again; that is checked under the write lock.
- What was written to whom stands in the payload of an event, in the transaction that queues the letter; its sending is
  an event too. Both name record and letter, so both can be proved, and go when the record goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archiver.access import Act, Principal, authorize
from archiver.answer_rules import is_nobody
from archiver.answering import own_addresses
from archiver.destroyed_view import is_destroyed
from archiver.notice_text import TEMPLATE, write_notice
from archiver.reading import open_described
from archiver.seeing import may_see, refuse_unseen
from ingest.carrier_facts import plain_address
from storage.errors import Conflict, InvalidInput, NotFound, TemporarilyUnavailable
from storage.events import EventKind
from storage.outbox import Letter, Outbox
from storage.records import RecordKind, RecordState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from storage.ledger import LedgerEvent
    from storage.records import DescribedRecord

KIND = "notice"
_MOST_OF_ONE = 5
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice; `to` is None where its record was destroyed, `sent_at` where its letter still waits."""

    letter: str
    record: str
    actor: str
    at: datetime
    position: int
    to: str | None
    sent_at: datetime | None
    sent_position: int | None

    def to_json(self) -> dict[str, Any]:
        """As a command and the API print it."""
        return {
            "letter": self.letter,
            "record": self.record,
            "to": self.to,
            "by": self.actor,
            "at": self.at.isoformat(),
            "position": self.position,
            "sent_at": None if self.sent_at is None else self.sent_at.isoformat(),
            "sent_position": self.sent_position,
        }


def correspondents(described: DescribedRecord, own: frozenset[str]) -> tuple[str, ...]:
    """Whom a record names on the other side: who wrote it, or, where the custodian did, to whom; pure.

    Addresses of the custodian, of the archive, and those that no person reads are left out.
    """
    description = described.description
    if description.kind is not RecordKind.EMAIL:
        return ()
    his = {one.casefold() for one in described.custodian.addresses} | own
    original = description.original
    sender = plain_address(original.sender.address) if original.sender is not None else None
    others = [plain_address(one.address) for one in (*original.to, *original.cc)]
    named = others if sender is None or sender in his else [sender]
    known = (one for one in named if one is not None and one not in his and _without_detail(one) not in own)
    return tuple(dict.fromkeys(one for one in known if not is_nobody(one)))


def _without_detail(address: str) -> str:
    """The address that mail with this detail (RFC 5233) goes to: an intake address names a custodian there."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def send_notice(
    installation: Installation,
    principal: Principal,
    record_id: str,
    *,
    template: str = TEMPLATE,
    to: str | None = None,
    again: bool = False,
) -> Notice:
    """Queue a notice to the correspondent of a record; `to` chooses where the record names several.

    Raises:
        Denied: this principal may not.
        NotFound: no such record, or not for this principal.
        InvalidInput: the template is none, `to` is nobody whom the record names, or must be given.
        Conflict: destroyed, no correspondent with an address, or told already.
        TemporarilyUnavailable: the archive sends no letters.
    """
    authorize(principal, Act.NOTIFY)
    if not installation.settings.mail.enabled:
        raise TemporarilyUnavailable("letters are not sent: set enabled in [mail] of archiver.toml")
    archive = installation.archive
    described = open_described(installation, principal, record_id)
    chosen = _chosen(correspondents(described, own_addresses(installation)), to)
    owner = described.custodian
    dated = described.description.original.date
    fields = {
        "agency": installation.settings.agency.name,
        "employee": owner.name,
        "office": owner.addresses[0],
        "dated": f" of {dated[:10]}" if dated else "",
    }
    written = write_notice(template, fields)
    letter = Letter(
        kind=KIND,
        to=chosen,
        subject=written.subject,
        text=written.text,
        reply_to=plain_address(owner.addresses[0]),
        about=(record_id,),
    )
    outbox = Outbox(archive.store)
    prepared = outbox.prepare(letter)
    with archive.store.write() as transaction:
        connection = transaction.connection
        if (present := archive.catalogue.get(connection, record_id)).state is not RecordState.ACTIVE:
            raise is_destroyed(present)
        before = _queued(archive.ledger.events_about(connection, [record_id]))
        if before and not again:
            last = before[-1].event.at.astimezone(archive.zone).date().isoformat()
            raise Conflict(
                f"a notice about {record_id} was queued on {last}; send another with --again", record=record_id
            )
        if len(before) >= _MOST_OF_ONE:
            raise Conflict(
                f"{len(before)} notices about {record_id} were sent; write a letter of your own", record=record_id
            )
        outbox.add(transaction, prepared)
        position = transaction.append(
            EventKind.NOTICE_QUEUED,
            actor=principal.actor,
            subjects=(record_id, prepared.id),
            payload={"to": chosen, "subject": letter.subject, "text": letter.text},
        )
        at = transaction.at
    return Notice(
        letter=prepared.id,
        record=record_id,
        actor=principal.actor,
        at=at,
        position=position,
        to=chosen,
        sent_at=None,
        sent_position=None,
    )


def _chosen(named: tuple[str, ...], to: str | None) -> str:
    if not named:
        raise Conflict("this record names no address of a correspondent, so nobody can be told")
    if to is not None:
        wanted = to.strip().casefold()
        if wanted not in named:
            raise InvalidInput("a notice goes only to somebody whom the record names as its correspondent")
        return wanted
    if len(named) > 1:
        raise InvalidInput(f"this record names {len(named)} correspondents; choose one with --to ADDRESS")
    return named[0]


def _queued(events: list[LedgerEvent]) -> list[LedgerEvent]:
    return [one for one in events if one.event.kind is EventKind.NOTICE_QUEUED]


def notices_of(installation: Installation, principal: Principal, record_id: str) -> list[Notice]:
    """The notices about one record, oldest first; of a destroyed record without their addresses.

    Raises:
        NotFound: no such record, or not for this principal.
    """
    authorize(principal, Act.READ_RECORD)
    archive = installation.archive
    with archive.store.read() as connection:
        refuse_unseen(connection, principal, archive.catalogue.get(connection, record_id))
        events = _queued(archive.ledger.events_about(connection, [record_id]))
        return [_notice(installation, connection, one) for one in events]


def all_notices(installation: Installation, principal: Principal) -> Iterator[Notice]:
    """Every notice that this principal may see, oldest first, read in pages."""
    authorize(principal, Act.READ_RECORD)
    archive = installation.archive
    position = -1
    while True:
        with archive.store.read() as connection:
            page = archive.ledger.events_after(connection, position, kinds=(EventKind.NOTICE_QUEUED,), limit=_PAGE)
            found = [
                _notice(installation, connection, one)
                for one in page
                if may_see(connection, principal, archive.catalogue.get(connection, one.event.subjects[0]))
            ]
        if not page:
            return
        position = page[-1].position
        yield from found


def _notice(installation: Installation, connection: Connection, one: LedgerEvent) -> Notice:
    ledger = installation.archive.ledger
    record_id, letter_id = one.event.subjects
    said = ledger.payload(connection, one.position) or {}
    sent = [each for each in ledger.events_about(connection, [letter_id]) if each.event.kind is EventKind.LETTER_SENT]
    return Notice(
        letter=letter_id,
        record=record_id,
        actor=one.event.actor,
        at=one.event.at,
        position=one.position,
        to=said.get("to"),
        sent_at=sent[0].event.at if sent else None,
        sent_position=sent[0].position if sent else None,
    )


def show_notice(installation: Installation, principal: Principal, letter_id: str) -> dict[str, Any]:
    """A notice with what was written, and the proofs that its leaves are in the ledger.

    Raises:
        NotFound: no such notice, or not for this principal.
    """
    authorize(principal, Act.READ_RECORD)
    archive = installation.archive
    with archive.store.read() as connection:
        events = _queued(archive.ledger.events_about(connection, [letter_id]))
        if events:
            record = archive.catalogue.get(connection, events[0].event.subjects[0])
        if not events or not may_see(connection, principal, record):
            raise NotFound(f"there is no notice {letter_id}; see: archiver notice list")
        notice = _notice(installation, connection, events[0])
        said = archive.ledger.payload(connection, notice.position) or {}
        proofs = {"queued": _proof(installation, connection, notice.position), "sent": None}
        if notice.sent_position is not None:
            proofs["sent"] = _proof(installation, connection, notice.sent_position)
    return {**notice.to_json(), "subject": said.get("subject"), "text": said.get("text"), "proofs": proofs}


def _proof(installation: Installation, connection: Connection, position: int) -> dict[str, Any]:
    """A leaf's path to a signed head, with salt and payload, which together give the digest in the leaf."""
    ledger = installation.archive.ledger
    salted = ledger.salted_payload(connection, position)
    return {
        "proof": ledger.prove(connection, position).to_json(),
        "salt": None if salted is None else salted[0].hex(),
        "payload": None if salted is None else salted[1].decode(),
    }
