"""The folder channel: files that somebody puts into a folder are deposited, and then put away.

Rule: a file leaves the folder only after everything in it is durable, so that a program killed at any moment takes
it again and finds its own submissions as duplicates. A file that cannot be taken goes to ``failed`` with the reason
beside it. A container (a mailbox file, a zip) is taken whole, and unpacked once it is stored.

Whose file it is: that of the custodian whose address is the name of the topmost folder that it lies in, else the one
in the settings, else the sender's of the mail. A folder named by an address that no custodian has is a failure that
somebody can mend, and not a reason to guess.
"""

from __future__ import annotations

import logging
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from ingest.channel_health import Health, HealthLog
from ingest.channels.files import find_items, printable_name
from ingest.channels.folder_files import FolderFiles, Signature
from ingest.channels.folder_settings import DONE, FAILED
from ingest.channels.recipients import spellings
from ingest.submission import Handover
from storage.errors import InvalidInput
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.channels.folder_settings import FolderSettings
    from ingest.submission import CustodianDirectory, Deposited

log = logging.getLogger(__name__)

_BATCH = 128
_BATCH_BYTES = 16 << 20
_SLOWEST = 300.0
_PULSE_SECONDS = 60.0


class BatchDepositor(Protocol):
    """The way in, for many at once; see `ingest.depositor.GroupDepositor.deposit_many`."""

    def deposit_many(self, handovers: Sequence[Handover]) -> list[Deposited | Exception]:
        """An answer or an error for each, in order.

        Raises:
            StorageFull, TemporarilyUnavailable: nothing of the batch was taken.
        """
        ...


