"""First bytes let every export come to its readers, and keep most of what people write away from them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import ingest
from benchmarks.accuracy_chats import chat_cases
from ingest.formats.detect import MediaKind, detect
from ingest.formats.export_signs import may_be_export
from tests.every_case import every_case

NBSP, NARROW, LRM, RLM, BOM = "\u00a0", "\u202f", "\u200e", "\u200f", "\ufeff"

CHATS = {
    "whatsapp, america": f"1/5/24, 6:07{NARROW}PM - Ada: hello",
    "whatsapp, britain": "05/01/2024, 18:07 - Ada: hello",
    "whatsapp, germany": "05.01.24, 18:07 - Ada: hallo",
    "whatsapp, sweden": "2024-01-05, 18:07 - Ada: hej",
    "whatsapp, netherlands": "05-01-2024 18:07 - Ada: hoi",
    "whatsapp, czechia": "5. 1. 2024, 18:07 - Ada: ahoj",
    "whatsapp, hungary": "2024. 01. 05. 18:07 - Ada: szia",
    "whatsapp, france": f"05/01/2024 à 18:07{NBSP}- Ada{NBSP}: salut",
    "whatsapp, china": "2024/1/5 下午6:07 - 王: 你好",
    "whatsapp, china in words": "2024年1月5日 18:07 - 王: 你好",
    "whatsapp, korea": "2024. 1. 5. 오후 6:07, 김: 안녕",
    "whatsapp, korea in words": "2024년 1월 5일 오후 6:07, 김: 안녕",
    "whatsapp, egypt": f"٥{RLM}/١{RLM}/٢٠٢٤، ٦:٠٧ م - علي: مرحبا",
    "whatsapp, iran": f"۱۴۰۲/۱۰/۱۵،{RLM} ۱۸:۰۷ - علی: سلام",
    "whatsapp, india": "०५/०१/२४, १८:०७ - अदा: नमस्ते",
    "whatsapp, thailand": "5/1/2567 18:07 - Ada: hi",
    "whatsapp of an iphone": f"{LRM}[05/01/2024, 18:07:33] Ada: hello",
    "whatsapp of an iphone, mark inside": f"[{LRM}1/5/24, 6:07:33{NARROW}PM] Ada: hello",
    "whatsapp of an iphone, china": "[2024/1/5 下午6:07:33] 王: 你好",
    "whatsapp behind a mark of the encoding": f"{BOM}05/01/2024, 18:07 - Ada: hello",
    "line": "[LINE] Chat history with Ada\nSaved on: 1/5/2024, 11:00\n",
    "line, japan": "[LINE] Adaのトーク履歴\n保存日時：2024/01/05 11:00\n",
    "line, taiwan": "[LINE] 與Ada的聊天記錄\n",
    "line, korea": "[LINE] Ada님과의 대화\n",
    "line, thailand": "[LINE] ประวัติการสนทนากับ Ada\n",
    "line without its title": "2024/01/05(金)\n18:07\tAda\thello\n",
    "line, weekday first": "Fri, 2024/01/05\n18:07\tAda\thello\n",
    "line, weekday last": "2024.01.05 金曜日\n18:07 Ada hello\n",
    "signal by another program": "[2024-01-05, 18:07] Ada: hello",
    "imessage": "May 17, 2022  5:29:42 PM\nAda\nhello\n",
    "discord": f"{'=' * 62}\nGuild: Plans\nChannel: general\n",
    "discord, a message": "[05-Jan-24 06:07 PM] ada\nhello\n",
    "tiktok": ">>> Chat History with ada::\n2024-01-05 18:07:33 UTC bea: hi\n",
    "tiktok, comments": "Date: 2024-01-05 18:07:33 UTC\nComment: nice\n",
}
OTHER_FILES = {
    "backup of signal": b"SBACKUP\x01" + bytes(range(200)),
    "messenger's page": b"<!DOCTYPE html>\n<html><body><div>Participants: Ada, Bea</div><div>Ada</div>hi</body></html>",
    "page without a head": b'\n<div class ="announcement"><p><span class="timestamp">May 17, 2022</span></p></div>\n',
    "page of telegram": b'<!DOCTYPE html><html><div class="pull_right date details" title="05.01.2024">',
    "calls": b'<?xml version="1.0"?>\n<calls count="0"></calls>',
    "sms": b"<smses count='0'></smses>",
    "script of x": b"window.YTD.tweets.part0 = [ ]",
    "script of x, 2012": b"Grailbird.data.tweets_2012_03 = \n [ ]",
    "database": b"SQLite format 3\x00" + bytes(84),
    "json": b'{"messages": []}',
    "json lines": b'{"version": "1"}\n{"account": {}}\n',
    "json behind a mark": b'\xef\xbb\xbf[\n  {"id": 1}]',
    "table of linkedin": b"CONVERSATION ID,CONVERSATION TITLE,FROM\n",
    "table of reddit": b"id,permalink,date,ip\n",
    "chat in utf-16": "05/01/2024, 18:07 - Ada: hello".encode("utf-16"),
}
NO_EXPORTS = {
    "a note": b"The board met on Tuesday.\nNothing was decided.\n",
    "a note in brackets": b"[Draft] Minutes of the board\n\nPresent: Ada\n",
    "a year in brackets": b"[2024] Budget\n",
    "a wiki page": b"[[Budget]] is a page\n",
    "settings": b"[section]\nname = value\n",
    "rich text": b"{\\rtf1\\ansi{\\fonttbl\\f0 Helvetica;}\\f0 Minutes}",
    "a program": b"#!/usr/bin/env python3\nimport json\n\nx = {1: 2}\n",
    "a style sheet": b"body { color: red }\n",
    "a page": b"<!DOCTYPE html><html><body><p>Bus routes</p></body></html>",
    "a quoted reply": b"Yes.\n\nOn Mon, Jan 5, 2024 at 6:07 PM Ada <ada@a.example> wrote:\n> no\n",
    "a forward": b"________________________________\nFrom: Ada <ada@a.example>\nSent: Wednesday, October 27, 2021\n",
    "versions": b"1.2.3 First release\n1.2.4 Faults mended\n",
    "addresses": b"10.0.0.1 printer\n10.0.0.2 gate\n",
    "years of authors": b"Copyright:\n  2001, 2002, 2003 Ada\n",
    "a table": b"name,address\nAda,1 Main Street\n",
    "a feed": b'<?xml version="1.0"?><rss><channel/></rss>',
    "a picture": b"\xff\xd8\xff\xe0" + bytes(100),
    "nothing": b"",
}


@every_case("name", CHATS)
def test_a_chat_of_any_country_may_be_an_export(name):
    assert may_be_export(CHATS[name].encode())
    assert may_be_export(b"\n" + CHATS[name].encode(), "notes.txt")


@every_case("name", OTHER_FILES)
def test_what_else_platforms_write_may_be_an_export(name):
    assert may_be_export(OTHER_FILES[name])


@every_case("name", NO_EXPORTS)
def test_what_people_write_is_not_looked_at(name):
    assert not may_be_export(NO_EXPORTS[name])


@pytest.mark.parametrize("content", [b"[Draft] x", b"{\\rtf1 x", b"[2024] x", b"[[x]] y", b"[a]\nb=1\n"])
def test_a_text_that_begins_with_a_bracket_is_no_json(content):
    assert detect(content).kind is MediaKind.TEXT
    assert detect(content, "x.json").kind is MediaKind.JSON


@every_case(
    "content", [b"{}", b'{"a": 1}', b'{\n\t"a"', b"[]", b"[1, 2]", b"[[1], [2]]", b'["a"]', b"[true]", b" [\n {\n }\n]"]
)
def test_json_is_known_under_any_name(content):
    assert detect(content, "data.txt").kind is MediaKind.JSON


def test_source_code_is_mostly_not_claimed():
    files = sorted(Path(ingest.__file__).parent.rglob("*.py"))
    claimed = [one.name for one in files if may_be_export(one.read_bytes()[:4096], one.name)]
    assert len(files) > 100
    assert len(claimed) <= len(files) // 50


@every_case(
    "text",
    ["[" * 4000, "1/" * 2000, LRM * 1300, f"[{LRM}" * 900, f"1/{LRM * 300}" * 4, "1" + " " * 3999, ">>> " * 1000,
     "5年" * 1300, "a, " * 1300, f"{'1/ ' * 3}\n" * 40, "1" + f"{LRM}" * 4 + "/" * 3000],
)  # fmt: skip
def test_no_text_keeps_it_busy(text):
    began = time.process_time()
    for _ in range(5):
        may_be_export(text.encode())
    # a search that grows with the square of the text takes seconds
    assert time.process_time() - began < 1


@pytest.fixture(scope="module")
def exports(shared_dir):
    found = [one.export for one in chat_cases(shared_dir / "fixtures")]
    if not found:
        pytest.skip("0 exports: the groups of chats are absent")
    return found


@pytest.mark.shared
def test_every_export_beside_the_project_has_a_file_that_may_be_one(exports):
    assert [one.name for one in exports if not any(may_be_export(one.head(name), name) for name in one.names)] == []


@pytest.mark.shared
def test_the_names_of_texts_and_pages_count_for_nothing(exports):
    alone = [one for one in exports if len(one.names) == 1 and not one.names[0].endswith((".binproto", ".car"))]
    assert [one.name for one in alone if not may_be_export(one.head(one.names[0]))] == []


@pytest.mark.shared
def test_mails_are_never_claimed_and_texts_out_of_mails_mostly_not(shared_dir):
    files = [one for one in (shared_dir / "fixtures").glob("email-*/**/*") if one.suffix in (".eml", ".txt", ".msg")]
    claimed = [one for one in files if may_be_export(one.read_bytes()[:4096], one.name)]
    print(f"{len(claimed)} of {len(files)} files of mails are looked at as exports")  # noqa: T201 - the figure is the point
    assert {one.suffix for one in claimed} <= {".txt"}
    assert len(claimed) * 30 < len(files)
