"""A request that is ready to be produced, and parts for producing that make small files instead of pages."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archiver.producing import Wishes, produce, produce_again
from archiver.production_plan import Choice
from archiver.production_ports import GateAnswer, Tools
from archiver.reviewing import code
from search.disclosure.release_types import Leaves, ReleasedDocument
from search.disclosure.review_rows import Decision
from tests.archiver.commands import a_mail, new_office

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from archiver.access import Principal
    from archiver.production_package import Package
    from archiver.wiring import Installation
    from tests.archiver.commands import Office

GROUND = ("--exemption", "7(1)(b)")


class ProductionDesk:
    """An archive with mails about lights, a request for them with all of them before an officer and a reviewer."""

    def __init__(self, place: Path, mails: int = 4) -> None:
        self.place = place
        self.office: Office = new_office(place / "archive")
        inbox = place / "inbox"
        inbox.mkdir()
        for number in range(mails):
            mail = a_mail(
                f"Lights {number}",
                f"About lamp {number} of the stadium.",
                date=f"Mon, {number + 2} Mar 2026 10:00:00 -0800",
            )
            (inbox / f"{number}.eml").write_bytes(mail)
        self.office.json("ingest", str(inbox))
        self.tokens = {
            name: self.office.json("user", "add", name, "--role", role)["token"]
            for name, role in (("olive", "officer"), ("rick", "reviewer"), ("ada", "administrator"))
        }
        asked = ("--text", "The lights", "--profile", "IL")
        self.number: str = self.by("olive", "request", "open", "--how", "form", *asked)["number"]
        self.by("olive", "request", "set", "add", self.number, "--query", "stadium")
        self.records: list[str] = self.office.run("search", "stadium", "--ids", "--sort", "date").out.split()[::-1]

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.office.json(*arguments, "--as", name, status=status, ARCHIVER_TOKEN=self.tokens[name])

    def decide(self, decision: str, *records: str) -> Any:
        grounds = GROUND if decision in ("withhold", "redact") else ()
        named = [word for one in records for word in ("--record", one)]
        return self.by("rick", "request", "code", self.number, *named, "--decision", decision, *grounds)


class FakeReleases:
    """Makes a page for each part of a record; what is decided to be left out is `secret lamp`."""

    def __init__(self, pages: int = 1) -> None:
        self.pages = pages

    def release(
        self, described: Any, redactions: Sequence[Any], *, roster: Sequence[str] = (), codes: Sequence[str] = ()
    ) -> tuple[ReleasedDocument, ...]:
        assert not roster
        original = described.description.components[0]
        made = ReleasedDocument(
            record_id=described.record.id,
            component=None,
            title=described.description.original.subject or "",
            leaves=Leaves.REDACTED if redactions else Leaves.WHOLE,
            pages=f"pages of {described.record.id}\n".encode(),
            page_count=self.pages,
            text=described.description.text,
            fields={"subject": described.description.original.subject or ""},
            codes=tuple(codes) if redactions else (),
            media_type=original.media_type,
            native_sha256=original.sha256,
            may_go_native=not redactions,
        )
        return (made, replace(made, component="cmp_attached", title="attached", may_go_native=False, page_count=2))

    def slip_sheet(self, record_id: str, *, reason: str, codes: Sequence[str], title: str) -> ReleasedDocument:
        return ReleasedDocument(
            record_id=record_id,
            component=None,
            title=title,
            leaves=Leaves.SLIP_SHEET,
            pages=reason.encode(),
            page_count=1,
            text=reason,
            codes=tuple(codes),
        )


class FakeGate:
    """Remembers the names of what it looked at; refuses where it was told to."""

    def __init__(self, refusing: str | None = None) -> None:
        self.refusing = refusing
        self.taken: list[str] = []
        self.seen: list[str] = []

    def take(self, record_id: str, documents: Sequence[ReleasedDocument], roster: Sequence[str]) -> None:
        assert documents
        assert not self.seen
        del roster
        self.taken.append(record_id)

    @contextmanager
    def beside(self, package: Package) -> Iterator[None]:
        begun = [one.name for one in package.files]
        yield
        assert self.seen[: len(begun)] == begun

    def check_all(self, package: Package) -> None:
        self.seen += [one.name for one in package.files]

    def check_content(self, name: str, content: bytes) -> None:
        self.seen.append(name if content else "")

    def report(self) -> GateAnswer:
        lines = () if self.refusing is None else (self.refusing,)
        return GateAnswer(passed=not lines, lines=lines, document={"passed": not lines})


def fake_tools(releases: FakeReleases | None = None, gate: FakeGate | None = None, **others: Any) -> Tools:
    """Parts that make small files."""
    made = releases or FakeReleases()

    @contextmanager
    def opened() -> Iterator[FakeReleases]:
        yield made

    known: dict[str, Any] = {
        "releases": opened,
        "gate": lambda _: gate or FakeGate(),
        "roster": lambda _: (),
        "stamp": lambda pdf, numbers, marks, _: pdf + "\n".join([*numbers, *marks]).encode(),
        "join": lambda pdfs, bookmarks: b"".join(pdfs) + repr(bookmarks).encode(),
        "conversation": lambda _: None,
        "papers": _papers,
        "load_files": lambda package, _, produced: package.put(
            "load/index.csv", [one.first.encode() for one in produced], "rows"
        ),
        "witnesses": lambda *_: None,
    }
    return Tools(**{**known, **others})


def _papers(_who: Principal, _plan: Any, terms: Any, produced: Sequence[Any]) -> Mapping[str, bytes]:
    return {"letter.txt": f"{len(produced)} documents, {terms.made_at_local}".encode()}


def digests(folder: Path) -> dict[str, str]:
    """What lies in a folder, by name."""
    return {
        str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


class Producer:
    """An officer who produces from a copy of the archive."""

    def __init__(self, desk: ProductionDesk, installation: Installation, place: Path) -> None:
        self.desk, self.installation, self.place = desk, installation, place
        self.who = installation.users.by_token(desk.tokens["olive"])
        self.reviewer = installation.users.by_token(desk.tokens["rick"])
        self.records = desk.records
        self.key = installation.archive.ledger.public_key()

    def decide(self, decision: str, *records: str) -> None:
        codes = ("7(1)(b)",) if decision in ("withhold", "redact") else ()
        code(self.installation, self.reviewer, self.desk.number, records, Decision(decision), codes=codes)

    def produce(self, name: str = "out", *, tools: Any = None, check: bool = False, **wishes: Any) -> dict[str, Any]:
        choice = Choice(**{one: wishes.pop(one) for one in ("batches", "ready", "changed", "sheets") if one in wishes})
        asked = Wishes(choice=choice, **wishes)
        return produce(
            self.installation, self.who, self.desk.number, self.place / name, asked, tools or fake_tools(), check=check
        )

    def again(self, number: int, name: str, tools: Any = None) -> dict[str, Any]:
        return produce_again(
            self.installation, self.who, self.desk.number, number, self.place / name, tools or fake_tools()
        )

    def kinds(self, told: dict[str, Any]) -> list[str]:
        return [one["kind"] for one in told["reasons"]]
