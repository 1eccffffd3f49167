from __future__ import annotations

import pytest

from search.documents import BOUNDARY, Column
from search.naive_matcher import matches
from search.near_duplicates import SIGNATURE_VERSION
from search.projection import PROJECTION_VERSION, project
from search.projection_people import MOST_CORRESPONDENTS
from storage.records import Component, ComponentRole, Conversation, Forward, ForwardMethod, Message, Party, RecordKind
from tests.every_case import every_case
from tests.search.building import described, document, mail, parse

ANA = Party(name="Ana Ortiz", address="ana@z.example")
DANA = Party(name="Dana Rivera", address="dana.r@home.example")
ARCHIVE = Party(name=None, address="archive@district.example")

TWO_LANGUAGES = (
    "The board will be meeting with all of the parents about the budgets for our schools. Please call if you have "
    "questions.\n\nLas reuniones del consejo son para los padres y las familias. Gracias por su apoyo, estan todos "
    "invitados."
)

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


@every_case(
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


@every_case(
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


def test_the_size_is_that_of_what_was_handed_in():
    original = Component(id="c", role=ComponentRole.ORIGINAL, media_type="x/y", name=None, size=700, sha256="a" * 64)
    assert document(1, components=(original,), names=("a.pdf",)).size == 700
    assert document(1).size == 0


def test_correspondents_are_counted_by_one_form_and_without_who_carried_the_mail():
    assert FORWARDED.correspondents == ("ana@z.example", "ben ito")


def test_correspondents_of_a_conversation_are_whoever_takes_part_but_the_custodian():
    assert CHAT.correspondents == ("ana ortiz", "lee wong")


def test_who_a_handle_is_known_to_be_is_counted_too():
    one = described(
        1,
        kind=RecordKind.CONVERSATION,
        conversation=Conversation(title=None, participants=("+1 206 555 0142",), day="2025-03-05", zone="UTC"),
        text="hi",
    )
    assert project(one, known={"+1 206 555 0142": (ANA,)}).correspondents == ("+12065550142", "ana@z.example")


def test_a_handle_that_is_known_to_be_the_custodian_is_no_correspondent():
    one = described(
        1,
        kind=RecordKind.CONVERSATION,
        platform="sms",
        conversation=Conversation(title=None, participants=("Me", "Coach"), day="2025-03-05", zone="UTC"),
        text="hi",
    )
    made = project(one, known={"Me": (Party(name="Dana Rivera", address="dana@district.example"),)})
    assert made.correspondents == ("coach",)
    assert not matches(parse("correspondent:me"), made)
    assert matches(parse("participant:me account:me"), made)


def test_correspondents_are_as_many_as_can_be_counted():
    crowd = tuple(Party(address=f"p{number}@z.example") for number in range(MOST_CORRESPONDENTS + 50))
    assert len(document(1, original=mail("x", ANA, crowd)).correspondents) == MOST_CORRESPONDENTS


@pytest.mark.parametrize(
    "query",
    ["account:instagram", "account:coach_kim", 'account:"instagram coach_kim"', "account:dana@district.example"],
)
def test_an_account_is_found_by_platform_handle_and_whose_it_is(query):
    one = described(
        1,
        kind=RecordKind.CONVERSATION,
        platform="Instagram",
        conversation=Conversation(
            title=None, participants=("ana_o", "coach_kim"), day="2025-03-05", zone="UTC", owner="coach_kim"
        ),
    )
    known = {"coach_kim": (Party(name="Dana Rivera", address="dana@district.example"),)}
    assert matches(parse(query), project(one, known=known))
    assert not matches(parse("account:ana_o"), project(one, known=known))


def test_the_account_of_a_mail_is_the_address_of_the_custodian_on_it():
    assert matches(parse("account:dana.r@home.example"), FORWARDED)
    assert matches(parse("account:dana@district.example"), FORWARDED)
    assert not matches(parse("account:ana@z.example"), FORWARDED)


def test_a_text_in_two_languages_has_its_stems_in_both():
    one = document(1, text=TWO_LANGUAGES)
    assert one.language == "en"
    assert matches(parse("reunion"), one)
    assert matches(parse("budget"), one)
    assert one.column(Column.TEXT_EXACT).count(BOUNDARY) == 0


def test_a_document_in_two_languages_keeps_its_phrases():
    one = document(1, text=TWO_LANGUAGES)
    folded = one.column(Column.TEXT_EXACT).split()
    for start in range(len(folded) - 3):
        assert matches(parse(f'"{" ".join(folded[start : start + 3])}"'), one)


def test_what_could_not_be_read_is_among_the_flags_by_its_reason():
    assert "unsearchable_encrypted" in document(1, unsearchable=("attachment 1: encrypted",)).column(Column.FLAGS)


def test_an_engine_is_told_of_another_kind_of_signature():
    assert SIGNATURE_VERSION in str(PROJECTION_VERSION)
