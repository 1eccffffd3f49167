"""Large mails come in pieces, folders by any name, and servers that misbehave lose no mail and make up none."""

import pytest

from ingest.channels import imap_fetching
from ingest.channels.imap import PIECE_BYTES, Refused
from storage.errors import TemporarilyUnavailable
from tests.ingest import imap_spoilers
from tests.ingest.imap_bench import Bench, mail, mails
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


def large(size):
    return (b"Subject: large\r\n\r\n" + bytes(range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize("size", [PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES - 7])
def test_large_mail_comes_in_pieces_and_is_the_same(bench, server, size):
    server.folders["INBOX"].mails[3] = large(size)
    assert bench.poll(batch_size=PIECE_BYTES).deposited == 5
    assert bench.depositor.streamed == 1
    assert bench.got == sorted([*mails(1, 2, 4, 5), large(size)])


def test_pieces_that_are_shorter_than_asked_for_are_no_end(bench, server):
    server.folders["INBOX"].mails[3] = large(PIECE_BYTES + 5)
    server.longest_piece = PIECE_BYTES // 3
    bench.poll(batch_size=PIECE_BYTES)
    assert large(PIECE_BYTES + 5) in bench.got


def test_server_that_gives_a_byte_at_a_time_is_not_followed(bench, server):
    server.folders["INBOX"].mails[3] = large(PIECE_BYTES)
    server.longest_piece = 1
    assert bench.poll(batch_size=PIECE_BYTES).missed == 1
    assert bench.got == mails(1, 2, 4, 5)


def test_mail_that_the_server_calls_small_and_is_large_comes_in_at_the_next_try(bench, server):
    server.size_of = lambda _: 100
    server.folders["INBOX"].mails[3] = large(13 << 20)
    bench.poll(batch_size=1 << 20)
    assert bench.got == mails(1, 2, 4, 5)
    bench.clock.now = bench.cursor().misses[0].next_try
    bench.poll(batch_size=1 << 20)
    assert large(13 << 20) in bench.got
    assert bench.cursor().misses == ()


def test_mail_that_is_larger_than_is_taken_ends_when_that_is_seen(bench, server):
    server.size_of = lambda body: PIECE_BYTES + 100 if len(body) > PIECE_BYTES else len(body)
    server.folders["INBOX"].mails[3] = large(4 * PIECE_BYTES)
    bench.poll(max_size=2 * PIECE_BYTES)
    assert bench.got == mails(1, 2, 4, 5)
    assert [(miss.uid, miss.reason) for miss in bench.cursor().misses] == [(3, "too_large")]


def test_large_mail_that_is_removed_meanwhile_is_gone(bench, server):
    inbox = server.folders["INBOX"]
    inbox.mails[3] = large(3 * PIECE_BYTES)

    def remove() -> None:
        if any("BODY.PEEK[]<0" in command for command in server.commands):
            inbox.mails.pop(3, None)

    server.after_fetch = remove
    report = bench.poll()
    assert (report.deposited, report.gone) == (4, 1)


def test_archive_that_cannot_take_a_large_mail_now_gets_it_later(bench, server):
    server.folders["INBOX"].mails[3] = large(PIECE_BYTES + 1)
    bench.depositor.failure = TemporarilyUnavailable("later")
    with pytest.raises(TemporarilyUnavailable):
        bench.poll()
    assert bench.cursor().misses == ()
    bench.depositor.failure = None
    assert bench.poll().deposited == 5


@pytest.mark.parametrize(
    ("spoiler", "reason"),
    [
        (imap_spoilers.say_goodbye, "connection_lost"),
        (imap_spoilers.short_literal, "connection_lost"),
        (imap_spoilers.short_literal_that_parses, "refused"),
        (imap_spoilers.long_literal, "refused"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_answer_that_is_cut_or_wrongly_measured_is_no_mail(bench, server, spoiler, reason):
    server.spoil[2] = spoiler
    bench.poll()
    assert bench.got == mails(1, 3, 4, 5)
    assert [(miss.uid, miss.reason) for miss in bench.cursor().misses] == [(2, reason)]
    server.spoil.clear()
    bench.clock.now = bench.cursor().misses[0].next_try
    bench.poll()
    assert bench.got == mails(1, 2, 3, 4, 5)


def test_what_the_server_says_unasked_changes_nothing(bench, server):
    server.spoil[2] = imap_spoilers.chatter
    assert bench.poll().deposited == 5
    assert bench.got == mails(1, 2, 3, 4, 5)


def test_uids_that_went_backwards_are_read_anew(bench, server):
    bench.poll()
    inbox = server.folders["INBOX"]
    inbox.mails = {1: mail(1), 2: mail(7)}  # a server put back from a copy, with mail since
    report = bench.poll()
    assert report.rescanned == 1
    assert mail(7) in bench.got
    assert bench.poll().rescanned == 0


def test_mail_that_is_moved_in_later_is_taken_whatever_its_date(bench, server):
    bench.poll()
    old = b"Date: Thu, 1 Jan 1998 00:00:00 +0000\r\nSubject: old\r\n\r\n"
    server.folders["INBOX"].mails[6] = old
    bench.poll()
    assert old in bench.got
    assert not any(word in command for command in server.commands for word in ("SINCE", "UNSEEN", "RECENT"))


def test_folders_are_chosen_by_pattern_and_new_ones_are_found(bench, server):
    server.folders["Entw&APw-rfe"] = Folder(mails={1: mail(11)})
    server.folders["Junk"] = Folder(mails={1: mail(12)}, attributes="\\Junk")
    server.folders["[Gmail]"] = Folder(attributes="\\Noselect")
    settings = {"folders": ("*",), "exclude": ("\\Junk",)}
    bench.poll(**settings)
    assert bench.got == mails(1, 2, 3, 4, 5, 11)
    server.folders["Neu/T&AOQ-glich"] = Folder(mails={1: mail(13)})
    bench.poll(**settings)
    assert mail(13) in bench.got
    assert bench.cursor("Neu/Täglich").last_uid == 1


def test_folder_with_letters_beyond_ascii_is_opened_by_its_name(bench, server):
    server.folders["Entw&APw-rfe"] = Folder(mails={1: mail(11)})
    bench.poll(folders=("Entwürfe",))
    assert bench.got == mails(11)
    handover = bench.depositor.handovers[0]
    assert handover.envelope.source == "Entwürfe;UIDVALIDITY=1000;UID=1"


def test_folder_with_a_name_that_is_no_utf_7_is_opened_all_the_same(bench, server):
    server.folders["odd & name"] = Folder(mails={1: mail(11)})
    bench.poll(folders=("odd*",))
    assert bench.got == mails(11)


def test_folder_that_is_lost_and_found_while_it_is_read_keeps_its_name_on_the_wire(bench, server):
    server.folders["odd & name"] = Folder(mails={1: mail(11), 2: mail(12)})
    server.spoil[1] = imap_spoilers.hang_up
    bench.poll(folders=("odd*",))
    assert bench.got == mails(12)


def test_one_folder_that_cannot_be_opened_stops_none_of_the_others(bench, server):
    server.folders["Later"] = Folder(mails={1: mail(11)})
    with pytest.raises(Refused):
        bench.poll(folders=("Absent", "INBOX", "Later"))
    assert bench.got == mails(1, 2, 3, 4, 5, 11)
    (health,) = bench.health.all()
    assert health.last_worked is None


def test_patterns_that_fit_nothing_are_told(bench):
    with pytest.raises(Refused):
        bench.poll(folders=("Nothing*",))


def test_mailbox_that_may_only_be_read_is_read(bench, server):
    server.read_only = True
    report = bench.poll()
    assert report.deposited == 5


def test_groups_count_what_is_unknown_as_full():
    assert list(imap_fetching.groups([1, 2, 3], {1: 1, 3: 1}, 10)) == [[1], [2], [3]]
