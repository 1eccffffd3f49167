"""What hostile SMTP clients send, as data: a stream for each case, and what may be stored of it.

A `Case` is what follows a first greeting. Its oracle is the rule in its plainest form: the mails that a reader of
CRLF lines finds (`by_lines`), and nothing where a limit or a setting refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

INTAKE = "archive@agency.example"
SENDER = "jane.doe@mail.example"
MAIL = b"From: jane.doe@mail.example\r\nSubject: torture\r\n\r\n"
ENVELOPE = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{INTAKE}>\r\nDATA\r\n".encode()
SMUGGLED = ENVELOPE + b"Subject: smuggled\r\n\r\nhidden\r\n.\r\n"
WAYS = ("whole", "per byte", "two segments")

# The first is the true end; the others have let a second mail in at one server or another.
ENDS = (
    b"\r\n.\r\n",
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r.\n",
    b"\n.\r",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n.\r\r\n",
    b"\n\n.\r\n",
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One client: `before` is sent first and each reply awaited, then `stream` in one of the ways.

    `stored` is what must be in the archive afterwards, in order, and `codes` what the last reply may begin with.
    """

    name: str
    stream: bytes
    stored: tuple[bytes, ...] = ()
    way: str = "whole"
    before: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    codes: frozenset[str] | None = None


def by_lines(stream: bytes) -> tuple[bytes, bytes]:
    """CRLF lines up to a lone dot, one leading dot off each; and what follows."""
    body, place = b"", 0
    while True:
        end = stream.index(b"\r\n", place) + 2
        line, place = stream[place:end], end
        if line == b".\r\n":
            return body, stream[place:]
        body += line[1:] if line.startswith(b".") else line


def mails_in(stream: bytes) -> tuple[bytes, ...]:
    """The mails of a stream that begins inside of DATA: the first, and each that a whole envelope announces after."""
    first, rest = by_lines(stream)
    found = [first]
    while ENVELOPE in rest:
        body, rest = by_lines(rest.partition(ENVELOPE)[2])
        found.append(body)
    return tuple(found)


def cut(stream: bytes, way: str) -> list[bytes]:
    """The stream as it is sent."""
    if way == "whole":
        return [stream]
    if way == "per byte":
        return [stream[at : at + 1] for at in range(len(stream))]
    half = len(stream) // 2
    return [stream[:half], stream[half:]]


