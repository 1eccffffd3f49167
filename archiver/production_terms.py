"""On which terms a production is made: what it is called, how it is numbered, which files it has. Pure.

Rule: whoever writes a production again reads its terms from what was sealed then, so that the files are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from search.disclosure.production_types import check_prefix, page_number
from storage.errors import InvalidInput
from storage.statements import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LONGEST_STAMP: Final = 60
MOST_STAMPS: Final = 3


class Form(StrEnum):
    """Which files a package has: PDF and text, these with load files, or everything."""

    PDF = "pdf"
    LOAD_FILES = "loadfiles"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionTerms:
    """What a production is made by.

    Args:
        request: the number of the request.
        number: which production of the request it is.
        prefix: what its page numbers begin with.
        first_page: the first of them.
        made_at: the moment at which it was made, aware.
        made_at_local: the same in the archive's zone, as text.
        instalment: the part of the answer that it was planned as.
        stamps: what stands on each page beside its number.
        sheets: whether a sheet takes the place of what is withheld.
        natives: whether files leave as they are where nothing was left out of them.
        form: which files it has.
    """

    request: str
    number: int
    prefix: str
    first_page: int
    made_at: datetime
    made_at_local: str
    instalment: int | None = None
    stamps: tuple[str, ...] = ()
    sheets: bool = False
    natives: bool = False
    form: Form = Form.ALL

    def page(self, page: int) -> str:
        """The number of a page."""
        return page_number(self.prefix, page)

    def options(self) -> dict[str, Any]:
        """What somebody chose, for the manifest."""
        return {
            "stamps": list(self.stamps),
            "sheets": self.sheets,
            "natives": self.natives,
            "form": self.form.value,
        }


def checked_stamps(stamps: tuple[str, ...]) -> tuple[str, ...]:
    """Stamps that fit on a page.

    Raises:
        InvalidInput: there are too many, or one is too long or empty.
    """
    told = tuple(" ".join(plain_text(one).split()) for one in stamps)
    if len(told) > MOST_STAMPS or any(not 0 < len(one) <= LONGEST_STAMP or not one.isprintable() for one in told):
        raise InvalidInput(f"a page has at most {MOST_STAMPS} stamps of 1 to {LONGEST_STAMP} characters each")
    return told


def terms_again(about: Mapping[str, Any], made_at: datetime) -> ProductionTerms:
    """The terms of a production as its manifest says them."""
    options = about["options"]
    return ProductionTerms(
        request=about["request"],
        number=about["production"],
        prefix=check_prefix(about["prefix"]),
        first_page=about["first_page"],
        made_at=made_at,
        made_at_local=about["made_at_local"],
        instalment=about["instalment"],
        stamps=tuple(options["stamps"]),
        sheets=options["sheets"],
        natives=options["natives"],
        form=Form(options["form"]),
    )
