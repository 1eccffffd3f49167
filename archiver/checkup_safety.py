"""Looks at what keeps the archive from being lost or changed unseen: backups, copies of keys, anchors, fixity.

Rule: as in `archiver.checkup`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from archiver.anchoring import is_due, last_anchored, look_at_anchors
from archiver.backing_up import has_changed, last_backup
from archiver.checkup import Check, Verdict
from archiver.place_probe import PlaceProbe
from storage.backup.account import place_tag
from storage.backup.expiry import key_places
from storage.errors import ArchiveError
from storage.fixity_history import read_history
from storage.outbox import Outbox

if TYPE_CHECKING:
    from archiver.wiring import Installation


def look_at_backup(installation: Installation) -> list[Check]:
    """When the last backup to the place of the settings was made, and whether that is as it should be."""
    archive, section = installation.archive, installation.settings.backup
    if section.to is None:
        detail = "none by itself; set `to` in [backup] to a folder on another disk"
        return [Check("backup", Verdict.WARNING, detail)]
    last = last_backup(archive, section.to)
    if last is None:
        return [Check("backup", Verdict.FAULT, f"none in {section.to} yet; run: archiver backup create")]
    if not PlaceProbe().answers(section.to):
        detail = f"{section.to} cannot be reached or written; see that its disk is there, then: archiver backup create"
        return [Check("backup", Verdict.FAULT, detail)]
    age = archive.store.clock() - last.made_at
    made = last.made_at.astimezone(archive.zone).isoformat(timespec="minutes")
    detail = f"last one {made} to {section.to}; oldest keys there of {last.oldest_keys_at:%Y-%m-%d}"
    if age > timedelta(days=section.key_days) / 2 or archive.store.clock() - last.oldest_keys_at > timedelta(
        days=section.key_days
    ):
        return [Check("backup", Verdict.FAULT, f"{detail}; keys there are not renewed: run archiver backup create")]
    late = age > 4 * timedelta(minutes=section.every_minutes) and has_changed(archive, last)
    if late:
        todo = "late: let the services run, or run: archiver backup create"
        return [Check("backup", Verdict.WARNING, f"{detail}; {todo}")]
    return [Check("backup", Verdict.GOOD, detail)]


def look_at_key_copies(installation: Installation) -> list[Check]:
    """Further backup places that hold keys for longer than the settings allow, since no backup renews them.

    A warning and no fault: the archive cannot know that a place was destroyed meanwhile.
    """
    archive, section = installation.archive, installation.settings.backup
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


def look_at_anchored_heads(installation: Installation) -> list[Check]:
    """What the places of earlier checkpoints say, and letters that wait."""
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


def look_at_fixity(installation: Installation) -> list[Check]:
    """What the checks of every byte found, and whether they are made."""
    archive = installation.archive
    days = installation.settings.fixity.days
    history = read_history(archive)
    if history.fault_count:
        first = f"; the first is {history.faults[0].kind} {history.faults[0].id}" if history.faults else ""
        detail = f"{history.fault_count:,} faults are known{first}; see: archiver verify --last"
        return [Check("fixity", Verdict.FAULT, detail)]
    last = archive.created_at if history.whole is None else history.whole.at
    by = last.astimezone(archive.zone).isoformat(timespec="minutes")
    told = "not everything was checked yet" if history.whole is None else f"every byte was checked by {by}"
    if not days and history.whole is None:
        return [Check("fixity", Verdict.WARNING, "never checked and [fixity] days is 0; run: archiver verify")]
    late = days and archive.store.clock() - last > timedelta(days=2 * days)
    if late:
        return [Check("fixity", Verdict.WARNING, f"{told}, longer ago than [fixity] asks for; let the services run")]
    return [Check("fixity", Verdict.GOOD, told)]
