"""RasGetEntryProperties and RasSetEntryProperties; RasDelete-, Rename- and ValidateEntry(Name)."""

import ctypes
from pathlib import Path

import pytest

from contract.client import (
    ALL_USERS_PHONEBOOK,
    ERROR_AUTHENTICATION_FAILURE,
    ERROR_BUFFER_TOO_SMALL,
    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
    ERROR_CANNOT_OPEN_PHONEBOOK,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    SUCCESS,
    USER_FOLDER,
    USER_PHONEBOOK,
    Endpoint,
    Negotiated,
    Notifier,
    Ras,
    RASCS_Connected,
    Simulator,
    fill_text,
    to_text,
    wide,
)
from contract.phonebook_client import (
    ALL_SIZES,
    ERROR_ACCESS_DENIED,
    ERROR_ALREADY_EXISTS,
    ERROR_BUFFER_INVALID,
    ERROR_CANNOT_DELETE,
    ERROR_INVALID_NAME,
    IKEV2,
    RASENTRYW,
    RASENTRYW_SIZE,
    RASENTRYW_SIZES,
    PhonebookClient,
    RASEO_RequireEAP,
    RASEO_SpecificIpAddr,
    RASET_Broadband,
    RASET_Phone,
    RASET_Vpn,
    RASFP_Ppp,
    RASNP_Ip,
    RASNP_Ipv6,
    VS_Ikev2Only,
    describe,
    with_numbers,
)


@pytest.fixture
def client(library: Path, simulator: Simulator) -> PhonebookClient:
    """A client of an empty phone book."""
    assert simulator is not None
    return PhonebookClient(library)


# ---- the structure ----


def test_a_rasentry_is_packed_to_4_bytes() -> None:
    """RASENTRY structure, and pshpack4.h in ras.h: the sizes of each WINVER, with any pointer."""
    assert RASENTRYW_SIZES == {
        0x0A00: 6724,
        0x0601: 5680,
        0x0600: 5656,
        0x0501: 5616,
        0x0500: 4048,
        0x0401: 3496,
        0x0400: 3468,
    }
    offsets = {
        "szLocalPhoneNumber": 38,
        "dwAlternateOffset": 296,
        "ipaddr": 300,
        "szDeviceType": 1892,
        "szDeviceName": 1926,
        "dwSubEntries": 3468,
        "dwType": 3496,
        "guidId": 3508,
        "dwVpnStrategy": 4044,
        "dwfOptions2": 4048,
        "dwRedialCount": 5608,
        "ipv6addrDns": 5616,
        "ipv6addr": 5656,
        "dwNetworkOutageTime": 5676,
        "szIDi": 5680,
        "szIDr": 6194,
        "fDisableIKEv2Fragmentation": 6720,
    }
    assert {name: getattr(RASENTRYW, name).offset for name in offsets} == offsets


# ---- RasGetEntryProperties ----


def test_null_asks_for_the_size(client: PhonebookClient, simulator: Simulator) -> None:
    """RasGetEntryProperties function.

    "To determine the required buffer size, call RasGetEntryProperties with lpRasEntry set to NULL
    and *lpdwEntryInfoSize set to zero. The function returns the required buffer size." A shipping
    PPPoE service takes the 603 for: there is such an entry.
    """
    simulator.add_entry("Office")
    assert client.get_into("Office", None)[:2] == (ERROR_BUFFER_TOO_SMALL, RASENTRYW_SIZE)
    assert client.get_into("Other", None).code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY


def test_without_a_size_it_tells_whether_there_is_one(
    client: PhonebookClient, simulator: Simulator
) -> None:
    """RasGetEntryProperties function.

    lpdwEntryInfoSize: "This parameter can be NULL if the lpRasEntry parameter is NULL."
    """
    simulator.add_entry("Office")
    function = client.RasGetEntryPropertiesW
    assert function(None, wide("Office"), None, None, None, None) == SUCCESS
    assert function(None, wide("X"), None, None, None, None) == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    entry = bytes(RASENTRYW_SIZE)
    assert function(None, wide("Office"), entry, None, None, None) == ERROR_INVALID_PARAMETER
    assert function(None, None, None, None, None, None) == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("size", ALL_SIZES)
