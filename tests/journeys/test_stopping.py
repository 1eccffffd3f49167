"""How the services end: drained by SIGTERM, orphaned by a dead supervisor, refused by a port that is taken."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

from tests.archiver.commands import a_mail
from tests.journeys.service import INTAKE, eventually, is_running, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office


def test_on_sigterm_a_mail_that_is_being_sent_gets_its_answer_and_the_status_is_0(office: Office, tmp_path: Path):
    mail = a_mail("Late", "A late bittern.")
    with serving(office, tmp_path / "log") as service:
        client = service.client()
        client.ehlo()
        client.mail("jane.doe@mail.example")
        client.rcpt(INTAKE)
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(mail[:100])
        assert service.process is not None
        service.process.send_signal(signal.SIGTERM)
        eventually(lambda: "examiner" not in service.workers() or not is_running(service.workers()["examiner"]))
        client.send(mail[100:] + b".\r\n")
        assert client.getreply()[0] == 250
        client.close()
        assert service.stop() == 0
    assert not (office.folder / "tmp" / "services.json").exists()
    with serving(office, tmp_path / "log") as service:
        service.found("bittern")


def test_workers_of_a_killed_supervisor_stop_by_themselves_and_a_new_one_starts(office: Office, tmp_path: Path):
    with serving(office, tmp_path / "log") as service:
        eventually(lambda: len(service.workers()) == 5)
        workers = service.workers()
        service.send(a_mail("Before", "A heron before."))
        service.kill_supervisor()
        service.start()
        service.send(a_mail("Behind", "A heron behind."))
        service.found("heron", total=2)
        for process in workers.values():
            eventually(lambda process=process: not is_running(process))
        assert service.stop() == 0
    assert office.json("verify")["faults"] == []


def test_a_port_that_is_taken_is_one_sentence_and_a_conflict(office: Office):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (office.folder / "archiver.toml").write_text(f"[smtp]\nport = {port}\n\n[web]\nenabled = false\n", "utf-8")
        answer = office.run("serve", "--json")
    assert answer.status == 5
    assert str(port) in answer.error["message"]
    assert len(answer.err.strip().splitlines()) == 1


def test_a_service_that_never_came_up_leaves_no_worker_behind(office: Office):
    (office.folder / "archiver.toml").write_text('[smtp]\nlisten = "203.0.113.1"\n', "utf-8")
    assert office.run("serve").status == 5
    assert not (office.folder / "tmp" / "services.json").exists()
