"""One container taken apart by a confined child, as the parent sees it: it answers for bytes and takes what comes.

Rule kept: limits count what actually comes out, whatever the container says of itself: members, bytes, bytes for each
byte that went in, bytes that are asked for, and time without a sign of life. Time is measured only while the child has
the word; while its members are being stored it waits, because its pipe is full. Whatever ends it, what came out before
stays out.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol, Self

from ingest.confined_child import ConfinedChild
from ingest.confinement import SandboxUnavailable
from ingest.formats.container import UNTOLD, DeclaredFolder, MemberBroken, NoContainer, Remark
from ingest.reading_codec import FailureReason, Frame, ReadingFailed, frame_parts, refusal_of
from ingest.unpacking_codec import (
    LARGEST_BODY,
    LARGEST_RANGE,
    ToldMember,
    Word,
    read_begun,
    read_declared,
    read_folder,
    read_member,
    read_range,
    read_reason,
    read_remark,
)
from storage.errors import Corrupt
from storage.strict_json import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from ingest.formats.container import Circumstances, Declared
    from ingest.formats.container_kinds import ContainerKind
    from ingest.unpacking_codec import Begun
    from ingest.unpacking_limits import UnpackingLimits

CHILD_MODULE: Final = "ingest.unpacking_child"
_SAMPLE_SECONDS: Final = 0.05
_ORPHAN_SECONDS: Final = 30
_MOST_FOLDERS: Final = 100_000
_MOST_REMARKS: Final = 10_000
_REMARK_TIMES: Final = 100
# unread, any of them may have said that something is missing
_MORE_REMARKS: Final = Remark(text="there are more remarks than are kept", lost=None)
_LEAST_ASKED: Final = 64  # counted for asking, so that asking for nothing has an end, too
_READ_TIMES: Final = 64
_READ_FLOOR: Final = 1 << 30
_FAILED: Final = {
    FailureReason.CRASH: "its reader crashed",
    FailureReason.MEMORY: "taking it apart needs more memory than is allowed",
    FailureReason.TIME: "its reader took longer than is allowed",
    FailureReason.PROTOCOL: "its reader's answer was not acceptable",
    FailureReason.REFUSED: "its reader refused it",
}


class RangeSource(Protocol):
    """The bytes of a container; `storage.sealed_ranges.SealedRanges` in the product."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Those from `offset` on, fewer than `length` only at the end."""
        ...


class UnpackingEnded(Exception):
    """The container ended before its end. Its text is the reason, a sentence for people."""


