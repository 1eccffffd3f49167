"""What checking a bundle finds: each thing that was checked, in a sentence, and each fault, by name.

Rule: a bundle comes from anybody, so reading it is bounded (size, nesting, count), names in it never lead out of its
folder, and no text of it reaches a sentence unless it has been read as an id, a number, a time or a digest.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storage.checkpoints import fingerprint, read_verifier_key
from storage.errors import Corrupt, InvalidInput, NotFound
from storage.strict_json import Members, read_object, refuse, string

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO, BinaryIO

LARGEST_DOCUMENT = 64 << 20
_MOST_BRACKETS = 1_000_000
_MOST_FAULTS = 10_000
_LONGEST_KEY_FILE = 4_096
_ID = re.compile(r"[A-Za-z0-9_.:@-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFault:
    """One thing that is not as the bundle says. `id` is the record, submission or file that it is about."""

    kind: str
    id: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Verdict:
    """The account of one check.

    `brought` is the verifier line that the verifier brought, `own` the one in the bundle. `checks` are sentences
    on what holds; without a brought key they speak of inner consistency only. `seen` are the ids of the records.
    """

    kind: str
    brought: str | None = None
    own: str | None = None
    records: int = 0
    files: int = 0
    bytes: int = 0
    checks: list[str] = field(default_factory=list)
    faults: list[BundleFault] = field(default_factory=list)
    more_faults: int = 0
    key_matches: bool = False
    seen: set[str] = field(default_factory=set)

    @property
    def trusted(self) -> bool:
        """Whether all of it is proved by the key that the verifier brought."""
        return self.key_matches and not self.faults

    def fault(self, kind: str, subject: str, detail: str) -> None:
        """Note a fault; beyond the first ten thousand they are only counted."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(BundleFault(kind=kind, id=subject, detail=detail))
        else:
            self.more_faults += 1

    def expect(self, holds: object, kind: str, subject: str, wrong: str, right: str | None = None) -> bool:
        """Note `right` where something holds, else the fault `wrong`."""
        if not holds:
            self.fault(kind, subject, wrong)
        elif right is not None:
            self.checks.append(right)
        return bool(holds)

    def take(self, other: Verdict) -> None:
        """Add what checking one record of many found: its counts and faults, not its sentences."""
        self.records += other.records
        for one in other.faults:
            self.fault(one.kind, one.id, one.detail)

    def accept_key(self, own: str, subject: str) -> bool:
        """Take the bundle's own key line, and compare it with the one that was brought.

        The key of an earlier log of the same archive (before a declared break) counts as the same: its public key
        is the same, and its name differs in the number of the log only.

        Returns: whether `own` is a verifier line, so that signatures can be checked by it.
        """
        try:
            name, public = read_verifier_key(own)
        except Corrupt as error:
            self.fault("key", subject, error.message)
            return False
        self.own = own.strip()
        if self.brought is None:
            return True
        their_name, their_public = read_verifier_key(self.brought)
        same = public == their_public and _archive_of(name) == _archive_of(their_name)
        self.key_matches = self.expect(
            same,
            "key",
            subject,
            f"it was made with another key than the one given (fingerprints {fingerprint(own)} "
            f"and {fingerprint(self.brought)})",
        )
        return True

    def to_json(self) -> dict[str, Any]:
        """As `verify bundle --json` prints it."""
        return {
            "bundle": self.kind,
            "trusted": self.trusted,
            "key": self.own,
            "fingerprint": None if self.own is None else fingerprint(self.own),
            "records": self.records,
            "files": self.files,
            "bytes": self.bytes,
            "checks": self.checks,
            "faults": [{"kind": one.kind, "id": one.id, "detail": one.detail} for one in self.faults],
            "more_faults": self.more_faults,
        }

    def as_text(self) -> str:
        """The account for people."""
        lines = [f"ok     {one}" for one in self.checks]
        lines += [f"FAULT  {one.kind}  {one.id}  {one.detail}" for one in self.faults]
        if self.more_faults:
            lines.append(f"and {self.more_faults:,} more faults")
        if self.own is not None and self.brought is None:
            lines += [
                "NOT TRUSTED YET: without --key only inner consistency was checked. Compare this fingerprint with the",
                "one that the agency published, or give its key line with --key FILE:",
                f"  {fingerprint(self.own)}",
            ]
        if self.faults:
            lines.append(f"{len(self.faults) + self.more_faults:,} faults. Do not rely on this.")
        else:
            lines.append("No faults." if not self.trusted else "No faults; proved by the key that you gave.")
        return "\n".join(lines)


def _archive_of(name: str) -> list[str]:
    return name.split("/")[:2]


def read_members(content: bytes, what: str) -> Members:
    """The members of a JSON document of a bundle.

    Raises:
        ValueError: it is none, or too large; `what` is named.
    """
    if len(content) > LARGEST_DOCUMENT:
        refuse(f"the size of {what}")
    return read_object(content, brackets=_MOST_BRACKETS, unique_names=True)


def identifier(members: Members, name: str) -> str:
    """A member that is an id, and so may stand in a sentence.

    Raises:
        ValueError: it is none.
    """
    value = string(members, name)
    if not _ID.fullmatch(value):
        refuse(name)
    return value


def read_key(given: str) -> str:
    """The verifier line in a file, or the line itself.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it holds no such line.
    """
    line = given
    if not given.startswith("public-records-archive/"):
        try:
            with open(given, "rb") as file:  # noqa: PTH123 - a device or a pipe is as good as a file here
                line = file.read(_LONGEST_KEY_FILE).decode().strip()
        except FileNotFoundError as error:
            raise NotFound(
                f"the key file {given} does not exist; archiver ledger key prints the line for it"
            ) from error
        except (OSError, ValueError) as error:
            raise InvalidInput(f"the key file {given} cannot be read; it holds one line of text") from error
    if line.startswith("{"):
        try:
            line = string(read_object(line.encode(), brackets=2), "key")
        except ValueError as error:
            raise InvalidInput(f"the key file {given} holds no key line") from error
    try:
        read_verifier_key(line)
    except Corrupt as error:
        raise InvalidInput(f"{error.message}; archiver ledger key prints it") from error
    return line.strip()


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file for reading: no link is followed, and no pipe waited for.

    Raises:
        ValueError: it is something else than a plain file, or cannot be read.
    """
    descriptor = -1
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
    except (OSError, ValueError):
        regular = False
    if not regular:
        if descriptor >= 0:
            os.close(descriptor)
        refuse("a plain file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def read_small(path: Path, what: str) -> bytes:
    """The content of a document of a bundle.

    Raises:
        ValueError: it is no plain file, or larger than `LARGEST_DOCUMENT`.
    """
    with open_regular(path) as file:
        return read_open(file, what)


def read_open(file: IO[bytes], what: str) -> bytes:
    """The content of a document of a bundle that is open.

    Raises:
        ValueError: it is larger than `LARGEST_DOCUMENT`.
    """
    content = file.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        refuse(f"the size of {what}")
    return content
