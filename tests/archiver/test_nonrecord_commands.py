"""`archiver nonrecord`: what is no record is asked for by one person, agreed to by another, and gone the same day."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, update

from archiver.tables import users
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from ingest import quarantine
from retention.nonrecord_reasons import SENTENCES
from retention.nonrecord_tables import nonrecord_records
from storage.bundle_check import check_document
from storage.events import EventKind
from storage.tables import ledger_payloads, records
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office, a_mail
from tests.archiver.test_disposition_commands import DAY, schedule
from tests.archiver.test_disposition_commands import act as on_batch
from tests.every_case import every_case

PEOPLE = (
    ("jane", "employee"),
    ("olga", "officer"),
    ("otto", "officer"),
    ("anna", "approver"),
    ("ria", "reviewer"),
    ("aud", "auditor"),
)
OTHER = "ben@agency.example"
HALF_READ = (
    b"From: Ben Roe <ben@agency.example>\r\nTo: Kim <kim@far.example>\r\nSubject: Heron\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 -0800\r\nMessage-ID: <heron@mail.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA heron.\r\n--b\r\n"
    b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=x.pdf\r\n\r\n"
    b"%PDF-1.4 broken\r\n--b--\r\n"
)


@pytest.fixture(scope="module")
def filled_once(new_archive, tmp_path_factory):
    place = tmp_path_factory.mktemp("nonrecords")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    office.json("custodian", "add", OTHER, "--name", "Ben Roe")
    inbox = place / "inbox"
    inbox.mkdir()
    (inbox / "walrus.eml").write_bytes(a_mail("Walrus", "A walrus saw its doctor."))
    (inbox / "pelican.eml").write_bytes(a_mail("Pelican", "A pelican came by."))
    (inbox / "heron.eml").write_bytes(HALF_READ)
    (inbox / "stranger.eml").write_bytes(a_mail("Offer", "Buy a toucan.", sender="spam@far.example"))
    office.json("ingest", str(inbox), status=6)
    tokens = {}
    for name, role in PEOPLE:
        bound = ("--custodian", CUSTODIAN) if role == "employee" else ()
        tokens[name] = office.json("user", "add", name, "--role", role, *bound)["token"]
    house = opened(office)
    with house.archive.store.read() as connection:
        tokens["lying"] = quarantine.page_of(connection)[0].id
    house.close()
    (place / "tokens.json").write_text(json.dumps(tokens))
    return office.folder


@pytest.fixture
def office(filled_once, tmp_path) -> Office:
    shutil.copy(filled_once.parent / "tokens.json", tmp_path)
    return Office(folder=shutil.copytree(filled_once, tmp_path / "archive"))


def known(office: Office, name: str) -> str:
    """A user's token, or the id of what lies in quarantine."""
    return json.loads((office.folder.parent / "tokens.json").read_text())[name]


def act(office: Office, who: str, *arguments: str, status: int = 0, **environment: str):
    """A command of `nonrecord` as a user."""
    environment = {"ARCHIVER_TOKEN": known(office, who), **environment}
    return office.json("nonrecord", *arguments, "--as", who, status=status, **environment)


def record_of(office: Office, word: str) -> str:
    (hit,) = office.json("search", word)["hits"]
    return hit["id"]


def asked(office: Office, *words: str, who: str = "jane", note: str = "a walrus's doctor") -> str:
    ids = [record_of(office, word) for word in words or ("walrus",)]
    return act(office, who, "ask", *ids, "--reason", "medical", "--note", note)["id"]


def opened(office: Office):
    return open_installation(office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}))


def refusal(office: Office, who: str, *arguments: str, status: int) -> str:
    return act(office, who, *arguments, status=status)["error"]["message"]


