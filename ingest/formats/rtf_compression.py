"""Compressed RTF to RTF, as messages of Outlook and Exchange carry it ([MS-OXRTFCP] §2.1: LZFu, or MELA for none).

Rule kept: what comes out is limited whatever the header declares; a wrong checksum or a missing end is said, and
what could be unpacked is given all the same.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

MAX_PLAIN: Final = 16 * 1024 * 1024
_DICTIONARY: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_WINDOW: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """RTF as it was before compression, and what was wrong with its container."""

    content: bytes
    remark: str | None = None


def decompress_rtf(packed: bytes, limit: int = MAX_PLAIN) -> Unpacked:
    """Undo the compression of [MS-OXRTFCP] §3.1.1; at most `limit` bytes come out."""
    if len(packed) < 16:  # noqa: PLR2004 - bytes of the header
        return Unpacked(content=b"", remark="RTF text that is cut off")
    size, plain_size, kind, checksum = struct.unpack_from("<II4sI", packed)
    content = packed[16 : max(size + 4, 16)]
    if kind == b"MELA":
        return Unpacked(content=content[: min(plain_size, limit)])
    if kind != b"LZFu":
        return Unpacked(content=b"", remark="RTF text compressed in an unknown way")
    plain, is_whole = _unpack(content, limit)
    remark = None if is_whole or len(plain) == plain_size else "the end of RTF text that is cut off or too long"
    if zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF != checksum:
        remark = remark or "RTF text whose checksum is wrong"
    return Unpacked(content=plain, remark=remark)


def _unpack(content: bytes, limit: int) -> tuple[bytes, bool]:
    """The decompressed bytes, and whether their end mark was found."""
    plain = bytearray(_DICTIONARY)
    origin = len(plain)  # the write offset of the dictionary is that of the output: both begin after it
    place, end, stop = 0, len(content), origin + limit
    while place < end and len(plain) < stop:
        control = content[place]
        place += 1
        for bit in range(8):
            if not control >> bit & 1:
                if place >= end:
                    return bytes(plain[origin:]), False
                plain.append(content[place])
                place += 1
                continue
            if place + 1 >= end:
                return bytes(plain[origin:]), False
            token = content[place] << 8 | content[place + 1]
            place += 2
            offset, length = token >> 4, (token & 15) + 2
            written = len(plain)
            if offset == written % _WINDOW:
                return bytes(plain[origin:]), True
            start = written - (written - offset) % _WINDOW
            if 0 <= start <= written - length:
                plain += plain[start : start + length]
                continue
            for step in range(start, start + length):  # over its own end, or over what was never written
                plain.append(plain[step] if step >= 0 else 0x20)
    return bytes(plain[origin:]), False
