"""Messages of other parsers' test data with what their own tests state of them, as far as the folder holds them.

Rule kept: a fact is what the source states, in its own words of meaning; what it states in the words of its programming
interface (offsets, flags, fallback names) is no fact of the mail. Messages for which a source states nothing are only
counted: that they are read at all is tested elsewhere.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy_cases import NONE, Fact
from benchmarks.reading_seen import bare, digest, head_facts, one_line, pairs, people, plain, reading, see
from ingest.formats.addresses import parse_addresses
from ingest.formats.dates import moment
from ingest.formats.headers import content_fields, letterhead, read_block
from ingest.formats.mbox import split_mbox
from ingest.formats.mime_tree import is_message, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.reading_seen import Reading, Seen
    from ingest.formats.headers import Headers

_ADDRESS = re.compile(r"<([^<>]+)>|([^\s<>]+@[^\s<>]+)")
_NOTES = re.compile(r"^\([^)]*\)\s*|\s*\([^)\"]*\)$")
_LEAVES = ("text-body", "binary-body")


def readings(fixtures: Path) -> Iterator[Reading]:
    """Every case of the groups that are present in the folder."""
    groups: dict[str, Callable[[Path], Iterator[Reading]]] = {
        "email-mime/stalwartlabs__mail-parser": _stalwart,
        "email-mime/apache__james-mime4j": _mime4j,
        "email-mime/jstedfast__MimeKit": _mimekit,
        "email-mime/mailgun__flanker": _flanker,
        "email-mime/mikel__mail": _mikel,
        "email-mime/ICIJ__datashare": _datashare,
        "email-msg": _outlook,
        "email-forward-inline/EDRM_Enron_v2_bailey-s__FreeEed": _enron,
    }
    for group, reader in groups.items():
        if (fixtures / group).is_dir():
            yield from reader(fixtures / group)


def _expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return found


def _stalwart(folder: Path) -> Iterator[Reading]:
    for name, stated in _expected(folder)["messages"].items():
        if (folder / name).is_file():
            seen = see((folder / name).read_bytes())
            yield reading("mail-parser", name, _stalwart_facts(stated, seen, "", ""))
    yield from _stalwart_headers(folder / "unit")


def _stalwart_facts(stated: dict[str, Any], seen: Seen, path: str, prefix: str) -> Iterator[Fact]:
    message = seen.messages[path]
    heads = {name: stated[name] for name in ("subject", "date", "message_id")}
    heads["subject"], heads["message_id"] = one_line(heads["subject"]), bare(heads["message_id"])
    for name in ("from", "to"):
        heads[name] = people(stated[name])
    held = seen.held(path)
    texts = [plain(one["text"], one["kind"]) for one in stated["text_body"] if one["kind"] in ("Text", "Html")]
    facts = head_facts(message.letterhead, heads)
    facts.append(Fact(name="text", stated=one_line(" ".join(texts)), read=one_line(message.text)))
    attached = stated["attachments"]
    facts.append(Fact(name="attachments", stated=len(attached), read=len(held)))
    facts.append(
        Fact(
            name="names",
            stated=sorted(one_line(one["name"]) or "" for one in attached),
            read=sorted(found.fields.name or "" for found in held),
        )
    )
    sizes = sorted(one["size"] for one in attached if one["kind"] != "Message" and not one["type"].startswith("text/"))
    facts.append(
        Fact(
            name="sizes",
            stated=sizes,
            read=sorted(
                len(found.content if found.fields.encoding else found.content.replace(b"\r\n", b"\n"))
                for found in held
                if found.message is None and not found.fields.media_type.startswith("text/")
            ),
        )
    )
    for fact in facts:
        yield Fact(name=prefix + fact.name, stated=fact.stated, read=fact.read)
    inner = [one["message"] for one in attached if one["kind"] == "Message"]
    opened = [found.path for found in held if found.message is not None]
    if inner:
        yield Fact(name=prefix + "nested", stated=len(inner), read=len(opened))
    for one, at in zip(inner, opened, strict=False):
        yield from _stalwart_facts(one, seen, at, "nested " + prefix.removeprefix("nested "))


def _stalwart_headers(folder: Path) -> Iterator[Reading]:
    """Single header fields: what stands after the colon, and what it says."""
    for name, field, fact in (
        ("address", b"To", "to"),
        ("date", b"Date", "date"),
        ("id", b"Message-ID", "message id"),
        ("unstructured", b"Subject", "subject"),
        ("content_type", b"Content-Type", "media type"),
    ):
        path = folder / f"{name}.json"
        for number, case in enumerate(json.loads(path.read_text()) if path.is_file() else ()):
            block = read_block(field + b":" + case["header"].encode() + b"\r\n")
            stated, read = _field(name, case["expected"], block)
            yield reading("mail-parser, fields", f"{name} {number}", [Fact(name=fact, stated=stated, read=read)])


def _field(name: str, said: Any, block: Headers) -> tuple[Any, Any]:
    head = letterhead(block)
    if name == "address":
        return _addresses(said, head.to)
    if name == "date":
        return _moment(said, head.date)
    if name == "id":
        return said[0] if said else None, bare(head.message_id)
    if name == "unstructured":
        return one_line(said), one_line(head.subject)
    return _media(said), content_fields(block).media_type


def _addresses(said: Any, read: Any) -> tuple[Any, Any]:
    kind, found = next(iter(said.items())) if said else ("List", [])
    found = found if kind == "List" else [one for group in found for one in group["addresses"]]
    return people([(one["name"], one["address"]) for one in found]), pairs(read)


def _moment(said: Any, read: str | None) -> tuple[Any, Any]:
    if not said:
        return None, read
    zone = f"{'-' if said['tz_before_gmt'] else '+'}{said['tz_hour']:02}:{said['tz_minute']:02}"
    clock = "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}".format_map(said)
    return clock + zone, read


def _media(said: Any) -> str:
    return f"{said['c_type']}/{said['c_subtype']}".lower() if said and said["c_subtype"] else "text/plain"


def _mime4j(folder: Path) -> Iterator[Reading]:
    for name, stated in _expected(folder)["messages"].items():
        if not (folder / name).is_file() or not stated["structure_decoded_xml"]:
            continue
        tree = walk((folder / name).read_bytes())
        leaves = [part for part in tree.parts if not is_message(part) and part.path[-1:] not in "-+"]
        shape = ET.parse(folder / stated["structure_decoded_xml"]).getroot()  # noqa: S314 - a file of the test data
        decoded = {_lines(part.decoded()[0]) for part in tree.parts}
        facts = [
            Fact(name="parts", stated=len([one for one in shape.iter() if one.tag in _LEAVES]), read=len(leaves)),
            Fact(name="nested", stated=len(list(shape.iter("message"))) - 1, read=len(tree.inner)),
        ]
        for body in stated["decoded_bodies"]:
            content = _lines((folder / body).read_bytes())
            facts.append(
                Fact(name="bytes", stated=digest(content), read=digest(content) if content in decoded else NONE)
            )
        yield reading("james-mime4j", name.rpartition("/")[2], facts)


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").rstrip(b"\n")


def _mimekit(folder: Path) -> Iterator[Reading]:
    expected = _expected(folder)
    for name, count in expected["mbox_messages"].items():
        with (folder / name).open("rb") as source:
            mails = [mail.raw for mail in split_mbox(source)]
        yield reading("MimeKit, mailboxes", name, [Fact(name="messages", stated=count, read=len(mails))])
        for number, (stated, raw) in enumerate(zip(expected["mbox_summaries"].get(name, ()), mails, strict=False)):
            yield reading("MimeKit, mailboxes", f"{name} {number}", _summary_facts(stated, raw))
    for name, stated in expected["tnef"].items():
        seen = see((folder / name).read_bytes())
        bodies = ("body.rtf", "body.html", "body.txt")
        names = sorted(one for one in stated["names"] if one not in bodies)
        facts = [Fact(name="names", stated=names, read=sorted(found.fields.name or "" for found in seen.held()))]
        digests = {digest(_lines(found.content)) for found in seen.enclosures}
        for one in stated["extracted"]:
            if not one.rpartition("/")[2].startswith("message."):
                content = digest(_lines((folder / one).read_bytes()))
                facts.append(Fact(name="bytes", stated=content, read=content if content in digests else NONE))
        yield reading("MimeKit, TNEF", name, facts)


def _summary_facts(stated: dict[str, Any], raw: bytes) -> list[Fact]:
    tree = walk(raw)
    heads: dict[str, Any] = {"subject": one_line(stated.get("subject"))}
    for name in ("from", "to", "cc"):
        if stated.get(name):
            heads[name] = pairs(parse_addresses(stated[name]))
    facts = head_facts(letterhead(tree.outer, tree.fields.charset), heads)
    read = letterhead(tree.outer).date
    when = moment(read)
    facts.append(Fact(name="date", stated=parsedate_to_datetime(stated["date"]), read=when))
    types = [line.strip().removeprefix("Content-Type: ").lower() for line in stated["structure"]]
    found = [part.fields.media_type for part in tree.parts if part.path[-1:] not in "-+"]
    facts.append(Fact(name="parts", stated=[one for one in types if not one.startswith("multipart/")], read=found))
    return facts


def _flanker(folder: Path) -> Iterator[Reading]:
    for name, domain in (("mailbox_valid", ""), ("abridged_localpart_valid", "@example.com")):
        for number, line in enumerate((folder / "addresses" / f"{name}.txt").read_text().splitlines()):
            printed = line.strip() + domain
            if line.strip() and not line.startswith("#"):
                address = printed[printed.rindex("<") + 1 : -1] if printed.endswith(">") else _NOTES.sub("", printed)
                read = [party.address for party in parse_addresses(printed)]
                yield reading(
                    "flanker, addresses", f"{name} {number}", [Fact(name="address", stated=[address], read=read)]
                )


def _mikel(folder: Path) -> Iterator[Reading]:
    for path in sorted((folder / "emails").rglob("*.eml")):
        if "multi_charset" not in path.parts and "japanese" not in path.name:
            continue
        seen = see(path.read_bytes())
        head = seen.messages[""].letterhead
        text = " ".join((head.subject or "", *(name or "" for name, _ in pairs(head.to)), seen.messages[""].text))
        fact = Fact(name="characters lost", stated=None, read=text.count("\ufffd") or NONE)
        yield reading("mail (Ruby)", str(path.relative_to(folder)), [fact])


def _datashare(folder: Path) -> Iterator[Reading]:
    for name, stated in _expected(folder)["messages"].items():
        seen = see((folder / name).read_bytes())
        heads = {"from": pairs(parse_addresses(stated["from"])), "subject": stated["subject"], "date": stated["date"]}
        facts = head_facts(seen.messages[""].letterhead, heads)
        contains = stated["body_contains"]
        facts.append(Fact(name="text", stated=contains, read=contains if contains in seen.messages[""].text else NONE))
        named = [(found.fields.name, len(found.content), digest(found.content)) for found in seen.enclosures]
        said = [(one["name"], one["size"], one["sha256"]) for one in stated["attachments"]]
        facts.append(Fact(name="attachments", stated=said, read=named))
        yield reading("datashare", name, facts)


def _outlook(folder: Path) -> Iterator[Reading]:
    """What another reader printed of .msg files; senders by address, since names are printed in many ways."""
    yield from _scanny(folder / "scanny__python-oxmsg")
    observed = json.loads((folder / "baseline_observed_extract_msg.json").read_text())
    for name, stated in observed.items():
        path = folder / name
        if not path.is_file() or "subject" not in stated:
            continue
        seen = see(path.read_bytes())
        head = seen.messages[""].letterhead
        when = moment(head.date)
        held = seen.held()
        names = sorted(found.fields.name or "" for found in held)
        facts = [
            Fact(name="subject", stated=one_line(stated["subject"]), read=one_line(head.subject)),
            Fact(name="date", stated=_instant(stated["date"]), read=when.replace(microsecond=0) if when else None),
            Fact(name="attachments", stated=stated["n_att"], read=len(held)),
            Fact(name="names", stated=sorted(one or "" for one in stated["atts"]), read=names),
            Fact(name="to", stated=_spoken(stated["to"]), read=[one.address for one in head.to if one.address]),
        ]
        if "@" in (stated["sender"] or ""):
            sender = [head.sender.address] if head.sender and head.sender.address else []
            facts.append(Fact(name="from", stated=_spoken(stated["sender"]), read=sender))
        begin = one_line(stated["body_start"] or "")
        text = one_line(seen.messages[""].text) or ""
        if "Error(" not in (begin or ""):  # where that reader failed it says nothing of the body
            facts.append(
                Fact(name="text", stated=begin, read=begin if begin and text.startswith(begin) else text[:80] or NONE)
            )
        yield reading("Outlook files", name, facts)


def _scanny(folder: Path) -> Iterator[Reading]:
    for stated in _expected(folder)["cases"] if folder.is_dir() else ():
        if "expect" in stated or not (folder / stated["file"]).is_file():
            continue
        seen = see((folder / stated["file"]).read_bytes())
        message, facts = seen.messages[""], []
        if "subject" in stated:
            facts += head_facts(message.letterhead, {"subject": stated["subject"], "date": stated["sent"]})
        if "sender" in stated:
            facts += head_facts(message.letterhead, {"from": pairs(parse_addresses(stated["sender"]))})
        if "n_attachments" in stated:
            facts.append(Fact(name="attachments", stated=stated["n_attachments"], read=len(seen.held())))
        begin = stated["body_startswith"].strip()
        facts.append(
            Fact(name="text", stated=begin, read=begin if message.text.startswith(begin) else message.text[:80])
        )
        yield reading("Outlook files", stated["file"], facts)


def _spoken(text: str | None) -> list[str]:
    """Each address of a printed list once, in its order."""
    found = ((first or second).strip("';,") for first, second in _ADDRESS.findall(text or ""))
    return list(dict.fromkeys(found))


def _instant(text: str | None) -> Any:
    when = moment(text.replace(" ", "T") if text else None)
    return when.replace(microsecond=0) if when else None


def _enron(folder: Path) -> Iterator[Reading]:
    for name, stated in _expected(folder)["cases"].items():
        path = folder / "eml" / name
        if not path.is_file():
            continue
        seen = see(path.read_bytes())
        head = seen.messages[""].letterhead
        heads = {"subject": _letters(stated["subject"]), "message_id": bare(stated["message_id"])}
        facts = head_facts(head, {"message_id": heads["message_id"]})
        facts.append(Fact(name="subject", stated=heads["subject"], read=_letters(head.subject)))
        for key, parties in (("from", (head.sender,) if head.sender else ()), ("to", head.to), ("cc", head.cc)):
            read = sorted(party.address for party in parties if party.address)
            facts.append(Fact(name=key, stated=sorted(_spoken(stated[key])), read=read))
        when = moment(head.date)
        facts.append(Fact(name="date", stated=moment(stated["observed_by_us"]["date_header_utc"]), read=when))
        text = (folder / stated["text_file"]).read_text(errors="replace")
        facts.append(Fact(name="text", stated=one_line(text), read=one_line(seen.messages[""].text)))
        yield reading("Enron", name, facts)


def _letters(text: str | None) -> str | None:
    """A subject without its quotes and brackets, which that load file prints as blanks."""
    return one_line(re.sub(r'["()]', " ", text)) if text else None
