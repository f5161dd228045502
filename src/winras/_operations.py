"""Waits in the shim, each as a Python object that any thread can end.

The first wait, or `start`, begins an `Operation` in C. In Python's main thread, and where somebody
is to be asked in between, it waits in steps of 250 ms at most, between which Python handles Ctrl+C
and other signals; elsewhere until there is something to do. `close` cancels the wait of another
thread; C frees the operation when nobody waits for it any more. The pointer to it is set and
cleared by C itself, so that an exception at any line leaves either a whole operation or none.

At exit, this module hangs up what daemon threads are still dialling, and waits for unfinished
hang-ups.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from types import TracebackType

from ._enums import ConnectionState
from ._log import decided
from ._models import ConnectionRecord
from ._native import (
    error,
    ffi,
    lib,
    raise_for,
    service,
    to_microseconds,
    to_target,
    unlogged,
    wipe,
)
from ._text import shown
from .exceptions import RasError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Self

    from ._details import DialProgress
    from ._native import Secret
    from ._ras import _Group, _Leaving, _Operation, _Picture, _Pointer

__all__ = [
    "FINISH_SECONDS",
    "Dial",
    "End",
    "HangUp",
    "Operation",
    "Sleep",
    "StartRasMan",
    "WaitClosed",
    "WatchGroup",
    "WatchOperation",
    "add_failures",
    "finish_hang_ups",
    "is_being_dialled",
]

#: How long the end of a program waits for its unfinished hang-ups, in seconds: the Sleep(3000) on
#: RasHangUp's page.
FINISH_SECONDS = 3.0

# How long of that daemon threads have to hang up what they dial or have just dialled, in seconds.
_MOMENT = 1.0

_ERROR_INTERACTIVE_MODE = 703
_ERROR_CANCELLED = 1223
_ERROR_TIMEOUT = 1460

# Codes of the shim that say how a wait ended and are not errors.
_OUTCOMES = (
    lib.WINRAS_STILL_HELD,
    lib.WINRAS_LOOK,
    lib.WINRAS_PAUSED,
    lib.WINRAS_TIMED_OUT,
    lib.WINRAS_CANCELLED,
)


class Operation:
    """A wait in the shim, begun by the first `wait`; `close` ends it from any thread."""

    def __init__(
        self,
        begin: Callable[[_Pointer[_Pointer[_Operation]]], int] | None,
        function: str,
        *,
        late: str = "",
    ) -> None:
        self._begin = begin
        self._function = function
        self._late = late
        self._lock = threading.RLock()
        self._make_place()
        self._used = False
        self._closed = False
        _operations.add(weakref.ref(self, _operations.discard))

    def forget(self) -> None:
        """Have it as if it had not begun: this is a child of the process in which it did."""
        self._lock = threading.RLock()
        self._make_place()
        self._used = False

    def _make_place(self) -> None:
        """Make the place where C puts what has begun, and ends it when this object is forgotten.

        The memory is owned by another object than the one that ends: in a circle that is collected,
        what ends first may be used afterwards.
        """
        self._begun = ffi.new("winras_operation **")
        self._ending = ffi.gc(self._begun, unlogged.winras_end)

    def start(self) -> None:
        """Begin it in C, unless it has begun or is closed."""
        if not self._begun[0] and not self._closed:
            raise_for(self._begin_native(self._begun), self._function)
            _handed_over.pop(threading.get_ident(), None)

    def _begin_native(self, begun: _Pointer[_Pointer[_Operation]]) -> int:
        """Begin it in C. A bound method in an attribute would keep this object alive: a circle."""
        assert self._begin is not None
        return self._begin(begun)

    def wait(self, is_wanted: Callable[[], bool] | None = None) -> int:
        """Wait until it has an outcome, and return that code of the shim, or 0.

        A signal handler may call `close` in this very thread, which the lock lets in, so each step
        here must be right if a close comes in between. While this waits, `close` frees nothing.

        Args:
            is_wanted: Asked between two steps of 250 ms at most; when it says no, this returns
                WINRAS_PENDING, and the next call goes on.

        Raises:
            winras.RasError: What RAS answered instead.
        """
        is_mine = False
        try:
            with self._lock:
                if self._used:
                    raise RuntimeError("another thread is already waiting for this")
                self._used = is_mine = True
            # Without the lock, because this calls RAS, and `close` must not wait for RAS.
            self.start()
            return lib.WINRAS_CANCELLED if self._closed else self._wait(self._begun[0], is_wanted)
        finally:
            if is_mine:
                with self._lock:
                    self._used = False
                    if self._closed:
                        self._end()

    def _wait(self, begun: _Pointer[_Operation], is_wanted: Callable[[], bool] | None) -> int:
        is_main = threading.get_ident() == threading.main_thread().ident
        # Python's main thread handles Ctrl+C and other signals between two steps.
        slice_ms = lib.WINRAS_SLICE_MS if is_main or is_wanted else lib.WINRAS_LONG_SLICE_MS
        code = lib.WINRAS_PENDING
        while code in (lib.WINRAS_PENDING, lib.WINRAS_NOTICE):
            if is_wanted is not None and not is_wanted():
                lib.winras_leave(begun)
                return lib.WINRAS_PENDING
            code = lib.winras_step(begun, threading.active_count(), slice_ms)
            if code == lib.WINRAS_NOTICE:
                self._tell(begun)
        return self._outcome(begun, code)

    def _outcome(self, begun: _Pointer[_Operation], code: int) -> int:
        if code == lib.WINRAS_LOOK:
            self._look(begun)
        else:
            self._over(begun)
        if code not in _OUTCOMES:
            raise_for(code, self._function)
        return code

    def _tell(self, begun: _Pointer[_Operation]) -> None:
        """Pass progress on; called between two steps."""

    def _look(self, begun: _Pointer[_Operation]) -> None:
        """Take in what there is to see, before it is left."""

    def _over(self, begun: _Pointer[_Operation]) -> None:
        """Read what the operation knows; called when the wait is over, before it ends in C."""
        self._function = ffi.string(lib.winras_function(begun)).decode("ascii")

    def close(self) -> None:
        """End it; if another thread is in `wait`, that returns WINRAS_CANCELLED."""
        self._close(self._end)

    def _close(self, end: Callable[[], None]) -> None:
        with self._lock:
            self._closed = True
            if not self._used:
                end()
            elif self._begun[0]:
                lib.winras_cancel(self._begun[0])

    def run_once(self, is_wanted: Callable[[], bool] | None = None) -> int:
        """Do as `wait_once` does, and close it."""
        try:
            return self.wait_once(is_wanted)
        finally:
            self.close()

    def wait_once(self, is_wanted: Callable[[], bool] | None = None) -> int:
        """Do as `wait` does, but raise if the timeout expires or the operation is closed."""
        code = self.wait(is_wanted)
        if code == lib.WINRAS_TIMED_OUT:
            raise error(_ERROR_TIMEOUT, self._function, self._late)
        if code == lib.WINRAS_CANCELLED:
            raise error(_ERROR_CANCELLED, self._function)
        return code

    def _end(self) -> None:
        lib.winras_end(self._begun)


def add_failures(failed: RasError, failures: Iterable[tuple[str, int]]) -> None:
    """Note which calls failed before, unless that says nothing new.

    703 does, because it tells which call wants to ask the user.
    """
    for function, code in failures:
        if code != failed.code or code == _ERROR_INTERACTIVE_MODE:
            failed.add_note(
                f"Before {failed.function}, {function} answered {error(code, function)}"
            )


class StartRasMan(Operation):
    """The wait until RasMan runs, for 5 s at most; it is started if it is stopped."""

    def __init__(self, of_service: int, function: str) -> None:
        self._failure = 0
        super().__init__(lambda begun: lib.winras_begin_start(of_service, begun), function)

    def _over(self, begun: _Pointer[_Operation]) -> None:
        super()._over(begun)
        self._failure = lib.winras_start_failure(begun)

    @contextlib.contextmanager
    def before_call(self) -> Iterator[None]:
        """Wait, then have RAS asked in the block, whether RasMan runs or not.

        If that fails, the error gets a note that says why RasMan could not be started.
        """
        self.run_once()
        try:
            yield
        except RasError as failed:
            add_failures(failed, [("StartService", self._failure)] * bool(self._failure))
            raise


class HangUp(Operation):
    """RasHangUp and the wait for its end."""

    def __init__(self, record: ConnectionRecord, timeout: float, all_references: bool) -> None:
        self._is_late = f"is not gone after {round(timeout, 3):g} s"
        self._name = repr(record.name)
        target = to_target(record)
        microseconds = to_microseconds(timeout)
        super().__init__(
            lambda begun: lib.winras_begin_hang_up(
                record._service, target, microseconds, all_references, begun
            ),
            "RasHangUp",
        )

    def _over(self, begun: _Pointer[_Operation]) -> None:
        super()._over(begun)
        refusal = lib.winras_hang_up_refusal(begun)
        self._late = (
            f"{self._name} {self._is_late}: RasHangUp answered {error(refusal, 'RasHangUp')}"
            if refusal
            else f"{self._name} was hung up but {self._is_late}; the hang-up continues in the "
            "background"
        )

    def run(self, on_wait: Callable[[], None] | None = None) -> bool:
        """Wait, and return whether the connection is gone.

        Args:
            on_wait: Called at least every 250 ms.
        """
        return self.run_once(on_wait and (lambda: on_wait() is None)) == 0


class WaitClosed(Operation):
    """The wait until a connection is gone; *late* is the message if the timeout expires."""

    def __init__(self, record: ConnectionRecord, timeout: float | None, *, late: str) -> None:
        target = to_target(record)
        microseconds = -1 if timeout is None else to_microseconds(timeout)
        super().__init__(
            lambda begun: lib.winras_begin_wait_closed(
                record._service, target, microseconds, begun
            ),
            "RasGetConnectStatus",
            late=late,
        )

    def run(self) -> None:
        """Wait to the end."""
        self.run_once()


class Sleep(Operation):
    """A sleep in the service's time; it begins at once."""

    def __init__(self, of_service: int, seconds: float) -> None:
        # A positive time is never none, so that a script may sleep for the rest of a time.
        microseconds = max(to_microseconds(seconds), int(seconds > 0))
        super().__init__(
            lambda begun: lib.winras_begin_sleep(of_service, microseconds, begun), "sleep"
        )
        self.start()

    def run(self) -> None:
        """Sleep to the end."""
        self.run_once()


