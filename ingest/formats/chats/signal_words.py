"""What Signal shows for things that are nobody's words: calls, changes of a group, settings, cards, polls, payments.

Rule kept: the sentence says what the fields say and no more; the fields themselves stay in the message's bytes. Where
a change has no sentence here (a newer version of the app), the name of its field stands for it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Named = Callable[[object], str | None]

_UNKNOWN: Final = "Notice of a kind that is not known"
_MOST: Final = 100  # lines of one notice
_LONGEST_TIMER: Final = 1 << 50  # milliseconds
_SIMPLE: Final = {
    "JOINED_SIGNAL": "Joined Signal",
    "IDENTITY_UPDATE": "Safety number changed",
    "IDENTITY_VERIFIED": "Safety number marked as verified",
    "IDENTITY_DEFAULT": "Safety number marked as not verified",
    "CHANGE_NUMBER": "Changed their phone number",
    "RELEASE_CHANNEL_DONATION_REQUEST": "Request for a donation",
    "END_SESSION": "Secure session reset",
    "CHAT_SESSION_REFRESH": "Chat session refreshed",
    "BAD_DECRYPT": "A message could not be delivered",
    "PAYMENTS_ACTIVATED": "Payments activated",
    "PAYMENT_ACTIVATION_REQUEST": "Request to activate payments",
    "UNSUPPORTED_PROTOCOL_MESSAGE": "A message of a kind that the app did not support",
    "REPORTED_SPAM": "Reported as spam",
    "BLOCKED": "Blocked",
    "UNBLOCKED": "Unblocked",
    "MESSAGE_REQUEST_ACCEPTED": "Message request accepted",
}
# who did it, the person whom it was done to, and a sentence with both where both are told
_GROUP: Final = {
    "genericGroupUpdate": "{updaterAci} updated the group",
    "groupCreationUpdate": "{updaterAci} created the group",
    "groupNameUpdate": "{updaterAci} changed the group name to: {newGroupName}",
    "groupAvatarUpdate": "{updaterAci} changed the group photo",
    "groupDescriptionUpdate": "{updaterAci} changed the group description to: {newDescription}",
    "groupMembershipAccessLevelChangeUpdate": "{updaterAci} changed who can edit membership to {accessLevel}",
    "groupAttributesAccessLevelChangeUpdate": "{updaterAci} changed who can edit the group to {accessLevel}",
    "groupAnnouncementOnlyChangeUpdate": "{updaterAci} changed who can send messages",
    "groupAdminStatusUpdate": "{updaterAci} changed the administrator status of {memberAci}",
    "groupMemberLeftUpdate": "{aci} left the group",
    "groupMemberRemovedUpdate": "{removerAci} removed {removedAci}",
    "selfInvitedToGroupUpdate": "{inviterAci} invited you to the group",
    "selfInvitedOtherUserToGroupUpdate": "You invited {inviteeServiceId} to the group",
    "groupUnknownInviteeUpdate": "{inviterAci} invited {inviteeCount} people to the group",
    "groupInvitationAcceptedUpdate": "{newMemberAci} accepted an invitation to the group from {inviterAci}",
    "groupInvitationDeclinedUpdate": "{inviteeAci} declined an invitation to the group from {inviterAci}",
    "groupMemberJoinedUpdate": "{newMemberAci} joined the group",
    "groupMemberAddedUpdate": "{updaterAci} added {newMemberAci}",
    "groupSelfInvitationRevokedUpdate": "{revokerAci} revoked your invitation to the group",
    "groupInvitationRevokedUpdate": "{updaterAci} revoked invitations to the group",
    "groupJoinRequestUpdate": "{requestorAci} asked to join the group",
    "groupJoinRequestApprovalUpdate": "{updaterAci} answered the request of {requestorAci} to join the group",
    "groupJoinRequestCanceledUpdate": "{requestorAci} took back the request to join the group",
    "groupInviteLinkResetUpdate": "{updaterAci} reset the group link",
    "groupInviteLinkEnabledUpdate": "{updaterAci} turned on the group link",
    "groupInviteLinkAdminApprovalUpdate": "{updaterAci} changed the approval of the group link",
    "groupInviteLinkDisabledUpdate": "{updaterAci} turned off the group link",
    "groupMemberJoinedByLinkUpdate": "{newMemberAci} joined the group by its link",
    "groupV2MigrationUpdate": "The group was upgraded",
    "groupV2MigrationSelfInvitedUpdate": "You could not be added to the upgraded group and were invited",
    "groupV2MigrationInvitedMembersUpdate": "{invitedMembersCount} members were invited to the upgraded group",
    "groupV2MigrationDroppedMembersUpdate": "{droppedMembersCount} members were removed by the upgrade of the group",
    "groupSequenceOfRequestsAndCancelsUpdate": "{requestorAci} asked to join and took it back {count} times",
    "groupExpirationTimerUpdate": "{updaterAci} set the time of disappearing messages to {expiresInMs}",
    "groupMemberLabelAccessLevelChangeUpdate": "{updaterAci} changed who can set member labels to {accessLevel}",
    "groupTerminateChangeUpdate": "{updaterAci} ended the group",
}
_VARIANTS: Final = {
    ("groupNameUpdate", "newGroupName", False): "{updaterAci} removed the group name",
    ("groupDescriptionUpdate", "newDescription", False): "{updaterAci} removed the group description",
    ("groupAvatarUpdate", "wasRemoved", True): "{updaterAci} removed the group photo",
    (
        "groupAnnouncementOnlyChangeUpdate",
        "isAnnouncementOnly",
        True,
    ): "{updaterAci} allowed only administrators to send",
    ("groupAnnouncementOnlyChangeUpdate", "isAnnouncementOnly", False): "{updaterAci} allowed all members to send",
    ("groupAdminStatusUpdate", "wasAdminStatusGranted", True): "{updaterAci} made {memberAci} an administrator",
    ("groupAdminStatusUpdate", "wasAdminStatusGranted", False): "{updaterAci} made {memberAci} no longer administrator",
    ("groupJoinRequestApprovalUpdate", "wasApproved", True): "{updaterAci} approved {requestorAci} to join the group",
    ("groupJoinRequestApprovalUpdate", "wasApproved", False): "{updaterAci} refused {requestorAci} to join the group",
}
_STATES: Final = {
    "NOT_ACCEPTED": "not answered",
    "MISSED": "missed",
    "MISSED_NOTIFICATION_PROFILE": "missed, notifications were off",
    "DECLINED": "declined",
    "ACCEPTED": "answered",
    "JOINED": "joined",
    "RINGING": "ringing",
    "OUTGOING_RING": "rung",
}


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "Somebody" if key.endswith(("Aci", "Id", "aci")) else "unknown"


def update_words(update: Mapping[str, Any], named: Named, by_id: Named) -> str:
    """The sentence of a ChatUpdateMessage; `named` gives the name of a service identity, `by_id` of a recipient."""
    kind, body = next(((name, value) for name, value in update.items() if isinstance(value, dict)), ("", {}))
    if kind == "groupChange":
        return _group_words(body, named)
    if kind == "groupCall":
        return _group_call_words(body, by_id)
    sentence = _UPDATES.get(kind)
    return sentence(body) if sentence else kind.removeprefix("#") or _UNKNOWN


def contact_words(contact: Mapping[str, Any]) -> str:
    """A card that was sent: names, numbers and addresses, a line each."""
    name = contact.get("name")
    lines = []
    if isinstance(name, dict):
        order = ("prefix", "givenName", "middleName", "familyName", "suffix")
        lines.append(" ".join(part for key in order if (part := _text(name, key))))
        lines.append(_text(name, "nickname"))
    lines.append(_text(contact, "organization"))
    for key in ("number", "email"):
        lines.extend(_text(one, "value") for one in _dicts(contact.get(key)))
    place = ("street", "pobox", "neighborhood", "city", "region", "postcode", "country")
    lines.extend(
        ", ".join(part for key in place if (part := _text(one, key))) for one in _dicts(contact.get("address"))
    )
    return "\n".join(line for line in lines if line)


def poll_words(poll: Mapping[str, Any], by_id: Named) -> str:
    """The question and its options, each with those who chose it."""
    lines = [_text(poll, "question")]
    for option in _dicts(poll.get("options")):
        votes = _dicts(option.get("votes"))
        voters = [name for one in votes if (name := by_id(one.get("voterId")))]
        lines.append(f"- {_text(option, 'option')}" + (f": {', '.join(voters)}" if voters else ""))
    return "\n".join(lines)


def payment_words(payment: Mapping[str, Any]) -> str:
    """The note and the amount, in the unit of Signal's payments."""
    amount = _text(payment, "amountMob")
    lines = [_text(payment, "note"), f"Payment of {amount} MOB" if amount else "Payment"]
    return "\n".join(line for line in lines if line)


