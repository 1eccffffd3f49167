"""Only mailboxes of the agency are polled: those at consumer providers are known, and need a word for it."""

from typing import Any

import pytest

from ingest.channels.imap_ownership import consumer_domain_of, consumer_domains
from ingest.channels.imap_settings import ImapAccount
from storage.errors import InvalidInput
from tests.every_case import every_case

OWN_SERVER = "imap.district.example"


@every_case(
    ("username", "domain"),
    [
        ("jane@gmail.com", "gmail.com"),
        ("Jane@GMAIL.COM.", "gmail.com"),
        ("jane+records@googlemail.com", "googlemail.com"),
        ("jane@ｇｍａｉｌ.com", "gmail.com"),
        ("jane@yahoo.co.jp", "yahoo.co.jp"),
        ("jane@yahoo.fr", "yahoo.fr"),
        ("jane@hotmail.co.uk", "hotmail.co.uk"),
        ("jane@outlook.com.br", "outlook.com.br"),
        ("jane@students.qq.com", "qq.com"),
        ("jane@naver.com", "naver.com"),
        ("jane@mail.ru", "mail.ru"),
        ("jane@wp.pl", "wp.pl"),
        ("jane@web.de", "web.de"),
        ("jane@mail.tele.dk", "mail.tele.dk"),
        ("jane@icloud.com", "icloud.com"),
    ],
)
def test_mailbox_at_a_consumer_provider_is_known_as_such(username, domain):
    assert consumer_domain_of(username, OWN_SERVER) == domain


@every_case(
    ("username", "host"),
    [
        ("records@district.example", OWN_SERVER),
        ("records@district.k12.tx.us", "imap.gmail.com"),
        ("records@district.example", "outlook.office365.com"),
        ("records", OWN_SERVER),
        ("records@notgmail.com", OWN_SERVER),
        ("records@gmail.com.district.example", OWN_SERVER),
        ("records@yahoo.k12.ca.us", OWN_SERVER),
        ("records@com", OWN_SERVER),
        ("", ""),
    ],
)
def test_mailbox_of_an_agency_is_not(username, host):
    assert consumer_domain_of(username, host) is None


@pytest.mark.parametrize(
    ("username", "host", "domain"),
    [
        ("jane.doe", "imap.gmail.com", "gmail.com"),
        ("jane.doe", "imap.mail.yahoo.com", "yahoo.com"),
        ("jane@district.example", "imap.mail.me.com", "me.com"),
        ("jane", "imap.gmx.net", "gmx.net"),
    ],
)
def test_server_of_a_provider_tells_where_the_name_does_not(username, host, domain):
    assert consumer_domain_of(username, host) == domain


def test_the_list_is_plain_domains_each_once():
    assert len(consumer_domains()) > 200
    assert all(one == one.strip().casefold() and "." in one and "@" not in one for one in consumer_domains())


def settings(folder, **changes: Any):
    return {"name": "a", "host": "imap.gmail.com", "username": "a@gmail.com", "password_file": folder / "p", **changes}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"agency_owned": True},
        {"agency_owned": True, "agency_owned_reason": "  "},
        {"agency_owned": True, "agency_owned_reason": "two\nlines"},
        {"agency_owned": True, "agency_owned_reason": "x" * 501},
        {"agency_owned_reason": "a reason, and no word that the agency owns it"},
    ],
    ids=repr,
)
def test_consumer_mailbox_is_refused_without_word_and_reason(tmp_path, wrong):
    with pytest.raises(InvalidInput):
        ImapAccount(**settings(tmp_path, **wrong))


def test_consumer_mailbox_that_the_agency_owns_is_taken(tmp_path):
    account = ImapAccount(**settings(tmp_path, agency_owned=True, agency_owned_reason="athletics, since 2014"))
    assert account.username == "a@gmail.com"


def test_the_refusal_names_the_provider_and_not_the_person(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        ImapAccount(**settings(tmp_path, username="jane.doe@gmail.com"))
    assert "gmail.com" in caught.value.message
    assert "jane" not in caught.value.message