class WatchOperation(Operation):
    """The wait for what a watch has to tell; it begins at once.

    Attributes:
        signalled: Whether a signal led to what there is to see.
        missed: Whether a connection came and went unseen.
    """

    def __init__(self, of_service: int, timeout: float | None, check_every: float) -> None:
        self.service = of_service
        self.signalled = self.missed = False
        self._see: Callable[[_Picture], object] | None = None
        microseconds = -1 if timeout is None else to_microseconds(timeout)
        every = max(to_microseconds(check_every), 1)
        super().__init__(
            lambda begun: lib.winras_begin_watch(of_service, microseconds, every, begun),
            "RasEnumConnections",
        )
        self.start()

    def wait_for_look(
        self,
        see: Callable[[_Picture], object],
        is_wanted: Callable[[], bool] | None = None,
    ) -> bool | None:
        """Wait until there is something to see; return False when the watch is over or closed.

        Return None if *is_wanted*, which is asked at least every 250 ms, says no. *see* is called
        with what there is to see, which is there only meanwhile; if it raises, the next wait calls
        it again.
        """
        # Not for longer: a watch's bound method in an attribute here would be a circle.
        self._see = see
        try:
            code = self.wait(is_wanted)
        finally:
            self._see = None
        return None if code == lib.WINRAS_PENDING else code == lib.WINRAS_LOOK

    @property
    def key(self) -> _Pointer[_Operation]:
        """How `WatchGroup.step` names it."""
        return self._begun[0]

    def join(self, group: WatchGroup) -> bool:
        """Have the group's thread wait for it, up to `part`; return False if it is closed.

        Raises:
            RuntimeError: The simulator has ended, or is that of the parent of this process.
        """
        self.start()
        with self._lock:
            # Before the rest: from now on a `close`, which may interrupt this, frees nothing.
            self._used = True
            if self._closed:
                self.part()
                return False
            lib.winras_join(group.begun, self._begun[0])
            return True

    def part(self) -> None:
        """The group's thread waits for it no more. It does no harm if it never did."""
        with self._lock:
            if self._begun[0]:
                lib.winras_part(self._begun[0])
            self._used = False
            if self._closed:
                self._end()

    def answer(self, see: Callable[[_Picture], object]) -> bool | None:
        """Do as `wait_for_look` does, but do not wait: the group has found that it has an answer.

        Return None if it has none after all. It has not parted, but has to `join` again.
        """
        begun = self._begun[0]
        lib.winras_part(begun)
        code = lib.winras_step(begun, threading.active_count(), 0)
        if code == lib.WINRAS_PENDING:
            lib.winras_leave(begun)
            return None
        self._see = see
        try:
            return self._outcome(begun, code) == lib.WINRAS_LOOK
        finally:
            self._see = None

    def _look(self, begun: _Pointer[_Operation]) -> None:
        assert self._see is not None
        try:
            self.signalled = bool(lib.winras_signalled(begun))
            self.missed = bool(lib.winras_missed(begun))
            self._see(lib.winras_see(begun))
        except BaseException:
            lib.winras_leave(begun)
            raise
        lib.winras_saw(begun)