def test_what_an_employee_asks_for_and_an_officer_agrees_to_is_gone_and_certified_the_same_day(office, tmp_path):
    walrus = record_of(office, "walrus")
    claim = act(office, "jane", "ask", walrus, "--reason", "medical", "--note", "a walrus's doctor")
    assert (claim["state"], claim["records"][0]["state"], claim["note"]) == ("asked", "active", "a walrus's doctor")
    assert record_of(office, "walrus") == walrus
    done = act(office, "olga", "agree", claim["id"], "--yes", "--at-once")
    assert (done["state"], done["confirmed"], done["records"][0]["state"]) == ("agreed", True, "released")
    assert office.json("search", "walrus")["hits"] == []
    written = act(office, "aud", "certificate", claim["id"], "--to", str(tmp_path / "out"))
    key = tmp_path / "key"
    key.write_text(office.run("ledger", "key").out.splitlines()[0])
    verdict = office.json("verify", "bundle", written["files"][0], "--key", str(key))
    assert (verdict["faults"], verdict["trusted"]) == ([], True)
    assert "released for the reason medical" in verdict["checks"]
    assert Path(written["files"][1]).read_bytes().startswith(b"%PDF-")
    assert office.run("verify", "--all").status == 0
    (line,) = act(office, "jane", "list")
    assert (line["state"], line["confirmed"]) == ("agreed", True)


@pytest.fixture(scope="module")
def certified(filled_once, tmp_path_factory) -> dict:
    place = tmp_path_factory.mktemp("certified")
    shutil.copy(filled_once.parent / "tokens.json", place)
    office = Office(folder=shutil.copytree(filled_once, place / "archive"))
    claim = asked(office)
    act(office, "anna", "agree", claim, "--yes", "--at-once")
    act(office, "olga", "certificate", claim, "--to", str(place / "out"))
    return json.loads((place / "out" / f"{claim}.json").read_text())


def test_a_certificate_says_the_reason_of_the_list_and_nothing_of_what_was_released(certified):
    assert certified["statement"] == "Released as not a record, and destroyed."
    assert certified["reason"] == {"code": "medical", "text": SENTENCES["medical"]}
    assert (certified["asked"]["name"], certified["agreed"]["name"]) == ("jane", "anna")
    assert (certified["count"], len(certified["holds_checked_at"])) == (1, 1)
    assert certified["bytes"] > 0
    assert len(certified["records"][0]["digest"]) == 64
    text = json.dumps(certified).casefold()
    assert not [word for word in ("walrus", "doctor", "mail.example", "pat roe") if word in text]


def test_a_certificate_that_nobody_changed_has_no_fault(certified):
    assert check_document(json.dumps(certified).encode()).faults == []


@every_case(
    ("change", "kind"),
    [
        ({"count": 2}, "payload"),
        ({"reason": {"code": "personal", "text": "x"}}, "payload"),
        ({"records": []}, "payload"),
        ({"destructions": []}, "payload"),
        ({"test_archive": False}, "signature"),
        ({"statement": "Kept."}, "signature"),
        ({"type": "certificate"}, "form"),
        ({"asked": None}, "form"),
        ({"decision": {}}, "form"),
    ],
    ids=str,
)
def test_a_certificate_that_was_changed_is_found_out(certified, change, kind):
    assert kind in {one.kind for one in check_document(json.dumps({**certified, **change}).encode()).faults}


def test_a_certificate_in_which_who_asked_agreed_is_found_out(certified):
    faults = check_document(json.dumps({**certified, "agreed": certified["asked"]}).encode()).faults
    assert "nobody other than who asked agreed" in {one.detail for one in faults}


