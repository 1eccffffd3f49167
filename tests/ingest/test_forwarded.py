"""Forwards inside the text: every common English client, and what is no forward."""

from __future__ import annotations

import pytest

from ingest.formats.forwarded import InlineForward, find_forward
from tests.every_case import every_case

BODY = "The boiler inspector comes on Tuesday.\n\nPlease leave the side door open.\n"
BY = ("Dana Whitfield", "dana@contractor.example")

CLIENTS = {
    "gmail": (
        (
            "---------- Forwarded message ---------\nFrom: Dana Whitfield <dana@contractor.example>\n"
            "Date: Wed, Mar 6, 2024 at 2:05 PM\nSubject: Boiler visit\nTo: <office@school.example>\n"
            "Cc: Lou Ames <lou@school.example>\n\n"
        ),
        "2024-03-06T14:05:00",
    ),
    "gmail, bold": (
        (
            "---------- Forwarded message ----------\nFrom: *Dana Whitfield* <dana@contractor.example>\n"
            "Date: Wed, Mar 6, 2024 at 2:05\u202fPM\nSubject: Boiler visit\nTo: <office@school.example>\n"
            "Cc: Lou Ames <lou@school.example>\n\n"
        ),
        "2024-03-06T14:05:00",
    ),
    "outlook desktop": (
        (
            "-----Original Message-----\nFrom: Dana Whitfield [mailto:dana@contractor.example] \n"
            "Sent: Wednesday, March 6, 2024 2:05 PM\nTo: office@school.example\n"
            "Cc: Lou Ames <lou@school.example>\nSubject: Boiler visit\n\n"
        ),
        "2024-03-06T14:05:00",
    ),
    "outlook web": (
        (
            "________________________________\nFrom: Dana Whitfield <dana@contractor.example>\n"
            "Sent: Wednesday, March 6, 2024 14:05\nTo: office@school.example <office@school.example>\n"
            "Cc: Lou Ames <lou@school.example>\nSubject: Boiler visit\n\n"
        ),
        "2024-03-06T14:05:00",
    ),
    "outlook, bold labels": (
        (
            "*From:* Dana Whitfield <dana@contractor.example>\n*Sent:* Wednesday, March 6, 2024 2:05 PM\n"
            "*To:* office@school.example\n*Cc:* Lou Ames <lou@school.example>\n*Subject:* Boiler visit\n\n"
        ),
        "2024-03-06T14:05:00",
    ),
    "outlook, no gap before the text": (
        (
            "From: Dana Whitfield <dana@contractor.example>\nDate: Wednesday, 6 March 2024 at 14:05\n"
            "To: office@school.example <office@school.example>\nCc: Lou Ames <lou@school.example>\n"
            "Subject: Boiler visit\n"
        ),
        "2024-03-06T14:05:00",
    ),
    "apple, quoted": (
        (
            "> Begin forwarded message:\n>\n> From: Dana Whitfield <dana@contractor.example>\n> Subject: Boiler visit\n"
            "> Date: 6 March 2024 at 14:05:00 GMT+2\n> To: office@school.example\n"
            "> Cc: Lou Ames <lou@school.example>\n>\n> "
        ),
        "2024-03-06T14:05:00+02:00",
    ),
    "apple": (
        (
            "Begin forwarded message:\n\nFrom: Dana Whitfield <dana@contractor.example>\nSubject: Boiler visit\n"
            "Date: March 6, 2024 at 2:05:00 PM PST\nTo: office@school.example\nCc: Lou Ames <lou@school.example>\n\n"
        ),
        "2024-03-06T14:05:00-08:00",
    ),
    "yahoo, folded": (
        (
            "   ----- Forwarded Message ----- From: Dana Whitfield <dana@contractor.example>To: "
            '"office@school.example" '
            "<office@school.example>Cc: Lou Ames <lou@school.example>Sent: Wednesday, March 6, 2024, 02:05:00 PM GMT-8"
            "Subject: Boiler visit\n"
        ),
        "2024-03-06T14:05:00-08:00",
    ),
    "yahoo": (
        (
            "----- Forwarded Message -----\nFrom: Dana Whitfield <dana@contractor.example>\nTo: office@school.example\n"
            "Cc: Lou Ames <lou@school.example>\nSent: Wednesday, March 6, 2024, 02:05:00 PM EST\n"
            "Subject: Boiler visit\n\n"
        ),
        "2024-03-06T14:05:00-05:00",
    ),
    "thunderbird": (
        (
            "-------- Forwarded Message --------\nSubject: \tBoiler visit\nDate: \tWed, 6 Mar 2024 14:05:00 -0800\n"
            "From: \tDana Whitfield <dana@contractor.example>\nTo: \toffice@school.example\n"
            "CC: \tLou Ames <lou@school.example>\n\n\n\n"
        ),
        "2024-03-06T14:05:00-08:00",
    ),
    "wrapped recipients": (
        (
            "---------- Forwarded message ---------\nFrom: Dana Whitfield\n<dana@contractor.example>\n"
            "Date: Wed, Mar 6, 2024 at 2:05 PM\nSubject: Boiler\n visit\nTo: <office@school.example>\n"
            "Cc: Lou Ames\n<lou@school.example>\n\n"
        ),
        "2024-03-06T14:05:00",
    ),
    "generic": (
        (
            "=== Forwarded message ===\nFrom: Dana Whitfield <dana@contractor.example>\nDate: 2024-03-06 14:05\n"
            "To: office@school.example\nCc: Lou Ames <lou@school.example>\nSubject: Boiler visit\n\n"
        ),
        "2024-03-06T14:05:00",
    ),
}


