"""Which application a picture may show, with the reasons in words.

Rule kept: a guess needs several signs that agree, and more of them than any other application has; otherwise none is
made. Signs are what the entry field says, the colours of bubbles and canvas, and where names and times stand. They
change with every version of an application, so a guess is a help for finding and never evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.interface_words import folded
from ingest.formats.transcripts.pieces import PieceKind
from ingest.formats.transcripts.scene import Colour, Side, distance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.formats.transcripts.reading import ReadPage

_NEAR: Final = 12
_ENOUGH, _AHEAD = 3, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How one application looks: words of its entry field, colours as RGB, and where times stand.

    `words` are its alone, `shared` those that others use too. `times` is where the time of a message stands.
    """

    app: str
    words: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    own: tuple[Colour, ...] = ()
    other: tuple[Colour, ...] = ()
    canvas: tuple[Colour, ...] = ()
    times: str = ""
    centred_title: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(folded(one) for one in text.split("|"))


_LOOKS: Final = (
    _Look(
        app="imessage",
        words=_words("imessage|text message • sms|text message • rcs"),
        shared=_words("text message|mensaje de texto|message texte"),
        own=((0, 122, 255), (11, 132, 255), (10, 132, 255), (52, 199, 89), (48, 209, 88), (36, 138, 61)),
        other=((233, 233, 235), (229, 229, 234), (38, 38, 41), (38, 38, 40), (59, 59, 61)),
        centred_title=True,
    ),
    _Look(
        app="android_messages",
        words=_words("rcs message|sms message|text message|mensaje rcs|mensaje sms"),
        own=(
            (11, 87, 208),
            (26, 115, 232),
            (211, 227, 253),
            (0, 74, 119),
            (0, 99, 155),
            (168, 199, 250),
            (138, 180, 248),
        ),
        other=(
            (242, 242, 242),
            (241, 243, 244),
            (225, 227, 225),
            (240, 244, 249),
            (233, 238, 246),
            (48, 49, 52),
            (40, 42, 44),
        ),
    ),
    _Look(
        app="whatsapp",
        shared=_words("message|type a message|mensaje|mensagem|escribe un mensaje|сообщение|tin nhắn"),
        own=((217, 253, 211), (220, 248, 198), (0, 92, 75), (5, 97, 98), (231, 255, 219), (19, 77, 55), (20, 77, 55)),
        other=((32, 44, 51), (38, 45, 49), (31, 44, 52), (36, 38, 38)),
        canvas=((239, 234, 226), (236, 229, 221), (11, 20, 26), (12, 19, 23), (245, 241, 235), (22, 23, 23)),
        times="inside",
    ),
    _Look(
        app="messenger",
        words=_words("aa"),
        own=((0, 132, 255), (0, 120, 255), (10, 124, 255), (160, 51, 255)),
        other=(
            (240, 240, 240),
            (241, 240, 240),
            (228, 230, 235),
            (48, 48, 48),
            (51, 51, 51),
            (62, 64, 66),
            (36, 37, 38),
        ),
    ),
    _Look(
        app="instagram",
        shared=_words("message|message...|mensaje|enviar mensaje|nhắn tin"),
        own=(
            (55, 151, 240),
            (112, 74, 255),
            (105, 71, 255),
            (139, 61, 255),
            (163, 48, 230),
            (78, 93, 255),
            (88, 81, 219),
        ),
        other=((239, 239, 239), (38, 38, 38), (37, 39, 42), (243, 245, 247)),
    ),
    _Look(app="snapchat", words=_words("send a chat|chat|enviar un chat|envoyer un chat"), times="bars"),
    _Look(
        app="signal",
        words=_words(
            "signal message|mensaje de signal|message signal|mensagem do signal|сообщение signal|signal-nachricht"
        ),
        own=((44, 107, 237), (58, 118, 240), (33, 101, 225), (51, 92, 220), (44, 88, 195)),
        other=((233, 233, 233), (246, 246, 246), (46, 46, 46), (61, 61, 61), (59, 59, 59), (59, 60, 63)),
        times="inside",
    ),
    _Look(
        app="telegram",
        shared=_words("message|mensaje|mensagem|сообщение|write a message"),
        own=(
            (239, 255, 222),
            (238, 254, 221),
            (225, 254, 198),
            (43, 82, 120),
            (135, 116, 225),
            (62, 106, 153),
            (118, 106, 200),
            (51, 144, 236),
        ),
        other=((24, 37, 51), (33, 33, 33), (33, 45, 59), (31, 31, 31)),
        canvas=((14, 22, 33), (24, 25, 29)),
        times="inside",
    ),
    _Look(
        app="x",
        words=_words("start a message|start a new message|post your reply|iniciar un mensaje|nuevo mensaje"),
        own=((29, 155, 240), (29, 161, 242)),
        other=((239, 243, 244), (47, 51, 54), (32, 35, 39)),
        times="below",
    ),
    _Look(
        app="tiktok",
        words=_words("send a message|add comment|add comment...|añadir comentario|envía un mensaje"),
        own=((254, 44, 85), (0, 149, 246), (32, 138, 240), (0, 117, 220), (0, 155, 250), (37, 99, 235)),
        other=((241, 241, 242), (255, 255, 255), (47, 47, 47), (53, 53, 53)),
        canvas=((248, 248, 248), (18, 18, 18)),
    ),
    _Look(
        app="discord",
        canvas=((49, 51, 56), (54, 57, 63), (30, 31, 34), (26, 26, 30), (28, 29, 35), (50, 51, 57)),
        times="rows",
    ),
    _Look(
        app="teams",
        words=_words("type a new message|type a message"),
        own=(
            (232, 235, 250),
            (43, 43, 64),
            (61, 62, 102),
            (232, 235, 250),
            (68, 71, 145),
            (227, 229, 250),
            (47, 49, 86),
        ),
        other=((41, 41, 41), (59, 58, 57)),
        canvas=((245, 245, 245), (31, 31, 31), (240, 240, 240)),
        times="label",
    ),
)


