"""One JSON document (RFC 8259) read as a stream: chosen arrays element by element, each with its exact bytes.

Rule kept: an element costs memory once, a document never as a whole. What can be had before damage is given before
it is told. Depth is the parser's: a value nested deeper than that is passed over by its brackets and has a problem
instead of a value. Bytes that are no UTF-8 come back in `raw` as they were, and as replacement characters in `value`.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from ingest.formats.container import ContainerBroken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PathStep = str | int
LARGEST_VALUE: Final = 16 << 20  # characters
_BLOCK: Final = 1 << 18
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_MARK: Final = re.compile(r'["\[\]{}]')
_IN_STRING: Final = re.compile(r'(?:[^"\\]+|\\.)*+', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_EXPONENT: Final = 2  # characters of a number that a parser leaves where the third has not come yet: "1e+"
_DAMAGED: Final = "its JSON is damaged, or ends before its end"
_TOO_DEEP: Final = "it is nested too deep to be read"
_TOO_LARGE: Final = "it is larger than can be read"
_scan = json.JSONDecoder(strict=False).scan_once  # type: ignore[attr-defined]
_to_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class Piece(NamedTuple):
    """A value of the document, where it stands, and its bytes; one with a `problem` has no value."""

    path: tuple[PathStep, ...]
    value: Any
    raw: bytes
    problem: str | None = None


@dataclass(slots=True)
class _Open:
    """An array or object that was entered; `count` is how many members began."""

    path: tuple[PathStep, ...]
    is_array: bool
    count: int = 0


def walk(
    stream: BinaryIO, streamed: Iterable[tuple[str, ...]] = (), *, largest: int = LARGEST_VALUE
) -> Iterator[Piece]:
    """All values in the order of the document.

    Args:
        stream: the document; read forward only.
        streamed: paths of values that are given one by one, ``*`` standing for any index or name. A value whose path
            is a strict beginning of one of them is entered and not given itself, whatever else is in it is given whole.
        largest: characters of a value above which it is passed over.

    Raises:
        ContainerBroken: the document is damaged, or is none.
    """
    beginnings: dict[int, set[tuple[str, ...]]] = {}
    for wanted in streamed:
        for length in range(len(wanted)):
            beginnings.setdefault(length, set()).add(wanted[:length])
    text = _Text(stream)
    opened: list[_Open] = []
    path: tuple[PathStep, ...] = ()
    while True:
        mark = text.mark()
        if mark and mark in "[{" and _matches(path, beginnings):
            text.at += 1
            if mark == "[" and not _matches((*path, 0), beginnings):
                yield from text.elements(path, largest)
            else:
                opened.append(_Open(path=path, is_array=mark == "["))
        else:
            yield text.value(path, largest)
        following = _next(text, opened)
        if following is None:
            return
        path = following


def _next(text: _Text, opened: list[_Open]) -> tuple[PathStep, ...] | None:
    """The path of the value that comes next; arrays and objects that end are left. None at the document's end."""
    while opened:
        here = opened[-1]
        mark = text.mark()
        if mark == ("]" if here.is_array else "}"):
            text.at += 1
            opened.pop()
            continue
        if here.count:
            if mark != ",":
                raise ContainerBroken(_DAMAGED)
            text.at += 1
        here.count += 1
        if here.is_array:
            return (*here.path, here.count - 1)
        name = text.value((), _BLOCK).value
        if not isinstance(name, str) or text.mark() != ":":
            raise ContainerBroken(_DAMAGED)
        text.at += 1
        return (*here.path, name)
    return None


def _matches(path: tuple[PathStep, ...], beginnings: dict[int, set[tuple[str, ...]]]) -> bool:
    for one in beginnings.get(len(path), ()):
        for wanted, step in zip(one, path, strict=True):
            if wanted not in ("*", step):
                break
        else:
            return True
    return False


