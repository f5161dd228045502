"""A RAS client in ctypes, written from the documentation alone: nothing in here is winras's own.

`Ras` has the RAS functions of a library, `Simulator` the controls of one that simulates RAS, and
`Event` is an event object of the system, or of the library where the system has none.
Handles, and with them structures, are as large as this process's pointers.
"""

import ctypes
import math
import sys
import threading
import time
from collections.abc import Callable, Mapping
from ctypes import (
    POINTER,
    Array,
    Structure,
    Union,
    addressof,
    byref,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path
from typing import ClassVar, NamedTuple, TypeVar
from uuid import UUID

from patience import HANG

SUCCESS = 0
ERROR_INVALID_HANDLE = 6
ERROR_INVALID_PARAMETER = 87
ERROR_CALL_NOT_IMPLEMENTED = 120
ERROR_INSUFFICIENT_BUFFER = 122
ERROR_NO_MORE_ITEMS = 259
ERROR_POSSIBLE_DEADLOCK = 1131
ERROR_PORT_ALREADY_OPEN = 602
ERROR_BUFFER_TOO_SMALL = 603
ERROR_ALREADY_DISCONNECTING = 617
ERROR_PORT_NOT_OPEN = 618
ERROR_CANNOT_OPEN_PHONEBOOK = 621
ERROR_CANNOT_FIND_PHONEBOOK_ENTRY = 623
ERROR_REMOTE_DISCONNECTION = 629
ERROR_USER_DISCONNECTION = 631
ERROR_INVALID_SIZE = 632
ERROR_PORT_NOT_AVAILABLE = 633
ERROR_PASSWD_EXPIRED = 648
ERROR_NO_CONNECTION = 668
ERROR_NO_ANSWER = 678
ERROR_AUTHENTICATION_FAILURE = 691
ERROR_INTERACTIVE_MODE = 703
ERROR_BAD_CALLBACK_NUMBER = 704
ERROR_RASMAN_CANNOT_INITIALIZE = 711
ERROR_PROJECTION_NOT_COMPLETE = 730
ERROR_DIAL_ALREADY_IN_PROGRESS = 756
ERROR_INVALID_FUNCTION_FOR_ENTRY = 780
ERROR_LINK_FAILURE = 829
ERROR_PROJECTION_NOT_COMPLETE = 730
ERROR_PROTOCOL_NOT_CONFIGURED = 731
E_INVALIDARG = 0x80070057
RASBASE, RASBASEEND = 600, 878

RASCS_OpenPort = 0
RASCS_PortOpened = 1
RASCS_ConnectDevice = 2
RASCS_DeviceConnected = 3
RASCS_AllDevicesConnected = 4
RASCS_Authenticate = 5
RASCS_AuthNotify = 6
RASCS_AuthProject = 10
RASCS_Authenticated = 14
RASCS_Projected = 18
RASCS_ApplySettings = 24
RASCS_Interactive = 0x1000
RASCS_RetryAuthentication = 0x1001
RASCS_CallbackSetByCaller = 0x1002
RASCS_PasswordExpired = 0x1003
RASCS_InvokeEapUI = 0x1004
RASCS_Connected = 0x2000
RASCS_Disconnected = 0x2001
RASCSS_None = 0
RASCF_OwnerKnown = 4
RASCF_OwnerMatch = 8
RASCN_Connection = 0x01
RASCN_Disconnection = 0x02
RASCN_BandwidthAdded = 0x04
RASCN_BandwidthRemoved = 0x08
RASCN_Dormant = 0x10
RASCN_ReConnection = 0x20
RASCN_EPDGPacketArrival = 0x40
INVALID_HANDLE_VALUE = 2 ** (8 * ctypes.sizeof(c_void_p)) - 1
WAIT_OBJECT_0, WAIT_TIMEOUT = 0, 258
RASTUNNELENDPOINT_UNKNOWN = 0
RASTUNNELENDPOINT_IPv4 = 1
RASTUNNELENDPOINT_IPv6 = 2
RDEOPT_PausedStates = 0x02
RASEAPF_NonInteractive = 0x02
WM_RASDIALEVENT = 0xCCCD

RASCS_Projected = 18
RASP_Amb, RASP_Slip = 0x10000, 0x20000
RASP_PppNbf, RASP_PppIpx, RASP_PppIp = 0x803F, 0x802B, 0x8021
RASP_PppIpv6, RASP_PppCcp, RASP_PppLcp = 0x8057, 0x80FD, 0xC021
RASAPIVERSION_501, RASAPIVERSION_601 = 2, 4
PROJECTION_INFO_TYPE_PPP, PROJECTION_INFO_TYPE_IKEv2 = 1, 2
RASLCPAP_PAP, RASLCPAP_SPAP, RASLCPAP_CHAP, RASLCPAP_EAP = 0xC023, 0xC027, 0xC223, 0xC227
RASLCPAD_CHAP_MD5, RASLCPAD_CHAP_MS, RASLCPAD_CHAP_MSV2 = 0x05, 0x80, 0x81
RASCCPCA_STAC, RASCCPCA_MPPC = 5, 6
RASIKEv2_AUTH_MACHINECERTIFICATES, RASIKEv2_AUTH_EAP = 1, 2
IPSEC_CIPHER_TYPE_3DES, IPSEC_CIPHER_TYPE_AES_256 = 2, 5

# ---- structures ----

Guid = c_uint8 * 16


class RASCONNW(Structure):
    """Packed to 4 bytes on every architecture. WCHAR is c_uint16: c_wchar has 4 bytes on POSIX."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("hrasconn", c_void_p),
        ("szEntryName", c_uint16 * 257),
        ("szDeviceType", c_uint16 * 17),
        ("szDeviceName", c_uint16 * 129),
        ("szPhonebook", c_uint16 * 260),
        ("dwSubEntry", c_uint32),
        ("guidEntry", Guid),
        ("dwFlags", c_uint32),
        ("luidLowPart", c_uint32),
        ("luidHighPart", c_int32),
        ("guidCorrelationId", Guid),
    )


class RASTUNNELENDPOINT(Structure):
    """The address is of 4 bytes or of 16, as the type says."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (("dwType", c_uint32), ("address", c_uint8 * 16))


class RASCONNSTATUSW(Structure):
    """Packed as RASCONNW is."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("rasconnstate", c_uint32),
        ("dwError", c_uint32),
        ("szDeviceType", c_uint16 * 17),
        ("szDeviceName", c_uint16 * 129),
        ("szPhoneNumber", c_uint16 * 129),
        ("localEndPoint", RASTUNNELENDPOINT),
        ("remoteEndPoint", RASTUNNELENDPOINT),
        ("rasconnsubstate", c_uint32),
    )


class RAS_STATS(Structure):  # noqa: N801
    """Counters of 32 bits."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwBytesXmited", c_uint32),
        ("dwBytesRcved", c_uint32),
        ("dwFramesXmited", c_uint32),
        ("dwFramesRcved", c_uint32),
        ("dwCrcErr", c_uint32),
        ("dwTimeoutErr", c_uint32),
        ("dwAlignmentErr", c_uint32),
        ("dwHardwareOverrunErr", c_uint32),
        ("dwFramingErr", c_uint32),
        ("dwBufferOverrunErr", c_uint32),
        ("dwCompressionRatioIn", c_uint32),
        ("dwCompressionRatioOut", c_uint32),
        ("dwBps", c_uint32),
        ("dwConnectDuration", c_uint32),
    )


