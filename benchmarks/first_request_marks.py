"""Redactions of every kind, and what else has to go because of them: by commands, until nothing stands in the way.

Rule: where something stands is read from what `redact parts` says, as a screen would show it; what is to go is told by
who made the mails (`first_request_material`), or drawn from correspondents by the seed.
"""

from __future__ import annotations

from collections import Counter
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, Final

from benchmarks.first_request_material import PICTURE_BOX, STUDENTS, make_chat
from benchmarks.first_request_steps import GROUND, OFFICER, REVIEWER, listed, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.first_request_desk import Desk
    from benchmarks.first_request_steps import Case

_IN_THE_WHOLE_SET: Final = ("name", "phone", "ssn")
_MARGIN: Final = 2
_ROUNDS: Final = 6
_SHORTEST: Final = 8  # characters of a name that is looked for everywhere
_RARE: Final = 40  # a correspondent who is left out is named in so few records at most


def redact(desk: Desk, case: Case) -> Counter[str]:
    """Mark by words, kinds, characters, regions and what is kept; how many marks there are, by kind."""
    desk.step("Redactions")
    counts: Counter[str] = Counter()
    desk.act(REVIEWER, "request", "redact", "suggest", case.number, "--limit", "100")
    for kind in ("ssn", "phone"):
        told = _add(desk, case, None, "--everywhere", "--find", kind)
        counts["numbers by their kind, everywhere"] += told["found"] if told else 0
    students = [word for one in STUDENTS for word in ("--words", one)]
    told = _add(desk, case, None, "--everywhere", *students)
    counts["words, everywhere"] += told["found"] if told else 0
    inside = set(case.records)
    done: Counter[str] = Counter()
    for record, number in case.made.items():
        for secret in case.mails[number].secrets if record in inside else ():
            if secret.kind in _IN_THE_WHOLE_SET:
                case.hide(secret.words, record)
            elif secret.kind == "picture" or done[secret.kind] < case.size.places:
                done[secret.kind] += 1
                _hide_made(desk, case, record, secret.kind, secret.words, counts)
    _hide_messages(desk, case, counts)
    _keep_one_line(desk, case, counts)
    _hide_people(desk, case, counts)
    return counts


def _hide_made(desk: Desk, case: Case, record: str, kind: str, words: str, counts: Counter[str]) -> None:
    if words:
        case.hide(words, record)
    parts = case.parts.get(record) or _parts(desk, case, record)
    case.parts[record] = parts
    for part in parts:
        name = part["part"]
        if part["kind"] == "pages":
            counts[f"region of a {'picture' if kind == 'picture' else 'PDF page'}"] += sum(
                bool(_add(desk, case, record, "--region", name, *box)) for box in _boxes(part, kind, words)
            )
        elif words and words in part.get("text", ""):
            if (kind, name.partition(":")[0]) == ("file name", "name") or (kind, name) == ("header", "header:subject"):
                counts[kind] += _span(desk, case, record, part, words)
            elif kind in ("letter", "table") and name.startswith("component:"):
                told = _add(desk, case, record, "--words", words, "--part", name)
                counts["text of an attachment"] += told["found"] if told else 0


def _boxes(part: dict[str, Any], kind: str, words: str) -> Iterator[tuple[str, ...]]:
    """Page and sides of what is to be covered: the drawn box of a picture, the word on a page."""
    if kind == "picture":
        left, top, right, bottom = PICTURE_BOX
        yield ("1", *map(str, (left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN)))
    elif kind == "page":
        for page in part["pages"]:
            for word in page["words"]:
                if words in word["text"]:
                    sides = (word["left"] - 1, word["top"] - 1, word["right"] + 1, word["bottom"] + 1)
                    yield (str(page["page"]), *(f"{one:.2f}" for one in sides))


def _span(desk: Desk, case: Case, record: str, part: dict[str, Any], words: str) -> int:
    start = part["text"].index(words)
    return bool(_add(desk, case, record, "--span", part["part"], str(start), str(start + len(words))))


def _hide_messages(desk: Desk, case: Case, counts: Counter[str]) -> None:
    secrets = make_chat()[2]
    for record in [one for one in case.records if one in case.chats][: case.size.places]:
        for part in _parts(desk, case, record):
            for secret in secrets:
                if part["part"].startswith("message:") and secret in part["text"]:
                    case.hide(secret, record)
                    told = _add(desk, case, record, "--words", secret, "--part", part["part"])
                    counts["message of a conversation"] += told["found"] if told else 0


