"""The log of what is kept back, made from the archive: decisions, their notes, numbers, and what was left out.

Rules:

- Whoever may not see a record of the request gets no log of it: a log with rows missing would say too little.
- Where a row is to have words of a person, every redacted text of the request is opened first, so that none of what is
  left out stands in any row (`search.disclosure.exemption_log`).
- The agency words its grounds in ``grounds.toml`` of its folder of letters, a table a profile.
- Making a log is an event.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from typing import TYPE_CHECKING, Final

from archiver.access import Act, authorize
from archiver.own_exemptions import law_in_force
from archiver.release_messages import parties, party
from archiver.release_parts import PartReader
from archiver.releasing import Releaser
from archiver.review_groups import members_of
from archiver.seeing import hidden_records
from search.disclosure.exemption_log import Decided, exemption_log
from search.disclosure.kept_text import keep_text
from search.disclosure.letter_templates import read_own_file
from search.disclosure.production_types import page_number
from search.disclosure.productions import Productions
from search.disclosure.redaction import Regions
from search.disclosure.redactions import Redactions
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.disclosure.review_rows import Decision
from storage.errors import InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.exemption_log import ExemptionLog
    from search.disclosure.jurisdictions import Profile
    from search.disclosure.redaction import Redaction
    from search.disclosure.release_types import ProducedDocument
    from search.disclosure.request_types import DisclosureRequest
    from search.disclosure.review_rows import ReviewedRecord
    from storage.records import DescribedRecord

GROUNDS: Final = "grounds.toml"
_OPENED: Final = 50  # descriptions at a time
_Ranges = tuple[tuple[str, str], ...]
_KEPT_BACK: Final = (Decision.REDACT, Decision.WITHHOLD)


def log_of_request(
    installation: Installation,
    who: Principal,
    name: str,
    *,
    with_parties: bool = False,
    count_pages: bool = False,
    produced: Sequence[ProducedDocument] | None = None,
) -> tuple[DisclosureRequest, ExemptionLog]:
    """What is kept back of a request, as its law asks for it. An event, but where it goes with a production.

    Args:
        installation: the archive.
        who: an officer or reviewer.
        name: the request's number or id.
        with_parties: whether rows say sender and recipients.
        count_pages: whether the pages of what is withheld are counted, for which each record is laid out.
        produced: the documents of a production that is being made: the log is then of its records and of those that
            are withheld in full, with its numbers and with what was left out as its documents say.

    Raises:
        NotFound: there is no such request.
        InvalidInput: a record of it may not be seen with this role, or the agency's words of a ground cannot be used.
        Conflict: a redaction is of another version of its text.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        hidden = hidden_records(connection, who)
    members = [one for one in members_of(installation, found) if one.decision in _KEPT_BACK]
    if any(one.record_id in hidden for one in members):
        raise InvalidInput("not all of it may be seen with this role; somebody who may see all of it makes the log")
    if produced is not None:
        inside = {one.document.record_id for one in produced}
        members = [one for one in members if one.decision is Decision.WITHHOLD or one.record_id in inside]
    with store.read() as connection:
        notes = {one["step"]: one for one in Review(store).steps(connection, found.id)}
        given = _given_pages(Productions(store), connection, found.id) if produced is None else _laid_out(produced)
        counts = Redactions(store).counts(connection, found.id)
    written = with_parties or any(notes[one.step]["note"] for one in members if one.step in notes)
    taken = _taken(installation, found, members) if written else {}
    pages = _pages(installation, members) if count_pages else {}
    people = {one.actor: (one.name, one.role.value) for one in installation.users.list()}
    zone = installation.archive.zone
    rows = []
    for one, described in _described(installation, members):
        step = notes.get(one.step or 0, {"note": None, "at": ""})
        record = described.record
        rows.append(
            Decided(
                record=one.record_id,
                in_full=one.decision is Decision.WITHHOLD,
                codes=one.codes,
                note=step["note"],
                day=(record.sent_at or record.captured_at).astimezone(zone).date().isoformat(),
                kind=record.kind.value,
                numbers=given.get(one.record_id, ()),
                redactions=counts.get(one.record_id, (0, 0))[1] if one.decision is Decision.REDACT else None,
                pages_withheld=pages.get(one.record_id),
                parties=_parties(described) if with_parties else "",
                decided_by=people.get(one.decided_by or "", ("", "")),
                decided_on=_day(step["at"], zone),
                confirmed_by=None if one.confirmed_by is None else people.get(one.confirmed_by),
                taken=taken.get(one.record_id, ()),
            )
        )
    rows.sort(key=lambda row: (not row.numbers, row.numbers, row.day, row.record))
    law = law_in_force(installation, found.profile, retired=True)
    log = exemption_log(rows, law, words_of_grounds(installation, law))
    if produced is None:
        with store.write() as transaction:
            payload = {"exemptions": len(rows)}
            transaction.append(EventKind.REQUESTS_VIEWED, actor=who.actor, subjects=(found.id,), payload=payload)
    return found, log


