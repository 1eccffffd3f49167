"""A message → what finds it again where it was read from pixels, as keyed digests. Pure.

Rules:

- Compared are letters and digits alone, case and marks folded (Unicode NFKD, UAX #15): what an engine reads wrongly
  most, and what applications print otherwise (punctuation, spaces, emoji, accents), tells nothing.
- A digest is BLAKE2b (RFC 7693) under a key of one custodian, so that nothing readable lies in the table, and the same
  words of two custodians have nothing in common.
- Runs of six letters find a text of which some letters were misread (k-gram fingerprints with sampling by content,
  Manber 1994). Of pictures every run is kept, of better evidence one in four, of long texts one in sixteen: sampling
  looks at the run alone, so both sides keep the same ones.
- They only find; whether it is the same message is found out from the texts (`search.message_matching`).
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from array import array
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST: Final = 8_000
"""Characters of a text that are looked at."""
MOST_DIGESTS: Final = 16_384
_RUN: Final = 6
_DENSE_RUN: Final = 3  # of ideographs and syllables, which say more each
_LONG_TEXT: Final = 1_000
_ONE_OF: Final = 4
_ONE_OF_LONG: Final = 16
_DENSE_WEIGHT: Final = 3
_DIGEST_BYTES: Final = 8


def plain(text: str) -> str:
    """The letters and digits of a text, case and marks folded."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text[:LONGEST]).casefold())
    return "".join(filter(str.isalnum, decomposed))[:LONGEST]


def weight(text: str) -> int:
    """How much a plain text says, in letters; an ideograph or syllable counts as three."""
    return len(text) + (_DENSE_WEIGHT - 1) * _dense(text)


def runs(text: str) -> list[str]:
    """The runs of letters of a plain text, in order; shorter ones where most letters are ideographs or syllables."""
    size = _DENSE_RUN if _dense(text) * 2 > len(text) else _RUN
    return [text[start : start + size] for start in range(len(text) - size + 1)]


def custodian_key(digest_key: bytes, custodian_id: str) -> bytes:
    """The key of one custodian's digests (HMAC with SHA-256, RFC 2104)."""
    return hmac.digest(digest_key, b"messages of " + custodian_id.encode(), hashlib.sha256)


def pictured_digests(key: bytes, texts: Iterable[str]) -> bytes:
    """The digests of plain texts that pictures show: of each as a whole, and of every run."""
    return _packed(key, texts, 1, 1)


def better_digests(key: bytes, texts: Iterable[str]) -> bytes:
    """The digests of plain texts of better evidence: of each as a whole, and of some runs."""
    return _packed(key, texts, _ONE_OF, _ONE_OF_LONG)


def _packed(key: bytes, texts: Iterable[str], one_of: int, one_of_long: int) -> bytes:
    found: dict[bytes, None] = {}
    for text in texts:
        if not text:
            continue
        found[_digest(key, b"whole", text.encode())] = None
        step = one_of if len(text) <= _LONG_TEXT else one_of_long
        for run in _sampled(text, step):
            found[_digest(key, b"run", run)] = None
        if len(found) >= MOST_DIGESTS:
            break
    return b"".join(list(found)[:MOST_DIGESTS])


def unpacked(digests: bytes) -> array[int]:
    """Packed digests as numbers, for this machine only."""
    numbers = array("Q")
    numbers.frombytes(digests)
    return numbers


def _sampled(text: str, step: int) -> Iterator[bytes]:
    for run in runs(text):
        encoded = run.encode()
        if step == 1 or crc32(encoded) % step == 0:
            yield encoded


def _digest(key: bytes, kind: bytes, content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES, key=key, person=kind).digest()


def _dense(text: str) -> int:
    if text.isascii():
        return 0
    return sum("\u3040" <= one <= "\u9fff" or "\U00020000" <= one <= "\U0003ffff" for one in text)
