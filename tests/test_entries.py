"""The entry as a value, and as RASENTRY."""

from __future__ import annotations

import dataclasses
import pickle
import random
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import winras
from winras import Authentication, Encryption, Entry, EntryKind, Protocols, VpnStrategy, _native
from winras._entries import CODECS, SIZES, as_new, read_entry, sub_entry_count, to_bytes
from winras.testing import DEFAULT_PHONEBOOK, Simulator

OFFICE = Entry.ikev2("Office VPN", "vpn.example.com")
FULL = SIZES[0]


def number_at(raw: bytes, member: str) -> int:
    place = _native.entry_members()[member]
    return int.from_bytes(raw[place.start : place.stop], "little")


# ---- constructors ----


def test_an_ikev2_entry_signs_in_by_eap_mschapv2() -> None:
    raw = to_bytes(OFFICE, FULL)
    assert number_at(raw, "dwType") == 2  # RASET_Vpn
    assert number_at(raw, "dwVpnStrategy") == 7  # VS_Ikev2Only
    assert number_at(raw, "dwFramingProtocol") == 1  # RASFP_Ppp
    assert number_at(raw, "dwfNetProtocols") == 0xC  # RASNP_Ip, RASNP_Ipv6
    # RASEO_RequireEAP, RASEO_RequireDataEncryption, RASEO_RemoteDefaultGateway
    assert number_at(raw, "dwfOptions") == 0x20000 | 0x1000 | 0x10
    # RASEO2_CacheCredentials, _IPv6RemoteDefaultGateway, _ReconnectIfDropped,
    # _DontNegotiateMultilink, _SecureFileAndPrint
    assert number_at(raw, "dwfOptions2") == 0x2000000 | 0x2000 | 0x100 | 0x4 | 0x1
    assert number_at(raw, "dwCustomAuthKey") == 26
    assert number_at(raw, "dwEncryptionType") == 1  # ET_Require
    assert number_at(raw, "dwIdleDisconnectSeconds") == 0xFFFFFFFF  # RASIDS_Disabled
    assert (number_at(raw, "dwRedialCount"), number_at(raw, "dwRedialPause")) == (3, 60)


def test_an_ikev2_entry_may_use_a_machine_certificate() -> None:
    entry = Entry.ikev2("A", "server", machine_certificate=True)
    assert entry.require_machine_certificate
    assert (entry.authentication, entry.eap_type) == (Authentication(0), 0)


@pytest.mark.parametrize(
    ("make", "strategy"),
    [
        (Entry.ikev2, VpnStrategy.Ikev2Only),
        (Entry.sstp, VpnStrategy.SstpOnly),
        (Entry.l2tp, VpnStrategy.L2tpOnly),
        (Entry.automatic, VpnStrategy.Default),
    ],
)
def test_the_tunnels(make: Callable[..., Entry], strategy: VpnStrategy) -> None:
    entry = make("A", "server")
    assert (entry.kind, entry.strategy) == (EntryKind.Vpn, strategy)
    assert entry.ipv4_default_gateway
    assert entry.ipv6_default_gateway
    split = make("A", "server", split_tunnel=True)
    assert not split.ipv4_default_gateway
    assert not split.ipv6_default_gateway