def test_dw_size_identifies_the_version(
    client: PhonebookClient, simulator: Simulator, size: int
) -> None:
    """RasGetEntryProperties function.

    "On input, set the dwSize member of the structure to sizeof(RASENTRY) to identify the version
    of the structure." ERROR_BUFFER_TOO_SMALL: the size in lpdwEntryInfoSize is too small.
    """
    simulator.add_entry("Office", phone_number="vpn.example.com")
    read = client.get_into("Office", size, size)
    assert (read.code, read.needed) == (SUCCESS, size)
    assert (read.entry().dwSize, read.entry().dwAlternateOffset) == (size, 0)
    assert to_text(read.entry().szLocalPhoneNumber) == "vpn.example.com"
    small = client.get_into("Office", size - 1, size)
    assert (small.code, small.needed) == (ERROR_BUFFER_TOO_SMALL, size)


@pytest.mark.parametrize("size", [0, 4, 3467, 5684, 6720 + 3, 6728, 7000])
def test_a_size_of_no_version_is_refused(
    client: PhonebookClient, simulator: Simulator, size: int
) -> None:
    """RasGetEntryProperties function.

    ERROR_INVALID_SIZE: dwSize "is too small". Undocumented: one too large, and the other function.
    """
    simulator.add_entry("Office")
    assert client.get_into("Office", 8000, size).code == ERROR_INVALID_SIZE
    entry = bytes(describe(size=size)).ljust(8000, b"\0")
    assert client.set("Other", entry) == ERROR_INVALID_SIZE
    assert not client.is_listed("Other")


@pytest.mark.parametrize("most", [6720, 5680, 5656, 5616])
def test_a_windows_may_know_smaller_structures_only(
    client: PhonebookClient, simulator: Simulator, most: int
) -> None:
    """Undocumented: which sizes each Windows takes. A shipping client met one that takes 6720."""
    simulator.set_quirk(f"entry-sizes-{most}")
    simulator.add_entry("Office")
    assert client.get_into("Office", None).needed == most
    for size in ALL_SIZES:
        expected = SUCCESS if size <= most else ERROR_INVALID_SIZE
        assert client.get("Office", size).code == expected
        assert client.set("Office", describe(size=size)) == expected


def test_an_empty_name_asks_for_default_values(client: PhonebookClient) -> None:
    """RasGetEntryProperties function.

    "If an empty string is specified, the function returns default values". Undocumented: which.
    """
    entry = client.entry("")
    assert entry.dwFramingProtocol == RASFP_Ppp
    assert entry.dwfNetProtocols == RASNP_Ip
    assert (entry.dwRedialCount, entry.dwRedialPause) == (3, 60)
    assert to_text(entry.szLocalPhoneNumber) == to_text(entry.szDeviceName) == ""


def test_what_no_client_has_set_is_as_add_entry_says(
    client: PhonebookClient, simulator: Simulator
) -> None:
    """The simulator's own."""
    simulator.add_entry(
        "Office",
        phone_number="a",
        eap_user="ann",
        negotiated=Negotiated(ikev2=True, ipv6=Endpoint(2, bytes(16))),
    )
    entry = client.entry("Office")
    assert (entry.dwType, entry.dwVpnStrategy) == (RASET_Vpn, VS_Ikev2Only)
    assert entry.dwfOptions & RASEO_RequireEAP
    assert entry.dwfNetProtocols == RASNP_Ip | RASNP_Ipv6
    assert to_text(entry.szDeviceName) == IKEV2
    for strategy, name in {1: "PPTP", 3: "L2TP", 5: "SSTP", 0: "Other"}.items():
        simulator.add_entry(name, device_name=f"WAN Miniport ({name})")
        assert client.entry(name).dwVpnStrategy == strategy
    simulator.add_entry("Home", device_type="PPPoE", device_name="WAN Miniport (PPPOE)")
    simulator.add_entry("Modem", device_type="modem", device_name="Modem")
    assert client.entry("Home").dwType == RASET_Broadband
    assert client.entry("Modem").dwType == RASET_Phone


