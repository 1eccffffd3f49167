"""English, German, Dutch, Danish, Norwegian, Swedish.

Sources: the forward headers of Gmail, Outlook, Apple Mail, Yahoo, Thunderbird, K-9 and ProtonMail in these
languages, and Unicode CLDR for dates. English day order in digits is unknown: it differs by country.
"""

from __future__ import annotations

from typing import Final

from ingest.formats.forward_languages.table import DayOrder, language

ENGLISH: Final = language(
    "en",
    stems="forward",
    plain="forwarded message|forwarded email|forwarded e-mail|forwarded mail|begin forwarded message|"
    "begin forwarded email|start of forwarded message|start forwarded message|forward message|message forwarded|"
    "this is a forwarded message",
    ambiguous="original message|original mail|original email|original e-mail|original appointment|orig.msg.|"
    "reply message",
    sender="from|sender",
    to="to|recipient|recipients",
    cc="cc|carbon copy|copy to",
    date="date|sent|date sent|sent on|sent at|received",
    subject="subject",
    other="bcc|reply-to|reply to|importance|priority|sensitivity|attachments|attachment|sent by|on behalf of|"
    "organization|organisation|when|where|required attendees|optional attendees|message-id|message id|x-mailer|"
    "newsgroups|references|resent-from|resent-date|resent-to|resent-message-id|mailed-by|signed-by|in-reply-to|"
    "mime-version|content-type|user-agent|return-path|delivered-to|list-id|categories|follow up flag|flag status|"
    "mailing list|security|conversation",
    forward="fw|fwd|forward|forwarded|for",
    reply="re|reply",
    wrote="wrote|writes|said|has written",
    around="on|at|you",
    months="january february march april may june july august september october november december",
    weekdays="monday tuesday wednesday thursday friday saturday sunday",
    halves=("am|a.m.", "pm|p.m."),
    words="at|on|the|of|st|nd|rd|th",
    order=DayOrder.UNKNOWN,
)

GERMAN: Final = language(
    "de",
    stems="weitergeleit|weiterleit",
    plain="weitergeleitete nachricht|anfang der weitergeleiteten nachricht|beginn der weitergeleiteten nachricht|"
    "anfang der weitergeleiteten e-mail|beginn der weitergeleiteten e-mail|weitergeleitete e-mail|"
    "weitergeleitete mail|weitergeleitete email|weiterleitung|anfang weitergeleitete nachricht",
    ambiguous="ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|ursprüngliche mail|"
    "ursprüngliche e-mail|ursprungsnachricht|urspr. nachricht|original-e-mail|ursprünglicher termin|"
    "originalmail|original-mail",
    sender="von|absender",
    to="an|empfänger",
    cc="cc|kopie|kopie (cc)|kopie an|in kopie",
    date="datum|gesendet|gesendet am|gesendet um|verschickt|datum/uhrzeit",
    subject="betreff|betr.|thema",
    other="bcc|blindkopie|blindkopie (bcc)|antwort an|antworten an|wichtigkeit|priorität|anlagen|anlage|anhänge|anhang|"
    "vertraulichkeit|im auftrag von|organisation|cc an",
    forward="wg|weitergeleitet|wtrlt|wl",
    reply="aw|antw|antwort",
    wrote="schrieb|schrieben|hat geschrieben|geschrieben|schreibt",
    around="am|um|hat|folgendes|von|uhr|den|der|die",
    months="januar/jänner/jaenner februar/feber märz/maerz/mrz april mai juni juli august september oktober november "
    "dezember",
    weekdays="montag dienstag mittwoch donnerstag freitag samstag/sonnabend sonntag",
    halves=("vorm|vormittags", "nachm|nachmittags"),
    words="den|der|um|uhr|am",
)

DUTCH: Final = language(
    "nl",
    stems="doorgest|doorgez|doorst",
    plain="doorgestuurd bericht|begin doorgestuurd bericht|begin van doorgestuurd bericht|doorgestuurde e-mail|"
    "doorgezonden bericht|doorgestuurde mail|begin doorgestuurde bericht",
    ambiguous="oorspronkelijk bericht|origineel bericht|oorspronkelijke bericht|originele bericht|"
    "oorspronkelijke afspraak",
    sender="van|afzender",
    to="aan|ontvanger|ontvangers",
    cc="cc|kopie|kopie (cc)",
    date="datum|verzonden|verstuurd|verzonden op|verzonden om",
    subject="onderwerp|betreft",
    other="bcc|blinde kopie|antwoord aan|antwoorden aan|antwoord naar|beantwoorden|urgentie|prioriteit|bijlagen|"
    "bijlage|belang|gevoeligheid|organisatie|namens",
    forward="fw|doorst|doorgestuurd|dg",
    reply="antw|antwoord|betr",
    wrote="schreef|heeft geschreven|geschreven|het volgende geschreven",
    around="op|om|heeft|het|volgende|uur|werd|door",
    months="januari februari maart/mrt april mei juni juli augustus september oktober november december",
    weekdays="maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    words="om|op|uur|de",
)

