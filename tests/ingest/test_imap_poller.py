"""The IMAP poller against a scripted server: everything once, nothing skipped, one bad mail stops nothing."""

import itertools
import logging
import threading
from datetime import timedelta

import pytest

from ingest.channels.imap import ConnectionLost, Refused
from ingest.channels.imap_fetching import groups
from ingest.channels.imap_watcher import ImapWatcher, pause_after
from ingest.submission import Deposited
from storage.errors import Denied, InvalidInput, StorageFull, TemporarilyUnavailable
from storage.records import Channel
from tests.ingest import imap_spoilers
from tests.ingest.imap_bench import START, Bench, StopAfter, mail, mails
from tests.ingest.imap_server import Folder, ImapServer


@pytest.fixture
def server():
    started = ImapServer()
    started.folders["INBOX"].mails.update({uid: mail(uid) for uid in range(1, 6)})
    yield started
    started.close()


@pytest.fixture
def bench(server, tmp_path):
    return Bench(server, tmp_path)


def test_everything_in_the_folder_is_deposited_byte_for_byte(bench):
    report = bench.poll()
    assert (report.deposited, report.missed) == (5, 0)
    assert bench.got == mails(1, 2, 3, 4, 5)


def test_second_poll_brings_only_what_is_new(bench):
    bench.poll()
    bench.server.folders["INBOX"].mails[6] = mail(6)
    assert bench.poll().deposited == 1
    assert bench.got == mails(1, 2, 3, 4, 5, 6)


def test_poll_of_an_unchanged_folder_fetches_nothing(bench):
    bench.poll()
    bench.server.commands.clear()
    bench.poll()
    assert not any("FETCH" in command for command in bench.server.commands)


def test_handover_names_place_and_uid_but_no_custodian(bench):
    bench.poll()
    handover = min(bench.depositor.handovers, key=lambda handover: handover.payload)
    assert (handover.channel, handover.account, handover.custodian_id) == (Channel.IMAP, "intake", None)
    assert handover.envelope.source == "INBOX;UIDVALIDITY=1000;UID=1"
    assert handover.envelope.submitter is None


def test_account_with_a_fixed_custodian_hands_over_in_his_name(bench):
    bench.poll(custodian_id="cus_jane")
    assert {handover.custodian_id for handover in bench.depositor.handovers} == {"cus_jane"}


def test_mail_is_read_without_setting_a_flag_and_marked_after_the_deposit(bench):
    bench.poll()
    commands = bench.server.commands
    fetched = next(at for at, command in enumerate(commands) if "BODY.PEEK[]" in command)
    stored = next(at for at, command in enumerate(commands) if "STORE" in command)
    assert fetched < stored
    assert bench.server.folders["INBOX"].flags == {uid: {"\\Seen"} for uid in range(1, 6)}


def test_keyword_can_mark_instead(bench):
    bench.poll(mark="$Archived")
    assert bench.server.folders["INBOX"].flags[1] == {"$Archived"}


def test_without_a_mark_the_folder_is_opened_read_only(bench):
    bench.poll(mark=None)
    assert any(command.startswith("EXAMINE") for command in bench.server.commands)
    assert bench.server.folders["INBOX"].flags == {}


def test_nothing_is_marked_that_is_not_deposited(bench):
    bench.depositor.failure = TemporarilyUnavailable("later")
    with pytest.raises(TemporarilyUnavailable):
        bench.poll()
    assert bench.server.folders["INBOX"].flags == {}
    assert bench.cursor().last_uid == 0


def test_mark_that_the_server_refuses_costs_only_the_mark(bench):
    bench.server.store_answer = "NO"
    report = bench.poll()
    assert (report.deposited, report.unmarked) == (5, 5)
    assert bench.cursor().last_uid == 5


@pytest.mark.parametrize("failure", [TemporarilyUnavailable("later"), StorageFull("full")], ids=repr)
def test_archive_that_cannot_take_mail_now_gets_it_at_the_next_poll(bench, failure):
    bench.depositor.failure = failure
    with pytest.raises(TemporarilyUnavailable):
        bench.poll()
    bench.depositor.failure = None
    bench.poll()
    assert bench.got == mails(1, 2, 3, 4, 5)


