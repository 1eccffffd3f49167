"""Settings of receivers and watched folders: refused in one sentence before anything starts; and who may sign in."""

import socket
import stat

import pytest

from archiver.config import Settings
from archiver.services import plan_services
from archiver.settings_sections import LmtpSection, SmtpSection, WebSection
from ingest.channels.smtp_accounts import Accounts, Credentials
from storage.errors import Conflict
from tests.archiver.commands import Office, run


def settings(**lmtp: object) -> Settings:
    return Settings(
        smtp=SmtpSection(enabled=False), web=WebSection(enabled=False), lmtp=LmtpSection(enabled=True, **lmtp)
    )


def test_lmtp_listens_on_a_port_and_on_a_socket_of_the_mode_that_is_set(tmp_path):
    place = tmp_path / "lmtp"
    plan = plan_services(settings(port=0, socket=place, socket_mode="600"))
    assert {"lmtp", "lmtp-socket"} <= {one.name for one in plan.services}
    assert plan.lmtp_address is not None
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    plan.close()
    assert not place.exists()


def test_socket_without_a_port_is_enough(tmp_path):
    plan = plan_services(settings(listen="", socket=tmp_path / "lmtp"))
    assert plan.lmtp_address is None
    plan.close()


def test_socket_that_nobody_listens_on_is_replaced(tmp_path):
    place = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gone:
        gone.bind(str(place))
    plan_services(settings(listen="", socket=place)).close()


def test_socket_of_a_running_program_is_left_alone(tmp_path):
    place = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(place))
        other.listen()
        with pytest.raises(Conflict, match="another program"):
            plan_services(settings(listen="", socket=place))
    assert place.is_socket()


def test_file_in_the_place_of_the_socket_is_left_alone(tmp_path):
    place = tmp_path / "lmtp"
    place.write_text("a letter")
    with pytest.raises(Conflict):
        plan_services(settings(listen="", socket=place))
    assert place.read_text() == "a letter"


def test_empty_text_is_what_is_unset():
    assert LmtpSection(socket="").socket is None
    assert SmtpSection(users="", tls_key="").users is None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('[smtp]\njournal_recipients = ["j@agency.example"]\n', "journal_peers"),
        ('[smtp]\nusers = "/nowhere"\n', "certificate"),
        ('[folders.x]\npath = "relative"\n', "slash"),
        ('[folders.x]\npath = "/srv/x"\ncustodian = "ghost@agency.example"\n', "ghost@agency.example"),
        ('[folders.x]\npath = "{data}/objects"\n', "the archive's own folder"),
        ('[lmtp]\nsocket_mode = "rw"\n', "socket_mode"),
    ],
)
def test_serve_refuses_what_cannot_work_in_one_sentence(office: Office, lines: str, says: str):
    (office.folder / "archiver.toml").write_text(lines.format(data=office.folder))
    answer = office.run("serve")
    assert answer.status in {2, 3}
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_line_of_a_user_lets_him_sign_in(office: Office, tmp_path):
    (tmp_path / "password").write_text("a long password\n")
    made = office.json("smtp", "user", "gateway", "--password-file", str(tmp_path / "password"))
    users = tmp_path / "users"
    users.write_text(made["line"] + "\n")
    users.chmod(0o600)
    accounts = Accounts.read(users)
    assert accounts.admits(Credentials(name="gateway", password=b"a long password"))
    assert not accounts.admits(Credentials(name="gateway", password=b"another password"))
    assert "a long password" not in made["line"]


def test_name_that_cannot_be_one_is_refused(office: Office, tmp_path):
    (tmp_path / "password").write_text("a long password\n")
    answer = office.run("smtp", "user", "a:b", "--password-file", str(tmp_path / "password"))
    assert answer.status == 2


def test_command_without_an_archive_says_so(tmp_path):
    assert run("smtp", "user", "x", "--password-file", str(tmp_path / "absent"), "--data", str(tmp_path)).status == 3


def test_a_password_that_nobody_can_be_asked_for_is_a_usage_error(office: Office):
    answer = office.run("smtp", "user", "x")
    assert (answer.status, "give --password-file FILE" in answer.err) == (2, True)
