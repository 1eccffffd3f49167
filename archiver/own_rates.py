"""The agency's own rates of fees, as `archiver.toml` states them. Pure.

Rules:

- A rate is an amount as text, such as "0.10", for a unit of `search.disclosure.fee_rules` that has rates; what media
  and postage cost is no rate.
- A rate above the highest of the agency's own law, or for what that law lets nobody charge, is refused with the law
  that says so as soon as the settings are read, long before somebody is asked to pay it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archiver.given_words import read_cents
from search.disclosure.fee_rules import AT_COST, UNITS, shipped_fees
from search.disclosure.fees import check_rate
from search.disclosure.jurisdictions import profile_ids
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationInfo

_RATED: Final = tuple(one for one in UNITS if one not in AT_COST)


def own_rates(stated: Mapping[str, str], profile: str) -> dict[str, int]:
    """Rates in cents, by unit; checked against the law of a profile where there is such a one.

    Raises:
        InvalidInput: one is no amount, or no unit has such a rate, or it is above what the law allows.
    """
    schedule = shipped_fees(profile) if profile.upper() in profile_ids() else None
    found = {}
    for unit, amount in stated.items():
        if unit not in _RATED:
            raise InvalidInput(f"there is no rate {unit[:40]!r}; there are: {', '.join(_RATED)}")
        found[unit] = read_cents(amount)
        if schedule is not None:
            check_rate(schedule, unit, found[unit])
    return found


def lawful_rates(stated: dict[str, str], about: ValidationInfo) -> dict[str, str]:
    """The rates as stated, for the validator of the settings, in which the profile stands before them.

    Raises:
        ValueError: see `own_rates`.
    """
    try:
        own_rates(stated, str(about.data.get("profile", "")))
    except InvalidInput as error:
        raise ValueError(error.message) from error
    return stated
