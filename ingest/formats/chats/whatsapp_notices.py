"""How WhatsApp's own notices are told from what people say, and what a chat is called.

Rule kept: a notice is taken for one only where the layout says so (no sender), or a known phrase of the platform's
stands in it. The sentence on encryption opens every export; iOS gives it, and the notices of a group, a sender that
said nothing: the chat itself.
"""

# ruff: noqa: RUF001 - words and signs of other scripts

from __future__ import annotations

import re
from typing import Final

from ingest.formats.chats.whatsapp_lines import MARKS

LRM: Final = "\u200e"
OPENING: Final = 3
"""How many messages into a chat its sentence on encryption may stand without a direction mark before it."""
_ENCRYPTED: Final = re.compile(
    "end-to-end encr|end-to-end-kr|end-to-end versleut|ende-zu-ende-verschlüss|extremo a extremo|bout en bout|"
    "ponta a ponta|ponto a ponto|crittografati end-to-end|crittografia end-to-end|сквозным шифрованием|"
    "наскрізним шифруванням|uçtan uca şifre|エンドツーエンド|端對端|端对端|端到端|"
    "종단간 암호화|종단 간 암호화|مشفرة تمام|التشفير التام|"
    "w pełni zaszyfrowan|pełne szyfrowanie|koncovým šifrováním|šifrovaním počas celého|ende-til-ende|"
    "komplett kryptering|komplett krypterade|salataan täysin|terenkripsi secara end|enkripsi end-to-end|"
    "disulitkan hujung|mã hóa đầu cuối|mã hoá đầu-cuối|เข้ารหัสจากต้นทาง|एंड-टू-एंड एन्क्रिप|एन्ड-टू-एन्ड|এন্ড-টু-এন্ড|"
    "શરૂઆતથી અંત સુધી|מקצה-לקצה|מקצה לקצה|κρυπτογραφούνται πλήρως|criptate integral|criptare integrală|"
    "végpontok között|potpunom enkripcijom|край до край|d'extrem a extrem|سرتاسر رمزگذاری|اینڈ ٹو اینڈ",
    re.IGNORECASE,
)
_WITH_COLON: Final = re.compile(
    r"\b(?:created|changed|removed|added|updated|pinned|turned (?:on|off)|joined|left)\b[^\n]*"
    r"\b(?:group|subject|description|icon|settings|name|message|timer|event|poll|community|link)\b|"
    r"\b(?:hat|hast|haben)\b[^\n]*\b(?:Gruppe\w*|Betreff|Beschreibung|Einstellungen)\b|"
    r"\b(?:cambió|cambiaste|creó|creaste|añadió|eliminó)\b[^\n]*\b(?:grupo|asunto|nombre|descripción|ajustes)\b|"
    r"\b(?:mudou|alterou|criou|adicionou|removeu)\b[^\n]*\b(?:grupo|assunto|nome|descrição|configurações)\b|"
    r"\b(?:changé|créé|modifié|ajouté|supprimé)\b[^\n]*\b(?:groupe|sujet|objet|nom|description|paramètres)\b|"
    r"\b(?:cambiato|creato|modificato|aggiunto|rimosso)\b[^\n]*\b(?:gruppo|oggetto|nome|descrizione)\b|"
    r"\b(?:heeft|hebt)\b[^\n]*\b(?:groep|onderwerp|groepsnaam|beschrijving)\b|"
    r"\b(?:изменил|создал|добавил|удалил)а?\b[^\n]*\b(?:групп|тем|назван|описан)|"
    r"\bgrup\b[^\n]*\bdeğiştirdi|"
    r"に変更しました|(?:變更|更改|修改)[^\n]*(?:主題|主旨|名稱|名称|說明|说明)"
)
_QUOTES: Final = re.compile('["“„«「『”]([^"“”„«»「」『』\n]{1,120})["”“»」』]')
_OPENED: Final = {"“": "”", "„": "“", "«": "»", "「": "」", "『": "』"}
_FILE: Final = re.compile(
    r"^(?:"
    r"whatsapp[ _-]?chat(?:[ _]with|[ _]mit|[ _]?-|[ _]met|[ _]med)?[ _]|chat[ _]de[ _]whatsapp[ _]con[ _]|"
    r"chat[ _](?:do[ _])?whatsapp[ _](?:con|com|avec|dengan|s[ _]uživatelem|s[ _]používateľom|-)[ _]|"
    r"conversa[ _](?:do|no)[ _]whatsapp[ _]com[ _]|conversa[ _]de[ _]whatsapp[ _](?:amb|con)[ _]|"
    r"(?:discussion|conversation)[ _]whatsapp[ _]avec[ _]|conversation[ _]whatsapp[ _]-[ _]|"
    r"conversación[ _]de[ _]whatsapp[ _]con[ _]|conversazione[ _]whatsapp[ _]con[ _]|"
    r"чат[ _]whatsapp[ _](?:с[ _]контактом|с|з[ _]контактом|з|из|-)[ _]|"
    r"czat[ _]whatsapp[ _]z[ _](?:użytkownikiem[ _])?|"
    r"whatsapp[ _-]chatt[ _]med[ _]|whatsapp[ _-]samtale[ _]med[ _]|whatsapp[ _-]keskustelu[ _]|"
    r"whatsapp[ _-]gesprek[ _]met[ _]|whatsapp[ _-]beszélgetés[ _](?:-[ _])?|conversație[ _]whatsapp[ _]cu[ _]|"
    r"xat[ _]de[ _]whatsapp[ _]amb[ _]|συνομιλία[ _]whatsapp[ _]με[ _]|"
    r"obrolan[ _]whatsapp[ _]dengan[ _]|trò[ _]chuyện[ _]whatsapp[ _]với[ _]|"
    r"דו-שיח[ _]ב-whatsapp[ _]עם[ _]|צ'אט[ _]whatsapp[ _]עם[ _]|دردشة[ _](?:واتساب|whatsapp)[ _]مع[ _]|"
    r"محادثة[ _](?:واتساب|whatsapp)[ _]مع[ _]|whatsapp[ _](?:聊天|對話|对话)[ _]?-[ _]"
    r")(.{1,200})$|"
    r"^(?:与|與|和)[ _]?(.{1,200}?)[ _]?(?:的[ _]?whatsapp[ _]?(?:聊天|對話|对话|聊天记录|聊天記錄))$|"
    r"^(.{1,200}?)[ _](?:ile[ _]whatsapp[ _]sohbeti|とのwhatsappトーク|님과의[ _]whatsapp[ _]대화)$",
    re.IGNORECASE,
)
_COPIED: Final = re.compile(r"(?:[ _]?\(\d{1,3}\)|[ _]-[ _]copy|[ _]copy)$", re.IGNORECASE)
_ENDING: Final = re.compile(r"\.(?:txt|zip)$", re.IGNORECASE)
_PLAIN: Final = str.maketrans(dict.fromkeys(MARKS) | {"\u00a0": " ", "\u202f": " "})
_LONGEST_NAME: Final = 100
_LONGEST_SENTENCE: Final = 400


