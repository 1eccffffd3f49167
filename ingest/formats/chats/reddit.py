"""Reddit data requests: CSV files of posts, comments, private messages and chats.

Rule kept: columns are found by their names, in any order, because they come and go between exports; a column that
is not known stays in the row's bytes and is listed. Comments that the account wrote under one post are one record
with it where the post is its own too, else a record of that post without it. Placeholders of deleted texts are
marked as deleted and kept. See docs/formats/reddit.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.csv_rows import rows
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import utc_text
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.formats.chats.csv_rows import Row
    from ingest.formats.chats.model import Export

READER: Final = "reddit 1"
PLATFORM: Final = "reddit"
_POSTS: Final = "posts"
_COMMENTS: Final = "comments"
_MESSAGES: Final = "messages"
_CHATS: Final = "chats"
# what a header row must name to be of a kind, whatever the file is called
_KINDS: Final = {
    _POSTS: frozenset({"id", "permalink", "date", "subreddit", "title"}),
    _COMMENTS: frozenset({"id", "permalink", "date", "subreddit", "body", "parent"}),
    _MESSAGES: frozenset({"id", "permalink", "date", "from", "to", "body"}),
    _CHATS: frozenset({"message_id", "created_at", "message", "channel_url"}),
}
_GONE: Final = frozenset({"[deleted]", "[removed]", "[ Removed by Reddit ]", "[deleted by user]"})
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_LINKED_POST: Final = re.compile(r"/comments/([A-Za-z0-9_]{1,40})")
_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>\\]{1,2000}")
_MOST_POSTS: Final = 100_000
_MOST_HEADER: Final = 1 << 16
_ROW_PROBLEM: Final = "a row of this file is damaged, and was taken as it stands"
_EMPTY_ROW: Final = "a row of this file could not be read"
_ASIDE: Final = (
    (
        re.compile(r"(?:post|comment|message)s?(?:_archive)?_headers\.csv"),
        "it repeats numbers and times of what another file holds",
    ),
    (re.compile(r"drafts\.csv"), "not public: it holds drafts, which were not sent"),
    (
        re.compile(
            r"(?:account_gender|announcements|approved_submitter_subreddits|birthdate|checkfile|friends|gilded_content"
            r"|gold_received|hidden_posts|ip_logs|linked_[a-z_]+|moderated_subreddits|multireddits|payouts|persona"
            r"|poll_votes|post_votes|comment_votes|purchases|reddit_gold_information|saved_[a-z]+|scheduled_posts"
            r"|sensitive_ads_preferences|statistics|stripe|subscribed_subreddits|twitter|user_preferences)\.csv"
        ),
        "it holds no messages or posts, but what the account read, voted for or set, or what Reddit knows of it",
    ),
)


@dataclass(slots=True)
class _Columns:
    """Where a file has what; `kind` is what its rows are."""

    kind: str
    names: list[str]
    places: dict[str, int]

    def cell(self, row: Row, name: str) -> str:
        """What the row has in this column, "" where there is no such column."""
        place = self.places.get(name, -1)
        return row.cells[place].strip() if 0 <= place < len(row.cells) else ""

    def rest(self, row: Row, known: frozenset[str]) -> tuple[str, ...]:
        filled = {
            self.names[at] if at < len(self.names) else f"column {at + 1}" for at, one in enumerate(row.cells) if one
        }
        return tuple(sorted(filled - known))


@dataclass(slots=True)
class _Account:
    """Whose export it is, the posts that it wrote, by number, and its private conversations."""

    name: str | None = None
    posts: dict[str, Thread] = field(default_factory=dict)
    talks: dict[str, Thread] = field(default_factory=dict)


def recognise(export: Export) -> bool:
    """Whether there is a file with the columns of Reddit's posts, comments, messages or chats."""
    return next(_files(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All posts and messages; see `model.ExportFormat`."""
    account = _Account(name=_account_name(export))
    found = sorted(_files(export), key=lambda one: tuple(_KINDS).index(one[1]))
    yield from one_by_one((name, _read(export, name, account)) for name, _ in found)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    last = base_name(name)
    return next((reason for pattern, reason in _ASIDE if pattern.fullmatch(last)), None)


def _files(export: Export) -> Iterator[tuple[str, str]]:
    names = export.names
    for name in names:
        if len(names) == 1 or name.lower().endswith(".csv"):
            first = export.head(name).split(b"\n", 1)[0].decode("utf-8-sig", "replace")
            kind = _kind([one.strip().strip('"').lower() for one in first.split(",")])
            if kind is not None:
                yield name, kind


def _kind(names: list[str]) -> str | None:
    """What a file with these columns holds. Only permalinks of Reddit are known to be called so beside these."""
    return next((kind for kind, needed in _KINDS.items() if needed <= set(names)), None)


def _account_name(export: Export) -> str | None:
    for name in export.names:
        if base_name(name) != "statistics.csv":
            continue
        try:
            for row in rows(export.open(name), delimiter=","):
                if len(row.cells) > 1 and row.cells[0].strip() == "account name":
                    return row.cells[1].strip() or None
        except (ContainerBroken, MemberBroken):
            continue
    return None


def _read(export: Export, name: str, account: _Account) -> Iterator[Said | Stated | Remark]:
    columns: _Columns | None = None
    count = damaged = 0
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for row in rows(export.open(name), delimiter=","):
            if columns is None:
                names = [one.strip().lower() for one in row.cells]
                kind = _kind(names)
                if kind is None:
                    yield Remark(text="the first row does not name the columns", path=name, lost=None)
                    return
                columns = _Columns(kind=kind, names=names, places={one: at for at, one in enumerate(names)})
                continue
            count += 1
            if not row.cells:
                yield Remark(text=row.problem or _EMPTY_ROW, path=name, lost=1)
                continue
            damaged += row.problem is not None
            yield _READERS[columns.kind](row, columns, account, name)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=count, path=name)
    if damaged:
        yield Remark(text=f"{_ROW_PROBLEM}: {damaged}", path=name)
    if broken is not None:
        raise broken


def _post(row: Row, columns: _Columns, account: _Account, path: str) -> Said:
    number = columns.cell(row, "id")
    title = _shown(columns.cell(row, "title"))
    body, link = _shown(columns.cell(row, "body")), columns.cell(row, "url")
    thread = _thread(number, path, account, title=title or None, url=columns.cell(row, "permalink") or None)
    if number and len(account.posts) < _MOST_POSTS:
        account.posts[number] = thread
    known = frozenset({"id", "permalink", "date", "title", "url", "body", "media"})
    text = "\n".join(one for one in (body, "" if link == columns.cell(row, "permalink") else link) if one)
    message = _message(row, columns, account, text, known, body)
    return Said(thread=thread, message=message)


def _comment(row: Row, columns: _Columns, account: _Account, path: str) -> Said:
    body = _shown(columns.cell(row, "body"))
    link = columns.cell(row, "link") or columns.cell(row, "permalink")
    match = _LINKED_POST.search(link) or _LINKED_POST.search(columns.cell(row, "permalink"))
    number = match[1] if match else ""
    thread = account.posts.get(number) or _thread(
        number or f"comment-{columns.cell(row, 'id')}", path, account, url=link
    )
    known = frozenset({"id", "date", "link", "parent", "body", "media"})
    reply_to = columns.cell(row, "parent") or number or None
    return Said(thread=thread, message=_message(row, columns, account, body, known, body, reply_to))


def _thread(number: str, path: str, account: _Account, *, title: str | None = None, url: str | None = None) -> Thread:
    return Thread(
        platform=PLATFORM,
        key=f"post-{number}",
        title=title,
        participants=(account.name,) if account.name else (),
        owner=account.name,
        kind=ThreadKind.POST,
        path=path,
        media_type="text/csv",
        url=url or None,
    )


def _message(
    row: Row,
    columns: _Columns,
    account: _Account,
    text: str,
    known: frozenset[str],
    body: str,
    reply_to: str | None = None,
) -> ChatMessage:
    media = columns.cell(row, "media")
    addresses = _ADDRESS.findall(media) if media else ()
    return ChatMessage(
        at=utc_text(columns.cell(row, "date")),
        sender=account.name,
        text=text,
        raw=row.raw,
        id=columns.cell(row, "id") or None,
        side="right",
        attachments=tuple(Media(name=base_name(one.split("?", 1)[0]) or one) for one in addresses[:1000]),
        reply_to=reply_to,
        deleted=body in _GONE,
        unmapped=columns.rest(row, known),
    )


def _private(row: Row, columns: _Columns, account: _Account, path: str) -> Said:
    sender, to = columns.cell(row, "from"), columns.cell(row, "to")
    people = tuple(dict.fromkeys(one for one in (sender, to) if one))
    body = _shown(columns.cell(row, "body"))
    key = f"message-{columns.cell(row, 'thread_id') or columns.cell(row, 'id')}"
    subject = _shown(columns.cell(row, "subject"))
    thread = account.talks.get(key) or Thread(
        platform=PLATFORM,
        key=key,
        title=subject or None,
        participants=people,
        owner=account.name,
        path=path,
        media_type="text/csv",
    )
    if len(account.talks) < _MOST_POSTS:
        account.talks[key] = thread
    known = frozenset({"id", "permalink", "thread_id", "date", "from", "to", "body"})
    message = ChatMessage(
        at=utc_text(columns.cell(row, "date")),
        sender=sender or None,
        text=body,
        raw=row.raw,
        id=columns.cell(row, "id") or None,
        side=_side(sender, account),
        deleted=body in _GONE,
        unmapped=columns.rest(row, known | {"subject"} if subject == (thread.title or "") else known),
    )
    return Said(thread=thread, message=message)


def _chat(row: Row, columns: _Columns, account: _Account, path: str) -> Said:
    sender = columns.cell(row, "username")
    made, changed = utc_text(columns.cell(row, "created_at")), utc_text(columns.cell(row, "updated_at"))
    edited = made is not None and changed is not None and changed > made
    body = columns.cell(row, "message")
    thread = Thread(
        platform=PLATFORM,
        key=f"chat-{columns.cell(row, 'channel_url')}",
        title=columns.cell(row, "channel_name") or None,
        participants=(account.name,) if account.name else (),
        owner=account.name,
        path=path,
        media_type="text/csv",
    )
    known = frozenset(
        {"message_id", "created_at", "updated_at", "username", "message", "thread_parent_message_id", "channel_url",
         "channel_name"}
    )  # fmt: skip
    message = ChatMessage(
        at=made,
        sender=sender or None,
        text=body,
        raw=row.raw,
        id=columns.cell(row, "message_id") or None,
        side=_side(sender, account),
        reply_to=columns.cell(row, "thread_parent_message_id") or None,
        edited_at=changed if edited else None,
        edited=edited,
        deleted=body in _GONE,
        unmapped=columns.rest(row, known),
    )
    return Said(thread=thread, message=message)


_READERS: Final[dict[str, Callable[[Row, _Columns, _Account, str], Said]]] = {
    _POSTS: _post,
    _COMMENTS: _comment,
    _MESSAGES: _private,
    _CHATS: _chat,
}


def _side(sender: str, account: _Account) -> str | None:
    return None if not sender or account.name is None else "right" if sender == account.name else "left"


def _shown(text: str) -> str:
    """The text with the three characters back that Reddit writes as entities."""
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return text
