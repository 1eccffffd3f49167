"""Mailboxes and archives at the command line: each message is an item, and what is missing is said."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from tests.archiver.commands import CUSTODIAN, a_mail
from tests.ingest.test_unpacking import mbox
from tests.ingest.zip_writing import End, Planned, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office

COUNTS = ("archived", "duplicate", "quarantined", "failed", "waiting")


def take(office: Office, path: Path, *options: str, status: int = 0) -> dict:
    report = office.json("ingest", str(path), "--custodian", CUSTODIAN, *options, status=status)
    assert report["seen"] == sum(report[name] for name in COUNTS)
    return report


def items_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def a_takeout() -> bytes:
    box = mbox(a_mail("One", "1"), a_mail("Two", "2"))
    return build(
        Planned(name=b"Takeout/Mail/All mail Including Spam and Trash.mbox", content=box),
        Planned(name=b"Takeout/archive_browser.html", content=b"<html>index</html>"),
        Planned(name=b"Takeout/secret.eml", flags=1),
    )


def test_each_message_of_a_takeout_is_an_item_and_the_containers_are_none(office: Office, tmp_path: Path):
    (tmp_path / "takeout.zip").write_bytes(a_takeout())
    report = take(office, tmp_path / "takeout.zip", "--items", str(tmp_path / "items"), status=6)
    assert (report["seen"], report["archived"], report["failed"], report["records"]) == (4, 3, 1, 3)
    assert {one["source"] for one in items_of(tmp_path / "items")} == {
        "takeout.zip/Takeout/Mail/All mail Including Spam and Trash.mbox#1",
        "takeout.zip/Takeout/Mail/All mail Including Spam and Trash.mbox#2",
        "takeout.zip/Takeout/archive_browser.html",
        "takeout.zip/Takeout/secret.eml",
    }
    assert report["problems"] == [
        {
            "source": "takeout.zip/Takeout/secret.eml",
            "outcome": "failed",
            "reason": "it is encrypted; hand it in without a password",
        }
    ]
    assert office.json("verify")["faults"] == []


def test_the_same_again_is_all_duplicates_and_what_failed_fails_again(office: Office, tmp_path: Path):
    (tmp_path / "takeout.zip").write_bytes(a_takeout())
    take(office, tmp_path / "takeout.zip", status=6)
    report = take(office, tmp_path / "takeout.zip", "--items", str(tmp_path / "items"), status=6)
    assert (report["seen"], report["duplicate"], report["failed"], report["records"]) == (4, 3, 1, 0)
    assert all(one["records"] for one in items_of(tmp_path / "items") if one["outcome"] == "duplicate")


def test_a_mailbox_that_grew_gives_what_is_new(office: Office, tmp_path: Path):
    path = tmp_path / "in.mbox"
    path.write_bytes(mbox(a_mail("One", "1")))
    assert take(office, path)["archived"] == 1
    path.write_bytes(mbox(a_mail("One", "1"), a_mail("Two", "2")))
    report = take(office, path)
    assert (report["seen"], report["archived"], report["duplicate"]) == (2, 1, 1)


def test_without_waiting_every_member_is_deposited_and_waits(office: Office, tmp_path: Path):
    (tmp_path / "in.mbox.gz").write_bytes(gzip.compress(mbox(a_mail("One", "1"), a_mail("Two", "2"))))
    report = take(office, tmp_path / "in.mbox.gz", "--no-wait")
    assert (report["seen"], report["waiting"]) == (2, 2)


def test_a_dry_run_counts_members_and_takes_nothing(office: Office, tmp_path: Path):
    (tmp_path / "in.mbox").write_bytes(mbox(*[a_mail(f"M {number}", "m") for number in range(3)]))
    assert take_dry(office, tmp_path / "in.mbox") == 3
    assert office.json("container", "list") == {"containers": []}


def take_dry(office: Office, path: Path) -> int:
    return office.json("ingest", str(path), "--dry-run")["seen"]


def test_a_damaged_container_is_one_failed_item_with_its_reason(office: Office, tmp_path: Path):
    (tmp_path / "cut.zip").write_bytes(a_takeout()[:-30])
    report = take(office, tmp_path / "cut.zip", status=6)
    assert (report["seen"], report["failed"]) == (1, 1)
    assert "cut short" in report["problems"][0]["reason"]


def test_bytes_that_failed_as_a_container_are_no_mere_duplicate_when_they_come_as_a_document(
    office: Office, tmp_path: Path
):
    (tmp_path / "cut.zip").write_bytes(a_takeout()[:-30])
    take(office, tmp_path / "cut.zip", status=6)
    (line,) = office.json("report", "statement", CUSTODIAN)["submissions"]
    assert line["reason"] == "kept as a zip, which could not be taken apart to its end"
    assert line["outcome"] == "failed"
    receipt = office.json("receipt", line["submission"])
    assert (receipt["outcome"], receipt["reason"].startswith(line["reason"])) == ("failed", True)
    (problem,) = take(office, tmp_path / "cut.zip", "--kind", "file", status=6)["problems"]
    assert problem["outcome"] == "failed"
    assert problem["reason"].endswith("which failed; see: archiver container show")


def test_a_difference_that_nothing_explains_is_told_with_status_6(office: Office, tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(build(Planned(name=b"a.eml", content=a_mail("A", "a")), end=End(count=3)))
    report = take(office, tmp_path / "a.zip", status=6)
    assert (report["seen"], report["archived"], report["failed"]) == (2, 1, 1)
    (one,) = office.json("container", "list", status=6)["containers"]
    assert (one["declared"], one["members"], one["unexplained"], one["state"]) == (3, 1, 1, "done")
    shown = office.json("container", "show", one["id"], status=6)
    assert shown["findings"] == ["it declares 3 members, and 1 came out"]


def test_a_container_of_nothing_is_nothing_to_take(office: Office, tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    answer = office.run("ingest", str(tmp_path / "a.zip"), "--json")
    assert (answer.status, answer.document["seen"]) == (3, 0)


def test_containers_are_listed_and_shown_with_what_came_out_by_name(office: Office, tmp_path: Path):
    assert office.run("container", "list").out == "No mailbox and no archive of files was handed in yet.\n"
    (tmp_path / "in.mbox").write_bytes(mbox(a_mail("One", "1"), a_mail("One", "1")))
    take(office, tmp_path / "in.mbox")
    (one,) = office.json("container", "list")["containers"]
    assert (one["kind"], one["source"], one["members"], one["taken"], one["duplicate"]) == ("mbox", "in.mbox", 2, 1, 1)
    shown = office.json("container", "show", one["id"], "--members")
    assert [line["source"] for line in shown["manifest"]] == ["in.mbox#1", "in.mbox#2"]
    assert shown["examined"] == {"archived": 1}
    text = office.run("container", "show", one["id"], "--members").out
    assert "no number declared, 2 came out (1 taken, 1 duplicate)" in text
    assert [line.split()[0] for line in text.splitlines()[-2:]] == ["taken", "duplicate"]


def test_what_is_no_container_is_not_found(office: Office):
    assert office.run("container", "show", "sub_nothing").status == 3
    assert office.run("container", "retry", "sub_nothing").status == 3


def test_only_a_container_that_failed_is_tried_again(office: Office, tmp_path: Path):
    (tmp_path / "in.mbox").write_bytes(mbox(a_mail("One", "1")))
    (tmp_path / "cut.zip").write_bytes(a_takeout()[:-30])
    take(office, tmp_path, status=6)
    failed, done = sorted(office.json("container", "list", status=6)["containers"], key=lambda one: one["kind"])[::-1]
    assert office.run("container", "retry", done["id"]).status == 5
    assert office.json("container", "retry", failed["id"], status=6)["state"] == "failed"


def test_office_documents_stay_documents(office: Office, tmp_path: Path):
    (tmp_path / "plan.docx").write_bytes(build(Planned(name=b"[Content_Types].xml")))
    report = take(office, tmp_path / "plan.docx")
    assert (report["seen"], report["records"]) == (1, 1)
    assert office.json("container", "list") == {"containers": []}


def test_a_container_is_carried_by_a_backup_and_its_restore(office: Office, tmp_path: Path):
    (tmp_path / "in.mbox").write_bytes(mbox(a_mail("One", "1"), a_mail("Two", "2")))
    take(office, tmp_path / "in.mbox")
    office.json("backup", "create", "--to", str(tmp_path / "copy"))
    drilled = office.json("backup", "drill", "--from", str(tmp_path / "copy"))
    assert drilled.get("faults", []) == []


def test_a_container_that_came_in_another_before_is_all_duplicates(office: Office, tmp_path: Path):
    box = mbox(a_mail("One", "1"), a_mail("Two", "2"))
    (tmp_path / "a.zip").write_bytes(build(Planned(name=b"in.mbox", content=box)))
    (tmp_path / "in.mbox").write_bytes(box)
    assert take(office, tmp_path / "a.zip")["archived"] == 2
    again = take(office, tmp_path / "in.mbox")
    assert (again["archived"], again["duplicate"]) == (0, 2)


def test_a_container_in_another_that_failed_is_tried_again_and_not_left_open(office: Office, tmp_path: Path):
    cut = build(Planned(name=b"one.eml", content=a_mail("One", "1")))[:-10]
    (tmp_path / "a.zip").write_bytes(build(Planned(name=b"in.zip", content=cut)))
    take(office, tmp_path / "a.zip", status=6)
    (inside,) = [one for one in office.json("container", "list", status=6)["containers"] if one["within"]]
    assert office.json("container", "retry", inside["id"], status=6)["state"] == "failed"


def test_copies_of_containers_in_copies_have_an_account_that_ends(office: Office, tmp_path: Path):
    content = mbox(a_mail("One", "1"))
    for level in range(4):
        content = build(*[Planned(name=b"%d-%d.zip" % (level, number), content=content) for number in range(40)])
    (tmp_path / "a.zip").write_bytes(content)
    report = take(office, tmp_path / "a.zip")
    assert report["archived"] == 1
    assert report["seen"] < 500
