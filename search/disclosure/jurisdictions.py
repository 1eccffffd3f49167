"""What a jurisdiction asks of an agency that is asked for records: clocks, extensions, tolling, fees, as data.

Rule: every duty has its citation and says how sure it is: `V` read in a published source, `P` read as a paraphrase, `U`
not verified. Nothing here is legal advice; the agency's counsel adopts a profile, and may load his own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping


class Confidence(StrEnum):
    """How sure a rule is: verified in a source, a paraphrase, unverified, or the agency's own word."""

    VERIFIED = "V"
    PARAPHRASED = "P"
    UNVERIFIED = "U"
    AGENCY = "A"


class DayUnit(StrEnum):
    """What is counted."""

    BUSINESS = "business"
    CALENDAR = "calendar"


class RequesterClass(StrEnum):
    """Who asks, as far as the law makes a difference."""

    GENERAL = "general"
    COMMERCIAL = "commercial"
    RECURRENT = "recurrent"
    MEDIA = "media"
    INCARCERATED = "incarcerated"
    PARENT = "parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """So many days; none where the law has no number ("promptly")."""

    days: int | None
    unit: DayUnit = DayUnit.BUSINESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """How a clock may be made longer: by how much, for which reasons, and whether by agreement beyond that."""

    period: Period
    reasons: tuple[str, ...]
    by_agreement: bool
    citation: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """One duty with a time: what starts it, what meets it, and what being late costs.

    `starts` and `met_by` are names of events (`search.disclosure.deadlines.ClockEventKind`). `classes` are periods for
    requesters of a class. `waits_at_least` turns it round: until it has run, nothing may be released.
    """

    id: str
    title: str
    duty: str
    starts: str
    met_by: tuple[str, ...]
    period: Period
    classes: Mapping[RequesterClass, Period]
    extension: Extension | None
    tolled_by: Mapping[str, int | None]
    waits_at_least: bool
    only_when: str | None
    late: tuple[str, ...]
    citation: str
    confidence: Confidence

    def period_for(self, requester: RequesterClass) -> Period:
        """The period for a requester of this class."""
        return self.classes.get(requester, self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A ground on which something may be withheld: its code as reviewers know it, what it is about, the law."""

    code: str
    title: str
    citation: str
    confidence: Confidence

    @property
    def source(self) -> str:
        """Where it comes from: ``shipped`` with the law's profile, or the agency's ``own``."""
        return "own" if self.confidence is Confidence.AGENCY else "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """Where somebody may turn who was refused, in words of a letter; what the law leaves to the agency is empty.

    Args:
        to: who hears him outside of a court, or empty where nobody does.
        period: how long he may ask for it; no number of days where the law has none.
        decided: how long the answer to it may take.
        copy_to: who else is told of the appeal.
        citation: the law of the above.
        confidence: how sure that is.
        court: which court, or empty.
        court_citation: the law of that.
        court_confidence: how sure that is.
    """

    to: str
    period: Period
    decided: Period
    copy_to: str
    citation: str
    confidence: Confidence
    court: str
    court_citation: str
    court_confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The rules of one jurisdiction. `hold_days` is how long after the outcome what was asked for is kept.

    `log` says what the law asks of who lists what he keeps back: `citation`, `explanation`, `factual_basis`,
    `responsible_persons`, `at_place` (shown where it was left out) and `ruling`; `log_citation` is that law.
    """

    id: str
    name: str
    statute: str
    clocks: tuple[ClockRule, ...]
    receipt_on_any_day: bool
    receipt_by_officer: bool
    mailed_days: int | None
    hold_days: int
    hold_days_incarcerated: int
    hold_citation: str
    identity_may_be_demanded: bool
    exemptions: tuple[Exemption, ...]
    log: tuple[str, ...]
    notes: tuple[str, ...]
    appeal: Appeal | None = None
    log_citation: str = ""
    log_confidence: Confidence = Confidence.UNVERIFIED


_DEFAULT_HOLD: Final = 90


def profile_ids() -> tuple[str, ...]:
    """The shipped profiles, in order."""
    folder = resources.files("search.disclosure.profiles")
    names = [one.name for one in folder.iterdir() if one.name.endswith(".toml")]
    return tuple(sorted(name.removesuffix(".toml").upper() for name in names))


