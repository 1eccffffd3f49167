"""Pages of a WARC capture: text, title, day, pictures, posts, and what is said of where they come from."""

from __future__ import annotations

import gzip
import zlib

import pytest

from ingest.formats.chats.slices import range_of
from storage.records import RecordKind
from tests.every_case import every_case
from tests.ingest.formats.captures.capture_writing import (
    PNG,
    URL,
    chunked,
    http,
    page,
    record,
    response,
    sha1,
    zipped_records,
)
from tests.ingest.formats.captures.taking import take


def test_a_page_becomes_a_record_with_its_text_title_time_and_address():
    taken = take(response(page()))
    one = taken.page
    assert one.kind is RecordKind.PAGE
    assert one.platform == "facebook"
    assert one.original.subject == "Snow day"
    assert one.original.date == "2024-03-01T20:00:00+00:00"
    assert one.conversation.day == "2024-03-01"
    assert one.conversation.url == URL
    assert "School is closed." in one.text
    assert one.reader == "warc 2"
    assert taken.tallies == {"pages": (1, 1, 0), "media": (None, 0, 0), "records": (1, 1, 0)}


def test_the_day_is_that_of_the_archives_zone():
    assert take(response(page(), date="2024-03-02T03:00:00Z")).page.conversation.day == "2024-03-01"


def test_the_source_is_the_record_byte_for_byte():
    written = response(page())
    taken = take(written)
    offset, size = range_of(taken.page.components[0].path)
    assert taken.slices[0][offset : offset + size] == written.removesuffix(b"\r\n\r\n")


@pytest.mark.parametrize(
    "pack", [lambda *one: b"".join(one), zipped_records, lambda *one: gzip.compress(b"".join(one))]
)
def test_records_are_the_same_however_the_file_is_compressed(pack):
    records = [
        record("warcinfo", b"software: Test 1\r\n", None),
        response(page("One"), "https://a.example/1"),
        record("request", b"GET / HTTP/1.1\r\n\r\n", "https://a.example/1"),
        response(page("Two", '<img src="/b.png">'), "https://a.example/2"),
        response(PNG, "https://a.example/b.png", "image/png"),
    ]
    taken = take(pack(*records))
    assert [one.original.subject for one in taken.pages] == ["One", "Two"]
    assert len(taken.pages[1].components) == 2
    assert "the capture says that it was made with Test 1" in taken.pages[0].asserted
    assert taken.tallies["records"] == (5, 5, 0)


@every_case(
    ("body", "fields"),
    [
        (chunked(page()), {"Transfer_Encoding": "chunked"}),
        (page(), {"Transfer_Encoding": "chunked"}),
        (gzip.compress(page()), {"Content_Encoding": "gzip"}),
        (chunked(gzip.compress(page())), {"Content_Encoding": "gzip", "Transfer_Encoding": "chunked"}),
        (zlib.compress(page()), {"Content_Encoding": "deflate"}),
        (zlib.compress(page())[2:-4], {"Content_Encoding": "deflate"}),
        (page(), {"Content_Encoding": "gzip"}),
        (page(), {"Content_Encoding": "br"}),
        (page(), {"Content_Encoding": "zstd"}),
        (page(), {"Content_Encoding": "identity"}),
    ],
    ids=[
        "chunks",
        "said to be chunked",
        "gzip",
        "gzip in chunks",
        "zlib",
        "deflate",
        "said to be gzip",
        "said to be Brotli",
        "said to be Zstandard",
        "none",
    ],
)
def test_a_body_is_read_as_it_was_sent(body, fields):
    one = take(response(body, **fields)).page
    assert "School is closed." in one.text
    assert one.unsearchable == ()


