"""Mastodon archives, and outboxes of other ActivityPub servers (W3C ActivityStreams 2.0, ActivityPub section 5.1).

Rule kept: an activity that says something is a message: Create, Announce, Update and Delete of a note; what was
addressed to some people only is a conversation, everything else a post. Who could see a post stands with the names
of its unmapped fields, because the text alone does not tell. The key ``orderedItems`` has been seen twice in one
document, first empty: both are read. See docs/formats/mastodon.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.html_tree import parse
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import iso
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

READER: Final = "mastodon 1"
PLATFORM: Final = "mastodon"
_STREAMED: Final = (("orderedItems", "*"), ("items", "*"))
_PUBLIC: Final = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_SAYING: Final = frozenset(
    {"Article", "Audio", "ChatMessage", "Document", "Event", "Image", "Note", "Page", "Question", "Video"}
)
_DOING: Final = frozenset({"Create", "Announce", "Update", "Delete"})
_MARKUP: Final = re.compile(r"[<&]")
_PLAIN: Final = re.compile(r"<p>([^<&\s]++(?: [^<&\s]++)*+)</p>")  # most notes: one paragraph of text alone
_MOST_NAMED: Final = 1_000
_OBJECT: Final = re.compile(rb'"type"\s*:\s*"(?:Announce|Article|Create|Note|Page|Question|Video)"')
_KNOWN_ACTIVITY: Final = frozenset(
    {"@context", "actor", "attributedTo", "cc", "id", "object", "published", "signature", "to", "type", "url"}
)
_KNOWN_NOTE: Final = frozenset(
    {
        "@context", "anyOf", "atomUri", "attachment", "attributedTo", "bcc", "bto", "cc", "content", "context",
        "conversation", "id", "inReplyTo", "inReplyToAtomUri", "name", "oneOf", "published", "replies", "summary",
        "tag", "to", "type", "updated", "url",
    }
)  # fmt: skip
_KNOWN_WITH_LANGUAGE: Final = _KNOWN_NOTE | {"contentMap"}
_LOST: Final = "an entry of the outbox has no form that is known and was not taken"
_ASIDE: Final = (
    (re.compile(r"(?:likes|bookmarks)\.json"), "it holds what the account liked or kept, and no posts of its own"),
    (re.compile(r"actor\.json"), "it describes the account and holds no posts"),
    (re.compile(r"(?:avatar|header)\.[A-Za-z0-9]{2,5}"), "it is a picture of the account, not of a post"),
    (
        re.compile(r"(?:following|followers|blocks|mutes|lists|domain_blocks|[a-z]+_accounts)\.csv|lists\.json"),
        "it holds whom the account follows or blocks, and no posts",
    ),
)


@dataclass(slots=True)
class _Outbox:
    """What is known of an outbox while it is read."""

    export: Export
    name: str
    owner: str | None
    owner_id: str | None
    alone: bool
    others: int = 0
    total: int | None = None
    seen: dict[str, int] = field(default_factory=dict)


def recognise(export: Export) -> bool:
    """Whether there is an outbox: an ordered collection of activities that is no list of likes or bookmarks."""
    return bool(_outboxes(export))


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All that the account said; see `model.ExportFormat`."""
    yield from one_by_one((name, _read(export, name)) for name in _outboxes(export))


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    last = base_name(name)
    return next((reason for pattern, reason in _ASIDE if pattern.fullmatch(last)), None)


def _outboxes(export: Export) -> list[str]:
    names = export.names
    likely = names if len(names) == 1 else [name for name in names if base_name(name) == "outbox.json"]
    return [name for name in likely[:20] if _is_outbox(export.head(name))]


def _is_outbox(head: bytes) -> bool:
    if b"w3.org/ns/activitystreams" not in head:
        return False
    if b"OrderedCollection" not in head:
        # one object, saved by itself: a document of the vocabulary whose type says something
        return head.lstrip()[:1] == b"{" and b'"@context"' in head[:400] and _OBJECT.search(head) is not None
    return re.search(rb'"id"\s*:\s*"(?:likes|bookmarks)\.json"', head) is None


