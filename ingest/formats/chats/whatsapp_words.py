"""What WhatsApp writes itself into an exported chat, in the languages of its interface.

Rule kept: only a phrase that is known in full is taken for the platform's own; everything else is somebody's words.
All are folded, without a full stop at their end and without direction marks; `folded` brings a text into that form.
Phrases were collected from the interface of several versions: older and newer wordings stand side by side.
"""

# ruff: noqa: RUF001 - words and signs of other scripts

from __future__ import annotations

from typing import Final

from ingest.formats.chats.whatsapp_lines import MARKS

_DROPPED: Final = str.maketrans(dict.fromkeys(MARKS) | {"\u00a0": " ", "\u202f": " "})


def folded(text: str) -> str:
    """A text as it is looked up here."""
    if not text.isascii():
        text = text.translate(_DROPPED)
    return text.strip(" \r.。।").casefold()


def _set(*lines: str) -> frozenset[str]:
    return frozenset(folded(one) for line in lines for one in line.split("|"))


MEDIA: Final = _set(
    "media omitted|video message omitted|video note omitted|view once message omitted|view once photo omitted|"
    "view once video omitted|view once voice message omitted|multimedia omitido|archivo omitido|archivos omitidos|"
    "archivo adjunto omitido|medien ausgeschlossen|medien weggelassen|mediendatei entfernt|médias omis|fichier omis|"
    "média manquante|mídia omitida|mídia oculta|arquivo de mídia oculto|arquivos de mídia ocultos|"
    "ficheiro não revelado|media omessi|media omesso|media mancante|media weggelaten|без медиафайлов|файл пропущен|"
    "медиа отсутствует|medya atlanmış|medya dahil edilmedi|メディアは含まれていません|メディアなし|省略多媒體檔案|"
    "忽略多媒體檔|媒体省略|省略多媒体文件|미디어 파일을 생략한 대화내용|미디어 파일 제외됨|تم استبعاد الوسائط|"
    "pliki pominięto|pominięto multimedia|média vynechány|média vynechána|médiá vynechané|medier udeladt|"
    "mediefil udeladt|media utelämnat|media har utelämnats|media utelatt|uten vedlegg|media jätetty pois|"
    "media jätettiin pois|media tidak disertakan|media disingkirkan|media dikecualikan|bỏ qua media|"
    "bỏ qua tệp phương tiện|bỏ qua tệp đa phương tiện|สื่อถูกลบ|ไฟล์สื่อถูกลบ|मीडिया के बिना|मीडिया वगळले|"
    "মিডিয়া বাদ দেওয়া হয়েছে|મીડિયા અવગણાયું|ਮੀਡੀਆ ਛੱਡਿਆ ਗਿਆ|ஊடகங்கள் நீக்கப்பட்டது|మాధ్యమం విస్మరించబడింది|"
    "ಮೀಡಿಯಾ ಕೈಬಿಡಲಾಗಿದೆ|മീഡിയ ഒഴിവാക്കി|مدیا حذف شد|رسانه حذف شد|پيوست نما/آهنگ حذف شد|میڈیا چھوڑ دیا گیا|"
    "המדיה לא נכללה|מדיה הושמטה|המדיה הוסרה|εξαίρεση πολυμέσων|αρχείο παραλήφθηκε|conținut media omis|"
    "hiányzó médiafájl|média elhagyva|медіа пропущено|медіафайли відсутні|без файл|медији су изостављени|"
    "medijski zapis izostavljen|medij izpuščen|datoteke izpuščene|bez multivides|praleistas medijos turinys|"
    "meedia ära jäetud|mitjans omesos|fitxers multimèdia omesos|media weggelaat|media imerukwa|"
    "walang kalakip na media|media çıxarılmışdır|файл қосылған жоқ|fayl o‘tkazib yuborildi|media hequr|без фајл"
)
_LEFT_OUT: Final = {
    "image/*": (
        "image omitted|imagen omitida|bild weggelassen|image absente|imagem ocultada|imagem não revelada|"
        "immagine omessa|afbeelding weggelaten|изображение отсутствует|зображення відсутнє|görüntü dahil edilmedi|"
        "画像は含まれていません|画像は省略されました|圖片已略去|圖像已省略|圖片已省略|照片已忽略|图像已忽略|"
        "이미지 생략됨|لم يتم إدراج الصورة|obraz pominięty|obrázek vynechán|obrázok vynechaný|billede udeladt|"
        "bild utesluten|bilde ikke inkludert|kuva jätettiin pois|ei kuvaa|gambar tidak disertakan|"
        "imej tidak dimasukkan|đã bỏ qua hình ảnh|ไม่มีรูปภาพ|फ़ोटो हटाई गई|התמונה הושמטה|εικόνα παραλείφθηκε|"
        "imagine omisă|slika izostavljena|imatge omesa|تصویر حذف شد|sticker omitted|sticker omitido|"
        "sticker weggelassen|sticker omis|sticker omesso|sticker non incluso|figurinha omitida|sticker weggelaten|"
        "стикер не добавлен|стикер отсутствует|çıkartma dahil edilmedi|スタンプは含まれていません|貼圖已略去|"
        "贴图已省略|스티커 제외됨|pominięto naklejkę|nálepka vynechána|klistermærke udeladt|sticker utesluten|"
        "stiker tidak disertakan"
    ),
    "video/*": (
        "video omitted|video omitido|vídeo omitido|vídeo não revelado|video weggelassen|vidéo absente|video omesso|"
        "video weggelaten|видео отсутствует|відео відсутнє|video dahil edilmedi|ビデオは含まれていません|"
        "動画は省略されました|影片已略去|影片已省略|视频已忽略|비디오 생략됨|동영상 생략됨|لم يتم إدراج الفيديوهات|"
        "wideo pominięte|video vynecháno|video vynechané|video udeladt|video utesluten|video utelatt|"
        "videota ei sisällytetä|video tidak disertakan|đã bỏ video|סרטון הווידאו הושמט|βίντεο παραλείφθηκε|"
        "clip video omis|video izostavljen|video note omitted|videonachricht weggelassen"
    ),
    "audio/*": (
        "audio omitted|audio omitido|áudio ocultado|audio weggelassen|audio omis|audio absent|audio omesso|"
        "audio weggelaten|ficheiro de áudio não revelado|аудиофайл отсутствует|аудио отсутствует|аудіо відсутнє|"
        "ses dahil edilmedi|音声は含まれていません|音訊已略去|音訊已省略|音频已忽略|오디오 생략됨|"
        "لم يتم إدراج المقاطع الصوتية|audio pominięte|zvukový soubor vynechán|zvuk vynechaný|lyd udeladt|"
        "ljud utelslutet|lyd utelatt|äänitiedostoa ei sisällytetä|audio tidak disertakan|קטע קול הושמט|"
        "ήχος παραλείφθηκε|fără audio"
    ),
    "text/vcard": (
        "contact card omitted|tarjeta de contacto omitida|kontaktkarte ausgelassen|kontaktkarte weggelassen|"
        "fiche contact manquante|fiche contact absente|scheda contatto omessa|cartão do contato omitido|"
        "contacto não revelado|visitekaartje weggelaten|карточка контакта отсутствует|kişi kartı dahil edilmedi|"
        "連絡先カードを省略|聯絡人卡片已略去|联系人卡片已忽略|연락처 카드 생략됨|pominięta wizytówka kontaktu|"
        "vizitka vynechána|kontaktkort udeladt|kontaktkort uteslutet"
    ),
    "": (
        "gif omitted|gif omitido|gif omitida|gif weggelassen|gif retiré|gif absent|gif esclusa|gif omesso|"
        "gif não revelada|gif weggelaten|gif отсутствует|gif dahil edilmedi|gifは含まれていません|gif 已略去|"
        "gif 생략됨|لم يتم إدراج صورة gif|document omitted|documento omitido|documento não revelado|"
        "documento ocultado|dokument weggelassen|document manquant|document absent|document omis|documento omesso|"
        "document weggelaten|документ отсутствует|документ пропущено|belge dahil edilmedi|"
        "ドキュメントは含まれていません|文件已略去|文件已忽略|文档已省略|문서 생략됨|لم يتم إدراج المستند|"
        "dokument pominięty|dokument vynechán|dokument udeladt|dokument uteslutet|dokumenttia ei sisällytetä|"
        "dokumen tidak disertakan|đã bỏ qua tài liệu|מסמך הושמט|έγγραφο παραλείφθηκε"
    ),
}
LEFT_OUT: Final = {folded(one): kind for kind, line in _LEFT_OUT.items() for one in line.split("|")}
"""What stands for a file that was not exported, and what the phrase says of its media type."""
ATTACHED: Final = _set(
    "attached|adjunto|anexo|anexado|pièce jointe|allegato|anhang|angehängt|bijgevoegd|bijlage|прикреплено|вложение|"
    "додано|вкладення|eklendi|ekli dosya|添付ファイル|添付|附件|첨부됨|첨부|المُرفق|مرفق|załączono|załącznik|"
    "příloha|príloha|vedhæftet|bifogat|bifogad|vedlagt|liite|terlampir|dilampir|đính kèm|แนบ|संलग्न|अटैच किया गया|"
    "संलग्न केले|જોડાયેલ|מצורף|επισυνάφθηκε|atașare|atașat|csatolva|priloženo|adjunt|پیوست|پیوستہ|ceangailte"
)
FILE_ATTACHED: Final = _set(
    "file attached|archivo adjunto|archivo adjuntado|datei angehängt|fichier joint|arquivo anexado|ficheiro anexado|"
    "file allegato|bestand bijgevoegd|файл добавлен|файл додано|dosya ekli|添付ファイル有り|添付ファイル|附件檔案|"
    "文件附件|파일 첨부됨|الملف مرفق|załączony plik|soubor byl přiložen|súbor pripojený|fil vedhæftet|bifogad fil|"
    "vedlagt fil|liitetiedosto|file terlampir|fail dilampirkan|tệp đính kèm|ไฟล์ที่แนบ|फाइल अटैच कर दी गई है|"
    "फाइल संलग्न|ফাইল সংযুক্ত হয়েছে|ફાઇલ જોડાયેલ|קובץ מצורף|συνημμένο αρχείο|fișier atașat|fájl csatolva|"
    "datoteka u privitku|priložena datoteka|приложена датотека|прикачен файл|прикачена датотека|pievienots fails|"
    "byla prisegta|fail lisatud|arxiu adjunt|پیوستہ فائل|پیوست شد|nakalakip na file|lêer aangeheg|"
    "faili limeambatanishwa|қосымша файл|fayl biriktirildi|fayl əlavə olunub"
)
DELETED: Final = _set(
    "this message was deleted|you deleted this message|message deleted|you deleted this message as admin|"
    "this message was deleted by an admin|se eliminó este mensaje|este mensaje fue eliminado|"
    "eliminaste este mensaje|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|"
    "ce message a été supprimé|vous avez supprimé ce message|esta mensagem foi apagada|essa mensagem foi apagada|"
    "mensagem apagada|você apagou esta mensagem|você apagou essa mensagem|apagou esta mensagem|"
    "questo messaggio è stato eliminato|hai eliminato questo messaggio|dit bericht is verwijderd|"
    "u hebt dit bericht verwijderd|je hebt dit bericht verwijderd|это сообщение удалено|данное сообщение удалено|"
    "это сообщение было удалено|вы удалили это сообщение|вы удалили данное сообщение|це повідомлення було видалено|"
    "ви видалили це повідомлення|bu mesaj silindi|bu mesajı sildiniz|このメッセージは削除されました|"
    "このメッセージを削除しました|此訊息已刪除|您已刪除此訊息|这条消息已被删除|您已删除这条消息|此消息已删除|"
    "이 메시지는 삭제되었습니다|삭제된 메시지입니다|삭제한 메시지입니다|تم حذف هذه الرسالة|لقد حذفت هذه الرسالة|"
    "أنت حذفت هذه الرسالة|ta wiadomość została usunięta|usunięto tę wiadomość|tato zpráva byla smazána|"
    "tato zpráva byla odstraněna|táto správa bola odstránená|denne besked blev slettet|"
    "denne besked er blevet slettet|du slettede denne besked|det här meddelandet raderades|"
    "detta meddelande raderades|du raderade det här meddelandet|du raderade detta meddelande|"
    "denne meldingen ble slettet|du slettet denne meldingen|tämä viesti poistettiin|poistit tämän viestin|"
    "pesan ini telah dihapus|pesan ini dihapus|anda telah menghapus pesan ini|anda menghapus pesan ini|"
    "mesej ini telah dipadam|tin nhắn này đã bị xóa|tin nhắn này đã bị xoá|bạn đã xóa tin nhắn này|"
    "ข้อความนี้ถูกลบแล้ว|ข้อความนี้ถูกลบ|คุณลบข้อความนี้|यह मैसेज डिलीट कर दिया गया है|आपने यह मैसेज डिलीट किया|"
    "यह संदेश मिटाया गया|এই মেসেজটি বাদ দেওয়া হয়েছে|આ સંદેશ રદ્દ કરાયો|આ મેસેજ ડિલીટ કરાયો|הודעה זו נמחקה|"
    "מחקת את ההודעה הזו|αυτό το μήνυμα διαγράφηκε|διαγράψατε αυτό το μήνυμα|acest mesaj a fost șters|"
    "ați șters acest mesaj|ez az üzenet törlésre került|törölted ezt az üzenetet|ova je poruka izbrisana|"
    "ova poruka je izbrisana|izbrisali ste ovu poruku|съобщението беше изтрито|aquest missatge s'ha suprimit|"
    "has suprimit aquest missatge|این پیام حذف شده است|این پیام حذف شد|یہ پیغام حذف کیا گیا|"
    "یہ میسج حذف کر دیا گیا ہے|see sõnum on kustutatud|ši žinutė buvo ištrinta|šī ziņa tika izdzēsta"
)
EDITED: Final = _set(
    "this message was edited|message edited|diese nachricht wurde bearbeitet|se editó este mensaje|"
    "este mensaje fue editado|mensaje editado|mensagem editada|esta mensagem foi editada|ce message a été modifié|"
    "questo messaggio è stato modificato|messaggio modificato|dit bericht is bewerkt|это сообщение изменено|"
    "сообщение изменено|данное сообщение изменено|це повідомлення змінено|bu mesaj düzenlendi|"
    "このメッセージは編集されました|此訊息已編輯|此消息已编辑|메시지 수정됨|تم تعديل هذه الرسالة|"
    "ta wiadomość została edytowana|tato zpráva byla upravena|táto správa bola upravená|denne besked blev redigeret|"
    "det här meddelandet redigerades|denne meldingen ble redigert|tätä viestiä muokattiin|pesan ini diedit|"
    "tin nhắn này đã được chỉnh sửa|यह मैसेज एडिट किया गया|ההודעה הזו נערכה|הודעה זו נערכה|acest mesaj a fost editat"
)