class WatchGroup:
    """The watches of a service that one thread waits for; `step` and `end` are that thread's."""

    def __init__(self, of_service: int) -> None:
        self._begun = ffi.new("winras_group **")
        self._ready = ffi.new("winras_operation **")
        raise_for(lib.winras_begin_group(of_service, self._begun), "RasEnumConnections")

    @property
    def begun(self) -> _Pointer[_Group]:
        """The group in C."""
        return self._begun[0]

    def step(self, slice_ms: int) -> _Pointer[_Operation] | None:
        """Wait, and return the key of a watch that has an answer; it may have parted by then.

        Return None after *slice_ms* milliseconds of real time, and when it is woken.

        Raises:
            winras.RasError, RuntimeError: Nobody can wait any more.
        """
        code = lib.winras_step_group(
            self._begun[0], threading.active_count(), slice_ms, self._ready
        )
        if code == lib.WINRAS_PENDING:
            return None
        raise_for(code, "RasEnumConnections")
        return self._ready[0]

    def wake(self) -> None:
        """Have the `step` of its thread return."""
        lib.winras_wake_group(self._begun[0])

    def end(self) -> None:
        """End it; those that have joined part."""
        lib.winras_end_group(self._begun)


class End(Enum):
    """What has become of what was dialled, if it has failed."""

    #: RAS gave no handle, so there was nothing to hang up.
    WITHOUT = lib.WINRAS_ENDS_WITHOUT
    #: Its end was seen.
    GONE = lib.WINRAS_ENDS_GONE
    #: RasHangUp has taken it, but its end was not seen.
    PENDING = lib.WINRAS_ENDS_PENDING
    #: RasHangUp has taken it, but it is Connected.
    HELD = lib.WINRAS_ENDS_HELD
    #: RasHangUp has only answered errors.
    REFUSED = lib.WINRAS_ENDS_REFUSED


