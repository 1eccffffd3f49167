"""`archiver retention simulate`: numbers of what would be, and an archive that is as it was."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.columns import metadata
from storage.container_tables import container_members, containers
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office
from tests.every_case import every_case
from tests.retention.held_records import keep, mail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.archive import Archive

OTHER = "bob@agency.example"
SCHEDULE = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
adopted_on = 2000-01-01
default_series = "S"
[[series]]
id = "S"
title = "Letters"
citation = "Act 1"
minimum = { MINIMUM }
maximum = { trigger = "created", period = 3, unit = "year" }
"""
CAPTURED = datetime(2026, 3, 2, 20, tzinfo=UTC)  # noon of the same day in the archive's zone
TODAY = ("--today", "2026-12-01")


@contextmanager
def opened(office: Office) -> Iterator[Archive]:
    installation = open_installation(
        office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    )
    try:
        yield installation.archive
    finally:
        installation.close()


def carry(archive: Archive, carrier: str, inside: str) -> None:
    """Say that one mail carries a mailbox in which the other is."""
    with archive.store.write() as transaction:
        connection = transaction.connection
        outer, inner = (archive.catalogue.get(connection, one).submission_id for one in (carrier, inside))
        row = {"id": outer, "kind": "mbox", "state": "done", "depth": 0, "attempt": 1, "findings": 0, "root_id": outer}
        connection.execute(insert(containers), [{**row, "opened_at": CAPTURED, "closed_at": CAPTURED}])
        member = {"container_id": outer, "attempt": 1, "ordinal": 1, "outcome": "taken", "position": 0}
        connection.execute(insert(container_members), [{**member, "submission_id": inner}])


def schedule_text(years: int, edition: str = "1") -> str:
    rule = f'trigger = "created", period = {years}, unit = "year"'
    return SCHEDULE.replace("MINIMUM", rule).replace('edition = "1"', f'edition = "{edition}"')


