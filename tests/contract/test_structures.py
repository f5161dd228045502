"""The layout of structures, and of RASCONN and RASCONNSTATUS their versions and text."""

import ctypes
from uuid import UUID

import pytest

from contract.client import (
    RAS_PROJECTION_INFO,
    RAS_STATS,
    RASCONNSTATUSW,
    RASCONNSTATUSW_SIZES,
    RASCONNW,
    RASCONNW_SIZES,
    RASDIALPARAMSW,
    RASIKEV2_PROJECTION_INFO,
    RASPPP_PROJECTION_INFO,
    RASPPPCCP,
    RASPPPIPV6,
    RASPPPIPW,
    RASPPPIPW_SIZES,
    RASPPPLCPW,
    RASTUNNELENDPOINT,
    Ras,
    RASCF_OwnerKnown,
    RASCF_OwnerMatch,
    Simulator,
)

#: The size of a structure, and the offset of each member.
Layout = tuple[int, dict[str, int]]

TEXTS = {
    "cyrillic": "Офис",
    "cjk": "东京 オフィス",
    "emoji": "VPN \N{ROCKET}",
    "unpaired surrogate": "half \ud83d here",
    "unpaired low surrogate": "\udc00",
    "256 characters": "x" * 256,
    "256 with a pair at the end": "x" * 254 + "\N{ROCKET}",
    "case and spaces": "  Ünïcode  VPN ",
}


def test_a_rasconn_is_packed_to_4_bytes() -> None:
    """RASCONN structure, and pshpack4.h in ras.h: the sizes of each WINVER."""
    on_64_bit = {0x0600: 1388, 0x0501: 1372, 0x0500: 1360, 0x0401: 1344, 0x0400: 820}
    less = 8 - ctypes.sizeof(ctypes.c_void_p)
    here = {version: size - less for version, size in on_64_bit.items()}
    assert here == RASCONNW_SIZES
    assert ctypes.sizeof(RASCONNW) == RASCONNW_SIZES[0x0600]


def test_a_rasconnstatus_is_packed_to_4_bytes() -> None:
    """RASCONNSTATUS structure, and pshpack4.h in ras.h: the sizes of each WINVER."""
    assert RASCONNSTATUSW_SIZES == {0x0601: 608, 0x0401: 564, 0x0400: 304}
    assert ctypes.sizeof(RASCONNSTATUSW) == 608
    assert ctypes.sizeof(RASTUNNELENDPOINT) == 20


def test_a_ras_stats_has_fifteen_counters() -> None:
    """RAS_STATS structure: each member is a DWORD."""
    assert ctypes.sizeof(RAS_STATS) == 15 * 4
    assert RAS_STATS.dwBps.offset == 52
    assert RAS_STATS.dwConnectDuration.offset == 56


def test_the_structures_of_ppp_are_packed_to_4_bytes() -> None:
    """RASPPPIP, RASPPPIPV6, RASPPPLCP and RASPPPCCP structure, and pshpack4.h in ras.h."""
    assert RASPPPIPW_SIZES == {0x0500: 80, 0x0400: 72, 0x0351: 40}
    assert (ctypes.sizeof(RASPPPIPW), RASPPPIPW.szServerIpAddress.offset) == (80, 40)
    assert (ctypes.sizeof(RASPPPIPV6), RASPPPIPV6.bLocalCompressionProtocol.offset) == (28, 24)
    assert (ctypes.sizeof(RASPPPLCPW), RASPPPLCPW.szReplyMessage.offset) == (2104, 48)
    assert ctypes.sizeof(RASPPPCCP) == 24


def test_a_ras_projection_info_is_packed_to_4_bytes() -> None:
    """RAS_PROJECTION_INFO structure and those of its union, and pshpack4.h in ras.h."""
    less = 8 - ctypes.sizeof(ctypes.c_void_p)
    ikev2 = RASIKEV2_PROJECTION_INFO
    assert (ctypes.sizeof(RAS_PROJECTION_INFO), RAS_PROJECTION_INFO.union.offset) == (108, 8)
    assert ctypes.sizeof(RASPPP_PROJECTION_INFO) == 100
    assert RASPPP_PROJECTION_INFO.dwIPv6NegotiationError.offset == 20
    assert RASPPP_PROJECTION_INFO.fBundled.offset == 40
    assert ctypes.sizeof(ikev2) == 92 - 2 * less
    assert ikev2.dwPrefixLength.offset == 48
    assert ikev2.ipv4ServerAddresses.offset == 72
    assert ikev2.ipv6ServerAddresses.offset == 84 - less


def dial_params_for(pointer: type[ctypes.c_uint32 | ctypes.c_uint64], **layout: int) -> Layout:
    """The size and the offsets of a RASDIALPARAMSW where pointers have that size."""
    numbers = {ctypes.c_size_t: pointer, ctypes.c_void_p: pointer}
    fields = tuple((name, numbers.get(kind, kind)) for name, kind in RASDIALPARAMSW._fields_)
    here = type("Here", (ctypes.Structure,), {"_layout_": "ms", **layout, "_fields_": fields})
    return ctypes.sizeof(here), {name: getattr(here, name).offset for name, _ in fields}


@pytest.mark.parametrize(
    ("pointer", "size", "after_pointers"),
    [(ctypes.c_uint64, 2120, (2108, 2112)), (ctypes.c_uint32, 2112, (2104, 2108))],
    ids=["x64 and ARM64", "x86"],
)
def test_a_rasdialparams_is_packed_to_4_bytes(
    pointer: type[ctypes.c_uint32 | ctypes.c_uint64], size: int, after_pointers: tuple[int, int]
) -> None:
    """RASDIALPARAMS structure, and pshpack4.h in ras.h."""
    assert dial_params_for(pointer, _pack_=4) == (
        size,
        {
            "dwSize": 0,
            "szEntryName": 4,
            "szPhoneNumber": 518,
            "szCallbackNumber": 776,
            "szUserName": 1034,
            "szPassword": 1548,
            "szDomain": 2062,
            "dwSubEntry": 2096,
            "dwCallbackId": 2100,
            "dwIfIndex": after_pointers[0],
            "szEncPassword": after_pointers[1],
        },
    )


