"""Whose domain it is: the one author of a message, and whether two domains belong to one organisation.

Alignment is that of RFC 7489 §3.1 in relaxed mode: equal organisational domains (§3.2) by the Public Suffix List, its
private section included, so that two users of one hosting service are two organisations.

Rule: the author is taken only where there can be no two opinions about him: one From field, one address, written in
the plain form of RFC 5322 §3.4, and the same address that the reader shows. Names, comments and groups may say
anything. A domain with other letters than ASCII is compared in its A-label form without any mapping of characters,
since mapping is where look-alikes become equal.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from publicsuffixlist import PublicSuffixList

from ingest.dns import is_domain

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FROM_BYTES: Final = 2_000
_AUTHOR = re.compile(  # every run is possessive: a From without an end must not be tried in all ways of cutting it
    r'[ \t]*+(?:(?:"(?:[^"\\]|\\.)*+"|[^"<>@,;:()\\\[\]]++)*+<([^\s<>"@,;:()\\\[\]]+)@([^\s<>"@,;:()\\\[\]]+)>'
    r'|([^\s<>"@,;:()\\\[\]]+)@([^\s<>"@,;:()\\\[\]]+))[ \t]*'
)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_A_LABEL_PREFIX: Final = "xn--"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The one From address: as it is written, and its domain in ASCII and lower case."""

    address: str
    domain: str


def author_of(values: Sequence[bytes], shown: str | None) -> Author | None:
    """The author of a message with these From fields, or None where that is not beyond doubt.

    Args:
        values: the raw values of every From field.
        shown: the address that the reader took for the sender, which must be the same one.
    """
    if len(values) != 1 or len(values[0]) > MAX_FROM_BYTES or shown is None:
        return None
    try:
        text = _FOLD.sub("", values[0].decode()).strip()
    except UnicodeDecodeError:
        return None
    match = _AUTHOR.fullmatch(text)
    if match is None:
        return None
    local, host = (match[1], match[2]) if match[1] is not None else (match[3], match[4])
    address = f"{local}@{host}"
    domain = ascii_domain(host)
    if domain is None or address.casefold() != shown.casefold():
        return None
    return Author(address=address, domain=domain)


def ascii_domain(host: str) -> str | None:
    """A domain in A-labels (RFC 5890 §2.3.2.1) and lower case; None where it is none or needs a mapping."""
    if len(host) > 253:  # noqa: PLR2004 - RFC 1035 §2.3.4
        return None
    labels = []
    for label in host.split("."):
        if label.isascii():
            labels.append(label.lower())
            continue
        if unicodedata.normalize("NFKC", label).casefold() != label:
            return None
        labels.append(_A_LABEL_PREFIX + label.encode("punycode").decode())
    domain = ".".join(labels)
    return domain if is_domain(domain) else None


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def load_suffixes() -> None:
    """Read the Public Suffix List, which is a file, while files can still be opened."""
    _suffixes()


@lru_cache(maxsize=1_000)
def organisation_of(domain: str) -> str | None:
    """The organisational domain, or None where the domain is itself a public suffix."""
    found = _suffixes().privatesuffix(domain)
    return found if isinstance(found, str) else None


def are_aligned(one: str, other: str, *, strict: bool = False) -> bool:
    """Whether two domains (ASCII, lower case) are equal or, unless `strict`, of one organisation."""
    if one == other:
        return True
    return not strict and (organisation := organisation_of(one)) is not None and organisation == organisation_of(other)
