"""The few errors of the house: each is a decision that somebody must take, carrying fields instead of prose.

`archiver/problems.py` maps each to an exit status, an HTTP problem and an SMTP reply. Messages are one
sentence: what is wrong, with which input, what to do; never content of a record.
"""

from __future__ import annotations

from typing import ClassVar


class ArchiveError(Exception):
    """Anything that the archive says no with. `fields` are facts for programs, `message` the sentence for people."""

    kind: ClassVar[str] = "error"

    def __init__(self, message: str, **fields: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


class InvalidInput(ArchiveError):
    """What was asked cannot be understood; ask differently (a query, a schedule file, an option)."""

    kind = "invalid_input"


class NotFound(ArchiveError):
    """No such thing, or nothing there to take."""

    kind = "not_found"


class Denied(ArchiveError):
    """This person, or this secret, may not."""

    kind = "denied"


class Conflict(ArchiveError):
    """The thing is in a state that forbids it (held, already there, not yet due)."""

    kind = "conflict"


class TemporarilyUnavailable(ArchiveError):
    """Nothing is wrong with the input; the same again later will do."""

    kind = "temporarily_unavailable"


class StorageFull(TemporarilyUnavailable):
    """The disk is full or the quota reached; nothing was half-done."""

    kind = "storage_full"


class Corrupt(ArchiveError):
    """Stored bytes are not what was written: authentication or a digest failed."""

    kind = "corrupt"


class NewerFormat(ArchiveError):
    """The archive was written by a newer version of this program."""

    kind = "newer_format"


class NewerContainer(NewerFormat, Corrupt):
    """A container names a version that is not known: a newer program made it, or that byte is damaged.

    The version is read before anything is authenticated, so both are possible, and whoever looks for damage finds it.
    """


class NewerLeaf(NewerFormat, ValueError):
    """A ledger leaf names a version that is not known: a newer program wrote it, or it is damaged."""
