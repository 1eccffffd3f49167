"""The members of letterheads and forwards in an encoded description (see `description_codec`).

Rule kept: reading trusts nothing, and what has its default is left out.
"""

from __future__ import annotations

from typing import Final

from storage.records import Forward, ForwardedMessage, ForwardMethod, Letterhead, Party
from storage.strict_json import Members, bounded, many, only, refuse, string_or_none, strings, word

NO_FORWARD: Final = Forward()
NO_LETTERHEAD: Final = Letterhead()
_PAIR: Final = ("first", "second")


def present(**members: str | None) -> Members:
    """The members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def letterhead_members(letterhead: Letterhead) -> Members:
    """The members of a letterhead."""
    members = present(date=letterhead.date, subject=letterhead.subject, message_id=letterhead.message_id)
    if letterhead.sender is not None:
        members["sender"] = (letterhead.sender.name, letterhead.sender.address)
    if letterhead.to:
        members["to"] = [(party.name, party.address) for party in letterhead.to]
    if letterhead.cc:
        members["cc"] = [(party.name, party.address) for party in letterhead.cc]
    if letterhead.references:
        members["references"] = letterhead.references
    return members


def read_letterhead(value: object) -> Letterhead:
    """The letterhead of some members.

    Raises:
        ValueError: they are none.
    """
    members = only(value, _LETTERHEAD_MEMBERS)
    return Letterhead(
        sender=_party(members["sender"]) if "sender" in members else None,
        to=many(members, "to", _party),
        cc=many(members, "cc", _party),
        date=string_or_none(members, "date"),
        subject=string_or_none(members, "subject"),
        message_id=string_or_none(members, "message_id"),
        references=strings(members, "references") if "references" in members else (),
    )


def _party(value: object) -> Party:
    # as `read_pair`, written out: some fifteen stand in a mail, and each is read three times until it can be found
    if type(value) is not list or len(value) != len(_PAIR):
        refuse("a pair")
    return Party(name=bounded(value[0], "a pair"), address=bounded(value[1], "a pair"))


def read_pair(value: object) -> tuple[str | None, str | None]:
    """Two strings, either of which may be missing.

    Raises:
        ValueError: this is no such pair.
    """
    if type(value) is not list or len(value) != len(_PAIR):
        refuse("a pair")
    first, second = value
    return bounded(first, "a pair"), bounded(second, "a pair")


def forward_members(forward: Forward) -> Members:
    """The members of a forward."""
    return {"method": forward.method.value, **present(by=forward.by, comment=forward.comment)}


def read_forward(value: object) -> Forward:
    """The forward of some members.

    Raises:
        ValueError: they are none.
    """
    members = only(value, _FORWARD_MEMBERS)
    return Forward(
        method=word(ForwardMethod, members, "method"),
        by=string_or_none(members, "by"),
        comment=string_or_none(members, "comment"),
    )


def chain_members(chain: tuple[ForwardedMessage, ...]) -> list[Members]:
    """The members of a chain, outermost first."""
    return [
        {
            "method": link.method.value,
            "letterhead": letterhead_members(link.letterhead),
            **present(comment=link.comment),
        }
        for link in chain
    ]


def read_link(value: object) -> ForwardedMessage:
    """One message of a chain.

    Raises:
        ValueError: these members are none.
    """
    members = only(value, _LINK_MEMBERS)
    return ForwardedMessage(
        method=word(ForwardMethod, members, "method"),
        letterhead=read_letterhead(members.get("letterhead")),
        comment=string_or_none(members, "comment"),
    )


_LETTERHEAD_MEMBERS = frozenset({"sender", "to", "cc", "date", "subject", "message_id", "references"})
_FORWARD_MEMBERS = frozenset({"method", "by", "comment"})
_LINK_MEMBERS = frozenset({"method", "letterhead", "comment"})
