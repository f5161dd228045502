"""The numbers of the RAS API, under their native names without the prefix."""

from __future__ import annotations

from enum import Enum, IntEnum, IntFlag


class _OpenEnum(IntEnum):
    """An enum that takes numbers it does not know, which a later Windows may bring."""

    @classmethod
    def _missing_(cls, value: object) -> _OpenEnum | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"Unknown({value})"
        member._value_ = value
        # In the enum's own table, so that a number always gives the same member.
        known = cls._value2member_map_.setdefault(value, member)
        return known if isinstance(known, cls) else None


class ConnectionState(_OpenEnum):
    """How far a connection is: RASCONNSTATE.

    An unknown number becomes a member named ``Unknown(4711)``. States from 0x1000 on are paused:
    they wait for the program that dials. States from 0x2000 on are final.

    See Microsoft's page *RASCONNSTATE enumeration*.
    """

    OpenPort = 0
    PortOpened = 1
    ConnectDevice = 2
    DeviceConnected = 3
    AllDevicesConnected = 4
    Authenticate = 5
    AuthNotify = 6
    AuthRetry = 7
    AuthCallback = 8
    AuthChangePassword = 9
    AuthProject = 10
    AuthLinkSpeed = 11
    AuthAck = 12
    ReAuthenticate = 13
    Authenticated = 14
    PrepareForCallback = 15
    WaitForModemReset = 16
    WaitForCallback = 17
    Projected = 18
    StartAuthentication = 19
    CallbackComplete = 20
    LogonNetwork = 21
    SubEntryConnected = 22
    SubEntryDisconnected = 23
    ApplySettings = 24
    Interactive = 0x1000
    RetryAuthentication = 0x1001
    CallbackSetByCaller = 0x1002
    PasswordExpired = 0x1003
    InvokeEapUI = 0x1004
    Connected = 0x2000
    Disconnected = 0x2001


class ConnectionSubstate(_OpenEnum):
    """How an IKEv2 connection copes with changes of its network: RASCONNSUBSTATE.

    ``Dormant``: its network is down and it waits; ``Reconnecting``: it is moving to another;
    ``Reconnected``: it has moved. An unknown number becomes a member named ``Unknown(4711)``.

    See Microsoft's page *RASCONNSUBSTATE enumeration*.
    """

    # The native prefix here is RASCSS_.
    None_ = 0
    Dormant = 1
    Reconnecting = 2
    Reconnected = 0x2000


class ConnectionFlags(IntFlag):
    """What is known about the owner of a connection: the RASCF_ flags of RASCONN.

    Unknown bits are kept. See Microsoft's page *RASCONN structure*.
    """

    AllUsers = 1
    GlobalCreds = 2
    OwnerKnown = 4
    OwnerMatch = 8


class EventKind(Enum):
    """What happened to a watched connection, or to the service: see `winras.watch`."""

    connected = "connected"
    disconnected = "disconnected"
    bandwidth_added = "bandwidth_added"
    bandwidth_removed = "bandwidth_removed"
    dormant = "dormant"
    reconnected = "reconnected"
    service_lost = "service_lost"
    service_back = "service_back"


class EventSource(Enum):
    """How a watch found an event: RAS signalled it, or a check saw it."""

    notification = "notification"
    check = "check"
