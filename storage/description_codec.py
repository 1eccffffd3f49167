"""The bytes of a `Description`: how it is sealed, and how a sandboxed reader hands it over.

Encoding (version 1): one line of JSON (RFC 8259, UTF-8, no surrogates) with every member but the text, a
line feed, then the text as it stands in UTF-8. Members that have their default are left out; ``original``
is left out where it equals ``carrier``. A line of JSON never holds a raw line feed, so the first one ends it.

Decoding trusts nothing, since one of the writers is a process that parsed hostile input: unknown members,
wrong types, lengths, counts and digests that are none are refused, before they can cost more memory than
about twelve times the size of the line.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from storage.conversation_codec import conversation_members, message_members, read_conversation, read_message
from storage.errors import NewerFormat
from storage.letterhead_codec import (
    NO_FORWARD,
    NO_LETTERHEAD,
    chain_members,
    forward_members,
    letterhead_members,
    read_forward,
    read_letterhead,
    read_link,
)
from storage.provenance_codec import authenticity_members, read_authenticity
from storage.records import Component, ComponentRole, Description, RecordKind
from storage.strict_json import (
    Members,
    decode_text,
    flag,
    many,
    moment,
    number,
    only,
    read_object,
    refuse,
    sha256,
    string,
    string_or_none,
    strings,
    word,
    write_object,
)

DESCRIPTION_VERSION: Final = 1
MAX_TEXT_CHARACTERS: Final = 12 << 20
MAX_LINE_BYTES: Final = 16 << 20
MAX_BRACKETS: Final = 600_000
MAX_SIZE: Final = 1 << 48
_SURELY_IN_BOUNDS: Final = 400_000  # bytes; fewer cannot break a bound of length or count
_UTF8_WIDEST: Final = 4


def encode(description: Description) -> bytes:
    """The bytes of a description, version 1.

    Raises:
        ValueError: a text holds a lone surrogate, or the description is larger than `decode` would take.
    """
    line = write_object(_description_members(description))
    encoded = b"%b\n%b" % (line, description.text.encode())
    if len(encoded) > _SURELY_IN_BOUNDS:
        decode(encoded)  # what is sealed must open again: only here can a bound be broken
    return encoded


def decode(encoded: bytes) -> Description:
    """Read a description again, trusting nothing.

    Raises:
        ValueError: these bytes are not a description, or break one of the bounds of this module.
        NewerFormat: a later version of the format wrote them.
    """
    line, separator, text = encoded.partition(b"\n")
    if not separator or len(line) > MAX_LINE_BYTES or len(text) > MAX_TEXT_CHARACTERS * _UTF8_WIDEST:
        refuse("the encoding")
    members = _known_version(read_object(line, brackets=MAX_BRACKETS))
    return _description(members, decode_text(text))


def _known_version(members: Members) -> Members:
    version = number(members, "v", at_most=MAX_SIZE)
    if version > DESCRIPTION_VERSION:
        raise NewerFormat("The description was written by a newer version of this program.", version=version)
    if version < DESCRIPTION_VERSION:
        refuse("the version")
    return members


def _description_members(description: Description) -> Members:
    members: Members = {"v": DESCRIPTION_VERSION, "kind": description.kind.value}
    carrier = description.carrier
    if carrier is not None:
        members["carrier"] = letterhead_members(carrier)
    if carrier != description.original:
        members["original"] = letterhead_members(description.original)
    members |= _parts(description)
    members |= {name: value for name in _PLAIN if (value := getattr(description, name))}
    return members


def _parts(description: Description) -> Members:
    """The members that are types of their own, where there are any; in the order in which they were always written."""
    members: Members = {}
    if description.forward != NO_FORWARD:
        members["forward"] = forward_members(description.forward)
    if description.chain:
        members["chain"] = chain_members(description.chain)
    if description.conversation is not None:
        members["conversation"] = conversation_members(description.conversation)
    if description.sent_at is not None:
        members["sent_at"] = description.sent_at.astimezone(UTC).isoformat()
    if description.components:
        members["components"] = [_component_members(component) for component in description.components]
    if description.messages:
        members["messages"] = [message_members(message) for message in description.messages]
    if description.authenticity is not None:
        members["authenticity"] = authenticity_members(description.authenticity)
    return members


def _description(members: Members, text: str) -> Description:
    only(members, _DESCRIPTION_MEMBERS)
    if len(text) > MAX_TEXT_CHARACTERS:
        refuse("text")
    carrier = read_letterhead(members["carrier"]) if "carrier" in members else None
    original = read_letterhead(members["original"]) if "original" in members else carrier
    return Description(
        kind=word(RecordKind, members, "kind"),
        original=original or NO_LETTERHEAD,
        carrier=carrier,
        forward=read_forward(members["forward"]) if "forward" in members else NO_FORWARD,
        chain=many(members, "chain", read_link),
        platform=string_or_none(members, "platform"),
        conversation=read_conversation(members["conversation"]) if "conversation" in members else None,
        messages=many(members, "messages", read_message),
        text=text,
        sent_at=moment(members, "sent_at") if "sent_at" in members else None,
        components=many(members, "components", _component),
        verified=strings(members, "verified"),
        asserted=strings(members, "asserted"),
        notes=strings(members, "notes"),
        unsearchable=strings(members, "unsearchable"),
        unmapped=strings(members, "unmapped"),
        reader=string(members, "reader", ""),
        authenticity=read_authenticity(members["authenticity"]) if "authenticity" in members else None,
    )


def _component_members(component: Component) -> Members:
    members: Members = {
        "id": component.id,
        "role": component.role.value,
        "media_type": component.media_type,
        "size": component.size,
        "sha256": component.sha256,
    }
    if component.name is not None:
        members["name"] = component.name
    if component.path:
        members["path"] = component.path
    if component.may_hold:
        members["may_hold"] = True
    if component.pictured:
        members["pictured"] = True
    return members


def _component(value: object) -> Component:
    members = only(value, _COMPONENT_MEMBERS)
    return Component(
        id=string(members, "id"),
        role=word(ComponentRole, members, "role"),
        media_type=string(members, "media_type"),
        name=string_or_none(members, "name"),
        size=number(members, "size", at_most=MAX_SIZE),
        sha256=sha256(members, "sha256"),
        path=string(members, "path", ""),
        may_hold=flag(members, "may_hold", default=False),
        pictured=flag(members, "pictured", default=False),
    )


_PLAIN = ("platform", "verified", "asserted", "notes", "unsearchable", "unmapped", "reader")
_DESCRIPTION_MEMBERS = frozenset(
    {"v", "kind", "carrier", "original", "forward", "conversation", "messages", "sent_at", "components"}
    | {"authenticity", "chain", *_PLAIN}
)
_COMPONENT_MEMBERS = frozenset({"id", "role", "media_type", "name", "size", "sha256", "path", "may_hold", "pictured"})