class RASPPPIPW(Structure):
    """Packed as all are."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwError", c_uint32),
        ("szIpAddress", c_uint16 * 16),
        ("szServerIpAddress", c_uint16 * 16),
        ("dwOptions", c_uint32),
        ("dwServerOptions", c_uint32),
    )


class RASPPPIPV6(Structure):
    """Packed as all are."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwError", c_uint32),
        ("bLocalInterfaceIdentifier", c_uint8 * 8),
        ("bPeerInterfaceIdentifier", c_uint8 * 8),
        ("bLocalCompressionProtocol", c_uint8 * 2),
        ("bPeerCompressionProtocol", c_uint8 * 2),
    )


class RASPPPLCPW(Structure):
    """Packed as all are."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("fBundled", c_int32),
        ("dwError", c_uint32),
        ("dwAuthenticationProtocol", c_uint32),
        ("dwAuthenticationData", c_uint32),
        ("dwEapTypeId", c_uint32),
        ("dwServerAuthenticationProtocol", c_uint32),
        ("dwServerAuthenticationData", c_uint32),
        ("dwServerEapTypeId", c_uint32),
        ("fMultilink", c_int32),
        ("dwTerminateReason", c_uint32),
        ("dwServerTerminateReason", c_uint32),
        ("szReplyMessage", c_uint16 * 1024),
        ("dwOptions", c_uint32),
        ("dwServerOptions", c_uint32),
    )


class RASPPPCCP(Structure):
    """Packed as all are."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwError", c_uint32),
        ("dwCompressionAlgorithm", c_uint32),
        ("dwOptions", c_uint32),
        ("dwServerCompressionAlgorithm", c_uint32),
        ("dwServerOptions", c_uint32),
    )


class RASPPP_PROJECTION_INFO(Structure):  # noqa: N801
    """What PPP has negotiated."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwIPv4NegotiationError", c_uint32),
        ("ipv4Address", c_uint8 * 4),
        ("ipv4ServerAddress", c_uint8 * 4),
        ("dwIPv4Options", c_uint32),
        ("dwIPv4ServerOptions", c_uint32),
        ("dwIPv6NegotiationError", c_uint32),
        ("bInterfaceIdentifier", c_uint8 * 8),
        ("bServerInterfaceIdentifier", c_uint8 * 8),
        ("fBundled", c_int32),
        ("fMultilink", c_int32),
        ("dwAuthenticationProtocol", c_uint32),
        ("dwAuthenticationData", c_uint32),
        ("dwServerAuthenticationProtocol", c_uint32),
        ("dwServerAuthenticationData", c_uint32),
        ("dwEapTypeId", c_uint32),
        ("dwServerEapTypeId", c_uint32),
        ("dwLcpOptions", c_uint32),
        ("dwLcpServerOptions", c_uint32),
        ("dwCcpError", c_uint32),
        ("dwCcpCompressionAlgorithm", c_uint32),
        ("dwCcpServerCompressionAlgorithm", c_uint32),
        ("dwCcpOptions", c_uint32),
        ("dwCcpServerOptions", c_uint32),
    )


class RASIKEV2_PROJECTION_INFO(Structure):  # noqa: N801
    """What IKE has negotiated; both lists are elsewhere."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwIPv4NegotiationError", c_uint32),
        ("ipv4Address", c_uint8 * 4),
        ("ipv4ServerAddress", c_uint8 * 4),
        ("dwIPv6NegotiationError", c_uint32),
        ("ipv6Address", c_uint8 * 16),
        ("ipv6ServerAddress", c_uint8 * 16),
        ("dwPrefixLength", c_uint32),
        ("dwAuthenticationProtocol", c_uint32),
        ("dwEapTypeId", c_uint32),
        ("dwFlags", c_uint32),
        ("dwEncryptionMethod", c_uint32),
        ("numIPv4ServerAddresses", c_uint32),
        ("ipv4ServerAddresses", c_void_p),
        ("numIPv6ServerAddresses", c_uint32),
        ("ipv6ServerAddresses", c_void_p),
    )


class ProjectionUnion(Union):
    """The union in RAS_PROJECTION_INFO."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (("ppp", RASPPP_PROJECTION_INFO), ("ikev2", RASIKEV2_PROJECTION_INFO))


class RAS_PROJECTION_INFO(Structure):  # noqa: N801
    """Which of both it is, its type says."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (("version", c_uint32), ("type", c_uint32), ("union", ProjectionUnion))


class RASDIALPARAMSW(Structure):
    """Packed as RASCONNW is. Its page does not have the last member, which ras.h has."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("szEntryName", c_uint16 * 257),
        ("szPhoneNumber", c_uint16 * 129),
        ("szCallbackNumber", c_uint16 * 129),
        ("szUserName", c_uint16 * 257),
        ("szPassword", c_uint16 * 257),
        ("szDomain", c_uint16 * 16),
        ("dwSubEntry", c_uint32),
        ("dwCallbackId", c_size_t),
        ("dwIfIndex", c_uint32),
        ("szEncPassword", c_void_p),
    )


class RASDIALEXTENSIONS(Structure):
    """Packed as RASCONNW is; RASEAPINFO and RASDEVSPECIFICINFO are a size and a pointer each."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwfOptions", c_uint32),
        ("hwndParent", c_void_p),
        ("reserved", c_size_t),
        ("reserved1", c_size_t),
        ("dwSizeofEapInfo", c_uint32),
        ("pbEapInfo", c_void_p),
        ("fSkipPppAuth", c_int32),
        ("dwDevSpecificSize", c_uint32),
        ("pbDevSpecificInfo", c_void_p),
    )


