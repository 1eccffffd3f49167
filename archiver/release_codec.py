"""What crosses between the program and the confined child that opens records to be given: requests and answers.

Encoding: the length of a head (four bytes, big-endian), the head (JSON, RFC 8259), then byte strings whose lengths the
head states. The child parsed hostile bytes, so whatever it sends is hostile: members, types, counts and lengths are
bounded before they are kept, why a file is closed is one word of a fixed list, and pixels are undone to exactly the
size that was announced. No byte of a file that somebody handed in passes through here as it was.
"""

from __future__ import annotations

import struct
import zlib
from enum import StrEnum
from math import isfinite
from typing import Any, Final, TypeVar

from archiver.release_answers import Closed, Gap, ReadFile, ReadMail, ReadWord, SentPage, SentWord
from search.disclosure.redaction import LONGEST_SIDE, LONGEST_TEXT, Unit
from storage.strict_json import Members, decode_text, only, read_object, refuse, word, write_object

MOST_FILES: Final = 2_100
MOST_PAGES: Final = 5_000
MOST_WORDS: Final = 400_000
LONGEST_WORD: Final = 100_000
_LONGEST_HEAD: Final = 96 << 20
_MOST_BRACKETS: Final = 500_000
_LONGEST_PATH: Final = 4_000
_LONGEST_HEADER: Final = 1 << 20
_MOST_PIXELS: Final = 40_000_000
_LENGTH: Final = struct.Struct(">I")
_PARTS: Final = (1, 3)
_Word = TypeVar("_Word", bound=StrEnum)


def framed(head: Members, *parts: bytes) -> bytes:
    """A head and byte strings as one."""
    encoded = write_object(head)
    return b"".join((_LENGTH.pack(len(encoded)), encoded, *parts))


def unframed(raw: bytes, *, brackets: int = _MOST_BRACKETS) -> tuple[Members, memoryview]:
    """The head, and what follows it.

    Raises:
        ValueError: it is none.
    """
    if len(raw) < _LENGTH.size:
        refuse("the length of a head")
    (length,) = _LENGTH.unpack_from(raw)
    if length > min(_LONGEST_HEAD, len(raw) - _LENGTH.size):
        refuse("the length of a head")
    end = _LENGTH.size + length
    return read_object(raw[_LENGTH.size : end], brackets=brackets, unique_names=True), memoryview(raw)[end:]


def encode_mail(mail: ReadMail) -> bytes:
    """A mail that was opened."""
    texts = [mail.text.encode(), *((one.text or "").encode() for one in mail.files)]
    head: Members = {
        "text": len(texts[0]),
        "original": mail.original,
        "bcc": mail.bcc,
        "reply_to": mail.reply_to,
        "files": [_file_members(one, len(text)) for one, text in zip(mail.files, texts[1:], strict=True)],
    }
    return framed(head, *texts)


def decode_mail(raw: bytes) -> ReadMail:
    """What `encode_mail` wrote.

    Raises:
        ValueError: it is none.
    """
    head, rest = unframed(raw, brackets=MOST_WORDS * 2)
    only(head, frozenset({"text", "original", "bcc", "reply_to", "files"}))
    body = _Taker(rest)
    text = body.text(_number(head, "text", LONGEST_TEXT * 4))
    original = head.get("original")
    if original is not None and type(original) is not str:
        refuse("original")
    files = tuple(_file(one, body) for one in _rows(head, "files", MOST_FILES))
    body.end()
    return ReadMail(
        text=text,
        original=original,
        bcc=_string(head, "bcc", _LONGEST_HEADER),
        reply_to=_string(head, "reply_to", _LONGEST_HEADER),
        files=files,
    )


def encode_pages(pages: tuple[SentPage, ...]) -> bytes:
    """Pages that are given."""
    return framed({"pages": [_page_members(one) for one in pages]}, *(one.pixels for one in pages))


def decode_pages(raw: bytes) -> tuple[SentPage, ...]:
    """What `encode_pages` wrote; pixels were undone once to see that they are what was announced.

    Raises:
        ValueError: it is none.
    """
    head, rest = unframed(raw, brackets=MOST_WORDS * 2)
    only(head, frozenset({"pages"}))
    body = _Taker(rest)
    pages = tuple(_page(one, body) for one in _rows(head, "pages", MOST_PAGES))
    body.end()
    return pages


def _file_members(one: ReadFile, length: int) -> Members:
    return {
        "path": one.path,
        "text": None if one.text is None else length,
        "unit": None if one.unit is None else one.unit.value,
        "sizes": [list(size) for size in one.sizes],
        "words": [[word.page, *word.box, word.text] for word in one.words],
        "closed": None if one.closed is None else one.closed.name,
        "gap": one.gap.name,
    }


