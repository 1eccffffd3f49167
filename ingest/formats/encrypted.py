"""Attachments that nobody without a key can read, told by their first bytes.

Rule kept: the bytes decide, the declared type only where they leave it open; the answer is a reason for people. Known
are CMS content types (RFC 5652 §4: the object identifier at its beginning), OpenPGP armour (RFC 9580 §6.2) and
Microsoft's protected messages ([MS-OXORMMS]).
"""

from __future__ import annotations

from typing import Final

_CMS: Final = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
_SMIME: Final = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"
_ENVELOPED, _ENCRYPTED = 3, 6
_AUTHENTICATED_ENVELOPE = 23
_ARMOUR: Final = b"-----BEGIN PGP MESSAGE-----"
_PROTECTED: Final = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86"
_HEAD: Final = 64


def encryption_of(content: bytes, media_type: str) -> str | None:
    """How the bytes are encrypted, as a reason why they have no text; None where they are not."""
    head = content[:_HEAD]
    if head.lstrip().startswith(_ARMOUR):
        return "encrypted (OpenPGP)"
    if head.startswith(_PROTECTED) or media_type == "application/x-microsoft-rpmsg-message":
        return "encrypted (Microsoft rights management)"
    if head[:1] != b"\x30":
        return None
    return "encrypted (S/MIME)" if _cms_type(head) else None


def _cms_type(head: bytes) -> bool:
    place = head.find(_CMS)
    if place >= 0:
        return head[place + len(_CMS) : place + len(_CMS) + 1] in (bytes([_ENVELOPED]), bytes([_ENCRYPTED]))
    place = head.find(_SMIME)
    return place >= 0 and head[place + len(_SMIME) : place + len(_SMIME) + 1] == bytes([_AUTHENTICATED_ENVELOPE])
