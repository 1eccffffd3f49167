"""Mail readers against the cases kept beside the project, where they are present."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from benchmarks.accuracy import TARGET, outcome
from benchmarks.accuracy_cases import all_cases
from benchmarks.disputed import rows
from benchmarks.reading_cases import readings
from ingest.formats.email_message import read_email
from ingest.formats.enclosures import extract_part
from ingest.formats.forwarded import find_forward
from ingest.formats.html_text import html_to_text

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared
ENGLISH_SHARE = 0.95
DISPUTED_SHARE = 0.05


def _group(shared_dir: Path, name: str) -> Path:
    folder = shared_dir / "fixtures" / name
    if not folder.is_dir():
        pytest.skip(f"0 cases: {name} is absent")
    return folder


def test_the_facts_stated_of_forwarded_mails_are_read(shared_dir: Path):
    cases = list(all_cases(shared_dir / "fixtures"))
    if not cases:
        pytest.skip("0 cases: the groups of forwarded mails are absent")
    outcomes = Counter(outcome(fact) for case in cases for fact in case.facts)
    stated = sum(outcomes.values())
    print(f"{len(cases)} mails, {outcomes['right']} of {stated} facts")  # noqa: T201 - the figure is the point of the run
    wrong = [(case.name, fact.name) for case in cases for fact in case.facts if outcome(fact) != "right"]
    assert outcomes["right"] >= TARGET * stated, wrong
    assert outcomes["invented"] == 0, wrong


def test_the_facts_stated_of_whole_mails_are_read_and_no_dispute_is_idle(shared_dir: Path):
    cases = list(readings(shared_dir / "fixtures"))
    if not cases:
        pytest.skip("0 cases: the groups of mails are absent")
    outcomes = Counter(outcome(fact) for case in cases for fact in case.facts)
    held = sum(outcomes.values()) - outcomes["disputed"]
    print(f"{len(cases)} cases, {outcomes['right']} of {held} facts, disputed: {outcomes['disputed']}")  # noqa: T201 - as above
    wrong = [
        (case.name, fact.name) for case in cases for fact in case.facts if outcome(fact) not in ("right", "disputed")
    ]
    assert outcomes["right"] >= TARGET * held, wrong
    assert outcomes["invented"] == 0, wrong
    assert outcomes["disputed"] <= DISPUTED_SHARE * held
    used = {fact.disputed for case in cases for fact in case.facts if outcome(fact) == "disputed"}
    assert {reason for *_, reason in rows()} <= used


def test_forwards_in_html_are_read(shared_dir: Path):
    folder = _group(shared_dir, "email-forward-inline/closeio__quotequail")
    cases = [
        case for case in json.loads((folder / "expected.json").read_text())["cases"] if case["kind"] == "text/html"
    ]
    present = [case for case in cases if (folder / case["file"]).is_file() and case["expected"]]
    print(f"{len(present)} HTML cases")  # noqa: T201 - as above
    for case in present:
        text, _ = html_to_text((folder / case["file"]).read_text())
        found = find_forward(text, "Fwd: x")
        assert found is not None, case["file"]
        assert found.original.subject == case["expected"]["subject"]
        assert found.original.sender is not None
        assert found.original.sender.address in case["expected"]["from"]


def test_no_mail_of_any_group_raises(shared_dir: Path):
    count = 0
    for group in ("email-mime", "email-mbox", "email-forward-inline", "email-reply-trim"):
        for path in sorted((shared_dir / "fixtures" / group).rglob("*")):
            if not path.is_file():
                continue
            raw = path.read_bytes()
            found = read_email(raw)
            found.text.encode()
            for component in found.components:
                assert hashlib.sha256(extract_part(raw, component.path)).hexdigest() == component.sha256, path.name
            count += 1
    print(f"{count} files read")  # noqa: T201 - as above


def test_letterheads_of_real_mails_are_read(shared_dir: Path):
    folder = _group(shared_dir, "email-forward-inline/EDRM_Enron_v2_bailey-s__FreeEed")
    cases = json.loads((folder / "expected.json").read_text())["cases"]
    forwards = right = 0
    for name, case in cases.items():
        found = read_email((folder / "eml" / name).read_bytes())
        assert found.carrier is not None
        assert (found.carrier.message_id or "") == case["message_id"], name
        observed = case["observed_by_us"]
        if observed["original_message_blocks"]:
            forwards += 1
            right += (found.forward.method == "inline") == observed["is_forward_subject"]
    print(f"{len(cases)} mails, {right} of {forwards} quoted blocks told apart")  # noqa: T201 - as above
    assert right >= ENGLISH_SHARE * forwards
