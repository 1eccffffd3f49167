"""YouTube comments and live chats as Google Takeout exports them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.formats.chats import youtube
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said, Stated, ThreadKind
from ingest.formats.chats.youtube_columns import text_of
from ingest.formats.container import Remark

ME = "UC" + "a" * 22
FIRST, REPLY, OTHER = "Ug" + "b" * 24, "Ug" + "b" * 24 + "." + "c" * 22, "Ug" + "d" * 24
VIDEO, POST = "v" * 11, "Ugkx" + "p" * 32
WORDS = {"id": "Comment ID", "channel": "Channel ID", "at": "Comment Create Timestamp", "price": "Price"}
WORDS |= {"parent": "Parent Comment ID", "post": "Post ID", "video": "Video ID", "text": "Comment Text"}
DUTCH = {"id": "Reactie-ID", "channel": "Kanaal-ID", "at": "Reactiecreatietijdstempel", "price": "Prijs"}
DUTCH |= {"parent": "Bovenliggende reactie-ID", "post": "Bericht-ID", "video": "Video-ID", "text": "Reactietekst"}
UNKNOWN = {name: f"Ärende {place}" for place, name in enumerate(WORDS)}
OLDER, NEWER = (
    ("id", "channel", "at", "price", "parent", "video", "text"),
    (
        "channel",
        "at",
        "price",
        "id",
        "parent",
        "post",
        "video",
        "text",
    ),
)


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in '",\n') else cell


def row(order: tuple[str, ...], **cells: str) -> str:
    usual = {"channel": ME, "at": "2023-04-14T07:39:35.956042+00:00", "price": "0", "id": FIRST, "video": VIDEO}
    return ",".join(quoted((usual | cells).get(name, "")) for name in order) + "\r\n"


def table(order: tuple[str, ...], words: dict[str, str], *rows: str) -> bytes:
    return (",".join(words[name] for name in order) + "\r\n" + "".join(rows) + "\n\n").encode()


def said(content: bytes, name: str = "x") -> list[Said]:
    held = HeldFiles(files={name: content}, name=name)
    assert youtube.recognise(held)
    return [one for one in youtube.read(held) if isinstance(one, Said)]


@pytest.mark.parametrize("words", [WORDS, DUTCH, UNKNOWN])
@pytest.mark.parametrize("order", [OLDER, NEWER])
def test_columns_are_known_in_every_order_and_language(order: tuple[str, ...], words: dict[str, str]) -> None:
    content = table(
        order,
        words,
        row(order, id=REPLY, parent=FIRST, text='{"text":"a reply"}'),
        row(order, text='{"text":"\\u003e one"},{"text":"\n"},{"text":"two, \\"three\\""}'),
        row(order, id=OTHER, text='{"takeoutSegments":[{"text":"older "},{"text":"form"}]}', video="w" * 11),
    )
    first, second, third = said(content)
    assert [one.message.text for one in (first, second, third)] == ["a reply", '> one\ntwo, "three"', "older form"]
    assert [one.message.id for one in (first, second, third)] == [REPLY, FIRST, OTHER]
    assert [one.message.reply_to for one in (first, second, third)] == [FIRST, None, None]
    assert first.message.sender == ME
    assert first.message.at == datetime(2023, 4, 14, 7, 39, 35, 956_042, tzinfo=UTC)
    assert first.thread is second.thread
    assert first.thread.kind is ThreadKind.POST
    assert (first.thread.key, third.thread.key) == (f"video:{VIDEO}", "video:" + "w" * 11)
    assert first.thread.url == f"https://www.youtube.com/watch?v={VIDEO}"


def test_raw_is_the_row_with_all_of_its_lines() -> None:
    content = table(OLDER, WORDS, row(OLDER, text='{"text":"a\nb"}'))
    (one,) = said(content)
    assert one.message.raw in content
    assert one.message.raw.endswith(b'{""text"":""a\nb""}"')


def test_a_comment_on_a_post_belongs_to_the_post() -> None:
    (one,) = said(table(NEWER, WORDS, row(NEWER, video="", post=POST, text='{"text":"x"}')))
    assert (one.thread.key, one.thread.url) == (f"post:{POST}", f"https://www.youtube.com/post/{POST}")


def test_prices_and_parts_that_are_no_text_are_named() -> None:
    text = '{"text":"@x","mention":{"externalChannelId":"UCx"}},{"text":" thanks"}'
    (one,) = said(table(OLDER, WORDS, row(OLDER, price="990000", text=text)))
    assert one.message.text == "@x thanks"
    assert one.message.unmapped == ("Price", "text.mention")


@pytest.mark.parametrize(
    "cell", ["plain, text", "123", '{"text": broken', '{"a": 1} tail', "{}", '{"text":"a"}{', "[" * 5000]
)
def test_a_text_that_is_no_list_of_parts_is_itself(cell: str) -> None:
    assert text_of(cell)[0] in (cell, "")


def test_live_chats_are_conversations() -> None:
    header = "Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Currency code,Video ID,Live Chat Text\n"
    cells = f'L1,{ME},2026-02-01T10:00:00+00:00,5,USD,{VIDEO},"{{""text"":""thanks""}}"\n'
    (one,) = said((header + cells).encode())
    assert one.thread.kind is ThreadKind.CONVERSATION
    assert one.thread.key == f"live:video:{VIDEO}"
    assert one.message.unmapped == ("Currency code", "Price")


def test_the_older_list_gives_what_stands_behind_each_sentence() -> None:
    link = f"http://www.youtube.com/watch?v={VIDEO}"
    page = (
        f'<ul><li>You added a <a href="{link}&amp;lc={FIRST}">comment</a> on <a href="{link}">Its title</a> '
        "at 2019-08-03 15:07:30 UTC.<br/>first &amp; <b>second</b><br>line</li>"
        f'<li>Op <a href="{link}">x</a> 2016-06-15T08:50:49Z geplaatst<br/>ander</li><li>odd</li></ul>'
    ).encode()
    first, second, third = said(page)
    assert first.message.text == "first & second\nline"
    assert first.message.id == FIRST
    assert first.message.at == datetime(2019, 8, 3, 15, 7, 30, tzinfo=UTC)
    assert first.thread.title == "Its title"
    assert first.message.raw in page
    assert second.message.at == datetime(2016, 6, 15, 8, 50, 49, tzinfo=UTC)
    assert second.thread.key == f"video:{VIDEO}"
    assert (third.message.text, third.message.at) == ("", None)


def test_other_tables_and_pages_are_not_taken() -> None:
    others = (
        f"Channel Id,Channel Url,Channel Title\n{ME},http://x,y\n",
        f"Video ID,Playlist Video Creation Timestamp\n{VIDEO},2023-04-14T07:39:35+00:00\n",
        f"Video ID,Channel ID,Title,Created\n{VIDEO},{ME},My title,2023-04-14T07:39:35+00:00\n",
        "From,To,Date,Subject,Content\na,b,2023-04-14 07:39:35 UTC,x,y\n",
        '<div class="mdl-cell"><a href="https://www.youtube.com/watch?v=x">x</a><br>Aug 25, 2020, 5:06:44 PM</div>',
        "",
    )
    for other in others:
        assert not youtube.recognise(HeldFiles(files={"x": other.encode()}))
    assert youtube.aside("Takeout/YouTube and YouTube Music/history/watch-history.html")
    assert youtube.aside("Takeout/YouTube und YouTube Music/Abos/Abos.csv")
    assert youtube.aside("Takeout/YouTube and YouTube Music/videos/talk.mp4") is None
    assert youtube.aside("Takeout/Drive/history/minutes.csv") is None


def test_damaged_tables_lose_no_row_in_silence() -> None:
    whole = table(OLDER, WORDS, row(OLDER, text='{"text":"a"}'), row(OLDER, id=OTHER, text='{"text":"b"}'))
    short = whole.replace(b"\n\n", b"\n") + b"only,three,cells\r\n" + b'x,"never closed\n'
    found = list(youtube.read(HeldFiles(files={"x": short})))
    texts = [one.message.text for one in found if isinstance(one, Said)]
    assert texts == ["a", "b", "", ""]
    assert any(isinstance(one, Remark) for one in found)
    assert Stated(what="messages", count=4, path="x") in found