@pytest.fixture(scope="module")
def filled_once(new_archive, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("simulations")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    office.json("custodian", "add", OTHER, "--name", "Bob Ray")
    (place / "one.toml").write_text(schedule_text(1))
    office.json("schedule", "load", str(place / "one.toml"))
    with opened(office) as archive:
        with archive.store.read() as connection:
            jane, bob = (archive.custodians.find(connection, one) or "" for one in (CUSTODIAN, OTHER))
        keep(archive, jane, mail("A walrus came by the budget."), captured_at=CAPTURED)
        keep(archive, jane, mail("The roof leaks."), captured_at=CAPTURED)
        keep(archive, bob, mail("see this", unread=True), captured_at=CAPTURED)
        carrier = keep(archive, bob, mail("with a mailbox in it"), captured_at=CAPTURED)
        inside = keep(archive, jane, mail("A pelican."), captured_at=CAPTURED)
        carry(archive, carrier, inside)
    return office.folder


@pytest.fixture(scope="module")
def unchanged(filled_once) -> Office:
    """The archive that every simulation leaves as it is."""
    return Office(folder=filled_once)


@pytest.fixture
def office(filled_once, tmp_path) -> Office:
    return Office(folder=shutil.copytree(filled_once, tmp_path / "archive"))


@pytest.fixture
def longer(tmp_path) -> str:
    path = tmp_path / "longer.toml"
    path.write_text(schedule_text(2, "2"))
    return str(path)


def rows(office: Office) -> dict[str, list[Any]]:
    """Every row of the archive's database."""
    with opened(office) as archive, archive.store.read() as connection:
        return {table.name: list(connection.execute(select(table))) for table in metadata.sorted_tables}


def months(side: dict[str, Any], line: str = "eligible") -> dict[str, int]:
    return {row["month"]: row[line]["records"] for row in side["months"] if row[line]["records"]}


def totals(side: dict[str, Any]) -> dict[str, int]:
    return {line: pair["records"] for line, pair in side["totals"].items() if pair["records"]}


def test_without_a_proposal_the_present_alone_is_told(unchanged):
    told = unchanged.json("retention", "simulate", *TODAY)
    # a year after 2026-03-02 ends on 2027-03-02; three years on 2029-03-02
    assert months(told["present"]) == {"2027-03": 5}
    assert months(told["present"], "past_maximum") == {"2029-03": 5}
    assert (told["until"], told["proposal"], told["proposed"]) == ("2036-12-01", None, None)
    (group,) = told["present"]["groups"]
    assert (group["id"], group["name"], group["totals"]["all"]["records"]) == ("S", "Letters", 5)


def test_a_longer_schedule_moves_what_becomes_eligible_and_is_not_loaded(unchanged, longer):
    told = unchanged.json("retention", "simulate", "--schedule", longer, *TODAY)
    assert months(told["present"]) == {"2027-03": 5}
    assert months(told["proposed"]) == {"2028-03": 5}
    assert months(told["difference"]) == {"2027-03": -5, "2028-03": 5}
    assert told["dates"] == {"earlier": 0, "later": 5, "dated": 0, "undated": 0, "same": 0}
    (proposed,) = told["proposal"]["schedules"]
    assert (proposed["edition"], proposed["supersedes"]) == ("2", "1")
    assert [one["edition"] for one in unchanged.json("schedule", "list")] == ["1"]


def test_a_simulated_schedule_changes_no_row_and_leaves_no_leaf(office, longer, tmp_path):
    before = rows(office)
    office.json("retention", "simulate", "--schedule", longer, "--svg", str(tmp_path / "a.svg"), *TODAY)
    assert rows(office) == before


def test_a_simulated_hold_changes_nothing_but_that_somebody_looked(office):
    before = rows(office)
    told = office.json("retention", "simulate", "--hold-query", "walrus", *TODAY)
    # the mail that matches, and the one with an attachment that could not be read
    assert totals(told["proposed"]) == {
        "all": 5, "eligible": 3, "held": 2, "under_hold": 2, "untold": 1, "past_maximum": 5,
    }  # fmt: skip
    assert months(told["difference"], "held") == {"2027-03": 2}
    after = rows(office)
    added = {name: len(after[name]) - len(before[name]) for name in after if after[name] != before[name]}
    assert added.pop("ledger_leaves") == 1
    assert added.pop("wrapped_keys") == 1  # of what the leaf says beside its counts
    assert [name for name in added if not name.startswith("ledger_")] == []
    leaf = after["ledger_leaves"][-1]
    assert leaf.kind == "holds.viewed"
    assert b"walrus" not in leaf.leaf


def test_a_hold_on_a_custodian_is_simulated_by_custodian(unchanged):
    told = unchanged.json("retention", "simulate", "--hold-custodian", OTHER, "--by", "custodian", *TODAY)
    named = {one["name"]: totals(one).get("held", 0) for one in told["proposed"]["groups"]}
    assert named == {CUSTODIAN: 0, OTHER: 2}


def test_numbers_by_channel(unchanged):
    told = unchanged.json("retention", "simulate", "--by", "channel", *TODAY)
    assert [one["id"] for one in told["present"]["groups"]] == ["cli"]


def test_a_hold_can_be_left_out(office):
    hold = office.json("hold", "place", "--reason", "case", "--custodian", CUSTODIAN)
    told = office.json("retention", "simulate", "--without-hold", hold["id"], *TODAY)
    assert (totals(told["present"])["held"], totals(told["proposed"]).get("held", 0)) == (4, 0)
    assert totals(told["proposed"])["eligible"] == 5
    assert office.json("hold", "list")[0]["state"] == "open"


def test_what_another_hold_keeps_stays_held_without_the_one(office):
    hold = office.json("hold", "place", "--reason", "case", "--custodian", CUSTODIAN)
    office.json("hold", "place", "--reason", "audit", "--query", "walrus")
    told = office.json("retention", "simulate", "--without-hold", hold["id"], *TODAY)
    assert (totals(told["present"])["held"], totals(told["proposed"])["held"]) == (5, 2)


def test_what_was_not_compared_with_a_hold_yet_is_held_and_told_apart(office):
    office.json("hold", "place", "--reason", "case", "--query", "walrus", "--no-wait")
    answer = office.run("retention", "simulate", "--json", *TODAY)
    assert totals(answer.document["present"])["untold"] == 5
    assert "5 records count as held only until it is known" in answer.err


def test_schedule_and_hold_are_simulated_together(unchanged, longer):
    told = unchanged.json("retention", "simulate", "--schedule", longer, "--hold-custodian", OTHER, *TODAY)
    assert months(told["proposed"]) == {"2028-03": 3}
    assert months(told["proposed"], "held") == {"2028-03": 2}


def test_the_table_tells_what_the_document_tells(unchanged, longer):
    rows_of = [
        one.split() for one in unchanged.run("retention", "simulate", "--schedule", longer, *TODAY).out.splitlines()
    ]
    assert ["S", "Letters", "2027", "eligible", "5", "0", "-5"] in rows_of
    assert ["2028", "eligible", "0", "5", "+5"] in rows_of


def test_the_chart_is_written_once(unchanged, longer, tmp_path):
    path = tmp_path / "chart.svg"
    told = unchanged.json("retention", "simulate", "--schedule", longer, "--svg", str(path), *TODAY)
    assert told["svg"] == str(path)
    said = {one.text for one in ET.parse(path).getroot().iter("{http://www.w3.org/2000/svg}title")}
    assert {"S Letters, 2027-03: 5", "S Letters, 2028-03: 5"} <= said
    again = unchanged.run("retention", "simulate", "--svg", str(path), "--json")
    assert (again.status, again.error["kind"]) == (5, "conflict")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (("custodian", OTHER), 2),
        (("custodian", CUSTODIAN), 4),  # a mail of the other carries one of these
        (("query", "pelican"), 3),  # with the mail that carries it, and the one that cannot be read
        (("query", "walrus"), 2),
        (("query", "nothing of that kind"), 1),
        (("until", "2026-03-01"), 5),  # none of them says when it was sent
        (("since", "2026-03-02"), 5),
    ],
)
def test_what_is_held_in_a_simulation_is_what_a_hold_then_holds(office, rule, expected):
    name, value = rule
    foreseen = office.json("retention", "simulate", f"--hold-{name}", value, *TODAY)["proposed"]
    office.json("hold", "place", "--reason", "case", f"--{name}", value)
    assert office.json("retention", "simulate", *TODAY)["present"] == foreseen
    assert totals(foreseen).get("under_hold", 0) == expected


