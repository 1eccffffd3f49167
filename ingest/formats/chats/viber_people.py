"""People and chats of Viber's databases.

Rule kept: a chat is the same in later exports, of whichever device: a group by the number that Viber gave it
(``ChatInfo.Token``, ``ZGROUPID``), a chat of two by the other's telephone number, and only where neither is told by its
row. People are written with the number that the database has of them; its owner is ``Me``, since nothing tells which of
the people it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.model import Thread
from ingest.formats.chats.people import person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.chats.imessage_tables import Tables

    Row = dict[str, Any]

OWNER: Final = "Me"
_MOST_PEOPLE: Final = 1024
_MOST_IN_TITLE: Final = 64
_RECEIVED: Final = "received"


class DesktopChats:
    """Chats of viber.db by ``ChatID``; those that messages were met of are `opened`."""

    def __init__(self, source: Tables, path: str) -> None:
        self.opened: dict[object, Thread] = {}
        self._path = path
        self._labels: dict[object, str] = {}
        self._numbers: dict[object, str] = {}
        self._members: dict[object, list[object]] = {}
        self._chats = {row.get("ChatID"): row for row in source.dicts("SELECT * FROM ChatInfo")}
        for row in source.dicts("SELECT * FROM Contact"):
            key = row.get("ContactID")
            number = _text(row, "Number") or _text(row, "MID")
            label = person(_text(row, "Name") or _text(row, "ClientName") or None, number or None)
            if label:
                self._labels[key] = label
                self._numbers[key] = number
        for chat, contact in source.sorted_pairs("ChatRelation", "ChatID", "ContactID"):
            _add(self._members, chat, contact)

    def label(self, contact: object) -> str | None:
        """How a person is written."""
        return self._labels.get(contact)

    def thread(self, chat: object, contact: object) -> Thread:
        """The thread of a chat; of the person, where there is none."""
        key = ("chat", chat) if chat is not None else ("contact", contact)
        found = self.opened.get(key)
        if found is None:
            members = self._members.get(chat, []) if chat is not None else [contact]
            row = self._chats.get(chat, {})
            group = _identity(row.get("Token"))
            found = self.opened[key] = _thread(
                self._path,
                (self._labels[one] for one in members if one in self._labels),
                _text(row, "Name"),
                group and f"group:{group}",
                [self._numbers.get(one, "") for one in members],
                f"{key[0]}:{key[1]}",
            )
        return found


class PhoneChats:
    """Chats of Contacts.data by ``Z_PK``; those that messages were met of are `opened`."""

    def __init__(self, source: Tables, path: str) -> None:
        self.opened: dict[object, Thread] = {}
        self._path = path
        self._labels: dict[object, str] = {}
        self._numbers: dict[object, str] = {}
        self._members: dict[object, list[object]] = {}
        self._chats = {row["ROWID"]: row for row in source.dicts("SELECT ROWID AS ROWID, * FROM ZCONVERSATION")}
        if "ZPHONENUMBER" in source.names:
            for row in source.dicts("SELECT * FROM ZPHONENUMBER"):
                self._numbers[row.get("ZMEMBER")] = _text(row, "ZCANONIZEDPHONENUM") or _text(row, "ZPHONE")
        for row in source.dicts("SELECT ROWID AS ROWID, * FROM ZMEMBER"):
            name = _text(row, "ZDISPLAYFULLNAME") or _text(row, "ZDISPLAYSHORTNAME") or _text(row, "ZNAME")
            label = person(name or None, self._numbers.get(row["ROWID"]) or None)
            if label:
                self._labels[row["ROWID"]] = label
        for chat, member in source.sorted_pairs("Z_5PHONENUMINDEXES", "Z_5CONVERSATIONS", "Z_10PHONENUMINDEXES"):
            _add(self._members, chat, member)

    def sender(self, row: Row, chat: object) -> str | None:
        """Who sent a message: who is named, else the other of a chat of two where it was received, else the owner."""
        named = row.get("ZPHONENUMINDEX")
        if named is not None:
            return self._labels.get(named)
        if row.get("ZSTATE") != _RECEIVED:
            return OWNER
        return self._labels.get(self._chats.get(chat, {}).get("ZINTERLOCUTOR"))

    def thread(self, chat: object, member: object) -> Thread:
        """The thread of a chat; of the person, where there is none."""
        key = ("chat", chat) if chat is not None else ("member", member)
        found = self.opened.get(key)
        if found is None:
            row = self._chats.get(chat, {})
            other = row.get("ZINTERLOCUTOR") if chat is not None else member
            members = self._members.get(chat, []) if other is None else [other]
            group = _identity(row.get("ZGROUPID"))
            found = self.opened[key] = _thread(
                self._path,
                (self._labels[one] for one in members if one in self._labels),
                _text(row, "ZNAME"),
                group and f"group:{group}",
                [self._numbers.get(one, "") for one in members],
                f"{key[0]}:{key[1]}",
            )
        return found


def _thread(path: str, people: Iterable[str], name: str, group: str, numbers: list[str], otherwise: str) -> Thread:
    others = list(dict.fromkeys(people))[:_MOST_PEOPLE]
    other = numbers[0] if len(numbers) == 1 else ""
    return Thread(
        platform="viber",
        key=group or (f"person:{other}" if other else otherwise),
        title=name or ", ".join(others[:_MOST_IN_TITLE]) or None,
        participants=(*others, OWNER),
        owner=OWNER,
        path=path,
        serialised=True,
    )


def _add(members: dict[object, list[object]], chat: object, one: object) -> None:
    held = members.setdefault(chat, [])
    if len(held) < _MOST_PEOPLE:
        held.append(one)


def _identity(value: object) -> str:
    """A number or a text that identifies something; empty where it is none."""
    if type(value) is int:
        return str(value) if value else ""
    return value if isinstance(value, str) and value != "0" else ""


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""
