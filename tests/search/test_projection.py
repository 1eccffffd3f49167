from __future__ import annotations

import pytest

from search.documents import BOUNDARY, Column
from search.projection import project
from search.queries import matches
from storage.records import Conversation, Forward, ForwardMethod, Message, Party, RecordKind
from tests.search.building import described, document, mail, parse

ANA = Party(name="Ana Ortiz", address="ana@z.example")
DANA = Party(name="Dana Rivera", address="dana.r@home.example")
ARCHIVE = Party(name=None, address="archive@district.example")

FORWARDED = document(
    1,
    original=mail("Roof bids", ANA, [Party(name="Dana", address="dana@district.example")], [Party(name="Ben Ito")]),
    carrier=mail("Fwd: Roof bids", DANA, [ARCHIVE]),
    forward=Forward(method=ForwardMethod.INLINE, by="dana.r@home.example", comment="please keep"),
    text="The bids are attached.",
    names=("roof_bids 2025.pdf",),
)
CHAT = document(
    2,
    kind=RecordKind.CONVERSATION,
    platform="WhatsApp",
    conversation=Conversation(
        title="Bus drivers", participants=("Ana Ortiz", "Dana Rivera"), day="2025-03-05", zone="UTC"
    ),
    messages=(Message(at=None, sender="Lee Wong", text="late"),),
    text="late",
)


@pytest.mark.parametrize(
    "query",
    [
        "from:ana",
        "from:ana@z.example",
        "from:z.example",
        "to:dana@district.example",
        'cc:"ben ito"',
        "participant:archive@district.example",
        "participant:rivera",
        "correspondent:ana",
        "custodian:dana.r@home.example",
        "subject:bids",
        "subject:fwd",
        "bid",
        "attach",
        '"please keep"',
        "filename:roof",
        "filename:pdf",
        '"roof bids 2025"',
        "has:attachment",
        "kind:email",
        "ortiz",
    ],
)
def test_a_forwarded_mail_is_found_by(query):
    assert matches(parse(query), FORWARDED)


@pytest.mark.parametrize(
    "query",
    [
        "from:dana",
        "from:rivera",
        "to:archive",
        "correspondent:dana@district.example",
        "correspondent:rivera",
        "exact:bid",
        "subject:attached",
        '"dana ben"',
        '"attached roof"',
        "cc:ana",
        "kind:post",
    ],
)
def test_a_forwarded_mail_is_not_found_by(query):
    assert not matches(parse(query), FORWARDED)


@pytest.mark.parametrize(
    "query",
    [
        "participant:lee",
        "lee",
        "correspondent:wong",
        "subject:drivers",
        "platform:whatsapp",
        "late",
        "kind:conversation",
    ],
)
def test_a_conversation_is_found_by(query):
    assert matches(parse(query), CHAT)


@pytest.mark.parametrize("query", ["from:lee", "correspondent:rivera", "has:attachment", "platform:signal"])
def test_a_conversation_is_not_found_by(query):
    assert not matches(parse(query), CHAT)


def test_a_comment_that_the_text_holds_already_stands_once():
    one = document(
        1, text="please keep\nThe bids.", forward=Forward(method=ForwardMethod.INLINE, comment="please keep")
    )
    assert one.column(Column.TEXT_EXACT) == "please keep the bids"


def test_recipients_are_kept_apart():
    assert FORWARDED.column(Column.OTHERS).count(BOUNDARY) == 2


def test_stems_follow_the_language_of_the_text():
    german = document(1, text="Der Rat ist nicht mit dem Plan und die Schulen sind auf dem Weg")
    assert german.language == "de"
    assert matches(parse("schule"), german)
    assert not matches(parse("exact:schule"), german)


def test_the_projection_is_the_same_each_time():
    one = described(1, text="x #tag", names=("a.pdf", "b.pdf"))
    assert project(one) == project(one)


def test_an_empty_record_is_a_document_too():
    assert not any(column for column in document(1).columns if column and "dana" not in column)
