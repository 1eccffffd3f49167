"""What a channel hands to the depositor, and what it may rely on when it gets an answer.

Rule: a channel acknowledges (SMTP 250, IMAP cursor, HTTP 201) only after `Depositor.deposit` has returned;
before that the bytes are the sender's, after that they are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from storage.records import Channel, Envelope


STREAMED_FROM = 4 << 20
EMAIL = "email"
DOCUMENT = "document"
JOURNAL = "journal"  # the kind of a mail that a trusted server sent to a journal address
SELECTED = "selected"  # in an envelope's transport: by whom it was chosen out of an upload


class ContentSource(Protocol):
    """Bytes that are too many to be held at once, read where they are needed."""

    @property
    def size(self) -> int:
        """How many bytes it says it has."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """All of them, in order, from the beginning; each call reads them again.

        Raises:
            InvalidInput: they cannot be read, or are no longer those that were found.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Bytes on their way in, exactly as the channel received them, or where they can be read.

    `account` separates sources within a channel (``smtp``, or the name of an IMAP account): the same payload
    from the same custodian over the same channel and account is a duplicate. `custodian_id` is None where
    nobody could be named; such a submission is kept and quarantined. `kind` is the submitter's own word for
    the format, None where it is to be detected.
    """

    channel: Channel
    account: str
    custodian_id: str | None
    envelope: Envelope = field(repr=False)
    payload: bytes | ContentSource = field(repr=False)
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited:
    """The durable answer: `duplicate_of` names the earlier submission where these bytes were known already.

    `position` is the ledger position of the leaf, `sha256` the lower-case hexadecimal digest of the payload.
    """

    submission_id: str
    duplicate_of: str | None
    position: int
    received_at: datetime
    sha256: str


class Depositor(Protocol):
    """The only way in."""

    def deposit(self, handover: Handover) -> Deposited:
        """Make the payload durable and answer when it is; blocks, and may be called from many threads at once.

        Raises:
            StorageFull: no space; nothing was half-done.
            TemporarilyUnavailable: the same again later will do.
            InvalidInput: a source of content cannot be read; bytes never raise this.
        """
        ...


class CustodianDirectory(Protocol):
    """Who is whose records' custodian."""

    def find(self, address: str) -> str | None:
        """The id of the custodian with this address (compared without regard to case), or None; may block."""
        ...
