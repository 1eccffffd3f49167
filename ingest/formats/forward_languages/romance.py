"""French, Spanish, Portuguese (both), Italian, Romanian, Catalan.

Sources: the forward headers of Gmail, Outlook, Apple Mail, Yahoo, Thunderbird and K-9 in these languages, and
Unicode CLDR for dates.
"""

from __future__ import annotations

from typing import Final

from ingest.formats.forward_languages.table import language

FRENCH: Final = language(
    "fr",
    stems="transfér|réexpéd|transmis|transfer",
    plain="message transféré|message transmis|début du message réexpédié|début du message transféré|"
    "message réexpédié|e-mail transféré|courriel transféré|début du message transmis|mail transféré|"
    "courriel transmis|message transferé",
    ambiguous="message d'origine|message original|message initial|courriel original|e-mail d'origine|mail original|"
    "rendez-vous d'origine|courriel d'origine",
    sender="de|expéditeur|émetteur",
    to="à|a|pour|destinataire|destinataires",
    cc="cc|copie|copie à|copie(s) à|copies à",
    date="date|envoyé|envoyé le|date d'envoi|envoyée|envoyé à",
    subject="objet|sujet",
    other="bcc|cci|copie cachée|copie cachée à|répondre à|réponse à|importance|priorité|pièces jointes|pièce jointe|"
    "confidentialité|organisation|de la part de",
    forward="tr|trans|transfert|transféré",
    reply="re|ré|rép|réf",
    wrote="a écrit|écrit|écrivait|a ecrit",
    around="le|à|a",
    months="janvier février/fevrier mars avril mai juin juillet août/aout septembre octobre novembre décembre/decembre",
    weekdays="lundi mardi mercredi jeudi vendredi samedi dimanche",
    words="le|à|er|h|heure",
)

SPANISH: Final = language(
    "es",
    stems="reenvi|remitid",
    plain="mensaje reenviado|inicio del mensaje reenviado|correo reenviado|mensaje remitido|"
    "inicio de mensaje reenviado|comienzo del mensaje reenviado|correo electrónico reenviado|mensaje reenviado por",
    ambiguous="mensaje original|correo original|mensaje de origen|cita original",
    sender="de|remitente|desde",
    to="para|a|destinatario|destinatarios",
    cc="cc|copia|con copia|con copia a|copia a",
    date="fecha|enviado|enviado el|enviada|fecha de envío|fecha y hora",
    subject="asunto|tema",
    other="bcc|cco|copia oculta|responder a|respuesta a|importancia|prioridad|datos adjuntos|adjuntos|"
    "archivos adjuntos|adjunto|confidencialidad|organización|en nombre de",
    forward="rv|reenv|reenviar|reenviado|rem",
    reply="re|resp|rta",
    wrote="escribió|ha escrito|escribio|escribe",
    around="el|a|la|las|en|fecha",
    months="enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
    weekdays="lunes martes miércoles/miercoles jueves viernes sábado/sabado domingo",
    halves=("am|a.m.", "pm|p.m."),
    words="de|del|a|la|las|el|h|hs|hrs|horas",
)

PORTUGUESE: Final = language(
    "pt",
    stems="encaminh|reenvi",
    plain="mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|"
    "início da mensagem reencaminhada|e-mail encaminhado|email encaminhado|início de mensagem encaminhada|"
    "mensagem reenviada|início de mensagem reencaminhada|correio reencaminhado",
    ambiguous="mensagem original|email original|e-mail original|mensagem de origem|compromisso original",
    sender="de|remetente",
    to="para|destinatário|destinatários",
    cc="cc|cópia|com cópia|c/c",
    date="data|enviado|enviada|enviado em|enviada em|data de envio|enviado a",
    subject="assunto",
    other="bcc|cco|cópia oculta|responder a|responder para|responder|importância|prioridade|anexos|anexo|"
    "confidencialidade|organização|em nome de",
    forward="enc|encaminhar|encaminhado|reenc|fw",
    reply="re|res|resp",
    wrote="escreveu|escreveram|escreve",
    around="em|no|na|a|o|às|as|à|s|dia",
    months="janeiro fevereiro março/marco abril maio junho julho agosto setembro outubro novembro dezembro",
    weekdays="segunda-feira/segunda terça-feira/terça/terca quarta-feira/quarta quinta-feira/quinta sexta-feira/sexta "
    "sábado/sabado domingo",
    halves=("am|a.m.|da manhã", "pm|p.m.|da tarde"),
    words="de|em|às|as|à|s|feira|h|horas|a|da|manhã|tarde",
)