class RASEAPUSERIDENTITYW(Structure):
    """Packed as RASCONNW is; as many bytes as dwSizeofEapInfo says follow."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (("szUserName", c_uint16 * 257), ("dwSizeofEapInfo", c_uint32))


def sizes_by_version(newest: type[Structure], ends: Mapping[int, str]) -> dict[int, int]:
    """The size of a structure by WINVER, given the last member that each version has."""
    members = [field[0] for field in newest._fields_]
    return {version: _size_up_to(newest, members.index(end)) for version, end in ends.items()}


def _size_up_to(newest: type[Structure], last: int) -> int:
    body = {"_layout_": "ms", "_pack_": 4, "_fields_": tuple(newest._fields_)[: last + 1]}
    return ctypes.sizeof(type("Older", (Structure,), body))


RASCONNW_SIZES = sizes_by_version(
    RASCONNW,
    {
        0x0600: "guidCorrelationId",
        0x0501: "luidHighPart",
        0x0500: "guidEntry",
        0x0401: "dwSubEntry",
        0x0400: "szDeviceName",
    },
)
RASCONNSTATUSW_SIZES = sizes_by_version(
    RASCONNSTATUSW, {0x0601: "rasconnsubstate", 0x0401: "szPhoneNumber", 0x0400: "szDeviceName"}
)
RASPPPIPW_SIZES = sizes_by_version(
    RASPPPIPW, {0x0500: "dwServerOptions", 0x0400: "szServerIpAddress", 0x0351: "szIpAddress"}
)
RAS_STATS_SIZE = ctypes.sizeof(RAS_STATS)
RAS_PROJECTION_INFO_SIZE = ctypes.sizeof(RAS_PROJECTION_INFO)
RASDIALPARAMSW_SIZES = sizes_by_version(
    RASDIALPARAMSW,
    {0x0602: "szEncPassword", 0x0601: "dwIfIndex", 0x0401: "dwCallbackId", 0x0400: "szDomain"},
)
RASDIALEXTENSIONS_SIZES = sizes_by_version(
    RASDIALEXTENSIONS, {0x0601: "pbDevSpecificInfo", 0x0500: "pbEapInfo", 0x0400: "reserved"}
)
RASCONNW_SIZE = ctypes.sizeof(RASCONNW)
RASCONNSTATUSW_SIZE = ctypes.sizeof(RASCONNSTATUSW)


def to_text(units: Array[c_uint16]) -> str:
    """The text before the first NUL; an unpaired surrogate stays one."""
    text = bytes(units).decode("utf-16-le", "surrogatepass")
    return text.partition("\0")[0]


def fill_text(units: Array[c_uint16], text: str) -> None:
    """The other way; what does not fit is an error."""
    encoded = (text + "\0").encode("utf-16-le", "surrogatepass")
    if len(encoded) > ctypes.sizeof(units):
        raise ValueError(f"{text!r} has no room")
    ctypes.memmove(units, encoded, len(encoded))


# ---- what the functions answer ----


class Connection(NamedTuple):
    """A RASCONNW; members that its version lacks are empty."""

    size: int
    handle: int
    name: str
    device_type: str
    device_name: str
    phonebook: str
    sub_entry: int
    entry_id: UUID
    flags: int
    luid: int
    correlation_id: UUID

    @classmethod
    def read(cls, data: bytes) -> "Connection":
        """Read a structure of any version."""
        native = RASCONNW.from_buffer_copy(data.ljust(RASCONNW_SIZE, b"\0"))
        return cls(
            native.dwSize,
            native.hrasconn or 0,
            to_text(native.szEntryName),
            to_text(native.szDeviceType),
            to_text(native.szDeviceName),
            to_text(native.szPhonebook),
            native.dwSubEntry,
            UUID(bytes_le=bytes(native.guidEntry)),
            native.dwFlags,
            native.luidHighPart << 32 | native.luidLowPart,
            UUID(bytes_le=bytes(native.guidCorrelationId)),
        )


class Listing(NamedTuple):
    """An answer of RasEnumConnections: its code, *lpcb and *lpcConnections, and the array."""

    code: int
    needed: int
    written: int
    connections: tuple[Connection, ...]


class Endpoint(NamedTuple):
    """A RASTUNNELENDPOINT."""

    type: int
    address: bytes


class Status(NamedTuple):
    """An answer of RasGetConnectStatus; the rest means something only with code 0."""

    code: int
    size: int
    state: int
    error: int
    device_type: str
    device_name: str
    phone_number: str
    local: Endpoint
    remote: Endpoint
    substate: int

    @classmethod
    def read(cls, code: int, data: bytes) -> "Status":
        """Read a structure of any version."""
        native = RASCONNSTATUSW.from_buffer_copy(data.ljust(RASCONNSTATUSW_SIZE, b"\0"))
        local, remote = native.localEndPoint, native.remoteEndPoint
        return cls(
            code,
            native.dwSize,
            native.rasconnstate,
            native.dwError,
            to_text(native.szDeviceType),
            to_text(native.szDeviceName),
            to_text(native.szPhoneNumber),
            Endpoint(local.dwType, bytes(local.address)),
            Endpoint(remote.dwType, bytes(remote.address)),
            native.rasconnsubstate,
        )


class Statistics(NamedTuple):
    """A RAS_STATS, and the answer that it came with; it means something only with code 0."""

    code: int
    size: int
    bytes_sent: int
    bytes_received: int
    frames_sent: int
    frames_received: int
    errors: tuple[int, ...]
    ratios: tuple[int, int]
    bps: int
    duration: int

    @classmethod
    def read(cls, code: int, data: bytes) -> "Statistics":
        """Read a structure."""
        native = RAS_STATS.from_buffer_copy(data.ljust(RAS_STATS_SIZE, b"\0"))
        return cls(
            code,
            native.dwSize,
            native.dwBytesXmited,
            native.dwBytesRcved,
            native.dwFramesXmited,
            native.dwFramesRcved,
            (
                native.dwCrcErr,
                native.dwTimeoutErr,
                native.dwAlignmentErr,
                native.dwHardwareOverrunErr,
                native.dwFramingErr,
                native.dwBufferOverrunErr,
            ),
            (native.dwCompressionRatioIn, native.dwCompressionRatioOut),
            native.dwBps,
            native.dwConnectDuration,
        )


class Projection(NamedTuple):
    """An answer of RasGetProjectionInfo: its code, *lpcb and what is in the buffer."""

    code: int
    needed: int
    data: bytes


class ProjectionEx(NamedTuple):
    """An answer of RasGetProjectionInfoEx; its lists are those of IKEv2."""

    code: int
    needed: int
    info: RAS_PROJECTION_INFO
    ipv4_servers: tuple[bytes, ...] = ()
    ipv6_servers: tuple[bytes, ...] = ()


PROTOCOLS: Mapping[type[Structure], int] = {
    RASPPPIPW: RASP_PppIp,
    RASPPPIPV6: RASP_PppIpv6,
    RASPPPLCPW: RASP_PppLcp,
    RASPPPCCP: RASP_PppCcp,
}
Projected = TypeVar("Projected", RASPPPIPW, RASPPPIPV6, RASPPPLCPW, RASPPPCCP)


class Dialled(NamedTuple):
    """An answer of RasDial: its code and what it has stored into *lphRasConn."""

    code: int
    handle: int


class EapIdentity(NamedTuple):
    """An answer of RasGetEapUserIdentity: its code, and what there is with code 0."""

    code: int
    user: str = ""
    info: bytes = b""


class EapData(NamedTuple):
    """An answer of RasGetEapUserData: its code, *pdwSizeofEapData and, with code 0, the data."""

    code: int
    needed: int
    data: bytes


class Notice(NamedTuple):
    """One call of a notifier; what its kind is not given is None."""

    state: int
    error: int
    message: int
    handle: int | None = None
    extended_error: int | None = None
    callback_id: int | None = None
    sub_entry: int | None = None


class Buffer:
    """Memory of which a function is told a part only: it must leave the rest as it was."""

    FILL = b"\xaa"

    def __init__(self, room: int, size: int | None = None) -> None:
        self.room = room
        self.array = (c_uint8 * (max(room, 4) + 64))()
        ctypes.memset(self.array, self.FILL[0], len(self.array))
        if size is not None:
            ctypes.memmove(self.array, size.to_bytes(4, "little"), 4)
        self._before = bytes(self.array)

    def read(self) -> bytes:
        """What is in the part that the function was told of."""
        data = bytes(self.array)
        assert data[self.room :] == self._before[self.room :], "written past the end"
        return data[: self.room]

    def is_untouched(self) -> bool:
        """Whether all is as it was."""
        return bytes(self.array) == self._before


# ---- the functions ----


def load(name: str) -> ctypes.CDLL:
    """A library whose functions are called as Windows' own are."""
    if sys.platform == "win32":
        return ctypes.WinDLL(name)
    return ctypes.CDLL(name)


