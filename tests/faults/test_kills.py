"""A program that is killed at any moment loses nothing that it had acknowledged, and leaves nothing half-done."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from ingest.depositor import GroupDepositor
from ingest.submission import Handover
from storage.fixity import FixityCheck
from storage.records import Channel, Envelope
from storage.tables import awaiting_examination, submissions
from tests.storage.archives import make_archive, open_again

KILLS = 24
SEED = 20_240_506
ROOT = Path(__file__).parents[2]


def killed_runs(folder: Path) -> list[tuple[str, str, str]]:
    """Start, kill after some acknowledgements, start again; everything that was acknowledged, in order."""
    chance = random.Random(SEED)
    acknowledged = []
    command = [sys.executable, "-m", "tests.faults.deposit_program", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        for run in range(KILLS):
            program.stdin.write(f"run {run}\n")
            program.stdin.flush()
            pid = int(program.stdout.readline().split()[1])
            allowed = chance.randrange(1, 40)
            for line in iter(program.stdout.readline, "ended\n"):
                assert line, f"the program ended by itself (seed {SEED})"
                acknowledged.append(tuple(line.split(maxsplit=3)[1:]))
                allowed -= 1
                if allowed == 0:
                    os.kill(pid, signal.SIGKILL)
        program.stdin.close()
    return acknowledged


def test_every_acknowledged_deposit_survives_every_kill_once(tmp_path):
    make_archive(tmp_path / "archive").close()
    acknowledged = killed_runs(tmp_path / "archive")
    assert len(acknowledged) >= KILLS
    archive = open_again(tmp_path / "archive")
    for submission_id, sha256, text in acknowledged:
        with archive.store.read() as connection:
            content = archive.submissions.content(connection, submission_id)
        assert content == text.strip().encode()
        assert hashlib.sha256(content).hexdigest() == sha256
    assert len({submission_id for submission_id, _, _ in acknowledged}) == len(acknowledged)

    report = FixityCheck(archive).run()
    assert report.faults == [], f"seed {SEED}"
    with archive.store.read() as connection:
        taken = connection.execute(select(func.count()).select_from(submissions)).scalar_one()
        waiting = connection.execute(select(func.count()).select_from(awaiting_examination)).scalar_one()
    assert taken == waiting == report.objects >= len(acknowledged)

    again = GroupDepositor(archive, actor="service:smtp")
    for submission_id, _, text in acknowledged[:: len(acknowledged) // 10]:
        payload = text.strip().encode()
        handover = Handover(
            channel=Channel.SMTP, account="smtp", custodian_id=None, envelope=Envelope(), payload=payload
        )
        assert again.deposit(handover).duplicate_of == submission_id
    archive.close()
