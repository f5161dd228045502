"""RasEnumConnections."""

from ctypes import byref, c_uint32

import pytest

from contract.client import (
    ERROR_BUFFER_TOO_SMALL,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    RASCONNW_SIZE,
    RASCONNW_SIZES,
    SUCCESS,
    Buffer,
    Connection,
    Ras,
    RASCS_Connected,
    Simulator,
)


def connect(simulator: Simulator, *names: str) -> list[int]:
    """Entries of these names, connected: their handles."""
    for name in names:
        simulator.add_entry(name)
    return [simulator.connect(name) for name in names]


def names(connections: tuple[Connection, ...]) -> set[str]:
    """In no order: none is documented."""
    return {connection.name for connection in connections}


# ---- how much room ----


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_probe_with_null_asks_for_the_size(ras: Ras, simulator: Simulator, count: int) -> None:
    """RasEnumConnections function.

    "To determine the required buffer size, call RasEnumConnections with lprasconn set to NULL. The
    variable pointed to by lpcb should be set to zero. The function will return the required buffer
    size in lpcb and an error code of ERROR_BUFFER_TOO_SMALL."
    """
    connect(simulator, *(f"VPN {number}" for number in range(count)))
    listing = ras.probe()
    assert listing.code == ERROR_BUFFER_TOO_SMALL
    assert listing.needed == count * RASCONNW_SIZE


def test_a_probe_with_null_succeeds_when_there_is_no_connection(idle_ras: Ras) -> None:
    """RasEnumConnections function, its sample.

    Of a first call that does not say ERROR_BUFFER_TOO_SMALL it says "There are no active RAS
    connections".
    """
    listing = idle_ras.probe()
    assert (listing.code, listing.needed, listing.written) == (SUCCESS, 0, 0)


def test_a_probe_does_not_change_what_there_is(ras: Ras, simulator: Simulator) -> None:
    """RasEnumConnections function: it "lists all active RAS connections", and no more."""
    connect(simulator, "Office")
    assert ras.probe() == ras.probe()
    assert names(ras.connections()) == {"Office"}


def test_no_connections_are_a_success_with_a_buffer_too(idle_ras: Ras) -> None:
    """RasEnumConnections function.

    lpcConnections "receives the number of RASCONN structures written to the buffer": none.
    """
    listing = idle_ras.enumerate_into(RASCONNW_SIZE)
    assert (listing.code, listing.written) == (SUCCESS, 0)


@pytest.mark.usefixtures("simulator")
def test_no_connections_require_no_bytes(ras: Ras) -> None:
    """RasEnumConnections function: lpcb receives "the number of bytes required"."""
    assert ras.enumerate_into(RASCONNW_SIZE).needed == 0


def test_room_for_fewer_connections_than_there_are_is_too_little(
    ras: Ras, simulator: Simulator
) -> None:
    """RasEnumConnections function.

    ERROR_BUFFER_TOO_SMALL: "The lprasconn buffer is not large enough. ... The function returns the
    required buffer size in the variable pointed to by lpcb."
    """
    connect(simulator, "Office", "Home")
    for room in (RASCONNW_SIZE, 2 * RASCONNW_SIZE - 1):
        listing = ras.enumerate_into(room)
        assert listing.code == ERROR_BUFFER_TOO_SMALL
        assert listing.needed == 2 * RASCONNW_SIZE


@pytest.mark.parametrize("room", [None, 0, RASCONNW_SIZE, 3 * RASCONNW_SIZE - 1])
def test_what_is_too_little_room_is_told_with_how_many_there_are(
    ras: Ras, simulator: Simulator, room: int | None
) -> None:
    """Undocumented: lpcConnections receives the number "written to the buffer", which is none.

    Two shipping clients rely on it: DotRas 2 begins with room for one connection and makes its
    next array as long as the count says; Psiphon trusts the count after 603, too.
    """
    connect(simulator, "Office", "Home", "Lab")
    listing = ras.probe() if room is None else ras.enumerate_into(room)
    assert (listing.code, listing.needed) == (ERROR_BUFFER_TOO_SMALL, 3 * RASCONNW_SIZE)
    assert listing.written == 3


@pytest.mark.parametrize("room", [0, 3, 4, RASCONNW_SIZE - 1])
def test_less_room_than_one_structure_is_too_little(
    ras: Ras, simulator: Simulator, room: int
) -> None:
    """RasEnumConnections function.

    ERROR_BUFFER_TOO_SMALL: "The lpcb parameter is less than the dwSize member in the lprasconn
    parameter which is should be set prior to calling the function. The function returns the
    required buffer size in the variable pointed to by lpcb."
    """
    connect(simulator, "Office")
    listing = ras.enumerate_into(room)
    assert listing.code == ERROR_BUFFER_TOO_SMALL
    assert listing.needed == RASCONNW_SIZE


