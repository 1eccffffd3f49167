"""Spoiled mails through the sandboxed reader, and a sample of them through the real depositor.

The checks of its origin run with the reading, as in the archive, without any DNS answers; every fourth mail is read
as one that came to a journal address. Passed is a mail for which the reader answers with a valid description, whose
listed parts can be had again with the digests that were described, within 2 seconds of the child's own processor time
and 256 MiB of its memory. The time is judged in the full tier only, and there with a factor for slow machines; memory
in both.
"""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.depositor import GroupDepositor
from ingest.envelopes import Arrival, EnvelopeFacts
from ingest.reading_codec import ReadingFailed
from ingest.sandbox import READER_MODULE, email_reading, journal_reading, part_reading
from ingest.sandbox_process import Limits, ReaderProcess
from ingest.submission import Handover
from storage import description_codec
from storage.records import Channel, Envelope
from tests.faults.campaign import Campaign, Counts
from tests.fuzz.mime_mutations import mutated
from tests.fuzz.mime_seeds import generated, real_messages
from tests.storage.archives import make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.records import Description

REQUIRED = 5_000
SECONDS = 2.0
SLOW_MACHINE = 2.0
MEMORY_BYTES = 256 << 20
_PARTS_LOOKED_AT = 12
_ARRIVED = Arrival(
    at=datetime(2024, 3, 4, 9, 0, tzinfo=UTC),
    envelope=EnvelopeFacts(peer="192.0.2.1", helo="mx.example.org", mail_from="ana@example.org"),
).options()
_TICKS = os.sysconf("SC_CLK_TCK")


def cases(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many mails: what was done to each, and its bytes. Each is drawn from the seed and its number alone."""
    real = real_messages()
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        sources = [chance.choice(real) if real and chance.random() < 0.5 else generated(chance) for _ in range(2)]
        name, raw = mutated(chance, *sources)
        yield f"{number}: {name}, {len(raw)} bytes", raw


class _Watched:
    """A reader process, begun anew when it ended, with what it used."""

    def __init__(self) -> None:
        self.restarts = -1
        self.slowest, self.largest = 0.0, 0
        self._process = self._begun()

    def _begun(self) -> ReaderProcess:
        self.restarts += 1
        return ReaderProcess(reader_module=READER_MODULE, limits=Limits(seconds=60.0))

    def read(self, raw: bytes, *, as_journal: bool) -> tuple[Description | str, float, int]:
        """The description or why there is none, seconds of processor time, and the peak memory so far in bytes."""
        self._process.wait_until_ready()
        before = self._seconds()
        request = journal_reading(raw, _ARRIVED) if as_journal else email_reading(raw, _ARRIVED)
        answers, failure = self._process.read([request])
        if failure is not None:
            self._process.kill()
            self._process = self._begun()
            return f"{failure.reason}: {failure.detail}", 0.0, 0
        seconds, peak = self._seconds() - before, self._peak()
        self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, peak)
        if peak > MEMORY_BYTES:  # the peak is that of its whole life, so the next mail needs a fresh one
            self._process.kill()
            self._process = self._begun()
        answer = answers[0]
        if isinstance(answer, ReadingFailed):
            return f"{answer.reason}: {answer.detail}", seconds, peak
        assert not isinstance(answer, bytes)
        return answer, seconds, peak

    def part(self, raw: bytes, path: str) -> bytes | None:
        answers, failure = self._process.read([part_reading(raw, path)])
        if failure is not None:
            self._process = self._begun()
            return None
        return answers[0] if isinstance(answers[0], bytes) else None

    def close(self) -> None:
        self._process.kill()

    def _seconds(self) -> float:
        fields = Path(f"/proc/{self._process.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def _peak(self) -> int:
        status = Path(f"/proc/{self._process.process_id}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _fault(reader: _Watched, raw: bytes, *, judged: bool, as_journal: bool) -> str | None:
    found, seconds, peak = reader.read(raw, as_journal=as_journal)
    if isinstance(found, str):
        return f"not read: {found}"
    if judged and seconds > SECONDS * SLOW_MACHINE:
        return f"{seconds:.1f} s"
    if peak > MEMORY_BYTES:
        return f"{peak >> 20} MiB"
    return _untrue(reader, raw, found)


def _untrue(reader: _Watched, raw: bytes, found: Description) -> str | None:
    """What the description says that is not so."""
    if description_codec.decode(description_codec.encode(found)) != found:
        return "the description does not come back from its own encoding"
    paths = [component.path for component in found.components]
    if len(set(paths)) != len(paths):
        return "two parts have one path"
    for component in found.components[:_PARTS_LOOKED_AT]:
        content = reader.part(raw, component.path)
        if content is None or hashlib.sha256(content).hexdigest() != component.sha256:
            return f"part {component.path} is not the one that was described"
    return None


def run_reading(seed: int, count: int) -> Counts:
    """Every mail through the reader."""
    failures = []
    digests = set()
    with closing(_Watched()) as reader:
        for number, (name, raw) in enumerate(cases(seed, count)):
            digests.add(hashlib.sha256(raw).digest())
            fault = _fault(reader, raw, judged=count >= REQUIRED, as_journal=number % 4 == 0)
            if fault is not None:
                failures.append(f"{name}: {fault}")
        notes: dict[str, str | int | float] = {
            "slowest, seconds of processor time": round(reader.slowest, 2),
            "largest, MiB of memory": reader.largest >> 20,
            "readers that ended": reader.restarts,
            "mails that differ": len(digests),
            "real messages among the sources": len(real_messages()),
        }
    return Counts(run=count, failures=tuple(failures), notes=notes)


def run_deposits(seed: int, count: int) -> Counts:
    """Every mail of a sample into a new archive, and out of it again, byte for byte."""
    failures = []
    with tempfile.TemporaryDirectory() as name, closing(make_archive(Path(name) / "archive")) as archive:
        depositor = GroupDepositor(archive, actor="service:fuzz")
        for case, raw in cases(seed, count):
            deposited = depositor.deposit(
                Handover(channel=Channel.SMTP, account="smtp", custodian_id=None, envelope=Envelope(), payload=raw)
            )
            with archive.store.read() as connection:
                kept = archive.submissions.content(connection, deposited.duplicate_of or deposited.submission_id)
            if kept != raw:
                failures.append(f"{case}: {len(kept)} bytes were kept, and not the same")
    return Counts(run=count, failures=tuple(failures))


READING = Campaign(name="spoiled mails read", requires=REQUIRED, quick=60, run=run_reading)
DEPOSITS = Campaign(name="spoiled mails kept", requires=500, quick=30, run=run_deposits)
