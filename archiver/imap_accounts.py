"""The polled mailboxes of an archive: run by the service, added to the settings, and declared as the agency's.

Rules: an account that cannot work is told and tried again, and stops none of the others; a settings file is changed by
adding to it, after the whole was checked, so that what somebody wrote into it stays; that a mailbox at a consumer
provider is the agency's is an event with its reason, once, and again when what is said of it changes.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import re
import threading
import tomllib
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError
from sqlalchemy import delete, insert, select

from archiver.channel_wiring import imap_account
from archiver.config import FILE_NAME, load_settings
from archiver.settings_sections import ImapSection
from archiver.wiring import SERVICE_ACTOR
from ingest.channel_health import Health, SqlHealthLog
from ingest.channels.imap_ownership import consumer_domain_of
from ingest.imap_cursors import SqlCursorStore
from ingest.tables import mailbox_declarations
from storage.errors import ArchiveError, Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.files import write_whole
from storage.records import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archiver.wiring import Installation
    from ingest.channels.imap_poller import Stopping
    from ingest.channels.imap_settings import ImapAccount
    from ingest.submission import Depositor
    from storage.archive import Archive

log = structlog.get_logger()

_AGAIN_SECONDS = 300.0
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def watch_accounts(installation: Installation, stop: Stopping) -> None:
    """Read every mailbox of the settings, each in a thread of its own, until `stop`."""
    declare_mailboxes(installation, actor=f"{SERVICE_ACTOR}:imap")
    depositor = installation.depositor(f"{SERVICE_ACTOR}:imap")
    threads = [
        threading.Thread(target=_watch, args=(installation, name, depositor, stop), name="imap")
        for name in installation.settings.imap
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _watch(installation: Installation, name: str, depositor: Depositor, stop: Stopping) -> None:
    from ingest.channels.imap_poller import ImapPoller  # noqa: PLC0415 - only this worker pays for the library
    from ingest.channels.imap_watcher import ImapWatcher  # noqa: PLC0415 - the same

    archive = installation.archive
    while not stop.is_set():
        try:
            account = imap_account(name, installation.settings.imap[name], archive)
        except ArchiveError as error:  # such as a custodian who is yet to be added
            log.error("imap.not_started", account=name, kind=error.kind)  # noqa: TRY400 - nothing to trace
            health = Health(channel=Channel.IMAP, account=name, last_tried=archive.store.clock())
            try:
                SqlHealthLog(archive.store).note(health)
            except ArchiveError as unwritten:
                log.warning("imap.health_not_kept", account=name, kind=unwritten.kind)
            stop.wait(_AGAIN_SECONDS)
            continue
        cursors, health_log = SqlCursorStore(archive.store), SqlHealthLog(archive.store)
        poller = ImapPoller(account, depositor, cursors, health_log, archive.store.clock)
        ImapWatcher(poller, chance=random.random, told=_teller(name)).run(stop)


def _teller(name: str) -> Callable[[Exception, int], None]:
    """Logs why an account is not read; our own sentences quote no mail, those of others might."""

    def tell(error: Exception, failures: int) -> None:
        ours = isinstance(error, ArchiveError)
        reason = error.message if isinstance(error, ArchiveError) else type(error).__name__
        log.warning("imap.not_read", account=name, reason=reason, in_a_row=failures, fault=not ours)

    return tell


def declare_mailboxes(installation: Installation, *, actor: str) -> int:
    """Put into the ledger what the settings say of mailboxes at consumer providers; returns how many were new."""
    archive = installation.archive
    said = {
        name: section
        for name, section in installation.settings.imap.items()
        if section.agency_owned and consumer_domain_of(section.username, section.host) is not None
    }
    with archive.store.read() as connection:
        known = {row.account: bytes(row.digest) for row in connection.execute(select(mailbox_declarations))}
    changed = [name for name, section in said.items() if known.get(name) != _digest(archive, section)]
    withdrawn = known.keys() - said.keys()
    if not changed and not withdrawn:
        return 0
    with archive.store.write() as transaction:
        gone = mailbox_declarations.c.account.in_([*changed, *withdrawn])
        transaction.connection.execute(delete(mailbox_declarations).where(gone))
        for name in changed:
            section = said[name]
            payload = {
                "account": name,
                "host": section.host,
                "username": section.username,
                "provider": consumer_domain_of(section.username, section.host),
                "reason": section.agency_owned_reason.strip(),
            }
            position = transaction.append(EventKind.MAILBOX_DECLARED, actor=actor, payload=payload)
            row = {"account": name, "digest": _digest(archive, section), "position": position}
            transaction.connection.execute(insert(mailbox_declarations), [row])
    return len(changed)


def _digest(archive: Archive, section: ImapSection) -> bytes:
    """What identifies a declaration; keyed, because user names can name a person."""
    said = (section.host.casefold(), section.username, section.agency_owned_reason.strip())
    message = b"mailbox-declaration\x00" + "\x00".join(said).encode("utf-8", "surrogatepass")
    return hmac.digest(archive.keyring.digest_key, message, hashlib.sha256)


def add_account(installation: Installation, name: str, values: Mapping[str, Any]) -> ImapAccount:
    """Add a mailbox to the archive's settings file, which is checked as a whole before it is replaced.

    Args:
        installation: the archive, with its settings as they are.
        name: the account's name in this archive.
        values: settings of its section; strings, numbers, booleans, and tuples of strings.

    Raises:
        InvalidInput: a value is impossible, or it seems to be somebody's own mailbox.
        NotFound: the custodian that it is said to be of does not exist.
        Conflict: there is an account of that name.
    """
    folder = installation.archive.folder
    if not _NAME.fullmatch(name):
        raise InvalidInput("the name of a mailbox has 1 to 64 letters, digits, - and _ without accents")
    if name in installation.settings.imap:
        raise Conflict(f"there is already a mailbox named {name}; choose another name, or change it in {FILE_NAME}")
    try:
        section = ImapSection.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{place}: {first['msg']}") from error
    account = imap_account(name, section, installation.archive)
    path = (folder / FILE_NAME).resolve()
    before = path.read_text("utf-8") if path.exists() else ""
    lines = [f"[imap.{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    after = before.rstrip("\n") + ("\n\n" if before.strip() else "") + "\n".join(lines) + "\n"
    _check_addition(path, before, after, name)
    write_whole(path, after.encode(), mode=path.stat().st_mode & 0o777 if before else 0o600)
    load_settings(folder)
    return account


def _check_addition(path: Path, before: str, after: str, name: str) -> None:
    """The new text must say what the old one said, and one account more."""
    try:
        was, now = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise Conflict(f"the mailbox cannot be added below what stands in {path}; add it by hand") from error
    now.get("imap", {}).pop(name, None)
    if not was.get("imap"):
        was.pop("imap", None)
        now = {key: value for key, value in now.items() if key != "imap" or value}
    if was != now:
        raise Conflict(f"the mailbox cannot be added below what stands in {path}; add it by hand")


def remove_account(installation: Installation, name: str) -> None:
    """Take a mailbox out of the archive's settings file; what was taken from it stays, and so does all else there.

    What is known of how far it was read stays too: added again under the same name, it goes on from there.

    Raises:
        NotFound: there is no account of that name.
        Conflict: it stands in the settings in a way that only a person can take out.
    """
    if name not in installation.settings.imap:
        raise NotFound(f"there is no mailbox named {name}; archiver imap list shows those that there are")
    folder = installation.archive.folder
    path = (folder / FILE_NAME).resolve()
    before = path.read_text("utf-8") if path.exists() else ""
    after = _without(before, name)
    if after is None:
        raise Conflict(f"the section of {name} cannot be told apart in {path}; take it out by hand")
    write_whole(path, after.encode(), mode=path.stat().st_mode & 0o777)
    load_settings(folder)


def _without(text: str, name: str) -> str | None:
    """The settings without the section of a mailbox, None where no cut gives just that; pure.

    A line that looks like a header may stand inside a string, so each cut is read again and compared.
    """
    wanted = tomllib.loads(text)
    if wanted.get("imap", {}).pop(name, None) is None:
        return None
    lines = text.splitlines(keepends=True)
    headers = [number for number, one in enumerate(lines) if one.lstrip().startswith("[")]
    own = re.compile(rf"""\s*\[\s*imap\s*\.\s*(?:{name}|"{name}"|'{name}')\s*\]""") if _NAME.fullmatch(name) else None
    for start in (number for number in headers if own is not None and own.match(lines[number])):
        for end in (*(number for number in headers if number > start), len(lines)):
            begin, rest = start, end
            while rest > start + 1 and lines[rest - 1].strip()[:1] in ("", "#"):
                rest -= 1  # comments in front of a section are that section's
            while begin and not lines[begin - 1].strip():
                begin -= 1
            cut = "".join([*lines[:begin], *lines[rest:]])
            if _says(cut, wanted):
                return cut
    return None


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return {"imap": {}, **found} == {"imap": {}, **wanted}


def _toml(value: object) -> str:
    """A value as TOML 1.0 writes it; strings are printable, which their checks saw to."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    if not text.isprintable():
        raise InvalidInput("a setting of a mailbox holds characters that cannot be printed")
    return f'"{text}"'
