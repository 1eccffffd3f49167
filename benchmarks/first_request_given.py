"""What leaves: two instalments, the log, letters, a document asked back and given anew, and the end of the request.

Rule: a production is first tried with `--check`; the journey goes on only when nothing stands against it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from benchmarks.first_request_checks import digests_of, found_again, numbers_of
from benchmarks.first_request_material import line_of_one_person
from benchmarks.first_request_steps import GROUND, OFFICER, REVIEWER, confirm, rows, write_letter

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.first_request_desk import Desk
    from benchmarks.first_request_steps import Case

PREFIX: Final = "LAKE"
_INSTALMENTS: Final = (("2026-10-01", "The first half."), ("2026-12-01", "What is left."))


def give(desk: Desk, case: Case) -> list[dict[str, Any]]:
    """Both instalments; what the commands told of them."""
    desk.step("Two instalments")
    confirm(desk, case)
    for due, text in _INSTALMENTS:
        desk.act(OFFICER, "request", "instalment", "add", case.number, "--due", due, "--text", text)
    checked = desk.act(
        OFFICER, "request", "produce", case.number, str(case.place / "none"), "--check", "--prefix", PREFIX
    )
    desk.report.must(
        not checked["reasons"] and not (case.place / "none").exists(), "nothing stands against a production"
    )
    desk.report.must(checked["gate"]["passed"], "the gate passes over all of it")
    told = [
        _produce(desk, case, "first", "--instalment", "1", "--batch", "1", "--withheld", "slip"),
        _produce(desk, case, "second", "--instalment", "2", "--natives"),
    ]
    again = case.place / "first-again"
    desk.act(OFFICER, "request", "produce", case.number, str(again), "--again", "1")
    desk.report.must(digests_of(again) == digests_of(case.packages[0]), "--again writes the same bytes")
    listed = desk.act(OFFICER, "request", "instalment", "list", case.number)
    states = [one["state"] for one in (listed["instalments"] if isinstance(listed, dict) else listed)]
    desk.report.must(states == ["produced", "produced"], "both instalments are done")
    return told


def papers(desk: Desk, case: Case) -> None:
    """The log of exemptions and the letters."""
    desk.step("Log and letters")
    log = desk.act(
        OFFICER,
        "request",
        "exemptions",
        case.number,
        "--csv",
        str(case.place / "log.csv"),
        "--pdf",
        str(case.place / "log.pdf"),
    )
    decided = [one for one in rows(desk, case) if one["decision"] in ("redact", "withhold")]
    desk.report.must(
        len(log["rows"]) == len(decided), f"the log has a row for each of {len(decided):,} records withheld or redacted"
    )
    address = ("--fill", "appeal_address=500 South 2nd Street, Springfield, IL 62701", "--final")
    write_letter(desk, case, "determination", *address)
    write_letter(desk, case, "cover", "--final")


def ask_back(desk: Desk, case: Case) -> None:
    """One document left by mistake: it is asked back, more of it is left out, and it is given anew."""
    desk.step("A document asked back, and given anew")
    documents = desk.act(OFFICER, "request", "produced", case.number, "--documents", "1")
    of_mails = [one for one in documents if one["record"] in case.made and not one.get("component")]
    words, whole = next(
        (line, one)
        for one in of_mails
        if one["leaves"] == "whole" and (line := line_of_one_person(case.made[one["record"]])) in _text_of(case, one)
    )
    desk.act(OFFICER, "request", "clawback", case.number, whole["first"], "--reason", "It left by mistake.")
    desk.act(REVIEWER, "request", "redact", "add", case.number, whole["record"], "--words", words, *GROUND, "--final")
    _produce(desk, case, "replacement", "--changed", "--batch", "1")
    write_letter(desk, case, "clawback", "--fill", "clawback_reason=a line of it is about a person", "--final")
    manifest = json.loads((case.packages[-1] / "manifest.json").read_text("utf-8"))["produced"]
    desk.report.must(
        any(one.get("replaces") == 1 for one in manifest["documents"]), "the new one says which production it was in"
    )
    desk.report.must(not found_again(case.packages[-1], [words]), "the new one is without what left by mistake")


def _text_of(case: Case, document: dict[str, Any]) -> str:
    return case.mails[case.made[document["record"]]].raw.decode("ascii")


def verify(desk: Desk, case: Case, key: str) -> None:
    """Each package is checked where there is nothing but it and the public key."""
    desk.step("Verified with nothing but the public key")
    for package in case.packages:
        outcome = desk.alone("verify", "bundle", str(package), "--key", key)
        said = json.loads(outcome.out)
        right = outcome.status == 0 and said["trusted"] and said["faults"] == []
        desk.report.must(right, f"{package.name}: {said['records']:,} records, trusted, no fault")


def gapless(desk: Desk, case: Case) -> int:
    """The numbers of all packages follow each other from 1; how many pages."""
    numbers = [number for package in case.packages for number in numbers_of(package)]
    desk.report.must(numbers == list(range(1, len(numbers) + 1)), f"{len(numbers):,} numbers without a gap or a double")
    return len(numbers)


def close(desk: Desk, case: Case) -> None:
    """The end."""
    desk.step("The end")
    desk.act(OFFICER, "request", "close", case.number, "released_in_part")
    write_letter(desk, case, "closing", "--final")
    told = desk.act(OFFICER, "request", "show", case.number)
    desk.report.must(told["state"] == "closed" and len(told["productions"]) == len(case.packages), "it is closed")
    found = desk.act(None, "verify")
    desk.report.must(found["faults"] == [], "the archive verifies")


def _produce(desk: Desk, case: Case, name: str, *options: str) -> dict[str, Any]:
    folder: Path = case.place / name
    told: dict[str, Any] = desk.act(
        OFFICER, "request", "produce", case.number, str(folder), "--prefix", PREFIX, *options, status=(0, 5)
    )
    reasons = [one.get("kind") for one in told.get("reasons", ())] or told.get("error", {}).get("message", "")
    desk.report.must(told.get("produced"), f"production {name!r} is made" + (f": {reasons}" if reasons else ""))
    if told.get("produced"):
        case.packages.append(folder)
    return told
