"""Workbooks: cells of every sheet, shown or not, with comments and what the file keeps of other cells."""

from __future__ import annotations

import pytest

from ingest.formats.office.number_formats import is_date
from ingest.formats.office.reading import read_office
from tests.ingest.formats.office.documents import X, package, relations, xlsx

TC = 'xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"'


def read(content: bytes):
    found = read_office(content)
    assert found is not None
    return found


def rows(*cells: str) -> str:
    return "<sheetData>" + "".join(f"<row>{one}</row>" for one in cells) + "</sheetData>"


def test_cells_of_all_kinds_are_read():
    cells = (
        '<c t="s"><v>1</v></c><c><v>12.5</v></c><c t="b"><v>1</v></c><c t="e"><v>#REF!</v></c>',
        '<c t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r></is></c><c t="str"><f>A1</f><v>kept</v></c>',
        "<c><f>SUM(A1:A9)</f></c>",
    )
    strings = f"<sst {X}><si><t>no</t></si><si><r><t>shared </t></r><r><t>one</t></r><rPh><t>x</t></rPh></si></sst>"
    content = xlsx(
        {"Budget": rows(*cells)},
        more={"xl/shared.xml": strings},
        kinds=(("st", "sharedStrings", "shared.xml"),),
    )
    assert read(content).text.splitlines() == [
        "Sheet Budget",
        "shared one\t12.5\tTRUE\t#REF!",
        "rich text\tkept",
        "=SUM(A1:A9)",
    ]


def test_dates_are_given_as_dates():
    styles = (
        f'<styleSheet {X}><numFmts><numFmt numFmtId="170" formatCode="d\\ mmm\\ yyyy"/></numFmts><cellStyleXfs>'
        '<xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs>'
        "</styleSheet>"
    )
    cells = '<c s="0"><v>45352</v></c><c s="1"><v>45352</v></c><c s="2"><v>45352.5</v></c><c s="1"><v>1e99</v></c>'
    content = xlsx({"A": rows(cells)}, more={"xl/st.xml": styles}, kinds=(("st", "styles", "st.xml"),))
    assert read(content).text.splitlines()[1] == "45352\t2024-03-01\t2024-03-01 12:00:00\t1e99"


@pytest.mark.parametrize(
    ("code", "date"),
    [("yyyy-mm-dd", True), ("h:mm", True), ("0.00", False), ('0 "days"', False), ("[Red]0", False), ("General", False)],
)
def test_a_format_of_dates_is_told(code: str, date):
    assert is_date(code) is date


def test_what_is_not_shown_is_read_and_said():
    hidden = (
        '<cols><col min="2" max="4" hidden="1"/></cols><sheetData><row hidden="1"><c><v>7</v></c></row></sheetData>'
    )
    found = read(xlsx({"A": hidden, "B": rows("<c><v>8</v></c>")}, states={"B": "veryHidden"}))
    assert found.text.split() == ["Sheet", "A", "7", "Sheet", "B", "8"]
    assert found.notes == (
        "sheet 1: 1 rows and 3 columns are not shown; they are read too",
        "sheets that are not shown, read too: 2",
    )


def test_comments_are_read_with_their_author():
    old = (
        f'<comments {X}><authors><author>Ada</author></authors><commentList><comment ref="A2" authorId="0"><text><r>'
        "<t>too </t></r><r><t>much</t></r></text></comment></commentList></comments>"
    )
    fresh = f'<ThreadedComments {TC}><threadedComment ref="B1" dT="2024-03-01T10:00:00" personId="p"><text>no</text>'
    people = f'<personList {TC}><person displayName="Bo" id="p"/></personList>'
    content = xlsx(
        {"A": ""},
        more={
            "xl/worksheets/_rels/0.xml.rels": relations(
                ("a", "comments", "../old.xml"), ("b", "threadedComment", "/xl/fresh.xml")
            ),
            "xl/old.xml": old,
            "xl/fresh.xml": f"{fresh}</threadedComment></ThreadedComments>",
            "xl/people.xml": people,
        },
        types={"xl/people.xml": "application/vnd.ms-excel.person+xml"},
    )
    assert read(content).text.splitlines() == [
        "Sheet A",
        "Comment on A2 by Ada: too much",
        "Comment on B1 by Bo, 2024-03-01T10:00:00: no",
    ]


def test_headers_of_pages_are_read_without_their_codes():
    header = "&amp;L&amp;&quot;Arial,Bold&quot;&amp;12Draft&amp;RPage &amp;P"
    found = read(xlsx({"A": f"<headerFooter><oddHeader>{header}</oddHeader></headerFooter>"}))
    assert found.text.splitlines()[1] == "Draft Page"


def test_values_behind_a_pivot_table_are_read():
    shared = '<cacheFields><cacheField><sharedItems><s v="Confidential"/></sharedItems></cacheField></cacheFields>'
    kept = f"<pivotCacheDefinition {X}>{shared}</pivotCacheDefinition>"
    kinds = {"xl/p.xml": "spreadsheetml.pivotCacheDefinition+xml"}
    found = read(xlsx({"A": ""}, more={"xl/p.xml": kept}, types=kinds))
    assert "Values kept for a pivot table:\nConfidential" in found.text


def test_the_title_of_a_chart_is_read():
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/"
    names = "<c:strCache><c:pt><c:v>Boiler</c:v></c:pt></c:strCache><c:numCache><c:v>5</c:v></c:numCache>"
    chart = (
        f'<c:chartSpace xmlns:c="{drawing}chart" xmlns:a="{drawing}main"><a:p><a:r><a:t>Costs</a:t></a:r></a:p>'
        f"{names}</c:chartSpace>"
    )
    found = read(xlsx({"A": ""}, more={"xl/charts/c.xml": chart}, types={"xl/charts/c.xml": "drawingml.chart+xml"}))
    assert found.text.splitlines() == ["Sheet A", "Costs", "Boiler"]


def test_a_workbook_in_binary_form_is_said_to_be_unread():
    kind = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"

    found = read(package({"xl/workbook.bin": b"x"}, {"xl/workbook.bin": kind}))
    assert found.unread == ("a workbook in the binary form of Excel (.xlsb)",)
