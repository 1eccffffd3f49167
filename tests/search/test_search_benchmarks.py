"""What the benchmarks of search ask, and how it is put to other programs."""

from __future__ import annotations

import pytest

from benchmarks.peer_syntax import as_mu, as_notmuch, as_tree
from benchmarks.search_queries import asked, queries_of_made_documents, queries_of_mails
from tests.every_case import every_case

CLASSES = {"rare", "frequent", "phrase", "proximity", "prefix", "infix", "wildcard", "fuzzy", "expression", "boolean"}


@pytest.mark.parametrize("queries", [queries_of_mails, queries_of_made_documents])
def test_every_query_of_a_benchmark_is_understood_and_every_class_is_asked(queries):
    assert {one.kind for one in queries()} == CLASSES | {"dates", "field"}


@every_case(
    ("text", "notmuch", "mu"),
    [
        ("clock", "clock", "clock"),
        ('"device tree"', '"device tree"', '"device tree"'),
        ('"clock divider"~3', "(clock NEAR/5 divider)", None),
        ("regula*", "regula*", "regula*"),
        ("*divid*", None, "/.*divid.*/"),
        ("/pll[0-9]+/", None, "/pll[0-9]+/"),
        ("oscilator~1", None, None),
        ("reset OR gate", "(reset or gate)", "(reset or gate)"),
        ("clock -patch", "(clock and (not patch))", "(clock and (not patch))"),
        ("subject:pll", "subject:pll", "subject:pll"),
        ("has:attachment", "tag:attachment", "flag:attach"),
        ("kind:email", None, None),
        ("sent:2020-02", "date:@1580536800..@1583042400", "date:20200201060000..20200301060000"),
        ("after:2020-01-31", "date:@1580536800..", "date:20200201060000.."),
    ],
)
def test_a_query_is_put_into_the_syntax_of_mail_indexers_or_left_out(text, notmuch, mu):
    query = asked("any", text).query
    assert as_notmuch(query) == notmuch
    assert as_mu(query) == mu


def test_a_query_is_given_to_libraries_as_a_tree_or_left_out():
    word = {"field": "any", "exact": False, "prefix": False, "within": None}
    assert as_tree(asked("any", "reset -gate").query) == {
        "and": [{"words": ["reset"], **word}, {"not": {"words": ["gate"], **word}}]
    }
    assert as_tree(asked("any", "on:2020-01-01").query) == {"between": [1577858400000000, 1577944800000000]}
    assert as_tree(asked("any", "from:*pll*").query) == {"glob": "*pll*", "field": "from", "distance": 0}
    assert as_tree(asked("any", "size:>10MB").query) is None
