"""What a law lets an agency charge for copies and work, as data: rates, what is free, deposits, waivers. Pure.

Rule: as in `search.disclosure.jurisdictions`: every amount has its citation and how sure it is. What a law does not
name may not be charged; an amount that it leaves to the agency must be given or set by it, never guessed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from search.disclosure.jurisdictions import Confidence, RequesterClass, profile_ids
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS: Final = ("page", "color_page", "scan", "file", "gigabyte", "hour", "redaction_hour", "media", "postage")
"""What is counted; `media` and `postage` are counted in cents of what the agency itself paid."""
AT_COST: Final = ("media", "postage")
_KINDS: Final = ("copy", "work", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeItem:
    """One thing that may cost something, or expressly may not.

    Args:
        id: one of `UNITS`.
        title: what people call it.
        kind: `copy`, `work` or `cost`.
        cents: the highest rate; None where the agency sets it.
        per: for how many units the rate is.
        free: how many units cost nothing.
        free_for: the same for requesters of a class.
        free_when: the same in a circumstance that an officer states.
        forbidden: whether the law says that nothing is charged for it.
        only_for: the classes that it may be charged to; none where all.
        not_for: the classes that it may not be charged to.
        only_when: the circumstance without which it may not be charged.
        citation: the law.
        confidence: how sure that reading is.
    """

    id: str
    title: str
    kind: str
    cents: int | None
    per: int
    free: int
    free_for: Mapping[RequesterClass, int]
    free_when: Mapping[str, int]
    forbidden: bool
    only_for: tuple[RequesterClass, ...]
    not_for: tuple[RequesterClass, ...]
    only_when: str | None
    citation: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositRule:
    """How much may be asked for beforehand: at most `percent` of an estimate that is above `over_cents`."""

    percent: int
    over_cents: int
    citation: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRule:
    """What may no longer be charged once a clock ran out: items of these kinds."""

    clock: str
    kinds: tuple[str, ...]
    citation: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRule:
    """The grounds on which charges are waived."""

    grounds: tuple[str, ...]
    citation: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSchedule:
    """What a law says of fees; `smallest_cents` is the sum below which nothing is charged."""

    profile: str
    items: tuple[FeeItem, ...]
    deposit: DepositRule | None
    late: LateRule | None
    waiver: WaiverRule | None
    smallest_cents: int
    estimate_over_cents: int | None
    notes: tuple[str, ...]

    def item(self, unit: str) -> FeeItem | None:
        """What it says of a unit."""
        return next((one for one in self.items if one.id == unit), None)

    @property
    def circumstances(self) -> frozenset[str]:
        """Every circumstance that changes an amount."""
        found = {one.only_when for one in self.items if one.only_when is not None}
        return frozenset(found.union(*(one.free_when for one in self.items)))


@lru_cache(maxsize=32)
def shipped_fees(profile_id: str) -> FeeSchedule:
    """What a shipped profile says of fees.

    Raises:
        NotFound: there is no such profile.
    """
    return read_fees(profile_text(profile_id))


def profile_text(profile_id: str) -> str:
    """The file of a shipped profile.

    Raises:
        NotFound: there is none.
    """
    if profile_id.upper() not in profile_ids():
        raise NotFound(f"there is no profile {profile_id[:20]!r}; there are: {', '.join(profile_ids())}")
    return (resources.files("search.disclosure.profiles") / f"{profile_id.lower()}.toml").read_text("utf-8")


def read_fees(text: str) -> FeeSchedule:
    """What the file of a profile says of fees; a profile that says nothing lets nothing be charged.

    Raises:
        InvalidInput: it is no TOML, or lacks or misspells a member; the sentence says where.
    """
    try:
        stated = tomllib.loads(text)
        fees = stated.get("fees", {})
        deposit, late, waiver = (fees.get(name) for name in ("deposit", "late", "waiver"))
        return FeeSchedule(
            profile=stated["id"],
            items=tuple(_item(one) for one in fees.get("item", ())),
            deposit=None if deposit is None else _deposit(deposit),
            late=None if late is None else _late(late),
            waiver=None if waiver is None else _waiver(waiver),
            smallest_cents=fees.get("smallest_cents", 0),
            estimate_over_cents=fees.get("estimate_over_cents"),
            notes=tuple(fees.get("notes", ())),
        )
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"the profile is no TOML: {error}") from error
    except KeyError as error:
        raise InvalidInput(f"the fees of the profile lack {error.args[0]!r}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"the fees of the profile have a value that cannot be: {error}") from error


def _item(stated: Mapping[str, Any]) -> FeeItem:
    forbidden = stated.get("forbidden", False)
    if stated["id"] not in UNITS or stated["kind"] not in _KINDS or stated.get("per", 1) < 1:
        raise ValueError(f"an item is one of {', '.join(UNITS)} and of a kind of {', '.join(_KINDS)}")
    return FeeItem(
        id=stated["id"],
        title=stated["title"],
        kind=stated["kind"],
        cents=None if forbidden else stated.get("cents"),
        per=stated.get("per", 1),
        free=stated.get("free", 0),
        free_for={RequesterClass(name): count for name, count in stated.get("free_for", {}).items()},
        free_when=dict(stated.get("free_when", {})),
        forbidden=forbidden,
        only_for=tuple(RequesterClass(one) for one in stated.get("only_for", ())),
        not_for=tuple(RequesterClass(one) for one in stated.get("not_for", ())),
        only_when=stated.get("only_when"),
        citation=stated["citation"],
        confidence=Confidence(stated["confidence"]),
    )


def _deposit(stated: Mapping[str, Any]) -> DepositRule:
    return DepositRule(
        percent=stated["percent"],
        over_cents=stated.get("over_cents", 0),
        citation=stated["citation"],
        confidence=Confidence(stated["confidence"]),
    )


def _late(stated: Mapping[str, Any]) -> LateRule:
    return LateRule(
        clock=stated["clock"],
        kinds=tuple(stated["kinds"]),
        citation=stated["citation"],
        confidence=Confidence(stated["confidence"]),
    )


def _waiver(stated: Mapping[str, Any]) -> WaiverRule:
    return WaiverRule(
        grounds=tuple(stated["grounds"]),
        citation=stated["citation"],
        confidence=Confidence(stated["confidence"]),
    )
