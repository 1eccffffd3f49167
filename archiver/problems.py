"""One table: what each error is to a program that called us - exit status, HTTP problem, SMTP reply.

Rule: an error is one sentence that says what is wrong, with which input, and what to do; never a traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ingest.confinement import SandboxUnavailable
from storage.errors import (
    ArchiveError,
    Conflict,
    Corrupt,
    Denied,
    InvalidInput,
    NewerFormat,
    NotFound,
    StorageFull,
    TemporarilyUnavailable,
)


class Exit(IntEnum):
    """Exit statuses of the command contract."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    NOT_FOUND = 3
    DENIED = 4
    CONFLICT = 5
    FINDINGS = 6
    TRY_AGAIN = 75


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of error is answered."""

    exit: Exit
    http: int
    title: str


_TABLE: tuple[tuple[type[ArchiveError], Problem], ...] = (
    (StorageFull, Problem(Exit.TRY_AGAIN, 503, "The archive's disk is full")),
    (TemporarilyUnavailable, Problem(Exit.TRY_AGAIN, 503, "Try again later")),
    (SandboxUnavailable, Problem(Exit.ERROR, 503, "Readers cannot be confined")),
    (InvalidInput, Problem(Exit.USAGE, 422, "This cannot be understood")),
    (NotFound, Problem(Exit.NOT_FOUND, 404, "Not found")),
    (Denied, Problem(Exit.DENIED, 403, "Not permitted")),
    (Conflict, Problem(Exit.CONFLICT, 409, "Not in this state")),
    (NewerFormat, Problem(Exit.ERROR, 500, "Newer archive")),  # before what a container of a newer version is too
    (Corrupt, Problem(Exit.ERROR, 500, "Stored bytes are damaged")),
)
_OTHER = Problem(Exit.ERROR, 500, "Error")


def problem_of(error: ArchiveError) -> Problem:
    """The answer to an error."""
    return next((problem for kind, problem in _TABLE if isinstance(error, kind)), _OTHER)


def error_json(error: ArchiveError) -> dict[str, object]:
    """The error as the command contract prints it."""
    return {"error": {"kind": error.kind, "message": error.message, **error.fields}}
