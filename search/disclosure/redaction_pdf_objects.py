"""A PDF built of pictures of pages and words, and everything that a PDF says in its objects; pikepdf (qpdf) does both.

Rules kept: what is built has nothing but pages (ISO 32000-1 §7.7.3): each one picture, and the kept words over it in
text rendering mode 3 (§9.3.6) in a Type 3 font without ink (§9.6.5) that maps to Unicode (§9.10.3). No information
dictionary, XMP, annotation, form, file, script, layer, outline or earlier revision; ids follow from the content, so the
same pages give the same bytes. What is read is read whole: every object, decoded; what cannot be decoded is told.
"""

from __future__ import annotations

import io
import re
import warnings
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from search.disclosure.redaction_pdf_pictures import width_of
from search.disclosure.redaction_pixels import is_grey
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from search.disclosure.redaction_drawing import PageWord

MOST_OBJECTS: Final = 500_000
MOST_DECODED: Final = 1 << 30  # bytes
_CODES: Final = 256  # letters of a font
_TALL: Final = 1_000  # units of a letter
_WIDE: Final = 500
_BELOW: Final = 200  # of its height, under the line
_BEGIN_MAP: Final = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Kept def /CMapType 2 def\n"
_END_MAP: Final = "endcmap CMapName currentdict /CMap defineresource pop end end"
_MOST_MAPPED: Final = 100  # of one bfchar block (Adobe Technical Note 5411 §1.4.1)
_REFUSED: Final = {
    "/EmbeddedFile": "a file inside",
    "/EmbeddedFiles": "a file inside",
    "/Filespec": "a file inside",
    "/JavaScript": "a script",
    "/JS": "a script",
    "/Thumb": "a small picture of a page",
    "/AcroForm": "a form",
    "/Annots": "an annotation",
    "/OCProperties": "layers",
    "/OC": "layers",
    "/PieceInfo": "what a program keeps for itself",
    "/Metadata": "metadata",
    "/Info": "metadata",
    "/SMask": "a mask over a picture",
    "/Mask": "a mask over a picture",
    "/Alternates": "another form of a picture",
    "/XFA": "a form",
    "/RichMedia": "media",
    "/Collection": "a file inside",
}
_SHOWS: Final = re.compile(rb"T[jJ]|['\"]\s")  # operators that show strings (ISO 32000-1 §9.4.3)
_FONT_FILES: Final = ("/FontFile", "/FontFile2", "/FontFile3")
_FONTS: Final = (b"\x00\x01\x00\x00", b"OTTO", b"true")  # OpenType §"Organization of an OpenType Font"
_NUMBERS: Final = frozenset({int, Decimal, bool})  # as pikepdf gives them
_RAISED: Final = (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OSError, MemoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a PDF's objects say: strings (those that are shown also joined in drawing order), names and streams.

    `fonts` are programs of fonts, `pictures` counts all pictures, `widths` has the pixels across of the picture of each
    page (`redaction_pdf_pictures`). `refused` are phrases for what a rebuilt document never has.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    streams: tuple[bytes, ...]
    fonts: tuple[bytes, ...]
    pictures: int
    widths: tuple[int | None, ...]
    refused: tuple[str, ...]


class BuiltPdf:
    """A PDF in the making: pages are added in order, then it is written once."""

    def __init__(self) -> None:
        self._pdf = Pdf.new()

    def add_page(self, pixels: NDArray[np.uint8], across: float, down: float, words: Sequence[PageWord]) -> None:
        """A page of so many points that shows these pixels and says these words."""
        height, width = pixels.shape[:2]
        grey = is_grey(pixels)
        flat = pixels[:, :, 0] if grey and pixels.ndim > 2 else pixels  # noqa: PLR2004 - axes
        picture = Stream(self._pdf, b"")
        picture.write(zlib.compress(flat.tobytes(), 6), filter=Name.FlateDecode)
        picture.Type, picture.Subtype = Name.XObject, Name.Image
        picture.Width, picture.Height, picture.BitsPerComponent = width, height, 8
        picture.ColorSpace = Name.DeviceGray if grey else Name.DeviceRGB
        letters = sorted({letter for word in words for letter in word.text})
        known = {letter: divmod(index, _CODES) for index, letter in enumerate(letters)}
        content = [f"q {across:.3f} 0 0 {down:.3f} 0 0 cm /P Do Q"]
        if words:
            content.append("BT 3 Tr")
            content += [line for word in words for line in _shown(word, known, across / width, down / height, down)]
            content.append("ET")
        resources = Dictionary(XObject=Dictionary(P=self._pdf.make_indirect(picture)))
        if letters:
            resources.Font = Dictionary(
                {
                    f"/F{at // _CODES}": self._pdf.make_indirect(self._font(letters[at : at + _CODES]))
                    for at in range(0, len(letters), _CODES)
                }
            )
        box = Array([0, 0, round(across, 3), round(down, 3)])
        drawn = self._pdf.make_indirect(Stream(self._pdf, "\n".join(content).encode("ascii")))
        page = Dictionary(Type=Name.Page, MediaBox=box, Contents=drawn, Resources=resources)
        self._pdf.pages.append(pikepdf.Page(page))

    def written(self) -> bytes:
        """The whole file; the same pages give the same bytes."""
        out = io.BytesIO()
        self._pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return out.getvalue()

    def _font(self, letters: Sequence[str]) -> Dictionary:
        box = f"{_WIDE} 0 0 -{_BELOW} {_WIDE} {_TALL - _BELOW} d1"
        inkless = self._pdf.make_indirect(Stream(self._pdf, box.encode("ascii")))
        lines = [f"<{code:02X}> <{one.encode('utf-16-be').hex().upper()}>\n" for code, one in enumerate(letters)]
        blocks = [lines[at : at + _MOST_MAPPED] for at in range(0, len(lines), _MOST_MAPPED)]
        middle = "".join(f"{len(block)} beginbfchar\n{''.join(block)}endbfchar\n" for block in blocks)
        mapped = f"{_BEGIN_MAP}1 begincodespacerange <00> <FF> endcodespacerange\n{middle}{_END_MAP}"
        names = [Name(f"/g{code}") for code in range(len(letters))]
        return Dictionary(
            Type=Name.Font,
            Subtype=Name.Type3,
            FontBBox=Array([0, -_BELOW, _WIDE, _TALL - _BELOW]),
            FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
            CharProcs=Dictionary({str(name): inkless for name in names}),
            Encoding=Dictionary(Type=Name.Encoding, Differences=Array([0, *names])),
            FirstChar=0,
            LastChar=len(letters) - 1,
            Widths=Array([_WIDE] * len(letters)),
            ToUnicode=self._pdf.make_indirect(Stream(self._pdf, mapped.encode("ascii"))),
            Resources=Dictionary(),
        )


def _shown(word: PageWord, known: dict[str, tuple[int, int]], across: float, down: float, page: float) -> Iterator[str]:
    """A word as text operators: stretched to its box, in runs of letters of one font."""
    size = max((word.bottom - word.top) * down, 0.5)
    each = max((word.right - word.left) * across, 0.5) / len(word.text)
    stretch = 100 * each / (size * _WIDE / _TALL)
    line = page - word.bottom * down + size * _BELOW / _TALL
    at = 0
    while at < len(word.text):
        font = known[word.text[at]][0]
        end = at + 1
        while end < len(word.text) and known[word.text[end]][0] == font:
            end += 1
        codes = "".join(f"{known[one][1]:02X}" for one in word.text[at:end])
        x = word.left * across + at * each
        yield f"/F{font} {size:.3f} Tf {stretch:.2f} Tz 1 0 0 1 {x:.3f} {line:.3f} Tm <{codes}> Tj"
        at = end


def said_by(raw: bytes, look: Callable[[bytes], None] = lambda _pixels: None) -> Said:
    """Everything in the objects of a PDF that qpdf reaches, and what it has that a rebuilt one never has.

    `look` is given the pixels of each picture, one at a time: those of a long document do not lie in memory together.

    Raises:
        InvalidInput: it cannot be read whole.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what qpdf only warns of was not read whole either
            with Pdf.open(io.BytesIO(raw)) as pdf:
                return _Reading(pdf, look).read(raw)
    except (*_RAISED, Warning):
        pass  # qpdf's errors quote what they read
    raise InvalidInput("The PDF cannot be read whole, so what is in it cannot be checked.")


class _Reading:
    def __init__(self, pdf: Pdf, look: Callable[[bytes], None]) -> None:
        self._pdf = pdf
        self._look = look
        self._pictures = 0
        self._texts: list[str] = []
        self._names: dict[str, None] = {}
        self._streams: list[tuple[pikepdf.Object, bytes]] = []
        self._fonts: set[tuple[int, int]] = set()
        self._shown: set[tuple[int, int]] = set()
        self._refused: dict[str, None] = {}
        self._left = MOST_OBJECTS
        self._room = MOST_DECODED

    def read(self, raw: bytes) -> Said:
        if raw.count(b"%%EOF") != 1 or raw.count(b"startxref") != 1:
            self._refused["an earlier revision"] = None
        if self._pdf.is_encrypted:
            self._refused["a cipher"] = None
        if raw.rstrip(b"\r\n ")[-5:] != b"%%EOF" or not raw.startswith(b"%PDF-"):
            self._refused["bytes beside the document"] = None
        self._walk(self._pdf.trailer)
        for one in self._pdf.objects:
            self._walk(one)
        for page in self._pdf.pages:
            self._texts += self._strings(page.obj)
        fonts: list[bytes] = []
        streams: list[bytes] = []
        for one, content in self._streams:
            if one.objgen in self._fonts and content[:4] in _FONTS:
                fonts.append(content)
                continue
            streams.append(content)
            if one.objgen not in self._shown and _SHOWS.search(content):
                self._texts += self._strings(one)
        if self._pdf.get_warnings():
            self._refused["damage"] = None
        return Said(
            texts=tuple(dict.fromkeys(self._texts)),
            names=tuple(self._names),
            streams=tuple(streams),
            fonts=tuple(fonts),
            pictures=self._pictures,
            widths=tuple(width_of(page.obj) for page in self._pdf.pages),
            refused=tuple(self._refused),
        )

    def _walk(self, top: pikepdf.Object) -> None:
        self._left -= 1
        standing = [top] if isinstance(top, pikepdf.Object) else []
        while standing:
            inside = self._inside(standing.pop())
            self._left -= len(inside)
            if self._left < 0:
                raise ValueError("objects")
            held = [each for each in inside if isinstance(each, pikepdf.Object)]
            standing += [each for each in held if not each.is_indirect]  # what is comes by itself

    def _inside(self, one: pikepdf.Object) -> Collection[object]:
        """Take what an object says itself, and give what it holds."""
        if isinstance(one, pikepdf.String):
            self._texts += (str(one), bytes(one).decode("latin-1"))
        elif isinstance(one, Name):
            self._name(str(one))
        elif isinstance(one, Array):
            return list(one)
        elif isinstance(one, (Dictionary, Stream)):
            held = dict(one.items())
            for key, value in held.items():
                self._name(key)
                if key in _FONT_FILES:
                    self._fonts.add(value.objgen)
            if isinstance(one, Stream):
                self._stream(one)
            return held.values()
        return ()

    def _name(self, name: str) -> None:
        self._names[name] = None
        if name in _REFUSED:
            self._refused[_REFUSED[name]] = None

    def _stream(self, one: Stream) -> None:
        picture = one.get("/Subtype") == Name.Image
        try:
            content = one.read_bytes()
        except pikepdf.PdfError:
            content = one.read_raw_bytes()
            self._refused["a stream that cannot be undone"] = None
        if picture:
            self._pictures += 1
            self._look(content)
            return
        self._room -= len(content)
        if self._room < 0:
            raise ValueError("bytes")
        self._streams.append((one, content))

    def _strings(self, content: pikepdf.Object) -> tuple[str, ...]:
        """All strings that a content stream shows, joined in its order: letters shown one by one are a word again."""
        if "/Contents" in content:
            self._shown.add(content.Contents.objgen)
        try:
            instructions = pikepdf.parse_content_stream(pikepdf.Page(content) if "/Contents" in content else content)
        except (*_RAISED, Warning):
            if "/Contents" in content or content.get("/Subtype") == Name.Form:
                self._refused["damage"] = None
            return ()  # no content stream
        parts: list[bytes] = []
        for instruction in instructions:
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                self._refused["a picture inside of a stream"] = None
                continue
            for operand in instruction.operands:
                if type(operand) in _NUMBERS:
                    continue
                inside = list(operand) if isinstance(operand, Array) else [operand]
                parts += [bytes(one) for one in inside if isinstance(one, pikepdf.String)]
        joined = b"".join(parts)
        return (joined.decode("latin-1"), joined.decode("utf-16-be", "replace")) if joined else ()
