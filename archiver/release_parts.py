"""The parts of a record as reviewers mark them and as it is printed: headers, text, messages, files as text or pages.

Rules:

- The same record gives the same parts in the same order, whoever asks, so that a mark stays where it was made. Nothing
  that is printed is in no part.
- A mail is the message that it forwards, where it forwards one; the chain stands in its text as it was written. A
  message forwarded as a file is the record and not an attachment of it.
- Texts are in normal form (`kept_text.normal_text`). The bytes of mails and files are opened in a confined child only.
- Words read in a picture by OCR are listed with their places; words of a PDF are those that are seen on its pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from archiver.reading import ComponentSource
from archiver.release_answers import Closed, ReadFile, ReadMail, ReadWord
from archiver.release_codec import decode_mail
from archiver.release_messages import conversation_headers, headers_of, message_texts
from archiver.release_requests import FILE, MAIL
from ingest.reading_codec import ReadingFailed, ReadingRequest
from ingest.sandbox import SandboxedReader
from ingest.sandbox_process import Limits
from search.disclosure.kept_text import normal_text
from search.disclosure.redaction import Part, Place, Unit
from search.disclosure.release_types import ClosedPart, PagesPart, RecordParts, SeenLine, TextPart
from storage.records import ComponentRole, ForwardMethod, RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation
    from storage.records import Component, DescribedRecord
    from storage.transcription import Page

MODULE: Final = "archiver.release_child"
_SECONDS: Final = 120.0
_INPUTS: Final = 1_000
_ANSWER: Final = 400 << 20
_SILENT: Final = ("audio/", "video/", "font/")
_PIECED: Final = frozenset({RecordKind.CONVERSATION, RecordKind.POST})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A component of a record with what the child read of it; `words` are those of OCR where the file has none."""

    component: Component
    read: ReadFile
    words: tuple[ReadWord, ...] = ()

    @property
    def name(self) -> str:
        """Its name in normal form, empty where it has none."""
        return " ".join(normal_text(self.component.name or "").split())

    @property
    def text(self) -> str:
        """Its text in normal form, empty where it has none."""
        return normal_text(self.read.text or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRecord:
    """A record opened to be marked or given, in the order in which it is printed.

    Args:
        headers: name and text of each; none is empty.
        text: the body; None where the record has none of its own.
        messages: of a conversation, the text of each.
        own: the files that are the record itself: pictures, a PDF, a document.
        attached: the files that hang on it.
    """

    described: DescribedRecord
    headers: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    messages: tuple[str, ...] = ()
    own: tuple[OpenedFile, ...] = ()
    attached: tuple[OpenedFile, ...] = ()


class PartReader:
    """Opens records for who marks them or gives them. Holds a confined child; not safe for threads.

    The child starts when it is first needed, and afresh between custodians. Use it as a context.
    """

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._source = ComponentSource(installation)
        self._child: SandboxedReader | None = None
        self._last_custodian: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child; the next record starts another."""
        if self._child is not None:
            self._child.close()
        self._child = None
        self._source.close()

    def record_parts(self, described: DescribedRecord) -> RecordParts:
        """All parts of a record.

        Raises:
            Corrupt: the stored bytes are not what was described.
            InvalidInput: a text is too long to be marked.
            SandboxUnavailable: no child can be started.
        """
        opened = self.opened(described, words=True)
        parts: list[TextPart | PagesPart | ClosedPart] = [
            TextPart(place=Place(part=Part.HEADER, name=name), title=name.capitalize(), text=text)
            for name, text in opened.headers
        ]
        if opened.text is not None:
            parts.append(TextPart(place=Place(part=Part.TEXT), title="Text", text=opened.text))
        parts += [
            TextPart(place=Place(part=Part.MESSAGE, number=number), title=f"message {number}", text=text)
            for number, text in enumerate(opened.messages, start=1)
        ]
        for number, one in enumerate(opened.own, start=1):
            title = "File" if len(opened.own) == 1 else f"file {number}"
            parts += _file_parts(one, title)
        for number, one in enumerate(opened.attached, start=1):
            parts += _file_parts(one, f"attachment {number}")
        return RecordParts(record_id=described.record.id, parts=tuple(parts))

    def opened(self, described: DescribedRecord, *, words: bool = False) -> OpenedRecord:
        """A record with all that is printed of it; with `words` the words of PDFs and their places too.

        Raises:
            Corrupt: the stored bytes are not what was described.
            InvalidInput: a text is too long to be marked.
            SandboxUnavailable: no child can be started.
        """
        description = described.description
        pages = self._pages_read(described)
        is_page = description.kind is RecordKind.PAGE
        if is_page or (description.kind in _PIECED and (description.conversation is not None or description.messages)):
            return self._conversation(described, pages, words=words)
        if description.carrier is not None:
            return self._mail(described, pages, words=words)
        own = [one for one in description.components if one.role is ComponentRole.ORIGINAL]
        rest = [one for one in description.components if one.role is ComponentRole.ATTACHMENT]
        return OpenedRecord(
            described=described,
            own=tuple(self._file(described, one, pages, words=words) for one in own),
            attached=tuple(self._file(described, one, pages, words=words) for one in rest),
        )

    def content(self, described: DescribedRecord, component: Component) -> bytes:
        """The bytes of a component, checked against their digest; they are for the child, or to leave as they are.

        Raises:
            Corrupt: they are not what was described.
        """
        return self._source.read(described, component)

    def ask(self, described: DescribedRecord, request: ReadingRequest) -> bytes | None:
        """What the child answers; None where it refuses or came to harm.

        Raises:
            SandboxUnavailable: no child can be started.
        """
        answer = self._child_for(described.record.custodian_id).read(request)
        return answer if isinstance(answer, bytes) and not isinstance(answer, ReadingFailed) else None

    def _mail(self, described: DescribedRecord, pages: tuple[Page, ...], *, words: bool) -> OpenedRecord:
        description = described.description
        original, *rest = description.components
        attached = description.forward.method is ForwardMethod.ATTACHED
        read = self._read(described, original, MAIL, {"attached": attached, "words": words})
        if read is None:
            gone = OpenedFile(component=original, read=ReadFile(path="", closed=Closed.UNREADABLE))
            return OpenedRecord(described=described, own=(gone,))
        by_path = {one.path: one for one in read.files}
        files = []
        for one in rest:
            found = by_path.get(one.path, ReadFile(path=one.path, closed=Closed.UNREADABLE))
            if one.path != read.original and found.closed is not Closed.PART_OF:
                files.append(OpenedFile(component=one, read=found, words=_words_of(one, pages, found)))
        return OpenedRecord(
            described=described,
            headers=headers_of(description, read),
            text=normal_text(read.text),
            attached=tuple(files),
        )

    def _conversation(self, described: DescribedRecord, pages: tuple[Page, ...], *, words: bool) -> OpenedRecord:
        description = described.description
        rest = [one for one in description.components if one.role is ComponentRole.ATTACHMENT]
        numbers = {one.sha256: number for number, one in reversed(list(enumerate(rest, start=1)))}
        zone = self._installation.archive.zone
        is_page = description.kind is RecordKind.PAGE
        return OpenedRecord(
            described=described,
            headers=conversation_headers(description),
            text=normal_text(description.text) if is_page or not description.messages else None,
            messages=() if is_page else tuple(message_texts(description.messages, zone, numbers)),
            attached=tuple(self._file(described, one, pages, words=words) for one in rest),
        )

    def _file(
        self, described: DescribedRecord, component: Component, pages: tuple[Page, ...], *, words: bool
    ) -> OpenedFile:
        if component.media_type.startswith(_SILENT):
            return OpenedFile(component=component, read=ReadFile(path=component.path, closed=Closed.NO_TEXT))
        if component.size > self._installation.settings.sandbox.largest_mb << 20:
            return OpenedFile(component=component, read=ReadFile(path=component.path, closed=Closed.TOO_LARGE))
        options: dict[str, str | int | bool] = {
            "media_type": component.media_type,
            "name": component.name or "",
            "words": words,
        }
        answer = self._read(described, component, FILE, options)
        files = () if answer is None else answer.files
        read = files[0] if files else ReadFile(path=component.path, closed=Closed.UNREADABLE)
        return OpenedFile(component=component, read=read, words=_words_of(component, pages, read))

    def _read(
        self, described: DescribedRecord, component: Component, task: str, options: dict[str, str | int | bool]
    ) -> ReadMail | None:
        """What the child read; None where it refused, came to harm or did not answer as agreed."""
        content = self.content(described, component)
        request = ReadingRequest(task=task, payload=content, options=options, wants_content=True)
        answer = self.ask(described, request)
        if answer is None:
            return None
        try:
            return decode_mail(answer)
        except ValueError:
            return None  # it is no answer: what did that harm is closed, and said to be

    def _pages_read(self, described: DescribedRecord) -> tuple[Page, ...]:
        if not any(one.pictured for one in described.description.components):
            return ()
        archive = self._installation.archive
        with archive.store.read() as connection:
            found = archive.transcriptions.latest(connection, [described.record.id]).get(described.record.id)
        return () if found is None else found.transcription.pages

    def _child_for(self, custodian_id: str) -> SandboxedReader:
        if self._child is None:
            settings = self._installation.settings
            self._child = SandboxedReader(
                limits=Limits(
                    memory=settings.pictures.memory_mb << 20,
                    seconds=_SECONDS,
                    answer_bytes=_ANSWER,
                    input_bytes=max(Limits().input_bytes, settings.sandbox.largest_mb << 20),
                    inputs=_INPUTS,
                    threads=True,  # the decoder of HEIC starts one
                ),
                reader_module=f"{MODULE}:{settings.pictures.pages}",
                allow_unconfined=settings.sandbox.allow_unconfined,
                keeps_spare=False,
            )
        elif custodian_id != self._last_custodian:
            self._child.renew()
        self._last_custodian = custodian_id
        return self._child


def _file_parts(one: OpenedFile, title: str) -> Iterator[TextPart | PagesPart | ClosedPart]:
    """The parts of a file: its name, then what it is."""
    component, read = one.component, one.read
    place = Place(part=Part.COMPONENT, component=component.id)
    shown = f"{title}: {one.name}" if one.name else title
    if one.name:
        named = Place(part=Part.FILE_NAME, component=component.id)
        yield TextPart(place=named, title=f"Name of {title}", text=one.name)
    if read.text is not None:
        yield TextPart(place=place, title=shown, text=one.text)
    elif read.unit is not None:
        lines = tuple(_seen_line(each) for each in (read.words or one.words))
        yield PagesPart(
            place=place, title=shown, media_type=component.media_type, unit=read.unit, sizes=read.sizes, lines=lines
        )
    else:
        reason = (read.closed or Closed.UNREADABLE).value
        yield ClosedPart(place=place, title=shown, media_type=component.media_type, reason=reason)


def _seen_line(one: ReadWord) -> SeenLine:
    left, top, right, bottom = one.box
    return SeenLine(page=one.page, left=left, top=top, right=right, bottom=bottom, text=one.text)


def _words_of(component: Component, pages: tuple[Page, ...], read: ReadFile) -> tuple[ReadWord, ...]:
    """The words that were read in a component's pictures, with places in the unit of its pages."""
    if read.unit is None:
        return ()
    mine = sorted((one for one in pages if one.component == component.id), key=lambda one: one.number)
    in_order = read.unit is Unit.PIXELS and component.media_type != "image/tiff"  # frames that look alike count once
    found: list[ReadWord] = []
    for order, page in enumerate(mine, start=1):
        number = order if in_order else page.number
        if number > len(read.sizes) or not page.width or not page.height:
            continue
        across, down = read.sizes[number - 1]
        scale = (across / page.width, down / page.height)
        for line in page.lines:
            for each in line.words or (line,):
                box = each.box
                sides = (box.left * scale[0], box.top * scale[1], box.right * scale[0], box.bottom * scale[1])
                text = normal_text(each.text).replace("\n", " ").strip()
                if text:
                    left, top, right, bottom = (round(side, 2) for side in sides)
                    found.append(ReadWord(page=number, box=(left, top, right, bottom), text=text))
    return tuple(found)
