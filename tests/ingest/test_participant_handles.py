"""Handles: what an address in one proves, and how one is found again."""

from __future__ import annotations

import pytest

from ingest.participant_handles import NO_ADDRESS, Handles, handle_id, parted, stated_address, tag_of
from storage.errors import NotFound
from storage.participant_tables import TAG_BYTES
from storage.records import Conversation, Description, RecordKind
from tests.every_case import every_case
from tests.storage.archives import custodian, make_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    opened = make_archive(tmp_path_factory.mktemp("handles") / "archive")
    yield opened
    opened.close()


@every_case(
    ("handle", "halves"),
    [
        ("Jane Doe <jane@agency.example>", ("Jane Doe", "jane@agency.example")),
        ("Jane <+1 (503) 555-0123>", ("Jane", "+1 (503) 555-0123")),
        ("Head <head@agency.example> <mallory@far.example>", ("Head <head@agency.example>", "mallory@far.example")),
        ("Head <head@agency.example> <U0123>", ("Head <head@agency.example>", None)),
        ("jane@agency.example", (None, "jane@agency.example")),
        ("jane_doe", ("jane_doe", None)),
        ("<", ("<", None)),
        (">", (">", None)),
    ],
)
def test_the_last_brackets_are_those_that_a_reader_wrote(handle: str, halves: tuple[str | None, str | None]):
    assert parted(handle) == halves


@every_case(
    ("platform", "handle", "address"),
    [
        ("slack", "Jane <jane@agency.example>", "jane@agency.example"),
        ("slack", "jane@agency.example", None),
        ("messenger", "Jane <jane@agency.example>", None),
        ("telegram", "+15035550123", None),
        ("signal", "+15035550123", None),
        ("whatsapp", "+1 503-555-0123", "+1 503-555-0123"),
        ("whatsapp", "Jane <jane@agency.example>", None),
        ("sms", "Jane <+15035550123>", "+15035550123"),
        ("imessage", "jane@icloud.example", "jane@icloud.example"),
        ("hangouts", "Jane <117312345678901234567>", None),
    ],
)
def test_an_address_counts_only_where_nobody_may_choose_it_as_his_name(platform, handle, address):
    assert stated_address(platform, handle) == address


def test_the_same_handle_of_another_custodian_or_platform_is_another(archive):
    handles = Handles(archive)
    tags = {
        handles.tags(custodian_id, platform, handle)[0]
        for custodian_id in ("cus_1", "cus_2")
        for platform in ("sms", "line")
        for handle in ("Mom", "mom")
    }
    assert len(tags) == 8
    assert handles.tags("cus_1", "sms", "Mom") == Handles(archive).tags("cus_1", "sms", "Mom")


def test_an_id_names_its_tag_and_nothing_else_does():
    tag = bytes(range(TAG_BYTES))
    assert tag_of(handle_id(tag)) == tag
    for wrong in ("", "hdl_", handle_id(tag)[:-1], handle_id(tag) + "a", handle_id(tag).upper(), "hdl_\u00e9", "rec_1"):
        with pytest.raises(NotFound, match="participant list"):
            tag_of(wrong)


def described(*participants: str, owner: str | None = None) -> Description:
    conversation = Conversation(title=None, participants=participants, day="2026-01-05", zone="UTC", owner=owner)
    return Description(kind=RecordKind.CONVERSATION, platform="sms", conversation=conversation)


def test_a_row_has_sixteen_bytes_for_each_participant_in_their_order(archive):
    owner = custodian(archive)
    handles = Handles(archive)
    row = handles.row("rec_1", owner, described("Mom", "Jane <+15035550123>", "Me", owner="Me"))
    assert row is not None
    expected = [handles.tags(owner, "sms", one)[0] for one in ("Mom", "Jane <+15035550123>", "Me")]
    assert row.tags == b"".join(expected)
    assert row.owner == expected[2]
    assert row.addresses[:16] == row.addresses[32:] == NO_ADDRESS
    assert row.addresses[16:32] == archive.custodians.tag("+1 503 555 0123")[:16]


def test_without_addresses_no_bytes_are_kept_for_them(archive):
    row = Handles(archive).row("rec_1", "cus_1", described("Mom", "Dad", owner="somebody else"))
    assert row is not None
    assert (row.addresses, row.owner) == (b"", None)


def test_a_record_without_participants_has_no_row(archive):
    assert Handles(archive).row("rec_1", "cus_1", described()) is None
    assert Handles(archive).row("rec_1", "cus_1", Description(kind=RecordKind.EMAIL)) is None


def test_a_handle_that_is_no_text_is_found_all_the_same(archive):
    tag, address = Handles(archive).tags("cus_1", "whatsapp", "\ud800")
    assert (len(tag), address) == (TAG_BYTES, NO_ADDRESS)