def guess_app(pages: Sequence[ReadPage]) -> tuple[str | None, tuple[str, ...]]:
    """The application by name, and why; None where the signs are few or speak for two."""
    scored = [(_score(look, pages), look.app) for look in _LOOKS]
    ranked = sorted(scored, key=lambda one: -one[0][0])
    (best, reasons), app = ranked[0]
    if best < _ENOUGH or best - ranked[1][0][0] < _AHEAD:
        return None, ()
    return app, reasons


def _score(look: _Look, pages: Sequence[ReadPage]) -> tuple[int, tuple[str, ...]]:
    score = 0
    reasons: list[str] = []
    fields = {folded(page.zones.field_words) for page in pages if page.zones.field_words}
    if look.app == "discord" and any(field.startswith(("message #", "message @")) for field in fields):
        score, reasons = 3, ["the entry field names a channel"]
    if fields & look.words:
        score += 3
        reasons.append("the entry field says so")
    elif fields & look.shared:
        score += 1
        reasons.append("the entry field has its words")
    own = _colours(pages, Side.RIGHT)
    if _any_near(own, look.own):
        score += 2
        reasons.append("messages of the owner have its colour")
    if _any_near(_colours(pages, Side.LEFT), look.other):
        score += 1
        reasons.append("messages of others have its colour")
    if _any_near({page.scene.canvas.colour for page in pages if page.scene.canvas}, look.canvas):
        score += 1
        reasons.append("the background has its colour")
    if look.times and look.times == _times(pages):
        score += 2 if look.times in ("rows", "bars") else 1
        reasons.append("names and times stand as there")
    elif look.times in ("rows", "bars", "inside") and _times(pages):
        score -= 1
    if look.centred_title and any(page.zones.title and not page.zones.title_left for page in pages):
        score += 1
        reasons.append("the title stands in the middle")
    return score, tuple(reasons)


def _colours(pages: Sequence[ReadPage], side: Side) -> set[Colour]:
    found = set()
    for page in pages:
        its = side
        if page.mirrored:
            its = Side.LEFT if side is Side.RIGHT else Side.RIGHT
        found |= {piece.colour for piece in page.gathered.pieces if piece.side is its and piece.colour is not None}
    return found


def _any_near(colours: Iterable[Colour], known: Sequence[Colour]) -> bool:
    return any(distance(one, other) <= _NEAR for one in colours for other in known)


def _times(pages: Sequence[ReadPage]) -> str:
    """Where the pages print times: in rows of their own beside names, inside bubbles, below them, beside labels."""
    pieces = [piece for page in pages for piece in page.gathered.pieces if piece.kind is PieceKind.MESSAGE]
    if not any(page.gathered.bubbles for page in pages):
        labels = {piece.label for piece in pieces if piece.label}
        return "rows" if any(piece.time for piece in pieces) else "bars" if labels else ""
    timed = [piece for piece in pieces if piece.time]
    if len(timed) * 2 < len(pieces) or not timed:
        return ""
    return max(("inside", "below", "label"), key=lambda place: sum(piece.time_place == place for piece in timed))
