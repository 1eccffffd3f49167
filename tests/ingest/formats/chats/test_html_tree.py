"""Pages of exports as trees: places, texts, and hostile markup in linear time."""

from __future__ import annotations

import itertools
import random

import pytest

from ingest.formats.chats.html_tree import MAX_DEPTH, elements, parse
from ingest.formats.container import MemberBroken
from tests.every_case import every_case

SEED = 20261121


def test_an_element_has_its_exact_source():
    page = '<html><body>é<div class="a b">x<p>y<br>z</div> tail</body></html>'
    found = parse(page).find("div")
    assert found is not None
    assert page[found.start : found.end] == '<div class="a b">x<p>y<br>z</div>'
    assert found.classes == ["a", "b"]


def test_find_takes_a_tag_and_one_of_the_classes():
    tree = parse("<p class='one two'>1</p><div class='two'>2</div><p class=twofold>3</p>")
    assert [e.text() for e in tree.find_all(cls="two")] == ["1", "2"]
    assert [e.text() for e in tree.find_all("p")] == ["1", "3"]
    assert tree.find("p", "three") is None


def test_blocks_and_breaks_begin_lines_and_spaces_are_one():
    tree = parse("<div> a  b\n c<br>d<br><br>e</div><div><div>f</div></div><span>g</span> h")
    assert tree.text() == "a b c\nd\n\ne\nf\ng h"


def test_preformatted_text_keeps_its_spaces():
    assert parse("<pre>a\n  b</pre>").text() == "a\n  b"
    assert parse("<div>a\n  b</div>").text(spaced=True) == "a\n  b"


def test_scripts_styles_and_heads_are_no_text():
    tree = parse("<head><title>t</title></head><script>if (a<b) x('</p>')</script><style>p{}</style>seen")
    assert tree.text() == "seen"
    title = tree.find("title")
    assert title is not None
    assert title.text() == "t"


def test_ends_that_may_be_omitted_are_supplied():
    tree = parse("<ul><li>1<li>2<ul><li>2a</ul><li>3</ul><table><tr><td>a<td>b<tr><td>c</table><p>x<p>y<div>z</div>")
    assert [e.text() for e in tree.find_all("li")] == ["1", "2\n2a", "2a", "3"]
    assert [e.text() for e in tree.find_all("td")] == ["a", "b", "c"]
    assert [e.text() for e in tree.find_all("p")] == ["x", "y"]


def test_an_end_tag_of_nothing_open_changes_nothing():
    assert [e.tag for e in parse("<div>a</span></p>b</div>c").walk()] == ["", "div"]
    assert parse("<div>a</span>b</div>").text() == "ab"


def test_references_are_resolved_even_absurd_ones():
    assert parse("a &amp; b &lt;p&gt; &#233; &#x1F600; &nope;").text() == "a & b <p> é 😀 &nope;"
    assert parse("&#" + "9" * 6000 + ";x").text() == "\ufffdx"
    assert parse("&#00000000000065;").text() == "A"
    assert parse('<a title="&quot;1&quot;">').elements()[0].attributes == {"title": '"1"'}


def test_attributes_of_every_kind_are_read_and_the_first_of_two_counts():
    tag = parse("<a HREF = 'x>y' b c=d/e href=2 q=\"\">t</a>").elements()[0]
    assert tag.attributes == {"href": "x>y", "b": "", "c": "d/e", "q": ""}
    assert tag.text() == "t"


def test_what_is_no_tag_is_text():
    assert parse("1 < 2 <3 <- a <").text() == "1 < 2 <3 <- a <"
    assert parse("<b>x</b> <a href=never ends").text() == "x <a href=never ends"
    assert parse("<b>x</b> <a href='quote that never ends>y").text() == "x y"
    assert parse("x <!-- never ends").text() == "x <!-- never ends"


def test_comments_and_declarations_are_left_out():
    assert parse("<!doctype html><?xml a?>a<!-- <p>no</p> -->b<!-->c").text() == "abc"


def test_messages_are_given_one_by_one_outermost_first():
    page = "<main><div class=m>1<div class=m>1a</div></div><img class=m><div class=m>2</main><div class=m>3"
    found = list(elements(page, lambda _, attributes: attributes.get("class") == "m"))
    assert [page[e.start : e.end] for e in found] == [
        "<div class=m>1<div class=m>1a</div></div>",
        "<img class=m>",
        "<div class=m>2",
        "<div class=m>3",
    ]
    assert [e.text() for e in found] == ["1\n1a", "", "2", "3"]


def test_depth_is_bounded_and_loses_no_text():
    deep = "<div>" * 20_000 + "core" + "</div>" * 20_000 + "after"
    tree = parse(deep)
    assert tree.text() == "core\nafter"
    depth, element = 0, tree
    while element.elements():
        depth, element = depth + 1, element.elements()[0]
    assert depth <= MAX_DEPTH + 1


def test_too_many_elements_are_refused():
    with pytest.raises(MemberBroken):
        parse("<b></b>" * 1001, limit=1000)
    assert sum(1 for _ in elements("<b><i></i></b>" * 5000, lambda tag, _: tag == "b", limit=10)) == 5000


@every_case(
    "part",
    [
        "<!--",
        "<![CDATA[",
        "<a ",
        "<a b='",
        '<a b="',
        "<a b=c ",
        "</a ",
        "<script>",
        "<p>",
        "<",
        "<?",
        "&#9999999",
        "<i a=",
        "<td>",
        "</p>",
    ],
)
@every_case("tail", ["", ">", "'>", '<b c=">"'])
def test_hostile_repetition_ends(part, tail):
    parse(part * 20_000 + tail).text()


def test_places_nest_for_any_markup():
    print(f"seed {SEED}")  # noqa: T201 - a failure must be repeatable
    chance = random.Random(SEED)
    parts = [
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<li>",
        "<br>",
        "x",
        "<ul>",
        "</ul>",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<",
        ">",
        "<a b='",
        "'",
        "&amp;",
        "<td>",
        "</table>",
    ]
    for _ in range(500):
        page = "".join(chance.choice(parts) for _ in range(chance.randrange(1, 60)))
        for element in parse(page).walk():
            assert 0 <= element.start <= element.end <= len(page)
            inner = element.elements()
            assert all(element.start <= child.start and child.end <= element.end for child in inner)
            assert all(a.end <= b.start for a, b in itertools.pairwise(inner))
        every = list(elements(page, lambda tag, _: tag == "div"))
        outer = list(parse(page).find_all("div"))
        assert {(e.start, e.end) for e in every} <= {(e.start, e.end) for e in outer}
