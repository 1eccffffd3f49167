"""The files inside of a mail or a ZIP that was made here for other programs, such as a conversation's RSMF. Pure.

Rules:

- Only what this archive wrote is opened, and even that within bounds: what does not open, or holds more than it may, is
  an error. Files that were handed in never come here.
- Entries of a ZIP are stored or deflated and not encrypted, as this archive writes them; nothing else is ever undone.
"""

from __future__ import annotations

import email.errors
import email.policy
import io
import zipfile
import zlib
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import TYPE_CHECKING, Final

from storage.bundle_places import HIDING, PACKINGS
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

_ZIP: Final = b"PK\x03\x04"
_MOST_FILES: Final = 100_000
_MOST_BYTES: Final = 1 << 30

# What `zipfile` raises for such entries in memory: a broken structure, a name that is no text (ValueError), a version
# beyond it (NotImplementedError), an offset beyond 63 bits (OverflowError), deflated bytes that are none (zlib.error)
# or end early (EOFError).
_BROKEN_ZIP: Final = (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, zlib.error, EOFError)

# The parser of mails itself raises nothing; the headers' values, which it reads on demand, are written with assertions,
# calls of themselves for each nested comment, and lookups of what a broken value does not have.
_BROKEN_MAIL: Final = (
    email.errors.MessageError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesFile:
    """A file inside, by its number (from 1), its name and its bytes undone."""

    number: int
    name: str = field(repr=False)
    content: bytes = field(repr=False)


def files_inside(content: bytes) -> Iterator[MessagesFile]:
    """The file itself, then everything inside of it: parts of a mail, files of a ZIP, files of a ZIP in a mail.

    Raises:
        InvalidInput: it cannot be read whole.
    """
    yield MessagesFile(number=1, name="", content=content)
    number, left = 1, _MOST_BYTES
    for name, inside in _members(content):
        number += 1
        left -= len(inside)
        if number > _MOST_FILES or left < 0:
            raise InvalidInput("A file made for other programs holds too much to be checked.")
        yield MessagesFile(number=number, name=name, content=inside)


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(_ZIP):
        yield from _of_zip(content)
        return
    try:
        mail = BytesParser(policy=email.policy.default).parsebytes(content)
        parts = [(part.get_filename() or "", part.get_payload(decode=True)) for part in mail.walk()]
        heads = "\n".join(f"{name}: {value}" for part in mail.walk() for name, value in part.items())
    except _BROKEN_MAIL:
        raise InvalidInput("A file made for other programs cannot be read whole.") from None
    yield "", heads.encode("utf-8", "surrogatepass")
    for name, payload in parts:
        if isinstance(payload, bytes):
            yield name, payload
            if payload.startswith(_ZIP):
                yield from _of_zip(payload)


def _of_zip(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            entries = opened.infolist()
            if len(entries) > _MOST_FILES or sum(one.file_size for one in entries) > _MOST_BYTES:
                raise InvalidInput("A file made for other programs holds too much to be checked.")
            if any(one.compress_type not in PACKINGS or one.flag_bits & HIDING for one in entries):
                raise InvalidInput("A file made for other programs is packed in a way that is not read here.")
            yield "", opened.comment
            for one in entries:
                yield one.filename, opened.read(one)
                yield "", one.comment + one.extra
    except _BROKEN_ZIP:
        raise InvalidInput("A file made for other programs cannot be read whole.") from None
