"""A phone-book entry as a value, and as the bytes of RASENTRY and of what follows it.

A field of `Entry` says by its codec which members of RASENTRY it stands for, and what an entry file
may say for it. What an entry was read from is kept, and only the members of fields that have
changed are written into it, so that all that winras does not know stays as it was.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from enum import IntFlag
from functools import cmp_to_key
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from typing import ClassVar, Never, TypeVar, cast
from uuid import UUID

from . import _native
from ._arguments import utf16_units, valid_number, valid_text
from ._devices import find_device, may_be_given
from ._enums import Authentication, Encryption, EntryKind, Protocols, VpnStrategy
from .exceptions import RasError

__all__ = [
    "CODECS",
    "SIZES",
    "Codec",
    "Entry",
    "as_new",
    "check_differ",
    "check_fit",
    "check_line",
    "has_given_device",
    "has_own_device",
    "in_order",
    "own_size",
    "read_entry",
    "sub_entry_count",
    "to_bytes",
    "with_device",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._details import Device
    from ._models import Json

_MEMBERS = _native.entry_members()
#: The dwSize of RASENTRY in the versions of Windows, newest first; of which one takes which, a page
#: says nothing, so they are tried in turn.
SIZES = _native.entry_sizes()

_RASFP_PPP = 1
_ERROR_INVALID_SIZE = 632
_EAP_MSCHAPV2 = 26
_LARGEST_NUMBER = 0xFFFFFFFF
_LONGEST_PREFIX = 128
_WHOLE = f"a whole number from 0 to {_LARGEST_NUMBER}"
_IDLE_DISABLED = _LARGEST_NUMBER
_MOST_SERVERS = 2

_BY_PROTOCOL = {
    Protocols.Ipv4: ("ipv4_address", "ipv4_dns"),
    Protocols.Ipv6: ("ipv6_address", "ipv6_dns"),
}

_FAMILIES = {IPv4Address: "IPv4", IPv6Address: "IPv6"}

_RASEO_SPECIFIC_IP_ADDR = 0x2
_RASEO_SPECIFIC_NAME_SERVERS = 0x4
_RASEO_REMOTE_DEFAULT_GATEWAY = 0x10
_RASEO_REQUIRE_DATA_ENCRYPTION = 0x1000
_RASEO_USE_LOGON_CREDENTIALS = 0x4000
_RASEO2_SECURE_FILE_AND_PRINT = 0x1
_RASEO2_SECURE_CLIENT_FOR_MSNET = 0x2
_RASEO2_DONT_NEGOTIATE_MULTILINK = 0x4
_RASEO2_DONT_USE_RAS_CREDENTIALS = 0x8
_RASEO2_USE_PRE_SHARED_KEY = 0x10
_RASEO2_DISABLE_NBT_OVER_IP = 0x40
_RASEO2_RECONNECT_IF_DROPPED = 0x100
_RASEO2_IPV6_SPECIFIC_NAME_SERVERS = 0x1000
_RASEO2_IPV6_REMOTE_DEFAULT_GATEWAY = 0x2000
_RASEO2_REGISTER_IP_WITH_DNS = 0x4000
_RASEO2_IPV4_EXPLICIT_METRIC = 0x10000
_RASEO2_IPV6_EXPLICIT_METRIC = 0x20000
_RASEO2_DISABLE_IKE_NAME_EKU_CHECK = 0x40000
_RASEO2_DISABLE_CLASS_BASED_STATIC_ROUTE = 0x80000
_RASEO2_SPECIFIC_IPV6_ADDR = 0x100000
_RASEO2_DISABLE_MOBILITY = 0x200000
_RASEO2_REQUIRE_MACHINE_CERTIFICATES = 0x400000
_RASEO2_PRE_SHARED_KEY_FOR_IKEV2 = 0x800000
_RASEO2_CACHE_CREDENTIALS = 0x2000000


# ---- codecs ----


def _get(raw: bytes | bytearray, member: str) -> bytes:
    place = _MEMBERS[member]
    return bytes(raw[place.start : place.stop])


def _put(raw: bytearray, member: str, value: bytes) -> None:
    place = _MEMBERS[member]
    raw[place.start : place.stop] = value.ljust(len(place), b"\0")


def _get_number(raw: bytes | bytearray, member: str) -> int:
    return int.from_bytes(_get(raw, member), "little")


def _put_number(raw: bytearray, member: str, value: int) -> None:
    _put(raw, member, value.to_bytes(4, "little"))


def _put_bits(raw: bytearray, member: str, mask: int, bits: int) -> None:
    _put_number(raw, member, _get_number(raw, member) & ~mask | bits)


class Codec:
    """How a field of `Entry` stands in RASENTRY, and in an entry file."""

    @property
    def names(self) -> list[str]:
        """The words that a file may say, if it may not say any."""
        return []

    @property
    def wanted(self) -> str:
        """What a file may say, in words."""
        raise NotImplementedError

    def parse(self, value: object) -> object:
        """Return what a file says as a value of the field; ValueError, TypeError: it is none."""
        raise NotImplementedError

    def valid(self, argument: str, value: object) -> None:
        """Raise TypeError or ValueError for a value that cannot be written."""
        raise NotImplementedError

    def read(self, raw: bytes | bytearray) -> object:
        """Read the value of the field."""
        raise NotImplementedError

    def write(self, raw: bytearray, value: object) -> None:
        """Write a value that is valid."""
        raise NotImplementedError


def _wrong_type(argument: str, wanted: str, value: object) -> TypeError:
    return TypeError(f"{argument} must be {wanted}, not {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class _Text(Codec):
    member: str

    @property
    def room(self) -> int:
        return len(_MEMBERS[self.member]) // 2 - 1

    @property
    def wanted(self) -> str:
        return f"a text of at most {self.room} characters"

    def parse(self, value: object) -> str:
        return _text_in(value)

    def valid(self, argument: str, value: object) -> None:
        if not isinstance(value, str):
            raise _wrong_type(argument, "str", value)
        if "\0" in value:
            raise ValueError(f"{argument} must not contain a NUL")
        if utf16_units(value) > self.room:
            raise ValueError(f"{argument} must have at most {self.room} characters of UTF-16")

    def read(self, raw: bytes | bytearray) -> str:
        # Its last character is a NUL, whatever it says.
        text = _get(raw, self.member)[:-2].decode("utf-16-le", "surrogatepass")
        return text.partition("\0")[0]

    def write(self, raw: bytearray, value: object) -> None:
        assert isinstance(value, str)
        _put(raw, self.member, value.encode("utf-16-le", "surrogatepass"))


def _text_in(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number_in(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 0 <= value <= _LARGEST_NUMBER:
        raise ValueError
    return value


def _array_in(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


@dataclass(frozen=True, slots=True)
class _Number(Codec):
    member: str

    @property
    def wanted(self) -> str:
        return _WHOLE

    def parse(self, value: object) -> int:
        return _number_in(value)

    def valid(self, argument: str, value: object) -> None:
        if not isinstance(value, int):
            raise _wrong_type(argument, "int", value)
        valid_number(argument, value)

    def read(self, raw: bytes | bytearray) -> int:
        return _get_number(raw, self.member)

    def write(self, raw: bytearray, value: object) -> None:
        assert isinstance(value, int)
        _put_number(raw, self.member, value)


@dataclass(frozen=True, slots=True)
class _Choice(_Number):
    """A member of an enum, which takes numbers that it does not know."""

    kind: type[EntryKind | VpnStrategy | Encryption]

    @property
    def names(self) -> list[str]:
        return [str(one) for one in self.kind]

    @property
    def wanted(self) -> str:
        return f"one of {', '.join(self.names)}"

    def parse(self, value: object) -> int:
        text = _text_in(value)
        for one in self.kind:
            if str(one) == text:
                return one
        number = re.fullmatch(r"Unknown\(([0-9]{1,10})\)", text)
        if not number:
            raise ValueError
        unknown = self.kind(_number_in(int(number[1])))
        if str(unknown) != text:
            raise ValueError
        return unknown

    def valid(self, argument: str, value: object) -> None:
        if not isinstance(value, self.kind):
            raise _wrong_type(argument, self.kind.__name__, value)
        _Number.valid(self, argument, value)

    def read(self, raw: bytes | bytearray) -> int:
        return self.kind(_get_number(raw, self.member))


class _EncryptionCodec(_Choice):
    """With it goes an older option, which says only whether encryption is required."""

    __slots__ = ()

    def write(self, raw: bytearray, value: object) -> None:
        _Number.write(self, raw, value)
        is_required = value in (Encryption.Require, Encryption.RequireMax)
        bit = _RASEO_REQUIRE_DATA_ENCRYPTION
        _put_bits(raw, "dwfOptions", bit, bit if is_required else 0)


@dataclass(frozen=True, slots=True)
class _Bits(Codec):
    member: str
    kind: type[IntFlag]

    @property
    def _mask(self) -> int:
        return sum(self.kind)

    @property
    def names(self) -> list[str]:
        return [str(bit) for bit in self.kind]

    @property
    def wanted(self) -> str:
        return f"an array of any of {', '.join(self.names)}"

    def parse(self, value: object) -> IntFlag:
        names = [_text_in(one) for one in _array_in(value)]
        bits = {str(bit): bit for bit in self.kind}
        if not bits.keys() >= set(names):
            raise ValueError
        return self.kind(sum({bits[name] for name in names}))

    def valid(self, argument: str, value: object) -> None:
        if not isinstance(value, self.kind):
            raise _wrong_type(argument, self.kind.__name__, value)
        if value & ~self._mask or value < 0:
            names = ", ".join(bit.name or "" for bit in self.kind)
            raise ValueError(f"{argument} must be of {names}, not {int(value):#x}")

    def read(self, raw: bytes | bytearray) -> IntFlag:
        return self.kind(_get_number(raw, self.member) & self._mask)

    def write(self, raw: bytearray, value: object) -> None:
        assert isinstance(value, int)
        _put_bits(raw, self.member, self._mask, value)


@dataclass(frozen=True, slots=True)
class _Flag(Codec):
    member: str
    mask: int
    set_means: bool = True

    @property
    def wanted(self) -> str:
        return "true or false"

    def parse(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise TypeError
        return value

    def valid(self, argument: str, value: object) -> None:
        if not isinstance(value, bool):
            raise _wrong_type(argument, "a bool", value)

    def read(self, raw: bytes | bytearray) -> bool:
        return bool(_get_number(raw, self.member) & self.mask) == self.set_means

    def write(self, raw: bytearray, value: object) -> None:
        _put_bits(raw, self.member, self.mask, self.mask if value == self.set_means else 0)


def _check_zone(argument: str, address: IPv4Address | IPv6Address) -> None:
    if getattr(address, "scope_id", None):
        raise ValueError(f"{argument} must be without a zone, which {address} has")


@dataclass(frozen=True, slots=True)
class _Address(Codec):
    """An address that counts only if an option says so."""

    member: str
    option: tuple[str, int]
    kind: type[IPv4Address | IPv6Address]

    @property
    def wanted(self) -> str:
        return f"an address of {_FAMILIES[self.kind]}"

    def parse(self, value: object) -> IPv4Address | IPv6Address:
        return self.kind(_text_in(value))

    def valid(self, argument: str, value: object) -> None:
        if value is None:
            return
        if not isinstance(value, self.kind):
            raise _wrong_type(argument, f"an {self.kind.__name__} or None", value)
        _check_zone(argument, value)

    def read(self, raw: bytes | bytearray) -> IPv4Address | IPv6Address | None:
        option, bit = self.option
        is_given = _get_number(raw, option) & bit
        return self.kind(_get(raw, self.member)) if is_given else None

    def write(self, raw: bytearray, value: object) -> None:
        assert value is None or isinstance(value, self.kind)
        option, bit = self.option
        _put_bits(raw, option, bit, bit if value is not None else 0)
        _put(raw, self.member, value.packed if value is not None else b"")


@dataclass(frozen=True, slots=True)
class _Servers(Codec):
    """The servers of a family, which count only if an option says so; it may be for others too."""

    members: tuple[str, str]
    option: tuple[str, int]
    kind: type[IPv4Address | IPv6Address]
    others: tuple[str, ...] = ()

    @property
    def wanted(self) -> str:
        return f"an array of at most {_MOST_SERVERS} addresses of {_FAMILIES[self.kind]}"

    def parse(self, value: object) -> tuple[IPv4Address | IPv6Address, ...]:
        return tuple(self.kind(_text_in(one)) for one in _array_in(value))

    def valid(self, argument: str, value: object) -> None:
        wanted = f"a tuple of {self.kind.__name__}"
        if not isinstance(value, tuple):
            raise _wrong_type(argument, wanted, value)
        for one in value:
            if not isinstance(one, self.kind):
                raise TypeError(f"{argument} must be {wanted}, but has a {type(one).__name__}")
            _check_zone(argument, one)
        if len(value) > _MOST_SERVERS:
            raise ValueError(f"{argument} must have at most {_MOST_SERVERS} addresses")
        if any(one.is_unspecified for one in value):
            raise ValueError(f"{argument} must be addresses of servers, which {value[0]} is not")

    def read(self, raw: bytes | bytearray) -> tuple[IPv4Address | IPv6Address, ...]:
        option, bit = self.option
        if not _get_number(raw, option) & bit:
            return ()
        return tuple(self.kind(one) for name in self.members if any(one := _get(raw, name)))

    def write(self, raw: bytearray, value: object) -> None:
        assert isinstance(value, tuple)
        option, bit = self.option
        keeps = bool(_get_number(raw, option) & bit) and any(
            any(_get(raw, member)) for member in self.others
        )
        _put_bits(raw, option, bit, bit if value or keeps else 0)
        for number, member in enumerate(self.members):
            _put(raw, member, value[number].packed if number < len(value) else b"")


class _NumberOrNone(Codec):
    """A number, or None, for which an entry file has a word."""

    __slots__ = ()
    none: ClassVar[str]

    @property
    def wanted(self) -> str:
        return f'{_WHOLE}, or "{self.none}"'

    def parse(self, value: object) -> int | None:
        return None if value == self.none else _number_in(value)

    def valid(self, argument: str, value: object) -> None:
        if value is None:
            return
        if not isinstance(value, int):
            raise _wrong_type(argument, "int or None", value)
        valid_number(argument, value)


@dataclass(frozen=True, slots=True)
class _Metric(_NumberOrNone):
    """A metric that counts only if an option says so."""

    member: str
    mask: int
    none: ClassVar[str] = "automatic"

    def read(self, raw: bytes | bytearray) -> int | None:
        is_given = _get_number(raw, "dwfOptions2") & self.mask
        return _get_number(raw, self.member) if is_given else None

    def write(self, raw: bytearray, value: object) -> None:
        assert value is None or isinstance(value, int)
        _put_bits(raw, "dwfOptions2", self.mask, self.mask if value is not None else 0)
        _put_number(raw, self.member, value or 0)


@dataclass(frozen=True, slots=True)
class _Idle(_NumberOrNone):
    member: str = "dwIdleDisconnectSeconds"
    none: ClassVar[str] = "never"

    def valid(self, argument: str, value: object) -> None:
        _NumberOrNone.valid(self, argument, value)
        if value == _IDLE_DISABLED:
            raise ValueError(f"{argument} must be less than {_IDLE_DISABLED}; None is for never")

    def read(self, raw: bytes | bytearray) -> int | None:
        seconds = _get_number(raw, self.member)
        return None if seconds == _IDLE_DISABLED else seconds

    def write(self, raw: bytearray, value: object) -> None:
        assert value is None or isinstance(value, int)
        _put_number(raw, self.member, _IDLE_DISABLED if value is None else value)


_T = TypeVar("_T")


def _stored(codec: Codec, *, default: _T) -> _T:
    """A field of `Entry` that stands in RASENTRY: its codec and its default."""
    return field(default=default, metadata={"codec": codec})


# ---- the value ----


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a phone book: RASENTRY, as a frozen value.

    `ikev2`, `sstp`, `l2tp`, `automatic`, `pptp` and `pppoe` make entries with what shipping clients
    set; ``dataclasses.replace`` changes one. What winras does not know of an entry that was read
    (other options and members, also those of a later Windows) is kept and written back as it was.
    Two entries are equal if the fields below are, but for *entry_id*.

    Attributes:
        name: Its name, unique in its phone book, in upper or lower case; at most 256 characters.
        phone_number: What is dialled: the host name or address of a VPN's server, a phone number,
            or the service name of PPPoE, which may be ``""``; at most 128 characters. An IKEv2
            server must be named as its certificate names it.
        kind: What it is for.
        alternate_numbers: What is dialled if that fails.
        device_type: Such as ``vpn``, ``PPPoE`` or ``modem``.
        device_name: Such as ``WAN Miniport (IKEv2)``, in the language of Windows, or a part of it
            that only one device has; ``""`` for the device that fits *strategy*.
        strategy: Which tunnels a VPN tries, and in which order.
        encryption: Whether it encrypts.
        authentication: The methods that it allows.
        eap_type: The number of the EAP method: 13 for TLS, 25 for PEAP, 26 for MSCHAPv2; 0:
            none.
        use_logon_credentials: Dial as the user who is logged on.
        use_ras_credentials: Offer the credentials of the connection to file shares and other
            services that ask for a sign-in while it is up.
        cache_credentials: Windows may remember the credentials: its "remember my sign-in info".
        use_pre_shared_key: L2TP: IPsec uses the key of `winras.save_pre_shared_key`.
        use_pre_shared_key_for_ikev2: IKEv2: this client proves itself with the pre-shared key.
        require_machine_certificate: IKEv2: this client proves itself with its own certificate, and
            no user signs in.
        check_server_certificate: IKEv2: the server's certificate must have its name, and be one
            for servers.
        protocols: The network protocols that are negotiated.
        ipv4_address: The client's address there; None for one that the server gives.
        ipv4_dns: At most two DNS servers; none for those that the server gives.
        ipv4_default_gateway: All traffic goes through the connection; False for a split tunnel.
        ipv4_metric: Of the interface; None for an automatic one.
        ipv6_address: The client's address there; None for one that the server gives.
        ipv6_prefix_length: Of *ipv6_address*, in bits.
        ipv6_dns: At most two DNS servers; none for those that the server gives.
        ipv6_default_gateway: As *ipv4_default_gateway*, for IPv6.
        ipv6_metric: Of the interface; None for an automatic one.
        class_based_route: In a split tunnel, a route to the network of the client's address,
            by the class of that address.
        dns_suffix: Of the connection; at most 255 characters.
        register_in_dns: The client's address is registered in DNS.
        file_sharing: Computers on the other side may use this one's shared files and printers.
        client_for_microsoft_networks: Shares on the other side can be used.
        netbios: NetBIOS over TCP/IP.
        multilink: May combine several links.
        idle_disconnect: Seconds without traffic after which it is hung up; 0 as this user's
            settings say, None for never.
        redial_count: How often Windows' own dialog redials.
        redial_pause: Seconds between these.
        reconnect_if_dropped: Windows' own dialog redials when the connection drops.
        mobike: IKEv2: the tunnel moves to another network with the client.
        network_outage_time: IKEv2: how long a tunnel without a network is kept; 0 for Windows'
            default. No page says in which unit: one client takes it for minutes, and in phone books
            there are seconds.
        prerequisite_entry: The entry that is dialled before this one; ``""`` for none.
        prerequisite_phonebook: The path of its phone book.
        local_id: Windows 10: the IKEv2 identity of this client; ``""`` for Windows' choice.
        local_id_type: What *local_id* is: IKEV2_ID_PAYLOAD_TYPE.
        remote_id: Windows 10: the IKEv2 identity of the server.
        remote_id_type: What *remote_id* is.
        ikev2_fragmentation: Windows 10: IKEv2 messages are fragmented if need be.
        entry_id: Its GUID; None if it was not read. Windows gives it.

    Raises:
        ValueError: A text is too long, or contains a NUL; a number is out of range.
        TypeError: A value is of another type.

    See Microsoft's page *RASENTRY structure*.
    """

    name: str
    phone_number: str = field(metadata={"codec": _Text("szLocalPhoneNumber")})
    _: KW_ONLY
    kind: EntryKind = _stored(_Choice("dwType", EntryKind), default=EntryKind.Vpn)
    alternate_numbers: tuple[str, ...] = ()
    device_type: str = _stored(_Text("szDeviceType"), default="vpn")
    device_name: str = _stored(_Text("szDeviceName"), default="")
    strategy: VpnStrategy = _stored(
        _Choice("dwVpnStrategy", VpnStrategy), default=VpnStrategy.Default
    )
    encryption: Encryption = _stored(
        _EncryptionCodec("dwEncryptionType", Encryption), default=Encryption.Require
    )
    authentication: Authentication = _stored(
        _Bits("dwfOptions", Authentication),
        default=Authentication.EncryptedPw | Authentication.MsChap2,
    )
    eap_type: int = _stored(_Number("dwCustomAuthKey"), default=0)
    use_logon_credentials: bool = _stored(
        _Flag("dwfOptions", _RASEO_USE_LOGON_CREDENTIALS), default=False
    )
    use_ras_credentials: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_DONT_USE_RAS_CREDENTIALS, set_means=False), default=True
    )
    cache_credentials: bool = _stored(_Flag("dwfOptions2", _RASEO2_CACHE_CREDENTIALS), default=True)
    use_pre_shared_key: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_USE_PRE_SHARED_KEY), default=False
    )
    use_pre_shared_key_for_ikev2: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_PRE_SHARED_KEY_FOR_IKEV2), default=False
    )
    require_machine_certificate: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_REQUIRE_MACHINE_CERTIFICATES), default=False
    )
    check_server_certificate: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_DISABLE_IKE_NAME_EKU_CHECK, set_means=False), default=True
    )
    protocols: Protocols = _stored(
        _Bits("dwfNetProtocols", Protocols), default=Protocols.Ipv4 | Protocols.Ipv6
    )
    ipv4_address: IPv4Address | None = _stored(
        _Address("ipaddr", ("dwfOptions", _RASEO_SPECIFIC_IP_ADDR), IPv4Address), default=None
    )
    ipv4_dns: tuple[IPv4Address, ...] = _stored(
        _Servers(
            ("ipaddrDns", "ipaddrDnsAlt"),
            ("dwfOptions", _RASEO_SPECIFIC_NAME_SERVERS),
            IPv4Address,
            others=("ipaddrWins", "ipaddrWinsAlt"),
        ),
        default=(),
    )
    ipv4_default_gateway: bool = _stored(
        _Flag("dwfOptions", _RASEO_REMOTE_DEFAULT_GATEWAY), default=True
    )
    ipv4_metric: int | None = _stored(
        _Metric("dwIPv4InterfaceMetric", _RASEO2_IPV4_EXPLICIT_METRIC), default=None
    )
    ipv6_address: IPv6Address | None = _stored(
        _Address("ipv6addr", ("dwfOptions2", _RASEO2_SPECIFIC_IPV6_ADDR), IPv6Address), default=None
    )
    ipv6_prefix_length: int = _stored(_Number("dwIPv6PrefixLength"), default=0)
    ipv6_dns: tuple[IPv6Address, ...] = _stored(
        _Servers(
            ("ipv6addrDns", "ipv6addrDnsAlt"),
            ("dwfOptions2", _RASEO2_IPV6_SPECIFIC_NAME_SERVERS),
            IPv6Address,
        ),
        default=(),
    )
    ipv6_default_gateway: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_IPV6_REMOTE_DEFAULT_GATEWAY), default=True
    )
    ipv6_metric: int | None = _stored(
        _Metric("dwIPv6InterfaceMetric", _RASEO2_IPV6_EXPLICIT_METRIC), default=None
    )
    class_based_route: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_DISABLE_CLASS_BASED_STATIC_ROUTE, set_means=False),
        default=True,
    )
    dns_suffix: str = _stored(_Text("szDnsSuffix"), default="")
    register_in_dns: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_REGISTER_IP_WITH_DNS), default=False
    )
    file_sharing: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_SECURE_FILE_AND_PRINT, set_means=False), default=False
    )
    client_for_microsoft_networks: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_SECURE_CLIENT_FOR_MSNET, set_means=False), default=True
    )
    netbios: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_DISABLE_NBT_OVER_IP, set_means=False), default=True
    )
    multilink: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_DONT_NEGOTIATE_MULTILINK, set_means=False), default=False
    )
    idle_disconnect: int | None = _stored(_Idle(), default=None)
    redial_count: int = _stored(_Number("dwRedialCount"), default=3)
    redial_pause: int = _stored(_Number("dwRedialPause"), default=60)
    reconnect_if_dropped: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_RECONNECT_IF_DROPPED), default=True
    )
    mobike: bool = _stored(
        _Flag("dwfOptions2", _RASEO2_DISABLE_MOBILITY, set_means=False), default=True
    )
    network_outage_time: int = _stored(_Number("dwNetworkOutageTime"), default=0)
    prerequisite_entry: str = _stored(_Text("szPrerequisiteEntry"), default="")
    prerequisite_phonebook: str = _stored(_Text("szPrerequisitePbk"), default="")
    local_id: str = _stored(_Text("szIDi"), default="")
    local_id_type: int = _stored(_Number("IdiType"), default=0)
    remote_id: str = _stored(_Text("szIDr"), default="")
    remote_id_type: int = _stored(_Number("IdrType"), default=0)
    ikev2_fragmentation: bool = _stored(
        _Flag("fDisableIKEv2Fragmentation", 1, set_means=False), default=True
    )
    entry_id: UUID | None = field(default=None, compare=False)
    # RASENTRY with what follows it up to the alternate numbers, and what follows these, as read.
    _structure: bytes = field(default=b"", repr=False, compare=False)
    _rest: bytes = field(default=b"", repr=False, compare=False)

    def __post_init__(self) -> None:
        if not valid_text("name", self.name):
            raise ValueError("name must be the name of an entry, not an empty text")
        for name, codec in CODECS.items():
            codec.valid(name, getattr(self, name))
        if not isinstance(self.alternate_numbers, tuple):
            raise _wrong_type("alternate_numbers", "a tuple of str", self.alternate_numbers)
        for number in self.alternate_numbers:
            if not isinstance(number, str):
                raise _wrong_type("an alternate number", "str", number)
            if not number or "\0" in number:
                raise ValueError("an alternate number must not be empty or contain a NUL")
        if not isinstance(self.entry_id, UUID | None):
            raise _wrong_type("entry_id", "a UUID or None", self.entry_id)

    @classmethod
    def ikev2(
        cls,
        name: str,
        server: str,
        *,
        machine_certificate: bool = False,
        split_tunnel: bool = False,
    ) -> Entry:
        """Make an IKEv2 entry, whose user signs in by EAP-MSCHAPv2.

        Args:
            name: The name of the entry.
            server: The host name that the server's certificate has.
            machine_certificate: The client proves itself with its machine certificate instead.
            split_tunnel: Only what its routes say goes through the connection.

        Raises:
            ValueError, TypeError: As `Entry`.

        See Microsoft's page *RASENTRY structure*.
        """
        return replace(
            cls._vpn(name, server, VpnStrategy.Ikev2Only, split_tunnel),
            authentication=Authentication(0) if machine_certificate else Authentication.Eap,
            eap_type=0 if machine_certificate else _EAP_MSCHAPV2,
            require_machine_certificate=machine_certificate,
        )

    @classmethod
    def sstp(cls, name: str, server: str, *, split_tunnel: bool = False) -> Entry:
        """Make an SSTP entry, whose user signs in by MS-CHAPv2.

        Args:
            name: The name of the entry.
            server: The host name that the server's certificate has.
            split_tunnel: Only what its routes say goes through the connection.

        Raises:
            ValueError, TypeError: As `Entry`.

        See Microsoft's page *RASENTRY structure*.
        """
        return cls._vpn(name, server, VpnStrategy.SstpOnly, split_tunnel)

    @classmethod
    def l2tp(
        cls,
        name: str,
        server: str,
        *,
        pre_shared_key: bool = True,
        split_tunnel: bool = False,
    ) -> Entry:
        """Make an L2TP/IPsec entry, whose user signs in by MS-CHAPv2.

        Args:
            name: The name of the entry.
            server: The host name or the address of the server.
            pre_shared_key: IPsec uses the key that `winras.save_pre_shared_key` saves; if False,
                the certificates of both computers.
            split_tunnel: Only what its routes say goes through the connection.

        Raises:
            ValueError, TypeError: As `Entry`.

        See Microsoft's page *RASENTRY structure*.
        """
        if isinstance(pre_shared_key, str):
            raise TypeError(
                "pre_shared_key must be a bool, not str: save the key itself with "
                "save_pre_shared_key() when the entry is created"
            )
        entry = cls._vpn(name, server, VpnStrategy.L2tpOnly, split_tunnel)
        return replace(entry, use_pre_shared_key=pre_shared_key)

    @classmethod
    def pptp(cls, name: str, server: str, *, split_tunnel: bool = False) -> Entry:
        """Make a PPTP entry, and warn: whoever records its traffic can decrypt it.

        Args:
            name: The name of the entry.
            server: The host name or the address of the server.
            split_tunnel: Only what its routes say goes through the connection.

        Raises:
            ValueError, TypeError: As `Entry`.

        See Microsoft's pages *RASENTRY structure* and *Microsoft Security Advisory 2743314*.
        """
        warnings.warn(
            "PPTP with MS-CHAPv2 can be decrypted by whoever records its traffic; use IKEv2, SSTP "
            "or L2TP",
            stacklevel=2,
        )
        return cls._vpn(name, server, VpnStrategy.PptpOnly, split_tunnel)

    @classmethod
    def automatic(cls, name: str, server: str, *, split_tunnel: bool = False) -> Entry:
        """Make a VPN entry that tries one tunnel after the other, as Windows chooses.

        Args:
            name: The name of the entry.
            server: The host name or the address of the server.
            split_tunnel: Only what its routes say goes through the connection.

        Raises:
            ValueError, TypeError: As `Entry`.

        See Microsoft's page *RASENTRY structure*.
        """
        return cls._vpn(name, server, VpnStrategy.Default, split_tunnel)

    @classmethod
    def _vpn(cls, name: str, server: str, strategy: VpnStrategy, split_tunnel: bool) -> Entry:
        return cls(
            name,
            server,
            strategy=strategy,
            ipv4_default_gateway=not split_tunnel,
            ipv6_default_gateway=not split_tunnel,
        )

    @classmethod
    def pppoe(cls, name: str, service: str = "") -> Entry:
        """Make a PPPoE entry: a broadband connection that signs in.

        Args:
            name: The name of the entry.
            service: The service name, which few providers want.

        Raises:
            ValueError, TypeError: As `Entry`.

        See Microsoft's page *RASENTRY structure*.
        """
        return cls(
            name,
            service,
            kind=EntryKind.Broadband,
            device_type="PPPoE",
            encryption=Encryption.Optional,
            authentication=Authentication.Pap | Authentication.Chap | Authentication.MsChap2,
            use_ras_credentials=False,
            client_for_microsoft_networks=False,
            netbios=False,
        )

    def to_toml(self) -> str:
        """Write it as the table ``[[entry]]`` of an entry file, which `winras.load_entries` reads.

        It has what differs from an entry of the same name and phone number. Without a *device_name*
        it gets the device that fits; one that fits is not written, because its name has the
        language of Windows. What winras does not know of an entry, its GUID, and what is saved for
        it are not in it.

        Returns:
            Lines of TOML; a file of several entries has one after the other.

        Raises:
            ValueError: An entry file cannot have it: it is one that winras does not make, such as
                one without a server, or a text has half of a surrogate pair, which is no Unicode.
        """
        from ._models import to_json  # noqa: PLC0415
        from ._toml import written  # noqa: PLC0415

        check_fit(self)
        plain = Entry(self.name, self.phone_number)
        values: dict[str, Json] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            is_default = value == getattr(plain, one.name)
            if one.compare and (not is_default or one.name in ("name", "phone_number")):
                values[one.name] = "" if value == "" else to_json(value)
        if has_given_device(self):
            del values["device_name"]
        return written("entry", values)


