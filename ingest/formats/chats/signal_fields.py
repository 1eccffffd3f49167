"""Fields of Signal's backup format (protocol buffers, proto3), as far as messages and their people need them.

Rule kept: numbers, names and types are those of Signal's published Backup.proto (package signal.backup, version 1);
nothing is renamed, so that what is written out is the JSON mapping of proto3 and agrees with Signal's own plain-text
export. What is not in this table is kept by number. Settings of the account, colours and folders are left out: they
are nobody's words.

One line a message type: its name, a colon, and its fields as ``number name type``; ``*`` marks a repeated one.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_MESSAGES: Final = """
BackupInfo: 1 version u64, 2 backupTimeMs u64, 3 mediaRootBackupKey bytes, 4 currentAppVersion str, 5
    firstAppVersion str, 6 debugInfo bytes
Frame: 1 account AccountData, 2 recipient Recipient, 3 chat Chat, 4 chatItem ChatItem, 5 stickerPack bytes, 6
    adHocCall bytes, 7 notificationProfile bytes, 8 chatFolder bytes
AccountData: 2 username str, 4 givenName str, 5 familyName str
Recipient: 1 id u64, 2 contact Contact, 3 group Group, 4 distributionList DistributionListItem, 5 self Self, 6
    releaseNotes ReleaseNotes, 7 callLink CallLink
Contact: 1 aci bytes, 2 pni bytes, 3 username str, 4 e164 u64, 5 blocked bool, 6 visibility Contact.Visibility, 7
    registered Contact.Registered, 8 notRegistered Contact.NotRegistered, 9 profileKey bytes, 10 profileSharing
    bool, 11 profileGivenName str, 12 profileFamilyName str, 13 hideStory bool, 14 identityKey bytes, 15
    identityState Contact.IdentityState, 16 nickname Contact.Name, 17 note str, 18 systemGivenName str, 19
    systemFamilyName str, 20 systemNickname str, 21 avatarColor AvatarColor, 22 keyTransparencyData bytes
Contact.Registered:
Contact.NotRegistered: 1 unregisteredTimestamp u64
Contact.Name: 1 given str, 2 family str
Group: 1 masterKey bytes, 2 whitelisted bool, 3 hideStory bool, 4 storySendMode Group.StorySendMode, 5 snapshot
    Group.GroupSnapshot, 6 blocked bool, 7 avatarColor AvatarColor
Group.GroupSnapshot: 2 title Group.GroupAttributeBlob, 11 description Group.GroupAttributeBlob, 3 avatarUrl str, 4
    disappearingMessagesTimer Group.GroupAttributeBlob, 5 accessControl Group.AccessControl, 6 version u32, 7
    members *Group.Member, 8 membersPendingProfileKey *Group.MemberPendingProfileKey, 9 membersPendingAdminApproval
    *Group.MemberPendingAdminApproval, 10 inviteLinkPassword bytes, 12 announcementsOnly bool, 13 membersBanned
    *Group.MemberBanned, 14 terminated bool
Group.GroupAttributeBlob: 1 title str, 2 avatar bytes, 3 disappearingMessagesDuration u32, 4 descriptionText str
Group.Member: 1 userId bytes, 2 role Group.Member.Role, 5 joinedAtVersion u32, 6 labelEmoji str, 7 labelString str
Group.MemberPendingProfileKey: 1 member Group.Member, 2 addedByUserId bytes, 3 timestamp u64
Group.MemberPendingAdminApproval: 1 userId bytes, 4 timestamp u64
Group.MemberBanned: 1 userId bytes, 2 timestamp u64
Group.AccessControl: 1 attributes Group.AccessControl.AccessRequired, 2 members Group.AccessControl.AccessRequired,
    3 addFromInviteLink Group.AccessControl.AccessRequired, 4 memberLabel Group.AccessControl.AccessRequired
Self: 1 avatarColor AvatarColor
ReleaseNotes:
Chat: 1 id u64, 2 recipientId u64, 3 archived bool, 4 pinnedOrder u32, 5 expirationTimerMs u64, 6 muteUntilMs u64, 7
    markedUnread bool, 8 dontNotifyForMentionsIfMuted bool, 9 style bytes, 10 expireTimerVersion u32
