"""Alerts: what comes in is found once and told once, by letters without content, with its owner's rights of then."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from archiver.access import Role, operator
from archiver.search_alerts import add_alert, list_alerts, own_alert, show_alert, switch_alert
from archiver.search_alerts_looking import AlertLooking
from search.alerts import Alerts, AlertState
from storage.access_tables import restricted_subjects
from storage.errors import InvalidInput, NotFound
from storage.outbox import Outbox, WaitingLetter
from tests.archiver.commands import CUSTODIAN, Office
from tests.archiver.search_work_scene import OTHER, come_in, opened

if TYPE_CHECKING:
    from archiver.wiring import Installation

OLGA = "olga@agency.example"
ME = operator("test")


@pytest.fixture
def installation(searched, tmp_path, monkeypatch):
    monkeypatch.setenv("ARCHIVER_SET_MAIL__ENABLED", "true")
    monkeypatch.setenv("ARCHIVER_SET_ANSWERS__PAGE", "https://records.agency.example/")
    found = opened(Office(folder=shutil.copytree(searched, tmp_path / "archive")))
    yield found
    found.close()


def step(installation: Installation, *, follow: bool = True) -> tuple[int, int]:
    if follow:
        installation.follower().catch_up()
    return AlertLooking(installation, actor="service:test").step()


def letters(installation: Installation) -> list[WaitingLetter]:
    with installation.archive.store.read() as connection:
        found = Outbox(installation.archive.store).waiting(connection, kind="alert")
    return [one for one in found if isinstance(one, WaitingLetter)]


def later(installation: Installation, hours: float) -> None:
    clock = installation.archive.store.clock
    installation.archive.store.clock = lambda: clock() + timedelta(hours=hours)


def alert(installation: Installation, query: str | None = "walrus", **options: Any) -> str:
    made = add_alert(installation, options.pop("who", ME), "Trips", query, **{"to": OLGA, **options})
    return made["id"]


def test_what_was_there_before_is_not_told(installation):
    alert(installation)
    assert step(installation) == (0, 0)


def test_what_comes_in_is_told_once(installation):
    mine = alert(installation)
    record = come_in(installation, CUSTODIAN, "More", "One more walrus.")
    come_in(installation, CUSTODIAN, "Other", "A heron.")
    assert step(installation) == (1, 1)
    assert step(installation) == (0, 0)
    later(installation, 48)
    assert step(installation) == (0, 0)
    assert show_alert(installation, ME, mine)["records"] == [record]


def test_a_letter_has_a_count_and_a_link_and_no_word_of_anything(installation):
    mine = alert(installation)
    for number in (1, 2):
        come_in(installation, CUSTODIAN, "Secretsubject", f"Walrus number {number}.")
    step(installation)
    (sent,) = letters(installation)
    whole = f"{sent.letter.subject}\n{sent.letter.text}".casefold()
    assert sent.letter.to == OLGA
    assert "2 records" in sent.letter.subject
    assert f"https://records.agency.example/alerts/{mine}" in sent.letter.text
    assert sent.letter.about == (mine,)
    assert not any(word in whole for word in ("walrus", "secretsubject", "trips", CUSTODIAN))


def test_a_period_has_one_letter_for_all_that_came_in(installation):
    alert(installation, every_hours=24.0)
    come_in(installation, CUSTODIAN, "One", "Walrus one.")
    assert step(installation) == (1, 1)
    for number in (2, 3):
        come_in(installation, CUSTODIAN, "Next", f"Walrus {number}.")
    assert step(installation) == (2, 0)
    later(installation, 23)
    assert step(installation) == (0, 0)
    later(installation, 1.5)
    assert step(installation) == (0, 1)
    assert [one.letter.subject.split()[2] for one in letters(installation)] == ["1", "2"]


def test_a_restart_misses_nothing_and_repeats_nothing(installation):
    mine = alert(installation)
    first = come_in(installation, CUSTODIAN, "One", "Walrus one.")
    installation.follower().catch_up()
    looking = AlertLooking(installation, actor="service:test")
    assert looking.step() == (1, 1)
    second = come_in(installation, CUSTODIAN, "Two", "Walrus two.")
    installation.follower().catch_up()
    assert AlertLooking(installation, actor="service:test").step()[0] == 1
    assert looking.step() == (0, 0)
    assert show_alert(installation, ME, mine)["records"] == sorted([first, second])


def test_nothing_is_passed_over_while_the_index_has_not_read_it(installation):
    alert(installation)
    come_in(installation, CUSTODIAN, "One", "Walrus one.")
    assert step(installation, follow=False) == (0, 0)
    assert step(installation) == (1, 1)


def test_more_than_a_page_is_gone_through(installation, monkeypatch):
    monkeypatch.setattr("archiver.search_alerts_looking._PAGE", 2)
    alert(installation)
    for number in range(5):
        come_in(installation, CUSTODIAN, "Many", f"Walrus {number}." if number != 2 else "A heron.")
    assert step(installation) == (4, 1)
    assert step(installation) == (0, 0)


def test_a_paused_alert_finds_what_came_in_when_it_goes_on(installation):
    mine = alert(installation)
    switch_alert(installation, ME, mine, AlertState.PAUSED)
    come_in(installation, CUSTODIAN, "One", "Walrus one.")
    assert step(installation) == (0, 0)
    switch_alert(installation, ME, mine, AlertState.ACTIVE)
    assert step(installation) == (1, 1)


def test_a_removed_alert_looks_no_more(installation):
    mine = alert(installation)
    come_in(installation, CUSTODIAN, "One", "Walrus one.")
    switch_alert(installation, ME, mine, AlertState.REMOVED)
    assert step(installation) == (0, 0)


def restrict(installation: Installation, record_id: str) -> None:
    with installation.archive.store.write() as transaction:
        row = {"scope": "record", "subject_id": record_id, "class": "student", "since": transaction.at}
        transaction.connection.execute(restricted_subjects.insert(), [row])


def test_an_alert_finds_what_its_owner_may_see_then(installation):
    token = installation.users.add("vera", Role.REVIEWER, actor="operator:test").token
    vera = installation.users.named("vera", token)
    mine = alert(installation, who=vera)
    hidden = come_in(installation, CUSTODIAN, "One", "Walrus one.")
    seen = come_in(installation, OTHER, "Two", "Walrus two.")
    restrict(installation, hidden)
    assert step(installation) == (1, 1)
    assert show_alert(installation, vera, mine)["records"] == [seen]
    assert "1 record " in letters(installation)[0].letter.subject


def test_what_was_hidden_before_the_letter_is_not_counted_in_it(installation):
    token = installation.users.add("vera", Role.REVIEWER, actor="operator:test").token
    vera = installation.users.named("vera", token)
    mine = alert(installation, who=vera)
    come_in(installation, CUSTODIAN, "Zero", "Walrus zero.")
    assert step(installation) == (1, 1)
    records = [come_in(installation, CUSTODIAN, "More", f"Walrus {number}.") for number in (1, 2)]
    assert step(installation) == (2, 0)
    restrict(installation, records[0])
    later(installation, 25)
    assert step(installation) == (0, 1)
    assert "1 record " in letters(installation)[1].letter.subject
    assert records[0] not in show_alert(installation, vera, mine)["records"]


def test_where_nothing_is_left_to_be_told_no_letter_is_written(installation):
    token = installation.users.add("vera", Role.REVIEWER, actor="operator:test").token
    mine = alert(installation, who=installation.users.named("vera", token))
    come_in(installation, CUSTODIAN, "Zero", "Walrus zero.")
    step(installation)
    record = come_in(installation, CUSTODIAN, "More", "Walrus one.")
    step(installation)
    restrict(installation, record)
    later(installation, 25)
    assert step(installation) == (0, 0)
    assert len(letters(installation)) == 1
    with installation.archive.store.read() as connection:
        kept = Alerts(installation.archive.store)
        assert kept.waiting(connection, kept.get(connection, mine))[0] == []


def test_where_letters_are_not_sent_what_was_found_waits(installation):
    mail = installation.settings.mail.model_copy(update={"enabled": False})
    silent = replace(installation, settings=installation.settings.model_copy(update={"mail": mail}))
    mine = alert(installation)
    come_in(installation, CUSTODIAN, "One", "Walrus one.")
    assert step(silent) == (1, 0)
    assert show_alert(silent, ME, mine)["waiting"] == 1
    assert "letters are not sent" in show_alert(silent, ME, mine)["problem"]
    assert step(installation) == (0, 1)


@pytest.mark.parametrize(("query", "owner"), [("(walrus", ME.actor), ("walrus", "usr_gone")])
def test_an_alert_that_cannot_be_run_keeps_no_other_from_looking(installation, query, owner):
    store = installation.archive.store
    Alerts(store).add("Broken", query, to=OLGA, every_hours=1.0, owner=owner)
    alert(installation)
    come_in(installation, CUSTODIAN, "One", "Walrus one.")
    assert step(installation) == (1, 1)


def test_the_officers_of_the_settings_are_told(installation):
    with pytest.raises(InvalidInput, match="officers"):
        alert(installation, to=None, officers=True)
    section = installation.settings.alerts.model_copy(update={"officers": (OLGA, "max@agency.example")})
    told = replace(installation, settings=installation.settings.model_copy(update={"alerts": section}))
    alert(told, to=None, officers=True)
    come_in(told, CUSTODIAN, "One", "Walrus one.")
    assert step(told) == (1, 2)
    assert sorted(one.letter.to for one in letters(told)) == ["max@agency.example", OLGA]


@pytest.mark.parametrize(
    "options", [{"to": None}, {"officers": True}, {"to": "nobody"}, {"query": "(walrus"}, {"query": None}]
)
def test_an_alert_that_could_not_be_told_or_run_is_not_set(installation, options):
    with pytest.raises(InvalidInput):
        alert(installation, **{"query": "walrus", **options})
    with installation.archive.store.read() as connection:
        assert Alerts(installation.archive.store).of_owner(connection) == []


def test_somebody_elses_alert_is_not_there(installation):
    mine = alert(installation)
    token = installation.users.add("vera", Role.REVIEWER, actor="operator:test").token
    vera = installation.users.named("vera", token)
    assert list_alerts(installation, vera) == []
    for act in (lambda: show_alert(installation, vera, mine), lambda: own_alert(installation, vera, mine)):
        with pytest.raises(NotFound):
            act()
    theirs = alert(installation, who=vera)
    assert [one["id"] for one in list_alerts(installation, ME)] == [mine, theirs]


def test_an_alert_of_somebody_who_is_closed_looks_no_more_and_tells_nobody(installation):
    made = installation.users.add("rita", Role.REVIEWER, actor="operator:test")
    alert(installation, who=installation.users.find("rita"))
    installation.users.close("rita", actor="operator:test")
    come_in(installation, CUSTODIAN, "More", "One more walrus.")
    assert step(installation) == (0, 0)
    installation.users.renew_token(made.name, actor="operator:test")
    assert step(installation) == (1, 1)
