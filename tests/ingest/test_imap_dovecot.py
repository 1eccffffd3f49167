"""The poller against a real Dovecot, started here as ordinary processes on a loopback port."""

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.channel_health import SqlHealthLog
from ingest.channels.imap_poller import ImapPoller
from ingest.channels.imap_probe import probe
from ingest.channels.imap_settings import TlsMode
from ingest.channels.imap_signing_in import connect
from ingest.imap_cursors import SqlCursorStore
from storage.errors import Denied
from tests.ingest.dovecot import running_dovecot
from tests.ingest.imap_bench import ReadingDepositor, Watching
from tests.ingest.imap_rows import memory_rows
from tests.storage.archives import make_archive, open_again

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.system


@pytest.fixture
def dovecot():
    with running_dovecot() as server:
        yield server


BODIES = [
    b"Subject: plain\r\n\r\nbody\r\n",
    b"Subject: eight bit \xe4\r\n\r\n\xff\xfe \xe4\xb8\xad\r\n",
    b"Subject: long\r\n\r\n" + b"x" * 900_000 + b"\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n",
    b"no header\r\n",
]


def put(server, bodies, user="archive", folder="INBOX", date=None):
    client = server.session(user)
    for body in bodies:
        assert client.append(folder, None, date, body)[0] == "OK"
    client.logout()


def poller_for(account):
    rows = memory_rows()
    depositor = ReadingDepositor()
    poller = ImapPoller(account, depositor, SqlCursorStore(rows), SqlHealthLog(rows), lambda: datetime.now(UTC))
    return poller, depositor


@pytest.mark.parametrize("mode", list(TlsMode))
def test_real_server_gives_every_mail_once_and_marks_it(dovecot, mode):
    put(dovecot, BODIES)
    port = dovecot.tls_port if mode is TlsMode.IMPLICIT else dovecot.port
    poller, depositor = poller_for(dovecot.account(tls=mode, port=port))
    assert poller.poll().deposited == len(BODIES)
    assert sorted(depositor.payloads) == sorted(BODIES)
    put(dovecot, [b"Subject: later\r\n\r\nmore\r\n"])
    assert poller.poll().deposited == 1
    assert poller.poll().deposited == 0
    client = dovecot.session()
    client.select("INBOX", readonly=True)
    assert client.search(None, "UNSEEN") == ("OK", [b""])
    client.logout()


def test_reading_without_a_mark_changes_nothing_in_the_mailbox(dovecot):
    put(dovecot, BODIES)
    poller, _ = poller_for(dovecot.account(mark=None))
    poller.poll()
    client = dovecot.session()
    client.select("INBOX", readonly=True)
    assert len(client.search(None, "UNSEEN")[1][0].split()) == len(BODIES)
    client.logout()


def test_folder_made_anew_is_read_anew(dovecot):
    client = dovecot.session()
    client.create("Intake")
    client.append("Intake", None, None, BODIES[0])
    poller, depositor = poller_for(dovecot.account(folders=("Intake",)))
    assert poller.poll().deposited == 1
    client.delete("Intake")
    # UIDVALIDITY is a time in seconds with this server: it must have moved on
    before = int(time.time())
    while int(time.time()) <= before + 1:
        time.sleep(0.05)
    client.create("Intake")
    client.append("Intake", None, None, BODIES[3])
    client.logout()
    report = poller.poll()
    assert (report.rescanned, report.deposited) == (1, 1)
    assert depositor.payloads == [BODIES[0], BODIES[3]]


def mail(number):
    return b"Subject: mail %d\r\n\r\nbody of mail %d\r\n" % (number, number)


def in_folder(server, folder, user="archive"):
    client = server.session(user)
    client.select(folder, readonly=True)
    count = len(client.search(None, "ALL")[1][0].split())
    client.logout()
    return count


def test_mail_comes_in_as_it_arrives_while_the_server_is_listened_to(dovecot):
    put(dovecot, [mail(1)])
    poller, depositor = poller_for(dovecot.account(interval=3600.0))
    with Watching(poller):
        depositor.wait_for(1)
        for number in (2, 3, 4):
            put(dovecot, [mail(number)])
            depositor.wait_for(1)
    assert sorted(depositor.payloads) == [mail(number) for number in (1, 2, 3, 4)]


def test_mail_is_moved_to_a_folder_that_is_made_for_it(dovecot):
    put(dovecot, BODIES)
    poller, depositor = poller_for(dovecot.account(move_to="Übernommen"))
    assert poller.poll().unmoved == 0
    assert sorted(depositor.payloads) == sorted(BODIES)
    assert in_folder(dovecot, "INBOX") == 0
    assert in_folder(dovecot, '"&ANw-bernommen"') == len(BODIES)
    assert poller.poll().deposited == 0


def test_mail_that_somebody_moves_in_with_an_old_date_is_taken(dovecot):
    client = dovecot.session()
    client.create("Old")
    client.logout()
    put(dovecot, [mail(1)], folder="Old", date='"01-Jan-1998 00:00:00 +0000"')
    put(dovecot, [mail(2)])
    poller, depositor = poller_for(dovecot.account())
    poller.poll()
    client = dovecot.session()
    client.select("Old")
    client._simple_command("MOVE", "1", "INBOX")
    client.logout()
    poller.poll()
    assert depositor.payloads == [mail(2), mail(1)]