CallLink: 1 rootKey bytes, 2 adminKey bytes, 3 name str, 4 restrictions CallLink.Restrictions, 5 expirationMs u64
DistributionListItem: 1 distributionId bytes, 2 deletionTimestamp u64, 3 distributionList DistributionList
DistributionList: 1 name str, 2 allowReplies bool, 3 privacyMode DistributionList.PrivacyMode, 4 memberRecipientIds
    *u64
ChatItem: 1 chatId u64, 2 authorId u64, 3 dateSent u64, 4 expireStartDate u64, 5 expiresInMs u64, 6 revisions
    *ChatItem, 7 sms bool, 8 incoming ChatItem.IncomingMessageDetails, 9 outgoing ChatItem.OutgoingMessageDetails,
    10 directionless ChatItem.DirectionlessMessageDetails, 11 standardMessage StandardMessage, 12 contactMessage
    ContactMessage, 13 stickerMessage StickerMessage, 14 remoteDeletedMessage RemoteDeletedMessage, 15 updateMessage
    ChatUpdateMessage, 16 paymentNotification PaymentNotification, 17 giftBadge GiftBadge, 18 viewOnceMessage
    ViewOnceMessage, 19 directStoryReplyMessage DirectStoryReplyMessage, 20 poll Poll, 22 adminDeletedMessage
    AdminDeletedMessage, 21 pinDetails ChatItem.PinDetails
ChatItem.IncomingMessageDetails: 1 dateReceived u64, 2 dateServerSent u64, 3 read bool, 4 sealedSender bool
ChatItem.OutgoingMessageDetails: 1 sendStatus *SendStatus, 2 dateReceived u64
ChatItem.DirectionlessMessageDetails:
ChatItem.PinDetails: 1 pinnedAtTimestamp u64, 2 pinExpiresAtTimestamp u64, 3 pinNeverExpires bool
SendStatus: 1 recipientId u64, 2 timestamp u64, 3 pending SendStatus.Pending, 4 sent SendStatus.Sent, 5 delivered
    SendStatus.Delivered, 6 read SendStatus.Read, 7 viewed SendStatus.Viewed, 8 skipped SendStatus.Skipped, 9 failed
    SendStatus.Failed
SendStatus.Pending:
SendStatus.Sent: 1 sealedSender bool
SendStatus.Delivered: 1 sealedSender bool
SendStatus.Read: 1 sealedSender bool
SendStatus.Viewed: 1 sealedSender bool
SendStatus.Skipped:
SendStatus.Failed: 1 reason SendStatus.Failed.FailureReason
Text: 1 body str, 2 bodyRanges *BodyRange
StandardMessage: 1 quote Quote, 2 text Text, 3 attachments *MessageAttachment, 4 linkPreview *LinkPreview, 5
    longText FilePointer, 6 reactions *Reaction
ContactMessage: 1 contact ContactAttachment, 2 reactions *Reaction
DirectStoryReplyMessage: 1 textReply DirectStoryReplyMessage.TextReply, 2 emoji str, 3 reactions *Reaction
DirectStoryReplyMessage.TextReply: 1 text Text, 2 longText FilePointer
PaymentNotification: 1 amountMob str, 2 feeMob str, 3 note str, 4 transactionDetails
    PaymentNotification.TransactionDetails
PaymentNotification.TransactionDetails: 1 transaction PaymentNotification.TransactionDetails.Transaction, 2
    failedTransaction PaymentNotification.TransactionDetails.FailedTransaction
PaymentNotification.TransactionDetails.MobileCoinTxoIdentification: 1 publicKey *bytes, 2 keyImages *bytes
PaymentNotification.TransactionDetails.FailedTransaction: 1 reason
    PaymentNotification.TransactionDetails.FailedTransaction.FailureReason
