"""The server on an inherited socket: it drains, bounds what it reads, and lets go of callers that dribble."""

from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

import archiver.serving
import archiver.web.pages
from archiver.access import Role
from archiver.serving import run_web
from tests.archiver.web_site import make_installation, running_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def connect(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=120)


def test_what_is_being_answered_is_finished_after_the_signal_and_nothing_new_is_taken(tmp_path, monkeypatch):
    installation = make_installation(tmp_path)
    token = installation.users.add("officer", Role.OFFICER, actor="operator:test").token
    entered, go_on, stop = threading.Event(), threading.Event(), threading.Event()
    look_over = archiver.web.pages.look_over

    def slow(*given: object, **named: object) -> object:
        entered.set()
        assert go_on.wait(120)
        return look_over(*given, **named)

    monkeypatch.setattr(archiver.web.pages, "look_over", slow)
    listener = socket.create_server(("127.0.0.1", 0))
    url = "http://{}:{}".format(*listener.getsockname())
    server = threading.Thread(target=run_web, args=(installation, listener, stop))
    server.start()
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=120))

    asker = threading.Thread(target=ask)
    asker.start()
    assert entered.wait(120)
    stop.set()
    while listener.fileno() != -1:  # the server closes it when it takes nothing more
        time.sleep(0.01)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, timeout=120)
    go_on.set()
    asker.join(120)
    server.join(120)
    installation.close()

    assert [answer.status_code for answer in answers] == [200]
    assert not server.is_alive()


def test_a_caller_who_never_finishes_his_request_is_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(archiver.serving, "_HEAD_SECONDS", 0.2)
    with running_site(tmp_path) as site, connect(site.url) as silent, connect(site.url) as dribbling:
        dribbling.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-")

        assert silent.recv(1) == b""
        assert dribbling.recv(1) == b""


def test_a_head_without_end_is_refused(site):
    with connect(site.url) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 70_000)

        assert caller.recv(100).startswith(b"HTTP/1.1 400")


def test_nonsense_instead_of_a_request_is_refused(site):
    with connect(site.url) as caller:
        caller.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")

        assert caller.recv(100).startswith(b"HTTP/1.1 400")


def test_answers_come_on_one_connection_without_waiting_for_acknowledgements(site):
    with connect(site.url) as caller:
        for _ in range(3):
            caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += caller.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")


def test_many_callers_at_a_time_are_all_answered(site):
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(site.get("/api/v1/search?q=route").status_code)

    callers = [threading.Thread(target=ask) for _ in range(24)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(120)

    assert statuses == [200] * 24
