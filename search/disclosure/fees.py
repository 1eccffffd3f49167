"""Fees of a request: an estimate with every line explained, and the account of what was charged and paid. Pure.

Rules:

- Amounts are whole cents. A fraction of a cent is dropped, in favour of who pays.
- A rate is at most the law's: one that is given for a request, else the agency's own, else the law's.
- What the law does not name, forbids for this class, or forbids because the answer came late, makes a line of nothing
  that says why; it is never left out of the account in silence.
- The account follows from the events of the request. Nothing is taken away; what was wrong is refunded or waived.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from search.disclosure.fee_rules import AT_COST, UNITS
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from search.disclosure.fee_rules import FeeItem, FeeSchedule
    from search.disclosure.jurisdictions import RequesterClass
    from search.disclosure.request_types import RequestEvent

ESTIMATED: Final = "fee_estimated"
CHARGED: Final = "fee_charged"
DEPOSIT_ASKED: Final = "deposit_asked"
DEPOSIT_PAID: Final = "deposit_paid"
PAID: Final = "fee_paid"
WAIVED: Final = "fee_waived"
REFUNDED: Final = "fee_refunded"
_MOST: Final = 10_000_000
_WORDS: Final = {
    "page": "pages",
    "color_page": "pages in colour",
    "scan": "scanned pages",
    "file": "files",
    "gigabyte": "gigabytes",
    "hour": "hours",
    "redaction_hour": "hours of redaction",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """One line of an estimate: what it comes to in cents, and why, in words."""

    unit: str
    title: str
    cents: int
    words: str
    citation: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a request may cost; `deposit_cents` is the most that may be asked for beforehand, None where nothing."""

    lines: tuple[FeeLine, ...]
    cents: int
    deposit_cents: int | None
    notes: tuple[str, ...]

    def text(self) -> str:
        """The lines in words, as they are kept and sent."""
        told = [f"{one.title}: {one.words} {one.citation}." for one in self.lines]
        return "\n".join([*told, f"Together {money(self.cents)}."])


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeAccount:
    """What was estimated last, and what was charged, paid, waived and given back, in cents."""

    estimated: int | None
    charged: int
    deposit_asked: int
    deposit_paid: int
    paid: int
    waived: int
    refunded: int

    @property
    def owed(self) -> int:
        """What is still to be paid."""
        return max(0, -self._balance)

    @property
    def credit(self) -> int:
        """What was paid beyond what is charged; it can be given back."""
        return max(0, self._balance)

    @property
    def deposit_open(self) -> int:
        """What is missing of the deposit."""
        return max(0, self.deposit_asked - self.deposit_paid)

    @property
    def _balance(self) -> int:
        return self.paid + self.deposit_paid - self.refunded - max(0, self.charged - self.waived)


def estimate(
    schedule: FeeSchedule,
    quantities: Mapping[str, Fraction],
    *,
    requester: RequesterClass,
    rates: Mapping[str, int] | None = None,
    own_rates: Mapping[str, int] | None = None,
    circumstances: frozenset[str] = frozenset(),
    late_clocks: frozenset[str] = frozenset(),
) -> Estimate:
    """What these quantities cost under a law.

    Args:
        schedule: the law's fees.
        quantities: how much of which unit (`UNITS`); media and postage in cents.
        requester: whose request it is.
        rates: rates in cents for this request, where they are lower or the law names none.
        own_rates: the agency's own rates in cents; where this law allows less, that counts.
        circumstances: those of the schedule's that an officer states.
        late_clocks: the clocks of the request that ran out.

    Raises:
        InvalidInput: a quantity, rate or circumstance cannot be, or a rate is missing or above the law's.
    """
    given = dict(rates or {})
    for unit in (*quantities, *given):
        if unit not in UNITS:
            raise InvalidInput(f"there is no charge {unit[:40]!r}; there are: {', '.join(UNITS)}")
    if any(not 0 <= one <= _MOST for one in [*quantities.values(), *map(Fraction, given.values())]):
        raise InvalidInput(f"a quantity lies between 0 and {_MOST:,}")
    if unknown := sorted(circumstances - schedule.circumstances):
        known = ", ".join(sorted(schedule.circumstances)) or "none"
        raise InvalidInput(f"{schedule.profile} knows no circumstance {unknown[0][:40]!r} of fees; it knows: {known}")
    own = own_rates or {}
    lines = tuple(
        _line(schedule, unit, quantities[unit], requester, (given.get(unit), own.get(unit)), circumstances, late_clocks)
        for unit in UNITS
        if quantities.get(unit)
    )
    total, notes = sum(one.cents for one in lines), list(schedule.notes)
    if 0 < total < schedule.smallest_cents:
        notes.append(f"Below {money(schedule.smallest_cents)} nothing is charged; this would be {money(total)}.")
        total = 0
    if schedule.estimate_over_cents is not None and total > schedule.estimate_over_cents:
        notes.append(f"Above {money(schedule.estimate_over_cents)} the requester gets it in writing, line by line.")
    rule, deposit = schedule.deposit, None
    if rule is not None and total > rule.over_cents:
        deposit = total * rule.percent // 100
        notes.append(f"At most {money(deposit)} may be asked for beforehand ({rule.percent} %; {rule.citation}).")
    return Estimate(lines=lines, cents=total, deposit_cents=deposit, notes=tuple(notes))


