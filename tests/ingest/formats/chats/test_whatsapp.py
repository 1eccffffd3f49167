from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats import whatsapp
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread
from ingest.formats.container import Remark
from tests.every_case import every_case

HERE = ZoneInfo("America/Los_Angeles")
BERLIN = ZoneInfo("Europe/Berlin")
LRM, NNBSP = "\u200e", "\u202f"
OPENING = "Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them."


def export_of(text: str | bytes, name: str = "WhatsApp Chat with Ann.txt", **options: object) -> HeldFiles:
    content = text.encode() if isinstance(text, str) else text
    return HeldFiles(files={name: content}, name=name, **({"zone": HERE} | options))


def told(export: HeldFiles) -> list[ChatMessage]:
    return [one.message for one in whatsapp.read(export) if isinstance(one, Said)]


def thread_of(export: HeldFiles) -> Thread:
    return next(one.thread for one in whatsapp.read(export) if isinstance(one, Said))


def remarks(export: HeldFiles) -> list[Remark]:
    return [one for one in whatsapp.read(export) if isinstance(one, Remark)]


@every_case(
    ("head", "expected"),
    [
        (f"[1/15/24, 6:07:33{NNBSP}PM] ", "2024-01-15T18:07:33"),
        (f"{LRM}[15/01/2024, 18:07:33] ", "2024-01-15T18:07:33"),
        ("[15.01.24, 18:07:33] ", "2024-01-15T18:07:33"),
        ("15.01.24, 18:07 - ", "2024-01-15T18:07:00"),
        (f"1/15/24, 6:07{NNBSP}PM - ", "2024-01-15T18:07:00"),
        ("15/1/24, 6:07 p. m. - ", "2024-01-15T18:07:00"),
        ("15/1/24 18:07 - ", "2024-01-15T18:07:00"),
        ("15/01/24, 12:07 am - ", "2024-01-15T00:07:00"),
        ("15/01/24, 12:07 pm - ", "2024-01-15T12:07:00"),
        ("15.1.2024 klo 18.07 - ", "2024-01-15T18:07:00"),
        ("15/01/2024 à 18:07 - ", "2024-01-15T18:07:00"),
        ("2024-01-15 18 h 07 - ", "2024-01-15T18:07:00"),
        ("2024-01-15, 18:07 - ", "2024-01-15T18:07:00"),
        ("2024. 1. 15. 오후 6:07 - ", "2024-01-15T18:07:00"),
        ("24. 1. 15. 오후 6:07 - ", "2024-01-15T18:07:00"),
        ("2024/1/15 下午6:07 - ", "2024-01-15T18:07:00"),
        ("2024年1月15日 18:07 - ", "2024-01-15T18:07:00"),
        ("[2024/01/15 午後6:07:33] ", "2024-01-15T18:07:33"),
        ("\u200f١٥\u200f/١\u200f/٢٠٢٤، ٦:٠٧ م - ", "2024-01-15T18:07:00"),
        ("१५/१/२४, ६:०७ pm - ", "2024-01-15T18:07:00"),
        ("15/1/2567 18:07 - ", "2024-01-15T18:07:00"),
        ("15/1/67 18:07 - ", "2024-01-15T18:07:00"),
        ("[15/1/2567 BE, 18:07:33] ", "2024-01-15T18:07:33"),
        ("15. 1. 2024. 18:07:33 ", "2024-01-15T18:07:33"),
        ("15.01.24 18.07.33: ", "2024-01-15T18:07:33"),
        ("15/01/24, 18:07 – ", "2024-01-15T18:07:00"),
    ],
)
def test_every_layout_of_a_head_is_read(head: str, expected: str) -> None:
    export = export_of(f"{head}Ann: hello\n{head}Bob: yes\n")
    assert whatsapp.recognise(export)
    assert [(one.at.isoformat(), one.sender, one.text) for one in told(export) if one.at] == [
        (expected, "Ann", "hello"),
        (expected, "Bob", "yes"),
    ]


