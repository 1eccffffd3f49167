"""Czech, Slovak, Polish, Croatian, Bulgarian, Russian, Ukrainian.

Sources: the forward headers of Gmail, Outlook, Apple Mail, Thunderbird, K-9 and Mail.ru in these languages, and
Unicode CLDR for dates. The same word is November in Polish and Czech and October in Croatian: the language
decides, never the word alone.
"""

from __future__ import annotations

from typing import Final

from ingest.formats.forward_languages.table import language

CZECH: Final = language(
    "cs",
    stems="přepos|předan|přesměr",
    plain="přeposlaná zpráva|začátek přeposílané zprávy|předaná zpráva|přeposlaný e-mail|začátek přeposlané zprávy|"
    "začátek předané zprávy|přesměrovaná zpráva|přeposlaný mail|přeposlaný email",
    ambiguous="původní zpráva|původní e-mail|původní mail|původní email|původní schůzka",
    sender="od|odesílatel|odesilatel",
    to="komu|příjemce|pro",
    cc="cc|kopie|v kopii|kopie komu",
    date="datum|odesláno|posláno|odeslané|datum odeslání",
    subject="předmět|věc",
    other="bcc|skrytá kopie|skrytá|odpověď na|odpovědět komu|odpověď|adresa pro odpověď|důležitost|priorita|přílohy|"
    "příloha|citlivost|společnost",
    forward="př|přep|přeposláno|přeposlat|fwd",
    reply="re|odp|odpověď",
    wrote="napsal|napsal(a)|napsala|píše|napsal/a",
    around="dne|v|ve|odesílatel|uživatel|a|den",
    months="ledna/leden února/únor března/březen dubna/duben května/květen června/červen/čvn července/červenec/čvc "
    "srpna/srpen září října/říjen listopadu prosince/prosinec",
    weekdays="pondělí úterý středa/středu čtvrtek pátek sobota/sobotu neděle/neděli",
    halves=("dop|dopoledne", "odp|odpoledne"),
    words="v|ve|dne|hod",
)

SLOVAK: Final = language(
    "sk",
    stems="prepos|presmer",
    plain="preposlaná správa|začiatok preposlanej správy|začiatok preposielanej správy|preposlaný e-mail|"
    "preposlaná e-mailová správa|presmerovaná správa|preposlaná správa --- forwarded message|preposlaný mail",
    ambiguous="pôvodná správa|pôvodný e-mail|originálna správa|pôvodná e-mailová správa",
    sender="od|odosielateľ",
    to="komu|pre|príjemca",
    cc="cc|kópia|kópia pre",
    date="dátum|odoslané|poslané|dátum odoslania|odoslaná",
    subject="predmet|vec",
    other="bcc|skrytá kópia|odpovedať na|odpoveď na|odpovedať komu|dôležitosť|priorita|prílohy|príloha|citlivosť|"
    "organizácia",
    forward="pr|prep|preposlané|preposlať|fwd",
    reply="re|odp|odpoveď",
    wrote="napísal|napísal(a)|napísala|píše|napísal/a",
    around="dňa|o|v|vo|odosielateľ|používateľ|a|dna",
    months="januára/január februára/február marca/marec apríla/apríl mája/máj júna/jún júla/júl augusta/august "
    "septembra/september októbra/október novembra/november decembra/december",
    weekdays="pondelok utorok streda/stredu štvrtok piatok sobota/sobotu nedeľa/nedeľu",
    halves=("dop", "odp"),
    words="o|v|vo|dňa|hod",
)

