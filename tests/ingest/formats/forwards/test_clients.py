"""Forwards as single clients print them where they differ from all others, plain and in HTML."""

from __future__ import annotations

import pytest

from ingest.formats import html_text
from ingest.formats.forwarded import InlineForward, find_forward, subject_kind
from ingest.formats.html_text import html_to_text
from tests.every_case import every_case

BLOCK = "From: Jo Day <jo@far.example>\nDate: Wed, Apr 6, 2022 at 10:23 AM\nSubject: Boiler\nTo: <a@near.example>\n"
BODY = "\nBody text\n"


def _found(text: str, subject: str = "Fwd: Boiler") -> InlineForward:
    found = find_forward(text, subject)
    assert found is not None
    return found


def _is_boiler(found: InlineForward) -> None:
    head = found.original
    assert head.sender is not None
    assert (head.sender.name, head.sender.address) == ("Jo Day", "jo@far.example")
    assert head.subject == "Boiler"
    assert head.date is not None
    assert head.date.startswith("2022-04-06T10:23")
    assert [party.address for party in head.to] == ["a@near.example"]


PLAIN = {
    "no dashes": f"Forwarded message\n{BLOCK}",
    "long dashes": f"———— Forwarded message ————\n{BLOCK}",
    "stars": f"******** Forwarded message ********\n{BLOCK}",
    "mutt": f"----- Forwarded message from Jo Day <jo@far.example> -----\n\n{BLOCK}User-Agent: Mutt/2.2\n",
    "zoho": f"============ Forwarded message ============\n{BLOCK}============ Forwarded message ============\n",
    "thunderbird, marker cut off": "Subject: Boiler\nDate: Wed, 6 Apr 2022 10:23:05 +0200\n"
    "From: Jo Day <jo@far.example>\nTo: a@near.example\n",
    "quoted twice": "".join(f">> {line}\n" for line in f"Begin forwarded message:\n\n{BLOCK}{BODY}".splitlines()),
    "proton": "------- Forwarded Message -------\nFrom: Jo Day <jo@far.example>\n"
    "Date: On Wednesday, April 6th, 2022 at 10:23 AM\nSubject: Boiler\nTo: a@near.example <a@near.example>\n",
    "a marker worded otherwise": f"----- Mail forwarded to you -----\n{BLOCK}",
    "a marker worded otherwise, without dashes": "Hier beginnt die weitergeleitete Nachricht:\n\n"
    "Von: Jo Day <jo@far.example>\nDatum: 6. April 2022 um 10:23:05 MESZ\nAn: a@near.example\nBetreff: Boiler\n",
    "samsung": "-------- Original message --------\nFrom: Jo Day <jo@far.example> \n"
    "Date: 4/6/22  10:23 AM  (GMT-08:00) \nTo: a@near.example \nSubject: Boiler \n",
    "outlook, mailto": "From: Jo Day <jo@far.example<mailto:jo@far.example>>\nSent: Wednesday, 6 April 2022 10:23\n"
    "To: <a@near.example<mailto:a@near.example>>\nSubject: Boiler\n",
    "yahoo, folded": "   ----- Forwarded Message ----- From: Jo Day <jo@far.example>To: a@near.example "
    "<a@near.example>Sent: Wednesday, April 6, 2022, 10:23:05 AM PDTSubject: Boiler\n",
    "k-9": "-------- Original Message --------\nFrom: Jo Day <jo@far.example>\nSent: April 6, 2022 10:23:05 AM PDT\n"
    "To: a@near.example\nSubject: Boiler\n",
    "headers that no table knows": "Begin forwarded message:\n\nFrom: Jo Day <jo@far.example>\n"
    "Date: April 6, 2022 at 10:23:05 AM PDT\nTo: a@near.example\nList-Help: <x>\nX-Odd: bar\nSubject: Boiler\n",
    "each value below its label": "-----Original Message-----\n\nFrom:\nJo Day <jo@far.example>\n\nSent:\n"
    "Wednesday, April 6, 2022 10:23 AM\n\nTo:\na@near.example\n\nSubject:\nBoiler\n",
    "ionos, german": "> ---------- Ursprüngliche Nachricht ----------\n> Von: Jo Day <jo@far.example>\n"
    '> An: "a@near.example" <a@near.example>\n> Datum: 06.04.2022 10:23 CEST\n> Betreff: Boiler\n',
    "outlook for a phone in german": "________________________________\nVon: Jo Day <jo@far.example>\n"
    "Gesendet: Mittwoch, April 6, 2022 10:23:05 AM\nAn: a@near.example <a@near.example>\nBetreff: Boiler\n",
    "labels with blanks between their signs": "---------- 转发的邮件 ----------\n发 件 人：Jo Day <jo@far.example>\n"
    "日 期：2022年4月6日 10:23\n收 件 人：a@near.example\n主 题：Boiler\n",
}

