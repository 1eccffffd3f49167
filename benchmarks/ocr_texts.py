"""Lines of a school district's everyday in eighteen languages, for `benchmarks.ocr_lines`. Invented."""

from __future__ import annotations

TEXTS = {
    "eng": (
        "Can you cover my 3rd period on Thursday?",
        "The bus was 25 minutes late again, so 14 students missed breakfast.",
        "I sent the IEP draft to Mr. O'Brien at 9:41 AM",
        "ok",
        "Please bring the $120.50 receipt & the sign-in sheet",
        "Who has the key to room B-17? It isn't in the office.",
        "Read https://example.org/forms/field-trip_2026.pdf first",
        "No problem, see you tomorrow!",
    ),
    "spa": (
        "¿Puede usted venir a la reunión del miércoles?",
        "El autobús llegó tarde otra vez; mañana avisaré más temprano.",
        "¡Qué alegría! Mi niño sacó 10 en matemáticas",
        "Señora Núñez, aquí está la dirección: calle Peñón 48",
        "Sí, lo llamaré después de las 3:15",
        "¿Cuánto cuesta el año próximo? Según él, $85",
    ),
    "fra": (
        "Bonjour, la réunion est déplacée à 17 h 30.",
        "L'élève n'a pas reçu son goûter à l'école",
        "Où est la clé de la salle des maîtres ?",
        "Ça coûte 45 € ; n'oubliez pas le reçu, s'il vous plaît",
        "Très bien, à bientôt ! Noël approche déjà.",
    ),
    "por": (
        "Você pode trazer as crianças amanhã às 8 horas?",
        "A reunião não será na quinta-feira, mas na segunda.",
        "Não há informação sobre o ônibus escolar",
        "Obrigado pela atenção, até já! João e Conceição",
        "Preço: R$ 120,50 por três lições",
    ),
    "hat": (
        "Bonjou, èske ou ka vini nan reyinyon an demen?",
        "Timoun yo pa t ale lekòl jodi a paske lapli t ap tonbe",
        "Mèsi anpil, m ap rele w pita",
        "Ki lè bis la ap rive? Mwen bezwen konnen",
    ),
    "vie": (
        "Chào cô, ngày mai con tôi nghỉ học vì bị ốm.",
        "Cuộc họp phụ huynh bắt đầu lúc 7 giờ tối thứ Năm",
        "Xin vui lòng gửi lại mẫu đơn đã ký trước thứ Sáu",
        "Xe buýt đến trễ 20 phút, các em vẫn đang chờ",
        "Cảm ơn thầy rất nhiều!",
    ),
    "chi_sim": (
        "明天下午三点开家长会,请准时参加。",
        "校车今天晚点二十分钟,孩子们还在等",
        "请问数学作业是哪一页?",
        "谢谢老师,我已经把表格寄回去了",
        "他的学生证号码是 20261121",
    ),
    "chi_tra": (
        "明天下午三點開家長會,請準時參加。",
        "校車今天晚點二十分鐘,孩子們還在等",
        "請問數學作業是哪一頁?",
        "謝謝老師,我已經把表格寄回去了",
    ),
    "jpn": (
        "明日の保護者会は午後3時からです。",
        "バスが20分遅れています、もう少し待ってください",
        "宿題は何ページですか?",
        "ありがとうございます。書類を送りました",
    ),
    "kor": (
        "내일 오후 세 시에 학부모 회의가 있습니다.",
        "버스가 20분 늦어서 아이들이 아직 기다리고 있어요",
        "수학 숙제가 몇 쪽이에요?",
        "감사합니다 선생님, 서류를 다시 보냈습니다",
        "네, 알겠습니다",
    ),
    "rus": (
        "Завтра в три часа дня родительское собрание.",
        "Автобус опаздывает на 20 минут, дети ещё ждут",
        "На какой странице домашнее задание?",
        "Спасибо большое, я отправила документы",
        "Хорошо, до встречи!",
        "Нет",
    ),
    "ukr": (
        "Завтра о третій годині батьківські збори.",
        "Автобус запізнюється на 20 хвилин, діти ще чекають",
        "Дякую, я вже надіслала документи її вчителю",
    ),
    "ara": (
        "غدا اجتماع أولياء الأمور الساعة الثالثة بعد الظهر",
        "الحافلة متأخرة 20 دقيقة والأطفال ما زالوا ينتظرون",
        "في أي صفحة واجب الرياضيات؟",
        "شكرا جزيلا، لقد أرسلت الأوراق",
        "نعم، حسنا",
    ),
    "heb": (
        "מחר בשעה שלוש יש אסיפת הורים",
        "האוטובוס מאחר ב-20 דקות והילדים עדיין מחכים",
        "באיזה עמוד שיעורי הבית?",
        "תודה רבה, שלחתי את הטפסים",
    ),
    "tha": (
        "พรุ่งนี้มีประชุมผู้ปกครองเวลาบ่ายสามโมง",
        "รถโรงเรียนมาสาย 20 นาที เด็กๆ ยังรออยู่",
        "การบ้านคณิตศาสตร์อยู่หน้าไหน",
        "ขอบคุณมากค่ะ",
    ),
    "hin": (
        "कल दोपहर तीन बजे अभिभावक बैठक है",
        "बस बीस मिनट देर से आ रही है",
        "बहुत धन्यवाद, मैंने फॉर्म भेज दिया",
    ),
    "amh": (
        "ነገ ከሰዓት በኋላ የወላጆች ስብሰባ አለ",
        "አውቶቡሱ ሃያ ደቂቃ ዘግይቷል",
    ),
    "ell": (
        "Αύριο στις τρεις έχουμε συνάντηση γονέων",
        "Το λεωφορείο άργησε είκοσι λεπτά",
    ),
}