def test_l2tp_uses_a_pre_shared_key_or_certificates() -> None:
    assert Entry.l2tp("A", "server").use_pre_shared_key
    assert not Entry.l2tp("A", "server", pre_shared_key=False).use_pre_shared_key
    with pytest.raises(TypeError, match="must be a bool, not str: save the key itself") as raised:
        Entry.l2tp("A", "server", pre_shared_key="hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in str(raised.value)


def test_pptp_warns() -> None:
    with pytest.warns(UserWarning, match="PPTP with MS-CHAPv2 can be decrypted"):
        assert Entry.pptp("A", "server").strategy is VpnStrategy.PptpOnly


def test_pppoe_needs_no_service_name() -> None:
    entry = Entry.pppoe("DSL")
    assert (entry.kind, entry.device_type, entry.phone_number) == (
        EntryKind.Broadband,
        "PPPoE",
        "",
    )


def test_an_entry_is_a_frozen_value() -> None:
    assert Entry.ikev2("A", "server") == Entry.ikev2("A", "server")
    assert replace(OFFICE, idle_disconnect=60) != OFFICE
    assert pickle.loads(pickle.dumps(OFFICE)) == OFFICE  # noqa: S301  our own
    with pytest.raises(dataclasses.FrozenInstanceError):
        OFFICE.name = "B"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": ""}, "name must be the name of an entry"),
        ({"name": "x" * 257}, "name must have at most 256"),
        ({"phone_number": "x" * 129}, "phone_number must have at most 128"),
        ({"dns_suffix": "x" * 256}, "dns_suffix must have at most 255"),
        ({"device_name": "a\0b"}, "device_name must not contain a NUL"),
        ({"redial_count": -1}, "redial_count must be from 0"),
        ({"ipv4_metric": 2**32}, "ipv4_metric must be from 0"),
        ({"idle_disconnect": 0xFFFFFFFF}, "idle_disconnect must be less than"),
        ({"authentication": Authentication(1)}, "authentication must be of EncryptedPw, "),
        ({"ipv4_dns": (IPv4Address("1.1.1.1"),) * 3}, "ipv4_dns must have at most 2"),
        ({"ipv6_dns": (IPv6Address("::"),)}, "ipv6_dns must be addresses of servers"),
        ({"alternate_numbers": ("",)}, "an alternate number must not be empty"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        replace(OFFICE, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": b"A"}, "name must be str"),
        ({"dns_suffix": None}, "dns_suffix must be str, not NoneType"),
        ({"mobike": 1}, "mobike must be a bool, not int"),
        ({"strategy": 7}, "strategy must be VpnStrategy, not int"),
        ({"encryption": 1}, "encryption must be Encryption, not int"),
        ({"protocols": 4}, "protocols must be Protocols, not int"),
        ({"eap_type": "26"}, "eap_type must be int, not str"),
        ({"ipv4_address": "10.0.0.1"}, "ipv4_address must be an IPv4Address or None, not str"),
        ({"ipv4_dns": [IPv4Address("1.1.1.1")]}, "ipv4_dns must be a tuple of IPv4Address"),
        ({"ipv4_dns": ("1.1.1.1",)}, "a tuple of IPv4Address, but has a str"),
        ({"alternate_numbers": "1"}, "alternate_numbers must be a tuple of str, not str"),
        ({"entry_id": "1"}, "entry_id must be a UUID or None"),
    ],
)
def test_what_is_of_another_type_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        replace(OFFICE, **changes)  # type: ignore[arg-type]


# ---- bytes ----

TEXT = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=8)
NUMBER = st.integers(0, 0xFFFFFFFF)
BY_TYPE: dict[object, st.SearchStrategy[object]] = {
    bool: st.booleans(),
    str: st.just("") | TEXT,
    int: NUMBER,
    int | None: st.none() | st.integers(0, 0xFFFFFFFE),
    EntryKind: NUMBER.map(EntryKind),
    VpnStrategy: NUMBER.map(VpnStrategy),
    Encryption: st.integers(0, 5).map(Encryption),
    Authentication: st.just(Authentication(0)) | st.sampled_from(Authentication),
    Protocols: st.just(Protocols(0)) | st.sampled_from(Protocols),
    IPv4Address | None: st.none() | st.ip_addresses(v=4),
    IPv6Address | None: st.none() | st.ip_addresses(v=6),
    tuple[IPv4Address, ...]: st.lists(st.integers(1, 2**32 - 1).map(IPv4Address), max_size=2).map(
        tuple
    ),
    tuple[IPv6Address, ...]: st.lists(st.integers(1, 2**128 - 1).map(IPv6Address), max_size=2).map(
        tuple
    ),
}
FIELDS = {name: BY_TYPE[get_type_hints(Entry)[name]] for name in CODECS}
CHANGES = st.fixed_dictionaries(
    {}, optional={**FIELDS, "alternate_numbers": st.lists(TEXT, max_size=3).map(tuple)}
)
# The options that fields stand for, each spelled as in Microsoft's ras.h.
KNOWN_OPTIONS = sum(Authentication) | 0x2 | 0x4 | 0x10 | 0x1000 | 0x4000
KNOWN_OPTIONS2 = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x100 | 0x1000 | 0x2000 | 0x4000
KNOWN_OPTIONS2 |= 0x10000 | 0x20000 | 0x40000 | 0x80000 | 0x100000 | 0x200000 | 0x400000
KNOWN_OPTIONS2 |= 0x800000 | 0x2000000


def make_raw(size: int, seed: int, numbers: list[str], between: bytes, behind: bytes) -> bytes:
    raw = bytearray(random.Random(seed).randbytes(size)) + between  # noqa: S311
    put(raw, "dwSize", size)
    put(raw, "dwSubEntries", 0)
    put(raw, "dwAlternateOffset", len(raw) if numbers else 0)
    if numbers:
        text = "".join(f"{number}\0" for number in numbers) + "\0"
        raw += text.encode("utf-16-le", "surrogatepass") + behind
    return bytes(raw)


def put(raw: bytearray, member: str, value: int) -> None:
    place = _native.entry_members()[member]
    raw[place.start : place.stop] = value.to_bytes(4, "little")


