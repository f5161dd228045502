"""The only importer of the compiled module: its calls, errors, texts and structures as Python."""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar
from uuid import UUID

from ._enums import ConnectionFlags, ConnectionState, ConnectionSubstate
from ._models import (
    Addresses,
    ConnectionRecord,
    DialProgress,
    Statistics,
    Status,
)
from ._ras import ffi, lib
from .exceptions import RasError, RasTimeoutError, class_for

if TYPE_CHECKING:
    from ._ras import _Bytes, _Connection, _Dialling, _Endpoint, _Operation, _Pointer, _Target

__all__ = [
    "FINISH_SECONDS",
    "Dial",
    "HangUp",
    "Operation",
    "Reasons",
    "WaitClosed",
    "WatchOperation",
    "awaited_threads",
    "awaiting",
    "before_await",
    "check",
    "clear_statistics",
    "count_link_signals",
    "enumerate_connections",
    "error",
    "error_message",
    "error_name",
    "ffi",
    "finish_hang_ups",
    "forget_links",
    "get_addresses",
    "get_statistics",
    "get_status",
    "get_sub_entry",
    "heal",
    "lib",
    "lost",
    "now",
    "register",
    "registration",
    "service",
    "to_microseconds",
    "to_names",
    "unfinished_hang_ups",
    "wall_time",
    "watch_links",
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
_ERROR_NO_CONNECTION = 668
_ERROR_PASSWD_EXPIRED = 648
_ERROR_AUTHENTICATION_FAILURE = 691
_ERROR_INTERACTIVE_MODE = 703
_ERROR_PROJECTION_NOT_COMPLETE = 730
_ERROR_CANCELLED = 1223
_ERROR_TIMEOUT = 1460

_ENDPOINT_IPV4 = 1
_ENDPOINT_IPV6 = 2
_LINK_LOCAL_PREFIX = 64

_LONGEST_WAIT = 2**62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


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
    if code == lib.WINRAS_DEADLOCK:
        raise RuntimeError(
            "this wait could never end: this is the thread that entered the Simulator, and, if its "
            "clock is manual, no other thread is free to call advance(): wait in another thread; "
            "if it is automatic, nothing is planned that could end the wait: give it a timeout, "
            "or plan something with at="
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


#: What a Simulator does before a call of `winras.aio` waits in its own thread's event loop.
before_await: Callable[[], None] | None = None

_awaited: set[threading.Thread] = set()


@contextlib.contextmanager
def awaiting(thread: threading.Thread) -> Iterator[None]:
    """Start a thread that an event loop waits for."""
    if before_await is not None and lib.sim_jumps_for_caller():
        before_await()
    thread.start()
    _awaited.add(thread)
    try:
        yield
    finally:
        _awaited.discard(thread)


def awaited_threads() -> list[int]:
    """The threads that event loops wait for, as the system numbers them."""
    return [thread.native_id for thread in tuple(_awaited) if thread.native_id is not None]


def to_names(name_of: Callable[[int], _Pointer[bytes]]) -> list[str]:
    """Names that the compiled module gives by index, up to its NULL."""
    names: list[str] = []
    while name := name_of(len(names)):
        names.append(ffi.string(name).decode("ascii"))
    return names


# ---- calls ----


def enumerate_connections(make: type[_Record], of_service: int) -> list[_Record]:
    """RasEnumConnections."""
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


def _link_of(record: ConnectionRecord) -> tuple[int, int]:
    """The connection's handle and, of a link, its number in it."""
    return (record._parent, record.sub_entry) if record._parent else (record.handle, 0)


def _statistics_function(record: ConnectionRecord, verb: str) -> str:
    return f"Ras{verb}{'Link' if record._parent else 'Connection'}Statistics"


def get_statistics(record: ConnectionRecord) -> Statistics:
    """RasGetConnectionStatistics, or RasGetLinkStatistics."""
    native = ffi.new("winras_statistics *")
    check(
        lib.winras_get_statistics(record._service, *_link_of(record), native),
        _statistics_function(record, "Get"),
    )
    return Statistics(
        bytes_sent=native.bytes_sent,
        bytes_received=native.bytes_received,
        frames_sent=native.frames_sent,
        frames_received=native.frames_received,
        crc_errors=native.crc_errors,
        timeout_errors=native.timeout_errors,
        alignment_errors=native.alignment_errors,
        hardware_overrun_errors=native.hardware_overrun_errors,
        framing_errors=native.framing_errors,
        buffer_overrun_errors=native.buffer_overrun_errors,
        compression_ratio_in=native.compression_ratio_in,
        compression_ratio_out=native.compression_ratio_out,
        bits_per_second=native.bits_per_second,
        connected_seconds=native.connected_ms / 1000,
    )


def clear_statistics(record: ConnectionRecord) -> None:
    """RasClearConnectionStatistics, or RasClearLinkStatistics."""
    check(
        lib.winras_clear_statistics(record._service, *_link_of(record)),
        _statistics_function(record, "Clear"),
    )


def get_addresses(record: ConnectionRecord) -> Addresses:
    """RasGetProjectionInfoEx, and the ends of the tunnel from the status."""
    native = ffi.new("winras_addresses *")
    code = lib.winras_get_addresses(record._service, record.handle, native)
    projected = code != _ERROR_PROJECTION_NOT_COMPLETE
    if projected:
        check(code, "RasGetProjectionInfoEx")
    status = get_status(record)
    has_ipv4 = projected and not native.ipv4_error
    has_ipv6 = projected and not native.ipv6_error
    ipv6 = _to_ipv6(native.ipv6, native.ikev2) if has_ipv6 else None
    servers = [_to_address(native.servers[number]) for number in range(native.server_count)]
    return Addresses(
        projected=projected,
        ipv4=_to_ipv4(native.ipv4) if has_ipv4 else None,
        ipv4_server=_to_ipv4(native.ipv4_server) if has_ipv4 else None,
        ipv4_error=native.ipv4_error,
        ipv6=ipv6,
        ipv6_server=_to_ipv6(native.ipv6_server, native.ikev2) if has_ipv6 else None,
        ipv6_error=native.ipv6_error,
        ipv6_prefix_length=_prefix_length(ipv6, native.ipv6_prefix_length, native.ikev2),
        more_servers=tuple(server for server in servers if server is not None),
        local_endpoint=status.local_endpoint,
        remote_endpoint=status.remote_endpoint,
    )


def _to_ipv4(address: _Bytes) -> IPv4Address | None:
    packed = bytes(ffi.buffer(address))
    return IPv4Address(packed) if any(packed) else None


def _to_ipv6(address: _Bytes, ikev2: int) -> IPv6Address | None:
    """None of zeros; what PPP negotiates is the identifier of a link-local address (RFC 5072)."""
    packed = bytes(ffi.buffer(address))
    if not any(packed):
        return None
    return IPv6Address(packed if ikev2 else b"\xfe\x80".ljust(8, b"\0") + packed[8:])


def _prefix_length(address: IPv6Address | None, told: int, ikev2: int) -> int:
    if address is None:
        return 0
    return told if ikev2 else _LINK_LOCAL_PREFIX


# ---- waits ----


_ANSWERS = (
    lib.WINRAS_STILL_HELD,
    lib.WINRAS_LOOK,
    lib.WINRAS_PAUSED,
    lib.WINRAS_TIMED_OUT,
    lib.WINRAS_CANCELLED,
)


class Operation:
    """A wait in the shim, begun by the first `wait`; `close` ends it from any thread."""

    def __init__(
        self, begin: Callable[[_Pointer[_Pointer[_Operation]]], int], function: str
    ) -> None:
        self._begin = begin
        self._function = function
        self._lock = threading.RLock()
        # C puts what has begun here, and takes it away, so that no Ctrl+C comes in between.
        self._begun = ffi.new("winras_operation **")
        self._used = False
        self._closed = False

    def __del__(self) -> None:
        if hasattr(self, "_closed"):
            self._used = False
            self.close()

    def start(self) -> None:
        """Begin, if nothing has begun it yet."""
        if not self._begun[0] and not self._closed:
            check(self._begin(self._begun), self._function)

    @contextlib.contextmanager
    def _in_use(self) -> Iterator[_Pointer[_Operation] | None]:
        """What has begun, which `close` does not free meanwhile; None if it is closed.

        The lock may be taken again by a signal handler that calls `close` in this very thread,
        so each step here must be right if a close comes in between.
        """
        with self._lock:
            if self._used:
                raise RuntimeError("another thread waits for this already")
            self._used = True
        try:
            # Not under the lock: it calls RAS, and `close` must not wait for that.
            self.start()
            yield None if self._closed else self._begun[0]
        finally:
            with self._lock:
                self._used = False
                if self._closed:
                    self._end()

    def wait(self) -> int:
        """Wait for the next answer of the shim that is not from RAS, or 0; raise the others.

        Each step is short, so that signals such as Ctrl+C are seen between them.
        """
        with self._in_use() as begun:
            if begun is None:
                return lib.WINRAS_CANCELLED
            code = lib.WINRAS_PENDING
            while code in (lib.WINRAS_PENDING, lib.WINRAS_PROGRESS):
                code = lib.winras_step(begun, threading.active_count())
                if code == lib.WINRAS_PROGRESS:
                    self._tell(begun)
            self._function = ffi.string(lib.winras_function(begun)).decode("ascii")
            self._answered(begun, code)
            if code not in _ANSWERS:
                check(code, self._function)
            return code

    def _tell(self, begun: _Pointer[_Operation]) -> None:
        """There is progress to tell."""

    def _answered(self, begun: _Pointer[_Operation], code: int) -> None:
        """The wait is over, and the operation not ended yet."""

    @property
    def is_used(self) -> bool:
        """A thread waits for it."""
        return self._used

    def close(self) -> None:
        """End it; a `wait` of another thread answers WINRAS_CANCELLED."""
        with self._lock:
            self._closed = True
            if not self._used:
                self._end()
            elif self._begun[0]:
                lib.winras_cancel(self._begun[0])

    def run_once(self, late: str) -> int:
        """Wait for the only answer, and end it."""
        try:
            return self.wait_once(late)
        finally:
            self.close()

    def wait_once(self, late: str) -> int:
        """Wait for an answer; that time is over, or that it was closed, are raised."""
        code = self.wait()
        if code == lib.WINRAS_TIMED_OUT:
            raise error(_ERROR_TIMEOUT, self._function, late)
        if code == lib.WINRAS_CANCELLED:
            raise error(_ERROR_CANCELLED, self._function)
        return code

    def _end(self) -> None:
        lib.winras_end(self._begun)


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


class HangUp(Operation):
    """RasHangUp and the wait for its end."""

    def __init__(self, record: ConnectionRecord, timeout: float, all_references: bool) -> None:
        target = _to_target(record)
        microseconds = to_microseconds(timeout)
        super().__init__(
            lambda begun: lib.winras_begin_hang_up(
                record._service, target, microseconds, all_references, begun
            ),
            "RasHangUp",
        )
        self._late = (
            f"{record.name!r} was hung up but is not gone after {round(timeout, 3):g} s; "
            "RAS goes on with the hang-up"
        )

    def run(self) -> bool:
        """Whether the connection is gone."""
        return self.run_once(self._late) == 0


class WaitClosed(Operation):
    """The wait until a connection's handle is dead."""

    def __init__(self, record: ConnectionRecord, timeout: float | None) -> None:
        target = _to_target(record)
        microseconds = -1 if timeout is None else to_microseconds(timeout)
        super().__init__(
            lambda begun: lib.winras_begin_wait_closed(
                record._service, target, microseconds, begun
            ),
            "RasGetConnectStatus",
        )
        self._late = f"{record.name!r} is still there after {round(timeout or 0.0, 3):g} s"

    def run(self) -> None:
        """Wait to the end."""
        self.run_once(self._late)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a watch looks: what was signalled since the last look, and whether it is the check."""

    connection: bool
    disconnection: bool
    any: bool
    check: bool

    def __or__(self, later: Reasons) -> Reasons:
        """What a look has not used, and what came after it."""
        return Reasons(
            connection=self.connection or later.connection,
            disconnection=self.disconnection or later.disconnection,
            any=self.any or later.any,
            check=self.check or later.check,
        )


class WatchOperation(Operation):
    """The wait for signals and periodic checks; it begins at once."""

    def __init__(self, of_service: int, timeout: float | None, check_every: float) -> None:
        self.service = of_service
        microseconds = -1 if timeout is None else to_microseconds(timeout)
        every = max(to_microseconds(check_every), 1)
        super().__init__(
            lambda begun: lib.winras_begin_watch(of_service, microseconds, every, begun),
            "RasEnumConnections",
        )
        self.start()

    def wait_for_look(self) -> bool:
        """Wait until it is time to look; False when the watch is over or closed."""
        return self.wait() == lib.WINRAS_LOOK

    @contextlib.contextmanager
    def look(self) -> Iterator[Reasons]:
        """A look: what is signalled from its beginning on asks for another."""
        with self._in_use() as begun:
            reasons = ffi.new("winras_reasons *")
            if begun is not None:
                lib.winras_look(begun, reasons)
            try:
                yield Reasons(
                    connection=bool(reasons.connection),
                    disconnection=bool(reasons.disconnection),
                    any=bool(reasons.any),
                    check=bool(reasons.check),
                )
            finally:
                if begun is not None:
                    lib.winras_looked(begun)

    def look_again(self, seconds: float) -> None:
        """During a look: let the next check be due so soon."""
        if self._begun[0]:
            lib.winras_look_again(self._begun[0], to_microseconds(seconds))


_Listed = TypeVar("_Listed", bound=ConnectionRecord)

# What Windows wants of a user in a paused state, with the error that it fails others with.
_WANTED = {
    ConnectionState.Interactive: (
        _ERROR_INTERACTIVE_MODE,
        "the entry wants to show a terminal or a script to its user; switch that off",
    ),
    ConnectionState.RetryAuthentication: (
        _ERROR_AUTHENTICATION_FAILURE,
        "the server refuses these credentials and asks for others",
    ),
    ConnectionState.CallbackSetByCaller: (
        _ERROR_INTERACTIVE_MODE,
        "the server wants a number at which it can call back, which winras does not give",
    ),
    ConnectionState.PasswordExpired: (
        _ERROR_PASSWD_EXPIRED,
        "the password has expired, and the server wants a new one; change it, then dial again",
    ),
    ConnectionState.InvokeEapUI: (
        _ERROR_INTERACTIVE_MODE,
        "its EAP method wants to show a window; connect once in Windows' own network settings",
    ),
}
_WANTED_UNKNOWN = (_ERROR_INTERACTIVE_MODE, "Windows wants something of its user")


class Secret(Protocol):
    """Who dials."""

    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def domain(self) -> str: ...


class Dial(Operation, Generic[_Listed]):
    """RasDial and the wait until its connection is up; a context manager.

    Who leaves the block without an error has the connection; else it is hung up.
    """

    def __init__(
        self,
        make: type[_Listed],
        texts: dict[str, str],
        credentials: Secret | None,
        *,
        sub_entry: int,
        timeout: float,
        on_progress: Callable[[DialProgress], object] | None,
    ) -> None:
        self._of_service = service()
        self._make = make
        self._texts = texts
        self._credentials = credentials
        self._sub_entry = sub_entry
        self._timeout = timeout
        self._on_progress = on_progress
        self._name = texts["name"] or texts["phone_number"]
        self._state = ConnectionState.OpenPort
        self._connection: _Listed | None = None
        super().__init__(self._begin_dial, "RasDial")
        _dials.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            lib.winras_take(self._begun)
        else:
            self.close()

    @property
    def is_closed(self) -> bool:
        """Nobody waits for it any more."""
        return self._closed

    def _begin_dial(self, begun: _Pointer[_Pointer[_Operation]]) -> int:
        # The password is in no variable here, which a traceback might show.
        dialling = ffi.new(
            "winras_dialling *",
            {
                **self._texts,
                "sub_entry": self._sub_entry,
                "user": self._credentials.user if self._credentials else "",
                "password": self._credentials.password if self._credentials else "",
                "domain": self._credentials.domain if self._credentials else "",
            },
        )
        self._credentials = None
        try:
            return lib.winras_begin_dial(
                self._of_service, dialling, to_microseconds(self._timeout), begun
            )
        finally:
            _wipe(dialling)

    def _tell(self, begun: _Pointer[_Operation]) -> None:
        native = ffi.new("winras_progress *")
        while lib.winras_read_progress(begun, native):
            if self._on_progress is not None:
                self._on_progress(
                    DialProgress(
                        state=ConnectionState(native.state),
                        error=native.error,
                        sub_entry=native.sub_entry,
                        elapsed=native.elapsed / 1e6,
                    )
                )

    def _answered(self, begun: _Pointer[_Operation], code: int) -> None:
        state = ffi.new("uint32_t *")
        handle = lib.winras_dialled(begun, state)
        self._state = ConnectionState(state[0])
        if code == 0:
            listed = enumerate_connections(self._make, self._of_service)
            found = [record for record in listed if record.handle == handle]
            if not found:
                raise error(
                    _ERROR_NO_CONNECTION,
                    "RasEnumConnections",
                    f"{self._name!r} has connected, but is not listed, and was hung up",
                )
            self._connection = found[0]

    def run(self) -> _Listed:
        """The connection."""
        late = (
            f"{self._name!r} is not connected after {round(self._timeout, 3):g} s, and was hung up"
        )
        try:
            code = self.wait_once(late)
        except RasError as failed:
            if isinstance(failed, RasTimeoutError):
                raise
            if failed.function == "RasGetEapUserIdentity":
                message = f"{self._name!r}: {failed.message}"
                if failed.code == _ERROR_INTERACTIVE_MODE:
                    message += f" {failed.hint}"
            elif failed.function == "RasDial":
                message = f"{self._name!r} failed in {self._state.name}: {failed.message}"
            else:
                raise
            raise error(failed.code, failed.function, message) from None
        if code == lib.WINRAS_PAUSED:
            number, wanted = _WANTED.get(self._state, _WANTED_UNKNOWN)
            message = f"{self._name!r} was hung up in {self._state.name}: {wanted}"
            raise error(number, "RasDial", message)
        assert self._connection is not None
        return self._connection


# What nobody has must be hung up, at the end of the program too.
_dials: weakref.WeakSet[Operation] = weakref.WeakSet()


def _end_dials() -> None:
    """End what daemon threads still dial, and wait until they have hung it up, or some time."""
    for dial in tuple(_dials):
        dial.close()
    limit = time.monotonic() + 4 * lib.WINRAS_SLICE_MS / 1000
    while any(dial.is_used for dial in tuple(_dials)) and time.monotonic() < limit:
        time.sleep(0.01)


def _wipe(dialling: _Dialling) -> None:
    memory = ffi.buffer(dialling)
    memory[:] = bytes(len(memory))


def now(of_service: int) -> float:
    """The service's clock, in seconds; it never goes back."""
    return lib.winras_now(of_service) / 1e6


def wall_time(of_service: int) -> datetime:
    """What the service's clock shows, in UTC."""
    # A simulation may go on after the last year that datetime has.
    return _EPOCH + min(timedelta(microseconds=lib.winras_wall(of_service)), _LAST - _EPOCH)


def watch_links(record: ConnectionRecord) -> None:
    """Have RAS signal what happens to the links of a multilink connection."""
    lib.winras_watch_links(record._service, _to_target(record))


def count_link_signals(record: ConnectionRecord) -> int:
    """How often that was signalled."""
    return lib.winras_link_signals(record._service, _to_target(record))


def forget_links(record: ConnectionRecord) -> None:
    """Use what `watch_links` took for other connections: this one has ended."""
    lib.winras_forget_links(record._service, _to_target(record))


def heal(of_service: int) -> None:
    """Register anew, at most once a minute: a change came without a signal."""
    lib.winras_heal(of_service)


def lost(of_service: int, registration: int) -> None:
    """Take what was registered up to then for lost: the service does not answer."""
    lib.winras_lost(of_service, registration)


def register(of_service: int) -> None:
    """Register what is not registered."""
    lib.winras_register(of_service)


def registration(of_service: int) -> int:
    """How often RAS has been asked for signals."""
    return lib.winras_registration(of_service)


def unfinished_hang_ups() -> int:
    """How many hang-ups were issued here and have not been seen to end."""
    return lib.winras_unfinished(service())


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
        lib.winras_end(begun)


@atexit.register
def _finish_at_exit() -> None:
    # A second Ctrl+C is the wish to wait no more.
    with contextlib.suppress(KeyboardInterrupt):
        _end_dials()
        finish_hang_ups()
