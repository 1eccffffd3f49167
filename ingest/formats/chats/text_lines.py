"""Lines of a text file that somebody exported, with their exact bytes, in bounded memory.

Rule kept: only a line feed ends a line (U+2028, U+0085 and a lone carriage return are content), and the bytes of any
run of lines can be had again exactly. UTF-8, with or without a byte order mark, and UTF-16 with one are read; bytes
that are no UTF-8 are carried as lone surrogates (PEP 383) and read as Windows-1252 where the text is asked for.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

CHUNK_BYTES: Final = 256 << 10
LONGEST: Final = 1 << 20
"""Characters of one line, or of one message of many lines, that are taken."""
CUT: Final = "\0 cut"
"""Given in place of the rest of a line that is too long; compared by identity."""
_BOM_16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_FULL_STRENGTH: Final = "surrogatepass"
_UNREADABLE: Final = re.compile("[\0\ud800-\udfff]")
_ESCAPED, _HIGH, _HIGHEST = 0xDC00, 0x80, 0xFF


@dataclass(frozen=True, slots=True)
class Script:
    """How a text file is written: its codec, and how many bytes stand before its first line."""

    codec: str = "utf-8"
    skipped: int = 0

    def encoded(self, text: str) -> bytes:
        """The bytes that a text from `batches` was read from."""
        return text.encode(self.codec, "surrogateescape" if self.codec == "utf-8" else _FULL_STRENGTH)

    def readable(self, text: str) -> str:
        """A text from `batches` that can be stored: no NUL, no lone surrogate. The same for a part of it."""
        return _UNREADABLE.sub(_sign, text)


@dataclass(slots=True)
class Ends:
    """How the lines of a file end, taken in batch after batch.

    Where all of them end in the same way, that stands between two messages; where some end in CR LF and some in LF,
    every carriage return belongs to the bytes of its line.
    """

    _returns: int = 0
    _others: int = 0
    _last_is_other: bool = False

    def add(self, lines: list[str]) -> None:
        """The next lines of the file."""
        returns = sum(1 for line in lines if line.endswith("\r"))
        self._returns += returns
        self._others += len(lines) - returns
        self._last_is_other = not lines[-1].endswith("\r")

    @property
    def mixed(self) -> bool:
        """Whether carriage returns are to be kept."""
        return self._returns > 0 and self._others > self._last_is_other

    @property
    def joint(self) -> str:
        """What stands between two lines."""
        return "\r\n" if self._returns and not self.mixed else "\n"


def _sign(match: re.Match[str]) -> str:
    """A byte that is no UTF-8 as Windows-1252 has it, U+FFFD for anything else."""
    number = ord(match[0]) - _ESCAPED
    return bytes([number]).decode("cp1252", "replace") if _HIGH <= number <= _HIGHEST else "\ufffd"


def script_of(head: bytes) -> Script:
    """How a file is written, from its first bytes."""
    if head.startswith(codecs.BOM_UTF8):
        return Script(skipped=len(codecs.BOM_UTF8))
    codec = _BOM_16.get(head[:2])
    return Script(codec, 2) if codec else Script()


def first_lines(head: bytes) -> list[str]:
    """The whole lines in the first bytes of a file; its only line where it has no other."""
    script = script_of(head)
    text = head[script.skipped :].decode(script.codec, "replace")
    lines = text.split("\n")
    return [line.rstrip("\r") for line in (lines[:-1] if len(lines) > 1 else lines)]


def batches(source: BinaryIO, script: Script) -> Iterator[tuple[list[str], bool]]:
    """All lines in lists, without their line feeds, and whether a list may need `Script.readable`.

    A line of more than `LONGEST` characters is cut there and followed by `CUT`.

    Raises:
        MemberBroken: the rest of the file cannot be had; what was read before has been given.
    """
    decoder = codecs.getincrementaldecoder(script.codec)(_FULL_STRENGTH)
    held, rest, skipping = "", b"", script.skipped
    overlong = doubtful = last = False
    while not last:
        chunk = source.read(CHUNK_BYTES)
        last = not chunk
        if skipping:
            chunk, skipping = chunk[skipping:], max(0, skipping - len(chunk))
        if script.codec == "utf-8":
            text, rest, clean = _utf8(rest + chunk, last=last)
        else:
            text, clean = _utf16(decoder, chunk, last=last), False
        doubtful = doubtful or not clean or "\0" in text
        if held:
            text = held + text
        lines = text.split("\n")
        held = "" if last else lines.pop()
        if last and lines[-1] == "":
            lines.pop()
        if overlong or len(text) > LONGEST:
            lines, held, overlong = _shortened(lines, held, overlong=overlong, last=last)
        if lines:
            yield lines, doubtful


def _utf8(content: bytes, *, last: bool) -> tuple[str, bytes, bool]:
    """Text up to the last whole line, the bytes after it, and whether it was UTF-8 throughout."""
    if last:
        ready, rest = content, b""
    else:
        end = content.rfind(b"\n") + 1
        if end == 0 and len(content) > CHUNK_BYTES:
            end = len(content) - 4  # no line end in sight; a character split here is carried by the surrogates
            while end > len(content) - 8 and 0x80 <= content[end] < 0xC0:  # noqa: PLR2004 - a byte inside a character
                end -= 1
        ready, rest = content[:end], content[end:]
    try:
        return ready.decode("utf-8"), rest, True
    except UnicodeDecodeError:
        return ready.decode("utf-8", "surrogateescape"), rest, False


def _utf16(decoder: codecs.IncrementalDecoder, chunk: bytes, *, last: bool) -> str:
    try:
        return decoder.decode(chunk, last)
    except UnicodeDecodeError:  # half a character ends the file
        return "\ufffd"


def _shortened(lines: list[str], held: str, *, overlong: bool, last: bool) -> tuple[list[str], str, bool]:
    """The same lines, each cut at its limit; what goes on after a cut line is left out up to its line feed."""
    if overlong and not lines:
        return [], "", not last
    kept: list[str] = []
    for line in lines[1:] if overlong else lines:
        if len(line) > LONGEST:
            kept += [line[:LONGEST], CUT]
        else:
            kept.append(line)
    if len(held) > LONGEST:
        return [*kept, held[:LONGEST], CUT], "", True
    return kept, held, False