_TABLE = "".join(
    f"<tr><th>{label}: </th><td>{value}</td></tr>"
    for label, value in (
        ("Subject", "Boiler"),
        ("Date", "Wed, 6 Apr 2022 10:23:05 +0200"),
        ("From", 'Jo Day <a href="mailto:x">&lt;jo@far.example&gt;</a>'),
        ("To", "a@near.example"),
    )
)
_BOLD = (
    "<b>From:</b> Jo Day &lt;jo@far.example&gt;{0}<b>Sent:</b> Wednesday, April 6, 2022 10:23 AM{0}"
    "<b>To:</b> a@near.example &lt;a@near.example&gt;{0}<b>Subject:</b> Boiler"
)
HTML = {
    "thunderbird": f"<div>-------- Forwarded Message --------<table>{_TABLE}</table><br>Body text</div>",
    "outlook": f"<hr><div id=divRplyFwdMsg><font>{_BOLD.format('<br>')}</font><div>&nbsp;</div></div><p>Body text</p>",
    "outlook, divs": f"<div>{_BOLD.format('</div><div>')}</div><p>Body text</p>",
    "yahoo": f"<div>----- Forwarded Message -----</div><div>{_BOLD.format('</div><div>')}</div><p>Body text</p>",
    "apple, phone": "<blockquote type=cite>Begin forwarded message:<br><br><div dir=ltr>"
    f"{_BOLD.format('<br>').replace('Sent', 'Date')}<br><br></div>Body text</blockquote>",
    "outlook, french table": "<table><tr><td><b>De :</b></td><td>Jo Day &lt;jo@far.example&gt;</td></tr><tr><td>"
    "<b>Envoyé :</b></td><td>mercredi 6 avril 2022 10:23</td></tr><tr><td><b>À :</b></td><td>a@near.example</td></tr>"
    "<tr><td><b>Objet :</b></td><td>Boiler</td></tr></table><p>Body text</p>",
}


@every_case("client", PLAIN)
def test_what_one_client_prints_differently_is_read(client: str):
    found = _found(f"Kept for you.\n\n{PLAIN[client]}{BODY}")
    _is_boiler(found)
    assert found.comment == "Kept for you."
    assert found.body.splitlines()[-1] == "Body text"


@pytest.mark.parametrize("client", HTML)
def test_html_only_forwards_are_read_laid_out_and_scanned(client: str):
    markup = f"<html><body><p>Kept for you.</p>{HTML[client]}</body></html>"
    for text in (html_to_text(markup)[0], html_text._scanned(markup)):
        found = _found(text)
        _is_boiler(found)
        assert found.comment == "Kept for you."
        assert found.body == "Body text"


def test_a_prefix_that_two_languages_use_is_decided_by_the_letterhead():
    assert subject_kind("VS: Boiler") is None
    assert subject_kind("VS: Boiler", frozenset({"da"})) == "forward"
    assert subject_kind("VS: Boiler", frozenset({"fi"})) == "reply"


def test_a_rule_and_an_empty_marker_above_are_no_comment():
    text = (
        f"Look\n\n------- Original Message -------\nOn Wed, Apr 6, 2022 at 10:23 AM Jo <jo@far.example> wrote:\n{BODY}"
    )
    assert _found(text).comment == "Look"


def test_the_signature_of_the_forwarder_stays_in_the_comment():
    assert _found(f"Look\n\n-- \nMaria\n\nForwarded message\n{BLOCK}{BODY}").comment == "Look\n\n--\nMaria"


def test_a_day_in_digits_that_could_be_two_is_null_in_english_and_read_where_the_language_orders_it():
    english = "-----Original Message-----\nFrom: J <j@x.example>\nSent: {0}\nTo: a@x.example\nSubject: B\n"
    french = "-----Message d'origine-----\nDe : J <j@x.example>\nEnvoyé : {0}\nÀ : a@x.example\nObjet : B\n"
    assert _found(english.format("03/04/2022 10:23")).original.date is None
    assert _found(french.format("03/04/2022 10:23")).original.date == "2022-04-03T10:23:00"


def test_the_chain_ends_at_fifty():
    found = _found(f"---------- Forwarded message ---------\n{BLOCK}\n" * 200)
    assert len(found.chain) == 51


@every_case(
    "text",
    [
        ("---------- Forwarded message ---------\nSubject: a\n") * 18_000,
        "1a@b wrote:\n" * 80_000,
        (("a " * 290) + "12:10 x@y wrote:\n") * 1_700,
        "".join(f"{'>' * (place % 600)}From: a\n" for place in range(3_000)),
        "----- Forwarded Message ----- " + "From: a To: b Cc " * 60_000,
        "é:\n" * 300_000,
        "发件人：a\n" * 100_000,
        ("写道" * 290 + "1：\n") * 1_700,
    ],
    ids=["markers", "attributions", "wide attributions", "quotes", "folded", "accents", "chinese", "verbs"],
)
def test_text_made_to_be_slow_still_ends(text: str):
    find_forward(text, "Fwd: x")
    find_forward(text, "VS: x")
