"""RasGetSubEntryProperties, RasSetSubEntryProperties, and RasDeleteSubEntry."""

from pathlib import Path

import pytest

from contract.client import (
    ALL_USERS_PHONEBOOK,
    ERROR_BUFFER_TOO_SMALL,
    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    SUCCESS,
    Simulator,
    to_text,
)
from contract.phonebook_client import (
    ERROR_ACCESS_DENIED,
    ERROR_BUFFER_INVALID,
    ERROR_CANNOT_DELETE,
    RASSUBENTRYW,
    RASSUBENTRYW_SIZE,
    PhonebookClient,
    describe,
    describe_sub_entry,
    with_numbers,
)


@pytest.fixture
def client(library: Path, simulator: Simulator) -> PhonebookClient:
    """A client of a phone book with one entry."""
    simulator.add_entry("Office", device_type="modem", device_name="Modem", phone_number="1")
    return PhonebookClient(library)


def numbers_of(client: PhonebookClient, name: str = "Office") -> list[str]:
    """The phone number of each sub-entry."""
    count = client.entry(name).dwSubEntries
    reads = [client.get_sub_entry(name, number) for number in range(1, count + 1)]
    assert {read.code for read in reads} == {SUCCESS}
    assert client.get_sub_entry(name, count + 1).code == ERROR_INVALID_PARAMETER
    return [to_text(read.sub_entry().szLocalPhoneNumber) for read in reads]


def test_a_rassubentry_is_packed_to_4_bytes() -> None:
    """RASSUBENTRY structure, and pshpack4.h in ras.h."""
    assert RASSUBENTRYW_SIZE == 564
    assert RASSUBENTRYW.szDeviceName.offset == 42
    assert (RASSUBENTRYW.szLocalPhoneNumber.offset, RASSUBENTRYW.dwAlternateOffset.offset) == (
        300,
        560,
    )


def test_the_first_is_the_entrys_own(client: PhonebookClient) -> None:
    """RasGetSubEntryProperties function: "the one-based index of the subentry".

    Undocumented: that an entry with one device and number has one sub-entry, which is these.
    """
    read = client.get_sub_entry("Office", 1)
    assert (read.code, read.needed) == (SUCCESS, RASSUBENTRYW_SIZE)
    found = read.sub_entry()
    assert (found.dwSize, found.dwfFlags, found.dwAlternateOffset) == (RASSUBENTRYW_SIZE, 0, 0)
    assert (to_text(found.szDeviceType), to_text(found.szDeviceName)) == ("modem", "Modem")
    assert client.set_sub_entry("Office", 1, describe_sub_entry("9", "Modem 9")) == SUCCESS
    assert to_text(client.entry("Office").szDeviceName) == "Modem 9"
    assert client.set("Office", describe(number="7")) == SUCCESS
    assert numbers_of(client) == ["7"]


def test_a_new_index_creates_a_sub_entry(client: PhonebookClient) -> None:
    """RasSetSubEntryProperties function.

    "If the index matches an existing subentry index, the function changes the properties of that
    subentry. If the index does not match an existing index, the function creates a new subentry."
    Undocumented: an index that would leave a gap.
    """
    assert client.set_sub_entry("Office", 2, describe_sub_entry("2")) == SUCCESS
    assert client.set_sub_entry("Office", 3, describe_sub_entry("3")) == SUCCESS
    assert numbers_of(client) == ["1", "2", "3"]
    assert client.set_sub_entry("Office", 2, describe_sub_entry("22")) == SUCCESS
    assert numbers_of(client) == ["1", "22", "3"]
    for number in (0, 5):
        code = client.set_sub_entry("Office", number, describe_sub_entry("x"))
        assert code == ERROR_INVALID_PARAMETER


def test_an_entry_that_is_set_keeps_its_sub_entries(client: PhonebookClient) -> None:
    """RASENTRY structure.

    dwSubEntries: "When calling RasSetEntryProperties, set this member to zero. To add subentries to
    a phone-book entry, use the RasSetSubEntryProperties function." Undocumented: what becomes of
    those that there are.
    """
    assert client.set_sub_entry("Office", 2, describe_sub_entry("2")) == SUCCESS
    assert client.set("Office", describe(number="new", dwSubEntries=0)) == SUCCESS
    assert numbers_of(client) == ["new", "2"]


def test_sub_entries_of_add_entry_are_like_the_first(
    client: PhonebookClient, simulator: Simulator
) -> None:
    """The simulator's own."""
    simulator.add_entry("Multi", phone_number="1", sub_entries=3)
    assert numbers_of(client, "Multi") == ["1", "1", "1"]
    assert client.set_sub_entry("Multi", 2, describe_sub_entry("2")) == SUCCESS
    assert numbers_of(client, "Multi") == ["1", "2", "1"]