# ---- RasSetEntryProperties ----


@pytest.mark.parametrize("size", ALL_SIZES)
def test_a_new_entry_has_what_was_set(client: PhonebookClient, size: int) -> None:
    """RasSetEntryProperties function.

    "If the entry name does not match an existing entry, RasSetEntryProperties creates a new
    phone-book entry." Undocumented: guidId is Windows' own, and dwSubEntries counts those set by
    RasSetSubEntryProperties.
    """
    given = RASENTRYW.from_buffer_copy(bytes(i % 251 for i in range(RASENTRYW_SIZE)))
    given.dwSize, given.dwAlternateOffset, given.dwSubEntries = size, 0, 1
    given.guidId = (ctypes.c_uint8 * 16)()
    for units in (given.szLocalPhoneNumber, given.szDeviceType, given.szDeviceName):
        units[len(units) - 1] = 0
    assert client.set("Office", given) == SUCCESS
    read = client.get("Office", size)
    got = read.entry()
    got.guidId = (ctypes.c_uint8 * 16)()

    def up_to_nul(entry: RASENTRYW) -> bytes:
        for units in (entry.szLocalPhoneNumber, entry.szDeviceType, entry.szDeviceName):
            fill_text(units, to_text(units))
        return bytes(entry)[:size]

    assert up_to_nul(got) == up_to_nul(given)
    assert read.needed == size


def test_each_entry_has_a_guid_of_its_own(client: PhonebookClient) -> None:
    """RASCONN structure: guidEntry "corresponds to that of the guidId member in the RASENTRY".

    Undocumented: that a client cannot set it.
    """
    assert client.set("A", describe()) == client.set("B", describe()) == SUCCESS
    first = bytes(client.entry("A").guidId)
    assert first not in (bytes(16), bytes(client.entry("B").guidId))
    changed = describe()
    changed.guidId = (ctypes.c_uint8 * 16)(*range(16))
    assert client.set("A", changed) == SUCCESS
    assert bytes(client.entry("A").guidId) == first


def test_an_entry_is_modified(client: PhonebookClient, simulator: Simulator) -> None:
    """RasSetEntryProperties function.

    "If the entry name matches an existing entry, RasSetEntryProperties modifies the properties of
    that entry." Names have no case.
    """
    simulator.add_entry("Office", phone_number="old.example.com")
    assert client.set("OFFICE", describe(number="new.example.com", dwRedialCount=7)) == SUCCESS
    entry = client.entry("Office")
    assert to_text(entry.szLocalPhoneNumber) == "new.example.com"
    assert entry.dwRedialCount == 7


def test_an_older_structure_leaves_the_newer_members(client: PhonebookClient) -> None:
    """Undocumented: what becomes of members that the structure does not have."""
    entry = describe(dwNetworkOutageTime=1800, dwRedialCount=9)
    fill_text(entry.szIDi, "ann@example.com")
    assert client.set("Office", entry) == SUCCESS
    assert client.set("Office", describe(size=5616, dwRedialCount=1)) == SUCCESS
    entry = client.entry("Office")
    assert (entry.dwRedialCount, entry.dwNetworkOutageTime) == (1, 1800)
    assert to_text(entry.szIDi) == "ann@example.com"


