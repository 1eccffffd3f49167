"""Backups of Signal for tests: a few lines that write protocol buffers by number."""

from __future__ import annotations


def varint(number: int) -> bytes:
    pieces = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        pieces.append(low | (0x80 if number else 0))
        if not number:
            return bytes(pieces)


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def message(*fields: tuple[int, bytes | str | int]) -> bytes:
    return b"".join(field(number, value) for number, value in fields)


def framed(*frames: bytes) -> bytes:
    return b"".join(varint(len(one)) + one for one in frames)


ANN = bytes.fromhex("000a11ce000040008000000000000001")
SENT = 1_715_600_000_000
INFO = message((1, 1), (2, 1_715_636_551_000), (4, "App 1"), (5, "App 1"))
ACCOUNT = message((1, message((4, "Boba"), (5, "Fett"))))
SELF = message((2, message((1, 1), (5, b""))))
CONTACT = message((2, message((1, 4), (2, message((1, ANN), (4, 16105550101), (11, "Ann"), (12, "Smith"))))))
GROUP = message(
    (
        2,
        message(
            (1, 5), (3, message((1, b"k" * 32), (5, message((2, message((1, "Budget"))), (7, message((1, ANN)))))))
        ),
    )
)
CHATS = (message((3, message((1, 2), (2, 4)))), message((3, message((1, 3), (2, 5)))))
HEAD = (INFO, ACCOUNT, SELF, CONTACT, GROUP, *CHATS)


def item(
    *fields: tuple[int, bytes | str | int], author: int = 4, chat: int = 2, sent: int = SENT, way: int = 8
) -> bytes:
    """A frame with a chat item; 8 is incoming, 9 outgoing, 10 neither."""
    return message((4, message((1, chat), (2, author), (3, sent), (way, b""), *fields)))


def words(body: str, *more: tuple[int, bytes | str | int]) -> tuple[int, bytes]:
    """A StandardMessage with this text."""
    return 11, message((2, message((1, body))), *more)
