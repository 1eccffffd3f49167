"""An acceptor that is told to stop ends what it has begun, and several share one socket."""

import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ingest.smtp_service import Client, running

ROOT = Path(__file__).parent.parent.parent


def test_idle_clients_are_told_that_the_service_stops():
    with running() as service, service.client() as client:
        client.greet()
        service.begin_stopping()
        assert client.reply().startswith("421 4.3.2")
        assert client.reply() == ""


def test_data_that_has_begun_ends_with_its_answer():
    with running() as service, service.client() as client:
        client.greet()
        client.open_data()
        client.send(b"Subject: x\r\n")
        with service.client() as idle:
            idle.greet()
            service.begin_stopping()
            assert idle.reply().startswith("421"), "from here on it is draining"
        client.send(b"\r\nbody\r\n.\r\n")
        assert client.reply().startswith("250")
        assert client.reply().startswith("421")
        assert client.reply() == ""
        service.join()
        assert service.depositor.payloads == [b"Subject: x\r\n\r\nbody\r\n"]


def test_deposit_that_has_begun_is_answered():
    with running() as service, service.client() as client:
        service.depositor.gate = threading.Event()
        client.greet()
        client.open_data()
        client.send(b"Subject: x\r\n\r\n.\r\n")
        assert service.depositor.entered.acquire(timeout=120)
        service.begin_stopping()
        service.depositor.gate.set()
        assert client.reply().startswith("250")
        service.join()


def test_client_that_never_ends_its_mail_does_not_keep_the_service_up():
    with running(drain_deadline=0.05) as service, service.client() as client:
        client.greet()
        client.open_data()
        service.begin_stopping()
        service.join()
        assert service.depositor.payloads == []


@contextmanager
def acceptors(folder, count):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    command = [sys.executable, "-m", "tests.ingest.acceptor_program", str(listener.fileno()), str(folder)]
    programs = [subprocess.Popen(command, pass_fds=(listener.fileno(),), cwd=ROOT) for _ in range(count)]
    try:
        yield listener.getsockname()[1], programs
    finally:
        listener.close()
        for program in programs:
            program.kill()
            program.wait(120)


def test_sigterm_ends_the_process_after_the_running_mail(tmp_path):
    with acceptors(tmp_path, 1) as (port, programs), Client(port) as client, Client(port) as idle:
        client.greet()
        client.open_data()
        idle.greet()
        programs[0].send_signal(signal.SIGTERM)
        assert idle.reply().startswith("421")
        client.send(b"Subject: x\r\n\r\nlast\r\n.\r\n")
        assert client.reply().startswith("250")
        assert programs[0].wait(120) == 0
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"Subject: x\r\n\r\nlast\r\n"]


def test_processes_share_a_socket_and_one_may_be_killed(tmp_path):
    acknowledged = []
    with acceptors(tmp_path, 2) as (port, programs):
        for number in range(60):
            if number == 30:
                programs[0].kill()
                programs[0].wait(120)
            body = b"Subject: %d\r\n\r\nbody\r\n" % number
            with Client(port) as client:
                client.greet()
                if client.deliver(body).startswith("250"):
                    acknowledged.append(body)
        programs[1].send_signal(signal.SIGTERM)
        assert programs[1].wait(120) == 0
    stored = sorted(file.read_bytes() for file in tmp_path.iterdir())
    assert stored == sorted(acknowledged)
    assert len(acknowledged) == 60


@pytest.mark.parametrize("sessions", [20])
def test_parallel_sessions_lose_and_double_nothing(sessions):
    with running() as service:
        replies = []

        def one(number) -> None:
            with service.client() as client:
                client.greet()
                bodies = [b"Subject: %d-%d\r\n\r\nbody\r\n" % (number, turn) for turn in range(10)]
                replies.extend(client.deliver(body)[:3] for body in bodies)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert replies == ["250"] * sessions * 10
        assert len(set(service.depositor.payloads)) == len(service.depositor.payloads) == sessions * 10
