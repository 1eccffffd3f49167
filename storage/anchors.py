"""Anchors: checkpoints kept where the archive's administrator cannot quietly take them back.

Rule: what was given away is never taken back. Every anchor that can be seen must be a beginning of the log, or of a
log that ended by a declared break; an archive whose log is shorter, or another one, was rolled back. A note counts
only with the signature of the archive's own key; anything else is told and passed over, and so is a place that cannot
be reached, since an anchor that is away must not stop the service.

A file anchor is a file to which signed notes (C2SP tlog-checkpoint) are appended, an empty line between them; it may be
append-only. A folder anchor holds one note a file: ``<size>.checkpoint``, from the second log on ``log-<n>-<size>.
checkpoint``.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from storage.checkpoints import Checkpoint, read_note, stated_origin, verify
from storage.errors import Conflict, Corrupt, StorageFull, TemporarilyUnavailable
from storage.files import write_whole
from storage.tile_reading import TileReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from storage.ledger import DeclaredBreak, Ledger

_LARGEST_NOTE = 64 << 10
_TAIL = 1 << 20
_NEWEST = 16
_NOTE = re.compile(rb"^[^\n]+\n[0-9]+\n[^\n]+\n\n(?:\xe2\x80\x94 [^\n]+\n)+", re.MULTILINE)
_ORIGIN = b"public-records-archive/"
_NAME = re.compile(r"(?:log-([1-9][0-9]{0,8})-)?([0-9]{1,18})\.checkpoint")


class AnchorPlace(Protocol):
    """Somewhere to keep checkpoints. Both methods raise `OSError` where the place cannot be reached."""

    @property
    def path(self) -> Path:
        """Where it is; its name in reports."""
        ...

    def notes(self) -> Sequence[bytes]:
        """The newest notes that it holds, unchecked; at most `_TAIL` bytes of them."""
        ...

    def keep(self, note: bytes, checkpoint: Checkpoint) -> None:
        """Keep a note, durably.

        Raises:
            StorageFull, TemporarilyUnavailable: it could not be kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileAnchor:
    """A file that notes are appended to."""

    path: Path

    def notes(self) -> tuple[bytes, ...]:
        """See `AnchorPlace`."""
        content = _tail(self.path, _TAIL)
        found = _NOTE.findall(content)
        # what lies between and says to be of an archive is a note that was damaged or cut, and has to be told
        between = [one.strip(b"\n") for one in _NOTE.split(content) if _ORIGIN in one]
        if len(content) == _TAIL:  # the first may be cut
            return tuple(found[1:] + [one for one in between if not content.startswith(one)])
        return tuple(found + between)

    def keep(self, note: bytes, checkpoint: Checkpoint) -> None:
        """See `AnchorPlace`."""
        del checkpoint
        try:
            # a note cut short by a crash stays, as the file may be append-only; it is no note, and passed over
            between = b"" if not self.path.exists() else b"\n" if _tail(self.path, 1) == b"\n" else b"\n\n"
            # others may write beside it: a link could lead into the archive, and a pipe would be waited for
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self.path, flags, 0o600)
            try:
                whole = between + note
                if os.write(descriptor, whole) != len(whole):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _told(self.path, error) from error


@dataclass(frozen=True, slots=True)
class FolderAnchor:
    """A folder, such as one of another host, that gets a file for each note."""

    path: Path

    def notes(self) -> tuple[bytes, ...]:
        """See `AnchorPlace`."""
        with os.scandir(self.path) as entries:
            named = [found for entry in entries if (found := _NAME.fullmatch(entry.name))]
        newest = sorted(((int(one[1] or 1), int(one[2]), one[0]) for one in named), reverse=True)[:_NEWEST]
        return tuple(self._note(name) for _, _, name in newest)

    def _note(self, name: str) -> bytes:
        try:
            return _tail(self.path / name, _LARGEST_NOTE)
        except OSError:
            return b""  # told as a note that does not count; the others are still read

    def keep(self, note: bytes, checkpoint: Checkpoint) -> None:
        """See `AnchorPlace`."""
        log = checkpoint.origin.split("/")[2:]
        if not self.path.is_dir():
            raise TemporarilyUnavailable(f"the anchor {self.path} is no folder, or is away")
        place = self.path / ("".join(f"log-{number}-" for number in log) + f"{checkpoint.size}.checkpoint")
        try:
            if place.exists() and place.read_bytes() == note:
                return
        except OSError as error:
            raise _told(place, error) from error
        write_whole(place, note)