# Zeros at the end are nothing.
EXTRA = st.binary(max_size=3).map(lambda raw: raw + b"\1" * (4 - len(raw) % 4))


# What a Windows might give: RASENTRY in any size with any bytes, alternate numbers, and more behind
# and between them.
def raw_in(sizes: list[int]) -> st.SearchStrategy[bytes]:
    numbers = st.lists(TEXT, max_size=3)
    return st.builds(make_raw, st.sampled_from(sizes), st.integers(0, 2**32), numbers, EXTRA, EXTRA)


RAW = raw_in(SIZES)
NEWEST_RAW = raw_in([FULL])


def written(entry: Entry, size: int) -> bytes | None:
    """None if the structure has no room for something of the entry."""
    try:
        return to_bytes(entry, size)
    except winras.RasError as error:
        if error.code != 632:
            raise
        return None


# The members of the fields that not each RASENTRY has.
NEWER = {
    "ikev2_fragmentation": "fDisableIKEv2Fragmentation",
    "ipv4_metric": "dwIPv4InterfaceMetric",
    "ipv6_address": "ipv6addr",
    "ipv6_dns": "ipv6addrDns",
    "ipv6_metric": "dwIPv6InterfaceMetric",
    "ipv6_prefix_length": "dwIPv6PrefixLength",
    "local_id": "szIDi",
    "local_id_type": "IdiType",
    "network_outage_time": "dwNetworkOutageTime",
    "remote_id": "szIDr",
    "remote_id_type": "IdrType",
}


@given(CHANGES, st.sampled_from(SIZES))
def test_what_is_written_is_read_back(changes: dict[str, object], size: int) -> None:
    entry = replace(OFFICE, **changes)  # type: ignore[arg-type]
    raw = written(entry, size)
    if raw is None:
        assert size < FULL
        return
    assert number_at(raw, "dwSize") == size
    assert read_entry("Office VPN", raw.ljust(len(raw) + 100, b"\0")) == entry


@given(RAW)
def test_what_is_read_is_written_back_as_it_was(raw: bytes) -> None:
    entry = read_entry("A", raw + bytes(64))
    assert to_bytes(entry, number_at(raw, "dwSize")) == raw


@settings(deadline=None)  # a loaded machine is slow
@given(RAW, st.sampled_from(sorted(FIELDS)), st.data())
def test_a_change_changes_nothing_else(raw: bytes, name: str, data: st.DataObject) -> None:
    size = number_at(raw, "dwSize")
    before = read_entry("A", raw)
    changed = replace(before, **{name: data.draw(FIELDS[name])})  # type: ignore[arg-type]
    result = written(changed, size)
    if result is None:
        assert _native.entry_members()[NEWER[name]].stop > size
        return
    assert read_entry("A", result) == changed
    assert unknown_of(result) == unknown_of(raw)


def unknown_of(raw: bytes) -> tuple[bytes, list[int]]:
    """What no field stands for: the bytes of other members, and bits of the options."""
    rest = bytearray(raw)
    for member, place in _native.entry_members().items():
        if member != "dwSize":
            rest[place.start : place.stop] = bytes(len(place))[: max(0, len(raw) - place.start)]
    return bytes(rest), [
        number_at(raw, "dwfOptions") & ~KNOWN_OPTIONS,
        number_at(raw, "dwfOptions2") & ~KNOWN_OPTIONS2,
        number_at(raw, "dwfNetProtocols") & ~0xF,
    ]


@pytest.mark.parametrize(
    ("size", "changes", "missing"),
    [
        (6720, {"ikev2_fragmentation": False}, "ikev2_fragmentation"),
        (5680, {"remote_id": "vpn.example.com"}, "remote_id"),
        (5656, {"network_outage_time": 60}, "network_outage_time"),
        (5616, {"ipv6_metric": 1, "ipv4_metric": 1}, "ipv4_metric, ipv6_metric"),
    ],
)
def test_what_an_older_windows_does_not_know_is_named(
    size: int, changes: dict[str, object], missing: str
) -> None:
    newer = SIZES[SIZES.index(size) - 1]
    entry = replace(OFFICE, **changes)  # type: ignore[arg-type]
    assert read_entry("Office VPN", to_bytes(entry, newer)) == entry
    with pytest.raises(winras.RasError, match=f"RASENTRY of {size} bytes.* for {missing} of") as no:
        to_bytes(entry, size)
    assert no.value.code == 632
    assert to_bytes(OFFICE, size)


def test_what_a_later_windows_has_put_there_is_not_lost_for_a_smaller_size() -> None:
    entry = read_entry("A", make_raw(FULL, 1, [], b"\1\2\3\4", b""))
    with pytest.raises(winras.RasError, match="no room for"):
        to_bytes(entry, SIZES[1])