def test_a_rasdialparams_that_is_not_packed_may_have_the_right_size() -> None:
    """One report: RasDial takes it by its dwSize, and then Windows crashes (0xC0000005).

    It is the one of WINVER 0x0601, without szEncPassword, aligned as a compiler does by itself.
    """
    _, offsets = dial_params_for(ctypes.c_uint64)
    assert offsets["dwCallbackId"] == 2104
    assert offsets["szEncPassword"] == 2120 == dial_params_for(ctypes.c_uint64, _pack_=4)[0]


def test_the_members_of_a_rasconn_describe_the_connection(ras: Ras, simulator: Simulator) -> None:
    """RASCONN structure.

    The entry's name, "the device type through which the connection is made", "the device name",
    "the full path and file name of a phone-book (PBK) file", and guidEntry, "A GUID that
    represents the phone-book entry".
    """
    entry_id = UUID("f1f2f3f4-0102-0304-0506-070809101112")
    simulator.add_entry(
        "Office",
        phonebook=r"D:\books\Büro.pbk",
        device_type="PPPoE",
        device_name="WAN Miniport (PPPOE)",
        entry_id=entry_id,
    )
    handle = simulator.connect("Office")
    [office] = ras.connections()
    assert office.size == ctypes.sizeof(RASCONNW)
    assert office.handle == handle
    assert office.name == "Office"
    assert office.device_type == "PPPoE"
    assert office.device_name == "WAN Miniport (PPPOE)"
    assert office.phonebook == r"D:\books\Büro.pbk"
    assert office.entry_id == entry_id


def test_the_handle_of_a_rasconn_is_used_in_other_calls(ras: Ras, simulator: Simulator) -> None:
    """RASCONN structure: hrasconn "is used in other remote access API calls"."""
    simulator.add_entry("Office", device_name="the one")
    simulator.connect("Office")
    [office] = ras.connections()
    assert ras.status(office.handle).device_name == "the one"


def test_connections_of_one_owner_have_the_luid_of_one_logon_session(
    ras: Ras, simulator: Simulator
) -> None:
    """RASCONN structure.

    luid is that of the logon session in which the connection was established; RASCF_OwnerKnown and
    RASCF_OwnerMatch say that it is the caller's.
    """
    for name in ("Office", "Home"):
        simulator.add_entry(name)
        simulator.connect(name)
    connections = ras.connections()
    mine = RASCF_OwnerKnown | RASCF_OwnerMatch
    assert {connection.flags & mine for connection in connections} == {mine}
    assert len({connection.luid for connection in connections}) == 1


def test_each_connection_has_a_correlation_id_of_its_own(ras: Ras, simulator: Simulator) -> None:
    """Undocumented beyond the member's name; the simulator's choice."""
    for name in ("Office", "Home"):
        simulator.add_entry(name)
        simulator.connect(name)
    before = {connection.correlation_id for connection in ras.connections()}
    simulator.drop("Office")
    simulator.connect("Office")
    after = {connection.correlation_id for connection in ras.connections()}
    assert len(before | after) == 3
    assert UUID(int=0) not in before | after


@pytest.mark.parametrize("name", TEXTS.values(), ids=TEXTS.keys())
def test_an_entry_name_comes_back_as_it_is(ras: Ras, simulator: Simulator, name: str) -> None:
    """RASCONN structure.

    szEntryName is "A null-terminated string" of WCHAR with room for RAS_MaxEntryName (256)
    characters and its end.
    """
    simulator.add_entry(name)
    simulator.connect(name)
    assert [connection.name for connection in ras.connections()] == [name]


@pytest.mark.parametrize("text", ["Модем", "调制解调器", "\N{ROCKET}", "\ud83d", ""])
def test_the_other_texts_come_back_as_they_are(ras: Ras, simulator: Simulator, text: str) -> None:
    """RASCONN structure, RASCONNSTATUS structure: null-terminated strings of WCHAR."""
    simulator.add_entry(
        "Office", phonebook=text, device_type=text, device_name=text, phone_number=text
    )
    handle = simulator.connect("Office")
    [office] = ras.connections()
    status = ras.status(handle)
    assert {office.phonebook, office.device_type, office.device_name} == {text}
    assert {status.device_type, status.device_name, status.phone_number} == {text}


def test_texts_of_full_length_come_back_whole(ras: Ras, simulator: Simulator) -> None:
    """RASCONN structure, RASCONNSTATUS structure.

    There is room for RAS_MaxDeviceType (16), RAS_MaxDeviceName (128), RAS_MaxPhoneNumber (128)
    and MAX_PATH - 1 (259) characters before the end.
    """
    simulator.add_entry(
        "n" * 256,
        phonebook="p" * 259,
        device_type="t" * 16,
        device_name="d" * 128,
        phone_number="1" * 128,
    )
    handle = simulator.connect("n" * 256)
    [office] = ras.connections()
    assert (office.name, office.phonebook) == ("n" * 256, "p" * 259)
    assert (office.device_type, office.device_name) == ("t" * 16, "d" * 128)
    status = ras.status(handle)
    assert (status.device_type, status.device_name) == ("t" * 16, "d" * 128)
    assert status.phone_number == "1" * 128