@pytest.mark.parametrize(
    "member", ["szLocalPhoneNumber", "szDeviceType", "szDeviceName", "dwFramingProtocol", "dwType"]
)
def test_some_members_are_needed(client: PhonebookClient, member: str) -> None:
    """RasSetEntryProperties function.

    "The caller must provide values for the following members [...] If values are not provided for
    these members, RasSetEntryProperties fails with ERROR_INVALID_PARAMETER." The example on
    RasDeleteEntry's page provides 0 for dwfOptions.
    """
    entry = describe()
    setattr(entry, member, 0 if member.startswith("dw") else type(getattr(entry, member))())
    assert client.set("Office", entry) == ERROR_INVALID_PARAMETER
    assert not client.is_listed("Office")


def test_a_structure_without_a_type_needs_none(client: PhonebookClient) -> None:
    """RasSetEntryProperties function.

    "Windows XP or later: dwType is supported."; ras.h has it since WINVER 0x0500.
    """
    entry = describe(size=RASENTRYW_SIZES[0x0401])
    entry.dwType = 0
    assert client.set("Office", entry) == SUCCESS


def test_the_name_of_the_device_may_be_optional(
    client: PhonebookClient, simulator: Simulator
) -> None:
    """Undocumented: the page asks for it, and Psiphon's client gives none for a VPN."""
    simulator.set_quirk("device-name-optional")
    assert client.set("Office", describe(device="")) == SUCCESS
    assert to_text(client.entry("Office").szDeviceName) == ""


def test_the_buffer_must_be_valid(client: PhonebookClient) -> None:
    """RasSetEntryProperties function.

    ERROR_BUFFER_INVALID: "The address or buffer specified by lpRasEntry is invalid."
    """
    function = client.RasSetEntryPropertiesW
    name, size = wide("Office"), RASENTRYW_SIZE
    assert function(None, name, None, size, None, 0) == ERROR_BUFFER_INVALID
    for room in (0, 3, 4, size - 1):
        assert client.set("Office", bytes(describe()), room=room) == ERROR_BUFFER_INVALID
    entry = bytes(describe())
    assert function(None, None, entry, size, None, 0) == ERROR_INVALID_PARAMETER
    assert not client.is_listed("Office")


@pytest.mark.parametrize("size", ALL_SIZES)
def test_alternate_numbers_follow_the_structure(client: PhonebookClient, size: int) -> None:
    """RasSetEntryProperties function.

    "The structure might be followed by an array of null-terminated alternate phone number strings.
    The last string is terminated by two consecutive null characters. The dwAlternateOffset member
    [...] contains the offset to the first string."
    """
    numbers = ["b.example.com", "Ж.example.com", "192.0.2.7"]
    assert client.set("Office", with_numbers(describe(size=size), *numbers)) == SUCCESS
    for asked in ALL_SIZES:
        read = client.get("Office", asked)
        assert read.entry().dwAlternateOffset == asked
        assert read.numbers(asked) == numbers
        assert client.get_into("Office", read.needed - 1, asked).code == ERROR_BUFFER_TOO_SMALL
    assert client.set("Office", describe()) == SUCCESS
    assert client.get("Office")[:2] == (SUCCESS, RASENTRYW_SIZE)


def test_bytes_before_the_numbers_are_kept(client: PhonebookClient) -> None:
    """Undocumented: members of a newer structure, of which the client knows only their bytes."""
    newer = bytes(range(1, 100))
    entry = describe(dwAlternateOffset=RASENTRYW_SIZE + len(newer))
    numbers = "b\0c\0\0".encode("utf-16-le")
    assert client.set("Office", bytes(entry) + newer + numbers) == SUCCESS
    read = client.get("Office")
    assert read.entry().dwAlternateOffset == RASENTRYW_SIZE + len(newer)
    assert read.data[RASENTRYW_SIZE:] == newer + numbers
    assert client.set("Office", bytes(describe()) + newer) == SUCCESS
    read = client.get("Office")
    assert (read.entry().dwAlternateOffset, read.data[RASENTRYW_SIZE:]) == (0, newer)


@pytest.mark.parametrize("offset", [1, RASENTRYW_SIZE - 1, RASENTRYW_SIZE + 11])
def test_the_numbers_are_behind_the_structure(client: PhonebookClient, offset: int) -> None:
    """Undocumented: an offset that is elsewhere."""
    entry = bytes(describe(dwAlternateOffset=offset)) + bytes(10)
    assert client.set("Office", entry) == ERROR_INVALID_PARAMETER