def test_folders_of_every_name_are_read_by_a_pattern(dovecot):
    client = dovecot.session()
    for number, name in enumerate(("Entw&APw-rfe", "R&-D", "&U,BTFw-", "Trash")):
        client.create(f'"{name}"')
        client.append(f'"{name}"', None, None, mail(number))
    client.logout()
    poller, depositor = poller_for(dovecot.account(folders=("*",), exclude=("Trash",)))
    assert poller.poll().deposited == 3
    assert sorted(depositor.payloads) == [mail(number) for number in (0, 1, 2)]


def test_large_mail_comes_in_pieces(dovecot):
    large = b"Subject: large\r\n\r\n" + (b"x" * 997 + b"\r\n") * 12_000
    put(dovecot, [mail(1), large, mail(2)])
    poller, depositor = poller_for(dovecot.account())
    poller.poll()
    assert depositor.streamed == 1
    assert sorted(depositor.payloads) == sorted([mail(1), large, mail(2)])


@pytest.mark.parametrize("mode", [TlsMode.IMPLICIT, TlsMode.STARTTLS])
def test_token_signs_in_and_another_does_not(dovecot, mode):
    put(dovecot, [mail(1)], user="jane")
    token = dovecot.folder / "token"
    token.write_text("token-of-jane")
    settings = {"username": "jane", "password_file": None, "token_file": token, "tls": mode}
    settings["port"] = dovecot.tls_port if mode is TlsMode.IMPLICIT else dovecot.port
    poller, depositor = poller_for(dovecot.account(**settings))
    poller.poll()
    assert depositor.payloads == [mail(1)]
    token.write_text("somebody-elses")
    with pytest.raises(Denied):
        connect(dovecot.account(**settings))


def test_three_accounts_come_in_at_once_over_one_connection_each(dovecot):
    users = ("ada", "ben", "cho")
    made = {}
    for start, user in enumerate(users):
        put(dovecot, [mail(100 * start + number) for number in range(20)], user=user)
        made[user] = poller_for(dovecot.account(name=user, username=user, interval=3600.0))
    with Watching(made["ada"][0]), Watching(made["ben"][0]), Watching(made["cho"][0]):
        for user in users:
            made[user][1].wait_for(20)
        for user in users:
            put(dovecot, [mail(999)], user=user)
            made[user][1].wait_for(1)
    for start, user in enumerate(users):
        wanted = [mail(100 * start + number) for number in range(20)] + [mail(999)]
        assert sorted(made[user][1].payloads) == sorted(wanted)


def test_looking_says_what_is_there_and_changes_nothing(dovecot):
    put(dovecot, BODIES)
    client = dovecot.session()
    client.create("Other")
    client.logout()
    cursors = SqlCursorStore(memory_rows())
    seen = probe(dovecot.account(), cursors)
    assert (seen.problems, seen.idles, seen.moves, seen.others) == ([], True, True, ["Other"])
    assert [(one.name, one.mails, one.waiting) for one in seen.folders] == [("INBOX", len(BODIES), len(BODIES))]
    assert seen.tls in {"TLSv1.2", "TLSv1.3"}
    client = dovecot.session()
    client.select("INBOX", readonly=True)
    assert len(client.search(None, "UNSEEN")[1][0].split()) == len(BODIES)
    client.logout()
    assert probe(dovecot.account(folders=("Absent",)), cursors).problems


@pytest.mark.parametrize("move_to", [None, "Archived"])
def test_poller_that_is_killed_again_and_again_loses_and_doubles_nothing(dovecot, tmp_path, move_to):
    total, seed = 30, random.randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201 - shown where the test fails
    chance = random.Random(seed)
    put(dovecot, [mail(number) for number in range(total)])
    make_archive(tmp_path / "archive").close()
    secret = dovecot.folder / "secret"
    secret.write_text("dovecot-test")
    command = [sys.executable, "-m", "tests.ingest.imap_program", str(tmp_path / "archive"), str(dovecot.port)]
    command += [str(secret), move_to or "-"]
    kills = 0
    for _ in range(8):
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as program:
            for _ in range(chance.randrange(2, 12)):  # it tells of each deposit before the mail is marked
                if program.stdout.readline() == b"":
                    break
            else:
                program.send_signal(signal.SIGKILL)
                kills += 1
            program.stdout.read()
        if program.returncode == 0:
            break
        assert program.returncode == -signal.SIGKILL
    else:
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    assert kills >= 2
    archive = open_again(tmp_path / "archive")
    with archive.store.read() as connection:
        ids = archive.submissions.awaiting(connection, limit=10_000)
        bodies = [archive.submissions.content(connection, one) for one in ids]
    archive.close()
    assert sorted(bodies) == sorted(mail(number) for number in range(total))
    if move_to is not None:
        assert (in_folder(dovecot, "INBOX"), in_folder(dovecot, move_to)) == (0, total)