@lru_cache(maxsize=32)
def shipped_profile(profile_id: str) -> Profile:
    """A shipped profile by its two letters; ``US`` is the federal one.

    Raises:
        NotFound: there is none.
    """
    if profile_id.upper() not in profile_ids():
        raise NotFound(f"there is no profile {profile_id[:20]!r}; there are: {', '.join(profile_ids())}")
    file = resources.files("search.disclosure.profiles") / f"{profile_id.lower()}.toml"
    return read_profile(file.read_text("utf-8"))


def read_profile(text: str) -> Profile:
    """A profile as its file states it.

    Raises:
        InvalidInput: it is no TOML, or lacks or misspells a member; the sentence says where.
    """
    try:
        stated = tomllib.loads(text)
        return Profile(
            id=stated["id"],
            name=stated["name"],
            statute=stated["statute"],
            clocks=tuple(_clock(one) for one in stated["clock"]),
            receipt_on_any_day=stated.get("receipt_on_any_day", False),
            receipt_by_officer=stated.get("receipt_by_officer", False),
            mailed_days=stated.get("mailed_days"),
            hold_days=stated.get("hold_days", _DEFAULT_HOLD),
            hold_days_incarcerated=stated.get("hold_days_incarcerated", stated.get("hold_days", _DEFAULT_HOLD)),
            hold_citation=stated.get("hold_citation", ""),
            identity_may_be_demanded=stated.get("identity_may_be_demanded", False),
            exemptions=tuple(_exemption(one) for one in stated.get("exemption", ())),
            log=tuple(stated.get("log", ())),
            notes=tuple(stated.get("notes", ())),
            appeal=_appeal(stated["appeal"]) if "appeal" in stated else None,
            log_citation=stated.get("log_citation", ""),
            log_confidence=Confidence(stated.get("log_confidence", Confidence.UNVERIFIED)),
        )
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"the profile is no TOML: {error}") from error
    except KeyError as error:
        raise InvalidInput(f"the profile lacks {error.args[0]!r}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"the profile has a value that cannot be: {error}") from error


def _clock(stated: Mapping[str, Any]) -> ClockRule:
    extension = stated.get("extension")
    return ClockRule(
        id=stated["id"],
        title=stated["title"],
        duty=stated["duty"],
        starts=stated["starts"],
        met_by=tuple(stated["met_by"]),
        period=_period(stated),
        classes={RequesterClass(name): _period(one) for name, one in stated.get("for", {}).items()},
        extension=None if extension is None else _extension(extension),
        tolled_by={name: most if most >= 0 else None for name, most in stated.get("tolled_by", {}).items()},
        waits_at_least=stated.get("waits_at_least", False),
        only_when=stated.get("only_when"),
        late=tuple(stated.get("late", ())),
        citation=stated["citation"],
        confidence=Confidence(stated["confidence"]),
    )


def _exemption(stated: Mapping[str, Any]) -> Exemption:
    return Exemption(
        code=stated["code"],
        title=stated["title"],
        citation=stated["citation"],
        confidence=Confidence(stated["confidence"]),
    )


def _appeal(stated: Mapping[str, Any]) -> Appeal:
    decided = {"days": stated.get("decided_days"), "unit": stated.get("decided_unit", DayUnit.BUSINESS)}
    return Appeal(
        to=stated.get("to", ""),
        period=_period(stated),
        decided=_period(decided),
        copy_to=stated.get("copy_to", ""),
        citation=stated.get("citation", ""),
        confidence=Confidence(stated.get("confidence", Confidence.UNVERIFIED)),
        court=stated.get("court", ""),
        court_citation=stated.get("court_citation", ""),
        court_confidence=Confidence(stated.get("court_confidence", Confidence.UNVERIFIED)),
    )


def _extension(stated: Mapping[str, Any]) -> Extension:
    return Extension(
        period=_period(stated),
        reasons=tuple(stated.get("reasons", ())),
        by_agreement=stated.get("by_agreement", False),
        citation=stated["citation"],
        confidence=Confidence(stated["confidence"]),
    )


def _period(stated: Mapping[str, Any]) -> Period:
    days = stated.get("days")
    if days is not None and (not isinstance(days, int) or days <= 0):
        raise ValueError("days is a whole number above zero")
    return Period(days=days, unit=DayUnit(stated.get("unit", DayUnit.BUSINESS)))