PaymentNotification.TransactionDetails.Transaction: 1 status
    PaymentNotification.TransactionDetails.Transaction.Status, 2 mobileCoinIdentification
    PaymentNotification.TransactionDetails.MobileCoinTxoIdentification, 3 timestamp u64, 4 blockIndex u64, 5
    blockTimestamp u64, 6 transaction bytes, 7 receipt bytes
GiftBadge: 1 receiptCredentialPresentation bytes, 2 state GiftBadge.State
ViewOnceMessage: 1 attachment MessageAttachment, 2 reactions *Reaction
ContactAttachment: 1 name ContactAttachment.Name, 3 number *ContactAttachment.Phone, 4 email
    *ContactAttachment.Email, 5 address *ContactAttachment.PostalAddress, 6 avatar FilePointer, 7 organization str
ContactAttachment.Name: 1 givenName str, 2 familyName str, 3 prefix str, 4 suffix str, 5 middleName str, 6 nickname
    str
ContactAttachment.Phone: 1 value str, 2 type ContactAttachment.Phone.Type, 3 label str
ContactAttachment.Email: 1 value str, 2 type ContactAttachment.Email.Type, 3 label str
ContactAttachment.PostalAddress: 1 type ContactAttachment.PostalAddress.Type, 2 label str, 3 street str, 4 pobox
    str, 5 neighborhood str, 6 city str, 7 region str, 8 postcode str, 9 country str
StickerMessage: 1 sticker Sticker, 2 reactions *Reaction
RemoteDeletedMessage:
Sticker: 1 packId bytes, 2 packKey bytes, 3 stickerId u32, 4 emoji str, 5 data FilePointer
LinkPreview: 1 url str, 2 title str, 3 image FilePointer, 4 description str, 5 date u64
MessageAttachment: 1 pointer FilePointer, 2 flag MessageAttachment.Flag, 3 wasDownloaded bool, 4 clientUuid bytes
FilePointer: 4 contentType str, 5 incrementalMac bytes, 6 incrementalMacChunkSize u32, 7 fileName str, 8 width u32,
    9 height u32, 10 caption str, 11 blurHash str, 13 locatorInfo FilePointer.LocatorInfo
FilePointer.LocatorInfo: 1 key bytes, 10 plaintextHash bytes, 11 encryptedDigest bytes, 3 size u32, 4 transitCdnKey
    str, 5 transitCdnNumber u32, 6 transitTierUploadTimestamp u64, 7 mediaTierCdnNumber u32, 9 localKey bytes
Quote: 1 targetSentTimestamp u64, 2 authorId u64, 3 text Text, 4 attachments *Quote.QuotedAttachment, 5 type
    Quote.Type
Quote.QuotedAttachment: 1 contentType str, 2 fileName str, 3 thumbnail MessageAttachment
BodyRange: 1 start u32, 2 length u32, 3 mentionAci bytes, 4 style BodyRange.Style
Reaction: 1 emoji str, 2 authorId u64, 3 sentTimestamp u64, 4 sortOrder u64
Poll: 1 question str, 2 allowMultiple bool, 3 options *Poll.PollOption, 4 hasEnded bool, 5 reactions *Reaction
Poll.PollOption: 1 option str, 2 votes *Poll.PollOption.PollVote
Poll.PollOption.PollVote: 1 voterId u64, 2 voteCount u32
AdminDeletedMessage: 1 adminId u64
"""
_UPDATES: Final = """
ChatUpdateMessage: 1 simpleUpdate SimpleChatUpdate, 2 groupChange GroupChangeChatUpdate, 3 expirationTimerChange
    ExpirationTimerChatUpdate, 4 profileChange ProfileChangeChatUpdate, 5 threadMerge ThreadMergeChatUpdate, 6
    sessionSwitchover SessionSwitchoverChatUpdate, 7 individualCall IndividualCall, 8 groupCall GroupCall, 9
    learnedProfileChange LearnedProfileChatUpdate, 10 pollTerminate PollTerminateUpdate, 11 pinMessage
    PinMessageUpdate
IndividualCall: 1 callId u64, 2 type IndividualCall.Type, 3 direction IndividualCall.Direction, 4 state
    IndividualCall.State, 5 startedCallTimestamp u64, 6 read bool
