"""The members of an `Authenticity` inside the bytes of a description, and their strict reading.

Members that have their default are left out. Counts and lengths are bounded far above what is ever made: the checks
come from a process that read hostile mail, and the answers from servers that anybody runs.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from storage.provenance import (
    Authenticity,
    Check,
    CheckedMessage,
    CheckMethod,
    CheckReason,
    DnsAnswer,
    DnsKind,
    DnsStatus,
    Verdict,
)
from storage.strict_json import flag, many, moment, only, refuse, string, string_or_none, strings, word

if TYPE_CHECKING:
    from storage.strict_json import Members

MAX_CHECKS: Final = 200
MAX_ANSWERS: Final = 400
MAX_VALUES: Final = 60
MAX_CHARACTERS: Final = 16_384
_AUTHENTICITY = frozenset({"checks", "answers", "original"})
_ANSWER = frozenset({"name", "kind", "status", "values", "at"})
_WORDS = ("domain", "selector", "author", "policy")
_LISTS = ("covers", "open", "asked")
_CHECK = frozenset({"method", "message", "verdict", "reason", "aligned", *_WORDS, *_LISTS})


def authenticity_members(authenticity: Authenticity) -> Members:
    """The object as it is written."""
    members: Members = {}
    if authenticity.checks:
        members["checks"] = [_check_members(one) for one in authenticity.checks]
    if authenticity.answers:
        members["answers"] = [answer_members(one) for one in authenticity.answers]
    if authenticity.original is not None:
        members["original"] = authenticity.original
    return members


def read_authenticity(value: object) -> Authenticity:
    """The object as it is read again.

    Raises:
        ValueError: it is none, or breaks a bound of this module.
    """
    members = only(value, _AUTHENTICITY)
    checks, answers = many(members, "checks", _check), many(members, "answers", read_answer)
    if len(checks) > MAX_CHECKS or len(answers) > MAX_ANSWERS:
        refuse("the number of checks")
    return Authenticity(
        checks=checks,
        answers=answers,
        original=word(CheckedMessage, members, "original") if "original" in members else None,
    )


def answer_members(answer: DnsAnswer) -> Members:
    """One answer as it is written."""
    members: Members = {"name": answer.name, "kind": answer.kind, "status": answer.status}
    if answer.values:
        members["values"] = answer.values
    if answer.at is not None:
        members["at"] = answer.at.astimezone(UTC).isoformat()
    return members


def read_answer(value: object) -> DnsAnswer:
    """One answer as it is read again.

    Raises:
        ValueError: it is none, or breaks a bound of this module.
    """
    members = only(value, _ANSWER)
    return DnsAnswer(
        name=_short(string(members, "name")),
        kind=word(DnsKind, members, "kind"),
        status=word(DnsStatus, members, "status"),
        values=_short_list(members, "values"),
        at=moment(members, "at") if "at" in members else None,
    )


def _check_members(check: Check) -> Members:
    members: Members = {
        "method": check.method,
        "message": check.message,
        "verdict": check.verdict,
    }
    if check.reason is not None:
        members["reason"] = check.reason
    if check.aligned:
        members["aligned"] = True
    for name in (*_WORDS, *_LISTS):
        found = getattr(check, name)
        if found:
            members[name] = found
    return members


def _check(value: object) -> Check:
    members = only(value, _CHECK)
    return Check(
        method=word(CheckMethod, members, "method"),
        message=word(CheckedMessage, members, "message"),
        verdict=word(Verdict, members, "verdict"),
        reason=word(CheckReason, members, "reason") if "reason" in members else None,
        aligned=flag(members, "aligned", default=False),
        domain=_short_or_none(members, "domain"),
        selector=_short_or_none(members, "selector"),
        author=_short_or_none(members, "author"),
        policy=_short_or_none(members, "policy"),
        covers=_short_list(members, "covers"),
        open=_short_list(members, "open"),
        asked=_short_list(members, "asked"),
    )


def _short(value: str) -> str:
    if len(value) > MAX_CHARACTERS:
        refuse("a word of a check")
    return value


def _short_or_none(members: Members, name: str) -> str | None:
    value = string_or_none(members, name)
    return None if value is None else _short(value)


def _short_list(members: Members, name: str) -> tuple[str, ...]:
    values = strings(members, name)
    if len(values) > MAX_VALUES:
        refuse("a list of a check")
    for one in values:
        _short(one)
    return values
