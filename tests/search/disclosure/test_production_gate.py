"""The gate over a set: what is left out of one record stands in no file of it, and in no other that nobody accepted."""

from __future__ import annotations

import email.message
import functools
import io
import json
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from reportlab.pdfgen import canvas

from search.disclosure.production_gate import SetGate, findings_of, row_findings
from search.disclosure.production_gate_index import StringIndex
from search.disclosure.production_gate_inside import files_inside
from search.disclosure.production_gate_set import Accepted
from search.disclosure.production_gate_types import GateReport, GivenFile, GivenKind, PageOwner, RegionsRead, Rule
from search.disclosure.redaction_page_text import page_texts
from search.disclosure.redaction_secrets import sought_strings
from search.disclosure.release_types import Leaves, ReleasedDocument
from storage.errors import InvalidInput
from tests.search.disclosure.redaction_leaks import DPI, SECRET, clean_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBER = "219-09-9998"


def document(record: str, *taken: str, text: str = "Kept words.", kept: dict[str, str] | None = None) -> Any:
    return ReleasedDocument(
        record_id=record,
        component=None,
        title="A letter",
        leaves=Leaves.REDACTED if taken else Leaves.WHOLE,
        pages=b"",
        page_count=1,
        text=text,
        taken=taken,
        kept=kept or {},
    )


def gate_of(accepted: Sequence[tuple[str, str]] = (), **kept: str) -> SetGate:
    """Two records: the name and a number are left out of `rec_1`, nothing of `rec_2`; `kept` are parts of `rec_2`."""
    places = frozenset((f"name of {SECRET.casefold().replace(' ', '')}", *one) for one in accepted)
    gate = SetGate(Accepted(name_of=lambda letters: f"name of {letters}", places=places))
    gate.take("rec_1", [document("rec_1", SECRET, NUMBER, "Bo Li", "of")], roster=("Bo Li",))
    gate.take("rec_2", [document("rec_2", kept=kept)])
    return gate


def text(content: str | bytes, record: str | None = "rec_1", name: str = "text/A-1.txt", **more: Any) -> GivenFile:
    raw = content if isinstance(content, bytes) else content.encode()
    return GivenFile(**({"name": name, "kind": GivenKind.TEXT, "content": raw, "record_id": record} | more))


def rules(report: GateReport) -> set[Rule]:
    return {one.rule for one in report.refusals}


@functools.cache
def pdf(*lines: str) -> bytes:
    """A page for each line."""
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(300, 100), invariant=1)
    for line in lines:
        page.drawString(20, 50, line)
        page.showPage()
    page.save()
    return plain_pdf(out.getvalue())


def plain_pdf(raw: bytes) -> bytes:
    """The same without what a program writes about itself."""
    with pikepdf.Pdf.open(io.BytesIO(raw)) as opened:
        del opened.trailer["/Info"]
        kept = io.BytesIO()
        opened.save(kept, deterministic_id=True)
    return kept.getvalue()


def test_a_set_in_which_nothing_is_left_over_passes_and_says_what_was_looked_for():
    gate = gate_of()
    gate.check(text("The office met somebody."))
    gate.check(text(pdf("The office met somebody."), name="documents/A-1.pdf", kind=GivenKind.PDF))
    gate.check(text("Nothing was left out here.", "rec_2"))
    gate.check_row("load.dat", 2, "A-1|A-1|somebody", record_id="rec_1")
    gate.check(text("Dear requester", None, "letter.txt"))
    report = gate.report()
    assert (report.refusals, report.files, report.records, report.strings, report.by_region_only) == ((), 5, 2, 3, 1)
    assert "1 by their region only" in " ".join(report.lines())


@pytest.mark.parametrize("said", [SECRET, SECRET.upper(), SECRET[::-1], NUMBER, "219099998", "Bo Li"])
def test_what_was_left_out_of_a_record_stands_nowhere_in_its_output(said):
    for given in (text(f"x {said} y"), text(pdf(f"x {said} y"), name="documents/A-1.pdf", kind=GivenKind.PDF)):
        gate = gate_of()
        gate.check(given)
        assert rules(gate.report()) == {Rule.SAME_RECORD}


def test_what_was_left_out_of_one_record_is_refused_in_another_until_a_person_accepts_it_there():
    given = text(f"x {SECRET} y", "rec_2")
    gate = gate_of(text=f"x {SECRET} y")
    gate.check(given)
    assert rules(gate.report()) == {Rule.OTHER_RECORD}
    gate = gate_of([("rec_2", "text")], text=f"x {SECRET} y")
    gate.check(given)
    report = gate.report()
    assert report.passed
    assert [(report.shown[number], record) for number, record in report.accepted] == [(SECRET, "rec_2")]
    gate = gate_of([("rec_3", "text")], text=f"x {SECRET} y")
    gate.check(given)
    assert rules(gate.report()) == {Rule.OTHER_RECORD}


