"""RasConnectionNotification.

The clock moves only when a test says so, and what is then signaled is so when the call returns: no
test waits.
"""

from collections.abc import Iterator

import pytest

from contract.client import (
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_LINK_FAILURE,
    ERROR_NOT_ENOUGH_MEMORY,
    INVALID_HANDLE_VALUE,
    SUCCESS,
    Event,
    Ras,
    RASCN_BandwidthAdded,
    RASCN_BandwidthRemoved,
    RASCN_Connection,
    RASCN_Disconnection,
    RASCN_Dormant,
    RASCN_EPDGPacketArrival,
    RASCN_ReConnection,
    RASCS_Connected,
    RASCS_Disconnected,
    Simulator,
)

CREATED_OR_TERMINATED = RASCN_Connection | RASCN_Disconnection
BANDWIDTH = RASCN_BandwidthAdded | RASCN_BandwidthRemoved
UNDOCUMENTED = RASCN_Dormant | RASCN_ReConnection | RASCN_EPDGPacketArrival
# How long the quirk notify-late hides a change, and notify-coalesced holds a signal back.
LATE, COALESCED = 0.25, 0.1


@pytest.fixture
def event(simulator: Simulator) -> Iterator[Event]:
    """An auto-reset event."""
    created = Event(simulator.path)
    yield created
    created.close()


@pytest.fixture
def other_event(simulator: Simulator) -> Iterator[Event]:
    """Another one."""
    created = Event(simulator.path)
    yield created
    created.close()


@pytest.fixture
def manual_reset(simulator: Simulator) -> Iterator[Event]:
    """A manual-reset event."""
    created = Event(simulator.path, manual_reset=True)
    yield created
    created.close()


def register(ras: Ras, event: Event, flags: int, handle: int = INVALID_HANDLE_VALUE) -> None:
    """A registration that must succeed; without a handle, for all connections."""
    assert ras.notify(handle, event, flags) == SUCCESS


def bundle(simulator: Simulator, links: int = 2, hang_up_time: float = 0.0) -> int:
    """An entry "ISDN" of two sub-entries, connected with so many: the combined handle."""
    simulator.add_entry("ISDN", device_type="isdn", hang_up_time=hang_up_time, sub_entries=2)
    handle = simulator.connect("ISDN")
    for _ in range(1, links):
        simulator.add_link("ISDN")
    return handle


def handles(ras: Ras) -> set[int]:
    """What RasEnumConnections lists."""
    return {connection.handle for connection in ras.connections()}


# ---- the call ----


def test_a_registration_alone_signals_nothing(ras: Ras, simulator: Simulator, event: Event) -> None:
    """RasConnectionNotification function.

    hEvent is signaled "when a RAS connection is created or terminated", not because there is one.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    register(ras, event, CREATED_OR_TERMINATED)
    register(ras, event, CREATED_OR_TERMINATED, handle)
    simulator.advance(60.0)
    assert not event.is_set()


@pytest.mark.parametrize("flags", range(1, 16))
@pytest.mark.parametrize("of_one", [False, True], ids=["all", "one"])
def test_any_combination_of_the_flags_is_accepted(
    ras: Ras, simulator: Simulator, event: Event, flags: int, *, of_one: bool
) -> None:
    """RasConnectionNotification function.

    dwFlags: "This parameter is a combination of the following values." RASCN_Connection with a
    handle and bandwidth without one are not excluded from it.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert ras.notify(handle if of_one else INVALID_HANDLE_VALUE, event, flags) == SUCCESS


