"""Mailbox files, exports and archives go by two persons under their own series; the records out of them stay."""

from __future__ import annotations

import json
from datetime import date
from functools import partial

import pytest
from sqlalchemy import delete, insert, select, update

from archiver.disposing import choosing, effective_day
from archiver.disposing_copies import destroy_listed, for_its_list
from retention.disposition_containers import IN_CONTAINER, UNACCOUNTED, kept_back
from retention.disposition_types import State
from retention.dispositions import read_batch
from storage.container_tables import container_members, containers
from storage.errors import Conflict
from storage.records import RecordState
from storage.tables import records
from tests.archiver.commands import CUSTODIAN
from tests.archiver.test_disposition_commands import opened
from tests.archiver.transport_scene import (
    COPIES,
    DAY,
    RECORDS,
    WORDS,
    a_box,
    a_chat,
    approved_copies,
    boxes,
    copied,
    destroyed_copies,
    fill,
    ids,
    load,
    run_as,
)


@pytest.fixture(scope="module")
def filled(new_archive, tmp_path_factory):
    return fill(new_archive, tmp_path_factory.mktemp("copies"))


@pytest.fixture
def office(filled, tmp_path):
    return copied(filled, tmp_path)


def hold(office, *arguments: str):
    return office.json("hold", "place", "--reason", "A claim", *arguments)["id"]


def fates(document):
    return {one["id"]: (one["fate"], one["reason"]) for one in document["decisions"]}


def due(office, status=0):
    found = run_as(office, "olga", "container", "due", "--today", DAY, status=status)
    return {one["id"]: one for one in found["containers"]}


def test_from_the_container_to_the_destroyed_member(office, tmp_path):
    refused = run_as(office, "olga", "disposition", "propose", "--today", DAY, status=5)
    assert "still holds it" in refused["error"]["message"]
    assert {one["records_waiting"] for one in due(office).values()} >= {2, 3}
    done = destroyed_copies(office, "--with-aside")
    assert (done["action"], done["records"], done["destroyed"], done["confirmed"]) == ("destroy_copies", 4, 4, True)
    assert len(ids(office, "walrus")) == 1
    assert due(office) == {}
    run_as(office, "olga", "disposition", "certificate", done["id"], "--to", str(tmp_path / "out"))
    path = tmp_path / "out" / f"{done['id']}.json"
    (tmp_path / "key").write_text(office.run("ledger", "key", "--quiet").out)
    verdict = office.json("verify", "bundle", str(path), "--key", str(tmp_path / "key"))
    assert verdict["trusted"]
    assert verdict["faults"] == []
    certified = json.loads(path.read_text())
    assert "transport copies" in certified["transport_copies"]
    (series,) = certified["series"]
    assert (series["item"], series["volume"]["records"]) == ("INTAKE-TRANSPORT-COPIES", 4)
    assert series["volume"]["bytes"] == certified["bytes"] > 0
    assert [word for word in WORDS if word in path.read_text()] == []
    batch = run_as(office, "olga", "disposition", "propose", "--today", DAY)
    assert batch["records"] == 5
    run_as(office, "anna", "disposition", "approve", batch["id"])
    gone = run_as(office, "olga", "disposition", "execute", batch["id"], "--at-once")
    assert (gone["destroyed"], gone["confirmed"]) == (5, True)
    assert ids(office, "walrus OR heron OR pelican OR quokka OR nobody") == []
    answer = office.run("verify", "--all")
    assert (answer.status, "No faults." in answer.out) == (0, True)


def test_nothing_goes_while_no_series_of_copies_is_in_force(office):
    load(office, COPIES.replace("adopted_on = 2000-01-01\n", "inactive = true\n"), "copies.toml")
    refused = run_as(office, "olga", "disposition", "propose", "--copies", "--today", DAY, status=5)
    assert "example that no records officer has activated" in refused["error"]["message"]
    load(office, COPIES.replace("transport_copies = true\n", ""), "copies.toml")
    refused = run_as(office, "olga", "disposition", "propose", "--copies", "--today", DAY, status=5)
    assert "no schedule in force has a series of transport copies" in refused["error"]["message"]