def test_what_is_foreseen_of_a_schedule_is_what_it_then_brings(office, longer):
    foreseen = office.json("retention", "simulate", "--schedule", longer, *TODAY)["proposed"]
    office.json("schedule", "load", longer)
    office.json("retention", "evaluate")
    assert office.json("retention", "simulate", *TODAY)["present"] == foreseen


def test_an_archive_without_records_and_schedules_is_simulated_too(tmp_path, new_archive):
    empty = Office(folder=shutil.copytree(new_archive, tmp_path / "empty"))
    answer = empty.run("retention", "simulate")
    assert answer.status == 0
    assert "Nothing becomes eligible" in answer.out


@every_case(
    ("arguments", "status"),
    [
        (("--years", "0"), 2),
        (("--years", "101"), 2),
        (("--today", "tomorrow"), 2),
        (("--schedule", "none.toml"), 3),
        (("--schedule", "shipped:nowhere"), 3),
        (("--without-hold", "hld_none"), 3),
        (("--hold-custodian", "nobody@far.example"), 3),
        (("--hold-record", "rec_none"), 3),
        (("--hold-query", '"open'), 2),
        (("--hold-since", "2026-02-01", "--hold-until", "2026-01-01"), 2),
        (("--by", "person"), 2),
        (("--svg", "/nowhere/at/all.svg"), 2),
    ],
)
def test_what_cannot_be_simulated_is_one_sentence(unchanged, arguments, status):
    answer = unchanged.run("retention", "simulate", *arguments)
    assert answer.status == status
    assert answer.err.startswith("archiver: ")
    assert answer.out == ""


def test_a_schedule_that_fails_its_examples_is_not_simulated(unchanged, tmp_path):
    path = tmp_path / "wrong.toml"
    example = '[[series.example]]\nname = "wrong"\nfacts = { created = "2024-03-01" }\ntoday = 2024-03-02\n'
    path.write_text(f'{schedule_text(1)}{example}decision = "eligible"\n')
    answer = unchanged.run("retention", "simulate", "--schedule", str(path))
    assert answer.status == 2
    assert "series S: wrong" in answer.err


def test_a_released_hold_cannot_be_left_out(office):
    hold = office.json("hold", "place", "--reason", "case", "--custodian", CUSTODIAN)
    token = office.json("user", "add", "olga", "--role", "officer")["token"]
    release = ("hold", "release", hold["id"], "--reason", "over", "--as", "olga")
    office.json(*release, ARCHIVER_TOKEN=token)
    assert office.run("retention", "simulate", "--without-hold", hold["id"]).status == 5


def test_who_may_not_place_a_hold_may_not_try_one_here(office):
    token = office.json("user", "add", "anna", "--role", "approver")["token"]
    acting = ("--as", "anna", "--json", *TODAY)
    denied = office.run("retention", "simulate", "--hold-query", "walrus", *acting, ARCHIVER_TOKEN=token)
    assert (denied.status, denied.error["kind"]) == (4, "denied")
    assert office.run("retention", "simulate", *acting, ARCHIVER_TOKEN=token).status == 0


def test_a_rule_on_what_records_say_is_simulated_as_it_would_assign(office, tmp_path):
    path = tmp_path / "content.toml"
    rule = '[[assign]]\nseries = "W"\nquery = "walrus"\n'
    series = '[[series]]\nid = "W"\ntitle = "Walruses"\ncitation = "Act 2"\npermanent = true\n'
    path.write_text(schedule_text(1, "2").replace("[[series]]", f"{rule}[[series]]", 1) + series)
    foreseen = office.json("retention", "simulate", "--schedule", str(path), *TODAY)["proposed"]
    # the walrus; three others; and the one that cannot be read, which no rule gives a series
    assert totals(foreseen) == {
        "all": 5, "eligible": 3, "permanent": 1, "unscheduled": 1, "past_maximum": 3,
    }  # fmt: skip
    office.json("schedule", "load", str(path))
    office.json("retention", "evaluate")
    assert office.json("retention", "simulate", *TODAY)["present"] == foreseen
