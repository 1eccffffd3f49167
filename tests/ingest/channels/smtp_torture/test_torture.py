"""Hostile clients over real sockets: each mail is stored once as it was sent, or refused; nothing else happens."""

import pytest

from ingest.channels.smtp_settings import Oddity
from tests.every_case import every_case
from tests.ingest.channels.smtp_torture.cases import ALL
from tests.ingest.channels.smtp_torture.client import play
from tests.ingest.smtp_service import Service, running

_REQUIRED = 150


def settings_of(case):
    chosen = dict(case.settings)
    for name in ("bare_line_ends", "nul_bytes"):
        if name in chosen:
            chosen[name] = Oddity(chosen[name])
    return chosen


@pytest.fixture(scope="module")
def services():
    """A service for each set of settings, started when it is first needed."""
    started = {}
    opened = []

    def service_for(case) -> Service:
        key = repr(sorted(case.settings.items()))
        if key not in started:
            opened.append(running(max_connections_per_peer=200, **settings_of(case)))
            started[key] = opened[-1].__enter__()
        return started[key]

    yield service_for
    for one in opened:
        one.__exit__(None, None, None)


def test_there_are_as_many_cases_as_are_required_and_each_has_a_name():
    assert len(ALL) >= _REQUIRED
    assert len({case.name for case in ALL}) == len(ALL)


@every_case("case", ALL, ids=lambda case: case.name)
def test_every_mail_is_stored_once_as_it_was_sent_or_refused(services, case):
    service = services(case)
    before = len(service.depositor.payloads)
    replies = play(service.port, case)
    assert tuple(service.depositor.payloads[before:]) == case.stored
    accepted = sum("Deposited as" in reply for reply in replies)
    assert accepted == len(case.stored), "250 for what is stored, and for nothing else"
    if case.codes is not None:
        last = [reply for reply in replies if not reply.startswith("221")][-1]
        assert last[:1] in case.codes
