"""The rows of containers: which submissions are one, what came out of them, and what is left unexplained.

Rules: a container is opened, unpacked and closed, each with a leaf; its members' rows are written in the transaction
that deposits them, so a member is counted exactly when it is stored. Names, reasons and digests of members are the
payloads of those leaves (the manifest), sealed; a leaf binds its payload by a salted digest. Rows of members are only
ever added: what must be counted anew is a new attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, insert, select, update

from ingest.formats.container_kinds import ContainerKind
from storage.container_tables import container_members, containers
from storage.errors import NotFound
from storage.events import EventKind
from storage.records import Outcome
from storage.submissions import Conclusion
from storage.tables import submissions
from storage.transaction import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from storage.archive import Archive
    from storage.transaction import PreparedEvent, Transaction

KIND_MARK = "container:"
REMARK = "remark"  # in the envelope of a container: what was done to it on its way in
_PAGE = 500


class ContainerState(StrEnum):
    """How far the unpacking of a container is."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    NONE = "none"
    """It only looked like a container; the submission was given back to be examined as the one file that it is."""
    DESTROYED = "destroyed"
    """Its bytes and the names of its members are gone; what came out of it stands alone."""


class MemberOutcome(StrEnum):
    """What became of a member when it was met; what examination makes of it stands with its submission."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    ASIDE = "aside"
    """It makes no record, and stays in the container only; nothing is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container as its row says it; `findings` is how many differences its closing could not explain."""

    id: str
    kind: ContainerKind
    state: ContainerState
    root_id: str
    depth: int
    attempt: int
    reader: str | None
    declared: int | None
    findings: int
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """One member in the manifest; `source` names it for people, `reason` why there is none of it or what is odd.

    A slice is one record of an export, which is one item as it was handed in.
    """

    ordinal: int
    path: str
    source: str
    outcome: MemberOutcome
    submission_id: str | None = None
    reason: str | None = None
    is_slice: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it; outcome and submission stand in the row."""
        line: dict[str, Any] = {"n": self.ordinal, "source": self.source}
        beside = (("path", self.path), ("reason", self.reason), ("slice", self.is_slice))
        return line | {name: value for name, value in beside if value}


def envelope_kind(kind: ContainerKind) -> str:
    """What the envelope of a container says that it is."""
    return f"{KIND_MARK}{kind.value}"


def container_kind_of(kind: str | None) -> ContainerKind | None:
    """The kind of container that an envelope names, None where it names another kind of thing."""
    if kind is None or not kind.startswith(KIND_MARK):
        return None
    name = kind.removeprefix(KIND_MARK)
    return ContainerKind(name) if name in set(ContainerKind) else None


