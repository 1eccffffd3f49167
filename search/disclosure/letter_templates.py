"""Letters about a request: text with named fields, filled and laid out in paragraphs. Pure but for reading files.

Rules kept:

- A template is data: fields, and paragraphs that stand only where a field has a value. Nothing in it is run, and a
  value is never read as a template again. A name that is no field is refused, with the names that there are.
- A field without a value stands as a blank in square brackets that says what belongs there. How many there are is
  told, so that no letter goes out with one unseen. ``{name?}`` may be empty.
- Law stands in a letter only through fields, whose texts come with their citation from the profile.

The form: the first line is ``Subject:`` and the subject. Paragraphs stand apart by an empty line. One begins with
``{if NAME}`` or ``{unless NAME}`` where it depends on a field; with ``- `` where each line of its value is an item;
with ``| `` where its lines stay lines, and those that turn out empty are left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Final

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONGEST: Final = 50_000  # characters of a template
_SUBJECT: Final = "Subject:"
_TOKEN: Final = re.compile(r"\{(?P<name>[a-z][a-z0-9_]*)(?P<optional>\??)\}")
_CONDITION: Final = re.compile(r"\{(?P<how>if|unless) (?P<name>[a-z][a-z0-9_]*)\}\s*")


class LetterKind(StrEnum):
    """What a letter is for."""

    ACKNOWLEDGEMENT = "acknowledgement"
    EXTENSION = "extension"
    CLARIFICATION = "clarification"
    FEE_ESTIMATE = "fee_estimate"
    COVER = "cover"
    DETERMINATION = "determination"
    NO_RECORDS = "no_records"
    CLOSING = "closing"
    CLAWBACK = "clawback"


FIELDS: Final[Mapping[str, str]] = {
    "agency": "the agency",
    "agency_address": "the agency's address",
    "officer": "who signs",
    "officer_title": "the title of who signs",
    "date": "the date",
    "number": "the number of the request",
    "title": "what is asked for",
    "received": "the day of receipt",
    "requester": "the requester",
    "organisation": "the requester's organisation",
    "contact": "the requester's address",
    "statute": "the law of public records",
    "due": "the day by which an answer is due",
    "due_citation": "the law of that day",
    "estimate": "the day by which an answer may be expected",
    "question": "what the requester is asked",
    "reply_by": "the day by which he should answer",
    "extended_to": "the new day",
    "extension_reason": "the reason for more time",
    "extension_citation": "the law that allows more time",
    "instalments": "whether parts are sent before",
    "amount": "the amount",
    "deposit": "the deposit",
    "fee_basis": "what the amount comes from",
    "fee_citation": "the law of fees",
    "production": "the number of the production",
    "documents": "how many documents",
    "pages": "how many pages",
    "first_page": "the first page's number",
    "last_page": "the last page's number",
    "manifest_sha256": "the SHA-256 of the manifest",
    "open_rest": "whether more will follow",
    "in_full": "whether all is given",
    "in_part": "whether a part is given",
    "denied": "whether nothing is given",
    "kept_back": "whether something is kept back",
    "available": "the day by which records are given",
    "released": "how many records are given as they are",
    "redacted": "how many records are given in part",
    "left_out": "whether parts are left out",
    "withheld": "whether records are kept back in full",
    "withheld_count": "how many records are kept back in full",
    "exemptions": "the exemptions with their law",
    "log_citation": "the law of the log of what is kept back",
    "responsible": "who is responsible, with titles",
    "ruling": "the ruling on what is kept back",
    "remedy": "whether the profile knows whom to turn to",
    "appeal_to": "whom to appeal to",
    "appeal_address": "the address for an appeal",
    "appeal_within": "the time for an appeal",
    "appeal_decided": "the time for a decision of it",
    "appeal_copy": "who gets a copy of an appeal",
    "appeal_citation": "the law of appeals",
    "court": "the court",
    "court_citation": "the law of court review",
    "searched": "what was searched, and how",
    "outcome": "the outcome",
    "productions": "how many productions",
    "all_pages": "how many pages in all",
    "hold_days": "how many days records are held",
    "hold_citation": "the law of that time",
    "clawback_production": "the production that pages are asked back of",
    "clawback_pages": "the pages that are asked back",
    "clawback_reason": "why they are asked back",
    "replaced": "whether other pages take their place",
}
"""The fields that a template may have, each with what belongs there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLetter:
    """A letter: its subject, paragraphs of lines, the fields that are blank, and all that were used."""

    subject: str
    paragraphs: tuple[tuple[str, ...], ...]
    blanks: tuple[str, ...]
    used: frozenset[str]

    @property
    def text(self) -> str:
        """The letter as text, a paragraph a line."""
        return "\n\n".join("\n".join(one) for one in self.paragraphs) + "\n"


