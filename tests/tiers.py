"""How much a test tries: few cases in `make test`, all of them in `make thorough`, which sets TESTS_THOROUGH.

Rule: what is left out is of the kind of what stays, and a run says how many cases it left out. The campaigns of faults,
of hostile mail and of generated queries have targets of their own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

THOROUGH = bool(os.environ.get("TESTS_THOROUGH"))
_LEFT = pytest.mark.skipif(not THOROUGH, reason="left to `make thorough`")


def tried(quick: int, full: int) -> int:
    """How many of something are tried."""
    return full if THOROUGH else quick


def few(cases: Iterable[tuple[Any, ...]], quick: Collection[tuple[Any, ...]]) -> list[Any]:
    """All `cases` for `@pytest.mark.parametrize`, of which a quick run skips what is not in `quick`, and says so.

    Raises:
        ValueError: a quick case is none of the cases.
    """
    known = list(cases)
    if unknown := [one for one in quick if one not in known]:
        raise ValueError(f"{unknown} are no cases")
    return [pytest.param(*one, marks=() if one in quick else _LEFT) for one in known]
