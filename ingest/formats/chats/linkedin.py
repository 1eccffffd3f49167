"""LinkedIn data downloads: CSV files of messages, posts, comments, reposts and invitations.

Rule kept: columns are found by their names, because LinkedIn adds and drops some. What was written and never sent
(a draft) makes no record and is counted; an invitation without words is none of anybody's. Comments of the account
under a post of its own are one record with it. See docs/formats/linkedin.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ingest.formats.chats.csv_columns import Columns
from ingest.formats.chats.csv_rows import rows
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.html_tree import parse
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import utc_text
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.formats.chats.csv_rows import Row
    from ingest.formats.chats.model import Export

READER: Final = "linkedin 1"
PLATFORM: Final = "linkedin"
_MESSAGES: Final = "messages"
_SHARES: Final = "shares"
_COMMENTS: Final = "comments"
_REPOSTS: Final = "reposts"
_INVITATIONS: Final = "invitations"
# what a header row must name to be of a kind, whatever the file is called
_KINDS: Final = {
    _SHARES: frozenset({"date", "sharelink", "sharecommentary"}),
    _COMMENTS: frozenset({"date", "link", "message"}),
    _MESSAGES: frozenset({"conversation id", "from", "date", "content", "sender profile url"}),
    _INVITATIONS: frozenset({"from", "to", "sent at", "message", "direction"}),
}
_REPOST_NAME: Final = re.compile(r"InstantReposts(?:_\d+)?\.csv")
_REPOST_COLUMNS: Final = frozenset({"date", "link"})
_HEADER: Final = 1 << 12
_MARKUP: Final = re.compile(r"</?(?:p|br|a|div|span|strong|em|[bui]|[uo]l|li|h[1-6]|blockquote)\b[^<>]{0,2000}>")
_WRAPPED: Final = re.compile(r'"(?:\r?\n")+')  # each line end of a post stands in quotes of its own
_US_TIME: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4}),? (\d{1,2}):(\d{2})[ \u202f]?([AP]M)?")
_URN: Final = re.compile(r"urn:li:[A-Za-z]{1,40}:[A-Za-z0-9_:,()-]{1,100}")
_MOST_THREADS: Final = 100_000
_KNOWN_MESSAGE: Final = frozenset(
    {"conversation id", "conversation title", "from", "to", "date", "subject", "content", "attachments",
     "is message draft", "recipient profile urls"}
)  # fmt: skip
_KNOWN_SHARE: Final = frozenset({"date", "sharelink", "sharecommentary", "sharedurl", "mediaurl"})
_KNOWN_COMMENT: Final = frozenset({"date", "link", "message"})
_KNOWN_INVITATION: Final = frozenset({"from", "to", "sent at", "message"})
_PAIR: Final = 2
_ROW_PROBLEM: Final = "rows of this file are damaged, and were taken as they stand: {}"
_LOST: Final = "a row of this file could not be read"
_DRAFTS: Final = "drafts, which were not sent, make no record: {}"
_WORDLESS: Final = "invitations without words make no record: {}"
_ASIDE: Final = (
    re.compile(r"(?:Profile|Profile Summary|Registration|Email Addresses|PhoneNumbers|Whatsapp Phone Numbers)\.csv"),
    re.compile(r"(?:Positions|Education|Skills|Languages|Honors|Projects|Publications|Patents|Courses)\.csv"),
    re.compile(r"(?:Certifications|Organizations|Volunteering|Causes You Care About|Test Scores|Receipts.*)\.csv"),
    re.compile(r"(?:Connections|ImportedContacts|Company Follows|Member_Follows|Hashtag_Follows|Events)\.csv"),
    re.compile(
        r"(?:Reactions|Votes|Endorsement_(?:Given|Received)_Info|SearchQueries|SavedJobAlerts|Saved_Items)\.csv"
    ),
    re.compile(r"(?:Logins|Security Challenges|Account Status History|Private_identity_asset|Identity.*|Verif.*)\.csv"),
    re.compile(r"(?:Ad_Targeting|Ads Clicked|LAN Ads Engagement|Inferences_about_you|Learning|Job .*|Saved Jobs)\.csv"),
)
_PERSONAL: Final = "it holds no messages or posts, but what the account is, reads or set, or what LinkedIn knows of it"


@dataclass(slots=True)
class _Account:
    """Whose download it is, and its conversations and posts."""

    owner: str | None = None
    threads: dict[str, Thread] = field(default_factory=dict)

    def thread(self, key: str, made: Callable[[], Thread]) -> Thread:
        known = self.threads.get(key)
        if known is None:
            known = made()
            if len(self.threads) < _MOST_THREADS:
                self.threads[key] = known
        return known


def recognise(export: Export) -> bool:
    """Whether there is a file with the columns of LinkedIn's messages, posts, comments or invitations."""
    return next(_files(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages and posts; see `model.ExportFormat`."""
    account = _Account(owner=_owner(export))
    found = sorted(_files(export), key=lambda one: (one[1] != _SHARES, one[1] == _COMMENTS))  # posts before comments
    yield from one_by_one((name, _read(export, name, kind, account)) for name, kind in found)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    last = re.sub(r"_\d{5,}\.csv$", ".csv", base_name(name))
    return _PERSONAL if any(pattern.fullmatch(last) for pattern in _ASIDE) else None


def _files(export: Export) -> Iterator[tuple[str, str]]:
    names = export.names
    for name in names:
        if len(names) > 1 and not name.lower().endswith(".csv"):
            continue
        kind = _kind(_first_row(export.head(name, _HEADER)), name)
        if kind is not None:
            yield name, kind


def _first_row(head: bytes) -> frozenset[str]:
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace")
    return frozenset(one.strip().strip('"').strip().lower() for one in first.split(","))


def _kind(columns: frozenset[str], name: str) -> str | None:
    if columns == _REPOST_COLUMNS:
        return _REPOSTS if _REPOST_NAME.fullmatch(base_name(name)) else None
    if _KINDS[_COMMENTS] <= columns:  # words that another table may have as well
        return _COMMENTS if len(columns) == len(_KINDS[_COMMENTS]) else None
    return next((kind for kind, needed in _KINDS.items() if needed <= columns), None)


def _owner(export: Export) -> str | None:
    """The account's name, from its profile."""
    for name in export.names:
        if base_name(name) != "Profile.csv":
            continue
        try:
            table = rows(export.open(name), delimiter=",")
            columns, first = Columns(next(table).cells), next(table)
        except (ContainerBroken, MemberBroken, StopIteration):
            continue
        parts = (columns.cell(first, one).strip() for one in ("first name", "last name"))
        return " ".join(one for one in parts if one) or None
    return None


def _read(export: Export, name: str, kind: str, account: _Account) -> Iterator[Said | Stated | Remark]:
    columns: Columns | None = None
    count = damaged = unsent = wordless = 0
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for row in rows(export.open(name), delimiter=",", backslashes=kind == _COMMENTS):
            if columns is None:
                columns = Columns(row.cells)
                continue
            if kind == _MESSAGES and columns.cell(row, "is message draft").strip().lower() in ("yes", "true"):
                unsent += 1
                continue
            if kind == _INVITATIONS and row.cells and not columns.cell(row, "message").strip():
                wordless += 1
                continue
            count += 1
            if not row.cells:
                yield Remark(text=row.problem or _LOST, path=name, lost=1)
                continue
            damaged += row.problem is not None
            yield _READERS[kind](row, columns, account, name)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=count, path=name)
    for text, number in ((_ROW_PROBLEM, damaged), (_DRAFTS, unsent), (_WORDLESS, wordless)):
        if number:
            yield Remark(text=text.format(number), path=name)
    if broken is not None:
        raise broken


def _message(row: Row, columns: Columns, account: _Account, path: str) -> Said:
    sender = columns.cell(row, "from").strip() or None
    key = columns.cell(row, "conversation id").strip()

    def made() -> Thread:
        people = tuple(dict.fromkeys(one for one in (sender, *_recipients(row, columns)) if one))
        others = ", ".join(one for one in people if one != account.owner) if account.owner else ""
        return _thread(key or path, path, account, columns.cell(row, "conversation title").strip() or others, people)

    subject, content = columns.cell(row, "subject").strip(), _shown(columns.cell(row, "content"))
    message = ChatMessage(
        at=utc_text(columns.cell(row, "date")) or _us_time(columns.cell(row, "date")),
        sender=sender,
        text=f"{subject}\n{content}" if subject else content,
        raw=row.raw,
        side=_side(sender, account),
        attachments=tuple(_named_media(columns.cell(row, "attachments"))),
        unmapped=columns.rest(row, _KNOWN_MESSAGE),
    )
    return Said(thread=account.thread(f"{_MESSAGES} {key or path}", made), message=message)


def _recipients(row: Row, columns: Columns) -> list[str]:
    """Names are joined by commas and may have some; there are as many as there are addresses of profiles."""
    names, urls = columns.cell(row, "to").strip(), columns.cell(row, "recipient profile urls")
    parts = [one.strip() for one in names.split(",")]
    return parts if len(parts) == len(urls.split(",")) else [names]


def _share(row: Row, columns: Columns, account: _Account, path: str) -> Said:
    url = columns.cell(row, "sharelink").strip()
    text = _unwrapped(columns.cell(row, "sharecommentary"))
    shared = columns.cell(row, "sharedurl").strip()
    message = ChatMessage(
        at=utc_text(columns.cell(row, "date")),
        sender=account.owner,
        text="\n".join(one for one in (text, shared) if one),
        raw=row.raw,
        side="right",
        attachments=tuple(_named_media(columns.cell(row, "mediaurl"))),
        unmapped=columns.rest(row, _KNOWN_SHARE),
    )
    return Said(thread=_post(url, path, account), message=message)


def _comment(row: Row, columns: Columns, account: _Account, path: str) -> Said:
    message = ChatMessage(
        at=utc_text(columns.cell(row, "date")),
        sender=account.owner,
        text=columns.cell(row, "message"),
        raw=row.raw,
        side="right",
        unmapped=columns.rest(row, _KNOWN_COMMENT),
    )
    return Said(thread=_post(columns.cell(row, "link").strip(), path, account), message=message)


def _repost(row: Row, columns: Columns, account: _Account, path: str) -> Said:
    url = columns.cell(row, "link").strip()
    message = ChatMessage(
        at=utc_text(columns.cell(row, "date")),
        sender=account.owner,
        text=url,
        raw=row.raw,
        side="right",
        unmapped=columns.rest(row, _REPOST_COLUMNS),
    )
    return Said(thread=_post(url, path, account, prefix="repost "), message=message)


def _invitation(row: Row, columns: Columns, account: _Account, path: str) -> Said:
    sender, to = (columns.cell(row, one).strip() for one in ("from", "to"))
    people = tuple(one for one in (sender, to) if one)
    key = f"invitation {' '.join(sorted(people)) or path}"
    other = next((one for one in people if one != account.owner), None) if account.owner else None
    message = ChatMessage(
        at=_us_time(columns.cell(row, "sent at")) or utc_text(columns.cell(row, "sent at")),
        sender=sender or None,
        text=columns.cell(row, "message"),
        raw=row.raw,
        side=_side(sender, account),
        unmapped=columns.rest(row, _KNOWN_INVITATION),
    )
    return Said(thread=account.thread(key, lambda: _thread(key, path, account, other, people)), message=message)


_READERS: Final[dict[str, Callable[[Row, Columns, _Account, str], Said]]] = {
    _MESSAGES: _message,
    _SHARES: _share,
    _COMMENTS: _comment,
    _REPOSTS: _repost,
    _INVITATIONS: _invitation,
}


def _thread(key: str, path: str, account: _Account, title: str | None, people: tuple[str, ...]) -> Thread:
    return Thread(
        platform=PLATFORM,
        key=key,
        title=title or None,
        participants=people,
        owner=account.owner,
        path=path,
        media_type="text/csv",
    )


def _post(url: str, path: str, account: _Account, prefix: str = "") -> Thread:
    """The post of this address; its number stands there, with or without percent signs."""
    match = _URN.search(unquote(url[:2000])) if url else None
    key = prefix + (match[0] if match else url[:2000] or path)

    def made() -> Thread:
        return Thread(
            platform=PLATFORM,
            key=key,
            title=None,
            participants=(account.owner,) if account.owner else (),
            owner=account.owner,
            kind=ThreadKind.POST,
            path=path,
            media_type="text/csv",
            url=url or None,
        )

    return account.thread(f"post {key}", made)


def _shown(text: str) -> str:
    """What is written as markup as people see it; most is plain text."""
    if "<" not in text or not _MARKUP.search(text):
        return text
    try:
        return parse(text).text()
    except MemberBroken:
        return text


def _unwrapped(text: str) -> str:
    if "\n" not in text:
        return text
    ends = [found[0].count("\n") for found in _WRAPPED.finditer(text)]
    if sum(ends) != text.count("\n"):
        return text  # not written in that way
    return _WRAPPED.sub(lambda found: "\n" * found[0].count("\n"), text)


def _named_media(cell: str) -> Iterator[Media]:
    for one in cell.replace(",", " ").split()[:1_000]:
        address = one.split("?", 1)[0]
        yield Media(name=base_name(address.rstrip("/")) or address)


def _us_time(text: str) -> datetime | None:
    """``9/5/26, 1:12 AM``, as in invitations: month first, and no zone is told."""
    match = _US_TIME.fullmatch(text.strip()) if len(text) < _HEADER else None
    if match is None:
        return None
    month, day, hour, minute = (int(match[at]) for at in (1, 2, 4, 5))
    year = int(match[3] if len(match[3]) > _PAIR else f"20{match[3]}")
    if match[6]:
        hour = hour % 12 + (12 if match[6] == "PM" else 0)
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - no zone is told
    except ValueError:
        return None


def _side(sender: str | None, account: _Account) -> str | None:
    return None if not sender or account.owner is None else "right" if sender == account.owner else "left"
