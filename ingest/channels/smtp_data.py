"""The body of a DATA command, gathered block by block; knows no socket.

Rules (RFC 5321):

- the mail ends at ``CRLF.CRLF`` and at nothing else (§4.1.1.4, §2.3.8): bare CR or LF are ordinary bytes, so
  no other spelling of the mark can smuggle a second mail in;
- the CRLF before the first line is the one that ended the DATA command, so a lone dot at once is an empty mail;
- one dot is taken from each line that begins with one (§4.5.2); nothing else is changed, added or removed;
- what is too much is still read to its end before it is refused, but is not kept.
"""

from __future__ import annotations

from enum import StrEnum

END = b"\r\n.\r\n"
_CRLF = b"\r\n"
_STUFFED = b"\r\n."


class Excess(StrEnum):
    """Why a body is not taken."""

    SIZE = "size"
    LINE = "line"
    MEMORY = "memory"
    BARE = "bare"
    NUL = "nul"


class DataCollector:
    """Takes blocks of any cut until the end of the mail; the cut never changes the outcome.

    `kept` is the number of bytes held in memory, `excess` the first limit broken. Time is linear in what is fed.
    """

    def __init__(self, *, max_size: int, max_line: int, refuse_bare: bool = False, refuse_nul: bool = False) -> None:
        self._max_size = max_size
        self._max_line = max_line
        self._refuse_bare = refuse_bare
        self._refuse_nul = refuse_nul
        # the CRLF that ended the DATA command stands in front, and is taken off again in `body`
        self._carry = _CRLF
        self._pieces: list[bytes] = []
        self._size = -len(_CRLF)
        self._line = 0
        self.kept = 0
        self.seen = 0
        self.excess: Excess | None = None
        self.finished = False

    def feed(self, block: bytes) -> bytes:
        """Take a block; returns what followed the end of the mail, empty as long as that has not come."""
        self.seen += len(block)
        window = self._carry + block
        place = window.find(END)
        if place >= 0:
            self.finished = True
            self._carry = b""
            self._take(window[:place] + _CRLF)
            return window[place + len(END) :]
        cut = max(0, len(window) - (len(END) - 1))
        # neither a CRLF nor a stuffed dot may be torn apart: lines and dots are counted within a piece
        if window[max(0, cut - 2) : cut] == _CRLF:
            cut -= 2
        elif window[max(0, cut - 1) : cut] == b"\r":
            cut -= 1
        self._carry = window[cut:]
        if cut:
            self._take(window[:cut])
        return b""

    def discard(self, excess: Excess) -> None:
        """Keep nothing from here on; the rest is only read to its end."""
        if self.excess is None:
            self.excess = excess
        self._pieces.clear()
        self.kept = 0

    def body(self) -> bytes:
        """The mail as the client had it before dot-stuffing; only after the end, and only without excess."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole.replace(_STUFFED, _CRLF)[len(_CRLF) :]

    def _take(self, piece: bytes) -> None:
        if self.excess is not None:
            return
        self._size += len(piece) - piece.count(_STUFFED)
        if self._size > self._max_size:
            self.discard(Excess.SIZE)
            return
        if self._has_long_line(piece):
            self.discard(Excess.LINE)
            return
        # no piece tears a CRLF apart, so what is left over in a piece stands alone in the mail
        if self._refuse_bare and not piece.count(_CRLF) == piece.count(b"\r") == piece.count(b"\n"):
            self.discard(Excess.BARE)
            return
        if self._refuse_nul and b"\0" in piece:
            self.discard(Excess.NUL)
            return
        self._pieces.append(piece)
        self.kept += len(piece)

    def _has_long_line(self, piece: bytes) -> bool:
        """Whether a line, without its CRLF, is over the limit; remembers the unfinished one for the next piece."""
        first = piece.find(_CRLF)
        if first < 0:
            self._line += len(piece)
            return self._line > self._max_line
        longest = self._line + first
        if len(piece) > self._max_line:
            longest = max(longest, *(len(line) for line in piece[first:].split(_CRLF)))
        self._line = len(piece) - piece.rfind(_CRLF) - len(_CRLF)
        return max(longest, self._line) > self._max_line
