"""Calls of the compiled module `winras._ras`: Python values in and out, errors as exceptions.

This is the only module that imports the compiled one. Five others are given `ffi` and `lib` from
here: `_log`, which reads what C has called, `_operations`, which waits in C, and `_autojump`,
`_history` and `testing`, which control the simulator. All other modules see Python values only.
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from sys import intern

from ._enums import ConnectionFlags, ConnectionState, ConnectionSubstate, win32_code
from ._log import logged
from ._models import (
    ConnectionDraft,
    ConnectionRecord,
    Status,
    StatusDraft,
)
from .exceptions import RasError, RasUnavailableError, class_for

try:
    from ._ras import ffi
    from ._ras import lib as unlogged
except ImportError as failed:
    raise ImportError(
        f"winras._ras, the compiled part of winras, cannot be imported: {failed}. In a "
        "sub-interpreter it never can: since Python 3.12 these refuse modules that do not say that "
        "they support them, and what cffi builds does not. Import winras in the main interpreter, "
        "and use a process where you would use a sub-interpreter. Anywhere else, install winras "
        "again with the pip of this Python.",
        name=failed.name,
        path=failed.path,
    ) from failed

# Type checkers take it for true; it spares everybody else the import of typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address
    from typing import Protocol, Self, TypeVar
    from uuid import UUID

    from ._details import Addresses, Device, EntryName, SavedCredentials, Statistics
    from ._ras import _Block, _Bytes, _Device, _EntryName, _Pointer, _Target

    _Record = TypeVar("_Record", bound=ConnectionRecord)
    _Native = TypeVar("_Native")
    _Value = TypeVar("_Value")

    class Secret(Protocol):
        """`winras.Credentials`, of which nothing here may keep the password."""

        @property
        def user(self) -> str: ...
        @property
        def password(self) -> str: ...
        @property
        def domain(self) -> str: ...


__all__ = [
    "ACTIVE",
    "NO_BLOCK",
    "Claim",
    "clear_statistics",
    "compare_texts",
    "copy_block",
    "delete_entry",
    "entry_members",
    "entry_sizes",
    "error",
    "error_codes",
    "error_message",
    "error_name",
    "ffi",
    "find_entry",
    "find_error_message",
    "get_addresses",
    "get_credentials",
    "get_entry",
    "get_library",
    "get_rasman",
    "get_statistics",
    "get_status",
    "get_sub_entry",
    "get_sub_entry_properties",
    "is_same_text",
    "lib",
    "list_connections",
    "list_devices",
    "list_entries",
    "list_snapshot",
    "missing_functions",
    "no_rasman",
    "now",
    "raise_for",
    "read_connections",
    "read_events",
    "read_numbers",
    "read_snapshot",
    "refusal",
    "register",
    "rename_entry",
    "served_names",
    "service",
    "set_credentials",
    "set_entry",
    "set_sub_entry_properties",
    "suspended",
    "to_date",
    "to_microseconds",
    "to_names",
    "to_target",
    "unfinished_hang_ups",
    "unlogged",
    "validate_entry_name",
    "wall_time",
    "wipe",
]

lib = logged(unlogged, ffi)

_ERROR_MOD_NOT_FOUND = 126
_ERROR_PROC_NOT_FOUND = 127
_ERROR_ALREADY_EXISTS = 183
_ERROR_NO_MORE_ITEMS = 259
_ERROR_SERVICE_DISABLED = 1058
_ERROR_NOT_FOUND = 1168
_ERROR_PORT_NOT_OPEN = 618
_ERROR_PROJECTION_NOT_COMPLETE = 730

_ENDPOINT_IPV4 = 1
_ENDPOINT_IPV6 = 2
_LINK_LOCAL_PREFIX = 64
_REN_ALL_USERS = 1
_RASCM_PASSWORD = 2

_LONGEST_WAIT = 2**62
#: By what name other processes know a simulated service, of those that they know.
served_names: dict[int, str] = {}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


# ---- errors ----


def error_name(code: int) -> str:
    """The native name of an error number, or "" if it is unknown."""
    name = lib.winras_error_name(win32_code(code & 0xFFFFFFFF))
    return ffi.string(name).decode("ascii") if name else ""


def error_codes() -> dict[str, int]:
    """Every error number that has a name, by its native name."""
    codes = itertools.takewhile(bool, map(lib.winras_error_code, itertools.count()))
    return {error_name(code): code for code in codes}


def error_message(code: int) -> str:
    """RAS's text for an error number; our own if RAS has none, or this system has no RAS."""
    return find_error_message(code) or "There is no description of this error."


