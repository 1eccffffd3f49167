"""Generated forwards: every client in every language with several lists of recipients; all people are invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.corpus.forward_words import PRINTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.corpus.forward_words import Printed

Parties = tuple[tuple[str | None, str | None], ...]
SENDER = ("Dana Whitfield", "dana@contractor.example")
SUBJECT = "Boiler visit: room 12"
BODY = "The inspector comes on Tuesday.\n\nPlease leave the side door open."
WHEN = "2022-04-06T10:23"
RECIPIENTS: dict[str, Parties] = {
    "one address": ((None, "office@school.example"),),
    "one name and address": (("Lou Ames", "lou@school.example"),),
    "several, mixed": (
        ("Lou Ames", "lou@school.example"),
        (None, "kit@school.example"),
        ("Åsa Öberg", "asa@far.example"),
    ),
}
COPIES: dict[str, Parties] = {
    "one address": (),
    "one name and address": ((None, "office@school.example"),),
    "several, mixed": (("Maria O'Neil", "maria@school.example"), ("Ames, Lou", "lou2@school.example")),
}


@dataclass(frozen=True, kw_only=True)
class Generated:
    """One forward: the text, its mail's subject, and what must be read from it."""

    name: str
    client: str
    language: str
    text: str
    subject: str
    to: Parties
    cc: Parties
    date: str
    printed_subject: str | None = SUBJECT


def _printed(parties: Parties, separator: str = ", ", *, doubled: bool = False) -> str:
    def one(name: str | None, address: str | None) -> str:
        if name is None:
            return f"{address} <{address}>" if doubled else f"{address}"
        return f'"{name}" <{address}>' if "," in name else f"{name} <{address}>"

    return separator.join(one(*party) for party in parties)


def _who() -> str:
    return f"{SENDER[0]} <{SENDER[1]}>"


def _lines(labels: str, values: dict[str, str], order: str, *, mark: str = "", colon: str = ":") -> str:
    names = dict(zip("fdtcs", labels.split("|"), strict=True))
    return "".join(f"{mark}{names[key]}{colon}{mark} {values[key]}\n" for key in order if values[key])


def _gmail(printed: Printed, to: Parties, cc: Parties) -> tuple[str, str]:
    label, date = printed.gmail
    copies = f"Cc: {_printed(cc)}\n" if cc else ""
    return (
        f"---------- Forwarded message ---------\n{label} {_who()}\nDate: {date}\nSubject: {SUBJECT}\n"
        f"To: {_printed(to)}\n{copies}\n\n{BODY}\n"
    ), ":00"


def _apple(printed: Printed, to: Parties, cc: Parties) -> tuple[str, str]:
    marker, labels, date = printed.apple
    values = {"f": _who(), "d": date, "t": _printed(to), "c": _printed(cc), "s": SUBJECT}
    block = f"{marker.rstrip('：: ')}:\n\n" + _lines(labels, values, "fsdtc") + f"\n{BODY}\n"
    return "".join(f"> {line}".rstrip() + "\n" for line in block.split("\n")), ":05"


def _outlook(printed: Printed, to: Parties, cc: Parties) -> tuple[str, str]:
    labels, date = printed.outlook
    values = {
        "f": _who(), "d": date, "t": _printed(to, "; ", doubled=True), "c": _printed(cc, "; "), "s": SUBJECT,
    }  # fmt: skip
    return "________________________________\n" + _lines(labels, values, "fdtcs") + f"\n{BODY}\n", ":00"


def _outlook_bold(printed: Printed, to: Parties, cc: Parties) -> tuple[str, str]:
    labels, date = printed.outlook
    values = {"f": _who(), "d": date, "t": _printed(to, "; "), "c": _printed(cc, "; "), "s": SUBJECT}
    return "\n" + _lines(labels, values, "fdtcs", mark="*") + f"\n{BODY}\n", ":00"


def _thunderbird(printed: Printed, to: Parties, cc: Parties) -> tuple[str, str]:
    marker, labels = printed.thunderbird
    values = {
        "f": _who(), "d": "Wed, 6 Apr 2022 10:23:05 +0200", "t": _printed(to), "c": _printed(cc), "s": SUBJECT,
    }  # fmt: skip
    block = _lines(labels, values, "sdftc", colon=": \t").replace("\t ", "\t")
    return f"-------- {marker} --------\n{block}\n\n\n{BODY}\n", ":05+02:00"


CLIENTS = {
    "gmail": _gmail,
    "apple mail": _apple,
    "outlook": _outlook,
    "outlook, bold": _outlook_bold,
    "thunderbird": _thunderbird,
}


def generated() -> Iterator[Generated]:
    """The whole grid."""
    for language, printed in PRINTED.items():
        for client, make in CLIENTS.items():
            for kind, to in RECIPIENTS.items():
                text, seconds = make(printed, to, COPIES[kind])
                yield Generated(
                    name=f"{language}, {client}, {kind}",
                    client=client,
                    language=language,
                    text=text,
                    subject=f"{printed.prefix[0]}: {SUBJECT}",
                    to=to,
                    cc=COPIES[kind],
                    date=WHEN + seconds,
                )
