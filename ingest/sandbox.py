"""Hostile bytes are parsed in a process that can do nothing but answer, and that is thrown away after any harm.

A reader process serves many inputs. It is replaced after any abnormal end, after `Limits.inputs` of them,
and by `renew` between custodians, so that what one person's mail did to it cannot reach another's. Once one was
replaced, or half of its inputs are read, a spare one warms up beside, so that the next replacement costs no wait.

An abnormal end is put down to the input that was being read. Where the process had read others before, it may
have been their doing, so that input is tried once more, as the first of a fresh process; a time limit is the
input's own and is not tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from ingest.confinement import Confinement, SandboxUnavailable
from ingest.reading_codec import FailureReason, ReadingAnswer, ReadingFailed, ReadingRequest, Task
from ingest.sandbox_process import Limits, ReaderProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

__all__ = [
    "FailureReason",
    "Limits",
    "ReadingAnswer",
    "ReadingFailed",
    "ReadingRequest",
    "SandboxedReader",
    "Task",
    "carrier_reading",
    "document_reading",
    "email_reading",
    "journal_reading",
    "part_reading",
    "serialised_reading",
    "slice_reading",
]

READER_MODULE: Final = "ingest.sandbox_tasks"


def email_reading(raw: bytes, arrival: Mapping[str, str | int | bool] | None = None) -> ReadingRequest:
    """To read a mail (RFC 5322) into a `Description`; with the options of its arrival its origin is checked, too."""
    return ReadingRequest(task=Task.EMAIL, payload=raw, options=dict(arrival or {}))


def journal_reading(raw: bytes, arrival: Mapping[str, str | int | bool] | None = None) -> ReadingRequest:
    """To read a mail that a trusted server sent to a journal address (`ingest.formats.journal`)."""
    return ReadingRequest(task=Task.EMAIL, payload=raw, options={**(arrival or {}), "journal": True})


def serialised_reading(raw: bytes) -> ReadingRequest:
    """To read a message that an unpacker wrote out (`ingest.formats.serialised_message`), since it has no bytes."""
    return ReadingRequest(task=Task.EMAIL, payload=raw, options={"serialised": True})


def carrier_reading(head: bytes) -> ReadingRequest:
    """To read what must be known before a mail is answered, from its first bytes (`ingest.carrier_facts`)."""
    return ReadingRequest(task=Task.CARRIER, payload=head, wants_content=True)


def part_reading(raw: bytes, path: str) -> ReadingRequest:
    """To get the decoded bytes of the component at `path` (MIME section numbers) of a mail."""
    return ReadingRequest(task=Task.PART, payload=raw, options={"path": path}, wants_content=True)


def document_reading(raw: bytes, name: str = "") -> ReadingRequest:
    """To read a file that is no mail (text, HTML, PDF or any other) into a `Description` of kind document."""
    return ReadingRequest(task=Task.DOCUMENT, payload=raw, options={"name": name})


def slice_reading(content: bytes, size: int) -> ReadingRequest:
    """To read what an unpacker cut out of an export: all of it, or its front and its index of `size` bytes in all."""
    return ReadingRequest(task=Task.SLICE, payload=content, options={"size": size})


class SandboxedReader:
    """Reads hostile inputs in confined processes. Not safe for threads: each worker has its own.

    Args:
        limits: what one process may use.
        reader_module: the module whose tasks the process serves (see `ingest.sandbox_child`).
        allow_unconfined: read even where the kernel refuses seccomp; an explicit decision of who runs this.
        keeps_spare: whether a second process warms up beside; not where each takes much memory.

    Raises:
        SandboxUnavailable: no process can be started, or the kernel refuses seccomp and that was not allowed.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        reader_module: str = READER_MODULE,
        allow_unconfined: bool = False,
        keeps_spare: bool = True,
    ) -> None:
        self._limits = limits or Limits()
        self._reader_module = reader_module
        self._allow_unconfined = allow_unconfined
        self._keeps_spare = keeps_spare
        self._spare: ReaderProcess | None = None
        self._is_replacing = False  # most readers serve one custodian and end: no second process for them
        self._begun: Sequence[ReadingRequest] | None = None
        self._current: ReaderProcess | None = self._start()
        self._is_closed = False
        self._confinement = self._accepted(self._current)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def confinement(self) -> Confinement:
        """What confines the readers, as the latest of them told before it saw any input."""
        return self._confinement

    def read_many(self, requests: Sequence[ReadingRequest]) -> list[ReadingAnswer]:
        """An answer for each request, in their order: a `Description`, bytes, or why there is none.

        The requests share processes, so they should be one custodian's. No input makes this raise.

        Raises:
            SandboxUnavailable: a process that ended cannot be replaced.
        """
        answers: list[ReadingAnswer] = []
        if self._begun is not None and self._begun is not requests:
            self._discard()  # it answers what nobody waits for any more
        while len(answers) < len(requests):
            first = len(answers)
            if len(requests[first].payload) > self._limits.input_bytes:
                answers.append(ReadingFailed(reason=FailureReason.REFUSED, detail="larger than a reader may take"))
                continue
            process = self._process()
            had_served = process.served
            self._begun = None
            read, failure = process.read(self._run_of(requests, first, process))
            answers += read
            if failure is None:
                continue
            self._discard()
            if failure.reason is FailureReason.TIME or not (had_served or read):
                answers.append(failure)  # else the next round begins with it, in a process that read nothing yet
        return answers

    def begin(self, requests: Sequence[ReadingRequest]) -> None:
        """Let the present process go to work on requests before `read_many` is asked for them, as far as a pipe goes.

        Nothing happens where not all of them are for a process that has read already: a fault is then tried again.
        """
        process = self._current
        if self._begun is not None or process is None or not process.served or not process.is_silent():
            return
        if requests and len(self._run_of(requests, 0, process)) == len(requests):
            process.begin(requests)
            self._begun = requests

    def read(self, request: ReadingRequest) -> ReadingAnswer:
        """The answer for one request, as `read_many` gives it."""
        return self.read_many([request])[0]

    def renew(self) -> None:
        """Read what comes next in a fresh process; nothing happens where the present one has read nothing."""
        if self._current is not None and self._current.served:
            self._discard()

    def warm_up(self) -> None:
        """Have a process ready, so that the next input waits for none.

        Raises:
            SandboxUnavailable: none can be started.
        """
        self._process()

    def close(self) -> None:
        """End all processes; reading afterwards is an error of the caller. Again is allowed."""
        self._is_closed = True
        self._discard()
        if self._spare is not None:
            self._spare.kill()
            self._spare = None

    def _run_of(self, requests: Sequence[ReadingRequest], first: int, process: ReaderProcess) -> list[ReadingRequest]:
        run: list[ReadingRequest] = []
        for request in requests[first : first + self._limits.inputs - process.served]:
            if len(request.payload) > self._limits.input_bytes:
                break
            run.append(request)
        return run

    def _process(self) -> ReaderProcess:
        if self._is_closed:
            msg = "this reader is closed"
            raise RuntimeError(msg)
        current = self._current
        if current is not None and (current.served >= self._limits.inputs or not current.is_silent()):
            self._discard()
            current = None
        if current is None:
            current = self._replacement()
            self._is_replacing = True
            self._current = current
            self._confinement = self._accepted(current)
        is_due = self._is_replacing or current.served >= self._limits.inputs // 2
        if self._spare is None and self._keeps_spare and is_due:
            self._spare = self._start()
        return current

    def _replacement(self) -> ReaderProcess:
        spare, self._spare = self._spare, None
        if spare is not None and not spare.is_gone():
            return spare
        if spare is not None:
            spare.kill()
        return self._start()

    def _start(self) -> ReaderProcess:
        return ReaderProcess(reader_module=self._reader_module, limits=self._limits)

    def _accepted(self, process: ReaderProcess) -> Confinement:
        confinement = process.wait_until_ready()
        if not (confinement.seccomp or self._allow_unconfined):
            self.close()
            raise SandboxUnavailable("The kernel refuses seccomp, without which hostile input is not read.")
        return confinement

    def _discard(self) -> None:
        self._begun = None
        if self._current is not None:
            self._current.kill()
            self._current = None