class Stop(Protocol):
    """Told when it is time to stop."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most so many seconds; whether it is time."""
        ...

    def is_set(self) -> bool:
        """Whether it is time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    """A claimed file: what is handed over of it, or the reason why nothing is."""

    place: str
    before: Signature
    handover: Handover | None = None
    reason: str | None = None

    @property
    def bytes_held(self) -> int:
        payload = b"" if self.handover is None else self.handover.payload
        return len(payload) if isinstance(payload, bytes) else 0


class _Refused(Exception):
    """The file cannot be taken; its text is the reason."""


class FolderWatcher:
    """Watches one folder. `monotonic` is a clock in seconds that only goes forward, `clock` gives the time."""

    def __init__(
        self,
        settings: FolderSettings,
        depositor: BatchDepositor,
        directory: CustodianDirectory,
        health: HealthLog,
        clock: Callable[[], datetime],
        *,
        monotonic: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._depositor = depositor
        self._directory = directory
        self._health = health
        self._clock = clock
        self._monotonic = monotonic
        self._files = FolderFiles(settings.path, settings.settle)
        self._noted: tuple[bool, bool] | None = None
        self._noted_at = 0.0

    def run(self, stop: Stop) -> None:
        """Look until it is time to stop; after a fault ever more slowly, at most every five minutes."""
        pause = self._settings.every
        while not stop.is_set():
            try:
                self.look(stop)
                pause = self._settings.every
            except Exception as error:  # noqa: BLE001 - whatever one look meets, the folder is looked at again
                log.warning("watched folder not looked at: %s", type(error).__name__)
                pause = min(_SLOWEST, pause * 2)
            stop.wait(pause)

    def look(self, stop: Stop | None = None) -> int:
        """Look once: claim what is complete, deposit what is claimed; returns how many files were put away.

        Raises:
            TemporarilyUnavailable: the folder or the archive cannot be used now; what is claimed stays claimed.
            InvalidInput: the folder holds something where a folder of ours must be.
        """
        taken, worked = 0, False
        try:
            with self._files.opened():
                self._files.look(self._monotonic())
                for batch in self._batches():
                    if stop is not None and stop.is_set():
                        break
                    taken += self._take(batch)
            worked = True
        finally:
            self._note(worked=worked, brought=taken > 0)
        return taken

    def _batches(self) -> Iterator[list[_Claimed]]:
        """What is claimed, so many files at a time as are deposited together."""
        batch: list[_Claimed] = []
        size = 0
        for place in list(self._files.claimed()):
            try:
                batch.append(self._opened(place))
            except FileNotFoundError:
                continue
            size += batch[-1].bytes_held
            if len(batch) >= _BATCH or size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _opened(self, place: str) -> _Claimed:
        status = self._files.status_of(place)
        before = Signature.of(status)
        try:
            handover = self._handover(place, status)
        except _Refused as error:
            return _Claimed(place=place, before=before, reason=str(error))
        return _Claimed(place=place, before=before, handover=handover)

    def _handover(self, place: str, status: os.stat_result) -> Handover:
        if not stat.S_ISREG(status.st_mode):
            raise _Refused("it is a link or no file; hand in the file itself")
        custodian_id = self._custodian_of(place)
        one = next(iter(find_items([self._files.path_of(place)])))
        if one.problem is not None:
            raise _Refused(one.problem)
        changed = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds")
        parent = printable_name(os.path.dirname(place))  # noqa: PTH120 - names may be undecodable
        return Handover(
            channel=Channel.FOLDER,
            account=self._settings.name,
            custodian_id=custodian_id,
            envelope=Envelope(
                submitter=f"folder {self._settings.name}",
                source=f"{parent}/{one.source}" if parent else one.source,
                transport=(("file changed", changed), ("file owner", str(status.st_uid))),
            ),
            payload=one.payload,
            kind=one.kind,
        )

    def _take(self, batch: list[_Claimed]) -> int:
        """Deposit a batch and put it away; how many were. What changed meanwhile is taken again next time.

        Raises:
            StorageFull, TemporarilyUnavailable: the archive could not take all; the rest stays claimed.
        """
        good = [one for one in batch if one.handover is not None]
        answers = self._depositor.deposit_many([one.handover for one in good if one.handover is not None])
        said = {one.place: answer for one, answer in zip(good, answers, strict=True)}
        fault: Exception | None = None
        taken = 0
        for one in batch:
            answer = said.get(one.place)
            reason = answer.message if isinstance(answer, InvalidInput) else one.reason
            if isinstance(answer, Exception) and reason is None:
                fault = answer
            elif self._is_as_before(one):
                self._put_away(one.place, reason)
                taken += 1
        if fault is not None:
            raise fault
        return taken

    def _is_as_before(self, one: _Claimed) -> bool:
        try:
            return Signature.of(self._files.status_of(one.place)) == one.before
        except FileNotFoundError:
            return False

    def _put_away(self, place: str, reason: str | None) -> None:
        if reason is not None:
            log.warning("watched folder: a file was put into %s", FAILED)
            self._files.put_away(place, FAILED, reason)
        else:
            self._files.put_away(place, None if self._settings.delete else DONE)

    def _custodian_of(self, place: str) -> str | None:
        top, slash, _ = place.partition(os.sep)
        if not slash or "@" not in top:
            return self._settings.custodian_id
        found = next(filter(None, map(self._directory.find, spellings(printable_name(top)))), None)
        if found is None:
            raise _Refused(
                "the folder that it lay in is named by an address that no custodian has; "
                "add it (archiver custodian add), then put the file back"
            )
        return found

    def _note(self, *, worked: bool, brought: bool) -> None:
        """Write how it went, once a minute where nothing is new: each note is a transaction."""
        news = (worked, brought)
        if news == self._noted and not brought and self._monotonic() - self._noted_at < _PULSE_SECONDS:
            return
        self._noted, self._noted_at = news, self._monotonic()
        moment = self._clock()
        self._health.note(
            Health(
                channel=Channel.FOLDER,
                account=self._settings.name,
                last_tried=moment,
                last_worked=moment if worked else None,
                last_item=moment if brought else None,
            )
        )