def _found(text: str, subject: str = "Fwd: Boiler visit") -> InlineForward:
    found = find_forward(text, subject)
    assert found is not None
    return found


@every_case("client", CLIENTS)
@every_case("comment", [None, "For the file.\n\nMaria"])
def test_the_letterhead_printed_by_the_client_is_read(client: str, comment: str | None):
    block, date = CLIENTS[client]
    found = _found((f"{comment}\n\n" if comment else "") + block + BODY)
    head = found.original
    assert head.sender is not None
    assert (head.sender.name, head.sender.address) == BY
    assert [party.address for party in head.to] == ["office@school.example"]
    assert [(party.name, party.address) for party in head.cc] == [("Lou Ames", "lou@school.example")]
    assert head.subject == "Boiler visit"
    assert head.date == date
    assert found.comment == comment


@pytest.mark.parametrize("client", ["outlook desktop", "outlook web", "outlook, bold labels"])
def test_the_same_block_under_a_reply_is_no_forward(client: str):
    assert find_forward("Thanks!\n\n" + CLIENTS[client][0] + BODY, "RE: Boiler visit") is None


@pytest.mark.parametrize("client", ["gmail", "apple", "thunderbird"])
def test_a_plain_marker_needs_no_subject(client: str):
    assert _found(CLIENTS[client][0] + BODY, "") is not None


def test_a_forward_inside_the_quoted_text_of_a_reply_is_not_the_mails_own():
    text = "Agreed.\n\nOn Wed, Mar 6, 2024 at 3:00 PM Lou Ames <lou@school.example> wrote:\n\n" + "".join(
        f"> {line}\n" for line in (CLIENTS["gmail"][0] + BODY).splitlines()
    )
    assert find_forward(text, "Re: Fwd: Boiler visit") is None


def test_of_nested_forwards_the_outermost_is_the_original():
    inner = CLIENTS["gmail"][0].replace("Dana Whitfield <dana@contractor.example>", "Kit <kit@far.example>")
    found = _found(CLIENTS["gmail"][0] + "see below\n\n" + inner + BODY)
    assert found.original.sender is not None
    assert found.original.sender.address == BY[1]


def test_an_attribution_under_a_forward_subject_is_its_letterhead():
    found = _found(
        'Look.\n\nOn 26/03/2024 12:46, "Dana Whitfield" <dana@contractor.example> wrote:\n\n    ' + BODY, "FW: Boiler"
    )
    assert found.original.sender is not None
    assert (found.original.sender.name, found.original.sender.address) == BY
    assert found.original.date == "2024-03-26T12:46:00"
    assert found.original.subject == "Boiler"
    assert found.original.to == ()
    assert found.comment == "Look."


def test_lotus_notes_prints_the_sender_without_a_label():
    found = _found(
        "---------------------- Forwarded by Lou Ames/School on 05/14/2001 11:06 AM ---------------------------\n\n\n"
        "Dana Whitfield@CONTRACTOR\n05/14/2001 10:02 AM\nTo:\tLou Ames/School@School\ncc:\t \n"
        "Subject:\tBoiler visit\n\n" + BODY,
        "Boiler visit",
    )
    assert found.original.sender is not None
    assert found.original.date == "2001-05-14T10:02:00"
    assert found.original.subject == "Boiler visit"


def test_a_date_that_could_be_two_days_is_null():
    text = CLIENTS["generic"][0].replace("2024-03-06 14:05", "03/06/2024 14:05")
    assert _found(text + BODY).original.date is None


def test_what_the_block_does_not_print_stays_null():
    found = _found("---------- Forwarded message ---------\nFrom: Dana Whitfield\n\n" + BODY)
    assert found.original.sender is not None
    assert found.original.sender.address is None
    assert (found.original.date, found.original.subject, found.original.to) == (None, None, ())


@every_case(
    "text",
    [
        "",
        "Just text.",
        "You wrote about a Forwarded message yesterday.\nFrom: nobody in particular\n",
        "---------- Forwarded message ---------\n\nno letterhead here\n",
        "From: Ann Author <ann@b.example>\n\nfix the pump driver\n\nSigned-off-by: Ann\n",
        "From: Ann Author <ann@b.example>\nDate: Wed, 6 Mar 2024 14:05:00 +0000\nSubject: fix the pump\n\ntext\n",
        "--\nOn duty From: noon\n",
        "On Wed, Mar 6, 2024 at 2:05 PM Ann <ann@b.example> wrote:\n> hello\n",
    ],
)
def test_other_texts_are_no_forwards(text: str):
    assert find_forward(text, "Boiler visit") is None


@pytest.mark.parametrize(
    "text",
    [
        ("-" * 60_000 + "\n") * 16,
        ("--" + " " * 60_000 + "x\n") * 16,
        "---------- Forwarded message ---------\n" * 20_000,
        "From: a,\n" + "x,\n" * 300_000,
        "From: a\nSent: b\n" * 60_000,
        "On x\n" * 200_000,
        ("a" + " " * 60_000 + "b: c\n") * 16 + "From:",
    ],
)
def test_text_made_to_be_slow_still_ends(text: str):
    find_forward(text, "Fwd: x")
