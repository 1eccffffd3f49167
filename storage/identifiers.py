"""Opaque identifiers: a prefix that names the type, 48 bits of milliseconds, 80 random bits (ULID layout).

They sort by time of creation, which keeps index pages of the database together; nothing may read the time out
of them again, the catalogue has columns for that.
"""

from __future__ import annotations

import os
import time
from enum import StrEnum

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [high + low for high in _CROCKFORD for low in _CROCKFORD]


class Prefix(StrEnum):
    """What an identifier names."""

    ARCHIVE = "arc"
    SUBMISSION = "sub"
    RECORD = "rec"
    COMPONENT = "cmp"
    EVENT = "evt"
    CUSTODIAN = "cus"
    USER = "usr"
    LETTER = "ltr"
    DESTRUCTION = "dst"
    BACKUP = "bkp"
    LINK = "lnk"
    DRAFT = "drf"
    UPLOAD = "upl"
    HOLD = "hld"
    SUBJECT = "sbj"
    FACT = "fct"
    DISPOSITION = "dsp"
    NONRECORD = "nrc"
    SAVED_SEARCH = "srq"
    FROZEN_SET = "frz"
    HIT_REPORT = "hrp"
    ALERT = "alr"
    REQUEST = "dsr"


def new_id(prefix: Prefix) -> str:
    """A fresh identifier, such as ``rec_01k...`` (30 characters)."""
    number = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10))
    # 128 bits are written as 13 pairs of base-32 digits (130 bits, the two highest are zero)
    return f"{prefix}_" + "".join([_PAIRS[(number >> shift) & 0x3FF] for shift in range(120, -10, -10)])
