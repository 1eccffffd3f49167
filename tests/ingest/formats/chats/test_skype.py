"""Skype's messages.json: markup as people see it, notices in words, files by their numbers, and hostile documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.formats.chats import skype
from ingest.formats.chats.held_files import HeldFiles

from .accounts import altered, cut, dumped, reading

ME, BO = "8:live:.cid.me", "8:bo"
NUMBER = "0-weu-d1-0123456789abcdef0123456789abcdef"


def message(content: str = "hi", kind: str = "RichText", **more: object) -> dict[str, object]:
    return {
        "id": "17",
        "displayName": "Bo",
        "originalarrivaltime": "2025-03-01T20:34:52.072Z",
        "messagetype": kind,
        "version": 1,
        "content": content,
        "conversationid": BO,
        "from": BO,
        "properties": None,
        "amsreferences": None,
        **more,
    }


def export(*messages: object, **more: object) -> dict[str, Any]:
    talk = {"id": BO, "displayName": "Bo", "threadProperties": None, "MessageList": list(messages), **more}
    return {"userId": ME, "exportDate": "2025-03-02T10:00", "conversations": [talk]}


def texts(*messages: object) -> list[str]:
    return reading(skype, {"messages.json": dumped(export(*messages))}).texts


def test_an_export_is_known_by_its_words():
    assert skype.recognise(HeldFiles(files={"top/messages.json": dumped(export(message())), "endpoints.json": b"{}"}))
    assert skype.recognise(HeldFiles(files={"renamed": dumped(export(message()))}))
    assert not skype.recognise(HeldFiles(files={"messages.json": b'{"conversations": [], "userId": 1}'}))


def test_a_message_has_its_people_its_side_and_its_exact_bytes():
    mine = message(displayName=None, **{"from": ME})
    made = reading(skype, {"messages.json": dumped(export(message(), mine))})
    first, second = made.said
    assert first.thread is second.thread
    assert (first.thread.title, first.thread.participants, first.thread.owner) == ("Bo", (ME, f"Bo <{BO}>"), ME)
    assert [(one.sender, one.side) for one in made.messages] == [(f"Bo <{BO}>", "left"), (ME, "right")]
    assert first.message.at == datetime(2025, 3, 1, 20, 34, 52, 72_000, tzinfo=UTC)
    assert second.message.raw == dumped(mine)
    assert made.stated == {"messages": 2}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<b raw_pre="*" raw_post="*">a</b> &lt;b&gt; <ss type="smile">:)</ss>', "a <b> :)"),
        ('<at id="8:x">Ann</at>, see <a href="https://e.org/?a=1&amp;b=2">https://e.org/?a=1&amp;b=2</a>',
         "Ann, see https://e.org/?a=1&b=2"),
        ('<a href="https://evil.example/">https://good.example/</a>', "https://good.example/ <https://evil.example/>"),
        ("one\ntwo  three<br>four", "one\ntwo  three\nfour"),
        ("1 < 2", "1 < 2"),
    ],
)  # fmt: skip
def test_markup_is_shown_as_people_see_it(content: str, text: str):
    assert texts(message(content)) == [text]


def test_plain_text_is_not_markup():
    assert texts(message("<b>a</b> &amp;", "Text")) == ["<b>a</b> &amp;"]


def test_edits_and_answers_are_told():
    quote = (
        '<quote author="x" authorname="Ann" conversation="{}" messageid="{}"><legacyquote>[1] Ann: </legacyquote>old'
    )
    tail = "<legacyquote>\n\n&lt;&lt;&lt; </legacyquote></quote>new"
    edited = '<e_m a="me" ts_ms="1740861300000" ts="1740861300" t="61"></e_m>'
    here, elsewhere = quote.format(BO, 5), quote.format("8:other", 5)
    made = reading(
        skype,
        {"messages.json": dumped(export(message(here + tail + edited), message(elsewhere + tail)))},
    )
    assert [(one.text, one.reply_to) for one in made.messages] == [("new", "5"), ("new", "old")]
    assert made.messages[0].edited_at == datetime(2025, 3, 1, 20, 35, tzinfo=UTC)
    assert not made.messages[1].edited


def test_reactions_and_deletions_are_read_also_from_json_in_a_text():
    emotions = [{"key": "heart", "users": [{"mri": BO, "time": 1740861400000, "value": "1"}]}]
    plain = message(properties={"emotions": emotions, "deletetime": "1740861400001", "urlpreviews": "x"})
    packed = message(properties=json.dumps({"emotions": json.dumps(emotions)}))
    made = reading(skype, {"messages.json": dumped(export(plain, packed))})
    for one in made.messages:
        assert [(react.emoji, react.by) for react in one.reactions] == [("heart", f"Bo <{BO}>")]
    assert [one.deleted for one in made.messages] == [True, False]
    assert made.messages[0].unmapped == ("properties.urlpreviews",)


def test_files_are_found_by_their_number():
    shared = (
        f'<URIObject uri="https://api.asm.skype.com/v1/objects/{NUMBER}" type="Picture.1"><Title/>To view this, go to: '
        '<a href="https://login.skype.com/x">https://login.skype.com/x</a><OriginalName v="plan.png"/></URIObject>'
    )
    files = {
        "messages.json": dumped(export(message(shared, "RichText/UriObject"), message(amsreferences=["0-x", NUMBER]))),
        f"media/{NUMBER}.1.png": b"png",
        f"media/{NUMBER}.json": b"{}",
    }
    first, second = reading(skype, files).messages
    assert (first.text, [(one.name, one.entry) for one in first.attachments]) == (
        "",
        [("plan.png", f"media/{NUMBER}.1.png")],
    )
    assert [one.present for one in second.attachments] == [False, True]
    assert skype.aside(f"media/{NUMBER}.json") is not None
    assert skype.aside("endpoints.json") is not None
    assert skype.aside(f"media/{NUMBER}.1.png") is None


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("Event/Call", '<partlist type="ended"><part><name>Bo</name><duration>62</duration></part></partlist>',
         "call ended: Bo (62 s)"),
        ("Event/Call", "", "Event/Call"),
        ("ThreadActivity/AddMember",
         "<addmember><eventtime>1</eventtime><initiator>8:a</initiator><target>8:b</target><target>8:c</target></addmember>",
         "8:a added 8:b, 8:c"),
        ("ThreadActivity/TopicUpdate", "<topicupdate><initiator>8:a</initiator><value>Trip</value></topicupdate>",
         "8:a changed the topic to Trip"),
        ("ThreadActivity/New", "<new><x>1</x></new>", "ThreadActivity/New 1"),
    ],
)  # fmt: skip
def test_notices_are_put_into_words(kind: str, content: str, text: str):
    (one,) = reading(skype, {"messages.json": dumped(export(message(content, kind)))}).messages
    assert (one.text, one.system, one.side) == (text, True, "center")


def test_a_group_has_its_members_and_its_topic():
    group = {"members": json.dumps([ME, BO, "8:cy"]), "topic": "Trip", "membercount": "3"}
    made = reading(skype, {"messages.json": dumped(export(message(), id="19:x@thread.skype", threadProperties=group))})
    assert made.said[0].thread.participants == (ME, BO, "8:cy")
    assert made.said[0].thread.title == "Trip"


def test_hostile_documents_end_in_messages_or_remarks():
    base = export(
        message(properties={"emotions": [{"key": "x", "users": [{"mri": BO}]}]}, amsreferences=["a"]),
        message('<quote messageid="1">a</quote><URIObject uri="u"><OriginalName v="n"/></URIObject>'),
        message("<partlist><part><name>x</name></part></partlist>", "Event/Call"),
        threadProperties={"members": "[1,", "topic": "x"},
    )
    for one in altered(base, seed=31, rounds=400):
        made = reading(skype, {"messages.json": dumped(one)})
        assert made.broken is None
    for content in cut(dumped(base), seed=32):
        assert reading(skype, {"messages.json": content}).broken is None


def test_the_sample_export_gives_its_facts(shared_dir):
    folder = shared_dir / "fixtures/skype-teams/spec-derived"
    told = json.loads((folder / "expected.json").read_text())
    made = reading(skype, HeldFiles.of_folder(folder))
    assert len(made.said) == told["n_messages"] == made.stated["messages"]
    for one, expected in zip(reversed(made.messages), told["messages"], strict=True):
        assert one.at == datetime.fromisoformat(expected["ts"])
        assert expected.get("from", "") in (one.sender or "")
        assert expected.get("text", one.text) == one.text
        assert str(expected.get("call_secs", "")) in one.text
        assert expected.get("edited", False) == one.edited
        assert len(one.reactions) == sum(count for _, count in expected.get("reactions", []))
