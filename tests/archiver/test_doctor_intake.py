"""`archiver doctor` on how mail comes in: quarantine, containers with findings, mailboxes that cannot work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import CUSTODIAN, a_mail
from tests.ingest.test_unpacking import mbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office


def lines(office: Office, name: str) -> list[tuple[str, str]]:
    answer = office.run("doctor", "--json")
    return [(one["verdict"], one["detail"]) for one in answer.document if one["check"] == name]


def test_what_lies_in_quarantine_is_counted(office: Office, tmp_path: Path):
    assert lines(office, "quarantine") == [("ok", "nothing lies there")]
    for number in range(2):
        mail = a_mail(f"Walrus {number}", "A walrus.", sender="stranger@far.example")
        (tmp_path / f"{number}.eml").write_bytes(mail)
    office.json("ingest", str(tmp_path / "0.eml"), str(tmp_path / "1.eml"), status=6)
    ((verdict, detail),) = lines(office, "quarantine")
    assert verdict == "warning"
    assert detail.startswith("submissions that lie there: 2, the oldest since 20")
    assert "archiver quarantine list" in detail


def test_containers_are_counted_with_those_that_have_findings(office: Office, tmp_path: Path):
    assert lines(office, "containers") == [("ok", "mailboxes and archives of files: 0, all accounted for")]
    (tmp_path / "in.mbox").write_bytes(mbox(a_mail("One", "1")))
    office.json("ingest", str(tmp_path / "in.mbox"), "--custodian", CUSTODIAN)
    assert lines(office, "containers") == [("ok", "mailboxes and archives of files: 1, all accounted for")]
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04" + b"\x00" * 60)
    office.json("ingest", str(tmp_path / "cut.zip"), "--custodian", CUSTODIAN, "--kind", "zip", status=6)
    ((verdict, detail),) = lines(office, "containers")
    assert verdict == "warning"
    assert "1 of 2" in detail
    assert "archiver container list" in detail


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("username = 'jane@gmail.com'\npassword_file = '{good}'", "gmail.com"),
        ("username = 'u'\npassword_file = '{good}'\ncustodian = 'nobody@agency.example'", "does not exist"),
        ("username = 'u'\npassword_file = '/nowhere/at/all'", "password file cannot be read"),
        ("username = 'u'\ntoken_file = '/nowhere/at/all'", "token file cannot be read"),
        ("username = 'u'", "needs one of password_file"),
        ("username = 'u'\npassword_file = '{good}'\ncertificate_authority = '/nowhere'", "certificate_authority"),
    ],
)
def test_a_mailbox_whose_settings_cannot_work_is_named(office: Office, tmp_path: Path, setting: str, says: str):
    (tmp_path / "good").write_text("secretword\n")
    with (office.folder / "archiver.toml").open("a") as file:
        file.write(f"\n[imap.bad]\nhost = 'h'\n{setting.format(good=tmp_path / 'good')}\n")
        file.write(f"\n[imap.fine]\nhost = 'h'\nusername = 'u'\npassword_file = '{tmp_path / 'good'}'\n")
    answer = office.run("doctor", "--json")
    found = [one for one in answer.document if one["check"] == "imap"]
    assert answer.status == 6
    assert [one["verdict"] for one in found] == ["fault"]
    assert "[imap.bad]" in found[0]["detail"]
    assert says in found[0]["detail"]
    assert "secretword" not in answer.out + answer.err