POLISH: Final = language(
    "pl",
    stems="przekaz|przesł|przesył",
    plain="przekazana wiadomość|początek przekazywanej wiadomości|treść przekazanej wiadomości|"
    "wiadomość przesłana dalej|przesłana wiadomość|początek przesłanej dalej wiadomości|"
    "początek wiadomości przekazanej dalej|wiadomość przekazana dalej|wiadomość przekazana|przekazany e-mail|"
    "przekazywana wiadomość|początek przekazanej wiadomości",
    ambiguous="oryginalna wiadomość|wiadomość oryginalna|wiadomość pierwotna|wiadomość źródłowa|"
    "treść oryginalnej wiadomości|oryginalna treść",
    sender="od|nadawca",
    to="do|adresat|odbiorca|odbiorcy",
    cc="cc|dw|kopia|do wiadomości|kopia do",
    date="data|wysłano|wysłane|wysłana|data wysłania|wysłany",
    subject="temat",
    other="bcc|udw|ukryta kopia|ukryta kopia (udw)|odpowiedz do|odpowiedź do|odpowiedz|ważność|priorytet|załączniki|"
    "załącznik|poufność|organizacja",
    forward="pd|przekaz|przesłano|przekazane",
    reply="odp|odpowiedź|re",
    wrote="napisał|napisał(a)|napisała|pisze|napisał/a",
    around="dnia|o|godz|użytkownik|w|dn|roku|r|dniu|godzinie",
    months="stycznia/styczeń lutego/luty marca/marzec kwietnia/kwiecień maja/maj czerwca/czerwiec lipca/lipiec "
    "sierpnia/sierpień września/wrzesień/wrz października/październik/paz listopada/listopad grudnia/grudzień",
    weekdays="poniedziałek/pon wtorek środa/środę czwartek/czw piątek/pt sobota/sobotę/sob niedziela/niedzielę/niedz",
    words="o|godz|dnia|r|w|roku|godzinie",
)

CROATIAN: Final = language(
    "hr",
    stems="proslij|proslj|prosle",
    plain="proslijeđena poruka|započni proslijeđenu poruku|početak proslijeđene poruke|proslijeđena e-poruka|"
    "prosleđena poruka|proslijeđena e-pošta|početak prosljeđene poruke|prosljeđena poruka|posredovano sporočilo",
    ambiguous="izvorna poruka|originalna poruka|izvorna poruka e-pošte|izvirno sporočilo",
    sender="od|šalje|pošiljatelj|pošiljalac",
    to="za|prima|primatelj|kome|primalac",
    cc="cc|kopija|kopija za|kp",
    date="datum|poslano|poslan|poslato|datum slanja",
    subject="predmet|naslov|tema",
    other="bcc|skrivena kopija|odgovori na|odgovor na|odgovoriti na|važnost|prioritet|privici|privitak|prilozi|prilog|"
    "osjetljivost|organizacija",
    forward="pr|proslijeđeno|prosl|pd",
    reply="re|odg|odgovor",
    wrote="je napisao|je napisala|napisao|napisala|je napisao/la|napisao/la|napisao je|napisala je|piše|je napisao(la)",
    around="dana|u|korisnik|je|la|sati|godine",
    months="siječnja/siječanj/sij veljače/veljača ožujka/ožujak travnja/travanj svibnja/svibanj lipnja/lipanj "
    "srpnja/srpanj kolovoza/kolovoz rujna/rujan listopada/listopad studenoga/studeni/studenog prosinca/prosinac",
    weekdays="ponedjeljak/pon utorak/uto srijeda/srijedu/sri četvrtak/čet petak/pet subota/subotu/sub "
    "nedjelja/nedjelju/ned",
    words="u|dana|sati|h|godine",
)

