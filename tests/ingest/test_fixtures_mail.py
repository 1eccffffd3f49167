"""Mail readers against the cases kept beside the project, where they are present."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from ingest.formats.email_message import extract_part, read_email
from ingest.formats.forwarded import find_forward
from ingest.formats.html_text import html_to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.records import Party

pytestmark = pytest.mark.shared
ENGLISH_SHARE = 0.95


def _group(shared_dir: Path, name: str) -> Path:
    folder = shared_dir / "fixtures" / name
    if not folder.is_dir():
        pytest.skip(f"0 cases: {name} is absent")
    return folder


def _parties(parties: tuple[Party, ...]) -> list[dict[str, str | None]]:
    return [{"address": party.address, "name": party.name} for party in parties]


def _facts(body: str, subject: str, case: dict[str, dict]) -> Iterator[tuple[str, object, object]]:
    """(what, read, expected) for every fact that the case states."""
    expected = case["expected"]
    found = find_forward(body, subject)
    yield "forwarded", found is not None, expected["forwarded"]
    if not expected["forwarded"]:
        return
    head = found.original if found is not None else None
    if "from" in expected:
        yield "from", _parties((head.sender,)) if head and head.sender else None, [expected["from"]]
    for field in ("to", "cc"):
        if field in expected:
            yield field, _parties(getattr(head, field)) if head else None, expected[field]
    if "to_addresses" in expected:
        yield "to", [party.address for party in head.to] if head else None, expected["to_addresses"]
    if "subject" in expected:
        yield "subject", head.subject if head else None, expected["subject"]
    if "message" in expected:
        yield "comment", found.comment if found else None, expected["message"]
    if case.get("derived_date_ours"):
        stated = case["derived_date_ours"]
        yield "date", head.date if head else None, stated["local"] + (stated["offset"] or "")


def test_english_inline_forwards_are_read(shared_dir: Path):
    folder = _group(shared_dir, "email-forward-inline/crisp-oss__email-forward-parser")
    cases = json.loads((folder / "expected.json").read_text())["cases"]
    right = stated = count = 0
    wrong: list[str] = []
    for case in cases:
        name, subject_file = case["body_file"], case["subject_file"]
        if "_en_" not in name and name != "outlook_live_body.txt":
            continue
        count += 1
        subject = "FW: Integer consequat non purus" if subject_file else ""
        if subject_file and (folder / subject_file).is_file():
            subject = (folder / subject_file).read_text().strip()
        for what, read, expected in _facts((folder / name).read_text(), subject, case):
            stated += 1
            right += read == expected
            if read != expected:
                wrong.append(f"{name}: {what}")
    print(f"{count} English cases, {right} of {stated} facts")  # noqa: T201 - the figure is the point of the run
    assert right >= ENGLISH_SHARE * stated, wrong


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
