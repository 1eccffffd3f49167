"""Canaries go through every path into a serving archive; then every file, log and temporary folder is searched.

A canary is a word that stands nowhere else. They are put into mail by SMTP (subject, sender, text, HTML, an
attachment's name and content, the comment above a forward), into files and their names on the command line, into a
custodian's name and address, and into searches by command, by page and by API. While the service runs, and after it
has stopped, no file of the archive, no temporary file, no log and no argument of a process may hold one, in UTF-8,
UTF-16, base64 at each offset, quoted-printable, percent encoding, backslash escapes or zlib.

Half of the records are destroyed while the service runs. The database and the index, deciphered page by page, must
then hold no canary of these; the index must still hold those of the others, which shows that the search can find.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import quopri
import random
import string
import tempfile
import urllib.parse
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from archiver.wiring import open_installation
from storage.database import open_encrypted
from storage.keys import Secret, SlotKind, unlock
from tests.archiver.commands import PASSPHRASE, PERSONAL, Office, new_office
from tests.faults.campaign import Campaign, Counts
from tests.faults.destruction_archives import deciphered, in_memory
from tests.journeys.service import INTAKE, Service, configure, serving, wait_for_outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archiver.wiring import Installation

_OWN_LETTERS = slice(4, 12)  # see undelete_campaign
_SEARCHES = ("command", "page", "API")
_IN_A_MAIL = 7  # words that `_mail` draws
_IN_A_FILE = 2
_OUTSIDE = 1 << 22  # of a log that grows without end, the last part


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A word and where it was put; `source` names the record that it is in, if it is in one."""

    word: str
    path: str
    source: int | None = None


@dataclass(kw_only=True)
class Aviary:
    """The canaries of one run, in the order drawn."""

    chance: random.Random
    let_out: list[Canary] = field(default_factory=list)

    def draw(self, path: str, source: int | None = None) -> str:
        """A new word: letters, one that is not ASCII, letters; a search for it finds it whole."""
        letters = "".join(self.chance.choices(string.ascii_lowercase, k=18))
        word = f"{letters[:14]}ü{letters[14:]}"
        self.let_out.append(Canary(word=word, path=path, source=source))
        return word


def spellings(word: str) -> dict[str, bytes]:
    """The word as a file might hold it."""
    plain = word.encode()
    found = {
        "UTF-8": plain,
        "UTF-16-LE": word.encode("utf-16-le"),
        "UTF-16-BE": word.encode("utf-16-be"),
        "quoted-printable": quopri.encodestring(plain),
        "percent": urllib.parse.quote(word).encode(),
        "zlib": zlib.compress(plain),
        "escaped": word.encode("ascii", "backslashreplace"),
        "beginning": plain[:14],
    }
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + plain)
        found[f"base64 at {offset}"] = coded[4 if offset else 0 : -4]
    return found


def _mail(draw: Callable[[str], str], number: int) -> bytes:
    """A forward with every place that a mail can hold a word in, in turns of encodings."""
    mail = EmailMessage()
    mail["From"] = f"{draw('sender')} <{PERSONAL}>"
    mail["To"] = INTAKE
    mail["Subject"] = f"Fwd: {draw('subject')}"
    mail["Date"] = "Mon, 2 Mar 2026 10:00:00 -0800"
    mail["Message-ID"] = f"<canary.{number}@mail.example>"
    quoted = "From: Pat Roe <pat.roe@other.example>\nDate: Sun, 1 Mar 2026 09:00:00 -0800\nSubject: Routes\n"
    text = f"{draw('comment')}\n\n---------- Forwarded message ---------\n{quoted}To: Jane\n\n{draw('text')}\n"
    mail.set_content(text, cte=("quoted-printable", "base64", "8bit")[number % 3])
    mail.add_alternative(f"<p>{draw('HTML')}</p>", subtype="html", cte=("base64", "quoted-printable")[number % 2])
    content = draw("attachment content").encode(("utf-8", "utf-16-le")[number % 2])
    mail.add_attachment(content, maintype="text", subtype="plain", filename=f"{draw('attachment name')}.txt")
    return mail.as_bytes()


