"""The automatic clock of a Simulator under asyncio: it jumps when the loop has nothing to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from . import _native
from ._native import ffi, lib

__all__ = ["enable", "release"]

# While calls of winras.aio are under way, the loop looks this often whether time can jump.
_GLANCE = 0.001


class _Selector(Protocol):
    select: Callable[[float | None], list[object]]


class _Loop(Protocol):
    _selector: _Selector


class _Jumper:
    """Stands in front of what an event loop of asyncio sleeps in."""

    def __init__(self, selector: _Selector) -> None:
        self.selector = selector
        self._sleep = selector.select
        selector.select = self.select

    def select(self, timeout: float | None = None) -> list[object]:
        threads = _native.awaited_threads()
        if timeout == 0 or not threads:
            return self._sleep(timeout)
        lib.sim_jump(ffi.new("uint32_t[]", threads), len(threads))
        return self._sleep(_GLANCE if timeout is None else min(timeout, _GLANCE))

    def release(self) -> None:
        # Whoever has put something in front of it since keeps it, with this at rest behind it.
        if self.selector.select == self.select:
            self.selector.select = self._sleep


_jumpers: list[_Jumper] = []


def _attach() -> None:
    loop = asyncio.get_running_loop()
    if not hasattr(loop, "_selector"):
        raise RuntimeError(
            'clock="auto" needs an event loop of asyncio itself, so that it can tell when the loop '
            f"has nothing to do; {type(loop).__name__} is none; use a factor or the manual clock"
        )
    selector = cast("_Loop", loop)._selector
    if all(jumper.selector is not selector for jumper in _jumpers):
        _jumpers.append(_Jumper(selector))


def enable() -> None:
    """From now on an event loop of the thread that made the clock lets time jump."""
    _native.before_await = _attach


def release() -> None:
    """Leave the event loops as they were."""
    _native.before_await = None
    while _jumpers:
        _jumpers.pop().release()
