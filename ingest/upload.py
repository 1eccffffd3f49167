"""What somebody hands in over HTTP: files with their names and sizes, which belong together, and what he says of them.

Pure types and checks. Rule: everything is bounded before anything is written, and names are made printable and never
used as paths. Files of one group are the pictures of one conversation, one record in the order given.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.captions import CAPTION_FIELDS, caption_from
from storage.errors import InvalidInput
from storage.transcription import Caption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.vault import HolderKey

_LONGEST_NAME: Final = 255
_LONGEST_GROUP: Final = 64
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ASKED: Final = frozenset({"files", "custodian", "caption", "day_first", "choose"})
_OF_FILE: Final = frozenset({"name", "size", "sha256", "group", "caption"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFile:
    """One file: its name as text, its size in bytes, its SHA-256 where that is known, and with which it belongs.

    `caption` is what was said of this one alone.
    """

    name: str = field(repr=False)
    size: int
    sha256: str | None = None
    group: str | None = field(default=None, repr=False)
    caption: Caption | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadAbout:
    """What was said when an upload began. `choose` asks for a draft instead of a submission."""

    files: tuple[UploadFile, ...]
    submitter: str = field(repr=False)
    caption: Caption | None = field(default=None, repr=False)
    day_first: bool | None = None
    choose: bool = False

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(one.size for one in self.files)

    def encode(self) -> bytes:
        """As JSON, the same for the same."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")

    @classmethod
    def decode(cls, encoded: bytes) -> UploadAbout:
        """Read it again."""
        members = json.loads(encoded)
        caption = members.pop("caption")
        files = tuple(
            UploadFile(**{**one, "caption": _stored_caption(one.get("caption"))}) for one in members.pop("files")
        )
        return cls(files=files, caption=_stored_caption(caption), **members)

    def caption_of(self, numbers: Sequence[int]) -> Caption | None:
        """What was said of the item that these files are: of each field what was said of them, else of all files."""
        own = next((one for number in numbers if (one := self.files[number].caption) is not None), None)
        if own is None or self.caption is None:
            return own or self.caption
        return caption_from({name: getattr(own, name) or getattr(self.caption, name) for name in CAPTION_FIELDS})

    def items(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the files, item by item: those of a group together, where its first stands."""
        groups: dict[str, list[int]] = {}
        for number, one in enumerate(self.files):
            groups.setdefault(f"one {number}" if one.group is None else f"group {one.group}", []).append(number)
        return tuple(tuple(one) for one in groups.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadState:
    """An upload, opened for who hands it in. `answer` is what became of it, None while it is open."""

    id: str
    custodian_id: str
    received_at: datetime
    expires_at: datetime
    about: UploadAbout
    key: HolderKey = field(repr=False)
    answer: dict[str, Any] | None = None


def read_asked(document: Any, *, submitter: str, most: int) -> tuple[UploadAbout, str | None]:
    """What a client asks for when an upload begins, and the address of the custodian that it names.

    Raises:
        InvalidInput: a member is missing, unknown or impossible; says which.
    """
    members = _object(document, _ASKED, "the body")
    listed = members.get("files")
    if not isinstance(listed, list) or not 0 < len(listed) <= most:
        raise InvalidInput(f"files must list 1 to {most} files", member="files")
    custodian = members.get("custodian")
    if custodian is not None and not isinstance(custodian, str):
        raise InvalidInput("custodian is an address", member="custodian")
    for name in ("day_first", "choose"):
        if members.get(name) not in (None, True, False):
            raise InvalidInput(f"{name} is true or false", member=name)
    about = UploadAbout(
        files=tuple(_file(one, number) for number, one in enumerate(listed, start=1)),
        submitter=submitter,
        caption=_caption(members.get("caption"), "caption"),
        day_first=members.get("day_first"),
        choose=bool(members.get("choose")),
    )
    for numbers in about.items():
        if len({one for number in numbers if (one := about.files[number].caption) is not None}) > 1:
            raise InvalidInput("files of one group are one record and have one caption; say it of one of them")
    return about, custodian


def plain_name(given: str, number: int) -> str:
    """A file's name as printable text of at most 255 characters; of a path the last part; never empty."""
    text = given.replace("\\", "/").rsplit("/", 1)[-1].encode("utf-8", "replace").decode()
    text = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text).strip()
    return text[-_LONGEST_NAME:] or f"file {number}"


def _file(value: Any, number: int) -> UploadFile:
    members = _object(value, _OF_FILE, f"file {number}")
    name, size, sha256, group = (members.get(one) for one in ("name", "size", "sha256", "group"))
    if not isinstance(name, str):
        raise InvalidInput(f"file {number} needs a name", number=number)
    if type(size) is not int or size < 0:
        raise InvalidInput(f"file {number} needs its size in bytes", number=number)
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise InvalidInput(f"sha256 of file {number} must be 64 digits, 0-9 and a-f", number=number)
    if group is not None and not (isinstance(group, str) and 0 < len(group) <= _LONGEST_GROUP):
        raise InvalidInput(f"group of file {number} must be a short text", number=number)
    caption = _caption(members.get("caption"), f"caption of file {number}")
    return UploadFile(name=plain_name(name, number), size=size, sha256=sha256, group=group, caption=caption)


def _caption(value: Any, what: str) -> Caption | None:
    said = _object({} if value is None else value, frozenset(CAPTION_FIELDS), what)
    if not all(isinstance(one, str) or one is None for one in said.values()):
        raise InvalidInput(f"{what} has texts by name: {', '.join(CAPTION_FIELDS)}", member="caption")
    return caption_from(said)


def _stored_caption(members: Mapping[str, str] | None) -> Caption | None:
    return None if members is None else Caption(**members)


def _object(value: Any, known: frozenset[str] | None, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{what} must be a JSON object")
    if known is not None and set(value) - known:
        raise InvalidInput(f"{what} has only the members {', '.join(sorted(known))}")
    return value
