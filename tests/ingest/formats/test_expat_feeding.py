"""What every reader of XML by expat is kept from: types of its own, and a tag that does not end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.formats.expat_feeding import CHUNK, LONGEST_TOKEN, Feeder, XmlRefused
from ingest.formats.office.allowance import Allowance
from ingest.formats.office.xml_events import events
from ingest.formats.olm_xml import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator

BOMB = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
OUTSIDE = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


def endless() -> bytes:
    return b'<a b="' + b"x" * (LONGEST_TOKEN + 2 * CHUNK)


@pytest.mark.parametrize(
    "content", [BOMB, OUTSIDE, b"<a><b></a>", b"no XML", b"", b"<?xml version='1.0' encoding='no'?><a/>"]
)
def test_what_is_no_xml_or_declares_a_type_is_refused_by_each_reader(content):
    with pytest.raises(XmlRefused):
        read_xml([content])
    with pytest.raises(XmlRefused):
        list(events([content], Allowance()))


def test_a_tag_that_does_not_end_is_given_up_after_its_bound_by_each_reader():
    given = 0

    def pieces() -> Iterator[bytes]:
        nonlocal given
        for at in range(0, 64 << 20, CHUNK):
            given += CHUNK
            yield endless()[:CHUNK] if not at else b"x" * CHUNK

    with pytest.raises(XmlRefused, match="too long"):
        read_xml(pieces())
    assert given <= LONGEST_TOKEN + 4 * CHUNK
    given = 0
    with pytest.raises(XmlRefused, match="too long"):
        list(events(pieces(), Allowance()))
    assert given <= LONGEST_TOKEN + 4 * CHUNK


def test_long_text_and_many_tags_are_no_long_tag():
    assert read_xml([b"<a>", *[b"y" * CHUNK] * 80, b"</a>"]).text == "y" * CHUNK * 80
    assert len(read_xml([b"<a>", *[b"<b/>" * 1_000] * 100, b"</a>"]).inside) == 100_000


def test_what_a_handler_raises_comes_through():
    class Full(Exception):
        pass

    def refuse(*_: object) -> None:
        raise Full

    feeder = Feeder()
    feeder.on(start=refuse, end=lambda _: None, text=lambda _: None)
    with pytest.raises(Full):
        feeder.feed(b"<a/>")
