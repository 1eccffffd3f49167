"""How mail clients print a forward in each language: written down apart from the product's tables, to check them.

All dates are Wednesday, 6 April 2022, 10:23, except where the client prints seconds (05) or 14:23.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """Labels in the order from, date, to, cc, subject; dates as each client prints them."""

    gmail: tuple[str, str]  # label of the sender with its colon, date
    apple: tuple[str, str, str]  # marker, labels, date
    outlook: tuple[str, str]  # labels, date
    prefix: tuple[str, str]  # forward, reply
    thunderbird: tuple[str, str]  # marker, labels
    reply: str = ""  # Gmail's line above a reply


PRINTED = {
    "en": Printed(
        ("From:", "Wed, Apr 6, 2022 at 10:23 AM"),
        ("Begin forwarded message", "From|Date|To|Cc|Subject", "April 6, 2022 at 10:23:05 AM PDT"),
        ("From|Sent|To|Cc|Subject", "Wednesday, April 6, 2022 10:23 AM"),
        ("FW", "RE"),
        ("Forwarded Message", "From|Date|To|CC|Subject"),
        "On Wed, Apr 6, 2022 at 10:23 AM {who} wrote:",
    ),
    "de": Printed(
        ("Von:", "Mi., 6. Apr. 2022 um 10:23 Uhr"),
        ("Anfang der weitergeleiteten Nachricht", "Von|Datum|An|Kopie|Betreff", "6. April 2022 um 10:23:05 MESZ"),
        ("Von|Gesendet|An|Cc|Betreff", "Mittwoch, 6. April 2022 10:23"),
        ("WG", "AW"),
        ("Weitergeleitete Nachricht", "Von|Datum|An|Kopie (CC)|Betreff"),
        "Am Mi., 6. Apr. 2022 um 10:23 Uhr schrieb {who}:",
    ),
    "nl": Printed(
        ("Van:", "wo 6 apr. 2022 om 10:23"),
        ("Begin doorgestuurd bericht", "Van|Datum|Aan|Kopie|Onderwerp", "6 april 2022 om 10:23:05 CEST"),
        ("Van|Verzonden|Aan|CC|Onderwerp", "woensdag 6 april 2022 10:23"),
        ("FW", "RE"),
        ("Doorgestuurd bericht", "Van|Datum|Aan|CC|Onderwerp"),
        "Op wo 6 apr. 2022 om 10:23 schreef {who}:",
    ),
    "da": Printed(
        ("Fra:", "ons. 6. apr. 2022 kl. 10.23"),
        ("Start på videresendt besked", "Fra|Dato|Til|Cc|Emne", "6. april 2022 kl. 10.23.05 CEST"),
        ("Fra|Sendt|Til|Cc|Emne", "6. april 2022 10:23"),
        ("VS", "SV"),
        ("Videresendt meddelelse", "Fra|Dato|Til|CC|Emne"),
        "Den ons. 6. apr. 2022 kl. 10.23 skrev {who}:",
    ),
    "no": Printed(
        ("Fra:", "ons. 6. apr. 2022 kl. 10:23"),
        ("Videresendt melding", "Fra|Dato|Til|Kopi|Emne", "6. april 2022 kl. 10:23:05 CEST"),
        ("Fra|Sendt|Til|Kopi|Emne", "onsdag 6. april 2022 10:23"),
        ("VS", "SV"),
        ("Videresendt melding", "Fra|Dato|Til|CC|Emne"),
        "ons. 6. apr. 2022 kl. 10:23 skrev {who}:",
    ),
    "sv": Printed(
        ("Från:", "ons 6 apr. 2022 kl 10:23"),
        ("Vidarebefordrat mejl", "Från|Datum|Till|Kopia|Ämne", "6 april 2022 10:23:05 CEST"),
        ("Från|Skickat|Till|Kopia|Ämne", "den 6 april 2022 10:23"),
        ("VB", "SV"),
        ("Vidarebefordrat meddelande", "Från|Datum|Till|Kopia|Ämne"),
        "Den ons 6 apr. 2022 kl 10:23 skrev {who}:",
    ),
    "fi": Printed(
        ("Lähettäjä:", "ke 6. huhtik. 2022 klo 10.23"),
        ("Välitetty viesti alkaa", "Lähettäjä|Päivämäärä|Vastaanottaja|Kopio|Aihe", "6. huhtikuuta 2022 klo 10.23.05"),
        ("Lähettäjä|Lähetetty|Vastaanottaja|Kopio|Aihe", "keskiviikko 6. huhtikuuta 2022 10.23"),
        ("VL", "VS"),
        ("Välitetty viesti", "Lähettäjä|Päiväys|Vastaanottaja|CC|Aihe"),
        "ke 6. huhtik. 2022 klo 10.23 {who} kirjoitti:",
    ),
    "fr": Printed(
        ("De :", "mer. 6 avr. 2022 à 10:23"),
        ("Début du message réexpédié :", "De|Date|À|Cc|Objet", "6 avril 2022 à 10:23:05 UTC+2"),
        ("De |Envoyé |À |Cc |Objet ", "mercredi 6 avril 2022 10:23"),
        ("TR", "RE"),
        ("Message transféré", "De |Date |Pour |Copie à |Sujet "),
        "Le mer. 6 avr. 2022 à 10:23, {who} a écrit :",
    ),
    "es": Printed(
        ("De:", "mié, 6 abr 2022 a las 10:23"),
        ("Inicio del mensaje reenviado", "De|Fecha|Para|Cc|Asunto", "6 de abril de 2022, 10:23:05 CEST"),
        ("De|Enviado|Para|CC|Asunto", "miércoles, 6 de abril de 2022 10:23"),
        ("RV", "RE"),
        ("Mensaje reenviado", "De|Fecha|Para|CC|Asunto"),
        "El mié, 6 abr 2022 a las 10:23, {who} escribió:",
    ),
    "pt-br": Printed(
        ("De:", "qua., 6 de abr. de 2022 às 10:23"),
        ("Início da mensagem encaminhada", "De|Data|Para|Cc|Assunto", "6 de abril de 2022 10:23:05 BRT"),
        ("De|Enviado|Para|Cc|Assunto", "quarta-feira, 6 de abril de 2022 10:23"),
        ("ENC", "RES"),
        ("Mensagem encaminhada", "De|Data|Para|CC|Assunto"),
        "Em qua., 6 de abr. de 2022 às 10:23, {who} escreveu:",
    ),
    "pt": Printed(
        ("De:", "quarta, 6/04/2022 à(s) 10:23"),
        ("Início da mensagem reencaminhada", "De|Data|Para|Cc|Assunto", "6 de abril de 2022, 10:23:05 WEST"),
        ("De|Enviado|Para|Cc|Assunto", "6 de abril de 2022 10:23"),
        ("FW", "RE"),
        ("Mensagem reencaminhada", "De|Data|Para|CC|Assunto"),
        "{who} escreveu no dia quarta, 6/04/2022 à(s) 10:23:",
    ),
    "it": Printed(
        ("Da:", "mer 6 apr 2022 alle ore 10:23"),
        ("Inizio messaggio inoltrato", "Da|Data|A|Cc|Oggetto", "6 aprile 2022 10:23:05 CEST"),
        ("Da|Inviato|A|Cc|Oggetto", "mercoledì 6 aprile 2022 10:23"),
        ("I", "R"),
        ("Messaggio Inoltrato", "Mittente|Data|A|CC|Oggetto"),
        "Il giorno mer 6 apr 2022 alle ore 10:23 {who} ha scritto:",
    ),
    "ro": Printed(
        ("De la:", "mie., 6 apr. 2022 la 10:23"),
        ("Început mesaj redirecționat", "De la|Data|Către|Cc|Subiect", "6 aprilie 2022 la 10:23:05 EEST"),
        ("De la|Trimis|Către|Cc|Subiect", "miercuri, 6 aprilie 2022 10:23"),
        ("FW", "RE"),
        ("Mesaj redirecționat", "De la|Dată|Către|CC|Subiect"),
        "În mie., 6 apr. 2022 la 10:23, {who} a scris:",
    ),
    "cs": Printed(
        ("Od:", "st 6. 4. 2022 v 10:23"),
        ("Začátek přeposílané zprávy", "Od|Datum|Komu|Kopie|Předmět", "6. dubna 2022 10:23:05 SELČ"),
        ("Od|Odesláno|Komu|Kopie|Předmět", "středa 6. dubna 2022 10:23"),
        ("FW", "RE"),
        ("Přeposlaná zpráva", "Od|Datum|Komu|Kopie|Předmět"),
        "st 6. 4. 2022 v 10:23 odesílatel {who} napsal:",
    ),
    "sk": Printed(
        ("Od:", "st 6. 4. 2022 o 10:23"),
        ("Začiatok preposlanej správy", "Od|Dátum|Komu|Kópia|Predmet", "6. apríla 2022 10:23:05 SELČ"),
        ("Od|Odoslané|Komu|Kópia|Predmet", "streda 6. apríla 2022 10:23"),
        ("FW", "RE"),
        ("Preposlaná správa", "Od|Dátum|Pre|Kópia|Predmet"),
        "st 6. 4. 2022 o 10:23 {who} napísal(a):",
    ),
    "pl": Printed(
        ("Od:", "śr., 6 kwi 2022 o 10:23"),
        ("Początek przekazywanej wiadomości", "Od|Data|Do|Dw|Temat", "6 kwietnia 2022 o 10:23:05 CEST"),
        ("Od|Wysłano|Do|DW|Temat", "środa, 6 kwietnia 2022 10:23"),
        ("PD", "ODP"),
        ("Treść przekazanej wiadomości", "Nadawca|Data|Adresat|Kopia|Temat"),
        "śr., 6 kwi 2022 o 10:23 {who} napisał(a):",
    ),
    "hr": Printed(
        ("Od:", "sri, 6. tra 2022. u 10:23"),
        ("Započni proslijeđenu poruku", "Od|Datum|Za|Cc|Predmet", "6. travnja 2022. u 10:23:05 CEST"),
        ("Od|Poslano|Prima|Kopija|Predmet", "srijeda, 6. travnja 2022. 10:23"),
        ("FW", "RE"),
        ("Proslijeđena poruka", "Šalje|Datum|Prima|CC|Naslov"),
        "sri, 6. tra 2022. u 10:23 {who} napisao je:",
    ),
    "ru": Printed(
        ("От:", "ср, 6 апр. 2022 г. в 10:23"),
        ("Начало переадресованного сообщения", "От|Дата|Кому|Копия|Тема", "6 апреля 2022 г., 10:23:05 GMT+3"),
        ("От|Отправлено|Кому|Копия|Тема", "6 апреля 2022 г. 10:23"),
        ("FW", "RE"),
        ("Перенаправленное сообщение", "От|Дата|Кому|Копия|Тема"),
        "ср, 6 апр. 2022 г. в 10:23, {who}:",
    ),
    "uk": Printed(
        ("Від:", "ср, 6 квіт. 2022 р. о 10:23"),
        ("Початок листа, що пересилається", "Від|Дата|Кому|Копія|Тема", "6 квітня 2022 р. о 10:23:05 GMT+3"),
        ("Від|Надіслано|Кому|Копія|Тема", "6 квітня 2022 р. 10:23"),
        ("FW", "RE"),
        ("Переслане повідомлення", "Від|Дата|Кому|CC|Тема"),
        "ср, 6 квіт. 2022 р. о 10:23 {who} пише:",
    ),
    "hu": Printed(
        ("Feladó:", "2022. ápr. 6., Sze, 10:23"),
        ("Továbbított levél kezdete", "Feladó|Dátum|Címzett|Másolat|Tárgy", "2022. április 6. 10:23:05 CEST"),
        ("Feladó|Elküldve|Címzett|Másolatot kap|Tárgy", "2022. április 6., szerda 10:23"),
        ("TOV", "VÁ"),
        ("Továbbított üzenet", "Feladó|Dátum|Címzett|CC|Tárgy"),
        "{who} ezt írta (időpont: 2022. ápr. 6., Sze, 10:23):",
    ),
    "tr": Printed(
        ("Gönderen:", "6 Nis 2022 Çar, 10:23"),
        ("İletilen ileti", "Kimden|Tarih|Kime|Bilgi|Konu", "6 Nisan 2022 10:23:05 GMT+3"),
        ("Kimden|Gönderildi|Kime|Bilgi|Konu", "6 Nisan 2022 Çarşamba 10:23"),
        ("İLT", "YNT"),
        ("İletilmiş İleti", "Kimden|Tarih|Kime|CC|Konu"),
        "{who}, 6 Nis 2022 Çar, 10:23 tarihinde şunu yazdı:",
    ),
    "el": Printed(
        ("Από:", "Τετ 6 Απρ 2022 στις 10:23 π.μ."),
        ("Αρχή προωθημένου μηνύματος", "Από|Ημερομηνία|Προς|Κοιν|Θέμα", "6 Απριλίου 2022 στις 10:23:05 π.μ. EEST"),
        ("Από|Στάλθηκε|Προς|Κοιν.|Θέμα", "Τετάρτη, 6 Απριλίου 2022 10:23 πμ"),
        ("ΠΡΘ", "ΑΠ"),
        ("Προωθημένο μήνυμα", "Από|Ημερομηνία|Προς|Κοιν.|Θέμα"),
        "Στις Τετ 6 Απρ 2022 στις 10:23 π.μ., ο χρήστης {who} έγραψε:",
    ),
    "et": Printed(
        ("Saatja:", "K, 6. aprill 2022 kell 10:23"),
        ("Edastatud kirja algus", "Saatja|Kuupäev|Saaja|Koopia|Teema", "6. aprill 2022 10:23:05 EEST"),
        ("Saatja|Saadetud|Saaja|Koopia|Teema", "kolmapäev, 6. aprill 2022 10:23"),
        ("FW", "RE"),
        ("Edastatud kiri", "Saatja|Kuupäev|Saaja|CC|Teema"),
        "Kuupäev K, 6. aprill 2022 kell 10:23 {who} kirjutas:",
    ),
    "ca": Printed(
        ("De:", "dc., 6 d’abr. 2022 a les 10:23"),
        ("Inici del missatge reenviat", "De|Data|Per a|A/c|Assumpte", "6 d’abril de 2022, 10:23:05 CEST"),
        ("De|Enviat|Per a|A/c|Assumpte", "dimecres, 6 d'abril de 2022 10:23"),
        ("RV", "RE"),
        ("Missatge reenviat", "De|Data|A|CC|Assumpte"),
        "El dc., 6 d’abr. 2022 a les 10:23, {who} va escriure:",
    ),
    "ar": Printed(
        ("من:", "الأربعاء، 6 أبريل 2022 في 10:23 ص"),
        ("بداية الرسالة المُعاد توجيهها", "من|التاريخ|إلى|نسخة|الموضوع", "٦ أبريل ٢٠٢٢ في ١٠:٢٣:٠٥ ص غرينتش+٣"),
        ("من|تم الإرسال|إلى|نسخة|الموضوع", "الأربعاء، ٦ أبريل ٢٠٢٢ ١٠:٢٣ ص"),
        ("إعادة توجيه", "رد"),
        ("رسالة ممرّرة", "مِن|التاريخ|إلى|CC|الموضوع"),
        "في الأربعاء، 6 أبريل 2022 في 10:23 ص تمت كتابة ما يلي بواسطة {who}:",
    ),
    "zh-hans": Printed(
        ("发件人：", "2022年4月6日周三 10:23"),
        ("以下是转发的邮件：", "发件人|日期|收件人|抄送|主题", "2022年4月6日 GMT+8 10:23:05"),
        ("发件人|发送时间|收件人|抄送|主题", "2022年4月6日 10:23"),
        ("转发", "答复"),
        ("转发的消息", "发件人|日期|收件人|抄送|主题"),
        "{who} 于2022年4月6日周三 10:23写道：",
    ),
    "zh-hant": Printed(
        ("寄件者：", "2022年4月6日 週三 上午10:23"),
        ("以下為轉寄的郵件：", "寄件者|日期|收件者|副本|主旨", "2022年4月6日 上午10:23:05"),
        ("寄件者|寄件日期|收件者|副本|主旨", "2022年4月6日 上午 10:23"),
        ("轉寄", "回覆"),
        ("轉寄郵件", "寄件者|日期|收件者|副本|主旨"),
        "{who} 於 2022年4月6日 週三 上午10:23寫道：",
    ),
    "ja": Printed(
        ("From:", "2022年4月6日(水) 10:23"),
        ("転送されたメッセージ：", "差出人|日付|宛先|Cc|件名", "2022年4月6日 10:23:05 JST"),
        ("差出人|送信日時|宛先|CC|件名", "2022年4月6日水曜日 10:23"),
        ("転送", "返信"),
        ("Forwarded Message", "差出人|日付|宛先|CC|件名"),
        "2022年4月6日(水) 10:23 {who}:",
    ),
    "ko": Printed(
        ("보낸사람:", "2022년 4월 6일 (수) 오전 10:23"),
        ("전달된 메시지 시작:", "보낸 사람|날짜|받는 사람|참조|제목", "2022년 4월 6일 오전 10시 23분 05초 GMT+9"),
        ("보낸 사람|보낸 날짜|받는 사람|참조|제목", "2022년 4월 6일 수요일 오전 10:23"),
        ("전달", "회신"),
        ("전달된 메시지", "보낸 사람|날짜|받는 사람|참조|제목"),
        "2022년 4월 6일 (수) 오전 10:23, {who}님이 작성:",
    ),
}
