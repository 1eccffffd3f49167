"""Ways to spoil a message: small damage that happens, and shapes that somebody makes on purpose.

Rule kept: a mutation is a function of a random source, a message and another one; the same source gives the same
bytes. Sizes stay below a few MiB, so that what is slow is slow by its shape.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Mutation = Callable[[random.Random, bytes, bytes], bytes]

_BOUNDARY = re.compile(rb'boundary\s*=\s*"?([^";\r\n]{1,70})', re.IGNORECASE)
_CHARSET = re.compile(rb'charset\s*=\s*"?[^";\s]+', re.IGNORECASE)
_ENCODING = re.compile(rb"(?i)(content-transfer-encoding:\s*)[^\r\n]*")
_TAGS = (
    b"v=1", b"a=rsa-sha256", b"a=ed25519-sha256", b"c=relaxed/relaxed", b"c=simple", b"d=example.org", b"s=x", b"l=0",
    b"h=from:to:subject", b"bh=AAAA", b"b=" + b"A" * 400, b"b==", b"t=99999999999999999999", b"x=-1", b"q=\xff", b"i=@",
    b"l=-5", b"cv=pass",
)  # fmt: skip
_VALUES = (b"a", b"%E4", b"utf-8''%ff", b"%", b'"')
_DATES = (
    b"Fri, 31 Feb 99999 25:61:61 +9999", b"1" * 5000, b"Fri, 1 Mar 0000 00:00:00 -0000",
    b"1 Jan 0001 00:00:00 +2359", b"31 Dec 9999 23:59:60 -1200", b" " * 9000,
)  # fmt: skip
_QUOTED = (
    b">" * 5000, b"> " * 2000, b"From: a\n", b"-----Original Message-----\n", b"On 1 Mar 2024, A wrote:\n> ", b"\n",
    b"From: a\nSent: b\nTo: c\nSubject: d\n\n",
)  # fmt: skip
_PARTS = (
    b"\r\n",
    b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n",
    b"Content-Type: text/html\r\n\r\n<p>x",
    b"Content-Disposition: attachment\r\n\r\nx",
)
_LIES = (
    b"utf-16", b"utf-7", b"utf-32", b"hz", b"iso-2022-kr", b"cp037", b"rot13", b"zlib", b"idna", b"punycode", b"\x00",
)  # fmt: skip


def flip_bits(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    changed = bytearray(raw or b"x")
    for _ in range(chance.choice((1, 4, 32))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    start, end = sorted((chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)))
    return chance.choice((raw[:end], raw[start:], raw[:start] + raw[end:]))


def splice(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    at, since = chance.randrange(len(raw) + 1), chance.randrange(len(other) + 1)
    return raw[:at] + other[since:] + chance.choice((b"", raw[at:]))


def repeat_a_piece(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    start = chance.randrange(len(raw) + 1)
    piece = raw[start : start + chance.choice((1, 16, 300))]
    return raw[:start] + piece * chance.choice((2, 50, 2000)) + raw[start:]


def add_noise(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    at = chance.randrange(len(raw) + 1)
    noise = chance.choice(
        (b"\x00" * 50, b"\xed\xa0\x80\xed\xb0\x80", b"\xff\xfe", b"\r", b"\n\n", b"\x1b$B", chance.randbytes(200))
    )
    return raw[:at] + noise + raw[at:]


def change_line_ends(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    return raw.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\x0b", b"\x85")))


def repeat_header(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    fields = (
        b"From: a@b.example",
        b"Subject: x",
        b"Content-Type: multipart/mixed; boundary=x",
        b"To: " + b"a@b.example, " * 500,
    )
    return (chance.choice(fields) + b"\r\n") * chance.choice((2, 200)) + raw


def many_headers(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    count = chance.choice((1000, 30_000))
    shape = chance.choice((b"X-%d: y\r\n", b"x: %d\r\n", b"Received: from a by b; %d\r\n", b"A:\r\n %d\r\n"))
    return b"".join(shape % number for number in range(count)) + raw


def lie_about_charset(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    label = chance.choice(_LIES)
    if not _CHARSET.search(raw):
        return b"Content-Type: text/plain; charset=" + label + b"\r\n" + raw
    return _CHARSET.sub(lambda _: b"charset=" + label, raw)


def lie_about_encoding(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    name = chance.choice((b"base64", b"quoted-printable", b"x-uuencode", b"binary", b"base64 base64", b"yenc"))
    return _ENCODING.sub(lambda found: found[1] + name, raw)


def parameter_loops(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    """RFC 2231 sections: thousands, out of order, twice, with endless numbers, with and without asterisks."""
    count = chance.choice((3, 400, 3000))
    numbers = list(range(count))
    chance.shuffle(numbers)
    sections = b"".join(
        b" name*%d%s=%s;" % (number * chance.choice((1, 1, 10**9)), chance.choice((b"", b"*")), chance.choice(_VALUES))
        for number in numbers
    )
    head = b"Content-Type: application/pdf;" + sections + b" name*=utf-8'en'%C3%28\r\n"
    disposition = b"Content-Disposition: attachment; filename*" + b"9" * chance.choice((1, 5000)) + b"=x\r\n"
    return head + disposition + raw


def boundary_games(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    found = _BOUNDARY.findall(raw)
    boundary = chance.choice(found) if found else b"b"
    game = chance.randrange(6)
    if game == 0:
        return _BOUNDARY.sub(lambda _: b'boundary="', raw)
    if game == 1:
        return raw.replace(b"--" + boundary + b"--", b"")
    if game == 2:
        return raw + (b"\r\n--" + boundary) * 3000
    if game == 3:
        return raw.replace(b"--" + boundary, b"--" + boundary + b" " * chance.choice((1, 20_000)))
    if game == 4:
        return _BOUNDARY.sub(lambda _: b'boundary="' + boundary, raw)  # each level has the same one
    head = b'Content-Type: multipart/mixed; boundary="' + b"(?:a*)*" * 9 + b'"\r\n\r\n'
    return head + b"\r\n--" + b"a" * 50_000 + b"\r\n" + raw


def deep(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    depth = chance.choice((50, 1000, 10_000))
    shape = chance.randrange(4)
    if shape == 0:
        return b"Content-Type: message/rfc822\r\n\r\n" * depth + raw
    if shape == 1:
        levels = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
        return b"".join(levels) + raw
    if shape == 2:
        return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * depth + raw
    return (
        b"Content-Type: text/html\r\n\r\n"
        + chance.choice((b"<div>", b"<table><tr><td>", b"<blockquote>", b"<b><i>")) * depth
    )


def deeply_encoded(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    """Messages in messages, each in base64: what is written grows by a third with every level."""
    content = raw[:2000]
    for _ in range(chance.choice((3, 12))):
        body = base64.encodebytes(content)
        content = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    return content


def encoded_word_bombs(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    word = chance.choice(
        (b"=?utf-8?Q?=C3?= ", b"=?utf-8?B?wyg?=", b"=?", b"=?utf-8?Q?" + b"a" * 60_000, b"=?x?B?=?=",
         b"=?utf-7?Q?+2D8-?= ", b"=?idna?Q?xn--a?= ", b"=?utf-8?Q?" + b"=00" * 10 + b"?= ")
    )  # fmt: skip
    field = chance.choice((b"Subject", b"From", b"To", b"Content-Type", b"Content-Disposition"))
    return field + b": " + word * chance.choice((2, 3000)) + b" <a@b.example>\r\n" + raw


def address_bombs(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    piece = chance.choice(
        (b"(", b'"', b"<", b'"a"@', b"a(b)", b"a@b,", b"a:;", b"\\", b"((a)", b'"\\"', b"[", b"a b ", b"@ . ", b" .")
    )
    return (
        chance.choice((b"To", b"From", b"Cc")) + b": " + piece * chance.choice((50, 20_000)) + b"a@b.example\r\n" + raw
    )


def date_bombs(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    text = chance.choice(_DATES)
    return b"Date: " + text + b"\r\n" + raw


def base64_noise(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    noise = chance.choice(
        (b"=" * 5000, b"A=" * 50_000, b"A===" * 9000, b"-_" * 900, chance.randbytes(5000), b"QUJD\xa0" * 500)
    )
    return b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + noise + raw


def quoting_bombs(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    line = chance.choice(_QUOTED)
    return b"Subject: Fwd: x\r\n\r\n" + line * chance.choice((3, 3000)) + raw


def many_parts(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    count = chance.choice((900, 5000))
    part = chance.choice(_PARTS)
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for _ in range(count)) + b"--b--\r\n" + raw


def signature_bombs(chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    """DKIM and ARC fields (RFC 6376, RFC 8617) that are many, long, or name fields without end."""
    tags = b"; ".join(chance.choices(_TAGS, k=chance.choice((3, 9)))) + chance.choice((b"", b"; h=" + b"from:" * 9000))
    names = (b"DKIM-Signature", b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results")
    fields = (
        chance.choice(names) + b": i=%d; " % (number % 60) + tags for number in range(chance.choice((1, 60, 900)))
    )
    return b"".join(field + b"\r\n" for field in fields) + raw


def nothing(_chance: random.Random, raw: bytes, _other: bytes) -> bytes:
    return raw


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits, cut, splice, repeat_a_piece, add_noise, change_line_ends, repeat_header, many_headers, lie_about_charset,
    lie_about_encoding, parameter_loops, boundary_games, deep, deeply_encoded, encoded_word_bombs, address_bombs,
    date_bombs, base64_noise, quoting_bombs, many_parts, signature_bombs, nothing,
)  # fmt: skip


def mutated(chance: random.Random, raw: bytes, other: bytes) -> tuple[str, bytes]:
    """The message after one to three mutations, and their names."""
    chosen = chance.choices(MUTATIONS, k=chance.choice((1, 1, 2, 3)))
    for mutation in chosen:
        raw = mutation(chance, raw, other)[: 8 << 20]
    return " then ".join(mutation.__name__ for mutation in chosen), raw
