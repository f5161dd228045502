"""RasGetSubEntryHandle, and the links of multilink connections in the other functions."""

import pytest

from contract.client import (
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_LINK_FAILURE,
    ERROR_NO_CONNECTION,
    ERROR_NO_MORE_ITEMS,
    ERROR_PORT_ALREADY_OPEN,
    ERROR_PORT_NOT_AVAILABLE,
    ERROR_PORT_NOT_OPEN,
    SUCCESS,
    Ras,
    RASCS_Connected,
    RASCS_Disconnected,
    Simulator,
)


def bundle(simulator: Simulator, links: int = 2, hang_up_time: float = 0.0) -> int:
    """An entry "ISDN", connected with so many links: the combined handle."""
    simulator.add_entry("ISDN", device_type="isdn", hang_up_time=hang_up_time)
    handle = simulator.connect("ISDN")
    for number in range(2, links + 1):
        assert simulator.add_link("ISDN") == number
    return handle


# ---- the call ----


@pytest.mark.parametrize("links", [1, 2, 4])
def test_each_connected_sub_entry_has_a_handle_of_its_own(
    ras: Ras, simulator: Simulator, links: int
) -> None:
    """RasGetSubEntryHandle function.

    It "retrieves a connection handle for a specified subentry of a multilink connection", which
    "refers only to the subentry connection".
    """
    handle = bundle(simulator, links)
    handles = {ras.link(handle, number) for number in range(1, links + 1)}
    assert len(handles | {handle}) == links + 1


def test_sub_entries_are_counted_from_one(ras: Ras, simulator: Simulator) -> None:
    """Subentries and Multilink Connections.

    "Subentries are identified by a one-based index."
    What index 0 answers is undocumented; ERROR_INVALID_PARAMETER is the simulator's choice.
    """
    handle = bundle(simulator, 1)
    assert ras.sub_entry(handle, 1)[0] == SUCCESS
    assert ras.sub_entry(handle, 0)[0] == ERROR_INVALID_PARAMETER


