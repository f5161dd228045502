"""Limits in real time that say nothing about how fast the machine is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["HANG", "quick"]

_T = TypeVar("_T")

#: Seconds after which what has not come counts as never coming.
HANG = 300.0

_TRIES = 20


def quick(call: Callable[[], tuple[_T, float]], limit: float) -> _T:
    """Return the answer of a call that took less than a limit, by its own account.

    It is made again until one does: a busy machine delays some calls, a mistake delays all.
    """
    took = []
    for _ in range(_TRIES):
        answer, seconds = call()
        if seconds < limit:
            return answer
        took.append(seconds)
    raise AssertionError(f"each took {limit:g} s or longer: {took}")
