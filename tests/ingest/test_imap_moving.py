"""Mail that is archived is moved away where the settings ask for it, and never before, and never anything else."""

import pytest

from storage.errors import InvalidInput, TemporarilyUnavailable
from tests.ingest import imap_spoilers
from tests.ingest.imap_bench import Bench, mail, mails
from tests.ingest.imap_server import Folder, ImapServer


def bench_with(capabilities, folder):
    server = ImapServer(capabilities)
    server.folders["INBOX"].mails.update({uid: mail(uid) for uid in (1, 2, 3)})
    server.folders["Archived"] = Folder(uidvalidity=5)
    return Bench(server, folder)


@pytest.fixture(params=["MOVE", "UIDPLUS", "MOVE UIDPLUS"])
def bench(request, tmp_path):
    made = bench_with(request.param, tmp_path)
    yield made
    made.server.close()


def names(bench):
    return {name: sorted(folder.mails.values()) for name, folder in bench.server.folders.items()}


def test_mail_is_moved_after_its_deposit(bench):
    assert bench.poll(move_to="Archived").unmoved == 0
    assert names(bench) == {"INBOX": [], "Archived": mails(1, 2, 3)}
    assert bench.got == mails(1, 2, 3)


def test_nothing_is_moved_that_is_not_deposited(bench):
    bench.depositor.failure = TemporarilyUnavailable("later")
    with pytest.raises(TemporarilyUnavailable):
        bench.poll(move_to="Archived")
    assert names(bench)["Archived"] == []


def test_mail_that_cannot_be_had_stays_where_it_is(bench):
    bench.server.spoil[2] = imap_spoilers.answer_no
    bench.poll(move_to="Archived")
    assert names(bench) == {"INBOX": mails(2), "Archived": mails(1, 3)}


def test_mail_that_somebody_else_marked_as_deleted_stays(bench):
    bench.poll(move_to=None, mark=None)
    inbox = bench.server.folders["INBOX"]
    inbox.flags[1] = {"\\Deleted"}
    inbox.mails[4] = mail(4)
    bench.poll(move_to="Archived")
    assert names(bench) == {"INBOX": mails(1, 2, 3), "Archived": mails(4)}


def test_folder_that_is_absent_is_made(bench):
    del bench.server.folders["Archived"]
    bench.poll(move_to="Fertig gelöscht")
    assert names(bench)["Fertig gel&APY-scht"] == mails(1, 2, 3)


def test_folder_that_mail_is_moved_to_is_not_read_by_a_pattern(bench):
    bench.poll(move_to="Archived", folders=("*",))
    assert bench.poll(move_to="Archived", folders=("*",)).duplicates == 0
    assert len(bench.depositor.payloads) == 3


def test_server_that_could_only_expunge_everything_is_not_asked_to(tmp_path):
    bench = bench_with("", tmp_path)
    assert bench.poll(move_to="Archived").unmoved == 3
    assert names(bench) == {"INBOX": mails(1, 2, 3), "Archived": []}
    assert bench.cursor().last_uid == 3
    bench.server.close()


@pytest.mark.parametrize("target", ["INBOX", "inbox", "Arch*", "a\r\nb"])
def test_target_that_is_read_itself_is_refused(tmp_path, target):
    bench = bench_with("MOVE", tmp_path)
    with pytest.raises(InvalidInput):
        bench.poller(move_to=target)
    bench.server.close()
