"""Answers to mail that was handed in: a follower of the ledger that writes letters into the outbox.

Rule: what is due is found in the ledger by position, noted in the transaction that moves the cursor, and settled in
the transaction that writes its letter (`answer_rows`); so each submission is answered at most once, whenever this
program is killed. Whether and to whom is decided by pure rules (`answer_rules`, RFC 3834) from headers that the
sandboxed reader read. Answering begins with what is handed in after it was switched on.

Letters to one address are limited by the hour and the day; what is beyond that is gathered and told in one letter an
hour. A stranger gets one letter a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from archiver import answer_rows as rows
from archiver.answer_letters import Sender, gathered_letter, receipt_letter, trouble_letter
from archiver.answer_opening import in_full, in_short, open_mail, read_carriers
from archiver.answer_rules import MAIL_CHANNELS, About, Answer, AnswerPolicy, HandedIn, Quiet, decide
from ingest.carrier_facts import Sign
from ingest.submission import JOURNAL
from storage.errors import ArchiveError, Corrupt, TemporarilyUnavailable
from storage.events import EventKind
from storage.outbox import Outbox
from storage.records import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from archiver.answer_letters import AnsweredMail
    from archiver.answer_opening import OpenedMail
    from archiver.answer_rows import AnswerRow
    from archiver.wiring import Installation
    from ingest.carrier_facts import CarrierFacts
    from storage.ledger import LedgerEvent
    from storage.outbox import PreparedLetter
    from storage.records import Submission
    from storage.submissions import SealedEnvelope
    from storage.transaction import Transaction

_EVENTS = 500
_TOGETHER = 50
_MOST_GATHERED = 1_000
_MOST_PROOFS = 5
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_FRESH = timedelta(days=7)
_KEPT = timedelta(days=60)
_ASKING = {EventKind.RECORD_ARCHIVED: About.RECEIPT, EventKind.SUBMISSION_EXAMINED: About.TROUBLE}

SenderProof = Callable[["Submission", "SealedEnvelope", str], bool]
"""Whether checks of the mail itself (aligned SPF or DKIM) have shown that an address is its sender's."""


