"""What a reader of an export says: messages, each with its thread and its exact bytes; pure types.

Rule kept: a reader never drops and never invents. What a message has and this model has not is named in `unmapped`
and stays in `raw`; what the export does not say is None; a moment without an offset stays without one. A reader gives
messages in the order of the export and keeps none of them: which of them make a record is decided by `days`.

Readers run in the sandboxed child, with memory bounded whatever the size of the export: they stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

from ingest.formats.chats.date_order import DateOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ingest.formats.container import Remark


class ThreadKind(StrEnum):
    """What makes one record of a thread."""

    CONVERSATION = "conversation"
    """One day of it, in the archive's zone."""
    POST = "post"
    """All of it: the post is its first message, its comments follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that a message carries.

    `entry` is its name in the export, as `Export.names` has it; `inline` its bytes where they stand in the message
    itself. A file that the message names and the export has not has neither. `size` is only what the export states.
    """

    name: str | None = None
    media_type: str | None = None
    entry: str | None = None
    inline: bytes | None = field(default=None, repr=False)

    @property
    def present(self) -> bool:
        """Whether its bytes are there."""
        return self.entry is not None or self.inline is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a message said before it was edited; `at` is when it said so, where the export tells."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """A reaction: who, with what, and when where that is told."""

    emoji: str
    by: str | None = None
    at: datetime | None = None


class ChatMessage(NamedTuple):
    """One message. A named tuple for the same reason as `storage.records.Message`.

    Args:
        at: when it was sent: aware where the export states an instant or an offset, naive as it is printed otherwise,
            None where nothing plausible is stated.
        sender: who, in the words of the export; None for a notice of the system that names nobody.
        text: what it says, without marks of the format. Of a deleted message what is left of it, mostly nothing.
        raw: its exact bytes in the export (lines, a JSON object, an element); where the format has no separable bytes,
            canonical JSON of every field read, and the thread says `serialised`.
        id: its identity in the export, where there is one, unique in the thread.
        side: "right" for the owner of the export, "left" for others, "center" for notices, None where unknown.
        attachments: files, present or only named.
        reply_to: `id` of the message answered, or what is quoted of it where there is no id.
        edited_at: when it was last edited; `edits` are its earlier versions, oldest first.
        edited: it was edited, whether or not it is said when.
        deleted: it was taken back.
        system: it is a notice of the platform, not anybody's words.
        forwarded_from: whose words these were, where it was passed on.
        unmapped: names of fields that are in `raw` and nowhere else, as paths such as ``share.link``. Sorted.
        day: YYYY-MM-DD where the export tells the day of a message and no more.
    """

    at: datetime | None
    sender: str | None
    text: str
    raw: bytes
    id: str | None = None
    side: str | None = None
    attachments: tuple[Media, ...] = ()
    reply_to: str | None = None
    edited_at: datetime | None = None
    edits: tuple[Version, ...] = ()
    edited: bool = False
    deleted: bool = False
    system: bool = False
    forwarded_from: str | None = None
    reactions: tuple[Reacted, ...] = ()
    unmapped: tuple[str, ...] = ()
    day: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation, or a post with its comments; the same object for all of its messages.

    Args:
        platform: lower case, one of CONTRACT's (whatsapp, messenger, instagram, x, telegram, signal, sms, imessage,
            slack, discord, googlechat, ...).
        key: what identifies it in later exports of the same account: an id of the platform's, else what comes nearest.
        title: its name as people see it.
        participants: who takes part, as the export names them, the owner too; in the export's order.
        owner: the participant whose export this is, where it is told.
        kind: what makes a record.
        path: where in the export it lies, for the accounting.
        serialised: whether `raw` of its messages was written by the reader.
        media_type: what `raw` is.
        joint: what stands between two messages' bytes in the export: a line feed for lines, else nothing.
        url: where it was published, of a post.
        dates: what the order of day and month in its dates rests on.
    """

    platform: str
    key: str
    title: str | None
    participants: tuple[str, ...] = ()
    owner: str | None = None
    kind: ThreadKind = ThreadKind.CONVERSATION
    path: str = ""
    serialised: bool = False
    media_type: str = "application/json"
    joint: bytes = b"\n"
    url: str | None = None
    dates: DateOrder = DateOrder.PRINTED


class Said(NamedTuple):
    """A message in its thread."""

    thread: Thread
    message: ChatMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """How many of something the export itself says that it holds; counted apart from what a reader made of it.

    `what` is "messages", "media", "conversations" or "posts".
    """

    what: str
    count: int
    path: str = ""


class Export(Protocol):
    """An export as readers see it: files by name, nothing else; a single file is an export of one name.

    Names use ``/``, are as given in the archive and so hostile; they are compared, never opened anywhere else.
    """

    @property
    def names(self) -> Sequence[str]:
        """The names of all files, in the order of the archive."""
        ...

    @property
    def name(self) -> str:
        """The file name of the export itself, as given."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The archive's zone."""
        ...

    @property
    def day_first(self) -> bool | None:
        """What the submitter said of the order of day and month; None where he was not asked."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is a file of exactly this name."""
        ...

    def size(self, name: str) -> int:
        """Its size in bytes, as stated."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Its bytes as a stream to be read forward once, which marks it as read; any number of times.

        `read` raises `MemberBroken` where the rest of it cannot be had.

        Raises:
            MemberBroken: there are none.
        """
        ...

    def head(self, name: str, size: int = 4096) -> bytes:
        """Its first bytes, empty where there are none; does not mark it as read."""
        ...

    def read(self, name: str, limit: int = 64 << 20) -> bytes:
        """All of a file that is not large, which marks it as read.

        Raises:
            MemberBroken: there are none, or more than `limit`.
        """
        ...


class ExportFormat(Protocol):
    """The shape of a reader module."""

    READER: str
    """Its name and version, such as "whatsapp 1"; changed whenever it would give other messages."""

    def recognise(self, export: Export) -> bool:
        """Whether this export is of this format, from names and first bytes; cheap, never raises."""
        ...

    def read(self, export: Export) -> Iterator[Said | Stated | Remark]:
        """All of it, the same at every reading.

        Raises:
            ContainerBroken: nothing more can be had. What came before stays.
        """
        ...

    def aside(self, name: str) -> str | None:
        """Why a file of the export that was not read makes no record of its own; None where it shall make one."""
        ...
