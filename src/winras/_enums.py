"""The numbers of the RAS API, under their native names without the prefix."""

from __future__ import annotations

from enum import Enum, IntEnum, IntFlag, StrEnum

# The upper half of an HRESULT of facility Win32, a failure: HRESULT_FROM_WIN32 of winerror.h.
_FACILITY_WIN32 = 0x8007


def win32_code(code: int) -> int:
    """The Win32 or RAS number in an HRESULT of facility Win32; any other number as it is."""
    return code & 0xFFFF if code >> 16 == _FACILITY_WIN32 else code


class _Named(Enum):
    """An enum whose members are written as their native names; of flags, the names of the bits."""

    def __str__(self) -> str:
        # Python has taken the native name of None_. Flags without a known bit have no name.
        return (self.name or str(self.value)).removesuffix("_")

    def __format__(self, form: str) -> str:
        try:
            return format(str(self), form)
        except ValueError:  # it is the format of a number
            return format(self.value, form)


class _Word(_Named, StrEnum):
    """An enum whose members are words, and equal to them."""


class _OpenEnum(_Named, IntEnum):
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


class ConnectionFlags(_Named, IntFlag):
    """What is known about the owner of a connection: the RASCF_ flags of RASCONN.

    Unknown bits are kept. See Microsoft's page *RASCONN structure*.
    """

    AllUsers = 1
    GlobalCreds = 2
    OwnerKnown = 4
    OwnerMatch = 8


class EntryKind(_OpenEnum):
    """What an entry is for: RASET_.

    An unknown number becomes a member named ``Unknown(4711)``. See Microsoft's page *RASENTRY
    structure*.
    """

    Phone = 1
    Vpn = 2
    Direct = 3
    Internet = 4
    Broadband = 5


class VpnStrategy(_OpenEnum):
    """Which tunnels a VPN entry tries, and in which order: VS_.

    With ``Default`` Windows chooses. ``...Only`` tries one; ``...First`` tries it first.
    Windows may change what is stored to what worked. An unknown number becomes a member named
    ``Unknown(4711)``.

    See Microsoft's page *RASENTRY structure*.
    """

    Default = 0
    PptpOnly = 1
    PptpFirst = 2
    L2tpOnly = 3
    L2tpFirst = 4
    SstpOnly = 5
    SstpFirst = 6
    Ikev2Only = 7
    Ikev2First = 8
    GREOnly = 9
    PptpSstp = 12
    L2tpSstp = 13
    Ikev2Sstp = 14
    ProtocolList = 15


class Encryption(_OpenEnum):
    """How an entry encrypts: ET_.

    ``None_``: not at all; ``Require``; ``RequireMax``: with the strongest that there is;
    ``Optional``: if the server does. An unknown number becomes a member named ``Unknown(4711)``.

    See Microsoft's page *RASENTRY structure*.
    """

    None_ = 0
    Require = 1
    RequireMax = 2
    Optional = 3


class Authentication(_Named, IntFlag):
    """The authentication methods that an entry allows: the RASEO_Require... options.

    ``EncryptedPw`` forbids to send a password in the clear; ``MsEncryptedPw`` allows Microsoft's
    methods only. None of them allows all. See Microsoft's page *RASENTRY structure*.
    """

    EncryptedPw = 0x400
    MsEncryptedPw = 0x800
    Eap = 0x20000
    Pap = 0x40000
    Spap = 0x80000
    Chap = 0x8000000
    MsChap = 0x10000000
    MsChap2 = 0x20000000
    W95MsChap = 0x40000000


class Protocols(_Named, IntFlag):
    """The network protocols that an entry negotiates: RASNP_.

    See Microsoft's page *RASENTRY structure*.
    """

    NetBEUI = 1
    Ipx = 2
    Ipv4 = 4
    Ipv6 = 8


class KeyKind(_Named, IntEnum):
    """For what a pre-shared key of IPsec is: the RASCM_ values.

    ``Client``: for dialling; ``Server``: for callers; ``Ddm``: for demand-dial routing. See
    Microsoft's page *RASCREDENTIALS structure*.
    """

    # The native names are RASCM_PreSharedKey, RASCM_ServerPreSharedKey, RASCM_DDMPreSharedKey.
    Client = 0x10
    Server = 0x20
    Ddm = 0x40


class EventKind(_Word):
    """What happened to a watched connection, or to the service: see `winras.watch`."""

    connected = "connected"
    disconnected = "disconnected"
    bandwidth_added = "bandwidth_added"
    bandwidth_removed = "bandwidth_removed"
    dormant = "dormant"
    reconnected = "reconnected"
    service_lost = "service_lost"
    service_back = "service_back"


class ReasonKind(_Word):
    """What happened to an entry at last, as the Application log tells it: see `winras.why`."""

    #: It was up and ended, and not because its user ended it.
    dropped = "dropped"
    #: It was dialled and did not come up.
    failed = "failed"
    #: It was up, and its user or a program ended it, or the log does not say why it ended.
    ended = "ended"
    #: It is up, for all that the log tells.
    connected = "connected"
    #: It is being dialled, for all that the log tells.
    dialling = "dialling"
    #: The log tells nothing.
    unknown = "unknown"


class DialStage(_Word):
    """How far dialling came, by the last of its events.

    See Microsoft's page *RAS Connection Establishment Issues*.
    """

    #: 20221: dialling has begun.
    started = "started"
    #: 20222: the device works, and tries to establish a link to the server.
    trying_link = "trying_link"
    #: 20223: a device has a link.
    link_up = "link_up"
    #: 20224: all links are there.
    established = "established"
    #: 20225: the connection is up.
    connected = "connected"


class Grade(_Word):
    """How sure something is that winras tells about the events of Windows, from strong to weak."""

    #: A page of Microsoft says so.
    documented = "documented"
    #: Somebody has reported or measured it on a Windows.
    reported = "reported"
    #: It is how winras reads it; nobody has confirmed it.
    guess = "guess"


class EventSource(_Word):
    """How a watch found an event: RAS signalled it, or a check saw it."""

    notification = "notification"
    check = "check"
