"""What a record has, as the words that ``has:`` asks for (`search.documents.HAS_FLAGS`). Pure.

Rule: a flag is what the record says of itself. The sort of a file is told by its media type, else by the ending of its
name; a file without either is an attachment and nothing more. A mail is a reply if it refers to another or its subject
says so, a message if it names the one that it answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from search.message_links import is_reply
from storage.records import ComponentRole, ForwardMethod, RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.records import Description, Message

_SORTS: Final = {"image/": "image", "video/": "video", "audio/": "audio"}
_DOCUMENTS: Final = (
    "application/pdf",
    "application/rtf",
    "application/msword",
    "application/vnd.ms-",
    "application/vnd.openxmlformats-officedocument",
    "application/vnd.oasis.opendocument",
    "application/vnd.apple.",
    "application/epub",
    "text/csv",
    "text/rtf",
)
_ENDINGS: Final = {
    "image": "jpg jpeg png gif heic heif webp bmp tif tiff svg avif",
    "video": "mp4 mov m4v avi mkv webm 3gp wmv mpg mpeg",
    "audio": "mp3 m4a ogg opus oga wav aac amr flac wma caf",
    "document": "pdf doc docx docm rtf odt xls xlsx xlsm ods csv ppt pptx odp pages numbers key epub",
}
_BY_ENDING: Final = {ending: sort for sort, endings in _ENDINGS.items() for ending in endings.split()}
_FILES: Final = frozenset({RecordKind.DOCUMENT, RecordKind.SCREENSHOT})
_LINKS: Final = ("http://", "https://", "www.")


def flags_of(description: Description, *, pictures_read: bool) -> list[str]:
    """The flags of a record, each once, sorted.

    Args:
        description: what the record says, with what was read in its pictures.
        pictures_read: whether something was.
    """
    found = set(_of_files(description))
    if any(sign in description.text for sign in _LINKS):
        found.add("link")
    if pictures_read:
        found.add("transcript")
    if description.forward.comment:
        found.add("comment")
    if description.forward.method is not ForwardMethod.NONE:
        found.add("forward")
    if description.original.references or is_reply(description.original.subject):
        found.add("reply")
    if description.messages:
        found |= _of_messages(description.messages)
        if description.kind is RecordKind.POST and len(description.messages) > 1:
            found.add("comment")
    return sorted(found)


def _of_files(description: Description) -> Iterator[str]:
    for component in description.components:
        is_attached = component.role is ComponentRole.ATTACHMENT
        if is_attached:
            yield "attachment"
        sort = _sort_of(component.media_type, component.name)
        # of an original only files and pictures: a mail's name may end like a document's
        if sort is not None and (is_attached or description.kind in _FILES):
            yield sort


def _of_messages(messages: Sequence[Message]) -> set[str]:
    found: set[str] = set()
    for message in messages:
        if message.attachments:
            found.add("attachment")
            sorts = (_sort_of(one.media_type, one.name) for one in message.attachments)
            found |= {sort for sort in sorts if sort is not None}
        if message.reactions:
            found.add("reaction")
        if message.edited or message.edited_at is not None or message.edits:
            found.add("edit")
        if message.deleted:
            found.add("deletion")
        if message.reply_to is not None:
            found.add("reply")
        if message.forwarded_from is not None:
            found.add("forward")
    return found


def _sort_of(media_type: str | None, name: str | None) -> str | None:
    """Whether a file is an image, a video, sound or a document."""
    declared = (media_type or "").lower()
    sort = _SORTS.get(declared[:6])
    if sort is None and declared.startswith(_DOCUMENTS):
        sort = "document"
    return sort or _BY_ENDING.get((name or "").rpartition(".")[2].lower())
