"""What RAS answered at one moment, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum, IntFlag

from ._enums import ConnectionFlags, ConnectionState, ConnectionSubstate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address
    from uuid import UUID

    from _typeshed import DataclassInstance

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
    local_endpoint: IPv4Address | IPv6Address | None
    remote_endpoint: IPv4Address | IPv6Address | None

    def to_dict(self) -> dict[str, Json]:
        """The status in plain values for JSON, with the keys of ``winras status --json``."""
        return to_dict(self)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What has gone through a connection or link so far: RAS_STATS.

    The counters have 32 bits and start again at 0 after 4,294,967,295, and any program may clear
    them; `winras.TrafficMeter` counts on.

    Attributes:
        bytes_sent: Bytes transmitted.
        bytes_received: Bytes received.
        frames_sent: Frames transmitted.
        frames_received: Frames received.
        crc_errors: Cyclic redundancy check errors.
        timeout_errors: Timeout errors.
        alignment_errors: Alignment errors.
        hardware_overrun_errors: Hardware overrun errors.
        framing_errors: Framing errors.
        buffer_overrun_errors: Buffer overrun errors.
        compression_ratio_in: For incoming data; only for a link, or a connection with one link.
        compression_ratio_out: For outgoing data; likewise.
        bits_per_second: The negotiated speed (the sum, if there are several links), not the
            throughput.
        connected_seconds: How long it has been connected.

    See Microsoft's page *RAS_STATS structure*.
    """

    bytes_sent: int
    bytes_received: int
    frames_sent: int
    frames_received: int
    crc_errors: int
    timeout_errors: int
    alignment_errors: int
    hardware_overrun_errors: int
    framing_errors: int
    buffer_overrun_errors: int
    compression_ratio_in: int
    compression_ratio_out: int
    bits_per_second: int
    connected_seconds: float

    def to_dict(self) -> dict[str, Json]:
        """The statistics in plain values for JSON, with the keys of ``winras stats --json``."""
        return to_dict(self)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of a connection, and of the two ends of its tunnel.

    Attributes:
        projected: Whether the network protocols have been negotiated; until then, the addresses
            are None.
        ipv4: The client's IPv4 address, or None.
        ipv4_server: The server's IPv4 address, or None if RAS does not give it.
        ipv4_error: Why there is no IPv4 address, a number for ``winras explain``: 731 if the
            entry does not ask for one, else the error of the negotiation; 0 for no error.
        ipv6: The client's IPv6 address, or None. PPP negotiates only an interface identifier;
            this is then the link-local address made from it.
        ipv6_server: The server's IPv6 address, or None.
        ipv6_error: The same as *ipv4_error*, for IPv6.
        ipv6_prefix_length: In bits; 64 for a link-local address, 0 if there is no address.
        more_servers: The addresses to which an IKEv2 server can switch, at most 16 of them.
        local_endpoint: The client's end of the tunnel, from its status, or None.
        remote_endpoint: The server's end of the tunnel, from its status, or None.

    See Microsoft's pages *RasGetProjectionInfoEx function* and *RASCONNSTATUS structure*.
    """

    projected: bool
    ipv4: IPv4Address | None
    ipv4_server: IPv4Address | None
    ipv4_error: int
    ipv6: IPv6Address | None
    ipv6_server: IPv6Address | None
    ipv6_error: int
    ipv6_prefix_length: int
    more_servers: tuple[IPv4Address | IPv6Address, ...]
    local_endpoint: IPv4Address | IPv6Address | None
    remote_endpoint: IPv4Address | IPv6Address | None

    def to_dict(self) -> dict[str, Json]:
        """The addresses in plain values for JSON, with the keys of ``winras status --json``."""
        return to_dict(self)


@dataclass(frozen=True, slots=True)
class DialProgress:
    """A state that dialling is entering, or has failed in.

    Attributes:
        state: The state that it is about to enter.
        error: Why it failed in this state, a number for ``winras explain``; 0 for no error.
        sub_entry: The number, from 1, of the link that this is about.
        elapsed: Seconds since dialling began.

    The states and their order vary between systems. See Microsoft's page
    *RasDialFunc2 callback function*.
    """

    state: ConnectionState
    error: int
    sub_entry: int
    elapsed: float


@dataclass(frozen=True, slots=True)
class EntryName:
    """An entry of a phone book: RASENTRYNAME.

    Attributes:
        name: Its name, unique in its phone book.
        phonebook: The full path of its phone book.
        all_users: The phone book is in the profile of all users, not in this user's.

    See Microsoft's page *RASENTRYNAME structure*.
    """

    name: str
    phonebook: str
    all_users: bool


@dataclass(frozen=True, slots=True)
class Device:
    """A device that an entry can dial with: RASDEVINFO.

    Attributes:
        type: Such as ``vpn``, ``PPPoE`` or ``modem``; compare it without case.
        name: Such as ``WAN Miniport (IKEv2)``, in the language of Windows.

    See Microsoft's page *RASDEVINFO structure*.
    """

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class SavedCredentials:
    """What is saved for an entry: RASCREDENTIALS, of which no call gives the password.

    Attributes:
        user: The user name; ``""`` if none is saved.
        domain: The domain; ``""`` if none is saved.
        has_password: Whether a password is saved.

    See Microsoft's page *RASCREDENTIALS structure*.
    """

    user: str
    domain: str
    has_password: bool


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """The fields of `winras.Connection`, which documents them, and where it came from."""

    handle: int
    name: str
    device_type: str
    device_name: str
    phonebook: str
    entry_id: UUID | None
    sub_entry: int
    flags: ConnectionFlags
    luid: int
    correlation_id: UUID | None
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
    entry_id: UUID | None
    sub_entry: int
    flags: ConnectionFlags
    luid: int
    correlation_id: UUID | None
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
    local_endpoint: IPv4Address | IPv6Address | None
    remote_endpoint: IPv4Address | IPv6Address | None
