"""Bytes to expat in small pieces, without the two things by which XML does harm: types of its own, and endless tags.

Rule kept: a document type is refused where it begins, and with it entities of its own and outside references (the whole
class of XML bombs, see docs.python.org "XML vulnerabilities"). A tag that does not end is looked through again with
each piece that comes, in expat before 2.6 from its first byte, which is quadratic: one that is longer than
`LONGEST_TOKEN` ends the reading. Every reader that uses expat feeds it through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CHUNK: Final = 1 << 16
LONGEST_TOKEN: Final = 4 << 20


class XmlRefused(ValueError):
    """This XML is not read any further; the text is the reason, a phrase without content."""


class Feeder:
    """An expat parser without document types; whoever made it sets what is called for elements and texts.

    Args:
        separator: what stands between the address of a namespace and a name; None to leave names as they stand.
    """

    def __init__(self, *, separator: str | None = None) -> None:
        self._fed = 0
        parser = self._parser = expat.ParserCreate(namespace_separator=separator)
        parser.buffer_text = True
        parser.buffer_size = CHUNK
        for name in ("StartDoctypeDeclHandler", "EntityDeclHandler", "ExternalEntityRefHandler"):
            setattr(parser, name, _refuse_type)

    def on(
        self,
        *,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        """What is called for a start tag, an end tag, and text, which may come in several pieces."""
        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = text

    def feed(self, content: bytes) -> None:
        """Read on.

        Raises:
            XmlRefused: it is no XML, or none that is read; what is raised by what is called comes through.
        """
        for at in range(0, len(content), CHUNK):
            piece = content[at : at + CHUNK]
            self._fed += len(piece)
            self._parse(piece, last=False)
            if self._fed - self._parser.CurrentByteIndex > LONGEST_TOKEN:
                raise XmlRefused("a tag that is too long")

    def finish(self) -> None:
        """Say that nothing follows.

        Raises:
            XmlRefused: it ends too early.
        """
        self._parse(b"", last=True)

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except (expat.ExpatError, LookupError):  # an encoding that Python does not know is no key of its table
            raise XmlRefused("damaged XML") from None
        except ValueError as error:
            if isinstance(error, XmlRefused):
                raise
            raise XmlRefused("damaged XML") from None


def _refuse_type(*_: Any) -> int:
    raise XmlRefused("XML with a document type, which is not read")
