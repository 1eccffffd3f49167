"""Small office documents, written part by part."""

from __future__ import annotations

import io
import zipfile

OFFICE = "application/vnd.openxmlformats-officedocument."
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MORE_W = (
    f'{W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
)
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
X = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" {R}'
P = (
    f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" {R} '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
CORE = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
)
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
ODF = (
    " ".join(
        f'xmlns:{one}="{_OASIS}{one}:1.0"'
        for one in ("office", "text", "table", "style", "meta", "presentation", "manifest")
    )
    + f' xmlns:draw="{_OASIS}drawing:1.0" xmlns:svg="{_OASIS}svg-compatible:1.0"'
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip of parts by name."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


def package(parts: dict[str, str | bytes], types: dict[str, str]) -> bytes:
    """A package of ECMA-376: its parts by name, and their media types (behind what all begin with, or whole)."""
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind if "/" in kind else OFFICE + kind}"/>'
        for name, kind in types.items()
    )
    spaces = 'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"'
    start = {
        "[Content_Types].xml": f'<Types {spaces}><Default Extension="png" ContentType="image/png"/>{overrides}</Types>'
    }
    return zipped({**start, **parts})


def relations(*targets: tuple[str, str, str], outside: str | None = None) -> str:
    """A part of relations: id, kind, target of each."""
    spaces = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    own = "".join(f'<Relationship Id="{a}" Type="http://x/{kind}" Target="{target}"/>' for a, kind, target in targets)
    if outside is not None:
        own += f'<Relationship Id="out" Type="http://x/hyperlink" Target="{outside}" TargetMode="External"/>'
    return f"<Relationships {spaces}>{own}</Relationships>"


def docx(body: str, more: dict[str, str | bytes] | None = None, types: dict[str, str] | None = None) -> bytes:
    """A document of Word with this body."""
    parts = {"word/document.xml": f"<w:document {MORE_W}><w:body>{body}</w:body></w:document>", **(more or {})}
    main = {"word/document.xml": "wordprocessingml.document.main+xml"}
    return package(parts, {**main, **(types or {})})


def words(text: str) -> str:
    """A paragraph."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def xlsx(
    sheets: dict[str, str],
    *,
    states: dict[str, str] | None = None,
    more: dict[str, str | bytes] | None = None,
    kinds: tuple[tuple[str, str, str], ...] = (),
    types: dict[str, str] | None = None,
) -> bytes:
    """A workbook: what stands in each sheet by its title; `kinds` are more relations of the workbook."""
    places = [(f"s{number}", "worksheet", f"worksheets/{number}.xml") for number in range(len(sheets))]
    listed = "".join(
        f'<sheet name="{title}" sheetId="1" r:id="s{number}" state="{(states or {}).get(title, "visible")}"/>'
        for number, title in enumerate(sheets)
    )
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": f"<workbook {X}><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(*places, *kinds),
    }
    for number, content in enumerate(sheets.values()):
        parts[f"xl/worksheets/{number}.xml"] = f"<worksheet {X}>{content}</worksheet>"
    main = {"xl/workbook.xml": "spreadsheetml.sheet.main+xml"}
    return package({**parts, **(more or {})}, {**main, **(types or {})})


def pptx(slides: list[str], more: dict[str, str | bytes] | None = None, types: dict[str, str] | None = None) -> bytes:
    """A presentation; slides are whole elements `p:sld`."""
    listed = "".join(f'<p:sldId r:id="r{number}"/>' for number in range(len(slides)))
    places = [(f"r{number}", "slide", f"slides/slide{number}.xml") for number in range(len(slides))]
    parts: dict[str, str | bytes] = {
        "ppt/presentation.xml": f"<p:presentation {P}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(*places),
        **{f"ppt/slides/slide{number}.xml": content for number, content in enumerate(slides)},
    }
    kinds = {f"ppt/slides/slide{number}.xml": "presentationml.slide+xml" for number in range(len(slides))}
    main = {"ppt/presentation.xml": "presentationml.presentation.main+xml", **kinds}
    return package({**parts, **(more or {})}, {**main, **(types or {})})


def slide(text: str, *, show: str = "1") -> str:
    """A slide with one paragraph."""
    return f'<p:sld {P} show="{show}"><p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp></p:sld>'


def opendocument(
    kind: str, body: str, *, styles: str = "", automatic: str = "", more: dict[str, str | bytes] | None = None
) -> bytes:
    """A file of OpenDocument; `body` stands inside of the element of its kind."""
    inside = {ODT: "text", ODS: "spreadsheet", ODP: "presentation"}[kind]
    content = (
        f"<office:document-content {ODF}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{inside}>{body}</office:{inside}></office:body></office:document-content>"
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("mimetype", kind)
        file.writestr("content.xml", content)
        if styles:
            masters = f"<office:master-styles>{styles}</office:master-styles>"
            file.writestr("styles.xml", f"<office:document-styles {ODF}>{masters}</office:document-styles>")
        for name, part in (more or {}).items():
            file.writestr(name, part)
    return written.getvalue()
