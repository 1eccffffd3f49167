"""Finnish, Estonian, Hungarian, Turkish, Greek, Arabic, Hebrew.

Sources: the forward headers of Gmail, Outlook, Apple Mail, Thunderbird and K-9 in these languages, and Unicode
CLDR for dates. Arabic words are written without vowel signs, as they are compared.
"""

from __future__ import annotations

from typing import Final

from ingest.formats.forward_languages.table import DayOrder, language

FINNISH: Final = language(
    "fi",
    stems="välitet|välitt|edelleen",
    plain="välitetty viesti|edelleenlähetetty viesti|välitetty viesti alkaa|alku välitetylle viestille|"
    "välitetyn viestin alku|välitetty viesti / fwd.msg|edelleenlähetetyn viestin alku|välitetty sähköposti|"
    "edelleen lähetetty viesti",
    ambiguous="alkuperäinen viesti|alkuperäinen viesti / orig.msg.|alkuperäinen sähköposti",
    sender="lähettäjä|keneltä",
    to="vastaanottaja|vastaanottajat|saaja|kenelle",
    cc="cc|kopio|kopio (cc)",
    date="päivä|päiväys|päivämäärä|lähetetty|pvm",
    subject="aihe|otsikko",
    other="bcc|piilokopio|vastausosoite|vastaa osoitteeseen|vastaa|tärkeys|prioriteetti|liitteet|liite|"
    "luottamuksellisuus|organisaatio",
    forward="vl|välitetty|ed",
    reply="vs|vast|vastaus",
    wrote="kirjoitti|kirjoittaa|kirjoitti seuraavaa",
    around="klo|käyttäjä|kello|seuraavaa|kohteesta",
    months="tammikuuta/tammikuu helmikuuta/helmikuu maaliskuuta/maaliskuu huhtikuuta/huhtikuu toukokuuta/toukokuu "
    "kesäkuuta/kesäkuu heinäkuuta/heinäkuu elokuuta/elokuu syyskuuta/syyskuu lokakuuta/lokakuu marraskuuta/marraskuu "
    "joulukuuta/joulukuu",
    weekdays="maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina",
    halves=("ap", "ip"),
    words="klo|kello",
)

ESTONIAN: Final = language(
    "et",
    stems="edastat|edasi",
    plain="edastatud kiri|edastatud sõnum|edastatud kirja algus|edasisaadetud kiri|edasi saadetud kiri",
    ambiguous="algne kiri|algne sõnum|originaalkiri",
    sender="saatja|kellelt",
    to="saaja|kellele|adressaat",
    cc="cc|koopia",
    date="kuupäev|saadetud|saatmisaeg",
    subject="teema|pealkiri",
    other="bcc|pimekoopia|vastus|vasta aadressile|tähtsus|prioriteet|manused",
    forward="edasi|ed",
    reply="vs|vastus",
    wrote="kirjutas|kirjutas järgmist",
    around="kuupäev|kell|kuupäeval|kasutaja|järgmist",
    months="jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
    weekdays="esmaspäev/e teisipäev/t kolmapäev/k neljapäev/n reede/r laupäev/l pühapäev/p",
    words="kell|kl",
)

HUNGARIAN: Final = language(
    "hu",
    stems="továbbít|átirányít",
    plain="továbbított üzenet|továbbított levél kezdete|továbbított levél|továbbított üzenet kezdete|"
    "továbbított e-mail|a továbbított üzenet kezdete|az átirányított üzenet kezdete|átirányított üzenet",
    ambiguous="eredeti üzenet|eredeti levél|eredeti e-mail",
    sender="feladó|küldő|kitől|től",
    to="címzett|címzettek|kinek",
    cc="cc|másolat|másolatot kap|másolat címzettje",
    date="dátum|küldés ideje|küldve|elküldve|küldés dátuma|küldte|idő",
    subject="tárgy",
    other="bcc|titkos másolat|rejtett másolat|válaszcím|válasz|fontosság|prioritás|mellékletek|melléklet|bizalmasság|"
    "szervezet",
    forward="tov|továbbítás|továbbítva|továbbított|fwd|i",
    reply="vá|vál|válasz",
    wrote="ezt írta|írta|a következőt írta|ezt írja|írta a következőt",
    around="időpont|dátum|a|az|következőt|ekkor|ezt",
    months="január február március április május június július augusztus szeptember október november december",
    weekdays="hétfő/h kedd/k szerda/sze csütörtök/cs péntek/p szombat/szo vasárnap/v",
    halves=("de|délelőtt", "du|délután"),
    words="időpont|kor|óra",
    order=DayOrder.YEAR_FIRST,
)

