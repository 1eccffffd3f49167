"""Waiting for the server's word: mail comes in when it comes, nothing is missed, other servers are polled."""

import pytest

from ingest.channels.imap_watcher import ImapWatcher, pause_after
from tests.ingest.imap_bench import WAIT, Bench, StopAfter, Watching, mail, mails
from tests.ingest.imap_server import Folder, ImapServer


@pytest.fixture
def server():
    started = ImapServer("IDLE")
    started.folders["INBOX"].mails.update({uid: mail(uid) for uid in (1, 2)})
    yield started
    started.close()


@pytest.fixture
def bench(server, tmp_path):
    return Bench(server, tmp_path)


def test_mail_that_arrives_while_the_server_is_listened_to_comes_in_at_once(bench, server):
    with Watching(bench.poller(interval=3600.0)):
        bench.depositor.wait_for(2)
        for uid in (3, 4):
            assert server.idling.wait(WAIT)
            server.deliver("INBOX", uid, mail(uid))
            bench.depositor.wait_for(1)
    assert bench.got == mails(1, 2, 3, 4)
    assert server.connections == 1


def test_mail_that_arrives_between_looking_and_listening_is_not_missed(bench, server):
    arrivals = iter([3, 4])

    def arrive() -> None:
        uid = next(arrivals, None)
        if uid is not None:
            server.folders["INBOX"].mails[uid] = mail(uid)

    server.before_idle = arrive  # and is told before the server says that it listens
    with Watching(bench.poller(interval=3600.0)):
        bench.depositor.wait_for(4)
    assert bench.got == mails(1, 2, 3, 4)


def test_mail_that_arrives_during_a_round_is_found_before_listening(bench, server):
    server.after_fetch = lambda: server.folders["INBOX"].mails.setdefault(3, mail(3))
    with Watching(bench.poller(interval=3600.0)):
        bench.depositor.wait_for(3)
    assert bench.got == mails(1, 2, 3)


def test_listening_is_begun_anew_after_its_time_and_the_folder_looked_at(bench, server):
    with Watching(bench.poller(interval=3600.0, idle_seconds=0.05)):
        bench.depositor.wait_for(2)
        for _ in range(3):
            server.idling.clear()
            assert server.idling.wait(WAIT)
    assert server.commands.count("IDLE") >= 3
    assert server.connections == 1


def test_server_that_hangs_up_while_it_is_listened_to_is_called_again(bench, server):
    poller = bench.poller(interval=0.01)
    with Watching(poller):
        bench.depositor.wait_for(2)
        assert server.idling.wait(WAIT)
        server.hang_up_all()
        server.folders["INBOX"].mails[3] = mail(3)
        bench.depositor.wait_for(1)
    assert bench.got == mails(1, 2, 3)
    assert server.connections >= 2


def test_other_folders_are_looked_at_after_the_interval_although_the_first_is_listened_to(bench, server):
    server.folders["Sent"] = Folder()
    with Watching(bench.poller(interval=0.05, folders=("INBOX", "Sent"))):
        bench.depositor.wait_for(2)
        server.folders["Sent"].mails[1] = mail(9)
        bench.depositor.wait_for(1)
    assert bench.got == mails(1, 2, 9)


def test_server_that_cannot_tell_is_polled(bench, server):
    server.capabilities = "IMAP4rev1"
    with Watching(bench.poller(interval=0.01)):
        bench.depositor.wait_for(2)
        server.folders["INBOX"].mails[3] = mail(3)
        bench.depositor.wait_for(1)
    assert "IDLE" not in server.commands


def test_server_is_not_listened_to_where_the_settings_say_so(bench, server):
    with Watching(bench.poller(interval=0.01, idle_seconds=0.0)):
        bench.depositor.wait_for(2)
        server.folders["INBOX"].mails[3] = mail(3)
        bench.depositor.wait_for(1)
    assert "IDLE" not in server.commands


def test_stopping_ends_the_waiting_with_done(bench, server):
    with Watching(bench.poller(interval=3600.0)):
        bench.depositor.wait_for(2)
        assert server.idling.wait(WAIT)
    assert server.finished_idles >= 1


def test_server_that_always_says_that_there_is_news_is_asked_ever_less(bench):
    poller = bench.poller(interval=60.0)
    poller.wait_for_news = lambda _seconds, _stop: True
    stop = StopAfter(waits=6)
    ImapWatcher(poller).run(stop)
    assert stop.pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]


def test_pauses_after_failures_are_stretched_by_chance(bench, server):
    server.close()
    chances = iter([0.0, 0.5, 0.9])
    stop = StopAfter(waits=3)
    ImapWatcher(bench.poller(interval=10.0), chance=lambda: next(chances)).run(stop)
    assert stop.pauses == [20.0, 45.0, 98.0]


def test_refused_secret_is_tried_rarely():
    assert [pause_after(60.0, failures, denied=True) for failures in (1, 3, 5, 99)] == [300.0, 480.0, 1920.0, 3600.0]


def test_denied_account_waits_five_minutes(bench):
    wrong = bench.folder / "wrong"
    wrong.write_text("not the password")
    stop = StopAfter(waits=1)
    ImapWatcher(bench.poller(interval=10.0, password_file=wrong)).run(stop)
    assert stop.pauses == [300.0]


def test_one_slow_server_stops_no_other_account(tmp_path, server):
    slow = ImapServer()
    slow.greeting = b""  # it never says a word
    places = [tmp_path / name for name in ("slow", "quick")]
    for place in places:
        place.mkdir()
    waiting, quick = Bench(slow, places[0]), Bench(server, places[1])
    try:
        with Watching(waiting.poller(timeout=2.0)), Watching(quick.poller(interval=3600.0)):
            quick.depositor.wait_for(2)
            assert server.idling.wait(WAIT)
            server.deliver("INBOX", 3, mail(3))
            quick.depositor.wait_for(1)
    finally:
        slow.close()
    assert quick.got == mails(1, 2, 3)
    assert waiting.got == []