class Event:
    """An event object of CreateEvent, not signaled at first; auto-reset unless said otherwise."""

    def __init__(self, path: Path, *, manual_reset: bool = False) -> None:
        self._library = load("kernel32" if sys.platform == "win32" else str(path))
        self._library.CreateEventW.argtypes = [c_void_p, c_int32, c_int32, c_void_p]
        self._library.CreateEventW.restype = c_void_p
        self._library.WaitForSingleObject.argtypes = [c_void_p, c_uint32]
        self._library.WaitForSingleObject.restype = c_uint32
        for name in ("SetEvent", "ResetEvent", "CloseHandle"):
            getattr(self._library, name).argtypes = [c_void_p]
        self.handle = int(self._library.CreateEventW(None, manual_reset, 0, None) or 0)
        assert self.handle

    def is_set(self) -> bool:
        """Whether it is signaled now; what is auto-reset is not any more after that."""
        answer = self._library.WaitForSingleObject(self.handle, 0)
        assert answer in {WAIT_OBJECT_0, WAIT_TIMEOUT}
        return bool(answer == WAIT_OBJECT_0)

    def set(self) -> None:
        """Signal it, as RAS does."""
        assert self._library.SetEvent(self.handle)

    def reset(self) -> None:
        """Make it not signaled."""
        assert self._library.ResetEvent(self.handle)

    def close(self) -> None:
        """Close its handle, once; the others of the same event stay good."""
        if self.handle:
            assert self._library.CloseHandle(self.handle)
            self.handle = 0


if sys.platform == "win32":
    NOTIFIER_TYPE = ctypes.WINFUNCTYPE
else:
    NOTIFIER_TYPE = ctypes.CFUNCTYPE
RASDIALFUNC = NOTIFIER_TYPE(None, c_uint32, c_uint32, c_uint32)
RASDIALFUNC1 = NOTIFIER_TYPE(None, c_void_p, c_uint32, c_uint32, c_uint32, c_uint32)
RASDIALFUNC2 = NOTIFIER_TYPE(
    c_uint32, c_size_t, c_uint32, c_void_p, c_uint32, c_uint32, c_uint32, c_uint32
)


class Notifier:
    """A callback function of RasDial, of kind 0, 1 or 2, that keeps what it is called with.

    `act` is what it does beyond that; kind 2 returns its answer, or 1 if that is None.
    """

    # RAS may call a function for as long as there is RAS.
    _kept: ClassVar[list["Notifier"]] = []

    def __init__(self, kind: int = 1, act: Callable[[Notice], int | None] | None = None) -> None:
        self.kind = kind
        self.notices: list[Notice] = []
        self.threads: set[int] = set()
        self._act = act
        self._function = (
            RASDIALFUNC(self._called),
            RASDIALFUNC1(self._called1),
            RASDIALFUNC2(self._called2),
        )[kind]
        self.pointer = ctypes.cast(self._function, c_void_p)
        self._kept.append(self)

    @property
    def told(self) -> list[tuple[int, int]]:
        """The state and the error of each notice."""
        return [(notice.state, notice.error) for notice in self.notices]

    def _take(self, notice: Notice) -> int:
        self.notices.append(notice)
        self.threads.add(threading.get_ident())
        answer = self._act(notice) if self._act else None
        return 1 if answer is None else answer

    def _called(self, message: int, state: int, error: int) -> None:
        self._take(Notice(state, error, message))

    def _called1(self, handle: int, message: int, state: int, error: int, extended: int) -> None:
        self._take(Notice(state, error, message, handle, extended))

    def _called2(self, callback_id: int, sub_entry: int, handle: int, *rest: int) -> int:
        message, state, error, extended = rest
        return self._take(Notice(state, error, message, handle, extended, callback_id, sub_entry))


class BlockingNotifier(Notifier):
    """One that does not return from the notice of one state before it is let go."""

    def __init__(self, state: int, kind: int = 1) -> None:
        super().__init__(kind, self._block)
        self._state = state
        self._entered = threading.Event()
        self._left = threading.Event()

    def _block(self, notice: Notice) -> None:
        if notice.state == self._state:
            self._entered.set()
            assert self._left.wait(HANG)

    def wait_entered(self) -> None:
        """Wait until it is in that call."""
        assert self._entered.wait(HANG)

    def let_go(self) -> None:
        """Let it return."""
        self._left.set()


def wide(text: str) -> Array[ctypes.c_char]:
    """A null-terminated string of WCHAR."""
    return ctypes.create_string_buffer((text + "\0").encode("utf-16-le", "surrogatepass"))


def dial_params(
    name: str = "",
    *,
    size: int = ctypes.sizeof(RASDIALPARAMSW),
    phone_number: str = "",
    callback_number: str = "",
    user: str = "",
    password: str = "",
    domain: str = "",
    sub_entry: int = 0,
    callback_id: int = 0,
) -> RASDIALPARAMSW:
    """What RasDial is to dial, and as whom."""
    params = RASDIALPARAMSW(dwSize=size, dwSubEntry=sub_entry, dwCallbackId=callback_id)
    for units, text in (
        (params.szEntryName, name),
        (params.szPhoneNumber, phone_number),
        (params.szCallbackNumber, callback_number),
        (params.szUserName, user),
        (params.szPassword, password),
        (params.szDomain, domain),
    ):
        fill_text(units, text)
    return params