def test_a_half_of_the_day_that_is_not_known_makes_no_head() -> None:
    assert not whatsapp.recognise(export_of("15/01/24, 6:07 xx - Ann: hello\n"))


def test_lines_without_a_head_belong_to_the_message_before_them() -> None:
    messages = told(export_of("15/01/24, 18:07 - Ann: Agenda:\n1. budget\n\n2. hiring\n15/01/24, 18:08 - Bob: ok\n"))
    assert [one.text for one in messages] == ["Agenda:\n1. budget\n\n2. hiring", "ok"]


def test_what_was_pasted_in_another_layout_stays_in_the_message() -> None:
    text = "15/01/24, 18:07 - Ann: look:\n[14/01/24, 09:00:00] Bob: I quit\n15/01/24, 18:08 - Bob: ok\n"
    assert [one.text for one in told(export_of(text))] == ["look:\n[14/01/24, 09:00:00] Bob: I quit", "ok"]


def test_two_exports_in_one_file_are_both_read() -> None:
    first = "".join(f"15/01/24, 18:{n:02} - Ann: a{n}\n" for n in range(30))
    second = "".join(f"[01/16/24, 18:{n:02}:00] Ann: b{n}\n" for n in range(30))
    messages = told(export_of(first + second))
    assert len(messages) == 60
    assert {one.at.date().isoformat() for one in messages if one.at} == {"2024-01-15", "2024-01-16"}


def test_the_bytes_of_all_messages_are_the_bytes_of_the_file() -> None:
    text = f"{LRM}[15/01/24, 18:07:33] Ann: one\ntwo \u2028 three\n[15/01/24, 18:07:34] Bob: Zoë \U0001f600\n"
    for content in (text, text.replace("\n", "\r\n"), text.replace("one\n", "one\r\n")):
        export = export_of(content)
        joint = thread_of(export).joint
        assert joint.join(one.raw for one in told(export)) + joint == content.encode()


