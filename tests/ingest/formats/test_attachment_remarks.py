"""What is said of attachments fits into a description, however many there are."""

from __future__ import annotations

from ingest.formats.attachment_remarks import MOST_CHARACTERS, AttachmentRemarks
from ingest.formats.attachment_text import AttachmentText


def test_each_remark_says_which_attachment_it_is_about():
    remarks = AttachmentRemarks()
    remarks.take("attachment 2", AttachmentText(notes=("odd",), asserted=("title: Minutes",)))
    assert (remarks.notes, remarks.asserted) == (["attachment 2: odd"], ["attachment 2: title: Minutes"])


def test_more_than_fits_is_said_once_and_left_out():
    remarks = AttachmentRemarks()
    for number in range(2_000):
        remarks.take(f"attachment {number}", AttachmentText(notes=("odd",), asserted=("x" * 1_000,) * 25))
    assert sum(map(len, (*remarks.notes, *remarks.asserted))) < MOST_CHARACTERS + 1_000
    assert remarks.notes.count("there is more to be said of its attachments than can be described") == 1
