"""What chat applications print of themselves, in the languages of a school district: marks, fields, notices.

Rule kept: only a phrase that is known in full, or one that begins or ends in a known way, is taken for the
application's own; everything else is somebody's words. All are folded. Collected from the interfaces themselves;
an unknown wording costs a mark taken for a message, never a message taken for a mark.
"""

# ruff: noqa: RUF001 - words and signs of other scripts

from __future__ import annotations

import re
from typing import Final

from ingest.formats.forward_languages.table import fold

_EDGES: Final = " \t.…·•:›>‹<✓✔√()[]\"'“”|-–—*"


def folded(text: str) -> str:
    """A text as it is looked up here."""
    return " ".join(fold(text).strip(_EDGES).split())


def _set(*lines: str) -> frozenset[str]:
    return frozenset(folded(one) for line in lines for one in line.split("|"))


MARKS: Final = _set(
    "delivered|read|seen|sent|sending|opened|received|not delivered|failed|failed to send|sent as text message|"
    "delivered quietly|viewed|pending|new|tap to retry|new messages|unread messages|reply|view replies",
    "entregado|leído|visto|enviado|enviando|abierto|recibido|no entregado|responder|entregue|lida|lido|vista|"
    "visualizado|"
    "enviada|enviando|não entregue|distribué|lu|vu|envoyé|envoi|reçu|non distribué|répondre|ouvert",
    "đã xem|đã gửi|đã nhận|đã đọc|đã chuyển|trả lời|li|wè|voye|delivre|доставлено|прочитано|просмотрено|отправлено|"
    "ответить|已读|已送达|已发送|已傳送|已讀|回复|回覆|送达|읽음|전송됨|전달됨|보냄|답장|تم التسليم|تمت القراءة|مقروءة|"
    "تم الإرسال|رد|نقرأ|既読|配信済み|送信済み|נמסר|נקרא|נשלח",
)
_MARK_BEFORE_TIME: Final = re.compile(
    r"(?:read|seen|delivered|sent|opened|received|leído|visto|entregado|enviado|lida|lu|vu|distribué|envoyé|entregue|"
    r"прочитано|доставлено|已读|已讀|已送达|읽음|전송됨|đã xem|đã nhận|تمت القراءة|seen by|visto por|vu par)\b.{0,30}"
)
EDITED: Final = _set(
    "edited|editado|editada|modifié|modifiée|đã chỉnh sửa|đã sửa|modifye|изменено|изм|ред|отредактировано|"
    "已编辑|已編輯|"
    "수정됨|편집됨|معدلة|تم التعديل|تم التحرير|編集済み|bearbeitet|נערך"
)
_DELETED: Final = tuple(
    folded(one)
    for one in [
        "this message was deleted",
        "you deleted this message",
        "message deleted",
        "deleted message",
        "this message was unsent",
        "you unsent a message",
        "unsent a message",
        "message unsent",
        "this message has been deleted",
        "message was deleted",
        "this message was removed",
        "se eliminó este mensaje",
        "eliminaste este mensaje",
        "este mensaje fue eliminado",
        "mensaje eliminado",
        "anulaste el envío de un mensaje",
        "essa mensagem foi apagada",
        "mensagem apagada",
        "você apagou esta mensagem",
        "esta mensagem foi apagada",
        "ce message a été supprimé",
        "vous avez supprimé ce message",
        "message supprimé",
        "tin nhắn đã bị xóa",
        "tin nhắn này đã bị xóa",
        "tin nhắn đã được thu hồi",
        "đã thu hồi tin nhắn",
        "bạn đã xóa tin nhắn này",
        "mesaj sa a efase",
        "mesaj la efase",
        "сообщение удалено",
        "данное сообщение удалено",
        "вы удалили данное сообщение",
        "вы удалили это сообщение",
        "此消息已被删除",
        "此消息已删除",
        "消息已删除",
        "此訊息已刪除",
        "您删除了此消息",
        "你撤回了一条消息",
        "撤回了一条消息",
        "삭제된 메시지입니다",
        "이 메시지가 삭제되었습니다",
        "메시지가 삭제되었습니다",
        "تم حذف هذه الرسالة",
        "لقد حذفت هذه الرسالة",
        "حذفت هذه الرسالة",
        "このメッセージは削除されました",
        "diese nachricht wurde gelöscht",
    ]
)
_FIELD: Final = _set(
    "imessage|text message|message|messages|type a message|write a message|send a message|start a message|"
    "send a chat|chat|"
    "aa|sms|sms message|rcs message|signal message|start a new message|type a new message|add comment|add a comment|"
    "post your reply|write a comment|type here|reply|send message|say something|write a reply|join the conversation|"
    "new message|text message • sms|text message sms|text message rcs|add a reply|message chat|broadcast",
    "mensaje|mensaje de texto|escribe un mensaje|enviar mensaje|enviar un mensaje|escribir mensaje|añade un comentario|"
    "agregar comentario|mensaje de signal|nuevo mensaje|mensagem|digite uma mensagem|escreva uma mensagem|"
    "enviar mensagem|adicionar comentário|mensagem de texto|message texte|écrire un message|écrivez un message|"
    "envoyer un message|saisissez un message|ajouter un commentaire|votre message|tapez un message|mesaj|"
    "ekri yon mesaj|"
    "tape yon mesaj|mesaj tèks|tin nhắn|nhắn tin|nhập tin nhắn|soạn tin nhắn|viết tin nhắn|gửi tin nhắn|"
    "thêm bình luận|сообщение|напишите сообщение|введите сообщение|написать сообщение|комментарий|добавьте комментарий|"
    "信息|短信|消息|发消息|輸入訊息|输入消息|发送消息|訊息|添加评论|说点什么|发信息|메시지|메시지 입력|메시지 보내기|"
    "문자 메시지|댓글 추가|메시지를 입력하세요|رسالة|اكتب رسالة|رسالة نصية|إرسال رسالة|مراسلة|إضافة تعليق|メッセージ|"
    "メッセージを入力|メッセージを送信|nachricht|הודעה|הקלד הודעה|כתוב הודעה|ข้อความ",
)
_FIELD_STARTS: Final = tuple(
    folded(one)
    for one in [
        "message #",
        "message @",
        "reply to ",
        "add a comment",
        "text message",
        "write to ",
        "message to ",
        "mensaje para ",
        "enviar a ",
        "mensaje a ",
        "chat with ",
        "add comment",
        "envoyer à ",
        "message à ",
        "enviar mensaje a ",
        "say something to",
    ]
)
_STATUS: Final = _set(
    "online|typing|typing…|active now|active today|active yesterday|tap here for group info|tap here for contact info|"
    "click here for contact info|available|away|busy|offline|last seen recently|last seen a long time ago|bot|"
    "en línea|escribiendo|activo ahora|activa ahora|disponible|toca para info. del grupo|online agora|"
    "digitando|ativo agora|"
    "ativa agora|en ligne|en train d'écrire|actif maintenant|en train d’écrire|đang hoạt động|trực tuyến|đang nhập|"
    "an liy|aktif kounye a|в сети|печатает|был недавно|была недавно|был(а) недавно|在线|對方正在輸入|"
    "对方正在输入|線上|上線中|"
    "온라인|활동 중|입력 중|متصل|متصل الآن|يكتب|يكتب الآن|نشط الآن|オンライン|zuletzt online|מחובר"
)
_STATUS_STARTS: Final = (
    "last seen ", "active ", "tap here", "últ. vez", "últ vez", "visto por ultima vez", "activo hace", "activa hace",
    "ativo há", "vu à", "vu hier", "en ligne à", "actif il y a", "hoạt động", "был(а)", "был ", "была ", "上次",
    "最后", "마지막", "آخر ظهور", "نشط", "click here", "seen recently",
)  # fmt: skip
_MEMBERS: Final = re.compile(
    r"\d+\s?(?:members?|participants?|people|persons?|miembros?|participantes?|personas?|membros?|pessoas?|membres?|"
    r"personnes?|thành viên|người|manm|moun|участник\w*|человек|人|位|位成员|名成员|명|عضو\w*|أعضاء|مشارك\w*|"
    r"メンバー|גברים|"
    r"חברים|משתתפים|online)\b"
)
_TYPING: Final = re.compile(
    r".{0,60}(?:is typing|are typing|está escribiendo|están escribiendo|está digitando|est en train d.?écrire|"
    r"đang (?:nhập|soạn)|ap ekri|ap tape|печатает|正在输入|正在輸入|입력 중|يكتب)[ .…•]*"
)
_NOTICE: Final = re.compile(
    r".*(?:\b(?:added|removed|left the (?:group|conversation|chat)|joined|created (?:the )?(?:group|chat)|"
    r"named the|changed the|"
    r"changed their|end-to-end encrypted|pinned a message|missed (?:voice |video )?call|started a call|"
    r"renamed|set the|turned (?:on|off)|laughed at|"
    r"messages (?:and calls )?are|(?:se unió|salió del|añadió a|agregó a|creó el|eliminó a|cambió el)|"
    r"(?:entrou|saiu|adicionou|criou|removeu)|(?:a rejoint|a quitté|a ajouté|a créé)|"
    r"đã thêm|đã rời|đã tạo|đã tham gia|ajoute|antre nan|kite gwoup|добавил\w*|создал\w*|вышел|вышла|"
    r"присоединил\w*|удалил\w*)\b"
    r"|加入了|退出了|邀请|创建了|已加入|님이|초대했|나갔|들어왔|أضاف|غادر|انضم|أنشأ).*"
)
FORWARDED: Final = _set(
    "forwarded|forwarded many times|forwarded message|reenviado|reenviado muchas veces|encaminhada|encaminhado|"
    "transféré|đã chuyển tiếp|переслано|пересланное сообщение|已转发|已轉寄|전달됨|محولة|تمت إعادة التوجيه"
)
ME: Final = _set(
    "me|you|yo|tú|eu|você|moi|vous|toi|mwen|tôi|bạn|я|вы|我|你|나|أنا|أنت|私|ich|du|אני|את|ме"
)  # the last is "me" as engines read it


