"""`archiver doctor`: what this machine and this archive can and cannot do, each line with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver import checkup, checkup_intake, checkup_retention, checkup_safety
from archiver.checkup import Check, Verdict
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from storage.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.cli.session import Session
    from archiver.wiring import Installation

_LOOKS: tuple[tuple[str, Callable[[Installation], list[Check]]], ...] = (
    ("folder", checkup.look_at_folder),
    ("archive", checkup.look_at_archive),
    ("reading", checkup.look_at_reading),
    ("contents", checkup_intake.look_at_contents),
    ("quarantine", checkup_intake.look_at_quarantine),
    ("containers", checkup_intake.look_at_containers),
    ("pictures", checkup_intake.look_at_pictures),
    ("participants", checkup_intake.look_at_participants),
    ("dns", checkup_intake.look_at_signatures),
    ("channels", checkup_intake.look_at_channels),
    ("imap", checkup_intake.look_at_mailboxes),
    ("watch", checkup_intake.look_at_watch),
    ("holds", checkup_retention.look_at_holds),
    ("dispositions", checkup_retention.look_at_dispositions),
    ("retention", checkup_retention.look_at_waiting),
    ("anchors", checkup_safety.look_at_anchored_heads),
    ("fixity", checkup_safety.look_at_fixity),
    ("backup", checkup_safety.look_at_backup),
    ("key copies", checkup_safety.look_at_key_copies),
    ("services", checkup.look_at_services),
)


@click.command("doctor")
@command
def doctor(session: Session) -> None:
    """Check versions, engines, permissions, space, clock, sandbox, index and services. Exit status 6 on a fault."""
    checks = checkup.look_at_machine()
    if (session.folder / "keys").is_dir():
        installation = session.installation  # an archive that cannot be opened has no other report than that
        for name, look in _LOOKS:
            try:
                checks += look(installation)
            except ArchiveError as error:  # what cannot be looked at is a fault, and stops no other look
                checks.append(Check(name, Verdict.FAULT, error.message))
    else:
        checks.append(Check("archive", Verdict.WARNING, f"none in {session.folder}; make one with: archiver init"))
    document = [{"check": one.name, "verdict": one.verdict.value, "detail": one.detail} for one in checks]
    session.show(document, "\n".join(f"{one.verdict.value:<8} {one.name:<12} {one.detail}" for one in checks))
    if any(one.verdict is Verdict.FAULT for one in checks):
        exit_with(Exit.FINDINGS)


COMMANDS = (doctor,)
