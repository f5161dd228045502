"""What winras tells the logger ``"winras"`` of the standard library.

Debug: one record for each call of RAS and of the service manager. Info: each decision. C keeps
these in a bounded list, because it calls RAS on threads that no Python knows; whatever thread of
Python has called C next takes them out. A record has numbers and names of functions, never a text
that was given to RAS or that RAS gave.

Whether anybody listens is asked before each call of C. If nobody does, that is all that is done,
and C keeps nothing.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import ParamSpec, TypeVar

    from ._ras import _FFI, _Lib, _Record

    _Given = ParamSpec("_Given")
    _Answer = TypeVar("_Answer")

__all__ = ["decided", "logged"]

# The levels, as logging has them.
_DEBUG, _INFO, _WARNING = 10, 20, 30

_logger: logging.Logger | None = None


def _find_logger() -> logging.Logger | None:
    """The logger; None as long as nobody has imported logging, and so nobody listens.

    That import takes longer than that of anything here, so it is not made for programs that do
    not log.
    """
    global _logger  # noqa: PLW0603  asked for before each call of C
    if "logging" in sys.modules:
        import logging  # noqa: PLC0415  and if another thread is importing it, this waits

        _logger = logging.getLogger("winras")
    return _logger


def decided(message: str, *parts: object, function: str, handle: int = 0, result: int = 0) -> None:
    """Log a decision; *parts* go into the message, texts of others as `shown`."""
    logger = _logger or _find_logger()
    if logger and logger.isEnabledFor(_INFO):
        extra = _extra(function, handle, result, None, threading.get_native_id())
        _tell(logger, _INFO, message, *parts, extra=extra)


def _tell(
    logger: logging.Logger, level: int, message: str, *parts: object, extra: dict[str, object]
) -> None:
    """Log it; a handler that raises must not cost the caller what RAS has answered meanwhile."""
    try:
        logger.log(level, message, *parts, extra=extra)
    except Exception:  # noqa: BLE001  whatever a handler or filter raises
        import logging  # noqa: PLC0415
        import traceback  # noqa: PLC0415

        if logging.raiseExceptions and sys.stderr is not None:
            traceback.print_exc()


def _extra(
    function: str, handle: int, result: int, seconds: float | None, thread: int
) -> dict[str, object]:
    return {
        "winras_function": function,
        "winras_handle": handle or None,
        "winras_result": result,
        "winras_seconds": seconds,
        "winras_thread": thread,
    }


class _Trace:
    """What C records, and its way to the logger."""

    def __init__(self, lib: _Lib, ffi: _FFI) -> None:
        self._lib = lib
        self._ffi = ffi
        self._wanted = lib.WINRAS_TRACE_NOTHING
        self._changing = threading.Lock()
        self._telling = threading.local()
        self._decisions = {
            lib.WINRAS_DECIDED_RECORDS_LOST: (
                "%(result)s records were lost: there were more than the list holds"
            ),
            lib.WINRAS_DECIDED_NO_RASMAN: "RasMan does not run, so RAS is asked only what needs it",
            lib.WINRAS_DECIDED_START_RASMAN: "RasMan was asked to start: %(result)s",
            lib.WINRAS_DECIDED_USE_SAVED: "the credentials that are saved for the entry are used",
            lib.WINRAS_DECIDED_USE_IDENTITY: "an EAP identity was found, and is used",
            lib.WINRAS_DECIDED_USE_EAP_DATA: "the EAP data that the entry has are used",
            lib.WINRAS_DECIDED_DIAL_AGAIN: "the dial is tried again: %(result)s may pass",
            lib.WINRAS_DECIDED_HANG_UP_LOST: (
                "%(handle)s is hung up: it is not connected, and its entry could not be dialled: "
                "%(result)s"
            ),
            lib.WINRAS_DECIDED_HANG_UP_AGAIN: (
                "%(handle)s is hung up again: it is still connected, because references are left"
            ),
            lib.WINRAS_DECIDED_REGISTER_AFRESH: (
                "a change was found that RAS had not signalled, so everything is registered afresh"
            ),
        }

    def begin(self, wanted: int) -> None:
        """Record that much from now on, unless another thread or a frame below is changing it."""
        if wanted != self._wanted and self._changing.acquire(blocking=False):
            try:
                self._lib.winras_trace(wanted)
                self._wanted = wanted
            finally:
                self._changing.release()

    def logged(self, native: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
        """A function of C, after which the logger is told what is recorded."""
        nothing, decisions, calls = (
            self._lib.WINRAS_TRACE_NOTHING,
            self._lib.WINRAS_TRACE_DECISIONS,
            self._lib.WINRAS_TRACE_CALLS,
        )

        @functools.wraps(native)
        def call(*given: _Given.args, **named: _Given.kwargs) -> _Answer:
            logger = _logger or _find_logger()
            if not logger or not logger.isEnabledFor(_INFO):
                if self._wanted:
                    self.begin(nothing)
                return native(*given, **named)
            self.begin(calls if logger.isEnabledFor(_DEBUG) else decisions)
            answer = native(*given, **named)
            self.tell(logger)
            return answer

        return call

    def tell(self, logger: logging.Logger) -> None:
        """Log what is recorded, but not what a handler of this very thread has called meanwhile."""
        if getattr(self._telling, "now", False):
            return
        self._telling.now = True
        try:
            for function, record in self._read():
                self._log(logger, function, record)
        finally:
            self._telling.now = False

    def _read(self) -> list[tuple[str, _Record]]:
        """All that there is now: what a handler calls is left for the next time."""
        found = []
        record = self._ffi.new("winras_record *")
        while name := self._lib.winras_read_record(record):
            found.append((self._ffi.string(name).decode("ascii").removesuffix("W"), record))
            record = self._ffi.new("winras_record *")
        return found

    def _log(self, logger: logging.Logger, function: str, record: _Record) -> None:
        handle = f"{record.handle:#x}" if record.handle else ""
        texts = {"handle": handle, "result": self._result(record.result)}
        extra = _extra(function, record.handle, record.result, None, record.thread)
        if record.decision == self._lib.WINRAS_DECIDED_RECORDS_LOST:
            texts["result"] = str(record.result)
            _tell(logger, _WARNING, self._decisions[record.decision], texts, extra=extra)
        elif record.decision:
            _tell(logger, _INFO, self._decisions[record.decision], texts, extra=extra)
        else:
            seconds = record.duration / 1e6
            extra["winras_seconds"] = seconds
            _tell(
                logger,
                _DEBUG,
                "%s(%s) answered %s after %.6f s",
                function,
                handle,
                texts["result"],
                seconds,
                extra=extra,
            )

    def _result(self, result: int) -> str:
        name = self._lib.winras_error_name(result)
        return f"{result} {self._ffi.string(name).decode('ascii')}" if name else str(result)


def logged(lib: _Lib, ffi: _FFI) -> _Lib:
    """The compiled module, with functions of the shim that log what they have called."""
    trace = _Trace(lib, ffi)
    members = {name: getattr(lib, name) for name in dir(lib)}
    own = {"winras_trace", "winras_read_record"}
    for name in {name for name in members if name.startswith("winras_")} - own:
        members[name] = trace.logged(members[name])
    return SimpleNamespace(**members)  # type: ignore[return-value]