def _group_words(change: Mapping[str, Any], named: Named) -> str:
    lines = []
    for update in _dicts(change.get("updates")):
        kind, body = next(((name, value) for name, value in update.items() if isinstance(value, dict)), ("", {}))
        sentence = _GROUP.get(kind, "{updaterAci} updated the group")
        for (of, fact, wanted), other in _VARIANTS.items():
            if of == kind and bool(body.get(fact)) == wanted:
                sentence = other
        lines.append(sentence.format_map(_facts(body, named)))
    return "\n".join(lines) or "The group was changed"


def _facts(body: Mapping[str, Any], named: Named) -> _Facts:
    facts = _Facts()
    for key, value in body.items():
        if key.endswith(("Aci", "aci", "ServiceId")):
            name = named(value)
            if name:
                facts[key] = name
        elif key == "expiresInMs":
            facts[key] = _duration(value)
        elif isinstance(value, (str, int)):
            facts[key] = str(value)
    if "expiresInMs" not in facts:
        facts["expiresInMs"] = "off"
    return facts


def _group_call_words(call: Mapping[str, Any], by_id: Named) -> str:
    started, state = by_id(call.get("startedCallRecipientId")), _STATES.get(str(call.get("state", "")), "")
    return "Group call" + (f", started by {started}" if started else "") + (f" ({state})" if state else "")