def test_failure_in_the_middle_keeps_what_was_done_and_skips_nothing(bench):
    allowed = itertools.count(1)
    deposit = bench.depositor.deposit

    def third_fails(handover) -> Deposited:
        if next(allowed) == 3:
            raise TemporarilyUnavailable("later")
        return deposit(handover)

    bench.depositor.deposit = third_fails
    with pytest.raises(TemporarilyUnavailable):
        bench.poll(batch_size=1)
    assert (bench.got, bench.cursor().last_uid) == (mails(1, 2), 2)
    bench.poll()
    assert bench.got == mails(1, 2, 3, 4, 5)


def test_other_uidvalidity_reads_the_folder_anew(bench):
    bench.poll()
    inbox = bench.server.folders["INBOX"]
    inbox.uidvalidity, inbox.mails = 2000, {1: mail(5), 2: mail(7)}
    report = bench.poll()
    assert (report.deposited, report.rescanned) == (2, 1)
    assert (bench.cursor().uidvalidity, bench.cursor().last_uid) == (2000, 2)


def test_duplicates_are_counted_as_such(bench):
    known = bench.depositor.deposit

    def again(handover) -> Deposited:
        first = known(handover)
        return type(first)(
            submission_id=first.submission_id,
            duplicate_of="sub_old",
            position=first.position,
            received_at=first.received_at,
            sha256=first.sha256,
        )

    bench.depositor.deposit = again
    report = bench.poll()
    assert (report.deposited, report.duplicates) == (0, 5)


def test_several_folders_have_each_their_own_cursor(bench):
    bench.server.folders["Sent Items"] = Folder(uidvalidity=7, mails={9: mail(9)})
    bench.poll(folders=("INBOX", "Sent Items"))
    assert bench.got == mails(1, 2, 3, 4, 5, 9)
    assert bench.cursor("Sent Items").last_uid == 9


