"""Which office document a zip is, from its first bytes; cheap, and never a parse.

Rule kept: an OpenDocument names its type in its first entry, stored, at a fixed place (OpenDocument 1.3 part 2, 3.3);
a package of ECMA-376 is told by the folder of one of its first entries, since programs write the main part early.
Whatever shows neither is a zip.
"""

from __future__ import annotations

import re
from typing import Final

_MIMETYPE: Final = re.compile(
    rb"PK\x03\x04.{22}\x08\x00.{2}mimetype.{0,40}?(application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,40}|epub\+zip))",
    re.DOTALL,
)
_FOLDER: Final = re.compile(rb"PK\x03\x04.{26}(word|xl|ppt)/", re.DOTALL)
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_TYPES: Final = {
    b"word": f"{_OFFICE}wordprocessingml.document",
    b"xl": f"{_OFFICE}spreadsheetml.sheet",
    b"ppt": f"{_OFFICE}presentationml.presentation",
}
_STARTS: Final = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"customXml/", b"word/", b"xl/", b"ppt/")
_NAME_AT: Final = 30


def package_type(head: bytes) -> str | None:
    """The media type of the office document that begins with these bytes (4 kB do); None where it is none."""
    named = _MIMETYPE.match(head)
    if named is not None:
        return named[1].decode("ascii")
    if not head.startswith(_STARTS, _NAME_AT):
        return None
    folder = _FOLDER.search(head)
    return _TYPES[folder[1]] if folder is not None else None
