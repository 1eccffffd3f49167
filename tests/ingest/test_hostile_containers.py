"""Containers made to hide what they hold: nothing is passed over unsaid, and none of them stops the others."""

from __future__ import annotations

import gzip
import io
import tarfile
from unittest import mock

import pytest
from sqlalchemy import update

from ingest.container_counts import bytes_out
from ingest.containers import ContainerState, MemberOutcome
from ingest.depositor import GroupDepositor
from ingest.formats import gzip_members, olm, tar_members, zip_members
from ingest.formats.container import ContainerBroken, Declared, Member, MemberKind, Remark
from ingest.submission import DOCUMENT, Handover
from storage.container_tables import containers
from storage.errors import TemporarilyUnavailable
from storage.records import Channel, Envelope
from tests.ingest.test_archive_members import MAIL, take, tar
from tests.ingest.test_unpacking import ACTOR, account, deposit, lines, mail, mbox, row, unpack, unpacker
from tests.ingest.zip_writing import Planned, build


def as_document(archive, content):
    handover = Handover(
        channel=Channel.CLI,
        account="cli",
        custodian_id=None,
        envelope=Envelope(submitter="test", source="kept.bin"),
        payload=content,
        kind=DOCUMENT,
    )
    return GroupDepositor(archive, actor=ACTOR).deposit_many([handover])[0].submission_id


def test_a_container_whose_bytes_were_kept_unopened_before_is_opened_when_it_is_met_as_one(archive):
    inner = mbox(mail(1), mail(2))
    kept = as_document(archive, inner)
    outer = unpack(archive, build(Planned(name=b"in.mbox", content=inner)), "a.zip")
    (one,) = lines(archive, outer)
    assert one.submission_id == kept
    assert row(archive, kept).state is ContainerState.DONE
    assert row(archive, kept).root_id == outer
    assert len(lines(archive, kept)) == 2
    assert one.outcome is MemberOutcome.TAKEN


def test_bytes_of_an_earlier_attempt_do_not_use_up_the_allowance(archive):
    box = unpack(archive, mbox(mail(1, size=1000)), "in.mbox")
    with archive.store.read() as connection:
        before = bytes_out(connection, box)
    with archive.store.write() as transaction:
        transaction.connection.execute(update(containers).where(containers.c.id == box).values(attempt=2))
    with archive.store.read() as connection:
        assert (before > 1000, bytes_out(connection, box)) == (True, 0)


def test_a_tar_behind_the_end_of_a_tar_is_read_and_said():
    taken, others = take(tar_members, tar(("a", MAIL, tarfile.REGTYPE)) + tar(("b", MAIL, tarfile.REGTYPE)))
    assert [name for _, name, _, _ in taken] == ["a", "b"]
    assert [(one.lost, "end mark" in one.text) for one in others if isinstance(one, Remark)] == [(0, True)]


def test_what_is_no_tar_behind_the_end_of_a_tar_is_said_to_be_missing():
    _, others = take(tar_members, tar(("a", MAIL, tarfile.REGTYPE)) + b"hidden" * 200)
    assert [(one.lost, "end mark" in one.text) for one in others if isinstance(one, Remark)] == [(None, True)]


def test_the_padding_of_a_tar_is_no_news():
    _, others = take(tar_members, tar(("a", MAIL, tarfile.REGTYPE)) + b"\0" * 3_000_000)
    assert others == [Declared()]


@pytest.mark.parametrize("size", [b"x", b"9" * 20, b"-1", b""])
def test_a_size_that_is_none_ends_the_tar_and_is_not_taken_for_zero(size):
    record = b"size=" + size + b"\n"
    record = b"%d " % (len(record) + 3) + record
    hidden = bytes(1024) + MAIL
    content = tar(("p", record, tarfile.XHDTYPE), ("a", hidden, tarfile.REGTYPE), form=tarfile.USTAR_FORMAT)
    with pytest.raises(ContainerBroken, match="header"):
        take(tar_members, content)


def test_what_follows_a_long_padding_of_a_gzip_is_said():
    content = gzip.compress(MAIL) + b"\0" * (1 << 20) + gzip.compress(MAIL)
    _, others = take(gzip_members, content)
    (remark,) = (one for one in others if isinstance(one, Remark))
    assert remark.text == "bytes behind the compressed data were passed over"


def test_an_archive_in_front_of_an_archive_is_said():
    first, second = (build(Planned(name=name, content=MAIL)) for name in (b"a.eml", b"b.eml"))
    found = list(zip_members.members(io.BytesIO(first + second), "x.zip"))
    assert any(isinstance(one, Remark) and "in front" in one.text for one in found)
    assert not any(isinstance(one, Remark) for one in zip_members.members(io.BytesIO(first), "x.zip"))


def test_a_zip_that_is_called_olm_hides_neither_mails_nor_containers_as_documents():
    content = build(
        Planned(name=b"Accounts/x/a.eml", content=MAIL),
        Planned(name=b"Accounts/x/b.mbox", content=mbox(mail(1))),
        Planned(name=b"Accounts/x/c.txt", content=b"text"),
    )
    kinds = {one.name: one.kind for one in olm.members(io.BytesIO(content), "x.olm") if isinstance(one, Member)}
    assert kinds == {"a.eml": MemberKind.EMAIL, "b.mbox": MemberKind.CONTAINER, "c.txt": MemberKind.DOCUMENT}


def test_a_container_that_cannot_be_unpacked_now_stops_no_other(archive, monkeypatch):
    bad, good = deposit(archive, mbox(mail(1)), "bad.mbox"), deposit(archive, mbox(mail(2)), "good.mbox")
    worker = unpacker(archive)
    real = worker.unpack

    def unpack_some(root_id) -> None:
        if root_id == bad:
            raise TemporarilyUnavailable("not now")
        real(root_id)

    monkeypatch.setattr(worker, "unpack", unpack_some)
    with pytest.raises(TemporarilyUnavailable):
        worker.unpack_waiting()
    worker.unpack_waiting()
    assert [row(archive, one).state for one in (bad, good)] == [ContainerState.OPEN, ContainerState.DONE]
    monkeypatch.undo()
    assert worker.unpack_waiting()
    assert row(archive, bad).state is ContainerState.DONE


def test_stored_bytes_that_the_disk_does_not_give_end_a_container_with_a_reason(archive, monkeypatch):
    box = deposit(archive, mbox(mail(1)), "in.mbox")
    monkeypatch.setattr("storage.sealed_ranges.SealedRanges.read", mock.Mock(side_effect=OSError(5, "secret")))
    unpacker(archive).unpack(box)
    assert row(archive, box).state is ContainerState.FAILED
    assert "could not be opened" in account(archive, box)["reason"]