def _read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    owner, owner_id = _owner(export, folder_of(name) + "actor.json")
    broken: ContainerBroken | MemberBroken | None = None
    alone = b"OrderedCollection" not in export.head(name)  # then it may be anybody's
    box = _Outbox(export=export, name=name, owner=owner, owner_id=owner_id, alone=alone)
    try:
        for piece in walk(export.open(name), () if alone else _STREAMED):
            if len(piece.path) == 2 or alone:  # noqa: PLR2004 - an entry of the list
                yield from _said(piece, box)
            elif piece.path == ("totalItems",):
                box.total = piece.value if type(piece.value) is int and piece.value >= 0 else None
            elif piece.path in {(), ("orderedItems",), ("items",)} and piece.value != []:
                yield Remark(text="the file holds no list of activities", path=name, lost=None)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    if box.total is not None:
        yield Stated(what="messages", count=max(box.total - box.others, 0), path=name)
    if box.others:
        text = f"activities that say nothing, such as likes and follows, and stay in the export only: {box.others}"
        yield Remark(text=text, path=name)
    for kind, count in box.seen.items():
        yield Remark(text=f"posts that not everybody was shown ({kind}): {count}", path=name)
    if broken is not None:
        raise broken


def _owner(export: Export, name: str) -> tuple[str | None, str | None]:
    """The account as people write it, ``@name@host``, and its address; as far as the archive says."""
    if not export.has(name):
        return None, None
    try:
        actor = members(next(walk(export.open(name))).value)
    except (ContainerBroken, MemberBroken, StopIteration):
        return None, None
    address = named(actor.get("id"))
    handle = named(actor.get("preferredUsername"))
    host = _host(address)
    return (f"@{handle}@{host}" if handle and host else handle or address), address


def _host(address: str | None) -> str | None:
    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def _said(piece: Piece, box: _Outbox) -> Iterator[Said | Remark]:
    activity = members(piece.value)
    kind = _type(activity)
    if piece.problem or not activity:
        yield Remark(text=piece.problem or _LOST, path=box.name, lost=1)
        return
    told = activity.get("object")
    note = activity if kind in _SAYING else members(told)
    says = kind in _SAYING or (kind in _DOING and (type(told) is str or _type(note) in {*_SAYING, "Tombstone", ""}))
    if not says:
        box.others += 1
        return
    audience = _audience(note if note is activity or not activity.get("to") else activity, box.owner_id)
    if audience not in ("public", "direct"):
        box.seen[audience] = box.seen.get(audience, 0) + 1
    sender = _person(activity.get("actor") or note.get("attributedTo"), box)
    message = _message(activity, note, piece.raw, box, kind=kind, sender=sender, audience=audience)
    yield Said(thread=_thread(activity, note, box, sender, to_some=audience == "direct"), message=message)


def _message(
    activity: dict[str, Any],
    note: dict[str, Any],
    raw: bytes,
    box: _Outbox,
    *,
    kind: str,
    sender: str | None,
    audience: str,
) -> ChatMessage:
    announced = kind == "Announce"
    target = named(activity.get("object")) or named(note.get("id"))
    parts = [_shown(note.get("summary")), _shown(note.get("name")), _content(note)]
    choices = (*entries(note.get("oneOf")), *entries(note.get("anyOf")))
    parts += [_shown(members(one).get("name")) for one in choices]
    text = "\n".join(part for part in parts if part)
    seen_by = () if audience == "public" else (f"{'to' if note is activity else 'object.to'} ({audience})",)
    deleted = kind == "Delete"
    updated = iso(note.get("updated"))
    prefix = "" if note is activity else "object."
    return ChatMessage(
        at=iso(activity.get("published")) or iso(note.get("published")),
        sender=sender,
        text=text or (target or "" if announced else ""),
        raw=raw,
        id=(None if announced else named(note.get("id"))) or named(activity.get("id")),
        side=None if box.alone else "right",
        attachments=tuple(_media(members(one), box) for one in _listed(note.get("attachment"))),
        reply_to=_first(note.get("inReplyTo")),
        edited_at=updated,
        edited=updated is not None or kind == "Update",
        deleted=deleted,
        forwarded_from=(_person(note.get("attributedTo"), box) or target) if announced else None,
        unmapped=tuple(
            sorted(
                (
                    *(() if note is activity else unmapped(activity, _KNOWN_ACTIVITY)),
                    *unmapped(note, _known(note), prefix),
                    *seen_by,
                    *_described(note, prefix),
                )
            )
        ),
    )


