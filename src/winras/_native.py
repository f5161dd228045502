"""The only importer of the compiled module: its calls, errors, texts and structures as Python."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from ._enums import ConnectionFlags, ConnectionState, ConnectionSubstate
from ._models import ConnectionRecord, Status
from ._ras import ffi, lib
from .exceptions import RasError, RasTimeoutError, class_for

if TYPE_CHECKING:
    from ._ras import _Bytes, _Connection, _Endpoint, _Operation, _Pointer, _Target

__all__ = [
    "FINISH_SECONDS",
    "Operation",
    "check",
    "enumerate_connections",
    "error",
    "error_message",
    "error_name",
    "ffi",
    "finish_hang_ups",
    "get_status",
    "get_sub_entry",
    "hang_up",
    "lib",
    "service",
    "to_microseconds",
    "to_names",
    "unfinished_hang_ups",
    "wait_closed",
]

_Record = TypeVar("_Record", bound=ConnectionRecord)

#: How long a program's end waits for its unfinished hang-ups, in seconds: the Sleep(3000) of
#: RasHangUp's page.
FINISH_SECONDS = 3.0

_ERROR_INVALID_HANDLE = 6
_ERROR_MOD_NOT_FOUND = 126
_ERROR_PROC_NOT_FOUND = 127
_ERROR_NO_MORE_ITEMS = 259
_ERROR_PORT_NOT_OPEN = 618
_ERROR_POSSIBLE_DEADLOCK = 1131
_ERROR_TIMEOUT = 1460

_ENDPOINT_IPV4 = 1
_ENDPOINT_IPV6 = 2

_LONGEST_WAIT = 2**62


# ---- errors ----


def error_name(code: int) -> str:
    """The native name of an error number, or "" if it is not a known one."""
    name = lib.winras_error_name(code & 0xFFFFFFFF)
    return ffi.string(name).decode("ascii") if name else ""


def error_message(code: int) -> str:
    """What RAS says of an error number; our own text if RAS has none, or is not here."""
    code &= 0xFFFFFFFF
    text = ffi.new("char16_t[]", lib.WINRAS_TEXT)
    if lib.winras_get_error_string(service(), code, text, lib.WINRAS_TEXT) == 0:
        message = ffi.string(text).strip()
        if message:
            return message
    own = lib.winras_error_text(code)
    return ffi.string(own).decode("ascii") if own else "There is no description of this error."


_UNAVAILABLE = {
    _ERROR_MOD_NOT_FOUND: (
        "this system has no Windows Remote Access Service (rasapi32.dll cannot be loaded); "
        "elsewhere than on Windows, use winras.testing.Simulator or winras --simulate"
    ),
    _ERROR_PROC_NOT_FOUND: "this system's rasapi32.dll has no such function",
}


def error(code: int, function: str, message: str = "") -> RasError:
    """The exception for what a RAS function answered."""
    if not message and code in _UNAVAILABLE:
        message = f"{function}: {_UNAVAILABLE[code]}"
    return class_for(code)(code, error_name(code), message or error_message(code), function)


def check(code: int, function: str) -> None:
    """Raise what a code from the shim stands for; 0 stands for success."""
    if code == lib.WINRAS_OTHER_SERVICE:
        raise RuntimeError(
            "this connection belongs to a RAS service that is not the active one: its Simulator "
            "has ended, or another service is active now; get the connection anew"
        )
    if code == _ERROR_POSSIBLE_DEADLOCK:
        raise RuntimeError(
            "this wait could never end: the Simulator's clock is manual, this is the thread that "
            "made it, and no other thread is free to call advance(); wait in another thread"
        )
    if code:
        raise error(code, function)


# ---- values ----


def service() -> int:
    """The number of the active RAS service: 0 for Windows' own."""
    return lib.winras_active_service()


def to_microseconds(seconds: float) -> int:
    """Seconds as the shim counts time."""
    return min(round(min(seconds, _LONGEST_WAIT / 1e6) * 1e6), _LONGEST_WAIT)


def _to_uuid(guid: _Bytes) -> UUID | None:
    value = UUID(bytes_le=bytes(ffi.buffer(guid)))
    return value if value.int else None


def _to_address(endpoint: _Endpoint) -> IPv4Address | IPv6Address | None:
    # RASTUNNELENDPOINT's type may be unknown on a connection that is perfectly up.
    address = bytes(ffi.buffer(endpoint.address))
    if endpoint.type == _ENDPOINT_IPV4:
        return IPv4Address(address[:4])
    return IPv6Address(address) if endpoint.type == _ENDPOINT_IPV6 else None


def _to_record(make: type[_Record], native: _Connection, of_service: int) -> _Record:
    return make(
        handle=native.handle,
        name=ffi.string(native.name),
        device_type=ffi.string(native.device_type),
        device_name=ffi.string(native.device_name),
        phonebook=ffi.string(native.phonebook),
        entry_id=_to_uuid(native.entry_id),
        sub_entry=native.sub_entry,
        flags=ConnectionFlags(native.flags),
        luid=native.luid,
        correlation_id=_to_uuid(native.correlation_id),
        _service=of_service,
    )


def to_names(name_of: Callable[[int], _Pointer[bytes]]) -> list[str]:
    """Names that the compiled module gives by index, up to its NULL."""
    names: list[str] = []
    while name := name_of(len(names)):
        names.append(ffi.string(name).decode("ascii"))
    return names


# ---- calls ----


