"""A database that cannot grow refuses, keeps all that it acknowledged, and takes the same again when it can."""

from __future__ import annotations

import pytest

from ingest.depositor import GroupDepositor
from ingest.submission import Handover
from storage.errors import StorageFull
from storage.fixity import FixityCheck
from storage.records import Channel, Envelope
from tests.storage.archives import make_archive


def limit(archive, pages):
    """Let the one connection of this test's pool have so many pages more than it has."""
    with archive.store.read() as connection:
        now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {now + pages}")


def deposit(depositor, number):
    payload = b"mail %d" % number
    envelope = Envelope(source="x" * 500)
    return depositor.deposit(
        Handover(channel=Channel.SMTP, account="smtp", custodian_id=None, envelope=envelope, payload=payload)
    )


def test_a_full_database_loses_nothing_that_was_acknowledged(tmp_path):
    archive = make_archive(tmp_path / "archive")
    depositor = GroupDepositor(archive, actor="service:smtp")
    limit(archive, 8)
    with pytest.raises(StorageFull, match="free some space"):
        [deposit(depositor, number) for number in range(1_000)]
    limit(archive, 10_000)
    report = FixityCheck(archive).run()
    assert report.faults == []
    assert report.objects >= 1
    again = [deposit(depositor, number) for number in range(report.objects + 1)]
    assert [one.duplicate_of is None for one in again] == [False] * report.objects + [True]
    archive.close()
