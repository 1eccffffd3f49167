"""A message as DKIM sees it: header fields, body, and their canonical forms (RFC 6376 §3.4).

Rules: everything is linear in the size of the message, whatever it holds, and a body is hashed once for each form,
not once for each signature. Bare line feeds count as line ends, since mail from files has them; nothing else is
mended. Where the reader of the house could see another header than the one that was signed (a line in the header that
is no field, a carriage return alone), the block is `malformed`, and no signature on it counts.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_FIELDS: Final = 2_000
MAX_HEADER_BYTES: Final = 1 << 20
_END_OF_HEADER = re.compile(rb"\n\r?\n")
_FIELD_OR_REST = re.compile(rb"(([!-9;-~]++)[ \t]*+):([^\r]*(?:\r\n[ \t][^\r]*)*)(?:\r\n|\Z)|(?s:.+)")
_BLANKS = re.compile(rb"[ \t]+")
_ENVELOPE = re.compile(rb"(?:>*From (?![ \t]*:)[^\r\n]*\r?\n)*")
_PAIRS_BACKWARDS = re.compile(rb"(?:\n\r)*")


class Field(NamedTuple):
    """One field: its name in lower case, and name and value as they stand, without the colon and the last line end."""

    # a named tuple: a mail has some thirty of them, and a data class takes four times as long to make

    name: bytes
    written: bytes
    value: bytes

    def relaxed(self) -> bytes:
        """RFC 6376 §3.4.2."""
        value = _BLANKS.sub(b" ", self.value.replace(b"\r\n", b"")).strip(b" ")
        return b"%b:%b\r\n" % (self.name, value)

    def simple(self) -> bytes:
        """RFC 6376 §3.4.1."""
        return b"%b:%b\r\n" % (self.written, self.value)


@dataclass(slots=True)
class SignedMessage:
    """A message cut into fields and body; make it with `cut`.

    `named` are its fields by their names in lower case, each in order; `body` is as it stands in the message.
    """

    named: Mapping[bytes, Sequence[Field]]
    body: bytes
    malformed: bool = False
    _hashes: dict[bytes, bytes] = field(default_factory=dict)

    def all(self, name: bytes) -> Sequence[Field]:
        """Every field of that name (lower case), from the top."""
        return self.named.get(name, ())

    def count(self, name: bytes) -> int:
        """How many fields have that name."""
        return len(self.named.get(name, ()))

    def selected(self, names: Iterable[bytes]) -> Iterator[Field]:
        """The fields that a list of names means: of each name the last one first (RFC 6376 §5.4.2)."""
        taken: dict[bytes, int] = {}
        for name in names:
            fields = self.named.get(name, ())
            used = taken.get(name, 0)
            if used < len(fields):
                taken[name] = used + 1
                yield fields[-1 - used]

    def body_hash(self, form: bytes) -> bytes:
        """SHA-256 of the body in a canonical form, ``simple`` or ``relaxed``."""
        if form not in self._hashes:
            body = with_line_ends(self.body)
            body = relaxed_body(body) if form == b"relaxed" else simple_body(body)
            self._hashes[form] = hashlib.sha256(body).digest()
        return self._hashes[form]


def cut(raw: bytes) -> SignedMessage:
    """Cut a message at its first empty line; total for any bytes."""
    start = _ENVELOPE.match(raw).end()  # type: ignore[union-attr]  # matches empty, so always
    if raw.startswith((b"\r\n", b"\n"), start):
        return SignedMessage(named={}, body=raw[raw.index(b"\n", start) + 1 :])
    end = _END_OF_HEADER.search(raw, start)
    head = with_line_ends(raw[start:] if end is None else raw[start : end.start() + 1])
    body = b"" if end is None else raw[end.end() :]
    if len(head) > MAX_HEADER_BYTES or head.count(b"\r") != head.count(b"\r\n"):
        return SignedMessage(named={}, body=body, malformed=True)
    return _cut_fields(head, body)


def with_line_ends(text: bytes) -> bytes:
    """The text with CRLF for each of its line ends."""
    if text.count(b"\n") == text.count(b"\r\n"):
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _cut_fields(head: bytes, body: bytes) -> SignedMessage:
    named: dict[bytes, list[Field]] = {}
    malformed = False
    for number, (written, name, value) in enumerate(_FIELD_OR_REST.findall(head)):
        malformed = not name or number >= MAX_FIELDS
        if malformed:
            break
        lowered = name.lower()
        if lowered in named:
            named[lowered].append(Field(lowered, written, value))
        else:
            named[lowered] = [Field(lowered, written, value)]
    return SignedMessage(named=named, body=body, malformed=malformed)


def simple_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.3: empty lines at the end are one line end, an empty body is one too."""
    return _without_last_lines(body) + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4: blanks are one space, none stand at the end of a line, an empty body stays empty."""
    squeezed = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    left = _without_last_lines(squeezed.removesuffix(b" "))
    return left + b"\r\n" if left else b""


def _without_last_lines(body: bytes) -> bytes:
    # only the end is looked at, and backwards, so that a body of nothing but line ends costs one pass
    tail = body[len(body.rstrip(b"\r\n")) :][::-1]
    match = _PAIRS_BACKWARDS.match(tail)
    return body[: len(body) - (match.end() if match else 0)]


def header_hash(fields: Iterable[Field], last: Field, *, relaxed: bool) -> bytes:
    """SHA-256 of the fields and, without its line end, of the signature's own field with ``b=`` emptied (§3.7)."""
    digest = hashlib.sha256()
    for one in fields:
        digest.update(one.relaxed() if relaxed else one.simple())
    emptied = Field(last.name, last.written, without_signature(last.value))
    digest.update((emptied.relaxed() if relaxed else emptied.simple()).removesuffix(b"\r\n"))
    return digest.digest()


def without_signature(value: bytes) -> bytes:
    """A tag list with nothing after ``b=``, up to the next semicolon (RFC 6376 §3.7)."""
    parts = value.split(b";")
    return b";".join(
        part[: part.index(b"=") + 1] if part.partition(b"=")[0].strip() == b"b" and b"=" in part else part
        for part in parts
    )
