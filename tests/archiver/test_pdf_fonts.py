"""Text in PDFs: every sign is shown in some way, and none of it is taken for an instruction."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab import rl_config
from reportlab.platypus import Paragraph, SimpleDocTemplate

from archiver import pdf_fonts
from archiver.pdf_fonts import markup
from search.disclosure import machine_fonts


@pytest.fixture
def no_fonts(monkeypatch, tmp_path):
    """A machine without any font of its own."""
    caches = (pdf_fonts._embedded, pdf_fonts._font_of, machine_fonts.drawing_font, machine_fonts.is_drawn)
    monkeypatch.setattr(machine_fonts, "FOLDERS", (tmp_path,))
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def test_latin_text_is_written_with_the_font_that_is_there_everywhere():
    assert markup("Müller (walrus)") == "Müller (walrus)"
    assert markup("Müller", bold=True) == "Müller"


def test_signs_of_markup_are_text():
    assert markup("<b>x</b> & <img src='http://x'/>") == "&lt;b&gt;x&lt;/b&gt; &amp; &lt;img src='http://x'/&gt;"


def test_text_stands_on_one_line_and_what_has_no_shape_stands_as_its_code_point():
    assert markup("a\n b\tc") == "a b c"
    assert markup("a\u202eb\x00\ud800\ue000") == "a[U+202E]b[U+0000][U+D800][U+E000]"


@pytest.mark.usefixtures("no_fonts")
@pytest.mark.parametrize("text", ["預算", "крыша", "שלום", "مرحبا", "\U0001f600", "ไทย"])
def test_where_no_font_is_there_the_code_points_stand(text):
    assert markup(f"a {text} b") == "a " + "".join(f"[U+{ord(one):04X}]" for one in text) + " b"


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_any_text_makes_a_paragraph(text):
    target = io.BytesIO()
    SimpleDocTemplate(target).build([Paragraph(markup(text) or "-"), Paragraph(markup(text, bold=True) or "-")])
    assert target.getvalue().startswith(b"%PDF")


def test_nothing_is_read_over_the_network():
    pdf_fonts.register()
    assert rl_config.trustedSchemes == ["data"]
