"""What was checked opens again as it was, and nothing else does."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from storage.description_codec import decode, encode
from storage.provenance import (
    Authenticity,
    Check,
    CheckedMessage,
    CheckMethod,
    CheckReason,
    DkimResult,
    DnsAnswer,
    DnsKind,
    DnsStatus,
    Verdict,
    dkim_of_original,
    passed_signature,
)
from storage.provenance_codec import authenticity_members, read_authenticity
from storage.records import Description, RecordKind
from tests.every_case import every_case

AT = datetime(2026, 3, 2, tzinfo=UTC)
KEY = "sel._domainkey.a.example"
CHECK = Check(
    method=CheckMethod.DKIM, message=CheckedMessage.CARRIER, verdict=Verdict.PASS, domain="a.example", selector="sel",
    author="bo@a.example", aligned=True, covers=("from", "subject"), open=("to",), asked=(KEY,),
)  # fmt: skip
ANSWER = DnsAnswer(name=KEY, kind=DnsKind.TXT, status=DnsStatus.OK, values=("v=DKIM1; p=\xff",), at=AT)
WHOLE = Authenticity(checks=(CHECK,), answers=(ANSWER,), original=CheckedMessage.CARRIER)


def as_read(one):
    return json.loads(json.dumps(authenticity_members(one)))


def test_the_members_are_read_again():
    assert read_authenticity(as_read(WHOLE)) == WHOLE


@pytest.mark.parametrize("one", [WHOLE, Authenticity(), Authenticity(original=CheckedMessage.ORIGINAL), None])
def test_a_description_keeps_what_was_checked(one):
    description = Description(kind=RecordKind.EMAIL, authenticity=one)
    assert decode(encode(description)) == description


@every_case(
    ("where", "name", "value"),
    [
        ("checks", "verdict", "excellent"),
        ("checks", "method", "magic"),
        ("checks", "reason", "free text"),
        ("checks", "aligned", 1),
        ("checks", "domain", "x" * 20_000),
        ("checks", "covers", ["x"] * 100),
        ("checks", "more", 1),
        ("answers", "status", "fine"),
        ("answers", "values", ["x" * 20_000]),
        ("answers", "at", "today"),
        ("answers", "kind", "ANY"),
    ],
)
def test_what_is_not_as_agreed_is_refused(where, name, value):
    members = as_read(WHOLE)
    members[where][0][name] = value
    with pytest.raises(ValueError, match="not as agreed"):
        read_authenticity(members)


def test_more_checks_than_are_ever_made_are_refused():
    with pytest.raises(ValueError, match="number of checks"):
        read_authenticity(as_read(Authenticity(checks=(CHECK,) * 201)))


def dkim(verdict, *, aligned=True, message=CheckedMessage.CARRIER):
    return Check(method=CheckMethod.DKIM, message=message, verdict=verdict, aligned=aligned, reason=CheckReason.SYNTAX)


@every_case(
    ("checks", "result"),
    [
        ((), "none"),
        ((dkim(Verdict.FAIL), dkim(Verdict.PASS)), "pass"),
        ((dkim(Verdict.UNCHECKED), dkim(Verdict.FAIL)), "fail"),
        ((dkim(Verdict.UNCHECKED), dkim(Verdict.FAIL, aligned=False)), "unchecked"),
        ((dkim(Verdict.PASS, aligned=False),), "none"),
        ((dkim(Verdict.UNSIGNED),), "none"),
        ((dkim(Verdict.FAIL, aligned=False),), "fail"),
        ((dkim(Verdict.PASS, message=CheckedMessage.ORIGINAL),), "none"),
    ],
)
def test_the_one_word_is_that_of_the_originals_own_signature(checks, result):
    assert dkim_of_original(Authenticity(checks=checks, original=CheckedMessage.CARRIER)).value == result


def test_a_record_of_before_the_checks_is_unchecked():
    assert dkim_of_original(None) is DkimResult.UNCHECKED


def test_a_pass_whose_answer_is_not_on_record_lifts_nothing():
    assert passed_signature(WHOLE) == CHECK
    assert passed_signature(Authenticity(checks=(CHECK,), original=CheckedMessage.CARRIER)) is None
    assert passed_signature(Authenticity(checks=(CHECK,), answers=(ANSWER,), original=None)) is None
