"""Random SMTP streams against the receiver, in random cuts; and the fixed cases against the positive control."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from ingest.channels.smtp_settings import Oddity
from tests.faults.campaign import Campaign, Counts
from tests.ingest.channels.smtp_torture.cases import (
    ALL,
    ENDS,
    INTAKE,
    MAIL,
    SENDER,
    SMUGGLED,
    WAYS,
    Case,
    by_lines,
    ends_of_data,
    mails_in,
)
from tests.ingest.channels.smtp_torture.client import play
from tests.ingest.channels.smtp_torture.control import NoControl, running_control
from tests.ingest.smtp_service import running

_PIECES = (b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\x00", b"\xff", b" ", b"..", b"Subject: x\r\n", *ENDS)
_BEFORE = (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{INTAKE}>", "DATA")


def _random_case(chance: random.Random, number: int) -> Case:
    """A body of dots and line ends, perhaps with a mail hidden in it, cut after its first true end."""
    body = b"".join(chance.choices(_PIECES, k=chance.randrange(1, 40)))
    if chance.random() < 0.5:
        at = chance.randrange(len(body) + 1)
        body = body[:at] + SMUGGLED + body[at:]
    stream = MAIL + body + b"\r\n.\r\n"
    _, rest = by_lines(stream)
    stream = stream[: len(stream) - len(rest)]
    return Case(
        name=f"random {number}", stream=stream, stored=mails_in(stream), way=chance.choice(WAYS), before=_BEFORE
    )


def _fails(service, case: Case) -> str | None:
    before = len(service.depositor.payloads)
    try:
        play(service.port, case)
    except (OSError, AssertionError) as error:
        return f"{case.name}: {type(error).__name__}: {case.stream!r}"
    stored = tuple(service.depositor.payloads[before:])
    return None if stored == case.stored else f"{case.name} {case.way}: {len(stored)} stored: {case.stream[:2000]!r}"


def run_streams(seed: int, count: int) -> Counts:
    """The fixed cases, then as many random streams as are asked for."""
    chance = random.Random(seed)
    failures: list[str] = []
    fixed = list(ALL)
    chance.shuffle(fixed)
    by_settings: dict[str, list[Case]] = {}
    for case in fixed:
        by_settings.setdefault(repr(sorted(case.settings.items())), []).append(case)
    for cases in by_settings.values():
        chosen = dict(cases[0].settings)
        chosen.update({name: Oddity(chosen[name]) for name in ("bare_line_ends", "nul_bytes") if name in chosen})
        with running(max_connections_per_peer=200, **chosen) as service:
            failures += filter(None, (_fails(service, case) for case in cases))
    drawn = max(0, count - len(fixed))
    with running(max_connections_per_peer=200) as service:
        failures += filter(None, (_fails(service, _random_case(chance, number)) for number in range(drawn)))
    return Counts(run=len(fixed) + drawn, failures=tuple(failures))


def run_control(seed: int, count: int) -> Counts:
    """The ends of DATA against the control, where a second mail must get in."""
    del seed, count
    cases = [case for case in ends_of_data() if not case.settings]
    smuggled = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with running_control(folder) as port:
                for case in cases:
                    for old in folder.glob("*.eml"):
                        old.unlink()
                    play(port, case)
                    smuggled += len(list(folder.glob("*.eml"))) > len(case.stored)
        except NoControl as reason:
            return Counts.skipped(f"{len(cases)} cases of the positive control not run: {reason}")
    failures = () if smuggled else ("nothing was smuggled in: the cases cannot find what they are for",)
    return Counts(run=len(cases), failures=failures, notes={"smuggled in at the control": smuggled})


STREAMS = Campaign(name="SMTP streams", requires=10_000, quick=150, run=run_streams)
CONTROL = Campaign(name="SMTP positive control", requires=39, quick=39, run=run_control)