def is_mark(text: str) -> bool:
    """Whether a text is a mark of delivery or the like, with or without a time."""
    found = folded(text)
    return found in MARKS or _MARK_BEFORE_TIME.fullmatch(found) is not None


def is_edited(text: str) -> bool:
    """Whether a text says that a message was edited."""
    return folded(text) in EDITED


def says_deleted(text: str) -> bool:
    """Whether a text stands where a deleted message stood: the notice and at most a name before it."""
    found = folded(text)
    return any(found == notice or (found.endswith(notice) and len(found) < len(notice) + 40) for notice in _DELETED)


def is_field(text: str) -> bool:
    """Whether a text is what an empty entry field says."""
    found = folded(text)
    return found in _FIELD or any(found.startswith(start) for start in _FIELD_STARTS)


def is_status(text: str) -> bool:
    """Whether a text below a title says whether somebody is there."""
    found = folded(text)
    return found in _STATUS or found.startswith(_STATUS_STARTS) or _MEMBERS.search(found) is not None


def counts_members(text: str) -> bool:
    """Whether a text below a title counts the members of a group."""
    return _MEMBERS.search(folded(text)) is not None


def is_typing(text: str) -> bool:
    """Whether a text says that somebody writes just now."""
    return _TYPING.fullmatch(folded(text)) is not None


def is_notice(text: str) -> bool:
    """Whether a text is worded as an application tells what happened to a group."""
    return len(text) <= 300 and _NOTICE.fullmatch(folded(text)) is not None  # noqa: PLR2004 - notices are short


def is_me(text: str) -> bool:
    """Whether a label names the owner of the telephone."""
    return folded(text) in ME
