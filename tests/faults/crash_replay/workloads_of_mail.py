"""The programs of mail in that are recorded: a polled mailbox, a watched folder, a container unpacked, answers.

As in `workloads.py`, what they say must be true after any crash from then on. What lies outside the archive (mail on a
server, files that somebody put into a folder) is told before the archive can know of it.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.channel_health import SqlHealthLog
from ingest.channels.imap_poller import ImapPoller
from ingest.containers import Containers, container_kind_of, envelope_kind
from ingest.formats.container_kinds import ContainerKind
from ingest.imap_cursors import SqlCursorStore
from ingest.submission import Handover
from storage.records import Channel, Envelope
from tests.faults.crash_replay.mail_parts import SayingDepositor, WatchedFolder, answering_here, unpacking_here
from tests.faults.crash_replay.saying import payload, say
from tests.ingest import imap_spoilers
from tests.ingest.imap_server import Folder, ImapServer
from tests.ingest.zip_writing import Planned, build
from tests.storage.archives import custodian, file_one

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from storage.archive import Archive

_POLLED_TOGETHER = 3
_ARCHIVED = "Archived"
_SENDER = "ada@district.example"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _SayingServer(ImapServer):
    """Tells what it moves before it does, since from then on it is not where the archive looks."""

    def _do_move(self, say_line: Any, rest: str, session: Any, *more: Any) -> str | None:
        uids = [int(one) for one in rest.split(" ")[2].replace(":", ",").split(",")]
        say(moved=[digest(content) for uid, content in session.folder.mails.items() if min(uids) <= uid <= max(uids)])
        return super()._do_move(say_line, rest, session, *more)


class _Mailbox:
    """A scripted mailbox that tells what lies in it before it is polled."""

    def __init__(self, archive: Archive, secrets: Path) -> None:
        self.server = _SayingServer("MOVE")
        self.server.folders[_ARCHIVED] = Folder()
        self._archive = archive
        self._secrets = secrets
        self._depositor = SayingDepositor(archive, "service:imap")

    @property
    def inbox(self) -> Folder:
        return self.server.folders["INBOX"]

    def poll(self, *, later: timedelta = timedelta(0), **settings: Any) -> None:
        there = {str(uid): digest(content) for uid, content in self.inbox.mails.items()}
        say(mailbox=self.inbox.uidvalidity, mails=there)
        store = self._archive.store
        account = self.server.account(self._secrets, batch=_POLLED_TOGETHER, parallel_deposits=2, **settings)
        clock: Callable[[], datetime] = lambda: store.clock() + later  # noqa: E731 - of one line
        ImapPoller(account, self._depositor, SqlCursorStore(store), SqlHealthLog(store), clock).poll()


def poll(archive: Archive, chance: random.Random) -> None:
    """A mailbox with a mail that cannot be had at first, one that stands twice, another UIDVALIDITY, and moves."""
    with tempfile.TemporaryDirectory(prefix="imap-") as secrets:
        box = _Mailbox(archive, Path(secrets))
        mails = [payload(chance) for _ in range(9)]
        box.inbox.mails.update({uid: mails[uid - 1] for uid in range(1, 6)} | {6: mails[0]})
        bad = chance.randrange(2, 6)
        box.server.spoil[bad] = imap_spoilers.answer_no
        box.poll()
        box.inbox.mails[7] = mails[5]
        del box.server.spoil[bad]
        box.poll(later=timedelta(hours=1))  # the miss is due
        box.server.folders["INBOX"] = Folder(uidvalidity=1001)
        box.inbox.mails.update(enumerate(reversed(mails[:7]), 1))
        box.poll()
        box.inbox.mails.update({8: mails[7], 9: mails[8]})
        box.poll(move_to=_ARCHIVED)
        box.server.close()


def _into_drop(place: Path, content: bytes) -> None:
    """As a careful program hands in a file: durable under another name, then renamed."""
    aside = place.with_name(f"{place.name}.part")
    descriptor = os.open(aside, os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, content)
    os.fsync(descriptor)
    os.close(descriptor)
    aside.rename(place)
    _sync(place.parent)
    say(dropped=digest(content))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def watch(archive: Archive, chance: random.Random) -> None:
    """Files in the folder and in one of a custodian, one of them twice; a last round that deletes what it took."""
    depositor = SayingDepositor(archive, "service:folders")
    numbers = itertools.count()
    for delete in (False, False, True):
        watched = WatchedFolder(archive, depositor, delete=delete)
        own = watched.path / _SENDER
        own.mkdir(exist_ok=True)
        _sync(watched.path)
        for _ in range(2):
            contents = [payload(chance) for _ in range(3)]
            _into_drop(watched.path / "same name.eml", contents[0])
            _into_drop(own / f"{next(numbers)}.eml", contents[1])
            _into_drop(own / f"{next(numbers)}.eml", contents[2])
            _into_drop(watched.path / f"{next(numbers)}.eml", contents[0])
            watched.take()


def _mbox(*mails: bytes) -> bytes:
    return b"".join(b"From ada@district.example Mon May  6 12:00:00 2024\n" + one + b"\n" for one in mails)


def _packed(archive: Archive, content: bytes, name: str, kind: ContainerKind) -> str:
    """Hand in a container, as the command line does; its id."""
    said = envelope_kind(kind)
    handover = Handover(
        channel=Channel.CLI,
        account="cli",
        custodian_id=None,
        envelope=Envelope(submitter="test", source=name),
        payload=content,
        kind=said,
    )

    def admit(transaction: Any, answers: Any) -> None:
        inner = container_kind_of(said)
        assert inner is not None
        Containers(archive, actor="operator:test").admit(transaction, answers[0].submission_id, inner)

    (answer,) = SayingDepositor(archive, "operator:test").deposit_many([handover], beside=admit)
    assert not isinstance(answer, Exception)
    return answer.submission_id


def _mail_of(chance: random.Random) -> bytes:
    """A mail whose bytes an mbox gives back as they are."""
    return payload(chance).replace(b"\r\n", b"\n") + b"\n"


def unpack(archive: Archive, chance: random.Random) -> None:
    """A mailbox file and a zip with another one in it, each left in the middle and gone on with by a new program."""
    mails = [_mail_of(chance) for _ in range(12)]
    inner = _mbox(*mails[8:12])
    zipped = [
        Planned(name=b"a.eml", content=mails[5]),
        Planned(name=b"box/in.mbox", content=inner),
        Planned(name=b"bad.eml", content=mails[6], stated_crc=7),
        Planned(name=b"again.eml", content=mails[5]),
        Planned(name=b"b.eml", content=mails[7]),
    ]
    holds = [
        (_mbox(*mails[:5], mails[0]), "in.mbox", ContainerKind.MBOX, mails[:5], 6),
        (build(*zipped), "a.zip", ContainerKind.ZIP, [mails[5], mails[7], inner, *mails[8:12]], 9),
    ]
    for content, name, kind, members, count in holds:
        say(packed=digest(content), holds=[digest(one) for one in members], members=count)
        container_id = _packed(archive, content, name, kind)
        for stops in itertools.count(1):
            asked = itertools.count()
            with unpacking_here(archive, lambda asked=asked: next(asked) >= 2) as unpacker:  # type: ignore[misc]
                unpacker.unpack(container_id)
            with archive.store.read() as connection:
                if Containers(archive, actor="").open_within(connection, container_id) is None:
                    break
            assert stops < 20, "it does not get on"
        say(unpacked=container_id)


def answer(archive: Archive, chance: random.Random) -> None:
    """Mails that became records and are answered, some steps after several of them, some after none."""
    with archive.store.read() as connection:
        owner = archive.custodians.find(connection, _SENDER) or custodian(archive)
    answering_here(archive).step()  # answering begins with what comes after it was switched on
    for turn in range(4):
        for _ in range(turn):
            head = f"From: {_SENDER}\r\nMessage-ID: <{chance.getrandbits(64)}@district.example>\r\n"
            filed = file_one(
                archive, owner, head.encode() + payload(chance), channel=Channel.SMTP, at=datetime.now(UTC)
            )
            say(record=filed.record_id)
            say(asked=filed.submission_id, position=filed.record_position)
        answering_here(archive).step()
        say(answered=True)


WORKLOADS_OF_MAIL: dict[str, Callable[[Archive, random.Random], None]] = {
    "poll": poll,
    "watch": watch,
    "unpack": unpack,
    "answers": answer,
}
