"""The rounds between the sandboxed reader, which weighs and may not ask, and the network, which is asked out here.

Rules: a mail whose checks need no answer makes no second trip. The reader names questions, never answers: what is
recorded is what the asker got, and a check that rests on anything else is not believed. Without a network the checks
of the first trip stand, each with the reason that it could not be checked.

The reader remembers the answers that earlier mails came with, and says of each that it used when it was given. Where
the asker gave that very answer and it still holds, the mail makes no second trip either; any other is asked anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from ingest.reading_codec import ReadingRequest, Task
from storage import description_codec
from storage.provenance import Authenticity, CheckMethod, DnsAnswer, DnsStatus, Verdict
from storage.provenance_codec import answer_members, read_answer
from storage.records import Description
from storage.strict_json import many, only, read_object, write_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ingest.dns import Question
    from ingest.dns_asking import Asker
    from ingest.reading_codec import ReadingAnswer
    from storage.provenance import Check

MAX_ROUNDS: Final = 14
ANSWERS: Final = "answers"
READ: Final = "read"
_MAX_BRACKETS: Final = 2_000
_USABLE: Final = frozenset({Verdict.PASS, Verdict.FAIL, Verdict.SOFTFAIL, Verdict.NEUTRAL})


class Reader(Protocol):
    """As in `ingest.examiner`."""

    def read_many(self, requests: Sequence[ReadingRequest]) -> list[ReadingAnswer]:
        """One answer a request, in order."""
        ...


def with_answers(request: ReadingRequest, read: Description, answers: Sequence[DnsAnswer]) -> ReadingRequest:
    """To check a mail again with what was answered.

    Before the mail stand the answers, one object of JSON, and the letterheads that were read of it, so that it need not
    be read again; the options say how long both are.
    """
    line = write_object({ANSWERS: [answer_members(one) for one in answers]})
    stub = description_codec.encode(
        Description(kind=read.kind, original=read.original, carrier=read.carrier, forward=read.forward)
    )
    options = {**request.options, ANSWERS: len(line), READ: len(stub)}
    return ReadingRequest(task=Task.AUTHENTICITY, payload=b"".join((line, stub, request.payload)), options=options)


def split_answers(
    payload: bytes, options: Mapping[str, str | int | bool]
) -> tuple[tuple[DnsAnswer, ...], Description, bytes]:
    """What `with_answers` put together: the answers, the letterheads, and the mail.

    Raises:
        ValueError: what stands there is something else.
    """
    end = int(options[ANSWERS])
    start = end + int(options[READ])
    members = only(read_object(payload[:end], brackets=_MAX_BRACKETS), frozenset({ANSWERS}))
    return many(members, ANSWERS, read_answer), description_codec.decode(payload[end:start]), payload[start:]


def without_values(weighed: Authenticity) -> Authenticity:
    """As the reader gives it back: of an answer that it used the question, how it came out, and when it was given."""
    questions = (DnsAnswer(name=one.name, kind=one.kind, status=one.status, at=one.at) for one in weighed.answers)
    return replace(weighed, answers=tuple(questions)) if weighed.answers else weighed


def complete(
    reader: Reader,
    asker: Asker | None,
    requests: Sequence[ReadingRequest],
    answers: Sequence[ReadingAnswer],
    now: datetime,
) -> list[ReadingAnswer]:
    """The readings with their checks brought to an end.

    Args:
        reader: reads again what got answers.
        asker: asks the network; None where the settings say that nobody is asked.
        requests: what was read.
        answers: what came out, in the same order.
        now: the time that is recorded where nobody was asked.
    """
    found = list(answers)
    given: list[dict[Question, DnsAnswer]] = [{} for _ in found]
    if asker is not None:
        open_places = [place for place, one in enumerate(found) if _open(asker, requests[place], one, given[place])]
        for _ in range(MAX_ROUNDS):
            if not open_places:
                break
            open_places = _round(reader, asker, requests, found, given, open_places)
    return [_believed(one, asked, now) for one, asked in zip(found, given, strict=True)]


def _round(
    reader: Reader,
    asker: Asker,
    requests: Sequence[ReadingRequest],
    found: list[ReadingAnswer],
    given: list[dict[Question, DnsAnswer]],
    places: list[int],
) -> list[int]:
    """Ask what is open and read again where anything new was answered; the places that are still open."""
    wanted = {place: _open(asker, requests[place], found[place], given[place]) for place in places}
    got = asker.ask(question for questions in wanted.values() for question in questions)
    again: list[int] = []
    for place, questions in wanted.items():
        given[place] |= {question: got[question] for question in questions}
        answers = _answers(requests[place], found[place])
        is_stale = any(one.status is not DnsStatus.UNASKED and (one.name, one.kind) in questions for one in answers)
        if is_stale or any(got[question].status is not DnsStatus.UNAVAILABLE for question in questions):
            again.append(place)
    readings = reader.read_many(
        [with_answers(requests[place], _description(found[place]), tuple(given[place].values())) for place in again]
    )
    still = []
    for place, reading in zip(again, readings, strict=True):
        if not isinstance(reading, Description) or reading.authenticity is None:
            continue  # the first reading stands: a check must not cost a record
        found[place] = replace(_description(found[place]), authenticity=reading.authenticity)
        if _open(asker, requests[place], found[place], given[place]):
            still.append(place)
    return still


def _description(answer: ReadingAnswer) -> Description:
    assert isinstance(answer, Description)
    return answer


def _answers(request: ReadingRequest, answer: ReadingAnswer) -> tuple[DnsAnswer, ...]:
    if request.task != Task.EMAIL or not isinstance(answer, Description) or answer.authenticity is None:
        return ()
    return answer.authenticity.answers


def _open(
    asker: Asker, request: ReadingRequest, answer: ReadingAnswer, given: dict[Question, DnsAnswer]
) -> list[Question]:
    """What still has to be asked; an answer that the reader remembers and that holds is noted as `given`."""
    found = []
    for one in _answers(request, answer):
        question = (one.name, one.kind)
        if question in given:
            continue
        remembered = asker.given(question, one.at) if one.at is not None else None
        if remembered is None:
            found.append(question)
        else:
            given[question] = remembered
    return found


def _needs_keys(check: Check) -> bool:
    return check.verdict is Verdict.PASS and check.method in (CheckMethod.DKIM, CheckMethod.ARC)


def _believed(answer: ReadingAnswer, given: Mapping[Question, DnsAnswer], now: datetime) -> ReadingAnswer:
    """The reading with the answers that were really given, and without what rests on any other."""
    if not isinstance(answer, Description) or answer.authenticity is None:
        return answer
    weighed = answer.authenticity
    if not weighed.answers and not weighed.checks:
        return answer
    answers = tuple(
        given.get((one.name, one.kind)) or DnsAnswer(name=one.name, kind=one.kind, status=DnsStatus.UNAVAILABLE, at=now)
        for one in weighed.answers
    )
    there = {one.name for one in answers if one.status is not DnsStatus.UNAVAILABLE}
    keys = {one.name for one in answers if one.status is DnsStatus.OK}
    checks = tuple(
        replace(one, verdict=Verdict.UNCHECKED, reason=None)
        if one.verdict in _USABLE and one.asked and not (keys if _needs_keys(one) else there).issuperset(one.asked)
        else one
        for one in weighed.checks
    )
    return replace(answer, authenticity=Authenticity(checks=checks, answers=answers, original=weighed.original))
