"""The conversation with a sandboxed reader: length-prefixed frames over two pipes.

A frame is a kind (1 byte), the length of a head (4 bytes) and of a body (8 bytes), both big-endian, then the
head (JSON, one object) and the body (raw bytes). The parent sends readings; the reader says once what
confines it and then answers each reading in order, with a description, with bytes, or with a refusal.

The reader parsed hostile input, so whatever it sends is hostile: lengths are bounded before a byte is kept,
a description is decoded strictly, and a refusal is one of a fixed list of words, since a free text would carry
content into logs.
"""

from __future__ import annotations

import builtins
import os
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ingest.confinement import Confinement
from storage import description_codec
from storage.errors import ArchiveError, NewerFormat
from storage.records import Description
from storage.strict_json import Members, flag, number, only, read_object, refuse, string, strings, write_object

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEAD_BYTES: Final = 1 << 16
PREFIX: Final = struct.Struct(">cIQQ")  # kind, length of the head, length of the body, token

_CHUNK: Final = 1 << 20
_LARGE: Final = 1 << 18
_MAX_BRACKETS: Final = 64
_MAX_LIMIT: Final = (1 << 63) - 1
_MAX_ABI: Final = 1 << 16

# what a refusal may say: the names of the language's own exceptions, and those of the house
_KNOWN_REFUSALS: Final = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception)
) | {"ArchiveError", *(one.__name__ for one in ArchiveError.__subclasses__())}


class FrameKind(StrEnum):
    """The first byte of a frame."""

    READING = "Q"
    READY = "C"
    DESCRIPTION = "D"
    CONTENT = "B"
    REFUSAL = "N"


class Task(StrEnum):
    """What the readers of the house can do (see `ingest.sandbox_tasks`)."""

    EMAIL = "email"
    AUTHENTICITY = "authenticity"
    PART = "part"
    DOCUMENT = "document"
    CARRIER = "carrier"
    SLICE = "slice"
    SET = "set"


class FailureReason(StrEnum):
    """Why an input could not be read."""

    CRASH = "crash"
    MEMORY = "memory"
    TIME = "time"
    PROTOCOL = "protocol"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRequest:
    """One input for a reader: the task's name, the bytes, and what else the task wants to know.

    `wants_content` is true where the answer is bytes instead of a `Description`. `options` holds what JSON can:
    strings, whole numbers, truth values.
    """

    task: str
    payload: bytes
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    wants_content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingFailed:
    """No answer for this input. `detail` is for people (a signal, a limit, an exception's name), never content."""

    reason: FailureReason
    detail: str


