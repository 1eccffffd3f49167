"""The words of the notice to a correspondent: that work matters cannot be dealt with on a private account; pure.

Rule: a notice says nothing of what the message says. A template of the agency's own has a first line `Subject: ...`, an
empty line, then the text; the words after a dollar sign are filled in, and an unknown one is refused, so that nobody is
sent "$name". The shipped text asks for what a district's policy asks for: written from the agency's address, it tells
students and parents that communication cannot occur on the private account, and where to write instead.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from storage.errors import InvalidInput

LARGEST_TEMPLATE = 64 << 10
FIELDS = ("agency", "employee", "office", "dated")
_SUBJECT = "subject:"
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

TEMPLATE = """\
Subject: Please write to my work address from now on

Hello,

your message$dated to $employee, about a matter of $agency, came to a
private address or account.

Communication about such matters cannot occur on this account. Please
write to this address instead, from now on:

    $office

Your message is not lost. It was handed in to the records of $agency,
where it is kept like every other message about its work, and may have
to be shown to somebody who asks for public records.

You need not do anything else. Thank you.

$employee
$agency
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """A notice, ready to be sent."""

    subject: str
    text: str


def write_notice(template: str, fields: dict[str, str]) -> NoticeText:
    """Fill in a template; `fields` has a line for each of `FIELDS`.

    Raises:
        InvalidInput: the template has no subject, no text, or a word that is not known.
    """
    head, _, body = template.lstrip("\ufeff").replace("\r\n", "\n").partition("\n")
    if len(template) > LARGEST_TEMPLATE:
        raise InvalidInput("the template is larger than 64 KiB; a notice is a page of text")
    if not head.casefold().startswith(_SUBJECT) or not head[len(_SUBJECT) :].strip() or not body.strip():
        raise InvalidInput("a template begins with 'Subject: ...', then an empty line, then the text")
    filled = {name: _BREAKS.sub(" ", fields[name]) for name in FIELDS}
    try:
        subject = string.Template(head[len(_SUBJECT) :].strip()).substitute(filled)
        text = string.Template(body.strip("\n")).substitute(filled)
    except KeyError as error:
        known = ", ".join(f"${name}" for name in FIELDS)
        raise InvalidInput(f"the template has an unknown word ${error.args[0]}; known are {known}") from error
    except ValueError as error:
        raise InvalidInput("the template has a dollar sign that begins no word; write $$ for a dollar sign") from error
    return NoticeText(subject=subject, text=text.rstrip("\n") + "\n")