def test_what_is_accepted_in_one_part_is_not_accepted_in_another_part_of_the_record():
    gate = gate_of([("rec_2", "text")], **{"text": SECRET, "header:to": f"{SECRET} <a@b.c>"})
    report = gate.report()
    assert [(one.where, one.record_id) for one in report.refusals] == [("its part header:to", "rec_2")]


def test_nothing_can_be_accepted_in_the_record_it_was_left_out_of_and_in_files_about_the_whole_set():
    gate = gate_of([("rec_1", "text"), ("rec_2", "text")])
    gate.check(text(SECRET, "rec_1"))
    gate.check(text(SECRET, None, "letter.txt"))
    assert rules(gate.report()) == {Rule.SAME_RECORD, Rule.WHOLE_SET}


def test_rows_are_judged_by_the_record_that_they_are_about():
    gate = gate_of([("rec_2", "text")])
    gate.check_row("load.dat", 3, f"A-1|{SECRET}", record_id="rec_2")
    assert gate.report().passed
    gate.check_row("load.dat", 2, f"A-1|{SECRET}", record_id="rec_1")
    (refusal,) = gate.report().refusals
    assert (refusal.rule, refusal.row, refusal.file) == (Rule.SAME_RECORD, 2, "load.dat")


def test_pages_of_a_joined_document_are_judged_by_whose_they_are():
    owners = (PageOwner(first=1, last=1, record_id="rec_1"), PageOwner(first=2, last=2, record_id="rec_2"))
    second = text(pdf("Kept", SECRET), None, "whole.pdf", kind=GivenKind.PDF, pages=owners)
    first = text(pdf(SECRET, "Kept"), None, "whole.pdf", kind=GivenKind.PDF, pages=owners)
    gate = gate_of([("rec_2", "text")])
    gate.check(second)
    assert gate.report().passed
    gate.check(first)
    (refusal,) = gate.report().refusals
    assert (refusal.rule, refusal.page, refusal.record_id) == (Rule.SAME_RECORD, 1, "rec_1")
    gate = gate_of([("rec_2", "text")])
    gate.check(text(pdf("Kept", SECRET), None, "whole.pdf", kind=GivenKind.PDF, pages=owners[:1]))
    assert not gate.report().passed


def test_a_file_name_that_leaks_is_not_repeated():
    gate = gate_of()
    gate.check(text("x", name=f"text/{SECRET}.txt"))
    report = gate.report()
    assert not report.passed
    told = json.dumps(report.as_json()) + " ".join(report.lines())
    assert "Penelope" not in told.replace("name of penelopequill", "")
    assert SECRET in " ".join(report.lines(show=True))
    assert report.as_json(show=True)["refusals"][0]["strings"][0]["shown"] == SECRET


def test_a_piece_of_a_long_passage_counts_in_its_own_record_and_in_a_letter_only():
    passage = "on Tuesday at noon the board will vote on the dismissal of the head of the school"
    part = "I hear that at noon the board will vote on the dismissal"
    for record, passes in (("rec_1", False), ("rec_2", True), (None, False)):
        gate = SetGate()
        gate.take("rec_1", [document("rec_1", passage)])
        gate.take("rec_2", [document("rec_2")])
        gate.check(text(part, record))
        assert gate.report().passed is passes


def test_files_of_conversations_are_opened():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("rsmf_manifest.json", json.dumps({"events": [{"body": f"Hello {SECRET}"}]}))
    for content in (packed.getvalue(), _mail_with(packed.getvalue())):
        gate = gate_of()
        gate.check(text(content, name="A-1.rsmf", kind=GivenKind.MESSAGES))
        (refusal,) = gate.report().refusals
        assert "inside of it" in refusal.where
    gate = gate_of()
    gate.check(text(b"PK\x03\x04 broken", name="A-1.rsmf", kind=GivenKind.MESSAGES))
    assert rules(gate.report()) == {Rule.UNDER}


def _mail_with(attached: bytes) -> bytes:
    mail = email.message.EmailMessage()
    mail["Subject"] = "A conversation"
    mail.set_content("see the file")
    mail.add_attachment(attached, maintype="application", subtype="zip", filename="rsmf.zip")
    return mail.as_bytes()


