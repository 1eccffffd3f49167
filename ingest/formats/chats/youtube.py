"""YouTube comments and live chats as Google Takeout exports them: CSV files, and HTML lists in older exports.

Rule kept: what the owner wrote below one video or post is one record, known by that video or post; a live chat is a
conversation by days. The file holds the owner's words alone: neither the video nor what others wrote is in it.
Files are told by their columns, because folders, files and headers are in the account's language.
"""

from __future__ import annotations

import io
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats import youtube_columns as meaning
from ingest.formats.chats.csv_rows import rows
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.html_tree import Element, elements
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import iso, utc_text
from ingest.formats.chats.youtube_columns import Columns, columns_of, text_of
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.csv_rows import Row
    from ingest.formats.chats.model import Export

READER = "youtube 1"
_HEAD: Final = 1 << 16
_MOST_HEADS: Final = 500
_SAMPLE: Final = 50
_LARGEST: Final = 32 << 20
_MOST_THREADS: Final = 50_000
_FOLDER: Final = re.compile(r"(?:^|/)YouTube[^/]*/", re.IGNORECASE)
_LIVE: Final = re.compile(r"live[ _-]?chat", re.IGNORECASE)
# lists of what was watched, searched for and followed, in the languages that are known; any other file makes a record
_LISTS: Final = (
    "subscriptions|playlists?|history|watch-history|search-history|channels?|music[ -]library|settings"
    "|abonnementen|afspeellijsten|geschiedenis|kanalen|kijkgeschiedenis|zoekgeschiedenis"
    "|abos|verlauf|kanäle|wiedergabeverlauf|suchverlauf|abonnements|historique|chaînes"
    "|suscripciones|historial|canales|listas de reproducción"
)
_ASIDE: Final = re.compile(
    rf"(?:^|/)YouTube[^/]*/(?:(?:{_LISTS})/.*|(?:.*/)?(?:{_LISTS})\.(?:csv|html|json))\Z|(?:^|/)archive_browser\.html\Z",
    re.IGNORECASE,
)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:Z| UTC)?", re.ASCII)
_LIST: Final = re.compile(
    rb"<li>[^<]{0,500}(?:<a\s[^>]{0,2000}>[^<]{0,500}</a>[^<]{0,500}){0,4}\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"
)
_PAGE: Final = re.compile(rb"youtube\.com/(?:watch|channel|live|post|user)|youtu\.be/")
_ITEM: Final = re.compile(rb"<li[\s>]")
_VIDEO: Final = re.compile(r"(?:[?&]v=|youtu\.be/|/live/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])")
_COMMENT: Final = re.compile(r"[?&]lc=([A-Za-z0-9_.-]{10,80})")


