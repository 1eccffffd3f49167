r"""Text that Meta's JSON exports spell wrongly, repaired where that loses nothing.

Rule kept: each string of these exports is UTF-8 whose bytes were written as the characters U+0000 to U+00FF
(``é`` as ``\u00c3\u00a9``). A string is repaired only if all of its characters are such bytes and the bytes are
UTF-8, so the repair can be undone (``text.encode().decode("latin-1")``). Everything else stays as it is: newer exports
are spelled rightly, and a file may hold both. A string that was cut off inside a character is repaired up to there.
"""

from __future__ import annotations


def repaired(text: str) -> str:
    """The text that was meant."""
    if text.isascii():
        return text
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data" or error.start == 0:
            return text
        # all but the last character are right; a word such as "café" is right as a whole and has nothing to repair
        whole = content[: error.start]
        return text if whole.isascii() else whole.decode() + text[error.start :]
