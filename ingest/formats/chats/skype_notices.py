"""What Skype and Teams say themselves in a conversation (calls, members, topics), put into words.

Rule kept: words come from what the notice states and from its kind; a kind that is not known is named by its own name
with all texts that it has.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from ingest.formats.chats.html_tree import parse
from ingest.formats.container import MemberBroken

_KINDS: Final = ("Event/", "ThreadActivity/", "Control/", "Notice", "PopCard", "InviteFreeRelationshipChanged/")
_LONGEST: Final = 1 << 20
_MOST: Final = 1_000
_WORDS: Final = {
    "AddMember": "added",
    "DeleteMember": "removed",
    "MemberJoined": "joined",
    "MemberLeft": "left",
    "TopicUpdate": "changed the topic to",
    "PictureUpdate": "changed the picture",
    "HistoryDisclosedUpdate": "changed whether the history is shown to",
    "JoiningEnabledUpdate": "changed whether others may join",
    "RoleUpdate": "changed the role of",
}
_SILENT: Final = frozenset({"eventtime", "rosterversion", "detailedinitiatorinfo", "detailedtargetinfo", "initiator"})
_CALL: Final = re.compile(r"Event/Call")


def is_notice(kind: str) -> bool:
    """Whether messages of this type are the platform's own."""
    return kind.startswith(_KINDS)


def text(kind: str, content: str) -> str:
    """A notice in words."""
    try:
        document = parse(content[:_LONGEST])
    except MemberBroken:
        return kind
    if _CALL.match(kind):
        return _call(document.find("partlist"), kind)
    initiator = document.find("initiator")
    who = initiator.text() if initiator else ""
    what = _WORDS.get(kind.partition("/")[2], kind)
    leaves = (one for one in document.walk() if one.tag and not one.elements() and one.tag not in _SILENT)
    said = [one.text() for one in leaves]
    if not said and not document.elements():
        said = [document.text()]
    return " ".join(one for one in (who, what, ", ".join(one for one in said[:_MOST] if one and one != who)) if one)


def _call(parts: Any, kind: str) -> str:
    if parts is None:
        return kind
    people = []
    for part in list(parts.find_all("part"))[:_MOST]:
        name, duration = part.find("name"), part.find("duration")
        called = (name.text() if name else "") or part.attributes.get("identity", "")
        seconds = duration.text() if duration else ""
        people.append(f"{called} ({seconds} s)" if seconds else called)
    state = parts.attributes.get("type", "")
    return ": ".join(one for one in (f"call {state}".strip(), ", ".join(people)) if one)


def as_json(value: object) -> Any:
    """A value that these exports write either as it is or as JSON in a text."""
    if not isinstance(value, str) or len(value) > _LONGEST or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