def dial_extensions(
    options: int = 0, *, size: int = ctypes.sizeof(RASDIALEXTENSIONS)
) -> RASDIALEXTENSIONS:
    """What extended features of RasDial are enabled."""
    return RASDIALEXTENSIONS(dwSize=size, dwfOptions=options)


class Ras:
    """The RAS functions of a library, with Python values for their arguments and answers."""

    def __init__(self, path: Path) -> None:
        library = load(str(path))
        bytes_and_count = [POINTER(c_uint32), POINTER(c_uint32)]
        self.RasEnumConnectionsW = library.RasEnumConnectionsW
        self.RasEnumConnectionsW.argtypes = [c_void_p, *bytes_and_count]
        self.RasGetConnectStatusW = library.RasGetConnectStatusW
        self.RasGetConnectStatusW.argtypes = [c_void_p, c_void_p]
        self.RasHangUpW = library.RasHangUpW
        self.RasHangUpW.argtypes = [c_void_p]
        self.RasGetSubEntryHandleW = library.RasGetSubEntryHandleW
        self.RasGetSubEntryHandleW.argtypes = [c_void_p, c_uint32, POINTER(c_void_p)]
        self._declare_facts(library)
        self.RasGetErrorStringW = library.RasGetErrorStringW
        self.RasGetErrorStringW.argtypes = [c_uint32, c_void_p, c_uint32]
        self.RasConnectionNotificationW = library.RasConnectionNotificationW
        self.RasConnectionNotificationW.argtypes = [c_void_p, c_void_p, c_uint32]
        self.RasDialW = library.RasDialW
        self.RasDialW.argtypes = [
            *(c_void_p, c_void_p, c_void_p),
            *(c_uint32, c_void_p, POINTER(c_void_p)),
        ]
        self.RasGetEapUserIdentityW = library.RasGetEapUserIdentityW
        self.RasGetEapUserIdentityW.argtypes = [
            *(c_void_p, c_void_p, c_uint32),
            *(c_void_p, POINTER(c_void_p)),
        ]
        self.RasGetEapUserIdentityW.restype = c_uint32
        self.RasFreeEapUserIdentityW = library.RasFreeEapUserIdentityW
        self.RasFreeEapUserIdentityW.argtypes = [c_void_p]
        self.RasFreeEapUserIdentityW.restype = None
        self.RasGetEapUserDataW = library.RasGetEapUserDataW
        self.RasGetEapUserDataW.argtypes = [
            *(c_void_p, c_void_p, c_void_p),
            *(c_void_p, POINTER(c_uint32)),
        ]
        self.RasGetEapUserDataW.restype = c_uint32
        self.RasSetEapUserDataW = library.RasSetEapUserDataW
        self.RasSetEapUserDataW.argtypes = [*(c_void_p, c_void_p, c_void_p), c_void_p, c_uint32]
        self.RasSetEapUserDataW.restype = c_uint32

    def _declare_facts(self, library: ctypes.CDLL) -> None:
        self.RasGetConnectionStatistics = library.RasGetConnectionStatistics
        self.RasGetConnectionStatistics.argtypes = [c_void_p, c_void_p]
        self.RasGetLinkStatistics = library.RasGetLinkStatistics
        self.RasGetLinkStatistics.argtypes = [c_void_p, c_uint32, c_void_p]
        self.RasClearConnectionStatistics = library.RasClearConnectionStatistics
        self.RasClearConnectionStatistics.argtypes = [c_void_p]
        self.RasClearLinkStatistics = library.RasClearLinkStatistics
        self.RasClearLinkStatistics.argtypes = [c_void_p, c_uint32]
        self.RasGetProjectionInfoW = library.RasGetProjectionInfoW
        self.RasGetProjectionInfoW.argtypes = [c_void_p, c_uint32, c_void_p, POINTER(c_uint32)]
        self.RasGetProjectionInfoEx = library.RasGetProjectionInfoEx
        self.RasGetProjectionInfoEx.argtypes = [c_void_p, c_void_p, POINTER(c_uint32)]
        # E_INVALIDARG has its highest bit set.
        for function in (
            self.RasGetConnectionStatistics,
            self.RasGetLinkStatistics,
            self.RasClearConnectionStatistics,
            self.RasClearLinkStatistics,
        ):
            function.restype = c_uint32

    def probe(self) -> Listing:
        """Call RasEnumConnections with a NULL buffer and a size of 0."""
        needed, count = c_uint32(0), c_uint32(0)
        code = int(self.RasEnumConnectionsW(None, byref(needed), byref(count)))
        return Listing(code, needed.value, count.value, ())

    def enumerate_into(self, room: int, size: int = RASCONNW_SIZE) -> Listing:
        """Call it with a buffer of that many bytes, whose first dwSize is that size."""
        buffer = Buffer(room, size)
        needed, count = c_uint32(room), c_uint32(0)
        code = int(self.RasEnumConnectionsW(buffer.array, byref(needed), byref(count)))
        data = buffer.read()
        starts = range(0, count.value * size if code == SUCCESS else 0, size)
        found = tuple(Connection.read(data[start : start + size]) for start in starts)
        return Listing(code, needed.value, count.value, found)

    def connections(self) -> tuple[Connection, ...]:
        """All connections: as Microsoft's own code does it, again while the room is too small."""
        listing = self.probe()
        while listing.code == ERROR_BUFFER_TOO_SMALL:
            listing = self.enumerate_into(listing.needed)
        assert listing.code == SUCCESS
        return listing.connections

    def status(self, handle: int, size: int = RASCONNSTATUSW_SIZE) -> Status:
        """Call RasGetConnectStatus with that dwSize."""
        buffer = Buffer(size, size)
        code = int(self.RasGetConnectStatusW(handle, buffer.array))
        assert code == SUCCESS or buffer.is_untouched()
        return Status.read(code, buffer.read())

    def hang_up(self, handle: int) -> int:
        """Call RasHangUp."""
        return int(self.RasHangUpW(handle))

    def sub_entry(self, handle: int, number: int) -> tuple[int, int]:
        """Call RasGetSubEntryHandle; its code and the handle."""
        found = c_void_p(None)
        code = int(self.RasGetSubEntryHandleW(handle, number, byref(found)))
        return code, found.value or 0

    def link(self, handle: int, number: int) -> int:
        """The handle of a sub-entry that there must be."""
        code, found = self.sub_entry(handle, number)
        assert code == SUCCESS
        return found

    def statistics(
        self, handle: int, link: int | None = None, size: int = RAS_STATS_SIZE
    ) -> Statistics:
        """Call RasGetConnectionStatistics, or for a link RasGetLinkStatistics."""
        buffer = Buffer(size, size)
        if link is None:
            code = int(self.RasGetConnectionStatistics(handle, buffer.array))
        else:
            code = int(self.RasGetLinkStatistics(handle, link, buffer.array))
        assert code == SUCCESS or buffer.is_untouched()
        return Statistics.read(code, buffer.read())

    def clear_statistics(self, handle: int, link: int | None = None) -> int:
        """Call RasClearConnectionStatistics, or for a link RasClearLinkStatistics."""
        if link is None:
            return int(self.RasClearConnectionStatistics(handle))
        return int(self.RasClearLinkStatistics(handle, link))

    def project(self, handle: int, protocol: int, room: int, size: int | None = None) -> Projection:
        """Call RasGetProjectionInfo with a buffer of that room, and that dwSize or its own."""
        buffer = Buffer(room, room if size is None else size)
        needed = c_uint32(room)
        code = int(self.RasGetProjectionInfoW(handle, protocol, buffer.array, byref(needed)))
        assert code == SUCCESS or buffer.is_untouched()
        return Projection(code, needed.value, buffer.read())

    def project_code(self, handle: int, structure: type[Structure]) -> int:
        """What RasGetProjectionInfo answers of a protocol, with all that it asks for."""
        return self.project(handle, PROTOCOLS[structure], ctypes.sizeof(structure)).code

    def projected(self, handle: int, structure: type[Projected]) -> Projected:
        """The projection that there must be."""
        answer = self.project(handle, PROTOCOLS[structure], ctypes.sizeof(structure))
        assert (answer.code, answer.needed) == (SUCCESS, ctypes.sizeof(structure))
        return structure.from_buffer_copy(answer.data)

    def project_ex(self, handle: int, room: int, version: int = RASAPIVERSION_601) -> ProjectionEx:
        """Call RasGetProjectionInfoEx with a buffer of that many bytes; its lists are in it."""
        buffer = Buffer(room, version)
        needed = c_uint32(room)
        code = int(self.RasGetProjectionInfoEx(handle, buffer.array, byref(needed)))
        assert code == SUCCESS or buffer.is_untouched()
        data = buffer.read()
        info = RAS_PROJECTION_INFO.from_buffer_copy(data.ljust(RAS_PROJECTION_INFO_SIZE, b"\0"))
        if code or info.type != PROJECTION_INFO_TYPE_IKEv2:
            return ProjectionEx(code, needed.value, info)

        def read_list(pointer: int | None, count: int, size: int) -> tuple[bytes, ...]:
            start = (pointer or 0) - addressof(buffer.array)
            assert not count or RAS_PROJECTION_INFO_SIZE <= start <= room - count * size
            starts = range(start, start + count * size, size)
            return tuple(data[start : start + size] for start in starts)

        ikev2 = info.union.ikev2
        return ProjectionEx(
            code,
            needed.value,
            info,
            read_list(ikev2.ipv4ServerAddresses, ikev2.numIPv4ServerAddresses, 4),
            read_list(ikev2.ipv6ServerAddresses, ikev2.numIPv6ServerAddresses, 16),
        )

    def projected_ex(self, handle: int) -> ProjectionEx:
        """The projection that there must be: with room for a structure, or as much as it needs."""
        answer = self.project_ex(handle, RAS_PROJECTION_INFO_SIZE)
        if answer.code == ERROR_BUFFER_TOO_SMALL:
            answer = self.project_ex(handle, answer.needed)
        assert answer.code == SUCCESS
        return answer

    def error_string(self, value: int, room: int = 512) -> tuple[int, str]:
        """Call RasGetErrorString with room for that many characters; its code and the text."""
        buffer = Buffer(room * 2)
        code = int(self.RasGetErrorStringW(value, buffer.array, room))
        units = (c_uint16 * room).from_buffer_copy(buffer.read())
        return code, to_text(units) if code == SUCCESS else ""

    def notify(self, handle: int, event: Event | None, flags: int) -> int:
        """Call RasConnectionNotification; without an event, with NULL."""
        return int(self.RasConnectionNotificationW(handle, event and event.handle, flags))

    def dial(
        self,
        params: RASDIALPARAMSW | str,
        notifier: Notifier | None = None,
        *,
        extensions: RASDIALEXTENSIONS | None = None,
        phonebook: str | None = None,
        kind: int | None = None,
        handle: int = 0,
        stored: c_void_p | None = None,
        eap_info: bytes = b"",
    ) -> Dialled:
        """Call RasDial; `stored`, if given, is its *lphRasConn, which else is that handle."""
        info = ctypes.create_string_buffer(eap_info, max(len(eap_info), 1))
        if eap_info:
            extensions = extensions or dial_extensions()
            extensions.dwSizeofEapInfo = len(eap_info)
            extensions.pbEapInfo = ctypes.addressof(info)
        if isinstance(params, str):
            params = dial_params(params)
        if kind is None:
            kind = notifier.kind if notifier else 0
        if stored is None:
            stored = c_void_p(handle)
        code = self.RasDialW(
            extensions and byref(extensions),
            phonebook and wide(phonebook),
            byref(params),
            kind,
            notifier and notifier.pointer,
            byref(stored),
        )
        return Dialled(int(code), stored.value or 0)

    def dial_on(
        self, handle: int, params: RASDIALPARAMSW | str, notifier: Notifier | None
    ) -> Dialled:
        """Call RasDial for what it has paused, with paused states enabled as before."""
        extensions = dial_extensions(RDEOPT_PausedStates)
        return self.dial(params, notifier, extensions=extensions, handle=handle)

    def eap_identity(self, name: str, phonebook: str | None = None, flags: int = 0) -> EapIdentity:
        """Call RasGetEapUserIdentity, and RasFreeEapUserIdentity."""
        found = c_void_p(None)
        code = int(
            self.RasGetEapUserIdentityW(
                phonebook and wide(phonebook), wide(name), flags, None, byref(found)
            )
        )
        if code:
            assert not found.value
            return EapIdentity(code)
        assert found.value
        identity = RASEAPUSERIDENTITYW.from_address(found.value)
        start = found.value + ctypes.sizeof(RASEAPUSERIDENTITYW)
        info = ctypes.string_at(start, identity.dwSizeofEapInfo)
        answer = EapIdentity(code, to_text(identity.szUserName), info)
        self.RasFreeEapUserIdentityW(found)
        return answer

    def eap_data_into(self, name: str, room: int, phonebook: str | None = None) -> EapData:
        """Call RasGetEapUserData with a buffer of that many bytes."""
        buffer, size = Buffer(room), c_uint32(room)
        code = int(
            self.RasGetEapUserDataW(
                None, phonebook and wide(phonebook), wide(name), buffer.array, byref(size)
            )
        )
        assert code == SUCCESS or buffer.is_untouched()
        return EapData(code, size.value, buffer.read()[: size.value] if code == SUCCESS else b"")

    def eap_data(self, name: str, phonebook: str | None = None) -> EapData:
        """Call it without room, and with as much as it needs."""
        answer = self.eap_data_into(name, 0, phonebook)
        if answer.code == ERROR_BUFFER_TOO_SMALL:
            answer = self.eap_data_into(name, answer.needed, phonebook)
        return answer

    def set_eap_data(self, name: str, data: bytes, phonebook: str | None = None) -> int:
        """Call RasSetEapUserData."""
        return int(
            self.RasSetEapUserDataW(
                None, phonebook and wide(phonebook), wide(name), data, len(data)
            )
        )


