"""A WARC file as a container: its pages as records with what they show, its documents, and the rest set aside.

Rule kept: every record of the capture is accounted for. It is a page, or goes with one, or is a document of its own, or
is set aside with the reason why it makes no record, or it says how the capture was made and is counted. Compressed
record by record, compressed as a whole, or not at all: the records are the same.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from ingest.formats.captures.capture import Capture, CaptureFile, Sort
from ingest.formats.captures.compressions import DICTIONARY_MARK, GZIP, GZIP_MARK, ZSTANDARD_MARK, zstandard_of
from ingest.formats.captures.compressions import load as load_compressions
from ingest.formats.captures.inflated import InflatedFile, pieces_of
from ingest.formats.captures.page_markup import comparable
from ingest.formats.captures.page_reading import LARGEST_PAGE, READER, Budget, read_page
from ingest.formats.captures.survey import Survey
from ingest.formats.chats.slices import written
from ingest.formats.container import (
    UNTOLD,
    ContainerBroken,
    Declared,
    Member,
    MemberBroken,
    MemberKind,
    NoContainer,
    Remark,
    Tally,
)
from ingest.formats.html_text import html_to_text
from ingest.formats.member_content import file_member

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingest.formats.captures.capture import Opened
    from ingest.formats.captures.page_reading import CapturedPage, ListedPage
    from ingest.formats.chats.model import Media
    from ingest.formats.container import Circumstances, Found

__all__ = ["READER", "capture_members", "load", "members", "opened_file"]

_HEAD: Final = 8
_PAGES: Final = "pages"
_DOCUMENTS: Final = "documents"
_RECORDS: Final = "records"
_FREE: Final = 64 << 20
_FREE_FILE: Final = 16 << 20
_TIMES: Final = 20
_UNBOUND: Final = "its content could not be made into a record: it breaks a bound of what a record may be"
_FELL: Final = "its content could not be read as a page"
_TOO_LARGE: Final = "it is too large to be read as a page, and was taken as a document"
_REASONS: Final = {
    Sort.SHOWN: "no captured page shows it by its markup; it stays in the capture",
    Sort.REVISIT: "it says that something was the same as before, which is no page of this capture",
    Sort.BROWSER: "it is what the capturing browser wrote down beside the pages",
    Sort.PAGE: "it is HTML that a page fetched, and the capture does not list it as a page",
    Sort.OTHER: "it is a part of how pages look and work (styles, programs, what they fetched), no page",
}
_SAMPLE: Final = "<html><body><p>rehearsal &amp; <b>bold</b></p><table><tr><td>cell</td></tr></table></body></html>"


def load() -> None:
    """Read a sample, so that whatever a parser loads on first use is there before confinement."""
    import charset_normalizer  # noqa: F401, PLC0415 - loaded on first use elsewhere

    html_to_text(_SAMPLE)
    load_compressions()


def members(source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`.

    Raises:
        NoContainer: it does not begin with a record.
    """
    size = source.seek(0, io.SEEK_END)
    try:
        opened = opened_file(source, name, size)
    except MemberBroken:
        raise NoContainer from None  # whether it is a capture cannot be told
    yield from capture_members(Capture([opened], lone=True), size, about)


def opened_file(source: BinaryIO, name: str, size: int) -> CaptureFile:
    """A WARC file of `size` bytes, whether it is compressed or not.

    Raises:
        MemberBroken: the dictionary that it is compressed with cannot be had.
    """
    source.seek(0)
    head = source.read(_HEAD)
    if head.startswith(GZIP_MARK):
        return CaptureFile(name, cast("BinaryIO", InflatedFile(source, size, GZIP)))
    if head.startswith((ZSTANDARD_MARK, DICTIONARY_MARK)):
        compression = zstandard_of(head, lambda at, most: b"".join(pieces_of(source, at, most)))
        return CaptureFile(name, cast("BinaryIO", InflatedFile(source, size, compression)))
    return CaptureFile(name, source)


def capture_members(
    capture: Capture, size: int, about: Circumstances, listed: Mapping[str, ListedPage] | None = None
) -> Iterator[Found]:
    """What comes out of a capture.

    Args:
        capture: its records.
        size: how many bytes it has as it was handed in.
        about: what the archive knows.
        listed: the pages that it lists, by comparable address; None where it lists none, and all HTML is pages.
    """
    survey = Survey(capture)
    ended: ContainerBroken | None = None
    try:
        yield from survey.take()
    except ContainerBroken as error:
        ended = error
    out = _Out(survey, size, about, listed)
    yield from out.pages()
    yield from out.others()
    made = sum(survey.made.values())
    if made:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(survey.made.items()))
        yield Remark(text=f"records that say how the capture was made stay in it: {counts}")
    out.accounted += made
    yield from out.lacking()
    yield Declared(tallies=out.tallies())
    if ended is not None:
        raise ended


