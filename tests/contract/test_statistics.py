"""Statistics of connections and of their links: to get them, and to clear them."""

import pytest

from contract.client import (
    E_INVALIDARG,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_LINK_FAILURE,
    ERROR_NO_CONNECTION,
    RAS_STATS_SIZE,
    SUCCESS,
    Buffer,
    Ras,
    Simulator,
)

SIZES = [0, 1, RAS_STATS_SIZE - 4, RAS_STATS_SIZE - 1, RAS_STATS_SIZE + 1, 0xFFFFFFFF]


def connected(simulator: Simulator, name: str = "Office", bps: int = 0) -> int:
    """An entry of that name, connected: its handle."""
    simulator.add_entry(name, bps=bps)
    return simulator.connect(name)


def bundle(simulator: Simulator, links: int = 2, bps: int = 0) -> int:
    """An entry "ISDN", connected with so many links: the combined handle."""
    handle = connected(simulator, "ISDN", bps)
    for number in range(2, links + 1):
        assert simulator.add_link("ISDN") == number
    return handle


# ---- RasGetConnectionStatistics: the call ----


def test_the_statistics_of_a_dialled_handle_can_be_had(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: "Use RasDial [...] to obtain this handle"."""
    assert ras.statistics(connected(simulator)).code == SUCCESS


def test_the_statistics_of_an_enumerated_handle_can_be_had(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: "Use [...] RasEnumConnections to obtain this handle"."""
    connected(simulator)
    [office] = ras.connections()
    assert ras.statistics(office.handle).code == SUCCESS


def test_the_structure_keeps_its_dwsize(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function.

    "On input, set the dwSize member of this structure to sizeof(RAS_STATS)."
    """
    assert ras.statistics(connected(simulator)).size == RAS_STATS_SIZE


def test_zero_for_the_handle_is_an_invalid_argument(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: E_INVALIDARG if "the hRasConn parameter is zero"."""
    connected(simulator)
    assert ras.statistics(0).code == E_INVALIDARG


def test_null_for_the_structure_is_an_invalid_argument(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: E_INVALIDARG if "the lpStatistics parameter is NULL"."""
    assert ras.RasGetConnectionStatistics(connected(simulator), None) == E_INVALIDARG


@pytest.mark.parametrize("size", SIZES)
def test_an_unknown_dwsize_is_an_invalid_argument(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RasGetConnectionStatistics function.

    E_INVALIDARG if "the value specified by the dwSize member of the RAS_STATS structure specifies a
    version of the structure that is not supported by the operating system in use".
    """
    handle = connected(simulator)
    buffer = Buffer(RAS_STATS_SIZE, size)
    assert ras.RasGetConnectionStatistics(handle, buffer.array) == E_INVALIDARG
    assert buffer.is_untouched()


def test_statistics_of_a_handle_of_no_connection_are_an_invalid_handle(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetConnectionStatistics function; Routing and Remote Access Error Codes.

    Which "value from [...] Winerror.h" it is, is undocumented; it is the one that
    RasClearConnectionStatistics's page has.
    """
    handle = connected(simulator)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.statistics(handle).code == ERROR_INVALID_HANDLE
    assert ras.statistics(0x7FFFFFF0).code == ERROR_INVALID_HANDLE


def test_what_is_not_connected_has_no_statistics(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice: 668 while it dials, and once it has failed."""
    simulator.add_entry("Office", dial_time=1.0)
    handle = simulator.connect("Office")
    assert ras.statistics(handle).code == ERROR_NO_CONNECTION
    simulator.advance(1.0)
    assert ras.statistics(handle).code == SUCCESS
    simulator.drop("Office", error=ERROR_LINK_FAILURE, linger=1.0)
    assert ras.statistics(handle).code == ERROR_NO_CONNECTION
    assert ras.clear_statistics(handle) == ERROR_NO_CONNECTION


# ---- what they say ----


def test_bytes_accumulate(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function; RAS_STATS structure.

    It "retrieves accumulated connection statistics": dwBytesXmited is "The number of bytes
    transmitted through this connection or link", dwBytesRcved that "of bytes received".
    """
    handle = connected(simulator)
    read = []
    for sent, received in ((0, 0), (1500, 40), (1, 100_000)):
        simulator.transfer("Office", sent, received)
        statistics = ras.statistics(handle)
        read.append((statistics.bytes_sent, statistics.bytes_received))
    assert read == [(0, 0), (1500, 40), (1501, 100_040)]


def test_frames_accumulate(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure.

    dwFramesXmited is "The number frames transmitted through this connection or link", dwFramesRcved
    "The number of frames received". How many bytes a frame has is the simulator's choice.
    """
    handle = connected(simulator)
    before = ras.statistics(handle)
    assert (before.frames_sent, before.frames_received) == (0, 0)
    simulator.transfer("Office", sent=100_000)
    sent = ras.statistics(handle)
    assert 0 < sent.frames_sent <= sent.bytes_sent
    assert sent.frames_received == 0
    simulator.transfer("Office", received=1)
    received = ras.statistics(handle)
    assert (received.frames_sent, received.frames_received) == (sent.frames_sent, 1)


def test_bytes_accumulate_with_time(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: it retrieves "accumulated" statistics."""
    handle = connected(simulator)
    simulator.set_traffic("Office", sent=1000, received=250_000)
    read = []
    for seconds in (0.0, 1.5, 60.0):
        simulator.advance(seconds)
        statistics = ras.statistics(handle)
        read.append((statistics.bytes_sent, statistics.bytes_received))
    assert read == [(0, 0), (1500, 375_000), (61_500, 15_375_000)]


def test_asking_for_statistics_does_not_change_them(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: it "retrieves" them, however often."""
    handle = connected(simulator)
    simulator.set_traffic("Office", sent=1, received=3)
    for _ in range(40):
        simulator.advance(0.25)
        ras.statistics(handle)
    statistics = ras.statistics(handle)
    assert (statistics.bytes_sent, statistics.bytes_received) == (10, 30)


def test_statistics_are_those_of_the_connection_asked_for(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: statistics "for the specified connection"."""
    office = connected(simulator, "Office", 1_000_000)
    simulator.advance(1.0)
    home = connected(simulator, "Home", 56_000)
    simulator.transfer("Office", 10, 20)
    simulator.transfer("Home", 1, 2)
    simulator.advance(1.0)
    ours, theirs = ras.statistics(office), ras.statistics(home)
    assert (ours.bytes_sent, ours.bytes_received) == (10, 20)
    assert (ours.bps, ours.duration) == (1_000_000, 2000)
    assert (theirs.bytes_sent, theirs.bytes_received) == (1, 2)
    assert (theirs.bps, theirs.duration) == (56_000, 1000)


def test_a_new_connection_of_an_entry_begins_at_zero(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure: they are of what went "through this connection"."""
    handle = connected(simulator)
    simulator.transfer("Office", 10, 20)
    simulator.advance(5.0)
    assert ras.hang_up(handle) == SUCCESS
    statistics = ras.statistics(simulator.connect("Office"))
    assert (statistics.bytes_sent, statistics.bytes_received, statistics.duration) == (0, 0, 0)


def test_counters_wrap_at_32_bits(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure.

    The counters are DWORD, which ends at 4 GiB; that they begin again there is undocumented.
    """
    handle = connected(simulator)
    simulator.transfer("Office", 0xFFFFFFFF, 0xFFFFFFFE)
    full = ras.statistics(handle)
    assert (full.bytes_sent, full.bytes_received) == (0xFFFFFFFF, 0xFFFFFFFE)
    simulator.transfer("Office", 1, 1)
    wrapped = ras.statistics(handle)
    assert (wrapped.bytes_sent, wrapped.bytes_received) == (0, 0xFFFFFFFF)
    assert wrapped.frames_sent >= full.frames_sent
    simulator.transfer("Office", 5 * 2**32 + 7, 8)
    again = ras.statistics(handle)
    assert (again.bytes_sent, again.bytes_received) == (7, 7)


def test_a_line_without_faults_counts_none(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure.

    dwCrcErr and five more are "The number of [...] errors on this connection or link". That the
    simulator's lines have none, and compress nothing, is its choice.
    """
    handle = bundle(simulator)
    simulator.transfer("ISDN", 10_000, 10_000)
    for statistics in (ras.statistics(handle), ras.statistics(handle, 1)):
        assert set(statistics.errors) == {0}
        assert statistics.ratios == (0, 0)


# ---- speed and duration ----


def test_the_speed_is_negotiated_when_the_connection_is_established(
    ras: Ras, simulator: Simulator
) -> None:
    """RAS_STATS structure.

    dwBps is "The speed of the connection or link, in bits per second": for one of a single link
    "this speed is negotiated at the time the connection or link is established".
    """
    handle = connected(simulator, bps=33_600)
    assert ras.statistics(handle).bps == 33_600
    simulator.transfer("Office", 100_000, 100_000)
    simulator.advance(60.0)
    assert ras.statistics(handle).bps == 33_600


def test_the_speed_of_a_multilink_connection_is_the_sum_of_its_links(
    ras: Ras, simulator: Simulator
) -> None:
    """RAS_STATS structure.

    "For multilink connections, this speed is equal to the sum of the speeds of the individual
    links."
    """
    handle = bundle(simulator, 3, bps=64_000)
    speeds = [ras.statistics(handle, number).bps for number in (1, 2, 3)]
    assert speeds == [64_000, 64_000, 64_000]
    assert ras.statistics(handle).bps == sum(speeds)


def test_the_speed_of_a_multilink_connection_varies_with_its_links(
    ras: Ras, simulator: Simulator
) -> None:
    """RAS_STATS structure.

    "For multilink connections, this speed varies as links are added or deleted."
    """
    handle = bundle(simulator, 1, bps=64_000)
    speeds = [ras.statistics(handle).bps]
    simulator.add_link("ISDN")
    speeds.append(ras.statistics(handle).bps)
    simulator.add_link("ISDN")
    speeds.append(ras.statistics(handle).bps)
    simulator.remove_link("ISDN", 2)
    speeds.append(ras.statistics(handle).bps)
    assert ras.hang_up(ras.link(handle, 3)) == SUCCESS
    simulator.advance(0.0)
    speeds.append(ras.statistics(handle).bps)
    assert speeds == [64_000, 128_000, 192_000, 128_000, 64_000]


def test_a_speed_of_more_than_32_bits_is_the_highest(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice."""
    handle = bundle(simulator, 2, bps=3_000_000_000)
    assert ras.statistics(handle, 1).bps == 3_000_000_000
    assert ras.statistics(handle).bps == 0xFFFFFFFF


def test_the_throughput_is_bytes_by_duration(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure.

    "This speed is not equal to the throughput of the connection or link. To calculate the average
    throughput, divide the number of bytes transmitted (dwBytesXmited) and received (dwBytesRcved)
    by the amount of time the connection or link has been up (dwConnectDuration)."
    """
    handle = connected(simulator, bps=1_000_000)
    simulator.set_traffic("Office", sent=2_000, received=8_000)
    simulator.advance(20.0)
    statistics = ras.statistics(handle)
    total = statistics.bytes_sent + statistics.bytes_received
    assert total / (statistics.duration / 1000) == 10_000.0
    assert statistics.bps == 1_000_000


def test_the_duration_is_in_milliseconds(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure.

    dwConnectDuration is "The amount of time, in milliseconds, that the connection or link has been
    connected."
    """
    handle = connected(simulator)
    durations = []
    for seconds in (0.0, 0.001, 0.999, 3600.0):
        simulator.advance(seconds)
        durations.append(ras.statistics(handle).duration)
    assert durations == [0, 1, 1000, 3_601_000]


def test_the_time_of_dialling_is_no_duration(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure: the time that it "has been connected"."""
    simulator.add_entry("Office", dial_time=30.0)
    handle = simulator.connect("Office")
    simulator.advance(32.0)
    assert ras.statistics(handle).duration == 2000
    assert ras.statistics(handle, 1).duration == 2000


def test_the_duration_of_a_link_is_its_own(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure: the time that "the connection or link has been connected"."""
    handle = bundle(simulator, 1)
    simulator.advance(10.0)
    simulator.add_link("ISDN")
    simulator.advance(5.0)
    durations = [ras.statistics(handle, link).duration for link in (None, 1, 2)]
    assert durations == [15_000, 15_000, 5_000]


def test_a_link_that_comes_again_begins_at_zero(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure: what went through "this [...] link", and how long it is connected."""
    handle = bundle(simulator, 2)
    simulator.transfer("ISDN", 10, 20, link=2)
    simulator.advance(5.0)
    simulator.remove_link("ISDN", 2)
    simulator.advance(5.0)
    assert simulator.add_link("ISDN") == 2
    simulator.advance(1.0)
    link = ras.statistics(handle, 2)
    assert (link.bytes_sent, link.bytes_received, link.duration) == (0, 0, 1000)


# ---- RasGetLinkStatistics ----


def test_the_statistics_of_a_link_are_its_own(ras: Ras, simulator: Simulator) -> None:
    """RasGetLinkStatistics function.

    It "retrieves accumulated statistics for the specified link in a RAS multilink connection":
    dwSubEntry is "the subentry that corresponds to the link".
    """
    handle = bundle(simulator, 3)
    for number in (1, 2, 3):
        simulator.transfer("ISDN", number, 10 * number, link=number)
    statistics = [ras.statistics(handle, number) for number in (1, 2, 3)]
    assert [link.bytes_sent for link in statistics] == [1, 2, 3]
    assert [link.bytes_received for link in statistics] == [10, 20, 30]
    assert {(link.code, link.size) for link in statistics} == {(SUCCESS, RAS_STATS_SIZE)}


def test_the_statistics_of_an_enumerated_handles_links_can_be_had(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetLinkStatistics function: "Use [...] RasEnumConnections to obtain this handle"."""
    bundle(simulator)
    [isdn] = ras.connections()
    assert ras.statistics(isdn.handle, 2).code == SUCCESS


def test_a_connection_has_the_sum_of_its_links(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure: what went "through this connection", which is through its links."""
    handle = bundle(simulator, 3)
    for number in (1, 2, 3):
        simulator.transfer("ISDN", 1500 * number, number, link=number)
    links = [ras.statistics(handle, number) for number in (1, 2, 3)]
    whole = ras.statistics(handle)
    assert whole.bytes_sent == sum(link.bytes_sent for link in links) == 9000
    assert whole.bytes_received == sum(link.bytes_received for link in links) == 6
    assert whole.frames_sent == sum(link.frames_sent for link in links)
    assert whole.frames_received == sum(link.frames_received for link in links) == 3


def test_a_link_that_goes_takes_nothing_from_its_connection(ras: Ras, simulator: Simulator) -> None:
    """RasGetConnectionStatistics function: its statistics are "accumulated"."""
    handle = bundle(simulator)
    simulator.set_traffic("ISDN", 100, 200, link=2)
    simulator.advance(10.0)
    simulator.remove_link("ISDN", 2)
    simulator.advance(10.0)
    statistics = ras.statistics(handle)
    assert (statistics.bytes_sent, statistics.bytes_received) == (1000, 2000)


def test_a_single_link_is_its_connection(ras: Ras, simulator: Simulator) -> None:
    """RAS_STATS structure: it is for "a single-link RAS connection, or for one of the links"."""
    handle = connected(simulator, bps=64_000)
    simulator.transfer("Office", 10, 20)
    simulator.advance(3.0)
    assert ras.statistics(handle, 1) == ras.statistics(handle)


def test_statistics_of_a_sub_entrys_handle_are_those_of_the_link(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetSubEntryHandle function.

    It "refers only to the subentry connection. Use the subentry connection handle in any function
    that accepts an hRasConn parameter".
    """
    handle = bundle(simulator, bps=64_000)
    simulator.transfer("ISDN", 10, 20, link=1)
    simulator.transfer("ISDN", 1, 2, link=2)
    assert ras.statistics(ras.link(handle, 2)) == ras.statistics(handle, 2)
    assert ras.clear_statistics(ras.link(handle, 2)) == SUCCESS
    assert ras.statistics(handle, 2).bytes_sent == 0
    assert ras.statistics(handle, 1).bytes_sent == 10


def test_the_handle_of_a_link_that_is_gone_has_no_statistics(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; the simulator's choice."""
    handle = bundle(simulator)
    link = ras.link(handle, 2)
    simulator.remove_link("ISDN", 2)
    assert ras.statistics(link).code == ERROR_NO_CONNECTION
    assert ras.clear_statistics(link) == ERROR_NO_CONNECTION


def test_zero_for_a_links_connection_is_an_invalid_argument(ras: Ras, simulator: Simulator) -> None:
    """RasGetLinkStatistics function: E_INVALID_ARG if "the hRasConn parameter is zero"."""
    bundle(simulator)
    assert ras.statistics(0, 1).code == E_INVALIDARG


def test_sub_entry_zero_is_an_invalid_argument(ras: Ras, simulator: Simulator) -> None:
    """RasGetLinkStatistics function: E_INVALID_ARG if "the dwSubEntry parameter is zero"."""
    assert ras.statistics(bundle(simulator), 0).code == E_INVALIDARG


def test_null_for_a_links_structure_is_an_invalid_argument(ras: Ras, simulator: Simulator) -> None:
    """RasGetLinkStatistics function: E_INVALID_ARG if "the lpStatistics parameter is NULL"."""
    assert ras.RasGetLinkStatistics(bundle(simulator), 1, None) == E_INVALIDARG


@pytest.mark.parametrize("size", SIZES)
def test_an_unknown_dwsize_for_a_link_is_an_invalid_argument(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RasGetLinkStatistics function.

    E_INVALID_ARG if "the value specified by the dwSize member of the RAS_STATS structure specifies
    a version of the structure that is not supported by the operating system in use".
    """
    handle = bundle(simulator)
    buffer = Buffer(RAS_STATS_SIZE, size)
    assert ras.RasGetLinkStatistics(handle, 1, buffer.array) == E_INVALIDARG
    assert buffer.is_untouched()


def test_a_sub_entry_that_is_not_connected_has_no_statistics(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; the simulator answers what RasClearLinkStatistics's page has for that."""
    handle = bundle(simulator, 3)
    simulator.remove_link("ISDN", 2)
    codes = [ras.statistics(handle, number).code for number in (1, 2, 3, 4)]
    assert codes == [SUCCESS, ERROR_NO_CONNECTION, SUCCESS, ERROR_NO_CONNECTION]


# ---- RasClearConnectionStatistics ----


def test_statistics_are_cleared(ras: Ras, simulator: Simulator) -> None:
    """RasClearConnectionStatistics function.

    It "clears any accumulated statistics for the specified RAS connection".
    """
    handle = bundle(simulator)
    for number in (1, 2):
        simulator.transfer("ISDN", 10_000, 20_000, link=number)
    assert ras.clear_statistics(handle) == SUCCESS
    for statistics in (ras.statistics(handle, link) for link in (None, 1, 2)):
        assert (statistics.bytes_sent, statistics.bytes_received) == (0, 0)
        assert (statistics.frames_sent, statistics.frames_received) == (0, 0)


def test_counting_goes_on_after_the_clearing(ras: Ras, simulator: Simulator) -> None:
    """RasClearConnectionStatistics function: it clears those that are "accumulated"."""
    handle = connected(simulator)
    simulator.set_traffic("Office", sent=100, received=1000)
    simulator.advance(10.0)
    assert ras.clear_statistics(handle) == SUCCESS
    simulator.advance(2.0)
    statistics = ras.statistics(handle)
    assert (statistics.bytes_sent, statistics.bytes_received) == (200, 2000)


def test_the_statistics_of_an_enumerated_handle_are_cleared(ras: Ras, simulator: Simulator) -> None:
    """RasClearConnectionStatistics function: "Use RasDial or RasEnumConnections"."""
    connected(simulator)
    simulator.transfer("Office", 1, 1)
    [office] = ras.connections()
    assert ras.clear_statistics(office.handle) == SUCCESS
    assert ras.statistics(office.handle).bytes_sent == 0


def test_other_connections_are_not_cleared(ras: Ras, simulator: Simulator) -> None:
    """RasClearConnectionStatistics function: those "for the specified RAS connection"."""
    office, home = connected(simulator, "Office"), connected(simulator, "Home")
    simulator.transfer("Home", 1, 2)
    assert ras.clear_statistics(office) == SUCCESS
    statistics = ras.statistics(home)
    assert (statistics.bytes_sent, statistics.bytes_received) == (1, 2)


def test_the_clearing_leaves_speed_and_duration(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice: neither is accumulated from what went over the line."""
    handle = connected(simulator, bps=64_000)
    simulator.advance(5.0)
    assert ras.clear_statistics(handle) == SUCCESS
    statistics = ras.statistics(handle)
    assert (statistics.bps, statistics.duration) == (64_000, 5000)


@pytest.mark.parametrize("handle", [0, 4, 0x7FFFFFF0])
def test_to_clear_no_connection_is_an_invalid_handle(
    ras: Ras, simulator: Simulator, handle: int
) -> None:
    """RasClearConnectionStatistics function.

    ERROR_INVALID_HANDLE: "The hRasConn parameter does not specify a valid connection."
    """
    connected(simulator)
    assert ras.clear_statistics(handle) == ERROR_INVALID_HANDLE


# ---- RasClearLinkStatistics ----


def test_the_statistics_of_one_link_are_cleared(ras: Ras, simulator: Simulator) -> None:
    """RasClearLinkStatistics function.

    It "clears any accumulated statistics for the specified link in a RAS multilink connection".
    """
    handle = bundle(simulator, 3)
    for number in (1, 2, 3):
        simulator.transfer("ISDN", 10, 20, link=number)
    assert ras.clear_statistics(handle, 2) == SUCCESS
    links = [ras.statistics(handle, number) for number in (1, 2, 3)]
    assert [link.bytes_sent for link in links] == [10, 0, 10]
    assert [link.bytes_received for link in links] == [20, 0, 20]


def test_a_cleared_link_goes_on_counting(ras: Ras, simulator: Simulator) -> None:
    """RasClearLinkStatistics function: it clears those that are "accumulated"."""
    handle = bundle(simulator)
    simulator.set_traffic("ISDN", 100, 200, link=2)
    simulator.advance(1.0)
    assert ras.clear_statistics(handle, 2) == SUCCESS
    simulator.advance(1.0)
    link = ras.statistics(handle, 2)
    assert (link.bytes_sent, link.bytes_received, link.duration) == (100, 200, 2000)


@pytest.mark.parametrize("handle", [0, 4, 0x7FFFFFF0])
def test_to_clear_a_link_of_no_connection_is_an_invalid_handle(
    ras: Ras, simulator: Simulator, handle: int
) -> None:
    """RasClearLinkStatistics function.

    ERROR_INVALID_HANDLE: "The hRasConn parameter does not specify a valid connection."
    """
    bundle(simulator)
    assert ras.clear_statistics(handle, 1) == ERROR_INVALID_HANDLE


def test_to_clear_sub_entry_zero_is_an_invalid_parameter(ras: Ras, simulator: Simulator) -> None:
    """RasClearLinkStatistics function.

    ERROR_INVALID_PARAMETER: "The dwSubEntry parameter is zero."
    """
    assert ras.clear_statistics(bundle(simulator), 0) == ERROR_INVALID_PARAMETER


def test_to_clear_a_sub_entry_that_is_not_connected_is_no_connection(
    ras: Ras, simulator: Simulator
) -> None:
    """RasClearLinkStatistics function.

    ERROR_NO_CONNECTION: "RAS could not find a connected port that corresponds to the value in the
    dwSubEntry parameter."
    """
    handle = bundle(simulator, 3)
    simulator.remove_link("ISDN", 2)
    codes = [ras.clear_statistics(handle, number) for number in (1, 2, 3, 4, 0xFFFFFFFF)]
    nothing = ERROR_NO_CONNECTION
    assert codes == [SUCCESS, nothing, SUCCESS, nothing, nothing]