def find_error_message(code: int) -> str:
    """As `error_message`, but "" if the number is unknown."""
    code = win32_code(code & 0xFFFFFFFF)
    text = ffi.new("char16_t[]", lib.WINRAS_TEXT)
    if lib.winras_get_error_string(service(), code, text, lib.WINRAS_TEXT) == 0:
        message = " ".join(ffi.string(text).split())
        if message:
            return message
    own = lib.winras_error_text(code)
    return ffi.string(own).decode("ascii") if own else ""


_UNAVAILABLE = {
    _ERROR_MOD_NOT_FOUND: (
        "this system has no Windows Remote Access Service (rasapi32.dll cannot be loaded); "
        "without Windows, use winras.testing.Simulator or winras --simulate"
    ),
    _ERROR_PROC_NOT_FOUND: "the rasapi32.dll of this system does not have this function",
    _ERROR_SERVICE_DISABLED: (
        "the Windows service Remote Access Connection Manager (RasMan) is disabled on this "
        "machine; an administrator enables it with: sc.exe config RasMan start= demand"
    ),
}

# The same of the event log.
_NO_EVENTS = {
    _ERROR_MOD_NOT_FOUND: (
        "this system has no Windows Event Log, or no Windows Remote Access Service (wevtapi.dll or "
        "rasapi32.dll cannot be loaded); without Windows, use winras.testing.Simulator or winras "
        "--simulate"
    ),
    _ERROR_PROC_NOT_FOUND: (
        "the wevtapi.dll of this system cannot read events (Wine's cannot), so that there is "
        "nothing to tell why from"
    ),
}


def error(code: int, function: str, message: str = "") -> RasError:
    """The exception for an error that a RAS function answered."""
    if not message and code in _UNAVAILABLE:
        message = f"{function}: {_UNAVAILABLE[code]}"
    return class_for(code)(code, error_name(code), message or error_message(code), function)


def raise_for(code: int, function: str) -> None:
    """Raise the exception for a code of the shim; do nothing for 0, which is success."""
    if code == lib.WINRAS_OTHER_SERVICE:
        raise RuntimeError(
            "this connection belongs to a RAS service that is not the active one: its Simulator "
            "has ended, or another service is active now; call connections() again"
        )
    if code == lib.WINRAS_DEADLOCK:
        raise RuntimeError(
            "nothing can end this wait. Manual clock: wait in another thread, so that this one can "
            "call advance(). Automatic clock: give a timeout, or plan an event with at="
        )
    if code:
        raise error(code, function)


# ---- values ----


def service() -> int:
    """The number of the active RAS service: 0 for Windows' own."""
    return lib.winras_active_service()


def no_rasman(of_service: int) -> int:
    """Why nothing can be up: 1062, RasMan is stopped or starting; 1058, it is disabled; or 0."""
    return lib.winras_no_rasman(of_service)


def get_library(of_service: int) -> tuple[str, str]:
    """The path of rasapi32.dll and its version; "" for a simulated service, or if it has none."""
    native = ffi.new("winras_library *")
    raise_for(lib.winras_get_library(of_service, native), "GetModuleFileName")
    version = native.version.to_bytes(8, "big")
    numbers = [str(int.from_bytes(version[at : at + 2], "big")) for at in range(0, 8, 2)]
    return ffi.string(native.path), ".".join(numbers) if native.version else ""


def missing_functions(of_service: int) -> list[str]:
    """The RAS functions that winras may call and this Windows lacks."""
    return to_names(lambda number: lib.winras_missing_function(of_service, number))


_RASMAN_STATES = {
    lib.WINRAS_RASMAN_RUNNING: "running",
    lib.WINRAS_RASMAN_STARTING: "starting",
    lib.WINRAS_RASMAN_STOPPED: "stopped",
    lib.WINRAS_RASMAN_DISABLED: "disabled",
}
_START_TYPES = {0: "boot", 1: "system", 2: "automatic", 3: "manual", 4: "disabled"}