def _keep_one_line(desk: Desk, case: Case, counts: Counter[str]) -> None:
    """Of one or two mails the first line stays, and all the rest of the text goes."""
    given = listed(desk, case, "--decision", "release")
    plain = [one for one in given if one in case.made and not case.has_secrets(one)]
    for record in plain[: min(2, case.size.places)]:
        part = next(one for one in _parts(desk, case, record) if one["part"] == "text")
        end = part["text"].index("\n")
        told = _add(desk, case, record, "--span", "text", "0", str(end), "--keep-only")
        counts["all but what is kept"] += bool(told)
        case.hide(part["text"].rpartition("\n")[2], record)


def _hide_people(desk: Desk, case: Case, counts: Counter[str]) -> None:
    """Some correspondents of the given records, by name and address, wherever they are named."""
    given = [one for one in rows(desk, case, "--decision", "release") if one["record"] in case.order]
    named = {
        one["from"]: one["record"] for one in sorted(given, key=lambda one: case.order[one["record"]]) if one["from"]
    }
    names = [one for one in named if len(one) >= _SHORTEST and " " in one and named[one] not in case.made]
    case.chance.shuffle(names)
    chosen = 0
    for name in names[: case.size.people * 6]:
        if chosen >= case.size.people:
            return
        if desk.act(OFFICER, "search", f'"{name}"', "--limit", "0")["total"] > _RARE:
            continue
        head = next((one for one in _parts(desk, case, named[name]) if one["part"] == "header:from"), None)
        address = parseaddr(head["text"])[1] if head is not None else ""
        told = _add(desk, case, None, "--everywhere", "--words", name, "--words", address) if address else None
        if told:
            chosen += 1
            case.hide(address, named[name])
            counts["correspondent, everywhere"] += told["found"]


def settle(desk: Desk, case: Case) -> tuple[int, int]:
    """Make final; mark or accept what stands elsewhere, until nothing does. How many were marked, and accepted."""
    desk.step("What else has to go")
    marked = accepted = 0
    tried: set[str] = set()
    _final(desk, case)
    for _ in range(_ROUNDS):
        told = desk.act(OFFICER, "request", "occurrences", case.number, "--open")
        there = told["occurrences"]
        if not there:
            break
        strings = [one["left_out_of"] for one in there if not _is_plain(one["string"])]
        owners = {min(one, key=case.order.__getitem__) for one in strings} - tried
        again = sorted(owners, key=case.order.__getitem__)[:10]
        if again:
            tried.update(again)
            for owner in again:
                desk.act(REVIEWER, "request", "redact", "linked", case.number, owner, "--mark", status=(0, 5))
            marked += _final(desk, case)
            continue
        case.accepted |= {one["shown"] for one in there}
        names = list({one["string"]: one["occurrence"] for one in there}.values())
        reason = ("--reason", "Said of another matter, where nothing is private.", "--same-string")
        accepted += desk.act(OFFICER, "request", "accept-occurrence", case.number, *names, *reason)["accepted"]
    left = desk.act(OFFICER, "request", "occurrences", case.number, "--open")["open"]
    desk.report.must(left == 0, "nothing that is left out of one record stands in another, unless that was accepted")
    return marked, accepted


def marks(desk: Desk, case: Case) -> tuple[int, int]:
    """How many final redactions there are, and in how many records."""
    told: list[dict[str, Any]] = []
    after = ""
    while True:
        page = desk.act(
            REVIEWER,
            "request",
            "redact",
            "list",
            case.number,
            "--limit",
            "1000",
            *(("--after", after) if after else ()),
        )
        told += page["records"]
        after = page.get("next") or ""
        if not after:
            break
    given = {one["record"] for one in rows(desk, case, "--decision", "redact")}
    final = [one["final"] for one in told if one["record"] in given and one["final"]]
    return sum(final), len(final)


def _is_plain(string: str) -> bool:
    """A sentence that many mails have: it may stay where nothing of it is private."""
    return not any(one.isdigit() for one in string) and len(string) > 30


def _final(desk: Desk, case: Case) -> int:
    told = desk.act(REVIEWER, "request", "redact", "final", case.number, "--all", *GROUND, status=(0, 5))
    return int(told.get("records", 0)) if "error" not in told else 0


def _parts(desk: Desk, case: Case, record: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.act(REVIEWER, "request", "redact", "parts", case.number, record)["parts"]
    return found


def _add(desk: Desk, case: Case, record: str | None, *options: str) -> dict[str, Any] | None:
    """Mark; nothing where that is marked already."""
    named = () if record is None else (record,)
    told = desk.act(REVIEWER, "request", "redact", "add", case.number, *named, *options, *GROUND, status=(0, 5))
    return None if "error" in told else told
