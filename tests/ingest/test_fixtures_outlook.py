"""Attached originals, .msg and TNEF from the cases beside the project, held against what other programs saw in them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ingest.formats.addresses import parse_addresses
from ingest.formats.dates import header_date
from ingest.formats.enclosures import open_mail
from ingest.formats.headers import decode_words
from ingest.formats.mapi import Tag
from ingest.formats.outlook_message import read_outlook_message
from ingest.formats.rtf_compression import decompress_rtf
from ingest.formats.tnef import read_tnef

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.formats.held_messages import Enclosure, HeldMessage

_NO_NAME = frozenset({"Untitled Attachment", "Untitled_Attachment", "body.rtf", "body.html", ""})
# Encoded in base64, which RFC 2046 §5.2.1 forbids: the program that listed the facts did not look inside.
_NOT_OPENED_ELSEWHERE = ("rfc/008.eml", "multi-2gifs-base64.msg")


def walked(content: bytes) -> tuple[HeldMessage, list[Enclosure]]:
    opened = open_mail(content)
    return opened.message, list(opened.enclosures)


def solid(text: str | None) -> str:
    """Text without blanks: programs differ in those."""
    return re.sub(r"\s+", "", text or "")


def right(name: str, facts: dict[str, tuple[Any, Any]], wrong: list[str]) -> int:
    wrong += [
        f"{name} {fact}: {expected!r} {found!r}" for fact, (expected, found) in facts.items() if expected != found
    ]
    return sum(expected == found for expected, found in facts.values())


def test_messages_of_outlook_say_what_another_program_saw(shared_dir: Path):
    folder = shared_dir / "fixtures" / "email-msg"
    seen = json.loads((folder / "baseline_observed_extract_msg.json").read_text())
    wrong: list[str] = []
    count = good = files = 0
    for name, expected in seen.items():
        if "error" in expected or not (folder / name).exists():
            continue
        files += 1
        message, enclosures = walked((folder / name).read_bytes())
        letter = message.letterhead
        facts: dict[str, tuple[Any, Any]] = {"subject": (solid(expected["subject"]), solid(letter.subject))}
        facts["attachments"] = (expected["n_att"], sum("/" not in one.path for one in enclosures))
        address = re.search(r"[\w.+-]+@[\w.-]+", expected["sender"] or "")
        if address:
            facts["sender"] = (address[0], letter.sender and letter.sender.address)
        date = expected["date"]
        if date and not date.startswith("1601"):
            moment = datetime.fromisoformat(letter.date).astimezone(UTC) if letter.date else None
            facts["date"] = (datetime.fromisoformat(date).replace(microsecond=0), moment)
        if expected["to"]:
            to = re.findall(r"[\w.+-]+@[\w.-]+", expected["to"])
            facts["to"] = (set(to), {one.address for one in letter.to})
        begin = solid(expected["body_start"])[:40]
        if not begin.startswith("OleFileError"):
            facts["body"] = (begin, solid(message.text)[: len(begin)])
        count += len(facts)
        good += right(name, facts, wrong)
    assert files >= 34
    assert good >= 0.98 * count, (good, count, wrong)


def test_streams_of_outlook_give_the_files_that_another_program_took_out(shared_dir: Path):
    folder = shared_dir / "fixtures" / "email-mime" / "jstedfast__MimeKit" / "tnef"
    wrong: list[str] = []
    streams = names = contents = 0
    for path in sorted(folder.glob("*.tnef")):
        streams += 1
        _, enclosures = walked(path.read_bytes())
        found = {one.fields.name: one.content for one in enclosures}
        expected = set(path.with_suffix(".list").read_text().split("\n")) - _NO_NAME
        names += len(expected)
        wrong += [f"{path.stem}: {name}" for name in expected if name not in found]
        for one in sorted(path.with_suffix("").glob("*")):
            content = found.get(one.name, b"")
            if one.name == "message.rtf":
                content = unpacked_rtf(path.read_bytes())
            elif one.name not in found:
                continue
            contents += 1
            # some of the expected files have lost their carriage returns on their way here
            same = content.replace(b"\r\n", b"\n") == one.read_bytes().replace(b"\r\n", b"\n")
            same = same or content == one.read_bytes()[16:]  # the id of an interface stands before objects there
            wrong += [] if same else [f"{path.stem}: bytes of {one.name}"]
    assert (streams, wrong) == (19, [])
    assert names >= 18
    assert contents >= 28


def unpacked_rtf(content: bytes) -> bytes:
    message = read_tnef(content)
    assert message is not None
    return decompress_rtf(message.properties.content(Tag.RTF_COMPRESSED) or b"").content


def test_attached_originals_have_the_letterheads_that_are_listed_for_them(shared_dir: Path):
    fixtures = shared_dir / "fixtures"
    wrong: list[str] = []
    count = good = files = 0
    for case in json.loads((fixtures / "email-forward-attachment" / "index.json").read_text()):
        path = fixtures / case["file"]
        if not path.exists() or case["file"].endswith(_NOT_OPENED_ELSEWHERE):
            continue
        files += 1
        _, enclosures = walked(path.read_bytes())
        enclosed = [one for one in enclosures if one.message is not None]
        for number, expected in enumerate(case["inner"]):
            found = enclosed[number] if number < len(enclosed) else None
            letter = found.message.letterhead if found is not None and found.message is not None else None
            subject = expected["subject"]
            sender = parse_addresses(expected["from_"], decode_words) if expected["from_"] else ()
            facts = {
                "subject": (subject and " ".join(decode_words(subject).split()), letter and letter.subject),
                "date": (header_date(expected["date"]) if expected["date"] else None, letter and letter.date),
                "from": (sender[0] if sender else None, letter and letter.sender),
                "name": (expected["filename"], found and found.fields.name),
            }
            count += len(facts)
            good += right(case["file"], facts, wrong)
    assert files >= 50
    assert (good, wrong) == (count, [])


def test_a_file_that_is_no_message_of_outlook_is_none(shared_dir: Path):
    path = shared_dir / "fixtures" / "email-msg" / "scanny__python-oxmsg" / "not-a-MSG-file.msg"
    assert read_outlook_message(path.read_bytes()) is None