def test_the_handle_of_a_sub_entry_stays_the_same(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice."""
    handle = bundle(simulator)
    assert ras.link(handle, 2) == ras.link(handle, 2)


def test_an_enumerated_handle_has_sub_entries_too(ras: Ras, simulator: Simulator) -> None:
    """Subentries and Multilink Connections.

    "RasEnumConnections returns the combined multilink handle", and "To get a handle to one of the
    subentry connections in a multilink connection, call the RasGetSubEntryHandle function."
    """
    bundle(simulator)
    [isdn] = ras.connections()
    assert ras.sub_entry(isdn.handle, 2)[0] == SUCCESS


def test_a_sub_entry_that_is_not_connected_is_a_port_not_open(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetSubEntryHandle function.

    ERROR_PORT_NOT_OPEN: "The hRasConn and dwSubEntry parameters are valid, but the specified
    subentry is not connected."
    """
    handle = bundle(simulator, 3)
    simulator.remove_link("ISDN", 2)
    assert [ras.sub_entry(handle, number)[0] for number in (1, 2, 3)] == [
        SUCCESS,
        ERROR_PORT_NOT_OPEN,
        SUCCESS,
    ]


def test_a_sub_entry_beyond_the_last_is_no_more_items(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function.

    ERROR_NO_MORE_ITEMS: "The value specified by dwSubEntry exceeds the maximum number of subentries
    for the phone-book entry."
    """
    handle = bundle(simulator)
    for number in (3, 4, 0xFFFFFFFF):
        assert ras.sub_entry(handle, number) == (ERROR_NO_MORE_ITEMS, 0)


def test_the_maximum_stays_when_the_last_sub_entry_is_disconnected(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetSubEntryHandle function: the maximum is that "for the phone-book entry"."""
    handle = bundle(simulator)
    simulator.remove_link("ISDN", 2)
    assert ras.sub_entry(handle, 2)[0] == ERROR_PORT_NOT_OPEN
    assert ras.sub_entry(handle, 3)[0] == ERROR_NO_MORE_ITEMS


def test_a_handle_of_no_connection_is_invalid(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function.

    ERROR_INVALID_HANDLE: "The hRasConn connection handle does not represent a connected phone-book
    entry."
    """
    handle = bundle(simulator)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.sub_entry(handle, 1) == (ERROR_INVALID_HANDLE, 0)
    assert ras.sub_entry(0, 1) == (ERROR_INVALID_HANDLE, 0)


def test_a_dialling_connection_is_not_connected(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function: 6 for what is not "a connected phone-book entry"."""
    simulator.add_entry("ISDN", dial_time=1.0)
    handle = simulator.connect("ISDN")
    assert ras.sub_entry(handle, 1)[0] == ERROR_INVALID_HANDLE
    simulator.advance(1.0)
    assert ras.sub_entry(handle, 1)[0] == SUCCESS


def test_a_connection_that_is_ending_is_not_connected(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function: 6 for what is not "a connected phone-book entry"."""
    handle = bundle(simulator, hang_up_time=1.0)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.sub_entry(handle, 1)[0] == ERROR_INVALID_HANDLE


def test_a_connection_that_failed_is_not_connected(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function: 6 for what is not "a connected phone-book entry"."""
    handle = bundle(simulator)
    simulator.drop("ISDN", error=829, linger=1.0)
    assert ras.sub_entry(handle, 1)[0] == ERROR_INVALID_HANDLE


def test_a_sub_entry_has_no_sub_entries(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function: hRasConn "refers to the entire multilink connection"."""
    handle = bundle(simulator)
    assert ras.sub_entry(ras.link(handle, 1), 1)[0] == ERROR_INVALID_HANDLE


def test_null_for_the_handle_is_an_invalid_parameter(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice."""
    handle = bundle(simulator)
    assert ras.RasGetSubEntryHandleW(handle, 1, None) == ERROR_INVALID_PARAMETER


# ---- a sub-entry's status ----


def test_a_sub_entrys_handle_has_a_status(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function.

    "Use the subentry connection handle in any function that accepts an hRasConn parameter,
    including ... RasGetConnectStatus".
    """
    status = ras.status(ras.link(bundle(simulator), 2))
    assert (status.code, status.state, status.device_type) == (SUCCESS, RASCS_Connected, "isdn")


def test_the_status_of_a_sub_entry_is_its_own(ras: Ras, simulator: Simulator) -> None:
    """Subentries and Multilink Connections.

    "RasGetConnectStatus returns information for the combined or individual connection, depending
    on the handle specified."
    """
    handle = bundle(simulator, hang_up_time=1.0)
    first, second = ras.link(handle, 1), ras.link(handle, 2)
    assert ras.hang_up(first) == SUCCESS
    assert ras.status(first).state == RASCS_Disconnected
    assert ras.status(second).state == RASCS_Connected
    assert ras.status(handle).state == RASCS_Connected


# ---- hanging up a sub-entry ----


def test_hanging_up_a_sub_entry_leaves_the_others_and_the_connection(
    ras: Ras, simulator: Simulator
) -> None:
    """Subentries and Multilink Connections.

    "calling it with a subentry handle hangs up only that subentry connection."
    """
    handle = bundle(simulator, 3)
    second, third = ras.link(handle, 2), ras.link(handle, 3)
    assert ras.hang_up(second) == SUCCESS
    assert ras.sub_entry(handle, 2)[0] == ERROR_PORT_NOT_OPEN
    assert ras.sub_entry(handle, 1)[0] == SUCCESS
    assert ras.sub_entry(handle, 3) == (SUCCESS, third)
    assert ras.status(handle).state == RASCS_Connected
    assert [connection.handle for connection in ras.connections()] == [handle]


def test_the_status_of_a_hung_up_sub_entry_may_still_succeed(
    ras: Ras, simulator: Simulator
) -> None:
    """RasHangUp function.

    "However, in this case, you cannot use RasGetConnectStatus to determine if the link terminated;
    RasGetConnectStatus may not return ERROR_INVALID_HANDLE even though the link terminated
    successfully." RasGetSubEntryHandle tells it: ERROR_PORT_NOT_OPEN.
    """
    handle = bundle(simulator, hang_up_time=1.0)
    link = ras.link(handle, 2)
    assert ras.hang_up(link) == SUCCESS
    simulator.advance(60.0)
    assert ras.sub_entry(handle, 2)[0] == ERROR_PORT_NOT_OPEN
    assert ras.status(link).code == SUCCESS


def test_hanging_up_a_sub_entry_takes_time(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function: "needs time to properly terminate".

    That RasGetSubEntryHandle succeeds until then is undocumented; the simulator's choice.
    """
    handle = bundle(simulator, hang_up_time=1.0)
    assert ras.hang_up(ras.link(handle, 2)) == SUCCESS
    simulator.advance(0.999)
    assert ras.sub_entry(handle, 2)[0] == SUCCESS
    simulator.advance(0.001)
    assert ras.sub_entry(handle, 2)[0] == ERROR_PORT_NOT_OPEN


def test_hanging_up_a_sub_entry_twice_finds_no_connection(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice while the first hang-up is under way."""
    link = ras.link(bundle(simulator, hang_up_time=1.0), 2)
    assert ras.hang_up(link) == SUCCESS
    assert ras.hang_up(link) == ERROR_NO_CONNECTION


def test_a_connection_ends_with_its_last_link(ras: Ras, simulator: Simulator) -> None:
    """Subentries and Multilink Connections.

    A multilink connection "combines" those of its subentries: without any there is none.
    """
    handle = bundle(simulator)
    links = [ras.link(handle, 1), ras.link(handle, 2)]
    assert ras.hang_up(links[0]) == SUCCESS
    assert ras.status(handle).state == RASCS_Connected
    assert ras.hang_up(links[1]) == SUCCESS
    assert ras.connections() == ()
    assert {ras.status(gone).code for gone in (handle, *links)} == {ERROR_INVALID_HANDLE}


def test_hanging_up_the_combined_handle_ends_every_link(ras: Ras, simulator: Simulator) -> None:
    """Subentries and Multilink Connections.

    "Calling RasHangUp with a combined multilink handle terminates the entire connection".
    """
    handle = bundle(simulator, hang_up_time=1.0)
    links = [ras.link(handle, 1), ras.link(handle, 2)]
    assert ras.hang_up(handle) == SUCCESS
    assert {ras.status(link).state for link in links} == {RASCS_Disconnected}
    assert simulator.dial("ISDN")[0] == ERROR_PORT_NOT_AVAILABLE
    simulator.advance(1.0)
    assert {ras.status(gone).code for gone in (handle, *links)} == {ERROR_INVALID_HANDLE}


def test_the_references_are_the_connections_not_a_links(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: "the connection is referenced". One hang-up ends a single link."""
    handle = bundle(simulator)
    simulator.connect("ISDN")
    assert ras.hang_up(ras.link(handle, 2)) == SUCCESS
    assert ras.sub_entry(handle, 2)[0] == ERROR_PORT_NOT_OPEN


def test_a_sub_entry_can_be_connected_again(ras: Ras, simulator: Simulator) -> None:
    """Subentries and Multilink Connections.

    RAS "connects or disconnects additional subentries as needed". That the new link has a new
    handle is the simulator's choice.
    """
    handle = bundle(simulator)
    first = ras.link(handle, 2)
    assert ras.hang_up(first) == SUCCESS
    assert simulator.add_link("ISDN") == 2
    second = ras.link(handle, 2)
    assert second != first
    assert ras.status(second).state == RASCS_Connected


def test_a_client_that_leaves_while_a_link_ends_leaves_the_connection(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented for a single link; the simulator's choice: it ends, no port is stuck."""
    handle = bundle(simulator, hang_up_time=1.0)
    assert ras.hang_up(ras.link(handle, 2)) == SUCCESS
    simulator.client_leaves()
    simulator.advance(1.0)
    assert ras.status(handle).state == RASCS_Connected
    assert ras.sub_entry(handle, 2)[0] == ERROR_PORT_NOT_OPEN


def test_a_client_that_leaves_while_the_last_link_ends_leaves_its_port_inconsistent(
    ras: Ras, simulator: Simulator
) -> None:
    """RasHangUp function: "can fail to properly close a port"; no exception for a sub-entry."""
    handle = bundle(simulator, links=1, hang_up_time=1.0)
    assert ras.hang_up(ras.link(handle, 1)) == SUCCESS
    simulator.client_leaves()
    simulator.advance(1.0)
    assert simulator.dial("ISDN")[0] == ERROR_PORT_ALREADY_OPEN


def test_the_connection_names_a_sub_entry_that_is_connected(ras: Ras, simulator: Simulator) -> None:
    """RASCONN structure: dwSubEntry is "the sub-entry one-based index of a connected link"."""
    handle = bundle(simulator, hang_up_time=1.0)
    assert [connection.sub_entry for connection in ras.connections()] == [1]
    ras.hang_up(ras.link(handle, 1))
    assert [connection.sub_entry for connection in ras.connections()] == [2]


def test_a_link_whose_connection_has_failed_has_no_connection_to_hang_up(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; the simulator's choice."""
    handle = bundle(simulator)
    link = ras.link(handle, 1)
    simulator.drop("ISDN", error=ERROR_LINK_FAILURE, linger=1.0)
    assert ras.hang_up(link) == ERROR_NO_CONNECTION