GroupCall: 1 callId u64, 2 state GroupCall.State, 3 ringerRecipientId u64, 4 startedCallRecipientId u64, 5
    startedCallTimestamp u64, 6 endedCallTimestamp u64, 7 read bool
SimpleChatUpdate: 1 type SimpleChatUpdate.Type
ExpirationTimerChatUpdate: 1 expiresInMs u64
ProfileChangeChatUpdate: 1 previousName str, 2 newName str
LearnedProfileChatUpdate: 1 e164 u64, 2 username str
ThreadMergeChatUpdate: 1 previousE164 u64
SessionSwitchoverChatUpdate: 1 e164 u64
GroupChangeChatUpdate: 1 updates *GroupChangeChatUpdate.Update
GroupChangeChatUpdate.Update: 1 genericGroupUpdate GenericGroupUpdate, 2 groupCreationUpdate GroupCreationUpdate, 3
    groupNameUpdate GroupNameUpdate, 4 groupAvatarUpdate GroupAvatarUpdate, 5 groupDescriptionUpdate
    GroupDescriptionUpdate, 6 groupMembershipAccessLevelChangeUpdate GroupMembershipAccessLevelChangeUpdate, 7
    groupAttributesAccessLevelChangeUpdate GroupAttributesAccessLevelChangeUpdate, 8
    groupAnnouncementOnlyChangeUpdate GroupAnnouncementOnlyChangeUpdate, 9 groupAdminStatusUpdate
    GroupAdminStatusUpdate, 10 groupMemberLeftUpdate GroupMemberLeftUpdate, 11 groupMemberRemovedUpdate
    GroupMemberRemovedUpdate, 12 selfInvitedToGroupUpdate SelfInvitedToGroupUpdate, 13
    selfInvitedOtherUserToGroupUpdate SelfInvitedOtherUserToGroupUpdate, 14 groupUnknownInviteeUpdate
    GroupUnknownInviteeUpdate, 15 groupInvitationAcceptedUpdate GroupInvitationAcceptedUpdate, 16
    groupInvitationDeclinedUpdate GroupInvitationDeclinedUpdate, 17 groupMemberJoinedUpdate GroupMemberJoinedUpdate,
    18 groupMemberAddedUpdate GroupMemberAddedUpdate, 19 groupSelfInvitationRevokedUpdate
    GroupSelfInvitationRevokedUpdate, 20 groupInvitationRevokedUpdate GroupInvitationRevokedUpdate, 21
    groupJoinRequestUpdate GroupJoinRequestUpdate, 22 groupJoinRequestApprovalUpdate GroupJoinRequestApprovalUpdate,
    23 groupJoinRequestCanceledUpdate GroupJoinRequestCanceledUpdate, 24 groupInviteLinkResetUpdate
    GroupInviteLinkResetUpdate, 25 groupInviteLinkEnabledUpdate GroupInviteLinkEnabledUpdate, 26
    groupInviteLinkAdminApprovalUpdate GroupInviteLinkAdminApprovalUpdate, 27 groupInviteLinkDisabledUpdate
    GroupInviteLinkDisabledUpdate, 28 groupMemberJoinedByLinkUpdate GroupMemberJoinedByLinkUpdate, 29
    groupV2MigrationUpdate GroupV2MigrationUpdate, 30 groupV2MigrationSelfInvitedUpdate
    GroupV2MigrationSelfInvitedUpdate, 31 groupV2MigrationInvitedMembersUpdate GroupV2MigrationInvitedMembersUpdate,
    32 groupV2MigrationDroppedMembersUpdate GroupV2MigrationDroppedMembersUpdate, 33
    groupSequenceOfRequestsAndCancelsUpdate GroupSequenceOfRequestsAndCancelsUpdate, 34 groupExpirationTimerUpdate
    GroupExpirationTimerUpdate, 35 groupMemberLabelAccessLevelChangeUpdate GroupMemberLabelAccessLevelChangeUpdate,
    36 groupTerminateChangeUpdate GroupTerminateChangeUpdate
