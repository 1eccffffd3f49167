"""One page of a Google Voice export: a conversation's messages (hChatLog) or one call or voicemail (haudio).

Rule kept: the marks are those of the microformat, which are the same in every language: ``abbr.dt[title]`` with an
offset, ``cite.sender a.tel``, ``q``; the owner is the sender whose name stands in an ``abbr``. What a call was is said
by its tag's address (``#placed``, ``#missed``, ...) and never by words. The printed dates are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.html_tokens import unescaped
from ingest.formats.chats.html_tree import Element, elements
from ingest.formats.chats.moments import iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_TALK: Final = re.compile(rb'class\s*=\s*["\'](?:[^"\']{0,100}\s)?hChatLog[\s"\']')
_CALL: Final = re.compile(rb'class\s*=\s*["\'](?:[^"\']{0,100}\s)?haudio[\s"\']')
_VOICE: Final = re.compile(rb'"contributor vcard"|google\.com/voice#|class="published"')
_MESSAGE: Final = re.compile(
    rb'<[a-z]{1,10}\s(?:[a-z]{1,20}="[^"<>]{0,200}"\s){0,3}class="(?:[^"<>]{0,100}\s)?message[\s"]'
)
_LOG: Final = re.compile(rb'<[a-z]{1,10}\s(?:[a-z]{1,20}="[^"<>]{0,200}"\s){0,3}class="(?:[^"<>]{0,100}\s)?haudio[\s"]')
# a sender: the number, then the element that holds his name, which is an abbr for the owner
_SENDER: Final = re.compile(r'<a\s[^<>]*href="tel:([^"<>]*)"[^<>]*>\s*<(span|abbr)\b[^<>]*>([^<>]*)<', re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^<>]*>([^<]{0,2000})</title", re.IGNORECASE)
_USER_DELETED: Final = re.compile(r'class="deletedStatusContainer">[^<:]{0,200}:\s*([^<]{0,100})<')
_KIND: Final = re.compile(r"voice#([a-z]{1,30})\Z")
_KINDS: Final = ("voicemail", "recorded", "placed", "missed", "received")
_MOST_OTHERS: Final = 10_000
_PLACEHOLDERS: Final = frozenset({"MMS Sent", "MMS Received"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who said something; `number` and `name` as the page has them, None where they are empty."""

    number: str | None
    name: str | None
    is_owner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message, a call or a voicemail; `kind` is "text" or one of the tags' words, "" where no tag says it.

    `heading` is what a call's page says of it, `files` are names without the folder, mostly without an ending.
    """

    kind: str
    at: datetime | None
    speaker: Speaker | None
    text: str
    raw: bytes = field(repr=False)
    heading: str = ""
    duration: str = ""
    files: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says of all of its entries; `count` is found without reading them."""

    is_talk: bool
    title: str
    owner: Speaker | None
    others: tuple[Speaker, ...]
    listed: bool
    count: int
    user_deleted: bool


def is_page(head: bytes) -> bool:
    """Whether a file that begins so is a page of Voice's."""
    return _TALK.search(head) is not None or (_CALL.search(head) is not None and _VOICE.search(head) is not None)


def page_of(text: str, content: bytes) -> Page:
    """What can be said before its entries are read."""
    is_talk = _TALK.search(content) is not None
    owner = None
    others: dict[tuple[str | None, str | None], Speaker] = {}
    for match in _SENDER.finditer(text):
        number, tag, name = match.groups()
        speaker = Speaker(number=_clean(number), name=_clean(name), is_owner=tag.lower() == "abbr")
        if speaker.is_owner:
            owner = owner or speaker
        elif len(others) < _MOST_OTHERS:
            others.setdefault((speaker.number, speaker.name if speaker.number is None else None), speaker)
    title = _TITLE.search(text)
    deleted = _USER_DELETED.search(text)
    return Page(
        is_talk=is_talk,
        title=storable(unescaped(title[1])).strip() if title else "",
        owner=owner,
        others=tuple(others.values()),
        listed='class="participants"' in text,
        count=len(_MESSAGE.findall(content)) if is_talk else max(1, len(_LOG.findall(content))),
        user_deleted=deleted is not None and deleted[1].strip().lower() not in ("false", ""),
    )


def entries_of(text: str, *, is_talk: bool) -> Iterator[Entry]:
    """All entries in the order of the page.

    Raises:
        MemberBroken: one of them has more elements than are read.
    """
    wanted = "message" if is_talk else "haudio"
    for element in elements(text, lambda _tag, attributes: wanted in attributes.get("class", "").split()):
        raw = text[element.start : element.end].encode("utf-8", "surrogateescape")
        yield _message(element, raw) if is_talk else _call(element, raw)


def _message(element: Element, raw: bytes) -> Entry:
    sender, said, moment = element.find("cite", "sender"), element.find("q"), element.find("abbr", "dt")
    files = tuple(dict.fromkeys(_files(element, (sender, said))))
    text = storable(said.text(spaced=True)) if said is not None else ""
    if files and text in _PLACEHOLDERS:
        text = ""
    speaker = _speaker(sender) if sender is not None else None
    return Entry(
        kind="text",
        at=iso(moment.attributes.get("title")) if moment is not None else None,
        speaker=speaker,
        text=text,
        raw=raw,
        files=files,
    )


def _call(element: Element, raw: bytes) -> Entry:
    who, moment = element.find("div", "contributor"), element.find("abbr", "published")
    duration, spoken = element.find("abbr", "duration"), element.find("span", "description")
    tags = {
        match[1]
        for link in element.find_all("a")
        if link.attributes.get("rel") == "tag" and (match := _KIND.search(link.attributes.get("href", "")))
    }
    return Entry(
        kind=next((kind for kind in _KINDS if kind in tags), ""),
        at=iso(moment.attributes.get("title")) if moment is not None else None,
        speaker=_speaker(who) if who is not None else None,
        text=_transcript(spoken) if spoken is not None else "",
        raw=raw,
        heading=" ".join(storable(who.text()).split()) if who is not None else "",
        duration=storable(duration.text()).strip() if duration is not None else "",
        files=tuple(dict.fromkeys(_files(element, (who,)))),
        unmapped=("transcript.words",) if spoken is not None and spoken.find("span", "confidence") else (),
    )


def _transcript(spoken: Element) -> str:
    """The transcript once: it stands there in full, and again word by word with times and confidences."""
    full = spoken.find("span", "full-text")
    if full is not None:
        return storable(full.text())
    found = [
        " ".join(each for each in one.children if isinstance(each, str)) for one in spoken.find_all("span", "word")
    ]
    return storable(" ".join(" ".join(found).split()) if found else spoken.text())


def _speaker(element: Element) -> Speaker:
    link = element.find("a", "tel")
    number = link.attributes.get("href", "").removeprefix("tel:") if link is not None else ""
    name = element.find(cls="fn")
    return Speaker(
        number=_clean(number),
        name=_clean(name.text()) if name is not None else None,
        is_owner=name is not None and name.tag == "abbr",
    )


def _files(element: Element, passed: tuple[Element | None, ...]) -> Iterator[str]:
    """Names of files that an entry points to, outside of who says it and what."""
    inside = {id(each) for one in passed if one is not None for each in one.walk()}
    for one in element.walk():
        if id(one) in inside:
            continue
        target = one.attributes.get("src" if one.tag in ("img", "audio", "video", "source") else "href", "")
        if one.tag in ("img", "audio", "video", "source", "a") and target and "://" not in target:
            yield storable(target)


def _clean(text: str) -> str | None:
    return storable(unescaped(text)).strip() or None