def test_a_released_record_says_so_wherever_it_is_looked_for(office):
    walrus = record_of(office, "walrus")
    act(office, "olga", "agree", asked(office), "--yes")
    shown = office.json("record", "show", walrus)
    assert (shown["state"], shown["text"], shown["components"]) == ("released", "", [])
    assert "released as not a record" in shown["retention"]["reasons"][0]
    assert "released" in office.run("record", "show", walrus).out
    assert [one["id"] for one in office.json("record", "list", "--state", "released")] == [walrus]
    answer = office.run("record", "export", walrus, "--to", str(office.folder.parent / "out"), "--json")
    assert (answer.status, "released as not a record" in answer.error["message"]) == (5, True)
    kinds = [one["kind"] for one in office.json("record", "custody", walrus)]
    assert [one for one in kinds if one != "record.viewed"][-2:] == ["release.decided", "record.destroyed"]
    coverage = office.json("search", "pelican")["coverage"]
    assert (coverage["records"], coverage["indexed"]) == (2, 2)
    assert office.run("verify", "--all").status == 0


def test_who_may_not_read_records_sees_a_claim_without_what_was_written_with_it(office):
    claim = asked(office)
    act(office, "olga", "refuse", claim, "--reason", "a walrus is business")
    seen, audited = act(office, "olga", "show", claim), act(office, "aud", "show", claim)
    assert (seen["note"], seen["refusal"]) == ("a walrus's doctor", "a walrus is business")
    assert (audited["note"], audited["refusal"]) == (None, None)
    assert (audited["reason"], audited["records"]) == (seen["reason"], seen["records"])


def test_the_note_and_the_payload_of_the_ask_go_with_the_record(office):
    claim = asked(office)
    act(office, "olga", "agree", claim, "--yes")
    assert act(office, "olga", "show", claim)["note"] is None
    house = opened(office)
    with house.archive.store.read() as connection:
        (leaf,) = [
            one for one in house.archive.ledger.events_about(connection, [claim]) if one.event.kind == "nonrecord.asked"
        ]
        kept = connection.execute(select(ledger_payloads).where(ledger_payloads.c.position == leaf.position)).all()
        assert house.archive.ledger.payload(connection, leaf.position) is None
    house.close()
    assert kept == []


@pytest.mark.parametrize("who", ["jane", "olga"])
def test_whoever_asked_may_not_agree(office, who):
    claim = asked(office, who=who)
    act(office, who, "agree", claim, "--yes", status=4)
    assert record_of(office, "walrus")


def test_one_token_under_two_names_is_one_person(office):
    claim = asked(office, who="olga")
    house = opened(office)
    with house.archive.store.write() as transaction:
        rows = {one.name: one.actor for one in house.users.list()}
        digest = transaction.connection.execute(
            select(users.c.token_digest).where(users.c.id == rows["olga"])
        ).scalar_one()
        for name, given in (("olga", bytes(32)), ("otto", digest)):  # her token is given to another name
            change = update(users).where(users.c.id == rows[name]).values(token_digest=given)
            transaction.connection.execute(change)
    house.close()
    error = act(office, "otto", "agree", claim, "--yes", status=4, ARCHIVER_TOKEN=known(office, "olga"))["error"]
    assert "another person" in error["message"]
    assert record_of(office, "walrus")


def test_an_officer_who_is_the_employee_is_one_person(office):
    claim = asked(office)
    house = opened(office)
    with house.archive.store.write() as transaction:
        rows = {one.name: one for one in house.users.list()}
        change = update(users).where(users.c.id == rows["otto"].actor).values(custodian_id=rows["jane"].custodian_id)
        transaction.connection.execute(change)
    house.close()
    act(office, "otto", "agree", claim, "--yes", status=4)


def test_whoever_may_not_is_refused(office):
    walrus, claim = record_of(office, "walrus"), asked(office, "pelican")
    act(office, "ria", "ask", walrus, "--reason", "personal", status=4)
    act(office, "anna", "ask", walrus, "--reason", "personal", status=4)
    act(office, "aud", "agree", claim, "--yes", status=4)
    act(office, "ria", "list", status=4)
    for command in (("ask", walrus, "--reason", "personal"), ("agree", claim, "--yes"), ("withdraw", claim)):
        assert office.run("nonrecord", *command).status == 4
    act(office, "anna", "withdraw", claim, status=4)
    act(office, "olga", "withdraw", claim, status=4)


