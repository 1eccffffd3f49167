"""The words of the house as types: submission, envelope, record, component, custodian, provenance.

Terms are those of ISO 15489, OAIS and PREMIS. Everything here is immutable, has aware times only, and
knows no storage. What describes content (`Description`, `Envelope`) is always sealed before it is written;
what stands in plain columns is `Record` and `Submission`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from storage.provenance import Authenticity


class Channel(StrEnum):
    """The way by which a submission came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    UPLOAD = "upload"
    FOLDER = "folder"
    CLI = "cli"


class RecordKind(StrEnum):
    """What a record is a unit of."""

    EMAIL = "email"
    CONVERSATION = "conversation"
    POST = "post"
    SCREENSHOT = "screenshot"
    DOCUMENT = "document"
    PAGE = "page"


class RecordState(StrEnum):
    """What became of a record; `held` is computed from holds and never stored."""

    ACTIVE = "active"
    DESTROYED = "destroyed"
    TRANSFERRED = "transferred"
    RELEASED = "released"


class Outcome(StrEnum):
    """What examination (or the deposit) made of one item; `waiting` is no outcome but its absence."""

    ARCHIVED = "archived"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class Grade(StrEnum):
    """How good the evidence for the original is (see the design page, Provenance)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class ForwardMethod(StrEnum):
    """How the original travelled inside the submitted mail."""

    INLINE = "inline"
    ATTACHED = "attached"
    NONE = "none"


class ComponentRole(StrEnum):
    """What a byte string is to its record."""

    ORIGINAL = "original"
    ATTACHMENT = "attachment"
    RENDITION = "rendition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A sender or recipient as the message prints it; either half may be missing, nothing is invented."""

    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """The headers of one message (RFC 5322 §3.6), decoded; `date` is ISO 8601, without offset if none was printed.

    `references` are the messages that it answers, from the first of the thread to its parent (§3.6.4), few of many.
    """

    sender: Party | None = None
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    date: str | None = None
    subject: str | None = None
    message_id: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """How a forwarded original came to us: by whom, and what the forwarder wrote above it."""

    method: ForwardMethod = ForwardMethod.NONE
    by: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedMessage:
    """One message found inside a mail: how it travelled, its letterhead, and what stood above it at that level.

    `comment` was written by whoever forwarded this message: the sender of the message around it.
    """

    method: ForwardMethod
    letterhead: Letterhead
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What a message of a conversation carried; `present` is false where the export left it out."""

    name: str | None = None
    media_type: str | None = None
    sha256: str | None = None
    present: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A reaction to a message."""

    by: str | None
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a message said before it was edited, and when where that is told."""

    text: str
    at: str | None = None


class Message(NamedTuple):
    """One message of a conversation; `at` is ISO 8601, without offset where the source printed none.

    `id` is the platform's and what `reply_to` of others names; `edits` are earlier versions, oldest first;
    `edited` says that it was edited where nobody says when. A named tuple, since an export has a hundred thousand and
    each is made four times until it can be found: a frozen dataclass of so many fields costs four times as much.
    """

    at: str | None
    sender: str | None
    text: str
    side: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    edited_at: str | None = None
    deleted: bool = False
    system: bool = False
    reactions: tuple[Reaction, ...] = ()
    id: str | None = None
    edited: bool = False
    edits: tuple[Version, ...] = ()
    forwarded_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The conversation, its day and the zone that made the day; `day` is empty for messages without a date.

    `key` is what identifies it among the exports of one platform, `owner` the participant who exported it, `url` the
    place where a post was published.
    """

    title: str | None
    participants: tuple[str, ...]
    day: str
    zone: str
    key: str = ""
    owner: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One byte string of a record.

    `path` is empty where the component is a sealed object of its own, and the place inside the original
    (MIME section numbers such as ``2.1``) where its bytes are a slice of it and are not stored twice.
    `size` is in bytes, `sha256` of the plain bytes in lower-case hexadecimal. `may_hold` is set where by its first
    bytes it may be the export of conversations, which is then taken apart. `pictured` is set where its pixels may hold
    text that examination did not read: a picture, or pages of a PDF without a text layer.
    """

    id: str
    role: ComponentRole
    media_type: str
    name: str | None
    size: int
    sha256: str
    path: str = ""
    may_hold: bool = False
    pictured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """All that examination read in a record. It is content: it is sealed under the record's key.

    `carrier` is the letterhead of the mail as handed in; `original` that of the message it forwards (equal
    to `carrier` for a mail that forwards nothing); `chain` is every message found inside, outermost first. `text`
    is what search sees. `sent_at` is the asserted
    moment of the original where it has an offset (aware, UTC). `notes` are reader's remarks for people
    ("attachment 2 could not be read: encrypted"), never content. `unsearchable` names parts whose text
    could not be read, by reason. `unmapped` are fields
    of the source that stand in its bytes only, by name. `authenticity` is what was checked of its origin, None where
    nothing was.
    """

    kind: RecordKind
    original: Letterhead = field(default_factory=Letterhead)
    carrier: Letterhead | None = None
    forward: Forward = field(default_factory=Forward)
    chain: tuple[ForwardedMessage, ...] = ()
    platform: str | None = None
    conversation: Conversation | None = None
    messages: tuple[Message, ...] = ()
    text: str = ""
    sent_at: datetime | None = None
    components: tuple[Component, ...] = ()
    verified: tuple[str, ...] = ()
    asserted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unsearchable: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    reader: str = ""
    authenticity: Authenticity | None = None

    def __post_init__(self) -> None:
        """Refuse a naive moment: it could mean any of forty zones."""
        if self.sent_at is not None and self.sent_at.tzinfo is None:
            msg = "sent_at must be aware"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How the bytes came: what the channel itself saw, before anything was parsed. Sealed.

    `submitter` is the address or person that handed in (SMTP: MAIL FROM); `recipient` the archive's own
    address that was written to; `source` the name the submitter gave (file name, mailbox and UID);
    `transport` what the channel can testify (peer address, HELO, TLS), as pairs.
    """

    submitter: str | None = None
    recipient: str | None = None
    source: str | None = None
    transport: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A deposited submission as the catalogue lists it: ids, times, sizes and outcome; no content."""

    id: str
    channel: Channel
    custodian_id: str | None
    received_at: datetime
    size: int
    position: int
    outcome: Outcome | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as the catalogue lists it: the facts that stand in plain columns."""

    id: str
    kind: RecordKind
    submission_id: str
    custodian_id: str
    channel: Channel
    captured_at: datetime
    sent_at: datetime | None
    series_id: str | None
    state: RecordState
    grade: Grade
    position: int


class WorksAt(NamedTuple):
    """Where an employee works, from a day on; None where nobody said since when."""

    school: str
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Custodian:
    """The employee whose records these are; `addresses` begins with the one that names him.

    `schools` are where he works and worked, as somebody said, each until the next begins.
    """

    id: str
    name: str
    addresses: tuple[str, ...]
    since: datetime
    schools: tuple[WorksAt, ...] = ()

    def __post_init__(self) -> None:
        """A custodian without an address could never be found again."""
        if not self.addresses:
            msg = "a custodian needs at least one address"
            raise ValueError(msg)

    def school_on(self, day: date) -> str | None:
        """Where he worked on a day, as far as somebody said."""
        if not self.schools:
            return None
        begun = [one for one in self.schools if one.since is None or one.since <= day]
        return max(begun, key=lambda one: one.since or date.min).school if begun else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedRecord:
    """A record opened: its facts, what it says, and whose it is."""

    record: Record
    description: Description
    custodian: Custodian
