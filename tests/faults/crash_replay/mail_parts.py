"""What workloads of mail in and their checks share: parts of the product with their confined children replaced.

A recorded program is one process, so what a child would read is read here, by the same readers; everything that writes
is the product's.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from archiver.answering import Answering
from archiver.channel_wiring import ArchiveDirectory
from archiver.config import Settings
from ingest.channel_health import SqlHealthLog
from ingest.channels.folder import FolderWatcher
from ingest.channels.folder_settings import FolderSettings
from ingest.containers import Containers
from ingest.depositor import GroupDepositor
from ingest.formats.carrier_signs import read_carrier
from ingest.formats.container import Member, MemberBroken
from ingest.unpacking import Unpacker
from ingest.unpacking_child import READERS
from ingest.unpacking_codec import Begun, ToldMember
from tests.faults.crash_replay.saying import DROP, acknowledge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ingest.formats.container import Declared, Remark
    from ingest.formats.container_kinds import ContainerKind
    from ingest.submission import Deposited, Handover
    from ingest.unpacking_session import RangeSource
    from storage.archive import Archive

_WHOLE = 6_000
_PIECE = 4_000
_MEMBERS_TOGETHER = 3


class SayingDepositor:
    """The way in, which acknowledges each deposit once it has returned."""

    def __init__(self, archive: Archive, actor: str) -> None:
        self._depositor = GroupDepositor(archive, actor=actor)

    def deposit(self, handover: Handover) -> Deposited:
        answer = self._depositor.deposit(handover)
        acknowledge(answer)
        return answer

    def deposit_many(self, handovers: Sequence[Handover], **options: Any) -> list[Deposited | Exception]:
        answers = self._depositor.deposit_many(handovers, **options)
        for answer in answers:
            if not isinstance(answer, Exception):
                acknowledge(answer)
        return answers


class OpenSession:
    """An `UnpackingSession` without a child: the same readers, small containers, large members in pieces."""

    def __init__(self, kind: ContainerKind, source: RangeSource, **_limits: Any) -> None:
        self._reader = importlib.import_module(READERS[kind])
        self._source = io.BytesIO(source.read(0, source.size))
        self._name, self._after = "", 0
        self._rest: Iterator[bytes] = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def open(self, name: str, *, reader: str = "", after: int = 0) -> Begun:
        self._name = name
        self._after = after if reader in {"", self._reader.READER} else 0
        return Begun(reader=self._reader.READER, after=self._after)

    def found(self) -> Iterator[ToldMember | Remark | Declared]:
        ordinal = 0
        for one in self._reader.members(self._source, self._name):
            if not isinstance(one, Member):
                yield one
                continue
            ordinal += 1
            content, broken = _joined(one)
            if ordinal <= self._after:
                continue
            whole = broken is None and len(content) <= _WHOLE
            self._rest = iter(()) if whole else _cut(content, broken)
            yield ToldMember(
                path=one.path,
                name=one.name,
                kind=one.kind,
                problem=one.problem,
                remark=one.remark,
                aside=one.aside,
                content=content if whole else None,
            )

    def pieces(self) -> Iterator[bytes]:
        return self._rest


def _joined(member: Member) -> tuple[bytes, str | None]:
    content = bytearray()
    try:
        for piece in member.pieces:
            content += piece
    except MemberBroken as error:
        return bytes(content), str(error)
    return bytes(content), None


def _cut(content: bytes, broken: str | None) -> Iterator[bytes]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]
    if broken is not None:
        raise MemberBroken(broken)


@contextlib.contextmanager
def unpacking_here(archive: Archive, stop: Callable[[], bool] = lambda: False) -> Iterator[Unpacker]:
    """An unpacker that takes containers apart in this process, a few members a transaction."""
    actor = "service:examiner"
    with (
        mock.patch("ingest.unpacking.UnpackingSession", OpenSession),
        mock.patch("ingest.unpacking._BATCH", _MEMBERS_TOGETHER),
    ):
        yield Unpacker(archive, GroupDepositor(archive, actor=actor), Containers(archive, actor=actor), stop=stop)


class WatchedFolder:
    """The watched folder beside the archive, whose time goes on when it is told to."""

    def __init__(self, archive: Archive, depositor: Any, **changes: Any) -> None:
        self.path: Path = archive.folder.parent / DROP
        self._now = 0.0
        self._watcher = FolderWatcher(
            FolderSettings(name="scans", path=self.path, settle=1.0, **changes),
            depositor,
            ArchiveDirectory(archive),
            SqlHealthLog(archive.store),
            archive.store.clock,
            monotonic=lambda: self._now,
        )

    def take(self) -> int:
        """Take all that lies there now; how many files."""
        taken = self._watcher.look()
        self._now += 1.0
        return taken + self._watcher.look()


class _HeaderReader:
    def read_many(self, requests: Sequence[Any]) -> list[bytes]:
        return [read_carrier(one.payload).encode() for one in requests]

    def renew(self) -> None:
        pass


def answering_here(archive: Archive) -> Answering:
    """The answering of an archive, which reads headers in this process."""
    settings = Settings(mail={"sender": "records@archive.example"})
    parts = SimpleNamespace(archive=archive, settings=settings, reader=lambda: contextlib.nullcontext(_HeaderReader()))
    return Answering(parts)  # type: ignore[arg-type]