@pytest.mark.parametrize(
    ("spoiler", "reason"),
    [
        (imap_spoilers.answer_no, "refused"),
        (imap_spoilers.hang_up, "connection_lost"),
        (imap_spoilers.lie_about_length, "connection_lost"),
        (imap_spoilers.nonsense, "refused"),
        (imap_spoilers.no_body, "no_body"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_one_bad_mail_is_written_down_and_the_others_come_in(bench, spoiler, reason):
    bench.server.spoil[2] = spoiler
    report = bench.poll()
    assert bench.got == mails(1, 3, 4, 5)
    assert report.missed == 1
    cursor = bench.cursor()
    assert (cursor.last_uid, [(miss.uid, miss.reason) for miss in cursor.misses]) == (5, [(2, reason)])


def test_server_that_never_stops_talking_is_left(bench):
    bench.server.spoil[2] = imap_spoilers.endless_lines
    bench.poll(max_size=10_000, batch_size=10_000)
    assert bench.got == mails(1, 3, 4, 5)


def test_bad_mail_is_tried_again_when_it_is_due_and_not_before(bench):
    bench.server.spoil[2] = imap_spoilers.answer_no
    bench.poll()
    bench.server.spoil.clear()
    assert bench.poll().deposited == 0
    bench.clock.now += timedelta(minutes=5)
    assert bench.poll().deposited == 1
    assert bench.got == mails(1, 2, 3, 4, 5)
    assert bench.cursor().misses == ()


def test_each_failed_try_of_a_mail_waits_longer(bench):
    bench.server.spoil[2] = imap_spoilers.answer_no
    waits = []
    for _ in range(12):
        bench.poll()
        (miss,) = bench.cursor().misses
        waits.append(miss.next_try - bench.clock.now)
        bench.clock.now = miss.next_try
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert waits[-1] == timedelta(hours=24)


def test_bad_mail_that_was_removed_meanwhile_is_no_longer_missed(bench):
    bench.server.spoil[2] = imap_spoilers.answer_no
    bench.poll()
    bench.server.spoil.clear()
    del bench.server.folders["INBOX"].mails[2]
    bench.clock.now += timedelta(hours=1)
    assert bench.poll().gone == 1
    assert bench.cursor().misses == ()


def test_mail_that_the_depositor_cannot_take_stops_no_other(bench):
    deposit = bench.depositor.deposit

    def refuse_the_third(handover) -> Deposited:
        if handover.payload == mail(3):
            raise ValueError("planted")
        return deposit(handover)

    bench.depositor.deposit = refuse_the_third
    bench.poll()
    assert bench.got == mails(1, 2, 4, 5)
    assert [miss.reason for miss in bench.cursor().misses] == ["deposit_failed"]


def test_mail_above_the_size_is_not_fetched_but_written_down(bench):
    bench.server.folders["INBOX"].mails[3] = b"x" * 5000
    bench.poll(max_size=1000)
    assert bench.got == mails(1, 2, 4, 5)
    assert [(miss.uid, miss.reason) for miss in bench.cursor().misses] == [(3, "too_large")]


def test_wrong_sizes_of_the_server_are_not_believed(bench):
    bench.server.size_of = lambda _: 1
    bench.server.folders["INBOX"].mails[3] = b"x" * 5000
    bench.poll(max_size=1000)
    assert [(miss.uid, miss.reason) for miss in bench.cursor().misses] == [(3, "too_large")]


def test_mail_removed_between_listing_and_fetching_is_counted_as_gone(bench):
    inbox = bench.server.folders["INBOX"]
    bench.server.after_fetch = lambda: inbox.mails.pop(5, None)
    report = bench.poll(batch_size=1)
    assert (report.deposited, report.gone) == (4, 1)


def test_folder_without_uidnext_or_with_far_uids_is_listed_in_portions(bench):
    bench.server.hide_uidnext = True
    bench.server.folders["INBOX"].mails[4_000_000_000] = mail(6)
    assert bench.poll().deposited == 6
    assert bench.cursor().last_uid == 4_000_000_000
    assert bench.poll().deposited == 0


def test_server_that_is_not_there_is_a_lost_connection(bench):
    bench.server.close()
    with pytest.raises(ConnectionLost):
        bench.poll()
    (health,) = bench.health.all()
    assert (health.last_tried, health.last_worked) == (START, None)


def test_wrong_password_is_denied_and_not_repeated_in_the_message(bench):
    secret = bench.folder / "wrong"
    secret.write_text("not the password")
    with pytest.raises(Denied) as caught:
        bench.poll(password_file=secret)
    assert "not the password" not in str(caught.value)


def test_unknown_folder_is_a_refusal(bench):
    with pytest.raises(Refused):
        bench.poll(folders=("Absent",))


def test_neither_password_nor_mail_is_logged(bench, caplog):
    caplog.set_level(logging.DEBUG)
    bench.server.spoil[2] = imap_spoilers.answer_no
    bench.poll()
    assert not any(word in caplog.text for word in ("hunter2", "body", "Subject", "archive"))


def test_certificate_authority_that_is_absent_is_told_as_such(bench):
    with pytest.raises(InvalidInput):
        bench.poll(certificate_authority=bench.folder / "absent.pem")


def test_health_says_when_it_worked_and_when_something_came(bench):
    bench.poll()
    bench.clock.now += timedelta(hours=1)
    bench.poll()
    (health,) = bench.health.all()
    assert (health.channel, health.account) == (Channel.IMAP, "intake")
    assert (health.last_tried, health.last_worked) == (bench.clock.now, bench.clock.now)
    assert health.last_item == START


def test_running_poller_outlives_failures_and_stops_when_told(bench):
    bench.depositor.failure = RuntimeError("planted")
    stop = StopAfter(waits=3)
    ImapWatcher(bench.poller(interval=10.0)).run(stop)
    assert stop.pauses == [10.0, 10.0, 10.0]
    bench.server.close()
    stop = StopAfter(waits=4)
    ImapWatcher(bench.poller(interval=10.0)).run(stop)
    assert stop.pauses == [20.0, 40.0, 80.0, 160.0]


def test_stop_between_batches_leaves_the_rest_for_later(bench):
    stop = threading.Event()
    deposit = bench.depositor.deposit

    def stop_at_first(handover) -> Deposited:
        stop.set()
        return deposit(handover)

    bench.depositor.deposit = stop_at_first
    bench.poller(batch=2).poll(stop)
    assert (bench.got, bench.cursor().last_uid) == (mails(1, 2), 2)


def test_pauses_double_up_to_a_quarter_of_an_hour():
    assert [pause_after(60.0, failures) for failures in (0, 1, 2, 5, 1000)] == [60.0, 120.0, 240.0, 900.0, 900.0]
    assert pause_after(3600.0, 3) == 3600.0


def test_groups_hold_the_limit_and_lose_nothing():
    sizes = {1: 4, 2: 4, 3: 4, 4: 20, 6: 1, 7: 1}
    assert list(groups([1, 2, 3, 4, 5, 6, 7], sizes, 10)) == [[1, 2], [3], [4], [5], [6, 7]]
