"""Whatever is handed in: each item ends in an outcome with a reason, the rest goes on, the bytes stay what they were.

All cases lie in one folder, which is taken in by one command between two ordinary mails.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.commands import Office, a_mail

if TYPE_CHECKING:
    from tests.archiver.commands import Answer

BIG = 60_000_000
DEPTH = 10_000
HEAD = b"From: Jane Doe <jane.doe@mail.example>\r\nTo: archive@agency.example\r\n"


def _nested() -> bytes:
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(DEPTH)
    )
    return HEAD + b"Subject: nested\r\nMIME-Version: 1.0\r\n" + opening + b"\r\nThe kernel.\r\n"


def _rfc822() -> bytes:
    return HEAD + b"Subject: russian dolls\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * DEPTH + b"The kernel.\r\n"


def _wide() -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    head = HEAD + b'Subject: wide\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return head + part * DEPTH + b"--b--\r\n"


def _big() -> bytes:
    line = b"sixty million bytes of one letter, told line by line for ever\r\n"
    return HEAD + b"Subject: big\r\n\r\n" + line * (BIG // len(line))


MAILS: dict[str, bytes] = {
    "a-first.eml": a_mail("First", "The first ordinary mail."),
    "b-empty.eml": b"",
    "c-nul.eml": HEAD + b"Subject: nul\x00nul\r\n\r\nbefore\x00after\r\n",
    "d-charset.eml": HEAD + b'Subject: =?x-none-such?Q?=E9?= charset\r\nContent-Type: text/plain; charset="../../x"\r\n'
    b"\r\nplain words \xe9\xff\r\n",
    "e-eight-bit.eml": HEAD + b"Subject: caf\xe9 \xe2\x82\xac \xff\r\nX-\xe9: \xfe\r\n\r\neight\r\n",
    "f-1899.eml": HEAD + b"Subject: before\r\nDate: Sun, 31 Dec 1899 23:59:60 +0000\r\n\r\nlong ago\r\n",
    "g-9999.eml": HEAD + b"Subject: after\r\nDate: Fri, 31 Dec 9999 23:59:59 -1400\r\n\r\nlong to come\r\n",
    "h-headers.eml": HEAD + b"Subject: headers\r\n" + b"X-Long: " + b"word " * 200_000 + b"\r\n\r\nheaders\r\n",
    "i-many-headers.eml": HEAD + b"Subject: many\r\n" + b"X-Many: 1\r\n" * 90_000 + b"\r\nmany\r\n",
    "j-nested.eml": _nested(),
    "k-dolls.eml": _rfc822(),
    "l-wide.eml": _wide(),
    "m-no-header.eml": b"no header at all, only words\n",
    "n-base64.eml": HEAD + b"Subject: broken\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!====notbase64\r\n",
    "o-boundary.eml": HEAD
    + b"Subject: open\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nnever closed",
    "p-group.eml": HEAD + b"Subject: group\r\nCc: undisclosed-recipients:;, @, <>, a@b@c\r\n\r\ngroup\r\n",
    "q-big.eml": _big(),
    "s\nnew line.eml": a_mail("New line", "In the name."),
    "z-last.eml": a_mail("Last", "The last ordinary mail."),
}
UNDECODABLE = b"t-\xff\xfe.eml"
TRUNCATED = (
    b"From a@b Mon Mar  2 10:00:00 2026\n" + HEAD.replace(b"\r", b"") + b"Subject: whole\n\nwhole\n\n"
    b"From a@b Mon Mar  2 10:00:01 2026\n" + HEAD.replace(b"\r", b"") + b"Subject: cut\n\ncut in the mid"
)
UNQUOTED = (
    b"From a@b Mon Mar  2 10:00:00 2026\n" + HEAD.replace(b"\r", b"") + b"Subject: prose\n\n"
    b"From the beginning it rained.\n\nFrom now on it snowed.\n>From here it hailed.\n\n"
    b"From a@b Mon Mar  2 10:00:02 2026\n" + HEAD.replace(b"\r", b"") + b"Subject: next\n\nnext\n"
)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The archive, the answer of the command, and the account of every item."""

    office: Office
    answer: Answer
    items: dict[str, dict[str, Any]]

    def shown(self, source: str) -> Any:
        (record_id,) = self.items[source]["records"]
        return self.office.json("record", "show", record_id)


