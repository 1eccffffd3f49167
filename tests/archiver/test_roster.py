"""`archiver request roster`: a list of students and staff is loaded whole or not at all, and counted unless asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.roster import roster_names
from storage.events import EventKind
from tests.archiver.search_work_scene import opened

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office

TABLE = "name,role,aliases,student id\nJane Miller,student,JJ; Janie,0042\nTom Park,staff,,\n"


def test_a_roster_is_loaded_counted_and_shown_with_an_event_for_each(office: Office, tmp_path: Path) -> None:
    table = tmp_path / "roster.csv"
    assert office.run("request", "roster", "show").out.startswith("No roster yet")
    table.write_text(TABLE, "utf-8")
    assert office.json("request", "roster", "load", str(table)) == {"version": 1, "students": 1, "staff": 1}
    counted = office.run("request", "roster", "show")
    assert "1 students, 1 staff" in counted.out
    assert "Miller" not in counted.out
    named = office.json("request", "roster", "show", "--names")
    assert [(one["name"], one["aliases"], one["student_id"]) for one in named["people"]] == [
        ("Jane Miller", ["JJ", "Janie"], "0042"),
        ("Tom Park", [], None),
    ]
    installation = opened(office)
    try:
        archive = installation.archive
        with archive.store.read() as connection:
            about = (EventKind.ROSTER_LOADED, EventKind.ROSTER_VIEWED)
            looks = [one.event.kind for one in archive.ledger.events_after(connection, -1, kinds=about)]
            assert roster_names(archive, connection, ["Ask Miller, Jane", "or Janie."]) == ("Jane Miller", "Janie")
    finally:
        installation.close()
    assert looks == [EventKind.ROSTER_VIEWED, EventKind.ROSTER_LOADED, *[EventKind.ROSTER_VIEWED] * 2]


def test_a_file_that_is_no_roster_changes_nothing(office: Office, tmp_path: Path) -> None:
    table = tmp_path / "roster.csv"
    table.write_text(TABLE + "Ann,teacher,,\n", "utf-8")
    refused = office.run("request", "roster", "load", str(table))
    assert (refused.status, "line 4" in refused.err, "Ann" in refused.err) == (2, True, False)
    for path in (tmp_path / "none.csv", tmp_path):
        assert office.run("request", "roster", "load", str(path)).status == 2
    (tmp_path / "link.csv").symlink_to(table)
    assert office.run("request", "roster", "load", str(tmp_path / "link.csv")).status == 2
    assert office.json("request", "roster", "show")["versions"] == []


def test_who_keeps_requests_loads_a_roster_and_auditors_do_not_see_it(office: Office, tmp_path: Path) -> None:
    table = tmp_path / "roster.csv"
    table.write_text(TABLE, "utf-8")
    tokens = {role: office.json("user", "add", role, "--role", role)["token"] for role in ("reviewer", "auditor")}
    for role, arguments, status in (
        ("reviewer", ("load", str(table)), 4),
        ("reviewer", ("show", "--names"), 0),
        ("auditor", ("show",), 4),
    ):
        office.json("request", "roster", *arguments, "--as", role, status=status, ARCHIVER_TOKEN=tokens[role])
