"""Users by commands: a token made anew, and somebody who is closed. Nothing of before opens anything after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.search_work_scene import opened

if TYPE_CHECKING:
    from tests.archiver.commands import Office


def add(office: Office, name: str, role: str) -> dict[str, Any]:
    token = office.json("user", "add", name, "--role", role)["token"]
    return {"ARCHIVER_TOKEN": token}


def test_a_renewed_token_ends_the_one_before(office: Office) -> None:
    old = add(office, "olive", "officer")
    made = office.json("user", "token", "Olive")
    assert made["name"] == "olive"
    assert made["role"] == "officer"
    assert office.run("search", "x", "--as", "olive", **old).status == 4
    assert office.run("search", "x", "--as", "olive", ARCHIVER_TOKEN=made["token"]).status == 0


def test_who_is_closed_can_do_nothing_and_is_listed_so_until_he_has_a_new_token(office: Office) -> None:
    old, ada = add(office, "olive", "officer"), add(office, "ada", "administrator")
    office.json("user", "grant", "olive", "--class", "medical", "--as", "ada", **ada)
    assert office.json("user", "close", "olive", "--as", "ada", **ada)["closed"] is True
    assert office.run("search", "x", "--as", "olive", **old).status == 4
    listed = {one["name"]: (one["closed"], one["grants"]) for one in office.json("user", "list")}
    assert listed == {"olive": (True, []), "ada": (False, [])}
    assert "olive (officer), closed" in office.run("user", "list").out
    office.json("user", "close", "olive", status=5)
    token = office.json("user", "token", "olive")["token"]
    assert office.run("search", "x", "--as", "olive", ARCHIVER_TOKEN=token).status == 0
    assert not any(one["closed"] for one in office.json("user", "list"))


def test_who_is_closed_is_given_nothing_more(office: Office) -> None:
    ada = add(office, "ada", "administrator")
    add(office, "olive", "officer")
    office.json("user", "close", "olive")
    number = office.json("request", "open", "--how", "email", "--text", "All of it", "--profile", "IL")["number"]
    said = office.run("request", "assign", number, "--to", "olive", "--json").error
    assert "olive is closed" in said["message"]
    refused = office.run("user", "grant", "olive", "--class", "student", "--as", "ada", "--json", **ada)
    assert "olive is closed" in refused.error["message"]


def test_both_are_events_that_name_the_user_and_no_word_more(office: Office) -> None:
    add(office, "olive", "officer")
    office.json("user", "token", "olive")
    office.json("user", "close", "olive")
    installation = opened(office)
    try:
        with installation.archive.store.read() as connection:
            events = installation.archive.ledger.events_after(connection, 0, limit=100)
        mine = [one.event for one in events if one.event.kind.value.startswith("user.")]
        assert [one.kind.value for one in mine] == ["user.added", "user.token_renewed", "user.closed"]
        assert len({one.subjects for one in mine}) == 1
    finally:
        installation.close()


@pytest.mark.parametrize("act", ["token", "close"])
def test_nobody_but_who_runs_the_archive_does_it(office: Office, act: str) -> None:
    olive = add(office, "olive", "officer")
    assert office.run("user", act, "olive", "--as", "olive", **olive).status == 4
    office.json("user", act, "nobody", status=3)


def test_a_session_of_the_page_ends_with_the_token(office: Office) -> None:
    add(office, "olive", "officer")
    installation = opened(office)
    try:
        users = installation.users
        for act in (users.renew_token, users.close):
            secret = users.open_session(users.find("olive"), hours=8)
            assert users.by_session(secret) is not None
            act("olive", actor="operator:test")
            assert users.by_session(secret) is None
    finally:
        installation.close()
