"""The grounds on which records about a student may leave (34 CFR 99.30, 99.31), and which of them leave a row, as data.

Rule: of the grounds of 99.32(d) no row is written; of every other one is. That nothing is left by which a student can
be told (99.31(b)) is no disclosure about him; whether it is so a person judges, never a program.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from search.disclosure.fee_rules import profile_text

OWN: Final = "own"
WITHOUT_TRACE: Final = "deidentified"
SECRET: Final = "secret_subpoena"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureGround:
    """One ground; `row` says whether a disclosure on it is written into the student's record of disclosures."""

    id: str
    title: str
    row: bool
    citation: str
    confidence: str


@lru_cache(maxsize=1)
def disclosure_grounds() -> dict[str, DisclosureGround]:
    """Every ground by its name, in the order of the law."""
    stated = tomllib.loads(profile_text("FERPA"))["basis"]
    return {
        one["id"]: DisclosureGround(
            id=one["id"], title=one["title"], row=one["row"], citation=one["citation"], confidence=one["confidence"]
        )
        for one in stated
    }