def words_of_grounds(installation: Installation, law: Profile) -> dict[str, str]:
    """What the agency says of the grounds of a law, and of its own beside it, by code.

    Raises:
        InvalidInput: its file cannot be read, or words a ground that the law does not have.
    """
    folder = installation.settings.disclosure.letters
    if folder is None or not (folder / GROUNDS).is_file():
        return {}
    try:
        stated = tomllib.loads(read_own_file(folder / GROUNDS)).get(law.id, {})
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{GROUNDS} in the folder of letters is no TOML: {error}") from error
    known = [one.code for one in law.exemptions]
    if not isinstance(stated, dict):
        raise InvalidInput(f"{GROUNDS} has no table [{law.id}] of texts by code")
    wrong = next((code for code, text in stated.items() if code not in known or not isinstance(text, str)), None)
    if wrong is not None:
        raise InvalidInput(f"{GROUNDS} words {wrong[:40]!r}, which is no ground of {law.id}: {', '.join(known)}")
    return dict(stated)


def _day(moment: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(moment).astimezone(zone).date().isoformat() if moment else ""


def _given_pages(given: Productions, connection: Connection, request_id: str) -> dict[str, _Ranges]:
    """The pages of each record in productions, the record's with those of what hangs on it; not what was asked back."""
    found: dict[str, _Ranges] = {}
    for production in given.all_of(connection, request_id):
        pages: dict[str, list[int]] = {}
        for one in given.documents(connection, request_id, production.number):
            if one.clawback is None:
                pages.setdefault(one.record_id, []).extend((one.first_page, one.last_page))
        for record_id, several in pages.items():
            first, last = (page_number(production.prefix, one) for one in (min(several), max(several)))
            found[record_id] = (*found.get(record_id, ()), (first, last))
    return found


def _laid_out(produced: Sequence[ProducedDocument]) -> dict[str, _Ranges]:
    """The pages of each record in a production that is being made."""
    found: dict[str, _Ranges] = {}
    for one in produced:
        first = found.get(one.document.record_id, ((one.first, one.last),))[0][0]
        found[one.document.record_id] = ((first, one.last),)
    return found


def _described(
    installation: Installation, members: Sequence[ReviewedRecord]
) -> list[tuple[ReviewedRecord, DescribedRecord]]:
    archive = installation.archive
    found: list[tuple[ReviewedRecord, DescribedRecord]] = []
    for start in range(0, len(members), _OPENED):
        some = {one.record_id: one for one in members[start : start + _OPENED]}
        with archive.store.read() as connection:
            found += [(some[one.record.id], one) for one in archive.catalogue.describe(connection, list(some))]
    return found


def _taken(
    installation: Installation, found: DisclosureRequest, members: Sequence[ReviewedRecord]
) -> Mapping[str, tuple[str, ...]]:
    """The words that are left out of each record, as its final redactions say."""
    store = installation.archive.store
    wanted = [one for one in members if one.decision is Decision.REDACT]
    with store.read() as connection:
        marks = Redactions(store).final_of(connection, found.id, [one.record_id for one in wanted])
    taken: dict[str, tuple[str, ...]] = {}
    with PartReader(installation) as reader:
        for one, described in _described(installation, [one for one in wanted if one.record_id in marks]):
            mine = [mark for mark in marks[one.record_id] if not isinstance(mark.where, Regions)]
            if mine:
                taken[one.record_id] = tuple(_left_out(reader, described, mine))
    return taken


def _pages(installation: Installation, members: Sequence[ReviewedRecord]) -> dict[str, int]:
    """How many pages each record has that is withheld in full, as it would be given."""
    withheld = [one for one in members if one.decision is Decision.WITHHOLD]
    counts: dict[str, int] = {}
    with Releaser(installation) as releaser:
        for one, described in _described(installation, withheld):
            counts[one.record_id] = sum(document.page_count for document in releaser.release(described, ()))
    return counts


def _left_out(reader: PartReader, described: DescribedRecord, marks: Sequence[Redaction]) -> list[str]:
    found: list[str] = []
    for part in reader.record_parts(described).texts:
        here = [one for one in marks if one.place == part.place]
        if here:
            found += keep_text(part.text, here).taken
    return found


def _parties(described: DescribedRecord) -> str:
    head = described.description.original
    sender = "" if head.sender is None else party(head.sender)
    to = parties((*head.to, *head.cc))
    return f"{sender or 'unknown'} to {to or 'unknown'}" if sender or to else ""
