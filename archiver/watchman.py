"""Tells the administrator by mail what is wrong: once for each change of state, and once a day while it stands.

Rule: what was told stands in rows that are written in the transaction of the letter, so a program killed at any place
tells it once. Since when something is wrong is kept where no letters are sent, too. A letter names checks and accounts
of the settings, never a record.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select, update

from archiver.tables import watch_findings
from archiver.watch_facts import Watch
from archiver.watching import Told, due_report
from storage.outbox import Letter, Outbox

if TYPE_CHECKING:
    from datetime import datetime

    from archiver.watching import Finding, Report
    from archiver.wiring import Installation
    from storage.transaction import Transaction

KIND = "watch"
_LETTER = "letter"  # no finding has this name: the row says when the last letter was written


class Watchman:
    """Looks at one archive, keeps since when what is wrong, and writes letters about it."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._archive = installation.archive
        self._outbox = Outbox(installation.archive.store)
        self._watch = Watch(installation)

    def step(self) -> int:
        """Look once; how many letters were written.

        Raises:
            TemporarilyUnavailable, StorageFull: nothing was half-done; the next step goes on.
        """
        findings = self._watch.findings()
        now = self._archive.store.clock()
        with self._archive.store.read() as connection:
            known = known_findings(connection)
            last = _last_letter(connection)
        section = self._installation.settings.watch
        told = bool(section.mail) and self._installation.settings.mail.enabled
        reminder = timedelta(hours=section.reminder_hours)
        report = due_report(known, findings, now, reminder=reminder, last_letter=last) if told else None
        present = {one.name for one in findings}
        fresh = present - known.keys()
        # what was never told ends unseen; what was told stays until a letter has said that it ended
        silent = {name for name, one in known.items() if name not in present and (one.told_at is None or not told)}
        if report is None and not fresh and not silent:
            return 0
        letters = [] if report is None else [self._outbox.prepare(self._letter(to, report, now)) for to in section.mail]
        with self._archive.store.write() as transaction:
            _forget(transaction, silent)
            _begin(transaction, fresh)
            if report is not None:
                _mark(transaction, report)
                for one in letters:
                    self._outbox.add(transaction, one)
        return len(letters)

    def _letter(self, to: str, report: Report, now: datetime) -> Letter:
        agency, zone = self._installation.settings.agency.name, self._archive.zone
        lines = [f"The records archive of {agency}, {now.astimezone(zone).isoformat(timespec='minutes')}:"]
        for heading, some in (("New", report.begun), ("Still", report.standing)):
            if some:
                lines += ["", f"{heading}:", *(f"  {_line(one)}" for one in some)]
        if report.ended:
            lines += ["", "Well again:", *(f"  {name}" for name in report.ended)]
        lines += ["", f"Archive {self._archive.id}; look at it with: archiver doctor"]
        count = len(report.begun) + len(report.standing)
        what = f"{count:,} {'thing needs' if count == 1 else 'things need'} you" if count else "all is well again"
        return Letter(kind=KIND, to=to, subject=f"Records archive: {what}", text="\n".join(lines) + "\n")


def _line(one: Finding) -> str:
    return f"{one.name}: {one.sentence}"


def known_findings(connection: Connection) -> dict[str, Told]:
    """What is wrong as the last look found it, by name."""
    rows = connection.execute(select(watch_findings).where(watch_findings.c.name != _LETTER))
    return {row.name: Told(since=row.since, told_at=row.told_at) for row in rows}


def _last_letter(connection: Connection) -> datetime | None:
    found: datetime | None = connection.execute(
        select(watch_findings.c.told_at).where(watch_findings.c.name == _LETTER)
    ).scalar()
    return found


def _begin(transaction: Transaction, names: set[str]) -> None:
    rows = [{"name": name, "since": transaction.at, "told_at": None} for name in sorted(names)]
    if rows:
        transaction.connection.execute(insert(watch_findings), rows)


def _forget(transaction: Transaction, names: set[str]) -> None:
    if names:
        transaction.connection.execute(delete(watch_findings).where(watch_findings.c.name.in_(sorted(names))))


def _mark(transaction: Transaction, report: Report) -> None:
    """Note what a letter tells, and that it was written."""
    connection = transaction.connection
    names = [one.name for one in (*report.begun, *report.standing)]
    change = update(watch_findings).where(watch_findings.c.name.in_(names))
    connection.execute(change.values(told_at=transaction.at))
    _forget(transaction, set(report.ended))
    changed = connection.execute(
        update(watch_findings).where(watch_findings.c.name == _LETTER).values(told_at=transaction.at)
    )
    if not changed.rowcount:
        row = {"name": _LETTER, "since": transaction.at, "told_at": transaction.at}
        connection.execute(insert(watch_findings), [row])
