"""HTML to text for search and for reading forwards: what a person would see, in lines.

Rule kept: bounded and total on hostile HTML. Ordinary documents go through inscriptis, which lays out tables
and lists. Its parser (libxml2) silently drops what is nested deeper than its limit, so documents that are deep,
large or make it fail are read by a linear scanner that knows only where lines begin. Nothing is fetched and no
style of the sender is followed, so text that a style hides is found too.
"""

from __future__ import annotations

import html
import re

from ingest.formats.charsets import codec_of, decode, storable

MAX_INPUT = 16 * 1024 * 1024
MAX_LAYOUT = 512 * 1024
MAX_LAYOUT_DEPTH = 100
MAX_LAYOUT_TABLES = 60
_HEAD = 2048
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:-]{0,30})")
_HIDDEN = frozenset({"script", "style", "title", "template"})
_LINE_ELEMENTS = """
    address article aside blockquote body br center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr
    html li main nav ol p pre section table tr ul
"""
_LINE = frozenset(_LINE_ELEMENTS.split())
_VOID_ELEMENTS = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_ELEMENTS.split())
_BLANK = re.compile(r"[ \t\r\f\v\xa0]+")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x2060, 0xFEFF, 0xAD))


def decode_html(content: bytes, charset: str | None) -> str:
    """Markup as text: by the declared charset, else the one the document names in its first 2 kB."""
    if charset is None or codec_of(charset) is None:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            charset = "utf-16"
        else:
            found = _META.search(content[:_HEAD])
            charset = found[1].decode("ascii", "replace") if found else charset
    return decode(content, charset, guess=True)


def html_to_text(markup: str) -> tuple[str, bool]:
    """Visible text of HTML, and whether all of it was read (False beyond 16 Mi characters)."""
    complete = len(markup) <= MAX_INPUT
    markup = markup[:MAX_INPUT]
    if len(markup) <= MAX_LAYOUT and _is_flat(markup):
        text = _laid_out(markup)
        if text is not None:
            return storable(text), complete
    return storable(_scanned(markup)), complete


def _is_flat(markup: str) -> bool:
    """Whether nesting stays far from the limit of libxml2, counted without regard to how tags pair."""
    depth = deepest = tables = 0
    place = markup.find("<")
    while place >= 0:
        match = _TAG_NAME.match(markup, place)
        if match and match[1].lower() not in _VOID:
            if markup.startswith("</", place):
                depth = max(depth - 1, 0)
            else:
                depth += 1
                deepest = max(deepest, depth)
                tables += match[1].lower() == "table"
        place = markup.find("<", place + 1)
    # unclosed paragraphs and list items count as depth here: such documents take the scanner, which is no loss
    return deepest <= MAX_LAYOUT_DEPTH and tables <= MAX_LAYOUT_TABLES


def _laid_out(markup: str) -> str | None:
    """The text as inscriptis lays it out; None where it fails or finds nothing."""
    import inscriptis  # noqa: PLC0415 - it loads lxml, which most mail does not need
    from inscriptis.model.config import ParserConfig  # noqa: PLC0415 - as above

    config = ParserConfig()
    # styles of the sender are not followed: a margin of 10^9 lines is a bomb, and hidden text is still text
    config.attribute_handler.attribute_mapping = {}
    try:
        text = str(inscriptis.get_text(markup, config))
    except Exception:  # noqa: BLE001 - whatever libxml2 or the layout raises, the scanner still reads the text
        return None
    text = "\n".join(line.rstrip() for line in text.translate(_INVISIBLE).replace("\xa0", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip("\n") if text.strip() else None


def _scanned(markup: str) -> str:
    """Text by one pass over the tags: linear in time, no tree. Markup without an end counts as text."""
    pieces: list[str] = []
    place = 0
    last_close = markup.rfind(">")
    endless: set[str] = set()  # what is known to have no end is not looked for again: that would be quadratic
    while True:
        opened = markup.find("<", place)
        if opened < 0 or opened > last_close:
            pieces.append(markup[place:])
            break
        pieces.append(markup[place:opened])
        place = _after_tag(markup, opened, pieces, endless)
    text = html.unescape("".join(pieces)).translate(_INVISIBLE)
    lines = (_BLANK.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _after_tag(markup: str, opened: int, pieces: list[str], endless: set[str]) -> int:
    """The place behind the tag, comment or hidden element at `opened`; a ``>`` is known to follow somewhere."""
    if markup.startswith("<!--", opened) and "-->" not in endless:
        end = markup.find("-->", opened + 4)
        if end >= 0:
            return end + 3
        endless.add("-->")
    match = _TAG_NAME.match(markup, opened)
    if match is None:
        if markup[opened + 1 : opened + 2] in ("!", "?", "/"):
            return markup.find(">", opened) + 1
        pieces.append("<")
        return opened + 1
    name = match[1].lower()
    end = markup.find(">", match.end()) + 1 or len(markup)
    if name in _HIDDEN and markup[opened + 1] != "/" and name not in endless:
        closing = re.compile(f"</{name}", re.IGNORECASE).search(markup, end)
        if closing is not None:
            return markup.find(">", closing.end()) + 1 or len(markup)
        endless.add(name)
    if name in _LINE:
        pieces.append("\n")
    elif name in ("td", "th"):
        pieces.append("\t")
    return end
