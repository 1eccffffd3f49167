"""`archiver ledger`: the signed head, the public key, and proofs for whoever distrusts us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from storage.errors import InvalidInput

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
    session.show({"key": line}, line)


@ledger.command("checkpoint")
@command
def checkpoint(session: Session) -> None:
    """Sign the present head, write it to ledger/checkpoint, and print it."""
    session.principal(Act.VERIFY)
    note = session.installation.archive.ledger.publish_checkpoint().decode()
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
        document = archive.ledger.prove(connection, position).to_json()
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
        path = [one.hex() for one in archive.ledger.consistency(connection, old, new)]
    session.show({"old": old, "new": new, "path": path}, "\n".join(path))


COMMANDS = (ledger,)
