from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from search.grouping import Grouping, grouped
from search.index import Groups
from search.message_links import bare_subject, is_reply, normal_party
from search.projection import project
from storage.records import Component, ComponentRole, Conversation, Letterhead, Message, Party, RecordKind
from tests.search.building import described

if TYPE_CHECKING:
    from storage.records import DescribedRecord

KEY = b"k" * 32
ANA = Party(name="Ana Ortiz", address="ana@z.example")
BEN = Party(name="Ben Ito", address="ben@z.example")
CLEO = Party(address="cleo@z.example")
SENT = datetime(2025, 3, 5, 17, tzinfo=UTC)


def mail(number, *references: str, own=None, subject="Roof", sender=ANA, to=(BEN,), **changes: Any):
    head = Letterhead(
        subject=subject, sender=sender, to=to, message_id=own if own is None else f"<{own}>",
        references=tuple(f"<{one}>" for one in references),
    )  # fmt: skip
    return described(number, original=head, **changes)


def talk(number, key="chat:1", platform="WhatsApp", custodian="cus_1", day="2025-03-05", text="hi"):
    one = described(
        number,
        kind=RecordKind.CONVERSATION,
        platform=platform,
        conversation=Conversation(title="T", participants=("Ana",), day=day, zone="UTC", key=key),
        messages=(Message(at=None, sender="Ana", text=text),),
        text=text,
    )
    return replace(one, record=replace(one.record, custodian_id=custodian))


def numbers(records, by):
    documents = [project(one, key=KEY) for one in records]
    known = {one.record_id: Groups(one.thread, one.equal, one.likeness) for one in documents}
    groups = grouped(list(known), known, by)
    return [[int(one.removeprefix("rec_")) for one in some] for some in groups]


def threads(*records: DescribedRecord):
    return numbers(records, Grouping.THREAD)


def same(*records: DescribedRecord):
    return numbers(records, Grouping.DUPLICATE)


def test_a_thread_is_the_first_message_and_all_that_refer_to_it():
    assert threads(mail(1, own="a"), mail(2, "a", own="b"), mail(3, "a", "b", own="c"), mail(4, own="x")) == [
        [1, 2, 3],
        [4],
    ]


def test_mails_whose_first_message_nobody_has_are_one_thread():
    assert threads(mail(1, "a", "b", own="c"), mail(2, "a", own="d")) == [[1, 2]]


def test_a_mail_that_names_its_parent_only_is_joined_through_the_parent():
    assert threads(mail(1, "b", own="c"), mail(2, "a", own="b"), mail(3, own="a")) == [[1, 2, 3]]


def test_a_mail_that_names_its_parent_only_is_alone_where_the_parent_is_not_among_the_hits():
    assert threads(mail(1, "b", own="c"), mail(3, own="a")) == [[1], [3]]


def test_mails_of_one_subject_with_identifiers_are_no_thread():
    assert threads(mail(1, own="a"), mail(2, own="b", subject="Re: Roof")) == [[1], [2]]


def test_a_mail_without_identifiers_joins_by_subject_and_people():
    answer = mail(2, subject="RE: Roof", sender=BEN, to=(ANA,))
    assert threads(mail(1), answer, mail(3, subject="Re[2]: roof")) == [[1, 2, 3]]


def printed(number, date="2025-03-05T10:00:00", **changes: Any):
    """A mail as it is printed in the text of another: without identifiers and without an offset."""
    one = mail(number, **changes)
    original = replace(one.description.original, date=date)
    return replace(one, description=replace(one.description, original=original))


def test_a_mail_printed_in_anothers_text_is_of_the_thread_of_that_mail():
    sent = printed(1, date="2025-03-05T10:00:31-08:00", own="a")
    assert threads(sent, mail(2, "a", own="b"), printed(3), printed(4, date="2025-03-05T10:01:00")) == [
        [1, 2, 3],
        [4],
    ]


def test_notices_to_many_in_one_minute_are_no_thread():
    assert threads(printed(1, own="a"), printed(2, own="b", to=(CLEO,))) == [[1], [2]]


def test_a_mail_that_was_handed_in_twice_is_one_that_can_be_answered():
    assert threads(printed(1), printed(2), mail(3, subject="Re: Roof")) == [[1, 2, 3]]


def test_other_people_under_the_same_subject_are_no_thread():
    assert threads(mail(1), mail(2, subject="Re: Roof", to=(BEN, CLEO))) == [[1], [2]]


def test_of_several_mails_that_may_be_answered_none_is_joined():
    assert threads(mail(1), mail(2), mail(3, subject="Re: Roof"), mail(4, subject="AW: Roof")) == [[1], [2], [3, 4]]


