"""`archiver backup`: made, listed, restored and drilled."""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act, operator
from archiver.anchoring import refuse_rollback
from archiver.backing_up import back_up
from archiver.checking import FURTHER
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with, system_user
from archiver.config import load_settings
from archiver.problems import Exit
from archiver.unlocking import find_secret
from storage.backup.accepting import accept_loss as accept
from storage.backup.continuing import PAYLOADS
from storage.backup.drilling import drill as drill_backup
from storage.backup.place import Place
from storage.backup.restoring import restore as restore_archive
from storage.errors import ArchiveError, InvalidInput, NotFound
from storage.keys import read_slots, unlock

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from storage.backup.restoring import RestoreReport
    from storage.keys import Secret

_LARGEST_SAMPLE = 1_000_000_000
_SHOWN = 20


def _existing(context: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Paths that are there: one with a slip in it, passed over, could bring destroyed records back."""
    del context, parameter
    for one in paths:
        if not one.exists():
            raise NotFound(f"{one} does not exist; check the path, or leave it out")
    return paths


_from = click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="The backup's folder.")
_ledgers = click.option(
    "--ledger",
    "ledgers",
    multiple=True,
    type=click.Path(path_type=Path),
    callback=_existing,
    help="Folder with a newer ledger; repeatable.",
)


@click.group("backup")
def backup() -> None:
    """Copies on another disk: made while the service runs, restored with one secret, tried out in drills."""


@backup.command("create")
@click.option("--to", "target", type=click.Path(path_type=Path), help="Folder; else the setting [backup] to.")
@command
def create(session: Session, target: Path | None) -> None:
    """Bring a backup up to the present; the first one is full, the next ones cost what is new.

    Example: archiver backup create --to /mnt/backup/archive
    """
    who = session.principal(Act.RUN)
    section = session.installation.settings.backup
    place = target or section.to
    if place is None:
        raise InvalidInput("no folder to back up to: give --to DIR, or set `to` in [backup] of archiver.toml")
    began = time.monotonic()
    archive = session.installation.archive
    archive.store.refuse_if_restricted()
    for one in refuse_rollback(session.installation):  # an older archive must not be saved over what is newer
        session.note(f"anchor {one.place}: {one.detail}")
    with counting(session, "Copying") as progress:
        done = back_up(archive, place.absolute(), key_days=section.key_days, actor=who.actor, progress=progress)
    manifest = done.manifest
    document = {
        "place": str(place.absolute()),
        "number": manifest.number,
        "full": done.full,
        "keys_full": done.keys_full,
        "keys_destroyed": done.keys_destroyed,
        "oldest_keys_at": manifest.keys_at.isoformat(),
        "ledger": {"size": manifest.size, "root": manifest.root},
        "objects": done.objects,
        "bytes": done.bytes,
        "seconds": round(time.monotonic() - began, 3),
        "faults": [{"object": name, "detail": reason} for name, reason in done.faults.items()],
    }
    sort = "Full backup" if done.full else "Increment"
    lines = [f"{sort} {manifest.number}: {done.objects:,} objects, {done.bytes:,} bytes, {manifest.size:,} leaves"]
    lines += [f"FAULT  object {name}  {reason}" for name, reason in list(done.faults.items())[:_SHOWN]]
    session.show(document, "\n".join(lines))
    if not done.told:
        session.note("The archive's disk is full, so the backup left no event; it is complete.")
    if done.faults:
        exit_with(Exit.FINDINGS)


@backup.command("list")
@_from
@command
def list_all(session: Session, source: Path) -> None:
    """List the increments in a backup's folder, each checked against its code; needs no archive.

    One whose keys a later backup destroyed cannot be restored any more; its rows and objects serve the later ones.
    """
    place = Place.existing(source.absolute())
    keyring = unlock(place.root / "archive", _secret(session))
    found: list[dict[str, Any]] = []
    damaged: list[str] = []
    for number in place.numbers():
        try:
            one = place.manifest(number, keyring)
        except ArchiveError as error:
            damaged.append(error.message)
            continue
        found.append(
            {
                "number": one.number,
                "made_at": one.made_at.isoformat(),
                "full": one.is_full,
                "leaves": one.size,
                "root": one.root,
                "objects": one.objects,
                "bytes": one.object_bytes + one.catalogue.size + one.keys.size,
                "keys_from": one.keys_at.isoformat(),
                "has_keys": place.has_keys(one),
                "program": one.program,
            }
        )
    lines = [
        f"{one['number']:>6}  {one['made_at']}  {'full' if one['full'] else '    '}  {one['leaves']:>10,} leaves  "
        f"{one['objects']:>9,} objects  {one['bytes']:>15,} bytes{'' if one['has_keys'] else '  keys destroyed'}"
        for one in found
    ]
    session.show({"archive": keyring.archive_id, "backups": found, "damaged": damaged}, "\n".join([*lines, *damaged]))
    if damaged:
        exit_with(Exit.FINDINGS)


@backup.command("restore")
@click.option("--from", "source", type=click.Path(path_type=Path), help="The backup's folder.")
@_ledgers
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    type=click.Path(path_type=Path),
    callback=_existing,
    help="File or folder of anchors; repeatable.",
)
@click.option("--number", type=click.IntRange(1), help="Restore this increment; the newest if left out.")
@click.option("--accept-loss", is_flag=True, help="Declare leaves that no copy has as lost; needs --as.")
@command
def restore(
    session: Session,
    source: Path | None,
    ledgers: tuple[Path, ...],
    anchors: tuple[Path, ...],
    number: int | None,
    *,
    accept_loss: bool,
) -> None:
    """Restore an archive into the empty folder --data, with the passphrase, the recovery key or a key file.

    Give every newer copy of the ledger (--ledger, such as what is left of the old archive's ledger/), so that what was
    destroyed since the backup stays destroyed, and every anchor, so that it is known what is missing. Where leaves are
    missing the archive shows nothing and takes nothing until a newer ledger is found or the loss is accepted; without
    --from, --accept-loss does that in an archive that was restored before. Status 6 where anything is missing.
    Example: archiver backup restore --from /mnt/backup/archive --data /srv/archive
    """
    if accept_loss and not session.names_a_user:
        session.principal(Act.ACCEPT_LOSS)  # denied: it is the act of a person
    if source is None:
        if not accept_loss:
            raise InvalidInput("give --from DIR, the folder of the backup")
        session.show(*_accepted(session))
        return
    root = source.absolute()
    named: list[Path] = []
    with counting(session, "Restoring") as progress:
        done = restore_archive(
            root,
            session.folder,
            _secret(session),
            actor=operator(system_user()).actor,
            number=number,
            ledgers=[one.absolute() for one in ledgers],
            anchors=[one.absolute() for one in anchors],
            anchors_of=partial(_anchors_of, session, named),
            progress=progress,
            further=FURTHER,
        )
    document, text = _told(done, session.folder)
    settled = not done.missing_leaves
    if done.missing_leaves and accept_loss:
        document["accepted"], line = _accepted(session)
        text += f"\n{line}"
        settled = True
    elif done.missing_leaves:
        text += (
            f"\n{done.missing_leaves:,} leaves are missing. The archive shows nothing and takes nothing until you "
            "restore with a newer ledger (--ledger), or accept it: archiver backup restore --accept-loss --as USER"
        )
    document["restricted"] = not settled
    session.show(document, text)
    if not done.missing_leaves and not done.continuation.appended:
        session.note(
            "No copy of the ledger (--ledger) and no anchor (--anchor) tells of anything newer than the backup: what "
            f"was taken or destroyed after {done.manifest.made_at.isoformat(timespec='seconds')} is not known here."
        )
    if settled:
        session.note("Next: archiver index rebuild, archiver doctor, archiver serve.")
    if document["faults"] or document["lost"] or done.missing_leaves or done.continuation.findings:
        exit_with(Exit.FINDINGS)


@backup.command("drill")
@_from
@_ledgers
@click.option("--sample", type=click.IntRange(1, _LARGEST_SAMPLE), help="Verify only this many submissions.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Where the scratch folder is made and removed.")
@command
def drill(session: Session, source: Path, ledgers: tuple[Path, ...], sample: int | None, scratch: Path | None) -> None:
    """Restore a backup into a scratch folder, verify it, compare it, and remove the folder.

    Compares with the archive in --data where that is the backup's; works without any archive, too. Status 6 on faults.
    """
    root = source.absolute()
    place = Place.existing(root)
    slots = session.folder / "keys" / "slots.json"
    ours = slots.exists() and read_slots(slots.parent)["archive"] == read_slots(place.root / "archive")["archive"]
    actor, live = operator(system_user()).actor, None
    if ours:
        actor = session.principal(Act.RUN).actor
        live = session.installation.archive
        live.store.refuse_if_restricted()
    if scratch is not None and not scratch.is_dir():
        raise NotFound(f"{scratch} is no folder; make it, or leave --scratch out")
    beside = (scratch or (session.folder.parent if ours else Path(tempfile.gettempdir()))).absolute()
    with counting(session, "Restoring") as progress:
        result = drill_backup(
            root,
            _secret(session),
            beside=beside,
            actor=actor,
            live=live,
            sample=sample,
            ledgers=[one.absolute() for one in ledgers],
            progress=progress,
            further=FURTHER,
        )
    document, text = _told(result.restored, None)
    manifest = result.restored.manifest
    document["ledger"] = {"size": manifest.size, "root": manifest.root}
    document["compared_with_archive"] = result.live_compared
    document["faults"] = list(result.faults)
    compared = "compared with the archive" if result.live_compared else "no archive to compare with"
    lines = [text, compared, *(f"FAULT  {one}" for one in result.faults[:_SHOWN])]
    lines.append("The backup can be restored." if not result.faults else f"{len(result.faults):,} faults.")
    session.show(document, "\n".join(lines))
    if result.faults:
        exit_with(Exit.FINDINGS)


def _anchors_of(session: Session, named: list[Path], folder: Path) -> list[Path]:
    """The anchors that the restored settings name; `named` gets them, too."""
    try:
        section = load_settings(folder).anchors
    except InvalidInput as error:
        session.note(f"The restored settings cannot be read, so they name no anchors: {error.message}")
    else:
        named += [*section.files, *section.folders]
    return named


def _secret(session: Session) -> Secret:
    return find_secret(session.passphrase_file, session.key_file, os.environ)


def _accepted(session: Session) -> tuple[dict[str, Any], str]:
    who = session.principal(Act.ACCEPT_LOSS)
    done = accept(session.installation.archive, actor=who.actor)
    document = {
        "ended": done.origin,
        "size": done.size,
        "root": done.root,
        "missing_leaves": done.missing_leaves,
        "log": done.log,
        "lost": done.lost,
    }
    return document, (
        f"The loss of {done.missing_leaves:,} leaves is declared: log {done.log} begins by naming {done.origin} with "
        f"{done.size:,} leaves, root {done.root}."
    )


def _told(done: RestoreReport, folder: Path | None) -> tuple[dict[str, Any], str]:
    """A restore as a document and as text."""
    found, manifest = done.continuation, done.manifest
    assert done.fixity is not None
    faults = [f"{one.kind} {one.id}: {one.detail}" for one in done.fixity.faults]
    faults += [f"object {name}: {reason}" for name, reason in done.object_faults.items()]
    document = {
        "archive": manifest.archive,
        "folder": None if folder is None else str(folder),
        "backup": {"number": manifest.number, "made_at": manifest.made_at.isoformat(), "leaves": manifest.size},
        "ledger": {"size": done.size, "root": done.root, "copy": found.copy, "continued": found.appended},
        "objects": done.objects,
        "bytes": done.object_bytes,
        "destroyed_again": len(found.destroyed),
        "lost": found.lost,
        "missing_leaves": done.missing_leaves,
        "findings": list(done.findings),
        "faults": faults,
    }
    summary = (
        f"Backup {manifest.number} of {manifest.made_at.isoformat(timespec='seconds')}: {done.objects:,} objects, "
        f"{done.object_bytes:,} bytes; its ledger has {manifest.size:,} leaves, root {manifest.root}"
    )
    lines = [summary]
    if found.appended:
        lines.append(f"The ledger in {found.copy} continued it by {found.appended:,} leaves.")
    if found.destroyed:
        lines.append(f"{len(found.destroyed):,} records were destroyed since the backup, and are destroyed again.")
    if payloads := found.lost.get(PAYLOADS):
        lines.append(f"LOST   {len(payloads):,} texts of events (queries, reasons) that came after the backup")
    for sort, ids in found.lost.items():
        if sort == PAYLOADS:
            continue
        lines.append(f"LOST   {len(ids):,} {sort} that came after the backup: {', '.join(ids[:_SHOWN])}")
    lines += list(done.findings)
    if folder is not None:
        lines += [f"FAULT  {one}" for one in faults[:_SHOWN]]
    return document, "\n".join(lines)


COMMANDS = (backup,)