# ---- the simulator's controls ----

SIM_CONNECT, SIM_DROP, SIM_ADD_LINK, SIM_REMOVE_LINK = 1, 2, 3, 4
SIM_TRANSFER, SIM_SET_TRAFFIC = 7, 8
SIM_NEVER = 0x7FFFFFFFFFFFFFFF


USER_FOLDER = r"C:\Users\user\AppData\Roaming\Microsoft\Network\Connections\Pbk"
ALL_USERS_FOLDER = r"C:\ProgramData\Microsoft\Network\Connections\Pbk"
USER_PHONEBOOK = USER_FOLDER + r"\rasphone.pbk"
ALL_USERS_PHONEBOOK = ALL_USERS_FOLDER + r"\rasphone.pbk"


class SimEndpoint(Structure):
    """sim_endpoint."""

    _fields_ = (("type", c_uint32), ("address", c_uint8 * 16))


class SimEntry(Structure):
    """sim_entry."""

    _fields_ = (
        ("name", c_uint16 * 257),
        ("phonebook", c_uint16 * 260),
        ("device_type", c_uint16 * 17),
        ("device_name", c_uint16 * 129),
        ("phone_number", c_uint16 * 129),
        ("entry_id", Guid),
        ("local", SimEndpoint),
        ("remote", SimEndpoint),
        ("dial_time", c_int64),
        ("hang_up_time", c_int64),
        ("sub_entries", c_uint32),
        ("bps", c_uint32),
        ("user", c_uint16 * 257),
        ("password", c_uint16 * 257),
        ("domain", c_uint16 * 16),
        ("eap_user", c_uint16 * 257),
        ("ikev2", c_uint32),
        ("ipv4", SimEndpoint),
        ("ipv4_server", SimEndpoint),
        ("ipv6", SimEndpoint),
        ("ipv6_server", SimEndpoint),
        ("prefix_length", c_uint32),
        ("more_servers", SimEndpoint * 4),
    )


