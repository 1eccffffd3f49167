"""One reader process as its parent sees it: asked for many readings, without blocking, and watched.

The parent never waits for a pipe that the child does not serve: both ends are non-blocking and one poll(2)
waits for whichever is ready, so that a large input and a large answer cannot block each other. While it waits
it looks at the clock (per input, from the moment that the reader could begin with it) and at the resident
memory (/proc/PID/statm, every 50 ms). Whatever ends a reader is put down to the first input without an answer.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.confined_child import ConfinedChild
from ingest.reading_codec import (
    FailureReason,
    ReadingAnswer,
    ReadingFailed,
    ReadingRequest,
    answer_of,
    new_token,
    request_parts,
)
from storage.strict_json import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.confinement import Confinement

_SAMPLE_SECONDS: Final = 0.05
_ORPHAN_SECONDS: Final = 10
_GATHERED: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one reader may use. Bytes and seconds; `inputs` is after how many it is replaced by a fresh one.

    An input may take `seconds`, and `seconds_per_mebibyte` more for each MiB of its size. With `threads` it may start
    some, for libraries that cannot do without.
    """

    memory: int = 512 << 20
    seconds: float = 30.0
    seconds_per_mebibyte: float = 1.0
    cpu_seconds: int = 3600
    input_bytes: int = 160 << 20
    answer_bytes: int = 160 << 20
    inputs: int = 5000
    start_seconds: float = 60.0
    threads: bool = False

    def __post_init__(self) -> None:
        """A reader that may do nothing would fail every input."""
        if min(self.memory, self.seconds, self.cpu_seconds, self.input_bytes, self.answer_bytes, self.inputs) <= 0:
            msg = "the limits of a reader must be positive"
            raise ValueError(msg)

    def seconds_for(self, size: int) -> float:
        """The wall-clock time that an input of `size` bytes may take."""
        return self.seconds + self.seconds_per_mebibyte * size / (1 << 20)