def test_a_subject_alone_or_one_person_alone_joins_nothing():
    assert threads(mail(1, to=()), mail(2, to=(), subject="Re: Roof")) == [[1], [2]]
    assert threads(mail(1, subject=""), mail(2, subject="Re:")) == [[1], [2]]


def test_all_days_of_a_conversation_are_a_thread_of_one_custodian():
    other_day = talk(2, day="2025-03-06", text="bye")
    assert threads(talk(1), other_day, talk(3, custodian="cus_2"), talk(4, key="chat:2")) == [[1, 2], [3], [4]]


def test_a_channel_that_has_one_number_for_everybody_joins_custodians():
    assert threads(talk(1, "C01", "Slack"), talk(2, "C01", "slack", "cus_2")) == [[1, 2]]
    assert threads(talk(1, "name:bus", "Slack"), talk(2, "name:bus", "slack", "cus_2")) == [[1], [2]]


def test_a_document_has_no_thread():
    assert project(described(1, kind=RecordKind.DOCUMENT, text="x"), key=KEY).thread == b""


def test_without_a_key_nothing_is_said():
    one = project(mail(1, own="a"))
    assert (one.thread, one.equal) == (b"", b"")


def test_links_say_nothing_without_the_key():
    one = mail(1, own="a")
    assert project(one, key=KEY).thread != project(one, key=b"l" * 32).thread
    assert project(one, key=KEY).equal != project(one, key=b"l" * 32).equal


def test_records_say_the_same_whatever_their_spaces_case_and_custodian():
    one = mail(1, own="a", text="The  Roof.", sent_at=SENT)
    other = mail(2, own="b", text="the\nroof", sent_at=SENT)
    third = replace(other, record=replace(other.record, id="rec_000003", custodian_id="cus_2"))
    assert same(one, other, third) == [[1, 2, 3]]


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "the roofs"},
        {"sender": BEN},
        {"sent_at": SENT.replace(second=1)},
        {"names": ("a.pdf",)},
    ],
)
def test_records_do_not_say_the_same_where(changes):
    one = mail(1, text="the roof", sent_at=SENT)
    assert same(one, mail(2, **({"text": "the roof", "sent_at": SENT} | changes))) == [[1], [2]]


def test_empty_mails_of_one_moment_are_told_apart_by_their_subject():
    assert same(mail(1, sent_at=SENT), mail(2, sent_at=SENT, subject="Bus")) == [[1], [2]]
    assert same(mail(1, sent_at=SENT), mail(2, sent_at=SENT, subject="Fwd: Roof")) == [[1, 2]]


def scan(number, sha256):
    original = Component(id="c", role=ComponentRole.ORIGINAL, media_type="image/png", name=None, size=1, sha256=sha256)
    return described(number, kind=RecordKind.DOCUMENT, text="x", components=(original,))


def test_what_has_neither_sender_nor_moment_is_told_by_its_bytes():
    assert same(scan(1, "a" * 64), scan(2, "b" * 64), scan(3, "a" * 64)) == [[1, 3], [2]]
    nothing = [described(number, kind=RecordKind.DOCUMENT, text="x") for number in (1, 2)]
    assert same(*nothing) == [[1], [2]]


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: Roof bids", "roof bids"),
        ("RE: AW: Fwd: [board] Re[2]: Roof", "roof"),
        ("Re : Roof", "roof"),
        ("RE\uff1a\u5c4b\u6839", "\u5c4b \u6839"),
        ("Regarding: Roof", "regarding roof"),
        ("[EXTERNAL] Roof", "roof"),
        ("Re:", ""),
    ],
)
def test_a_subject_is_compared_without_what_answering_puts_before_it(subject, bare):
    assert bare_subject(subject) == bare


@pytest.mark.parametrize(
    ("subject", "answer"),
    [("Re: x", True), ("[list] AW: x", True), ("Fwd: x", False), ("Reading: x", False), (None, False)],
)
def test_a_subject_says_whether_it_is_an_answer(subject, answer):
    assert is_reply(subject) is answer


def test_a_subject_of_many_prefixes_is_read():
    assert bare_subject("Re: " * 100_000) == ""


@pytest.mark.parametrize(
    ("party", "normal"),
    [
        (Party(name="Ana", address="<Ana@Z.example>"), "ana@z.example"),
        (Party(name="+1 (206) 555-0142"), "+12065550142"),
        (Party(name="Ana <ana@z.example>"), "ana@z.example"),
        (Party(name="Ana  ORTIZ"), "ana ortiz"),
        (Party(), ""),
    ],
)
def test_somebody_is_counted_under_one_normal_form(party, normal):
    assert normal_party(party) == normal
