"""Words that every PDF has, whatever it says: names of ISO 32000-1 and keywords of its files and of CMaps. Pure.

Rule kept: only what stands as such a name or keyword is taken away before bytes are looked at, so that a redacted word
such as "contents" or "resource" does not refuse every document, and is still found where it is said.
"""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = (
    "Artifact Attached Attribute BaseEncoding BaseFont BBox BitsPerComponent BlackIs1 Bottom Bounding CapHeight"
    " Catalog CharProcs CIDFont CIDFontType2 CIDInit CIDSystemInfo CIDToGIDMap CMapName CMapType ColorSpace"
    " Columns ColumnSpan Component Contents Count DecodeParms DescendantFonts Descent Destination DeviceGray"
    " DeviceRGB Differences DisplayDocTitle Document Encoding Extends ExtGState Figure Filter FirstChar"
    " FlateDecode FontBBox FontDescriptor FontFamily FontFile FontFile2 FontMatrix FontName FontStretch FontWeight"
    " Footer Header Height Helvetica Helvetica-Bold Horizontal Identity Identity-H ImageB ImageC ImageI Index"
    " ItalicAngle LastChar Layout Length Length1 Linearized Marked MarkInfo MediaBox MissingWidth"
    " NonFullScreenPageMode NonStruct Normal NumTokens ObjStm Ordering OutlineItem Outlines PageLabels PageMode"
    " PageNumber Pagination Parent ParentTree ParentTreeNextKey Placement Predictor Private ProcSet Producer"
    " Reference Registry Resources RoleMap Rotate Section SinglePage StandardEncoding StemV StructElem"
    " StructParent StructParents StructTreeRoot Subtype Summary Supplement Suspects Symbol Table ToUnicode Trailer"
    " TrueType Type0 Type1 Type3 UseOutlines UserProperties UserUnit Version ViewerPreferences Width Widths"
    " WinAnsiEncoding XHeight XObject XRefStm ZapfDingbats"
)
_WORDS: Final = (
    "startxref trailer endobj endstream stream findresource beginresource begincmap endcmap usecmap begincodespacerange"
    " endcodespacerange beginbfchar endbfchar beginbfrange endbfrange currentdict defineresource CMapName"
)
_NAME: Final = re.compile(
    rb"/(?:" + b"|".join(map(str.encode, map(re.escape, _NAMES.split()))) + rb")(?![A-Za-z0-9_-])"
)
_WORD: Final = re.compile(rb"(?<![A-Za-z])(?:" + "|".join(_WORDS.split()).encode() + rb")(?![A-Za-z])")
_KNOWN: Final = frozenset(f"/{one}" for one in _NAMES.split())


def without_syntax(content: bytes) -> bytes:
    """Bytes of a PDF, or of a stream of it, without its own names and keywords."""
    return _WORD.sub(b" ", _NAME.sub(b" ", content))


def is_syntax(name: str) -> bool:
    """Whether a name is one of the format's own."""
    return name in _KNOWN