def test_what_follows_has_a_limit(client: PhonebookClient) -> None:
    """The simulator's own: 64 KiB, more than any client gives."""
    most = bytes(describe()) + bytes(0x10000)
    assert client.set("Office", most) == SUCCESS
    assert client.set("Office", most + b"\0") == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("name", ["", " ", "...", "a|b", ".a", "x" * 257])
def test_a_new_entry_needs_a_valid_name(client: PhonebookClient, name: str) -> None:
    """RasSetEntryProperties function.

    "For new entries, call the RasValidateEntryName function to validate the entry name".
    Undocumented: what it answers to one that is not.
    """
    assert client.set(name, describe()) == ERROR_INVALID_NAME


# ---- which phone book ----


def test_each_phone_book_has_its_own(client: PhonebookClient) -> None:
    """RasSetEntryProperties function: "the full path and file name of a phone-book (PBK) file"."""
    for phonebook, number in ((USER_PHONEBOOK, "mine"), (ALL_USERS_PHONEBOOK, "ours")):
        assert client.set("Office", describe(number=number), phonebook) == SUCCESS
    for phonebook, number in ((USER_PHONEBOOK, "mine"), (ALL_USERS_PHONEBOOK, "ours")):
        found = client.entry("Office", phonebook.upper())
        assert to_text(found.szLocalPhoneNumber) == number
    assert client.delete("Office", USER_PHONEBOOK) == SUCCESS
    assert not client.is_listed("Office", USER_PHONEBOOK)
    assert client.is_listed("Office", ALL_USERS_PHONEBOOK)


def test_without_a_phone_book_a_new_entry_is_the_users(client: PhonebookClient) -> None:
    """Undocumented: NULL is "the current default phone-book file", which one is a preference."""
    assert client.set("Office", describe()) == SUCCESS
    assert client.is_listed("Office", USER_PHONEBOOK)
    assert client.set("Office", describe(number="other"), USER_PHONEBOOK) == SUCCESS
    assert to_text(client.entry("Office").szLocalPhoneNumber) == "other"


def test_each_user_has_a_profile(client: PhonebookClient) -> None:
    """Undocumented: under which path; Microsoft's pages name the folder of all users only."""
    anns = r"C:\users\ANN\AppData\Roaming\Microsoft\Network\Connections\Pbk\rasphone.pbk"
    assert client.set("Office", describe(), anns) == SUCCESS
    assert client.is_listed("Office")


def test_a_phone_book_must_exist(client: PhonebookClient, tmp_path: Path) -> None:
    """RasSetEntryProperties function.

    ERROR_CANNOT_OPEN_PHONEBOOK: "The phone book is corrupted or missing components." An empty file
    is a phone book: Brave's client makes one and lets RasSetEntryProperties fill it.
    """
    path = tmp_path / "bücher Ж \N{ROCKET}.pbk"
    assert client.set("Office", describe(), str(path)) == ERROR_CANNOT_OPEN_PHONEBOOK
    assert client.set("Office", describe(), str(tmp_path)) == ERROR_CANNOT_OPEN_PHONEBOOK
    long = f"{USER_FOLDER}\\{'x' * 250}.pbk"
    assert client.set("Office", describe(), long) == ERROR_CANNOT_OPEN_PHONEBOOK
    path.touch()
    assert client.set("Office", describe(), str(path)) == SUCCESS
    assert client.is_listed("Office", str(path))
    assert not client.is_listed("Office")
    assert client.delete("Office", str(path)) == SUCCESS
    assert path.read_bytes() == b""
    assert client.validate("Office", str(path)) == SUCCESS


