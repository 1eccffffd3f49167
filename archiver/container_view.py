"""Containers for people and programs: what each declares, what came out of it, and what nobody can explain.

Rule: names of members are content of the archive, so they are shown only for one container at a time, to who may read
records, and looking at them is an event. The list says ids, states and counts, and the name under which a container
was handed in to who may read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from archiver.access import Act, permits
from archiver.disposing_copies import standing_document
from archiver.seeing import may_see_submission
from ingest.containers import REMARK, Container, Containers, ContainerState, MemberOutcome
from ingest.conversation_overlaps import overlap_of
from storage.container_tables import container_members, containers
from storage.destructions import destruction_of, read_batch
from storage.errors import Conflict, Denied
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from ingest.containers import MemberLine
    from storage.records import Submission

_SHOWN = 1_000
_PAGE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The container that a submission was taken out of: its id, which member it was, and the leaf that says so.

    `destroyed`: its bytes and what it called its members are gone.
    """

    container: str
    number: int
    position: int
    destroyed: bool = False


def taken_out_of(connection: Connection, submission_id: str) -> Membership | None:
    """Where a submission was taken out of; None where it was handed in by itself.

    The first container that brought it: in others it is a duplicate, and in a later attempt at the same one, too.
    """
    rows = container_members.c
    taken = (rows.submission_id == submission_id, rows.outcome == MemberOutcome.TAKEN.value)
    joined = container_members.join(containers, containers.c.id == rows.container_id)
    query = select(rows.container_id, rows.ordinal, rows.position, containers.c.state).select_from(joined)
    row = connection.execute(query.where(*taken).order_by(rows.position).limit(1)).first()
    if row is None:
        return None
    gone = row.state == ContainerState.DESTROYED.value
    return Membership(container=row.container_id, number=row.ordinal, position=row.position, destroyed=gone)