ReadingAnswer = Description | bytes | ReadingFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame as it came: `kind` is one byte of anything, `head` and `body` are bounded in length only.

    `token` is the one of the request that it answers, or pretends to.
    """

    kind: bytes
    head: bytes
    body: bytes
    token: int = 0


def frame_parts(kind: StrEnum, head: Members, body: bytes, token: int = 0) -> tuple[bytes, bytes]:
    """The two byte strings of a frame: prefix with head, and the body, which is not copied."""
    encoded = write_object(head) if head else b""
    return PREFIX.pack(kind.value.encode(), len(encoded), len(body), token) + encoded, body


def new_token() -> int:
    """A number for one request that no answer written before it was asked can carry."""
    return int.from_bytes(os.urandom(8))


def request_parts(request: ReadingRequest, *, seconds: float, token: int) -> tuple[bytes, bytes]:
    """A reading as a frame; `seconds` is the time after which the reader shall end itself if nobody else does."""
    head: Members = {"task": request.task, "options": dict(request.options), "seconds": round(seconds)}
    return frame_parts(FrameKind.READING, head, request.payload, token)


def answer_of(frame: Frame, request: ReadingRequest, token: int) -> ReadingAnswer:
    """What a reader's frame says about the request that it answers.

    Raises:
        ValueError: it is no answer to that request.
    """
    if frame.token != token:
        refuse("an answer to another request")
    if frame.kind == b"N":
        return refusal_of(frame)
    if frame.head or frame.kind != (b"B" if request.wants_content else b"D"):
        refuse("the kind of the answer")
    if request.wants_content:
        return frame.body
    try:
        return description_codec.decode(frame.body)
    except NewerFormat:
        refuse("the version of the answer")


def refusal_parts(error: Exception, token: int) -> tuple[bytes, bytes]:
    """A refusal as a frame: the nearest known name of the exception, never its words."""
    known = (one.__name__ for one in type(error).__mro__ if one.__name__ in _KNOWN_REFUSALS)
    return frame_parts(FrameKind.REFUSAL, {"refused": next(known, "Exception")}, b"", token)


def ready_parts(confinement: Confinement) -> tuple[bytes, bytes]:
    """What confines the reader, as a frame."""
    head: Members = {
        "seccomp": confinement.seccomp,
        "no_new_privileges": confinement.no_new_privileges,
        "undumpable": confinement.undumpable,
        "landlock_abi": confinement.landlock_abi,
        "limits": dict(confinement.limits),
        "refusals": confinement.refusals,
    }
    return frame_parts(FrameKind.READY, head, b"")


def confinement_of(frame: Frame) -> Confinement:
    """What a reader says that confines it.

    Raises:
        ValueError: it says something else.
    """
    if frame.kind != b"C" or frame.body:
        refuse("the first frame")
    members = only(
        read_object(frame.head, brackets=_MAX_BRACKETS),
        frozenset({"seccomp", "no_new_privileges", "undumpable", "landlock_abi", "limits", "refusals"}),
    )
    limits = members.get("limits")
    if type(limits) is not dict:
        refuse("limits")
    return Confinement(
        seccomp=flag(members, "seccomp", default=False),
        no_new_privileges=flag(members, "no_new_privileges", default=False),
        undumpable=flag(members, "undumpable", default=False),
        landlock_abi=number(members, "landlock_abi", at_most=_MAX_ABI),
        limits=tuple((name, number(limits, name, at_most=_MAX_LIMIT)) for name in limits),
        refusals=strings(members, "refusals"),
    )


def refusal_of(frame: Frame) -> ReadingFailed:
    """A refusal, by the word that it names.

    Raises:
        ValueError: it is none.
    """
    members = only(read_object(frame.head, brackets=1), frozenset({"refused"}))
    name = string(members, "refused")
    if frame.body or name not in _KNOWN_REFUSALS:
        refuse("the refusal")
    reason = FailureReason.MEMORY if name == MemoryError.__name__ else FailureReason.REFUSED
    return ReadingFailed(reason=reason, detail=name)


class FrameStream:
    """Frames out of a descriptor that need not have a whole one ready; small ones are cut from one buffer.

    A frame that announces more than `max_body` is refused before any of it is kept.
    """

    def __init__(self, descriptor: int, *, max_body: int) -> None:
        self._descriptor = descriptor
        self._max_body = max_body
        self._held = bytearray()
        self._start = 0
        self._large: bytearray | None = None
        self._filled = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held back, not even a part of a frame."""
        return self._start == len(self._held) and self._large is None

    def fill(self) -> bool:
        """Read once what is there; False at the end of the stream.

        Raises:
            BlockingIOError: nothing is there, and the descriptor does not block.
        """
        if self._large is not None:
            count = os.readv(self._descriptor, [memoryview(self._large)[self._filled :]])
            self._filled += count
            return count > 0
        chunk = os.read(self._descriptor, _CHUNK)
        if self._start:
            del self._held[: self._start]
            self._start = 0
        self._held += chunk
        return bool(chunk)

    def next_frame(self) -> Frame | None:
        """The next whole frame, or None until more has been filled in.

        Raises:
            ValueError: the frame is longer than agreed.
        """
        if self._large is not None:
            if self._filled < len(self._large):
                return None
            whole, self._large = self._large, None
            return _frame_in(whole, 0)
        available = len(self._held) - self._start
        if available < PREFIX.size:
            return None
        _, head, body, _ = PREFIX.unpack_from(self._held, self._start)
        if head > MAX_HEAD_BYTES or body > self._max_body:
            refuse("the length of a frame")
        size = PREFIX.size + head + body
        if available >= size:
            frame = _frame_in(self._held, self._start)
            self._start += size
            return frame
        if size > _LARGE:
            self._large = bytearray(size)
            self._large[:available] = memoryview(self._held)[self._start :]
            self._filled = available
            self._held, self._start = bytearray(), 0
        return None


def _frame_in(buffer: bytearray, start: int) -> Frame:
    kind, head, body, token = PREFIX.unpack_from(buffer, start)
    first = start + PREFIX.size
    with memoryview(buffer) as view:
        return Frame(
            kind=kind,
            head=bytes(view[first : first + head]),
            body=bytes(view[first + head : first + head + body]),
            token=token,
        )