def test_only_administrators_change_what_is_of_all_users(
    client: PhonebookClient, simulator: Simulator
) -> None:
    """RasSetEntryProperties and RasDeleteEntry function.

    ERROR_ACCESS_DENIED: "The user does not have the correct privileges. Only an administrator can
    complete this task."
    """
    simulator.add_entry("Office", phonebook=ALL_USERS_PHONEBOOK)
    before = client.get("Office").data
    simulator.set_quirk("plain-user")
    assert client.set("Office", describe(), ALL_USERS_PHONEBOOK) == ERROR_ACCESS_DENIED
    assert client.set("Office", describe()) == ERROR_ACCESS_DENIED
    assert client.set("New", describe(), ALL_USERS_PHONEBOOK) == ERROR_ACCESS_DENIED
    assert client.delete("Office") == ERROR_ACCESS_DENIED
    assert client.rename("Office", "Other") == ERROR_ACCESS_DENIED
    assert client.get("Office").data == before
    assert client.set("New", describe()) == SUCCESS


# ---- dialling what was set ----


def test_a_new_entry_can_be_dialled(client: PhonebookClient, ras: Ras) -> None:
    """RasDial function: an entry that "must exist"; its number, device and GUID are those set."""
    assert client.set("Office", describe(number="a.example.com")) == SUCCESS
    dialled = ras.dial("Office")
    assert dialled.code == SUCCESS
    [connection] = ras.connections()
    assert (connection.name, connection.device_name) == ("Office", IKEV2)
    assert connection.phonebook == USER_PHONEBOOK
    assert connection.entry_id.bytes_le == bytes(client.entry("Office").guidId)
    status = ras.status(dialled.handle)
    assert (status.state, status.phone_number) == (RASCS_Connected, "a.example.com")


def test_a_changed_entry_is_dialled_as_it_is_then(
    client: PhonebookClient, simulator: Simulator, ras: Ras
) -> None:
    """RasSetEntryProperties function: "changes the connection information for an entry"."""
    simulator.add_entry("Office", phone_number="old")
    changed = describe(number="new", device="Modem", device_type="modem", dwType=RASET_Phone)
    assert client.set("Office", changed) == SUCCESS
    handle = simulator.connect("Office")
    [connection] = ras.connections()
    assert (connection.device_type, connection.device_name) == ("modem", "Modem")
    assert ras.status(handle).phone_number == "new"


def test_a_static_address_is_the_clients(
    client: PhonebookClient, simulator: Simulator, ras: Ras
) -> None:
    """RASENTRY structure.

    RASEO_SpecificIpAddr: "RAS tries to use the IP address specified by ipaddr as the IP address for
    the dial-up connection." Undocumented: what the server gives to others.
    """
    for name, options in (("Static", RASEO_SpecificIpAddr), ("Other", 0)):
        entry = describe(dwfOptions=options)
        entry.ipaddr = (ctypes.c_uint8 * 4)(198, 51, 100, 9)
        assert client.set(name, entry) == SUCCESS
        simulator.connect(name)
    static, other = (ras.projected_ex(connection.handle) for connection in ras.connections())
    assert bytes(static.info.union.ppp.ipv4Address)[:4] == bytes([198, 51, 100, 9])
    assert bytes(other.info.union.ppp.ipv4Address)[:4] == bytes([192, 0, 2, 2])


# ---- RasDeleteEntry ----


def test_a_deleted_entry_is_gone(client: PhonebookClient, simulator: Simulator, ras: Ras) -> None:
    """RasDeleteEntry function: "deletes an entry from a phone book"."""
    simulator.add_entry("Office", hang_up_time=1.0)
    assert client.delete("OFFICE") == SUCCESS
    assert not client.is_listed("Office")
    assert ras.dial("Office").code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    simulator.add_entry("Office", phone_number="again")
    assert to_text(client.entry("Office").szLocalPhoneNumber) == "again"