GenericGroupUpdate: 1 updaterAci bytes
GroupCreationUpdate: 1 updaterAci bytes
GroupNameUpdate: 1 updaterAci bytes, 2 newGroupName str
GroupAvatarUpdate: 1 updaterAci bytes, 2 wasRemoved bool
GroupDescriptionUpdate: 1 updaterAci bytes, 2 newDescription str
GroupMembershipAccessLevelChangeUpdate: 1 updaterAci bytes, 2 accessLevel GroupV2AccessLevel
GroupMemberLabelAccessLevelChangeUpdate: 1 updaterAci bytes, 2 accessLevel GroupV2AccessLevel
GroupAttributesAccessLevelChangeUpdate: 1 updaterAci bytes, 2 accessLevel GroupV2AccessLevel
GroupAnnouncementOnlyChangeUpdate: 1 updaterAci bytes, 2 isAnnouncementOnly bool
GroupAdminStatusUpdate: 1 updaterAci bytes, 2 memberAci bytes, 3 wasAdminStatusGranted bool
GroupMemberLeftUpdate: 1 aci bytes
GroupMemberRemovedUpdate: 1 removerAci bytes, 2 removedAci bytes
SelfInvitedToGroupUpdate: 1 inviterAci bytes
SelfInvitedOtherUserToGroupUpdate: 1 inviteeServiceId bytes
GroupUnknownInviteeUpdate: 1 inviterAci bytes, 2 inviteeCount u32
GroupInvitationAcceptedUpdate: 1 inviterAci bytes, 2 newMemberAci bytes
GroupInvitationDeclinedUpdate: 1 inviterAci bytes, 2 inviteeAci bytes
GroupMemberJoinedUpdate: 1 newMemberAci bytes
GroupMemberAddedUpdate: 1 updaterAci bytes, 2 newMemberAci bytes, 3 hadOpenInvitation bool, 4 inviterAci bytes
GroupSelfInvitationRevokedUpdate: 1 revokerAci bytes
GroupInvitationRevokedUpdate: 1 updaterAci bytes, 2 invitees *GroupInvitationRevokedUpdate.Invitee
GroupInvitationRevokedUpdate.Invitee: 1 inviterAci bytes, 2 inviteeAci bytes, 3 inviteePni bytes
GroupJoinRequestUpdate: 1 requestorAci bytes
GroupJoinRequestApprovalUpdate: 1 requestorAci bytes, 2 updaterAci bytes, 3 wasApproved bool
GroupJoinRequestCanceledUpdate: 1 requestorAci bytes
GroupSequenceOfRequestsAndCancelsUpdate: 1 requestorAci bytes, 2 count u32
GroupInviteLinkResetUpdate: 1 updaterAci bytes
GroupInviteLinkEnabledUpdate: 1 updaterAci bytes, 2 linkRequiresAdminApproval bool
GroupInviteLinkAdminApprovalUpdate: 1 updaterAci bytes, 2 linkRequiresAdminApproval bool
GroupInviteLinkDisabledUpdate: 1 updaterAci bytes
GroupMemberJoinedByLinkUpdate: 1 newMemberAci bytes
GroupV2MigrationUpdate:
GroupV2MigrationSelfInvitedUpdate:
GroupV2MigrationInvitedMembersUpdate: 1 invitedMembersCount u32
GroupV2MigrationDroppedMembersUpdate: 1 droppedMembersCount u32
GroupExpirationTimerUpdate: 1 expiresInMs u64, 2 updaterAci bytes
GroupTerminateChangeUpdate: 1 updaterAci bytes
PollTerminateUpdate: 1 targetSentTimestamp u64, 2 question str
PinMessageUpdate: 1 targetSentTimestamp u64, 2 authorId u64
"""
_ENUMS: Final = """
Contact.Visibility: VISIBLE HIDDEN HIDDEN_MESSAGE_REQUEST
Contact.IdentityState: DEFAULT VERIFIED UNVERIFIED
AvatarColor: A100 A110 A120 A130 A140 A150 A160 A170 A180 A190 A200 A210
Group.StorySendMode: DEFAULT DISABLED ENABLED
CallLink.Restrictions: UNKNOWN NONE ADMIN_APPROVAL
GiftBadge.State: UNOPENED OPENED REDEEMED FAILED
DistributionList.PrivacyMode: UNKNOWN ONLY_WITH ALL_EXCEPT ALL
Quote.Type: UNKNOWN NORMAL GIFT_BADGE VIEW_ONCE POLL
MessageAttachment.Flag: NONE VOICE_MESSAGE BORDERLESS GIF
SimpleChatUpdate.Type: UNKNOWN JOINED_SIGNAL IDENTITY_UPDATE IDENTITY_VERIFIED IDENTITY_DEFAULT CHANGE_NUMBER
    RELEASE_CHANNEL_DONATION_REQUEST END_SESSION CHAT_SESSION_REFRESH BAD_DECRYPT PAYMENTS_ACTIVATED
    PAYMENT_ACTIVATION_REQUEST UNSUPPORTED_PROTOCOL_MESSAGE REPORTED_SPAM BLOCKED UNBLOCKED MESSAGE_REQUEST_ACCEPTED
