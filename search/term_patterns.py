"""Whether a single word is like what was asked: by `*` and `?`, by changed letters, by an expression. Pure.

Rules:

- A word is compared whole, as the analyser folds it; what is asked is folded the same way.
- Every comparison is linear in the word, whatever is asked: expressions run in RE2, which does not backtrack, with
  bounded memory (github.com/google/re2/wiki/Syntax); letters are counted by a library with a cut-off.
- Changes are those of the optimal string alignment distance: one letter replaced, left out or put in, or two
  neighbours swapped, each place changed once. Any letter may be the changed one, the first too.
- The naive matcher and every engine's list of words use these same comparisons.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import re2
from rapidfuzz.distance import OSA

from search.analysis import fold, normalise
from search.queries import Likeness
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from search.queries import Like

LONGEST_PATTERN: Final = 1_000
_MOST_MEMORY: Final = 1 << 20
_SEE = "see docs/search.md"
# what RE2 says first of an expression that it refuses (re2/re2.cc, kErrorStrings); the rest would repeat it
_FAULTS: Final = {
    "missing )": "a parenthesis in the regular expression is opened and never closed; add )",
    "missing closing )": "a parenthesis in the regular expression is opened and never closed; add )",
    "unexpected )": "a parenthesis in the regular expression is closed that was never opened",
    "missing ]": "a bracket in the regular expression is opened and never closed; add ]",
    "missing closing ]": "a bracket in the regular expression is opened and never closed; add ]",
    "invalid character class": "a class in brackets of the regular expression is none",
    "no argument for repetition operator": "*, + or ? in the regular expression has nothing before it to repeat",
    "bad repetition operator": "two signs for repetition follow each other in the regular expression",
    "invalid repetition size": "the regular expression repeats something more than 1,000 times",
    "invalid perl operator": "the regular expression looks ahead or back, which cannot be searched for",
    "invalid escape sequence": f"the regular expression has a \\ before a sign that needs none, or a reference; {_SEE}",
    "pattern too large": "the regular expression grows too large; repeat less",
}


def expression_of(like: Like) -> str:
    """The expression that whole words have to match, for `GLOB` and `REGEX`.

    Raises:
        ValueError: it is `FUZZY`, which is no expression.
    """
    match like.how:
        case Likeness.GLOB:
            return "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in like.pattern)
        case Likeness.REGEX:
            return like.pattern
        case Likeness.FUZZY:
            raise ValueError("changed letters are counted, not matched")


def fold_expression(expression: str) -> str:
    """A regular expression with its letters folded as words are; case is left to `compiled`, which ignores it."""
    # behind a letter a mark that stands alone is one that words are without
    return "".join(one if one.isascii() else fold(f"a{one}")[1:] for one in normalise(expression))


@lru_cache(maxsize=32)
def compiled(expression: str) -> Any:
    """An expression ready for `fullmatch`; letters of either case are the same, as words are folded.

    Raises:
        InvalidInput: RE2 does not understand it, or it would need too much memory; says why, and never repeats it.
    """
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.log_errors = False
    options.case_sensitive = False
    try:
        return re2.compile(expression, options)
    except UnicodeEncodeError as error:
        raise InvalidInput("the regular expression has a character that no text can have") from error
    except re2.error as error:
        said = str(error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error.args[0])
        fault = next((meant for sign, meant in _FAULTS.items() if said.startswith(sign)), None)
        why = fault or f"this is not a regular expression that can be searched for; {_SEE}"
        raise InvalidInput(why) from None


def word_test(like: Like) -> Callable[[str], bool]:
    """Whether a word is like what was asked."""
    if like.how is Likeness.FUZZY:
        sought, distance = like.pattern, like.distance
        return lambda word: OSA.distance(sought, word, score_cutoff=distance) <= distance
    fullmatch = compiled(expression_of(like)).fullmatch
    return lambda word: fullmatch(word) is not None
