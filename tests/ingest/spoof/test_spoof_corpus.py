"""Whatever a mail pretends, "verified" is said of none but the genuine, and grade A is given to no other."""

from __future__ import annotations

from archiver.provenance_view import asserted_beside, dkim_of, explanation, verified_by_checks
from ingest.concluding import grade_of
from storage.description_codec import decode, encode
from storage.provenance import own_signatures
from tests.every_case import every_case
from tests.ingest.spoof.cases import everything, genuine
from tests.ingest.spoof.signing import examined

CASES = tuple(everything())
GENUINE = frozenset(one.name for one in genuine())


def test_the_corpus_is_as_large_as_it_must_be_and_each_case_has_a_name_of_its_own():
    assert len(CASES) >= 100
    assert len({one.name for one in CASES}) == len(CASES)
    assert {one.name for one in CASES if one.grade == "A"} == GENUINE


@every_case("case", CASES, ids=lambda one: one.name)
def test_a_mail_is_called_verified_only_where_it_is(case):
    found = examined(case.raw, case.table)
    grade = grade_of(found)
    said = verified_by_checks(found)
    assert (dkim_of(found).value, grade.value) == (case.dkim, case.grade)
    assert any(one.startswith("the original carries") for one in said) is (case.name in GENUINE)
    if case.reason is not None:
        assert case.reason in {one.reason for one in own_signatures(found.authenticity)}
    assert all(explanation(found, grade))
    assert decode(encode(found)) == found


@every_case("case", CASES, ids=lambda one: one.name)
def test_without_a_dns_nothing_is_verified(case):
    found = examined(case.raw, silent=True)
    assert grade_of(found).value != "A"
    assert verified_by_checks(found) == []
    assert dkim_of(found).value in ("none", "unchecked")


def test_what_a_signature_leaves_open_is_asserted():
    case = next(one for one in CASES if one.name == "To not signed")
    assert any("does not cover to" in one for one in asserted_beside(examined(case.raw, case.table)))


def test_a_name_that_shows_another_address_is_told():
    case = next(one for one in CASES if one.name.startswith("a display name with another's address"))
    assert any("a name only" in one for one in asserted_beside(examined(case.raw, case.table)))


def test_a_domain_beyond_ascii_is_told():
    case = next(one for one in CASES if one.name == "a U-label domain")
    assert any("beyond ASCII" in one for one in asserted_beside(examined(case.raw, case.table)))