@pytest.fixture(scope="module")
def taken(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    place = tmp_path_factory.mktemp("bad")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    inbox = place / "in"
    inbox.mkdir()
    for name, content in MAILS.items():
        (inbox / name).write_bytes(content)
    Path(os.fsdecode(os.fsencode(inbox) + b"/" + UNDECODABLE)).write_bytes(a_mail("Undecodable", "Its name."))
    (inbox / "cut.mbox").write_bytes(TRUNCATED)
    (inbox / "prose.mbox").write_bytes(UNQUOTED)
    (inbox / "folder.eml").mkdir()
    os.mkfifo(inbox / "pipe.eml")
    (inbox / "dangling.eml").symlink_to("nowhere")
    answer = office.run("ingest", str(inbox), "--items", str(place / "items.jsonl"), "--json")
    lines = [json.loads(line) for line in (place / "items.jsonl").read_text("utf-8").splitlines()]
    return Taken(office=office, answer=answer, items={one["source"].removeprefix("in/"): one for one in lines})


def test_every_item_has_an_outcome_and_the_sum_is_what_was_seen(taken: Taken):
    report = taken.answer.document
    assert taken.answer.status == 6
    assert report["seen"] == len(taken.items) == len(MAILS) + 7
    assert report["seen"] == sum(report[name] for name in ("archived", "duplicate", "quarantined", "failed"))
    assert all(one["outcome"] in {"archived", "quarantined", "failed"} for one in taken.items.values())


def test_whatever_was_not_archived_says_why(taken: Taken):
    without = [one["source"] for one in taken.items.values() if one["outcome"] != "archived" and not one["reason"]]
    assert without == []


def test_the_rest_of_the_batch_goes_on(taken: Taken):
    assert taken.items["a-first.eml"]["outcome"] == "archived"
    assert taken.items["z-last.eml"]["outcome"] == "archived"
    assert taken.office.json("search", '"ordinary mail"')["total"] == 2


@pytest.mark.parametrize(
    "name",
    ["c-nul.eml", "d-charset.eml", "e-eight-bit.eml", "f-1899.eml", "g-9999.eml", "h-headers.eml", "n-base64.eml"],
)
def test_a_strange_mail_that_a_reader_can_open_is_archived_and_can_be_found(taken: Taken, name: str):
    assert taken.items[name]["outcome"] == "archived", taken.items[name]["reason"]
    (record_id,) = taken.items[name]["records"]
    assert taken.office.json("search", f"id:{record_id}")["total"] == 1


@pytest.mark.parametrize("name", ["i-many-headers.eml", "j-nested.eml", "k-dolls.eml", "l-wide.eml", "q-big.eml"])
def test_a_mail_beyond_measure_ends_in_an_outcome_and_its_bytes_are_kept(taken: Taken, name: str):
    one = taken.items[name]
    assert one["submission"] is not None
    assert one["sha256"] == hashlib.sha256(MAILS[name]).hexdigest()
    assert one["outcome"] == "archived" or one["reason"]


@pytest.mark.parametrize(("name", "year"), [("f-1899.eml", "1899"), ("g-9999.eml", "9999")])
def test_a_date_out_of_all_bounds_is_shown_as_the_mail_says_it(taken: Taken, name: str, year: str):
    assert year in (taken.shown(name)["original"]["date"] or " ".join(taken.shown(name)["notes"]))


def test_what_is_no_regular_file_fails_with_that_reason(taken: Taken):
    for name in ("pipe.eml", "dangling.eml"):
        assert (taken.items[name]["outcome"], taken.items[name]["reason"]) == ("failed", "it is no regular file")


def test_a_folder_named_like_a_mail_is_a_folder(taken: Taken):
    assert not any(name.startswith("folder.eml") for name in taken.items)


def test_names_that_cannot_be_printed_are_made_printable(taken: Taken):
    strange = [name for name in taken.items if "\N{REPLACEMENT CHARACTER}" in name]
    assert sorted(strange) == ["s\ufffdnew line.eml", "t-\ufffd\ufffd.eml"]
    assert all(taken.items[name]["outcome"] == "archived" for name in strange)


def test_the_whole_message_of_a_truncated_mailbox_is_archived_and_the_cut_one_says_so(taken: Taken):
    assert taken.items["cut.mbox#1"]["outcome"] == "archived"
    cut = taken.items["cut.mbox#2"]
    assert "cut short" in cut["reason"]
    assert cut["sha256"] == hashlib.sha256(TRUNCATED.rpartition(b"2026\n")[2]).hexdigest()


def test_prose_that_begins_with_from_does_not_cut_a_message(taken: Taken):
    assert taken.items["prose.mbox#1"]["outcome"] == "archived"
    assert taken.items["prose.mbox#2"]["outcome"] == "archived"
    assert "prose.mbox#3" not in taken.items
    assert "From now on it snowed." in taken.shown("prose.mbox#1")["text"]


def test_every_original_is_exported_as_it_was_handed_in(taken: Taken, tmp_path: Path):
    taken.office.json("record", "export", "--all", "--to", str(tmp_path / "all"))
    exported = {
        path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "all").glob("*/001-original.*")
    }
    expected = {one["records"][0]: one["sha256"] for one in taken.items.values() if one["outcome"] == "archived"}
    assert exported == expected
    by_name = {name: hashlib.sha256(content).hexdigest() for name, content in MAILS.items()}
    assert all(taken.items[name.replace("\n", "\ufffd")]["sha256"] == digest for name, digest in by_name.items())


def test_what_was_taken_in_verifies(taken: Taken):
    assert taken.office.json("verify")["faults"] == []


def test_a_maildir_that_changes_while_it_is_read_gives_each_message_once(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from ingest.formats import maildir  # noqa: PLC0415 - the only test that reaches into it

    box = tmp_path / "Mail"
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True)
    for number in range(6):
        (box / "new" / f"{number}.host").write_bytes(a_mail(f"Box {number}", f"Letter {number}."))
    whole = maildir._read_file
    looked: list[str] = []

    def disturbed(path: Path, limit: int) -> bytes | str:
        looked.append(path.name)
        if len(looked) == 2:
            (box / "new" / "3.host").rename(box / "cur" / "3.host:2,S")
            (box / "new" / "4.host").unlink()
            (box / "new" / "9.host").write_bytes(a_mail("Box 9", "Letter 9, come meanwhile."))
        return whole(path, limit)

    monkeypatch.setattr(maildir, "_read_file", disturbed)
    report = office.json("ingest", str(box), status=6)
    assert (report["seen"], report["archived"], report["failed"]) == (7, 6, 1)
    assert "vanished" in report["problems"][0]["reason"]