def enumerate_connections(make: type[_Record]) -> list[_Record]:
    """RasEnumConnections on the active service."""
    of_service = service()
    connections = ffi.new("winras_connection **")
    count = ffi.new("uint32_t *")
    check(lib.winras_enumerate(of_service, connections, count), "RasEnumConnections")
    try:
        return [_to_record(make, connections[0][i], of_service) for i in range(count[0])]
    finally:
        lib.winras_free(connections[0])


def get_status(record: ConnectionRecord) -> Status:
    """RasGetConnectStatus."""
    native = ffi.new("winras_status *")
    check(lib.winras_get_status(record._service, record.handle, native), "RasGetConnectStatus")
    return Status(
        state=ConnectionState(native.state),
        error=native.error,
        substate=ConnectionSubstate(native.substate),
        device_type=ffi.string(native.device_type),
        device_name=ffi.string(native.device_name),
        phone_number=ffi.string(native.phone_number),
        local_endpoint=_to_address(native.local),
        remote_endpoint=_to_address(native.remote),
    )


def get_sub_entry(record: ConnectionRecord, number: int) -> tuple[bool, int]:
    """RasGetSubEntryHandle: whether there may be more, and the handle or 0 if not connected."""
    handle = ffi.new("uint64_t *")
    code = lib.winras_get_sub_entry(record._service, record.handle, number, handle)
    if code in (_ERROR_NO_MORE_ITEMS, _ERROR_PORT_NOT_OPEN):
        return code == _ERROR_PORT_NOT_OPEN, 0
    check(code, "RasGetSubEntryHandle")
    return True, handle[0]


# ---- waits ----


class Operation:
    """A wait in the shim; `cancel` is safe from any thread and at any time."""

    def __init__(
        self, begin: Callable[[_Pointer[_Pointer[_Operation]]], int], function: str
    ) -> None:
        begun = ffi.new("winras_operation **")
        check(begin(begun), function)
        self._operation: _Pointer[_Operation] | None = begun[0]
        self._lock = threading.Lock()

    def run(self) -> int:
        """Wait to the end: 0, WINRAS_STILL_HELD, or what is raised.

        Each step is short, so that signals such as Ctrl+C are seen between them.
        """
        operation = self._operation
        if operation is None:
            raise RuntimeError("this operation has run already")
        try:
            code = lib.WINRAS_PENDING
            while code == lib.WINRAS_PENDING:
                code = lib.winras_step(operation, threading.active_count())
            if code != lib.WINRAS_STILL_HELD:
                check(code, ffi.string(lib.winras_function(operation)).decode("ascii"))
            return code
        finally:
            self.end()

    def cancel(self) -> None:
        """Make `run` raise RasError 1223; nothing if it is over."""
        with self._lock:
            if self._operation is not None:
                lib.winras_cancel(self._operation)

    def end(self) -> None:
        """Free what the shim holds for it."""
        with self._lock:
            operation, self._operation = self._operation, None
            if operation is not None:
                lib.winras_end(operation)


def _to_target(record: ConnectionRecord) -> _Target:
    return ffi.new(
        "winras_target *",
        {
            "handle": record.handle,
            "parent": record._parent,
            "sub_entry": record.sub_entry if record._parent else 0,
            "enumerated": not record._parent,
            "entry_id": record.entry_id.bytes_le if record.entry_id else bytes(16),
            "correlation_id": record.correlation_id.bytes_le
            if record.correlation_id
            else bytes(16),
        },
    )


def hang_up(record: ConnectionRecord, timeout: float, all_references: bool) -> bool:
    """RasHangUp and the wait for its end: whether the connection is gone."""
    target = _to_target(record)
    operation = Operation(
        lambda begun: lib.winras_begin_hang_up(
            record._service, target, to_microseconds(timeout), all_references, begun
        ),
        "RasHangUp",
    )
    try:
        return operation.run() == 0
    except RasTimeoutError as timed_out:
        raise error(
            _ERROR_TIMEOUT,
            timed_out.function,
            f"{record.name!r} was hung up but is not gone after {round(timeout, 3):g} s; "
            "Windows goes on with the hang-up",
        ) from None


def wait_closed(record: ConnectionRecord, timeout: float | None) -> None:
    """Wait until the connection's handle is dead."""
    target = _to_target(record)
    microseconds = -1 if timeout is None else to_microseconds(timeout)
    operation = Operation(
        lambda begun: lib.winras_begin_wait_closed(record._service, target, microseconds, begun),
        "RasGetConnectStatus",
    )
    try:
        operation.run()
    except RasTimeoutError as timed_out:
        raise error(
            _ERROR_TIMEOUT,
            timed_out.function,
            f"{record.name!r} is still there after {round(timeout or 0.0, 3):g} s",
        ) from None


def unfinished_hang_ups() -> int:
    """How many hang-ups were issued here and have not been seen to end."""
    return lib.winras_unfinished(service())


@atexit.register
def finish_hang_ups() -> None:
    """Wait until the hang-ups issued here have ended, `FINISH_SECONDS` at most in all.

    A program that ends right after RasHangUp may leave the port in an inconsistent state
    (RasHangUp's page); this runs at exit. The limit holds in the service's time and in real time.
    """
    of_service = service()
    if not unfinished_hang_ups():
        return
    limit = time.monotonic() + FINISH_SECONDS
    begun = ffi.new("winras_operation **")
    if lib.winras_begin_finish(of_service, to_microseconds(FINISH_SECONDS), begun):
        return
    try:
        while (
            lib.winras_step(begun[0], threading.active_count()) == lib.WINRAS_PENDING
            and time.monotonic() < limit
        ):
            pass
    finally:
        lib.winras_end(begun[0])