TURKISH: Final = language(
    "tr",
    stems="iletil|yönlend",
    plain="iletilen ileti|iletilmiş ileti|yönlendirilen ileti|yönlendirilmiş ileti|iletilen mesaj|"
    "iletilen iletinin başlangıcı|yönlendirilen e-posta|iletilen e-posta|ileti başlangıcı|yönlendirilen mesaj|"
    "yönlendirilmiş e-posta|iletilmiş mesaj|başlangıç iletilen ileti|iletinin başlangıcı",
    ambiguous="özgün ileti|orijinal ileti|orijinal mesaj|orjinal mesaj|orijinal e-posta|asıl ileti",
    sender="gönderen|kimden",
    to="kime|alıcı|alıcılar",
    cc="cc|bilgi|kopya",
    date="tarih|gönderildi|gönderilme|gönderilme tarihi|gönderme tarihi|gönderim tarihi",
    subject="konu",
    other="bcc|gizli|gizli kopya|yanıtla|yanıt adresi|yanıtlama adresi|önem|öncelik|ekler|ek|kurum|duyarlılık",
    forward="ilt|ilet|iletilen|yönlendirme|i̇lt",
    reply="ynt|yan|yanıt|ce|cvp",
    wrote="şunu yazdı|şunları yazdı|yazdı|şöyle yazdı|tarihinde şunu yazdı",
    around="tarihinde|saat|şunu|şunları|şu",
    months="ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    weekdays="pazartesi/pzt salı çarşamba/çrş perşembe cuma cumartesi/cmt pazar",
    halves=("öö", "ös"),
    words="saat|tarihinde",
)

GREEK: Final = language(
    "el",
    stems="προωθ",
    plain="προωθημένο μήνυμα|αρχή προωθημένου μηνύματος|προωθούμενο μήνυμα|έναρξη προωθημένου μηνύματος",
    ambiguous="αρχικό μήνυμα|πρωτότυπο μήνυμα|αυθεντικό μήνυμα",
    sender="από|αποστολέας",
    to="προς|παραλήπτης",
    cc="cc|κοιν.|κοιν|κοινοποίηση",
    date="ημερομηνία|ημ/νία|εστάλη|στάλθηκε",
    subject="θέμα",
    other="bcc|κρυφή κοιν.|απάντηση|απάντηση σε|σπουδαιότητα|προτεραιότητα|συνημμένα|συνημμένο",
    forward="πρθ|πρ|προωθ",
    reply="απ|σχετ|απάντ",
    wrote="έγραψε|έγραψαν|γράφει",
    around="στις|ο|χρήστης|η|την|στης",
    months="ιανουαρίου/ιανουάριος φεβρουαρίου/φεβρουάριος μαρτίου/μάρτιος απριλίου/απρίλιος μαΐου/μάιος/μαΐ "
    "ιουνίου/ιούνιος ιουλίου/ιούλιος αυγούστου/αύγουστος σεπτεμβρίου/σεπτέμβριος οκτωβρίου/οκτώβριος "
    "νοεμβρίου/νοέμβριος δεκεμβρίου/δεκέμβριος",
    weekdays="δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή",
    halves=("πμ", "μμ"),
    words="στις|την",
)

