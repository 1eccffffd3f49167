"""The log on paper has every row, however long its words, and is the same each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2

from archiver.exemption_log_pdf import exemption_log_pdf
from archiver.pdf_long_tables import MeasuredRows
from archiver.request_letter_pdf import letter_pdf
from search.disclosure.letter_templates import write_letter
from tests.search.disclosure.test_exemption_log import decided, log_of

if TYPE_CHECKING:
    import pytest
    from reportlab.platypus import Table

    from search.disclosure.exemption_log import Decided


def text_of(content: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content))


def paper(*rows: Decided) -> bytes:
    return exemption_log_pdf(log_of(*rows), agency="Lakeside", request="2026-0001", made_on="2026-11-22")


def test_every_row_stands_on_paper_and_the_heads_on_each_page() -> None:
    words = " ".join(f"word{number}" for number in range(900))
    made = paper(decided(note=words), decided(note="last words", in_full=True, parties="Jane Doe to Pat Roe"))
    read = text_of(made)
    assert all(f"word{number}" in read for number in (0, 450, 899))
    assert "last words" in read
    assert "Jane Doe" in read
    assert read.count("Exemption") == len(pypdfium2.PdfDocument(made)) > 2
    assert made == paper(decided(note=words), decided(note="last words", in_full=True, parties="Jane Doe to Pat Roe"))


def test_each_row_is_put_on_paper_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    table = MeasuredRows.table

    def counted(rows: MeasuredRows, first: int, end: int) -> Table:
        shown.extend(range(first, end))
        return table(rows, first, end)

    monkeypatch.setattr(MeasuredRows, "table", counted)
    read = text_of(paper(*(decided(note=f"note {number} {'of it ' * (number % 30)}") for number in range(120))))
    assert shown == list(range(120))
    assert [f"note {number}" in read for number in range(120)] == [True] * 120


def test_one_word_longer_than_a_page_and_other_scripts_are_laid_out() -> None:
    for note in ("x" * 9_000, "\u6587" * 2_000, "\u05e9\u05dc\u05d5\u05dd " * 300, "<b>&amp; {agency}"):
        assert "LAKE-000001" in text_of(paper(decided(note=note)))


def test_an_empty_log_is_said_on_paper() -> None:
    assert "Nothing of this request is kept back." in text_of(paper())


def test_a_letter_of_many_paragraphs_and_items_is_laid_out() -> None:
    items = "\n".join(f"item {number} of <many>" for number in range(200))
    written = write_letter("Subject: S\n\n| a\n| b\n\n- {exemptions}\n\nEnd.", {"exemptions": items})
    made = letter_pdf(written, agency="Lakeside", number="2026-0001")
    assert "item 199 of <many>" in text_of(made)
    assert made == letter_pdf(written, agency="Lakeside", number="2026-0001")