_OPEN = (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{INTAKE}>", "DATA")


def ends_of_data() -> list[Case]:
    """Every spelling of the end, in every way, with a second mail hidden behind it."""
    found = []
    for mark in ENDS:
        for way in WAYS:
            stream = MAIL + b"first" + mark + SMUGGLED
            mails = mails_in(stream)
            found.append(Case(name=f"end {mark!r} {way}", stream=stream, stored=mails, way=way, before=_OPEN))
            bare = mark not in (b"\r\n.\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n")
            found.append(
                Case(
                    name=f"end {mark!r} {way}, bare refused",
                    stream=stream,
                    stored=() if bare else mails,
                    way=way,
                    before=_OPEN,
                    settings={"bare_line_ends": "refuse"},
                )
            )
    return found


def pipelines() -> list[Case]:
    """Commands sent ahead of their answers (RFC 2920), as some servers have mixed up."""
    mail = MAIL + b"piped\r\n"
    whole = ENVELOPE + mail + b".\r\n"
    found = []
    for way in WAYS:
        found += [
            Case(name=f"pipelined mail {way}", stream=whole, stored=(mail,), way=way),
            Case(name=f"two pipelined mails {way}", stream=whole + whole, stored=(mail, mail), way=way),
            Case(name=f"reset between {way}", stream=ENVELOPE[:-6] + b"RSET\r\n" + whole, stored=(mail,), way=way),
            Case(name=f"pipelined without recipient {way}", way=way, stored=(mail,),
                 stream=f"MAIL FROM:<{SENDER}>\r\nDATA\r\nRSET\r\n".encode() + whole),
            Case(name=f"unlisted recipient pipelined {way}", way=way,
                 stream=f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\nRSET\r\n".encode()),
        ]  # fmt: skip
    return found


def contents() -> list[Case]:
    """Bytes that mail should not have: stored as they are, or refused, never changed."""
    bodies = {
        "NUL in a header": b"Subject: a\x00b\r\n\r\nx\r\n",
        "NUL in the body": MAIL + b"\x00\x00x\x00\r\n",
        "NUL alone": b"\x00\r\n",
        "all bytes": MAIL + bytes(range(256)).replace(b"\r\n", b"") + b"\r\n",
        "8 bit": MAIL + "\u00e4\u4e2d\r\n".encode(),
        "wrong UTF-8": MAIL + b"\xff\xfe\xc3\x28\r\n",
        "overlong UTF-8": MAIL + b"\xc0\xae\xe0\x80\xae\r\n",
        "UTF-16": "\ufeffSubject: x".encode("utf-16-le") + b"\r\n",
        "bare LF": MAIL + b"a\nb\nc\r\n",
        "bare CR": MAIL + b"a\rb\rc\r\n",
        "dots": MAIL + b"..\r\n...\r\n.x\r\n.\r\n",
        "no header": b"x\r\n",
        "empty": b"",
        "blank lines": b"\r\n" * 5000,
        "line of a million": MAIL + b"x" * 1_000_000 + b"\r\n",
        "line of a million and one": MAIL + b"x" * 1_000_001 + b"\r\n",
        "line of ten million": MAIL + b"x" * 10_000_000 + b"\r\n",
    }
    found = []
    for name, body in bodies.items():
        stuffed = body.replace(b"\r\n.", b"\r\n..") if not body.startswith(b".") else b"." + body
        for setting in ({}, {"nul_bytes": "refuse", "bare_line_ends": "refuse"}, {"max_line": 20_000_000}):
            refused = (
                (len(max(body.split(b"\r\n"), key=len)) > 1_000_000 and "max_line" not in setting)
                or ("nul_bytes" in setting and b"\0" in body)
                or ("bare_line_ends" in setting and len({body.count(one) for one in (b"\r", b"\n", b"\r\n")}) > 1)
            )
            found.append(
                Case(
                    name=f"{name} {setting}",
                    stream=stuffed + b".\r\n",
                    stored=() if refused else (body,),
                    before=_OPEN,
                    settings=setting,
                )
            )
    return found


def sizes() -> list[Case]:
    """SIZE (RFC 1870) that lies, and that is no number."""
    small, large = MAIL + b"x\r\n", MAIL + b"x" * 900 + b"\r\n" + b"y" * 900 + b"\r\n"
    rest = f"RCPT TO:<{INTAKE}>\r\nDATA\r\n".encode()
    end = b".\r\nRSET\r\n"
    limit = {"max_size": 1000}
    found = [
        Case(name="SIZE too small", stream=_sized("10") + rest + small + end, stored=(small,), settings=limit),
        Case(name="SIZE too small for what is too large", stream=_sized("10") + rest + large + end, settings=limit),
        Case(name="no SIZE for what is too large", stream=ENVELOPE + large + end, settings=limit),
    ]
    lies = ("1001", "99999999999999999999", "-1", "abc", "", "1e3", "0x10", "1 1", "\u00b2", "8" * 1500)
    refused = frozenset("45")
    found += [Case(name=f"SIZE={lie[:20]}", stream=_sized(lie), settings=limit, codes=refused) for lie in lies]
    return found


def _sized(size: str) -> bytes:
    return f"MAIL FROM:<{SENDER}> SIZE={size}\r\n".encode()


RELAYS = (
    "victim@elsewhere.example", "archive%elsewhere.example@agency.example", "victim@elsewhere.example@agency.example",
    "elsewhere.example!victim@agency.example", '"victim@elsewhere.example"@agency.example',
    '"archive"@elsewhere.example', "archive@[127.0.0.1]", "archive@[IPv6:::1]", "archive@localhost", "archive", "",
    "postmaster", "postmaster@agency.example", "archive@agency.example.elsewhere.example",
    "archive@agency.example@elsewhere.example", "archive@agency.example,victim@elsewhere.example",
    "archive@agency.example victim@elsewhere.example", "archive@agency.example\x00@elsewhere.example",
    "archiv\u0435@agency.example", "archive@\u0430gency.example",
    "|/bin/sh@agency.example", "../archive@agency.example",
    "archive+@agency.example", "archive+victim=elsewhere.example@agency.example", "a" * 1000 + "@agency.example",
    "(comment)archive@agency.example", "archive@agency..example",
)  # fmt: skip


def relays() -> list[Case]:
    """Recipients that are nobody's here: refused at RCPT, and nothing is stored."""
    begun = f"MAIL FROM:<{SENDER}>\r\n".encode()
    found = [
        Case(
            name=f"recipient {address[:40]!r}",
            stream=begun + f"RCPT TO:<{address}>\r\nDATA\r\n".encode("utf-8", "surrogateescape"),
            codes=frozenset("5"),
        )
        for address in RELAYS
    ]
    routed = begun + b"RCPT TO:<@relay.example,@other.example:victim@elsewhere.example>\r\nDATA\r\n"
    found.append(Case(name="source route", stream=routed, codes=frozenset("5")))
    many = b"".join(f"RCPT TO:<archive+jane.doe=mail.example@agency.example>\r\n".encode() for _ in range(10_000))  # noqa: F541
    found.append(Case(name="10,000 listed recipients", stream=begun + many))
    found.append(Case(name="10,000 unlisted recipients", stream=begun + b"RCPT TO:<x@y.example>\r\n" * 10_000))
    return found


FLOODS = {
    "NOOP": b"NOOP\r\n" * 20_000,
    "RSET": b"RSET\r\n" * 20_000,
    "HELP": b"HELP\r\n" * 20_000,
    "VRFY": b"VRFY x\r\n" * 20_000,
    "EHLO": b"EHLO x\r\n" * 20_000,
    "unknown": b"XYZZY\r\n" * 20_000,
    "empty": b"\r\n" * 20_000,
    "bad syntax": b"MAIL FROM:<\r\n" * 20_000,
    "mails begun": f"MAIL FROM:<{SENDER}>\r\nRSET\r\n".encode() * 20_000,
    "endless command": b"NOOP " + b"x" * 5_000_000,
    "long commands": (b"NOOP " + b"x" * 100_000 + b"\r\n") * 50,
    "NULs": b"\x00" * 1_000_000 + b"\r\n",
    "BDAT": b"BDAT 10 LAST\r\n0123456789\r\n" * 20,
    "BDAT without end": b"BDAT 99999999\r\n" + b"x" * 100_000,
    "AUTH without users": b"AUTH PLAIN AGEAYg==\r\n" * 20,
    "AUTH LOGIN without users": b"AUTH LOGIN\r\nYQ==\r\nYg==\r\n" * 20,
    "TURN": b"TURN\r\nETRN x\r\nSEND FROM:<a@b>\r\nDEBUG\r\nWIZ\r\n",
    "HTTP": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n" + ENVELOPE[:10],
    "TLS without STARTTLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 512,
}


def floods() -> list[Case]:
    """Commands without a mail: answered for a while, then the connection is closed; nothing is stored."""
    return [Case(name=f"flood: {name}", stream=stream) for name, stream in FLOODS.items()]


ALL = (*ends_of_data(), *pipelines(), *contents(), *sizes(), *relays(), *floods())
