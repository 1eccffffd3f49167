"""Many strings looked for at once are found where they stand, whatever their length and wherever a text is cut."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from search.disclosure import production_gate_index
from search.disclosure.production_gate_index import _Needles
from search.disclosure.redaction_folding import fold, folded
from search.disclosure.redaction_views import views

LETTERS = st.sampled_from("ab1\u00e9\u6587\ue000")
STRINGS = st.text(LETTERS, min_size=1, max_size=11)


@settings(max_examples=150)
@given(st.lists(st.tuples(STRINGS, st.integers(0, 2)), max_size=8), st.text(LETTERS, max_size=60), st.integers(1, 20))
def test_what_is_found_is_what_stands_there(strings: list[tuple[str, int]], text: str, together: int) -> None:
    sought = [(one, number, kind) for number, (one, kind) in enumerate(strings)]
    needles = _Needles(sought, counts=(6, 0, 8))
    with patch.object(production_gate_index, "_AT_ONCE", together):
        assert needles.found(text) == {one for one in sought if one[0] in text}


@given(st.text(max_size=60))
def test_letters_are_folded_the_same_one_by_one_and_in_runs(text: str) -> None:
    assert folded(text) == "".join(map(folded, text)) == fold(text).letters


def test_a_digest_or_a_time_at_any_place_of_a_text_stands_for_no_words() -> None:
    digest, moment = "0123456789abcdef" * 4, "2026-03-02T10:11:12.5Z"
    for before, after in (("", ""), ("x ", " y"), ("\n", "\n"), ("(", ")")):
        assert next(views(f"{before}{digest}{after}")) == f"{before} {after}"
        assert next(views(f"{before}{moment}{after}")) == f"{before}2026-03-02T{after}"
    assert next(views("a" + digest)) == "a" + digest
