"""Review: what the acts of a reviewer cost in a request that reaches very many records.

Rule: the rows are those that the product writes, put there by the product itself. The records are described and in the
index, each under a key of its own, as a list opens them and threads are looked up there; behind them are no mails, for
neither reads a component. Every act is the whole act, as a command or the API calls it: who may do it, what is hidden,
the change, its event and the progress that is told afterwards.
"""

from __future__ import annotations

import argparse
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archiver import reviewing
from benchmarks.filling import add_custodian, fill
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import ROOT, make_archive, scratch_folder
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.disclosure.review_rows import Decision
from search.grouping import Grouping
from storage.records import Letterhead, Party

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.wiring import Installation

_GOAL = "Goal at 100,000 records: every act at most 100 ms in 95 of 100 cases."
_SEED = 20_260_301
_TOGETHER = 50
_DECIDED_SHARE = 0.6
_THREAD = 5
_TWICE = 20
_MAIL_BYTES = 64
_FIRST_DAY = datetime(2024, 1, 8, 13, tzinfo=UTC)


def head_of(number: int) -> Letterhead:
    """The headers of a mail: `_THREAD` in a row are one thread, and one of `_TWICE` was handed in twice."""
    number -= number % _TWICE == 1
    thread, place = divmod(number, _THREAD)
    parent, teacher = Party(address=f"parent{thread % 900}@home.example"), Party(address="ada@district.example")
    ids = [f"<{thread}.{one}@home.example>" for one in range(place + 1)]
    return Letterhead(
        sender=teacher if place % 2 else parent,
        to=(parent if place % 2 else teacher,),
        date=(_FIRST_DAY + timedelta(minutes=7 * number)).isoformat(),
        subject=("Re: " if place else "") + f"Bus route {thread % 40} on day {thread}",
        message_id=ids[-1],
        references=tuple(ids[:-1]),
    )


class Desk:
    """A request with very many records, an officer and a reviewer."""

    def __init__(self, folder: Path, count: int) -> None:
        scratch = make_archive(folder / "archive")
        tokens = {
            name: scratch.run("user", "add", name, "--role", role).document["token"]
            for name, role in (("olive", "officer"), ("rick", "reviewer"))
        }
        opened = scratch.run("request", "open", "--how", "form", "--text", "The lights", "--profile", "IL")
        self.number: str = opened.document["number"]
        self.house: Installation = scratch.open()
        self.olive, self.rick = (self.house.users.by_token(one) for one in tokens.values())
        self._chance = random.Random(_SEED)  # noqa: S311 - the same records in every run
        store = self.house.archive.store
        with store.read() as connection:
            self.request = Requests(store).get(connection, self.number).id
        archive = self.house.archive
        self.ids = sorted(fill(archive, add_custodian(archive), count, _MAIL_BYTES, heads=head_of))
        self.house.follower().catch_up()
        began = time.perf_counter()
        Review(store).add(self.request, self.ids, actor=self.olive.actor)
        self.adding = time.perf_counter() - began
        decided = self._chance.sample(self.ids, int(count * _DECIDED_SHARE))
        began = time.perf_counter()
        reviewing.code(self.house, self.olive, self.number, decided, Decision.RELEASE)
        self.deciding = time.perf_counter() - began
        reviewing.give(self.house, self.olive, self.number, self.ids[: count // 20], 7)

    def some(self, number: int) -> list[str]:
        """Records drawn by the seed."""
        return self._chance.sample(self.ids, number)

    def acts(self) -> dict[str, Callable[[], Any]]:
        """The acts that are measured, by name; each is told apart by what it draws."""
        house, number = self.house, self.number

        def page(**wanted: Any) -> Callable[[], Any]:
            return lambda: reviewing.list_records(house, self.rick, number, after=self.some(1)[0], **wanted)

        def code(many: int, by: Grouping | None = None) -> Any:
            some = self.some(many)
            return reviewing.code(house, self.rick, number, some, Decision.NOT_RESPONSIVE, with_groups=by)

        def confirm() -> Any:
            some = self.some(1)
            reviewing.code(house, self.rick, number, some, Decision.RELEASE)
            return _taken(lambda: reviewing.confirm(house, self.olive, number, some))

        def undo() -> Any:
            step = code(_TOGETHER)["step"]
            return _taken(lambda: reviewing.undo(house, self.rick, number, step))

        return {
            "a page of 100 with the progress": page(),
            "a page of what is undecided": page(undecided=True),
            "a page of what is released": page(decision=Decision.RELEASE),
            "a page of a batch": page(batch=7),
            "one record decided": lambda: code(1),
            f"{_TOGETHER} records decided": lambda: code(_TOGETHER),
            "one record decided with its thread": lambda: code(1, Grouping.THREAD),
            "one record decided with those that say the same": lambda: code(1, Grouping.DUPLICATE),
            "a decision confirmed": confirm,
            f"a decision about {_TOGETHER} taken back": undo,
        }


def _taken(act: Callable[[], Any]) -> tuple[float, float]:
    """Seconds by the clock and of the processor that an act takes; one that has something to prepare gives its own."""
    began, worked = time.perf_counter(), time.process_time()
    inner = act()
    own = (time.perf_counter() - began, time.process_time() - worked)
    return inner if isinstance(inner, tuple) else own


def measure(folder: Path, count: int, rounds: int) -> list[list[str]]:
    """The rows of the table of one size."""
    desk = Desk(folder, count)
    size = f"{count:,}"
    rows = [
        [size, "all records put before the reviewers", f"{desk.adding * 1000:,.0f}", "", "", ""],
        [size, "60 of 100 decided in one step", f"{desk.deciding * 1000:,.0f}", "", "", ""],
    ]
    for name, act in desk.acts().items():
        measured = [_taken(act) for _ in range(rounds)]
        walls, worked = (sorted(one) for one in zip(*measured, strict=True))
        late = int(rounds * 0.95)
        shares = (walls[rounds // 2], walls[late], walls[-1], worked[late])
        rows.append([size, name, *(f"{one * 1000:,.1f}" for one in shares)])
    desk.house.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000], help="records of the request")
    parser.add_argument("--rounds", type=int, default=60, help="of each act")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        lines = [*conditions(folder), _GOAL, ""]
        rows = []
        for count in chosen.records:
            place = folder / str(count)
            place.mkdir()
            rows += measure(place, count, chosen.rounds)
        lines += table(["records", "act", "middle ms", "95 of 100 ms", "worst ms", "processor, 95 of 100 ms"], rows)
        write_section("review", "Review: the acts of a reviewer in a large request", lines)


if __name__ == "__main__":
    main()
