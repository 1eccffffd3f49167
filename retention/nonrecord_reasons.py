"""The reasons for which something is no record of the agency, and each in a sentence. Pure.

Rule: a code stands in rows, leaves and certificates, so codes are added and never renamed; an agency may allow fewer.
The reasons are those that policies and courts know: what is purely personal (Schill v. Wisconsin Rapids School Dist.,
2010 WI 86), speech on matters of public concern and of unions, health and counsel of the employee's own, what came here
by mistake, and what says nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class NonrecordReason(StrEnum):
    """Why something is no record of the agency; `SENTENCES` says each in words."""

    PERSONAL = "personal"
    PROTECTED_SPEECH = "protected_speech"
    UNION = "union"
    MEDICAL = "medical"
    OWN_COUNSEL = "own_counsel"
    MISDIRECTED = "misdirected"
    DUPLICATE = "duplicate"
    UNSOLICITED = "unsolicited"
    TEST = "test"


SENTENCES: Final[Mapping[NonrecordReason, str]] = {
    NonrecordReason.PERSONAL: "It is purely personal: neither made nor received in the agency's business.",
    NonrecordReason.PROTECTED_SPEECH: "It is what the employee said as a citizen on a matter of public concern.",
    NonrecordReason.UNION: "It is communication of employees, or with their union, about union matters.",
    NonrecordReason.MEDICAL: "It is about the health of the employee or his family, and not made for his work.",
    NonrecordReason.OWN_COUNSEL: "It is between the employee and a lawyer or adviser of his own.",
    NonrecordReason.MISDIRECTED: "It was meant for somebody else, or was handed in by mistake.",
    NonrecordReason.DUPLICATE: "It is a copy without content of its own; what it is a copy of is kept.",
    NonrecordReason.UNSOLICITED: "It is advertising or other mail that nobody asked for and nobody acted on.",
    NonrecordReason.TEST: "It is a test or blank: nothing that anybody did or decided.",
}