def _file(value: object, body: _Taker) -> ReadFile:
    members = only(value, frozenset({"path", "text", "unit", "sizes", "words", "closed", "gap"}))
    text = None if members.get("text") is None else body.text(_number(members, "text", LONGEST_TEXT * 4))
    unit = None if members.get("unit") is None else word(Unit, members, "unit")
    closed = None if members.get("closed") is None else _named(Closed, members, "closed")
    sizes = tuple(_sides(one, 2) for one in _rows(members, "sizes", MOST_PAGES))
    if sum(one is not None for one in (text, unit, closed)) != 1 or bool(sizes) != (unit is not None):
        refuse("what a file is")
    words = []
    for row in _rows(members, "words", MOST_WORDS):
        if type(row) is not list or len(row) != 6 or type(row[0]) is not int or not 1 <= row[0] <= len(sizes):  # noqa: PLR2004 - page, four sides, text
            refuse("words")
        words.append(ReadWord(page=row[0], box=_box(row[1:5]), text=_word_text(row[5])))
    return ReadFile(
        path=_string(members, "path", _LONGEST_PATH),
        text=text,
        unit=unit,
        sizes=tuple((one[0], one[1]) for one in sizes),
        words=tuple(words),
        closed=closed,
        gap=_named(Gap, members, "gap"),
    )


def _page_members(one: SentPage) -> Members:
    return {
        "number": one.number,
        "size": [one.across, one.down],
        "picture": [one.width, one.height, one.parts, len(one.pixels)],
        "words": [[*each.box, each.text] for each in one.words],
        "burnt": [[*each.box, each.text] for each in one.burnt],
        "taken": list(one.taken),
        "unseen": one.unseen,
    }


def _page(value: object, body: _Taker) -> SentPage:
    members = only(value, frozenset({"number", "size", "picture", "words", "burnt", "taken", "unseen"}))
    across, down = _sides(members.get("size"), 2)
    picture = members.get("picture")
    if type(picture) is not list or len(picture) != 4 or not all(type(one) is int and one > 0 for one in picture):  # noqa: PLR2004 - as `_page_members` has it
        refuse("picture")
    width, height, parts, length = picture
    if parts not in _PARTS or width * height > _MOST_PIXELS or min(across, down) <= 0:
        refuse("picture")
    pixels = body.bytes(length)
    _check_pixels(pixels, width * height * parts)
    taken = _rows(members, "taken", MOST_WORDS)
    return SentPage(
        number=_number(members, "number", MOST_PAGES),
        across=across,
        down=down,
        width=width,
        height=height,
        parts=parts,
        pixels=pixels,
        words=_sent_words(members, "words"),
        burnt=_sent_words(members, "burnt"),
        taken=tuple(_word_text(one) for one in taken),
        unseen=_number(members, "unseen", 1 << 31),
    )


def _check_pixels(pixels: bytes, wanted: int) -> None:
    undone = zlib.decompressobj()
    try:
        shown = undone.decompress(pixels, wanted + 1)
    except zlib.error:
        shown = b""
    if len(shown) != wanted or not undone.eof or undone.unused_data:
        refuse("pixels")


def _sent_words(members: Members, name: str) -> tuple[SentWord, ...]:
    found = []
    for row in _rows(members, name, MOST_WORDS):
        if type(row) is not list or len(row) != 5:  # noqa: PLR2004 - four sides and the text
            refuse(name)
        found.append(SentWord(box=_box(row[:4]), text=_word_text(row[4])))
    return tuple(found)


class _Taker:
    """Takes byte strings of stated lengths, one behind the other."""

    def __init__(self, rest: memoryview) -> None:
        self._rest, self._at = rest, 0

    def bytes(self, length: int) -> bytes:
        """The next bytes."""
        end = self._at + length
        if end > len(self._rest):
            refuse("the length of a part")
        taken = bytes(self._rest[self._at : end])
        self._at = end
        return taken

    def text(self, length: int) -> str:
        """The next bytes as text."""
        return decode_text(self.bytes(length))

    def end(self) -> None:
        """Refuse bytes that nobody asked for."""
        if self._at != len(self._rest):
            refuse("bytes after the end")


def _number(members: Members, name: str, most: int) -> int:
    value = members.get(name)
    if type(value) is not int or not 0 <= value <= most:
        refuse(name)
    return value


def _string(members: Members, name: str, longest: int) -> str:
    value = members.get(name)
    if type(value) is not str or len(value) > longest:
        refuse(name)
    return value


def _word_text(value: Any) -> str:
    if type(value) is not str or not 0 < len(value) <= LONGEST_WORD:
        refuse("a word")
    return value


def _rows(members: Members, name: str, most: int) -> list[Any]:
    rows = members.get(name)
    if type(rows) is not list or len(rows) > most:
        refuse(name)
    return rows


def _named(words: type[_Word], members: Members, name: str) -> _Word:
    value = members.get(name)
    if type(value) is not str or value not in words.__members__:
        refuse(name)
    return words[value]


def _sides(row: Any, count: int) -> tuple[float, ...]:
    if type(row) is not list or len(row) != count:
        refuse("a size")
    for one in row:
        if type(one) not in {int, float} or not isfinite(one) or not -LONGEST_SIDE <= one <= LONGEST_SIDE:
            refuse("a size")
    return tuple(float(one) for one in row)


def _box(row: Any) -> tuple[float, float, float, float]:
    left, top, right, bottom = _sides(row, 4)
    if left > right or top > bottom:
        refuse("a box")
    return left, top, right, bottom