def find_template(kind: LetterKind, profile_id: str, folder: Path | None = None) -> str:
    """The template of a letter: the agency's for this law, the agency's, that for this law, the shipped one.

    Raises:
        InvalidInput: the agency's folder or a file in it cannot be read.
    """
    names = (f"{kind.value}.{profile_id.lower()}.txt", f"{kind.value}.txt")
    if folder is not None:
        if not folder.is_dir():
            raise InvalidInput("the folder of [disclosure] letters is none; make it, or leave the setting out")
        for name in names:
            if (folder / name).is_file():
                return read_own_file(folder / name)
    shipped = resources.files("search.disclosure.letters")
    found = next(one for one in (shipped / name for name in names) if one.is_file())
    return found.read_text("utf-8")


def read_own_file(path: Path) -> str:
    """A file of the agency's folder of letters.

    Raises:
        InvalidInput: it cannot be read, is too long, or no UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST * 4 + 1)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} in the folder of letters cannot be read as UTF-8 text") from error
    if len(text) > LONGEST:
        raise InvalidInput(f"{path.name} in the folder of letters has more than {LONGEST:,} characters")
    return text


def check_fields(names: Mapping[str, str]) -> None:
    """Refuse what is no field.

    Raises:
        InvalidInput: a name is none of the fields.
    """
    unknown = next((one for one in names if one not in FIELDS), None)
    if unknown is not None:
        raise InvalidInput(f"there is no field {unknown[:40]!r}; there are: {', '.join(FIELDS)}")


def write_letter(template: str, values: Mapping[str, str]) -> WrittenLetter:
    """Fill a template.

    Args:
        template: in the form of the module's docstring.
        values: texts by field; what is missing or empty becomes a blank.

    Raises:
        InvalidInput: the template is not in that form, or names what is no field.
    """
    check_fields(values)
    lines = template.replace("\r\n", "\n").strip().split("\n")
    if len(template) > LONGEST or not lines[0].startswith(_SUBJECT):
        raise InvalidInput(f"a template begins with '{_SUBJECT}' and has at most {LONGEST:,} characters")
    filling = _Filling(values)
    subject = filling.line(lines[0].removeprefix(_SUBJECT).strip())
    paragraphs = []
    for part in re.split(r"\n[ \t]*\n\s*", "\n".join(lines[1:]).strip()):
        written = filling.paragraph(part)
        if written:
            paragraphs.append(written)
    return WrittenLetter(
        subject=subject,
        paragraphs=tuple(paragraphs),
        blanks=tuple(dict.fromkeys(filling.blanks)),
        used=frozenset(filling.used),
    )


class _Filling:
    """The filling of one template; it notes what is used, and what is blank."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: clean(text) for name, text in values.items()}
        self.blanks: list[str] = []
        self.used: set[str] = set()

    def paragraph(self, part: str) -> tuple[str, ...]:
        """The lines of a paragraph; none where it does not stand."""
        stands = True
        while (found := _CONDITION.match(part)) is not None:
            stands = stands and self._has(found["name"]) is (found["how"] == "if")
            part = part[found.end() :]
        if not stands:
            for found in _TOKEN.finditer(part):
                self._known(found["name"])
            _refuse_rest(part)
            return ()
        if part.startswith("| "):
            return tuple(filter(None, (self.line(one.removeprefix("|").strip()) for one in part.split("\n"))))
        if part.startswith("- "):
            filled = self.filled(part.removeprefix("- "))
            return tuple(f"- {' '.join(one.split())}" for one in filled.split("\n") if one.strip())
        line = self.line(part)
        return (line,) if line else ()

    def line(self, text: str) -> str:
        """A text on one line."""
        return " ".join(self.filled(text).split())

    def filled(self, text: str) -> str:
        """A text with its fields filled, in one pass."""
        _refuse_rest(text)
        return _TOKEN.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        name = found["name"]
        if self._has(name):
            self.used.add(name)
            return self._values[name]
        if found["optional"]:
            return ""
        self.blanks.append(name)
        return f"[{FIELDS[name]}]"

    def _has(self, name: str) -> bool:
        self._known(name)
        return bool(self._values.get(name))

    def _known(self, name: str) -> None:
        check_fields({name: ""})


def clean(text: str) -> str:
    """A text without controls but for line ends; what a letter cannot show is U+FFFD."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    hidden = "\N{REPLACEMENT CHARACTER}"
    return "".join(hidden if unicodedata.category(one) in {"Cc", "Cs"} and one != "\n" else one for one in lines)


def _refuse_rest(text: str) -> None:
    """Refuse braces that are no field, so that a slip of the pen does not stand in a letter.

    Raises:
        InvalidInput: there are some.
    """
    rest = _TOKEN.sub("", text)
    if "{" in rest or "}" in rest:
        raise InvalidInput("a template has a brace that is no field; write {name}, {name?} or {if name}")
