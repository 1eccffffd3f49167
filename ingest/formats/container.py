"""What comes out of a container (mbox, zip, tar, PST, OLM): the words that readers and their callers share.

Rule kept: a container is transport, and it is never silent about what it held. A reader gives every member that it
meets, in the container's own order, with its bytes or with the reason why there are none; what it has to say of no
single member is a `Remark`; last of all it says what the container itself declares (`Declared`), so that what came
out can be held against it. The order is the same at every reading of the same bytes, because a member is known by its
place in it.

A reader is a function ``members(source, name, about)`` over a seekable binary file that is only read; `name` is the
file name of the container as it was given. It keeps memory bounded whatever the file's size, follows no link, opens no
other file, and never unpacks a container inside: that is a member of kind `MemberKind.CONTAINER`. It runs in the
sandboxed child.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class MemberKind(StrEnum):
    """What the bytes of a member are to be read as."""

    EMAIL = "email"
    """A MIME message, byte for byte as the container holds it."""
    SERIALISED_EMAIL = "serialised-email"
    """Every field of a message that has no bytes of its own, as `serialised_message` writes them."""
    DOCUMENT = "document"
    CONTAINER = "container"
    """A container in its turn, to be deposited and unpacked as one."""
    SLICE = "slice"
    """What one record of an export of conversations or posts is made of, as `chats.slices` writes it."""
    UNRECOGNISED = "unrecognised"
    """An export by its looks that no reader knows: it is kept for a person to decide."""


class MemberBroken(Exception):
    """Raised by `Member.pieces`: the rest of this member cannot be had. Its text is the reason, without content."""


class NoContainer(Exception):
    """Raised by a reader before its first member: the file only looked like a container, and is one file."""


class ContainerBroken(Exception):
    """Raised by a reader: nothing more can be had from this container. Its text is the reason, without content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFacts:
    """Of which conversation a slice is, of which day, and how many messages it has; for who chooses among slices.

    `thread` tells conversations of one title apart; it is empty for posts. `day` is empty for what has no date.
    """

    platform: str
    thread: str
    day: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member, in the order of the container.

    `path` says where in the container it lies, in the container's own words ("Inbox/2024", an entry's name, "" in
    an mbox), `name` what it is called there ("" where it has no name): both as given, so hostile. `pieces` are its
    bytes, to be taken before the next member is asked for and once only; a member with a `problem` has none, and
    the problem is a sentence for people that quotes nothing of the content. `remark` is what is odd about a member
    that can be taken all the same. A member `aside` is a file that makes no record and stays in the container only;
    its problem says why, and nothing is wrong with it. `holds` is told of slices only.
    """

    path: str
    name: str
    kind: MemberKind
    pieces: Iterable[bytes] = field(default=(), repr=False)
    problem: str | None = None
    remark: str | None = None
    aside: bool = False
    holds: SliceFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something to say that concerns no single member; `text` quotes nothing of the content.

    `lost` is how many members are known to be missing for that reason, 0 where nothing is, None where nobody knows.
    """

    text: str
    path: str = ""
    lost: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFolder:
    """How many members a folder says that it holds, itself and not the folders in it."""

    path: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of something (messages, media, conversations) an export holds, and how many of them came out.

    `held` is what the export states, or what was counted apart from reading it; None where neither can be done.
    `missing` is how many it names without having them.
    """

    what: str
    held: int | None
    taken: int
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the container says that it holds, given last; `count` is None where the format says nothing."""

    count: int | None = None
    folders: tuple[DeclaredFolder, ...] = ()
    tallies: tuple[Tally, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the archive knows that a container does not say.

    `zone` is the archive's, as a name of the time-zone database; `day_first` what the submitter says of the order of
    day and month, None where he was not asked; `mapping` a description of an export's columns as TOML, empty where
    none was given.
    """

    zone: str = "UTC"
    day_first: bool | None = None
    mapping: bytes = field(default=b"", repr=False)


UNTOLD = Circumstances()


Found = Member | Remark | Declared


class ContainerReader(Protocol):
    """The shape of a reader."""

    def __call__(self, source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
        """All members in order, then what was declared.

        Raises:
            ContainerBroken: nothing more can be had, from the first byte on or after some members.
        """
        ...
