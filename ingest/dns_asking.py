"""Asking the DNS for many mails at once without being held up by it: a cache, a budget of time, and a circuit breaker.

Rules: an answer is used for at most five minutes, so that one key is asked for once in a mailbox of thousands, and
the time that is recorded is the one when it was given. Where nobody answers several questions on end, the circuit
opens and everything is `UNAVAILABLE` at once; after a while one question tries again. So twenty thousand mails
without a network wait for three questions and not for twenty thousand.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest.dns import may_be_asked
from storage.provenance import DnsAnswer, DnsStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ingest.dns import Question, Resolver

MAX_VALUES: Final = 50
MAX_VALUE_CHARACTERS: Final = 8_192
MAX_ANSWER_CHARACTERS: Final = 16_384
_AT_A_TIME: Final = 8
_KEPT_SECONDS: Final = 300.0
_KEPT: Final = 20_000
_BREAKS_AFTER: Final = 3
_OPEN_SECONDS: Final = 60.0


class Asker:
    """Asks a resolver. Not safe for threads; it asks several questions at a time by itself.

    Args:
        resolver: who answers.
        clock: the time that is recorded with an answer (aware).
        seconds: what one call of `ask` may take altogether; what is left then is `UNAVAILABLE`.
        ticks: a clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        clock: Callable[[], datetime],
        seconds: float = 60.0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver = resolver
        self._clock = clock
        self._seconds = seconds
        self._ticks = ticks
        self._kept: dict[Question, tuple[float, DnsAnswer]] = {}
        self._silent = 0
        self._open_until = 0.0

    @property
    def is_broken(self) -> bool:
        """Whether questions are not asked at present, because nobody answered the last ones."""
        return self._silent >= _BREAKS_AFTER and self._ticks() < self._open_until

    def given(self, question: Question, at: datetime) -> DnsAnswer | None:
        """The answer that was given at that time, as long as it may be used; asks nobody."""
        kept = self._kept.get(question)
        if kept is None or kept[1].at != at or self._ticks() - kept[0] >= _KEPT_SECONDS:
            return None
        return kept[1]

    def ask(self, questions: Iterable[Question]) -> dict[Question, DnsAnswer]:
        """An answer for each question; none is `UNASKED`, and each has its time."""
        found: dict[Question, DnsAnswer] = {}
        left: list[Question] = []
        for question in dict.fromkeys(questions):
            kept = self._kept.get(question)
            if kept is not None and self._ticks() - kept[0] < _KEPT_SECONDS:
                found[question] = kept[1]
            elif not may_be_asked(question[0]):
                found[question] = self._without(question, DnsStatus.NXDOMAIN)
            else:
                left.append(question)
        if left:
            found |= self._ask_all(left)
        return found

    def _ask_all(self, questions: list[Question]) -> dict[Question, DnsAnswer]:
        found: dict[Question, DnsAnswer] = {}
        until = self._ticks() + self._seconds
        with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="dns") as pool:
            place = 0
            while place < len(questions) and not self.is_broken and self._ticks() < until:
                # one alone where the last one was not answered: only if somebody is there again, the others follow
                several = questions[place : place + (1 if self._silent else _AT_A_TIME)]
                place += len(several)
                for question, answer in zip(several, pool.map(self._one, several), strict=True):
                    found[question] = answer
                    self._note(question, answer)
        for question in questions[place:]:
            found[question] = self._without(question, DnsStatus.UNAVAILABLE)
        return found

    def _one(self, question: Question) -> DnsAnswer:
        try:
            answer = self._resolver.query(*question)
        except Exception:  # noqa: BLE001 - a fault in a resolver's library is an answer that was not given
            answer = self._without(question, DnsStatus.UNAVAILABLE)
        return _bounded(replace(answer, name=question[0], kind=question[1], at=self._clock()))

    def _note(self, question: Question, answer: DnsAnswer) -> None:
        if answer.status is DnsStatus.UNAVAILABLE:
            self._silent += 1
            self._open_until = self._ticks() + _OPEN_SECONDS
            return
        self._silent = 0
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[question] = (self._ticks(), answer)

    def _without(self, question: Question, status: DnsStatus) -> DnsAnswer:
        return DnsAnswer(name=question[0], kind=question[1], status=status, at=self._clock())


def _bounded(answer: DnsAnswer) -> DnsAnswer:
    """An answer that fits into a record; one that does not is told by its status alone."""
    sizes = [len(one) for one in answer.values]
    if answer.status is not DnsStatus.OK:
        return replace(answer, values=()) if answer.status is not DnsStatus.UNASKED else _unasked(answer)
    if not sizes:
        return replace(answer, status=DnsStatus.EMPTY)
    if len(sizes) > MAX_VALUES or max(sizes) > MAX_VALUE_CHARACTERS or sum(sizes) > MAX_ANSWER_CHARACTERS:
        return replace(answer, status=DnsStatus.OVERSIZE, values=())
    return answer


def _unasked(answer: DnsAnswer) -> DnsAnswer:
    return replace(answer, status=DnsStatus.UNAVAILABLE, values=())