def test_a_compressed_body_that_is_cut_short_gives_what_is_there():
    lines = "".join(f"<p>passage number {number} of the page</p>" for number in range(3000))
    body = gzip.compress(page(body=lines))
    one = take(response(body[: len(body) // 2], Content_Encoding="gzip")).page
    assert "passage number 1 of the page" in one.text
    assert any("ends too early" in note for note in one.notes)


def test_pictures_of_a_page_come_with_it_and_others_are_set_aside():
    body = """<img src="/a.png"><img srcset="b.png 1x, /c.png 2x"><picture><source srcset="/d.webp"><img src="/e.png">
    </picture><img src="/missing.png"><img src="data:image/png;base64,AAAA">"""
    body += '<video poster="/f.png"></video>'
    pictures = {name: PNG + name.encode() for name in ("a.png", "c.png", "e.png", "f.png", "other.png")}
    records = [response(one, f"https://www.facebook.com/{name}", "image/png") for name, one in pictures.items()]
    taken = take(response(page(body=body)) + b"".join(records))
    names = [one.name.rpartition("/")[2] for one in taken.page.components[1:]]
    assert names == ["a.png", "c.png", "e.png", "f.png"]
    assert "1 files that the page shows are not in the capture" in taken.page.notes
    assert [name for name, _ in taken.aside] == ["https://www.facebook.com/other.png"]
    assert taken.tallies["media"] == (None, 4, 1)
    for one in taken.page.components[1:]:
        offset, size = range_of(one.path)
        assert taken.slices[0][offset : offset + size] == pictures[one.name.rpartition("/")[2]]


def test_addresses_of_pictures_follow_the_pages_base():
    body = '<base href="https://cdn.example/x/"><img src="a.png">'
    taken = take(response(page(body=body)) + response(PNG, "https://cdn.example/x/a.png", "image/png"))
    assert len(taken.page.components) == 2


def test_styles_programs_errors_and_redirections_make_no_record():
    taken = take(
        response(b"p{}", "https://a.example/s.css", "text/css")
        + response(b"{}", "https://a.example/api", "application/json")
        + response(page("Gone"), "https://a.example/gone", status="404 Not Found")
        + response(b"", "https://a.example/moved", status="301 Moved", Location="/")
        + record("resource", b"x", "ftp://a.example/x")
    )
    assert taken.pages == []
    assert len(taken.aside) == 5
    assert "status 404" in taken.aside[2][1]
    assert taken.tallies["records"] == (5, 5, 0)


def test_a_pdf_is_a_document_with_its_bytes():
    taken = take(response(b"%PDF-1.4 x", "https://a.example/files/budget%202024.pdf", "application/pdf"))
    assert taken.documents == [("budget 2024.pdf", b"%PDF-1.4 x")]


def test_what_a_server_leaves_open_is_told_by_the_bytes():
    taken = take(response(page(), media_type="application/octet-stream"))
    assert taken.page.original.subject == "Snow day"


def test_a_resource_without_http_is_a_page_too():
    taken = take(record("resource", page(), Content_Type="text/html"))
    assert taken.page.original.subject == "Snow day"


@pytest.mark.parametrize(
    ("printed", "at"),
    [
        ("2024-03-01T20:00:00.123456Z", "2024-03-01T20:00:00.123456+00:00"),
        ("2024-03-01T20:00:00.123456789Z", "2024-03-01T20:00:00.123456+00:00"),
        ("2024-03-01T20:00:00Z", "2024-03-01T20:00:00+00:00"),
        ("2024-03-01", "2024-03-01"),
        ("yesterday", "yesterday"),
        ("0000-13-01T00:00:00Z", "0000-13-01T00:00:00Z"),
    ],
)
def test_dates_are_read_to_the_microsecond_or_shown_as_they_are(printed, at):
    one = take(response(page(), date=printed)).page
    assert one.original.date == at
    assert (one.sent_at is None) == ("T20" not in printed)


@pytest.mark.parametrize("url", [f"<{URL}>", URL, f"{URL}#comments"])
def test_an_address_may_stand_in_brackets(url):
    one = take(response(page(), url)).page
    assert one.conversation.url == url.strip("<>")
    assert one.conversation.key == URL


def test_spaces_in_an_address_are_taken_and_found():
    body = '<img src="my picture.png">'
    taken = take(
        response(page(body=body), "https://a.example/b c")
        + response(PNG, "https://a.example/my picture.png", "image/png")
    )
    assert taken.page.conversation.url == "https://a.example/b c"
    assert len(taken.page.components) == 2


def test_a_revisit_has_the_text_of_what_it_refers_to():
    content = page()
    first = response(content, WARC_Payload_Digest=sha1(content))
    again = record(
        "revisit",
        http(b""),
        date="2024-04-01T20:00:00Z",
        Content_Type="application/http;msgtype=response",
        WARC_Payload_Digest=sha1(content),
        WARC_Profile="http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
    )
    for order in ((first, again), (again, first)):
        taken = take(b"".join(order))
        one = next(each for each in taken.pages if each.original.date.startswith("2024-04"))
        assert "School is closed." in one.text
        assert any("the same as that of 2024-03-01T20:00:00Z" in said for said in one.asserted)
        assert taken.tallies["pages"] == (2, 2, 0)


def test_a_revisit_of_a_page_that_is_elsewhere_says_so():
    again = record("revisit", http(b""), Content_Type="application/http", WARC_Payload_Digest=sha1(b"elsewhere"))
    one = take(again).page
    assert one.text == ""
    assert "has not what it was" in one.unsearchable[0]


def test_a_picture_that_was_sent_before_is_found_through_its_revisit():
    shown = page(body='<img src="/b.png">')
    taken = take(
        response(PNG, "https://www.facebook.com/a.png", "image/png", WARC_Payload_Digest=sha1(PNG))
        + response(shown)
        + record(
            "revisit",
            http(b"", "image/png"),
            "https://www.facebook.com/b.png",
            Content_Type="application/http",
            WARC_Payload_Digest=sha1(PNG),
        )
    )
    assert [one.size for one in taken.page.components[1:]] == [len(PNG)]


def test_what_the_browser_showed_is_added_to_the_text():
    taken = take(
        response(page("Feed", "<div id=app></div>"))
        + record("resource", b"Comment made by a script", f"urn:text:{URL}", Content_Type="text/plain")
        + record("resource", PNG, f"urn:fullPage:{URL}", Content_Type="image/png")
        + record("resource", b"{}", f"urn:pageinfo:{URL}", Content_Type="application/json")
    )
    assert taken.page.text.endswith("Comment made by a script")
    assert [one.media_type for one in taken.page.components[1:]] == ["image/png"]
    assert any("capturing browser" in one for one in taken.page.asserted)
    assert [name for name, _ in taken.aside] == [f"urn:pageinfo:{URL}"]


@pytest.mark.parametrize(
    ("address", "platform"),
    [
        ("https://m.facebook.com/x", "facebook"),
        ("https://x.com/a", "x"),
        ("https://twitter.com/a", "x"),
        ("https://www.youtube.com/watch?v=1", "youtube"),
        ("https://notfacebook.com/", None),
        ("https://facebook.com.example.org/", None),
        ("https://[::1/", None),
    ],
)
def test_the_platform_is_told_by_the_host(address, platform):
    assert take(response(page(), address)).page.platform == platform


def test_nothing_of_a_page_is_run_or_shown_that_is_a_program():
    body = '<script>document.write("written")</script><style>p{}</style><p onclick="x()">shown</p>'
    one = take(response(page(body=body))).page
    assert "written" not in one.text
    assert "shown" in one.text
