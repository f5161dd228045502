"""What RAS answers to rarer questions, as frozen values.

These classes are apart from `_models`, because making one takes a millisecond of each start: the
core imports them where it makes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from ._enums import ConnectionState
from ._models import Json, to_dict

__all__ = ["Addresses", "Device", "DialProgress", "EntryName", "SavedCredentials", "Statistics"]


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