@dataclass(kw_only=True)
class Run:
    """One archive, its service, and where everything that it might write lies."""

    place: Path
    office: Office
    service: Service
    aviary: Aviary
    token: str

    def let_out(self, count: int) -> dict[int, str]:
        """Put at least `count` canaries into every path; the records' ids by source."""
        custodians = max(1, count // 20)
        searches = max(3, count // 10)
        files = max(2, count // 20)
        mails = -(-max(1, count - custodians - searches - files * _IN_A_FILE) // _IN_A_MAIL)
        submissions = {
            number: self.service.send(_mail(lambda path, at=number: self.aviary.draw(path, at), number))
            for number in range(mails)
        }
        submissions.update(self._ingest(range(mails, mails + files)))
        for _ in range(custodians):
            name, local = self.aviary.draw("custodian name"), self.aviary.draw("custodian address")[:14]
            self.office.json("custodian", "add", f"{local}@agency.example", "--name", name)
        wait_for_outcomes(self.office)
        self._search(searches)
        return {source: self._record_of(submission) for source, submission in submissions.items()}

    def _ingest(self, numbers: range) -> dict[int, str]:
        inbox = self.place / "outside" / "inbox"
        inbox.mkdir(parents=True)
        names: dict[str, int] = {}
        for number in numbers:
            path = inbox / f"{self.aviary.draw('file name', number)}.txt"
            path.write_text(f"notes on {self.aviary.draw('file content', number)}", "utf-8")
            names[path.name] = number
        account = self.place / "outside" / "items.jsonl"
        self.office.json("ingest", str(inbox), "--custodian", "jane@agency.example", "--items", str(account))
        lines = [json.loads(line) for line in account.read_text("utf-8").splitlines()]
        return {names[Path(one["source"]).name]: one["submission"] for one in lines}

    def _search(self, count: int) -> None:
        host, port = self.service.addresses["web"].removeprefix("http://").rstrip("/").rsplit(":", 1)
        for number in range(count):
            way = _SEARCHES[number % len(_SEARCHES)]
            word = self.aviary.draw(f"search by {way}")
            if way == "command":
                self.office.json("search", word)
                continue
            address = {"page": "/search?q=", "API": "/api/v1/search?q="}[way] + urllib.parse.quote(word)
            connection = http.client.HTTPConnection(host, int(port), timeout=60)
            connection.request("GET", address, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            assert answer.status == http.client.OK, f"{way}: {answer.status}"

    def _record_of(self, submission: str) -> str:
        (record,) = self.office.json("record", "receipt", submission)["records"]
        return str(record)

    def found_in_the_clear(self) -> list[str]:
        """Canaries that a file of the archive, a temporary file, a log or a process's arguments hold."""
        wanted = [(one, how, spelt) for one in self.aviary.let_out for how, spelt in spellings(one.word).items()]
        found = []
        for name, content in self._everything_written():
            found += [f"{one.path} in {how}: {name}" for one, how, spelt in wanted if spelt in content]
        return found

    def blind_spots(self) -> list[str]:
        """The search must be able to find: every spelling of a canary, laid into a temporary file."""
        one = self.aviary.let_out[0]
        planted = self.place / "tmp" / "planted"
        unseen = []
        for how, spelt in spellings(one.word).items():
            planted.write_bytes(os.urandom(4_096) + spelt + os.urandom(4_096))
            if f"{one.path} in {how}: planted" not in self.found_in_the_clear():
                unseen.append(f"the search does not find {how}")
        planted.unlink()
        return unseen

    def _everything_written(self) -> Iterator[tuple[str, bytes]]:
        for folder in (self.office.folder, self.place / "tmp"):
            for path in folder.rglob("*"):
                if path.is_file():
                    yield path.name, path.name.encode() + b"\x00" + path.read_bytes()
        yield "log of the service", self.service.log.read_bytes()[-_OUTSIDE:]
        for name, process in self.service.workers().items():
            yield f"arguments of {name}", Path(f"/proc/{process}/cmdline").read_bytes()


@contextmanager
def opened(office: Office) -> Iterator[Installation]:
    """The archive as one more program beside the service."""
    house = open_installation(
        office.folder, unlock(office.folder / "keys", Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.encode()))
    )
    try:
        yield house
    finally:
        house.close()


def _decrypted(house: Installation) -> tuple[bytes, bytes]:
    """All pages of the database, and all that the index holds."""
    archive = house.archive
    number = house.generations.current()
    path, key = house.generations.path(number), archive.keyring.index_key(number)
    connection = open_encrypted(path, key)
    try:
        blocks = [row[0] for row in connection.execute("SELECT block FROM words_data")]
    finally:
        connection.close()
    database = deciphered(archive.folder / "archive.db", archive.keyring.database_key)
    return database, b"".join((*blocks, deciphered(path, key)))


def _destroy(run: Run, records: dict[int, str]) -> list[str]:
    """Destroy half of the records beside the running service, and look for their canaries behind all ciphers."""
    sources = run.aviary.chance.sample(sorted(records), k=max(1, len(records) // 2))
    gone = [one for one in run.aviary.let_out if one.source in sources]
    stay = [one for one in run.aviary.let_out if one.source is not None and one.source not in sources]
    failures = []
    with opened(run.office) as house:
        _, before = _decrypted(house)
        destroying = house.destroying()
        batch_id = destroying.destroy([records[one] for one in sources], actor="operator:test")
        if destroying.advance(actor="operator:test", at_once=True) != (batch_id,):
            failures.append("the destruction was not confirmed beside the running service")
        database, index = _decrypted(house)
    # most of what was searchable before; what only stands in a part that is not read is in no index
    seen = [one for one in gone if one.word[_OWN_LETTERS].encode() in before]
    if len(seen) * 2 < len(gone):
        failures.append(f"only {len(seen)} of {len(gone)} canaries were in the index before: the search finds nothing")
    kept = [one for one in stay if one.word[_OWN_LETTERS].encode() in index]
    if len(kept) * 2 < len(stay):
        failures.append(f"only {len(kept)} of {len(stay)} canaries of the records that stay are in the index")
    for where, content in (("database", database), ("index", index)):
        left = [one for one in gone if one.word[_OWN_LETTERS].encode() in content]
        failures += [f"{one.path} in the deciphered {where}" for one in left]
    return failures


def run(seed: int, count: int) -> Counts:
    """Let out at least `count` canaries, search for them live, destroy half of the records, search again."""
    aviary = Aviary(chance=random.Random(seed))
    with tempfile.TemporaryDirectory(prefix="canaries-", dir=in_memory()) as name:
        place = Path(name)
        for folder in ("tmp", "outside"):
            (place / folder).mkdir()
        with mock.patch.dict(os.environ, {"TMPDIR": str(place / "tmp")}):
            office = new_office(place / "archive")
            configure(office, web=True)
            token = str(office.json("user", "add", "olga", "--role", "officer")["token"])
            with serving(office, place / "serve.log") as service:
                started = Run(place=place, office=office, service=service, aviary=aviary, token=token)
                records = started.let_out(count)
                failures = started.blind_spots()
                failures += [f"live: {one}" for one in started.found_in_the_clear()]
                failures += _destroy(started, records)
                failures += [f"after destruction: {one}" for one in started.found_in_the_clear()]
                service.stop()
                failures += [f"stopped: {one}" for one in started.found_in_the_clear()]
    paths = sorted({one.path for one in aviary.let_out})
    encodings = len(spellings("word"))
    notes: dict[str, str | int | float] = {"paths": ", ".join(paths), "spellings of each": encodings}
    return Counts(run=len(aviary.let_out), failures=tuple(failures), notes=notes)


CAMPAIGN = Campaign(name="canaries", requires=200, quick=8, run=run)
