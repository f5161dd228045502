"""The numbers of the RAS API, under their native names without prefix."""

from __future__ import annotations

from enum import Enum, IntEnum, IntFlag


class _OpenEnum(IntEnum):
    """An enum in which a number that Windows may add one day is a member too."""

    @classmethod
    def _missing_(cls, value: object) -> _OpenEnum | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"Unknown({value})"
        member._value_ = value
        # The enum's own table, so that a number is the same member each time.
        known = cls._value2member_map_.setdefault(value, member)
        return known if isinstance(known, cls) else None


class ConnectionState(_OpenEnum):
    """How far a connection is: RASCONNSTATE.

    An unknown number is a member named ``Unknown(4711)``. Members from 0x1000 on wait for the
    program that dials, members from 0x2000 on are final.

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
    """What an IKEv2 connection does about its network: RASCONNSUBSTATE.

    ``Dormant``: the network under it is down and it waits; ``Reconnecting``: it moves to another;
    ``Reconnected``: it has moved. An unknown number is a member named ``Unknown(4711)``.

    See Microsoft's page *RASCONNSUBSTATE enumeration*.
    """

    # The native prefix here is RASCSS_.
    None_ = 0
    Dormant = 1
    Reconnecting = 2
    Reconnected = 0x2000


class ConnectionFlags(IntFlag):
    """What is known of a connection's owner: the RASCF_ flags of RASCONN.

    Unknown bits are kept. See Microsoft's page *RASCONN structure*.
    """

    AllUsers = 1
    GlobalCreds = 2
    OwnerKnown = 4
    OwnerMatch = 8


class EventKind(Enum):
    """What has happened to a connection that is watched, or to the service: see `winras.watch`."""

    connected = "connected"
    disconnected = "disconnected"
    bandwidth_added = "bandwidth_added"
    bandwidth_removed = "bandwidth_removed"
    dormant = "dormant"
    reconnected = "reconnected"
    service_lost = "service_lost"
    service_back = "service_back"


class EventSource(Enum):
    """How a change was found: RAS signalled it, or the periodic check saw it."""

    notification = "notification"
    check = "check"
