"""Messages as text for search."""

from __future__ import annotations

from ingest.formats.chats.transcript import transcript
from storage.records import Message, Version


def test_each_message_is_a_line_with_its_sender():
    said = (Message(at=None, sender="Ann", text="hello"), Message(at=None, sender=None, text="Ann joined"))
    assert transcript(said) == "Ann: hello\nAnn joined"


def test_a_message_without_words_has_no_line():
    assert transcript((Message(at=None, sender="Ann", text=""),)) == ""


def test_what_was_said_before_an_edit_can_be_found():
    edits = (Version(at=None, text="first"), Version(at=None, text="now"), Version(at=None, text=""))
    assert transcript((Message(at=None, sender="Ann", text="now", edits=edits),)) == "Ann: now\nfirst"
