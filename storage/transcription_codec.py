"""The bytes of a `Transcription`: how it is sealed, and how the child that reads pictures hands it over.

Encoding (version 1): one line of JSON (RFC 8259, UTF-8, no surrogates) with every member but the text, a line feed,
then the text as it stands in UTF-8, as a description is written. Members that have their default are left out. A place
is an array of four numbers (left, top, right, bottom), a word its text and its place in one array of five.

Decoding trusts nothing, since one of the writers is a process that decoded hostile pictures: unknown members, wrong
types, places without an area, lengths and counts beyond the bounds are refused.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from storage.errors import NewerFormat
from storage.letterhead_codec import present, read_pair
from storage.strict_json import (
    Members,
    decode_text,
    flag,
    many,
    moment,
    number,
    only,
    read_object,
    refuse,
    string,
    string_or_none,
    strings,
    word,
    write_object,
)
from storage.transcript_codec import read_transcript, transcript_members
from storage.transcription import (
    Caption,
    Page,
    PictureFacts,
    TextLine,
    TextSource,
    Transcription,
    UnreadRegion,
    Word,
)
from storage.transcription_places import LONGEST_SIDE, box_members, read_box

TRANSCRIPTION_VERSION: Final = 1
MAX_TEXT_CHARACTERS: Final = 8 << 20
MAX_LINE_BYTES: Final = 32 << 20
MAX_BRACKETS: Final = 600_000
MAX_PAGES: Final = 10_000
MAX_VERSIONS: Final = 1_000_000
_MOST_CONFIDENT: Final = 1_000
_UTF8_WIDEST: Final = 4
_WORD_PARTS: Final = 5
_QUARTER_TURN: Final = 90  # degrees
_MOST_TURNED: Final = 270


def encode(transcription: Transcription) -> bytes:
    """The bytes of a transcription, version 1.

    Raises:
        ValueError: a text holds a lone surrogate, or it is larger than `decode` would take.
    """
    encoded = b"%b\n%b" % (write_object(_transcription_members(transcription)), transcription.text.encode())
    decode(encoded)  # what is sealed must open again
    return encoded


def decode(encoded: bytes) -> Transcription:
    """Read a transcription again, trusting nothing.

    Raises:
        ValueError: these bytes are none, or break one of the bounds of this module.
        NewerFormat: a later version of the format wrote them.
    """
    line, separator, text = encoded.partition(b"\n")
    if not separator or len(line) > MAX_LINE_BYTES or len(text) > MAX_TEXT_CHARACTERS * _UTF8_WIDEST:
        refuse("the encoding")
    members = read_object(line, brackets=MAX_BRACKETS)
    version = number(members, "v", at_most=MAX_VERSIONS)
    if version > TRANSCRIPTION_VERSION:
        raise NewerFormat("The transcription was written by a newer version of this program.", version=version)
    if version < TRANSCRIPTION_VERSION:
        refuse("the version")
    return _transcription(members, decode_text(text))


def _transcription_members(one: Transcription) -> Members:
    members: Members = {
        "v": TRANSCRIPTION_VERSION,
        "record": one.record_id,
        "number": one.number,
        "made_at": one.made_at.astimezone(UTC).isoformat(),
        "source": one.source.value,
        "author": one.author,
    }
    if one.pages:
        members["pages"] = [_page_members(page) for page in one.pages]
    if one.pictures:
        members["pictures"] = [_picture_members(picture) for picture in one.pictures]
    if one.transcript is not None:
        members["transcript"] = transcript_members(one.transcript)
    if one.caption is not None:
        said = {name: getattr(one.caption, name) for name in _CAPTION}
        members["caption"] = {name: value for name, value in said.items() if value}
    return members | {name: value for name in _STRINGS if (value := getattr(one, name))}


def _transcription(members: Members, text: str) -> Transcription:
    only(members, _TRANSCRIPTION_MEMBERS)
    if len(text) > MAX_TEXT_CHARACTERS:
        refuse("text")
    pages = many(members, "pages", _page)
    if len(pages) > MAX_PAGES:
        refuse("pages")
    return Transcription(
        record_id=string(members, "record"),
        number=number(members, "number", at_most=MAX_VERSIONS),
        made_at=moment(members, "made_at"),
        source=word(TextSource, members, "source"),
        author=string(members, "author"),
        pages=pages,
        pictures=many(members, "pictures", _picture),
        transcript=read_transcript(members["transcript"]) if "transcript" in members else None,
        caption=_caption(members["caption"]) if "caption" in members else None,
        text=text,
        unsearchable=strings(members, "unsearchable"),
        notes=strings(members, "notes"),
    )


def _page_members(page: Page) -> Members:
    members: Members = {"component": page.component, "number": page.number, "size": (page.width, page.height)}
    if page.lines:
        members["lines"] = [_line_members(line) for line in page.lines]
    if page.unread:
        members["unread"] = [
            {"box": box_members(one.box), "reason": one.reason, **present(script=one.script)} for one in page.unread
        ]
    if page.layer:
        members["layer"] = True
    if page.turn:
        members["turn"] = page.turn
    return members


def _page(value: object) -> Page:
    members = only(value, _PAGE_MEMBERS)
    width, height = _size(members.get("size"))
    turn = number(members, "turn", at_most=_MOST_TURNED) if "turn" in members else 0
    if turn % _QUARTER_TURN:
        refuse("the turn of a page")
    return Page(
        component=string(members, "component"),
        number=number(members, "number", at_most=MAX_PAGES),
        width=width,
        height=height,
        lines=many(members, "lines", _line),
        unread=many(members, "unread", _unread),
        layer=flag(members, "layer", default=False),
        turn=turn,
    )


def _size(value: object) -> tuple[int, int]:
    if type(value) is not list or len(value) != 2:  # noqa: PLR2004 - width and height
        refuse("the size of a page")
    members = {"width": value[0], "height": value[1]}
    return number(members, "width", at_most=LONGEST_SIDE), number(members, "height", at_most=LONGEST_SIDE)


def _line_members(line: TextLine) -> Members:
    members: Members = {"text": line.text, "box": box_members(line.box)}
    if line.words:
        members["words"] = [(one.text, *box_members(one.box)) for one in line.words]
    if line.engine:
        members["engine"] = line.engine
    if line.confidence:
        members["confidence"] = line.confidence
    if line.other is not None:
        members["other"] = line.other
    return members | present(script=line.script)


def _line(value: object) -> TextLine:
    members = only(value, _LINE_MEMBERS)
    return TextLine(
        text=string(members, "text"),
        box=read_box(members.get("box")),
        words=many(members, "words", _word),
        engine=string(members, "engine", ""),
        confidence=number(members, "confidence", at_most=_MOST_CONFIDENT) if "confidence" in members else 0,
        script=string_or_none(members, "script"),
        other=_other(members["other"]) if "other" in members else None,
    )


def _word(value: object) -> Word:
    if type(value) is not list or len(value) != _WORD_PARTS:
        refuse("a word")
    return Word(text=string({"text": value[0]}, "text"), box=read_box(value[1:]))


def _other(value: object) -> tuple[str, str]:
    engine, text = read_pair(value)
    if engine is None or text is None:
        refuse("another reading")
    return engine, text


def _unread(value: object) -> UnreadRegion:
    members = only(value, frozenset({"box", "reason", "script"}))
    return UnreadRegion(
        box=read_box(members.get("box")), reason=string(members, "reason"), script=string_or_none(members, "script")
    )


def _picture_members(one: PictureFacts) -> Members:
    members: Members = {
        "component": one.component,
        "media_type": one.media_type,
        "size": (one.width, one.height),
        "pages": one.pages,
    }
    if one.metadata:
        members["metadata"] = one.metadata
    if one.observations:
        members["observations"] = one.observations
    return members | present(perceptual=one.perceptual)


def _picture(value: object) -> PictureFacts:
    members = only(value, _PICTURE_MEMBERS)
    width, height = _size(members.get("size"))
    return PictureFacts(
        component=string(members, "component"),
        media_type=string(members, "media_type"),
        width=width,
        height=height,
        pages=number(members, "pages", at_most=LONGEST_SIDE),
        metadata=many(members, "metadata", _fact),
        perceptual=string_or_none(members, "perceptual"),
        observations=strings(members, "observations"),
    )


def _fact(value: object) -> tuple[str, str]:
    name, said = read_pair(value)
    if name is None or said is None:
        refuse("a fact of the metadata")
    return name, said


def _caption(value: object) -> Caption:
    members = only(value, frozenset(_CAPTION))
    return Caption(**{name: string(members, name, "") for name in _CAPTION})


_CAPTION = ("who", "what", "when", "where", "why")
_STRINGS = ("unsearchable", "notes")
_TRANSCRIPTION_MEMBERS = frozenset(
    {"v", "record", "number", "made_at", "source", "author", "pages", "pictures", "transcript", "caption", *_STRINGS}
)
_PAGE_MEMBERS = frozenset({"component", "number", "size", "lines", "unread", "layer", "turn"})
_LINE_MEMBERS = frozenset({"text", "box", "words", "engine", "confidence", "script", "other"})
_PICTURE_MEMBERS = frozenset({"component", "media_type", "size", "pages", "metadata", "perceptual", "observations"})
