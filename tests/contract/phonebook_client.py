"""A client of the functions for phone-book entries and devices, with structures of its own."""

import ctypes
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_int32,
    c_uint8,
    c_uint16,
    c_uint32,
    c_void_p,
)
from pathlib import Path
from typing import NamedTuple, TypeVar

from contract.client import Buffer, fill_text, load, sizes_by_version, to_text, wide

ERROR_ACCESS_DENIED = 5
ERROR_INVALID_NAME = 123
ERROR_ALREADY_EXISTS = 183
ERROR_BUFFER_INVALID = 610
ERROR_CANNOT_DELETE = 817
ERROR_INVALID_USER_BUFFER = 1784

RASEO_SpecificIpAddr, RASEO_RemoteDefaultGateway, RASEO_RequireEAP = 0x2, 0x10, 0x20000
RASNP_Ip, RASNP_Ipv6 = 4, 8
RASFP_Ppp = 1
RASET_Phone, RASET_Vpn, RASET_Broadband = 1, 2, 5
VS_Ikev2Only = 7

IKEV2 = "WAN Miniport (IKEv2)"


class RASENTRYW(Structure):
    """Packed as all are; each WINVER has more members at its end."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwfOptions", c_uint32),
        ("dwCountryID", c_uint32),
        ("dwCountryCode", c_uint32),
        ("szAreaCode", c_uint16 * 11),
        ("szLocalPhoneNumber", c_uint16 * 129),
        ("dwAlternateOffset", c_uint32),
        ("ipaddr", c_uint8 * 4),
        ("ipaddrDns", c_uint8 * 4),
        ("ipaddrDnsAlt", c_uint8 * 4),
        ("ipaddrWins", c_uint8 * 4),
        ("ipaddrWinsAlt", c_uint8 * 4),
        ("dwFrameSize", c_uint32),
        ("dwfNetProtocols", c_uint32),
        ("dwFramingProtocol", c_uint32),
        ("szScript", c_uint16 * 260),
        ("szAutodialDll", c_uint16 * 260),
        ("szAutodialFunc", c_uint16 * 260),
        ("szDeviceType", c_uint16 * 17),
        ("szDeviceName", c_uint16 * 129),
        ("szX25PadType", c_uint16 * 33),
        ("szX25Address", c_uint16 * 201),
        ("szX25Facilities", c_uint16 * 201),
        ("szX25UserData", c_uint16 * 201),
        ("dwChannels", c_uint32),
        ("dwReserved1", c_uint32),
        ("dwReserved2", c_uint32),
        ("dwSubEntries", c_uint32),
        ("dwDialMode", c_uint32),
        ("dwDialExtraPercent", c_uint32),
        ("dwDialExtraSampleSeconds", c_uint32),
        ("dwHangUpExtraPercent", c_uint32),
        ("dwHangUpExtraSampleSeconds", c_uint32),
        ("dwIdleDisconnectSeconds", c_uint32),
        ("dwType", c_uint32),
        ("dwEncryptionType", c_uint32),
        ("dwCustomAuthKey", c_uint32),
        ("guidId", c_uint8 * 16),
        ("szCustomDialDll", c_uint16 * 260),
        ("dwVpnStrategy", c_uint32),
        ("dwfOptions2", c_uint32),
        ("dwfOptions3", c_uint32),
        ("szDnsSuffix", c_uint16 * 256),
        ("dwTcpWindowSize", c_uint32),
        ("szPrerequisitePbk", c_uint16 * 260),
        ("szPrerequisiteEntry", c_uint16 * 257),
        ("dwRedialCount", c_uint32),
        ("dwRedialPause", c_uint32),
        ("ipv6addrDns", c_uint8 * 16),
        ("ipv6addrDnsAlt", c_uint8 * 16),
        ("dwIPv4InterfaceMetric", c_uint32),
        ("dwIPv6InterfaceMetric", c_uint32),
        ("ipv6addr", c_uint8 * 16),
        ("dwIPv6PrefixLength", c_uint32),
        ("dwNetworkOutageTime", c_uint32),
        ("szIDi", c_uint16 * 257),
        ("szIDr", c_uint16 * 257),
        ("fIsImsConfig", c_int32),
        ("IdiType", c_int32),
        ("IdrType", c_int32),
        ("fDisableIKEv2Fragmentation", c_int32),
    )


RASENTRYW_SIZES = sizes_by_version(
    RASENTRYW,
    {
        0x0A00: "fDisableIKEv2Fragmentation",
        0x0601: "dwNetworkOutageTime",
        0x0600: "dwIPv6InterfaceMetric",
        0x0501: "dwRedialPause",
        0x0500: "dwVpnStrategy",
        0x0401: "dwIdleDisconnectSeconds",
        0x0400: "dwReserved2",
    },
)
#: A shipping client met a Windows that takes no more than this, which no header has.
RASENTRYW_WITHOUT_LAST = 6720
RASENTRYW_SIZE = ctypes.sizeof(RASENTRYW)
#: Every one that the simulator takes.
ALL_SIZES = sorted([*RASENTRYW_SIZES.values(), RASENTRYW_WITHOUT_LAST])


class RASSUBENTRYW(Structure):
    """Packed as all are."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwfFlags", c_uint32),
        ("szDeviceType", c_uint16 * 17),
        ("szDeviceName", c_uint16 * 129),
        ("szLocalPhoneNumber", c_uint16 * 129),
        ("dwAlternateOffset", c_uint32),
    )


