"""The automatic clock of a Simulator under asyncio: time jumps when the event loop is idle.

What a task awaits in `winras.aio`, another thread waits for, while the thread that made the
Simulator runs the event loop. The simulator cannot see when that thread has nothing to do, so the
first such call puts a `_Jumper` in front of the loop's selector: when the loop is about to sleep,
and every thread that it waits for is parked in a wait of winras, time jumps.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Protocol, cast

from ._native import ffi, lib

__all__ = ["awaited_no_more", "awaiting", "release", "stand_in", "told"]

# While calls of winras.aio are under way, the loop wakes this often to see whether time can jump.
_GLANCE = 0.001

# What tasks await, and the thread that waits for it; None: it is over, and the loop is about to
# hear of that. The lock keeps time from jumping between a thread's word to the loop and its next
# wait.
_awaited: dict[object, threading.Thread | None] = {}
_telling = threading.RLock()


def awaiting(what: object, thread: threading.Thread) -> None:
    """A task of the running event loop awaits what that thread waits for."""
    if lib.sim_jumps_for_caller():
        _attach()
    _awaited[what] = thread


def told(what: object) -> None:
    """The thread is about to tell the event loop, and may then wait for something else."""
    with _telling:
        _awaited[what] = None


def awaited_no_more(what: object) -> None:
    """The task has heard of it, or awaits it no more."""
    _awaited.pop(what, None)


def stand_in(thread: int) -> None:
    """Do here what that thread was woken for, until it waits again; by the system's number."""
    lib.sim_stand_in(thread)


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
        if timeout == 0 or not _awaited:
            return self._sleep(timeout)
        with _telling:
            waiting = tuple(_awaited.values())
            threads = {one.native_id for one in waiting if one and one.native_id is not None}
            if None not in waiting:
                lib.sim_jump(ffi.new("uint32_t[]", [*threads]), len(threads))
        return self._sleep(_GLANCE if timeout is None else min(timeout, _GLANCE))

    def release(self) -> None:
        # If something else has since been put in front of this, it stays, and this does nothing.
        if self.selector.select == self.select:
            self.selector.select = self._sleep


_jumpers: list[_Jumper] = []


def _attach() -> None:
    import asyncio  # noqa: PLC0415  there is a loop only where it is imported already

    loop = asyncio.get_running_loop()
    if not hasattr(loop, "_selector"):
        raise RuntimeError(
            'clock="auto" needs one of asyncio\'s own event loops, because only there can it tell '
            f"when the loop is idle; {type(loop).__name__} is not one; use a factor or the manual "
            "clock"
        )
    selector = cast("_Loop", loop)._selector
    if all(jumper.selector is not selector for jumper in _jumpers):
        _jumpers.append(_Jumper(selector))


def release() -> None:
    """Leave the event loops as they were: the Simulator ends."""
    while _jumpers:
        _jumpers.pop().release()


def _forget_threads() -> None:
    """In a child of fork(): the threads are its parent's."""
    global _telling  # noqa: PLW0603  another thread may have held it
    _telling = threading.RLock()
    _awaited.clear()
    release()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_threads)
