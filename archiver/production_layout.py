"""Documents into a package: each with its numbers printed on it, its text, its own file, and all of them joined.

Rules:

- Numbers go on from page to page without a gap: a record first, then its attachments. A document's files are named by
  its first number and by nothing that is in it.
- What was written is dropped at once, so that memory does not grow with the number of pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from archiver.production_package import Owner
from archiver.production_terms import Form
from search.disclosure.page_stamps import Bookmark
from search.disclosure.production_types import NumberedDocument
from search.disclosure.release_types import ProducedDocument
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archiver.production_package import Package, PackageFile
    from archiver.production_ports import Tools
    from archiver.production_terms import ProductionTerms
    from search.disclosure.release_types import ReleasedDocument

MOST_PAGES: Final = 2_000
MOST_BYTES: Final = 256 << 20

Native = tuple[str, "Iterator[bytes]"]


class Layout:
    """The documents of one production, in order."""

    def __init__(self, package: Package, terms: ProductionTerms, tools: Tools) -> None:
        self._package = package
        self._terms = terms
        self._tools = tools
        self._page = terms.first_page
        self._pdfs: list[PackageFile] = []
        self.produced: list[ProducedDocument] = []
        self.numbered: list[NumberedDocument] = []

    def add(
        self,
        documents: Sequence[ReleasedDocument],
        *,
        state: str,
        custodian: str,
        native: Callable[[ReleasedDocument], Native | None],
    ) -> None:
        """Write the documents of one record; `native` gives the ending and bytes of a file that may go as it is.

        Raises:
            Corrupt: a document has no pages.
        """
        family_first = self._page
        family_last = family_first + sum(one.page_count for one in documents) - 1
        if any(one.page_count < 1 for one in documents) or not documents:
            raise Corrupt("a document without pages cannot be numbered", record=documents[0].record_id)
        for one in documents:
            self._add_one(one, (family_first, family_last), state, custodian, native(one))

    def _add_one(
        self, one: ReleasedDocument, family: tuple[int, int], state: str, custodian: str, native: Native | None
    ) -> None:
        terms, package = self._terms, self._package
        first, last = self._page, self._page + one.page_count - 1
        self._page = last + 1
        name = terms.page(first)
        numbers = [terms.page(page) for page in range(first, last + 1)]
        stamped = self._tools.stamp(one.pages, numbers, terms.stamps, one.title)
        of = {"record_id": one.record_id, "component": one.component}
        pdf = package.put(f"documents/{name}.pdf", [stamped], "pdf", burnt=one.burnt, **of)
        self._pdfs.append(pdf)
        text = package.put(f"text/{name}.txt", [one.text.encode("utf-8", "replace")], "text", **of)
        native_path = None
        if native is not None:
            suffix, pieces = native
            native_path = package.put(f"natives/{name}{suffix}", pieces, "native", text=one.text, **of).name
        made = ProducedDocument(
            document=one,
            first=name,
            last=numbers[-1],
            family_first=terms.page(family[0]),
            family_last=terms.page(family[1]),
            custodian=custodian,
            pdf_path=pdf.name,
            text_path=text.name,
            native_path=native_path,
            pdf_sha256=pdf.sha256,
        )
        if terms.form is not Form.PDF:
            chat = self._tools.conversation(made)
            if chat is not None:
                package.put(f"conversations/{name}.rsmf", [chat], "conversation", **of)
        small = replace(one, pages=b"", text="", messages={}, burnt=(), kept={})
        self.produced.append(replace(made, document=small))
        self.numbered.append(
            NumberedDocument(
                record_id=one.record_id,
                component=one.component,
                leaves=one.leaves,
                first_page=first,
                last_page=last,
                state=state,
            )
        )

    def join(self) -> None:
        """Write all documents as one PDF with bookmarks, in parts where there are many pages."""
        parts = list(self._parts())
        for number, part in enumerate(parts, 1):
            name = "whole.pdf" if len(parts) == 1 else f"whole-{number:03d}.pdf"
            owners: list[Owner] = []
            families: list[list[Bookmark]] = []
            at = 1
            for place in part:
                one, of = self.produced[place], self.numbered[place]
                entry = Bookmark(title=f"{one.first}  {one.document.title}", page=at)
                if of.component is None or not families:
                    families.append([])
                families[-1].append(entry)
                last = at + one.document.page_count - 1
                owners.append(Owner(first=at, last=last, record_id=of.record_id))
                at = last + 1
            bookmarks = [replace(one, below=tuple(below)) for one, *below in families]
            pdfs = (self._package.read(self._pdfs[place]) for place in part)
            self._package.put(name, [self._tools.join(pdfs, bookmarks)], "pdf", owners=tuple(owners))

    def _parts(self) -> Iterator[list[int]]:
        """Places of documents, families together as far as a part takes them."""
        part: list[int] = []
        pages = size = 0
        for place, one in enumerate(self.produced):
            count, length = one.document.page_count, self._pdfs[place].size
            if part and (pages + count > MOST_PAGES or size + length > MOST_BYTES):
                yield part
                part, pages, size = [], 0, 0
            part.append(place)
            pages, size = pages + count, size + length
        yield part
