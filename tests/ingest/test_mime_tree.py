"""The part walk: section numbers, broken structure and bounds."""

from __future__ import annotations

import base64

import pytest

from ingest.formats.mime_tree import MAX_DEPTH, MAX_PARTS, walk
from ingest.formats.transfer import undo
from tests.every_case import every_case


def _leaves(raw: bytes) -> list[tuple[str, str, bytes]]:
    return [(part.path, part.fields.media_type, part.decoded()[0]) for part in walk(raw).parts]


def test_parts_are_numbered_like_imap_sections():
    raw = (
        b"Content-Type: multipart/mixed; boundary=out\n\n"
        b"--out\n\nfirst\n"
        b'--out\nContent-Type: multipart/alternative; boundary="in"\n\n'
        b"--in\nContent-Type: text/plain\n\nplain\n--in\nContent-Type: text/html\n\n<p>html\n--in--\n"
        b"--out\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/mixed; boundary=deep\n\n"
        b"--deep\n\ntext\n--deep\nContent-Type: image/png\n\nPNG\n--deep--\n"
        b"--out--\n"
    )
    assert [(path, kind) for path, kind, _ in _leaves(raw)] == [
        ("1", "text/plain"),
        ("2.1", "text/plain"),
        ("2.2", "text/html"),
        ("3", "message/rfc822"),
        ("3.1", "text/plain"),
        ("3.2", "image/png"),
    ]


def test_the_line_end_before_a_boundary_belongs_to_the_boundary():
    for end in (b"\n", b"\r\n"):
        raw = b"Content-Type: multipart/mixed; boundary=b" + end * 2 + b"--b" + end * 2 + b"text" + end + b"--b--" + end
        assert _leaves(raw) == [("1", "text/plain", b"text")]


def test_a_missing_last_boundary_ends_with_the_message():
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n"
    assert [content for _, _, content in _leaves(raw)] == [b"one", b"two\n"]


def test_an_enclosing_boundary_ends_an_unclosed_inner_multipart():
    raw = (
        b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n"
        b"--i\n\ninner\n--o\n\nouter\n--o--\n"
    )
    assert [(path, content) for path, _, content in _leaves(raw)] == [("1.1", b"inner"), ("2", b"outer")]


def test_a_boundary_that_begins_like_another_is_not_taken_for_it():
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nkeep\n--bc\nkeep too\n--b--\n"
    assert [content for _, _, content in _leaves(raw)] == [b"keep\n--bc\nkeep too"]


def test_a_multipart_without_boundary_is_cut_where_one_appears():
    raw = b"Content-Type: multipart/mixed\n\n--lost\nContent-Type: text/plain\n\none\n--lost\n\ntwo\n--lost--\n"
    tree = walk(raw)
    assert [part.decoded()[0] for part in tree.parts] == [b"one", b"two"]
    assert tree.remarks


def test_a_multipart_without_any_part_is_read_as_text():
    assert _leaves(b"Content-Type: multipart/mixed; boundary=b\n\njust text\n") == [("1", "text/plain", b"just text\n")]


def test_text_after_the_last_boundary_is_kept_and_the_remark_before_the_first_is_not():
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\nThis is a multi-part message in MIME format.\n"
        b"--b\n\none\n--b--\nUnsubscribe by writing to the desk.\n"
    )
    assert [(path, content.strip()) for path, _, content in _leaves(raw)] == [
        ("1", b"one"),
        ("+", b"Unsubscribe by writing to the desk."),
    ]


def test_an_enclosed_message_in_base64_is_walked():
    inner = b"Subject: inner\n\nhello\n"
    raw = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(inner)
    tree = walk(raw)
    assert [(part.path, part.decoded()[0]) for part in tree.parts] == [("1", inner), ("1.1", b"hello\n")]
    assert tree.inner["1"].raw(b"subject") == b" inner"


def test_a_file_named_eml_that_begins_like_a_message_is_one():
    raw = b'Content-Type: application/octet-stream; name="Re_ gate.eml"\n\nFrom: a@b.example\nSubject: gate\n\nopen\n'
    assert [path for path, _, _ in _leaves(raw)] == ["1", "1.1"]


def test_ten_thousand_nested_parts_end_in_a_bounded_tree_that_says_so():
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(10_000))
    tree = walk(nested + b"\nhello\n")
    assert len(tree.parts) == 1
    assert tree.parts[0].unread
    assert str(MAX_DEPTH) in tree.limits[0]


def test_ten_thousand_nested_messages_end_in_a_bounded_tree_that_says_so():
    tree = walk(b"Content-Type: message/rfc822\n\n" * 10_000 + b"\nhello\n")
    assert len(tree.parts) == MAX_DEPTH + 1
    assert tree.limits


def test_more_parts_than_the_limit_are_said():
    tree = walk(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (MAX_PARTS * 3))
    assert len(tree.parts) <= MAX_PARTS
    assert str(MAX_PARTS) in tree.limits[0]


@every_case(
    ("content", "encoding", "decoded", "fits"),
    [
        (b"aGVsbG8=\n", "base64", b"hello", True),
        (b"aGVsbG8", "base64", b"hello", True),
        (b"aGVsbG8=\naGVsbG8=\n", "base64", b"hellohello", True),
        (b"aGVsbG8=\n_____\nlist footer\n", "base64", b"hello", False),
        (b"this is not base64 at all, no!", "base64", b"this is not base64 at all, no!", False),
        (b"", "base64", b"", True),
        (b"a", "base64", b"", True),
        (b"caf=C3=A9 =\nau lait", "quoted-printable", "café au lait".encode(), True),
        (b"=ZZ=", "quoted-printable", b"=ZZ", True),
        (b"begin 644 a\n%:&5L;&\\\n`\nend\n", "x-uuencode", b"hello", True),
        (b"no begin", "x-uuencode", b"no begin", False),
        (b"as is", "8bit", b"as is", True),
        (b"as is", "no-such", b"as is", True),
    ],
)
def test_transfer_encodings_are_undone(content: bytes, encoding: str, decoded: bytes, fits: bool):  # noqa: FBT001 - a case
    answer, remark = undo(content, encoding)
    assert answer == decoded
    assert (remark is None) is fits


@pytest.mark.parametrize("blank", [b"   \r\n", b"\n\n", b" \t\n\r\n"])
def test_empty_lines_before_the_headers_are_passed_over(blank: bytes):
    tree = walk(blank + b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>y")
    assert tree.outer.text(b"subject") == "x"
    assert tree.fields.media_type == "text/html"


def test_empty_lines_before_text_make_it_no_header():
    assert not walk(b"\n\njust text\n").outer.fields
