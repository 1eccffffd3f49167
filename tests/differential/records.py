"""Documents to search in: records drawn from a seed, in many scripts, and mails of a corpus.

Rules:

- What is drawn has what the corpus lacks: chats, posts, schools, accounts, flags, phone numbers in several notations,
  words with accents, four stemmed languages, scripts without spaces, emoji, tags.
- Lines of accounts, schools and flags, and sizes, are put into the document itself, so that they do not depend on how
  a projection finds them.
- Mails of a corpus are read and projected once; `cached` keeps the documents on disk under a name that changes with
  the source of analyser, projection and reader.
"""

from __future__ import annotations

import hashlib
import lzma
import pickle
import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ingest.formats.email_message import read_email
from ingest.formats.mbox import split_mbox
from search.analysis import words
from search.documents import BOUNDARY, COLUMN_NUMBER, Column
from search.projection import project
from storage.records import (
    Channel,
    Conversation,
    Forward,
    ForwardMethod,
    Message,
    Party,
    RecordKind,
)
from tests.search.building import described, mail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from search.documents import IndexDocument

ROOT = Path(__file__).parents[2]
ZONE: Final = ZoneInfo("America/Los_Angeles")
FIRST_DAY = datetime(2019, 4, 1, tzinfo=UTC)
DAYS = 730
FLAGS = ("attachment", "image", "link", "video", "audio", "document", "comment", "reply", "forward", "edit")
SCHOOLS = ("Lincoln High School", "Ridge Elementary", "École Voltaire", "Roosevelt Middle")
ACCOUNTS = ("@dana_rivera", "dana.r@home.example", "+1 555 201 4477", "Ridge PTA")
PHONES = ("5552014477", "5558829110", "4930901820")
PLATFORMS = ("Signal", "WhatsApp", "Facebook", "X")
_NOTATIONS = ("({0}) {1}-{2}", "{0}-{1}-{2}", "+1 {0} {1} {2}", "{0}.{1}.{2}", "{0}{1}{2}", "1-{0}-{1}-{2}")
_SPEECH = {
    "en": (
        "the and of to is that it for with this you not be are have from will we your our can budget budgets budgeting "
        "school schools board meeting meetings met roof roofing leaking leaks running run ran teacher teachers bus "
        "principal parents permission granted field trip trips kitchen menu allergy report reported reports bonds "
        "superintendent resigned resignation coach fired hiring contract contracts vendors bid bids invoice paid "
        "don't e-mail well-known naïve café résumé 2025 12 7:30 AND OR NOT c++ clk_get(NULL) x.y@z.example"
    ),
    "de": (
        "der die das und ist nicht ein eine mit für auf den dem sie ich wir auch wird sind oder bei Straße Schule "
        "Schulen Überraschung Häuser Haus Lehrerin Lehrerinnen Elternabend Sitzungen Sitzung Gebühr Gebühren größer"
    ),
    "es": (
        "el la los las de que y en un una para por con no su escuela escuelas maestra maestros reunión reuniones niño "
        "niños corriendo corrió presupuesto presupuestos año mañana oficina oficinas"
    ),
    "fr": (
        "le la les de des et un une pour dans que qui est pas sur école écoles élève élèves réunion réunions budget "
        "enseignante enseignants déjà être été cœur bœuf naïf garçon"
    ),
}
_FOREIGN = (
    "日本語の学校は新しい 学校予算会議 東京都 会議は明日です",
    "学校的预算会议 北京市教育局 明天开会",
    "โรงเรียนใหม่ ประชุมงบประมาณ",
    "학교 예산 회의 내일",
    "מדרסה בית ספר תקציב שָׁלוֹם",
    "مدرسة ميزانية اجتماع مُعَلِّم",
    "школа бюджет собрание учителя учитель",
    "σχολείο προϋπολογισμός Συνέλευση",
    "विद्यालय बजट बैठक",
)
_SIGNS = (
    "🎉 👍🏽 👍 ❤️ 👩‍👩‍👧 🇺🇸 #Budget #budget_2025 @dana @Ridge_PTA #größe https://z.example/a?b=c 10% $1,200.50 ½ "
    "№5 ﬁle １２ Ｂｕｓ x² ﷺ İstanbul ŁÓDŹ ß"
)
_LEAD = ("roof plan.pdf", "budgets-2025.xlsx", "Klassenfoto.jpg", "学校.docx", "IMG_0042.HEIC", "menu.final.pdf")
_PEOPLE = (
    Party(name="Ana Ortiz", address="ana@z.example"),
    Party(name="Ben Ortiz", address="ben@district.example"),
    Party(name=None, address="cleo.strauß@z.example"),
    Party(name="Dana Rivera", address="dana@district.example"),
    Party(name="@dana", address=None),
    Party(name="山田 太郎", address="taro@school.example"),
    Party(name="+1 (555) 201-4477", address=None),
    Party(name="José Ibáñez", address="jose.ibanez@home.example"),
)


def phone(chance: random.Random) -> str:
    """A number that stands in some records, in one of its notations."""
    digits = chance.choice(PHONES)
    return chance.choice(_NOTATIONS).format(digits[:3], digits[3:6], digits[6:])


