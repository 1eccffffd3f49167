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
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_FIELDS: Final = 2_000
MAX_HEADER_BYTES: Final = 1 << 20
_LINE_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_FIELD_NAME = re.compile(rb"([!-9;-~]+)[ \t]*\Z")
_ENVELOPE = re.compile(rb"(?:>*From (?![ \t]*:)[^\r\n]*\r\n)*")
_PAIRS_BACKWARDS = re.compile(rb"(?:\n\r)*")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in lower case, and name and value as they stand, without the colon and the last line end."""

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
    """A message cut into fields and body; make it with `cut`."""

    fields: tuple[Field, ...]
    body: bytes
    malformed: bool = False
    _hashes: dict[bytes, bytes] = field(default_factory=dict)
    _places: dict[bytes, list[int]] | None = None

    def all(self, name: bytes) -> list[Field]:
        """Every field of that name (lower case), from the top."""
        return [self.fields[place] for place in self._by_name().get(name, ())]

    def count(self, name: bytes) -> int:
        """How many fields have that name."""
        return len(self._by_name().get(name, ()))

    def selected(self, names: Iterable[bytes]) -> list[Field]:
        """The fields that a list of names means: of each name the last one first (RFC 6376 §5.4.2)."""
        taken: dict[bytes, int] = {}
        found = []
        for name in names:
            places = self._by_name().get(name, ())
            used = taken.get(name, 0)
            if used < len(places):
                taken[name] = used + 1
                found.append(self.fields[places[-1 - used]])
        return found

    def body_hash(self, form: bytes) -> bytes:
        """SHA-256 of the body in a canonical form, ``simple`` or ``relaxed``."""
        if form not in self._hashes:
            body = relaxed_body(self.body) if form == b"relaxed" else simple_body(self.body)
            self._hashes[form] = hashlib.sha256(body).digest()
        return self._hashes[form]

    def _by_name(self) -> dict[bytes, list[int]]:
        if self._places is None:
            self._places = {}
            for place, one in enumerate(self.fields):
                self._places.setdefault(one.name, []).append(place)
        return self._places


def cut(raw: bytes) -> SignedMessage:
    """Cut a message at its first empty line; total for any bytes."""
    if raw.count(b"\n") != raw.count(b"\r\n"):
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    start = _ENVELOPE.match(raw).end()  # type: ignore[union-attr]  # matches empty, so always
    if raw.startswith(b"\r\n", start):
        head, body = b"", raw[start + 2 :]
    else:
        head, _, body = raw[start:].partition(b"\r\n\r\n")
    if len(head) > MAX_HEADER_BYTES or head.count(b"\r") != head.count(b"\r\n"):
        return SignedMessage(fields=(), body=body, malformed=True)
    return _cut_fields(head, body)


def _cut_fields(head: bytes, body: bytes) -> SignedMessage:
    fields = []
    malformed = False
    for one in _LINE_END.split(head.removesuffix(b"\r\n"), MAX_FIELDS + 1) if head else ():
        written, colon, value = one.partition(b":")
        match = _FIELD_NAME.match(written)
        if not colon or match is None:
            malformed = True
            break
        fields.append(Field(match[1].lower(), written, value))
    return SignedMessage(fields=tuple(fields), body=body, malformed=malformed or len(fields) > MAX_FIELDS)


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


def header_hash(fields: Sequence[Field], last: Field, *, relaxed: bool) -> bytes:
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
