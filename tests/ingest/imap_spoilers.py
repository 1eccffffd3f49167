"""What the IMAP server of the tests answers to the FETCH of a mail instead of the mail."""

from __future__ import annotations

import socket


def answer_no(out: socket.socket, tag: bytes) -> bool:
    """This mail cannot be read, says the server, and so fails the whole command."""
    out.sendall(tag + b" NO [SERVERBUG] cannot read it\r\n")
    return True


def hang_up(out: socket.socket, tag: bytes) -> bool:
    """The server dies of this mail."""
    out.shutdown(socket.SHUT_RDWR)
    return False


def lie_about_length(out: socket.socket, tag: bytes) -> bool:
    """A literal of a size that nobody should reserve."""
    out.sendall(b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\nx")
    return True


def endless_lines(out: socket.socket, tag: bytes) -> bool:
    """Untagged lines without end."""
    line = b"* OK " + b"x" * 1000 + b"\r\n"
    for _ in range(300_000):
        out.sendall(line * 50)
    return True


def nonsense(out: socket.socket, tag: bytes) -> bool:
    """A FETCH response that nobody can parse."""
    out.sendall(b"* 1 FETCH (UID abc BODY[] ((((\r\n")
    return True


def no_body(out: socket.socket, tag: bytes) -> bool:
    """A FETCH response whose body is NIL; the UID is the one asked for in these tests."""
    out.sendall(b"* 2 FETCH (UID 2 BODY[] NIL)\r\n")
    return True


def say_goodbye(out: socket.socket, tag: bytes) -> bool:
    """BYE in the middle of an answer."""
    out.sendall(b"* BYE out of memory\r\n")
    out.shutdown(socket.SHUT_RDWR)
    return False


def short_literal(out: socket.socket, tag: bytes) -> bool:
    """A literal that says less than there is; what is left over looks like one more part."""
    out.sendall(b"* 2 FETCH (UID 2 BODY[] {7}\r\nSubject: mail\r\n)\r\n")
    return True


def short_literal_that_parses(out: socket.socket, tag: bytes) -> bool:
    """The same on one line, so that the answer is well-formed."""
    out.sendall(b"* 2 FETCH (UID 2 BODY[] {7}\r\nSubject: mail)\r\n")
    return True


def long_literal(out: socket.socket, tag: bytes) -> bool:
    """A literal that says more than there is, and so swallows the end of the answer."""
    out.sendall(b"* 2 FETCH (UID 2 BODY[] {40}\r\nSubject: mail)\r\n")
    out.sendall(tag + b" OK done, and more words here\r\n")
    return True


def chatter(out: socket.socket, tag: bytes) -> bool:
    """Everything that a server may say unasked, around a good answer."""
    out.sendall(b"* 9 EXISTS\r\n* 1 RECENT\r\n* OK still here\r\n* 3 FETCH (FLAGS (\\Seen))\r\n")
    out.sendall(b"* FLAGS (\\Seen)\r\n* 4 FETCH (FLAGS () UID 4 MODSEQ (7))\r\n")
    body = b"Subject: mail 2\r\n\r\nbody \x00\xff 2\r\n"
    out.sendall(b"* 2 FETCH (FLAGS (\\Recent) UID 2 BODY[] {%d}\r\n" % len(body) + body + b")\r\n")
    return True
