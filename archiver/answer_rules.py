"""Whether a mail that was handed in is answered, and to which address; pure.

Rules, after RFC 3834 §2 and §4:

- Nothing that a program sent is answered, nor what came with a null return path, nor our own addresses or those that
  no person reads. So no two archives can answer each other, and no bounce is answered.
- A receipt goes only to an address of the custodian, and only where he handed the mail in himself: mail that a system
  of the agency hands in for him (a polled mailbox of his, another's recipient) is not answered.
- A stranger is told that his mail waits only where it is he: his domain is the agency's own or his address was proved
  (aligned SPF or DKIM), and the mail names the archive as a recipient. Otherwise an answer would be backscatter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from archiver.settings_sections import AnswerTo
from ingest.carrier_facts import plain_address
from storage.records import Channel, Outcome

if TYPE_CHECKING:
    from ingest.carrier_facts import CarrierFacts

MAIL_CHANNELS = frozenset({Channel.SMTP, Channel.LMTP, Channel.IMAP})
_WITH_ENVELOPE = frozenset({Channel.SMTP, Channel.LMTP})
# RFC 2142 §5 and custom: behind these is no person, or a list
_NOBODY = frozenset(
    {
        "mailer-daemon",
        "postmaster",
        "noreply",
        "no-reply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "do_not_reply",
        "bounce",
        "bounces",
        "listserv",
        "majordomo",
        "nobody",
        "root",
        "daemon",
    }
)


class About(StrEnum):
    """What an answer says: that a mail was archived, or that it was not."""

    RECEIPT = "receipt"
    TROUBLE = "trouble"


class Quiet(StrEnum):
    """Why there is no letter; beside the signs of `ingest.carrier_facts.Sign`."""

    OUTCOME = "another outcome"
    OLD = "too old"
    SWITCHED_OFF = "switched off"
    OPTED_OUT = "custodian wants none"
    NULL_SENDER = "null sender"
    NOBODY = "nobody reads there"
    OWN_ADDRESS = "own address"
    NOT_HIS = "not handed in by him"
    NOT_PROVED = "sender not proved"
    NOT_ADDRESSED = "archive not addressed"
    NO_ADDRESS = "no usable address"
    UNREADABLE = "not readable"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """What the settings say. `own` are the archive's addresses, `domains` the agency's, both case folded."""

    receipts: bool
    failures: bool
    to: AnswerTo
    own: frozenset[str]
    domains: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """One mail that was handed in, as far as its answer depends on it.

    `submitter` is the envelope's sender (None is the null path on SMTP and LMTP), `owner` the addresses of the
    custodian, empty where nobody is known; `personal_mailbox` whether the channel polls a mailbox of his; `proved` the
    addresses or domains that aligned checks have shown to be the sender's.
    """

    about: About
    channel: Channel
    outcome: Outcome
    submitter: str | None
    owner: tuple[str, ...]
    personal_mailbox: bool
    opted_out: bool
    proved: bool
    carrier: CarrierFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A letter is due: to this address, and whether it is that of a stranger."""

    to: str
    stranger: bool


def decide(one: HandedIn, policy: AnswerPolicy) -> Answer | str:
    """The answer that is due, or why there is none, as a code."""
    silence = _silence(one, policy)
    if silence is not None:
        return silence
    return _for_owner(one, policy) if one.owner else _for_stranger(one, policy)


def _silence(one: HandedIn, policy: AnswerPolicy) -> str | None:
    """Why nobody at all is answered."""
    wanted = policy.receipts if one.about is About.RECEIPT else policy.failures
    named = _senders(one)
    reasons = {
        Quiet.OUTCOME: (one.outcome is Outcome.ARCHIVED) != (one.about is About.RECEIPT),
        Quiet.SWITCHED_OFF: not wanted,
        Quiet.NULL_SENDER: one.channel in _WITH_ENVELOPE and one.submitter is None,
        one.carrier.sign: one.carrier.sign is not None,
        Quiet.OWN_ADDRESS: any(each in policy.own for each in named),
        Quiet.NOBODY: any(is_nobody(each) for each in named),
    }
    return next((reason.value for reason, holds in reasons.items() if holds and reason is not None), None)


def _senders(one: HandedIn) -> list[str]:
    """Who the mail and its envelope say sent it."""
    named = (one.carrier.sender, plain_address(one.submitter))
    return list(dict.fromkeys(each for each in named if each is not None))


def _for_owner(one: HandedIn, policy: AnswerPolicy) -> Answer | str:
    if one.opted_out:
        return Quiet.OPTED_OUT.value
    his = [each for each in _senders(one) if each in one.owner]
    if not his or one.personal_mailbox:
        return Quiet.NOT_HIS.value
    to = plain_address(one.owner[0] if policy.to is AnswerTo.OFFICE else his[0])
    if to is None:
        return Quiet.NO_ADDRESS.value
    return Quiet.OWN_ADDRESS.value if to in policy.own else Answer(to=to, stranger=False)


def _for_stranger(one: HandedIn, policy: AnswerPolicy) -> Answer | str:
    to = one.carrier.sender
    if to is None:
        return Quiet.NO_ADDRESS.value
    if not policy.own.intersection(one.carrier.recipients):
        return Quiet.NOT_ADDRESSED.value
    if not one.proved and to.rpartition("@")[2] not in policy.domains:
        return Quiet.NOT_PROVED.value
    return Answer(to=to, stranger=True)


def is_nobody(address: str) -> bool:
    """Whether an address is one that no person reads, by its local part."""
    local = address.rpartition("@")[0].partition("+")[0]
    return local in _NOBODY or local.startswith(("owner-", "bounce-", "bounces-")) or local.endswith("-request")