def _tail(path: Path, length: int) -> bytes:
    """The last bytes of a regular file; anything else, such as a pipe, is refused and not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        opened.seek(max(0, about.st_size - length))
        return opened.read(length)


def _told(path: Path, error: OSError) -> TemporarilyUnavailable:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageFull(f"the anchor {path} cannot be written: its disk is full")
    return TemporarilyUnavailable(f"the anchor {path} cannot be written: {error.strerror or type(error).__name__}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The newest checkpoint of one log that a place holds, its signature checked."""

    place: str
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorFinding:
    """What is odd about a place: it cannot be reached, holds nothing yet, or something that is not ours."""

    place: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What all places hold."""

    sightings: tuple[Sighting, ...] = ()
    findings: tuple[AnchorFinding, ...] = ()

    def newest(self, origin: str) -> Checkpoint | None:
        """The largest checkpoint of a log."""
        of_log = [one.checkpoint for one in self.sightings if one.checkpoint.origin == origin]
        return max(of_log, key=lambda one: one.size, default=None)

    def size_at(self, place: AnchorPlace, origin: str) -> int:
        """The size of the checkpoint of a log that a place holds; -1 where it holds none."""
        of_place = [one.checkpoint for one in self.sightings if one.place == str(place.path)]
        return max((one.size for one in of_place if one.origin == origin), default=-1)


def survey(places: Iterable[AnchorPlace], verifier_keys: Sequence[str]) -> Survey:
    """Look at every place. `verifier_keys` are the lines of the archive's logs; `Survey` has the newest of each log."""
    sightings: list[Sighting] = []
    findings: list[AnchorFinding] = []
    for place in places:
        name = str(place.path)
        try:
            notes = place.notes()
        except FileNotFoundError:
            findings.append(AnchorFinding(place=name, detail="is not there; nothing was anchored yet, or it is away"))
            continue
        except OSError as error:
            detail = f"cannot be read: {error.strerror or type(error).__name__}"
            findings.append(AnchorFinding(place=name, detail=detail))
            continue
        known, strange = _sort_out(notes, verifier_keys)
        sightings += [Sighting(place=name, checkpoint=one) for one in known]
        findings += [AnchorFinding(place=name, detail=detail) for detail in strange]
        if not known:
            findings.append(AnchorFinding(place=name, detail="holds no checkpoint of this archive"))
    return Survey(sightings=tuple(sightings), findings=tuple(findings))


def _sort_out(notes: Sequence[bytes], verifier_keys: Sequence[str]) -> tuple[list[Checkpoint], list[str]]:
    """The largest checkpoint of each log, and a sentence for each origin of which a note does not count."""
    newest: dict[str, Checkpoint] = {}
    strange: dict[str, str] = {}
    lines = {line.split("+", 1)[0]: line for line in verifier_keys}
    for note in notes:
        origin = stated_origin(note)
        if origin not in lines and not _is_note(note):
            strange.setdefault("", "holds a checkpoint that was damaged or cut short; it is passed over")
            continue
        if origin not in lines:
            strange.setdefault(origin, f"holds a checkpoint of another log, {origin!r}; it is passed over")
            continue
        try:
            checkpoint = verify(note, lines[origin])
        except Corrupt as error:
            strange.setdefault(origin, f"holds a checkpoint that does not count: {error.message}")
            continue
        if origin not in newest or newest[origin].size < checkpoint.size:
            newest[origin] = checkpoint
    return list(newest.values()), list(strange.values())


def _is_note(note: bytes) -> bool:
    try:
        read_note(note)
    except Corrupt:
        return False
    return True


class Standing(StrEnum):
    """What an anchor says about the log."""

    KEPT = "kept"  # the log begins with it
    DECLARED = "declared"  # of a log that ended, as was declared
    UNKNOWN = "unknown"  # of a log that ended, of which too little is left to compare
    BROKEN = "broken"  # the log is shorter, or another one


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one sighting says about the log; a broken one says why."""

    sighting: Sighting
    standing: Standing
    conflict: Conflict | None = None


def judge(connection: Connection, ledger: Ledger, found: Survey) -> tuple[Judgement, ...]:
    """Compare every sighting with the log, the newest first."""
    origin = ledger.public_keys(connection)[-1].split("+", 1)[0]
    breaks = {one.origin: one for one in ledger.declared_breaks(connection)}
    judged: list[Judgement] = []
    for sighting in sorted(found.sightings, key=lambda one: -one.checkpoint.size):
        try:
            if sighting.checkpoint.origin == origin:
                ledger.must_extend(connection, sighting.checkpoint, sighting.place)
                standing = Standing.KEPT
            else:
                standing = _standing_before_break(ledger.folder, sighting, breaks.get(sighting.checkpoint.origin))
        except Conflict as conflict:
            judged.append(Judgement(sighting=sighting, standing=Standing.BROKEN, conflict=conflict))
        else:
            judged.append(Judgement(sighting=sighting, standing=standing))
    return tuple(judged)


def _standing_before_break(folder: Path, sighting: Sighting, declared: DeclaredBreak | None) -> Standing:
    """Of a log that ended: what is larger than the declared head is the loss that was declared."""
    seen = sighting.checkpoint
    if declared is None:
        raise Conflict(
            f"{sighting.place} names the log {seen.origin}, and nobody declared that it ended; "
            "keep it and see docs/operations.md",
            published=seen.size,
        )
    if seen.size > declared.size:
        return Standing.DECLARED
    if seen.size == declared.size:
        root: bytes | None = declared.root
    else:
        number = (seen.origin.split("/")[2:] or ["1"])[0]
        try:
            root = TileReader(folder / f"log-{number}", seen.size).root()
        except Corrupt:
            return Standing.UNKNOWN
    if root != seen.root:
        raise Conflict(
            f"{sighting.place} names {seen.size} leaves of the log {seen.origin}, and its history was another one; "
            "keep it and see docs/operations.md",
            published=seen.size,
        )
    return Standing.DECLARED


def place_of(path: Path) -> AnchorPlace:
    """The anchor at a path: a folder where there is one, else a file."""
    return FolderAnchor(path) if path.is_dir() else FileAnchor(path)


def newest_anchor(places: Iterable[AnchorPlace | Path], verifier_key: str) -> Checkpoint | None:
    """The largest checkpoint of one log that can be seen; None where none can."""
    known = [place_of(one) if isinstance(one, Path) else one for one in places]
    return survey(known, [verifier_key]).newest(verifier_key.split("+", 1)[0])