def test_a_file_with_windows_line_ends_has_none_in_its_texts() -> None:
    assert [one.text for one in told(export_of("15/01/24, 18:07 - Ann: one\r\ntwo\r\n"))] == ["one\ntwo"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_file_with_a_byte_order_mark_is_read(codec: str) -> None:
    export = export_of("15/01/24, 18:07 - Ann: Zoë\n".encode(codec))
    assert whatsapp.recognise(export)
    assert told(export)[0].text == "Zoë"


def test_bytes_that_are_no_utf_8_are_read_and_kept_as_they_are() -> None:
    content = b"15/01/24, 18:07 - Ann: caf\xe9 \0 end\n"
    (message,) = told(export_of(content))
    assert message.text == "café \ufffd end"
    assert message.raw == content.rstrip(b"\n")


def test_a_line_without_a_sender_is_a_notice() -> None:
    (first, second) = told(export_of(f'15/01/24, 18:07 - {OPENING}\n15/01/24, 18:08 - Ann created group "Board"\n'))
    assert (first.system, first.sender, first.side) == (True, None, "center")
    assert second.text == 'Ann created group "Board"'


def test_a_notice_with_a_colon_is_no_message() -> None:
    lines = ["Ann: hi", 'henk changed the subject to "bla: x"', "henk hat den Betreff zu „bla: x“ geändert", "Ann: yes"]
    messages = told(export_of("".join(f"15/01/24, 18:07 - {line}\n" for line in lines)))
    assert [one.sender for one in messages] == ["Ann", None, None, "Ann"]
    assert messages[1].text == lines[1]


def test_a_name_with_a_colon_is_known_by_all_of_its_lines() -> None:
    lines = ["Dr: Who: hi", "Ann: Note: bring a pen", "Dr: Who: there", "Ann: ok", "Dr: Who: now"]
    export = export_of("".join(f"15/01/24, 18:07 - {line}\n" for line in lines), "_chat.txt")
    assert [(one.sender, one.text) for one in told(export)] == [
        ("Dr: Who", "hi"),
        ("Ann", "Note: bring a pen"),
        ("Dr: Who", "there"),
        ("Ann", "ok"),
        ("Dr: Who", "now"),
    ]
    assert thread_of(export).participants == ("Dr: Who", "Ann")


def test_a_name_with_a_colon_is_known_by_the_title() -> None:
    export = export_of("15/01/24, 18:07 - Dr: Who: hi\n", "WhatsApp Chat with Dr_ Who.txt")
    assert told(export)[0].sender == "Dr: Who"


def test_the_chat_itself_is_no_sender() -> None:
    lines = [
        f"[15/01/24, 18:07:01] Board: {LRM}{OPENING}",
        f"[15/01/24, 18:07:02] Board: {LRM}Henk changed the subject to “Board: 2024”",
        "[15/01/24, 18:07:03] Ann: hello",
        f"{LRM}[15/01/24, 18:07:04] Ann: {LRM}Missed voice call, {LRM}tap to call back",
    ]
    export = HeldFiles(files={"_chat.txt": "\n".join(lines).encode()}, name="WhatsApp Chat - Board.zip")
    messages = told(export)
    assert [(one.sender, one.system) for one in messages] == [(None, True), (None, True), ("Ann", False), ("Ann", True)]
    assert messages[1].text == "Henk changed the subject to “Board: 2024”"
    assert (thread_of(export).title, thread_of(export).participants) == ("Board", ("Ann",))


def test_who_asks_about_encryption_is_not_taken_for_a_notice() -> None:
    lines = ["Ann: hi", "Ann: a", "Bob: b", "Cid: is WhatsApp end-to-end encrypted?", "Bob: c"]
    messages = told(export_of("".join(f"15/01/24, 18:07 - {line}\n" for line in lines)))
    assert (messages[3].sender, messages[3].system) == ("Cid", False)


def test_numbers_and_unsaved_names_lose_their_direction_marks_only() -> None:
    text = "[15/01/24, 18:07:33] \u202a+1\u00a0(555)\u00a0010-0199\u202c: hi\n[15/01/24, 18:07:34] ~\u202fDana: hi\n"
    assert [one.sender for one in told(export_of(text))] == ["+1 (555) 010-0199", "~ Dana"]


def test_files_are_taken_from_the_zip_or_named_as_missing() -> None:
    lines = [
        f"{LRM}[15/01/24, 18:07:01] Ann: see this {LRM}<attached: 00000012-PHOTO-2024-01-15-18-07-01.jpg>",
        f"{LRM}[15/01/24, 18:07:02] Ann: {LRM}<Anhang: 00000013-AUDIO-2024-01-15-18-07-02.opus>",
        f"{LRM}[15/01/24, 18:07:03] Ann: {LRM}image omitted",
        f"{LRM}[15/01/24, 18:07:04] Ann: Minutes.pdf • {LRM}3 pages {LRM}document omitted",
    ]
    photo = "x/00000012-PHOTO-2024-01-15-18-07-01.jpg"
    export = HeldFiles(files={"x/_chat.txt": "\n".join(lines).encode(), photo: b"\xff"}, name="a.zip", zone=HERE)
    messages = told(export)
    assert [one.text for one in messages] == ["see this", "", "", "Minutes.pdf • 3 pages"]
    media = [one.attachments[0] for one in messages]
    assert [(one.entry, one.present, one.media_type) for one in media] == [
        (photo, True, "image/jpeg"),
        (None, False, "audio/ogg"),
        (None, False, "image/*"),
        (None, False, None),
    ]
    assert media[3].name == "Minutes.pdf"
    assert Stated(what="media", count=1) in list(whatsapp.read(export))


@every_case(
    "words",
    [
        "file attached",
        "Datei angehängt",
        "archivo adjunto",
        "fichier joint",
        "файл добавлен",
        "파일 첨부됨",
        "附件檔案",
        "bylo",
    ],
)
def test_a_file_of_android_is_named_and_its_caption_is_the_text(words: str) -> None:
    (message,) = told(export_of(f"15/01/24, 18:07 - Ann: {LRM}IMG-20240115-WA0001.jpg ({words})\nlook at this\n"))
    assert [one.name for one in message.attachments] == ["IMG-20240115-WA0001.jpg"]
    assert message.text == "look at this"


def test_a_file_of_an_older_apple_export_is_named() -> None:
    (message,) = told(export_of(f"[15/01/19, 18:07:33] Ann: 2019-01-15-PHOTO-00000012.jpg <{LRM}attached>\n"))
    assert ([one.name for one in message.attachments], message.text) == (["2019-01-15-PHOTO-00000012.jpg"], "")


@every_case(
    "words",
    ["<Media omitted>", "<media omitted>", "<Medien ausgeschlossen>", "<Multimedia omitido>", "<Média vynechány>",
     "<View once voice message omitted>",
     "<Без медиафайлов>", "<メディアは含まれていません>", "<تم استبعاد الوسائط>", "< Média vynechána >"],
)  # fmt: skip
def test_a_file_that_was_left_out_is_said_in_any_language(words: str) -> None:
    (message,) = told(export_of(f"15/01/24, 18:07 - Ann: {words}\nplan.pdf\n"))
    assert (len(message.attachments), message.attachments[0].present, message.text) == (1, False, "plan.pdf")


def test_other_words_in_brackets_are_words() -> None:
    lines = ["Ann: <br>", "Ann: see (file) and (this)", "Ann: null", "Ann: image omitted from the report"]
    messages = told(export_of("".join(f"15/01/24, 18:07 - {line}\n" for line in lines)))
    assert [one.text for one in messages] == [line[5:] for line in lines]
    assert not any(one.attachments for one in messages)


@pytest.mark.parametrize(
    "words",
    ["This message was deleted", "You deleted this message", "Diese Nachricht wurde gelöscht.",
     f"{LRM}Se eliminó este mensaje.", "Ce message a été supprimé", "이 메시지는 삭제되었습니다."],
)  # fmt: skip
def test_a_deleted_message_is_marked_in_any_language(words: str) -> None:
    (message,) = told(export_of(f"15/01/24, 18:07 - Ann: {words}\n"))
    assert (message.deleted, message.text, message.sender) == (True, "", "Ann")


@pytest.mark.parametrize(
    "mark",
    [
        "<This message was edited>",
        f"{LRM}<This message was edited.>",
        "<Diese Nachricht wurde bearbeitet.>",
        "<Mensagem editada>",
    ],
)
def test_an_edited_message_is_marked_in_any_language(mark: str) -> None:
    (message,) = told(export_of(f"15/01/24, 18:07 - Ann: Moved to 3pm {mark}\n"))
    assert (message.edited, message.text) == (True, "Moved to 3pm")


def test_places_polls_and_mentions_are_words() -> None:
    lines = [
        f"[15/01/24, 18:07:01] Ann: {LRM}Location: https://maps.google.com/?q=1.5,2.5",
        f"[15/01/24, 18:07:02] Ann: {LRM}POLL:\nLunch?\n{LRM}OPTION: Yes ({LRM}2 votes)",
        "[15/01/24, 18:07:03] Ann: @\u2068Bob Lee\u2069 look",
    ]
    messages = told(export_of("\n".join(lines)))
    assert [one.system for one in messages] == [False, False, False]
    assert messages[1].text.startswith("POLL:\nLunch?")
    assert messages[2].text == "@Bob Lee look"


@every_case(
    ("name", "title"),
    [
        ("WhatsApp Chat with Ann Lee.txt", "Ann Lee"),
        ("WhatsApp Chat with Ann Lee (1).txt", "Ann Lee"),
        ("WhatsApp Chat - Ann Lee.zip", "Ann Lee"),
        ("WhatsApp_Chat_with_Ann_Lee.txt", "Ann Lee"),
        ("WhatsApp Chat mit Ann Lee.txt", "Ann Lee"),
        ("Chat de WhatsApp con Ann Lee.txt", "Ann Lee"),
        ("Chat WhatsApp con Ann Lee.txt", "Ann Lee"),
        ("Conversa do WhatsApp com Ann Lee.txt", "Ann Lee"),
        ("Discussion WhatsApp avec Ann Lee.txt", "Ann Lee"),
        ("Чат WhatsApp с контактом Ann Lee.txt", "Ann Lee"),
        ("Chat WhatsApp s uživatelem Ann Lee.txt", "Ann Lee"),
        ("_chat.txt", None),
    ],
)
def test_a_chat_is_called_as_its_file_says(name: str, title: str | None) -> None:
    assert thread_of(export_of("15/01/24, 18:07 - Ann: hi\n", name)).title == title


def test_two_exports_of_a_chat_have_one_key() -> None:
    android = export_of("15/01/24, 18:07 - Ann Lee: hi\n", "WhatsApp Chat with Ann Lee.txt")
    apple = HeldFiles(
        files={"_chat.txt": b"[1/15/24, 6:07:33 PM] Ann Lee: hi\n[1/16/24, 6:07:33 PM] Bob: yes\n"},
        name="WhatsApp Chat - Ann Lee (2).zip",
    )
    assert thread_of(android).key == thread_of(apple).key == "title:ann lee"


def test_a_zip_of_several_chats_gives_each_its_thread() -> None:
    chat = b"15/01/24, 18:07 - Ann: hi\n"
    files = {"a/WhatsApp Chat with A.txt": chat, "b/WhatsApp Chat with B.txt": chat, "a/notes.txt": chat}
    said = [one for one in whatsapp.read(HeldFiles(files=files, name="all.zip")) if isinstance(one, Said)]
    assert [one.thread.title for one in said] == ["A", "B"]


@every_case(
    "text",
    [
        "2024-01-15 18:07:33: ERROR: disk full\n2024-01-15 18:07:34: INFO: ok\n",
        "[2024-01-15 18:07:33] production.ERROR: boom\n",
        "[2024-01-15, 18:07] Ann: printed by a tool for Signal\n",
        "[LINE] Chat history with Ann\nSaved on: 9/26/2026, 11:00\n\nFri, 9/25/2026\n21:03\tAnn\thi\n",
        "From: ann@example.org\nDate: 15/01/24, 18:07 - Bob: x\n\nhello\n",
        "def x():\n    return '15/01/24, 18:07 - Ann: hi'\n",
        "date,text\n15/01/24,hi\n",
        "",
        "\n\n\n",
    ],
)
def test_other_files_are_not_claimed(text: str) -> None:
    assert not whatsapp.recognise(export_of(text, "notes.txt"))


def test_every_head_is_a_message_and_is_stated() -> None:
    export = export_of(
        "15/01/24, 18:07 - Ann: hi\n\n15/01/24, 18:07 - \n15/01/24, 18:07 - Bob:\n32/13/24, 18:07 - Bob: x\n"
    )
    assert Stated(what="messages", count=4, path="WhatsApp Chat with Ann.txt") in list(whatsapp.read(export))
    messages = told(export)
    assert [(one.sender, one.text, one.at is None) for one in messages] == [
        ("Ann", "hi", False),
        (None, "", False),
        ("Bob", "", False),
        ("Bob", "x", True),
    ]


def test_what_a_mac_adds_is_set_aside_and_a_forgotten_file_is_not() -> None:
    assert whatsapp.aside("__MACOSX/._chat.txt")
    assert whatsapp.aside("00000012-PHOTO.jpg") is None


@pytest.mark.parametrize("mark", ["", LRM])
def test_somebody_who_only_sends_pictures_is_named_by_his_name(mark):
    text = "".join(f"[1/{day}/24, 6:07:33 PM] Jane Doe: {mark}<attached: {day}.jpg>\n" for day in range(13, 17))
    assert {one.sender for one in told(export_of(text, name="_chat.txt"))} == {"Jane Doe"}
