"""Access tokens from files and commands: read when needed, kept while good, never shown."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from ingest.channels.imap_secrets import TokenSource
from storage.errors import InvalidInput, TemporarilyUnavailable

TOKEN = "ya29.a0AfH6-_~+/x=="


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def script(text):
    return (sys.executable, "-c", text)


def counting(folder, said):
    """A program that prints `said` and leaves a mark of each run."""
    return script(f"import pathlib; pathlib.Path({str(folder / 'runs')!r}).open('a').write('x'); print({said})")


def runs(folder):
    return len((folder / "runs").read_text())


def test_token_file_is_read_again_each_time(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    source = TokenSource("a", file=path)
    assert source.token() == TOKEN
    path.write_text('{"access_token": "next", "expires_in": 3599, "token_type": "Bearer"}')
    assert source.token() == "next"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"a\nb", b"\xff", b"{}", b"[1]", b'{"access_token": 7}'])
def test_file_without_a_token_is_refused_and_not_quoted(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        TokenSource("a", file=tmp_path / "token").token()
    assert "two words" not in str(caught.value)


def test_absent_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput):
        TokenSource("a", file=tmp_path / "absent").token()


def test_token_of_a_command_is_kept_until_a_minute_before_its_end(tmp_path):
    ticks = Ticks()
    said = '\'{"access_token": "t", "expires_in": 3600}\''
    source = TokenSource("a", command=counting(tmp_path, said), monotonic=ticks)
    assert [source.token() for _ in range(3)] == ["t"] * 3
    assert runs(tmp_path) == 1
    ticks.now += 3539
    source.token()
    assert runs(tmp_path) == 1
    ticks.now += 1
    source.token()
    assert runs(tmp_path) == 2


def test_token_without_an_end_is_asked_for_each_time(tmp_path):
    source = TokenSource("a", command=counting(tmp_path, repr(TOKEN)))
    assert [source.token() for _ in range(2)] == [TOKEN] * 2
    assert runs(tmp_path) == 2
    assert not source.forget()


def test_forgotten_token_is_asked_for_again(tmp_path):
    said = '\'{"access_token": "t", "expires_in": 3600}\''
    source = TokenSource("a", command=counting(tmp_path, said))
    source.token()
    assert source.forget()
    source.token()
    assert runs(tmp_path) == 2


def test_command_runs_without_a_shell_and_without_our_secrets(monkeypatch):
    monkeypatch.setenv("ARCHIVER_PASSPHRASE", "secret")
    monkeypatch.setenv("HARMLESS", "1")
    text = "import os; print('no' if 'ARCHIVER_PASSPHRASE' in os.environ or 'HARMLESS' not in os.environ else 'yes')"
    assert TokenSource("a", command=script(text)).token() == "yes"
    with pytest.raises(InvalidInput):
        TokenSource("a", command=("/bin/echo", "$HOME")).token()


@pytest.mark.parametrize("text", ["raise SystemExit(1)", "print('t'); raise SystemExit(3)"])
def test_command_that_fails_may_work_later(text):
    with pytest.raises(TemporarilyUnavailable):
        TokenSource("a", command=script(text)).token()


def test_command_that_does_not_exist_is_a_wrong_setting():
    with pytest.raises(InvalidInput):
        TokenSource("a", command=("/nowhere/at-all",)).token()


def test_command_that_never_ends_is_ended_with_what_it_started(tmp_path):
    note = tmp_path / "child"
    text = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "print('t', flush=True)\n"
        "time.sleep(600)\n"
    )
    for seconds in (1.0, 10.0, 60.0):  # on a busy machine it may be ended before it has started anything
        with pytest.raises(TemporarilyUnavailable):
            TokenSource("a", command=script(text), seconds=seconds).token()
        if note.exists() and note.read_text():
            break
    child = int(note.read_text())
    reaped = threading.Event()
    for _ in range(2_000):
        try:
            os.kill(child, 0)
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            break
        if state == "Z":
            break
        reaped.wait(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("what the command started still runs")


def test_command_that_prints_without_end_is_ended():
    with pytest.raises((InvalidInput, TemporarilyUnavailable)):
        TokenSource("a", command=script("while True: print('x' * 4096)"), seconds=20.0).token()