class ReaderProcess:
    """A child that reads. Not safe for threads: one of them reads at a time.

    `served` counts its answers; after an abnormal end it is dead and only good for `kill`.
    """

    def __init__(self, *, reader_module: str, limits: Limits) -> None:
        self.served = 0
        self._sample_at = 0.0
        self._begun: _Outgoing | None = None
        self._limits = limits
        # Twice what the parent tolerates: it stops at once what would grow faster than samples are taken.
        threads = "threads" if limits.threads else ""
        arguments = (reader_module, str(2 * limits.memory), str(limits.cpu_seconds), threads)
        self._child = ConfinedChild("ingest.sandbox_child", arguments, max_body=limits.answer_bytes)
        self._requests, self._answers = self._child.requests, self._child.answers
        self._stream = self._child.stream

    @property
    def process_id(self) -> int:
        """The id of the process."""
        return self._child.process_id

    def wait_until_ready(self) -> Confinement:
        """What confines this reader, once it has imported its parsers; at once when it was asked before.

        Raises:
            SandboxUnavailable: it did not start, or not in time.
        """
        return self._child.wait_until_ready(self._limits.start_seconds)

    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self._child.is_gone()

    def is_silent(self) -> bool:
        """Whether it lives and has said nothing that was not asked; to be known before it is asked again."""
        return self._begun is not None or self._child.is_silent()

    def begin(self, requests: Sequence[ReadingRequest]) -> None:
        """Write of these requests what the pipe takes; the next `read` is for the same.

        Until then nobody looks at clock and memory; the memory is bounded by the kernel, and the time that an input may
        take begins with the `read`.
        """
        self._begun = _Outgoing(self._requests, requests, self._limits)
        self._begun.fill()

    def read(self, requests: Sequence[ReadingRequest]) -> tuple[list[ReadingAnswer], ReadingFailed | None]:
        """Answers for the first requests, in their order; with a failure, the next request is the one at fault.

        After a failure the process is dead.
        """
        answers: list[ReadingAnswer] = []
        self.wait_until_ready()
        try:
            failure = self._exchange(requests, answers)
        except ValueError as error:  # raised by the codec: the answer is not as agreed
            failure = ReadingFailed(reason=FailureReason.PROTOCOL, detail=str(error))
        except BaseException:
            self.kill()  # an interrupted exchange leaves answers in the pipe that would be taken for others
            raise
        self.served += len(answers)
        if failure is not None:
            self.kill()
        return answers, failure

    def kill(self) -> None:
        """End it now and wait until the kernel has taken it away; again is allowed."""
        self._child.kill()

    def _exchange(self, requests: Sequence[ReadingRequest], answers: list[ReadingAnswer]) -> ReadingFailed | None:
        outgoing, self._begun = self._begun or _Outgoing(self._requests, requests, self._limits), None
        waiting = select.poll()
        waiting.register(self._answers, select.POLLIN)
        waiting.register(self._requests, select.POLLOUT)
        began_at = time.monotonic()
        while len(answers) < len(requests):
            ready = {descriptor for descriptor, _ in waiting.poll(_SAMPLE_SECONDS * 1000)}
            if self._requests in ready and not outgoing.write():
                waiting.unregister(self._requests)
            if self._answers in ready:
                if not self._stream.fill():
                    return self._child.how_it_ended()
                before = len(answers)
                self._take(answers, requests, outgoing)
                if len(answers) > before:
                    began_at = time.monotonic()
                    continue
            failure = self._broken_limit(began_at, size=len(requests[len(answers)].payload))
            if failure is not None:
                return failure
        return None

    def _take(self, answers: list[ReadingAnswer], requests: Sequence[ReadingRequest], outgoing: _Outgoing) -> None:
        while (frame := self._stream.next_frame()) is not None:
            place = len(answers)
            if place >= outgoing.sent:
                refuse("an answer that nobody asked for")
            answers.append(answer_of(frame, requests[place], outgoing.tokens[place]))

    def _broken_limit(self, began_at: float, *, size: int) -> ReadingFailed | None:
        now = time.monotonic()
        if now - began_at > self._limits.seconds_for(size):
            return ReadingFailed(reason=FailureReason.TIME, detail="the time limit")
        if now >= self._sample_at:
            self._sample_at = now + _SAMPLE_SECONDS
            if self._child.resident_bytes() > self._limits.memory:
                return ReadingFailed(reason=FailureReason.MEMORY, detail="the memory limit")
        return None


class _Outgoing:
    """Requests on their way into a pipe; `sent` counts those of which the last byte is in it."""

    def __init__(self, descriptor: int, requests: Sequence[ReadingRequest], limits: Limits) -> None:
        self.sent = 0
        self.tokens = [new_token() for _ in requests]
        self._cut_so_far = 0
        self._descriptor = descriptor
        self._waiting = deque(requests)
        self._limits = limits
        self._parts: deque[tuple[memoryview, bool]] = deque()

    def fill(self) -> None:
        """Write until the pipe is full."""
        before = -1
        while self.sent > before:
            before = self.sent
            if not self.write():
                return

    def write(self) -> bool:
        """Write what the pipe takes; False when there is nothing left to write, or nobody to read it."""
        while self._waiting and len(self._parts) < _GATHERED:
            self._cut(self._waiting.popleft())
        try:
            count = os.writev(self._descriptor, [part for part, _ in self._parts])
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False  # why is told by the other pipe
        while self._parts and count >= len(self._parts[0][0]):
            part, is_last = self._parts.popleft()
            count -= len(part)
            self.sent += is_last
        if self._parts:
            part, is_last = self._parts[0]
            self._parts[0] = part[count:], is_last
        return bool(self._parts or self._waiting)

    def _cut(self, request: ReadingRequest) -> None:
        seconds = self._limits.seconds_for(len(request.payload)) + _ORPHAN_SECONDS
        head, body = request_parts(request, seconds=seconds, token=self.tokens[self._cut_so_far])
        self._cut_so_far += 1
        self._parts.append((memoryview(head), not body))
        if body:
            self._parts.append((memoryview(body), True))