class SimDevice(Structure):
    """sim_device."""

    _fields_ = (("type", c_uint16 * 17), ("name", c_uint16 * 129))


class SimCredentials(Structure):
    """sim_credentials."""

    _fields_ = (
        ("mask", c_uint32),
        ("user", c_uint16 * 257),
        ("password", c_uint16 * 257),
        ("domain", c_uint16 * 16),
    )


class SimDialStep(Structure):
    """sim_dial_step."""

    _fields_ = (
        ("state", c_uint32),
        ("error", c_uint32),
        ("duration", c_int64),
        ("goes_on", c_uint32),
    )


class SimAction(Structure):
    """sim_action."""

    _fields_ = (
        ("action", c_uint32),
        ("name", c_uint16 * 257),
        ("phonebook", c_uint16 * 260),
        ("duration", c_int64),
        ("error", c_uint32),
        ("link", c_uint32),
        ("substate", c_uint32),
        ("sent", c_uint64),
        ("received", c_uint64),
    )


class Negotiated(NamedTuple):
    """What an entry projects, once it is dialled."""

    ikev2: bool = False
    ipv4: Endpoint | None = None
    ipv4_server: Endpoint | None = None
    ipv6: Endpoint | None = None
    ipv6_server: Endpoint | None = None
    prefix_length: int = 0
    more_servers: tuple[Endpoint, ...] = ()

    def fill(self, entry: SimEntry) -> None:
        """Write it into an entry."""
        entry.ikev2 = self.ikev2
        entry.prefix_length = self.prefix_length
        for native, endpoint in (
            (entry.ipv4, self.ipv4),
            (entry.ipv4_server, self.ipv4_server),
            (entry.ipv6, self.ipv6),
            (entry.ipv6_server, self.ipv6_server),
            *zip(entry.more_servers, self.more_servers, strict=False),
        ):
            if endpoint:
                native.type = endpoint.type
                native.address = (c_uint8 * 16)(*endpoint.address)


def to_microseconds(seconds: float) -> int:
    """Simulated time as the controls take it; math.inf is never."""
    return SIM_NEVER if math.isinf(seconds) else round(seconds * 1_000_000)


