"""`archiver init`: a new archive, its keys, and the recovery key on paper."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from archiver.cli.session import command, system_user
from archiver.config import FILE_NAME, template
from archiver.unlocking import check_length, find_passphrase, read_key_file
from storage.archive import create_archive
from storage.files import write_whole
from storage.keys import Secret, SlotKind, recovery_text
from storage.sealing import new_key

if TYPE_CHECKING:
    from archiver.cli.session import Session

_DEFAULT_ZONE = "America/New_York"


@click.command("init")
@click.option("--zone", default=_DEFAULT_ZONE, show_default=True, metavar="AREA/CITY", help="The agency's time zone.")
@click.option("--agency", default="Unnamed agency", help="The agency's name.")
@click.option("--test-clock", is_flag=True, help="An archive for tests: later dates may be approved; it says so.")
@command
def init(session: Session, zone: str, agency: str, *, test_clock: bool) -> None:
    """Make a new archive in an empty folder.

    The passphrase opens it from then on, and with --key-file that file (32 random bytes or more), too.
    The recovery key is printed once: write it down, keep it apart.
    Example: ARCHIVER_PASSPHRASE=... archiver init --data /srv/archive --zone America/Chicago
    """
    passphrase = find_passphrase(session.passphrase_file, os.environ, confirm=True)
    check_length(passphrase)
    recovery = new_key()
    secrets = [passphrase, Secret(kind=SlotKind.RECOVERY, content=recovery)]
    if session.key_file is not None:
        secrets.append(read_key_file(session.key_file))
    archive = create_archive(
        session.folder, secrets, zone=zone, test_clock=test_clock, actor=f"operator:{system_user()}"
    )
    settings = session.folder / FILE_NAME
    if not settings.exists():
        write_whole(settings, template(agency=agency, zone=zone).encode())
    document = {
        "archive": archive.id,
        "folder": str(session.folder),
        "zone": zone,
        "recovery_key": recovery_text(recovery),
        "public_key": archive.ledger.public_key(),
        "test_clock": test_clock,
    }
    archive.close()
    quoted = shlex.quote(str(session.folder))
    session.show(
        document,
        f"Archive {archive.id} is in {session.folder}.\n\n"
        f"Recovery key (shown now and never again; write it down and keep it apart):\n\n"
        f"    {document['recovery_key']}\n\n"
        f"Public key of its ledger (give it to your auditor):\n\n    {document['public_key']}\n\n"
        f"Next: archiver custodian add ADDRESS --name NAME --also PERSONAL-ADDRESS --data {quoted}",
    )


COMMANDS = (init,)