def test_the_clock_starts_when_the_account_was_closed(office):
    day = "2026-11-01"
    found = run_as(office, "olga", "container", "due", "--today", day)["containers"]
    days = [date.fromisoformat(one["eligible_on"]) for one in found if one["eligible_on"]]
    assert all(30 <= (one - date.fromisoformat(found[0]["accounted_on"][:10])).days <= 31 for one in days)
    assert [one["may_go"] for one in found] == [False] * 4
    assert sum("by its schedule it is retain" in one["kept_by"] for one in found) == 4


def test_a_hold_on_one_record_keeps_the_container_it_came_out_of_and_those_around_it(office):
    held = boxes(office)
    hold(office, "--query", "pelican")
    chosen = run_as(office, "olga", "disposition", "propose", "--copies", "--today", DAY)
    assert set(fates(chosen)) == {held["in.mbox"]["id"]}
    kept = due(office)
    assert "nobody can tell" in kept[held["chat.zip"]["id"]]["kept_by"][0]
    assert "under hold" in kept[held["inner.mbox"]["id"]]["kept_by"][0]
    assert "under hold" in kept[held["nest.zip"]["id"]]["kept_by"][0]
    assert kept[held["in.mbox"]["id"]]["kept_by"] == []


def test_a_hold_that_names_the_custodian_keeps_everything_that_was_handed_in_for_him(office):
    hold(office, "--custodian", CUSTODIAN, "--query", "nothing that anybody said")
    refused = run_as(office, "olga", "disposition", "propose", "--copies", "--today", DAY, status=5)
    assert "names its custodian" in refused["error"]["message"]


def test_a_hold_between_approval_and_execution_keeps_what_it_reaches_and_the_rest_goes(office):
    batch = approved_copies(office, "--with-aside")
    box = boxes(office)
    hold(office, "--query", "quokka")
    done = run_as(office, "olga", "disposition", "execute", batch["id"], "--at-once")
    assert (done["destroyed"], done["dropped"]) == (3, 1)
    fate, reason = fates(done)[box["chat.zip"]["id"]]
    assert fate == "dropped"
    assert "under hold" in reason
    assert office.json("container", "show", box["chat.zip"]["id"])["state"] == "done"


def test_an_inner_container_stays_while_the_outer_one_is_held(office):
    box = boxes(office)
    batch = approved_copies(office)
    (alone,) = ids(office, "nobody")
    hold(office, "--record", alone)
    done = run_as(office, "olga", "disposition", "execute", batch["id"])
    assert fates(done)[box["inner.mbox"]["id"]] == (
        "dropped",
        f"it stands in {box['nest.zip']['id']}, which is not destroyed",
    )
    assert done["destroyed"] == 1


def test_the_proposer_does_not_approve_his_own_copies(office):
    batch = run_as(office, "olga", "disposition", "propose", "--copies", "--today", DAY)
    refused = run_as(office, "olga", "disposition", "approve", batch["id"], status=4)
    assert "may not" in refused["error"]["message"]


