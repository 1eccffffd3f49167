"""`archiver imap`: mailboxes are added without harm to the settings, declared once, and tried without being changed."""

import tomllib

import pytest

from archiver.config import load_settings
from archiver.imap_accounts import declare_mailboxes
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.events import EventKind
from tests.archiver.commands import CUSTODIAN, PASSPHRASE
from tests.ingest.imap_bench import mail
from tests.ingest.imap_server import PASSWORD, ImapServer

REASON = "athletics account, opened by the district in 2014"


@pytest.fixture
def server():
    started = ImapServer("IDLE MOVE")
    started.folders["INBOX"].mails.update({1: mail(1), 2: mail(2)})
    yield started
    started.close()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "imap-password"
    path.write_text(PASSWORD + "\n")
    return str(path)


def add(office, name, *options: str, status=0):
    return office.json("imap", "add", name, *options, status=status)


def local(server, secret):
    place = ("--host", "127.0.0.1", "--port", str(server.port), "--tls", "none")
    return (*place, "--username", "archive", "--password-file", secret)


def declared(office):
    keyring = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    installation = open_installation(office.folder, keyring)
    ledger = installation.archive.ledger
    try:
        declare_mailboxes(installation, actor="service:imap")
        with installation.archive.store.read() as connection:
            return [
                ledger.payload(connection, position)
                for position in range(ledger.head(connection).size)
                if ledger.event_at(connection, position).event.kind is EventKind.MAILBOX_DECLARED
            ]
    finally:
        installation.close()


def test_without_mailboxes_both_say_what_to_do(office):
    assert office.json("imap", "list") == []
    assert "archiver imap add" in office.run("imap", "list").out
    assert office.json("imap", "check", status=3)["error"]["kind"] == "not_found"


def test_mailbox_is_added_below_what_stands_in_the_settings(office, server, secret):
    path = office.folder / "archiver.toml"
    before = path.read_text() + "\n[imap.other]\nhost = 'h'\nusername = 'u'\npassword_file = '/p'  # mine\n"
    path.write_text(before)
    add(
        office,
        "records",
        *local(server, secret),
        "--folder",
        "Entwürfe",
        "--exclude",
        "\\Junk",
        "--custodian",
        CUSTODIAN,
    )
    after = path.read_text()
    assert after.startswith(before)
    assert path.stat().st_mode & 0o777 == 0o600
    section = load_settings(office.folder).imap["records"]
    assert (section.folders, section.exclude, section.custodian) == (("Entwürfe",), ("\\Junk",), CUSTODIAN)
    assert set(tomllib.loads(after)["imap"]) == {"other", "records"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"--tls": "starttls", "--host": "two words\n"}, 2),
        ({"--host": "imap.district.example"}, 2),
        ({"--custodian": "nobody@agency.example"}, 3),
        ({"--username": "jane@gmail.com"}, 2),
        ({"--oauth-file": "/t"}, 2),
        ({"--move-to": "INBOX"}, 2),
        ({"--reason": "without the word"}, 2),
    ],
    ids=str,
)
def test_mailbox_that_cannot_work_changes_nothing(office, server, secret, changes, status):
    before = (office.folder / "archiver.toml").read_bytes()
    options = [part for pair in changes.items() for part in pair]
    add(office, "records", *local(server, secret), *options, status=status)
    assert (office.folder / "archiver.toml").read_bytes() == before


def test_name_that_is_taken_or_no_name_is_refused(office, server, secret):
    add(office, "records", *local(server, secret))
    add(office, "records", *local(server, secret), status=5)
    add(office, "two words", *local(server, secret), status=2)


def test_settings_that_cannot_be_added_to_are_left_alone(office, server, secret):
    path = office.folder / "archiver.toml"
    path.write_text("imap = {}\n" + path.read_text())
    before = path.read_bytes()
    assert "by hand" in add(office, "records", *local(server, secret), status=5)["error"]["message"]
    assert path.read_bytes() == before


def test_mailbox_at_a_consumer_provider_is_declared_once_and_again_when_its_reason_changes(office, secret):
    options = ("--host", "imap.gmail.com", "--username", "team@gmail.com", "--password-file", secret)
    refused = add(office, "team", *options, status=2)["error"]["message"]
    assert "gmail.com" in refused
    assert "agency_owned" in refused
    add(office, "team", *options, "--agency-owned", "--reason", REASON)
    (said,) = declared(office)
    assert (said["account"], said["provider"], said["reason"]) == ("team", "gmail.com", REASON)
    path = office.folder / "archiver.toml"
    path.write_text(path.read_text().replace("in 2014", "in 2015"))
    assert [one["reason"][-4:] for one in declared(office)] == ["2014", "2015"]
    assert len(declared(office)) == 2


def test_mailbox_of_the_agency_is_not_declared(office, server, secret):
    add(office, "records", *local(server, secret))
    assert declared(office) == []


def test_check_says_what_is_there_and_leaves_it_there(office, server, secret):
    add(office, "records", *local(server, secret))
    (seen,) = office.json("imap", "check")
    assert seen["problems"] == []
    assert (seen["idle"], seen["move"], seen["tls"]) == (True, True, None)
    assert seen["folders"] == [{"name": "INBOX", "mails": 2, "waiting": 2, "problem": None}]
    assert server.folders["INBOX"].flags == {}
    assert not any("BODY" in command or command.startswith("SELECT") for command in server.commands)


def test_check_of_several_tells_of_each_and_ends_with_findings(office, server, secret, tmp_path):
    add(office, "good", *local(server, secret))
    add(office, "bad", *local(server, secret), "--folder", "Absent")
    wrong = tmp_path / "wrong"
    wrong.write_text("not this")
    add(office, "wrong", *local(server, secret), "--password-file", str(wrong))
    answer = office.run("imap", "check", "--json")
    assert answer.status == 6
    assert {one["name"]: bool(one["problems"]) for one in answer.document} == {
        "good": False,
        "bad": True,
        "wrong": True,
    }
    assert "not this" not in answer.out + answer.err
    assert office.run("imap", "check", "good").status == 0
    assert office.run("imap", "check", "nothing").status == 3


def test_list_says_what_is_wrong_with_a_setting(office, server, secret):
    add(office, "records", *local(server, secret))
    path = office.folder / "archiver.toml"
    path.write_text(path.read_text().replace('username = "archive"', 'username = "jane@gmail.com"'))
    (listed,) = office.json("imap", "list")
    assert "gmail.com" in listed["problem"]
    assert listed["last_worked"] is None
    assert office.run("serve").status == 2
