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