def get_rasman(of_service: int) -> tuple[str | None, str | None, int]:
    """RasMan's state and start type, None if the service manager does not say, and its error."""
    state, start_type = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    code = lib.winras_get_rasman(of_service, state, start_type)
    starts = None if code else _START_TYPES.get(start_type[0])
    return _RASMAN_STATES.get(state[0]), starts, code


def refusal(of_service: int) -> int:
    """Why RAS has refused a registration of RasConnectionNotification, or 0."""
    return lib.winras_refusal(of_service)


def to_microseconds(seconds: float) -> int:
    """Convert seconds to the unit of the shim."""
    return min(round(min(seconds, _LONGEST_WAIT / 1e6) * 1e6), _LONGEST_WAIT)


def to_target(record: ConnectionRecord) -> _Target:
    """Convert a connection or link to what the shim recognizes it by."""
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


def to_names(name_of: Callable[[int], _Pointer[bytes]]) -> list[str]:
    """List the names that a function of the compiled module gives by number, up to its NULL."""
    names: list[str] = []
    while name := name_of(len(names)):
        names.append(ffi.string(name).decode("ascii"))
    return names


# ---- blocks ----

# How many members winras_block has, which of them counts the connections, and a block that is the
# same as no other.
_HEAD = 5
_CONNECTIONS = 3
NO_BLOCK = bytes(8 * _HEAD)
# For the number of whichever service is active.
ACTIVE = lib.WINRAS_ACTIVE_SERVICE

# How many numbers a record has.
_CONNECTION_NUMBERS = lib.WINRAS_CONNECTION_NUMBERS
_STATUS_NUMBERS = lib.WINRAS_STATUS_NUMBERS
_IS_NEW = lib.WINRAS_IS_NEW

# To make one of these takes longer than all else of a connection.
_to_flags = lru_cache(maxsize=64)(ConnectionFlags)
_to_state = lru_cache(maxsize=64)(ConnectionState)
_to_substate = lru_cache(maxsize=64)(ConnectionSubstate)


@cache
def _uuid_class() -> type[UUID]:
    from uuid import UUID  # noqa: PLC0415  only who has a connection needs it

    return UUID


@lru_cache(maxsize=64)
def _to_uuid(number: int) -> UUID | None:
    return _uuid_class()(int=number) if number else None


@lru_cache(maxsize=128)
def _to_address(kind: int, number: int) -> IPv4Address | IPv6Address | None:
    # RASTUNNELENDPOINT's type may be unknown although the connection is up.
    from ipaddress import IPv4Address, IPv6Address  # noqa: PLC0415  only who has one needs it

    if kind == _ENDPOINT_IPV4:
        return IPv4Address(number >> 96)
    return IPv6Address(number) if kind == _ENDPOINT_IPV6 else None


def _take_block(block: _Block) -> bytes:
    """Copy a block that the compiled module gave, and free it."""
    try:
        return bytes(ffi.buffer(block, block.size))
    finally:
        unlogged.winras_free(block)


def copy_block(block: object, size: int) -> bytes:
    """Copy a block of the compiled module."""
    return bytes(ffi.buffer(block, size))


def read_numbers(numbers: _Pointer[int], count: int) -> list[int]:
    """Copy an array of the compiled module."""
    return ffi.unpack(numbers, count)


def list_connections(last: bytes, of_service: int) -> bytes | None:
    """RasEnumConnections, as a block for `read_connections`; None if it is the same as *last*."""
    block = lib.winras_list_connections(of_service, last)
    return _take_block(block) if block else None


def list_snapshot(last: bytes, of_service: int) -> bytes | None:
    """As `list_connections`, with a RasGetConnectStatus of each: a block for `read_snapshot`."""
    block = lib.winras_snapshot(of_service, last)
    return _take_block(block) if block else None


def read_connections(
    make: type[_Record], block: bytes, last: bytes, known: list[_Record]
) -> list[_Record]:
    """The connections of a block, or the error that it tells.

    Of those that are the same in the *last* block, the objects that are *known* from it.
    """
    code, service, numbers = _open(block)
    if code:
        raise_for(code, "RasEnumConnections")
    return [
        known[same] if same != _IS_NEW else _to_connection(make, service, block, numbers, place)
        for place, same in enumerate(_find_same(block, numbers[_CONNECTIONS], last, len(known)))
    ]


