"""A statement of all that was handed in for one employee: when, how, what became of it, its reference and digest.

Rule: it lists every submission, not only what became a record, so that an employee who did his duty can show it, and
what is missing is seen. It says nothing of what a message says. Each line's receipt carries the proof.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from archiver.access import Act, Principal, authorize
from archiver.container_outcome import outcome_with, reason_with
from archiver.receipts import ReceiptForm
from archiver.shown_text import line
from archiver.signing import as_json
from ingest.containers import Containers
from storage.errors import InvalidInput, NotFound
from storage.statements import plain_text
from storage.tables import submissions

if TYPE_CHECKING:
    from datetime import date

    from archiver.wiring import Installation
    from ingest.containers import Container
    from storage.records import Submission
    from storage.submissions import SealedEnvelope

_PAGE = 500
_FIRST_YEAR, _LAST_YEAR = 1970, 9998  # beyond them a day has no moment in every zone
WAITING = "waiting"


def owner_of(installation: Installation, principal: Principal, address: str | None) -> str:
    """The custodian whose statement is asked for: one by his address, or, for an employee, himself.

    Raises:
        InvalidInput: nobody is named.
        NotFound: nobody has this address, or it is not this employee's.
    """
    if address is None:
        if principal.sees_only:
            return principal.sees_only
        raise InvalidInput("name the custodian by an address of his; see: archiver custodian list")
    archive = installation.archive
    with archive.store.read() as connection:
        found = archive.custodians.find(connection, address)
    if found is None or principal.sees_only not in (None, found):
        raise NotFound(f"no custodian has the address {address}; see: archiver custodian list")
    return found


def statement(
    installation: Installation,
    principal: Principal,
    custodian_id: str,
    *,
    first: date | None = None,
    last: date | None = None,
) -> dict[str, Any]:
    """The statement of a custodian from the first to the last day, both included, in the archive's zone.

    Raises:
        Denied: this role may not read records.
        NotFound: not for this principal.
        InvalidInput: the last day is before the first, or a day lies too far away.
    """
    authorize(principal, Act.READ_RECORD)
    if principal.sees_only not in (None, custodian_id):
        raise NotFound("there is no such custodian; see: archiver custodian list")
    if first is not None and last is not None and last < first:
        raise InvalidInput("the last day is before the first")
    if any(one is not None and not _FIRST_YEAR <= one.year <= _LAST_YEAR for one in (first, last)):
        raise InvalidInput(f"a statement is of days of the years {_FIRST_YEAR} to {_LAST_YEAR}")
    archive = installation.archive
    with archive.store.read() as connection:
        owner = archive.custodians.open(connection, [custodian_id])[custodian_id]
    containers = Containers(archive, actor=principal.actor)
    lines: list[dict[str, Any]] = []
    after = -1
    query = select(submissions.c.id, submissions.c.position).where(submissions.c.custodian_id == custodian_id)
    if first is not None:
        query = query.where(submissions.c.received_at >= datetime.combine(first, time(), archive.zone))
    if last is not None:
        ended = datetime.combine(last + timedelta(days=1), time(), archive.zone)
        query = query.where(submissions.c.received_at < ended)
    query = query.order_by(submissions.c.position).limit(_PAGE)
    while True:
        with archive.store.read() as connection:
            page = list(connection.execute(query.where(submissions.c.position > after)))
            ids = [row.id for row in page]
            found = archive.submissions.get_many(connection, ids)
            envelopes = archive.submissions.envelopes(connection, ids)
            made = archive.catalogue.of_submissions(connection, ids)
            boxes = containers.among(connection, ids)
        if not page:
            break
        after = page[-1].position
        lines += [
            _line(installation, one, envelopes.get(one.id), made.get(one.id, []), boxes.get(one.id)) for one, _ in found
        ]
    return {
        "agency": installation.settings.agency.name,
        "archive": archive.id,
        "zone": archive.zone.key,
        "custodian": {"name": plain_text(owner.name), "address": owner.addresses[0]},
        "from": None if first is None else first.isoformat(),
        "until": None if last is None else last.isoformat(),
        "made_at": archive.store.clock().astimezone(UTC).isoformat(),
        "totals": dict(sorted(Counter(one["outcome"] for one in lines).items())),
        "submissions": lines,
    }


def _line(
    installation: Installation, one: Submission, envelope: SealedEnvelope | None, made: list[str], box: Container | None
) -> dict[str, Any]:
    """One submission; of a destroyed one only what its leaf says too."""
    outcome = outcome_with(one.outcome, box)
    return {
        "submission": one.id,
        "received_at": one.received_at.isoformat(),
        "received_at_local": one.received_at.astimezone(installation.archive.zone).isoformat(timespec="seconds"),
        "channel": one.channel.value,
        "outcome": WAITING if outcome is None else outcome.value,
        "reason": reason_with(one.reason, box),
        "size": one.size,
        "sha256": None if envelope is None else envelope.sha256,
        "destroyed": envelope is None,
        "records": len(made),
    }


def render(document: dict[str, Any], form: ReceiptForm) -> bytes:
    """A statement in one of its forms."""
    if form is ReceiptForm.JSON:
        return as_json(document)
    text = as_html(document) if form is ReceiptForm.HTML else as_text(document) + "\n"
    return text.encode("utf-8", "replace")


def heading_of(document: dict[str, Any]) -> str:
    """Whose statement it is, and of which days."""
    owner = document["custodian"]
    days = ""
    if document["from"] or document["until"]:
        days = f", {document['from'] or 'the beginning'} to {document['until'] or 'today'}"
    return f"{owner['name']} <{owner['address']}>{days}"


def as_text(document: dict[str, Any]) -> str:
    """The statement as lines of text."""
    lines = [f"Handed in for {line(heading_of(document))}", f"to the records archive of {document['agency']}", ""]
    for one in document["submissions"]:
        destroyed = "; destroyed since" if one["destroyed"] else ""
        reason = f": {line(one['reason'])}" if one["reason"] else ""
        lines.append(f"{one['received_at_local']}  {one['channel']:<6}  {one['outcome']}{reason}{destroyed}")
        lines.append(f"    {one['submission']}  {one['size']:,} bytes  SHA-256 {one['sha256'] or '-'}")
    counted = ", ".join(f"{count:,} {outcome}" for outcome, count in document["totals"].items())
    lines += ["" if document["submissions"] else "Nothing was handed in.", counted] if counted else ["Nothing."]
    lines.append(f"Times are of {document['zone']}. Each receipt carries the proof: archiver receipt SUBMISSION")
    return "\n".join(lines)


def as_html(document: dict[str, Any]) -> str:
    """The statement as a page of its own, for printing; it loads nothing."""
    # only who prints pays for the template engine
    from pathlib import Path  # noqa: PLC0415 - as above

    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - as above

    folder = Path(__file__).parent / "web" / "templates"
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    templates.filters.update(line=line)
    return templates.get_template("statement_paper.html").render(statement=document, whose=heading_of(document))
