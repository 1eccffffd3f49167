"""The demonstration: an archive, its services, a forwarded mail through its own port, and a search that finds it."""

from __future__ import annotations

from tests.archiver.commands import run
from tests.journeys.service import is_running


def test_the_demonstration_finds_the_mail_that_it_sent_and_leaves_nothing_running():
    answer = run("demo", "--once", "--json", passphrase=None)
    assert answer.status == 0, answer.err
    document = answer.document
    assert document["search"]["total"] == 1
    assert document["archived"] == 3
    assert all(document[name] for name in ("smtp", "web", "token"))
    status = document["services"]
    assert not any(is_running(one) for one in [status["supervisor"], *(one["process"] for one in status["services"])])
