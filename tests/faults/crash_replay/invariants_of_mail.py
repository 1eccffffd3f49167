"""What must hold of mail in after any crash, beside the rules of `invariants.py`.

(12) No bytes are twice a submission of one channel and account. (13) A polled mailbox's cursor has passed only what is
deposited or written as a miss; what was moved on the server is deposited. (14) A file that somebody put into the
watched folder is still there or deposited, and one in ``done`` is deposited. (15) Members of a container are counted
from the first on without a gap, each that was taken is there, and each that is there is counted; one that is closed is
complete. (16) What the cursor of answers has passed is noted, a letter is named by what it answers, and no mail is
answered by two. (17) Gone on with, all of it comes to its end: every member and every file is taken exactly once,
every mail is answered exactly once. Rule 17 is asked of each fortieth state.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from archiver.answer_rows import QUEUED, TOLD, WAITING, read_cursor
from archiver.tables import answers
from ingest.channels.folder_settings import DONE
from ingest.containers import Containers, ContainerState
from ingest.depositor import GroupDepositor
from ingest.tables import imap_cursors, imap_misses
from storage.container_tables import container_members, containers
from storage.outbox import Outbox, WaitingLetter
from storage.records import Channel
from storage.tables import submissions
from tests.faults.crash_replay.mail_parts import WatchedFolder, answering_here, unpacking_here
from tests.faults.crash_replay.saying import DROP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from storage.archive import Archive
    from storage.records import Submission
    from storage.submissions import SealedEnvelope

_ACTOR = "operator:test"


@dataclass(slots=True)
class MailPromises:
    """What workloads of mail in said: mail on the server by UIDVALIDITY and UID, files, containers, what asks."""

    mailboxes: dict[int, dict[int, str]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    dropped: list[str] = field(default_factory=list)
    holds: dict[str, tuple[list[str], int]] = field(default_factory=dict)
    unpacked: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, lines: list[str]) -> MailPromises:
        """The promises of these lines."""
        made = cls()
        for line in lines:
            made._take(json.loads(line))
        return made

    def _take(self, said: dict[str, Any]) -> None:
        match said:
            case {"mailbox": validity, "mails": mails}:
                self.mailboxes.setdefault(validity, {}).update({int(uid): one for uid, one in mails.items()})
            case {"moved": digests}:
                self.moved.update(digests)
            case {"dropped": digest}:
                self.dropped.append(digest)
            case {"packed": digest, "holds": members, "members": count}:
                self.holds[digest] = (members, count)
            case {"unpacked": container}:
                self.unpacked.append(container)
            case {"asked": submission, "position": position}:
                self.asked[submission] = position
            case {"answered": _}:
                self.answered = set(self.asked)

    @property
    def any_of_mail(self) -> bool:
        """Whether the workload is one of mail in."""
        return bool(self.mailboxes or self.dropped or self.holds or self.asked)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The submissions of an archive with what is sealed beside them."""

    all: list[tuple[Submission, SealedEnvelope]]

    @classmethod
    def read(cls, archive: Archive, connection: Connection) -> _Stored:
        ids = list(connection.execute(select(submissions.c.id)).scalars())
        sealed = archive.submissions.envelopes(connection, ids)
        return cls([(one, sealed[one.id]) for one, _ in archive.submissions.get_many(connection, ids)])

    def of(self, channel: Channel) -> set[str]:
        """Digests of what came by a channel."""
        return {about.sha256 for one, about in self.all if one.channel is channel}

    def members(self) -> Iterator[tuple[str, int, SealedEnvelope]]:
        """Container, ordinal and envelope of each member."""
        for _, about in self.all:
            transport = dict(about.envelope.transport)
            if "container" in transport:
                yield transport["container"], int(transport["member"]), about


def mail_faults(archive: Archive, connection: Connection, lines: list[str]) -> Iterator[str]:
    """Everything that is wrong with mail in after what these lines said."""
    promised = MailPromises.read(lines)
    if promised.any_of_mail:
        stored = _Stored.read(archive, connection)
        for rule in _RULES:
            yield from rule(archive, connection, promised, stored)


def _nothing_twice(_: Archive, __: Connection, ___: MailPromises, stored: _Stored) -> Iterator[str]:  # (12)
    times = Counter((one.channel, about.account, about.sha256) for one, about in stored.all)
    for _key in (key for key, count in times.items() if count > 1):
        yield "the same bytes are two submissions"


def _cursors(_: Archive, connection: Connection, promised: MailPromises, stored: _Stored) -> Iterator[str]:  # (13)
    there = stored.of(Channel.IMAP)
    for row in connection.execute(select(imap_cursors)):
        query = select(imap_misses.c.uid).where(imap_misses.c.mailbox == row.mailbox)
        missed = set(connection.execute(query).scalars())
        for uid, digest in promised.mailboxes.get(row.uidvalidity, {}).items():
            if uid <= row.last_uid and uid not in missed and digest not in there:
                yield f"the cursor passed UID {uid}, which is neither deposited nor missed"
    for _digest in promised.moved - there:
        yield "a mail was moved on the server that is not deposited"


