"""Stars, question marks, tildes, slashes and telephone numbers: what each asks for, and where it has no meaning."""

from __future__ import annotations

import pytest

from search.queries import Field as In
from search.queries import Like, Likeness, Or, Words
from storage.errors import InvalidInput
from tests.every_case import every_case
from tests.search.building import parse


def glob(pattern: str, where: In = In.ANY) -> Like:
    return Like(where, Likeness.GLOB, pattern)


def fuzzy(word: str, distance: int = 1, where: In = In.ANY) -> Like:
    return Like(where, Likeness.FUZZY, word, distance)


def regex(pattern: str, where: In = In.ANY) -> Like:
    return Like(where, Likeness.REGEX, pattern)


@every_case(
    ("text", "tree"),
    [
        ("*board*", glob("*board*")),
        ("*BOARD", glob("*board")),
        ("b*d", glob("b*d")),
        ("b**d", glob("b*d")),
        ("wild?card", glob("wild?card")),
        ("?ar", glob("?ar")),
        ("colo?r*", glob("colo?r*")),
        ("a?*", glob("a?*")),
        ("a??b", glob("a??b")),
        ("a??", Words(In.ANY, ("a",))),
        ("ca?é*", glob("ca?e*")),
        ("subject:w*n", glob("w*n", In.SUBJECT)),
        ("exact:w*n", glob("w*n")),
        ("late?", Words(In.ANY, ("late",))),
        ("bud*?", Words(In.ANY, ("bud",), prefix=True)),
        ("(bud*)", Words(In.ANY, ("bud",), prefix=True)),
        ("bud*,", Words(In.ANY, ("bud",), prefix=True)),
        ("bud**", Words(In.ANY, ("bud",), prefix=True)),
        ('"school boar"*', Words(In.ANY, ("school", "boar"), prefix=True)),
        ("日本*", Words(In.ANY, ("日", "本"), prefix=True)),
        ("x.example/a?b=1&c", Words(In.ANY, ("x", "example", "a", "b", "1", "c"))),
        ("budget~", fuzzy("budget")),
        ("Bücher~2", fuzzy("bucher", 2)),
        ("from:ortega~1", fuzzy("ortega", 1, In.FROM)),
        ("a~b", Words(In.ANY, ("a", "b"))),
        ("~/mail", Words(In.ANY, ("mail",))),
        ("/bud.*s/", regex("bud.*s")),
        ("/a|b\\/c/", regex("a|b/c")),
        ("(/ab?c/)", regex("ab?c")),
        ("/Caf\u00e9/", regex("Cafe")),
        ("/Cafe\u0301/", regex("Cafe")),
        ("subject:/a+/", regex("a+", In.SUBJECT)),
        ("/etc/hosts", Words(In.ANY, ("etc", "hosts"))),
        ("and/or", Words(In.ANY, ("and", "or"))),
        ("a / b", parse("a b")),
        ('"bus late"~5', Words(In.ANY, ("bus", "late"), within=5)),
        ('"bus late"~0', Words(In.ANY, ("bus", "late"), within=0)),
        ('exact:"bus late"~5', Words(In.ANY, ("bus", "late"), exact=True, within=5)),
        ('from:"ana ortiz"~1', Words(In.FROM, ("ana", "ortiz"), within=1)),
    ],
)
def test_a_sign_is_read_as(text, tree):
    assert parse(text) == tree


@every_case(
    ("text", "sentence", "position"),
    [
        ("*", "need a letter", 0),
        ("a ?*?", "need a letter", 3),
        ("e-m*l", "without other signs", 3),
        ("#h*me", "at its end", 2),
        ("日*本", "without spaces", 1),
        ("*日本*", "without spaces", 0),
        ("日本~", "without spaces", 2),
        ("\U0001f389~", None, None),
        ("x" * 200 + "*y", "128 letters", 0),
        ("ab~", "3 letters or more", 2),
        ("four~2", "5 letters or more", 4),
        ("budget~0", "one changed letter", 6),
        ("budget~9", "one changed letter", 6),
        ("bud*et~", "not both", 6),
        ("e-mail~", "without other signs", 6),
        ("#home~", "without other signs", 5),
        ("/a(b/", "opened and never closed", 0),
        ("/a)b/", "never opened", 0),
        ("/[a/", "bracket", 0),
        ("/*a/", "nothing before it", 0),
        ("/(?=a)/", "looks ahead", 0),
        (r"/(a)\1/", "reference", 0),
        ("/x{1001}/", "more than 1,000", 0),
        (r"/\pL{1000}/", "too large", 0),
        ("/" + "a" * 1001 + "/", "1000 characters", 0),
        ("/a b/", "no space", 0),
        ('"a b"~', "say after ~", 5),
        ('"a b"~2000', "1000 apart", 5),
        ('"a b c"~0', "write ~1 or more", 7),
        ('"budget"~2', "two or more words", 8),
    ],
)
def test_where_a_sign_has_no_meaning_it_is_refused_at_its_place(text, sentence, position):
    if sentence is None:
        parse(text)
        return
    with pytest.raises(InvalidInput, match=sentence) as refused:
        parse(text)
    assert refused.value.fields["position"] == position


@pytest.mark.parametrize(
    "text", ["(206) 555-0142", "206-555-0142", "+1 206 555 0142", "+1 (206) 555-0142", "2065550142", '"206 555 0142"']
)
def test_a_telephone_number_is_asked_for_in_every_notation_at_once(text):
    tree = parse(text)
    assert isinstance(tree, Or)
    assert tree.parts[-1] == Words(In.ANY, ("12065550142",), exact=True)


def test_a_telephone_number_can_be_left_out_and_looked_for_in_a_field():
    assert parse("bus -(206) 555-0142") == parse('bus -"(206) 555-0142"')
    assert parse("from:2065550142").parts[1] == Words(In.FROM, ("12065550142",), exact=True)


def test_three_numbers_with_spaces_between_are_three_numbers():
    assert parse("206 555 0142") == parse("206 AND 555 AND 0142")


def test_at_most_twenty_words_are_compared_with_every_word_there_is():
    parse(" OR ".join(f"w{number}*x" for number in range(20)))
    with pytest.raises(InvalidInput, match="wildcards"):
        parse(" OR ".join(f"w{number}*x" for number in range(21)))


@every_case(
    ("text", "least", "below"),
    [
        ("size:>10MB", 10_000_001, None),
        ("size:>=10MB", 10_000_000, None),
        ("size:<500k", None, 500_000),
        ("size:<=1KiB", None, 1_025),
        ("size:1MB..5MB", 1_000_000, 5_000_001),
        ("size:[1 MiB to 2 MiB]", 1 << 20, (2 << 20) + 1),
        ("size:1.5kB..", 1_500, None),
        ("size:..2g", None, 2_000_000_001),
        ("size:0", 0, 1),
        ("size:48213", 48_213, 48_214),
        ('size:"> 10 mb"', 10_000_001, None),
    ],
)
def test_a_size_is_a_number_of_bytes(text, least, below):
    tree = parse(text)
    assert (tree.least, tree.below) == (least, below)


@every_case(
    "text",
    ["size:big", "size:>", "size:10XB", "size:5MB..1MB", "size:..", "size:-1", "size:99999999999TB", "size:10MB"],
)
def test_what_is_no_size_is_refused_at_its_place(text):
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert refused.value.fields["position"] == 5