def account_of(events: Iterable[RequestEvent]) -> FeeAccount:
    """The account as the events of a request tell it."""
    sums: dict[str, int] = {}
    estimated = None
    for one in events:
        if one.kind == ESTIMATED:
            estimated = one.cents
        elif one.cents is not None:
            sums[one.kind] = sums.get(one.kind, 0) + one.cents
    return FeeAccount(
        estimated=estimated,
        charged=sums.get(CHARGED, 0),
        deposit_asked=sums.get(DEPOSIT_ASKED, 0),
        deposit_paid=sums.get(DEPOSIT_PAID, 0),
        paid=sums.get(PAID, 0),
        waived=sums.get(WAIVED, 0),
        refunded=sums.get(REFUNDED, 0),
    )


def check_deposit(schedule: FeeSchedule, account: FeeAccount, cents: int) -> None:
    """Refuse a deposit that the law does not let an agency ask for.

    Raises:
        Conflict: it names none, nothing was estimated, the estimate is too small, or it is too much.
    """
    rule = schedule.deposit
    if rule is None:
        raise Conflict(f"the law of {schedule.profile} names no deposit; charge what is due instead")
    if account.estimated is None:
        raise Conflict("a deposit is a part of an estimate; make one with: archiver request fee estimate")
    if account.estimated <= rule.over_cents:
        raise Conflict(f"no deposit of an estimate up to {money(rule.over_cents)} ({rule.citation})")
    most = account.estimated * rule.percent // 100 - account.deposit_asked
    if not 0 < cents <= most:
        raise Conflict(f"a deposit is at most {money(max(0, most))}: {rule.percent} % of it ({rule.citation})")


def check_waiver(schedule: FeeSchedule, account: FeeAccount, cents: int, ground: str) -> None:
    """Refuse a waiver on no ground of the law, or of more than there is.

    Raises:
        InvalidInput: the ground is none.
        Conflict: it is more than what is charged or estimated and not waived yet.
    """
    grounds = () if schedule.waiver is None else schedule.waiver.grounds
    if ground not in grounds:
        raise InvalidInput(f"{schedule.profile} has no ground {ground[:40]!r}; it has: {', '.join(grounds) or 'none'}")
    most = max(account.charged, account.estimated or 0) - account.waived
    if not 0 < cents <= most:
        raise Conflict(f"at most {money(max(0, most))} can be waived")


def check_payment(most: int, cents: int, what: str) -> None:
    """Refuse to book more than is open; `what` says of what.

    Raises:
        Conflict: it is more, or nothing.
    """
    if not 0 < cents <= most:
        raise Conflict(f"at most {money(most)} {what}")