def read_snapshot(
    make: type[_Record], block: bytes, last: bytes, known: list[tuple[_Record, Status]]
) -> list[tuple[_Record, Status]]:
    """As `read_connections`, each with its status."""
    code, service, numbers = _open(block)
    if code and code != lib.WINRAS_OTHER_SERVICE and numbers[_CONNECTIONS]:
        connection = _to_connection(make, service, block, numbers, 0)
        text = f"{connection}: {error_message(code)}"
        raise error(code, "RasGetConnectStatus", text)
    if code:
        raise_for(code, "RasEnumConnections")
    return [
        known[same]
        if same != _IS_NEW
        else (
            _to_connection(make, service, block, numbers, 2 * place),
            _to_status(block, numbers, 2 * place + 1),
        )
        for place, same in enumerate(_find_same(block, numbers[_CONNECTIONS], last, len(known)))
    ]


def _open(block: bytes) -> tuple[int, int, memoryview[int]]:
    """The code and the service of a block, and all of it as numbers of 64 bits."""
    numbers = memoryview(block).cast("Q")
    _, code, service, _, _ = numbers[:_HEAD].tolist()
    return code, service, numbers


def _find_same(block: bytes, count: int, last: bytes, known: int) -> list[int]:
    """For each connection of a block, its place in the *last* one, or _IS_NEW."""
    # With one connection each, and that the same, the blocks would be the same.
    if count * known < 2:
        return [_IS_NEW] * count
    same = ffi.new("uint32_t[]", count)
    unlogged.winras_find_same(block, last, same)
    return read_numbers(same, count)


