"""What the markup of a captured page says beside its text: its title, the pictures that it shows, its posts.

Rule kept: nothing is run and nothing is fetched; addresses are only compared with those of the capture. A page's
addresses are resolved against its own, or against what it names as its base (HTML standard, section 4.2.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from ingest.formats.captures.page_posts import posts_of
from ingest.formats.charsets import storable
from ingest.formats.chats.html_tree import parse
from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.html_tree import Element
    from storage.records import Message

MOST_SHOWN: Final = 500
_LONGEST_ADDRESS: Final = 8_000
_LONGEST_TITLE: Final = 1_000
_MOST_ELEMENTS: Final = 200_000
_MOST_CANDIDATES: Final = 50
_META_SHOWN: Final = frozenset(
    {
        "og:image",
        "og:image:url",
        "og:image:secure_url",
        "og:video",
        "og:video:url",
        "twitter:image",
        "twitter:image:src",
    }
)
_SOURCES: Final = ("src", "data-src", "data-original", "data-lazy-src")
_SOURCE_SETS: Final = ("srcset", "data-srcset")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMarkup:
    """What a page says of itself.

    `shown` are its pictures, sounds and films: for each the addresses of which a browser takes one. `named` are
    pictures that it names for other sites, which a browser does not fetch. `problem` is why the markup could not be
    taken apart.
    """

    title: str | None = None
    shown: tuple[tuple[str, ...], ...] = ()
    named: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    problem: str | None = None


def read_markup(markup: str, address: str) -> PageMarkup:
    """What the markup of the page at this address says; never raises for what it holds."""
    try:
        document = parse(markup, _MOST_ELEMENTS)
    except MemberBroken as error:
        return PageMarkup(problem=str(error))
    base = address
    for element in document.find_all("base"):
        if element.attributes.get("href"):
            base = resolved(address, element.attributes["href"]) or address
            break
    messages = posts_of(document)
    return PageMarkup(
        title=_title(document), shown=_shown(document, base), named=_named(document, base), messages=messages
    )


def resolved(base: str, address: str) -> str | None:
    """An address as a whole one; None for what names nothing that could have been captured."""
    address = address.strip()
    if not address or len(address) > _LONGEST_ADDRESS or address[:5].lower() in ("data:", "blob:"):
        return None
    try:
        return urljoin(base, address)
    except ValueError:
        return None


def comparable(address: str) -> str:
    """An address as it is compared: no fragment, scheme and host in lower case, no default port, a path at least."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return address.partition("#")[0]
    if not parts.netloc:
        return address.partition("#")[0]
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    where = host if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f"{host}:{port}"
    path = (parts.path or "/").replace(" ", "%20")
    return SplitResult(parts.scheme, where, path, parts.query.replace(" ", "%20"), "").geturl()


def host_of(address: str) -> str:
    """The host of an address in lower case, empty where it has none."""
    try:
        return (urlsplit(address.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _title(document: Element) -> str | None:
    """The document's title, not that of a drawing in it; else what it calls itself to other sites."""
    named = None
    for element in document.find_all("title"):
        text = " ".join("".join(one for one in element.children if isinstance(one, str)).split())
        if text:
            return storable(text[:_LONGEST_TITLE])
    for element in document.find_all("meta"):
        if _meta_name(element) in ("og:title", "twitter:title"):
            named = named or " ".join(element.attributes.get("content", "").split())
    return storable(named[:_LONGEST_TITLE]) if named else None


def _shown(document: Element, base: str) -> tuple[tuple[str, ...], ...]:
    """What a page shows, each once; of a picture's alternatives all stand together."""
    found: dict[tuple[str, ...], None] = {}
    in_pictures: set[str] = set()
    for element in document.walk():
        inside = (
            islice(element.walk(), _MOST_CANDIDATES) if element.tag in ("picture", "video", "audio") else (element,)
        )
        given = (one for each in inside for one in _candidates(each))
        whole = tuple(dict.fromkeys(one for each in islice(given, _MOST_CANDIDATES) if (one := resolved(base, each))))
        if not whole or in_pictures.issuperset(whole):
            continue
        if element.tag in ("picture", "video", "audio"):
            in_pictures.update(whole)
        found.setdefault(whole)
        if len(found) >= MOST_SHOWN:
            break
    return tuple(found)


def _candidates(element: Element) -> Iterator[str]:
    attributes = element.attributes
    match element.tag:
        case "img" | "source" | "audio" | "video" | "amp-img":
            for name in _SOURCES:
                yield attributes.get(name, "")
            for name in _SOURCE_SETS:
                yield from _source_set(attributes.get(name, ""))
            if element.tag == "video":
                yield attributes.get("poster", "")
        case "input" if attributes.get("type", "").lower() == "image":
            yield attributes.get("src", "")
        case "image":
            yield attributes.get("href", "") or attributes.get("xlink:href", "")


def _named(document: Element, base: str) -> tuple[str, ...]:
    """The pictures that a page names for other sites (Open Graph and the like)."""
    given: list[str] = []
    for element in document.walk():
        if element.tag == "meta" and _meta_name(element) in _META_SHOWN:
            given.append(element.attributes.get("content", ""))
        elif element.tag == "link" and "image_src" in element.attributes.get("rel", "").lower().split():
            given.append(element.attributes.get("href", ""))
    return tuple(dict.fromkeys(one for each in given[:_MOST_CANDIDATES] if (one := resolved(base, each))))


def _meta_name(element: Element) -> str:
    return (element.attributes.get("property") or element.attributes.get("name") or "").strip().lower()


def _source_set(text: str) -> Iterator[str]:
    """The addresses of a srcset: what stands before each descriptor; a comma inside of an address stays in it."""
    for one in text[: _LONGEST_ADDRESS * 4].replace("\n", " ").split(", "):
        yield one.strip(" \t,").partition(" ")[0]
