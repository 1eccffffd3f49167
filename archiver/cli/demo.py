"""`archiver demo`: a new archive with a synthetic district, its services, and mail that really travels."""

from __future__ import annotations

import os
import secrets
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Role, operator
from archiver.cli.session import command, system_user
from archiver.config import FILE_NAME
from archiver.demo_district import CUSTODIANS, FORWARDED, INTAKE, SAMPLES, SEARCH, Sample
from archiver.searching import search_records
from archiver.supervisor import read_status
from archiver.unlocking import PASSPHRASE_VARIABLE, unlock_folder
from archiver.wiring import Installation, open_installation
from retention import schedules
from storage.archive import create_archive
from storage.errors import TemporarilyUnavailable
from storage.files import write_whole
from storage.keys import Secret, SlotKind
from storage.sealing import new_key

if TYPE_CHECKING:
    from archiver.cli.session import Session

PASSPHRASE_FILE = "passphrase"
_PATIENCE = 60.0
_SLOW = 300.0  # seconds; on a machine that is busy the services, which give way, have little of it
_POLL_SECONDS = 0.2


@click.command("demo")
@click.option(
    "--once", is_flag=True, help="Stop everything after printing; status 0 only if the search found the mail."
)
@click.option("--smtp-port", default=0, help="Port of the mail receiver; 0 lets the system choose.")
@click.option("--web-port", default=0, help="Port of the page; 0 lets the system choose.")
@command
def demo(session: Session, smtp_port: int, web_port: int, *, once: bool) -> None:
    """Show the whole of it: a synthetic district, its services, mail sent through its own SMTP port, and a search.

    Nothing of it is real, and nothing leaves this machine. Runs until Ctrl-C; the archive is then thrown away.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave by the same door as with Ctrl-C
    with tempfile.TemporaryDirectory(prefix="archiver-demo-") as scratch:
        folder = Path(scratch) / "archive"
        passphrase = secrets.token_urlsafe(18)
        _make(session, folder, passphrase, smtp_port, web_port)
        write_whole(folder.with_name(PASSPHRASE_FILE), passphrase.encode())  # of a made-up archive, gone with it
        environment = {**os.environ, PASSPHRASE_VARIABLE: passphrase}
        program = [sys.executable, "-m", "archiver.cli.main", "serve", "--data", str(folder), "--json"]
        log = (folder / "tmp" / "demo.log").open("wb")
        services = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            program, env=environment, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
        try:
            _show(session, folder, environment, services, once=once)
        except KeyboardInterrupt:
            session.note("Stopping.")
        finally:
            services.send_signal(signal.SIGTERM)
            services.wait(_PATIENCE)
            if services.stdout is not None:
                services.stdout.close()
            log.close()


def _make(session: Session, folder: Path, passphrase: str, smtp_port: int, web_port: int) -> None:
    session.note("Making an archive for a synthetic school district ...")
    slots = [
        Secret(kind=SlotKind.PASSPHRASE, content=passphrase.encode()),
        Secret(kind=SlotKind.RECOVERY, content=new_key()),
    ]
    actor = operator(system_user()).actor
    archive = create_archive(folder, slots, zone="America/Los_Angeles", test_clock=True, actor=actor)
    archive.close()
    settings = (
        '[agency]\nname = "Cedar Valley School District (synthetic)"\n\n'
        f'[smtp]\nport = {smtp_port}\nintake = ["{INTAKE}"]\n\n[web]\nport = {web_port}\n'
    )
    write_whole(folder / FILE_NAME, settings.encode())


def _populate(installation: Installation) -> str:
    """Custodians, a schedule and an officer; returns the officer's token."""
    actor = operator(system_user()).actor
    for address, name, personal in CUSTODIANS:
        installation.archive.custodians.add(address, name=name, also=(personal,), actor=actor)
    text = schedules.read_example()
    installation.library.load(text, schedules.EXAMPLE, actor=actor)
    return installation.users.add("officer", Role.OFFICER, actor=actor).token


def _show(
    session: Session, folder: Path, environment: dict[str, str], services: subprocess.Popen[bytes], *, once: bool
) -> None:
    keyring = unlock_folder(folder, None, environment)
    installation = open_installation(folder, keyring)
    try:
        token = _populate(installation)
        addresses = _started(services)
        host, port = addresses["smtp"].rsplit(":", 1)
        session.note(f"Sending {len(SAMPLES) + 1} mails to {INTAKE} at {host} port {port} ...")
        for sample in (*SAMPLES, FORWARDED):
            _send(host, int(port), sample)
        found = _search_until_found(installation)
        _print(session, installation, found, addresses, token)
        if once:
            if not found["total"]:
                raise TemporarilyUnavailable("the search did not find the mail within five minutes")
            return
        session.note("Running until Ctrl-C.")
        while services.poll() is None:
            time.sleep(1)
    finally:
        installation.close()


def _started(services: subprocess.Popen[bytes]) -> dict[str, str]:
    import json  # noqa: PLC0415 - one line of JSON is all that is read here

    assert services.stdout is not None
    line = services.stdout.readline()
    if not line:
        raise TemporarilyUnavailable("the services did not start; run archiver serve to see why")
    addresses: dict[str, str] = json.loads(line)
    return addresses


def _send(host: str, port: int, sample: Sample) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sample.sender, INTAKE, sample.subject
    message["Date"], message["Message-ID"] = sample.date, f"<{secrets.token_hex(8)}@mail.example>"
    message.set_content(sample.body)
    with smtplib.SMTP(host, port, timeout=30) as client:
        client.send_message(message)


def _search_until_found(installation: Installation) -> dict[str, Any]:
    until = time.monotonic() + _SLOW
    who = operator(system_user())
    while time.monotonic() < until and not _all_archived(installation):
        time.sleep(_POLL_SECONDS)
    while True:  # each search is an event
        found = search_records(installation, who, SEARCH)
        if found["total"] or time.monotonic() > until:
            return found
        time.sleep(_POLL_SECONDS)


def _all_archived(installation: Installation) -> bool:
    with installation.archive.store.read() as connection:
        return installation.archive.catalogue.count(connection) > len(SAMPLES)


def _print(
    session: Session, installation: Installation, found: dict[str, Any], addresses: dict[str, str], token: str
) -> None:
    archive = installation.archive
    with archive.store.read() as connection:
        count = archive.catalogue.count(connection)
    hits = [f"    {one['id']}  {one['from']}  {one['subject']}" for one in found["hits"]]
    status = read_status(archive.folder)
    text = "\n".join(
        [
            f"Archived {count} mails; the ledger's public key is {archive.ledger.public_key()}",
            "",
            f"A search for {SEARCH!r} found {found['total']}:",
            *hits,
            "",
            f"The page is at {addresses['web']} - sign in with this token:",
            f"    {token}",
            "",
            f"Send it a mail yourself: to {INTAKE}, at {addresses['smtp']}, from {CUSTODIANS[0][2]}",
            (
                "Use the commands beside it, such as: archiver search stadium "
                f"--data {archive.folder} --passphrase-file {archive.folder.with_name(PASSPHRASE_FILE)}"
            ),
        ]
    )
    document = {"archived": count, "search": found, "services": status, **addresses, "token": token}
    session.show(document, text)


COMMANDS = (demo,)