RASSUBENTRYW_SIZE = ctypes.sizeof(RASSUBENTRYW)


class RASDEVINFOW(Structure):
    """Packed as all are."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("szDeviceType", c_uint16 * 17),
        ("szDeviceName", c_uint16 * 129),
    )


RASDEVINFOW_SIZE = ctypes.sizeof(RASDEVINFOW)

Described = TypeVar("Described", RASENTRYW, RASSUBENTRYW)


class Read(NamedTuple):
    """What a function has answered: its code, the size that it asks for or has used, the bytes."""

    code: int
    needed: int
    data: bytes

    def entry(self) -> RASENTRYW:
        return RASENTRYW.from_buffer_copy(self.data.ljust(RASENTRYW_SIZE, b"\0"))

    def sub_entry(self) -> RASSUBENTRYW:
        return RASSUBENTRYW.from_buffer_copy(self.data[:RASSUBENTRYW_SIZE])

    def numbers(self, offset: int) -> list[str]:
        """The alternate phone numbers from that offset on."""
        text = self.data[offset:].decode("utf-16-le")
        assert text.endswith("\0\0")
        return text.removesuffix("\0\0").split("\0")


class Device(NamedTuple):
    """An element of RasEnumDevices's array."""

    type: str
    name: str


class Devices(NamedTuple):
    """What RasEnumDevices has answered."""

    code: int
    needed: int
    count: int
    devices: tuple[Device, ...] = ()


def describe(
    *,
    number: str = "vpn.example.com",
    device: str = IKEV2,
    device_type: str = "vpn",
    size: int = RASENTRYW_SIZE,
    **members: int,
) -> RASENTRYW:
    """A RASENTRY with all that RasSetEntryProperties needs."""
    entry = RASENTRYW(dwSize=size, dwFramingProtocol=RASFP_Ppp, dwType=RASET_Vpn)
    entry.dwfNetProtocols = RASNP_Ip
    fill_text(entry.szLocalPhoneNumber, number)
    fill_text(entry.szDeviceType, device_type)
    fill_text(entry.szDeviceName, device)
    for member, value in members.items():
        setattr(entry, member, value)
    return entry


def describe_sub_entry(number: str, device: str = "Modem 2", kind: str = "modem") -> RASSUBENTRYW:
    """A RASSUBENTRY with a device and a phone number."""
    sub_entry = RASSUBENTRYW(dwSize=RASSUBENTRYW_SIZE)
    fill_text(sub_entry.szDeviceType, kind)
    fill_text(sub_entry.szDeviceName, device)
    fill_text(sub_entry.szLocalPhoneNumber, number)
    return sub_entry


def with_numbers(structure: Described, *numbers: str) -> bytes:
    """The structure, of its dwSize, with alternate phone numbers behind it."""
    structure.dwAlternateOffset = structure.dwSize
    text = "".join(f"{number}\0" for number in numbers) + "\0"
    return bytes(structure)[: structure.dwSize] + text.encode("utf-16-le")


def _book(phonebook: str | None) -> ctypes.Array[ctypes.c_char] | None:
    return None if phonebook is None else wide(phonebook)


