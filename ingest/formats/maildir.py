"""A Maildir read while others change it (the Maildir convention of qmail's maildir(5); Maildir++ subfolders).

Rule kept: nothing is parsed, written, renamed or locked. A message is known by its unique name, the part before
the colon, because delivery agents move it from ``new`` to ``cur`` and rename it for its flags at any time; it is
given once. A file that vanishes is looked for again under its unique name, and said where it stays away.
Everything that is no regular file, begins with a point or lies in ``tmp`` is passed over; links are not followed.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_MESSAGE = 256 * 1024 * 1024
MAX_PASSES = 5
VANISHED = "it vanished while the folder was read"
_PLACES = ("new", "cur")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaildirMessage:
    """One message: its path below the Maildir as printable text, its bytes, and a reason where they are missing."""

    source: str
    raw: bytes = field(repr=False)
    problem: str | None = None


def is_maildir(folder: Path) -> bool:
    """Whether the folder has the three places of a Maildir (``cur`` and one of the others will do)."""
    return (folder / "cur").is_dir() and ((folder / "new").is_dir() or (folder / "tmp").is_dir())


def read_maildir(folder: Path, *, max_message: int = MAX_MESSAGE) -> Iterator[MaildirMessage]:
    """The messages of a Maildir and its subfolders, each once, in the order of their names within a folder.

    What arrives while the folder is read is given too, up to five looks; a folder that never rests ends there.

    Raises:
        OSError: the folder itself cannot be listed.
    """
    yield from _read_folder(folder, "", max_message)
    for name in sorted(_subfolders(folder)):
        yield from _read_folder(folder / name, f"{_printable(name)}/", max_message)


def _subfolders(folder: Path) -> list[str]:
    """Maildir++: folders whose names begin with a point and that are Maildirs themselves."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)]
    return [name for name in names if is_maildir(folder / name)]


def _read_folder(folder: Path, prefix: str, max_message: int) -> Iterator[MaildirMessage]:
    seen: set[str] = set()
    for _ in range(MAX_PASSES):
        fresh = [(unique, place, name) for unique, place, name in _listing(folder) if unique not in seen]
        if not fresh:
            return
        for unique, place, name in fresh:
            if unique in seen:  # listed in new and in cur: it was moved between the two listings
                continue
            seen.add(unique)
            yield _read_message(folder, place, name, prefix, max_message)


def _listing(folder: Path) -> list[tuple[str, str, str]]:
    """(unique name, place, file name) of all messages, sorted; a missing place counts as empty."""
    found: list[tuple[str, str, str]] = []
    for place in _PLACES:
        try:
            with os.scandir(folder / place) as entries:
                names = [entry.name for entry in entries]
        except FileNotFoundError:
            continue
        found.extend((_unique(name), place, name) for name in names if not name.startswith("."))
    return sorted(found)


def _unique(name: str) -> str:
    return name.partition(":")[0]


def _read_message(folder: Path, place: str, name: str, prefix: str, max_message: int) -> MaildirMessage:
    source = f"{prefix}{place}/{_printable(name)}"
    try:
        try:
            return _message(source, _read_file(folder / place / name, max_message))
        except FileNotFoundError:
            unique = _unique(name)
            again = [(where, other) for found, where, other in _listing(folder) if found == unique]
            if not again:
                return MaildirMessage(source=source, raw=b"", problem=VANISHED)
            where, other = again[-1]
            return _message(f"{prefix}{where}/{_printable(other)}", _read_file(folder / where / other, max_message))
    except FileNotFoundError:
        return MaildirMessage(source=source, raw=b"", problem=VANISHED)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "it cannot be read"
        return MaildirMessage(source=source, raw=b"", problem=f"it cannot be read: {reason}")


def _message(source: str, content: bytes | str) -> MaildirMessage:
    if isinstance(content, str):
        return MaildirMessage(source=source, raw=b"", problem=content)
    return MaildirMessage(source=source, raw=content)


def _read_file(path: Path, max_message: int) -> bytes | str:
    """The bytes of a regular file, or the reason why they are not taken."""
    # without O_NONBLOCK a planted pipe would hold the reader for ever
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return "it is no regular file"
        if status.st_size > max_message:
            return f"larger than {max_message} bytes"
        content = file.read(max_message + 1)  # it may grow while it is read
    return content if len(content) <= max_message else f"larger than {max_message} bytes"


def _printable(name: str) -> str:
    """A file name as text that can be encoded: names on disk are bytes, and need not be UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")
