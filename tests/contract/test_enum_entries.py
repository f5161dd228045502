"""RasEnumEntries."""

import ctypes
from collections.abc import Callable
from ctypes import POINTER, Structure, byref, c_uint16, c_uint32, c_void_p
from pathlib import Path
from typing import NamedTuple

import pytest

from contract.client import (
    ALL_USERS_PHONEBOOK,
    ERROR_BUFFER_TOO_SMALL,
    ERROR_CANNOT_OPEN_PHONEBOOK,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    SUCCESS,
    USER_FOLDER,
    USER_PHONEBOOK,
    Buffer,
    Simulator,
    load,
    to_text,
    wide,
)

REN_User = 0
REN_AllUsers = 1

PRIVATE = r"C:\office.pbk"


class RASENTRYNAMEW(Structure):
    """Since WINVER 0x0500; before that, up to the entry's name."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("szEntryName", c_uint16 * 257),
        ("dwFlags", c_uint32),
        ("szPhonebookPath", c_uint16 * 261),
    )


SIZE = ctypes.sizeof(RASENTRYNAMEW)
OLD_SIZE = RASENTRYNAMEW.dwFlags.offset


class EntryName(NamedTuple):
    """An element of the array."""

    size: int
    name: str
    flags: int = 0
    phonebook: str = ""

    @classmethod
    def read(cls, data: bytes) -> "EntryName":
        """From the bytes of one structure, of either version."""
        native = RASENTRYNAMEW.from_buffer_copy(data.ljust(SIZE, b"\0"))
        name, phonebook = to_text(native.szEntryName), to_text(native.szPhonebookPath)
        return cls(native.dwSize, name, native.dwFlags, phonebook)


class Listing(NamedTuple):
    """What a call has answered."""

    code: int
    needed: int
    written: int
    entries: tuple[EntryName, ...] = ()


Enumerate = Callable[..., Listing]


@pytest.fixture
def enumerate_into(library: Path, simulator: Simulator) -> Enumerate:
    """Call RasEnumEntries with a buffer of so many bytes, or NULL, whose first dwSize is that."""
    function = load(str(library)).RasEnumEntriesW
    function.argtypes = [c_void_p, c_void_p, c_void_p, POINTER(c_uint32), POINTER(c_uint32)]
    assert simulator is not None

    def call(room: int | None, phonebook: str | None = None, size: int = SIZE) -> Listing:
        buffer = None if room is None else Buffer(room, size)
        needed, count = c_uint32(room or 0), c_uint32(0)
        code = int(
            function(
                None,
                None if phonebook is None else wide(phonebook),
                buffer and buffer.array,
                byref(needed),
                byref(count),
            )
        )
        data = b"" if buffer is None else buffer.read()
        starts = range(0, count.value * size if code == SUCCESS else 0, size or 1)
        found = tuple(EntryName.read(data[start : start + size]) for start in starts)
        return Listing(code, needed.value, count.value, found)

    return call


def test_an_entry_name_has_its_flags_and_path() -> None:
    """RASENTRYNAME structure, in ras.h: dwFlags and szPhonebookPath since WINVER 0x0500."""
    assert (SIZE, OLD_SIZE) == (1048, 520)
    assert RASENTRYNAMEW.szPhonebookPath.offset == 524


# ---- how much room ----


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_probe_with_null_asks_for_the_size(
    enumerate_into: Enumerate, simulator: Simulator, count: int
) -> None:
    """RasEnumEntries function.

    "To determine the required buffer size, call RasEnumEntries with lprasentryname set to NULL.
    The variable pointed to by lpcb should be set to zero. The function will return the required
    buffer size in lpcb and an error code of ERROR_BUFFER_TOO_SMALL."
    """
    for number in range(count):
        simulator.add_entry(f"VPN {number}", phonebook=USER_PHONEBOOK)
    listing = enumerate_into(None)
    assert (listing.code, listing.needed) == (ERROR_BUFFER_TOO_SMALL, count * SIZE)


def test_a_probe_with_null_succeeds_when_there_is_no_entry(enumerate_into: Enumerate) -> None:
    """RasEnumEntries function, its sample.

    Of a first call that does not say ERROR_BUFFER_TOO_SMALL it says "There were no RAS entry
    names found".
    """
    assert enumerate_into(None) == Listing(SUCCESS, 0, 0)


def test_too_little_room_tells_how_much_is_needed(
    enumerate_into: Enumerate, simulator: Simulator
) -> None:
    """RasEnumEntries function, ERROR_BUFFER_TOO_SMALL.

    "The lprasentryname buffer is not large enough. [...] The function returns the required buffer
    size in the variable pointed to by lpcb."
    """
    for name in ("A", "B"):
        simulator.add_entry(name, phonebook=USER_PHONEBOOK)
    listing = enumerate_into(SIZE)
    assert (listing.code, listing.needed) == (ERROR_BUFFER_TOO_SMALL, 2 * SIZE)
    assert enumerate_into(2 * SIZE).code == SUCCESS


def test_the_size_and_the_number_that_were_written_are_told(
    enumerate_into: Enumerate, simulator: Simulator
) -> None:
    """RasEnumEntries function.

    lpcb contains "the size, in bytes, of the array of RASENTRYNAME structures required for the
    phone-book entries"; lpcEntries receives "the number of phone-book entries written".
    """
    simulator.add_entry("A", phonebook=USER_PHONEBOOK)
    listing = enumerate_into(5 * SIZE)
    assert (listing.code, listing.needed, listing.written) == (SUCCESS, SIZE, 1)


# ---- which structure ----


def test_a_size_of_no_version_is_refused(enumerate_into: Enumerate, simulator: Simulator) -> None:
    """RasEnumEntries function, ERROR_INVALID_SIZE.

    "The value of dwSize in the RASENTRYNAME structure [...] specifies a version of the structure
    not supported on the current platform."
    """
    simulator.add_entry("A", phonebook=USER_PHONEBOOK)
    for size in (0, 4, OLD_SIZE - 1, SIZE - 1, SIZE + 1):
        assert enumerate_into(4 * SIZE, size=size).code == ERROR_INVALID_SIZE


def test_the_size_of_the_first_structure_says_which_version_all_have(
    enumerate_into: Enumerate, simulator: Simulator
) -> None:
    """RasEnumEntries function.

    "On input, an application must set the dwSize member of the first RASENTRYNAME structure in
    the buffer to sizeof(RASENTRYNAME) in order to identify the version of the structure being
    passed."
    """
    for name in ("A", "B"):
        simulator.add_entry(name, phonebook=USER_PHONEBOOK)
    listing = enumerate_into(2 * OLD_SIZE, size=OLD_SIZE)
    assert (listing.code, listing.needed) == (SUCCESS, 2 * OLD_SIZE)
    assert listing.entries == (EntryName(OLD_SIZE, "A"), EntryName(OLD_SIZE, "B"))


# ---- which entries ----


def test_null_means_the_phone_books_of_the_user_and_of_all_users(
    enumerate_into: Enumerate, simulator: Simulator
) -> None:
    """RasEnumEntries function.

    "If this parameter is NULL, the entries are enumerated from all the remote access phone-book
    files in the AllUsers profile and the user's profile." RASENTRYNAME structure: dwFlags is
    REN_User or REN_AllUsers, szPhonebookPath the path of the phone book.
    """
    other = USER_FOLDER + r"\Office.PBK"
    places = {
        "Mine": USER_PHONEBOOK,
        "Ours": ALL_USERS_PHONEBOOK,
        "Other": other,
        "Private": PRIVATE,
    }
    for name, phonebook in places.items():
        simulator.add_entry(name, phonebook=phonebook)
    assert set(enumerate_into(5 * SIZE).entries) == {
        EntryName(SIZE, "Mine", REN_User, USER_PHONEBOOK),
        EntryName(SIZE, "Ours", REN_AllUsers, ALL_USERS_PHONEBOOK),
        EntryName(SIZE, "Other", REN_User, other),
    }


def test_a_path_means_the_entries_of_that_phone_book(
    enumerate_into: Enumerate, simulator: Simulator
) -> None:
    """RasEnumEntries function.

    The second parameter "specifies the full path and file name of a phone-book (PBK) file".
    """
    for name, phonebook in {
        "Mine": USER_PHONEBOOK,
        "Ours": ALL_USERS_PHONEBOOK,
        "Private": PRIVATE,
    }.items():
        simulator.add_entry(name, phonebook=phonebook)
    assert enumerate_into(SIZE, PRIVATE).entries == (EntryName(SIZE, "Private", 0, PRIVATE),)
    assert enumerate_into(SIZE, ALL_USERS_PHONEBOOK).entries == (
        EntryName(SIZE, "Ours", REN_AllUsers, ALL_USERS_PHONEBOOK),
    )
    assert enumerate_into(SIZE, USER_PHONEBOOK.upper()).written == 1, "Windows' paths have no case"


def test_entries_are_listed_whether_connected_or_not(
    enumerate_into: Enumerate, simulator: Simulator
) -> None:
    """RasEnumEntries function: it "lists all entry names in a remote access phone book"."""
    simulator.add_entry("Down", phonebook=USER_PHONEBOOK)
    simulator.add_entry("Up", phonebook=USER_PHONEBOOK)
    simulator.connect("Up")
    assert {entry.name for entry in enumerate_into(2 * SIZE).entries} == {"Down", "Up"}


def test_what_is_dialled_without_an_entry_is_none(
    enumerate_into: Enumerate, simulator: Simulator
) -> None:
    """RasEnumConnections function.

    The name of a connection without an entry is "a period (.) followed by the phone number": no
    phone book has it.
    """
    simulator.add_entry("", phonebook="", phone_number="0301234")
    simulator.connect(".0301234")
    assert enumerate_into(None) == Listing(SUCCESS, 0, 0)


def test_a_phone_book_that_does_not_exist_cannot_be_opened(enumerate_into: Enumerate) -> None:
    """Undocumented for RasEnumEntries; raserror.h: 621, "Cannot open the phone book file".

    The two default phone books need not exist as files: they are empty then.
    """
    missing = enumerate_into(SIZE, r"C:\no\such.pbk")
    assert (missing.code, missing.written) == (ERROR_CANNOT_OPEN_PHONEBOOK, 0)
    for phonebook in (USER_PHONEBOOK, ALL_USERS_PHONEBOOK):
        assert enumerate_into(SIZE, phonebook) == Listing(SUCCESS, 0, 0)


@pytest.mark.parametrize("missing", ["bytes", "count"])
def test_both_results_need_a_place(library: Path, simulator: Simulator, missing: str) -> None:
    """RasEnumEntries function: lpcb and lpcEntries are pointers to variables.

    Undocumented: that NULL answers ERROR_INVALID_PARAMETER.
    """
    function = load(str(library)).RasEnumEntriesW
    simulator.add_entry("A", phonebook=USER_PHONEBOOK)
    number = c_uint32(0)
    given = (None, byref(number)) if missing == "bytes" else (byref(number), None)
    assert function(None, None, None, *given) == ERROR_INVALID_PARAMETER