#: How each field of `Entry` stands in RASENTRY and in an entry file, by its name.
CODECS: dict[str, Codec] = {
    one.name: one.metadata["codec"] for one in fields(Entry) if "codec" in one.metadata
}


# ---- bytes ----


def read_entry(name: str, raw: bytes) -> Entry:
    """Make an entry of what RasGetEntryProperties gave; zeros at its end mean nothing."""
    size = _get_number(raw, "dwSize")
    offset = _get_number(raw, "dwAlternateOffset")
    numbers: list[str] = []
    rest = b""
    structure = raw[:size] + _without_zeros(raw[size:])
    if size <= offset < len(raw):
        structure = raw[:offset]
        numbers, rest = _read_numbers(raw[offset:])
    full = structure[:size].ljust(SIZES[0], b"\0")
    # Each codec reads what its field takes, which its type cannot say.
    values = cast("dict[str, Never]", {key: one.read(full) for key, one in CODECS.items()})
    guid = UUID(bytes_le=_get(full, "guidId"))
    return Entry(
        name=name,
        alternate_numbers=tuple(numbers),
        entry_id=guid if guid.int else None,
        _structure=structure,
        _rest=rest,
        **values,
    )


def _without_zeros(raw: bytes) -> bytes:
    used = len(raw.rstrip(b"\0"))
    return raw[: -(-used // 4) * 4]


def _read_numbers(raw: bytes) -> tuple[list[str], bytes]:
    """The texts up to an empty one, and what follows it."""
    text = raw[: len(raw) // 2 * 2].decode("utf-16-le", "surrogatepass")
    numbers = []
    while text:
        number, _, text = text.partition("\0")
        if not number:
            break
        numbers.append(number)
    rest = len(text.encode("utf-16-le", "surrogatepass")) + len(raw) % 2
    return numbers, _without_zeros(raw[len(raw) - rest :])


def to_bytes(entry: Entry, size: int) -> bytes:
    """Make what RasSetEntryProperties takes, with that dwSize.

    Raises:
        winras.RasError: The entry has something that the structure of that size has no room for
            (632); the message names it.
    """
    was_read = bool(entry._structure)
    own = own_size(entry)
    before = _padded(entry)
    raw = bytearray(before)
    if not was_read:
        _put_number(raw, "dwFramingProtocol", _RASFP_PPP)
    for name, codec in CODECS.items():
        value = getattr(entry, name)
        if not was_read or codec.read(before) != value:
            codec.write(raw, value)
    # What a Windows has put behind its structure is there only for that size.
    behind = entry._structure[own:]
    if any(raw[size:]) or (any(behind) and size != own):
        raise _no_room(entry, raw, size)
    raw[size:] = behind if size == own else b""
    _put_number(raw, "dwSize", size)
    # As DotRas 1 does, which adds the sub-entries by RasSetSubEntryProperties.
    _put_number(raw, "dwSubEntries", 0)
    _put_number(raw, "dwAlternateOffset", len(raw) if entry.alternate_numbers else 0)
    if entry.alternate_numbers:
        numbers = "".join(f"{number}\0" for number in entry.alternate_numbers) + "\0"
        raw += numbers.encode("utf-16-le", "surrogatepass")
    return bytes(raw) + entry._rest


def _no_room(entry: Entry, raw: bytearray, size: int) -> RasError:
    short = bytes(raw[:size]).ljust(len(raw), b"\0")
    names = [name for name, codec in CODECS.items() if codec.read(short) != getattr(entry, name)]
    what = ", ".join(names) or "something that a later Windows has set"
    return _native.error(
        _ERROR_INVALID_SIZE,
        "RasSetEntryProperties",
        f"this Windows takes a RASENTRY of {size} bytes, which has no room for {what} of the entry "
        f"{entry.name!r}: leave that as it is by default",
    )


def _padded(entry: Entry) -> bytes:
    # What is behind an older structure is not what a newer one has there.
    return entry._structure[: own_size(entry)].ljust(SIZES[0], b"\0")


def own_size(entry: Entry) -> int:
    """The dwSize with which it was read; the newest if it was not."""
    return _get_number(entry._structure, "dwSize") if entry._structure else SIZES[0]


def sub_entry_count(entry: Entry) -> int:
    """How many sub-entries it was read with."""
    return _get_number(_padded(entry), "dwSubEntries")


def as_new(entry: Entry, name: str) -> Entry:
    """The same entry under another name, without what Windows gives each entry for itself."""
    structure = bytearray(entry._structure)
    if structure:
        _put(structure, "guidId", b"")
    return replace(entry, name=name, entry_id=None, _structure=bytes(structure))


def has_own_device(entry: Entry) -> bool:
    """Whether its device is the one that it was read with."""
    return bool(entry._structure) and all(
        CODECS[name].read(_padded(entry)) == getattr(entry, name)
        for name in ("device_type", "device_name")
    )


def with_device(entry: Entry, devices: list[Device]) -> Entry:
    """The entry with the full name of its device, one of those; errors as of `find_device`."""
    found = find_device(devices, entry.device_type, entry.device_name, entry.strategy)
    return replace(entry, device_type=found.type, device_name=found.name)


def has_given_device(entry: Entry) -> bool:
    """Whether its device is one that Windows may have given it for its strategy."""
    return may_be_given(entry.device_type, entry.device_name, entry.strategy)


def _check_server(entry: Entry) -> None:
    """Raise ValueError for an entry without a server, which is reported to end RAS."""
    is_pppoe = entry.kind is EntryKind.Broadband and _native.is_same_text(
        entry.device_type, "PPPoE"
    )
    if not entry.phone_number.strip() and not is_pppoe:
        raise ValueError(
            "phone_number must be the server or the number to dial; without one, Windows is "
            "reported to crash"
        )


def check_line(argument: str, text: str) -> None:
    """Raise ValueError for a text that would not stay in its line of a phone book's file."""
    if any(character < " " for character in text):
        raise ValueError(f"{argument} must not contain a line break or another control character")


in_order = cmp_to_key(_native.compare_texts)


def check_differ(names: Iterable[str]) -> None:
    """Raise ValueError for names of which two are the same to Windows."""
    for first, second in pairwise(sorted(names, key=in_order)):
        if _native.is_same_text(first, second):
            raise ValueError(f"entries must differ by name, but {first!r} is there twice")


def check_fit(entry: Entry) -> None:
    """Raise ValueError for an entry that Windows cannot dial, or that may end RAS."""
    _check_server(entry)
    texts = [name for name, codec in CODECS.items() if isinstance(codec, _Text)]
    for argument, text in [
        *((name, getattr(entry, name)) for name in ["name", *texts]),
        *(("an alternate number", number) for number in entry.alternate_numbers),
    ]:
        check_line(argument, text)
    for number in entry.alternate_numbers:  # no Entry is refused that RAS may give
        valid_text("phone_number", number, "an alternate number")
    if entry.kind is EntryKind.Vpn and any(
        character.isspace() or character in "/\\" for character in entry.phone_number
    ):
        raise ValueError(
            f"phone_number must be the host name or address of a VPN's server, not "
            f"{entry.phone_number!r}"
        )
    for protocol, names in _BY_PROTOCOL.items():
        used = [name for name in names if getattr(entry, name)]
        if used and protocol not in entry.protocols:
            raise ValueError(f"{used[0]} needs {protocol.name} among the protocols of the entry")
    if entry.ipv6_prefix_length > _LONGEST_PREFIX:
        raise ValueError(f"ipv6_prefix_length must be from 0 to {_LONGEST_PREFIX}")
    if entry.ipv6_address is not None and not entry.ipv6_prefix_length:
        raise ValueError("ipv6_address needs an ipv6_prefix_length, such as 64")