@pytest.mark.usefixtures("simulator")
@pytest.mark.parametrize("room", [0, 4, RASCONNW_SIZE - 1])
def test_less_room_than_one_structure_is_too_little_even_without_connections(
    ras: Ras, room: int
) -> None:
    """RasEnumConnections function.

    ERROR_BUFFER_TOO_SMALL: "The lpcb parameter is less than the dwSize member". What *lpcb then
    says is undocumented.
    """
    assert ras.enumerate_into(room).code == ERROR_BUFFER_TOO_SMALL


@pytest.mark.parametrize("more", [1, RASCONNW_SIZE, 5 * RASCONNW_SIZE + 3])
def test_more_room_than_needed_is_fine(ras: Ras, simulator: Simulator, more: int) -> None:
    """RasEnumConnections function.

    On output lpcb is "the number of bytes required to enumerate the RAS connections", also when
    there was more.
    """
    connect(simulator, "Office", "Home")
    listing = ras.enumerate_into(2 * RASCONNW_SIZE + more)
    assert (listing.code, listing.written) == (SUCCESS, 2)
    assert listing.needed == 2 * RASCONNW_SIZE
    assert names(listing.connections) == {"Office", "Home"}


def test_just_enough_room_is_enough(ras: Ras, simulator: Simulator) -> None:
    """RasEnumConnections function: the size that the probe returns is what is required."""
    connect(simulator, "Office", "Home")
    listing = ras.enumerate_into(ras.probe().needed)
    assert (listing.code, listing.written) == (SUCCESS, 2)


def test_a_list_that_grows_between_two_calls_is_too_large_again(
    ras: Ras, simulator: Simulator
) -> None:
    """RasEnumConnections function.

    The required size is that of the moment of the call; another connection needs another try.
    """
    connect(simulator, "Office")
    simulator.grow(2)
    listing = ras.probe()
    for count in (1, 2, 3):
        assert listing.code == ERROR_BUFFER_TOO_SMALL
        assert listing.needed == count * RASCONNW_SIZE
        listing = ras.enumerate_into(listing.needed)
    assert (listing.code, listing.written) == (SUCCESS, 3)


# ---- which version ----


