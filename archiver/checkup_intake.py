"""Looks at how mail comes in: what waits, lies in quarantine or did not come out of a container, and each channel.

Rule: as in `archiver.checkup`. Accounts are named as the settings name them; what was handed in is counted only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from archiver.channel_wiring import imap_account
from archiver.checkup import Check, Verdict
from archiver.dns_wiring import look_at_dns
from archiver.watch_facts import Watch
from archiver.watching import Severity
from ingest import quarantine
from ingest.channel_health import SqlHealthLog
from ingest.channels.imap_secrets import TokenSource
from ingest.containers import ContainerState, MemberOutcome
from ingest.participants import Participants
from ingest.tables import imap_misses
from storage.container_tables import container_members, containers
from storage.errors import ArchiveError, InvalidInput
from storage.records import Channel

if TYPE_CHECKING:
    from archiver.settings_sections import ImapSection
    from archiver.wiring import Installation


def look_at_contents(installation: Installation) -> list[Check]:
    """What waits, and whether there is somebody and some rule to keep it for."""
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


def look_at_quarantine(installation: Installation) -> list[Check]:
    """How much lies in quarantine, and since when."""
    archive = installation.archive
    with archive.store.read() as connection:
        count, oldest = quarantine.count_of(connection)
    if oldest is None:
        return [Check("quarantine", Verdict.GOOD, "nothing lies there")]
    since = oldest.astimezone(archive.zone).isoformat(timespec="minutes")
    detail = f"submissions that lie there: {count:,}, the oldest since {since}; see: archiver quarantine list"
    return [Check("quarantine", Verdict.WARNING, detail)]


def look_at_pictures(installation: Installation) -> list[Check]:
    """How many records have pictures that wait to be read, and whether anybody reads them."""
    archive = installation.archive
    with archive.store.read() as connection:
        waiting = sum(archive.transcriptions.backlog(connection).values())
    if not installation.settings.pictures.enabled:
        detail = f"not read: [pictures] enabled is false; records with pictures that wait: {waiting:,}"
        return [Check("pictures", Verdict.WARNING, detail)]
    if not waiting:
        return [Check("pictures", Verdict.GOOD, "no pictures wait to be read")]
    detail = (
        f"records with pictures that wait to be read: {waiting:,}; serve reads them, or: archiver picture read --all"
    )
    return [Check("pictures", Verdict.GOOD, detail)]


def look_at_containers(installation: Installation) -> list[Check]:
    """How many mailboxes and archives of files have something that did not come out, or that nobody can explain."""
    lost = (
        select(container_members.c.container_id)
        .join(
            containers,
            (containers.c.id == container_members.c.container_id)
            & (containers.c.attempt == container_members.c.attempt),
        )
        .where(container_members.c.outcome == MemberOutcome.FAILED.value)
    )
    odd = (containers.c.state == ContainerState.FAILED.value) | (containers.c.findings > 0) | containers.c.id.in_(lost)
    with installation.archive.store.read() as connection:
        total = connection.execute(select(func.count()).select_from(containers)).scalar_one()
        there = containers.c.state != ContainerState.DESTROYED.value
        found = connection.execute(select(func.count()).select_from(containers).where(odd, there)).scalar_one()
    if not found:
        return [Check("containers", Verdict.GOOD, f"mailboxes and archives of files: {total:,}, all accounted for")]
    detail = f"mailboxes and archives of files with findings: {found:,} of {total:,}; see: archiver container list"
    return [Check("containers", Verdict.WARNING, detail)]


def look_at_participants(installation: Installation) -> list[Check]:
    """How many people in exported conversations nobody has named yet (36 CFR 1236.22(a))."""
    with installation.archive.store.read() as connection:
        unknown, total = Participants(installation.archive).unresolved(connection)
    if not unknown:
        return [Check("participants", Verdict.GOOD, f"handles in exported conversations: {total:,}, all resolved")]
    detail = f"handles in exported conversations: {unknown:,} of {total:,} are unresolved"
    return [Check("participants", Verdict.WARNING, f"{detail}; see: archiver participant list --unresolved")]


def look_at_signatures(installation: Installation) -> list[Check]:
    """Whether signatures of mail can be checked."""
    works, detail = look_at_dns(installation.settings.dns)
    return [Check("dns", Verdict.GOOD if works else Verdict.WARNING, detail)]


def look_at_channels(installation: Installation) -> list[Check]:
    """When each channel last worked; one that was tried since without success is told, if it is still in use."""
    archive, settings = installation.archive, installation.settings
    used = {Channel.IMAP: settings.imap.keys(), Channel.FOLDER: settings.folders.keys()}
    checks: list[Check] = []
    for one in SqlHealthLog(archive.store).all():
        name = f"{one.channel.value} {one.account}"
        worked, brought = (
            "never" if moment is None else moment.astimezone(archive.zone).isoformat(timespec="minutes")
            for moment in (one.last_worked, one.last_item)
        )
        if one.account not in used.get(one.channel, {one.account}):
            checks.append(Check("channel", Verdict.GOOD, f"{name}: no longer in the settings, last worked {worked}"))
            continue
        failing = one.last_tried is not None and (one.last_worked is None or one.last_worked < one.last_tried)
        verdict = Verdict.WARNING if failing else Verdict.GOOD
        checks.append(Check("channel", verdict, f"{name}: last worked {worked}, last mail {brought}"))
    with archive.store.read() as connection:
        misses = connection.execute(select(func.count()).select_from(imap_misses)).scalar_one()
    if misses:
        checks.append(Check("imap", Verdict.WARNING, f"{misses:,} mails could not be fetched yet and are tried again"))
    return checks


def look_at_mailboxes(installation: Installation) -> list[Check]:
    """The polled mailboxes whose settings cannot work; nobody is asked over the network."""
    checks: list[Check] = []
    for name, section in installation.settings.imap.items():
        try:
            _look_at_mailbox(installation, name, section)
        except ArchiveError as error:
            detail = f"{name} cannot be read: {error.message}; mend [imap.{name}], then: archiver imap check {name}"
            checks.append(Check("imap", Verdict.FAULT, detail))
    return checks


def _look_at_mailbox(installation: Installation, name: str, section: ImapSection) -> None:
    """Read the settings of a mailbox and what they name on this machine; the token command is not run.

    Raises:
        InvalidInput, NotFound: says what cannot work.
    """
    account = imap_account(name, section, installation.archive)
    if account.token_file is not None:
        TokenSource(name, file=account.token_file).token()
    elif not account.token_command:
        account.password()
    authority = account.certificate_authority
    if authority is not None and not authority.is_file():
        raise InvalidInput("the file of certificate_authority does not exist")


def look_at_watch(installation: Installation) -> list[Check]:
    """What `[watch]` finds wrong, with the same words as the letters to the administrator."""
    found = Watch(installation).findings()
    severity = {Severity.WARNING: Verdict.WARNING, Severity.FAULT: Verdict.FAULT}
    checks = [Check("watch", severity[one.severity], f"{one.name}: {one.sentence}") for one in found]
    return checks or [Check("watch", Verdict.GOOD, "no channel is silent or failing, nothing stands")]