class _Out:
    """The pages of a capture and then the rest, with the account of them."""

    def __init__(
        self, survey: Survey, size: int, about: Circumstances, listed: Mapping[str, ListedPage] | None
    ) -> None:
        self.accounted = 0
        self._survey = survey
        self._zone = ZoneInfo(about.zone)
        self._budget = Budget(_FREE + _TIMES * size)
        self._listed = listed
        self._wanted = None if listed is None else _with_redirects(listed, survey)
        self._met: set[str] = set()
        self._aside: set[int] = set()
        self._used: set[int] = set()
        self._pages = self._media = self._missing = 0

    def pages(self) -> Iterator[Found]:
        """Each page as a slice."""
        for place in self._survey.pages:
            try:
                page = self._survey.capture.open(place)
            except MemberBroken as error:
                yield Remark(text=str(error), lost=1)
                continue
            entry = None
            if self._wanted is not None:
                entry = self._wanted.get(comparable(page.record.target))
                if entry is None:
                    self._aside.add(place)
                    continue
                self._met.add(comparable(entry.address))
            self.accounted += 1
            self._pages += 1
            yield self._page(page, entry)

    def others(self) -> Iterator[Member]:
        """Documents, and what makes no record."""
        for place in sorted({*self._survey.others, *self._aside}):
            self.accounted += 1
            if place in self._used:
                continue
            try:
                found = self._survey.capture.open(place)
            except MemberBroken as error:
                yield Member(path=_RECORDS, name="", kind=MemberKind.DOCUMENT, problem=str(error))
                continue
            if found.sort is Sort.DOCUMENT:
                yield self._document(found)
            else:
                yield Member(
                    path=_RECORDS,
                    name=found.record.target,
                    kind=MemberKind.DOCUMENT,
                    problem=_reason(found),
                    aside=True,
                )

    def lacking(self) -> Iterator[Remark]:
        """Listed pages that the capture has not."""
        for address, entry in (self._listed or {}).items():
            if address not in self._met:
                yield Remark(text="a page is listed whose content is not in the capture", path=entry.address, lost=1)

    def tallies(self) -> tuple[Tally, ...]:
        """What the capture holds, and what was taken."""
        listed = None if self._listed is None else len(self._listed)
        lacking = 0 if listed is None else listed - len(self._met)
        # a listed page may have been captured more than once, so only the list says what should be there
        held = len(self._survey.pages) if listed is None else self._pages + lacking
        return (
            Tally(what="pages", held=held, taken=self._pages, missing=lacking),
            Tally(what="media", held=None, taken=self._media, missing=self._missing),
            Tally(what="records", held=self._survey.records, taken=self.accounted),
        )

    def _page(self, page: Opened, entry: ListedPage | None) -> Member:
        name = f"{page.record.fields.get('warc-date', '')[:30]} {page.record.target}"
        if page.record.length > LARGEST_PAGE:
            return Member(
                path=_PAGES,
                name=name,
                kind=MemberKind.DOCUMENT,
                pieces=page.bounded_body(_FREE, _TIMES),
                remark=_TOO_LARGE,
            )
        try:
            read = read_page(page, self._survey, self._zone, self._budget, entry)
        except (ContainerBroken, MemberBroken):
            raise
        except Exception:  # noqa: BLE001 - hostile markup must not take the other pages with it
            return Member(
                path=_PAGES, name=name, kind=MemberKind.DOCUMENT, pieces=page.bounded_body(_FREE, _TIMES), remark=_FELL
            )
        self._used |= read.places
        self._media += len(read.media)
        self._missing += read.missing
        return Member(path=_PAGES, name=name, kind=MemberKind.SLICE, pieces=self._pieces(read))

    def _pieces(self, page: CapturedPage) -> Iterator[bytes]:
        def opened(media: Media) -> Iterable[bytes]:
            return self._survey.capture.open(int(media.entry or 0)).bounded_body(_FREE_FILE, _TIMES)

        try:
            yield from written(page.reading, page.source, page.media, opened)
        except ValueError:
            raise MemberBroken(_UNBOUND) from None

    def _document(self, found: Opened) -> Member:
        try:
            last = unquote(urlsplit(found.record.target).path.rstrip("/").rpartition("/")[2])
        except ValueError:
            last = ""
        member = file_member(f"{_DOCUMENTS}/{last.replace('/', '_') or 'document'}", found.bounded_body(_FREE, _TIMES))
        if found.place in self._survey.wrong and member.remark is None and member.problem is None:
            return replace(member, remark="the digest that the capture states of it does not fit its bytes")
        return member


def _reason(found: Opened) -> str:
    head = found.head
    if found.sort is Sort.OTHER and head is not None and not 200 <= head.status < 300:  # noqa: PLR2004 - RFC 9110
        return f"the server answered with status {head.status}, which is no page"
    return _REASONS.get(found.sort, _REASONS[Sort.OTHER])


def _with_redirects(listed: Mapping[str, ListedPage], survey: Survey) -> dict[str, ListedPage]:
    """The listed pages by the addresses under which their content was captured."""
    found = dict(listed)
    for entry in listed.values():
        found.setdefault(comparable(survey.led_to(entry.address)), entry)
    return found
