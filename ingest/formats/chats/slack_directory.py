"""Who and what the ids of a Slack export stand for: members, apps, channels, groups and direct messages.

Rule kept: a person has one name throughout, the real name, else the display name, else the handle; two members of the
same name are told apart by their handles. As a sender a member has his address too, where the export says it. An id
that nothing tells of stays an id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.people import person
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

USERS: Final = ("users.json", "org_users.json")
CHANNELS: Final = ("channels.json", "groups.json", "dms.json", "mpims.json")
LOGS: Final = "integration_logs.json"
_MOST: Final = 500_000
_MOST_MEMBERS: Final = 10_000


@dataclass(slots=True)
class Channel:
    """A conversation: its id and name, and the ids of its members, as far as the export says them."""

    id: str | None = None
    name: str | None = None
    members: tuple[str, ...] = ()
    is_direct: bool = False


@dataclass(slots=True)
class Directory:
    """Names by id; channels by id and by name, because a folder is called by either."""

    people: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    apps: dict[str, str] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def person(self, number: str) -> str:
        """The name of a member or an app, else the id itself."""
        return self.people.get(number) or self.apps.get(number) or number

    def sender(self, number: str) -> str:
        """The same with the member's address, which tells him from all others."""
        return person(self.person(number), self.addresses.get(number)) or number

    def channel_name(self, number: str) -> str | None:
        """The name of a channel, None where nothing tells it."""
        found = self.channels.get(number)
        return found.name if found is not None else None

    def title(self, channel: Channel, folder: str) -> str:
        """What people call a conversation: its name, of a direct one those who take part."""
        if channel.is_direct or channel.name is None:
            return ", ".join(self.person(one) for one in channel.members) or channel.name or folder
        return channel.name


def directory(export: Export, root: str) -> Directory:
    """All that the files at the top say; one that is damaged is remarked, and ids stay ids then."""
    found = Directory()
    _add_people(found, export, root)
    for name in CHANNELS:
        for one in _objects(export, root + name, found):
            _add_channel(found, one, is_direct=name in ("dms.json", "mpims.json"))
    for one in _objects(export, root + LOGS, found):
        service = _string(one.get("service_type"))
        if service and isinstance(one.get("service_id"), str | int) and len(found.apps) < _MOST:
            found.apps[str(one["service_id"])] = service
    return found


def _add_people(found: Directory, export: Export, root: str) -> None:
    handles: dict[str, tuple[str, str]] = {}
    for name in USERS:
        for one in _objects(export, root + name, found):
            if isinstance(one.get("id"), str) and len(handles) < _MOST:
                profile = one.get("profile")
                if isinstance(profile, dict) and (address := _string(profile.get("email"))):
                    found.addresses[one["id"]] = address
                handles[one["id"]] = (name_of(one) or one["id"], _string(one.get("name")) or "")
    times: dict[str, int] = {}
    for shown, _ in handles.values():
        times[shown] = times.get(shown, 0) + 1
    for number, (shown, handle) in handles.items():
        doubled = times[shown] > 1 and number not in found.addresses
        found.people[number] = f"{shown} ({handle or number})" if doubled else shown


def _add_channel(found: Directory, one: dict[str, Any], *, is_direct: bool) -> None:
    listed = one.get("members")
    members = [who for who in listed if isinstance(who, str)] if isinstance(listed, list) else []
    channel = Channel(
        id=_string(one.get("id")),
        name=_string(one.get("name")),
        members=tuple(members[:_MOST_MEMBERS]),
        is_direct=is_direct,
    )
    for label in (channel.id, channel.name):
        if label and len(found.channels) < _MOST:
            found.channels.setdefault(label, channel)


def _objects(export: Export, name: str, found: Directory) -> Iterator[dict[str, Any]]:
    if not export.has(name):
        return
    try:
        for piece in walk(export.open(name), [("*",)]):
            if isinstance(piece.value, dict):
                yield piece.value
    except (ContainerBroken, MemberBroken):
        found.remarks.append(Remark(text="a list of names is damaged, so that ids stand for some names", path=name))


def name_of(user: dict[str, Any]) -> str | None:
    """A member's name, from an entry of users.json or the `user_profile` of a message."""
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    for value in (user.get("real_name"), profile.get("real_name"), profile.get("display_name"), user.get("name")):
        if isinstance(value, str) and value.strip():
            return storable(value.strip())
    return None


def _string(value: object) -> str | None:
    return storable(value) if isinstance(value, str) and value else None
