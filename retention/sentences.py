"""The plainest retention sentences to rules, such as "Retain for 2 years after X then Destroy".

Rule: pure, and never a guess. A sentence is read only where every word of it is understood; one with a condition, a
choice without "whichever", or a disposition that is not known stays unread, and a person writes its rule. An event
that no trigger stands for keeps the sentence's own words as its kind.
"""

from __future__ import annotations

import re
from typing import Any

MAX_SENTENCE = 2_000
MAX_KIND = 60
_UNITS = {
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year",
    "anniversary year": "anniversary_year",
    "calendar year": "calendar_year",
    "fiscal year": "fiscal_year",
    "school year": "school_year",
}
_KEEP = re.compile(
    r"(?:retain|keep) (?:for )?(?P<count>[0-9]{1,3}) "
    r"(?P<unit>(?:(?:anniversary|calendar|fiscal|school) )?(?:day|week|month|year))s? after (?P<event>.+)"
)
_UNTIL = re.compile(r"(?:retain|keep) until (?P<event>.+)")
_PERMANENT = re.compile(r"(?:(?:retain|keep) )?(?:permanent|permanently|for the life of the agency|life of the agency)")
_WHICHEVER = re.compile(r",? whichever (?:is|occurs|comes) (?P<which>later|sooner|earlier|first)")
_PLAIN_EVENT = re.compile(r"[a-z][a-z'\- ]{1,79}")
_CHOICE = re.compile(r"\b(?:or|and|if|unless|provided|except|until|but|whichever|when|which|not)\b")
_STEPS: dict[str, tuple[str, ...]] = {
    "destroy": ("destroy",),
    "transfer to washington state archives for appraisal and selective retention": ("transfer_for_appraisal",),
    "transfer to washington state archives for permanent retention": ("transfer_permanently",),
    "return to sender": ("return_to_sender",),
}
_EVENTS: dict[str, dict[str, Any]] = {
    "communication received or provided": {"trigger": "received_or_provided"},
    "date of document": {"trigger": "created"},
    "date created": {"trigger": "created"},
    "date received": {"trigger": "received"},
    "end of calendar year": {"trigger": "calendar_year_end"},
    "end of fiscal year": {"trigger": "fiscal_year_end"},
    "end of school year": {"trigger": "school_year_end"},
    "no longer needed for agency business": {"trigger": "value_ended"},
    "superseded": {"trigger": "superseded", "events": ["superseded"]},
    "obsolete or superseded": {"trigger": "superseded", "events": ["obsolete", "superseded"]},
    "superseded or obsolete": {"trigger": "superseded", "events": ["superseded", "obsolete"]},
    "separation from agency": {"trigger": "separated", "events": ["separated"]},
    "separation from employment": {"trigger": "separated", "events": ["separated"]},
    "termination of employment": {"trigger": "separated", "events": ["separated"]},
    "student graduates or withdraws from district": {"trigger": "left_school", "events": ["graduated", "withdrawn"]},
}


def read_sentence(sentence: str) -> dict[str, Any] | None:
    """The `minimum` or `permanent` and the `steps` of a series, as values of a schedule file; None if not understood.

    A sentence that names no disposition has no steps.
    """
    if len(sentence) > MAX_SENTENCE:
        return None
    words = " ".join(sentence.replace("\u2013", "-").split()).rstrip(" .").lower()
    kept, _, disposition = words.partition(" then ")
    steps = _STEPS.get(disposition.strip(" ;,.")) if disposition else ()
    kept = kept.strip(" ;,.")
    if steps is None:
        return None
    if _PERMANENT.fullmatch(kept):
        return {"permanent": True, "steps": ["keep_permanently"]} if not disposition else None
    minimum = _minimum(kept)
    if minimum is None:
        return None
    return {"minimum": minimum, **({"steps": list(steps)} if steps else {})}


def _minimum(kept: str) -> dict[str, Any] | None:
    period: dict[str, Any] = {}
    found = _KEEP.fullmatch(kept)
    if found is not None:
        period = {"period": int(found["count"]), "unit": _UNITS[found["unit"]]}
    else:
        found = _UNTIL.fullmatch(kept)
    return None if found is None else _clock(found["event"], period)


def _clock(event: str, period: dict[str, Any]) -> dict[str, Any] | None:
    which = _WHICHEVER.search(event)
    if which is None:
        term = _EVENTS.get(event) if event != "communication received or provided" else None
        return _joined(term or _own_event(event), period)
    if which.end() != len(event):
        return None
    choice = event[: which.start()]
    later = which["which"] == "later"
    if choice in _EVENTS:
        # this one trigger already means the later of the two
        return _joined(_EVENTS[choice], period) if later and choice == "communication received or provided" else None
    branches = [_EVENTS.get(one) or _own_event(one) for one in choice.split(" or ")]
    joined = [_joined(branch, period) for branch in branches]
    if len(joined) < 2 or None in joined:  # noqa: PLR2004 - one branch is no choice
        return None
    return {"later_of" if later else "earlier_of": joined}


def _own_event(words: str) -> dict[str, Any] | None:
    """An event of the sentence's own words, where they are one plain phrase."""
    if not _PLAIN_EVENT.fullmatch(words) or _CHOICE.search(words):
        return None
    kind = re.sub(r"[^a-z]+", "_", words).strip("_")
    return {"trigger": "closed", "events": [kind]} if 0 < len(kind) <= MAX_KIND else None


def _joined(term: dict[str, Any] | None, period: dict[str, Any]) -> dict[str, Any] | None:
    return None if term is None else {**term, **period}
