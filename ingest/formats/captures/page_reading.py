"""A captured page read into the description of its record, with its source and the files that it shows.

Rule kept: the source is the WARC record, byte for byte without the compression around it; the text is what the markup
holds, never what a script would make of it, with what the capturing browser wrote down of the page where it did. What
is said of the page (its address, when it was captured) is what the capture says, and is marked as that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.captures.capture import Sort
from ingest.formats.captures.digests import stated_digest
from ingest.formats.captures.http_message import charset_of
from ingest.formats.captures.page_markup import MOST_SHOWN, comparable, host_of, read_markup
from ingest.formats.captures.survey import BROWSER_PICTURES, BROWSER_TEXTS, fits, payload_fits
from ingest.formats.captures.warc_records import moment_of
from ingest.formats.charsets import storable
from ingest.formats.chats.days import day_of
from ingest.formats.chats.model import Media
from ingest.formats.chats.slices import source_component
from ingest.formats.container import MemberBroken
from ingest.formats.html_text import MAX_INPUT, decode_html, html_to_text
from storage.records import Conversation, Description, Letterhead, RecordKind

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ingest.formats.captures.capture import Opened
    from ingest.formats.captures.page_markup import PageMarkup
    from ingest.formats.captures.survey import Survey

READER: Final = "warc 2"
LARGEST_PAGE: Final = 32 << 20
SOURCE_TYPE: Final = "application/warc"
_MOST_TEXT: Final = 8 << 20
_MOST_FILES: Final = 200
_MOST_FILE_BYTES: Final = 64 << 20
_LONGEST_NAME: Final = 2_000
_MOST_COMPARED: Final = 1 << 32  # characters
_MOST_PARTICIPANTS: Final = 1_000
_MOST_BROWSER_TEXT: Final = 4 << 20
_PLATFORMS: Final = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "fb.watch": "facebook",
    "instagram.com": "instagram",
    "twitter.com": "x",
    "x.com": "x",
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "tiktok.com": "tiktok",
    "linkedin.com": "linkedin",
    "reddit.com": "reddit",
    "threads.net": "threads",
    "threads.com": "threads",
    "bsky.app": "bluesky",
    "mastodon.social": "mastodon",
    "snapchat.com": "snapchat",
    "t.me": "telegram",
    "nextdoor.com": "nextdoor",
    "pinterest.com": "pinterest",
    "flickr.com": "flickr",
    "vimeo.com": "vimeo",
}
_KNOWN_FIELDS: Final = frozenset(
    {"warc-type", "warc-target-uri", "warc-date", "content-type", "content-length", "warc-record-id", "warc-truncated"}
    | {"warc-block-digest", "warc-payload-digest", "warc-refers-to", "warc-refers-to-target-uri", "warc-warcinfo-id"}
    | {"warc-refers-to-date", "warc-profile", "warc-concurrent-to"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """What the list of pages in a WACZ says of one."""

    address: str
    title: str | None = None
    text: str = field(default="", repr=False)


@dataclass(slots=True)
class Budget:
    """Bytes of files that may still go out with pages, since many pages show the same ones."""

    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPage:
    """What makes one record: its reading, its source, the files that it shows, and the places that they came from.

    `missing` is how many files the page shows that the capture has not.
    """

    reading: Description
    source: bytes = field(repr=False)
    media: tuple[Media, ...]
    places: frozenset[int]
    missing: int


@dataclass(slots=True)
class _Said:
    """What there is to say of a page while it is read."""

    asserted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unsearchable: list[str] = field(default_factory=list)


def read_page(page: Opened, survey: Survey, zone: ZoneInfo, budget: Budget, listed: ListedPage | None) -> CapturedPage:
    """The record of a captured page.

    Args:
        page: a response or resource that is HTML, or a revisit of one; of at most `LARGEST_PAGE` bytes.
        survey: of its capture.
        zone: the archive's.
        budget: what may still go out; it is spent.
        listed: what the list of pages says of it.
    """
    said = _Said()
    address = storable(page.record.target)
    original, source = page, page.whole()
    if page.sort is Sort.REVISIT:
        original, source = _of_revisit(page, survey, source, said)
    markup, text = "", ""
    if original.sort is not Sort.REVISIT:
        markup, text = _read_body(original, said)
    found = read_markup(markup, address)
    if found.problem is not None:
        said.notes.append(f"its posts and pictures were not looked for: {found.problem}")
    text, places = _with_browser_text(page, survey, text, listed, said)
    media, shown_places, missing = _shown(page, survey, found, budget, said)
    _say_origin(page, original, survey, said)
    at = moment_of(page.record.fields.get("warc-date", ""))
    title = found.title or (None if listed is None else listed.title)
    senders = dict.fromkeys(one.sender for one in found.messages if one.sender is not None)
    beside = _beside(found, text)
    whole = "\n\n".join(one for one in (text, beside) if one)
    if len(whole) > _MOST_TEXT:
        said.unsearchable.append("the page: its text is longer than can be kept")
    reading = Description(
        kind=RecordKind.PAGE,
        original=Letterhead(date=_printed_date(page), subject=title),
        platform=platform_of(address),
        conversation=Conversation(
            title=title,
            participants=tuple(senders)[:_MOST_PARTICIPANTS],
            day=(page.record.fields.get("warc-date", "")[:10] if at is None else day_of(at, zone)),
            zone=zone.key,
            key=comparable(address)[:_LONGEST_NAME],
            url=address[:_LONGEST_NAME],
        ),
        messages=found.messages,
        text=whole[:_MOST_TEXT],
        sent_at=at,
        components=(source_component(source, SOURCE_TYPE),),
        asserted=tuple(said.asserted),
        notes=tuple(said.notes),
        unsearchable=tuple(said.unsearchable),
        unmapped=tuple(sorted(one[:100] for one in page.record.fields if one not in _KNOWN_FIELDS)[:100]),
        reader=READER,
    )
    return CapturedPage(reading=reading, source=source, media=media, places=places | shown_places, missing=missing)


def _beside(found: PageMarkup, text: str) -> str:
    """What its messages say that its text does not; where looking for that would take long, all that they say."""
    is_quick = len(found.messages) * len(text) < _MOST_COMPARED
    return "\n".join(one.text for one in found.messages if not is_quick or one.text not in text)


def platform_of(address: str) -> str | None:
    """The platform that an address is on, by its host; None where it is on none that is known."""
    host = host_of(address)
    while host:
        if host in _PLATFORMS:
            return _PLATFORMS[host]
        host = host.partition(".")[2]
    return None


def _of_revisit(page: Opened, survey: Survey, source: bytes, said: _Said) -> tuple[Opened, bytes]:
    """The record that holds what was sent again, and the bytes of both."""
    original = survey.revisited(page)
    if original is None or original.sort is not Sort.PAGE or original.record.length > LARGEST_PAGE:
        said.unsearchable.append("the page: the capture says that it was the same as before, and has not what it was")
        return page, source
    date = original.record.fields.get("warc-date", "at an earlier time")[:40]
    said.asserted.append(
        f"the capture says that the answer was the same as that of {date}, whose record stands behind it in the source"
    )
    return original, source + b"\r\n\r\n" + original.whole()


def _read_body(original: Opened, said: _Said) -> tuple[str, str]:
    """The markup of a page and its text."""
    content = bytearray()
    try:
        for piece in original.body():
            content += piece
            if len(content) > MAX_INPUT:
                break
    except MemberBroken as error:
        if content:
            said.notes.append(f"{error}; what there is of it was read")
        else:
            said.unsearchable.append(f"the page: {error}")
    head = original.head
    charset = charset_of(original.record.fields.get("content-type", "")) if head is None else head.charset
    markup = decode_html(bytes(content[:MAX_INPUT]), charset)
    text, complete = html_to_text(markup)
    if not complete or len(content) > MAX_INPUT:
        said.unsearchable.append("the page: it is longer than can be read, and only its beginning was")
    return markup[:MAX_INPUT], text


def _with_browser_text(
    page: Opened, survey: Survey, text: str, listed: ListedPage | None, said: _Said
) -> tuple[str, frozenset[int]]:
    """The text of a page with what the capturing browser showed of it, where that was written down."""
    places: set[int] = set()
    shown = "" if listed is None else listed.text
    found = survey.beside(BROWSER_TEXTS, page.record.target, page.place)
    if found is not None:
        places.add(found.place)
        written = b"".join(found.stored(_MOST_BROWSER_TEXT)).decode("utf-8", "replace")
        shown = written if len(written) >= len(shown) else shown
    shown = storable(shown.strip())
    if not shown or shown in text:
        return text, frozenset(places)
    said.asserted.append("a part of the text, behind that of the markup, is what the capturing browser says it showed")
    return f"{text}\n\n{shown}" if text else shown, frozenset(places)


def _shown(
    page: Opened, survey: Survey, found: PageMarkup, budget: Budget, said: _Said
) -> tuple[tuple[Media, ...], frozenset[int], int]:
    """The files that a page shows and the capture has, their places, and how many it has not."""
    media: dict[int, Media] = {}
    missing = left_out = size = 0
    wanted: list[Opened | None] = [survey.beside((one,), page.record.target, page.place) for one in BROWSER_PICTURES]
    pictures = [one for one in wanted if one is not None]
    groups = [(group, True) for group in found.shown] + [((one,), False) for one in found.named]
    for group, is_shown in groups:
        hits = [one for each in group if (one := survey.captured(each, page.place, (Sort.SHOWN,))) is not None]
        missing += is_shown and not hits
        pictures += hits
    for one in pictures:
        if one.place in media:
            continue
        size += one.record.length
        if len(media) >= _MOST_FILES or size > _MOST_FILE_BYTES or one.record.length > budget.left:
            left_out += 1
            size -= one.record.length
            continue
        budget.left -= one.record.length
        media[one.place] = Media(name=_file_name(one), media_type=one.media_type or None, entry=str(one.place))
    if len(found.shown) >= MOST_SHOWN:
        said.notes.append(f"it shows more files than the {MOST_SHOWN:,} that were looked for in the capture")
    if missing:
        said.notes.append(f"{missing:,} files that the page shows are not in the capture")
    if left_out:
        said.notes.append(f"{left_out:,} files that the page shows are too many or too large; they stay in the capture")
    return tuple(media.values()), frozenset(media), missing


def _file_name(one: Opened) -> str:
    """The address that a file was captured from, which is all the name that it has."""
    return storable(one.record.target)[:_LONGEST_NAME]


def _say_origin(page: Opened, original: Opened, survey: Survey, said: _Said) -> None:
    fields = page.record.fields
    stated = stated_digest(fields.get("warc-block-digest", "")) or stated_digest(fields.get("warc-payload-digest", ""))
    checked = fits(page)
    if checked and stated is not None:
        said.notes.append(f"the {stated.name} digest that the capture states of this page's record fits its bytes")
    elif checked is False:
        said.notes.append("the digest that the capture states of this page's record does not fit its bytes")
    payload = stated_digest(original.record.fields.get("warc-payload-digest", ""))
    is_other = payload is not None and "warc-block-digest" in fields and original.head is not None
    if is_other and payload_fits(original) is False:
        said.notes.append("the digest that the capture states of this page's content does not fit it")
    said.asserted.append("address, time and content are what the capture says; nothing in it proves them")
    if survey.software:
        said.asserted.append(f"the capture says that it was made with {storable(survey.software)}")
    cut = fields.get("warc-truncated", original.record.fields.get("warc-truncated"))
    if cut is not None:
        said.notes.append(f"the capture says that this record was cut short ({storable(cut)[:40]})")
    if page.record.shortfall or original.record.shortfall:
        said.notes.append("the record is shorter in the capture than it states; what there is of it was read")


def _printed_date(page: Opened) -> str | None:
    at = moment_of(page.record.fields.get("warc-date", ""))
    if at is not None:
        return at.isoformat()
    return storable(page.record.fields.get("warc-date", "").strip())[:40] or None
