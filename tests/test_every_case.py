"""Cases that are tried in one test: none is left out, and what is wrong is named."""

from __future__ import annotations

import pytest

from tests.every_case import every_case


def test_all_cases_are_tried_whatever_one_of_them_does():
    tried = []

    @every_case(("left", "right"), [(1, 2), (3, 3), (5, 6)])
    def differ(left, right) -> None:
        tried.append((left, right))
        assert left != right

    with pytest.raises(pytest.fail.Exception, match=r"(?s)1 of 3 cases are wrong:\n\[3-3\]\n.*assert") as caught:
        differ()
    assert tried == [(1, 2), (3, 3), (5, 6)]
    assert "[1-2]" not in str(caught.value)


def test_an_error_and_a_failure_said_outright_are_wrong_too_and_each_is_named():
    @every_case("word", ["good", "error", "said"])
    def fine(word) -> None:
        if word == "said":
            pytest.fail("said outright")
        assert word == "good" or 1 // 0

    with pytest.raises(pytest.fail.Exception) as caught:
        fine()
    assert "2 of 3 cases" in str(caught.value)
    assert "[error]" in str(caught.value)
    assert "ZeroDivisionError" in str(caught.value)
    assert "[said]" in str(caught.value)
    assert "said outright" in str(caught.value)


def test_of_many_that_are_wrong_each_is_named():
    @every_case("number", range(100))
    def never(number) -> None:
        assert number < 0

    with pytest.raises(pytest.fail.Exception) as caught:
        never()
    assert all(f"[{number}]" in str(caught.value) for number in range(100))


def test_names_are_those_that_were_given():
    @every_case(
        "one", [b"\xff\x00", pytest.param(4, id="four"), int, object()], ids=lambda one: "o" if one == 4 else None
    )
    @every_case("two", [[1]], ids=["list"])
    def never(one, two) -> None:
        assert one is two

    with pytest.raises(pytest.fail.Exception) as caught:
        never()
    said = str(caught.value)
    assert all(f"[{name}]" in said for name in (r"\xff\x00", "four", "int", "one3", "list"))


def test_a_case_that_cannot_be_tried_is_told_as_skipped_and_hides_no_failure():
    @every_case("number", [1, 2])
    def some(number) -> None:
        if number == 1:
            pytest.skip("not here")

    with pytest.raises(pytest.skip.Exception, match=r"1 of 2 cases: \[1\] not here"):
        some()

    @every_case("number", [1, 2])
    def one_wrong(number) -> None:
        if number == 1:
            pytest.skip("not here")
        assert number == 1

    with pytest.raises(pytest.fail.Exception, match="1 of 2"):
        one_wrong()


@pytest.fixture(scope="module")
def made():
    return {"tried": 0}


@pytest.mark.parametrize("times", [1, 2])
@every_case("number", [1, 2, 3])
def test_fixtures_and_single_tests_go_with_it(made, times, number):
    made["tried"] += 1
    assert number * times in {1, 2, 3, 4, 6}
    assert made["tried"] == (times - 1) * 3 + number


@pytest.mark.parametrize(
    ("cases", "ids"), [([], None), ([1], ["a", "b"]), ([pytest.param(1, marks=pytest.mark.system)], None)]
)
def test_what_would_try_nothing_or_something_else_is_refused(cases, ids):
    with pytest.raises(ValueError, match="case"):
        every_case("number", cases, ids=ids)


def test_a_name_that_the_test_does_not_take_is_refused():
    with pytest.raises(TypeError, match="takes no other"):

        @every_case("other", [1])
        def test(number) -> None:
            assert number