def _read_record(
    block: bytes, numbers: memoryview[int], place: int, count: int
) -> tuple[list[int], str]:
    """So many numbers of a record, and its texts."""
    begin, end = numbers[_HEAD + place : _HEAD + place + 2].tolist()
    texts, _ = codecs.utf_16_le_decode(block[begin + 8 * count : end], "surrogatepass")
    return numbers[begin // 8 : begin // 8 + count].tolist(), texts


def _to_connection(
    make: type[_Record], service: int, block: bytes, numbers: memoryview[int], place: int
) -> _Record:
    record, texts = _read_record(block, numbers, place, _CONNECTION_NUMBERS)
    draft = ConnectionDraft()
    draft.handle, draft.sub_entry, flags, draft.luid, entry_high, entry_low, high, low = record
    draft.name, kind, device, phonebook, _ = texts.split("\0", 4)
    draft.device_type = intern(kind)
    draft.device_name = intern(device)
    draft.phonebook = intern(phonebook)
    draft.entry_id = _to_uuid(entry_high << 64 | entry_low)
    draft.flags = _to_flags(flags)
    draft.correlation_id = _to_uuid(high << 64 | low)
    draft._service = service
    draft._parent = 0
    draft.__class__ = make  # type: ignore[assignment]
    return draft  # type: ignore[return-value]


def _to_status(block: bytes, numbers: memoryview[int], place: int) -> Status:
    record, texts = _read_record(block, numbers, place, _STATUS_NUMBERS)
    state, substate, code, local, local_high, local_low, remote, high, low = record
    kind, device, phone_number, _ = texts.split("\0", 3)
    draft = StatusDraft()
    draft.state = _to_state(state)
    draft.error = code
    draft.substate = _to_substate(substate)
    draft.device_type = intern(kind)
    draft.device_name = intern(device)
    draft.phone_number = intern(phone_number)
    draft.local_endpoint = _to_address(local, local_high << 64 | local_low)
    draft.remote_endpoint = _to_address(remote, high << 64 | low)
    draft.__class__ = Status  # type: ignore[assignment]
    return draft  # type: ignore[return-value]


# ---- calls ----


def _take_list(
    got: _Pointer[_Pointer[_Native]], count: _Pointer[int], convert: Callable[[_Native], _Value]
) -> list[_Value]:
    """Convert a list that the compiled module gave, and free it."""
    try:
        return [convert(got[0][number]) for number in range(count[0])]
    finally:
        lib.winras_free(got[0])


def list_entries(phonebook: str, of_service: int) -> list[EntryName]:
    """RasEnumEntries; "" stands for the phone books in the profiles."""
    entries = ffi.new("winras_entry_name **")
    count = ffi.new("uint32_t *")
    raise_for(lib.winras_list_entries(of_service, phonebook, entries, count), "RasEnumEntries")
    return _take_list(entries, count, _to_entry_name)


def _to_entry_name(native: _EntryName) -> EntryName:
    from ._details import EntryName  # noqa: PLC0415  on demand, as are all of that module

    return EntryName(
        name=ffi.string(native.name),
        phonebook=ffi.string(native.phonebook),
        all_users=bool(native.flags & _REN_ALL_USERS),
    )


def find_entry(name: str, of_service: int) -> EntryName | None:
    """The entry of that name in the phone books in the profiles, this user's first."""
    native = ffi.new("winras_entry_name *")
    code = lib.winras_find_entry(of_service, name, native)
    if code == _ERROR_NOT_FOUND:
        return None
    raise_for(code, "RasEnumEntries")
    return _to_entry_name(native)


def is_same_text(a: str, b: str) -> bool:
    """Whether two names of entries, or two paths, are the same to Windows."""
    # C would end each at its NUL, which no name has.
    return bool(lib.winras_is_same_text(a, b)) and ("\0" in a) is ("\0" in b)


def folded(text: str) -> str:
    """The same for all that is the same to Windows, and for nothing else."""
    return "".join(u if is_same_text(u := c.upper(), c) else c for c in text)


def compare_texts(a: str, b: str) -> int:
    """Say how two names of entries, or two paths, are sorted: below 0, 0 if same, or above 0."""
    return lib.winras_compare_texts(a, b)


def list_devices(of_service: int) -> list[Device]:
    """RasEnumDevices."""
    devices = ffi.new("winras_device **")
    count = ffi.new("uint32_t *")
    raise_for(lib.winras_list_devices(of_service, devices, count), "RasEnumDevices")
    return _take_list(devices, count, _to_device)


def _to_device(native: _Device) -> Device:
    from ._details import Device  # noqa: PLC0415

    return Device(type=ffi.string(native.type), name=ffi.string(native.name))


def entry_members() -> dict[str, range]:
    """Where the members of RASENTRY are, by name."""
    members: dict[str, range] = {}
    offset, size = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    while name := lib.winras_entry_member(len(members), offset, size):
        members[ffi.string(name).decode("ascii")] = range(offset[0], offset[0] + size[0])
    return members


def entry_sizes() -> list[int]:
    """The sizes of RASENTRY that a Windows may know, newest first."""
    sizes: list[int] = []
    while size := lib.winras_entry_size(len(sizes)):
        sizes.append(size)
    return sizes


def _take_bytes(
    get: Callable[[_Pointer[_Pointer[int]], _Pointer[int]], int], function: str
) -> bytes:
    got = ffi.new("uint8_t **")
    count = ffi.new("uint32_t *")
    raise_for(get(got, count), function)
    try:
        return bytes(ffi.buffer(got[0], count[0]))
    finally:
        lib.winras_free(got[0])


def get_entry(phonebook: str, name: str, size: int, of_service: int) -> bytes:
    """RasGetEntryProperties with that dwSize; zeros may follow what it gave."""
    return _take_bytes(
        lambda got, count: lib.winras_get_entry(of_service, phonebook, name, size, got, count),
        "RasGetEntryProperties",
    )


def set_entry(phonebook: str, name: str, raw: bytes, of_service: int) -> None:
    """RasSetEntryProperties."""
    code = lib.winras_set_entry(of_service, phonebook, name, raw, len(raw))
    raise_for(code, "RasSetEntryProperties")


def get_sub_entry_properties(phonebook: str, name: str, number: int, of_service: int) -> bytes:
    """RasGetSubEntryProperties; zeros may follow what it gave."""
    return _take_bytes(
        lambda got, count: lib.winras_get_sub_entry_properties(
            of_service, phonebook, name, number, got, count
        ),
        "RasGetSubEntryProperties",
    )


def set_sub_entry_properties(
    phonebook: str, name: str, number: int, raw: bytes, of_service: int
) -> None:
    """RasSetSubEntryProperties."""
    code = lib.winras_set_sub_entry_properties(of_service, phonebook, name, number, raw, len(raw))
    raise_for(code, "RasSetSubEntryProperties")


def delete_entry(phonebook: str, name: str, of_service: int) -> None:
    """RasDeleteEntry."""
    raise_for(lib.winras_delete_entry(of_service, phonebook, name), "RasDeleteEntry")


def rename_entry(phonebook: str, name: str, new_name: str, of_service: int) -> None:
    """RasRenameEntry."""
    raise_for(lib.winras_rename_entry(of_service, phonebook, name, new_name), "RasRenameEntry")


def validate_entry_name(phonebook: str, name: str, of_service: int) -> None:
    """RasValidateEntryName: 183 if an entry has the name, 123 if it is none."""
    code = lib.winras_validate_entry_name(of_service, phonebook, name)
    raise_for(code, "RasValidateEntryName")


def get_credentials(phonebook: str, name: str, of_service: int) -> SavedCredentials | None:
    """RasGetCredentials, without the password; None if nothing is saved."""
    native = ffi.new("winras_credentials *")
    code = lib.winras_get_credentials(of_service, phonebook, name, native)
    if code == _ERROR_NOT_FOUND:
        return None
    raise_for(code, "RasGetCredentials")
    from ._details import SavedCredentials  # noqa: PLC0415

    return SavedCredentials(
        user=ffi.string(native.user),
        domain=ffi.string(native.domain),
        has_password=bool(native.mask & _RASCM_PASSWORD),
    )


def set_credentials(
    phonebook: str,
    name: str,
    mask: int,
    secret: Secret | None,
    of_service: int,
    *,
    clear: bool = False,
) -> None:
    """RasSetCredentials of what the mask names."""
    # The password is in no variable here, which a traceback might show.
    native = ffi.new(
        "winras_credentials *",
        {
            "mask": mask,
            "user": secret.user if secret else "",
            "password": secret.password if secret else "",
            "domain": secret.domain if secret else "",
        },
    )
    try:
        code = lib.winras_set_credentials(of_service, phonebook, name, native, clear)
    finally:
        wipe(native)
    raise_for(code, "RasSetCredentials")


def read_events(query: str, most: int, of_service: int) -> list[str]:
    """EvtQuery of the Application log: the newest events, newest first, as XML."""
    function = "EvtQuery"
    try:
        texts = _take_bytes(
            lambda got, count: lib.winras_read_events(of_service, query, most, got, count), function
        )
    except RasUnavailableError as problem:
        reason = _NO_EVENTS.get(problem.code, problem.message)
        raise error(problem.code, function, f"{function}: {reason}") from None
    return texts.decode("utf-16-le", "replace").split("\0")[:-1]


def wipe(structure: object) -> None:
    """Overwrite a structure that held a password."""
    memory = ffi.buffer(structure)
    memory[:] = bytes(len(memory))


@lru_cache(maxsize=64)
def _read_status(block: bytes) -> Status:
    code, _, numbers = _open(block)
    if code:
        raise_for(code, "RasGetConnectStatus")
    return _to_status(block, numbers, 0)


# The block of the last status, and what it was read into, exchanged by one assignment. No block is
# the same as NO_BLOCK, so None is never returned.
_last_status: tuple[bytes, Status] = (NO_BLOCK, None)  # type: ignore[assignment]


def get_status(record: ConnectionRecord) -> Status:
    """RasGetConnectStatus."""
    global _last_status  # noqa: PLW0603
    last, status = _last_status
    block = lib.winras_get_status(record._service, record.handle, last)
    if block:
        last = _take_block(block)
        status = _read_status(last)
        _last_status = last, status
    return status


def get_sub_entry(record: ConnectionRecord, number: int) -> tuple[bool, int]:
    """RasGetSubEntryHandle: whether there may be more sub-entries, and the handle or 0."""
    handle = ffi.new("uint64_t *")
    code = lib.winras_get_sub_entry(record._service, record.handle, number, handle)
    if code in (_ERROR_NO_MORE_ITEMS, _ERROR_PORT_NOT_OPEN):
        return code == _ERROR_PORT_NOT_OPEN, 0
    raise_for(code, "RasGetSubEntryHandle")
    return True, handle[0]


def _link_of(record: ConnectionRecord) -> tuple[int, int]:
    """The handle of the connection and, for a link, its sub-entry number; else 0."""
    return (record._parent, record.sub_entry) if record._parent else (record.handle, 0)


def _statistics_function(record: ConnectionRecord, verb: str) -> str:
    return f"Ras{verb}{'Link' if record._parent else 'Connection'}Statistics"


def get_statistics(record: ConnectionRecord) -> Statistics:
    """RasGetConnectionStatistics, or RasGetLinkStatistics."""
    native = ffi.new("winras_statistics *")
    raise_for(
        lib.winras_get_statistics(record._service, *_link_of(record), native),
        _statistics_function(record, "Get"),
    )
    from ._details import Statistics  # noqa: PLC0415

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
    raise_for(
        lib.winras_clear_statistics(record._service, *_link_of(record)),
        _statistics_function(record, "Clear"),
    )


def get_addresses(record: ConnectionRecord) -> Addresses:
    """RasGetProjectionInfoEx, and RasGetConnectStatus for the tunnel."""
    native = ffi.new("winras_addresses *")
    code = lib.winras_get_addresses(record._service, record.handle, native)
    projected = code != _ERROR_PROJECTION_NOT_COMPLETE
    if projected:
        raise_for(code, "RasGetProjectionInfoEx")
    status = get_status(record)
    has_ipv4 = projected and not native.ipv4_error
    has_ipv6 = projected and not native.ipv6_error
    ipv6 = _to_ipv6(native.ipv6, native.ikev2) if has_ipv6 else None
    servers = [
        _to_address(server.type, int.from_bytes(ffi.buffer(server.address), "big"))
        for server in map(native.servers.__getitem__, range(native.server_count))
    ]
    from ._details import Addresses  # noqa: PLC0415

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
    from ipaddress import IPv4Address  # noqa: PLC0415  only who has one needs it

    packed = bytes(ffi.buffer(address))
    return IPv4Address(packed) if any(packed) else None


def _to_ipv6(address: _Bytes, ikev2: int) -> IPv6Address | None:
    """The address, or None for zeros; PPP negotiates only an interface identifier (RFC 5072)."""
    from ipaddress import IPv6Address  # noqa: PLC0415  only who has one needs it

    packed = bytes(ffi.buffer(address))
    if not any(packed):
        return None
    return IPv6Address(packed if ikev2 else b"\xfe\x80".ljust(8, b"\0") + packed[8:])


def _prefix_length(address: IPv6Address | None, told: int, ikev2: int) -> int:
    if address is None:
        return 0
    return told if ikev2 else _LINK_LOCAL_PREFIX


def now(of_service: int) -> float:
    """The monotonic clock of the service, in seconds."""
    return lib.winras_now(of_service) / 1e6


def suspended(of_service: int) -> float:
    """For how many seconds the machine of the service has slept since it started."""
    return lib.winras_suspended(of_service) / 1e6


def wall_time(of_service: int) -> datetime:
    """The date and time of the service, in UTC."""
    return to_date(lib.winras_wall(of_service))


def to_date(wall: int) -> datetime:
    """Convert microseconds since 1970 in UTC."""
    # A simulation may run past the last year that datetime can hold.
    return _EPOCH + min(timedelta(microseconds=wall), _LAST - _EPOCH)


def register(of_service: int) -> None:
    """Make every registration that is missing."""
    lib.winras_register(of_service)


def unfinished_hang_ups() -> int:
    """How many hang-ups are unfinished."""
    return lib.winras_unfinished(service())


class Claim:
    """What only one process of this user's does at a time, and only once in it.

    It ends with its process, however that ends. A child of fork() has none of its parent's.
    """

    __slots__ = ("_ending", "_key", "_place")

    def __init__(self, key: str) -> None:
        """Name what is claimed: 1 to 64 hexadecimal digits in lower case."""
        self._key = ffi.new("char[]", key.encode("ascii"))
        self._place = ffi.new("winras_claim **")
        self._ending = ffi.gc(self._place, unlogged.winras_give_up_claim)

    def take(self) -> bool:
        """Whether this claim is taken now; False: another one has it.

        Raises:
            RasError: 5 if something of another user is in its place; or what the system lacks.
        """
        if lib.winras_has_claim(self._place[0]):
            return True
        self.give_up()
        code = lib.winras_take_claim(self._key, self._place)
        if code == _ERROR_ALREADY_EXISTS:
            return False
        raise_for(code, "CreateMutex")
        return True

    def give_up(self) -> None:
        """Leave it to others, if it was taken."""
        lib.winras_give_up_claim(self._place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.give_up()
