"""An archive with two custodians and a few mails, for the tests of what officers do with searches."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office
from tests.archiver.web_site import add_record, letter

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.wiring import Installation

OTHER = "bob@agency.example"


def fill(new_archive: Path, place: Path) -> Path:
    """Three mails of Jane, one of Bob; the words walrus (two of Jane's), budget (one of each) and roof (Bob's)."""
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    office.json("custodian", "add", OTHER, "--name", "Bob Ray")
    installation = opened(office)
    try:
        come_in(installation, CUSTODIAN, "Budget", "A walrus came by the budget.")
        come_in(installation, CUSTODIAN, "Zoo", "The walrus sleeps.")
        come_in(installation, CUSTODIAN, "Trip", "The bus was late.")
        come_in(installation, OTHER, "Roof", "The roof costs more than the budget.")
        installation.follower().catch_up()
    finally:
        installation.close()
    return office.folder


def come_in(installation: Installation, address: str, subject: str, text: str) -> str:
    """Archive one more mail; the id of its record."""
    with installation.archive.store.read() as connection:
        custodian_id = installation.archive.custodians.find(connection, address)
    assert custodian_id is not None
    return add_record(installation, custodian_id, letter(subject, text)).record


def user(office: Office, name: str, role: str, *options: str) -> dict[str, str]:
    """The environment in which a new user acts."""
    return {"ARCHIVER_TOKEN": office.json("user", "add", name, "--role", role, *options)["token"]}


def opened(office: Office) -> Installation:
    return open_installation(office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}))
