"""Who is who in a Signal backup: recipients and chats, which stand before the messages that name them.

Rule kept: a person is named as Signal names him: the nickname that the owner gave, else the name in the phone's
contacts, else the profile's, else number, username or service identity. Identifiers in the backup are numbers of that
one file and mean nothing in the next, so threads and messages are identified by service identities. A group's key
gives access to the group: only its hash leaves this module.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.model import Thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MY_STORY: Final = "My Story"
_SIGNAL: Final = "Signal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person, a group or a list; `key` is what identifies it in every backup, where it has something that does."""

    name: str | None
    key: str
    members: tuple[str, ...] | None = None
    is_self: bool = False


@dataclass(slots=True)
class People:
    """What the frames before a message said. `path` is the file, for the threads."""

    path: str
    serialised: bool
    owner: str = ""
    _recipients: dict[str, Recipient] = field(default_factory=dict)
    _by_identity: dict[str, str] = field(default_factory=dict)
    _chats: dict[str, str] = field(default_factory=dict)
    _threads: dict[str, Thread] = field(default_factory=dict)

    def account(self, body: Mapping[str, Any]) -> None:
        """The owner's own name."""
        full = _joined(body, "givenName", "familyName")
        self.owner = full or _text(body, "username")

    def recipient(self, body: Mapping[str, Any]) -> None:
        """A recipient and its number in this file."""
        number = _number(body.get("id"))
        found = self._described(body)
        if number and found is not None:
            self._recipients[number] = found

    def chat(self, body: Mapping[str, Any]) -> None:
        """A chat and whose it is."""
        number = _number(body.get("id"))
        if number:
            self._chats[number] = _number(body.get("recipientId"))
            self._threads.pop(number, None)

    def sender(self, number: object) -> Recipient | None:
        """Who has this number."""
        found = self._recipients.get(number) if isinstance(number, str) else None
        return found or self._recipients.get(_number(number))

    def by_id(self, number: object) -> str | None:
        """The name of who has this number."""
        found = self.sender(number)
        return found.name if found else None

    def named(self, identity: object) -> str | None:
        """The name of who has this service identity (base64)."""
        return self._by_identity.get(identity) if isinstance(identity, str) else None

    def thread(self, number: object) -> Thread:
        """The thread of a chat; of one that no frame described, too."""
        found = self._threads.get(number) if isinstance(number, str) else None
        if found is None:
            chat = _number(number)
            found = self._threads.get(chat)
        if found is None:
            found = self._threads[chat] = self._opened(chat)
        return found

    def _opened(self, chat: str) -> Thread:
        recipient = self._recipients.get(self._chats.get(chat, ""))
        owner = (self.owner,) if self.owner else ()
        if recipient is None:
            names: tuple[str, ...] = owner
            key, title = f"chat:{chat}", None
        else:
            key, title = recipient.key, recipient.name
            if recipient.members is not None:
                others = (name for one in recipient.members if (name := self._by_identity.get(one)))
                names = tuple(dict.fromkeys((*others, *owner)))
            elif recipient.is_self or not title:
                names = owner
            else:
                names = tuple(dict.fromkeys((title, *owner)))
        return Thread(
            platform="signal",
            key=key,
            title=title,
            participants=names,
            owner=self.owner or None,
            path=self.path,
            serialised=self.serialised,
        )

    def _described(self, body: Mapping[str, Any]) -> Recipient | None:
        kind, value = next(((name, one) for name, one in body.items() if isinstance(one, dict)), ("", {}))
        if kind == "contact":
            return self._contact(value)
        if kind == "self":
            return Recipient(name=self.owner or None, key="self", is_self=True)
        described = _DESCRIBED.get(kind)
        return described(value) if described else None

    def _contact(self, body: Mapping[str, Any]) -> Recipient:
        nickname = body.get("nickname")
        aci, phone = _hex(body.get("aci")), _number(body.get("e164"))
        username = _text(body, "username")
        name = (
            (_joined(nickname, "given", "family") if isinstance(nickname, dict) else "")
            or _text(body, "systemNickname")
            or _joined(body, "systemGivenName", "systemFamilyName")
            or _joined(body, "profileGivenName", "profileFamilyName")
            or (f"+{phone}" if phone else "")
            or username
            or aci
            or _hex(body.get("pni"))
        )
        for identity in (body.get("aci"), body.get("pni")):
            if isinstance(identity, str) and identity and name:
                self._by_identity[identity] = name
        key = aci or (f"+{phone}" if phone else "") or _hex(body.get("pni")) or username or f"name:{name}"
        return Recipient(name=name or None, key=key)


def _group(body: Mapping[str, Any]) -> Recipient:
    snapshot = body.get("snapshot")
    snapshot = snapshot if isinstance(snapshot, dict) else {}
    title = snapshot.get("title")
    members = snapshot.get("members")
    identities = (
        tuple(one["userId"] for one in members if isinstance(one, dict) and isinstance(one.get("userId"), str))
        if isinstance(members, list)
        else ()
    )
    name = _text(title, "title") if isinstance(title, dict) else ""
    return Recipient(name=name or None, key=f"group:{_hashed(body.get('masterKey'))}", members=identities)


def _list(body: Mapping[str, Any]) -> Recipient:
    inside = body.get("distributionList")
    name = _text(inside, "name") if isinstance(inside, dict) else ""
    return Recipient(name=name or _MY_STORY, key=f"list:{_hex(body.get('distributionId'))}")


def _number(value: object) -> str:
    if isinstance(value, str):
        return value if value.isascii() and value.isdigit() else ""
    return str(value) if type(value) is int and value >= 0 else ""


def _bytes(value: object) -> bytes:
    try:
        return b64decode(value) if isinstance(value, str) else b""
    except (NotBase64, ValueError):
        return b""


def _hex(value: object) -> str:
    return _bytes(value).hex()


def _hashed(value: object) -> str:
    return sha256(_bytes(value)).hexdigest()[:32]


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value.strip() if isinstance(value, str) else ""


def _joined(body: Mapping[str, Any], first: str, second: str) -> str:
    return f"{_text(body, first)} {_text(body, second)}".strip()


_DESCRIBED: Final[dict[str, Callable[[Mapping[str, Any]], Recipient]]] = {
    "group": _group,
    "distributionList": _list,
    "releaseNotes": lambda _: Recipient(name=_SIGNAL, key="releaseNotes"),
    "callLink": lambda body: Recipient(name=_text(body, "name") or None, key=f"call:{_hashed(body.get('rootKey'))}"),
}
