"""The objects of a PDF that is given, written one behind the other: pages, fonts, pictures and the tree of its parts.

Rules kept: ISO 32000-1 §7.5, one body, one table, one trailer. No information dictionary, XMP, annotation, form, file,
script or layer, no date and no random id: the identifier is made of the content, so the same pages are the same bytes.
Every piece of text stands in a part of the structure tree (§14.7) in reading order, pictures have alternative text, and
what a page has besides (its number among the pages) is an artifact (§14.8.2.2). Text over pictures has no ink (§9.6.5).
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Final

from search.disclosure.page_fonts import to_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from search.disclosure.page_fonts import Drawn, FontSlice

_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_LEVEL: Final = 6
_CODES: Final = 256  # letters of one font without ink
INKLESS_WIDE: Final = 500  # of 1/1000
INKLESS_BELOW: Final = 200
SYMBOLIC: Final = 4  # flag of a font descriptor (§9.8.2)
STEM: Final = 87


class PdfObjects:
    """A PDF in the making. Objects are numbered as they come; 1 is the catalogue, 2 the pages, 3 the tree."""

    def __init__(self, *, language: str) -> None:
        self._language = language
        self._objects: list[bytes] = [b"", b"", b""]
        self._fonts: dict[str, tuple[str, int]] = {}
        self._pictures: dict[tuple[str, int], tuple[str, int]] = {}
        self._letters: dict[str, int] = {}
        self._inkless: list[int] = []
        self._pages: list[int] = []
        self._parts: list[tuple[str, str, list[tuple[int, int]]]] = []
        self._marked: list[list[int]] = []
        self._shown: dict[str, int] = {}

    @property
    def page_count(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def font(self, one: FontSlice) -> str:
        """The name under which pages write with a slice of a font."""
        key = one.name
        if key not in self._fonts:
            program = self._stream(one.program, f"/Length1 {one.length}", packed=True)
            mapped = self._stream(one.to_unicode, packed=True)
            box = " ".join(map(str, one.box))
            descriptor = self._add(
                f"<</Type/FontDescriptor/FontName/{one.name}/Flags {SYMBOLIC}/FontBBox[{box}]/ItalicAngle 0"
                f"/Ascent {one.ascent}/Descent {one.descent}/CapHeight {one.cap_height}/StemV {STEM}"
                f"/FontFile2 {program} 0 R>>"
            )
            widths = " ".join(map(str, one.widths))
            font = self._add(
                f"<</Type/Font/Subtype/TrueType/BaseFont/{one.name}/FirstChar 0/LastChar {len(one.widths) - 1}"
                f"/Widths[{widths}]/FontDescriptor {descriptor} 0 R/ToUnicode {mapped} 0 R>>"
            )
            self._fonts[key] = (f"F{len(self._fonts)}", font)
        return self._fonts[key][0]

    def drawn(self, one: Drawn) -> str:
        """The name under which pages show text that was drawn."""
        key = (one.text, one.width)
        if key not in self._pictures:
            self._pictures[key] = (f"P{len(self._pictures)}", self._picture(one.width, one.height, 1, one.pixels))
        return self._show(*self._pictures[key])

    def picture(self, width: int, height: int, parts: int, pixels: bytes) -> str:
        """The name of a picture of compressed pixels (RFC 1950), `parts` of them: 1 grey, 3 red, green and blue."""
        key = ("", len(self._pictures))
        self._pictures[key] = (f"P{len(self._pictures)}", self._picture(width, height, parts, pixels))
        return self._show(*self._pictures[key])

    def inkless(self, text: str) -> list[tuple[str, str]]:
        """Text that is there and not seen, as runs: the name of a font, and its codes in hexadecimal."""
        runs: list[tuple[str, str]] = []
        for one in text:
            number = self._letters.setdefault(one, len(self._letters))
            name, code = f"I{number // _CODES}", f"{number % _CODES:02X}"
            if runs and runs[-1][0] == name:
                runs[-1] = (name, runs[-1][1] + code)
            else:
                runs.append((name, code))
        return runs

    def part(self, kind: str, alternative: str = "") -> int:
        """A new part of the document: a heading (``H1``), a paragraph (``P``), a figure; its number."""
        self._parts.append((kind, alternative, []))
        return len(self._parts) - 1

    def begin_page(self) -> None:
        """From now on parts are marked on the next page."""
        self._marked.append([])
        self._shown = {}

    def mark(self, part: int) -> int:
        """A piece of a part on the page in the making; its number there, for the marked content."""
        here = self._marked[-1]
        here.append(part)
        self._parts[part][2].append((len(self._marked) - 1, len(here) - 1))
        return len(here) - 1

    def end_page(self, across: float, down: float, content: bytes) -> None:
        """The page that was begun, of so many points."""
        drawn = self._stream(content)
        number = len(self._pages)
        pictures = f"/XObject<<{_names(self._shown.items())}>>" if self._shown else ""
        self._pages.append(
            self._add(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {across:.3f} {down:.3f}]/Contents {drawn} 0 R"
                f"/Resources<</Font @F@{pictures}>>/StructParents {number}/Tabs/S>>"
            )
        )

    def written(self) -> bytes:
        """The whole file."""
        self._write_inkless()
        known = [*self._fonts.values(), *((f"I{at}", number) for at, number in enumerate(self._inkless))]
        fonts = self._add(f"<<{_names(known)}>>")
        for number in self._pages:
            self._objects[number - 1] = self._objects[number - 1].replace(b"@F@", b"%d 0 R" % fonts)
        self._write_tree()
        kids = " ".join(f"{one} 0 R" for one in self._pages)
        self._objects[1] = f"<</Type/Pages/Kids[{kids}]/Count {len(self._pages)}>>".encode("ascii")
        self._objects[0] = (
            f"<</Type/Catalog/Pages 2 0 R/StructTreeRoot 3 0 R/MarkInfo<</Marked true>>/Lang({self._language})"
            "/ViewerPreferences<</DisplayDocTitle true>>>>"
        ).encode("ascii")
        return self._file()

    def _file(self) -> bytes:
        out = bytearray(_HEAD)
        places = []
        for number, one in enumerate(self._objects, start=1):
            places.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
        digest = hashlib.sha256(out).hexdigest()[:32].encode()
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer\n<</Size %d/Root 1 0 R/ID[<%b><%b>]>>\n" % (len(places) + 1, digest, digest)
        out += b"startxref\n%d\n%%%%EOF\n" % start
        return bytes(out)

    def _add(self, text: str) -> int:
        self._objects.append(text.encode("ascii"))
        return len(self._objects)

    def _stream(self, content: bytes, further: str = "", *, packed: bool = False) -> int:
        undone = content if packed else zlib.compress(content, _LEVEL)
        head = f"<<{further}/Filter/FlateDecode/Length {len(undone)}>>\nstream\n"
        self._objects.append(b"%b%b\nendstream" % (head.encode("ascii"), undone))
        return len(self._objects)

    def _show(self, name: str, number: int) -> str:
        self._shown[name] = number
        return name

    def _picture(self, width: int, height: int, parts: int, pixels: bytes) -> int:
        space = "DeviceGray" if parts == 1 else "DeviceRGB"
        said = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/{space}/BitsPerComponent 8"
        return self._stream(pixels, said, packed=True)

    def _write_inkless(self) -> None:
        letters = list(self._letters)
        for at in range(0, len(letters), _CODES):
            codes = letters[at : at + _CODES]
            box = f"{INKLESS_WIDE} 0 0 -{INKLESS_BELOW} {INKLESS_WIDE} {1_000 - INKLESS_BELOW} d1"
            inkless = self._stream(box.encode("ascii"))
            mapped = self._stream(to_unicode({code: ord(one) for code, one in enumerate(codes)}))
            names = " ".join(f"/g{code}" for code in range(len(codes)))
            shapes = " ".join(f"/g{code} {inkless} 0 R" for code in range(len(codes)))
            widths = " ".join([str(INKLESS_WIDE)] * len(codes))
            around = f"[0 -{INKLESS_BELOW} {INKLESS_WIDE} {1_000 - INKLESS_BELOW}]"
            self._inkless.append(
                self._add(
                    f"<</Type/Font/Subtype/Type3/FontBBox{around}/FontMatrix[0.001 0 0 0.001 0 0]"
                    f"/CharProcs<<{shapes}>>/Encoding<</Type/Encoding/Differences[0 {names}]>>"
                    f"/FirstChar 0/LastChar {len(codes) - 1}/Widths[{widths}]/ToUnicode {mapped} 0 R/Resources<<>>>>"
                )
            )

    def _write_tree(self) -> None:
        first = len(self._objects) + 1
        whole = first + len(self._parts)
        for kind, alternative, places in self._parts:
            pieces = " ".join(f"<</Type/MCR/Pg {self._pages[page]} 0 R/MCID {mark}>>" for page, mark in places)
            said = f"/Alt<{(chr(0xFEFF) + alternative).encode('utf-16-be').hex().upper()}>" if alternative else ""
            self._add(f"<</Type/StructElem/S/{kind}/P {whole} 0 R{said}/K[{pieces}]>>")
        kids = " ".join(f"{first + at} 0 R" for at in range(len(self._parts)))
        self._add(f"<</Type/StructElem/S/Document/P 3 0 R/K[{kids}]>>")
        rows = " ".join(
            f"{page} [{' '.join(f'{first + part} 0 R' for part in marked)}]" for page, marked in enumerate(self._marked)
        )
        self._objects[2] = (
            f"<</Type/StructTreeRoot/K {whole} 0 R/ParentTree<</Nums[{rows}]>>/ParentTreeNextKey {len(self._marked)}>>"
        ).encode("ascii")


def _names(known: Iterable[tuple[str, int]]) -> str:
    return " ".join(f"/{name} {number} 0 R" for name, number in known)