@pytest.mark.parametrize("size", SIZES)
def test_what_is_behind_a_structure_is_no_field_of_a_newer_one(size: int) -> None:
    raw = to_bytes(OFFICE, size) + b"\1" * (FULL - size + 4)
    entry = read_entry("Office VPN", raw)
    assert entry == OFFICE
    assert to_bytes(entry, size) == raw
    assert to_bytes(replace(entry, redial_count=1), size)[size:] == raw[size:]
    if size < FULL:
        with pytest.raises(winras.RasError, match="no room for ikev2_fragmentation"):
            to_bytes(replace(entry, ikev2_fragmentation=False), size)


def test_alternate_numbers_may_be_of_any_length_where_others_wrote_them() -> None:
    raw = make_raw(FULL, 1, ["1" * 129, "2"], b"", b"")
    entry = read_entry("A", raw)
    assert entry.alternate_numbers == ("1" * 129, "2")
    assert to_bytes(entry, FULL) == raw


def test_links_are_not_counted_where_an_entry_is_written() -> None:
    """DotRas 1 writes 0, and adds each link by RasSetSubEntryProperties."""
    raw = bytearray(to_bytes(OFFICE, FULL))
    put(raw, "dwSubEntries", 3)
    entry = read_entry("A", bytes(raw))
    assert sub_entry_count(entry) == 3
    assert number_at(to_bytes(entry, FULL), "dwSubEntries") == 0


def test_a_copy_has_no_guid_of_another() -> None:
    raw = bytearray(to_bytes(OFFICE, FULL))
    place = _native.entry_members()["guidId"]
    raw[place.start : place.stop] = b"\1" * 16
    entry = read_entry("A", bytes(raw))
    assert entry.entry_id is not None
    copy = to_bytes(as_new(entry, "B"), FULL)
    assert copy[place.start : place.stop] == bytes(16)


def test_wins_servers_keep_the_option_that_they_share_with_dns_servers() -> None:
    raw = bytearray(to_bytes(replace(OFFICE, ipv4_dns=(IPv4Address("10.0.0.53"),)), FULL))
    put(raw, "ipaddrWins", 0x0100000A)
    entry = replace(read_entry("A", bytes(raw)), ipv4_dns=())
    assert number_at(to_bytes(entry, FULL), "dwfOptions") & 0x4  # RASEO_SpecificNameServers
    put(raw, "ipaddrWins", 0)
    entry = replace(read_entry("A", bytes(raw)), ipv4_dns=())
    assert not number_at(to_bytes(entry, FULL), "dwfOptions") & 0x4


# ---- through RAS ----

SMALLER = {6720: "entry-sizes-6720", 5680: "entry-sizes-5680", 5656: "entry-sizes-5656"}
SMALLER[5616] = "entry-sizes-5616"


#: What RAS asks of every entry.
DIALLED: dict[str, object] = {
    "phone_number": "server",
    "kind": EntryKind.Vpn,
    "device_type": "vpn",
    "device_name": "WAN Miniport (IKEv2)",
}


@settings(deadline=None, max_examples=30)
@given(NEWEST_RAW, CHANGES)
def test_ras_gives_back_what_it_was_given(raw: bytes, changes: dict[str, object]) -> None:
    with Simulator(clock="manual"):
        book = winras.Phonebook.user()
        entry = replace(read_entry("A", raw), **changes | DIALLED)  # type: ignore[arg-type]
        book._write(entry, _native.service())
        again = book.entry("A")
        assert again == entry
        assert unknown_of(to_bytes(again, FULL)) == unknown_of(to_bytes(entry, FULL))
        book._write(again, _native.service())
        assert book.entry("A") == again


@pytest.mark.parametrize("size", SIZES)
def test_ras_may_know_an_older_size(size: int) -> None:
    with Simulator(clock="manual") as ras:
        if size in SMALLER:
            ras.quirks.add(SMALLER[size])
        book = winras.Phonebook(DEFAULT_PHONEBOOK)
        book.create(replace(OFFICE, device_name="WAN Miniport (IKEv2)"))
        entry = book.entry("Office VPN")
        assert number_at(entry._structure, "dwSize") == size
        changed = replace(entry, mobike=False, alternate_numbers=("b.example.com",))
        asked = ras.calls("RasSetEntryProperties")
        book.update(changed)
        assert ras.calls("RasSetEntryProperties") == asked + 1  # in the size that it was read in
        assert book.entry("Office VPN") == changed
        if size < FULL:
            with pytest.raises(winras.RasError, match="ikev2_fragmentation"):
                book.update(replace(entry, ikev2_fragmentation=False))
            assert book.entry("Office VPN") == changed
