"""Many small cases in one test: each is tried, and each that is wrong is told by its name.

`@every_case` stands where `@pytest.mark.parametrize` would and takes the same words, but makes one test of all cases.
A test of its own costs milliseconds in a worker and is collected in every process of a run, which for thousands of
cases of microseconds was most of what they took. Rules: all cases are tried, whatever one of them does; a failure names
the cases and says of the first ones why; fixtures are made once for all of them, so it is only for tests whose fixtures
keep nothing of a case, or that take none.
"""

from __future__ import annotations

import functools
import inspect
import traceback
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_TOLD = 8  # failures that are told whole; what follows is named
_FRAMES = 4


def every_case(
    names: str | Sequence[str],
    cases: Iterable[Any],
    *,
    ids: Callable[[Any], Any] | Iterable[Any] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for each of `cases`, as one test; the arguments are those of `@pytest.mark.parametrize`."""
    arguments = [one.strip() for one in names.split(",")] if isinstance(names, str) else list(names)
    single = isinstance(names, str) and "," not in names
    named = list(_named(arguments, list(cases), ids, single=single))
    if not named:
        raise ValueError("a test of every case needs a case")

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        taken = inspect.signature(test)
        if missing := set(arguments) - set(taken.parameters):
            raise TypeError(f"{test.__name__} takes no {', '.join(sorted(missing))}")

        @functools.wraps(test)
        def of_all(*fixed: Any, **fixtures: Any) -> None:
            _try_all(named, functools.partial(test, *fixed, **fixtures))

        kept = [one for name, one in taken.parameters.items() if name not in arguments]
        of_all.__signature__ = taken.replace(parameters=kept)  # type: ignore[attr-defined]
        return of_all

    return decorated


def _try_all(named: list[tuple[str, dict[str, Any]]], test: Callable[..., None]) -> None:
    wrong: list[tuple[str, str]] = []
    skipped: list[str] = []
    for name, values in named:
        try:
            test(**values)
        except pytest.skip.Exception as why:
            skipped.append(f"[{name}] {why}")
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the other cases are tried too
            wrong.append((name, "".join(traceback.format_exception(error, limit=-_FRAMES))))
    if wrong:
        told = [f"[{name}]\n{why}" for name, why in wrong[:_TOLD]] + [f"[{name}]" for name, _ in wrong[_TOLD:]]
        pytest.fail(f"{len(wrong)} of {len(named)} cases are wrong:\n" + "\n".join(told), pytrace=False)
    if skipped:
        pytest.skip(f"{len(skipped)} of {len(named)} cases: {skipped[0]}")


def _named(
    arguments: list[str], cases: list[Any], ids: Callable[[Any], Any] | Iterable[Any] | None, *, single: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    given = None if ids is None or callable(ids) else list(ids)
    if given is not None and len(given) != len(cases):
        raise ValueError(f"{len(given)} ids for {len(cases)} cases")
    for number, case in enumerate(cases):
        own, values = None, (case,) if single else case
        if isinstance(case, type(pytest.param())):
            if case.marks:
                raise ValueError("a case of many has no marks of its own")
            own, values = case.id, case.values
        parts = [
            _part(name, one, number, ids if callable(ids) else None)
            for name, one in zip(arguments, values, strict=True)
        ]
        label = own or (given[number] if given else None) or "-".join(parts)
        yield str(label), dict(zip(arguments, values, strict=True))


def _part(name: str, value: Any, number: int, ids: Callable[[Any], Any] | None) -> str:
    told = ids(value) if ids is not None else None
    if told is not None:
        return str(told)
    if isinstance(value, bytes):
        return repr(value[:40])[2:-1]
    if value is None or isinstance(value, str | int | float):
        return str(value)[:80]
    return str(getattr(value, "__name__", f"{name}{number}"))