def plain_name(name: str) -> str:
    """A name as people see it: without direction marks, with ordinary spaces."""
    return (name if name.isascii() else name.translate(_PLAIN)).strip()


def on_encryption(text: str) -> bool:
    """Whether this is the sentence that opens every chat."""
    return _ENCRYPTED.search(text, 0, _LONGEST_SENTENCE) is not None


def reads_as_notice(prefix: str) -> bool:
    """Whether what stands before a colon is the beginning of a notice rather than a name.

    A notice quotes the new name of a group, or a description, and that may have a colon in it.
    """
    if len(prefix) > _LONGEST_NAME or prefix.count('"') % 2:
        return True
    if not prefix.isascii() and any(prefix.count(one) > prefix.count(other) for one, other in _OPENED.items()):
        return True
    return _WITH_COLON.search(prefix) is not None


def last_quoted(notice: str) -> str | None:
    """The last name in quotation marks: of a notice without a sender it is what a group is called from then on."""
    found = None
    for match in _QUOTES.finditer(notice):
        found = match[1]
    return plain_name(found) or None if found else None


def title_of(file_name: str) -> str | None:
    """What a chat is called, from the name of its file or zip; None where the name does not tell."""
    stem = _ENDING.sub("", plain_name(file_name.rpartition("/")[2]))
    for _ in range(2):
        stem = _COPIED.sub("", stem)
    match = _FILE.match(stem)
    if match is None:
        return None
    title = next(one for one in match.groups() if one)
    if " " not in stem:  # blanks were replaced on the way
        title = title.replace("_", " ")
    return title.strip() or None