def test_nothing_to_delete(client: PhonebookClient, simulator: Simulator) -> None:
    """RasDeleteEntry function.

    ERROR_INVALID_NAME: "The entry name specified in lpszEntry does not exist." Windscribe's client
    expects 623, the quirk.
    """
    assert client.delete("Office") == ERROR_INVALID_NAME
    assert client.delete("Office", r"C:\none.pbk") == ERROR_CANNOT_OPEN_PHONEBOOK
    assert client.RasDeleteEntryW(None, None) == ERROR_INVALID_NAME
    simulator.set_quirk("delete-unknown-623")
    assert client.delete("Office") == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY


def test_what_is_in_use_is_left_alone(
    client: PhonebookClient, simulator: Simulator, ras: Ras
) -> None:
    """Undocumented: raserror.h has ERROR_CANNOT_DELETE; shipping clients hang up first."""
    simulator.add_entry("Up", hang_up_time=1.0)
    simulator.add_entry("Dialling", dial_time=60.0)
    handle = simulator.connect("Up")
    simulator.dial("Dialling")
    for name in ("Up", "Dialling"):
        assert client.delete(name) == ERROR_CANNOT_DELETE
        assert client.set(name, describe(number="new")) == ERROR_CANNOT_DELETE
        assert client.rename(name, "New") == ERROR_CANNOT_DELETE
        assert to_text(client.entry(name).szLocalPhoneNumber) == "vpn.example.com"
    assert ras.hang_up(handle) == SUCCESS
    assert client.delete("Up") == SUCCESS
    assert ras.status(handle).code == SUCCESS


def test_what_is_in_use_may_be_hung_up(
    client: PhonebookClient, simulator: Simulator, ras: Ras
) -> None:
    """Undocumented: the quirk."""
    simulator.set_quirk("in-use-hangs-up")
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    assert client.delete("Office") == SUCCESS
    assert ras.status(handle).state != RASCS_Connected
    simulator.advance(1.0)
    assert ras.connections() == ()


def test_a_failed_dial_that_is_not_hung_up_is_a_use(
    client: PhonebookClient, simulator: Simulator, ras: Ras
) -> None:
    """Undocumented: Windscribe's client saw RAS crash while there was a stale connection."""
    simulator.add_entry("Office", user="ann", password="right")
    dialled = ras.dial("Office")
    assert dialled.code == ERROR_AUTHENTICATION_FAILURE
    assert client.delete("Office") == ERROR_CANNOT_DELETE
    assert ras.hang_up(dialled.handle) == SUCCESS
    assert client.delete("Office") == SUCCESS


def test_what_is_dialled_and_hung_up_so_tells_its_client_no_more(
    client: PhonebookClient, simulator: Simulator, ras: Ras
) -> None:
    """Undocumented: the quirk, which does as RasHangUp does."""
    simulator.set_quirk("in-use-hangs-up")
    simulator.add_entry("Office", dial_time=9.0)
    notifier = Notifier()
    assert ras.dial("Office", notifier).code == SUCCESS
    simulator.wait_told()
    told = list(notifier.told)
    assert client.set("Office", describe(number="new")) == SUCCESS
    simulator.advance(10.0)
    assert notifier.told == told
    assert ras.connections() == ()


def test_what_is_in_use_may_be_changed(
    client: PhonebookClient, simulator: Simulator, ras: Ras
) -> None:
    """Undocumented: the quirk."""
    simulator.set_quirk("in-use-changes")
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert client.delete("Office") == SUCCESS
    assert not client.is_listed("Office")
    assert ras.status(handle).state == RASCS_Connected
    assert ras.hang_up(handle) == SUCCESS


# ---- RasRenameEntry ----


def test_a_renamed_entry_is_as_it_was(client: PhonebookClient, simulator: Simulator) -> None:
    """RasRenameEntry function: "changes the name of an entry in a phone book"."""
    entry = with_numbers(describe(dwRedialCount=5), "b.example.com")
    assert client.set("Office", entry) == SUCCESS
    before = client.get("Office").data
    assert client.rename("office", "Branch") == SUCCESS
    assert not client.is_listed("Office")
    assert client.get("Branch").data == before
    assert client.rename("Branch", "BRANCH") == SUCCESS
    simulator.connect("BRANCH")


