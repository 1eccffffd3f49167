"""`archiver frozen`: what a search found, kept as it was, checked offline, and shown with what became of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil

import pytest

from storage.shredding import Shredder
from tests.archiver.commands import CUSTODIAN, Office
from tests.archiver.search_work_scene import come_in, opened, user


@pytest.fixture
def office(searched, tmp_path) -> Office:
    return Office(folder=shutil.copytree(searched, tmp_path / "archive"))


def destroy(office: Office, record_id: str) -> None:
    installation = opened(office)
    try:
        shredder = Shredder(installation.archive)
        with installation.archive.store.write() as transaction:
            batch = shredder.decide(transaction, [record_id], "operator:test", {})
        shredder.erase(batch)
    finally:
        installation.close()


def ids(office: Office, set_id: str, *options: str) -> list[str]:
    return office.run("frozen", "ids", set_id, *options).out.split("\n")[:-1]


def test_a_set_says_all_that_must_be_known_to_rely_on_it(office):
    made = office.json("frozen", "make", "walrus OR roof", "--title", "Doe v. District")
    assert made["total"] == 3
    assert made["title"] == "Doe v. District"
    assert made["query"] == "walrus OR roof"
    assert 'the word "walrus" in any form' in made["words"]
    assert (made["coverage"]["records"], made["coverage"]["indexed"], made["coverage"]["unsearchable"]) == (4, 4, 0)
    assert made["engine"] == "fts"
    assert made["version"].startswith("fts/")
    assert made["zone"] == "America/Los_Angeles"
    assert made["by"].startswith("operator:")
    assert made["position"] >= made["ledger_size"]
    assert made["index_position"] < made["position"]


def test_what_comes_in_later_is_not_in_the_set(office):
    made = office.json("frozen", "make", "walrus")
    before = ids(office, made["id"])
    installation = opened(office)
    try:
        come_in(installation, CUSTODIAN, "Late", "One more walrus.")
    finally:
        installation.close()
    assert office.json("search", "walrus")["total"] == 3
    assert ids(office, made["id"]) == before == sorted(before)
    assert hashlib.sha256("".join(f"{one}\n" for one in before).encode()).hexdigest() == made["ids_sha256"]


def test_a_destroyed_record_stays_by_its_id_and_is_told_as_destroyed(office):
    made = office.json("frozen", "make", "walrus")
    gone, left = ids(office, made["id"])
    destroy(office, gone)
    assert office.json("frozen", "show", made["id"])["states"] == {"active": 1, "destroyed": 1}
    assert ids(office, made["id"], "--states") == [f"{gone}\tdestroyed", f"{left}\tactive"]
    assert ids(office, made["id"], "--state", "destroyed") == [gone]
    assert office.run("frozen", "verify", made["id"]).status == 0


def test_a_saved_search_is_frozen_under_its_name(office):
    office.json("saved", "add", "Zoo", "walrus")
    made = office.json("frozen", "make", "--saved", "Zoo")
    assert (made["title"], made["query"], made["total"]) == ("Zoo", "walrus", 2)
    assert made["saved"].startswith("srq_")


@pytest.mark.parametrize(("words", "status"), [([], 2), (["walrus", "--saved", "Zoo"], 2), (["--saved", "no"], 3)])
def test_what_cannot_be_frozen_is_refused(office, words, status):
    assert office.run("frozen", "make", *words).status == status
    assert office.json("frozen", "list") == []


def test_a_search_without_hits_is_frozen_too(office, tmp_path):
    made = office.json("frozen", "make", "heffalump")
    assert (made["total"], made["states"]) == (0, {})
    office.json("frozen", "export", made["id"], "--to", str(tmp_path / "out"))
    assert (tmp_path / "out" / "ids.txt").read_bytes() == b""
    assert office.json("verify", "bundle", str(tmp_path / "out"))["faults"] == []


def test_two_sets_are_compared(office):
    first, second = (office.json("frozen", "make", query)["id"] for query in ("walrus", "budget"))
    found = office.json("frozen", "compare", first, second)
    assert (found["only_first"], found["only_second"], found["both"]) == (1, 1, 1)
    (both,) = office.run("frozen", "compare", first, second, "--ids", "both").out.split()
    assert both in ids(office, first)
    assert both in ids(office, second)


def exported(office: Office, tmp_path, *options: str):
    made = office.json("frozen", "make", "walrus")
    folder = tmp_path / "out"
    office.json("frozen", "export", made["id"], "--to", str(folder), *options)
    key = tmp_path / "key.txt"
    key.write_text(office.run("ledger", "key").out)
    return folder, key


def checked(folder, key, status: int = 0) -> list[str]:
    found = Office(folder=folder).json("verify", "bundle", str(folder), "--key", str(key), status=status)
    assert found["trusted"] is (status == 0)
    return [one["kind"] for one in found["faults"]]


def test_an_export_is_checked_offline(office, tmp_path):
    folder, key = exported(office, tmp_path, "--proofs")
    shutil.rmtree(office.folder)
    assert checked(folder, key) == []
    rows = list(csv.reader(io.StringIO((folder / "records.csv").read_text("utf-8-sig"))))
    assert rows[0] == ["record", "state", "kind", "captured_at", "sent_at", "series", "leaf"]
    assert [row[0] for row in rows[1:]] == (folder / "ids.txt").read_text().split()


def test_an_id_that_is_added_left_out_or_changed_is_found_out(office, tmp_path):
    folder, key = exported(office, tmp_path)
    lines = (folder / "ids.txt").read_bytes().splitlines(keepends=True)
    for changed in (lines[:1], [*lines, lines[0]], lines[::-1], [lines[0][:-2] + b"0\n", lines[1]]):
        (folder / "ids.txt").write_bytes(b"".join(changed))
        assert checked(folder, key, 6) == ["payload"]
    (folder / "ids.txt").write_bytes(b"".join(lines)[:-1])
    assert checked(folder, key, 6) == ["form"]
    (folder / "ids.txt").unlink()
    assert checked(folder, key, 6) == ["form"]


def test_a_proof_that_is_missing_or_anothers_is_found_out(office, tmp_path):
    folder, key = exported(office, tmp_path, "--proofs")
    lines = (folder / "proofs.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "proofs.jsonl").write_bytes(lines[0])
    assert checked(folder, key, 6) == ["proof"]
    first, second = (json.loads(line) for line in lines)
    swapped = [{**first, "subject": second["subject"]}, {**second, "subject": first["subject"]}]
    (folder / "proofs.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in swapped))
    assert checked(folder, key, 6) == ["leaf", "leaf"]


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["set"].update(query="roof"),
        lambda document: document["set"].update(total=1),
        lambda document: document["set"]["coverage"].update(unsearchable=9),
        lambda document: document.update(frozen="frz_01m81b9bmbs10nca75vdqfwats"),
        lambda document: document.update(agency="Another"),
        lambda document: document.update(salt="0" * 32),
        lambda document: document.update(type="receipt"),
        lambda document: document.pop("signature"),
        lambda document: document["proof"].update(position=0),
    ],
)
def test_no_word_of_the_signed_document_can_be_changed(office, tmp_path, change):
    folder, key = exported(office, tmp_path)
    document = json.loads((folder / "set.json").read_bytes())
    change(document)
    (folder / "set.json").write_text(json.dumps(document))
    assert checked(folder, key, 6)


def test_a_newer_format_is_told_and_not_judged(office, tmp_path):
    folder, _ = exported(office, tmp_path)
    document = json.loads((folder / "set.json").read_bytes()) | {"format": 2}
    (folder / "set.json").write_text(json.dumps(document))
    for path in (folder, folder / "set.json"):
        answer = office.run("verify", "bundle", str(path))
        assert answer.status == 1
        assert "newer" in answer.err


def test_who_may_not_see_a_record_does_not_see_the_set(office):
    vera = user(office, "vera", "reviewer")
    made = office.json("frozen", "make", "walrus")
    other = office.json("frozen", "make", "bus")
    one = ids(office, made["id"])[0]
    assert office.json("frozen", "show", made["id"], "--as", "vera", **vera)["total"] == 2
    office.json("restrict", "add", "--record", one, "--class", "student")
    for words in (["show"], ["ids"], ["verify"], ["export", "--to", str(office.folder / "x")]):
        answer = office.run("frozen", words[0], made["id"], *words[1:], "--as", "vera", **vera)
        assert answer.status == 3
    assert [each["id"] for each in office.json("frozen", "list", "--as", "vera", **vera)] == [other["id"]]
    assert office.run("frozen", "compare", other["id"], made["id"], "--as", "vera", **vera).status == 3


def test_an_employee_may_not_freeze(office):
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    for words in (["make", "walrus"], ["list"], ["show", "frz_x"]):
        assert office.run("frozen", *words, "--as", "jane", **jane).status == 4


def test_every_act_is_an_event(office, tmp_path):
    folder, _ = exported(office, tmp_path)
    set_id = json.loads((folder / "set.json").read_bytes())["frozen"]
    office.run("frozen", "show", set_id)
    office.run("frozen", "ids", set_id)
    office.run("frozen", "verify", set_id)
    installation = opened(office)
    try:
        with installation.archive.store.read() as connection:
            found = installation.archive.ledger.events_about(connection, [set_id])
    finally:
        installation.close()
    assert [one.event.kind.value for one in found] == ["search.frozen", "search.exported", *["searches.viewed"] * 3]