def _files(archive: Archive, _: Connection, promised: MailPromises, stored: _Stored) -> Iterator[str]:  # (14)
    root = archive.folder.parent / DROP
    if not promised.dropped:
        return
    there = stored.of(Channel.FOLDER)
    lying: set[str] = set()
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.relative_to(root).parts[0] != DONE:
            lying.add(digest)
        elif digest not in there:
            yield "a file in done is not deposited"
    for _digest in set(promised.dropped) - lying - there:
        yield "a file that was put into the folder is lost"


def _members(archive: Archive, connection: Connection, promised: MailPromises, stored: _Stored) -> Iterator[str]:
    """(15)."""
    rows: dict[str, dict[int, str | None]] = {}
    current = container_members.c.attempt == containers.c.attempt
    joined = container_members.join(containers, (containers.c.id == container_members.c.container_id) & current)
    for row in connection.execute(select(container_members).select_from(joined)):
        rows.setdefault(row.container_id, {})[row.ordinal] = row.submission_id if row.outcome != "failed" else None
    digests = {one.id: about.sha256 for one, about in stored.all}
    for counted in rows.values():
        if set(counted) != set(range(1, len(counted) + 1)):
            yield "members are counted with a gap"
        if any(one is not None and one not in digests for one in counted.values()):
            yield "a member that was counted is not there"
    for container, ordinal, _ in stored.members():
        if ordinal not in rows.get(container, {}):
            yield "a member is deposited and not counted"
    found = Containers(archive, actor=_ACTOR).all(connection)
    for one in found:
        _, expected = promised.holds.get(digests.get(one.id, ""), ([], 0))
        met = sum(len(rows.get(each.id, {})) for each in found if each.root_id == one.id)
        closed = all(each.state is ContainerState.DONE for each in found if each.root_id == one.id)
        if closed and expected not in {0, met}:
            yield f"a closed container has {met} of {expected} members"
        if one.state is ContainerState.FAILED or (one.root_id in promised.unpacked and not closed):
            yield "a container that was unpacked is not"


def _answers(archive: Archive, connection: Connection, promised: MailPromises, _: _Stored) -> Iterator[str]:  # (16)
    if not promised.asked:
        return
    cursor = read_cursor(connection)
    rows = {row.submission_id: row for row in connection.execute(select(answers))}
    for submission_id, position in promised.asked.items():
        if cursor is not None and position <= cursor and submission_id not in rows:
            yield "the cursor of answers passed a mail that is not noted"
        if submission_id in promised.answered and rows[submission_id].state == WAITING:
            yield "an answer that was written is not"
    named = Counter(row.letter_id for row in rows.values() if row.state in {QUEUED, TOLD})
    letters = _letters(archive, connection)
    if set(named) != {one.id for one in letters}:
        yield "letters and the rows that name them differ"
    if any(count > 1 for count in Counter(one.letter.in_reply_to for one in letters).values()):
        yield "a mail is answered by two letters"


def _letters(archive: Archive, connection: Connection) -> list[WaitingLetter]:
    waiting = Outbox(archive.store).waiting(connection, limit=1_000)
    return [one for one in waiting if isinstance(one, WaitingLetter)]


_RULES: tuple[Callable[[Archive, Connection, MailPromises, _Stored], Iterator[str]], ...] = (
    _nothing_twice,
    _cursors,
    _files,
    _members,
    _answers,
)


def mail_goes_on(archive: Archive, lines: list[str]) -> Iterator[str]:  # (17)
    """Go on with all that was begun, as programs that start again do; what is wrong then."""
    promised = MailPromises.read(lines)
    if not promised.any_of_mail:
        return
    if promised.dropped:
        WatchedFolder(archive, GroupDepositor(archive, actor=_ACTOR)).take()
    with unpacking_here(archive) as unpacker:
        while unpacker.unpack_waiting():
            pass
    if promised.asked:
        answering_here(archive).step()
    with archive.store.read() as connection:
        yield from mail_faults(archive, connection, lines)
        stored = _Stored.read(archive, connection)
        yield from _ended(archive, connection, promised, stored)


def _ended(archive: Archive, connection: Connection, promised: MailPromises, stored: _Stored) -> Iterator[str]:
    files = Counter(about.sha256 for one, about in stored.all if one.channel is Channel.FOLDER)
    if any(files[digest] != 1 for digest in promised.dropped):
        yield "a file is not taken exactly once"
    members = Counter(about.sha256 for _, _, about in stored.members())
    roots = {about.sha256 for _, about in stored.all}
    expected = [one for digest, (held, _) in promised.holds.items() if digest in roots for one in held]
    if any(members[digest] != 1 for digest in expected):
        yield "a member is not taken exactly once"
    if any(one.state is not ContainerState.DONE for one in Containers(archive, actor=_ACTOR).all(connection)):
        yield "a container stays open"
    rows = {row.submission_id: row.state for row in connection.execute(select(answers))}
    there = {one.id for one, _ in stored.all}
    if any(rows.get(one) != QUEUED for one in promised.asked if one in there):
        yield "a mail stays unanswered"