def test_alternate_numbers_follow_the_structure(client: PhonebookClient) -> None:
    """RasSetSubEntryProperties function.

    "The structure might be followed by an array of null-terminated alternate phone number
    strings." ERROR_BUFFER_TOO_SMALL: "The lpdwcb variable receives the required buffer size."
    """
    given = with_numbers(describe_sub_entry("2"), "3", "4")
    assert client.set_sub_entry("Office", 2, given) == SUCCESS
    read = client.get_sub_entry("Office", 2)
    assert read.data == given
    assert read.numbers(RASSUBENTRYW_SIZE) == ["3", "4"]
    small = client.get_sub_entry("Office", 2, room=len(given) - 1)
    assert (small.code, small.needed) == (ERROR_BUFFER_TOO_SMALL, len(given))


def test_its_flags_are_zero(client: PhonebookClient) -> None:
    """RASSUBENTRY structure: RasSetSubEntryProperties "sets this member to zero"."""
    given = describe_sub_entry("2")
    given.dwfFlags = 5
    assert client.set_sub_entry("Office", 2, given) == SUCCESS
    assert client.get_sub_entry("Office", 2).sub_entry().dwfFlags == 0


def test_what_is_not_valid(client: PhonebookClient, simulator: Simulator) -> None:
    """RasGetSubEntryProperties and RasSetSubEntryProperties function: their errors.

    Undocumented: ERROR_INVALID_SIZE, which RasGetEntryProperties has, and the right to write.
    """
    function = client.RasSetSubEntryPropertiesW
    assert client.get_sub_entry("Office", 0).code == ERROR_INVALID_PARAMETER
    assert client.get_sub_entry("None", 1).code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    assert client.get_sub_entry("Office", 1, size=560).code == ERROR_INVALID_SIZE
    sub_entry = describe_sub_entry("2")
    assert client.set_sub_entry("None", 1, sub_entry) == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    assert client.set_sub_entry("Office", 2, bytes(sub_entry)[:-1]) == ERROR_BUFFER_INVALID
    assert function(None, None, 1, None, 0, None, 0) == ERROR_INVALID_PARAMETER
    for empty in (
        describe_sub_entry(""),
        describe_sub_entry("2", ""),
        describe_sub_entry("2", kind=""),
    ):
        assert client.set_sub_entry("Office", 2, empty) == ERROR_INVALID_PARAMETER
    simulator.connect("Office")
    assert client.set_sub_entry("Office", 2, sub_entry) == ERROR_CANNOT_DELETE
    simulator.add_entry("Ours", phonebook=ALL_USERS_PHONEBOOK)
    simulator.set_quirk("plain-user")
    assert client.set_sub_entry("Ours", 2, sub_entry) == ERROR_ACCESS_DENIED
    assert client.delete_sub_entry("Ours", 1) == ERROR_ACCESS_DENIED


def test_a_sub_entry_is_deleted(client: PhonebookClient) -> None:
    """RasDeleteSubEntry function: "deletes the specified subentry".

    Undocumented: that those behind it move up, and that the last one stays.
    """
    for number in (2, 3, 4):
        given = with_numbers(describe_sub_entry(str(number)), f"{number}{number}")
        assert client.set_sub_entry("Office", number, given) == SUCCESS
    assert client.delete_sub_entry("Office", 3) == SUCCESS
    assert numbers_of(client) == ["1", "2", "4"]
    assert client.delete_sub_entry("Office", 1) == SUCCESS
    assert numbers_of(client) == ["2", "4"]
    assert client.get_sub_entry("Office", 1).numbers(RASSUBENTRYW_SIZE) == ["22"]
    assert client.delete_sub_entry("Office", 3) == ERROR_INVALID_PARAMETER
    assert client.delete_sub_entry("Office", 2) == SUCCESS
    assert client.delete_sub_entry("Office", 1) == ERROR_INVALID_PARAMETER
    assert client.delete_sub_entry("None", 1) == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY


def test_what_is_deleted_makes_room(client: PhonebookClient) -> None:
    """Undocumented is how much fits; in the simulator, what clients store has 128 MiB."""
    more = bytes(65536)
    for _ in range(800):
        assert client.set("New", bytes(describe()) + more) == SUCCESS
        for number in (2, 3):
            given = bytes(describe_sub_entry(str(number))) + more
            assert client.set_sub_entry("New", number, given) == SUCCESS
        assert client.delete_sub_entry("New", 1) == SUCCESS
        assert client.delete("New") == SUCCESS


def test_there_are_as_many_as_fit_a_byte(client: PhonebookClient, simulator: Simulator) -> None:
    """Undocumented is how many there may be; 255 is the simulator's choice."""
    simulator.add_entry("Multi", sub_entries=254)
    assert client.set_sub_entry("Multi", 255, describe_sub_entry("255")) == SUCCESS
    assert client.set_sub_entry("Multi", 256, describe_sub_entry("256")) == ERROR_INVALID_PARAMETER
