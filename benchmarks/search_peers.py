"""The peers of search on the same texts and queries: `notmuch`, `mu`, Xapian and tantivy; who is missing is said.

Rules:

- They keep everything open on the disk; ours is encrypted whole. Xapian and tantivy are called in a program of their
  own, as ours is here; `notmuch search` and `mu find` are whole programs, and their start is in their times.
- All give the exact number of hits with a page of 20. Words are stemmed by each one's own English stemmer, so the
  numbers may differ a little from ours.
- A search by `notmuch` or `mu` that takes longer than 10 s is ended, and counts as 10 s: an expression in `mu` goes on
  for minutes.
- tantivy is installed into an environment in the scratch folder, from the package index; it is no dependency.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.peer_syntax import as_mu, as_notmuch, as_tree
from benchmarks.peers import run_mu, run_notmuch
from benchmarks.report import peer_version, percentile, table
from benchmarks.scratch import unpack, write_maildir
from benchmarks.search_measures import by_kind, repeated
from benchmarks.search_queries import ZONE
from search.documents import BOUNDARY, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from benchmarks.search_measures import Timed
    from benchmarks.search_queries import AskedQuery
    from search.documents import IndexDocument
    from search.queries import Query

_MOST_SECONDS: Final = 10.0
_DASH: Final = "\u2013"
_SYSTEM: Final = "/usr/bin/python3"
_HERE: Final = Path(__file__).parent
_PEOPLE: Final = (Column.SENDER, Column.RECIPIENTS, Column.COPIED, Column.OTHERS)


class PeerTexts:
    """The texts of documents as a file of JSON lines, for peers; nothing is written unless `keep`."""

    def __init__(self, folder: Path, *, keep: bool) -> None:
        self.of_mails = folder / "mails.jsonl"
        self.of_made = folder / "made.jsonl"
        self._keep = keep
        self._written = 0

    def mails(self, documents: Iterable[IndexDocument]) -> None:
        """Write the mails."""
        if self._keep:
            with self.of_mails.open("w", encoding="utf-8") as target:
                target.writelines(map(_line, documents))

    def made(self, lists: Iterable[list[IndexDocument]], *, most: int) -> Iterator[list[IndexDocument]]:
        """The same lists, of whose documents the first so many are written."""
        for documents in lists:
            part = documents[: max(0, most - self._written)]
            if self._keep and part:
                with self.of_made.open("a", encoding="utf-8") as target:
                    target.writelines(map(_line, part))
                self._written += len(part)
            yield documents


def _line(document: IndexDocument) -> str:
    def text(*columns: Column) -> str:
        return " ".join(line for column in columns if (line := document.column(column).replace(BOUNDARY, "")))

    words = text(Column.SUBJECT_EXACT, Column.TEXT_EXACT, Column.FILENAME_EXACT, *_PEOPLE)
    one = {
        "id": document.record_id,
        "at": int(document.happened_at.timestamp() * 1_000_000),
        "all": words,
        "subject": text(Column.SUBJECT_EXACT),
        "from": text(Column.SENDER),
        "to": text(Column.RECIPIENTS),
        "people": text(*_PEOPLE, Column.CUSTODIAN),
        "has": document.column(Column.FLAGS),
        "custodian": document.custodian_id,
        "correspondent": document.correspondents[0] if document.correspondents else "",
        "platform": document.platform or "",
        "channel": document.channel.value,
        "kind": document.kind.value,
        "lang": document.language,
        "month": f"{document.happened_at.astimezone(ZONE):%Y-%m}",
    }
    return json.dumps(one, ensure_ascii=False) + "\n"


@dataclass(slots=True, kw_only=True)
class PeerFigures:
    """What a peer needed: to build, and for each query in each way; None where it has no such search."""

    name: str
    rate: float
    size: int
    answers: list[dict[str, Any] | None]


class _Child:
    """A peer's program, asked line by line."""

    def __init__(self, python: str, program: str, folder: Path) -> None:
        self._program = subprocess.Popen(
            [python, "-I", str(_HERE / program), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait()

    def ask(self, **command: Any) -> dict[str, Any]:
        """One command and its answer."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(command) + "\n")
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        if not line:
            sys.exit("a peer ended without an answer")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _in_child(python: str, program: str, folder: Path, texts: Path, asked: Sequence[AskedQuery], rounds: int) -> Any:
    with _Child(python, program, folder) as child:
        built = child.ask(build=str(texts))
        answers: list[dict[str, Any] | None] = []
        for one in asked:
            tree = as_tree(one.query)
            answer = {"absent": True} if tree is None else child.ask(search=tree, rounds=rounds)
            if "error" in answer:
                print(f"{program}: {one.text}: {answer['error']}", file=sys.stderr)
            answers.append(None if "absent" in answer else answer)
        name = child.ask(version=True)["version"]
    rate = built["documents"] / built["seconds"]
    return PeerFigures(name=name, rate=rate, size=built["size"], answers=answers)


def _xapian(folder: Path, texts: Path, asked: Sequence[AskedQuery], rounds: int) -> PeerFigures | None:
    _install(["-c", "import xapian"], "python3-xapian")
    if subprocess.run([_SYSTEM, "-c", "import xapian"], capture_output=True, check=False).returncode:
        return None
    figures: PeerFigures = _in_child(_SYSTEM, "peer_xapian.py", folder / "xapian", texts, asked, rounds)
    return figures


def _install(try_out: list[str], package: str) -> None:
    if subprocess.run([_SYSTEM, *try_out], capture_output=True, check=False).returncode == 0:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", package]
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _tantivy(folder: Path, texts: Path, asked: Sequence[AskedQuery], rounds: int) -> PeerFigures | None:
    own = folder.parent / "tantivy-venv"
    python = own / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(own)], check=False, capture_output=True)
        quiet = ["install", "--quiet", "--disable-pip-version-check", "tantivy"]
        subprocess.run([str(own / "bin" / "pip"), *quiet], check=False, capture_output=True)
    if subprocess.run([str(python), "-c", "import tantivy"], capture_output=True, check=False).returncode:
        return None
    figures: PeerFigures = _in_child(str(python), "peer_tantivy.py", folder / "tantivy", texts, asked, rounds)
    return figures


def _by_command(
    command: Callable[[str], list[str]],
    environment: dict[str, str],
    syntax: Callable[[Query], str | None],
    asked: Sequence[AskedQuery],
    rounds: int,
) -> list[dict[str, Any] | None]:
    answers: list[dict[str, Any] | None] = []
    for one in asked:
        typed = syntax(one.query)
        if typed is None:
            answers.append(None)
            continue
        line = command(typed)

        def ask(line: list[str] = line) -> None:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(line, env=environment, check=False, timeout=_MOST_SECONDS, **quiet)

        answers.append({"times": {"date": repeated(ask, min(rounds, 3))}})
    return answers


def _commands(folder: Path, corpus: Path, messages: int, asked: Sequence[AskedQuery], rounds: int) -> list[PeerFigures]:
    """`notmuch` and `mu` on the mails themselves."""
    maildir = folder / "maildir"
    mbox = unpack(corpus, folder, messages)
    write_maildir(mbox, maildir)
    found: list[PeerFigures] = []
    run = run_notmuch(maildir, folder / "notmuch")
    if run is not None:
        environment = {**os.environ, "NOTMUCH_CONFIG": str(folder / "notmuch" / "config"), "HOME": str(folder)}
        ask = ["notmuch", "search", "--output=messages", "--limit=20", "--sort=newest-first"]
        answers = _by_command(lambda typed: [*ask, typed], environment, as_notmuch, asked, rounds)
        size = _size(folder / "notmuch" / "database")
        name = peer_version("notmuch", "--version") or "notmuch"
        found.append(PeerFigures(name=name, rate=run.messages / run.seconds, size=size, answers=answers))
    run = run_mu(maildir, folder / "mu")
    if run is not None:
        environment = {**os.environ, "HOME": str(folder / "mu")}
        ask = ["mu", "find", f"--muhome={folder / 'mu' / 'mu'}", "--maxnum=20", "--sortfield=date", "--reverse"]
        answers = _by_command(lambda typed: [*ask, typed], environment, as_mu, asked, rounds)
        name = (peer_version("mu", "--version") or "mu").replace("(mail indexer/searcher) version ", "")
        size = _size(folder / "mu" / "mu")
        found.append(PeerFigures(name=name, rate=run.messages / run.seconds, size=size, answers=answers))
    shutil.rmtree(maildir)
    return found


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def peer_lines(
    texts: Path, folder: Path, asked: Sequence[AskedQuery], ours: Sequence[Timed], corpus: Path | None, rounds: int
) -> list[str]:
    """Tables with the peers beside ours; with `corpus` also those that read mail."""
    place = folder / f"peers-{texts.stem}"
    place.mkdir()
    with texts.open("rb") as lines:
        count = sum(1 for _ in lines)
    began = time.monotonic()
    found = [] if corpus is None else _commands(place, corpus, count, asked, rounds)
    missing = [] if corpus is None else [one for one in ("notmuch", "mu") if shutil.which(one) is None]
    for name, run in (("Xapian", _xapian), ("tantivy", _tantivy)):
        figures = run(place, texts, asked, rounds)
        found += [figures] if figures is not None else []
        missing += [name] if figures is None else []
    print(f"peers: {time.monotonic() - began:,.0f} s", file=sys.stderr, flush=True)
    shutil.rmtree(place)
    said = "" if corpus is None else " A whole program that took longer than 10 s was ended, and counts as 10 s."
    said += f" Not there: {', '.join(missing)}." if missing else ""
    lines = [f"Peers on the same {count:,} texts, p50 / p95 in ms; {_DASH} where it has no such search.{said}", ""]
    lines += table(["", "records/s", "MB"], [[one.name, f"{one.rate:,.0f}", f"{one.size / 1e6:,.0f}"] for one in found])
    for way in ("date", "relevance", "count", "facets"):
        those = [one for one in found if any(one.answers) and _has(one, way)]
        if those:
            rows = _rows(ours, those, way)
            lines += table(
                [f"by {way}" if way in ("date", "relevance") else way, "ours", *(one.name for one in those)], rows
            )
    return lines


def _has(one: PeerFigures, way: str) -> bool:
    return any(answer is not None and answer["times"].get(way) for answer in one.answers)


def _rows(ours: Sequence[Timed], those: Sequence[PeerFigures], way: str) -> list[list[str]]:
    rows = []
    places = {id(timed): place for place, timed in enumerate(ours)}
    for kind, several in by_kind(ours).items():
        cells = [_cell([seconds for timed in several for seconds in getattr(timed, way)])]
        for one in those:
            answers = [one.answers[places[id(timed)]] for timed in several]
            values = [seconds for answer in answers if answer for seconds in answer["times"].get(way, ())]
            part = sum(answer is None for answer in answers)
            cells.append(_cell(values) + (f" ({len(answers) - part} of {len(answers)})" if part and values else ""))
        rows.append([kind, *cells])
    return rows


def _cell(values: Sequence[float]) -> str:
    if not values:
        return _DASH
    several = [1000 * percentile(values, share) for share in (0.5, 0.95)]
    return " / ".join(f"{one:,.1f}" if one >= 1 else f"{one:.2f}" for one in several)