def list_containers(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """Every container that `who` may see, oldest first, with its counts."""
    archive = installation.archive
    boxes = Containers(archive, actor=who.actor)
    with archive.store.read() as connection:
        found = boxes.all(connection)
        handed_in = archive.submissions.get_many(connection, [one.id for one in found])
        seen = {one.id for one, _ in handed_in if may_see_submission(connection, who, one)}
        return [_facts(installation, boxes, connection, one) for one in found if one.id in seen]


def show_container(installation: Installation, who: Principal, container_id: str) -> dict[str, Any]:
    """One container: its account, and by name what did not come out of it or came out oddly.

    Raises:
        NotFound: there is no such container.
        Denied: it is another custodian's.
    """
    archive = installation.archive
    boxes = Containers(archive, actor=who.actor)
    with archive.store.read() as connection:
        one = boxes.get(connection, container_id)
        submission = archive.submissions.get(connection, container_id)
        _refuse_other(connection, who, submission)
        document = _facts(installation, boxes, connection, one)
        document["copy"] = _as_copy(installation, connection, who, container_id)
        account = boxes.account(connection, one)
        overlap = overlap_of(connection, one.id)
    with archive.store.write() as transaction:
        transaction.append(EventKind.CONTAINER_VIEWED, actor=who.actor, subjects=(one.id,))
    document |= {
        "reason": account.get("reason"),
        "findings": account.get("findings", []),
        "folders": [
            {"path": path, "declared": declared, "members": came} for path, declared, came in account.get("folders", [])
        ],
        "remarks": [{"text": text, "path": path, "lost": lost} for text, path, lost in account.get("remarks", [])],
        "tallies": [
            {"what": what, "held": held, "taken": taken, "missing": missing}
            for what, held, taken, missing in account.get("tallies", [])
        ],
        "overlap": overlap,
        "examined": dict(_examined(installation, boxes.manifest(one))),
        "problems": [_problem(line) for line in islice(_odd(boxes.manifest(one)), _SHOWN)],
    }
    return document


def list_members(installation: Installation, who: Principal, container_id: str) -> Iterator[dict[str, Any]]:
    """Every member of a container in order, by name and outcome; whoever calls has shown the container before."""
    boxes = Containers(installation.archive, actor=who.actor)
    with installation.archive.store.read() as connection:
        one = boxes.get(connection, container_id)
    return (_problem(line) for line in boxes.manifest(one))


def retry_container(installation: Installation, who: Principal, container_id: str) -> None:
    """Let a container that failed be unpacked on; one that is open is so already.

    Raises:
        NotFound: there is no such container.
        Denied: it is another custodian's.
        Conflict: it has come to its end.
    """
    archive = installation.archive
    boxes = Containers(archive, actor=who.actor)
    with archive.store.read() as connection:
        one = boxes.get(connection, container_id)
        _refuse_other(connection, who, archive.submissions.get(connection, container_id))
    if one.state is ContainerState.FAILED:
        boxes.reopen(container_id)
    elif one.state is not ContainerState.OPEN:
        raise Conflict(f"the container {container_id} is {one.state.value}; only one that is open or failed is tried")


def has_findings(document: dict[str, Any]) -> bool:
    """Whether something of a container did not come out, or nobody knows; of a destroyed one nothing is left to do."""
    if document["state"] == ContainerState.DESTROYED.value:
        return False
    return bool(document["failed"] or document["unexplained"]) or document["state"] == ContainerState.FAILED.value


def _refuse_other(connection: Connection, who: Principal, submission: Submission) -> None:
    if not may_see_submission(connection, who, submission):
        raise Denied("this container belongs to somebody else")


def _as_copy(
    installation: Installation, connection: Connection, who: Principal, container_id: str
) -> dict[str, Any] | None:
    """Whether and when it may be destroyed as a transport copy; None where it is, or to who may not see holds."""
    if not permits(who, Act.SEE_DISPOSITIONS):
        return None
    day, book = installation.retention.today(), installation.library.book(connection)
    standing = installation.transport_copies().standings(connection, book, [container_id], day).get(container_id)
    return None if standing is None else standing_document(standing)


def _facts(installation: Installation, boxes: Containers, connection: Connection, one: Container) -> dict[str, Any]:
    submissions = installation.archive.submissions
    submission = submissions.get(connection, one.id)
    about = submissions.envelopes(connection, [one.id]).get(one.id)
    counts = boxes.counts(connection, one)
    gone = destruction_of(connection, one.id)
    return {
        "id": one.id,
        "source": None if about is None else about.envelope.source,
        "remark": None if about is None else dict(about.envelope.transport).get(REMARK),
        "kind": one.kind.value,
        "state": one.state.value,
        "custodian": submission.custodian_id,
        "received_at": submission.received_at.isoformat(),
        "size": submission.size,
        "sha256": None if about is None else about.sha256,
        "reader": one.reader,
        "within": None if one.root_id == one.id else one.root_id,
        "declared": one.declared,
        "members": sum(counts.values()),
        **counts,
        "unexplained": one.findings,
        "destruction": None
        if gone is None
        else {
            "batch": gone.batch_id,
            "position": gone.position,
            "decided_at": read_batch(connection, gone.batch_id).decided_at.isoformat(),
        },
    }


def _examined(installation: Installation, lines: Iterator[MemberLine]) -> Counter[str]:
    """What examination made of the members that were taken, by outcome."""
    counted: Counter[str] = Counter()
    taken = (line.submission_id for line in lines if line.outcome is MemberOutcome.TAKEN)
    while page := list(islice(taken, _PAGE)):
        ids = [one for one in page if one is not None]
        with installation.archive.store.read() as connection:
            for submission, _ in installation.archive.submissions.get_many(connection, ids):
                counted["waiting" if submission.outcome is None else submission.outcome.value] += 1
    return counted


def _odd(lines: Iterator[MemberLine]) -> Iterator[MemberLine]:
    return (line for line in lines if line.outcome is MemberOutcome.FAILED or line.reason is not None)


def _problem(line: MemberLine) -> dict[str, Any]:
    return {
        "number": line.ordinal,
        "source": line.source,
        "outcome": line.outcome.value,
        "reason": line.reason,
        "submission": line.submission_id,
    }