def test_files_that_make_no_record_go_only_where_it_is_said(office):
    box = boxes(office)["chat.zip"]
    assert box["aside"] == 1
    chosen = run_as(office, "olga", "disposition", "propose", "--copies", "--today", DAY)
    assert box["id"] not in fates(chosen)
    assert any("no record" in one["why"] for one in chosen["left_out"]["not_destroyable"])
    with_it = run_as(office, "olga", "disposition", "propose", "--copies", "--with-aside", "--today", DAY)
    (listed,) = with_it["decisions"]
    assert listed["id"] == box["id"]
    assert "1 files in it make no record and are destroyed with it" in listed["reasons"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"findings": 2}, "its account has 2 differences that nothing explains"),
        ({"state": "failed"}, "it was not taken apart to its end"),
        ({"outcome": "failed"}, "2 of its members could not be taken out, and are in it only"),
    ],
)
def test_a_container_with_a_difference_or_a_lost_member_stays(office, values, reason):
    box = boxes(office)["in.mbox"]
    house = opened(office)
    with house.archive.store.write() as transaction:
        lost = "outcome" in values
        mine = container_members.c.container_id == box["id"] if lost else containers.c.id == box["id"]
        transaction.connection.execute(update(container_members if lost else containers).where(mine).values(values))
    house.close()
    kept = due(office)[box["id"]]
    assert kept["kept_by"] == [reason]
    assert kept["may_go"] is False
    assert kept["eligible_on"] is None


def test_what_waits_for_examination_keeps_its_container(office):
    box = boxes(office)["in.mbox"]
    house = opened(office)
    with house.archive.store.write() as transaction:
        of = select(container_members.c.submission_id).where(container_members.c.container_id == box["id"])
        one = transaction.connection.execute(of.limit(1)).scalar_one()
        house.archive.submissions.requeue(transaction, one)
    house.close()
    assert due(office)[box["id"]]["kept_by"] == ["1 of its members wait for examination"]


def test_a_record_whose_maximum_ends_before_its_container_may_go_is_reported(office):
    text = COPIES.replace("period = 30", "period = 9000")
    text = text[: text.index("[[series.example]]")]
    load(office, text, "copies.toml")
    longest = 'maximum = { trigger = "created", period = 3, unit = "year" }'
    load(office, RECORDS.replace("steps =", f"{longest}\nsteps ="), "records.toml")
    box = boxes(office)["in.mbox"]
    one = due(office, status=6)[box["id"]]
    assert one["records_due_before"] == 2
    assert [row["latest_on"] for row in one["due_before"]] == ["2029-03-02", "2029-03-02"]
    shown = run_as(office, "olga", "container", "show", box["id"])
    assert (shown["copy"]["may_go"], shown["copy"]["eligible_on"]) == (False, one["eligible_on"])


def test_who_may_not_see_holds_is_told_nothing_of_what_keeps_a_container(office):
    box = boxes(office)["in.mbox"]
    token = office.json("user", "add", "emma", "--role", "employee", "--custodian", CUSTODIAN)["token"]
    shown = office.json("container", "show", box["id"], "--as", "emma", ARCHIVER_TOKEN=token)
    assert shown["copy"] is None
    answer = office.run("container", "due", "--as", "emma", ARCHIVER_TOKEN=token)
    assert answer.status == 4


@pytest.fixture(scope="module")
def later(filled, tmp_path_factory):
    """The containers are destroyed, and the same mailbox file and a later export of the same chat were handed in."""
    office = copied(filled, tmp_path_factory.mktemp("later"))
    before = boxes(office)
    destroyed_copies(office, "--with-aside")
    inbox = office.folder.parent / "inbox"
    inbox.mkdir()
    (inbox / "in.mbox").write_bytes(a_box())
    (inbox / "chat.zip").write_bytes(a_chat("[13/03/26, 9:17:00] Sam Poe: And of the wombat\n"))
    report = office.json("ingest", str(inbox), "--custodian", CUSTODIAN)
    return office, before, report


def test_what_is_left_of_a_destroyed_container_names_nothing(later):
    office, before, _ = later
    shown = office.json("container", "show", before["in.mbox"]["id"], "--members")
    assert (shown["state"], shown["source"], shown["sha256"], shown["members"]) == ("destroyed", None, None, 2)
    assert shown["destruction"]["batch"].startswith("dst_")
    assert [word for word in WORDS if word in json.dumps(shown)] == []
    assert office.run("container", "show", before["in.mbox"]["id"]).out.count("destroyed") == 2
    assert office.run("receipt", before["in.mbox"]["id"]).status == 5