class Simulator:
    """Everybody but the client: other programs, the other side, and time."""

    def __init__(self, path: Path) -> None:
        library = ctypes.CDLL(str(path))
        self.path = path
        self._library = library
        library.sim_begin.argtypes = [c_double, c_uint32, POINTER(c_uint32)]
        library.sim_end.argtypes = [POINTER(c_uint32)]
        library.sim_end.restype = None
        library.sim_add_entry.argtypes = [POINTER(SimEntry)]
        library.sim_set_devices.argtypes = [c_void_p, c_uint32]
        library.sim_act.argtypes = [POINTER(SimAction), POINTER(c_uint64)]
        library.sim_schedule.argtypes = [c_int64, POINTER(SimAction)]
        library.sim_grow.argtypes = [c_uint32]
        library.sim_quirk_name.argtypes = [c_uint32]
        library.sim_quirk_name.restype = c_char_p
        library.sim_set_quirk.argtypes = [c_uint32, c_uint32]
        library.sim_advance_to.argtypes = [c_int64]
        library.sim_now.restype = c_int64
        library.sim_wait_woken.argtypes = [c_uint32]
        library.sim_function_name.argtypes = [c_uint32]
        library.sim_function_name.restype = c_char_p
        library.sim_fail.argtypes = [c_uint32, c_uint32, c_uint32]
        library.sim_calls.argtypes = [c_uint32, POINTER(c_uint64)]
        library.sim_keep_time.argtypes = [c_uint32]
        library.sim_set_dial_script.argtypes = [c_void_p, c_void_p, POINTER(SimDialStep), c_uint32]
        self._time: threading.Thread | None = None
        self._number = c_uint32()

    def begin(self, factor: float = 0.0) -> None:
        """Start, on the manual clock or on one that is so many times as fast as real time."""
        number = self._library.sim_begin(factor, 0, self._number)
        assert number
        if factor:
            self._time = threading.Thread(
                target=self._library.sim_keep_time, args=(number,), daemon=True
            )
            self._time.start()

    def end(self) -> None:
        """End."""
        self._library.sim_end(self._number)
        if self._time:
            self._time.join()

    def clear(self) -> None:
        """Forget everything but registrations for all connections."""
        assert self._library.sim_clear() == SUCCESS

    def add_entry(
        self,
        name: str,
        *,
        phonebook: str = USER_PHONEBOOK,
        device_type: str = "vpn",
        device_name: str = "WAN Miniport (IKEv2)",
        phone_number: str = "vpn.example.com",
        entry_id: UUID | None = None,
        local: Endpoint | None = None,
        remote: Endpoint | None = None,
        bps: int = 0,
        negotiated: Negotiated | None = None,
        dial_time: float = 0.0,
        hang_up_time: float = 0.0,
        sub_entries: int = 1,
        user: str = "",
        password: str = "",
        domain: str = "",
        eap_user: str = "",
    ) -> None:
        """Add an entry to a phone book; without a name, a direct dial. Times are seconds.

        Its server lets in that user, or everybody; with `eap_user` it needs that EAP identity.
        """
        entry = SimEntry(
            entry_id=Guid(*(entry_id.bytes_le if entry_id else b"")),
            dial_time=to_microseconds(dial_time),
            hang_up_time=to_microseconds(hang_up_time),
            sub_entries=sub_entries,
        )
        for units, text in (
            (entry.name, name),
            (entry.phonebook, phonebook),
            (entry.device_type, device_type),
            (entry.device_name, device_name),
            (entry.phone_number, phone_number),
            (entry.user, user),
            (entry.password, password),
            (entry.domain, domain),
            (entry.eap_user, eap_user),
        ):
            fill_text(units, text)
        entry.bps = bps
        if negotiated:
            negotiated.fill(entry)
        for native, endpoint in ((entry.local, local), (entry.remote, remote)):
            if endpoint:
                native.type = endpoint.type
                native.address = (c_uint8 * 16)(*endpoint.address)
        assert self._library.sim_add_entry(byref(entry)) == SUCCESS

    def set_devices(self, *devices: tuple[str, str]) -> None:
        """The machine has these devices, each a type and a name."""
        native = (SimDevice * len(devices))()
        for device, (kind, name) in zip(native, devices, strict=True):
            fill_text(device.type, kind)
            fill_text(device.name, name)
        assert self._library.sim_set_devices(native, len(devices)) == SUCCESS

    def script(self, name: str, *steps: tuple[float, ...]) -> None:
        """Each dialling of the entry goes through these.

        A state, its seconds, its error, and whether dialling goes on all the same.
        """
        native = (SimDialStep * len(steps))()
        for step, (state, seconds, *rest) in zip(native, steps, strict=True):
            step.state, step.duration = int(state), to_microseconds(seconds)
            step.error, step.goes_on = (int(value) for value in (*rest, 0, 0)[:2])
        code = self._library.sim_set_dial_script(wide(name), wide(""), native, len(steps))
        assert code == SUCCESS

    def _act(self, action: int, name: str, **members: int) -> tuple[int, int]:
        native = SimAction(action=action, **members)
        fill_text(native.name, name)
        result = c_uint64(0)
        code = int(self._library.sim_act(byref(native), byref(result)))
        return code, result.value

    def _must(self, action: int, name: str, **members: int) -> int:
        code, result = self._act(action, name, **members)
        assert code == SUCCESS
        return result

    def dial(self, name: str) -> tuple[int, int]:
        """Another program calls RasDial on an entry; its code and the handle."""
        return self._act(SIM_CONNECT, name, duration=-1)

    def connect(self, name: str) -> int:
        """The same where it must succeed: the handle."""
        return self._must(SIM_CONNECT, name, duration=-1)

    def drop(self, name: str, *, error: int = 0, linger: float = 0.0) -> None:
        """The connection fails, and its handle is dead after that many seconds."""
        self._must(SIM_DROP, name, error=error, duration=to_microseconds(linger))

    def drop_later(self, seconds: float, name: str, *, error: int = 0) -> None:
        """The connection fails when that much time has passed."""
        action = SimAction(action=SIM_DROP, error=error)
        fill_text(action.name, name)
        moment = self.now() + to_microseconds(seconds)
        assert self._library.sim_schedule(moment, byref(action)) == SUCCESS

    def add_link(self, name: str) -> int:
        """One more link is connected: its sub-entry number."""
        return self._must(SIM_ADD_LINK, name)

    def remove_link(self, name: str, link: int = 0) -> None:
        """A link is disconnected from the other side; 0: the highest that is connected."""
        self._must(SIM_REMOVE_LINK, name, link=link)

    def transfer(self, name: str, sent: int = 0, received: int = 0, link: int = 0) -> None:
        """So many bytes go over a link at once; 0: the first that is connected."""
        self._must(SIM_TRANSFER, name, sent=sent, received=received, link=link)

    def set_traffic(self, name: str, sent: int = 0, received: int = 0, link: int = 0) -> None:
        """So many bytes a second go over it from now on."""
        self._must(SIM_SET_TRAFFIC, name, sent=sent, received=received, link=link)

    def grow(self, times: int) -> None:
        """After each of the next answers 603 another connection comes up."""
        assert self._library.sim_grow(times) == SUCCESS

    def client_leaves(self) -> None:
        """The client's process ends."""
        assert self._library.sim_client_leaves() == SUCCESS

    def quirks(self) -> list[str]:
        """The names of all quirks."""
        return self._names(self._library.sim_quirk_name)

    def _names(self, name_of: Callable[[int], bytes | None]) -> list[str]:
        names: list[str] = []
        while (name := name_of(len(names))) is not None:
            names.append(name.decode("ascii"))
        return names

    def _function(self, name: str) -> int:
        return self._names(self._library.sim_function_name).index(name)

    def fail(self, function: str, code: int, times: int = 1) -> None:
        """The next calls of a function do nothing but answer that code."""
        assert self._library.sim_fail(self._function(function), code, times) == SUCCESS

    def clear_faults(self) -> None:
        """No call fails any more."""
        assert self._library.sim_clear_faults() == SUCCESS

    def calls(self, function: str) -> int:
        """How often a function was called."""
        count = c_uint64()
        assert self._library.sim_calls(self._function(function), byref(count)) == SUCCESS
        return count.value

    def set_quirk(self, name: str) -> None:
        """Switch a quirk on."""
        assert self._library.sim_set_quirk(self.quirks().index(name), 1) == SUCCESS

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        moment = self.now() + to_microseconds(seconds)
        while True:
            assert self._library.sim_advance_to(moment) == SUCCESS
            self.wait_told()
            if self.now() >= moment:
                return

    def try_to_advance(self, seconds: float) -> float:
        """Move the clock as far as a notifier that does not return lets it; by so many seconds."""
        before = self.now()
        assert self._library.sim_advance_to(before + to_microseconds(seconds)) == SUCCESS
        return (self.now() - before) / 1_000_000

    def now(self) -> int:
        """Simulated time in microseconds."""
        return int(self._library.sim_now())

    def wait_told(self) -> None:
        """Wait until every notifier has been told what there is to tell."""
        limit = time.monotonic() + HANG
        while self._library.sim_wait_woken(250):
            assert time.monotonic() < limit
