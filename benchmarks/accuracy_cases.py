"""Cases of forwarded mail with stated facts, as kept beside the project, in one form for all their sources.

Rule kept: a fact is what the source itself states (or, for dates, what was read off the printed text by hand); what
a source leaves open is no fact. Nothing of a case but its counts leaves this module's callers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.formats.email_message import read_email
from ingest.formats.forwarded import find_forward
from ingest.formats.html_text import html_to_text
from tests.corpus.forward_grid import BODY, SENDER, generated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.formats.forwarded import InlineForward
    from storage.records import Letterhead, Party

NONE: Any = None
_CRISP = "email-forward-inline/crisp-oss__email-forward-parser"
_QUOTEQUAIL = "email-forward-inline/closeio__quotequail"
_ENRON = "email-forward-inline/EDRM_Enron_v2_bailey-s__FreeEed"
_REPLIES = "email-reply-trim/discourse__email_reply_trimmer"
_CRISP_NAME = re.compile(r"(.+?)_((?:pt_br)|[a-z]{2})_(?:body|subject)")
_SPOKEN = {
    "chinese": "zh", "dutch": "nl", "french": "fr", "german": "de", "italian": "it", "norwegian": "no", "polish": "pl",
    "portuguese": "pt", "russian": "ru", "spanish": "es", "swedish": "sv", "ukrainian": "uk",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One stated fact and what was read: `stated` None or empty means the source says there is none.

    `disputed` is why the fact is not held against the reader, where it is not.
    """

    name: str
    stated: Any
    read: Any
    disputed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One mail: where it is from, by which client and in which language its forward was printed, and its facts."""

    source: str
    name: str
    client: str
    language: str
    facts: tuple[Fact, ...] = field(repr=False)

    @property
    def client_and_language(self) -> str:
        """Both, for a table of every pair."""
        return f"{self.client}, {self.language}"


def all_cases(fixtures: Path) -> Iterator[Case]:
    """Every case of the groups that are present in the folder."""
    for group, reader in ((_CRISP, _crisp), (_QUOTEQUAIL, _quotequail), (_ENRON, _enron), (_REPLIES, _replies)):
        if (fixtures / group).is_dir():
            yield from reader(fixtures / group)


def generated_cases() -> Iterator[Case]:
    """The grid of invented forwards: clients, languages, dates and recipients."""
    for one in generated():
        found = find_forward(one.text, one.subject)
        head = found.original if found is not None else None
        date = head.date if head else None
        yield Case(
            source="generated",
            name=one.name,
            client=one.client,
            language=one.language,
            facts=(
                Fact(name="forwarded", stated=True, read=found is not None or NONE),
                Fact(name="from", stated=[SENDER], read=_parties((head.sender,)) if head and head.sender else []),
                Fact(name="to", stated=list(one.to), read=_parties(head.to) if head else []),
                Fact(name="cc", stated=list(one.cc), read=_parties(head.cc) if head else []),
                Fact(name="subject", stated=one.printed_subject, read=head.subject if head else None),
                Fact(name="date", stated=one.date, read=date[: len(one.date)] if date else None),
                Fact(name="comment", stated=None, read=found.comment if found else None),
                Fact(name="body", stated=BODY, read=found.body if found else None),
            ),
        )


def _parties(parties: tuple[Party, ...]) -> list[tuple[str | None, str | None]]:
    return [(party.name, party.address) for party in parties]


def _said(parties: list[dict[str, str | None]]) -> list[tuple[str | None, str | None]]:
    return [(party["name"], party["address"]) for party in parties]


def _crisp(folder: Path) -> Iterator[Case]:
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        body_file, subject_file = case["body_file"], case["subject_file"]
        if not (folder / body_file).is_file():
            continue
        text = (folder / body_file).read_bytes().decode().replace("\r\n", "\n")
        subject = "FW: Integer consequat non purus" if subject_file else ""
        if subject_file and (folder / subject_file).is_file():
            subject = (folder / subject_file).read_text().strip()
        match = _CRISP_NAME.match(body_file) or _CRISP_NAME.match(subject_file or "")
        client, spoken = (match[1], match[2]) if match else (body_file.partition("_body")[0], "en")
        found = find_forward(text, subject)
        yield Case(
            source="email-forward-parser",
            name=f"{body_file} {subject_file or ''}".strip(),
            client=client.replace("_", " "),
            language="cs" if spoken == "cz" else spoken.replace("_", "-"),
            facts=tuple(_crisp_facts(case, found)),
        )


def _crisp_facts(case: dict[str, Any], found: InlineForward | None) -> Iterator[Fact]:
    expected = case["expected"]
    yield Fact(name="forwarded", stated=expected["forwarded"] or NONE, read=found is not None or NONE)
    if not expected["forwarded"]:
        return
    head = found.original if found is not None else None
    if "from" in expected:
        read = _parties((head.sender,)) if head and head.sender else []
        yield Fact(name="from", stated=_said([expected["from"]]), read=read)
    for name in ("to", "cc"):
        if name in expected:
            yield Fact(name=name, stated=_said(expected[name]), read=_parties(getattr(head, name)) if head else [])
    if "to_addresses" in expected:
        read = [party.address for party in head.to] if head else []
        yield Fact(name="to", stated=expected["to_addresses"], read=read)
    if "subject" in expected:
        yield Fact(name="subject", stated=expected["subject"], read=head.subject if head else None)
    if "message" in expected:
        yield Fact(name="comment", stated=expected["message"], read=found.comment if found else None)
    if "body" in expected:
        yield Fact(name="body", stated=expected["body"], read=found.body if found else None)
    derived = case.get("derived_date_ours")
    if derived:
        yield Fact(name="date", stated=derived["local"] + (derived["offset"] or ""), read=head.date if head else None)


def _quotequail(folder: Path) -> Iterator[Case]:
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        path = folder / str(case.get("file"))
        if not case["expected"] or not path.is_file():
            continue
        expected = case["expected"]
        text = path.read_text()
        if case["kind"] == "text/html":
            text, _ = html_to_text(text)
        kind = expected.get("type", "forward")
        found = find_forward(text, "Fwd: x" if kind == "forward" else "Re: x")
        facts = [Fact(name="forwarded", stated=kind == "forward" or NONE, read=found is not None or NONE)]
        if kind == "forward":
            facts += _raw_facts(expected, found.original if found else None)
        client = f"{path.stem.partition('_')[0]} html"
        yield Case(source="quotequail", name=path.name, client=client, language="en", facts=tuple(facts))


def _raw_facts(expected: dict[str, Any], head: Letterhead | None) -> list[Fact]:
    """Facts stated as printed: a party is right where its name and address are what the text prints."""
    facts = [Fact(name="subject", stated=expected.get("subject"), read=head.subject if head else None)]
    for name, parties in (("from", (head.sender,) if head and head.sender else ()), ("to", head.to if head else ())):
        printed = [f"{party.name or ''} <{party.address}>".strip() for party in parties]
        raw = expected.get(name) or ""
        if "<" in raw:
            facts.append(Fact(name=name, stated=raw, read=", ".join(printed)))
        elif raw:
            facts.append(Fact(name=name, stated=raw, read=raw if parties and (parties[0].name or "") in raw else None))
    return facts


def _enron(folder: Path) -> Iterator[Case]:
    for name, case in json.loads((folder / "expected.json").read_text())["cases"].items():
        path = folder / "eml" / name
        if not path.is_file():
            continue
        found = read_email(path.read_bytes())
        carrier, observed = found.carrier, case["observed_by_us"]
        assert carrier is not None
        facts = [Fact(name="message id", stated=case["message_id"] or None, read=carrier.message_id)]
        prefix = re.match(r"\s*(\w+):", case["subject"] or "")
        if observed["original_message_blocks"] and prefix:
            forwards = prefix[1].lower() in ("fw", "fwd")
            facts.append(
                Fact(name="forwarded", stated=forwards or NONE, read=found.forward.method.value == "inline" or NONE)
            )
        yield Case(source="Enron", name=name, client="outlook 2000", language="en", facts=tuple(facts))


def _replies(folder: Path) -> Iterator[Case]:
    """Whole mails that are replies, and forwards that are kept as what stands before them and the rest."""
    for path in sorted((folder / "emails").glob("*.txt")):
        spoken = next((code for word, code in _SPOKEN.items() if word in path.stem), "en")
        found = find_forward(path.read_text(), "Re: x")
        fact = Fact(name="forwarded", stated=NONE, read=found is not None or NONE)
        yield Case(source="reply-trimmer", name=path.name, client="replies", language=spoken, facts=(fact,))
    for path in sorted((folder / "embedded").glob("*.txt")):
        before = (folder / "before" / path.name).read_text().strip()
        spoken = next((code for word, code in _SPOKEN.items() if word in path.stem), "en")
        found = find_forward(f"{before}\n\n{path.read_text()}", "Fwd: x")
        facts = (
            Fact(name="forwarded", stated=True, read=found is not None or NONE),
            Fact(name="comment", stated=before or None, read=found.comment if found else None),
        )
        yield Case(source="reply-trimmer", name=path.name, client="several", language=spoken, facts=facts)