ITALIAN: Final = language(
    "it",
    stems="inoltr",
    plain="messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|e-mail inoltrata|"
    "messaggio inoltrato da|email inoltrata|mail inoltrata",
    ambiguous="messaggio originale|messaggio di origine|messaggio originario|appuntamento originale",
    sender="da|mittente",
    to="a|per|destinatario|destinatari",
    cc="cc|copia|per conoscenza|copia a|p.c.",
    date="data|inviato|inviata|inviato il|data invio|data di invio|inviato in data",
    subject="oggetto|ogg",
    other="bcc|ccn|rispondi a|risposta|rispondere a|importanza|priorità|allegati|allegato|riservatezza|organizzazione|"
    "per conto di",
    forward="i|inoltro|inol|inoltrato",
    reply="r|rif|ris|re",
    wrote="ha scritto|scrive|scrisse|ha scritto il|scritto",
    around="il|giorno|alle|ore|ha|in|data",
    months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    weekdays="lunedì/lunedi martedì/martedi mercoledì/mercoledi giovedì/giovedi venerdì/venerdi sabato domenica",
    words="alle|ore|il|del|h",
)

ROMANIAN: Final = language(
    "ro",
    stems="redirec|înaint|retrimis",
    plain="mesaj redirecționat|mesaj redirecţionat|mesaj redirectionat|început mesaj redirecționat|mesaj înaintat|"
    "începutul mesajului redirecționat|mesaj transmis mai departe|mesaj retrimis|început mesaj redirecţionat|"
    "mesajul redirecționat|e-mail redirecționat|mesaj transmis",
    ambiguous="mesaj original|mesajul original|mesaj inițial",
    sender="de la|de|expeditor|din partea",
    to="către|catre|pentru|la|destinatar",
    cc="cc|copie|copie către",
    date="data|dată|trimis|trimis la|expediat|trimisă",
    subject="subiect|subiectul",
    other="bcc|răspuns către|răspunde la|răspundeți la|importanță|prioritate|atașări|atașamente|atașament|"
    "fișiere atașate|organizație",
    forward="redir|redirecționat|înaintare|trimis",
    reply="răsp|răspuns|raspuns",
    wrote="a scris|scrie|au scris",
    around="în|pe|data|la|in|de|a",
    months="ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    weekdays="luni marți/marţi/marti miercuri joi vineri sâmbătă/sambata duminică/duminica",
    words="la|ora|pe|de",
)

CATALAN: Final = language(
    "ca",
    stems="reenvi",
    plain="missatge reenviat|inici del missatge reenviat|correu reenviat",
    ambiguous="missatge original",
    sender="de|remitent",
    to="per a|a|per|destinatari",
    cc="cc|a/c|còpia",
    date="data|enviat|enviat el",
    subject="assumpte|tema",
    other="bcc|respon a|importància|prioritat|fitxers adjunts|adjuncions",
    forward="rv|reenv",
    reply="re",
    wrote="va escriure|ha escrit|escrigué",
    around="el|dia|a|les|la",
    months="gener febrer març abril/d'abril maig juny juliol agost/d'agost setembre octubre/d'octubre novembre "
    "desembre",
    weekdays="dilluns/dl dimarts/dt dimecres/dc dijous/dj divendres/dv dissabte/ds diumenge/dg",
    words="de|del|a|la|les|d|el|h",
)

LANGUAGES: Final = (FRENCH, SPANISH, PORTUGUESE, ITALIAN, ROMANIAN, CATALAN)
