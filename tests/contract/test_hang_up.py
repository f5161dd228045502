"""RasHangUp."""

import math

import pytest

from contract.client import (
    ERROR_DIAL_ALREADY_IN_PROGRESS,
    ERROR_INVALID_HANDLE,
    ERROR_LINK_FAILURE,
    ERROR_NO_CONNECTION,
    ERROR_PORT_ALREADY_OPEN,
    ERROR_PORT_NOT_AVAILABLE,
    SUCCESS,
    Ras,
    RASCS_Connected,
    RASCS_Disconnected,
    Simulator,
)


def wait_until_dead(ras: Ras, simulator: Simulator, handle: int) -> float:
    """The documented loop; how long it took. Instead of Sleep(0) the clock moves by 0.1 s."""
    for tenths in range(1000):
        if ras.status(handle).code == ERROR_INVALID_HANDLE:
            return tenths / 10
        simulator.advance(0.1)
    raise AssertionError("the handle does not die")


# ---- what it ends ----


def test_hanging_up_ends_the_connection(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function: it "terminates a remote access connection"."""
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    assert ras.connections() == ()
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_any_client_may_hang_up_what_it_has_enumerated(ras: Ras, simulator: Simulator) -> None:
    """Disconnecting.

    "A RAS client application might need to end a connection even though it does not have the
    handle returned by RasDial. ... the disconnecting application can use the RasEnumConnections
    function to get all the current connections."
    """
    simulator.add_entry("Office")
    simulator.connect("Office")
    [office] = ras.connections()
    assert ras.hang_up(office.handle) == SUCCESS
    assert ras.connections() == ()


def test_hanging_up_leaves_other_connections_alone(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function: hrasconn specifies "the remote access connection to terminate"."""
    simulator.add_entry("Office")
    simulator.add_entry("Home")
    office, home = simulator.connect("Office"), simulator.connect("Home")
    assert ras.hang_up(office) == SUCCESS
    assert [connection.handle for connection in ras.connections()] == [home]
    assert ras.status(home).state == RASCS_Connected


@pytest.mark.parametrize("handle", [0, 4, 0x7FFFFFF0])
def test_hanging_up_a_handle_of_no_connection_is_an_invalid_handle(
    ras: Ras, simulator: Simulator, handle: int
) -> None:
    """RasHangUp function.

    ERROR_INVALID_HANDLE: "The handle specified in hrasconn is invalid."
    """
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert ras.hang_up(handle) == ERROR_INVALID_HANDLE
    assert len(ras.connections()) == 1


def test_a_dead_handle_can_no_longer_be_used(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function.

    "After this call, the hrasconn handle can no longer be used."
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    assert ras.hang_up(handle) == ERROR_INVALID_HANDLE
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
    assert ras.sub_entry(handle, 1)[0] == ERROR_INVALID_HANDLE


def test_hanging_up_ends_a_dialling_that_is_not_complete(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function.

    "The connection is terminated even if the RasDial call has not yet been completed."
    """
    simulator.add_entry("Office", dial_time=5.0, hang_up_time=1.0)
    handle = simulator.connect("Office")
    simulator.advance(2.0)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).state == RASCS_Disconnected
    simulator.advance(1.0)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
    simulator.advance(10.0)
    assert ras.connections() == ()


def test_what_failed_is_hung_up_all_the_same(ras: Ras, simulator: Simulator) -> None:
    """Disconnecting.

    "If an error occurs during the connection operation, the client must call RasHangUp even though
    the connection was never established."
    """
    simulator.add_entry("Office", dial_time=5.0, hang_up_time=1.0)
    handle = simulator.connect("Office")
    simulator.drop("Office", error=ERROR_LINK_FAILURE, linger=60.0)
    assert ras.hang_up(handle) == SUCCESS
    assert wait_until_dead(ras, simulator, handle) == 1.0
    assert simulator.dial("Office")[0] == SUCCESS


# ---- that it takes time ----


def test_the_handle_lives_on_for_a_while_and_then_is_invalid(
    ras: Ras, simulator: Simulator
) -> None:
    """RasHangUp function.

    "call RasGetConnectStatus(hrasconn) and Sleep(0) in a loop until RasGetConnectStatus returns
    ERROR_INVALID_HANDLE." (Of the same handle the page says that it "can no longer be used".)
    """
    simulator.add_entry("Office", hang_up_time=2.5)
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).state == RASCS_Disconnected
    assert wait_until_dead(ras, simulator, handle) == 2.5


def test_a_hang_up_that_is_never_over_leaves_the_handle_alive(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; what clients tell of hang-ups that never return, as an endless one."""
    simulator.add_entry("Office", hang_up_time=math.inf)
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(1e6)
    assert ras.status(handle).code == SUCCESS


def test_what_was_hung_up_has_no_error(ras: Ras, simulator: Simulator) -> None:
    """RASCONNSTATUS structure: dwError, "If nonzero, indicates the reason for failure"."""
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).error == SUCCESS


def test_an_immediate_redial_fails_until_the_handle_is_dead(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function.

    "an immediate attempt to use the same connection may fail". That it fails with
    ERROR_PORT_NOT_AVAILABLE is undocumented; the simulator's choice.
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    assert simulator.dial("Office")[0] == ERROR_PORT_NOT_AVAILABLE
    wait_until_dead(ras, simulator, handle)
    assert simulator.dial("Office")[0] == SUCCESS


def test_a_client_that_leaves_at_once_leaves_its_port_inconsistent(
    ras: Ras, simulator: Simulator
) -> None:
    """RasHangUp function.

    "An application should not call RasHangUp and then immediately exit. ... the state machine can
    fail to properly close a port, leaving the port in an inconsistent state." That the next dial
    then fails with ERROR_PORT_ALREADY_OPEN is undocumented; the simulator's choice.
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    simulator.client_leaves()
    simulator.advance(60.0)
    assert simulator.dial("Office")[0] == ERROR_PORT_ALREADY_OPEN


def test_a_client_that_leaves_while_its_dialling_ends_leaves_its_port_inconsistent(
    ras: Ras, simulator: Simulator
) -> None:
    """RasHangUp function: the same, of a connection that was not complete."""
    simulator.add_entry("Office", dial_time=5.0, hang_up_time=1.0)
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    simulator.client_leaves()
    simulator.advance(60.0)
    assert simulator.dial("Office")[0] == ERROR_PORT_ALREADY_OPEN


def test_a_client_that_waits_until_the_handle_is_dead_may_leave(
    ras: Ras, simulator: Simulator
) -> None:
    """RasHangUp function: the loop is "A more responsive way to avoid these problems"."""
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    wait_until_dead(ras, simulator, handle)
    simulator.client_leaves()
    assert simulator.dial("Office")[0] == SUCCESS


def test_a_client_that_sleeps_three_seconds_may_leave(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function.

    "A simple way to avoid these problems is to call Sleep(3000) after returning from RasHangUp;
    after that pause, the application can exit."
    """
    simulator.add_entry("Office", hang_up_time=2.9)
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    simulator.advance(3.0)
    simulator.client_leaves()
    assert simulator.dial("Office")[0] == SUCCESS


def test_a_client_that_hung_nothing_up_may_leave(ras: Ras, simulator: Simulator) -> None:
    """Disconnecting.

    "the application that called RasDial might have exited after the connection was successfully
    established": the connection stays.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    simulator.client_leaves()
    assert ras.status(handle).state == RASCS_Connected


def test_a_port_left_inconsistent_is_that_of_its_entry_only(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function: what may be left unusable is "the same connection"."""
    simulator.add_entry("Office", hang_up_time=1.0)
    simulator.add_entry("Home")
    home = simulator.connect("Home")
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    simulator.client_leaves()
    assert ras.status(home).state == RASCS_Connected
    assert ras.hang_up(home) == SUCCESS
    assert simulator.dial("Home")[0] == SUCCESS


def test_hanging_up_twice_finds_no_connection(ras: Ras, simulator: Simulator) -> None:
    """Undocumented is the answer while the first hang-up is under way.

    DotRas 2 ships with RasHangUp called until it answers 668, and fails at any other number.
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    assert ras.hang_up(handle) == ERROR_NO_CONNECTION
    assert wait_until_dead(ras, simulator, handle) == 1.0


# ---- references ----


def test_a_second_dial_references_the_connection(ras: Ras, simulator: Simulator) -> None:
    """RasDial function.

    "If the entry being dialed is already connected, RasDial returns SUCCESS and the connection is
    referenced".
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert simulator.dial("Office") == (SUCCESS, handle)
    assert len(ras.connections()) == 1


@pytest.mark.parametrize("dials", [1, 2, 5])
def test_each_dial_is_matched_by_a_hang_up(ras: Ras, simulator: Simulator, dials: int) -> None:
    """RasDial function.

    "each RasDial ... should be matched by a RasHangUp": the connection ends with the last one.
    """
    simulator.add_entry("Office")
    handles = {simulator.connect("Office") for _ in range(dials)}
    assert len(handles) == 1
    handle = handles.pop()
    for _ in range(dials):
        assert ras.status(handle).state == RASCS_Connected
        assert [connection.handle for connection in ras.connections()] == [handle]
        assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_a_new_connection_begins_with_one_reference(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: the references of a connection end with it."""
    simulator.add_entry("Office")
    simulator.connect("Office")
    simulator.connect("Office")
    simulator.drop("Office")
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    assert ras.connections() == ()


def test_a_hang_up_of_one_reference_may_be_followed_by_leaving(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function; RasHangUp function.

    The connection is still referenced, so that no port is being closed.
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    simulator.client_leaves()
    assert simulator.dial("Office") == (SUCCESS, handle)


def test_dialling_what_is_being_dialled_is_refused(ras: Ras, simulator: Simulator) -> None:
    """Routing and Remote Access Error Codes: ERROR_DIAL_ALREADY_IN_PROGRESS.

    That a second dial is refused, and not referenced, is the simulator's choice.
    """
    simulator.add_entry("Office", dial_time=1.0)
    handle = simulator.connect("Office")
    assert simulator.dial("Office")[0] == ERROR_DIAL_ALREADY_IN_PROGRESS
    simulator.advance(1.0)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.connections() == ()


def test_the_handle_of_a_later_connection_is_a_new_one(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice: the quirk "handle-reuse" is the other one."""
    simulator.add_entry("Office")
    first = simulator.connect("Office")
    assert ras.hang_up(first) == SUCCESS
    assert simulator.connect("Office") != first
    assert ras.status(first).code == ERROR_INVALID_HANDLE