def recognise(export: Export) -> bool:
    """Whether there is a file of comments or live chats."""
    return next(_documents(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `model.ExportFormat`."""
    threads: dict[str, Thread] = {}
    yield from one_by_one(
        (name, _table(export, name, columns, threads) if columns is not None else _list(export, name, threads))
        for name, columns in _documents(export)
    )
    # nothing of the format states these: they are the reader's own counts
    if len(threads) < _MOST_THREADS:
        keys = {one.key: one.kind for one in threads.values()}
        posts = sum(kind is ThreadKind.POST for kind in keys.values())
        yield Stated(what="posts", count=posts)
        yield Stated(what="conversations", count=len(keys) - posts)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`: playlists, subscriptions and what was watched or searched for."""
    return "it holds no messages or posts" if _ASIDE.search(name) else None


def _documents(export: Export) -> Iterator[tuple[str, Columns | None]]:
    """Names of files with their columns, None for a list in HTML."""
    names = export.names
    if len(names) > 1:
        names = [name for name in names if name.lower().endswith((".csv", ".html"))]
        names = [name for name in names if _FOLDER.search(name)] or names[:_MOST_HEADS]
    for name in names[:_MOST_HEADS]:
        head = export.head(name, _HEAD)
        if _LIST.search(head) and _PAGE.search(head):
            yield name, None
        elif (columns := _columns(head)) is not None:
            yield name, columns


def _columns(head: bytes) -> Columns | None:
    """The columns of a file that begins so."""
    if b"<" in head[:1] or b"{" in head[:1] or b"," not in head[:2000]:
        return None
    found = list(islice(rows(io.BytesIO(head), delimiter=","), _SAMPLE + 1))
    if len(head) >= _HEAD and len(found) > 1:
        found.pop()  # it may be cut
    if not found:
        return None
    return columns_of(found[0].cells, [row.cells for row in found[1:]])


def _table(export: Export, name: str, columns: Columns, threads: dict[str, Thread]) -> Iterator[Said | Stated | Remark]:
    met = 0
    live = _LIVE.search(" ".join(columns.headers)) is not None or (
        meaning.PARENT not in columns.places and _LIVE.search(base_name(name)) is not None
    )
    for row in islice(rows(export.open(name), delimiter=","), 1, None):
        met += 1
        if row.problem is not None and not row.cells:
            yield Remark(text=f"a comment could not be read: {row.problem}", path=name, lost=1)
            continue
        if row.problem is not None:
            yield Remark(text=f"a row may be wrongly read: {row.problem}", path=name)
        yield _comment(row, name, columns, threads, live=live)
    yield Stated(what="messages", count=met, path=name)


def _comment(row: Row, name: str, columns: Columns, threads: dict[str, Thread], *, live: bool) -> Said:
    cells = row.cells
    channel = columns.cell(cells, meaning.CHANNEL) or None
    video, post = columns.cell(cells, meaning.VIDEO), columns.cell(cells, meaning.POST)
    place = columns.places[meaning.TEXT]
    text, others = text_of(cells[place]) if place < len(cells) else ("", set())
    unmapped = [*columns.unmapped(cells), *(f"text.{one}" for one in others)]
    message = ChatMessage(
        at=iso(columns.cell(cells, meaning.AT)) or utc_text(columns.cell(cells, meaning.AT)),
        sender=channel,
        text=text,
        raw=row.raw,
        id=columns.cell(cells, meaning.ID) or None,
        side="right",
        reply_to=columns.cell(cells, meaning.PARENT) or None,
        unmapped=tuple(sorted(unmapped)) if unmapped else (),
    )
    thread = _thread(threads, name, video=video, post=post, owner=channel, live=live)
    return Said(thread=thread, message=message)


def _thread(
    threads: dict[str, Thread],
    path: str,
    *,
    video: str,
    post: str,
    owner: str | None,
    live: bool,
    title: str | None = None,
    media_type: str = "text/csv",
) -> Thread:
    what = f"video:{video}" if video else f"post:{post}" if post else "unknown"
    key = f"live:{what}" if live else what
    known = threads.get(key)
    if known is not None and known.media_type == media_type:
        return known
    url = None
    if video:
        url = f"https://www.youtube.com/watch?v={video}"
    elif post:
        url = f"https://www.youtube.com/post/{post}"
    thread = Thread(
        platform="youtube",
        key=key,
        title=title,
        participants=(owner,) if owner else (),
        owner=owner,
        kind=ThreadKind.CONVERSATION if live or not (video or post) else ThreadKind.POST,
        path=path,
        media_type=media_type,
        url=url,
    )
    if len(threads) < _MOST_THREADS:
        threads[key] = thread
    return thread


def _list(export: Export, name: str, threads: dict[str, Thread]) -> Iterator[Said | Stated | Remark]:
    """my-comments.html and my-live-chat-messages.html: a list of sentences, each with what was written behind it."""
    content = export.read(name, _LARGEST)
    text = content.decode("utf-8", "surrogateescape")
    met = 0
    live = _LIVE.search(base_name(name)) is not None
    for element in elements(text, lambda tag, _attributes: tag == "li"):
        met += 1
        raw = text[element.start : element.end].encode("utf-8", "surrogateescape")
        yield _listed(element, raw, name, threads, live=live)
    count = len(_ITEM.findall(content))
    yield Stated(what="messages", count=count, path=name)
    if met < count:
        yield Remark(text="entries of a list could not be found in it", path=name, lost=count - met)


def _listed(element: Element, raw: bytes, name: str, threads: dict[str, Thread], *, live: bool) -> Said:
    """The sentence ends at the first line break; it holds the links and the moment, in UTC."""
    breaks = [place for place, one in enumerate(element.children) if isinstance(one, Element) and one.tag == "br"]
    cut = breaks[0] if breaks else len(element.children)
    sentence = Element("span", {}, element.children[:cut])
    said = Element("span", {}, element.children[cut + 1 :])
    links = [one for one in sentence.find_all("a") if one.attributes.get("href")]
    addresses = [one.attributes["href"] for one in links]
    video = next((match[1] for one in reversed(addresses) if (match := _VIDEO.search(one))), "")
    comment = next((match[1] for one in addresses if (match := _COMMENT.search(one))), None)
    found = _MOMENT.findall(sentence.text())
    at: datetime | None = None
    if found:
        at = utc_text(found[-1]) or iso(found[-1])
    title = storable(links[-1].text()) if links and _COMMENT.search(addresses[-1]) is None else None
    message = ChatMessage(
        at=at,
        sender=None,
        text=storable(said.text()),
        raw=raw,
        id=comment,
        side="right",
        unmapped=("sentence",),
    )
    thread = _thread(
        threads, name, video=video, post="", owner=None, live=live, title=title or None, media_type="text/html"
    )
    return Said(thread=thread, message=message)