RUSSIAN: Final = language(
    "ru",
    stems="пересыл|перенаправ|переадрес|переслан",
    plain="пересылаемое сообщение|это пересылаемое сообщение|"
    "перенаправленное сообщение|начало переадресованного сообщения|"
    "пересланное сообщение|переадресованное сообщение|начало пересылаемого сообщения|пересылаемое письмо|"
    "перенаправленное письмо|начало перенаправленного сообщения|пересланное письмо|конец пересылаемого сообщения",
    ambiguous="исходное сообщение|исходное письмо|оригинальное сообщение|первоначальное сообщение|исходный текст",
    sender="от|от кого|отправитель",
    to="кому|получатель|получатели",
    cc="cc|копия|копии",
    date="дата|отправлено|послано|дата отправки|отправлен",
    subject="тема",
    other="bcc|скрытая копия|скрытая|кому ответить|ответить|адрес для ответа|ответ|важность|приоритет|вложения|"
    "вложение|конфиденциальность|организация|обратный адрес",
    forward="пер|пересл|переслано|на пересылку|fwd|пересылка",
    reply="re|отв|ha|на|ответ",
    wrote="написал|написала|написал(а)|пишет|писал|писала|написал/а|писал(а)|писал/а",
    around="пользователь|в|г|от|года|а",
    months="января/январь февраля/февраль марта/март апреля/апрель мая/май июня/июнь июля/июль августа/август "
    "сентября/сентябрь октября/октябрь ноября/ноябрь декабря/декабрь",
    weekdays="понедельник/пн вторник/вт среда/среду/ср четверг/чт пятница/пятницу/пт суббота/субботу/сб воскресенье/вс",
    words="г|в|года|ч|от",
)

UKRAINIAN: Final = language(
    "uk",
    stems="пересил|переслан|перенаправ|переадрес",
    plain="переслане повідомлення|перенаправлене повідомлення|початок листа, що пересилається|"
    "повідомлення, що пересилається|пересилання повідомлення|початок переадресованого повідомлення|"
    "переадресоване повідомлення|початок пересланого повідомлення|пересланий лист|початок листа, який пересилається|"
    "перенаправлений лист",
    ambiguous="вихідне повідомлення|оригінальне повідомлення|початкове повідомлення|початковий лист|оригінал листа",
    sender="від|від кого|відправник",
    to="кому|до|отримувач|одержувач|до кого",
    cc="cc|копія|копії",
    date="дата|відправлено|надіслано|дата надсилання|відправлений",
    subject="тема",
    other="bcc|прихована копія|відповісти|кому відповідати|зворотна адреса|відповідь|важливість|пріоритет|вкладення|"
    "вкладений файл|конфіденційність|організація",
    forward="пер|переслано|пересл|fwd",
    reply="re|відп|відповідь|ha",
    wrote="написав|написала|пише|написав(ла)|писав|писала|написав(-ла)|написав/ла",
    around="користувач|о|об|р|у|в|від|року|ла",
    months="січня/січень лютого/лютий березня/березень квітня/квітень травня/травень червня/червень липня/липень "
    "серпня/серпень вересня/вересень жовтня/жовтень листопада/листопад грудня/грудень",
    weekdays="понеділок/пн вівторок/вт середа/середу/ср четвер/чт пятниця/пятницю/пт субота/суботу/сб неділя/неділю/нд",
    halves=("дп", "пп"),
    words="р|о|об|року|у|в",
)

BULGARIAN: Final = language(
    "bg",
    stems="препрат|препращ",
    plain="препратено съобщение|препратено писмо|начало на препратеното съобщение|препратен имейл",
    ambiguous="оригинално съобщение|оригинално писмо|първоначално съобщение",
    sender="от|подател|изпращач",
    to="до|получател|получатели",
    cc="cc|копие|копие до|як",
    date="дата|изпратено|изпратено на",
    subject="тема|относно",
    other="bcc|скрито копие|ск|отговор до|отговор на|важност|приоритет|прикачени файлове|прикачен файл|организация",
    forward="пр|препр|препратено",
    reply="отг|отговор",
    wrote="написа|пише|писа",
    around="на|в|от|ч|г|потребител",
    months="януари февруари март април май юни юли август септември октомври ноември декември",
    weekdays="понеделник/пн вторник/вт сряда/ср четвъртък/чт петък/пт събота/сб неделя/нд",
    words="г|в|ч|на",
)

LANGUAGES: Final = (CZECH, SLOVAK, POLISH, CROATIAN, BULGARIAN, RUSSIAN, UKRAINIAN)