def nothing_proved(_submission: Submission, _envelope: SealedEnvelope, _address: str) -> bool:
    """The `SenderProof` of an archive that keeps no checks."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The account of one step: submissions looked at, and the letters written."""

    looked_at: int = 0
    letters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What a row becomes: a letter to an address, or silence for a reason."""

    row: AnswerRow
    reason: str | None = None
    tag: bytes | None = None
    stranger: bool = False
    letter: PreparedLetter | None = None


class Answering:
    """Answers what was handed in by mail to one archive; `proof` says whose address is proved."""

    def __init__(self, installation: Installation, proof: SenderProof = nothing_proved) -> None:
        self._installation = installation
        self._archive = installation.archive
        self._outbox = Outbox(installation.archive.store)
        self._proof = proof
        self._proofs_left = 0
        settings = installation.settings
        self._section = settings.answers
        self._sender = Sender(agency=settings.agency.name, zone=self._archive.zone, page=self._section.page)
        self._policy = AnswerPolicy(
            receipts=self._section.receipts,
            failures=self._section.failures,
            to=self._section.to,
            own=own_addresses(installation),
            domains=frozenset(one.strip().casefold().removeprefix("@") for one in self._section.domains),
        )
        self._mailboxes = frozenset(name for name, one in settings.imap.items() if one.custodian is not None)

    def step(self) -> Answered:
        """Note what came since the last step, answer some of what waits, and tell what was gathered.

        Raises:
            TemporarilyUnavailable, StorageFull: nothing was half-done; the next step goes on.
        """
        self._proofs_left = _MOST_PROOFS
        self._note()
        looked_at, letters = self._answer_waiting()
        return Answered(looked_at=looked_at, letters=letters + self._tell_gathered())

    def _note(self) -> None:
        store, ledger = self._archive.store, self._archive.ledger
        while True:
            found: list[LedgerEvent] = []
            with store.read() as connection:
                cursor = rows.read_cursor(connection)
                reached = ledger.head(connection).size - 1
                if cursor is not None:
                    found = ledger.events_after(connection, cursor, kinds=tuple(_ASKING), limit=_EVENTS)
                asked = self._asked(connection, found)
            if cursor is not None and not found:
                return  # the cursor stays, so that an idle archive is not written to
            with store.write() as transaction:
                rows.note(transaction, asked)
                rows.move_cursor(transaction, found[-1].position if found else reached)
                rows.prune(transaction, transaction.at - _KEPT)
            if len(found) < _EVENTS:
                return

    def _asked(self, connection: Connection, found: Sequence[LedgerEvent]) -> list[tuple[str, About, datetime]]:
        """Those of the events that are about a mail, by the submission that they name."""
        named = [(subject, _ASKING[one.event.kind], one.event.at) for one in found for subject in one.event.subjects]
        ids = list({subject for subject, _, _ in named})
        of_these = self._archive.submissions.get_many(connection, ids)
        mails = {one.id for one, _ in of_these if one.channel in MAIL_CHANNELS}
        return [one for one in named if one[0] in mails]

    def _answer_waiting(self) -> tuple[int, int]:
        with self._archive.store.read() as connection:
            waiting = rows.waiting(connection, _TOGETHER)
            silent = rows.opted_out(connection)
        if not waiting:
            return 0, 0
        opened = {row: open_mail(self._archive, row) for row in waiting}
        settled = [_Settled(row=row, reason=Quiet.UNREADABLE.value) for row, mail in opened.items() if mail is None]
        for mail, carrier in read_carriers(self._installation, [one for one in opened.values() if one is not None]):
            settled.append(self._decide(mail, carrier, opted_out=mail.submission.custodian_id in silent))
        with self._archive.store.write() as transaction:
            letters = sum(self._settle(transaction, one) for one in settled)
        return len(settled), letters

    def _decide(self, mail: OpenedMail, carrier: CarrierFacts | None, *, opted_out: bool) -> _Settled:
        submission, envelope, row = mail.submission, mail.envelope, mail.row
        now = self._archive.store.clock()
        if now - row.changed_at > _FRESH or now - submission.received_at > _KEPT:
            return _Settled(row=row, reason=Quiet.OLD.value)
        if carrier is None:
            return _Settled(row=row, reason=Quiet.UNREADABLE.value)
        if envelope.kind == JOURNAL:
            return _Settled(row=row, reason=Sign.JOURNAL.value)
        assert submission.outcome is not None
        handed_in = HandedIn(
            about=row.about,
            channel=submission.channel,
            outcome=submission.outcome,
            submitter=envelope.envelope.submitter,
            owner=mail.owner,
            personal_mailbox=submission.channel is Channel.IMAP and envelope.account in self._mailboxes,
            opted_out=opted_out,
            proved=False,
            carrier=carrier,
        )
        due = decide(handed_in, self._policy)
        if due == Quiet.NOT_PROVED.value and self._is_proved(mail, carrier):
            due = decide(replace(handed_in, proved=True), self._policy)
        if not isinstance(due, Answer):
            return _Settled(row=row, reason=due)
        try:
            told = in_full(self._installation, mail, carrier, show_subject=self._section.show_subject)
        except Corrupt:
            return _Settled(row=row, reason=Quiet.UNREADABLE.value)
        return self._written(row, due, told)

    def _is_proved(self, mail: OpenedMail, carrier: CarrierFacts) -> bool:
        """Whether a stranger is who he says; looked into for a few a step, so that a flood of them costs little."""
        if carrier.sender is None or self._proofs_left <= 0:
            return False
        self._proofs_left -= 1
        return self._proof(mail.submission, mail.envelope, carrier.sender)

    def _written(self, row: AnswerRow, due: Answer, told: AnsweredMail) -> _Settled:
        if row.about is About.RECEIPT:
            letter = receipt_letter(told, due.to, self._sender)
        else:
            letter = trouble_letter(told, due.to, self._sender, stranger=due.stranger)
        tag = self._archive.custodians.tag(due.to)
        return _Settled(row=row, tag=tag, stranger=due.stranger, letter=self._outbox.prepare(letter))

    def _settle(self, transaction: Transaction, one: _Settled) -> int:
        """Write what a row becomes; how many letters that is."""
        if one.letter is None or one.tag is None:
            rows.settle(transaction, one.row, rows.QUIET, reason=one.reason)
            return 0
        if self._beyond_limits(transaction.connection, one, transaction.at):
            state = rows.QUIET if one.stranger else rows.GATHERED
            rows.settle(transaction, one.row, state, reason=Quiet.LIMIT.value, tag=one.tag)
            return 0
        if rows.settle(transaction, one.row, rows.QUEUED, tag=one.tag, letter_id=one.letter.id):
            self._outbox.add(transaction, one.letter)
            return 1
        return 0

    def _beyond_limits(self, connection: Connection, one: _Settled, now: datetime) -> bool:
        """Whether so many letters were written that this one is not; asked under the write lock."""
        if rows.letters_since(connection, now - _HOUR) >= self._section.all_per_hour:
            return True
        hourly, daily = (1, 1) if one.stranger else (self._section.per_hour, self._section.per_day)
        in_hour = rows.letters_since(connection, now - _HOUR, one.tag)
        return in_hour >= hourly or rows.letters_since(connection, now - _DAY, one.tag) >= daily

    def _tell_gathered(self) -> int:
        """One letter to each address with gathered answers that got none within the last hour."""
        archive = self._archive
        now = archive.store.clock()
        with archive.store.read() as connection:
            due = [
                (tag, rows.gathered(connection, tag, _MOST_GATHERED))
                for tag in rows.gathered_tags(connection)
                if not rows.letters_since(connection, now - _HOUR, tag)
            ]
            room = self._section.all_per_hour - rows.letters_since(connection, now - _HOUR)
        return sum(self._tell(tag, some) for tag, some in due[: max(0, room)])

    def _tell(self, tag: bytes, some: Sequence[AnswerRow]) -> int:
        """One letter about all of these; how many letters that is."""
        archive = self._archive
        ids = [one.submission_id for one in some]
        address, mails = None, []
        try:
            with archive.store.read() as connection:
                found = [one for one, _ in archive.submissions.get_many(connection, ids)]
                owner_ids = list({one.custodian_id for one in found if one.custodian_id is not None})
                owners = archive.custodians.open(connection, owner_ids)
                envelopes = archive.submissions.envelopes(connection, ids)
            known = [one for owner in owners.values() for one in owner.addresses if archive.custodians.tag(one) == tag]
            address = known[0] if known else None
            mails = [in_short(one, envelopes[one.id]) for one in found if one.id in envelopes]
        except TemporarilyUnavailable:
            raise
        except ArchiveError:  # a damaged envelope or custodian; nobody can be told
            address = None
        letter = None
        if address is not None and mails:
            letter = self._outbox.prepare(gathered_letter(mails, address, self._sender))
        with archive.store.write() as transaction:
            state, letter_id = (rows.QUIET, None) if letter is None else (rows.TOLD, letter.id)
            reason = Quiet.UNREADABLE.value if letter is None else None
            changed = [rows.settle(transaction, one, state, reason=reason, letter_id=letter_id) for one in some]
            if not all(changed):
                raise TemporarilyUnavailable("another program told some of these answers just now; try again")
            if letter is None:
                return 0
            self._outbox.add(transaction, letter)
        return 1


def own_addresses(installation: Installation) -> frozenset[str]:
    """The archive's own addresses, case folded: what it takes mail for, polls, and writes from."""
    settings = installation.settings
    polled = [one.username for one in settings.imap.values() if "@" in one.username]
    taken = [*settings.smtp.intake, *settings.smtp.aliases, *settings.smtp.journal_recipients]
    named = [*taken, settings.mail.sender, *polled]
    return frozenset(one.strip().casefold() for one in named)
