"""What RAS told at one moment, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from uuid import UUID

from ._enums import ConnectionFlags, ConnectionState, ConnectionSubstate


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a connection at one moment: RASCONNSTATUS.

    Attributes:
        state: How far the connection is.
        error: What kept the connection from being established, or ended it; 0 for no error. It
            is a number for ``winras explain``, not the failure of a call.
        substate: For an IKEv2 connection, whether it is dormant or reconnecting.
        device_type: Such as ``vpn``, ``modem`` or ``PPPoE``; Windows' spelling of case varies.
        device_name: Such as ``WAN Miniport (IKEv2)``.
        phone_number: What was dialled; the server of a VPN; ``""`` if Windows gives none.
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


@dataclass(frozen=True, slots=True)
class Statistics:
    """What has gone through a connection or link so far: RAS_STATS.

    The counters have 32 bits and begin anew after 4,294,967,295: `winras.TrafficMeter` goes on.
    Others may clear them, too.

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
        compression_ratio_in: Of what is received; only of a connection with one link, or a link.
        compression_ratio_out: Of what is transmitted; as before.
        bits_per_second: The negotiated speed, of several links their sum; not the throughput.
        connected_seconds: For how long it has been connected.

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


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a connection has been given to be reached by, and between which ends it goes.

    Attributes:
        projected: Whether the network protocols are negotiated; before that, the addresses are
            None.
        ipv4: The client's IPv4 address, or None.
        ipv4_server: The server's, or None if it is not told.
        ipv4_error: Why there is no IPv4 address, a number for ``winras explain``: 731, the entry
            does not ask for one, or what its negotiation failed with; 0 for no error.
        ipv6: The client's IPv6 address, or None. By PPP only its interface identifier is
            negotiated, and this is the link-local address of that.
        ipv6_server: The server's, or None.
        ipv6_error: As of IPv4.
        ipv6_prefix_length: In bits; 64 of a link-local address, 0 if there is none.
        more_servers: To which addresses an IKEv2 server can switch; of more than 16, the first.
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


@dataclass(frozen=True, slots=True)
class DialProgress:
    """A state that dialling has entered, or has failed in.

    Attributes:
        state: The state that it is about to enter.
        error: What it has failed with in this state, a number for ``winras explain``; 0 for none.
        sub_entry: The one-based number of the link that this is about.
        elapsed: Seconds since the call.

    Which states there are, and in which order, varies between systems. See Microsoft's page
    *RasDialFunc2 callback function*.
    """

    state: ConnectionState
    error: int
    sub_entry: int
    elapsed: float


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """The fields of `winras.Connection`, which documents them, and where they came from."""

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
    # The service that it came from; the connection that it is a link of, or 0.
    _service: int = field(repr=False)
    _parent: int = field(repr=False, default=0)
