"""The properties of an XMP packet (ISO 16684-1 §7) that say how and when a picture was made, by name.

Rule kept: no XML is parsed, so that no entity, depth or name space of the file matters: known properties are searched
by their customary prefixes, as attribute or as element, with expressions that go over the packet once. A packet that
uses other prefixes is not read; its bytes are kept.
"""

from __future__ import annotations

import html
import re
from typing import Final

MOST_BYTES: Final = 1 << 20
_MOST_EACH: Final = 20
_LONGEST: Final = 2_000
_NAMES: Final = (
    b"xmp:CreatorTool|xmp:CreateDate|xmp:ModifyDate|xmp:MetadataDate|photoshop:DateCreated|photoshop:Source|"
    b"photoshop:History|xmpMM:DocumentID|xmpMM:InstanceID|xmpMM:OriginalDocumentID|stEvt:action|stEvt:when|"
    b"stEvt:softwareAgent|stEvt:changed|Iptc4xmpExt:DigitalSourceType|exif:UserComment|exif:DateTimeOriginal|"
    b"tiff:Make|tiff:Model|tiff:Software|tiff:Orientation|pdf:Producer|dc:source|dc:creator|dc:title|dc:description"
)
_ATTRIBUTE: Final = re.compile(rb"\s(" + _NAMES + rb")\s{0,5}=\s{0,5}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})')")
_ELEMENT: Final = re.compile(
    rb"<(" + _NAMES + rb")(?:\s[^<>]{0,200})?>\s{0,200}"
    rb"(?:<rdf:(?:Seq|Bag|Alt)>\s{0,200}<rdf:li(?:\s[^<>]{0,200})?>)?([^<]{1,2000})<"
)


def read_xmp(packet: bytes) -> tuple[tuple[str, str], ...]:
    """Names and values in the order of the packet, attributes first; the same once, and each name a few times."""
    packet = packet[:MOST_BYTES]
    if packet[:2] in (b"\xfe\xff", b"\xff\xfe") or b"<\0" in packet[:64]:
        packet = packet.decode("utf-16", "replace").encode("utf-8", "replace")
    found: dict[tuple[str, str], None] = {}
    counts: dict[str, int] = {}
    for expression in (_ATTRIBUTE, _ELEMENT):
        for match in expression.finditer(packet):
            name = match[1].decode()
            value = html.unescape((match[2] or match[match.lastindex or 2] or b"").decode("utf-8", "replace")).strip()
            if value and counts.get(name, 0) < _MOST_EACH:
                counts[name] = counts.get(name, 0) + 1
                found[name, value[:_LONGEST]] = None
    return tuple(found)
