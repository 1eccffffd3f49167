"""SMS Backup & Restore: texts, multimedia messages, calls; and the XML that Android apps write."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.formats.chats import sms
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Media, Said, Stated
from ingest.formats.chats.xml_tags import REFUSED, resolved, tags
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<!--Backup-->\n"
AT = 1_696_889_179_789


def text(body: str, kind: int = 1, number: str = "+18885554321", name: str = "Susie Glow", at: object = AT) -> str:
    return (
        f'  <sms protocol="0" address="{number}" date="{at}" type="{kind}" subject="null" body="{body}" toa="null" '
        f'read="1" status="-1" date_sent="0" readable_date="Oct 9, 2023 15:06:19" contact_name="{name}" />\n'
    )


def mms(parts: str, box: int = 1, address: str = "+18885551234~+18885554321", addrs: str = "", more: str = "") -> str:
    return (
        f'  <mms date="{AT}" msg_box="{box}" address="{address}" m_id="m1" sub="null" text_only="0" '
        f'contact_name="Joe Blow, Susie Glow" {more}>\n    <parts>\n{parts}    </parts>\n'
        f"    <addrs>\n{addrs}    </addrs>\n  </mms>\n"
    )


def addr(number: str, kind: int) -> str:
    return f'      <addr address="{number}" type="{kind}" charset="106" />\n'


def part(kind: str, *, said: str = "null", data: str | None = None, name: str = "null") -> str:
    held = f' data="{data}"' if data is not None else ""
    return f'      <part seq="0" ct="{kind}" name="{name}" cl="null" cid="&lt;x&gt;" text="{said}"{held} />\n'


def backup(*items: str, count: int | None = None) -> bytes:
    body = "".join(items)
    return f'{HEADER}<smses count="{len(items) if count is None else count}">\n{body}</smses>'.encode()


def read(content: bytes) -> list[Said | Stated | Remark]:
    held = HeldFiles(files={"x": content}, name="x")
    assert sms.recognise(held)
    return list(sms.read(held))


def said(content: bytes) -> list[Said]:
    return [one for one in read(content) if isinstance(one, Said)]


def test_texts_are_of_those_who_sent_them() -> None:
    first, second, draft = said(backup(text("hi"), text("ho", 2, "8885554321"), text("later", 3)))
    assert first.thread is second.thread is draft.thread
    assert first.thread.participants == ("Susie Glow <+18885554321>", "Me")
    assert [(one.message.sender, one.message.side) for one in (first, second)] == [
        ("Susie Glow <+18885554321>", "left"),
        ("Me", "right"),
    ]
    assert first.message.at == datetime(2023, 10, 9, 22, 6, 19, 789_000, tzinfo=UTC)
    assert first.message.unmapped == ()
    assert draft.message.unmapped == ("type (draft, not known to be sent)",)


def test_a_multimedia_message_that_was_not_sent_says_so() -> None:
    sent, draft = said(backup(mms(part("text/plain", said="a"), 2), mms(part("text/plain", said="b"), 3)))
    assert sent.message.unmapped == ()
    assert draft.message.unmapped == ("msg_box (draft, not known to be sent)",)


def test_raw_is_the_element_as_it_stands() -> None:
    content = backup(text("a &amp; b"), mms(part("text/plain", said="süß")))
    for one in said(content):
        assert one.message.raw in content
    assert said(content)[1].message.raw.startswith(b"<mms date=")
    assert said(content)[1].message.raw.endswith(b"</addrs>\n  </mms>")


def test_emoji_as_two_references_and_other_references_are_text() -> None:
    (one,) = said(backup(text("&#55357;&#56832;&#10;&lt;b&gt; &quot;&apos; &#x1F600; &#55357; &nbsp; &#0;")))
    assert one.message.text == "😀\n<b> \"' 😀 \ufffd &nbsp; \ufffd"


@pytest.mark.parametrize(("at", "expected"), [(AT, AT), (AT // 1000, AT // 1000 * 1000)])
def test_moments_are_milliseconds_or_in_some_versions_seconds(at: int, expected: int) -> None:
    (one,) = said(backup(text("x", at=at)))
    assert one.message.at is not None
    assert int(one.message.at.timestamp() * 1000) == expected


@pytest.mark.parametrize("at", ["0", "-5", "null", "", "9" * 40, "x", "٣"])
def test_a_moment_that_cannot_be_is_none(at: str) -> None:
    (one,) = said(backup(text("x", at=at)))
    assert one.message.at is None


def test_the_text_null_is_nothing() -> None:
    (one,) = said(backup(text("null", number="null", name="null")))
    assert (one.message.text, one.message.sender) == ("", None)
    assert one.thread.key == "unknown"


def test_a_multimedia_message_has_its_text_its_files_and_no_layout() -> None:
    content = b"\x89PNG" * 5
    parts = (
        part("application/smil", said="&lt;smil/&gt;")
        + part("image/png", data=base64.b64encode(content).decode(), name="a.png")
        + part("text/plain", said="one")
        + part("text/plain", said="two")
    )
    both = addr("+441234567890", 137) + addr("+18885551234", 151) + addr("+18885554321", 130)
    (one,) = said(backup(mms(parts, 2, addrs=both)))
    assert one.message.text == "one\ntwo"
    assert one.message.attachments == (Media(name="a.png", media_type="image/png", inline=content),)
    assert (one.message.sender, one.message.side) == ("Me <+441234567890>", "right")
    assert one.thread.participants == ("Joe Blow <+18885551234>", "Susie Glow <+18885554321>", "Me <+441234567890>")
    assert one.thread.key == "8885551234,8885554321"
    assert "addrs.addr.type" in one.message.unmapped


def test_in_a_group_the_sender_is_the_address_that_sent() -> None:
    (one,) = said(backup(mms(part("text/plain", said="x"), addrs=addr("(888) 555-4321", 137) + addr("+4412", 151))))
    assert (one.message.sender, one.message.side) == ("Susie Glow <(888) 555-4321>", "left")


def test_a_file_without_bytes_is_named_and_one_that_is_no_base64_is_told() -> None:
    parts = part("image/png", name="a.png") + part("image/png", name="b.png", data="@@@")
    found = read(backup(mms(parts)))
    (one,) = [each for each in found if isinstance(each, Said)]
    assert [each.present for each in one.message.attachments] == [False, False]
    assert [each.lost for each in found if isinstance(each, Remark)] == [0]
    assert Stated(what="media", count=2, path="x") in found


def test_base64_in_lines_is_read() -> None:
    data = base64.b64encode(b"0123456789" * 20).decode()
    (one,) = said(backup(mms(part("image/png", data=data[:76] + "&#10;" + data[76:152] + "\n" + data[152:]))))
    assert one.message.attachments[0].inline == b"0123456789" * 20


def test_an_attribute_of_twelve_megabytes_is_read() -> None:
    (one, two) = said(backup(mms(part("video/mp4", data="QUJD" * (3 << 20))), text("after")))
    assert one.message.attachments[0].inline == b"ABC" * (3 << 20)
    assert two.message.text == "after"


def test_a_tag_over_the_limit_is_passed_over_and_what_follows_is_read() -> None:
    content = b"<a x='" + b"1" * 600_000 + b"\" <>' y=\"2\"/><b z='3'/>"
    found = list(tags(io.BytesIO(content), largest=1_000))
    assert [(one.name, one.too_large) for one in found] == [("a", True), ("b", False)]
    assert found[1].attributes() == {b"z": b"3"}


def test_a_message_that_is_too_large_is_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms, "_LARGEST_MESSAGE", 1_000)
    found = read(backup(mms(part("image/png", data="QUJD" * 500)), text("after")))
    assert [one.message.text for one in found if isinstance(one, Said)] == ["after"]
    assert [one.lost for one in found if isinstance(one, Remark)] == [1]
    assert Stated(what="messages", count=2, path="x") in found


def test_a_subject_is_the_first_line_unless_it_is_for_machines() -> None:
    plain = part("text/plain", said="x")
    texts = [mms(plain, more=f'sub="{subject}"') for subject in ("Trip", "proto:CjoK", "NoSubject")]
    content = backup(*(one.replace('sub="null" ', "") for one in texts))
    assert [one.message.text for one in said(content)] == ["Trip\nx", "x", "x"]


def test_calls_are_notices() -> None:
    calls = "".join(
        f'<call number="18885551234" duration="{seconds}" date="{AT}" type="{kind}" contact_name="(Unknown)" />'
        for kind, seconds in ((1, 5), (2, 72), (3, 0), (5, 0), (99, 0))
    )
    found = said(f'{HEADER}<calls count="5">{calls}</calls>'.encode())
    assert [one.message.text for one in found] == [
        "incoming call, 5 seconds",
        "outgoing call, 72 seconds",
        "missed call",
        "rejected call",
        "call",
    ]
    assert all(one.message.system for one in found)
    assert [one.message.sender for one in found[:2]] == ["18885551234", "Me"]
    assert found[0].thread.key == "8885551234"
    assert found[-1].message.unmapped == ("type",)


def test_a_header_that_counts_otherwise_is_told_and_loses_nothing() -> None:
    found = read(backup(text("a"), count=7))
    assert Stated(what="messages", count=1, path="x") in found
    assert [one.lost for one in found if isinstance(one, Remark)] == [0]


def test_a_file_that_is_cut_keeps_what_came_before_and_says_what_was_promised() -> None:
    found = read(backup(text("a"), text("b"), text("c"))[:-80])
    assert [one.message.text for one in found if isinstance(one, Said)] == ["a", "b"]
    assert Stated(what="messages", count=3, path="x") in found
    assert any(isinstance(one, Remark) and one.lost is None for one in found)


BOMB = '<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'


def test_a_document_type_is_refused() -> None:
    content = backup(text("&b;&f;")).replace(b"<smses", BOMB.encode() + b"<smses")
    found = read(content)
    assert not any(isinstance(one, Said) for one in found)
    assert any(isinstance(one, Remark) and REFUSED in one.text for one in found)
    with pytest.raises(ContainerBroken):
        list(tags(io.BytesIO(BOMB.encode())))


def test_references_to_entities_mean_nothing() -> None:
    assert resolved(b"&a;&xxe;&#99999999;") == "&a;&xxe;&#99999999;"


def _broken() -> Iterator[bytes]:
    whole = backup(text("a"), mms(part("text/plain", said="b")), text("c"))
    yield whole.replace(b'type="1"', b"type=1")
    yield whole.replace(b"<parts>", b"<parts").replace(b"</parts>", b"<<>")
    yield whole.replace(b'body="', b"body='")
    yield whole.replace(b"</mms>", b"")
    yield whole.replace(b"&lt;", b"\x00\xff\x1f")


@pytest.mark.parametrize("content", tuple(_broken()))
def test_damaged_markup_ends_in_messages_or_remarks(content: bytes) -> None:
    found = list(sms.read(HeldFiles(files={"x": content})))
    assert any(isinstance(one, Stated) for one in found)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html><body>smses</body></html>", b"<smses>", b"<calls><x/></calls>", b"{}", b"<feed><entry/></feed>"],
)
def test_other_files_are_not_taken(content: bytes) -> None:
    assert not sms.recognise(HeldFiles(files={"sms.xml": content}))


def test_the_shared_exports_give_their_stated_facts(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/sms-backup-restore/wjcarpenter__gvoice-sms-takeout-xml"
    texts, calls = json.loads((folder / "expected.json").read_text())["cases"]
    found = said((folder / texts["file"]).read_bytes())
    assert len(found) == texts["n_sms"] + texts["n_mms"]
    told, one = texts["mms"], found[-1]
    assert told["from_"].split()[0] in (one.message.sender or "")
    assert one.message.side == "right"
    assert one.message.text == told["text"]
    assert one.message.at == datetime.fromisoformat(told["ts"])
    assert all(number in " ".join(one.thread.participants) for number in told["to"])
    (media,) = one.message.attachments
    assert (media.media_type, media.name, len(media.inline or b"")) == ("image/png", "Sloth in bowl saying meh", 70)
    found = said((folder / calls["file"]).read_bytes())
    assert len(found) == calls["n_calls"]
    assert [one.message.text.split()[0] for one in found] == calls["types"]
