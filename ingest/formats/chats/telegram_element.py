"""One block of a page of Telegram Desktop, as this archive's message: see `telegram_pages` for the rule."""

from __future__ import annotations

import posixpath
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ingest.formats.charsets import storable
from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.html_tree import Element
from ingest.formats.chats.model import ChatMessage, Media, Reacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

_WHEN: Final = re.compile(
    r"(\d{2})\.(\d{2})\.(\d{4}) (\d{2}):(\d{2}):(\d{2})(?: UTC(?:([+-])(\d{2}):?(\d{2}))?)?", re.ASCII
)
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_ANSWERED: Final = re.compile(r"#go_to_message(-?\d{1,19})\Z", re.ASCII)
_OWN_ID: Final = re.compile(r"message(-?\d{1,19})", re.ASCII)
_VIA: Final = re.compile(r" via @\w{1,64}\Z")
_MOST_UNNAMED: Final = 50
_TOLD_IN_TEXT: Final = frozenset(
    {
        "media_contact",
        "media_location",
        "media_live_location",
        "media_venue",
        "media_game",
        "media_invoice",
        "media_call",
    }
)


def message_of(element: Element, raw: bytes, before: str | None, folder: str, export: Export) -> ChatMessage:
    """The message of a block; `before` is the sender of the block before, `folder` that of the page."""
    body = _child(element, "body") or element
    is_notice = "service" in element.classes
    when = _child(body, "date")
    own_id = _OWN_ID.fullmatch(element.attributes.get("id", ""))
    common = {
        "at": _moment(when.attributes.get("title", "")) if when is not None else None,
        "id": own_id[1] if own_id else None,
    }
    if is_notice:
        lines = [
            _text(child) if isinstance(child, Element) else storable(child)
            for child in body.children
            if child is not when
        ]
        return ChatMessage(
            **common,  # type: ignore[arg-type]
            sender=None,
            text=" ".join(" ".join(lines).split()),
            raw=raw,
            side="center",
            attachments=tuple(_pictures(element, folder, export)),
            system=True,
        )
    passed = next((one for one in body.elements() if "forwarded" in one.classes and "body" in one.classes), None)
    inner = passed if passed is not None else body
    extra: set[str] = set()
    sender = _sender(body, before, extra)
    own_text = _child(body, "text")
    text_element = own_text if own_text is not None else _child(inner, "text")
    if own_text is not None and passed is not None and _child(passed, "text") is not None:
        extra.add("forwarded.text")
    parts = [_text(text_element)] if text_element is not None else []
    attachments: list[Media] = []
    is_call = False
    for block in _media_blocks(inner):
        is_call = is_call or "media_call" in block.classes
        parts.extend(_told(block))
        attachments.extend(_files(block, folder, export, extra))
    reply_to = _reply(inner, extra)
    extra.update(name for name in ("signature", "bot_buttons_table") if inner.find(cls=name) is not None)
    return ChatMessage(
        **common,  # type: ignore[arg-type]
        sender=sender,
        text="\n".join(part for part in parts if part),
        raw=raw,
        side="center" if is_call else None,
        attachments=tuple(attachments),
        reply_to=reply_to,
        system=is_call,
        forwarded_from=_passed_from(passed, extra) if passed is not None else None,
        reactions=tuple(_reactions(body)),
        unmapped=tuple(sorted(extra)),
    )


def _child(element: Element, cls: str) -> Element | None:
    return next((one for one in element.elements() if cls in one.classes), None)


def _text(element: Element) -> str:
    return storable(element.text())


