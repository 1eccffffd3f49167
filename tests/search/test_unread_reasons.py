"""The sentences of the readers come under codes of a closed list."""

from __future__ import annotations

from ingest.formats.enclosures import _NOT_OPENED
from ingest.formats.message_text import ENCRYPTED_TEXT
from ingest.formats.ocr.choosing import COULD_NOT, NO_LETTERS
from ingest.formats.ocr.naming import UNKNOWN_LETTERS
from ingest.formats.ocr.pages import _NO_ENGINE
from ingest.slice_reading import _TOO_LARGE
from search.unread_reasons import SENTENCES, Unread, reason_of, reason_words
from storage.transcription import NOT_READ_YET
from tests.every_case import every_case

TOLD = (
    (f"the picture: {NOT_READ_YET}", Unread.WAITING),
    (f"attachment 2: 3 of 4 PDF pages without text: {NOT_READ_YET}", Unread.WAITING),
    (ENCRYPTED_TEXT, Unread.ENCRYPTED),
    ("attachment 1: encrypted PDF", Unread.ENCRYPTED),
    ("the document: encrypted (zip)", Unread.ENCRYPTED),
    (f"picture 1: {_NO_ENGINE}", Unread.NO_ENGINE),
    (f"picture 1: {NO_LETTERS}", Unread.SCRIPT),
    (f"picture 1: {UNKNOWN_LETTERS}", Unread.SCRIPT),
    (f"picture 1: {COULD_NOT}", Unread.SCRIPT),
    ("the document: not read: released from quarantine as it is", Unread.QUARANTINED),
    ("the document: not read: larger than 64 MB", Unread.TOO_LARGE),
    ("text over 8388608 characters", Unread.TOO_LARGE),
    (_TOO_LARGE, Unread.TOO_LARGE),
    (f"attachment 1: {_NOT_OPENED}", Unread.TOO_LARGE),
    ("attachment 1: 40 PDF pages beyond the first 500", Unread.TOO_LARGE),
    ("attachment 1: damaged PDF", Unread.DAMAGED),
    ("attachment 3: 2 damaged PDF pages", Unread.DAMAGED),
    ("attachment 1: image/png: the header of the picture cannot be read", Unread.DAMAGED),
    ("attachment 1: audio/ogg has no text", Unread.NO_TEXT),
    ("the document: a package of parts of a kind that is not read", Unread.FORMAT),
    ("a reader of the future said this", Unread.OTHER),
    ("", Unread.OTHER),
)


@every_case(("sentence", "code"), TOLD, ids=[f"{number}" for number in range(len(TOLD))])
def test_a_sentence_has_the_code_of_what_it_says(sentence, code):
    assert reason_of(sentence) is code


def test_every_code_is_met_and_has_a_sentence_for_people():
    assert {code for _, code in TOLD} == set(Unread) == set(SENTENCES)


def test_a_document_has_each_word_once_in_a_steady_order():
    said = ("attachment 2: encrypted PDF", "attachment 1: damaged PDF", "attachment 3: encrypted (zip)")
    assert reason_words(said) == ("unsearchable_encrypted", "unsearchable_damaged")
    assert reason_words(()) == ()