def test_an_employee_asks_for_his_own_records_only_and_sees_his_own_claims_only(office):
    act(office, "jane", "ask", record_of(office, "heron"), "--reason", "personal", status=3)
    others = asked(office, "heron", who="olga")
    act(office, "jane", "show", others, status=3)
    act(office, "jane", "withdraw", others, status=3)
    assert act(office, "jane", "list") == []
    assert len(act(office, "anna", "list")) == 1


def test_what_is_held_stays_and_only_who_agrees_is_told_of_the_hold(office):
    walrus = record_of(office, "walrus")
    hold = office.json("hold", "place", "--reason", "Doe v. District", "--record", walrus)["id"]
    claim = asked(office)
    assert hold not in json.dumps(act(office, "jane", "show", claim))
    assert hold in refusal(office, "olga", "agree", claim, "--yes", status=5)
    assert act(office, "jane", "show", claim)["state"] == "asked"
    assert record_of(office, "walrus") == walrus


def test_a_hold_that_is_placed_after_the_ask_is_asked_at_the_agreement(office):
    claim = asked(office)
    hold = office.json("hold", "place", "--reason", "Doe v. District", "--custodian", CUSTODIAN)["id"]
    assert hold in refusal(office, "anna", "agree", claim, "--yes", status=5)


def test_what_nobody_can_tell_of_a_hold_is_held(office):
    hold = office.json("hold", "place", "--reason", "Doe v. District", "--query", "salamander")["id"]
    (held,) = office.json("hold", "records", hold)["records"]
    assert (held["id"], held["ground"]) == (record_of(office, "heron"), "cannot_tell")
    claim = asked(office, "heron", who="olga")
    assert "nobody can tell" in refusal(office, "anna", "agree", claim, "--yes", status=5)


def test_a_record_is_in_one_open_claim_and_may_be_asked_for_again_once_that_was_refused(office):
    claim = asked(office)
    assert claim in refusal(office, "olga", "ask", record_of(office, "walrus"), "--reason", "personal", status=5)
    refused = act(office, "anna", "refuse", claim, "--reason", "It is about the bus\nschedule.")
    assert (refused["state"], refused["refusal"]) == ("refused", "It is about the bus schedule.")
    (line,) = act(office, "jane", "list", "--state", "refused")
    assert (line["refusal"], line["acts"][1]["by"]) == ("It is about the bus schedule.", None)
    act(office, "anna", "agree", claim, "--yes", status=5)
    assert asked(office) != claim


def test_a_claim_that_is_withdrawn_releases_nothing(office):
    claim = asked(office)
    assert act(office, "jane", "withdraw", claim)["state"] == "withdrawn"
    act(office, "olga", "agree", claim, "--yes", status=5)
    act(office, "olga", "refuse", claim, "--reason", "x", status=5)
    assert record_of(office, "walrus")


def test_what_is_gone_is_neither_asked_for_nor_agreed_to_again(office):
    walrus, claim = record_of(office, "walrus"), asked(office)
    act(office, "olga", "agree", claim, "--yes")
    assert "released" in refusal(office, "jane", "ask", walrus, "--reason", "personal", status=5)
    assert act(office, "otto", "agree", claim, "--yes", "--at-once")["confirmed"]
    act(office, "anna", "refuse", claim, "--reason", "too late", status=5)


def test_there_is_no_certificate_before_agreement_and_before_confirmation(office, tmp_path):
    claim = asked(office)
    act(office, "olga", "certificate", claim, "--to", str(tmp_path / "out"), status=5)
    assert not act(office, "olga", "agree", claim, "--yes")["confirmed"]
    act(office, "olga", "certificate", claim, "--to", str(tmp_path / "out"), status=5)
    act(office, "olga", "agree", claim, "--yes", "--at-once")
    act(office, "olga", "certificate", claim, "--to", str(tmp_path / "out"))


