"""Looks at the machine and at the archive itself: whether they can do their work. Each line says what to do.

Rule: a look says what it found, and changes nothing. Of content it says counts only. What is a fault stops
something now or loses something later; what is a warning is for somebody to know.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from archiver.supervisor import read_status
from ingest.formats.ocr.engines import available_engines, missing_languages, names_scripts
from ingest.formats.ocr.outlook import PACKAGE
from search.index_condition import Fitness, look_at_index
from search.reconciliation import last_reconciled
from storage.epochs import lost_epochs
from storage.errors import ArchiveError

if TYPE_CHECKING:
    from archiver.wiring import Installation

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


def look_at_machine() -> list[Check]:
    """The interpreter, the libraries and the engines; needs no archive."""
    return [_python(), _libraries(), *_optional_engines()]


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
    found = available_engines()
    if not found:
        detail = "no engine for pictures is installed; they are kept, and counted as unsearchable"
        return [Check("ocr", Verdict.WARNING, detail)]
    checks = [
        Check("ocr", Verdict.GOOD, f"{one.name} {one.version} reads {', '.join(one.languages or one.scripts)}")
        for one in found
    ]
    if missing := missing_languages():
        told = "; ".join(f"{name} (apt install {package})" for name, package in missing)
        lacking = f"the second engine of pictures lacks {told}"
        if {"ukr", "rus"} & {code for one in found for code in one.languages} == {"rus"}:
            lacking += "; until then Ukrainian is read with the letters of Russian, and some are wrong"
        checks.append(Check("ocr", Verdict.WARNING, lacking))
    if not names_scripts():
        detail = f"scripts that no engine reads are not named in receipts (apt install {PACKAGE})"
        checks.append(Check("ocr", Verdict.WARNING, detail))
    return checks


def look_at_folder(installation: Installation) -> list[Check]:
    """Who may list the folder, how much is free on its disk, and where the keys lie."""
    checks: list[Check] = []
    mode = installation.archive.folder.stat().st_mode & 0o777
    private = Check("permissions", Verdict.GOOD, f"{installation.archive.folder} is {mode:04o}")
    if mode & 0o077:
        private = Check(
            "permissions",
            Verdict.FAULT,
            f"{installation.archive.folder} is {mode:04o}; others can list it: chmod 700 {installation.archive.folder}",
        )
    checks.append(private)
    free = shutil.disk_usage(installation.archive.folder).free
    verdict = Verdict.GOOD if free > _LEAST_FREE else Verdict.FAULT
    checks.append(Check("space", verdict, f"{free >> 20:,} MiB free"))
    if os.path.ismount(installation.archive.folder / "keys"):
        checks.append(Check("keys", Verdict.GOOD, "keys/ is a file system of its own"))
    else:
        detail = "keys/ lies on the archive's file system; leave it out of snapshots and backups of that disk"
        checks.append(Check("keys", Verdict.WARNING, detail))
    return checks


def look_at_services(installation: Installation) -> list[Check]:
    """Whether the services run."""
    status = read_status(installation.archive.folder)
    if status is None:
        return [Check("services", Verdict.WARNING, "not running; start them with: archiver serve")]
    listed = status["services"]
    assert isinstance(listed, list)
    down = [one["name"] for one in listed if one["process"] is None]
    if down:
        return [Check("services", Verdict.FAULT, f"not running: {', '.join(down)}")]
    return [Check("services", Verdict.GOOD, ", ".join(one["name"] for one in listed))]


def look_at_archive(installation: Installation) -> list[Check]:
    """Which archive it is, whether its clock can be right, and whether keys are missing."""
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


def look_at_reading(installation: Installation) -> list[Check]:
    """Whether files can be read in confinement, and found again."""
    checks: list[Check] = []
    try:
        with installation.reader() as reader:
            confinement = reader.confinement
        landlock = f"Landlock {confinement.landlock_abi}" if confinement.landlock_abi else "no Landlock in this kernel"
        verdict = Verdict.GOOD if confinement.seccomp else Verdict.FAULT
        checks.append(Check("sandbox", verdict, f"seccomp {'on' if confinement.seccomp else 'refused'}, {landlock}"))
    except ArchiveError as error:
        checks.append(Check("sandbox", Verdict.FAULT, error.message))
    return checks + [_index(installation, engine) for engine in installation.indexes.engines]


def _index(installation: Installation, engine: str) -> Check:
    """Whether an index can be trusted, and how complete it is."""
    named = "index" if engine == installation.indexes.engines[0] else f"index {engine}"
    try:
        condition = look_at_index(installation.archive, installation.indexes.generations(engine))
        if condition.fitness is Fitness.DAMAGED:
            return Check(named, Verdict.FAULT, condition.sentence or "damaged")
        if condition.fitness is Fitness.OUTDATED:
            return Check(named, Verdict.WARNING, condition.sentence or "outdated")
        coverage = installation.follower(engine).catch_up(_CATCH_UP_SECONDS)
        last = last_reconciled(installation.archive, engine)
    except ArchiveError as error:
        return Check(named, Verdict.FAULT, error.message)
    detail = f"{coverage.indexed:,} of {coverage.records:,} records"
    if last is not None and last.unreadable:
        detail += f"; {last.unreadable:,} cannot be opened: archiver index coverage --list --reason unreadable"
        return Check(named, Verdict.FAULT, detail)
    return Check(named, Verdict.GOOD if coverage.complete else Verdict.WARNING, detail)
