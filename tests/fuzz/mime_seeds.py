"""Messages to begin with: generated ones of every form that the reader knows, and real ones where they are present."""

from __future__ import annotations

import base64
import os
import quopri
from pathlib import Path
from typing import TYPE_CHECKING

from tests.ingest.outlook_files import DATA, LONG_NAME, mail, msg, tnef

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_SHARED = Path(os.environ.get("ARCHIVER_SHARED", Path(__file__).parents[3] / "shared"))
REAL = _SHARED / "fixtures" / "email-mime"
_SUFFIXES = (".eml", ".msg", ".txt", ".tnef")
MAX_REAL_BYTES = 256 * 1024
_NAMES = ("Ana Ruiz", '"Ruiz, Ana"', "=?utf-8?Q?J=C3=B6rg?=", "=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "Ана", "")
_SUBJECTS = (b"Lunch menu", b"=?utf-8?B?w7xiZXI=?= us", b"Fwd: bus =?x-none?Q?=FF?= times", "déjà vu".encode("latin-1"))
_TEXTS = (
    "See below.\n",
    "---------- Forwarded message ---------\nFrom: Ben <ben@example.org>\nSubject: Roof\n\nIt leaks.\n",
    "-----Original Message-----\nFrom: Ben\nSent: Friday, March 1, 2024 2:05 PM\nTo: Ana\nSubject: Roof\n\nIt leaks.\n",
    "Am 01.03.2024 um 14:05 schrieb Ben:\n> Das Dach ist undicht.\n>> Seit wann?\n",
    "日本語のメール\n",
)
_CHARSETS = ("utf-8", "iso-8859-1", "us-ascii", "utf-16", "iso-2022-jp", "x-unknown", "utf-7", "gb18030", "cp037")


def generated(chance: random.Random) -> bytes:
    """A mail that was put together at random and is mostly as it should be."""
    return _head(chance) + _entity(chance, 0)


def real_messages() -> list[bytes]:
    """The messages that are kept beside the project; none where they are not there."""
    return [path.read_bytes() for path in sorted(REAL.rglob("*")) if REAL.is_dir() and _may_be_mail(path)]


def _may_be_mail(path: Path) -> bool:
    return path.is_file() and path.suffix in _SUFFIXES and path.stat().st_size < MAX_REAL_BYTES


def _head(chance: random.Random) -> bytes:
    lines = [
        f"From: {chance.choice(_NAMES)} <ana@example.org>".encode(),
        f"To: {chance.choice(_NAMES)} <ben@example.org>, cy@school.example".encode(),
        b"Date: Fri, 1 Mar 2024 14:05:00 -0800",
        b"Subject: " + chance.choice(_SUBJECTS),
        b"Message-ID: <%d@example.org>" % chance.getrandbits(32),
        b"MIME-Version: 1.0",
    ]
    return b"".join(line + b"\r\n" for line in lines if chance.random() < 0.95)


def _entity(chance: random.Random, depth: int) -> bytes:
    """Content fields, an empty line, and a body."""
    kinds: list[Callable[[random.Random, int], bytes]] = [_text, _html, _file, _outlook]
    if depth < 4:
        kinds += [_multipart, _multipart, _enclosed]
    return chance.choice(kinds)(chance, depth)


def _text(chance: random.Random, _depth: int) -> bytes:
    charset = chance.choice(_CHARSETS)
    text = chance.choice(_TEXTS)
    try:
        content = text.encode(charset)
    except (LookupError, UnicodeEncodeError):
        content = text.encode()
    return _transferred(chance, f"Content-Type: text/plain; charset={charset}".encode(), content)


def _html(chance: random.Random, _depth: int) -> bytes:
    rows = "<tr><td>cell</td><td>&eacute;</td></tr>" * chance.randrange(5)
    page = f"<html><body><p>Hello</p><table>{rows}</table><blockquote>quoted</blockquote></body></html>"
    return _transferred(chance, b"Content-Type: text/html; charset=utf-8", page.encode())


def _file(chance: random.Random, _depth: int) -> bytes:
    name = chance.choice(
        (
            b'name="plan.pdf"',
            b"name*=utf-8''pl%C3%A4n.pdf",
            b"name*0*=utf-8''pl%C3; name*1*=%A4n; name*2=.pdf",
            b'name="=?utf-8?Q?pl=C3=A4n?=.eml"',
            b'name="a.rtf"',
        )
    )
    kind = chance.choice((b"application/pdf", b"image/png", b"application/octet-stream", b"application/rtf"))
    content = chance.choice(
        (chance.randbytes(chance.randrange(2000)), b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n", rb"{\rtf1 plan\par}")
    )
    disposition = (
        b"\r\nContent-Disposition: " + chance.choice((b"attachment", b"inline", b"nonsense")) + b"; file" + name
    )
    return _transferred(chance, b"Content-Type: " + kind + b"; " + name + disposition, content, "base64")


def _outlook(chance: random.Random, _depth: int) -> bytes:
    made = mail("Roof", "It leaks.", attachments=[{LONG_NAME: "a.txt", DATA: b"roof"}])
    if chance.random() < 0.5:
        made = mail("Fwd: Roof", "See it.", attachments=[("inner", made)])
    if chance.random() < 0.5:
        return _transferred(chance, b'Content-Type: application/ms-tnef; name="winmail.dat"', tnef(made), "base64")
    return _transferred(chance, b'Content-Type: application/vnd.ms-outlook; name="a.msg"', msg(made), "base64")


def _enclosed(chance: random.Random, depth: int) -> bytes:
    inner = _head(chance) + _entity(chance, depth + 1)
    kind = b"Content-Type: message/rfc822"
    if chance.random() < 0.3:
        return _transferred(chance, kind, inner, "base64")
    return kind + b"\r\n\r\n" + inner


def _multipart(chance: random.Random, depth: int) -> bytes:
    kind = chance.choice(("mixed", "alternative", "related", "digest", "signed", "report", "x-odd"))
    boundary = f"b{depth}-{chance.getrandbits(24):x}"
    parts = [_entity(chance, depth + 1) for _ in range(chance.randrange(1, 4))]
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        + body
        + f"--{boundary}--\r\n".encode()
    )


def _transferred(chance: random.Random, fields: bytes, content: bytes, encoding: str = "") -> bytes:
    encoding = encoding or chance.choice(("7bit", "8bit", "base64", "quoted-printable"))
    if encoding == "base64":
        content = base64.encodebytes(content).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        content = quopri.encodestring(content)
    return fields + b"\r\nContent-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + content