def test_what_a_person_cannot_have_meant_is_refused(office):
    walrus = record_of(office, "walrus")
    assert "personal" in refusal(office, "jane", "ask", walrus, "--reason", "boring", status=2)
    act(office, "jane", "ask", walrus, "--reason", "personal", "--note", "x" * 1_001, status=2)
    act(office, "jane", "ask", "rec_nothing", "--reason", "personal", status=3)
    act(office, "olga", "ask", *(f"rec_{number}" for number in range(101)), "--reason", "personal", status=2)
    claim = asked(office)
    act(office, "olga", "refuse", claim, "--reason", " ", status=2)
    act(office, "olga", "agree", claim, status=2)
    for command in (("show",), ("agree", "--yes"), ("refuse", "--reason", "x"), ("certificate", "--to", "out")):
        act(office, "olga", command[0], "nrc_nothing", *command[1:], status=3)


def test_an_agency_may_allow_fewer_reasons(office):
    walrus = record_of(office, "walrus")
    fewer = {"ARCHIVER_SET_RETENTION__NONRECORD_REASONS": '["personal"]'}
    assert [one["reason"] for one in act(office, "jane", "reasons", **fewer)] == ["personal"]
    act(office, "jane", "ask", walrus, "--reason", "medical", status=2, **fewer)
    act(office, "jane", "ask", walrus, "--reason", "Personal", **fewer)
    assert len(act(office, "jane", "reasons")) == len(SENTENCES)


def test_the_list_is_empty_and_says_how_to_begin(office):
    assert "nonrecord ask" in office.run("nonrecord", "list").out
    assert office.json("nonrecord", "list") == []


def test_rows_that_somebody_changed_by_hand_release_nothing(office):
    claim = asked(office)
    house = opened(office)
    with house.archive.store.write() as transaction:
        other = transaction.connection.execute(
            select(records.c.id).where(records.c.id.notin_(select(nonrecord_records.c.record_id)))
        ).scalars()
        change = update(nonrecord_records).values(record_id=next(iter(other)))
        transaction.connection.execute(change)
    house.close()
    assert "the ledger" in refusal(office, "olga", "agree", claim, "--yes", status=1)
    assert len(office.json("record", "list", "--state", "active")) == 3


def test_every_act_and_every_look_at_others_claims_is_an_event(office):
    claim = asked(office)
    act(office, "olga", "show", claim)
    act(office, "jane", "list")
    act(office, "olga", "agree", claim, "--yes")
    house = opened(office)
    with house.archive.store.read() as connection:
        kinds = [one.event.kind for one in house.archive.ledger.events_about(connection, [claim])]
    house.close()
    assert kinds == [EventKind.NONRECORD_ASKED, EventKind.NONRECORDS_VIEWED, EventKind.NONRECORD_AGREED]


def test_a_restore_from_before_releases_it_again_and_knows_that_it_was_agreed(office, tmp_path):
    walrus, claim = record_of(office, "walrus"), asked(office)
    spam = act(office, "olga", "ask", known(office, "lying"), "--reason", "unsolicited")["id"]
    office.json("backup", "create", "--to", str(tmp_path / "place"))
    act(office, "olga", "agree", claim, "--yes")
    act(office, "anna", "agree", spam, "--yes")
    office.json("ledger", "checkpoint")
    other = Office(folder=tmp_path / "new")
    newest = ("--ledger", str(office.folder / "ledger"))
    restored = other.json("backup", "restore", "--from", str(tmp_path / "place"), *newest, status=6)
    assert restored["destroyed_again"] == 2
    assert other.json("search", "walrus")["hits"] == []
    assert other.json("record", "show", walrus)["state"] == "released"
    assert act(other, "olga", "show", spam)["records"][0]["state"] == "released"
    shown = act(other, "olga", "show", claim)
    assert (shown["state"], [one["act"] for one in shown["acts"]]) == ("agreed", ["ask", "agree"])
    assert act(other, "anna", "agree", claim, "--yes", "--at-once")["confirmed"]
    assert other.json("verify", "--all")["faults"] == []
    # what the ledger sealed after the backup is lost, so nobody can show what the decision said
    assert "lost in a restore" in refusal(other, "olga", "certificate", claim, "--to", str(tmp_path), status=5)