class UnpackingSession:
    """A child and the container that it takes apart. Not safe for threads.

    Args:
        kind: which reader.
        source: the bytes.
        limits: what it may cost.
        spent: bytes that came out before, of this container and of those around it.
        allowance: bytes that may come out in all.
        about: what the archive knows beside them.
        allow_unconfined: take it apart even where the kernel refuses seccomp.
        child_module: whose `main` the child runs.

    Raises:
        SandboxUnavailable: no child can be started, or the kernel refuses seccomp and that was not allowed.
    """

    def __init__(
        self,
        kind: ContainerKind,
        source: RangeSource,
        *,
        limits: UnpackingLimits,
        spent: int = 0,
        allowance: int | None = None,
        about: Circumstances = UNTOLD,
        allow_unconfined: bool = False,
        child_module: str = CHILD_MODULE,
    ) -> None:
        self._source = source
        self._about = about
        self._limits = limits
        self._out = spent
        self._allowance = limits.bytes_for(source.size) if allowance is None else allowance
        self._asked = 0
        self._members = 0
        self._in_member = False
        words = (
            kind.value,
            str(2 * limits.memory),
            str(limits.cpu_seconds),
            str(round(limits.seconds) + _ORPHAN_SECONDS),
            about.zone,
        )
        self._child = ConfinedChild(child_module, words, max_body=LARGEST_BODY)
        confinement = self._child.wait_until_ready(limits.start_seconds)
        if not (confinement.seccomp or allow_unconfined):
            self.close()
            raise SandboxUnavailable("The kernel refuses seccomp, without which hostile input is not read.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child; again is allowed."""
        self._child.kill()

    def open(self, name: str, *, reader: str = "", after: int = 0, list_only: bool = False) -> Begun:
        """Begin, behind the member of ordinal `after` where the reader is still the one of that name and version.

        With `list_only` members are told without their bytes: the child gives none of them out.

        Raises:
            UnpackingEnded: the child did not begin.
        """
        head = {"name": name, "size": self._source.size, "reader": reader, "after": after, "list_only": list_only}
        self._write(*frame_parts(Word.OPEN, head | {"day_first": self._about.day_first}, self._about.mapping))
        with _only_as_agreed():
            begun = read_begun(self._frame())
        self._members = begun.after
        return begun

    def found(self) -> Iterator[ToldMember | Remark | Declared]:
        """What comes out, in order. The pieces of a large member (`pieces`) are taken before the next is asked for.

        Raises:
            UnpackingEnded: nothing more comes.
            NoContainer: it is one file.
            Corrupt: the stored bytes are not what was sealed.
        """
        folders: list[DeclaredFolder] = []
        remarks = 0
        while True:
            self._pass_over()
            frame = self._frame()
            told: ToldMember | Remark | Declared | None = None
            with _only_as_agreed():
                match frame.kind.decode("latin-1"):
                    case Word.MEMBER:
                        told = self._member(frame)
                    case Word.REMARK:
                        remarks += 1
                        told = _remark(frame, remarks)
                    case Word.FOLDER:
                        folders.append(read_folder(frame))
                        if len(folders) > _MOST_FOLDERS:
                            refuse("the number of folders")
                    case Word.DECLARED:
                        told = read_declared(frame, folders)
                    case Word.DONE:
                        return
                    case Word.PLAIN if not self._members:
                        raise NoContainer
                    case _:
                        raise self._end(frame)
            if told is not None:
                yield told

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the member that was told last, where they did not come with it.

        Raises:
            UnpackingEnded: the container ends inside of it.
            MemberBroken: the rest of it cannot be had; the container goes on.
        """
        while self._in_member:
            frame = self._frame()
            with _only_as_agreed():
                match frame.kind.decode("latin-1"):
                    case Word.PIECE:
                        if not frame.body:
                            refuse("a piece of nothing")
                        self._count(len(frame.body))
                    case Word.END:
                        self._in_member = False
                        reason = read_reason(frame)
                        if reason is not None:
                            raise MemberBroken(reason)
                        return
                    case _:
                        raise self._end(frame)
            yield frame.body

    def _pass_over(self) -> None:
        """Take what was left of a member that nobody wanted to the end."""
        with suppress(MemberBroken):
            for _ in self.pieces():
                pass

    def _member(self, frame: Frame) -> ToldMember:
        member = read_member(frame)
        self._members += 1
        if self._members > self._limits.members:
            raise UnpackingEnded(f"it holds more than {self._limits.members:,} members")
        self._in_member = member.content is None
        self._count(len(frame.body))
        return member

    def _count(self, size: int) -> None:
        self._out += size
        if self._out > self._allowance:
            raise UnpackingEnded(
                f"more than {self._allowance >> 20:,} MB come out of it, which is too much for its size"
            )

    def _end(self, frame: Frame) -> UnpackingEnded:
        """Why the child stopped, by the frame that says so."""
        if frame.kind == Word.BROKEN.value.encode():
            return UnpackingEnded(read_reason(frame) or _FAILED[FailureReason.REFUSED])
        if frame.kind == Word.REFUSAL.value.encode():
            return UnpackingEnded(_FAILED[refusal_of(frame).reason])
        return UnpackingEnded(_FAILED[FailureReason.PROTOCOL])

    def _frame(self) -> Frame:
        """The next frame that tells something; what is asked for meanwhile is answered."""
        while True:
            frame = self._next()
            if frame.kind != Word.ASK.value.encode():
                return frame
            with _only_as_agreed():
                offset, length = read_range(frame, self._source.size)
            self._asked += max(length, _LEAST_ASKED)
            if self._asked > _READ_TIMES * self._source.size + _READ_FLOOR:
                raise UnpackingEnded("its reader goes over it again and again")
            try:
                content = self._source.read(offset, min(length, LARGEST_RANGE))
            except OSError as error:
                raise Corrupt("the stored bytes of a container cannot be read") from error
            self._write(*frame_parts(Word.RANGE, {}, content))

    def _next(self) -> Frame:
        frame = self._cut()
        if frame is not None:
            return frame
        deadline = time.monotonic() + self._limits.seconds
        waiting = select.poll()
        waiting.register(self._child.answers, select.POLLIN)
        while True:
            if waiting.poll(_SAMPLE_SECONDS * 1000):
                if not self._child.stream.fill():
                    raise UnpackingEnded(_FAILED[self._child.how_it_ended().reason])
                frame = self._cut()
                if frame is not None:
                    return frame
            self._watch(deadline)

    def _cut(self) -> Frame | None:
        with _only_as_agreed():
            return self._child.stream.next_frame()

    def _write(self, head: bytes, body: bytes) -> None:
        deadline = time.monotonic() + self._limits.seconds
        waiting = select.poll()
        waiting.register(self._child.requests, select.POLLOUT)
        parts = [memoryview(head), memoryview(body)]
        while parts:
            try:
                count = os.writev(self._child.requests, parts)
            except BlockingIOError:
                waiting.poll(_SAMPLE_SECONDS * 1000)
                self._watch(deadline)
                continue
            except BrokenPipeError:
                raise UnpackingEnded(_FAILED[self._child.how_it_ended().reason]) from None
            while parts and count >= len(parts[0]):
                count -= len(parts.pop(0))
            if parts:
                parts[0] = parts[0][count:]

    def _watch(self, deadline: float) -> None:
        failure: ReadingFailed | None = None
        if time.monotonic() > deadline:
            failure = ReadingFailed(reason=FailureReason.TIME, detail="the time limit")
        elif self._child.resident_bytes() > self._limits.memory:
            failure = ReadingFailed(reason=FailureReason.MEMORY, detail="the memory limit")
        if failure is not None:
            self._child.kill()
            raise UnpackingEnded(_FAILED[failure.reason])


def _remark(frame: Frame, number: int) -> Remark | None:
    """The remark of this number, None beyond those that are kept; the first beyond them says that there are more."""
    if number <= _MOST_REMARKS:
        return read_remark(frame)
    if number > _REMARK_TIMES * _MOST_REMARKS:
        refuse("the number of remarks")
    return _MORE_REMARKS if number == _MOST_REMARKS + 1 else None


@contextmanager
def _only_as_agreed() -> Iterator[None]:
    """What the codec refuses ends the container: a child that lies about its frames is believed nothing."""
    try:
        yield
    except ValueError:
        raise UnpackingEnded(_FAILED[FailureReason.PROTOCOL]) from None
