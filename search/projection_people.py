"""Who takes part in a record, as lines of words and as names to count by. Pure.

Rules:

- A name and an address are parts of a line of their own, and so is a telephone number that one of them is, as a word
  (`search.phone_words`).
- The custodian is known by his addresses, by handles that are known to be his (the ``Me`` of his export), and by his
  name where no address says otherwise.
- Correspondents to count by are those of the message itself: not who only carried it to the archive. Each is one normal
  form, an address or number, else the words of a name.
- An account is where it happened: the platform with the handle, number, address or place; of a mail each of the
  custodian's addresses that stands on a letterhead.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from search.analysis import words
from search.documents import BOUNDARY
from search.message_links import normal_party
from search.phone_words import phone_words
from storage.records import Party

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from storage.records import Custodian, Description, Letterhead

MOST_CORRESPONDENTS: Final = 300
SEPARATOR: Final = f" {BOUNDARY} "
_REMEMBERED: Final = 100
_LEAST_DIGITS: Final = 7
_MOST_ACCOUNTS: Final = 50


def people_line(people: Iterable[Party]) -> str:
    """The names, addresses and numbers of people, each once."""
    parts = [name_line(half) for party in people for half in (party.name, party.address) if half]
    return SEPARATOR.join(part for part in dict.fromkeys(parts) if part)


def name_line(text: str) -> str:
    """The words of a name or an address, and numbers in it; the same few stand in most mails and are remembered."""
    return _short_name_line(text) if len(text) <= _REMEMBERED else _name_line(text)


@lru_cache(maxsize=20_000)
def _short_name_line(text: str) -> str:
    return _name_line(text)


def _name_line(text: str) -> str:
    line = " ".join(words(text))
    if sum(map(str.isdigit, text)) < _LEAST_DIGITS:
        return line
    return SEPARATOR.join(part for part in dict.fromkeys((line, *phone_words(text))) if part)


def letterhead_people(letterhead: Letterhead | None) -> Iterator[Party]:
    """Sender and recipients of a letterhead, in its order."""
    if letterhead is None:
        return
    if letterhead.sender is not None:
        yield letterhead.sender
    yield from letterhead.to
    yield from letterhead.cc


def talkers(description: Description) -> list[Party]:
    """Who takes part in a conversation, and who wrote in it."""
    found: list[Party] = []
    if description.conversation is not None:
        found += [Party(name=name) for name in description.conversation.participants]
    senders = dict.fromkeys([message.sender for message in description.messages])  # thousands of messages, few people
    return found + [Party(name=sender) for sender in senders if sender]


def others(description: Description) -> list[Party]:
    """Everybody that the record names beside the original's letterhead, each once."""
    # a mail that forwards nothing has one letterhead, which names nobody beside itself
    carrier = None if description.carrier is description.original else description.carrier
    found: list[Party] = list(letterhead_people(carrier))
    if description.forward.by:
        found.append(Party(name=description.forward.by))
    found += talkers(description)
    if not found:
        return []
    known = set(letterhead_people(description.original))
    return [party for party in dict.fromkeys(found) if party not in known]


def custodian_parties(custodian: Custodian) -> list[Party]:
    """The custodian under his name and each of his addresses."""
    return [Party(name=custodian.name, address=custodian.addresses[0])] + [
        Party(address=address) for address in custodian.addresses[1:]
    ]


def sides(
    people: Iterable[Party], custodian: Custodian, known: Mapping[str, Sequence[Party]]
) -> tuple[list[Party], list[Party]]:
    """Of these people, each once, the custodian's own names, addresses and handles, and the others."""
    addresses = {address.lower() for address in custodian.addresses}
    handles = {
        handle
        for handle, parties in known.items()
        if any(party.address is not None and party.address.lower() in addresses for party in parties)
    }
    name = words(custodian.name)
    own: list[Party] = []
    rest: list[Party] = []
    for party in dict.fromkeys(people):
        if party.address:
            is_own = party.address.lower() in addresses
        else:
            is_own = party.name is not None and (
                party.name in handles or normal_party(party) in addresses or words(party.name) == name
            )
        (own if is_own else rest).append(party)
    return own, rest


def correspondents(people: Iterable[Party]) -> tuple[str, ...]:
    """One normal form of each of these people, as many as are counted."""
    found = dict.fromkeys(known for party in people if (known := normal_party(party)))
    return tuple(islice(found, MOST_CORRESPONDENTS))


def account_line(description: Description, own: Iterable[Party], known: Mapping[str, Sequence[Party]]) -> str:
    """Where it happened.

    Args:
        description: what the record says.
        own: under which names and addresses it names the custodian.
        known: by handle, under which names and addresses else somebody is known.
    """
    found: dict[str, None] = {}
    conversation = description.conversation
    if conversation is not None:
        owner = conversation.owner or ""
        learned = [party.address for party in known.get(owner, ())]
        found |= dict.fromkeys(one for one in (owner, conversation.url, *learned) if one)
    found |= dict.fromkeys(stated for party in own if (stated := party.address or party.name))
    platform = " ".join(words(description.platform or ""))
    parts = [part for one in islice(found, _MOST_ACCOUNTS) for part in name_line(one).split(SEPARATOR) if part]
    lines = [f"{platform} {part}" if platform else part for part in parts] or ([platform] if platform else [])
    return SEPARATOR.join(dict.fromkeys(lines))
