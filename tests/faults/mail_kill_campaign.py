"""SIGKILL of the service's processes at drawn instants, while mail comes in by every way at a time.

In each round a drawn process is killed: the LMTP receiver, the one that watches the folder, that polls the mailbox,
that examines and unpacks, the follower, the clock, the supervisor alone, or all of them. Then each way must take
something again within 30 seconds. In the end everything that was handed in, and every member of every container, is
there exactly once, every container is closed without a difference, and `verify` finds nothing.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from archiver.unlocking import find_passphrase
from ingest.containers import Containers, ContainerState
from storage.archive import open_archive
from storage.fixity import FixityCheck
from storage.keys import unlock
from storage.records import Channel, Outcome
from storage.tables import submissions
from tests.archiver.commands import PASSPHRASE, Office, new_office
from tests.faults.campaign import Campaign, Counts
from tests.faults.live_server import SERVES_AGAIN_SECONDS, copy_of
from tests.faults.mail_sources import MailSources
from tests.journeys.service import Service, eventually, wait_for_outcomes

_KILLS_AN_ARCHIVE = 40
_KILLS_A_SERVER = 5  # one that dies often is started again ever later
_LATEST = 1.5
_UNPACKED_SECONDS = 900.0  # only what stands still takes so long
_SUPERVISOR, _ALL = "supervisor", "all of it"
_TARGETS = ("lmtp", "folders", "imap", "examiner", "examiner", "examiner", "follower", "clock", _SUPERVISOR, _ALL)
_MOST_MAILS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    office: Path
    folder: Path
    seed: int
    kills: int


def run(seed: int, count: int) -> Counts:
    """At least `count` kills."""
    with tempfile.TemporaryDirectory(prefix="mail-kills-") as scratch:
        office = new_office(Path(scratch) / "new")
        chance = random.Random(seed)
        sizes = [min(_KILLS_AN_ARCHIVE, count - begun) for begun in range(0, count, _KILLS_AN_ARCHIVE)]
        batches = [
            _Batch(office=office.folder, folder=Path(scratch) / f"{number}", seed=chance.getrandbits(32), kills=kills)
            for number, kills in enumerate(sizes)
        ]
        workers = int(os.environ.get("FAULT_JOBS", os.cpu_count() or 1))
        if workers == 1 or len(batches) == 1:
            done = [_kill_often(batch) for batch in batches]
        else:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                done = list(pool.map(_kill_often, batches))
    names = ("answered by LMTP", "handed in", "members of containers", *sorted(set(_TARGETS)))
    notes: dict[str, str | int | float] = {name: sum(int(one.notes.get(name, 0)) for one in done) for name in names}
    notes["slowest to take by every way again (s)"] = max(float(one.notes["slowest"]) for one in done)
    failures = tuple(f for one in done for f in one.failures)
    return Counts(run=sum(one.run for one in done), failures=failures, notes=notes)


def _kill_often(batch: _Batch) -> Counts:
    """One archive, killed so often."""
    chance = random.Random(batch.seed)
    batch.folder.mkdir()
    office = copy_of(Office(folder=batch.office), batch.folder / "archive")
    sources = MailSources(office=office, place=batch.folder, name=f"kills {batch.seed}")
    service = Service(office=office, log=batch.folder / "log")
    killed: Counter[str] = Counter()
    failures: list[str] = []
    slowest = 0.0
    try:
        service.start()
        for number in range(batch.kills):
            renew = number % _KILLS_A_SERVER == _KILLS_A_SERVER - 1
            target = _ALL if renew else chance.choice(_TARGETS)
            _hand_in_and_kill(service, sources, target, chance)
            killed[target] += 1
            took = _takes_again(service, sources)
            slowest = max(slowest, took)
            if took >= SERVES_AGAIN_SECONDS:
                failures.append(f"it took mail by every way again only {took:.0f} s after {target} was killed")
        wait_for_outcomes(office)  # only then each container is known for one
        eventually(lambda: _all_closed(office), _UNPACKED_SECONDS)
        wait_for_outcomes(office)
    finally:
        if service.process is not None:
            service.kill_everything()
        sources.server.close()
    failures += _faults(office, sources)
    notes: dict[str, str | int | float] = {
        "slowest": round(slowest, 1),
        "answered by LMTP": sources.answers,
        "handed in": sum(map(len, sources.handed_in.values())),
        "members of containers": len(sources.members),
        **killed,
    }
    return Counts(run=killed.total(), failures=tuple(f"seed {batch.seed}: {one}" for one in failures), notes=notes)


def _hand_in_and_kill(service: Service, sources: MailSources, target: str, chance: random.Random) -> None:
    """Hand in by every way, some before and some after the instant at which the target dies."""
    address, workers = service.addresses["lmtp"], service.workers()
    over = threading.Event()

    def by_lmtp() -> None:
        while not over.is_set():
            sources.by_lmtp(address)
            over.wait(0.02)

    if target == "examiner" or chance.random() < 0.3:
        sources.by_container()
    sender = threading.Thread(target=by_lmtp)
    sender.start()
    for _ in range(chance.randrange(1, _MOST_MAILS)):
        sources.by_folder()
        sources.by_imap()
    over.wait(chance.random() * _LATEST)
    if target == _ALL:
        service.kill_everything()
    elif target == _SUPERVISOR:
        service.kill_supervisor()
    elif target in workers:
        os.kill(workers[target], signal.SIGKILL)
    sources.by_folder()
    sources.by_imap()
    over.set()
    sender.join()
    if service.process is None:
        service.start()


def _takes_again(service: Service, sources: MailSources) -> float:
    """Seconds until something was taken by every way."""
    began = time.monotonic()
    address = service.addresses["lmtp"]
    eventually(lambda: sources.by_lmtp(address), 2 * SERVES_AGAIN_SECONDS)
    sources.wait_until_empty(2 * SERVES_AGAIN_SECONDS)
    return time.monotonic() - began


def _all_closed(office: Office) -> bool:
    """Whether no container is being unpacked any more."""
    listed = office.run("container", "list", "--json").document["containers"]
    return all(one["state"] != ContainerState.OPEN.value for one in listed)


def _faults(office: Office, sources: MailSources) -> list[str]:
    """What is wrong with the archive now that nothing runs."""
    secret = find_passphrase(None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    archive = open_archive(office.folder, unlock(office.folder / "keys", secret))
    try:
        wrong = [f"verify: {fault.kind}: {fault.detail}" for fault in FixityCheck(archive).run().faults]
        with archive.store.read() as connection:
            ids = list(connection.execute(submissions.select()).scalars())
            sealed = archive.submissions.envelopes(connection, ids)
            stored = [one for one, _ in archive.submissions.get_many(connection, ids)]
            containers = Containers(archive, actor="operator:test").all(connection)
    finally:
        archive.close()
    counted: Counter[tuple[Channel, str]] = Counter((one.channel, sealed[one.id].sha256) for one in stored)
    wrong += sources.missing_in(counted)
    if unlike := sum(one.outcome is not Outcome.ARCHIVED for one in stored):
        wrong.append(f"{unlike} have another outcome than archived")
    if open_ones := sum(one.state is not ContainerState.DONE or one.findings != 0 for one in containers):
        wrong.append(f"{open_ones} of {len(containers)} containers are not closed without a difference")
    return wrong


CAMPAIGN = Campaign(name="kills while mail comes in by every way", requires=120, quick=1, run=run)