def _thread(
    activity: dict[str, Any], note: dict[str, Any], box: _Outbox, owner: str | None, *, to_some: bool
) -> Thread:
    number = named(note.get("id")) or named(activity.get("object")) or named(activity.get("id"))
    people = [owner] if owner else []
    if to_some:
        mentions = [named(members(one).get("name")) for one in _listed(note.get("tag")) if _type(one) == "Mention"]
        others = [one for one in mentions if one] or [words(one) for one in _addressed(note) or _addressed(activity)]
        people += others[:_MOST_NAMED]
        number = named(note.get("conversation")) or named(note.get("context")) or "\n".join(sorted(people)) or number
    elif _type(activity) == "Announce":
        number = named(activity.get("id")) or number
    return Thread(
        platform=PLATFORM,
        key=number or f"{box.name}#{words(activity.get('published'))}",
        title=None if to_some else named(_shown(note.get("name"))),
        participants=tuple(dict.fromkeys(people)),
        owner=None if box.alone else box.owner or owner,
        kind=ThreadKind.CONVERSATION if to_some else ThreadKind.POST,
        path=box.name,
        url=None if to_some else _first(note.get("url")) or named(note.get("id")) or named(activity.get("object")),
    )


def _audience(value: dict[str, Any], owner_id: str | None) -> str:
    """Who could see it: public, unlisted, for followers only, or direct. What is addressed to nobody is public."""
    to, copied = _listed(value.get("to")), _listed(value.get("cc"))
    if any(type(one) is str and one in _PUBLIC for one in to):
        return "public"
    if any(type(one) is str and one in _PUBLIC for one in copied):
        return "unlisted"
    if not to and not copied:
        return "public"
    followers = any(type(one) is str and one.rstrip("/").endswith("/followers") for one in (*to, *copied))
    own = owner_id is not None and any(type(one) is str and one.startswith(owner_id) for one in (*to, *copied))
    return "for followers only" if followers or own else "direct"


def _addressed(value: dict[str, Any]) -> list[str]:
    return [one for one in (*_listed(value.get("to")), *_listed(value.get("cc"))) if type(one) is str]


def _person(value: object, box: _Outbox) -> str | None:
    """Who: the account by its handle, others by the address or the name that stands there."""
    if type(value) is list:
        value = next(iter(value), None)
    told = members(value)
    address = named(told.get("id")) or named(told.get("url")) if told else named(value)
    if address is not None and address == box.owner_id:
        return box.owner
    return named(told.get("name")) or address


def _media(one: dict[str, Any], box: _Outbox) -> Media:
    address = _first(one.get("url")) or _first(one.get("href")) or ""
    place = address.split("?", 1)[0]
    at = place.find("media_attachments/")
    entry = None
    for candidate in (folder_of(box.name) + place.lstrip("/"), folder_of(box.name) + place[at:] if at >= 0 else ""):
        if candidate and box.export.has(candidate):
            entry = candidate
            break
    return Media(name=base_name(place) or named(one.get("name")), media_type=named(one.get("mediaType")), entry=entry)


def _content(note: dict[str, Any]) -> str:
    text = _shown(note.get("content"))
    if not text:
        text = next((shown for one in members(note.get("contentMap")).values() if (shown := _shown(one))), "")
    return text


def _shown(value: object) -> str:
    """Markup as people see it."""
    text = words(value)
    if not text or not _MARKUP.search(text):
        return text
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return plain[1]
    try:
        return parse(text).text()
    except MemberBroken:
        return text


def _known(note: dict[str, Any]) -> frozenset[str]:
    """The same content under the name of its one language says nothing new."""
    return _KNOWN_WITH_LANGUAGE if len(members(note.get("contentMap"))) <= 1 else _KNOWN_NOTE


def _described(note: dict[str, Any], prefix: str) -> Iterator[str]:
    if any(named(members(one).get("name")) for one in _listed(note.get("attachment"))):
        yield f"{prefix}attachment.name"


def _listed(value: object) -> list[Any]:
    """One or many, as JSON-LD writes them."""
    return entries(value) if type(value) is list else [] if value is None else [value]


def _first(value: object) -> str | None:
    for one in _listed(value):
        found = named(one) or named(members(one).get("id")) or named(members(one).get("href"))
        found = found or named(members(one).get("url"))
        if found:
            return found
    return None


def _type(value: object) -> str:
    told = members(value).get("type")
    return words(told[0] if type(told) is list and told else told)
