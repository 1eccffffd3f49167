"""A small archive behind a real server on a port of its own, for the tests of page and API."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from archiver.access import Role
from archiver.serving import run_web
from archiver.wiring import Installation, open_installation
from ingest.submission import Handover
from storage.archive import create_archive
from storage.identifiers import Prefix, new_id
from storage.keys import Secret, SlotKind
from storage.records import (
    Channel,
    Component,
    ComponentRole,
    Description,
    Envelope,
    Grade,
    Letterhead,
    Outcome,
    Party,
    Record,
    RecordKind,
    RecordState,
)
from storage.submissions import Conclusion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# nothing here speaks TLS, and reading the certificates of the system anew takes longer than most tests
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

OWN = "dana@district.example"
OTHER = "lee@district.example"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A record and the submission that it came with."""

    record: str
    submission: str
    component: str


@dataclass(kw_only=True)
class Site:
    installation: Installation
    url: str
    tokens: dict[Role, str]
    custodians: dict[str, str]
    own: Made
    other: Made
    lying: str = ""
    """A submission in quarantine."""

    def client(self, role: Role | None = None) -> httpx.Client:
        """A program's client, with the token of a role."""
        headers = {} if role is None else {"Authorization": f"Bearer {self.tokens[role]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120, verify=_NO_TLS)

    @contextmanager
    def browser(self, role: Role) -> Iterator[httpx.Client]:
        """A browser's client that signed in by the form."""
        with httpx.Client(base_url=self.url, timeout=120, verify=_NO_TLS) as client:
            answer = client.post("/sign-in", data={"token": self.tokens[role], "next": "/"})
            assert answer.status_code == 303, answer.text
            yield client

    def get(self, path: str, role: Role | None = Role.OFFICER) -> httpx.Response:
        with self.client(role) as client:
            return client.get(path)


def letter(subject: str, text: str, **more: Any) -> Description:
    head = Letterhead(
        sender=Party(name="Pat Rivera", address="pat@vendor.example"),
        to=(Party(name="Dana Ito", address=OWN),),
        date="2026-03-02T14:05:00-08:00",
        subject=subject,
        message_id="<1@vendor.example>",
    )
    facts: dict[str, Any] = {"original": head, "sent_at": datetime(2026, 3, 2, 22, 5, tzinfo=UTC)}
    return Description(kind=RecordKind.EMAIL, text=text, **{**facts, **more})


def add_record(
    installation: Installation,
    custodian_id: str,
    description: Description,
    *,
    source: str | None = None,
    payload: bytes = b"",
) -> Made:
    """Archive a record as examination would, but with a description that a test chose."""
    archive = installation.archive
    payload = payload or f"Subject: bytes of {new_id(Prefix.EVENT)}\r\n\r\nbytes as handed in\r\n".encode()
    deposited = installation.depositor("service:test").deposit(
        Handover(
            channel=Channel.CLI,
            account="cli",
            custodian_id=custodian_id,
            envelope=Envelope(submitter=OWN, source=source),
            payload=payload,
        )
    )
    component = Component(
        id=new_id(Prefix.COMPONENT),
        role=ComponentRole.ORIGINAL,
        media_type="message/rfc822",
        name=None,
        size=len(payload),
        sha256=hashlib.sha256(payload).hexdigest(),
    )
    whole = Description(
        **{name: getattr(description, name) for name in Description.__dataclass_fields__ if name != "components"},
        components=(component, *description.components),
    )
    record = Record(
        id=new_id(Prefix.RECORD),
        kind=whole.kind,
        submission_id=deposited.submission_id,
        custodian_id=custodian_id,
        channel=Channel.CLI,
        captured_at=deposited.received_at,
        sent_at=whole.sent_at,
        series_id=None,
        state=RecordState.ACTIVE,
        grade=Grade.B,
        position=-1,
    )
    with archive.store.read() as connection:
        key = archive.store.holder_keys(connection, [deposited.submission_id])[deposited.submission_id]
    prepared = archive.catalogue.prepare(
        record, whole, key=key, stored=(), epoch=archive.store.current_epoch(), actor="service:test"
    )
    conclusion = Conclusion(
        submission_id=deposited.submission_id, outcome=Outcome.ARCHIVED, reason=None, custodian_id=custodian_id
    )
    with archive.store.write() as transaction:
        archive.catalogue.add(transaction, [prepared])
        archive.submissions.conclude(transaction, [conclusion])
    return Made(record=record.id, submission=deposited.submission_id, component=component.id)


def add_lying(
    installation: Installation,
    *,
    payload: bytes = b"",
    reason: str = "the sender is no custodian",
    sender: str = "stranger@far.example",
    custodian_id: str | None = None,
) -> str:
    """Put a mail into quarantine as examination would; its submission's id."""
    archive = installation.archive
    head = f"From: A Stranger <{sender}>\r\nTo: records@district.example\r\nSubject: Heronry\r\n"
    payload = payload or f"{head}Message-ID: <{new_id(Prefix.EVENT)}@far.example>\r\n\r\nThe heronry.\r\n".encode()
    deposited = installation.depositor("service:test").deposit(
        Handover(
            channel=Channel.SMTP,
            account="smtp",
            custodian_id=custodian_id,
            envelope=Envelope(submitter=sender),
            payload=payload,
        )
    )
    conclusion = Conclusion(
        submission_id=deposited.submission_id, outcome=Outcome.QUARANTINED, reason=reason, custodian_id=custodian_id
    )
    with archive.store.write() as transaction:
        archive.submissions.conclude(transaction, [conclusion])
    return deposited.submission_id


def make_installation(folder: Path) -> Installation:
    """A new archive, opened as a worker opens it."""
    secrets = [
        Secret(kind=SlotKind.PASSPHRASE, content=b"correct horse battery staple"),
        Secret(kind=SlotKind.RECOVERY, content=b"r" * 32),
    ]
    archive = create_archive(folder / "archive", secrets, zone="America/Los_Angeles", actor="operator:test")
    archive.close()
    return open_installation(folder / "archive", archive.keyring)


def _wait_until_served(address: str) -> None:
    """Ask until it answers: a server that a test gave little patience may hang up on a caller whom the machine held."""
    for again in range(20, -1, -1):
        try:
            httpx.get(f"{address}/healthz", timeout=60)
        except httpx.RemoteProtocolError:
            if not again:
                raise
        else:
            return


@contextmanager
def serving(installation: Installation) -> Iterator[str]:
    """The server on a free port; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = "http://{}:{}".format(*listener.getsockname())
    stop = threading.Event()
    ended: list[BaseException] = []

    def serve() -> None:
        try:
            run_web(installation, listener, stop)
        except BaseException as error:  # noqa: BLE001 - whatever it was, it is told
            ended.append(error)  # otherwise every test would wait in vain and none would say why
            traceback.print_exc()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        _wait_until_served(address)  # a test may change what the server reads at its start
        yield address
    finally:
        stop.set()
        thread.join(120)
        assert not thread.is_alive()
        assert not ended, ended


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """An archive with two custodians, a record of each, and a user of each role; the employee is `OWN`."""
    installation = make_installation(folder)
    archive = installation.archive
    try:
        custodians: dict[str, str] = {}
        for address, name in ((OWN, "Dana Ito"), (OTHER, "Lee Moreau")):
            custodians[address] = archive.custodians.add(address, name=name, actor="operator:test").id
        tokens: dict[Role, str] = {
            role: installation.users.add(
                f"the {role.value}",
                role,
                actor="operator:test",
                custodian_id=custodians[OWN] if role is Role.EMPLOYEE else None,
            ).token
            for role in Role
            if role is not Role.OPERATOR
        }
        own = add_record(installation, custodians[OWN], letter("Bus route 12", "Route 12 was late again today."))
        other = add_record(installation, custodians[OTHER], letter("Roof repair", "The route to the roof is closed."))
        lying = add_lying(installation)
        with serving(installation) as url:
            yield Site(
                installation=installation,
                url=url,
                tokens=tokens,
                custodians=custodians,
                own=own,
                other=other,
                lying=lying,
            )
    finally:
        installation.close()