class PhonebookClient:
    """The functions."""

    def __init__(self, path: Path) -> None:
        library = load(str(path))
        text, number = c_void_p, POINTER(c_uint32)
        self.RasGetEntryPropertiesW = library.RasGetEntryPropertiesW
        self.RasGetEntryPropertiesW.argtypes = [text, text, c_void_p, number, c_void_p, number]
        self.RasSetEntryPropertiesW = library.RasSetEntryPropertiesW
        self.RasSetEntryPropertiesW.argtypes = [text, text, c_void_p, c_uint32, c_void_p, c_uint32]
        self.RasDeleteEntryW = library.RasDeleteEntryW
        self.RasDeleteEntryW.argtypes = [text, text]
        self.RasRenameEntryW = library.RasRenameEntryW
        self.RasRenameEntryW.argtypes = [text, text, text]
        self.RasValidateEntryNameW = library.RasValidateEntryNameW
        self.RasValidateEntryNameW.argtypes = [text, text]
        self.RasGetSubEntryPropertiesW = library.RasGetSubEntryPropertiesW
        self.RasGetSubEntryPropertiesW.argtypes = [
            *(text, text, c_uint32, c_void_p, number, c_void_p, number)
        ]
        self.RasSetSubEntryPropertiesW = library.RasSetSubEntryPropertiesW
        self.RasSetSubEntryPropertiesW.argtypes = [
            *(text, text, c_uint32, c_void_p, c_uint32, c_void_p, c_uint32)
        ]
        self.RasDeleteSubEntryW = library.RasDeleteSubEntryW
        self.RasDeleteSubEntryW.argtypes = [text, text, c_uint32]
        self.RasEnumDevicesW = library.RasEnumDevicesW
        self.RasEnumDevicesW.argtypes = [c_void_p, number, number]
        self.RasEnumEntriesW = library.RasEnumEntriesW
        self.RasEnumEntriesW.argtypes = [c_void_p, text, c_void_p, number, number]

    def get_into(
        self, name: str, room: int | None, size: int | None = None, phonebook: str | None = None
    ) -> Read:
        """Call RasGetEntryProperties with a buffer of so many bytes, or NULL."""
        buffer = None if room is None else Buffer(room, RASENTRYW_SIZE if size is None else size)
        needed = c_uint32(room or 0)
        code = self.RasGetEntryPropertiesW(
            _book(phonebook), wide(name), buffer and buffer.array, byref(needed), None, None
        )
        return Read(code, needed.value, buffer.read() if buffer else b"")

    def get(self, name: str, size: int = RASENTRYW_SIZE, phonebook: str | None = None) -> Read:
        """The same with room for all."""
        read = self.get_into(name, 70000, size, phonebook)
        return read._replace(data=read.data[: read.needed])

    def entry(self, name: str, phonebook: str | None = None) -> RASENTRYW:
        """The entry, which exists."""
        read = self.get(name, phonebook=phonebook)
        assert read.code == 0
        return read.entry()

    def set(
        self,
        name: str,
        entry: RASENTRYW | bytes,
        phonebook: str | None = None,
        room: int | None = None,
    ) -> int:
        """Call RasSetEntryProperties."""
        data = entry if isinstance(entry, bytes) else bytes(entry)[: entry.dwSize]
        return int(
            self.RasSetEntryPropertiesW(
                _book(phonebook), wide(name), data, len(data) if room is None else room, None, 0
            )
        )

    def delete(self, name: str, phonebook: str | None = None) -> int:
        return int(self.RasDeleteEntryW(_book(phonebook), wide(name)))

    def rename(self, name: str, new_name: str, phonebook: str | None = None) -> int:
        return int(self.RasRenameEntryW(_book(phonebook), wide(name), wide(new_name)))

    def validate(self, name: str, phonebook: str | None = None) -> int:
        return int(self.RasValidateEntryNameW(_book(phonebook), wide(name)))

    def get_sub_entry(
        self, name: str, number: int, room: int = 70000, size: int = RASSUBENTRYW_SIZE
    ) -> Read:
        """Call RasGetSubEntryProperties."""
        buffer, needed = Buffer(room, size), c_uint32(room)
        code = self.RasGetSubEntryPropertiesW(
            None, wide(name), number, buffer.array, byref(needed), None, None
        )
        data = buffer.read()
        return Read(code, needed.value, data if code else data[: needed.value])

    def set_sub_entry(self, name: str, number: int, sub_entry: RASSUBENTRYW | bytes) -> int:
        """Call RasSetSubEntryProperties."""
        data = bytes(sub_entry)
        return int(
            self.RasSetSubEntryPropertiesW(None, wide(name), number, data, len(data), None, 0)
        )

    def delete_sub_entry(self, name: str, number: int) -> int:
        return int(self.RasDeleteSubEntryW(None, wide(name), number))

    def devices_into(self, room: int | None, size: int = RASDEVINFOW_SIZE) -> Devices:
        """Call RasEnumDevices with a buffer of so many bytes, or NULL."""
        buffer = None if room is None else Buffer(room, size)
        needed, count = c_uint32(room or 0), c_uint32(0)
        code = self.RasEnumDevicesW(buffer and buffer.array, byref(needed), byref(count))
        data = buffer.read() if buffer else b""
        starts = range(0, 0 if code else count.value * RASDEVINFOW_SIZE, RASDEVINFOW_SIZE)
        natives = [
            RASDEVINFOW.from_buffer_copy(data[at : at + RASDEVINFOW_SIZE]) for at in starts if data
        ]
        found = [
            Device(to_text(native.szDeviceType), to_text(native.szDeviceName)) for native in natives
        ]
        return Devices(code, needed.value, count.value, tuple(found))

    def is_listed(self, name: str, phonebook: str | None = None) -> bool:
        """Whether RasGetEntryProperties finds it: "a cheap existence test"."""
        return self.get_into(name, None, phonebook=phonebook).code == 603