def test_a_name_is_renamed_once(client: PhonebookClient, simulator: Simulator) -> None:
    """RasRenameEntry function.

    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY: "The phone-book entry does not exist." ERROR_ALREADY_EXISTS:
    "An entry with the lpszNewEntry name already exists."
    """
    simulator.add_entry("Office")
    simulator.add_entry("Branch")
    simulator.add_entry("Ours", phonebook=ALL_USERS_PHONEBOOK)
    assert client.rename("None", "New") == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    assert client.rename("Office", "branch") == ERROR_ALREADY_EXISTS
    assert client.rename("Office", "New", r"C:\none.pbk") == ERROR_CANNOT_OPEN_PHONEBOOK
    assert client.rename("Office", "Ours") == SUCCESS


@pytest.mark.parametrize("name", ["", " \t", ".a", "x" * 257])
def test_a_new_name_has_some_rules(
    client: PhonebookClient, simulator: Simulator, name: str
) -> None:
    """RasRenameEntry function.

    "The string cannot have a length greater than RAS_MaxEntryName [...] cannot consist entirely of
    space or tab characters. The first character in the string cannot be a period character".
    """
    simulator.add_entry("Office")
    assert client.rename("Office", name) == ERROR_INVALID_NAME
    assert client.is_listed("Office")


@pytest.mark.parametrize("name", ["a|b", "??", "-", "x" * 256])
def test_a_new_name_may_be_unusual(
    client: PhonebookClient, simulator: Simulator, name: str
) -> None:
    """RasRenameEntry function.

    It "allows entry names that would not be accepted by the dial-up networking user interface".
    """
    simulator.add_entry("Office")
    assert client.rename("Office", name) == SUCCESS
    assert client.is_listed(name)


# ---- RasValidateEntryName ----


@pytest.mark.parametrize("name", ["Office", "1", " a ", "Büro", "東京", "Ж-1", "x" * 256])
def test_a_valid_name(client: PhonebookClient, name: str) -> None:
    """RasValidateEntryName function.

    "The name must contain at least one non-white-space alphanumeric character."
    """
    assert client.validate(name) == SUCCESS


@pytest.mark.parametrize("name", ["", " ", "--", "\u00a0\u2003\u3000", "x" * 257, ".Office"])
def test_an_invalid_name(client: PhonebookClient, name: str) -> None:
    """RasValidateEntryName function.

    ERROR_INVALID_NAME: "The format of the specified entry name is invalid." "Windows 2000 or
    later: The entry name cannot begin with a period".
    """
    assert client.validate(name) == ERROR_INVALID_NAME


@pytest.mark.parametrize("character", "|><?*\\/:")
def test_some_characters_are_not_allowed(client: PhonebookClient, character: str) -> None:
    """RasValidateEntryName function: "The following characters are not allowed"."""
    assert client.validate(f"Office{character}") == ERROR_INVALID_NAME


def test_a_name_that_exists_already(client: PhonebookClient, simulator: Simulator) -> None:
    """RasValidateEntryName function.

    ERROR_ALREADY_EXISTS: "The entry name already exists in the specified phonebook."
    ERROR_CANNOT_FIND_PHONEBOOK, which no header has: "The specified phonebook doesn't exist."
    DotRas 1 takes 621 for that.
    """
    simulator.add_entry("Office")
    assert client.validate("OFFICE") == ERROR_ALREADY_EXISTS
    assert client.validate("Office", USER_PHONEBOOK) == ERROR_ALREADY_EXISTS
    assert client.validate("Office", ALL_USERS_PHONEBOOK) == SUCCESS
    assert client.validate("Office", r"C:\none.pbk") == ERROR_CANNOT_OPEN_PHONEBOOK
    assert client.validate("a|b", r"C:\none.pbk") == ERROR_INVALID_NAME