def _moment(title: str) -> datetime | None:
    match = _WHEN.fullmatch(title.strip())
    if match is None:
        return None
    day, month, year, hour, minute, second = (int(match[place]) for place in range(1, 7))
    if not _FIRST_YEAR <= year < _LAST_YEAR:
        return None
    zone = None
    try:
        if " UTC" in title:
            offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
            zone = timezone(-offset if match[7] == "-" else offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _sender(body: Element, before: str | None, extra: set[str]) -> str | None:
    named = _child(body, "from_name")
    return before if named is None else _name(named, extra)


def _name(named: Element, extra: set[str]) -> str | None:
    """A name without the time and the bot that stand behind it."""
    bare = Element("", {}, [one for one in named.children if isinstance(one, str) or "date" not in one.classes])
    name = _text(bare)
    if match := _VIA.search(name):
        extra.add("via_bot")
        name = name[: match.start()]
    return name or None


def _passed_from(passed: Element, extra: set[str]) -> str | None:
    named = _child(passed, "from_name")
    if named is None:
        return None
    if named.find(cls="date") is not None:
        extra.add("forwarded.date")
    return _name(named, extra)


def _reply(inner: Element, extra: set[str]) -> str | None:
    block = _child(inner, "reply_to")
    if block is None:
        return None
    link = block.find("a")
    match = _ANSWERED.search(link.attributes.get("href", "")) if link is not None else None
    if match is None:
        extra.add("reply_to")
        return None
    return match[1]


def _media_blocks(inner: Element) -> Iterator[Element]:
    """The blocks of files, cards and polls: in a `media_wrap`, or as older pages have them in the body itself."""
    for one in inner.elements():
        if "media_wrap" in one.classes:
            yield from one.elements()
        elif "media" in one.classes or any(name.endswith("_wrap") for name in one.classes if name != "userpic_wrap"):
            yield one


def _told(block: Element) -> Iterator[str]:
    """What a poll, a card or a place says."""
    if "media_poll" in block.classes:
        question = block.find(cls="question")
        if question is not None:
            yield _text(question)
        for answer in block.find_all(cls="answer"):
            yield _text(Element("", {}, [one for one in answer.children if isinstance(one, str)]))
    elif not _TOLD_IN_TEXT.isdisjoint(block.classes):
        for cls in ("title", "description", "status"):
            told = block.find(cls=cls)
            if told is not None:
                yield _text(told)


def _files(block: Element, folder: str, export: Export, extra: set[str]) -> Iterator[Media]:
    if "media_poll" in block.classes:
        extra.add("poll.details")
        return
    link = block if block.tag == "a" else block.find("a")
    href = link.attributes.get("href", "") if link is not None else ""
    is_place = not _TOLD_IN_TEXT.isdisjoint(block.classes)
    if href.startswith(("http:", "https:")) or (is_place and not href):
        extra.update({"media.link"} if href else ())
        return
    title = block.find(cls="title")
    stated = _text(title) if title is not None and "media_file" in block.classes else None
    if not is_place:
        extra.update(f"media.{cls}" for cls in ("description", "status") if block.find(cls=cls) is not None)
    yield _file(href, stated, folder, export)


def _pictures(element: Element, folder: str, export: Export) -> Iterator[Media]:
    """The picture that a notice tells of."""
    for link in element.find_all("a", "userpic_link"):
        yield _file(link.attributes.get("href", ""), None, folder, export)


def _file(href: str, stated: str | None, folder: str, export: Export) -> Media:
    """A file by its address, which goes from the page's folder and may be percent-encoded."""
    href = storable(href)
    for path in (href, unquote(href)):
        entry = posixpath.normpath(folder + path) if path else ""
        if entry and export.has(entry):
            return Media(name=stated or base_name(path), entry=entry)
    return Media(name=stated or base_name(href) or None)


def _reactions(body: Element) -> Iterator[Reacted]:
    for one in body.find_all(cls="reaction"):
        emoji = one.find(cls="emoji")
        shown = _text(emoji) if emoji is not None else ""
        named = [
            storable(who.attributes["title"]) for who in one.find_all(cls="initials") if who.attributes.get("title")
        ]
        counted = one.find(cls="count")
        count = _text(counted) if counted is not None else ""
        total = int(count) if count.isdecimal() and len(count) < 7 else max(len(named), 1)  # noqa: PLR2004
        for who in named:
            yield Reacted(emoji=shown, by=who)
        for _ in range(min(total - len(named), _MOST_UNNAMED)):
            yield Reacted(emoji=shown)