ARABIC: Final = language(
    "ar",
    stems="توجيه|محول|ممرر|موجه",
    plain="رسالة ممررة|رسالة محولة|رسالة معاد توجيهها|الرسالة المعاد توجيهها|بداية الرسالة المعاد توجيهها|"
    "بداية الرسالة المحولة|رسالة موجهة|الرسالة المحولة|بدء الرسالة المحولة|رسالة تمت إعادة توجيهها|"
    "بداية الرسالة الممررة|الرسالة الممررة|رسالة مُعاد توجيهها|بدء الرسالة المعاد توجيهها|بداية الرسالة الموجهة",
    ambiguous="الرسالة الأصلية|رسالة أصلية|البريد الأصلي",
    sender="من|المرسل",
    to="إلى|الى|المستلم|المرسل إليه|المستلمون",
    cc="cc|نسخة|نسخة كربونية|نسخة إلى|نسخة الى|ن.ك",
    date="التاريخ|تاريخ الإرسال|تم الإرسال|أرسلت|مرسلة|تاريخ|الإرسال",
    subject="الموضوع|موضوع",
    other="bcc|نسخة مخفية|نسخة مخفية الوجهة|الرد إلى|الرد على|رد إلى|الأهمية|الأولوية|المرفقات|مرفقات|المنظمة",
    forward="إعادة توجيه|اعادة توجيه|توجيه|تحويل|محول",
    reply="رد|الرد",
    wrote="كتب|كتبت|تمت كتابة ما يلي بواسطة|كتب ما يلي",
    around="في|بواسطة|بتاريخ|يوم|الساعة|تمت|كتابة|ما|يلي",
    months="يناير فبراير/شباط مارس/آذار أبريل/ابريل/إبريل/نيسان مايو/أيار/ماي يونيو/حزيران/يونيه "
    "يوليو/تموز/يوليه أغسطس/اغسطس/آب/غشت سبتمبر/أيلول/شتنبر أكتوبر/اكتوبر نوفمبر/نونبر ديسمبر/دجنبر",
    weekdays="الاثنين/الإثنين/إثنين الثلاثاء/ثلاثاء الأربعاء/الاربعاء/أربعاء الخميس/خميس الجمعة/جمعة السبت/سبت "
    "الأحد/الاحد/أحد",
    halves=("ص|صباحا", "م|مساء"),
    words="في|الساعة|يوم|عند|تمام",
)

HEBREW: Final = language(
    "he",
    stems="הועבר|מועבר",
    plain="הודעה שהועברה|הודעה מועברת|תחילת ההודעה שהועברה|תחילת הודעה שהועברה|ההודעה שהועברה|דואר שהועבר",
    ambiguous="הודעה מקורית|ההודעה המקורית|הודעת מקור",
    sender="מאת|השולח|שולח",
    to="אל|נמען|נמענים|לכבוד",
    cc="cc|עותק|העתק|עותק אל",
    date="נשלח|תאריך|נשלח בתאריך",
    subject="נושא|הנדון",
    other="bcc|עותק נסתר|העתק נסתר|עותק מוסתר|השב אל|חשיבות|עדיפות|קבצים מצורפים|קובץ מצורף|ארגון",
    forward="הועבר|העברה",
    reply="השב|תגובה|תשובה",
    wrote="כתב|כתבה|כתב/ה|מאת",
    around="בתאריך|ב|יום|בשעה",
    months="ינואר/בינואר פברואר/בפברואר מרץ/במרץ/מרס/במרס אפריל/באפריל מאי/במאי יוני/ביוני יולי/ביולי "
    "אוגוסט/באוגוסט ספטמבר/בספטמבר אוקטובר/באוקטובר נובמבר/בנובמבר דצמבר/בדצמבר",
    weekdays="שני שלישי/ג רביעי/ד חמישי/ה שישי/ו שבת/ש ראשון/א",
    words="יום|ב|בשעה|בתאריך",
)

LANGUAGES: Final = (FINNISH, ESTONIAN, HUNGARIAN, TURKISH, GREEK, ARABIC, HEBREW)
