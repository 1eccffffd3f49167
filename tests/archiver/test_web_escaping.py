"""Whatever a message says, a page shows it and does not do it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from archiver.access import Role
from archiver.shown_text import LONGEST_TEXT, block, line
from archiver.web.rendering import day, size
from storage.records import (
    Component,
    ComponentRole,
    Conversation,
    Forward,
    ForwardMethod,
    Letterhead,
    Party,
)
from tests.archiver.web_site import OWN, add_record, letter, running_site
from tests.every_case import every_case

CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=http://tracker.example/p.gif>",
    "<svg/onload=alert(1)>",
    '"><script>alert(1)</script>',
    "'><iframe src=javascript:alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "</pre><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea></style></noscript><script>alert(1)</script>",
    "<!--><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>",
    "<a href='javascript:alert(1)'>press</a>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example'</style>",
    "<form action=//evil.example><button>go</button></form>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<details open ontoggle=alert(1)>",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<script\x00>alert(1)</script>",
    "\u202e<script>gpj.exe",
    "\ud800<script>alert(1)</script>",
    "javascript:alert(1)//",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "<ScRiPt/x>alert(1)</sCrIpT>",
    "<<script>script>alert(1)<</script>/script>",
]
# fmt: off
ALLOWED = {
    "html", "head", "meta", "title", "link", "body", "a", "header", "div", "span", "nav", "form", "button", "main",
    "details", "summary", "h1", "h2", "h3", "ul", "ol", "li", "section", "dl", "dt", "dd", "bdi", "pre", "p", "table",
    "thead", "tbody", "tr", "th", "td", "time", "code", "strong", "mark", "input", "label", "select", "option",
    "footer", "article",
}
# fmt: on
URLS = ("href", "src", "action")


class Page(HTMLParser):
    """Gathers what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in ALLOWED:
            self.wrong.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.wrong.append(f"{tag} {name}")
            if name in URLS and not (value or "").startswith(("/", "#")):
                self.wrong.append(f"{tag} {name}={value}")
            if tag == "meta" and name == "http-equiv":
                self.wrong.append(f"{tag} {name}")

    def handle_comment(self, data):
        self.wrong.append(f"comment {data}")

    def handle_data(self, data):
        self.text += data


def read(page: str) -> Page:
    parsed = Page()
    parsed.feed(page)
    parsed.close()
    return parsed


def hostile(text: str):
    name = text.replace("\ud800", "?")
    head = Letterhead(
        sender=Party(name=text, address=text),
        to=(Party(name=text, address=None),),
        cc=(Party(address=text),),
        date=text,
        subject=text,
        message_id=text,
    )
    return letter(
        text,
        f"hostile {text} hostile",
        original=head,
        forward=Forward(method=ForwardMethod.INLINE, by=text, comment=text),
        conversation=Conversation(title=text, participants=(text, text), day=text, zone=text),
        platform=text,
        components=(
            Component(
                id="cmp_hostile",
                role=ComponentRole.ATTACHMENT,
                media_type=text,
                name=name,
                size=1,
                sha256="0" * 64,
                path="2",
            ),
        ),
        verified=(text,),
        asserted=(text,),
        notes=(text,),
        unsearchable=(text,),
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@every_case("text", [one for one in CORPUS if "\ud800" not in one], ids=range(len(CORPUS) - 1))
def test_hostile_text_in_every_field_of_a_record_stays_text(site, text):
    made = add_record(site.installation, site.custodians[OWN], hostile(text), source=text)
    pages = {
        "record": site.get(f"/records/{made.record}").text,
        "receipt": site.get(f"/receipts/{made.submission}").text,
        "search": site.get("/search?q=hostile&page=1").text,
        "home": site.get("/").text,
    }

    for name, page in pages.items():
        assert read(page).wrong == [], name
    assert line(text) in read(pages["record"]).text
    assert line(text) in read(pages["receipt"]).text


@every_case("text", CORPUS, ids=range(len(CORPUS)))
def test_hostile_text_in_a_query_stays_text(site, text):
    with site.client(Role.OFFICER) as client:
        query = text.encode("utf-8", "replace").decode()
        for path in ("/search", "/sign-in"):
            page = client.get(path, params={"q": query, "next": query, "sort": query, "page": query})
            assert page.status_code in (200, 422)
            assert read(page.text).wrong == [], path


def test_the_shown_query_is_the_one_that_was_asked(site):
    with site.client(Role.OFFICER) as client:
        page = client.get("/search", params={"q": '"a & <b>"'}).text

    assert 'value="&#34;a &amp; &lt;b&gt;&#34;"' in page


def test_a_fault_in_the_file_name_cannot_break_out_of_the_header(site):
    text = 'a"; filename="x.html\r\nSet-Cookie: a=b'
    component = Component(
        id="cmp_x", role=ComponentRole.RENDITION, media_type="text/html", name=text, size=1, sha256="0" * 64
    )
    made = add_record(site.installation, site.custodians[OWN], letter("x", "x", components=(component,)))
    page = site.get(f"/records/{made.record}")

    assert page.status_code == 200
    assert "\r" not in page.text


def test_one_line_never_turns_its_direction_or_holds_controls():
    shown = line("photo\u202egpj.exe\r\nX\x00\x1b[31m")

    assert shown == "photo\ufffdgpj.exe\ufffd\ufffdX\ufffd\ufffd[31m"


def test_a_long_line_ends_in_an_ellipsis():
    assert len(line("x" * 10_000)) == 501
    assert line("x" * 10_000).endswith("…")


def test_a_long_text_is_cut_and_the_page_says_so(site):
    made = add_record(site.installation, site.custodians[OWN], letter("long", "word " * 100_000))
    page = site.get(f"/records/{made.record}").text

    assert "Only the first 400,000 of 500,000 characters are shown" in page
    assert len(page) < LONGEST_TEXT + 20_000


def test_a_block_keeps_its_lines_and_loses_its_controls():
    assert block("a\r\nb\tc\n\x00\x07\ud800") == "a\nb\tc\n\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (5 << 20, "5.0 MiB"),
        (3 << 30, "3.0 GiB"),
    ],
)
def test_sizes_are_shown_in_the_unit_that_fits(count, shown):
    assert size(count) == shown


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (None, "not stated"),
        ("2026-03-02T22:05:00+00:00", "Mar 2, 2026, 2:05 PM PST"),
        ("2026-07-02T07:00:00+00:00", "Jul 2, 2026, 12:00 AM PDT"),
        ("2026-03-02T09:05:00", "Mar 2, 2026, 9:05 AM (no zone stated)"),
        ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00"),
        ("0899-01-01T10:00:00", "Jan 1, 0899, 10:00 AM (no zone stated)"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_are_shown_in_the_archives_zone_or_as_they_came(when, shown):
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only here

    assert day(when, ZoneInfo("America/Los_Angeles")) == shown
