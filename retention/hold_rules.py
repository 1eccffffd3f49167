"""What a hold says: its rule, why it stands, and the answers that the plain columns of a record give. Pure.

Rules:

- A rule is kept as it was given and never changed; days are those of the archive's zone, both ends included.
- The plain columns answer where they can: whose record it is, which one, and that what was captured before a day did
  not happen after it. Everything else is asked of the record itself, by a `RecordMatcher`.
- Known to the rule are ids, days and what somebody typed; the latter is sealed wherever it is written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from retention.facts import local_day
from retention.ports import ContentRule, Match, MatchOutcome
from storage.errors import Corrupt, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from storage.records import Record

MOST_VALUES: Final = 1_000
_LONGEST_VALUE: Final = 320
_LONGEST_TEXT: Final = 4_000
_TERMS_VERSION: Final = 1

NAMED: Final = Match(outcome=MatchOutcome.MATCH, reason="the hold names the record")
NOT_NAMED: Final = Match(outcome=MatchOutcome.NO_MATCH, reason="the hold names other records")
OF_CUSTODIAN: Final = Match(outcome=MatchOutcome.MATCH, reason="the record is this custodian's")
OF_ANOTHER: Final = Match(outcome=MatchOutcome.NO_MATCH, reason="the record is another custodian's")
TOO_EARLY: Final = Match(outcome=MatchOutcome.NO_MATCH, reason="it was captured before the hold's first day")


class Origin(StrEnum):
    """Who placed a hold: an officer, or an open request, with which it ends."""

    OFFICER = "officer"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTerms:
    """What a hold is for and what it reaches; sealed as a whole. `matter` is a name or number people know it by."""

    reason: str
    rule: ContentRule
    matter: str | None = None


def check_terms(terms: HoldTerms) -> HoldTerms:
    """The same with its texts in order.

    Raises:
        InvalidInput: it reaches nothing or everything by mistake, or says no reason.
    """
    rule = terms.rule
    reason = _text(terms.reason, "reason", _LONGEST_TEXT)
    matter = None if terms.matter is None else _text(terms.matter, "matter", _LONGEST_VALUE)
    described = rule.custodian_ids or rule.accounts or rule.correspondents or rule.query is not None
    if not rule.records and not described and rule.since is None and rule.until is None:
        raise InvalidInput("say what is held: --record, --custodian, --account, --correspondent, --query or days")
    if rule.records and (described or rule.since is not None or rule.until is not None):
        raise InvalidInput("a hold names records or describes them; place two holds to do both")
    if rule.since is not None and rule.until is not None and rule.until < rule.since:
        raise InvalidInput("the hold ends before it begins; put the earlier day into --since")
    for what, values in (
        ("--record", rule.records),
        ("--custodian", rule.custodian_ids),
        ("--account", rule.accounts),
        ("--correspondent", rule.correspondents),
    ):
        if len(values) > MOST_VALUES:
            raise InvalidInput(f"one hold takes {MOST_VALUES} of {what}; place several")
        for value in values:
            _text(value, f"value of {what}", _LONGEST_VALUE)
    return HoldTerms(reason=reason, matter=matter, rule=rule)


def _text(given: str, what: str, longest: int) -> str:
    cleaned = " ".join(given.split())
    if not cleaned or len(cleaned) > longest or not cleaned.isprintable():
        raise InvalidInput(f"the {what} of a hold is printable and has 1 to {longest} characters")
    return cleaned


def plainly(record: Record, rule: ContentRule, zone: ZoneInfo) -> Match | None:
    """The answer where the record's plain columns give one; None where it has to be opened."""
    if rule.records:
        return NAMED if record.id in rule.records else NOT_NAMED
    if rule.custodian_ids and record.custodian_id not in rule.custodian_ids:
        return OF_ANOTHER
    if rule.since is not None and local_day(record.captured_at, zone) < rule.since:
        return TOO_EARLY
    whole = rule.since is None and rule.until is None and rule.query is None
    if whole and not rule.accounts and not rule.correspondents:
        return OF_CUSTODIAN
    return None


def is_plain(rule: ContentRule) -> bool:
    """Whether plain columns answer for every record, so that the same is known of destroyed ones."""
    described = rule.accounts or rule.correspondents or rule.query is not None
    return not described and rule.since is None and rule.until is None


def encode_terms(terms: HoldTerms) -> bytes:
    """As they are sealed: JSON with sorted names."""
    rule = terms.rule
    members = {
        "v": _TERMS_VERSION,
        "reason": terms.reason,
        "matter": terms.matter,
        "records": list(rule.records),
        "custodians": list(rule.custodian_ids),
        "accounts": list(rule.accounts),
        "correspondents": list(rule.correspondents),
        "since": _iso(rule.since),
        "until": _iso(rule.until),
        "query": rule.query,
        "asked_on": _iso(rule.asked_on),
    }
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def decode_terms(plain: bytes, hold_id: str, version: int) -> HoldTerms:
    """Read them again.

    Raises:
        Corrupt: these bytes are no terms of a hold.
    """
    try:
        members = json.loads(plain)
        if members["v"] != _TERMS_VERSION:
            raise Corrupt("a hold was written by another version of this program", hold=hold_id)
        return HoldTerms(
            reason=members["reason"],
            matter=members["matter"],
            rule=ContentRule(
                id=hold_id,
                version=version,
                records=_strings(members["records"]),
                custodian_ids=_strings(members["custodians"]),
                accounts=_strings(members["accounts"]),
                correspondents=_strings(members["correspondents"]),
                since=_day(members["since"]),
                until=_day(members["until"]),
                query=members["query"],
                asked_on=_day(members["asked_on"]),
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Corrupt("what a hold says cannot be read; run: archiver verify", hold=hold_id) from error


def _strings(values: Sequence[Any]) -> tuple[str, ...]:
    if not all(isinstance(one, str) for one in values):
        raise TypeError("not texts")
    return tuple(values)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
