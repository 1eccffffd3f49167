"""`archiver record link`, `unlink` and `suggestions`: whom a record is about, and on which it depends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.suggesting_persons import refuse_unsuggested, suggest_persons
from archiver.supplying import depend_record, free_record, link_record, unlink_record
from retention.subjects import SubjectClass
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.command("link")
@click.argument("record_id", metavar="ID")
@click.option("--person", metavar="REF", help="It is about this person.")
@click.option("--case", metavar="REF", help="It is about this case.")
@click.option("--account", metavar="REF", help="It is about this account.")
@click.option("--parent", metavar="ID", help="It depends on this record, and does not go before it.")
@click.option("--role", default="subject", show_default=True, metavar="ROLE", help="In which role: subject, author ...")
@click.option("--suggested", is_flag=True, help="Take a suggestion: refused where the person is not suggested.")
@command
def link(
    session: Session,
    record_id: str,
    person: str | None,
    case: str | None,
    account: str | None,
    parent: str | None,
    role: str,
    *,
    suggested: bool,
) -> None:
    """Say whom a record is about, or on which other it depends.

    Events of that person, case or account count for the record from then on; of a parent, that it is gone.
    """
    who = session.principal(Act.KEEP_FACTS)
    if parent is not None:
        _refuse_more(person, case, account)
        document = depend_record(session.installation, who, record_id, parent)
        session.show(document, f"{record_id} depends on {parent}{'' if document['new'] else '  (was said already)'}")
        return
    about, ref = _one(person, case, account)
    if suggested:
        if about != SubjectClass.PERSON.value:
            raise InvalidInput("only persons are suggested; give --person REF")
        refuse_unsuggested(suggest_persons(session.installation, who, record_id), ref)
    document = link_record(session.installation, who, record_id, about=about, ref=ref, role=role, suggested=suggested)
    already = "" if document["new"] else "  (was linked already)"
    session.show(document, f"{record_id} is about {about} {document['ref']} as {role}{already}")


@click.command("unlink")
@click.argument("record_id", metavar="ID")
@click.option("--person", metavar="REF", help="It is not about this person.")
@click.option("--case", metavar="REF", help="It is not about this case.")
@click.option("--account", metavar="REF", help="It is not about this account.")
@click.option("--parent", metavar="ID", help="It does not depend on this record.")
@command
def unlink(
    session: Session,
    record_id: str,
    person: str | None,
    case: str | None,
    account: str | None,
    parent: str | None,
) -> None:
    """Take back what was said with `record link`. It is an event in the ledger."""
    who = session.principal(Act.KEEP_FACTS)
    if parent is not None:
        _refuse_more(person, case, account)
        document = free_record(session.installation, who, record_id, parent)
        session.show(document, f"{record_id} no longer depends on {parent}")
        return
    about, ref = _one(person, case, account)
    document = unlink_record(session.installation, who, record_id, about=about, ref=ref)
    session.show(document, f"{record_id} is no longer about {about} {document['ref']}")


@click.command("suggestions")
@click.argument("record_id", metavar="ID")
@command
def suggestions(session: Session, record_id: str) -> None:
    """List persons whose names stand in a record; nothing is linked by it. Looking is an event in the ledger."""
    who = session.principal(Act.KEEP_FACTS)
    found = suggest_persons(session.installation, who, record_id)
    lines = [f"{one['ref']}  {one['kind']}  {one['name']}: {one['why']}" for one in found]
    if found:
        lines.append(f"Take one with: archiver record link {record_id} --person REF --suggested")
    session.show({"suggestions": found}, "\n".join(lines) or "No person's name stands in this record.")


def _refuse_more(*given: str | None) -> None:
    if any(one is not None for one in given):
        raise InvalidInput("--parent stands alone: a record is about persons, and depends on records")


def _one(person: str | None, case: str | None, account: str | None) -> tuple[str, str]:
    named = zip(SubjectClass, (person, case, account), strict=True)
    given = [(about.value, ref) for about, ref in named if ref is not None]
    if len(given) != 1:
        raise InvalidInput("say whom it is about with one of --person, --case, --account; or a --parent")
    return given[0]
