"""A conversation file is a mail with a manifest that has what the published schema requires, and only what was kept."""

from __future__ import annotations

import email
import io
import json
import zipfile
from email import policy

import pytest

from search.disclosure.conversation_files import conversation_file, given_message
from storage.errors import InvalidInput
from tests.search.disclosure.produced import HOSTILE, produced

MESSAGES = {
    1: "Jane Doe\n2026-03-02T10:00:00-08:00\nIs the stadium lit?",
    2: "[230-3]\n2026-03-02 10:01:00 -0800\nCall me at [230-3].\nTonight.",
    3: "Jane Doe\n[230-3]\nYes.",
}


def opened(content):
    """The mail and the manifest, as a program reads them that knows only the specification."""
    mail = email.message_from_bytes(content, policy=policy.default)
    attached = list(mail.iter_attachments())
    assert [one.get_filename() for one in attached] == ["rsmf.zip"]
    assert attached[0]["Content-Transfer-Encoding"] == "base64"
    packed = zipfile.ZipFile(io.BytesIO(attached[0].get_content()))
    assert packed.namelist() == ["rsmf_manifest.json"]
    return mail, json.loads(packed.read("rsmf_manifest.json"))


def check_manifest(manifest):
    """The members that schema 2.0.0 requires, and that ids point to what is there."""
    assert {"version", "participants", "conversations", "events"} <= set(manifest)
    assert len(manifest["version"]) >= 5
    people = [one["id"] for one in manifest["participants"]]
    assert len(set(people)) == len(people)
    conversations = {one["id"] for one in manifest["conversations"]}
    for one in manifest["conversations"]:
        assert one["id"]
        assert one["platform"]
        assert set(one["participants"]) <= set(people)
    for one in manifest["events"]:
        assert one["type"] == "message"
        assert one["participant"] in people
        assert one["conversation"] in conversations
        assert all(custom["name"] and custom["value"] for custom in one.get("custom", ()))


def test_every_message_is_an_event_of_who_said_it():
    mail, manifest = opened(conversation_file(produced(messages=MESSAGES), "sms"))
    check_manifest(manifest)
    assert [one["display"] for one in manifest["participants"]] == ["Jane Doe", "[230-3]"]
    assert [one["participant"] for one in manifest["events"]] == ["P1", "P2", "P1"]
    assert manifest["events"][1]["body"] == "Call me at [230-3].\nTonight."
    assert manifest["events"][0]["timestamp"] == "2026-03-02T10:00:00-08:00"
    assert (mail["X-RSMF-Version"], mail["X-RSMF-EventCount"], mail["X-RSMF-AttachmentCount"]) == ("2.0.0", "3", "0")
    assert mail["X-RSMF-EndDate"] == "2026-03-02T10:01:00-08:00"
    assert "Is the stadium lit?" in mail.get_body().get_content()


def test_begin_and_end_are_told_by_time_also_where_the_clocks_are_set_back_on_that_day():
    said = {1: "Jane\n2026-11-01 01:50:00 -0700\nHi", 2: "Jim\n2026-11-01 01:10:00 -0800\nYes"}
    mail = opened(conversation_file(produced(messages=said), "sms"))[0]
    assert mail["X-RSMF-BeginDate"] == "2026-11-01T01:50:00-07:00"
    assert mail["X-RSMF-EndDate"] == "2026-11-01T01:10:00-08:00"


def test_a_moment_that_was_left_out_is_not_invented():
    manifest = opened(conversation_file(produced(messages=MESSAGES), "sms"))[1]
    assert "timestamp" not in manifest["events"][2]
    assert manifest["events"][2]["custom"] == [{"name": "sent", "value": "[230-3]"}]
    undated = opened(conversation_file(produced(messages={1: "Jane\nsome day\nHi"}), "sms"))[0]
    assert undated["Date"] is None
    assert undated["X-RSMF-BeginDate"] is None
    without_zone = opened(conversation_file(produced(messages={1: "Jane\n2026-03-02 10:00:00\nHi"}), "sms"))[0]
    assert (without_zone["Date"], without_zone["X-RSMF-BeginDate"]) == (None, "2026-03-02T10:00:00")


def test_the_same_conversation_gives_the_same_bytes():
    assert conversation_file(produced(messages=MESSAGES), "sms") == conversation_file(
        produced(messages=MESSAGES), "sms"
    )


@pytest.mark.parametrize("value", [*HOSTILE, "x\r\nX-RSMF-Version: 9", "", " ", "=?utf-8?q?x?=", "a" * 3_000])
def test_no_value_leaves_its_place(value):
    messages = {1: f"{value}\n{value}\n{value}", 2: value, 3: "Jane\n2026-03-02T10:00:00\nnext"}
    about = produced(messages=messages, title=value, custodian=value)
    mail, manifest = opened(conversation_file(about, value))
    check_manifest(manifest)
    assert manifest["events"][-1]["body"] == "next"
    assert mail.get_all("X-RSMF-Version") == ["2.0.0"]
    assert mail["X-RSMF-EventCount"] == "3"


def test_moments_with_and_without_a_zone_stand_beside_each_other():
    messages = {1: "A\n2026-03-02T10:00:00\nx", 2: "B\n2026-03-02T10:00:00+01:00\ny"}
    check_manifest(opened(conversation_file(produced(messages=messages), "sms"))[1])


def test_a_message_of_one_line_is_only_what_is_said():
    assert given_message(1, "Hello").who == "unknown"
    assert given_message(1, "Hello").body == "Hello"


def test_a_document_without_messages_has_no_conversation():
    with pytest.raises(InvalidInput, match="no messages"):
        conversation_file(produced(), "sms")