DANISH: Final = language(
    "da",
    stems="videresend",
    plain="videresendt meddelelse|start på videresendt besked|videresendt besked|videresendt mail|"
    "videresendt e-mail|begyndelse på videresendt besked|start på videresendt e-mail|videresendt mailbesked",
    ambiguous="oprindelig meddelelse|original meddelelse|oprindelig besked|oprindelig mail|oprindelig e-mail|"
    "original besked",
    sender="fra|afsender",
    to="til|modtager|modtagere",
    cc="cc|kopi|kopi til|kopi til (cc)",
    date="dato|sendt|afsendt|sendt den",
    subject="emne|vedr.|vedrørende",
    other="bcc|skjult kopi|skjult kopi til (bcc)|svar til|svar-til|prioritet|vedhæftede filer|vedhæftninger|"
    "vedhæftet fil|vigtighed|følsomhed|organisation",
    forward="vs|videresendt|vb",
    reply="sv|svar",
    wrote="skrev|skrev følgende|har skrevet|skriver",
    around="den|d|kl|følgende|har",
    months="januar februar marts april maj juni juli august september oktober november december",
    weekdays="mandag tirsdag onsdag torsdag fredag lørdag søndag",
    words="den|kl|klokken|d",
)

NORWEGIAN: Final = language(
    "no",
    stems="videresend|vidaresend",
    plain="videresendt melding|vidaresend melding|videresendt e-post|start på videresendt melding|"
    "begynnelse på videresendt melding|videresendt epost|videresendt meldingen|starten på videresendt melding",
    ambiguous="opprinnelig melding|original melding|opprinnelig e-post|originalmelding|opphavleg melding",
    sender="fra|frå|avsender",
    to="til|mottaker|mottakere",
    cc="cc|kopi|kopi til",
    date="dato|sendt|sendt dato",
    subject="emne",
    other="bcc|blindkopi|svar til|svar-til|prioritet|vedlegg|viktighet|følsomhet|organisasjon",
    forward="vs|videresend|videresendt|vidaresend",
    reply="sv|svar",
    wrote="skrev|skrev følgende|har skrevet|skriver",
    around="den|kl|følgende|har",
    months="januar februar mars april mai juni juli august september oktober november desember",
    weekdays="mandag/måndag tirsdag/tysdag onsdag torsdag fredag lørdag/laurdag søndag/sundag",
    words="den|kl|klokken|klokka",
)

SWEDISH: Final = language(
    "sv",
    stems="vidarebef",
    plain="vidarebefordrat meddelande|vidarebefordrat mejl|vidarebefordrat brev|vidarebefordrat e-postmeddelande|"
    "börja på vidarebefordrat meddelande|början på vidarebefordrat meddelande|vidarebefordrad e-post|"
    "börja vidarebefordrat meddelande|vidarebefordrat e-post",
    ambiguous="ursprungligt meddelande|originalmeddelande|ursprungliga meddelandet|ursprungligt mejl",
    sender="från|avsändare",
    to="till|mottagare",
    cc="cc|kopia|kopia till|kopia (cc)",
    date="datum|skickat|skickad|sänt",
    subject="ämne|ärende",
    other="bcc|hemlig kopia|svar till|svara till|prioritet|bifogade filer|bilagor|bilaga|angelägenhetsgrad|känslighet|"
    "organisation",
    forward="vb|vidarebefordrat|vidarebefordra",
    reply="sv|svar",
    wrote="skrev|skrev följande|har skrivit|skriver",
    around="den|kl|följande|har",
    months="januari februari mars april maj juni juli augusti september oktober november december",
    weekdays="måndag tisdag onsdag torsdag fredag lördag söndag",
    halves=("fm", "em"),
    words="den|kl|klockan",
)

LANGUAGES: Final = (ENGLISH, GERMAN, DUTCH, DANISH, NORWEGIAN, SWEDISH)
