"""Cursors and health in the archive's own, encrypted database."""

from datetime import UTC, datetime, timedelta

from ingest.channel_health import Health, SqlHealthLog
from ingest.imap_cursors import Cursor, Miss, SqlCursorStore
from ingest.tables import channel_health, imap_cursors, imap_misses
from storage.records import Channel

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def with_tables(archive):
    """The archive, whose database has this floor's tables whether or not its migrations made them."""
    with archive.store.write() as transaction:
        for table in (imap_cursors, imap_misses, channel_health):
            table.create(transaction.connection, checkfirst=True)
    return archive


def test_cursor_survives_with_its_misses(archive):
    store = SqlCursorStore(with_tables(archive).store)
    cursor = Cursor(
        mailbox="m" * 64,
        account="intake",
        uidvalidity=2**32 - 1,
        last_uid=2**32 - 1,
        misses=(
            Miss(uid=3, reason="refused", attempts=1, next_try=NOW),
            Miss(uid=2**32 - 2, reason="no_body", attempts=2, next_try=NOW + timedelta(hours=1)),
        ),
    )
    assert store.load(cursor.mailbox) is None
    store.save(cursor, NOW)
    assert store.load(cursor.mailbox) == cursor


def test_saving_again_replaces_and_leaves_other_mailboxes_alone(archive):
    store = SqlCursorStore(with_tables(archive).store)
    one = Cursor(mailbox="a", account="intake", uidvalidity=1, last_uid=5)
    other = Cursor(mailbox="b", account="intake", uidvalidity=1, last_uid=9)
    for cursor in (one, other):
        store.save(cursor.advanced(last_uid=0, had=[], missed={2: "refused"}, now=NOW), NOW)
    after = one.advanced(last_uid=7, had=[2], missed={}, now=NOW)
    store.save(after, NOW)
    assert store.load("a") == after
    assert [miss.uid for miss in store.load("b").misses] == [2]


def test_cursor_never_moves_back():
    cursor = Cursor(mailbox="a", account="intake", uidvalidity=1, last_uid=5)
    assert cursor.advanced(last_uid=3, had=[], missed={}, now=NOW).last_uid == 5


def test_health_keeps_what_a_note_does_not_mention(archive):
    log = SqlHealthLog(with_tables(archive).store)
    later = NOW + timedelta(minutes=1)
    log.note(Health(channel=Channel.SMTP, account="smtp", last_tried=NOW, last_worked=NOW, last_item=NOW))
    log.note(Health(channel=Channel.SMTP, account="smtp", last_tried=later))
    log.note(Health(channel=Channel.IMAP, account="intake"))
    assert log.all() == (
        Health(channel=Channel.SMTP, account="smtp", last_tried=later, last_worked=NOW, last_item=NOW),
    )
