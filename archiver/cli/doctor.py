"""`archiver doctor`: what this machine and this archive can and cannot do, each line with what to do about it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import click
from sqlalchemy import func, select

from archiver.anchoring import is_due, last_anchored, look_at_anchors
from archiver.backing_up import has_changed, last_backup
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from archiver.supervisor import read_status
from ingest.channel_health import SqlHealthLog
from ingest.tables import imap_misses
from storage.backup.account import place_tag
from storage.backup.expiry import key_places
from storage.epochs import lost_epochs
from storage.errors import ArchiveError
from storage.fixity_history import read_history
from storage.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.cli.session import Session

_LIBRARIES = ("cryptography", "sqlcipher3", "sqlalchemy", "aiosmtpd", "imapclient", "pypdfium2", "pystemmer")
_LEAST_FREE = 1 << 30
_CATCH_UP_SECONDS = 1.0
_OLDEST_CLOCK_YEAR = 2026
# CPython 3.11.15, 3.12.13, 3.13.12 and 3.14.3 mend a header injection in `email` (CVE-2026-1299)
_MENDED = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    verdict: Verdict
    detail: str


def _python() -> Check:
    version = sys.version_info
    found = "{}.{}.{}".format(*version[:3])
    if version.micro < _MENDED.get(version[:2], 0):
        wanted = _MENDED[version[:2]]
        detail = f"{found}; update to {version.major}.{version.minor}.{wanted}, which mends a fault in its mail library"
        return Check("python", Verdict.WARNING, detail)
    return Check("python", Verdict.GOOD, found)


def _libraries() -> Check:
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    return Check("libraries", Verdict.GOOD, f"{found}; system sqlite {sqlite3.sqlite_version} is not used")


def _optional_engines() -> list[Check]:
    found = shutil.which("tesseract")
    detail = found or "not installed; images are kept, and their text is not read in this version"
    return [Check("ocr", Verdict.GOOD if found else Verdict.WARNING, detail)]


def _folder(session: Session) -> list[Check]:
    checks: list[Check] = []
    mode = session.folder.stat().st_mode & 0o777
    private = Check("permissions", Verdict.GOOD, f"{session.folder} is {mode:04o}")
    if mode & 0o077:
        private = Check(
            "permissions",
            Verdict.FAULT,
            f"{session.folder} is {mode:04o}; others can list it: chmod 700 {session.folder}",
        )
    checks.append(private)
    free = shutil.disk_usage(session.folder).free
    verdict = Verdict.GOOD if free > _LEAST_FREE else Verdict.FAULT
    checks.append(Check("space", verdict, f"{free >> 20:,} MiB free"))
    if os.path.ismount(session.folder / "keys"):
        checks.append(Check("keys", Verdict.GOOD, "keys/ is a file system of its own"))
    else:
        detail = "keys/ lies on the archive's file system; leave it out of snapshots and backups of that disk"
        checks.append(Check("keys", Verdict.WARNING, detail))
    return checks


def _services(session: Session) -> Check:
    status = read_status(session.folder)
    if status is None:
        return Check("services", Verdict.WARNING, "not running; start them with: archiver serve")
    listed = status["services"]
    assert isinstance(listed, list)
    down = [one["name"] for one in listed if one["process"] is None]
    if down:
        return Check("services", Verdict.FAULT, f"not running: {', '.join(down)}")
    return Check("services", Verdict.GOOD, ", ".join(one["name"] for one in listed))


def _archive(session: Session) -> list[Check]:
    installation = session.installation
    archive = installation.archive
    now = archive.store.clock()
    good_clock = now.year >= _OLDEST_CLOCK_YEAR and now >= archive.created_at
    checks = [
        Check("archive", Verdict.GOOD, f"{archive.id}, zone {archive.zone.key}"),
        Check("clock", Verdict.GOOD if good_clock else Verdict.FAULT, now.astimezone(archive.zone).isoformat()),
    ]
    if archive.store.restriction is not None:
        checks.append(Check("restricted", Verdict.FAULT, archive.store.restriction))
    if archive.test_clock:
        checks.append(Check("test clock", Verdict.WARNING, "this archive was made for tests"))
    lost = lost_epochs(archive.keyring, archive.store.read)
    detail = "missing or damaged; restore that file from a backup: no record under it can be read"
    checks += [Check("keys", Verdict.FAULT, f"keys/epoch/{number} is {detail}") for number in lost]
    return checks


def _reading(session: Session) -> list[Check]:
    """Whether files can be read in confinement, and found again."""
    installation = session.installation
    checks: list[Check] = []
    try:
        with installation.reader() as reader:
            confinement = reader.confinement
        landlock = f"Landlock {confinement.landlock_abi}" if confinement.landlock_abi else "no Landlock in this kernel"
        verdict = Verdict.GOOD if confinement.seccomp else Verdict.FAULT
        checks.append(Check("sandbox", verdict, f"seccomp {'on' if confinement.seccomp else 'refused'}, {landlock}"))
    except ArchiveError as error:
        checks.append(Check("sandbox", Verdict.FAULT, error.message))
    try:
        coverage = installation.follower().catch_up(_CATCH_UP_SECONDS)
        verdict = Verdict.GOOD if coverage.complete else Verdict.WARNING
        checks.append(Check("index", verdict, f"{coverage.indexed:,} of {coverage.records:,} records"))
    except ArchiveError as error:
        checks.append(Check("index", Verdict.FAULT, error.message))
    return checks


def _contents(session: Session) -> list[Check]:
    installation = session.installation
    archive = installation.archive
    checks: list[Check] = []
    with archive.store.read() as connection:
        waiting = archive.submissions.waiting_until(connection, 1 << 62)
        custodians = len(archive.custodians.list(connection))
    checks.append(Check("waiting", Verdict.GOOD, f"{waiting:,} submissions wait for examination"))
    if not custodians:
        checks.append(Check("custodians", Verdict.WARNING, "none; add one with: archiver custodian add"))
    if not installation.library.all():
        checks.append(Check("schedule", Verdict.WARNING, "none; load one with: archiver schedule load FILE"))
    return checks


def _backup(session: Session) -> Check:
    """When the last backup to the place of the settings was made, and whether that is as it should be."""
    archive, section = session.installation.archive, session.installation.settings.backup
    if section.to is None:
        detail = "none by itself; set `to` in [backup] to a folder on another disk"
        return Check("backup", Verdict.WARNING, detail)
    last = last_backup(archive, section.to)
    if last is None:
        return Check("backup", Verdict.FAULT, f"none in {section.to} yet; run: archiver backup create")
    age = archive.store.clock() - last.made_at
    made = last.made_at.astimezone(archive.zone).isoformat(timespec="minutes")
    detail = f"last one {made} to {section.to}; oldest keys there of {last.oldest_keys_at:%Y-%m-%d}"
    if age > timedelta(days=section.key_days) / 2 or archive.store.clock() - last.oldest_keys_at > timedelta(
        days=section.key_days
    ):
        return Check("backup", Verdict.FAULT, f"{detail}; keys there are not renewed: run archiver backup create")
    late = age > 4 * timedelta(minutes=section.every_minutes) and has_changed(archive, last)
    if late:
        return Check("backup", Verdict.WARNING, f"{detail}; late: let the services run, or run: archiver backup create")
    return Check("backup", Verdict.GOOD, detail)


def _key_copies(session: Session) -> list[Check]:
    """Further backup places that hold keys for longer than the settings allow, since no backup renews them.

    A warning and no fault: the archive cannot know that a place was destroyed meanwhile.
    """
    archive, section = session.installation.archive, session.installation.settings.backup
    own = None if section.to is None else place_tag(archive, section.to)
    checks: list[Check] = []
    with archive.store.read() as connection:
        for one in key_places(connection):
            if one.tag == own or archive.store.clock() - one.oldest_keys_at <= timedelta(days=section.key_days):
                continue
            stated = archive.ledger.payload(connection, one.position) or {}
            detail = (
                f"{stated.get('place', 'a place')} (tag {one.tag.hex()}) holds keys of {one.oldest_keys_at:%Y-%m-%d}, "
                f"its last backup is of {one.made_at:%Y-%m-%d}: archiver backup create --to there, or destroy its keys/"
            )
            checks.append(Check("key copies", Verdict.WARNING, detail))
    return checks


def _channels(session: Session) -> list[Check]:
    """When each channel last worked; one that was tried since without success is told."""
    archive = session.installation.archive
    checks: list[Check] = []
    for one in SqlHealthLog(archive.store).all():
        name = f"{one.channel.value} {one.account}"
        worked, brought = (
            "never" if moment is None else moment.astimezone(archive.zone).isoformat(timespec="minutes")
            for moment in (one.last_worked, one.last_item)
        )
        failing = one.last_tried is not None and (one.last_worked is None or one.last_worked < one.last_tried)
        verdict = Verdict.WARNING if failing else Verdict.GOOD
        checks.append(Check("channel", verdict, f"{name}: last worked {worked}, last mail {brought}"))
    with archive.store.read() as connection:
        misses = connection.execute(select(func.count()).select_from(imap_misses)).scalar_one()
    if misses:
        checks.append(Check("imap", Verdict.WARNING, f"{misses:,} mails could not be fetched yet and are tried again"))
    return checks


def _anchors(session: Session) -> list[Check]:
    """What the places of earlier checkpoints say, and letters that wait."""
    installation = session.installation
    archive = installation.archive
    checks: list[Check] = []
    section = installation.settings.anchors
    if not (section.files or section.folders or section.mail):
        detail = "none; a rolled-back archive is noticed by whoever keeps checkpoints elsewhere: set [anchors]"
        checks.append(Check("anchors", Verdict.WARNING, detail))
    try:
        look = look_at_anchors(installation)
    except ArchiveError as error:
        return [*checks, Check("anchors", Verdict.FAULT, error.message)]
    broken = [one.conflict.message for one in look.judgements if one.conflict is not None]
    checks += [Check("anchors", Verdict.FAULT, sentence) for sentence in broken]
    advice = "mend the place, then run: archiver ledger anchor"
    checks += [Check("anchors", Verdict.WARNING, f"{one.place} {one.detail}; {advice}") for one in look.survey.findings]
    with archive.store.read() as connection:
        last = last_anchored(connection)
        late = is_due(connection, archive.store.clock(), 2 * timedelta(minutes=section.every_minutes))
        letters = Outbox(archive.store).state(connection)
    if last is not None:
        moment = last.astimezone(archive.zone).isoformat(timespec="minutes")
        todo = "; late: let the services run, or run: archiver ledger anchor" if late else ""
        verdict = Verdict.WARNING if late else Verdict.GOOD
        checks.append(Check("anchors", verdict, f"last checkpoint given away {moment}{todo}"))
    if section.mail and not installation.settings.mail.enabled:
        detail = "[anchors] names addresses, and [mail] is not enabled; set enabled there, or take the addresses out"
        checks.append(Check("letters", Verdict.WARNING, detail))
    if letters.waiting:
        detail = f"{letters.waiting:,} wait, {letters.stuck:,} of them failed often; see: archiver outbox list"
        checks.append(Check("letters", Verdict.WARNING if letters.stuck else Verdict.GOOD, detail))
    return checks


def _fixity(session: Session) -> Check:
    """What the checks of every byte found, and whether they are made."""
    archive = session.installation.archive
    days = session.installation.settings.fixity.days
    history = read_history(archive)
    if history.fault_count:
        first = f"; the first is {history.faults[0].kind} {history.faults[0].id}" if history.faults else ""
        detail = f"{history.fault_count:,} faults are known{first}; see: archiver verify --last"
        return Check("fixity", Verdict.FAULT, detail)
    last = archive.created_at if history.whole is None else history.whole.at
    by = last.astimezone(archive.zone).isoformat(timespec="minutes")
    told = "not everything was checked yet" if history.whole is None else f"every byte was checked by {by}"
    if not days and history.whole is None:
        return Check("fixity", Verdict.WARNING, "never checked and [fixity] days is 0; run: archiver verify")
    late = days and archive.store.clock() - last > timedelta(days=2 * days)
    if late:
        return Check("fixity", Verdict.WARNING, f"{told}, longer ago than [fixity] asks for; let the services run")
    return Check("fixity", Verdict.GOOD, told)


_LOOKS: tuple[tuple[str, Callable[[Session], list[Check]]], ...] = (
    ("folder", _folder),
    ("archive", _archive),
    ("reading", _reading),
    ("contents", _contents),
    ("channels", _channels),
    ("anchors", _anchors),
    ("fixity", lambda session: [_fixity(session)]),
    ("backup", lambda session: [_backup(session)]),
    ("key copies", _key_copies),
    ("services", lambda session: [_services(session)]),
)


@click.command("doctor")
@command
def doctor(session: Session) -> None:
    """Check versions, engines, permissions, space, clock, sandbox, index and services. Exit status 6 on a fault."""
    checks = [_python(), _libraries(), *_optional_engines()]
    if (session.folder / "keys").is_dir():
        session.installation.archive.store.clock()  # an archive that cannot be opened has no other report than that
        for name, look in _LOOKS:
            try:
                checks += look(session)
            except ArchiveError as error:  # what cannot be looked at is a fault, and stops no other look
                checks.append(Check(name, Verdict.FAULT, error.message))
    else:
        checks.append(Check("archive", Verdict.WARNING, f"none in {session.folder}; make one with: archiver init"))
    document = [{"check": one.name, "verdict": one.verdict.value, "detail": one.detail} for one in checks]
    session.show(document, "\n".join(f"{one.verdict.value:<8} {one.name:<12} {one.detail}" for one in checks))
    if any(one.verdict is Verdict.FAULT for one in checks):
        exit_with(Exit.FINDINGS)


COMMANDS = (doctor,)
