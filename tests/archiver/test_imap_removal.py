"""`archiver imap remove`: the section of one mailbox goes out of the settings, and nothing else does."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from archiver.config import load_settings

if TYPE_CHECKING:
    from tests.archiver.commands import Office

FIRST = "[imap.first]\nhost = 'h'\nusername = 'u'\npassword_file = '/p'  # mine\n"
SECOND = "# the second one\n[imap.second]\nhost = 'h'\nusername = 'u'\npassword_file = '/p'\n"


def write(office: Office, text: str) -> str:
    path = office.folder / "archiver.toml"
    path.write_text(path.read_text("utf-8") + "\n" + text, "utf-8")
    return path.read_text("utf-8")


def test_its_section_goes_and_all_else_stays_as_it_was_written(office: Office):
    before = write(office, f"{FIRST}\n{SECOND}folders = ['Entwürfe']\n")
    assert office.json("imap", "remove", "first") == {"removed": "first"}
    after = (office.folder / "archiver.toml").read_text("utf-8")
    assert after == before.replace("\n" + FIRST, "")
    assert list(load_settings(office.folder).imap) == ["second"]
    assert (office.folder / "archiver.toml").stat().st_mode & 0o777 == 0o600


def test_the_last_section_of_the_file_can_go(office: Office):
    write(office, FIRST + "\n" + SECOND)
    office.json("imap", "remove", "second")
    office.json("imap", "remove", "first")
    assert office.json("imap", "list") == []
    assert "# the second one" in (office.folder / "archiver.toml").read_text("utf-8")


@pytest.mark.parametrize("header", ['[imap."first"]', "[ imap . 'first' ]", "  [imap.first]  # x"])
def test_a_header_may_be_written_as_toml_allows(office: Office, header: str):
    write(office, FIRST.replace("[imap.first]", header))
    office.json("imap", "remove", "first")
    assert not tomllib.loads((office.folder / "archiver.toml").read_text("utf-8")).get("imap")


def test_a_line_that_only_looks_like_a_header_is_no_end_of_the_section(office: Office):
    listed = "[imap.first]\nhost = 'h'\nusername = 'u'\npassword_file = '/p'\nfolders = [\n  'A',\n  'B',\n]\n"
    inside = "agency_owned_reason = '''\n[imap.first]\n'''\n"
    write(office, f"[imap.other]\nhost = 'h'\nusername = 'u'\npassword_file = '/p'\n{inside}\n{listed}\n{SECOND}")
    office.json("imap", "remove", "first")
    left = tomllib.loads((office.folder / "archiver.toml").read_text("utf-8"))
    assert list(left["imap"]) == ["other", "second"]
    assert left["imap"]["other"]["agency_owned_reason"] == "[imap.first]\n"


@pytest.mark.parametrize(
    "text",
    ["[imap]\nfirst = {host = 'h', username = 'u', password_file = '/p'}\n"],
)
def test_what_cannot_be_told_apart_is_left_alone(office: Office, text: str):
    before = write(office, text)
    error = office.json("imap", "remove", "first", status=5)["error"]
    assert "by hand" in error["message"]
    assert (office.folder / "archiver.toml").read_text("utf-8") == before


def test_a_name_that_is_not_there_is_not_found(office: Office):
    before = write(office, FIRST)
    assert office.run("imap", "remove", "second").status == 3
    assert (office.folder / "archiver.toml").read_text("utf-8") == before


def test_removed_and_added_again_it_is_there_once(office: Office, tmp_path):
    (tmp_path / "p").write_text("x\n")
    options = ("--host", "imap.agency.example", "--username", "records", "--password-file", str(tmp_path / "p"))
    office.json("imap", "add", "first", *options)
    office.json("imap", "remove", "first")
    office.json("imap", "add", "first", *options)
    assert [one["name"] for one in office.json("imap", "list")] == ["first"]
