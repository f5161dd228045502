"""A view that is drawn again and again on a terminal; whether anybody still reads the output."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType

from ._output import is_screen, on_console, table_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from .._watching import Event, Watch

__all__ = [
    "Screen",
    "fitting_table",
    "handling_signals",
    "is_live",
    "is_unread",
    "pause_for",
    "raise_if_unread",
    "steps",
]

#: How many RAS calls a live view makes a second, at most, besides those of its watch.
_CALLS_A_SECOND = 12
_SHORTEST_PAUSE = 1.0

_ENTER = "\x1b[?1049h\x1b[?25l"  # the alternate screen, without a cursor
_LEAVE = "\x1b[?25h\x1b[?1049l"

# What ends or stops the process without a word to Python; not each system has each. Ctrl+C has.
_SIGNALS = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGBREAK")


# Those of them that end it.
_ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")


@contextmanager
def handling_signals(end: Callable[[], object]) -> Iterator[None]:
    """Call *end* for what would end the process at once; Ctrl+C raises KeyboardInterrupt still."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        end()

    caught = []
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
        # Who ignores or handles one has a reason to.
        caught = [one for one in numbers if signal.getsignal(one) is signal.SIG_DFL]
    for one in caught:
        signal.signal(one, handle)
    try:
        yield
    finally:
        for one in caught:
            signal.signal(one, signal.SIG_DFL)


def pause_for(calls: int) -> float:
    """Seconds until a view that makes so many RAS calls is drawn again."""
    return max(_SHORTEST_PAUSE, calls / _CALLS_A_SECOND)


def is_live(*, json: bool) -> bool:
    """Whether a view can be drawn over and over: on a terminal that moves its cursor."""
    return not json and is_screen()


class Screen:
    """The terminal while a view has it: its own screen, which the last frame survives.

    A frame is one write, and only if it differs from the one before, so nothing flickers. A signal
    finds the terminal as it was; if one only stops the process, it is drawn again afterwards.
    """

    def __init__(self) -> None:
        self._frame: list[str] = []
        self._size = (0, 0)
        self._entered = False
        self._caught: list[signal.Signals] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
            # Who ignores or handles one has a reason to.
            self._caught = [one for one in numbers if signal.getsignal(one) is signal.SIG_DFL]
            for one in self._caught:
                signal.signal(one, self._step_aside)
        return self

    def _step_aside(self, number: int, _frame: FrameType | None) -> None:
        """Give the terminal back, and let the signal do what it does."""
        if self._entered:
            self._entered = False
            self._size = (0, 0)
            # Not through sys.stdout, which may be in the midst of a write.
            with contextlib.suppress(OSError):
                os.write(sys.stdout.fileno(), _LEAVE.encode("ascii"))
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        signal.signal(number, self._step_aside)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for one in self._caught:
            signal.signal(one, signal.SIG_DFL)
        if self._entered:
            _write("".join([_LEAVE, *(f"{line}\n" for line in self._frame)]))

    def room(self) -> tuple[int, int]:
        """Columns and lines of a frame: the last column stays free, in which a line would wrap."""
        columns, lines = shutil.get_terminal_size()
        return columns - 1, lines

    def is_resized(self) -> bool:
        """Whether the frame is not drawn for the size that the terminal has."""
        return self._size != self.room()

    def draw(self, frame: Sequence[str]) -> None:
        """Show these lines, which are ready for the terminal, and fit it."""
        if list(frame) != self._frame or self.is_resized():
            self._frame, self._size = list(frame), self.room()
            lines = "\x1b[K\r\n".join(self._frame)
            # Entered with the first frame, so that Ctrl+C finds the terminal as it was, or leaves.
            enter = "" if self._entered else _ENTER
            self._entered = True
            _write(f"{enter}\x1b[H{lines}\x1b[K\x1b[J")


def fitting_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], columns: int, lines: int
) -> list[str]:
    """The lines of a table; if they are more than *lines*, the last says how many rows are left."""
    drawn = rows[: max(lines, 0)]  # what cannot be in sight costs nothing
    told = table_lines(header, drawn, columns)
    above = len(told) - len(drawn)
    if above + len(rows) <= lines:
        return told
    fitting = max(lines - above - 1, 0)
    left = on_console(f"... and {len(rows) - fitting} more", columns)
    return [*told[: above + fitting], left][: max(lines, 0)]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def steps(
    events: Watch, pause: Callable[[], float], is_due: Callable[[], bool] = lambda: False
) -> Iterator[Event | None]:
    """Each event of a watch, and None when it is time to look again.

    Args:
        events: The watch.
        pause: Seconds between two such times.
        is_due: Asked at least every 250 ms: whether it is time already.

    Raises:
        BrokenPipeError: Nobody reads the output any more, which is found out within 250 ms.
    """
    while True:
        due = time.monotonic() + pause()
        is_time = False

        def is_wanted(due: float = due) -> bool:
            nonlocal is_time
            raise_if_unread()
            is_time = time.monotonic() >= due or is_due()
            return not is_time

        while events.wait(is_wanted):
            event = events.next_told()
            if event is not None:
                yield event
        if not is_time:
            return  # the watch is over
        yield None


def raise_if_unread() -> bool:
    """Raise BrokenPipeError if standard output is a pipe whose reader has gone; else True."""
    if is_unread():
        raise BrokenPipeError
    return True


def is_unread() -> bool:
    """Whether standard output is a pipe whose reader has gone."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return False  # a test's, or closed
    return _is_broken(descriptor)


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    # FilePipeLocalInformation and what it gives: ten ULONGs, one of which is the state. A pipe's
    # writer may ask for it, but not call PeekNamedPipe; and a write of nothing, which fails too,
    # would be the end of the file to a reader.
    _PIPE_INFORMATION = 24
    _FACTS = wintypes.ULONG * 10
    _STATE = 8
    _CLOSING = 4
    _query = ctypes.WinDLL("ntdll").NtQueryInformationFile
    _query.argtypes = (
        wintypes.HANDLE,
        ctypes.c_void_p,
        ctypes.c_void_p,
        wintypes.ULONG,
        ctypes.c_int,
    )

    def _is_broken(descriptor: int) -> bool:
        facts, outcome = _FACTS(), (ctypes.c_void_p * 2)()
        handle = msvcrt.get_osfhandle(descriptor)
        failed = _query(handle, outcome, facts, ctypes.sizeof(facts), _PIPE_INFORMATION)
        return not failed and facts[_STATE] == _CLOSING

else:
    import select

    def _is_broken(descriptor: int) -> bool:
        poll = select.poll()
        poll.register(descriptor, 0)  # the two are always told
        return any(told & (select.POLLERR | select.POLLHUP) for _, told in poll.poll(0))
