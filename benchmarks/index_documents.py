"""Index documents made from a seed, analysed already: what a large archive holds, without its mails.

Rules:

- The same count and seed give the same documents.
- Words follow Zipf's law over a vocabulary of `VOCABULARY` made words, so that a few stand in nearly every document
  and most in very few. `PHRASES` stand together more often than chance would have it.
- 100 to 200 words of text, 12 years of dates with a day's and a week's rhythm, 300 custodians of 12 schools, 20,000
  correspondents, five platforms. One record in 40 does not know when it was sent.
- Records come in the order of their dates, but for one in four, which is handed in later, out of all the time before.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from search.analysis import stem
from search.documents import BOUNDARY, IndexDocument
from storage.records import Channel, RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

VOCABULARY: Final = 1_200_000
CUSTODIANS: Final = 300
CORRESPONDENTS: Final = 20_000
FIRST_DAY: Final = datetime(2013, 7, 1, tzinfo=UTC)
YEARS: Final = 12
_DAYS = YEARS * 365
_FREQUENT_LINE = (
    "the to of and a in is that for it you this on be with we are not have as i at if or from by will your but can"
)
_FREQUENT = tuple(_FREQUENT_LINE.split(" "))
_COMMON_WORDS = 6_000
_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_SYLLABLES = tuple(consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS)
_BLOCK = 1_000
_HANDED_IN_LATE = 0.25
_LAG = 0.001
_PLATFORMS = ("signal", "whatsapp", "instagram", "google voice", "facebook")
_KINDS = (
    (RecordKind.EMAIL, Channel.SMTP, 70),
    (RecordKind.EMAIL, Channel.IMAP, 8),
    (RecordKind.CONVERSATION, Channel.UPLOAD, 16),
    (RecordKind.POST, Channel.UPLOAD, 6),
)
_HOURS = (0, 0, 0, 0, 0, 1, 3, 8, 14, 15, 14, 13, 10, 13, 14, 13, 10, 7, 5, 5, 4, 3, 2, 1)


@lru_cache(maxsize=400_000)
def word(rank: int) -> str:
    """The word of a rank; 0 is the most frequent."""
    if rank < len(_FREQUENT):
        return _FREQUENT[rank]
    number, syllables = rank - len(_FREQUENT), []
    while True:
        number, digit = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[digit])
        if number == 0:
            break
        number -= 1
    return "".join(syllables) + "nrstlm"[rank % 6]


PHRASES: Final = tuple(
    tuple(word(rank) for rank in ranks)
    for ranks in ((120, 460), (300, 910, 2_400), (77, 5_000), (1_500, 90, 33_000), (64, 65), (9_000, 9_001))
)
"""Words that stand together: the first in about one document of 25, each other in fewer."""


@lru_cache(maxsize=400_000)
def _stem(one: str) -> str:
    return stem(one, "en")


def _cumulated() -> NDArray[np.float64]:
    ranks = np.arange(VOCABULARY)
    weights = 1.0 / (ranks + 2.7)
    rare = ranks >= _COMMON_WORDS  # rare words are rarer than the law says (Ferrer i Cancho and Sole 2001)
    weights[rare] *= (_COMMON_WORDS / ranks[rare]) ** 0.8
    summed = np.cumsum(weights)
    summed /= summed[-1]
    return summed


_CUMULATED = _cumulated()


def documents(count: int, seed: int = 1) -> Iterator[IndexDocument]:
    """So many documents of a seed, in the order in which they came.

    Shape: every column of `search.documents.COLUMNS` is a line of words; record ids sort by number.
    """
    for block in range((count + _BLOCK - 1) // _BLOCK):
        chance = np.random.default_rng((seed, block))
        lengths = chance.integers(100, 201, size=_BLOCK)
        drawn = np.searchsorted(_CUMULATED, chance.random(int(lengths.sum()) + 12 * _BLOCK)).tolist()
        facts = chance.random((_BLOCK, 13)).tolist()
        at = 0
        for place in range(min(_BLOCK, count - block * _BLOCK)):
            number = block * _BLOCK + place
            ranks = drawn[at : at + int(lengths[place]) + 12]
            at += int(lengths[place]) + 12
            yield _document(number, number / count, ranks, facts[place])


def _moment(chance: float, within: float) -> datetime:
    day = int(chance * _DAYS)
    if day % 7 > 4 and within < 0.8:  # fewer at the weekend
        day -= 2
    place, hour = within * sum(_HOURS), 0
    while place >= _HOURS[hour]:
        place -= _HOURS[hour]
        hour += 1
    return FIRST_DAY + timedelta(days=max(day, 0), hours=hour, seconds=int(3_600 * place / _HOURS[hour]))


def _name(number: int) -> tuple[str, str]:
    return f"{word(3_000 + number % 700)}", f"{word(5_000 + number // 7)}"


def _person(number: int, domain: str) -> str:
    given, family = _name(number)
    return f"{given} {family} {BOUNDARY} {given} {family}{number} {domain}"


def _document(number: int, elapsed: float, ranks: list[int], facts: list[float]) -> IndexDocument:
    kind, channel = _kind(facts[0])
    custodian = int(facts[1] ** 2 * CUSTODIANS)
    other = int(facts[2] ** 3 * CORRESPONDENTS)
    came = min(elapsed + facts[3] * _LAG, 1.0)
    moment = _moment(came if facts[12] > _HANDED_IN_LATE else came * facts[3], facts[4])
    sent_at = None if facts[5] < 1 / 40 else moment
    captured_at = max(moment, _moment(came, 0.5)) + timedelta(minutes=1 + int(facts[6] * 600))
    texts = [word(rank) for rank in ranks[12:]]
    if facts[7] < 0.08:
        phrase = PHRASES[int(facts[7] / 0.08 * len(PHRASES) * facts[8])]
        texts[40 : 40 + len(phrase)] = phrase
    subjects = [word(rank) for rank in ranks[: 3 + number % 6]]
    names = [word(ranks[10]), "pdf"] if facts[9] < 0.25 else []
    record = f"rec_{number:026d}"
    here = _person(custodian, "district example")
    there = _person(1_000 + other, f"{word(40_000 + other % 900)} example")
    sender, recipient = (here, there) if facts[10] < 0.5 else (there, here)
    platform = None if kind is RecordKind.EMAIL else _PLATFORMS[int(facts[11] * len(_PLATFORMS))]
    flags = " ".join([*(["attachment", "document"] if names else []), *(["reply"] if facts[8] < 0.4 else [])])
    return IndexDocument(
        record_id=record,
        submission_id=f"sub_{number:026d}",
        custodian_id=f"cus_{custodian:026d}",
        position=number,
        kind=kind,
        channel=channel,
        platform=platform,
        language="es" if facts[6] < 0.06 else "en",
        captured_at=captured_at,
        sent_at=sent_at,
        unsearchable=facts[9] > 0.98,
        columns=(
            " ".join(map(_stem, subjects)),
            " ".join(subjects),
            " ".join(map(_stem, texts)),
            " ".join(texts),
            " ".join(map(_stem, names)),
            " ".join(names),
            sender,
            recipient,
            _person(custodian + 7, "district example") if facts[5] > 0.7 else "",
            "",
            there,
            here,
            "#" + subjects[0] if facts[11] < 0.1 else "",
            hashlib.blake2b(number.to_bytes(8), digest_size=32).hexdigest(),
            "" if platform is None else platform,
            f"school {custodian % 12}",
            flags,
        ),
        size=2_000 + int(facts[7] ** 6 * 5_000_000),
        correspondents=(f"{_name(1_000 + other)[1]}{1_000 + other}@{word(40_000 + other % 900)}.example",),
        thread=hashlib.blake2b(f"thread {thread_of(number)}".encode(), digest_size=16).digest(),
        equal=hashlib.blake2b(record.encode(), digest_size=16).digest(),
    )


def thread_of(number: int) -> int:
    """Which thread a document belongs to: five in a row are one."""
    return number // 5


def _kind(chance: float) -> tuple[RecordKind, Channel]:
    place = chance * 100
    for kind, channel, share in _KINDS:
        if place < share:
            return kind, channel
        place -= share
    return _KINDS[-1][:2]