def test_a_record_out_of_a_destroyed_container_says_so_and_keeps_its_history(later):
    office, before, _ = later
    (heron,) = ids(office, "heron")
    container = office.json("record", "show", heron)["captured"]["container"]
    assert (container["id"], container["number"]) == (before["in.mbox"]["id"], 2)
    assert (container["place"], container["destroyed"]) == ("inbox/in.mbox#2", True)
    assert "(destroyed), member 2" in office.run("record", "show", heron).out
    assert [one["kind"] for one in office.json("record", "custody", heron)][:2] == [
        "submission.deposited",
        "submission.deposited",
    ]
    assert office.run("receipt", heron).status == 0


def test_the_same_file_again_is_taken_apart_again_and_its_members_are_known(later):
    office, before, report = later
    assert (report["archived"], report["duplicate"]) == (1, 2)
    again = boxes(office)["in.mbox"]
    assert again["id"] != before["in.mbox"]["id"]
    assert (again["state"], again["duplicate"]) == ("done", 2)
    batch = run_as(office, "olga", "disposition", "propose", "--today", DAY)
    assert any("still holds it" in one["why"] for one in batch["left_out"]["not_destroyable"])
    assert office.json("verify")["faults"] == []


def test_a_later_export_is_compared_with_the_records_of_a_destroyed_one(later):
    office, _, report = later
    assert report["records"] == 1
    overlap = office.json("container", "show", boxes(office)["chat.zip"]["id"])["overlap"]
    assert (overlap["parts"], overlap["known"]) == (1, 2)
    parts = {one: office.json("record", "show", one) for one in ids(office, "quokka OR wombat")}
    assert sorted(len(one["parts"]) for one in parts.values()) == [0, 1]


def test_the_destroying_transaction_asks_for_holds_itself(office):
    batch = approved_copies(office)
    box = boxes(office)["in.mbox"]["id"]
    house = opened(office)
    with house.archive.store.read() as connection:
        frozen = read_batch(connection, batch["id"])
    day = effective_day(house, frozen)
    asked = choosing(house).recheck(frozen.id, day, expected=State.APPROVED, approvals=1, doing=frozen.action)
    recheck = for_its_list(house, frozen, asked, day, expected=State.APPROVED)
    with house.archive.store.read() as connection:
        assert recheck.objections(connection, [box]) == {}
    hold(office, "--query", "walrus")  # nobody compared it with anything yet
    destroy = partial(destroy_listed, house, [box], recheck, actor="usr_1", payload={}, leads_to=RecordState.DESTROYED)
    with pytest.raises(Conflict, match="of what came out of it, one record"):
        destroy()
    house.close()
    assert boxes(office)["in.mbox"]["state"] == "done"


def test_a_mail_goes_by_its_schedule_only_once_the_export_in_it_is_accounted_for(office):
    house = opened(office)
    (alone,) = ids(office, "nobody")
    with house.archive.store.write() as transaction:
        connection = transaction.connection
        of = connection.execute(select(records.c.submission_id).where(records.c.id == alone)).scalar_one()
        row = {"id": of, "kind": "mail", "state": "failed", "root_id": of, "depth": 1, "attempt": 1, "findings": 1}
        connection.execute(insert(containers), row | {"opened_at": transaction.at})
        assert kept_back(connection, [alone]) == {alone: IN_CONTAINER}
        connection.execute(delete(container_members).where(container_members.c.submission_id == of))
        assert kept_back(connection, [alone]) == {alone: UNACCOUNTED}
        connection.execute(update(containers).where(containers.c.id == of).values(state="done"))
        assert kept_back(connection, [alone]) == {alone: UNACCOUNTED}
        connection.execute(update(containers).where(containers.c.id == of).values(findings=0))
        assert kept_back(connection, [alone]) == {}
    house.close()