def check_rate(schedule: FeeSchedule, unit: str, cents: int) -> None:
    """Refuse a rate of the agency's own that the law does not let it charge.

    Raises:
        InvalidInput: the law names no such charge, forbids it, or allows less.
    """
    item = schedule.item(unit)
    if item is None:
        raise InvalidInput(f"the law of {schedule.profile} names no charge for {unit}, so it has no rate")
    if item.forbidden:
        raise InvalidInput(f"nothing may be charged for {unit} ({item.citation}), so it has no rate")
    _refuse_above(item, cents)


def money(cents: int) -> str:
    """An amount for people, as 1,234.50."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def _line(
    schedule: FeeSchedule,
    unit: str,
    quantity: Fraction,
    requester: RequesterClass,
    rates: tuple[int | None, int | None],
    circumstances: frozenset[str],
    late_clocks: frozenset[str],
) -> FeeLine:
    item = schedule.item(unit)
    if item is None:
        words = f"the law of {schedule.profile} names no charge for it, so nothing is charged."
        return FeeLine(unit=unit, title=unit.replace("_", " "), cents=0, words=words, citation="-", confidence="U")
    barred = _barred(schedule, item, requester, circumstances, late_clocks)
    if barred is not None:
        return _told(item, 0, *barred)
    if unit in AT_COST:
        return _told(item, int(quantity), f"{money(int(quantity))}, as it cost the agency.")
    each, whose = _rate(schedule, item, *rates)
    free = item.free_for.get(requester, item.free)
    free = min((item.free_when[one] for one in circumstances if one in item.free_when), default=free)
    counted = max(Fraction(0), quantity - free)
    # a rate for several units is due for each that is begun; hours count as they are
    cents = int(-(-counted // item.per) * each if item.per > 1 else counted * each)
    told = f"{_number(quantity)} {_WORDS[unit]}"
    if free:
        told += f"; the first {free} are free"
    rated = money(each) if item.per == 1 else f"{money(each)} for each {item.per}"
    return _told(item, cents, f"{told}; {_number(counted)} at {rated}{whose} make {money(cents)}.")


def _rate(schedule: FeeSchedule, item: FeeItem, given: int | None, own: int | None) -> tuple[int, str]:
    """The rate of an item in cents, and whose it is where it is the agency's own."""
    if given is not None:
        _refuse_above(item, given)
        return given, ""
    if own is not None and item.cents is not None and own >= item.cents:
        return item.cents, "" if own == item.cents else f" (the law's highest; the agency's own is {money(own)})"
    if own is not None:
        most = "" if item.cents is None else f"; the law allows {money(item.cents)}"
        return own, f" (the agency's own rate{most})"
    if item.cents is None:
        how = f"give it: --rate {item.id}=0.10, or set it once: fees of [disclosure]"
        raise InvalidInput(f"{schedule.profile} leaves the rate of {item.id} to the agency; {how}")
    return item.cents, ""


def _refuse_above(item: FeeItem, cents: int) -> None:
    if item.cents is not None and cents > item.cents:
        raise InvalidInput(f"{item.title} costs at most {money(item.cents)} ({item.citation}); give a lower rate")


def _barred(
    schedule: FeeSchedule,
    item: FeeItem,
    requester: RequesterClass,
    circumstances: frozenset[str],
    late_clocks: frozenset[str],
) -> tuple[str, str] | None:
    """Why an item may not be charged, and the law that says so; None where it may."""
    late = schedule.late
    if late is not None and late.clock in late_clocks and item.kind in late.kinds:
        return "the answer came late, so nothing may be charged.", late.citation
    if item.forbidden:
        return "nothing may be charged for it.", item.citation
    if requester in item.not_for or (item.only_for and requester not in item.only_for):
        return f"nothing may be charged to a requester of the class {requester.value}.", item.citation
    if item.only_when is not None and item.only_when not in circumstances:
        return f"it may be charged only when {item.only_when.replace('_', ' ')}; say so with --when.", item.citation
    return None


def _told(item: FeeItem, cents: int, words: str, citation: str | None = None) -> FeeLine:
    return FeeLine(
        unit=item.id,
        title=item.title,
        cents=cents,
        words=words,
        citation=citation or item.citation,
        confidence=item.confidence.value,
    )


def _number(quantity: Fraction) -> str:
    return f"{float(quantity):,.2f}".rstrip("0").rstrip(".")