class _Author:
    """Writes lines in a language, with what the other scripts and signs lend them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._speech = {code: line.split() for code, line in _SPEECH.items()}
        # frequent words are far more frequent than others, as in any language
        self._weights = {code: [1 / (1 + rank) for rank in range(len(line))] for code, line in self._speech.items()}
        self._signs = _SIGNS.split()

    def line(self, code: str, most: int) -> str:
        """Up to so many words."""
        count = self._chance.randint(0, most)
        found = self._chance.choices(self._speech[code], self._weights[code], k=count)
        for _ in range(count // 6):
            found.insert(self._chance.randint(0, len(found)), self._strange())
        return " ".join(found)

    def text(self, code: str, lines: int) -> str:
        """Up to so many lines."""
        return "\n".join(self.line(code, 12) for _ in range(self._chance.randint(1, lines)))

    def _strange(self) -> str:
        return self._chance.choice(
            (
                self._chance.choice(self._signs),
                self._chance.choice(self._signs),
                phone(self._chance),
                self._chance.choice(_FOREIGN),
            )
        )


def drawn_documents(seed: int, count: int, *, first: int = 1) -> list[IndexDocument]:
    """So many records of all kinds as documents, numbered from `first`."""
    chance = random.Random(f"records {seed}")
    author = _Author(chance)
    return [_enriched(_drawn(number, chance, author), chance) for number in range(first, first + count)]


def _drawn(number: int, chance: random.Random, author: _Author) -> IndexDocument:
    code = chance.choice(("en", "en", "en", "de", "es", "fr"))
    people = chance.sample(_PEOPLE, k=4)
    kind = chance.choice((RecordKind.EMAIL, RecordKind.EMAIL, RecordKind.CONVERSATION, RecordKind.POST))
    talk = kind is RecordKind.CONVERSATION
    sent_at = None
    if chance.random() < 0.8:
        sent_at = FIRST_DAY + timedelta(hours=chance.randint(0, DAYS * 24))
        if chance.random() < 0.4:  # the ends of days and ranges are where a comparison goes wrong
            sent_at = datetime.combine(sent_at, time.min, ZONE).astimezone(UTC)
    return project(
        described(
            number,
            kind=kind,
            channel=chance.choice(tuple(Channel)),
            captured_at=FIRST_DAY + timedelta(days=chance.randint(0, DAYS), seconds=chance.randint(0, 9)),
            sent_at=sent_at,
            original=mail(author.line(code, 6), people[0], people[1:3], people[3:] if chance.random() < 0.4 else ()),
            carrier=mail(author.line(code, 4), _PEOPLE[3]) if chance.random() < 0.3 else None,
            forward=Forward(method=ForwardMethod.INLINE, comment=author.line(code, 5)),
            text=author.text(code, 8),
            platform=chance.choice(PLATFORMS) if kind is not RecordKind.EMAIL else None,
            conversation=Conversation(
                title=author.line(code, 3), participants=("Cleo", "Dana"), day="2020-03-05", zone="UTC"
            )
            if talk
            else None,
            messages=tuple(
                Message(at=None, sender=chance.choice(("Ana", "Ben Ortiz")), text="") for _ in range(2 if talk else 0)
            ),
            names=tuple(chance.sample(_LEAD, k=chance.choice((0, 0, 1, 2)))),
            unsearchable=("attachment 1: encrypted",) if chance.random() < 0.1 else (),
        )
    )


def _enriched(document: IndexDocument, chance: random.Random) -> IndexDocument:
    """With accounts, schools, flags and a size."""
    columns = list(document.columns)
    _set(columns, Column.ACCOUNT, chance.sample(ACCOUNTS, k=chance.choice((0, 1, 1, 2))))
    _set(columns, Column.SCHOOL, chance.sample(SCHOOLS, k=chance.choice((0, 1, 1, 2))))
    flags = chance.sample(FLAGS, k=chance.choice((0, 1, 2, 3)))
    columns[COLUMN_NUMBER[Column.FLAGS]] = " ".join(flags)
    return replace(document, columns=tuple(columns), size=_size(chance))


def _size(chance: random.Random) -> int:
    """Of all magnitudes, and often a round number of bytes, which somebody may ask for."""
    size = int(10 ** chance.uniform(2, 7.5))
    return max(1, round(size, -3)) if chance.random() < 0.4 else size


def _set(columns: list[str], column: Column, parts: Iterable[str]) -> None:
    columns[COLUMN_NUMBER[column]] = f" {BOUNDARY} ".join(" ".join(words(part)) for part in parts)


def corpus_documents(corpus: Path, count: int) -> Iterator[IndexDocument]:
    """The first so many mails of an mbox (or mbox.xz), read and projected as the archive does it."""
    with (lzma.open if corpus.suffix == ".xz" else open)(corpus, "rb") as source:
        for one in split_mbox(source):
            if one.number > count:
                return
            made = described(10_000_000 + one.number, captured_at=FIRST_DAY + timedelta(hours=one.number))
            description = read_email(one.raw, component_id=None)
            record = replace(made.record, kind=description.kind, sent_at=description.sent_at)
            document = project(replace(made, record=record, description=description))
            yield replace(document, size=len(one.raw))


def cached(corpus: Path, count: int, folder: Path) -> list[IndexDocument]:
    """The same, from the disk where an equal run has been before."""
    made_by = hashlib.sha256()
    for name in ("search/analysis*.py", "search/projection*.py", "search/documents.py", "search/languages.py"):
        for path in sorted(ROOT.glob(name)):
            made_by.update(path.read_bytes())
    made_by.update((ROOT / "ingest/formats/email_message.py").read_bytes())
    kept = folder / f"documents-{count}-{made_by.hexdigest()[:16]}.pickle"
    if kept.is_file():
        return list(pickle.loads(kept.read_bytes()))
    documents = list(corpus_documents(corpus, count))
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(documents, pickle.HIGHEST_PROTOCOL))
    return documents