def test_the_flags_without_documentation_are_accepted_and_signal_nothing(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented beyond their names in ras.h; the simulator's choice."""
    for flags in (RASCN_Dormant, RASCN_ReConnection, RASCN_EPDGPacketArrival, UNDOCUMENTED):
        register(ras, event, flags)
    handle = bundle(simulator)
    register(ras, event, UNDOCUMENTED, handle)
    simulator.remove_link("ISDN")
    simulator.add_link("ISDN")
    simulator.drop("ISDN")
    assert not event.is_set()


@pytest.mark.parametrize("flags", [0, 0x80, 0x80000000, 0xFFFFFFFF, 0x80 | RASCN_Connection])
def test_no_flags_and_unknown_flags_are_an_invalid_parameter(
    ras: Ras, simulator: Simulator, event: Event, flags: int
) -> None:
    """RasConnectionNotification function.

    "If the function fails, the return value is a non-zero error code". That it is
    ERROR_INVALID_PARAMETER is undocumented; the simulator's choice.
    """
    assert ras.notify(INVALID_HANDLE_VALUE, event, flags) == ERROR_INVALID_PARAMETER
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert not event.is_set()


def test_null_for_the_event_is_an_invalid_parameter(ras: Ras, simulator: Simulator) -> None:
    """RasConnectionNotification function.

    hEvent "Specifies the handle of an event object": NULL is none. Which code says so is
    undocumented; the simulator's choice.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    for receiver in (INVALID_HANDLE_VALUE, handle):
        assert ras.notify(receiver, None, RASCN_Disconnection) == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("handle", [0, 4, 0x7FFFFFF0])
def test_a_handle_of_no_connection_is_an_invalid_handle(
    ras: Ras, simulator: Simulator, event: Event, handle: int
) -> None:
    """RasConnectionNotification function.

    hrasconn is "A handle to the RAS connection that receives the notifications"; all of them are
    INVALID_HANDLE_VALUE, and not NULL.
    """
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert ras.notify(handle, event, RASCN_Disconnection) == ERROR_INVALID_HANDLE
    simulator.drop("Office")
    assert not event.is_set()


def test_a_dead_handle_is_an_invalid_handle(ras: Ras, simulator: Simulator, event: Event) -> None:
    """RasHangUp function.

    "After this call, the hrasconn handle can no longer be used."
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    assert ras.notify(handle, event, RASCN_Disconnection) == ERROR_INVALID_HANDLE


def test_a_client_has_a_limited_number_of_registrations(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """Undocumented: the simulator's choice, so that no client makes it grow without end.

    One that ends leaves its room to another.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    register(ras, event, RASCN_Disconnection, handle)
    for _ in range(4095):
        register(ras, event, RASCN_Connection)
    code = ras.notify(INVALID_HANDLE_VALUE, other_event, RASCN_Connection)
    assert code == ERROR_NOT_ENOUGH_MEMORY
    simulator.drop("Office")
    assert event.is_set()
    register(ras, event, RASCN_Disconnection)
    simulator.connect("Office")
    assert event.is_set()
    assert not other_event.is_set()


# ---- RASCN_Connection ----


def test_connection_is_signalled_when_any_connection_is_created(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    RASCN_Connection: "If hrasconn is INVALID_HANDLE_VALUE, hEvent is signaled when any RAS
    connection is created."
    """
    register(ras, event, RASCN_Connection)
    for name in ("Office", "Home", "Lab"):
        simulator.add_entry(name)
        assert not event.is_set()
        simulator.connect(name)
        assert event.is_set()


def test_a_signalled_connection_can_be_enumerated(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    "When the event is signaled, use other RAS functions, such as RasEnumConnections, to get more
    information about the RAS connection that was created or terminated."
    """
    register(ras, event, RASCN_Connection)
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert event.is_set()
    assert handles(ras) == {handle}
    assert ras.status(handle).state == RASCS_Connected


def test_a_dialling_is_signalled_when_it_has_connected_and_not_before(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function; RasEnumConnections function.

    RASCN_Connection is for one that "is created", and RAS "cannot enumerate a connection as Active
    until RAS has successfully connected".
    """
    register(ras, event, RASCN_Connection)
    simulator.add_entry("Office", dial_time=2.0)
    handle = simulator.connect("Office")
    assert not event.is_set()
    simulator.advance(1.999)
    assert not event.is_set()
    simulator.advance(0.001)
    assert event.is_set()
    assert handles(ras) == {handle}


def test_a_dialling_that_fails_is_not_signalled_as_a_connection(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function: RASCN_Connection is for one that "is created"."""
    register(ras, event, RASCN_Connection)
    simulator.add_entry("Office", dial_time=2.0)
    simulator.connect("Office")
    simulator.advance(1.0)
    simulator.drop("Office", error=691, linger=0.5)
    simulator.advance(60.0)
    assert not event.is_set()


def test_one_move_of_the_clock_signals_what_comes_up_during_it(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """The simulator's own: a signal is there when the call that moves the clock returns."""
    register(ras, event, RASCN_Connection)
    register(ras, other_event, RASCN_Disconnection)
    simulator.add_entry("Office", dial_time=2.0)
    simulator.add_entry("Home", hang_up_time=3.0, dial_time=1.0)
    simulator.connect("Office")
    assert ras.hang_up(simulator.connect("Home")) == SUCCESS
    simulator.advance(10.0)
    assert event.is_set()
    assert other_event.is_set()


def test_a_dial_that_references_a_connection_creates_none(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasDial function.

    "If the entry being dialed is already connected, RasDial returns SUCCESS and the connection is
    referenced".
    """
    simulator.add_entry("Office")
    simulator.connect("Office")
    register(ras, event, RASCN_Connection)
    simulator.connect("Office")
    assert not event.is_set()


def test_connection_is_not_signalled_by_an_end(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    dwFlags "Specifies the RAS event that causes the system to signal the event object".
    """
    bundle(simulator)
    register(ras, event, RASCN_Connection)
    simulator.remove_link("ISDN")
    simulator.add_link("ISDN")
    simulator.drop("ISDN", linger=1.0)
    simulator.advance(1.0)
    assert not event.is_set()


def test_connection_means_nothing_for_one_handle(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    RASCN_Connection is documented "If hrasconn is INVALID_HANDLE_VALUE" only. That with a handle
    nothing signals it, the handle's own connecting included, is the simulator's choice.
    """
    simulator.add_entry("Office", dial_time=1.0)
    simulator.add_entry("Home")
    register(ras, event, RASCN_Connection, simulator.connect("Office"))
    simulator.connect("Home")
    simulator.advance(1.0)
    assert not event.is_set()


# ---- RASCN_Disconnection ----


@pytest.mark.parametrize("enumerated", [False, True], ids=["dialled", "enumerated"])
@pytest.mark.parametrize("by_client", [False, True], ids=["dropped", "hung up"])
def test_disconnection_is_signalled_when_the_connection_is_terminated(
    ras: Ras, simulator: Simulator, event: Event, *, enumerated: bool, by_client: bool
) -> None:
    """RasConnectionNotification function.

    RASCN_Disconnection: "hEvent is signaled when the hrasconn connection is terminated." The handle
    "can be a handle returned by the RasDial or RasEnumConnections function."
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    register(ras, event, RASCN_Disconnection, ras.connections()[0].handle if enumerated else handle)
    assert not event.is_set()
    if by_client:
        assert ras.hang_up(handle) == SUCCESS
    else:
        simulator.drop("Office", error=ERROR_LINK_FAILURE)
    assert event.is_set()
    assert ras.connections() == ()


@pytest.mark.parametrize("by_client", [False, True], ids=["dropped", "hung up"])
def test_disconnection_is_signalled_when_any_connection_is_terminated(
    ras: Ras, simulator: Simulator, event: Event, *, by_client: bool
) -> None:
    """RasConnectionNotification function.

    RASCN_Disconnection: "If hrasconn is INVALID_HANDLE_VALUE, the event is signaled when any RAS
    connection is terminated."
    """
    names = ("Office", "Home", "Lab")
    for name in names:
        simulator.add_entry(name)
    connected = {name: simulator.connect(name) for name in names}
    register(ras, event, RASCN_Disconnection)
    for name, handle in connected.items():
        assert not event.is_set()
        if by_client:
            assert ras.hang_up(handle) == SUCCESS
        else:
            simulator.drop(name)
        assert event.is_set()


def test_all_connections_are_those_created_after_the_registration_too(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    With INVALID_HANDLE_VALUE "notifications are received for all RAS connections on the local
    client."
    """
    register(ras, event, RASCN_Disconnection)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert not event.is_set()
    simulator.drop("Office")
    assert event.is_set()


def test_the_end_of_another_connection_does_not_signal_that_of_one(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    RASCN_Disconnection is for "the hrasconn connection".
    """
    for name in ("Office", "Home", "Lab"):
        simulator.add_entry(name)
    register(ras, event, RASCN_Disconnection, simulator.connect("Office"))
    home = simulator.connect("Home")
    simulator.connect("Lab")
    assert ras.hang_up(home) == SUCCESS
    simulator.drop("Lab")
    assert not event.is_set()
    simulator.drop("Office")
    assert event.is_set()


def test_disconnection_is_not_signalled_by_a_new_connection(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    dwFlags "Specifies the RAS event that causes the system to signal the event object".
    """
    register(ras, event, RASCN_Disconnection)
    simulator.add_entry("Office", dial_time=1.0)
    simulator.connect("Office")
    simulator.advance(1.0)
    assert not event.is_set()


def test_a_hang_up_that_leaves_a_reference_terminates_nothing(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """RasDial function.

    "each RasDial ... should be matched by a RasHangUp": the connection ends with the last one.
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    simulator.connect("Office")
    register(ras, event, RASCN_Disconnection)
    register(ras, other_event, RASCN_Disconnection, handle)
    assert ras.hang_up(handle) == SUCCESS
    assert (event.is_set(), other_event.is_set()) == (False, False)
    assert ras.hang_up(handle) == SUCCESS
    assert (event.is_set(), other_event.is_set()) == (True, True)


def test_the_end_is_signalled_when_it_begins_and_again_when_the_handle_is_dead(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """Undocumented: which of the two is "terminated"; the simulator's choice is both."""
    simulator.add_entry("Office", hang_up_time=0.8)
    handle = simulator.connect("Office")
    register(ras, event, RASCN_Disconnection)
    register(ras, other_event, RASCN_Disconnection, handle)
    assert ras.hang_up(handle) == SUCCESS
    assert (event.is_set(), other_event.is_set()) == (True, True)
    assert ras.status(handle).state == RASCS_Disconnected
    simulator.advance(0.799)
    assert (event.is_set(), other_event.is_set()) == (False, False)
    simulator.advance(0.001)
    assert (event.is_set(), other_event.is_set()) == (True, True)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_a_drop_is_signalled_when_it_happens_and_again_when_the_handle_is_dead(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented: which of the two is "terminated"; the simulator's choice is both."""
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    register(ras, event, RASCN_Disconnection, handle)
    simulator.drop("Office", error=ERROR_LINK_FAILURE, linger=0.5)
    assert event.is_set()
    assert ras.status(handle).error == ERROR_LINK_FAILURE
    simulator.advance(0.499)
    assert not event.is_set()
    simulator.advance(0.001)
    assert event.is_set()
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_an_end_that_is_over_at_once_is_signalled_once(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function: "signaled when any RAS connection is terminated"."""
    simulator.add_entry("Office")
    register(ras, event, RASCN_Disconnection)
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    assert event.is_set()
    simulator.advance(60.0)
    assert not event.is_set()


def test_a_handle_that_is_ending_can_still_be_registered(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented; the simulator's choice: it is signalled when the handle is dead."""
    simulator.add_entry("Office", hang_up_time=0.8)
    handle = simulator.connect("Office")
    assert ras.hang_up(handle) == SUCCESS
    register(ras, event, RASCN_Disconnection, handle)
    assert not event.is_set()
    simulator.advance(0.8)
    assert event.is_set()


@pytest.mark.parametrize("hang_up_time", [0.0, 0.8])
def test_a_dialling_that_is_hung_up_is_terminated(
    ras: Ras, simulator: Simulator, event: Event, hang_up_time: float
) -> None:
    """RasHangUp function.

    "The connection is terminated even if the RasDial call has not yet been completed." That it is
    signalled when the handle is dead is the simulator's choice.
    """
    simulator.add_entry("Office", dial_time=5.0, hang_up_time=hang_up_time)
    handle = simulator.connect("Office")
    register(ras, event, RASCN_Disconnection, handle)
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(hang_up_time)
    assert event.is_set()
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_a_hang_up_during_the_linger_of_a_drop_is_signalled_when_the_handle_is_dead(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented; the simulator's choice: it was signalled as Disconnected before."""
    simulator.add_entry("Office", hang_up_time=0.8)
    handle = simulator.connect("Office")
    register(ras, event, RASCN_Disconnection, handle)
    simulator.drop("Office", linger=60.0)
    assert event.is_set()
    assert ras.hang_up(handle) == SUCCESS
    assert not event.is_set()
    simulator.advance(0.8)
    assert event.is_set()


# ---- multilink ----


def test_a_multilink_connection_is_disconnected_when_all_its_subentries_are(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    RASCN_Disconnection: "If hrasconn is a multilink connection, the event is signaled when all
    subentries are disconnected."
    """
    register(ras, event, RASCN_Disconnection, bundle(simulator))
    simulator.remove_link("ISDN", 1)
    assert not event.is_set()
    simulator.remove_link("ISDN", 2)
    assert event.is_set()


def test_a_link_that_is_disconnected_is_no_connection_that_is_terminated(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function; Subentries and Multilink Connections.

    With INVALID_HANDLE_VALUE the event is signaled "when any RAS connection is terminated", and a
    multilink connection is "when all subentries are disconnected".
    """
    bundle(simulator)
    register(ras, event, RASCN_Disconnection)
    simulator.remove_link("ISDN", 1)
    assert not event.is_set()
    simulator.remove_link("ISDN", 2)
    assert event.is_set()


def test_links_that_the_client_hangs_up_disconnect_the_connection_with_the_last(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """RasConnectionNotification function.

    RASCN_Disconnection is for "when all subentries are disconnected", RASCN_BandwidthRemoved for
    when one is: at the end of its hang-up, not at its beginning.
    """
    handle = bundle(simulator, hang_up_time=1.0)
    links = [ras.link(handle, 1), ras.link(handle, 2)]
    register(ras, event, RASCN_Disconnection, handle)
    register(ras, other_event, RASCN_BandwidthRemoved, handle)
    assert ras.hang_up(links[0]) == SUCCESS
    assert (event.is_set(), other_event.is_set()) == (False, False)
    simulator.advance(1.0)
    assert (event.is_set(), other_event.is_set()) == (False, True)
    assert ras.hang_up(links[1]) == SUCCESS
    assert (event.is_set(), other_event.is_set()) == (False, False)
    simulator.advance(1.0)
    assert (event.is_set(), other_event.is_set()) == (True, True)


def test_bandwidth_added_is_signalled_when_a_subentry_is_connected(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    RASCN_BandwidthAdded: "If hrasconn is a handle to a combined multilink connection, hEvent is
    signaled when a subentry is connected."
    """
    handle = bundle(simulator, links=1)
    register(ras, event, RASCN_BandwidthAdded, handle)
    simulator.add_link("ISDN")
    assert event.is_set()
    simulator.remove_link("ISDN")
    assert not event.is_set()
    simulator.add_link("ISDN")
    assert event.is_set()
    assert ras.sub_entry(handle, 2)[0] == SUCCESS


def test_bandwidth_removed_is_signalled_when_a_subentry_is_disconnected(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    RASCN_BandwidthRemoved: "If hrasconn is a handle to a combined multilink connection, hEvent is
    signaled when a subentry is disconnected."
    """
    handle = bundle(simulator)
    register(ras, event, RASCN_BandwidthRemoved, handle)
    simulator.remove_link("ISDN")
    assert event.is_set()
    simulator.add_link("ISDN")
    assert not event.is_set()
    simulator.remove_link("ISDN")
    assert event.is_set()
    simulator.remove_link("ISDN")
    assert event.is_set()


@pytest.mark.parametrize("by_client", [False, True], ids=["dropped", "hung up"])
def test_the_end_of_the_whole_connection_disconnects_its_subentries(
    ras: Ras, simulator: Simulator, event: Event, *, by_client: bool
) -> None:
    """RasConnectionNotification function; Subentries and Multilink Connections.

    RASCN_BandwidthRemoved is "signaled when a subentry is disconnected", and "Calling RasHangUp
    with a combined multilink handle terminates the entire connection".
    """
    handle = bundle(simulator)
    register(ras, event, RASCN_BandwidthRemoved, handle)
    if by_client:
        assert ras.hang_up(handle) == SUCCESS
    else:
        simulator.drop("ISDN")
    assert event.is_set()


def test_the_bandwidth_of_another_connection_does_not_signal_that_of_one(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function: hrasconn is "a combined multilink connection"."""
    simulator.add_entry("Other", sub_entries=2)
    register(ras, event, BANDWIDTH, simulator.connect("Other"))
    bundle(simulator)
    simulator.remove_link("ISDN")
    simulator.remove_link("ISDN")
    assert not event.is_set()


def test_bandwidth_is_not_signalled_for_a_connection_without_multilink(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    Both are for "If hrasconn is a handle to a combined multilink connection".
    """
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    register(ras, event, BANDWIDTH, handle)
    assert ras.hang_up(ras.link(handle, 1)) == SUCCESS
    assert ras.connections() == ()
    assert not event.is_set()


def test_bandwidth_is_not_signalled_for_all_connections(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    Both are for "If hrasconn is a handle to a combined multilink connection"; of
    INVALID_HANDLE_VALUE nothing is said. The quirk "bandwidth-on-all" is the other choice.
    """
    register(ras, event, BANDWIDTH)
    bundle(simulator)
    simulator.remove_link("ISDN")
    simulator.remove_link("ISDN")
    assert not event.is_set()


def test_bandwidth_on_all_signals_it_for_all_connections(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """Undocumented: that it is not signaled for INVALID_HANDLE_VALUE."""
    simulator.set_quirk("bandwidth-on-all")
    register(ras, event, RASCN_BandwidthAdded)
    register(ras, other_event, RASCN_BandwidthRemoved)
    bundle(simulator, links=1)
    event.reset()
    simulator.add_link("ISDN")
    assert (event.is_set(), other_event.is_set()) == (True, False)
    simulator.remove_link("ISDN")
    assert (event.is_set(), other_event.is_set()) == (False, True)


@pytest.mark.parametrize("by_client", [False, True], ids=["removed", "hung up"])
def test_a_subentrys_handle_is_signalled_when_its_link_is_disconnected(
    ras: Ras, simulator: Simulator, event: Event, *, by_client: bool
) -> None:
    """RasGetSubEntryHandle function.

    "Use the subentry connection handle in any function that accepts an hRasConn parameter".
    """
    handle = bundle(simulator)
    first, second = ras.link(handle, 1), ras.link(handle, 2)
    register(ras, event, RASCN_Disconnection, second)
    assert ras.hang_up(first) == SUCCESS
    assert not event.is_set()
    simulator.add_link("ISDN")
    if by_client:
        assert ras.hang_up(second) == SUCCESS
    else:
        simulator.remove_link("ISDN", 2)
    assert event.is_set()


@pytest.mark.parametrize("by_client", [False, True], ids=["dropped", "hung up"])
def test_a_subentrys_handle_is_signalled_when_its_whole_connection_ends(
    ras: Ras, simulator: Simulator, event: Event, *, by_client: bool
) -> None:
    """RasGetSubEntryHandle function; Subentries and Multilink Connections.

    "Use the subentry connection handle in any function that accepts an hRasConn parameter", and
    "Calling RasHangUp with a combined multilink handle terminates the entire connection".
    """
    handle = bundle(simulator)
    register(ras, event, RASCN_Disconnection, ras.link(handle, 2))
    if by_client:
        assert ras.hang_up(handle) == SUCCESS
    else:
        simulator.drop("ISDN")
    assert event.is_set()


# ---- the event ----


def test_an_auto_reset_event_is_signalled_for_one_wait(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function; CreateEvent function.

    "Use the CreateEvent function to create an event object": an auto-reset one is reset when a
    wait has been satisfied.
    """
    register(ras, event, RASCN_Connection)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert event.is_set()
    assert not event.is_set()


def test_a_manual_reset_event_stays_signalled_until_it_is_reset(
    ras: Ras, simulator: Simulator, manual_reset: Event
) -> None:
    """RasConnectionNotification function; CreateEvent function.

    "Use the CreateEvent function to create an event object": a manual-reset one remains signaled
    until ResetEvent.
    """
    register(ras, manual_reset, CREATED_OR_TERMINATED)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert manual_reset.is_set()
    assert manual_reset.is_set()
    manual_reset.reset()
    assert not manual_reset.is_set()
    simulator.drop("Office")
    assert manual_reset.is_set()


def test_two_changes_between_two_looks_are_one_signal(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """CreateEvent function: an event is set or it is not; nothing counts how often."""
    register(ras, event, CREATED_OR_TERMINATED)
    for name in ("Office", "Home"):
        simulator.add_entry(name)
        simulator.connect(name)
    assert event.is_set()
    assert not event.is_set()
    assert len(ras.connections()) == 2


def test_the_client_may_set_the_event_itself(ras: Ras, simulator: Simulator, event: Event) -> None:
    """CreateEvent function: the event is the client's own; RAS knows no more of it than to set it.

    This is how a client wakes its own wait.
    """
    register(ras, event, RASCN_Connection)
    event.set()
    assert event.is_set()
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert event.is_set()


# ---- several registrations ----


@pytest.mark.parametrize("times", [2, 3, 40])
def test_an_event_registered_again_is_signalled_as_before(
    ras: Ras, simulator: Simulator, event: Event, times: int
) -> None:
    """Undocumented; the simulator's choice: one signal sets it, however often it is registered."""
    for _ in range(times):
        register(ras, event, CREATED_OR_TERMINATED)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert event.is_set()
    assert not event.is_set()
    simulator.drop("Office")
    assert event.is_set()
    assert not event.is_set()


@pytest.mark.parametrize("count", [2, 40])
def test_all_events_that_are_registered_are_signalled(
    ras: Ras, simulator: Simulator, count: int
) -> None:
    """Undocumented; the simulator's choice: no registration takes the place of another."""
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    events = [Event(simulator.path) for _ in range(count)]
    for number, event in enumerate(events):
        register(ras, event, RASCN_Disconnection, handle if number % 2 else INVALID_HANDLE_VALUE)
    simulator.drop("Office")
    assert all(event.is_set() for event in events)
    for event in events:
        event.close()


def test_each_registration_has_flags_of_its_own(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """RasConnectionNotification function.

    dwFlags is of "the event object specified by the hEvent parameter".
    """
    register(ras, event, RASCN_Connection)
    register(ras, other_event, RASCN_Disconnection)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert (event.is_set(), other_event.is_set()) == (True, False)
    simulator.drop("Office")
    assert (event.is_set(), other_event.is_set()) == (False, True)


def test_one_event_may_have_several_registrations(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented; the simulator's choice: a later registration does not replace an earlier."""
    for name in ("Office", "Home", "Lab"):
        simulator.add_entry(name)
    office, home = simulator.connect("Office"), simulator.connect("Home")
    register(ras, event, RASCN_Disconnection, office)
    register(ras, event, RASCN_Disconnection, home)
    register(ras, event, RASCN_Connection)
    for change in (
        lambda: simulator.drop("Office"),
        lambda: simulator.connect("Lab"),
        lambda: simulator.drop("Home"),
    ):
        change()
        assert event.is_set()
    simulator.drop("Lab")
    assert not event.is_set()


# ---- how long a registration lives ----


def test_a_registration_lives_on_after_its_signals(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented; the simulator's choice, as clients expect: "notify-once" is the other one."""
    register(ras, event, CREATED_OR_TERMINATED)
    simulator.add_entry("Office")
    for _ in range(20):
        simulator.connect("Office")
        assert event.is_set()
        simulator.drop("Office")
        assert event.is_set()


def test_notify_once_signals_a_registration_once(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented: that a registration outlives its first signal."""
    simulator.set_quirk("notify-once")
    register(ras, event, CREATED_OR_TERMINATED)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert event.is_set()
    simulator.drop("Office")
    simulator.connect("Office")
    assert not event.is_set()


def test_notify_once_signals_a_new_registration_again(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented; the simulator's choice: to register the same event again helps."""
    simulator.set_quirk("notify-once")
    simulator.add_entry("Office")
    for _ in range(3):
        register(ras, event, CREATED_OR_TERMINATED)
        simulator.connect("Office")
        assert event.is_set()
        simulator.drop("Office")
        assert not event.is_set()


def test_notify_once_counts_each_registration_for_itself(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """Undocumented; the simulator's choice. What signals none of its flags uses up none."""
    simulator.set_quirk("notify-once")
    register(ras, event, RASCN_Connection)
    register(ras, other_event, RASCN_Disconnection)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert (event.is_set(), other_event.is_set()) == (True, False)
    simulator.drop("Office")
    assert (event.is_set(), other_event.is_set()) == (False, True)
    simulator.connect("Office")
    simulator.drop("Office")
    assert (event.is_set(), other_event.is_set()) == (False, False)


def test_a_registration_for_one_handle_is_gone_with_the_handle(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """RasConnectionNotification function.

    It is for "the hrasconn connection": with handles that are used again, the next connection of
    the same handle is another one.
    """
    simulator.set_quirk("handle-reuse")
    for name in ("Office", "Home"):
        simulator.add_entry(name)
    office = simulator.connect("Office")
    register(ras, event, CREATED_OR_TERMINATED | BANDWIDTH, office)
    simulator.drop("Office")
    assert event.is_set()
    assert simulator.connect("Home") == office
    simulator.add_link("Home")
    simulator.remove_link("Home")
    assert ras.hang_up(office) == SUCCESS
    assert not event.is_set()


def test_a_registration_ends_with_its_simulator(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """The simulator's own: the event stays good, and the next simulator does not know it."""
    register(ras, event, CREATED_OR_TERMINATED)
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert event.is_set()
    simulator.end()
    assert not event.is_set()
    simulator.begin()
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert not event.is_set()
    event.set()
    assert event.is_set()


def test_an_event_may_be_closed_while_it_is_registered(ras: Ras, simulator: Simulator) -> None:
    """Undocumented: what becomes of the registration. To the simulator it has a handle of its own.

    Clients end their watching so, because no function ends a registration.
    """
    for name in ("Office", "Home"):
        simulator.add_entry(name)
    for number in range(300):
        office = simulator.connect("Office")
        events = [Event(simulator.path, manual_reset=bool(number % 3)) for _ in range(3)]
        register(ras, events[0], CREATED_OR_TERMINATED)
        register(ras, events[1], CREATED_OR_TERMINATED, office)
        register(ras, events[2], RASCN_Disconnection, ras.link(office, 1))
        register(ras, events[number % 3], RASCN_Disconnection)
        for event in events:
            event.close()
        simulator.connect("Home")
        if number % 2:
            assert ras.hang_up(office) == SUCCESS
        else:
            simulator.drop("Office")
        simulator.drop("Home")
    assert ras.connections() == ()


@pytest.mark.parametrize(
    "quirk", ["notify-once", "notify-late", "notify-lost", "notify-coalesced", "handle-reuse"]
)
def test_a_closed_event_harms_nobody_under_a_quirk(
    ras: Ras, simulator: Simulator, quirk: str
) -> None:
    """Undocumented; the simulator's choice: the same, when signals are late or the like."""
    simulator.set_quirk(quirk)
    simulator.add_entry("Office", hang_up_time=0.15)
    for number in range(100):
        handle = simulator.connect("Office")
        event, kept = Event(simulator.path), Event(simulator.path)
        for receiver in (INVALID_HANDLE_VALUE, handle):
            register(ras, event, CREATED_OR_TERMINATED, receiver)
            register(ras, kept, CREATED_OR_TERMINATED, receiver)
        if number % 2:
            event.close()
        assert ras.hang_up(handle) == SUCCESS
        event.close()
        simulator.advance(0.05)
        simulator.advance(0.45)
        assert kept.is_set() == (quirk != "notify-lost")
        kept.close()
    assert ras.connections() == ()


def test_the_others_are_signalled_when_one_event_was_closed(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """Undocumented; the simulator's choice: a closed event concerns its own registration alone."""
    register(ras, event, RASCN_Connection)
    register(ras, other_event, RASCN_Connection)
    event.close()
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert other_event.is_set()


# ---- signals that are late, lost or folded into one ----


def test_notify_lost_signals_nothing(
    ras: Ras, simulator: Simulator, event: Event, other_event: Event
) -> None:
    """Undocumented, but met by clients: changes that no signal tells. They happen all the same."""
    simulator.set_quirk("notify-lost")
    register(ras, event, CREATED_OR_TERMINATED)
    handle = bundle(simulator, hang_up_time=0.8)
    register(ras, other_event, RASCN_Disconnection | BANDWIDTH, handle)
    assert handles(ras) == {handle}
    simulator.remove_link("ISDN")
    simulator.add_link("ISDN")
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(60.0)
    assert ras.connections() == ()
    assert (event.is_set(), other_event.is_set()) == (False, False)


def test_notify_lost_concerns_earlier_registrations_too(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """The simulator's own: a quirk is of the signal, not of the registration."""
    register(ras, event, RASCN_Connection)
    simulator.set_quirk("notify-lost")
    simulator.add_entry("Office")
    simulator.connect("Office")
    assert not event.is_set()


def test_notify_late_signals_before_the_connection_can_be_enumerated(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented: whether a signal may come before the change can be seen."""
    simulator.set_quirk("notify-late")
    register(ras, event, RASCN_Connection)
    simulator.add_entry("Office", dial_time=1.0)
    handle = simulator.connect("Office")
    simulator.advance(1.0)
    assert event.is_set()
    assert ras.connections() == ()
    simulator.advance(LATE - 0.001)
    assert ras.connections() == ()
    simulator.advance(0.001)
    assert handles(ras) == {handle}
    assert not event.is_set()


@pytest.mark.parametrize("by_client", [False, True], ids=["dropped", "hung up"])
@pytest.mark.parametrize("handle_lives", [0.0, LATE, 0.8])
def test_notify_late_signals_before_the_end_can_be_enumerated(
    ras: Ras,
    simulator: Simulator,
    event: Event,
    other_event: Event,
    handle_lives: float,
    *,
    by_client: bool,
) -> None:
    """Undocumented: whether a signal may come before the change can be seen."""
    simulator.set_quirk("notify-late")
    simulator.add_entry("Office", hang_up_time=handle_lives)
    handle = simulator.connect("Office")
    simulator.advance(LATE)
    register(ras, event, RASCN_Disconnection)
    register(ras, other_event, RASCN_Disconnection, handle)
    if by_client:
        assert ras.hang_up(handle) == SUCCESS
    else:
        simulator.drop("Office", linger=handle_lives)
    assert (event.is_set(), other_event.is_set()) == (True, True)
    assert handles(ras) == {handle}
    simulator.advance(LATE - 0.001)
    assert handles(ras) == {handle}
    simulator.advance(0.001)
    assert ras.connections() == ()


def test_notify_late_hides_a_connection_that_ends_before_it_is_seen(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """The simulator's own: each change can be seen as long after its signal as any other."""
    simulator.set_quirk("notify-late")
    register(ras, event, CREATED_OR_TERMINATED)
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert event.is_set()
    simulator.advance(0.1)
    simulator.drop("Office", error=ERROR_LINK_FAILURE)
    assert event.is_set()
    assert ras.connections() == ()
    simulator.advance(LATE - 0.1)
    assert handles(ras) == {handle}
    simulator.advance(0.1)
    assert ras.connections() == ()


def test_notify_coalesced_signals_later(ras: Ras, simulator: Simulator, event: Event) -> None:
    """Undocumented: whether each change has a signal of its own, and when."""
    simulator.set_quirk("notify-coalesced")
    register(ras, event, RASCN_Connection)
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert handles(ras) == {handle}
    assert not event.is_set()
    simulator.advance(COALESCED - 0.001)
    assert not event.is_set()
    simulator.advance(0.001)
    assert event.is_set()


def test_notify_coalesced_folds_the_changes_of_a_while_into_one_signal(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented: whether each change has a signal of its own."""
    simulator.set_quirk("notify-coalesced")
    register(ras, event, CREATED_OR_TERMINATED)
    for name in ("Office", "Home"):
        simulator.add_entry(name)
    simulator.connect("Office")
    simulator.advance(0.06)
    simulator.connect("Home")
    simulator.drop("Office")
    simulator.advance(0.04)
    assert event.is_set()
    simulator.advance(60.0)
    assert not event.is_set()


def test_notify_coalesced_signals_what_comes_after_the_signal_again(
    ras: Ras, simulator: Simulator, event: Event
) -> None:
    """Undocumented; the simulator's choice: no change stays without a later signal."""
    simulator.set_quirk("notify-coalesced")
    register(ras, event, CREATED_OR_TERMINATED)
    simulator.add_entry("Office")
    for _ in range(3):
        simulator.connect("Office")
        simulator.advance(COALESCED)
        assert event.is_set()
        simulator.drop("Office")
        assert not event.is_set()
        simulator.advance(COALESCED)
        assert event.is_set()


@pytest.mark.parametrize("quirk", ["", "notify-once", "notify-late", "notify-coalesced"])
@pytest.mark.parametrize("end", ["hung up", "dropped", "last link removed", "dialling hung up"])
@pytest.mark.parametrize("of_one", [False, True], ids=["all", "one"])
def test_but_for_notify_lost_every_end_is_signalled(
    ras: Ras, simulator: Simulator, event: Event, quirk: str, end: str, *, of_one: bool
) -> None:
    """RasConnectionNotification function.

    "hEvent is signaled when the hrasconn connection is terminated", late or only once perhaps.
    """
    if quirk:
        simulator.set_quirk(quirk)
    simulator.add_entry("Office", dial_time=1.0)
    handle = simulator.connect("Office")
    simulator.advance(0.5 if end == "dialling hung up" else 2.0)
    register(ras, event, RASCN_Disconnection, handle if of_one else INVALID_HANDLE_VALUE)
    if end == "dropped":
        simulator.drop("Office")
    elif end == "last link removed":
        simulator.remove_link("Office")
    else:
        assert ras.hang_up(handle) == SUCCESS
    simulator.advance(1.0)
    assert event.is_set()
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
