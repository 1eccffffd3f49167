"""`archiver ledger`: the signed head, the public key, and proofs for whoever distrusts us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.anchoring import Anchoring, look_at_anchors
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from archiver.signing import consistency_document, proof_document
from storage.checkpoints import fingerprint
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("ledger")
def ledger() -> None:
    """The append-only log of every event."""


@ledger.command("key")
@command
def key(session: Session) -> None:
    """Print the public key that checks this ledger's checkpoints."""
    session.principal(Act.VERIFY)
    line = session.installation.archive.ledger.public_key()
    session.show({"key": line, "fingerprint": fingerprint(line)}, line)
    session.note(f"fingerprint, to be read out and compared: {fingerprint(line)}")


@ledger.command("checkpoint")
@click.option("--whole", is_flag=True, help="Compare every tile, and write again what is missing or damaged.")
@command
def checkpoint(session: Session, *, whole: bool) -> None:
    """Write the ledger's tiles, sign the present head, write it to ledger/checkpoint, and print it."""
    session.principal(Act.VERIFY)
    note = session.installation.archive.ledger.publish_checkpoint(whole=whole).decode()
    session.show({"checkpoint": note}, note.rstrip("\n"))


@ledger.command("proof")
@click.argument("record_id", metavar="ID")
@command
def proof(session: Session, record_id: str) -> None:
    """Prove that the leaf of a record or submission is in the ledger."""
    session.principal(Act.VERIFY)
    archive = session.installation.archive
    with archive.store.read() as connection:
        if record_id.startswith("sub_"):
            position = archive.submissions.get(connection, record_id).position
        else:
            position = archive.catalogue.get(connection, record_id).position
        document = proof_document(session.installation, connection, record_id, position)
    lines = [f"leaf {document['position']} of {document['tree_size']}", document["leaf"], *document["path"]]
    session.show(document, "\n".join([*lines, document["checkpoint"].rstrip("\n")]))


@ledger.command("consistency")
@click.argument("old", type=int)
@click.argument("new", type=int)
@command
def consistency(session: Session, old: int, new: int) -> None:
    """Prove that the ledger of OLD leaves is the beginning of the ledger of NEW leaves."""
    session.principal(Act.VERIFY)
    archive = session.installation.archive
    with archive.store.read() as connection:
        size = archive.ledger.head(connection).size
        if not 0 < old <= new <= size:
            raise InvalidInput(f"the ledger has {size} leaves; give two numbers with 0 < OLD <= NEW <= {size}")
        document = consistency_document(session.installation, connection, old, new)
    lines = [document["old_checkpoint"], document["new_checkpoint"], *document["path"]]
    session.show(document, "\n".join(lines))


@ledger.command("anchor")
@command
def anchor(session: Session) -> None:
    """Give the present head to every place and address of [anchors] now. Exit status 6 where one cannot be reached."""
    who = session.principal(Act.RUN)
    anchoring = Anchoring(session.installation)
    if not anchoring.is_wanted:
        raise NotFound("no anchors are set; name files, folders or addresses in [anchors] of archiver.toml")
    done = anchoring.anchor(actor=who.actor)
    failed = [{"place": one.place, "detail": one.detail} for one in done.failed]
    document = {"size": done.checkpoint.size, "root": done.checkpoint.root.hex(), "kept": done.kept, "failed": failed}
    lines = [f"checkpoint of {done.checkpoint.size:,} leaves, root {done.checkpoint.root.hex()}"]
    lines += [f"kept    {name}" for name in done.kept]
    lines += [f"FAILED  {one.place}  {one.detail}" for one in done.failed]
    if not done.kept and not done.failed:
        lines.append("Every place has it already.")
    session.show(document, "\n".join(lines))
    if session.installation.settings.anchors.mail and not session.installation.settings.mail.enabled:
        session.note("No letters were written: set enabled in [mail] of archiver.toml.")
    if done.failed:
        exit_with(Exit.FINDINGS)


@ledger.command("anchors")
@command
def anchors(session: Session) -> None:
    """List the checkpoints that the places of [anchors] hold, each compared with the ledger.

    Exit status 6 where one is newer than the ledger or of another history, or a place is odd.
    """
    session.principal(Act.VERIFY)
    look = look_at_anchors(session.installation)
    seen = [
        {
            "place": one.sighting.place,
            "origin": one.sighting.checkpoint.origin,
            "size": one.sighting.checkpoint.size,
            "root": one.sighting.checkpoint.root.hex(),
            "standing": one.standing.value,
            "detail": None if one.conflict is None else one.conflict.message,
        }
        for one in look.judgements
    ]
    findings = [{"place": one.place, "detail": one.detail} for one in look.survey.findings]
    lines = [f"{one['standing']:<9}{one['size']:>12,}  {one['place']}" for one in seen]
    lines += [f"BROKEN   {one['detail']}" for one in seen if one["detail"] is not None]
    lines += [f"odd      {one['place']}: {one['detail']}" for one in findings]
    session.show({"anchors": seen, "findings": findings}, "\n".join(lines) or "No anchors are set.")
    if findings or any(one["detail"] is not None for one in seen):
        exit_with(Exit.FINDINGS)


COMMANDS = (ledger,)