IndividualCall.Type: UNKNOWN_TYPE AUDIO_CALL VIDEO_CALL
IndividualCall.Direction: UNKNOWN_DIRECTION INCOMING OUTGOING
IndividualCall.State: UNKNOWN_STATE ACCEPTED NOT_ACCEPTED MISSED MISSED_NOTIFICATION_PROFILE
GroupCall.State: UNKNOWN_STATE GENERIC JOINED RINGING ACCEPTED DECLINED MISSED MISSED_NOTIFICATION_PROFILE
    OUTGOING_RING
Group.AccessControl.AccessRequired: UNKNOWN ANY MEMBER ADMINISTRATOR UNSATISFIABLE
Group.Member.Role: UNKNOWN DEFAULT ADMINISTRATOR
SendStatus.Failed.FailureReason: UNKNOWN NETWORK IDENTITY_KEY_MISMATCH
BodyRange.Style: NONE BOLD ITALIC SPOILER STRIKETHROUGH MONOSPACE
ContactAttachment.Phone.Type: UNKNOWN HOME MOBILE WORK CUSTOM
ContactAttachment.Email.Type: UNKNOWN HOME MOBILE WORK CUSTOM
ContactAttachment.PostalAddress.Type: UNKNOWN HOME WORK CUSTOM
PaymentNotification.TransactionDetails.Transaction.Status: INITIAL SUBMITTED SUCCESSFUL
PaymentNotification.TransactionDetails.FailedTransaction.FailureReason: GENERIC NETWORK INSUFFICIENT_FUNDS
GroupV2AccessLevel: UNKNOWN ANY MEMBER ADMINISTRATOR UNSATISFIABLE
"""
_CONTINUED: Final = re.compile(r"\n +")


class Field(NamedTuple):
    """One field; `values` are the names of an enumeration, by number; `message` the type of a message."""

    name: str
    kind: str
    repeated: bool
    values: tuple[str, ...] = ()
    message: str = ""


def _lines(text: str) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in _CONTINUED.sub(" ", text).strip().split("\n"))
    return [(name, rest.strip()) for name, _, rest in pairs]


def _read() -> dict[str, dict[int, Field]]:
    enums = {name: tuple(rest.split()) for name, rest in _lines(_ENUMS)}
    messages = _lines(_MESSAGES + _UPDATES.lstrip())
    names = {name for name, _ in messages}
    table: dict[str, dict[int, Field]] = {}
    for owner, rest in messages:
        fields = table[owner] = {}
        for one in rest.split(", ") if rest else ():
            number, name, kind = one.split(" ")
            repeated, kind = kind.startswith("*"), kind.removeprefix("*")
            if kind in enums:
                fields[int(number)] = Field(name, "enum", repeated, values=enums[kind])
            elif kind in names:
                fields[int(number)] = Field(name, "message", repeated, message=kind)
            else:
                fields[int(number)] = Field(name, kind, repeated)
    return table


FIELDS: Final = _read()
"""By message type, then by field number."""
