"""RasGetConnectStatus."""

import math

import pytest

from contract.client import (
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    ERROR_LINK_FAILURE,
    RASCONNSTATUSW_SIZE,
    RASCONNSTATUSW_SIZES,
    RASTUNNELENDPOINT_UNKNOWN,
    SUCCESS,
    Buffer,
    Endpoint,
    Ras,
    RASCS_ApplySettings,
    RASCS_Connected,
    RASCS_Disconnected,
    RASCS_OpenPort,
    RASCSS_None,
    RASTUNNELENDPOINT_IPv4,
    RASTUNNELENDPOINT_IPv6,
    Simulator,
)

UNKNOWN = Endpoint(RASTUNNELENDPOINT_UNKNOWN, bytes(16))
IPV4 = Endpoint(RASTUNNELENDPOINT_IPv4, bytes([192, 0, 2, 7]) + bytes(12))
IPV6 = Endpoint(RASTUNNELENDPOINT_IPv6, bytes.fromhex("20010db8000000000000000000000001"))


# ---- the call ----


def test_the_status_of_a_dialled_handle_can_be_had(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectStatus function: the handle is one "obtained from RasDial"."""
    simulator.add_entry("Office", dial_time=1.0)
    assert ras.status(simulator.connect("Office")).code == SUCCESS


def test_the_status_of_an_enumerated_handle_can_be_had(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectStatus function: the handle is one obtained from "RasEnumConnections"."""
    simulator.add_entry("Office")
    simulator.connect("Office")
    [office] = ras.connections()
    assert ras.status(office.handle).code == SUCCESS


@pytest.mark.parametrize("handle", [0, 4, 0x7FFFFFF0])
def test_a_handle_of_no_connection_is_invalid(ras: Ras, simulator: Simulator, handle: int) -> None:
    """RasGetConnectStatus function; Disconnecting.

    ERROR_INVALID_HANDLE is the answer that indicates "that the connection has been deleted".
    """
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


@pytest.mark.parametrize("size", RASCONNSTATUSW_SIZES.values(), ids=map(hex, RASCONNSTATUSW_SIZES))
def test_an_older_structure_is_filled_as_far_as_it_goes(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RasGetConnectStatus function.

    dwSize is set "in order to identify the version of the structure being passed".
    """
    simulator.add_entry("Office", device_name="Modem 1", phone_number="0100", local=IPV4)
    status = ras.status(simulator.connect("Office"), size)
    assert (status.code, status.size, status.state) == (SUCCESS, size, RASCS_Connected)
    assert status.device_name == "Modem 1"
    assert status.phone_number == ("0100" if size >= RASCONNSTATUSW_SIZES[0x0401] else "")
    assert status.local == (IPV4 if size >= RASCONNSTATUSW_SIZES[0x0601] else UNKNOWN)


@pytest.mark.parametrize(
    "size", [0, 1, 303, 305, RASCONNSTATUSW_SIZE - 1, RASCONNSTATUSW_SIZE + 1, 0xFFFFFFFF]
)
def test_an_unknown_dwsize_is_an_invalid_size(ras: Ras, simulator: Simulator, size: int) -> None:
    """RasGetConnectStatus function; Routing and Remote Access Error Codes, ERROR_INVALID_SIZE.

    dwSize must be "sizeof(RASCONNSTATUS)"; 632 is the error of a structure of the wrong size.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    buffer = Buffer(RASCONNSTATUSW_SIZE, size)
    assert ras.RasGetConnectStatusW(handle, buffer.array) == ERROR_INVALID_SIZE
    assert buffer.is_untouched()


def test_null_for_the_structure_is_an_invalid_parameter(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice."""
    simulator.add_entry("Office")
    assert ras.RasGetConnectStatusW(simulator.connect("Office"), None) == ERROR_INVALID_PARAMETER


def test_the_size_is_looked_at_before_the_handle(ras: Ras) -> None:
    """Undocumented; the simulator's choice."""
    assert ras.status(0, 1).code == ERROR_INVALID_SIZE


# ---- what it says ----


def test_the_status_is_that_of_the_connection_asked_for(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectStatus function.

    It retrieves "information on the current status of the specified remote access connection".
    """
    simulator.add_entry("Office", device_name="WAN Miniport (SSTP)", phone_number="a.example")
    simulator.add_entry("Home", device_name="Modem", device_type="modem", phone_number="0100")
    office, home = ras.status(simulator.connect("Office")), ras.status(simulator.connect("Home"))
    assert (office.device_type, office.device_name) == ("VPN", "WAN Miniport (SSTP)")
    assert (home.device_type, home.device_name) == ("modem", "Modem")
    assert (office.phone_number, home.phone_number) == ("a.example", "0100")


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        ("vpn", "VPN"),
        ("VPN", "VPN"),
        ("Vpn", "VPN"),
        ("PPPoE", "PPPoE"),
        ("vpn2", "vpn2"),
        ("", ""),
    ],
)
def test_a_connection_through_a_vpn_device_reports_it_in_capitals(
    ras: Ras, simulator: Simulator, given: str, reported: str
) -> None:
    """What shipping clients meet on Windows: the Brave browser compares szDeviceType with "VPN".

    ras.h defines RASDT_Vpn as "vpn", and so do phone books.
    """
    simulator.add_entry("Office", device_type=given)
    handle = simulator.connect("Office")
    assert ras.status(handle).device_type == reported
    [listed] = ras.connections()
    assert listed.device_type == reported


@pytest.mark.parametrize("error", [0x800B0101, 0x80420112, 0xFFFFFFFF])
def test_the_error_may_be_any_number_of_32_bits(ras: Ras, simulator: Simulator, error: int) -> None:
    """RASCONNSTATUS structure: dwError is a DWORD; "If nonzero, indicates the reason for failure".

    That it need not be RAS's own: DotRas issues 13 and 14 have 0x80420112.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    simulator.drop("Office", error=error, linger=0.5)
    assert ras.status(handle).error == error


def test_a_connection_that_is_established_is_connected(ras: Ras, simulator: Simulator) -> None:
    """RASCONNSTATUS structure.

    RASCS_Connected "Indicates that the connection has been successfully established". dwError "If
    nonzero, indicates the reason for failure": here there is none.
    """
    simulator.add_entry("Office")
    status = ras.status(simulator.connect("Office"))
    assert (status.state, status.error) == (RASCS_Connected, SUCCESS)


def test_the_return_value_is_not_the_connections_error(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectStatus function.

    "The return value of RasGetConnectStatus indicates errors that occur during the
    RasGetConnectStatus function call, whereas the dwError member indicates errors that prevented
    the connection from being established."
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    simulator.drop("Office", error=ERROR_LINK_FAILURE, linger=0.5)
    status = ras.status(handle)
    assert (status.code, status.error) == (SUCCESS, ERROR_LINK_FAILURE)


def test_a_connection_that_failed_is_disconnected_and_then_gone(
    ras: Ras, simulator: Simulator
) -> None:
    """RASCONNSTATUS structure; Disconnecting.

    RASCS_Disconnected "Indicates that the connection has failed"; ERROR_INVALID_HANDLE that it "has
    been deleted". For how long the handle outlives the failure is undocumented.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    simulator.drop("Office", error=ERROR_LINK_FAILURE, linger=0.5)
    assert ras.status(handle).state == RASCS_Disconnected
    simulator.advance(0.499)
    assert ras.status(handle).state == RASCS_Disconnected
    simulator.advance(0.001)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_a_connection_that_fails_without_lingering_is_gone_at_once(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; what clients tell of dropped connections: only ERROR_INVALID_HANDLE is left."""
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    simulator.drop("Office", error=ERROR_LINK_FAILURE)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_a_dialling_that_failed_shows_its_error_until_rashangup(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function.

    "Errors that occur after the immediate return can be detected by RasGetConnectStatus. Data is
    available until the application calls RasHangUp".
    """
    simulator.add_entry("Office", dial_time=2.0, hang_up_time=1.0)
    handle = simulator.connect("Office")
    simulator.drop("Office", error=691, linger=math.inf)
    simulator.advance(3600.0)
    status = ras.status(handle)
    assert (status.code, status.state, status.error) == (SUCCESS, RASCS_Disconnected, 691)
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(1.0)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_the_failure_of_one_connection_is_not_that_of_another(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetConnectStatus function: it is about "the specified remote access connection"."""
    simulator.add_entry("Office")
    simulator.add_entry("Home")
    simulator.connect("Office")
    home = simulator.connect("Home")
    simulator.drop("Office", error=ERROR_LINK_FAILURE, linger=0.5)
    assert (ras.status(home).state, ras.status(home).error) == (RASCS_Connected, SUCCESS)


# ---- dialling ----


def test_the_states_of_dialling_come_in_order_and_connected_last(
    ras: Ras, simulator: Simulator
) -> None:
    """RASCONNSTATUS structure; RasDial function.

    rasconnstate is "the piece of the RasDial process that is currently executing": from
    RASCS_OpenPort on. Which states occur, and when, is the simulator's choice: clients "should not
    depend on the order or occurrence of particular RASCONNSTATE connection states".
    """
    simulator.add_entry("Office", dial_time=3.0)
    handle = simulator.connect("Office")
    states = [ras.status(handle).state]
    for _ in range(299):
        simulator.advance(0.01)
        states.append(ras.status(handle).state)
    assert states[0] == RASCS_OpenPort
    assert states == sorted(states)
    assert len(set(states)) > 3
    assert max(states) <= RASCS_ApplySettings
    simulator.advance(0.01)
    assert ras.status(handle).state == RASCS_Connected


def test_rasgetconnectstatus_tells_when_an_asynchronous_dial_is_complete(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetConnectStatus function.

    "An application can use this call to determine when an asynchronous RasDial call is complete."
    """
    simulator.add_entry("Office", dial_time=3.0)
    handle = simulator.connect("Office")
    tries = 0
    while ras.status(handle).state != RASCS_Connected:
        simulator.advance(0.5)
        tries += 1
    assert tries == 6


def test_a_dialling_that_is_never_over_stays_in_its_first_state(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; the simulator's choice for a dial time without end."""
    simulator.add_entry("Office", dial_time=math.inf)
    handle = simulator.connect("Office")
    simulator.advance(1e6)
    assert ras.status(handle).state == RASCS_OpenPort


# ---- endpoints ----


def test_an_endpoint_may_be_unknown_on_a_connected_tunnel(ras: Ras, simulator: Simulator) -> None:
    """RASTUNNELENDPOINT structure: RASTUNNELENDPOINT_UNKNOWN is 0."""
    simulator.add_entry("Office")
    status = ras.status(simulator.connect("Office"))
    assert (status.state, status.local, status.remote) == (RASCS_Connected, UNKNOWN, UNKNOWN)


def test_endpoints_have_the_address_of_their_type(ras: Ras, simulator: Simulator) -> None:
    """RASTUNNELENDPOINT structure.

    RASTUNNELENDPOINT_IPv4 has an ipv4 address, RASTUNNELENDPOINT_IPv6 an ipv6 one.
    """
    simulator.add_entry("Office", local=IPV4, remote=IPV6)
    status = ras.status(simulator.connect("Office"))
    assert (status.local, status.remote) == (IPV4, IPV6)


def test_a_tunnel_that_does_not_move_has_no_substate(ras: Ras, simulator: Simulator) -> None:
    """RASCONNSUBSTATE enumeration: RASCSS_None is the state of no mobility."""
    simulator.add_entry("Office")
    assert ras.status(simulator.connect("Office")).substate == RASCSS_None
