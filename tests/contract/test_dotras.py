"""What DotRas 2 calls to enumerate, dial, watch and hang up, in its order and with its checks.

Its public sources say which answers it goes on with; at any other it raises. So these are facts
about a client that ships, not sentences of Microsoft's. tests/windows has the same in C, in W and
in A form.
"""

import pytest

from contract.client import (
    ERROR_BUFFER_TOO_SMALL,
    ERROR_NO_CONNECTION,
    INVALID_HANDLE_VALUE,
    RASCONNW_SIZE,
    RASDIALPARAMSW_SIZES,
    SUCCESS,
    Connection,
    Event,
    Notifier,
    Ras,
    RASCN_Connection,
    RASCN_Disconnection,
    RASCS_Connected,
    Simulator,
    dial_extensions,
    dial_params,
)

DATA = bytes(range(74))


def enumerate_by_count(ras: Ras) -> tuple[Connection, ...]:
    """Begin with room for one connection, and make room for as many as the count says."""
    listing = ras.enumerate_into(RASCONNW_SIZE)
    while listing.code == ERROR_BUFFER_TOO_SMALL:
        assert listing.written
        listing = ras.enumerate_into(listing.written * RASCONNW_SIZE)
    assert listing.code == SUCCESS
    return listing.connections[: listing.written]


def hang_up_all_references(ras: Ras, handle: int) -> int:
    """Hang up until there is no connection; how often it was one."""
    times = 0
    while (code := ras.hang_up(handle)) == SUCCESS:
        times += 1
    assert code == ERROR_NO_CONNECTION
    return times


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_its_enumeration_finds_all(ras: Ras, simulator: Simulator, count: int) -> None:
    """DotRas 2, RasEnumConnectionsService."""
    names = {f"Entry {number}" for number in range(count)}
    for name in names:
        simulator.add_entry(name)
        simulator.connect(name)
    assert {connection.name for connection in enumerate_by_count(ras)} == names


@pytest.mark.parametrize("version", [0x0601, 0x0602])
@pytest.mark.parametrize("data", [b"", DATA])
@pytest.mark.parametrize("eap_user", ["", "ann"])
def test_it_dials_and_hangs_up(
    ras: Ras, simulator: Simulator, version: int, data: bytes, eap_user: str
) -> None:
    """DotRas 2, RasDialService: EAP data first, then RasDial, and at the end an enumeration."""
    simulator.add_entry("Office", user="ann", password="right", eap_user=eap_user, hang_up_time=1.0)
    if data:
        assert ras.set_eap_data("Office", data) == SUCCESS
    found = ras.eap_data("Office")
    assert (found.code, found.data) == (SUCCESS, data)
    params = dial_params("Office", size=RASDIALPARAMSW_SIZES[version], user="ann", password="right")
    notifier = Notifier(2)
    code, handle = ras.dial(params, notifier, extensions=dial_extensions(), eap_info=found.data)
    assert code == SUCCESS
    simulator.advance(0.0)
    assert notifier.told[-1] == (RASCS_Connected, 0)
    assert [connection.handle for connection in enumerate_by_count(ras)] == [handle]
    assert hang_up_all_references(ras, handle) == 1
    assert enumerate_by_count(ras) == ()


def test_it_hangs_up_what_others_have_dialled_too(ras: Ras, simulator: Simulator) -> None:
    """DotRas 2, RasHangUpService: RasHangUp until it answers 668."""
    simulator.add_entry("Office", hang_up_time=1.0)
    [handle] = {simulator.connect("Office") for _ in range(3)}
    assert hang_up_all_references(ras, handle) == 3


def test_its_watch_sees_both_ends_of_a_connection(ras: Ras, simulator: Simulator) -> None:
    """DotRas 2, RasConnectionNotificationService.

    One event object for connections, of which there are all, and one for the disconnection of its
    own connection; at each signal it enumerates.
    """
    event, gone = Event(simulator.path), Event(simulator.path)
    simulator.add_entry("Office")
    simulator.add_entry("Home")
    assert ras.notify(INVALID_HANDLE_VALUE, event, RASCN_Connection) == SUCCESS
    handle = simulator.connect("Office")
    assert event.is_set()
    assert [connection.handle for connection in enumerate_by_count(ras)] == [handle]
    for _ in range(2):
        assert ras.notify(handle, gone, RASCN_Disconnection) == SUCCESS
        simulator.connect("Home")
        simulator.drop("Home")
        assert (event.is_set(), gone.is_set()) == (True, False)
    simulator.drop("Office")
    assert gone.is_set()
    assert enumerate_by_count(ras) == ()
    event.close()
    gone.close()