class _Text:
    """The document as text in a window; `at` is the place in it. Bytes that are no UTF-8 are lone surrogates here."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._window = ""
        self._ended = False
        self.at = 0
        self._more()
        self._window = self._window.removeprefix("\ufeff")

    def mark(self) -> str:
        """The first character that is no space, "" at the end."""
        here = self._window[self.at : self.at + 1]
        if here > " ":
            return here
        while True:
            match = _SPACE.match(self._window, self.at)
            assert match is not None
            self.at = match.end()
            if self.at < len(self._window):
                return self._window[self.at]
            if not self._more():
                return ""

    def elements(self, path: tuple[PathStep, ...], largest: int) -> Iterator[Piece]:
        """All values of the array of this path, which was entered, none of them entered; goes behind its end."""
        if self.mark() == "]":
            self.at += 1
            return
        for number in count():
            yield self.value((*path, number), largest)
            mark = self.mark()
            if mark not in ("]", ","):
                raise ContainerBroken(_DAMAGED)
            self.at += 1
            if mark == "]":
                return

    def value(self, path: tuple[PathStep, ...], largest: int) -> Piece:
        """The value that begins here."""
        if not self.mark():
            raise ContainerBroken(_DAMAGED)
        while True:
            start = self.at
            try:
                value, end = _scan(self._window, start)
                raw = self._window[start:end]
                exact, is_text = _encoded(raw)
                if not is_text or ("\\u" in raw and _ESCAPED.search(raw)):
                    value = _without_surrogates(value)
            except RecursionError:
                return self._passed_over(path, _TOO_DEEP)
            except (StopIteration, ValueError):
                if len(self._window) - start > largest:
                    return self._passed_over(path, _TOO_LARGE)
                if not self._more(len(self._window) - start):
                    raise ContainerBroken(_DAMAGED) from None
                continue
            if end + _EXPONENT >= len(self._window) and isinstance(value, (int, float)) and self._more():
                continue  # the number may go on in the next block
            self.at = end
            return Piece(path, value, exact)

    def _passed_over(self, path: tuple[PathStep, ...], problem: str) -> Piece:
        """Go behind the value by its brackets and quotes alone, without keeping it."""
        depth, in_string = 0, False
        while True:
            if in_string:
                match = _IN_STRING.match(self._window, self.at)
                assert match is not None
                self.at = match.end()
                if self._window[self.at : self.at + 1] == '"':
                    in_string = False
                    self.at += 1
                elif not self._more():
                    raise ContainerBroken(_DAMAGED)
                else:
                    continue
            else:
                found = _MARK.search(self._window, self.at)
                self.at = len(self._window) if found is None else found.end()
                if found is None:
                    if not self._more():
                        raise ContainerBroken(_DAMAGED)
                    continue
                in_string = found[0] == '"'
                depth += (found[0] in "[{") - (found[0] in "]}")
            if depth <= 0 and not in_string:
                return Piece(path=path, value=None, raw=b"", problem=problem)

    def _more(self, wanted: int = 0) -> bool:
        """Read on, at least as much as was not enough; whether there was something."""
        if self._ended:
            return False
        content = self._stream.read(max(_BLOCK, wanted))
        self._ended = not content
        fresh = self._decoder.decode(content, final=self._ended)
        if fresh:  # places in the window hold where nothing was added
            self._window = self._window[self.at :] + fresh
            self.at = 0
        return bool(fresh) or not self._ended


def _encoded(raw: str) -> tuple[bytes, bool]:
    """The bytes that this was decoded from, and whether all of them were UTF-8."""
    try:
        return raw.encode(), True
    except UnicodeEncodeError:
        return raw.encode("utf-8", "surrogateescape"), False


def _without_surrogates(value: Any) -> Any:
    """The value with U+FFFD where a lone surrogate stands, which is no character and can be stored nowhere."""
    text = _to_json(value)
    return json.loads(_SURROGATE.sub("\ufffd", text)) if _SURROGATE.search(text) else value