@pytest.mark.parametrize("size", RASCONNW_SIZES.values(), ids=map(hex, RASCONNW_SIZES))
def test_an_older_structure_is_filled_at_its_own_stride(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RasEnumConnections function.

    dwSize is set "in order to identify the version of the structure being passed".
    """
    handles = connect(simulator, "Office", "Home", "Lab")
    listing = ras.enumerate_into(3 * size, size)
    assert (listing.code, listing.needed, listing.written) == (SUCCESS, 3 * size, 3)
    assert {connection.size for connection in listing.connections} == {size}
    assert {connection.handle for connection in listing.connections} == set(handles)
    assert names(listing.connections) == {"Office", "Home", "Lab"}


@pytest.mark.parametrize("size", RASCONNW_SIZES.values(), ids=map(hex, RASCONNW_SIZES))
def test_the_size_needed_is_that_of_the_version_passed(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RasEnumConnections function.

    lpcb is "the number of bytes required", and dwSize identifies the version that they are of.
    """
    connect(simulator, "Office", "Home")
    listing = ras.enumerate_into(size, size)
    assert (listing.code, listing.needed) == (ERROR_BUFFER_TOO_SMALL, 2 * size)


def test_the_first_dwsize_alone_matters(ras: Ras, simulator: Simulator) -> None:
    """RasEnumConnections function.

    "an application must set the dwSize member of the first RASCONN structure in the buffer": here
    the others hold 0xAAAAAAAA.
    """
    connect(simulator, "Office", "Home")
    assert names(ras.enumerate_into(2 * RASCONNW_SIZE).connections) == {"Office", "Home"}


@pytest.mark.parametrize(
    "size", [0, 1, RASCONNW_SIZE - 1, RASCONNW_SIZE + 1, RASCONNW_SIZE + 4, 0xFFFFFFFF]
)
def test_an_unknown_dwsize_is_an_invalid_size(ras: Ras, simulator: Simulator, size: int) -> None:
    """RasEnumConnections function; Routing and Remote Access Error Codes, ERROR_INVALID_SIZE.

    "an application must set the dwSize member" to "sizeof(RASCONN)"; 632 is the error of a
    structure of the wrong size.
    """
    connect(simulator, "Office")
    buffer = Buffer(2 * RASCONNW_SIZE, size)
    needed, written = c_uint32(buffer.room), c_uint32(0)
    code = ras.RasEnumConnectionsW(buffer.array, byref(needed), byref(written))
    assert code == ERROR_INVALID_SIZE
    assert buffer.is_untouched()


def test_null_for_a_count_is_an_invalid_parameter(ras: Ras) -> None:
    """Undocumented; the simulator's choice, after what RasEnumDevices does on Windows."""
    number = c_uint32(0)
    assert ras.RasEnumConnectionsW(None, None, byref(number)) == ERROR_INVALID_PARAMETER
    assert ras.RasEnumConnectionsW(None, byref(number), None) == ERROR_INVALID_PARAMETER
    assert ras.RasEnumConnectionsW(None, None, None) == ERROR_INVALID_PARAMETER


# ---- which connections ----


def test_all_active_connections_are_listed_with_handle_and_name(
    ras: Ras, simulator: Simulator
) -> None:
    """RasEnumConnections function.

    It "lists all active RAS connections. It returns each connection's handle and phone-book entry
    name."
    """
    office, home = connect(simulator, "Office", "Home")
    assert {(found.handle, found.name) for found in ras.connections()} == {
        (office, "Office"),
        (home, "Home"),
    }


def test_an_entry_that_is_not_connected_is_not_listed(ras: Ras, simulator: Simulator) -> None:
    """RasEnumConnections function: it "lists all active RAS connections"."""
    simulator.add_entry("Office")
    assert ras.connections() == ()


def test_a_connection_is_not_listed_while_it_is_dialling(ras: Ras, simulator: Simulator) -> None:
    """RasEnumConnections function.

    It "cannot enumerate a connection as Active until RAS has successfully connected".
    """
    simulator.add_entry("Office", dial_time=2.0)
    simulator.connect("Office")
    assert ras.connections() == ()
    simulator.advance(1.999)
    assert ras.connections() == ()
    simulator.advance(0.001)
    assert names(ras.connections()) == {"Office"}


def test_a_connection_that_failed_is_not_listed(ras: Ras, simulator: Simulator) -> None:
    """RasEnumConnections function: it "lists all active RAS connections"."""
    connect(simulator, "Office")
    simulator.drop("Office", error=829, linger=5.0)
    assert ras.connections() == ()


def test_a_connection_that_was_hung_up_is_not_listed(ras: Ras, simulator: Simulator) -> None:
    """RasEnumConnections function: it "lists all active RAS connections".

    Whether one whose end is under way is active is undocumented; to the simulator it is not.
    """
    simulator.add_entry("Office", hang_up_time=2.0)
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    assert ras.connections() == ()


def test_a_direct_dial_is_named_by_its_number_after_a_period(
    ras: Ras, simulator: Simulator
) -> None:
    """RasEnumConnections function.

    "If a connection was made without specifying a phone-book entry name, the information returned
    for that connection gives the connection phone number preceded by '.'."
    """
    simulator.add_entry("", phone_number="+44 20 7946 0123", device_type="modem")
    simulator.connect(".+44 20 7946 0123")
    assert names(ras.connections()) == {".+44 20 7946 0123"}


def test_a_multilink_connection_is_listed_once_by_its_combined_handle(
    ras: Ras, simulator: Simulator
) -> None:
    """Subentries and Multilink Connections.

    "RasDial returns a handle to the combined multilink connection. Similarly, RasEnumConnections
    returns the combined multilink handle".
    """
    [handle] = connect(simulator, "ISDN")
    simulator.add_link("ISDN")
    assert [connection.handle for connection in ras.connections()] == [handle]
    assert handle not in {ras.link(handle, 1), ras.link(handle, 2)}


def test_the_sub_entry_is_the_index_of_a_connected_link(ras: Ras, simulator: Simulator) -> None:
    """RASCONN structure.

    "For multilink connections, a value that specifies the subentry one-based index of a connected
    link."
    """
    connect(simulator, "ISDN")
    simulator.add_link("ISDN")
    assert ras.connections()[0].sub_entry in {1, 2}
    simulator.remove_link("ISDN", 1)
    assert ras.connections()[0].sub_entry == 2


def test_two_enumerations_of_the_same_connections_are_the_same(
    ras: Ras, simulator: Simulator
) -> None:
    """RASCONN structure: hrasconn "defines the remote access connection"; none is opened anew."""
    connect(simulator, "Office", "Home")
    assert set(ras.connections()) == set(ras.connections())


def test_what_is_listed_has_its_state_from_rasgetconnectstatus(
    ras: Ras, simulator: Simulator
) -> None:
    """RasEnumConnections function.

    "The most reliable way to enumerate and check for an active connection is to call
    RasEnumConnections or RasDial to get a connection handle, then call RasGetConnectStatus".
    """
    connect(simulator, "Office", "Home")
    for connection in ras.connections():
        status = ras.status(connection.handle)
        assert (status.code, status.state) == (SUCCESS, RASCS_Connected)