def _learned_words(body: Mapping[str, Any]) -> str:
    known = _text(body, "username") or _phone(body.get("e164"))
    return f"The name of this person became known; before it was {known}" if known else "The name became known"


def _call_words(call: Mapping[str, Any]) -> str:
    direction = {"OUTGOING": "Outgoing", "INCOMING": "Incoming"}.get(str(call.get("direction", "")), "")
    kind = {"VIDEO_CALL": "video call", "AUDIO_CALL": "voice call"}.get(str(call.get("type", "")), "call")
    state = _STATES.get(str(call.get("state", "")), "")
    words = f"{direction} {kind}" if direction else kind.capitalize()
    return f"{words} ({state})" if state else words


def _duration(value: object) -> str:
    try:
        milliseconds = int(str(value)[:20])
    except ValueError:
        return "off"
    return str(timedelta(milliseconds=milliseconds)) if 0 < milliseconds < _LONGEST_TIMER else "off"


def _phone(value: object) -> str:
    return f"+{value}" if value and str(value).isdigit() else ""


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value[:_MOST] if isinstance(one, dict)] if isinstance(value, list) else []


_UPDATES: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "simpleUpdate": lambda body: _SIMPLE.get(str(body.get("type", "")), _UNKNOWN),
    "expirationTimerChange": lambda body: f"Time of disappearing messages set to {_duration(body.get('expiresInMs'))}",
    "profileChange": lambda body: f"Changed their name from {_text(body, 'previousName')} to {_text(body, 'newName')}",
    "learnedProfileChange": _learned_words,
    "threadMerge": lambda body: (
        f"The conversation was joined with that of {_phone(body.get('previousE164')) or 'another number'}"
    ),
    "sessionSwitchover": lambda body: f"The conversation went on with {_phone(body.get('e164')) or 'another number'}",
    "individualCall": _call_words,
    "pollTerminate": lambda body: f"The poll ended: {_text(body, 'question')}",
    "pinMessage": lambda _: "A message was pinned",
}
