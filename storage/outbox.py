"""Letters that the archive sends, as rows: written with what causes them, deleted once handed over.

Rule: a letter is due if and only if what it tells of was committed, because its row is written in that transaction; it
leaves the outbox in the transaction that witnesses its sending (`letter.sent`). A crash between the mail server's
answer and that commit sends it twice, under the same Message-ID, and never not at all. To whom and what is sealed
under the letter's own key, which goes with the row.

A letter that cannot be handed over is tried again after 1, 2, 4 … minutes, at most every 4 hours, and never given up
silently: `stuck` counts those that failed often enough for somebody to look. One whose row or key is damaged holds up
no other: it counts as failed, and is sent after all once what is damaged was restored.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from storage.errors import Corrupt, InvalidInput
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind
from storage.strict_json import read_object, write_object
from storage.tables import outbox, wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.transaction import Store, Transaction
    from storage.vault import HolderKey, WrappedKey

_LONGEST_KIND = 16
_LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
_LONGEST_SUBJECT = 500
_LARGEST_TEXT = 1 << 20
_LARGEST_ATTACHMENT = 8 << 20
_BRACKETS = 4
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=4)
_STUCK_AFTER = 5
_DOUBLINGS = 8
DAMAGED = "damaged"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,950}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to one address. `kind` says to the ledger and the log what it is about, and nothing more.

    One that `is_reply` goes out with a null return path, so that nothing can answer it (RFC 3834 §3.3); `in_reply_to`
    is the Message-ID of the mail that it answers (§3.1.6), where that has one. `reply_to` is the address that a
    person may answer to. `about` are ids that the leaf of its sending names beside its own.
    """

    kind: str
    to: str
    subject: str
    text: str
    attachment: Attachment | None = None
    is_reply: bool = False
    in_reply_to: str | None = None
    reply_to: str | None = None
    about: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be sent: an address that is none, a header in more than one line, too much.

        Raises:
            InvalidInput: says which.
        """
        if not (self.kind.isascii() and self.kind.isalpha() and len(self.kind) <= _LONGEST_KIND):
            raise InvalidInput("the kind of a letter is one word of at most 16 letters")
        if not all(_is_address(one) for one in (self.to, self.reply_to) if one is not None):
            raise InvalidInput("a letter goes to one address of the form name@domain")
        if self.in_reply_to is not None and not _MESSAGE_ID.fullmatch(self.in_reply_to):
            raise InvalidInput("a letter answers a mail by its Message-ID, which is in brackets and has no blanks")
        if not self.subject.isprintable() or len(self.subject) > _LONGEST_SUBJECT:
            raise InvalidInput("the subject of a letter is one line of at most 500 characters")
        if any("\ud800" <= one <= "\udfff" for one in self.text):
            raise InvalidInput("the text of a letter holds half a character")
        if (
            len(self.text) > _LARGEST_TEXT
            or len(self.attachment.content if self.attachment else b"") > _LARGEST_ATTACHMENT
        ):
            raise InvalidInput("a letter has at most 1 MiB of text and 8 MiB attached")

    def encode(self) -> bytes:
        """As it is sealed."""
        members: dict[str, Any] = {"to": self.to, "subject": self.subject, "text": self.text}
        if self.attachment is not None:
            encoded = base64.b64encode(self.attachment.content).decode()
            about = {"name": self.attachment.name, "media_type": self.attachment.media_type, "content": encoded}
            members["attachment"] = about
        said = {"is_reply": self.is_reply, "in_reply_to": self.in_reply_to, "reply_to": self.reply_to}
        members |= {name: value for name, value in {**said, "about": list(self.about)}.items() if value}
        return write_object(members)

    @classmethod
    def decode(cls, kind: str, content: bytes) -> Letter:
        """Read a letter again."""
        members = read_object(content, brackets=_BRACKETS + content.count(b"[") + content.count(b"{"))
        about = members.get("attachment")
        attachment = None
        if about is not None:
            plain = base64.b64decode(about["content"])
            attachment = Attachment(name=about["name"], media_type=about["media_type"], content=plain)
        return cls(
            kind=kind,
            to=members["to"],
            subject=members["subject"],
            text=members["text"],
            attachment=attachment,
            is_reply=members.get("is_reply", False),
            in_reply_to=members.get("in_reply_to"),
            reply_to=members.get("reply_to"),
            about=tuple(members.get("about", ())),
        )


def _is_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' \t,;:<>()[]\\"')
    return bool(local and domain and plain and len(text) <= _LONGEST_ADDRESS)


@dataclass(frozen=True, slots=True)
class PreparedLetter:
    """A letter that is sealed and ready to be added."""

    id: str
    kind: str
    sealed: bytes
    key: WrappedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLetter:
    """A letter in the outbox. `problem` is why the last attempt failed, as a code."""

    id: str
    kind: str
    letter: Letter
    created_at: datetime
    next_try: datetime
    attempts: int
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedLetter:
    """A letter in the outbox that cannot be opened, because its row or its key is damaged."""

    id: str
    kind: str
    created_at: datetime
    next_try: datetime
    attempts: int
    problem: str = DAMAGED


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """How many letters wait, how many of them have failed often, and since when the oldest waits."""

    waiting: int
    stuck: int
    oldest: datetime | None


class Outbox:
    """The letters of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def prepare(self, letter: Letter) -> PreparedLetter:
        """Seal a letter; before the transaction that adds it."""
        letter_id = new_id(Prefix.LETTER)
        vault = self._store.vault
        key = vault.fresh(letter_id)
        sealed = vault.seal(key, SealKind.LETTER, letter_id, letter.encode())
        return PreparedLetter(letter_id, letter.kind, sealed, vault.wrap(key, self._store.current_epoch()))

    def add(self, transaction: Transaction, letter: PreparedLetter) -> str:
        """Put a letter into the outbox, in the transaction of what causes it; its id."""
        row = {
            "id": letter.id,
            "kind": letter.kind,
            "created_at": transaction.at,
            "next_try": transaction.at,
            "attempts": 0,
            "sealed_letter": letter.sealed,
        }
        transaction.connection.execute(insert(outbox), [row])
        transaction.keep_key(letter.key)
        return letter.id

    def waiting(
        self, connection: Connection, *, kind: str | None = None, due_at: datetime | None = None, limit: int = 100
    ) -> list[WaitingLetter | DamagedLetter]:
        """Letters in the outbox, the longest due first: of one kind, or those whose next attempt is due."""
        query = select(outbox).order_by(outbox.c.next_try, outbox.c.id).limit(limit)
        if kind is not None:
            query = query.where(outbox.c.kind == kind)
        if due_at is not None:
            query = query.where(outbox.c.next_try <= due_at)
        return self._opened(connection, list(connection.execute(query)))

    def _opened(self, connection: Connection, rows: Sequence[Any]) -> list[WaitingLetter | DamagedLetter]:
        ids = [row.id for row in rows]
        try:
            keys = self._store.holder_keys(connection, ids)
        except Corrupt:  # one of them; which, only a look at each can tell
            keys = {}
            for one in ids:
                with suppress(Corrupt):
                    keys |= self._store.holder_keys(connection, [one])
        return [self._open(row, keys.get(row.id)) for row in rows]

    def _open(self, row: Any, key: HolderKey | None) -> WaitingLetter | DamagedLetter:
        times = {"created_at": row.created_at, "next_try": row.next_try, "attempts": row.attempts}
        if key is None:
            return DamagedLetter(id=row.id, kind=row.kind, **times)
        try:
            plain = self._store.vault.unseal(key, SealKind.LETTER, row.id, row.sealed_letter)
            letter = Letter.decode(row.kind, plain)
        except (Corrupt, InvalidInput):  # the kind, which is not sealed, may be the damaged part
            return DamagedLetter(id=row.id, kind=row.kind, **times)
        return WaitingLetter(id=row.id, kind=row.kind, letter=letter, problem=row.problem, **times)

    def state(self, connection: Connection) -> OutboxState:
        """Counts; opens nothing."""
        stuck = func.count().filter(outbox.c.attempts >= _STUCK_AFTER)
        row = connection.execute(select(func.count(), stuck, func.min(outbox.c.created_at)).select_from(outbox)).one()
        return OutboxState(waiting=row[0], stuck=row[1], oldest=row[2])

    def sent(self, letter: WaitingLetter, *, actor: str) -> None:
        """Take a letter out that was handed over; nothing where another program did so before."""
        with self._store.write() as transaction:
            gone = transaction.connection.execute(delete(outbox).where(outbox.c.id == letter.id)).rowcount
            if not gone:
                return
            transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == letter.id))
            subjects = (letter.id, *letter.letter.about)
            facts = {"to": letter.letter.to, "kind": letter.letter.kind, "attempts": letter.attempts + 1}
            transaction.append(EventKind.LETTER_SENT, actor=actor, subjects=subjects, payload=facts)

    def failed(self, letter: WaitingLetter | DamagedLetter, *, problem: str) -> None:
        """Take down an attempt that failed, with a code for the reason, and when the next one is due."""
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(letter.attempts, _DOUBLINGS))
        with self._store.write() as transaction:
            transaction.connection.execute(
                update(outbox)
                .where(outbox.c.id == letter.id)
                .values(attempts=letter.attempts + 1, next_try=transaction.at + wait, problem=problem[:32])
            )

    def hurry(self) -> int:
        """Make every letter due now; how many there are."""
        with self._store.write() as transaction:
            changed = transaction.connection.execute(update(outbox).values(next_try=transaction.at))
            return int(changed.rowcount)