def test_an_open_batch_goes_on_without_what_was_released_from_it(office):
    schedule(office)
    batch = on_batch(office, "olga", "propose", "--today", DAY)["id"]
    on_batch(office, "anna", "approve", batch)
    walrus, claim = record_of(office, "walrus"), asked(office)
    act(office, "otto", "agree", claim, "--yes")
    done = on_batch(office, "olga", "execute", batch)
    fates = {one["id"]: (one["fate"], one["reason"]) for one in done["decisions"]}
    assert fates.pop(walrus) == ("dropped", f"it was released as not a record ({claim})")
    assert {fate for fate, _ in fates.values()} == {"destroyed"}
    assert office.json("record", "show", walrus)["state"] == "released"


def test_what_was_rejected_in_quarantine_is_released_by_two_persons_with_a_certificate(office, tmp_path):
    one = known(office, "lying")
    token = {"ARCHIVER_TOKEN": known(office, "olga")}
    office.json("quarantine", "reject", one, "--reason", "advertising", "--as", "olga", **token)
    claim = act(office, "olga", "ask", one, "--reason", "unsolicited")
    assert claim["records"][0]["state"] == "quarantined"
    act(office, "olga", "agree", claim["id"], "--yes", status=4)
    done = act(office, "anna", "agree", claim["id"], "--yes", "--at-once")
    assert (done["state"], done["confirmed"], done["records"][0]["state"]) == ("agreed", True, "released")
    assert office.json("quarantine", "list", "--rejected")["submissions"] == []
    answer = office.run("quarantine", "assign", one, "--custodian", CUSTODIAN, "--json")
    assert (answer.status, "destroyed" in answer.error["message"]) == (5, True)
    written = act(office, "olga", "certificate", claim["id"], "--to", str(tmp_path / "out"))
    assert check_document(Path(written["files"][0]).read_bytes()).faults == []
    assert "toucan" not in Path(written["files"][0]).read_text()
    assert office.json("verify", "--all")["faults"] == []


def test_a_hold_that_might_reach_what_lies_in_quarantine_keeps_it(office):
    claim = act(office, "olga", "ask", known(office, "lying"), "--reason", "unsolicited")["id"]
    walrus = record_of(office, "walrus")
    office.json("hold", "place", "--reason", "x", "--record", walrus)
    hold = office.json("hold", "place", "--reason", "Doe v. District", "--query", "salamander")["id"]
    assert hold in refusal(office, "anna", "agree", claim, "--yes", status=5)
    token = {"ARCHIVER_TOKEN": known(office, "olga")}
    office.json("hold", "release", hold, "--reason", "over", "--as", "olga", **token)
    assert act(office, "anna", "agree", claim, "--yes")["state"] == "agreed"


def test_what_was_put_back_meanwhile_lies_in_quarantine_no_more(office):
    one = known(office, "lying")
    claim = act(office, "olga", "ask", one, "--reason", "unsolicited")["id"]
    house = opened(office)
    with house.archive.store.write() as transaction:
        quarantine.requeue(transaction, one, custodian_id=None, actor="operator:test")
    house.close()
    assert "not lie in quarantine" in refusal(office, "anna", "agree", claim, "--yes", status=5)


def test_who_does_not_decide_on_the_quarantine_asks_for_nothing_in_it(office):
    act(office, "jane", "ask", known(office, "lying"), "--reason", "unsolicited", status=4)
    mixed = (known(office, "lying"), record_of(office, "walrus"))
    act(office, "olga", "ask", *mixed, "--reason", "unsolicited", status=2)
