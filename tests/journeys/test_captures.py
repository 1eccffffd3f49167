"""Captures of a public page through the command line: handed in, shown, compared, found and given out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.archiver.commands import CUSTODIAN, Office
from tests.ingest.formats.captures.capture_writing import PNG, URL, page, record, response, wacz, zipped_records

if TYPE_CHECKING:
    from pathlib import Path

COMMENT = """<div itemscope itemtype="https://schema.org/Comment"><a itemprop="author" href="/u">{}</a>
<time itemprop="dateCreated" datetime="2024-03-01T12:00:00-08:00">then</time><p itemprop="text">{}</p></div>"""
FIRST = response(
    page(
        "Snow day", '<img src="/p.png">' + COMMENT.format("Bo", "Shame on the heronry") + COMMENT.format("Cy", "Thanks")
    )
)
LATER = response(page("Snow day", '<img src="/p.png">' + COMMENT.format("Cy", "Thanks")), date="2024-03-05T20:00:00Z")
PICTURE = response(PNG, "https://www.facebook.com/p.png", "image/png")
PDF = response(b"%PDF-1.4\n%%EOF\n", "https://www.facebook.com/plan.pdf", "application/pdf")


def hand_in(office: Office, path: Path, content: bytes, status: int = 0) -> dict:
    path.write_bytes(content)
    return office.json("ingest", str(path), "--custodian", CUSTODIAN, status=status)


def pages(office: Office) -> list[dict]:
    found = [office.json("record", "show", one["id"]) for one in office.json("record", "list")]
    return sorted((one for one in found if one["kind"] == "page"), key=lambda one: one["original"]["date"])


def test_captures_of_a_page_are_records_that_say_what_was_removed(office: Office, tmp_path: Path) -> None:
    made = record("warcinfo", b"software: Test crawler\r\n", None)
    report = hand_in(office, tmp_path / "first.warc.gz", zipped_records(made, FIRST, PICTURE, PDF))
    assert (report["archived"], report["records"]) == (2, 2)
    listed = [{"url": URL, "ts": "2024-03-05T20:00:00Z", "title": "x"}]
    hand_in(office, tmp_path / "second.wacz", wacz({"a.warc": LATER}, listed))
    first, later = pages(office)
    assert first["platform"] == "facebook"
    assert first["original"]["subject"] == "Snow day"
    assert [(one["sender"], one["text"]) for one in first["messages"]] == [
        ("Bo", "Shame on the heronry"),
        ("Cy", "Thanks"),
    ]
    assert [one["media_type"] for one in first["components"]] == ["application/warc", "image/png"]
    removed = [one for one in later["notes"] if first["id"] in one]
    assert "of the 2 posts and comments of the capture before it" in removed[0]
    assert "1 are no longer there; 0 are new" in removed[0]
    assert [one["id"] for one in office.json("search", "heronry")["hits"]] == [first["id"]]
    shown = office.run("record", "show", first["id"]).out
    assert "Shame on the heronry" in shown
    assert shown.count("Thanks") == 2  # the comment, and the page's text

    office.json("record", "export", first["id"], "--to", str(tmp_path / "out"))
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert FIRST.removesuffix(b"\r\n\r\n") in written
    assert PNG in written


def test_bad_captures_end_with_a_reason(office: Office, tmp_path: Path) -> None:
    cut = zipped_records(FIRST, LATER)[:-200]
    assert hand_in(office, tmp_path / "cut.warc.gz", cut, 6)["records"] >= 1
    other = response(page("Bus routes"), URL)
    lying = wacz({"a.warc": other}, [{"url": URL}], spoil="archive/a.warc")
    assert hand_in(office, tmp_path / "lying.wacz", lying)["archived"] == 1
    plain = hand_in(office, tmp_path / "x.warc", b"WARC/1.1\r\nnothing of the kind\r\n\r\n" * 3)
    assert plain["records"] == 1
    containers = {one["source"]: one for one in office.run("container", "list", "--json").document["containers"]}
    names = ("cut.warc.gz", "lying.wacz")
    findings = [office.run("container", "show", containers[name]["id"], "--json").out for name in names]
    assert "cut short" in findings[0]
    assert "does not fit it" in findings[1]
    assert [one["kind"] for one in office.json("record", "list")].count("document") == 1
