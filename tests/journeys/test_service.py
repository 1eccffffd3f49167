"""One running service, used as its users use it: mail in, receipt, search, record; commands beside it; health."""

from __future__ import annotations

import hashlib
import os
import signal
from typing import TYPE_CHECKING

import httpx

from tests.archiver.commands import a_mail
from tests.journeys.service import INTAKE, eventually, is_running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.service import Service

FORWARD = """\
From: Jane Doe <jane.doe@mail.example>
To: archive@agency.example
Subject: Fwd: Pool repairs
Date: Tue, 3 Mar 2026 19:12:05 -0800
Message-ID: <fwd@mail.example>

For the file.

---------- Forwarded message ---------
From: Ruben Ortega <ruben@booster.example>
Date: Mon, Mar 2, 2026 at 4:41 PM
Subject: Pool repairs
To: Jane Doe <jane.doe@mail.example>


The cormorant tiles come on Friday.
""".replace("\n", "\r\n").encode()


def test_a_forwarded_mail_is_answered_found_and_shown_as_what_it_was(service: Service):
    submission = service.send(FORWARD)
    office = service.office
    (hit,) = service.found("cormorant")["hits"]
    receipt = office.json("record", "receipt", submission)
    assert receipt["sha256"] == hashlib.sha256(FORWARD).hexdigest()
    assert receipt["outcome"] == "archived"
    assert receipt["records"] == [hit["id"]]
    shown = office.json("record", "show", hit["id"])
    assert shown["original"]["from"] == {"name": "Ruben Ortega", "address": "ruben@booster.example"}
    assert shown["original"]["subject"] == "Pool repairs"
    assert shown["forward"]["method"] == "inline"
    assert "jane.doe@mail.example" in shown["forward"]["by"]
    assert shown["forward"]["comment"].strip() == "For the file."
    assert (shown["captured"]["channel"], shown["captured"]["custodian"]) == ("smtp", "jane@agency.example")
    assert shown["provenance"]["grade"] == "C"


def test_the_bytes_that_were_sent_are_the_bytes_that_are_exported(service: Service, tmp_path: Path):
    mail = a_mail("Bytes", "..leading point\r\n.\tand a line\r\n\xe9 raw").replace(b"\xc3\xa9", b"\xe9")
    service.send(mail)
    (hit,) = service.found("subject:bytes")["hits"]
    service.office.json("record", "export", hit["id"], "--to", str(tmp_path / "out"))
    assert (tmp_path / "out" / "001-original.eml").read_bytes() == mail


def test_an_unknown_sender_is_taken_and_quarantined_with_a_reason(service: Service):
    submission = service.send(a_mail("Spam", "Buy.", sender="far@away.example"), sender="far@away.example")
    outcome = eventually(lambda: service.office.json("record", "receipt", submission)["outcome"])
    assert outcome == "quarantined"


def test_an_address_that_is_not_ours_is_refused_before_the_mail(service: Service):
    with service.client() as client:
        client.ehlo()
        client.mail("jane.doe@mail.example")
        assert client.rcpt("somebody@elsewhere.example")[0] == 550


def test_commands_work_beside_the_running_service(service: Service, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("Beside", "An osprey beside the service."))
    report = service.office.json("ingest", str(tmp_path / "m.eml"))
    assert (report["archived"], report["waiting"]) == (1, 0)
    assert service.office.json("search", "osprey")["total"] == 1
    assert service.office.json("verify")["faults"] == []


def test_a_second_service_on_the_same_archive_is_a_conflict(service: Service):
    answer = service.office.run("serve", "--json")
    assert answer.status == 5
    assert answer.error["kind"] == "conflict"


def test_the_page_answers_that_it_lives_and_is_ready(service: Service):
    page = service.addresses["web"]
    assert httpx.get(f"{page}healthz").status_code == 200
    assert eventually(lambda: httpx.get(f"{page}readyz").status_code == 200)


def test_a_killed_worker_is_started_again_and_the_work_goes_on(service: Service):
    before = service.workers()
    for name in ("examiner", "follower", "smtp-1"):
        os.kill(before[name], signal.SIGKILL)
    after = eventually(lambda: {name: now for name, now in service.workers().items() if now != before[name]} or None)
    assert set(after) <= {"examiner", "follower", "smtp-1"}
    service.send(a_mail("After", "A pelican after the fall."))
    service.found("pelican")
    assert is_running(service.workers()["clock"])


def test_many_recipients_of_one_mail_make_one_record_for_the_custodian(service: Service):
    with service.client() as client:
        refused = client.sendmail("jane.doe@mail.example", [INTAKE, INTAKE], a_mail("Twice", "One egret only."))
    assert refused == {}
    assert service.found("egret")["total"] == 1
