"""Letters are filled from fields alone; what is missing is a blank, and what is law comes with its citation."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from search.disclosure.jurisdictions import profile_ids, read_profile, shipped_profile
from search.disclosure.letter_templates import FIELDS, LetterKind, find_template, read_own_file, write_letter
from storage.errors import InvalidInput

SHIPPED = sorted(
    one.name for one in resources.files("search.disclosure.letters").iterdir() if one.name.endswith(".txt")
)


def filled(body: str, **values: str):
    return write_letter(f"Subject: S\n\n{body}", values)


def test_fields_are_filled_and_what_is_missing_is_a_blank():
    written = filled("Dear {requester}, write to {appeal_to}, {appeal_to}.", requester="Pat Roe")
    assert written.text == "Dear Pat Roe, write to [whom to appeal to], [whom to appeal to].\n"
    assert written.blanks == ("appeal_to",)
    assert written.used == {"requester"}


def test_a_paragraph_stands_only_under_its_conditions():
    body = "{if due} By {due}.\n\n{unless due} By no day.\n\n{if due} {if court} Court: {court}."
    assert filled(body, due="May 1").paragraphs == (("By May 1.",),)
    assert filled(body).paragraphs == (("By no day.",),)
    assert filled(body, due="May 1", court="a court").paragraphs[1] == ("Court: a court.",)
    assert filled("{if due} By {due}.").blanks == ()


def test_lists_have_an_item_a_line_and_blocks_keep_their_lines():
    assert filled("- {exemptions}", exemptions="a: x\n\nb: y").paragraphs == (("- a: x", "- b: y"),)
    block = filled("| {requester}\n| {organisation?}\n| {contact}", requester="Pat", contact="1 Elm St\nYakima")
    assert block.paragraphs == (("Pat", "1 Elm St Yakima"),)


def test_lines_of_a_paragraph_are_one():
    assert filled("one\ntwo\n\nthree").text == "one two\n\nthree\n"


@pytest.mark.parametrize("value", ["{agency}", "{if due} x", "[whom to appeal to]", "{{", "- x", "| x", "Subject: x"])
def test_a_value_is_never_read_as_a_template(value):
    written = filled("About {title}.", title=value, agency="THE AGENCY")
    assert written.text == f"About {value}.\n"
    assert written.blanks == ()


def test_a_value_brings_no_controls_and_no_lines_of_its_own():
    written = filled("About {title}.", title="a\r\nb\x00\x1b[31m\ud800\tc")
    assert written.text == "About a b\ufffd\ufffd[31m\ufffd c.\n"
    written.text.encode()


@pytest.mark.parametrize("body", ["{nothing}", "{if nothing} x", "{unless nothing} x", "{if due} {nothing}"])
def test_an_unknown_name_is_refused_with_the_names_there_are(body):
    with pytest.raises(InvalidInput, match=r"there is no field 'nothing'; there are: agency, .*replaced"):
        filled(body)


@pytest.mark.parametrize("body", ["{", "}", "{Agency}", "{agency.name}", "{agency!r}", "{% x %}", "x {if due}"])
def test_a_brace_that_is_no_field_is_refused(body):
    with pytest.raises(InvalidInput, match="brace"):
        filled(body)


def test_a_template_begins_with_its_subject():
    with pytest.raises(InvalidInput, match="Subject"):
        write_letter("Dear", {})
    with pytest.raises(InvalidInput, match="no field"):
        write_letter("Subject: x", {"nothing": "x"})


def test_the_agencys_own_template_stands_before_the_shipped_one(tmp_path):
    kind = LetterKind.CLOSING
    shipped = find_template(kind, "WA", tmp_path)
    assert shipped == find_template(kind, "WA")
    (tmp_path / "closing.txt").write_text("Subject: own\n\nx")
    assert find_template(kind, "WA", tmp_path).startswith("Subject: own")
    (tmp_path / "closing.wa.txt").write_text("Subject: of WA\n\nx")
    assert find_template(kind, "WA", tmp_path).startswith("Subject: of WA")
    assert find_template(kind, "IL", tmp_path).startswith("Subject: own")
    with pytest.raises(InvalidInput, match=r"\[disclosure\] letters"):
        find_template(kind, "WA", tmp_path / "none")


def test_an_unreadable_template_is_named(tmp_path):
    for content in (b"\xff\xfe\x00", b"x" * 300_000):
        (tmp_path / "closing.txt").write_bytes(content)
        with pytest.raises(InvalidInput, match=r"closing\.txt in the folder of letters"):
            read_own_file(tmp_path / "closing.txt")


def test_every_kind_has_a_shipped_template_and_each_of_them_is_one():
    assert {one.value for one in LetterKind} <= {name.split(".")[0] for name in SHIPPED}
    for name in SHIPPED:
        text = (resources.files("search.disclosure.letters") / name).read_text("utf-8")
        full = write_letter(text, dict.fromkeys(FIELDS, "X"))
        assert full.blanks == ()
        assert write_letter(text, {}).subject


def test_law_stands_in_templates_only_through_fields():
    for name in SHIPPED:
        text = (resources.files("search.disclosure.letters") / name).read_text("utf-8")
        text = text.replace("SHA-256", "")
        assert not re.search(r"§|\d\.\d|U\.S\.C|RCW|ILCS|Stat\.|CFR|C\.M\.R", text), name
        for paragraph in text.split("\n\n"):
            if re.search(r"appeal_to|appeal_within|appeal_decided|appeal_copy|\{court\}", paragraph):
                assert "citation}" in paragraph, (name, paragraph)


def test_who_is_refused_learns_whom_to_turn_to_in_every_law():
    for profile_id in profile_ids():
        about = shipped_profile(profile_id).appeal
        assert about is not None, profile_id
        assert about.to or about.court, profile_id
        assert bool(about.to) == bool(about.citation), profile_id
        assert bool(about.court) == bool(about.court_citation), profile_id


def test_a_profile_of_an_agency_may_know_no_appeal():
    text = 'id = "XX"\nname = "X"\nstatute = "X"\nclock = []\n'
    assert read_profile(text).appeal is None
    kept_back = write_letter(find_template(LetterKind.DETERMINATION, "XX"), {"kept_back": "yes"})
    assert {"appeal_to", "appeal_address", "appeal_citation"} <= set(kept_back.blanks)
    with pytest.raises(InvalidInput, match="cannot be"):
        read_profile(f"{text}[appeal]\ndays = -1\n")
