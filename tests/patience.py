"""Limits in real time that say nothing about how fast the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["HANG", "quick", "within"]

_T = TypeVar("_T")

#: Seconds after which what has not come counts as never coming.
HANG = 300.0

_TRIES = 20


def within(is_so: Callable[[], object], what: object = "it is not so") -> None:
    """Wait until something is so of which nobody tells; *what* is shown if it never is."""
    limit = time.monotonic() + HANG
    while not is_so():
        assert time.monotonic() < limit, f"not within {HANG:g} s: {what}"
        time.sleep(0.005)


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
