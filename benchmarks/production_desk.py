"""A scratch archive with an officer and a request that has all of its records, ready to be produced.

Rule: everything is done by the commands that a person gives, each a program of its own that is measured.
"""

from __future__ import annotations

import json
import mailbox
import time
from typing import TYPE_CHECKING

from benchmarks.memory import MemoryWatch
from benchmarks.scratch import CUSTODIAN, CommandRun, make_archive

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TOGETHER = 500  # records that are decided by one command


class ProductionDesk:
    """The archive, its officer and the request; `records` are ids, all decided to be given.

    Args:
        folder: where it is made; it may not be there yet.
        mails: what is handed in, each a whole message.
        settings: further sections of the settings.
    """

    def __init__(self, folder: Path, mails: Iterable[bytes], *, settings: str) -> None:
        self.folder = folder
        self.scratch = make_archive(folder / "archive", settings=settings)
        self._token = folder / "token"
        self._token.write_text(self.scratch.run("user", "add", "olive", "--role", "officer").document["token"], "utf-8")
        self._token.chmod(0o600)
        box = mailbox.mbox(folder / "works.mbox")
        for one in mails:
            box.add(one)
        box.flush()
        box.close()
        self.scratch.run("ingest", str(folder / "works.mbox"), "--custodian", CUSTODIAN)
        opened = self.act("request", "open", "--how", "form", "--text", "The works", "--profile", "IL")
        self.number: str = opened.document["number"]
        self.act("request", "set", "add", self.number, "--query", "note")
        self.records = self._listed()
        for start in range(0, len(self.records), _TOGETHER):
            some = self.records[start : start + _TOGETHER]
            self.act("request", "code", self.number, *some, "--decision", "release")

    def act(self, *arguments: str) -> CommandRun:
        """A command of the officer, measured.

        Raises:
            SystemExit: it failed.
        """
        began = time.perf_counter()
        started = self.scratch.start(*arguments, "--as", "olive", "--token-file", str(self._token))
        with MemoryWatch(started.pid) as memory:
            said = started.communicate()[0]
        if started.returncode:
            told = f"archiver {' '.join(arguments[:3])} ended with {started.returncode}: {said.decode()[:2000]}"
            raise SystemExit(told)
        return CommandRun(
            document=json.loads(said),
            seconds=time.perf_counter() - began,
            resident=memory.resident,
            proportional=memory.proportional,
        )

    def token(self) -> str:
        """What the officer proves to be herself by, for what is done in this program."""
        return self._token.read_text("utf-8")

    def _listed(self) -> list[str]:
        ids: list[str] = []
        while True:
            after = ("--after", ids[-1]) if ids else ()
            page = self.act("request", "review", self.number, "--limit", "10000", *after).document
            ids += [one["record"] for one in page["records"]]
            if not page["next"]:
                return ids
