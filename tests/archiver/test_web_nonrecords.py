"""The pages of what is no record: an employee asks on his record's page, an officer agrees, and each sees his part."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from archiver.access import Role
from storage.tables import records
from tests.archiver.web_site import add_record, letter, running_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def record(site) -> str:
    """A fresh record of the employee."""
    house = site.installation
    owner = next(one for one in house.users.list() if one.role is Role.EMPLOYEE).custodian_id
    return add_record(house, owner, letter("To the doctor", "about a flamingo")).record


def state(site, record: str) -> str:
    with site.installation.archive.store.read() as connection:
        return connection.execute(select(records.c.state).where(records.c.id == record)).scalar_one()


def ask(site, record: str, role: Role = Role.EMPLOYEE) -> str:
    """Ask by the form; the id of the claim."""
    with site.browser(role) as client:
        fields = {"reason": "medical", "note": "my own flamingo"}
        answer = client.post(f"/records/{record}/nonrecord", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/nonrecords")
        page = client.get("/nonrecords").text
    return claim_in(page, record)


def claim_in(page: str, record: str) -> str:
    (part,) = [one for one in page.split("<article ") if f"/records/{record}" in one]
    return part.split('aria-labelledby="')[1].split('"')[0]


def test_an_employee_asks_on_his_records_page_and_reads_what_became_of_it(site, record):
    with site.browser(Role.EMPLOYEE) as client:
        assert "This is not a record, because" in client.get(f"/records/{record}").text
    claim = ask(site, record)
    with site.browser(Role.EMPLOYEE) as client:
        page = client.get(f"/records/{record}").text
        assert "another person has to agree" in page
        assert "Said to be no record" not in client.get("/").text
        assert "Ask for its release" not in page
        assert "Agree and destroy" not in client.get("/nonrecords").text
    with site.browser(Role.OFFICER) as client:
        assert "Said to be no record" in client.get("/").text
        assert "my own flamingo" in client.get("/nonrecords").text
        assert client.post(f"/nonrecords/{claim}/agree", data={"sure": "yes"}).status_code == 303
    assert state(site, record) == "released"
    with site.browser(Role.EMPLOYEE) as client:
        assert "was released as not a record, and destroyed" in client.get(f"/records/{record}").text
        page = client.get("/nonrecords").text
        assert "Released as not a record" in page
        assert "flamingo" not in page


def test_nobody_agrees_without_saying_that_he_knows_what_it_does(site, record):
    claim = ask(site, record)
    with site.browser(Role.APPROVER) as client:
        answer = client.post(f"/nonrecords/{claim}/agree", data={"sure": "no"})
        assert (answer.status_code, "Nothing was done" in answer.text) == (422, True)
    assert state(site, record) == "active"


def test_who_asked_is_not_offered_to_agree_and_is_refused(site, record):
    claim = ask(site, record, Role.OFFICER)
    with site.browser(Role.OFFICER) as client:
        page = client.get("/nonrecords").text
        mine = next(one for one in page.split("<article ") if claim in one)
        assert ("Take it back" in mine, "Agree and destroy" in mine) == (True, False)
        assert client.post(f"/nonrecords/{claim}/agree", data={"sure": "yes"}).status_code == 403
        assert client.post(f"/nonrecords/{claim}/withdraw", data={"x": "y"}).status_code == 303
    assert state(site, record) == "active"


def test_a_refusal_is_read_by_who_asked(site, record):
    claim = ask(site, record)
    with site.browser(Role.APPROVER) as client:
        fields = {"reason": "It names the <bus> schedule."}
        assert client.post(f"/nonrecords/{claim}/refuse", data=fields).status_code == 303
        again = client.post(f"/nonrecords/{claim}/refuse", data=fields)
        assert (again.status_code, "refused already" in again.text) == (409, True)
    with site.browser(Role.EMPLOYEE) as client:
        assert "It names the &lt;bus&gt; schedule." in client.get("/nonrecords").text


def test_an_employee_does_not_ask_for_the_record_of_another(site):
    with site.browser(Role.EMPLOYEE) as client:
        answer = client.post(f"/records/{site.other.record}/nonrecord", data={"reason": "personal"})
        assert answer.status_code == 404
    with site.browser(Role.REVIEWER) as client:
        assert client.get("/nonrecords").status_code == 403