class Containers:
    """The containers of one archive; `actor` is who unpacks."""

    def __init__(self, archive: Archive, *, actor: str) -> None:
        self._archive = archive
        self._actor = actor

    def admit(
        self, transaction: Transaction, container_id: str, kind: ContainerKind, *, within: Container | None = None
    ) -> None:
        """Open a container that is deposited, and take it off the examiner's queue; nothing where it is one already."""
        connection = transaction.connection
        if connection.execute(select(containers.c.id).where(containers.c.id == container_id)).first() is not None:
            return
        row = {
            "id": container_id,
            "kind": kind.value,
            "state": ContainerState.OPEN.value,
            "root_id": container_id if within is None else within.root_id,
            "depth": 1 if within is None else within.depth + 1,
            "attempt": 1,
            "reader": None,
            "declared": None,
            "findings": 0,
            "opened_at": transaction.at,
            "closed_at": None,
        }
        connection.execute(insert(containers), [row])
        submission = self._archive.submissions.get(connection, container_id)
        if submission.outcome is None:
            taken = Conclusion(
                submission_id=container_id,
                outcome=Outcome.ARCHIVED,
                reason=None,
                custodian_id=submission.custodian_id,
            )
            self._archive.submissions.conclude(transaction, [taken])
        facts = {"kind": kind.value, "depth": row["depth"]}
        transaction.append(EventKind.CONTAINER_OPENED, actor=self._actor, subjects=(container_id,), payload=facts)

    def leaf_of(self, one: Container, lines: Sequence[MemberLine]) -> PreparedEvent:
        """The leaf that names members, sealed ahead of the transaction that counts them."""
        store = self._archive.store
        payload = {"attempt": one.attempt, "members": [line.to_json() for line in lines]}
        kind, subjects = EventKind.CONTAINER_UNPACKED, (one.id,)
        return prepare(store.vault, store.current_epoch(), kind, store.clock(), self._actor, subjects, payload)

    def write_members(
        self, transaction: Transaction, one: Container, leaf: PreparedEvent, lines: Sequence[MemberLine]
    ) -> None:
        """Count members at the next places, under the leaf that names them."""
        position = transaction.append_prepared(leaf)
        transaction.connection.execute(
            insert(container_members),
            [
                {
                    "container_id": one.id,
                    "attempt": one.attempt,
                    "ordinal": line.ordinal,
                    "outcome": line.outcome.value,
                    "submission_id": line.submission_id,
                    "position": position,
                }
                for line in lines
            ],
        )
        change = update(containers).where(containers.c.id == one.id)
        transaction.connection.execute(change.values(reader=one.reader, attempt=one.attempt))

    def close(self, one: Container, state: ContainerState, account: dict[str, Any]) -> None:
        """End the unpacking of a container; `account` is what was declared and what came out, by count and by name."""
        with self._archive.store.write() as transaction:
            change = update(containers).where(containers.c.id == one.id)
            values = change.values(
                state=state.value,
                reader=one.reader,
                attempt=one.attempt,
                declared=account.get("declared"),
                findings=len(account["findings"]),
                closed_at=transaction.at,
            )
            transaction.connection.execute(values)
            payload = account | {"state": state.value, "attempt": one.attempt, "reader": one.reader}
            transaction.append(EventKind.CONTAINER_CLOSED, actor=self._actor, subjects=(one.id,), payload=payload)

    def give_back(self, one: Container) -> None:
        """Let a submission that is no container after all be examined as the file that it is."""
        with self._archive.store.write() as transaction:
            connection = transaction.connection
            change = update(containers).where(containers.c.id == one.id)
            connection.execute(
                change.values(state=ContainerState.NONE.value, reader=one.reader, closed_at=transaction.at)
            )
            if one.kind is not ContainerKind.MAIL:  # a mail is a record already, whatever it carries
                self._archive.submissions.requeue(transaction, one.id)
            payload = {"state": ContainerState.NONE.value, "attempt": one.attempt, "reader": one.reader}
            transaction.append(EventKind.CONTAINER_CLOSED, actor=self._actor, subjects=(one.id,), payload=payload)

    def reopen(self, container_id: str) -> None:
        """Let a container that failed be unpacked on, from behind the last member that came out."""
        with self._archive.store.write() as transaction:
            change = update(containers).where(containers.c.id == container_id)
            values = change.values(state=ContainerState.OPEN.value, findings=0, declared=None, closed_at=None)
            transaction.connection.execute(values)
            transaction.append(EventKind.CONTAINER_OPENED, actor=self._actor, subjects=(container_id,))

    def get(self, connection: Connection, container_id: str) -> Container:
        """One container.

        Raises:
            NotFound: no submission of this id is a container.
        """
        found = self.find(connection, container_id)
        if found is None:
            raise NotFound(f"there is no container {container_id}; list them with: archiver container list")
        return found

    def find(self, connection: Connection, container_id: str) -> Container | None:
        """One container, None where the submission is none."""
        row = connection.execute(select(containers).where(containers.c.id == container_id)).first()
        return None if row is None else _container(row)

    def among(self, connection: Connection, ids: Sequence[str]) -> dict[str, Container]:
        """Those of these submissions that are containers."""
        found: dict[str, Container] = {}
        for start in range(0, len(ids), _PAGE):
            query = select(containers).where(containers.c.id.in_(ids[start : start + _PAGE]))
            found |= {row.id: _container(row) for row in connection.execute(query)}
        return found

    def all(self, connection: Connection, *, state: ContainerState | None = None) -> list[Container]:
        """All containers, oldest first; those in one state where one is named, else all but those that are none."""
        query = select(containers).order_by(containers.c.opened_at, containers.c.id)
        wanted = containers.c.state != ContainerState.NONE.value if state is None else containers.c.state == state.value
        query = query.where(wanted)
        return [_container(row) for row in connection.execute(query)]

    def open_within(self, connection: Connection, root_id: str) -> Container | None:
        """The oldest open container of a tree, None where all of it is closed."""
        chosen = (containers.c.root_id == root_id, containers.c.state == ContainerState.OPEN.value)
        query = select(containers).where(*chosen).order_by(containers.c.depth, containers.c.opened_at)
        row = connection.execute(query.limit(1)).first()
        return None if row is None else _container(row)

    def open_in_mails(self, connection: Connection, since: int, until: int) -> list[str]:
        """The mails deposited at these positions of the ledger of whose exports some are still open."""
        mails = containers.alias()
        joined = containers.join(mails, mails.c.id == containers.c.root_id)
        joined = joined.join(submissions, submissions.c.id == mails.c.id)
        chosen = (
            containers.c.state == ContainerState.OPEN.value,
            mails.c.kind == ContainerKind.MAIL.value,
            submissions.c.position.between(since, until),
        )
        query = select(mails.c.id).select_from(joined).where(*chosen).distinct()
        return list(connection.execute(query).scalars())

    def counts(self, connection: Connection, one: Container) -> dict[str, int]:
        """How many members have which outcome."""
        chosen = (container_members.c.container_id == one.id, container_members.c.attempt == one.attempt)
        query = select(container_members.c.outcome, func.count()).where(*chosen)
        found = {row[0]: row[1] for row in connection.execute(query.group_by(container_members.c.outcome))}
        return {outcome.value: found.get(outcome.value, 0) for outcome in MemberOutcome}

    def members_met(self, connection: Connection, one: Container) -> int:
        """How many members were met so far; they have the ordinals from 1 to this."""
        chosen = (container_members.c.container_id == one.id, container_members.c.attempt == one.attempt)
        query = select(func.coalesce(func.max(container_members.c.ordinal), 0)).where(*chosen)
        met: int = connection.execute(query).scalar_one()
        return met

    def met_in_tree(self, connection: Connection, root_id: str) -> dict[str, int]:
        """How many members were met so far in each container of a tree; one without any is absent."""
        rows = container_members.c
        joined = container_members.join(
            containers, (containers.c.id == rows.container_id) & (containers.c.attempt == rows.attempt)
        )
        query = select(containers.c.id, func.max(rows.ordinal)).select_from(joined)
        grouped = query.where(containers.c.root_id == root_id).group_by(containers.c.id)
        return {row[0]: row[1] for row in connection.execute(grouped)}

    def manifest(self, one: Container, *, after: int = 0) -> Iterator[MemberLine]:
        """Every member behind that ordinal, in order, by name; a page at a time, so that no long read is held open."""
        rows = container_members.c
        chosen = (rows.container_id == one.id, rows.attempt == one.attempt)
        while True:
            with self._archive.store.read() as connection:
                query = select(rows.position).where(*chosen, rows.ordinal > after).order_by(rows.ordinal).limit(1)
                position = connection.execute(query).scalar()
                if position is None:
                    return
                # the position is asked with the container's key columns, which are what the table is ordered by
                page = select(rows.ordinal, rows.outcome, rows.submission_id).where(
                    *chosen, rows.ordinal > after, rows.position == position
                )
                met = connection.execute(page.order_by(rows.ordinal).limit(_PAGE)).all()
                payload = self._archive.ledger.payload(connection, position) or {}
            told = {line["n"]: line for line in payload.get("members", ())}
            for row in met:
                line = told.get(row.ordinal, {})
                yield MemberLine(
                    ordinal=row.ordinal,
                    path=line.get("path", ""),
                    source=line.get("source", f"{one.id}#{row.ordinal}"),
                    outcome=MemberOutcome(row.outcome),
                    submission_id=row.submission_id,
                    reason=line.get("reason"),
                    is_slice=line.get("slice", False),
                )
            after = met[-1].ordinal

    def account(self, connection: Connection, one: Container) -> dict[str, Any]:
        """What the closing of a container said; empty where it is open, or where that was destroyed."""
        events = self._archive.ledger.events_about(connection, [one.id])
        closed = [found.position for found in events if found.event.kind is EventKind.CONTAINER_CLOSED]
        if not closed or one.state is ContainerState.OPEN:
            return {}
        return self._archive.ledger.payload(connection, closed[-1]) or {}


def _container(row: Row[Any]) -> Container:
    return Container(
        id=row.id,
        kind=ContainerKind(row.kind),
        state=ContainerState(row.state),
        root_id=row.root_id,
        depth=row.depth,
        attempt=row.attempt,
        reader=row.reader,
        declared=row.declared,
        findings=row.findings,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )
