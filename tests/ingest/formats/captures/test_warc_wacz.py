"""WACZ: the pages that it lists, its digests, and the files beside; and the fixtures of both formats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ingest.formats import zip_members
from tests.ingest.formats.captures.capture_writing import URL, page, record, response, wacz, zipped_records
from tests.ingest.formats.captures.taking import take

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [{"url": URL, "ts": "2024-03-01T20:00:00Z", "title": "Listed"}]
FRAME = response(page("Advert"), "https://ads.example/frame")


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc"])
def test_listed_pages_become_records_and_html_in_them_does_not(name, deflated):
    pack = zipped_records if name.endswith("gz") else lambda *one: b"".join(one)
    content = wacz({name: pack(response(page()), FRAME)}, PAGES, deflated=deflated)
    taken = take(content, zip_members, "x.zip")
    if deflated and name.endswith("gz"):
        assert "compressed twice" in taken.said()
        return
    assert taken.page.original.subject == "Snow day"
    assert (
        "https://ads.example/frame",
        "it is HTML that a page fetched, and the capture does not list it as a page",
    ) in (taken.aside)
    assert taken.remarks == []
    assert {name for name, _ in taken.aside} >= {"index.cdx.gz", "pages.jsonl", "datapackage.json"}
    assert taken.tallies["pages"] == (1, 1, 0)
    assert taken.tallies["records"] == (2, 2, 0)


def test_without_a_list_all_html_is_pages():
    taken = take(wacz({"a.warc": response(page()) + FRAME}), zip_members)
    assert len(taken.pages) == 2


def test_several_files_are_one_capture():
    content = wacz(
        {
            "a.warc": response(page(body='<img src="/a.png">')),
            "b.warc.gz": zipped_records(response(b"\x89PNG\r\n\x1a\n", "https://www.facebook.com/a.png", "image/png")),
        },
        PAGES,
    )
    assert len(take(content, zip_members).page.components) == 2


def test_the_browsers_text_and_title_of_the_list_are_taken():
    listed = [PAGES[0] | {"text": "A comment that a script made"}]
    taken = take(wacz({"a.warc": response(b"<p>x</p>")}, listed), zip_members)
    assert taken.page.original.subject == "Listed"
    assert taken.page.text.endswith("A comment that a script made")


def test_a_listed_page_that_was_led_elsewhere_is_found():
    moved = response(b"", URL, status="302 Found", Location="https://www.facebook.com/login")
    content = wacz({"a.warc": moved + response(page("Login"), "https://www.facebook.com/login")}, PAGES)
    taken = take(content, zip_members)
    assert taken.page.original.subject == "Login"
    assert taken.tallies["pages"] == (1, 1, 0)


def test_a_listed_page_that_is_not_there_is_missing():
    taken = take(wacz({"a.warc": FRAME}, PAGES), zip_members)
    assert taken.pages == []
    assert taken.tallies["pages"] == (1, 0, 1)
    assert [(one.path, one.lost) for one in taken.remarks] == [(URL, 1)]


def test_a_file_that_does_not_fit_its_digest_is_said_and_read():
    taken = take(wacz({"a.warc": response(page())}, PAGES, spoil="archive/a.warc"), zip_members)
    assert taken.page.original.subject == "Snow day"
    assert [one.path for one in taken.remarks] == ["archive/a.warc"]
    assert "does not fit it" in taken.said()


@pytest.mark.parametrize(
    ("signed", "said"),
    [
        ({"signedData": {"domain": "a.example"}}, "for a domain"),
        ({"signedData": {"publicKey": "x"}}, "with a key of its own"),
        ({"hash": "sha256:00"}, "does not fit"),
    ],
)
def test_a_signature_is_named_and_not_verified(signed, said):
    assert said in take(wacz({"a.warc": response(page())}, PAGES, signed=signed), zip_members).said()


@pytest.mark.parametrize(
    "package",
    [
        {},
        {"resources": 7},
        {"resources": [1, {"path": 2}, {"path": "gone"}]},
        {"profile": "data-package", "resources": [{"path": "archive/a.warc", "hash": 5}]},
    ],
)
def test_a_list_of_files_that_is_odd_is_said_and_the_pages_are_read(package):
    taken = take(wacz({"a.warc": response(page())}, PAGES, package=package), zip_members)
    assert taken.page.original.subject == "Snow day"
    assert taken.remarks


@pytest.mark.parametrize("line", [b"{", b"[1]", b'{"url": 7}', b"[" * 100_000, b"\xff\xfe"])
def test_a_line_of_the_list_that_is_none_is_counted(line):
    more = {"pages/extraPages.jsonl": b'{"format": "json-pages-1.0"}\n' + line + b"\n"}
    taken = take(wacz({"a.warc": response(page())}, PAGES, more=more), zip_members)
    assert [one.lost for one in taken.remarks] == [1]
    assert len(taken.pages) == 1


def test_a_zip_that_only_has_a_list_of_files_is_a_zip():
    content = wacz({}, None, package={"name": "rainfall", "resources": []})
    taken = take(content, zip_members, "x.zip")
    assert [name for name, _ in taken.documents] == ["index.cdx.gz", "datapackage.json"]


def test_other_files_of_it_are_members():
    taken = take(wacz({"a.warc": response(page())}, PAGES, more={"notes.txt": b"by hand"}), zip_members)
    assert taken.documents == [("notes.txt", b"by hand")]


def test_a_file_in_archive_that_is_no_warc_is_said():
    taken = take(wacz({"a.warc": b"nothing of the kind", "b.warc": response(page())}, PAGES), zip_members)
    assert "does not begin with a record" in taken.said()
    assert len(taken.pages) == 1
    assert taken.documents == [("a.warc", b"nothing of the kind")]


def test_fixtures_of_warc_give_their_records(shared_dir: Path):
    folder = shared_dir / "fixtures/warc/webrecorder__warcio"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        if case["file"].endswith(".arc"):
            continue  # another format, of before 2009
        taken = take((folder / case["file"]).read_bytes())
        assert taken.tallies["records"] == (len(case["records"]), len(case["records"]), 0), case["file"]
        pages = sum(one in ("response", "resource") for one in case["records"])
        assert len(taken.pages) == pages
        if "first_response_contains" in case:
            assert case["first_response_contains"] in taken.pages[0].text
        damaged = [note for one in taken.pages for note in one.notes if "does not fit" in note or "early" in note]
        assert bool(damaged) == bool(case.get("errors"))


def test_fixtures_that_wacz_files_are_made_from_are_read_whole(shared_dir: Path):
    counts = {}
    for path in sorted((shared_dir / "fixtures/warc/webrecorder__py-wacz").glob("*.warc*")):
        taken = take(path.read_bytes())
        held, got, _ = taken.tallies["records"]
        assert held == got
        assert "does not fit" not in taken.said()
        assert all(one.text and not any("the page" in said for said in one.unsearchable) for one in taken.pages)
        counts[path.name] = (held, len(taken.pages))
    assert counts == {
        "example-collection-with-lists.warc": (38, 6),
        "example-collection.warc": (4, 1),
        "example-iana.warc": (118, 6),
        "example-resource.warc.gz": (3, 2),
        "example-warcinfo-metadata.warc": (4, 1),
    }


def test_fixtures_of_wacz_are_valid_or_not_as_stated(shared_dir: Path):
    folder = shared_dir / "fixtures/wacz/webrecorder__py-wacz"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        taken = take((folder / case["file"]).read_bytes(), zip_members, case["file"])
        assert (not any(one.path or one.lost for one in taken.remarks)) is case["valid"], case["file"]
        assert len(taken.pages) == case["valid"]


def test_record_types_of_the_making_are_counted():
    made = record("warcinfo", b"x", None) + record("metadata", b"y") + record("conversion", b"z")
    taken = take(made + response(page()))
    assert "1 conversion, 1 metadata, 1 warcinfo" in taken.said()
    assert taken.tallies["records"] == (4, 4, 0)