class Dial(Operation):
    """RasDial and the wait until its connection is up; a context manager.

    Leaving the block normally hands the connection to the caller; an exception hangs it up.

    Attributes:
        texts: The name of the entry and the phone number; ``""`` for none.
        phonebooks: Those to try, one after the other. If the first is ``""``, the one that has the
            entry is found first, and the others are tried only if RAS cannot list them.

    What follows is known when the wait is over.

    Attributes:
        handle: The handle of the connection.
        state: The state that dialling ended in.
        tried: RasDial was called,
        dialled: and when last, in seconds of the service's clock.
        phonebook: The phone book that was tried last; ``""`` if RAS had to find it.
        saved: Whether credentials are saved for the entry, and so were used; None if RAS was not
            asked, or could not tell.
        failures: The calls before RasDial that failed: name and error number.
        end: What has become of what was dialled, if it has failed.
        hang_up_answer: What RasHangUp answered last.
    """

    # The program ends: whatever begins is closed at once.
    refused: ClassVar[bool] = False

    def __init__(
        self,
        texts: dict[str, str],
        phonebooks: list[str],
        credentials: Secret | None,
        *,
        use_saved: bool,
        sub_entry: int,
        timeout: float,
        on_progress: Callable[[DialProgress], object] | None,
        late: str,
    ) -> None:
        self.service = service()
        self.handle = 0
        self.state = ConnectionState.OpenPort
        self.tried = False
        self.dialled = 0.0
        self.phonebook = ""
        self.saved: bool | None = None
        self.failures: list[tuple[str, int]] = []
        self.end = End.WITHOUT
        self.hang_up_answer = 0
        self.texts = texts
        self.phonebooks = phonebooks
        self._credentials = credentials
        self._use_saved = use_saved and credentials is None
        self._sub_entry = sub_entry
        self._timeout = timeout
        self._on_progress = on_progress
        super().__init__(None, "RasDial", late=late)
        if Dial.refused:
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.close()
            return
        try:
            _handed_over[threading.get_ident()] = time.monotonic()
            if not lib.winras_take(self._begun):
                # Closed just now, which hangs up. Raised here, so that nothing follows this
                # block at which an exception would find the connection taken.
                raise error(_ERROR_CANCELLED, self._function)  # noqa: TRY301
        except BaseException:
            self._give_back()
            raise

    def _give_back(self) -> None:
        """Hang up, since an exception keeps the caller from getting the connection."""
        if self._begun[0] or self._closed:
            self.close()
            return
        # Taken already. One RasHangUp, whose end the end of the program waits for.
        lib.winras_give_back(self.service, self.handle)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: nobody wants the connection any more."""
        return self._closed

    @property
    def is_under_way(self) -> bool:
        """Whether RasDial may have been called, and nobody has got the connection."""
        return bool(self._begun[0])

    def leave_to(self, leaving: _Pointer[_Leaving]) -> bool:
        """Close it without calling RAS here; return whether another thread is still at it."""
        if not self._lock.acquire(blocking=False):
            return True
        try:
            self._close(lambda: lib.winras_hand_over(leaving, self._begun))
            return self._used
        finally:
            self._lock.release()

    def _begin_native(self, begun: _Pointer[_Pointer[_Operation]]) -> int:
        # The password is in no variable here, which a traceback might show.
        dialling = ffi.new(
            "winras_dialling *",
            {
                **self.texts,
                "phonebooks": [{"text": phonebook} for phonebook in self.phonebooks],
                "phonebook_count": len(self.phonebooks),
                "use_saved": self._use_saved,
                "sub_entry": self._sub_entry,
                "user": self._credentials.user if self._credentials else "",
                "password": self._credentials.password if self._credentials else "",
                "domain": self._credentials.domain if self._credentials else "",
            },
        )
        self._credentials = None
        try:
            return lib.winras_begin_dial(
                self.service, dialling, to_microseconds(self._timeout), begun
            )
        finally:
            wipe(dialling)

    def _tell(self, begun: _Pointer[_Operation]) -> None:
        from ._details import DialProgress  # noqa: PLC0415  only who dials needs it

        native = ffi.new("winras_notice *")
        while lib.winras_read_notice(begun, native):
            if self._on_progress is not None:
                self._on_progress(
                    DialProgress(
                        state=ConnectionState(native.state),
                        error=native.error,
                        sub_entry=native.sub_entry,
                        elapsed=native.elapsed / 1e6,
                    )
                )

    def _over(self, begun: _Pointer[_Operation]) -> None:
        super()._over(begun)
        report = ffi.new("winras_dial_report *")
        lib.winras_report_dial(begun, report)
        self.handle = report.handle
        self.state = ConnectionState(report.state)
        self.tried = bool(report.tried)
        self.dialled = report.dialled / 1e6
        self.phonebook = ffi.string(report.phonebook)
        self.saved = report.saved == lib.WINRAS_SAVED_USED if report.saved else None
        self.end = End(report.ends)
        self.hang_up_answer = report.hang_up
        answers = {
            "StartService": report.start_service,
            "RasGetCredentials": report.get_credentials,
            "RasGetEapUserIdentity": report.get_identity,
        }
        self.failures = [(function, code) for function, code in answers.items() if code]
        if self.tried and not self.phonebooks[0]:
            found = f'"{shown(self.phonebook)}"' if self.phonebook else "that RAS finds"
            decided(
                '"%s" is in the phone book %s, which RasDial was given',
                shown(self.texts["name"]),
                found,
                function="RasEnumEntries",
                handle=self.handle,
            )
        if self.handle and not self._closed:
            self._came_up()

    def _came_up(self) -> None:
        """Ask RAS about the connection that is up.

        This is part of the wait. So a `close` of another thread does not hang up in that thread,
        which may run an event loop, but leaves it to this one.
        """

    def connect(self, is_wanted: Callable[[], bool] | None = None) -> bool:
        """Wait until it is connected; return False if it has stopped in a paused state."""
        code = self.wait_once(is_wanted)
        if code == lib.WINRAS_PENDING:
            self.close()  # nobody wants it any more
        if self._closed:  # since the connection came up, so it is hung up
            raise error(_ERROR_CANCELLED, self._function)
        return code != lib.WINRAS_PAUSED


# Each operation that something still refers to. Not a WeakSet, which cannot be read while other
# threads change it; the copy of a set is one step.
_operations: set[weakref.ref[Operation]] = set()


def is_being_dialled(of_service: int, is_it: Callable[[str, str], bool]) -> bool:
    """Whether this process dials an entry; *is_it* is given a name and a phone book, or ""."""
    dials = [dial for one in _operations.copy() if isinstance(dial := one(), Dial)]
    return any(
        dial.is_under_way
        and dial.service == of_service
        and is_it(dial.texts["name"], dial.phonebooks[0])
        for dial in dials
    )


# When a thread was last given the connection that it dialled, by the number of the thread, until it
# begins another operation.
_handed_over: dict[int, float] = {}


def _some_may_hang_up() -> bool:
    """Whether a daemon thread was given its connection just now, and has not gone on since."""
    since = time.monotonic() - _MOMENT
    return any(
        thread.daemon and _handed_over.get(thread.ident or 0, since) > since
        for thread in threading.enumerate()
    )


@contextlib.contextmanager
def _leaving() -> Iterator[_Pointer[_Leaving]]:
    begun = ffi.new("winras_leaving **")
    try:
        raise_for(lib.winras_begin_leaving(service(), to_microseconds(FINISH_SECONDS), begun), "")
        yield begun[0]
    finally:
        lib.winras_end_leaving(begun)


def _end_dials(leaving: _Pointer[_Leaving], limit: float) -> None:
    """Close every dial, and give the daemon threads a moment to hang up what they have dialled."""
    Dial.refused = True
    busy = [dial for one in _operations.copy() if isinstance(dial := one(), Dial)]
    while busy or _some_may_hang_up():
        busy = [dial for dial in busy if dial.leave_to(leaving)]
        if time.monotonic() > limit:
            break
        time.sleep(0.01)


def _wait_finished(leaving: _Pointer[_Leaving], limit: float) -> None:
    if unfinished := lib.winras_unfinished(service()):
        decided("waiting for %d unfinished hang-ups", unfinished, function="RasHangUp")
    while (
        lib.winras_step_leaving(leaving, threading.active_count()) == lib.WINRAS_PENDING
        and time.monotonic() < limit
    ):
        pass


def finish_hang_ups() -> None:
    """Wait until the hang-ups issued here have ended, `FINISH_SECONDS` at most in all.

    A program that ends right after RasHangUp may leave the port in an inconsistent state
    (RasHangUp's page); this runs at exit. The limit holds in the service's time and in real time,
    however long RAS takes to answer.
    """
    limit = time.monotonic() + FINISH_SECONDS
    with _leaving() as leaving:
        _wait_finished(leaving, limit)


def _forget_operations() -> None:
    """Leave to the parent of this process what is its parent's; C has done the same."""
    Dial.refused = False
    _handed_over.clear()
    for one in _operations.copy():
        operation = one()
        if operation is not None:
            operation.forget()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_operations)


@atexit.register
def _finish_at_exit() -> None:
    began = time.monotonic()
    # A second Ctrl+C means: do not wait any longer.
    with contextlib.suppress(KeyboardInterrupt), _leaving() as leaving:
        _end_dials(leaving, began + _MOMENT)
        _wait_finished(leaving, began + FINISH_SECONDS)
