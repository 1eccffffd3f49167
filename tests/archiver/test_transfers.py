"""Transfers from proposal to certificate: nothing is removed before its recipient accepted exactly those bytes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from archiver.disposition_executing import execute_batch
from retention.transfer_tables import transfer_records
from storage.errors import Corrupt
from storage.tables import components, objects
from tests.archiver.test_disposition_commands import (
    DAY,
    act,
    filled_once,  # noqa: F401 - a fixture
    hits,
    office,  # noqa: F401 - a fixture
    opened,
    schedule,
)
from tests.archiver.transfer_scene import (
    APPRAISAL,
    ARCHIVES,
    ids_of,
    packaged,
    sent,  # noqa: F401 - a fixture
    sent_once,  # noqa: F401 - a fixture
    states,
    transfer,
)

if TYPE_CHECKING:
    from tests.archiver.commands import Office


def test_an_accepted_transfer_leads_to_a_certificate_that_names_it(sent, tmp_path):  # noqa: F811 - a fixture
    receipt = tmp_path / "receipt.txt"
    receipt.write_text("received with thanks")
    answered = sent.accept("--manifest", sent.manifest, "--receipt", str(receipt))
    assert (answered["answer"]["accepted"], answered["answer"]["declined"]) == (3, 0)
    done = sent.execute("--at-once")
    assert (done["state"], done["transferred"], done["destroyed"], done["dropped"]) == ("executed", 3, 0, 0)
    assert {one["fate"] for one in done["decisions"]} == {"transferred"}
    assert (hits(sent.office, "walrus"), states(sent.office)) == (0, ["transferred"] * 3)
    act(sent.office, "olga", "certificate", sent.batch, "--to", str(tmp_path / "out"))
    path = tmp_path / "out" / f"{sent.batch}.json"
    told = json.loads(path.read_text())["transfer"]
    assert (told["manifest_sha256"], told["reference"], told["manifest_stated"]) == (sent.manifest, "Letter 12", True)
    assert told["receipt_sha256"] == hashlib.sha256(receipt.read_bytes()).hexdigest()
    assert told["to"] == ["transfer_permanently (State Archives)"]
    assert sent.office.json("verify", "bundle", str(path))["faults"] == []
    assert sent.office.run("verify", "--all").status == 0


def test_nothing_is_packaged_before_approval_or_removed_before_acceptance(office, tmp_path):  # noqa: F811 - a fixture
    schedule(office, ARCHIVES)
    batch = act(office, "olga", "propose", "--today", DAY, "--action", "transfer")["id"]
    act(office, "olga", "package", batch, "--to", str(tmp_path / "bag"), status=5)
    act(office, "anna", "approve", batch)
    act(office, "olga", "accept", batch, "--reference", "x", status=5)
    assert "has not answered" in act(office, "olga", "execute", batch, status=5)["error"]["message"]


def test_a_package_alone_removes_nothing(sent):  # noqa: F811 - a fixture
    sent.execute(status=5)
    assert states(sent.office) == ["active"] * 3


def test_an_acceptance_of_another_manifest_or_of_unknown_records_is_refused(sent):  # noqa: F811 - a fixture
    assert "another manifest" in sent.accept("--manifest", "0" * 64, status=5)["error"]["message"]
    sent.accept("--manifest", "short", status=2)
    sent.accept("--except", "rec_x", status=2)
    sent.accept("--receipt", str(sent.bag), status=2)
    act(sent.office, "olga", "accept", sent.batch, "--reference", " ", status=2)
    sent.accept(who="anna", status=4)
    sent.accept()
    sent.accept(status=5)
    act(sent.office, "olga", "package", sent.batch, "--to", str(sent.bag.parent / "again"), status=5)


def test_a_package_that_was_lost_is_made_again_and_the_last_one_is_accepted(sent):  # noqa: F811 - a fixture
    old = sent.manifest
    second = packaged(sent.office, sent.batch, "second")
    new = hashlib.sha256((second / "manifest-sha256.txt").read_bytes()).hexdigest()
    sent.accept("--manifest", old, status=5)
    assert sent.accept("--manifest", new)["answer"]["accepted"] == 3


def test_only_what_the_archives_decline_after_an_appraisal_is_destroyed(office):  # noqa: F811 - a fixture
    steps = APPRAISAL + ', "destroy"'
    schedule(office, steps)
    refused = act(office, "olga", "propose", "--today", DAY, status=5)["error"]["message"]
    assert "propose it with --action transfer" in refused
    batch = transfer(office, steps)
    packaged(office, batch)
    declined = ids_of(office, batch)[0]
    act(office, "olga", "accept", batch, "--reference", "Letter 12", "--except", declined)
    act(office, "olga", "propose", "--today", DAY, status=5)  # the answer counts once the transfer is executed
    done = act(office, "olga", "execute", batch, "--at-once")
    assert (done["transferred"], done["dropped"]) == (2, 1)
    assert states(office) == ["active", "transferred", "transferred"]
    act(office, "olga", "propose", "--today", DAY, "--action", "transfer", status=5)
    rest = act(office, "olga", "propose", "--today", DAY)
    assert [one["id"] for one in rest["decisions"]] == [declined]
    assert f"the recipient of transfer {batch} declined it" in rest["decisions"][0]["reasons"]
    act(office, "anna", "approve", rest["id"])
    assert act(office, "olga", "execute", rest["id"])["destroyed"] == 1
    assert states(office) == ["destroyed", "transferred", "transferred"]


def test_the_archives_may_decline_all_from_a_list_without_a_package(office):  # noqa: F811 - a fixture
    batch = transfer(office, APPRAISAL)
    act(office, "olga", "decline", batch, "--reference", "Letter 12")
    done = act(office, "olga", "execute", batch)
    assert (done["state"], done["transferred"], done["dropped"]) == ("executed", 0, 3)
    act(office, "olga", "certificate", batch, "--to", str(office.folder.parent / "out"), status=5)
    assert act(office, "olga", "propose", "--today", DAY)["records"] == 3


def test_what_was_to_be_transferred_permanently_and_was_declined_stays(sent):  # noqa: F811 - a fixture
    act(sent.office, "olga", "decline", sent.batch, "--reference", "Letter 12")
    sent.execute()
    assert states(sent.office) == ["active"] * 3
    act(sent.office, "olga", "propose", "--today", DAY, status=5)
    assert act(sent.office, "olga", "propose", "--today", DAY, "--action", "transfer")["records"] == 3


def test_an_answer_of_a_transfer_that_was_withdrawn_counts_for_nothing(office):  # noqa: F811 - a fixture
    batch = transfer(office, APPRAISAL)
    act(office, "olga", "decline", batch, "--reference", "Letter 12")
    act(office, "olga", "withdraw", batch, "--reason", "it was another letter")
    act(office, "olga", "propose", "--today", DAY, status=5)


def test_a_copy_stays_where_the_rule_goes_on_to_keep_it(office):  # noqa: F811 - a fixture
    batch = transfer(office, ARCHIVES + ', "keep_permanently"')
    packaged(office, batch)
    act(office, "olga", "accept", batch, "--reference", "Letter 12")
    done = act(office, "olga", "execute", batch)
    assert (done["state"], done["transferred"], done["dropped"]) == ("executed", 0, 3)
    assert states(office) == ["active"] * 3
    error = act(office, "olga", "propose", "--today", DAY, "--action", "transfer", status=5)["error"]
    assert "transferred already" in error["message"]
    assert "keeps it permanently" in act(office, "olga", "propose", "--today", DAY, status=5)["error"]["message"]


def hold_walrus(whole: Office) -> str:
    walrus = whole.json("search", "walrus")["hits"][0]["id"]
    whole.json("hold", "place", "--reason", "Doe v. District", "--record", walrus)
    return walrus


def test_what_was_held_after_the_acceptance_stays(sent):  # noqa: F811 - a fixture
    sent.accept()
    walrus = hold_walrus(sent.office)
    done = sent.execute()
    assert (done["transferred"], done["dropped"]) == (2, 1)
    assert sent.office.json("record", "show", walrus)["state"] == "held"


def test_what_was_held_after_the_approval_does_not_go_out(sent):  # noqa: F811 - a fixture
    walrus = hold_walrus(sent.office)
    bag = packaged(sent.office, sent.batch, "second")
    assert walrus not in {one.name for one in (bag / "data").iterdir()}
    assert len(list((bag / "data").iterdir())) == 2


def test_what_has_other_bytes_than_were_accepted_stays(sent):  # noqa: F811 - a fixture
    sent.accept()
    changed = ids_of(sent.office, sent.batch)[0]
    house = opened(sent.office)
    with house.archive.store.write() as transaction:
        connection = transaction.connection
        row = connection.execute(components.select().where(components.c.record_id == changed)).mappings().one()
        blob = connection.execute(objects.select().where(objects.c.blob_id == row["blob_id"])).mappings().one()
        connection.execute(objects.insert(), [{**blob, "blob_id": "f" * 64}])
        connection.execute(components.insert(), [{**row, "id": "cmp_more", "blob_id": "f" * 64}])
    house.close()
    done = sent.execute()
    assert done["transferred"] == 2
    (dropped,) = [one for one in done["decisions"] if one["fate"] == "dropped"]
    assert (dropped["id"], "other bytes" in dropped["reason"]) == (changed, True)


def test_answers_that_were_written_past_the_ledger_remove_nothing(sent):  # noqa: F811 - a fixture
    declined = ids_of(sent.office, sent.batch)[0]
    sent.accept("--except", declined)
    house = opened(sent.office)
    olga = next(one for one in house.users.list() if one.name == "olga")
    of = transfer_records.c.record_id == declined
    with house.archive.store.read() as connection:
        before = dict(connection.execute(transfer_records.select().where(of)).one()._mapping)
    for change in ({"answer": "accepted"}, {"contents": bytes(32)}, {"manifest_sha256": "0" * 64}):
        with house.archive.store.write() as transaction:
            transaction.connection.execute(update(transfer_records).where(of).values({**before, **change}))
        with pytest.raises(Corrupt):
            execute_batch(house, olga, sent.batch)
    house.close()
    assert states(sent.office) == ["active"] * 3


def test_a_transfer_has_one_recipient_and_several_are_told_apart(office):  # noqa: F811 - a fixture
    other = """
[[series]]
id = "T"
title = "Others"
citation = "Act 2"
minimum = { trigger = "created", period = 1, unit = "year" }
steps = [{ do = "return_to_sender" }]
"""
    schedule(office, ARCHIVES)
    path = office.folder.parent / "schedule.toml"
    path.write_text(path.read_text().replace('edition = "1"', 'edition = "2"') + other)
    office.json("schedule", "load", str(path))
    walrus = office.json("search", "walrus")["hits"][0]["id"]
    office.json("retention", "assign", walrus, "T", "--why", "it came by mistake")
    propose = ("propose", "--today", DAY, "--action", "transfer")
    assert "return_to_sender; transfer_permanently" in act(office, "olga", *propose, status=5)["error"]["message"]
    back = act(office, "olga", *propose, "--recipient", "return_to_sender")
    assert [one["id"] for one in back["decisions"]] == [walrus]
    assert act(office, "olga", *propose)["records"] == 2
