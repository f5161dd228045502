"""RasGetEapUserData, RasSetEapUserData, and dialling with what they keep."""

from ctypes import byref, c_uint32

import pytest

from contract.client import (
    E_INVALIDARG,
    ERROR_BUFFER_TOO_SMALL,
    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
    ERROR_INTERACTIVE_MODE,
    ERROR_NOT_ENOUGH_MEMORY,
    SUCCESS,
    Ras,
    RASCS_Connected,
    Simulator,
    wide,
)

DATA = bytes(range(74))


def add_entry(ras: Ras, simulator: Simulator, data: bytes = DATA) -> None:
    """An EAP entry for which a user has stored that data."""
    simulator.add_entry("Office", eap_user="ann")
    assert ras.set_eap_data("Office", data) == SUCCESS


@pytest.mark.parametrize("data", [b"\0", b"123", DATA, bytes(70_000)])
def test_what_is_stored_for_an_entry_is_retrieved(
    ras: Ras, simulator: Simulator, data: bytes
) -> None:
    """RasSetEapUserData function, RasGetEapUserData function.

    They "store" and "retrieve user-specific Extensible Authentication Protocol (EAP) information
    for the specified phone-book entry".
    """
    add_entry(ras, simulator, data)
    assert ras.eap_data("Office") == (SUCCESS, len(data), data)


@pytest.mark.parametrize("room", [0, 1, len(DATA) - 1])
def test_too_little_room_tells_how_much_is_needed(
    ras: Ras, simulator: Simulator, room: int
) -> None:
    """RasGetEapUserData function.

    ERROR_BUFFER_TOO_SMALL: "The buffer pointed to by pbEapData is too small to receive the data.
    The pdwSizeofEapData contains the required size." DotRas 2 asks with a size of 0 first.
    """
    add_entry(ras, simulator)
    assert ras.eap_data_into("Office", room) == (ERROR_BUFFER_TOO_SMALL, len(DATA), b"")


def test_more_room_than_needed_is_fine(ras: Ras, simulator: Simulator) -> None:
    """Undocumented is what *pdwSizeofEapData then says; to the simulator, the size of the data."""
    add_entry(ras, simulator)
    assert ras.eap_data_into("Office", 100) == (SUCCESS, len(DATA), DATA)


@pytest.mark.parametrize("eap_user", ["", "ann"])
def test_an_entry_without_data_has_none_of_them(
    ras: Ras, simulator: Simulator, eap_user: str
) -> None:
    """Undocumented. DotRas 2 asks before each dial, and goes on with 0 and 603 only.

    So what it dials without such data, EAP or not, must answer one of these.
    """
    simulator.add_entry("Office", eap_user=eap_user)
    assert ras.eap_data("Office") == (SUCCESS, 0, b"")


def test_the_size_is_needed(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserData function: E_INVALIDARG: "The pdwSizeofEapData parameter is NULL"."""
    add_entry(ras, simulator)
    assert ras.RasGetEapUserDataW(None, None, wide("Office"), None, None) == E_INVALIDARG


def test_null_for_the_buffer_asks_for_the_size(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice, as of the other functions that fill a buffer."""
    add_entry(ras, simulator)
    size = c_uint32(len(DATA))
    code = ras.RasGetEapUserDataW(None, None, wide("Office"), None, byref(size))
    assert (code, size.value) == (ERROR_BUFFER_TOO_SMALL, len(DATA))


@pytest.mark.parametrize(("data", "size"), [(None, 3), (b"abc", 0), (None, 0)])
def test_no_data_cannot_be_stored(
    ras: Ras, simulator: Simulator, data: bytes | None, size: int
) -> None:
    """RasSetEapUserData function.

    E_INVALIDARG: "The dwSizeofEapData parameter is zero, or the pbEapData parameter is NULL."
    """
    add_entry(ras, simulator)
    assert ras.RasSetEapUserDataW(None, None, wide("Office"), data, size) == E_INVALIDARG
    assert ras.eap_data("Office").data == DATA


def test_the_last_data_stored_count(ras: Ras, simulator: Simulator) -> None:
    """RasSetEapUserData function: the information of the entry, of which there is one."""
    add_entry(ras, simulator)
    assert ras.set_eap_data("Office", b"new") == SUCCESS
    assert ras.eap_data("Office").data == b"new"


def test_what_is_stored_may_not_grow_without_end(
    ras: Ras, simulator: Simulator, place: str
) -> None:
    """Undocumented; the simulator's limits, which keep a service for other processes from growing.

    Data of at most 512 KiB, and at most 128 MiB in all, of which the entries take a little. A
    process that has joined may have no more of 96 MiB than is left for others: 48 MiB.
    """
    data = bytes(1 << 19)
    add_entry(ras, simulator, data)
    assert ras.set_eap_data("Office", data + b"\0") == E_INVALIDARG
    codes = [SUCCESS]
    while codes[-1] == SUCCESS:
        name = f"Office {len(codes)}"
        simulator.add_entry(name, eap_user="ann")
        codes.append(ras.set_eap_data(name, data))
    assert codes[-1] == ERROR_NOT_ENOUGH_MEMORY
    most = 256 if place == "embedded" else 96
    assert most - 6 < len(codes) <= most
    assert ras.set_eap_data("Office", b"less") == SUCCESS
    assert ras.set_eap_data(name, data[4:]) == SUCCESS


def test_the_entry_must_exist(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserData function, RasSetEapUserData function: ERROR_CANNOT_FIND_PHONEBOOK_ENTRY."""
    add_entry(ras, simulator)
    for name in ("Home", ""):
        assert ras.eap_data(name).code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
        assert ras.set_eap_data(name, DATA) == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY


def test_the_entry_is_that_of_the_phone_book(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserData function: pszPhonebook is "the full path of the phone-book (PBK) file"."""
    books = (r"C:\a.pbk", r"C:\b.pbk")
    for book in books:
        simulator.add_entry("Office", phonebook=book, eap_user="ann")
        assert ras.set_eap_data("Office", book.encode(), book) == SUCCESS
    for book in books:
        assert ras.eap_data("Office", book).data == book.encode()


# ---- dialling ----


def test_an_eap_entry_is_dialled_with_its_data(ras: Ras, simulator: Simulator) -> None:
    """RASEAPINFO structure: "user-specific EAP information". DotRas 2 passes it on so.

    That it is enough without RasGetEapUserIdentity is undocumented.
    """
    add_entry(ras, simulator)
    code, handle = ras.dial("Office", eap_info=ras.eap_data("Office").data)
    assert code == SUCCESS
    assert ras.status(handle).state == RASCS_Connected


@pytest.mark.parametrize("info", [b"", DATA[:-1], DATA + b"\0", bytes(len(DATA))])
def test_an_eap_entry_is_not_dialled_with_other_data(
    ras: Ras, simulator: Simulator, info: bytes
) -> None:
    """Undocumented is with which code; that of a dialling without an identity."""
    add_entry(ras, simulator)
    assert ras.dial("Office", eap_info=info).code == ERROR_INTERACTIVE_MODE
