"""Settings of an account that cannot work, or would send a password in the clear, are refused at the start."""

import pytest

from ingest.channels.imap_settings import ImapAccount, TlsMode
from storage.errors import InvalidInput


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"host": "imap.agency.example", "tls": TlsMode.NONE},
        {"password_variable": "BOTH"},
        {"password_file": None},
        {"folders": ()},
        {"folders": ("a\r\nb",)},
        {"mark": "two words"},
        {"mark": "x) DELETE"},
        {"batch": 0},
    ],
    ids=repr,
)
def test_account_that_cannot_work_is_refused_at_start(tmp_path, wrong):
    right = {"name": "a", "host": "127.0.0.1", "username": "u", "password_file": tmp_path / "p"}
    with pytest.raises(InvalidInput):
        ImapAccount(**{**right, **wrong})


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff", b"x" * 5000], ids=repr)
def test_password_file_that_holds_none_is_refused(tmp_path, content):
    (tmp_path / "p").write_bytes(content)
    account = ImapAccount(name="a", host="127.0.0.1", username="u", password_file=tmp_path / "p")
    with pytest.raises(InvalidInput):
        account.password()


def test_password_can_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("ARCHIVER_TEST_IMAP", "from there")
    account = ImapAccount(name="a", host="127.0.0.1", username="u", password_variable="ARCHIVER_TEST_IMAP")
    assert account.password() == "from there"
