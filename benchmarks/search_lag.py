"""How long after its deposit a mail is found, while more mail comes in at a steady rate.

Rule: the clock starts when the server has answered 250, which is the commit, and stops when a search of the index from
another program finds a word that only this mail has. Between them it is taken up, read in the sandbox, committed as a
record, and indexed.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from benchmarks.report import percentile, table
from benchmarks.search_queries import asked
from benchmarks.smtp_load import Session

if TYPE_CHECKING:
    from benchmarks.scratch import Scratch
    from search.index import IndexReader

RATES: Final = (5, 20, 50)
_SECONDS = 10
_PATIENCE = 60.0
_PAUSE = 0.005
_ASKED_AT_ONCE = 20
_BODY = "The board met on Tuesday and talked about the roof, the buses and the budget of next year.\r\n" * 12


def _mail(word: str) -> bytes:
    head = f"From: jane.doe@mail.example\r\nSubject: lag {word}\r\nMessage-ID: <{word}@load>\r\n\r\n"
    return (head + _BODY).encode()


def _word(rate: int, number: int) -> str:
    return f"lag{rate}x{number}"


def _send(port: int, rate: int, count: int, deposited: dict[str, float]) -> None:
    session = Session("127.0.0.1", port)
    began = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        word = _word(rate, number)
        session.send(_mail(word))
        deposited[word] = time.perf_counter()
    session.quit()


def lags(port: int, index: IndexReader, rate: int) -> tuple[list[float], int]:
    """Seconds from 250 to found of each mail, and how many were not found in a minute."""
    deposited: dict[str, float] = {}
    count = rate * _SECONDS
    sender = threading.Thread(target=_send, args=(port, rate, count, deposited))
    sender.start()
    waiting = {word: asked("lag", word).query for word in (_word(rate, number) for number in range(count))}
    found: list[float] = []
    until = time.perf_counter() + _SECONDS + _PATIENCE
    while waiting and time.perf_counter() < until:
        # the longest waiting ones: who asks for all of them at once slows down what is measured
        for word in [one for one in list(deposited) if one in waiting][:_ASKED_AT_ONCE]:
            if index.search(waiting[word], limit=0).total:
                found.append(time.perf_counter() - deposited[word])
                del waiting[word]
        time.sleep(_PAUSE)
    sender.join()
    return found, len(waiting)


def lag_lines(scratch: Scratch) -> list[str]:
    """The lag at several rates, on an archive that is being served meanwhile."""
    rows = []
    with scratch.serving() as addresses:
        port = int(addresses["smtp"].rpartition(":")[2])
        installation = scratch.open()
        try:
            lags(port, installation.index, 1)  # everything is loaded then
            for rate in RATES:
                found, lost = lags(port, installation.index, rate)
                cells = [f"{1000 * percentile(found, share):,.0f}" for share in (0.5, 0.95, 1)]
                rows.append([f"{rate} mails/s for {_SECONDS} s", *cells, str(lost)])
        finally:
            installation.close()
    head = ["deposits", "p50", "p95", "worst", "not found in a minute"]
    return ["From the commit of a deposit to being found, ms:", "", *table(head, rows)]