def test_a_made_file_that_holds_very_much_is_refused_and_not_read(monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", bytes(5_000))
    monkeypatch.setattr("search.disclosure.production_gate_inside._MOST_BYTES", 4_999)
    with pytest.raises(InvalidInput):
        list(files_inside(packed.getvalue()))


def test_natives_are_looked_at_as_bytes_and_by_their_examined_text():
    for content, examined in ((f"x {SECRET}".encode("utf-16"), ""), (b"PK\x03\x04\x00", f"Hello {SECRET}")):
        gate = gate_of()
        gate.check(text(content, "rec_2", "natives/A-2.docx", kind=GivenKind.NATIVE, text=examined))
        assert rules(gate.report()) == {Rule.OTHER_RECORD}
    gate = gate_of()
    gate.check(text(b"PK\x03\x04\x00", "rec_2", "natives/A-2.docx", kind=GivenKind.NATIVE, text="Lunch"))
    assert gate.report().passed


class Engine:
    """Reads what it is told to."""

    def __init__(self, said: str) -> None:
        self.said, self.sizes = said, [0]

    def reads(self, pictures: Sequence[bytes]) -> list[str]:
        self.sizes = [len(one) for one in pictures]
        return [self.said for _ in pictures]


def burnt() -> GivenFile:
    kept = clean_pages()
    about = {"burnt": kept.burnt, "dpi": DPI}
    return text(kept.content, "rec_1", "documents/A-1.pdf", kind=GivenKind.PDF, **about)


def test_regions_are_proved_and_read_by_an_engine_apart():
    gate = gate_of()
    gate.check(burnt())
    engine = Engine("b6")
    gate.read_regions(burnt(), engine)
    report = gate.report()
    assert report.passed
    assert (report.regions, report.regions_by_engine, report.regions_read) == (2, 2, RegionsRead.READ)
    assert all(engine.sizes)
    gate.read_regions(burnt(), Engine(f"to {SECRET.lower()}"))
    assert rules(gate.report()) == {Rule.SAME_RECORD}


def test_regions_that_no_engine_read_are_said_and_refused_where_one_is_expected():
    for expects in (False, True):
        gate = SetGate(expects_engine=expects)
        gate.take("rec_1", [document("rec_1", SECRET)])
        gate.check(burnt())
        report = gate.report()
        assert report.regions_read is RegionsRead.NOT_READ
        assert report.passed is not expects
        assert "not read: no engine was there" in " ".join(report.lines())


def test_other_programs_can_look_at_files_with_the_strings_that_they_are_handed():
    gate = gate_of()
    handed = pickle.loads(pickle.dumps(gate.sought()))
    found = findings_of(handed, text(SECRET))
    assert found.refusals == findings_of(gate.sought(), text(SECRET)).refusals
    gate.add(found)
    gate.add(row_findings(handed, "load.csv", 2, NUMBER, record_id="rec_1"))
    assert len(gate.report().refusals) == 2
    with pytest.raises(InvalidInput):
        gate.take("rec_9", [])


def test_many_strings_are_found_in_a_text_as_one_by_one():
    words = [f"{first}{second}ward" for first in "bcdfghklm" for second in ("an", "el", "ion", "ur")]
    said = [f"{one} {other}" for one in words for other in words[:12]]
    strings, unsought = sought_strings(said)
    assert unsought == 0
    index = StringIndex(strings)
    told = " ".join(said[::7])
    letters = told.replace(" ", "")
    wanted = {
        at for at, one in enumerate(strings) if any(form in letters or form[::-1] in letters for form in one.forms)
    }
    assert index.whole(told) == wanted
    assert wanted


def test_a_string_is_found_wherever_a_long_text_is_divided(monkeypatch):
    monkeypatch.setattr("search.disclosure.production_gate_index._AT_ONCE", 16)
    index = StringIndex(sought_strings(["heronry"])[0])
    assert all(index.whole("x" * before + "heronry" + "y" * 20) == {0} for before in range(40))


def test_letters_beyond_the_first_plane_and_single_surrogates_are_no_trouble():
    strings, _ = sought_strings(["\U0001d4d7\U0001d4eeadmistress", "Привет мир", "山田太郎様方"])
    index = StringIndex(strings)
    assert index.whole("the head mistress\ud800") == {0}
    assert index.whole("скажи: ПРИВЕТ, мир!") == {1}
    assert index.whole("宛 山田太郎様方 行") == {2}
    assert index.in_bytes("Привет мир".casefold().replace(" ", "").encode()) == {1}
    assert index.whole("") == set()


def test_words_that_every_pdf_has_are_refused_where_they_are_said_and_only_there():
    gate = SetGate()
    gate.take("rec_1", [document("rec_1", "Contents", "resource", "Helvetica", "StructElem", "startxref")])
    plain = text(pdf("Kept"), name="documents/A-1.pdf", kind=GivenKind.PDF)
    gate.check(plain)
    assert gate.report().passed
    gate.check(text(pdf("The contents were"), name="documents/A-1.pdf", kind=GivenKind.PDF))
    assert rules(gate.report()) == {Rule.SAME_RECORD}


def test_a_page_is_read_in_the_order_of_the_eye_too():
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(300, 100), invariant=1)
    for at in (3, 1, 0, 2):
        page.drawString(20 + 40 * at, 50, ("nine", "ty", "sev", "enth")[at])
    page.save()
    (_, texts), *_ = page_texts(out.getvalue())
    assert "ninetyseventh" in texts[1].replace(" ", "")
