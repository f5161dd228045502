"""What RAS answered at one moment, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum, IntFlag
from importlib import import_module

from ._enums import ConnectionFlags, ConnectionState, ConnectionSubstate

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ipaddress
    import uuid

    from _typeshed import DataclassInstance


class Later:
    """A module that is imported when something of it is asked for: what reads annotations does."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self._name), name)


if not TYPE_CHECKING:
    ipaddress, uuid = Later("ipaddress"), Later("uuid")

Json = str | int | float | bool | None | Mapping[str, "Json"] | Sequence["Json"]


def to_json(value: object) -> Json:
    """A value of winras as JSON has it; what is absent is null, as is an empty text.

    Enums become their names, flags a list of names, addresses and GUIDs texts, and dates ISO 8601
    in UTC with milliseconds and a Z.
    """
    if isinstance(value, IntFlag):
        unknown = value - sum(value)
        return [*map(str, value), *([f"Unknown({unknown})"] if unknown else [])]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    if isinstance(value, tuple):
        return [to_json(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, str | int | float) and not isinstance(value, Enum):
        return None if value == "" else value
    # A member of an enum, or an address or a GUID, whose modules only those import who have one.
    return None if value is None else str(value)


def to_dict(record: DataclassInstance) -> dict[str, Json]:
    """The public fields of a dataclass, as JSON has them."""
    names = [field.name for field in fields(record) if not field.name.startswith("_")]
    return {name: to_json(getattr(record, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a connection at one moment: RASCONNSTATUS.

    Attributes:
        state: How far the connection is.
        error: Why the connection could not be established, or why it ended; 0 for no error. This
            is a number for ``winras explain``, any of 32 bits and never negative; the call itself
            has not failed.
        substate: For an IKEv2 connection, whether it is dormant or reconnecting.
        device_type: Such as ``VPN``, ``modem`` or ``PPPoE``; compare it without case, because
            Windows reports ``VPN`` where ras.h and phone books have ``vpn``.
        device_name: Such as ``WAN Miniport (IKEv2)``, in the language of Windows.
        phone_number: What was dialled; for a VPN, the server; ``""`` if Windows gives none.
        local_endpoint: The client's end of the tunnel, or None if Windows does not know it.
        remote_endpoint: The server's end of the tunnel, or None if Windows does not know it.

    See Microsoft's page *RASCONNSTATUS structure*.
    """

    state: ConnectionState
    error: int
    substate: ConnectionSubstate
    device_type: str
    device_name: str
    phone_number: str
    local_endpoint: ipaddress.IPv4Address | ipaddress.IPv6Address | None
    remote_endpoint: ipaddress.IPv4Address | ipaddress.IPv6Address | None

    def to_dict(self) -> dict[str, Json]:
        """The status in plain values for JSON, with the keys of ``winras status --json``."""
        return to_dict(self)


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """The fields of `winras.Connection`, which documents them, and where it came from."""

    handle: int
    name: str
    device_type: str
    device_name: str
    phonebook: str
    entry_id: uuid.UUID | None
    sub_entry: int
    flags: ConnectionFlags
    luid: int
    correlation_id: uuid.UUID | None
    # The number of the service that it came from.
    _service: int = field(repr=False)
    # For a link, the handle of its connection; else 0.
    _parent: int = field(repr=False, default=0)


class ConnectionDraft:
    """A `ConnectionRecord` that is not frozen yet.

    The ``__init__`` of a frozen dataclass takes several times as long as to set what is not frozen.
    Who has set all of a draft gives it the class that it is a draft of, which has the same slots.
    """

    __slots__ = tuple(field.name for field in fields(ConnectionRecord))

    handle: int
    name: str
    device_type: str
    device_name: str
    phonebook: str
    entry_id: uuid.UUID | None
    sub_entry: int
    flags: ConnectionFlags
    luid: int
    correlation_id: uuid.UUID | None
    _service: int
    _parent: int


class StatusDraft:
    """A `Status` that is not frozen yet."""

    __slots__ = tuple(field.name for field in fields(Status))

    state: ConnectionState
    error: int
    substate: ConnectionSubstate
    device_type: str
    device_name: str
    phone_number: str
    local_endpoint: ipaddress.IPv4Address | ipaddress.IPv6Address | None
    remote_endpoint: ipaddress.IPv4Address | ipaddress.IPv6Address | None
