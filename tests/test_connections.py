"""Listing, finding and asking."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from ipaddress import ip_address
from pathlib import Path

import pytest

import winras
from background import Background
from winras import ConnectionFlags, ConnectionState, ConnectionSubstate, _native
from winras._connections import read_connections
from winras.testing import DEFAULT_PHONEBOOK, Simulator

OTHER_PHONEBOOK = r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"

TEXTS = {
    "cyrillic": "Офис",
    "cjk": "東京オフィス",
    "emoji": "VPN \U0001f680",
    "longest": "x" * 256,
    "longest in surrogate pairs": "\U0001f680" * 128,
    "unpaired surrogate": "VPN \ud83d end",
}


@pytest.mark.usefixtures("ras")
def test_no_connection_is_an_empty_list() -> None:
    assert winras.connections() == []


def test_a_connection_has_all_fields_of_rasconn(ras: Simulator) -> None:
    ras.add_entry(
        "Office VPN",
        device_type="vpn",
        device_name="WAN Miniport (SSTP)",
        entry_id="01234567-89ab-cdef-0123-456789abcdef",
    )
    handle = ras.connect("Office VPN")
    [connection] = winras.connections()
    assert connection.handle == handle
    assert connection.name == "Office VPN"
    assert connection.device_type == "VPN"
    assert connection.device_name == "WAN Miniport (SSTP)"
    assert connection.phonebook == DEFAULT_PHONEBOOK
    assert str(connection.entry_id) == "01234567-89ab-cdef-0123-456789abcdef"
    assert connection.sub_entry == 0  # it has no multilink
    assert connection.flags == ConnectionFlags.OwnerKnown | ConnectionFlags.OwnerMatch
    assert connection.luid > 2**32
    assert connection.correlation_id is not None


@pytest.mark.parametrize(
    ("given", "reported", "is_vpn"),
    [
        ("vpn", "VPN", True),
        ("vPn", "VPN", True),
        ("PPPoE", "PPPoE", False),
        ("modem", "modem", False),
    ],
)
def test_a_vpn_is_reported_in_capitals_and_compared_without_case(
    ras: Simulator, given: str, reported: str, is_vpn: bool
) -> None:
    ras.add_entry("A", device_type=given)
    ras.connect("A")
    office = winras.get_connection("A")
    assert (office.device_type, office.is_vpn) == (reported, is_vpn)
    assert office.status().device_type == reported
    assert [link.device_type for link in office.links()] == [reported]
    assert replace(office, device_type=given).is_vpn is is_vpn


@pytest.mark.parametrize("error", [0x800B0101, 0x80420112, 0xFFFFFFFF])
def test_the_error_of_a_status_is_any_number_of_32_bits(ras: Simulator, error: int) -> None:
    ras.add_entry("A")
    ras.connect("A")
    office = winras.get_connection("A")
    ras.drop("A", error=error, linger=1.0)
    assert office.status().error == error


def test_each_connecting_has_a_correlation_id_of_its_own(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    [first] = winras.connections()
    ras.drop("A")
    ras.connect("A")
    [second] = winras.connections()
    assert first.entry_id == second.entry_id
    assert first.correlation_id != second.correlation_id


def test_a_direct_dial_is_named_by_its_number_and_has_no_entry_id(ras: Simulator) -> None:
    ras.add_entry(phone_number="5550100", device_type="modem")
    ras.connect(".5550100")
    [connection] = winras.connections()
    assert connection.name == ".5550100"
    assert connection.entry_id is None
    assert connection.phonebook == ""


def test_what_is_still_dialling_is_not_listed(ras: Simulator) -> None:
    ras.add_entry("A", dial_seconds=2.0)
    ras.connect("A")
    assert winras.connections() == []
    ras.advance(2.0)
    assert [c.name for c in winras.connections()] == ["A"]


@pytest.mark.parametrize("name", TEXTS.values(), ids=TEXTS.keys())
def test_text_comes_through_whole(ras: Simulator, name: str) -> None:
    ras.add_entry(name, device_name="Gerät Nr. 5")
    ras.connect(name)
    connection = winras.get_connection(name)
    assert connection.name == name
    assert connection.device_name == connection.status().device_name == "Gerät Nr. 5"


def test_the_usual_enumeration_is_one_ras_call(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    winras.connections()
    before = ras.calls("RasEnumConnections")
    winras.connections()
    assert ras.calls("RasEnumConnections") == before + 1


def test_a_list_that_grows_between_two_calls_is_listed_whole(ras: Simulator) -> None:
    for number in range(20):
        ras.add_entry(f"VPN {number}")
        ras.connect(f"VPN {number}")
    ras.grow_list()
    names = {c.name for c in winras.connections()}
    assert names == {*(f"VPN {number}" for number in range(20)), "Grown 1"}


def test_a_list_that_never_stops_growing_is_an_error(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    ras.fail("RasEnumConnections", 603, times=None)
    with pytest.raises(winras.RasError) as raised:
        winras.connections()
    assert raised.value.code == 603
    assert ras.calls("RasEnumConnections") < 100


@pytest.mark.parametrize("function", ["RasEnumConnections", "RasGetConnectStatus"])
def test_a_refused_size_is_an_error_and_not_tried_again(ras: Simulator, function: str) -> None:
    ras.add_entry("A")
    ras.connect("A")
    [connection] = winras.connections()
    calls = ras.calls(function)
    ras.fail(function, 632)
    with pytest.raises(winras.RasError) as raised:
        (winras.connections if function == "RasEnumConnections" else connection.status)()
    assert raised.value.code == 632
    assert ras.calls(function) == calls + 1


def test_status_has_all_fields_of_rasconnstatus(ras: Simulator) -> None:
    ras.add_entry(
        "A",
        phone_number="vpn.example.com",
        local_endpoint="192.0.2.1",
        remote_endpoint="2001:db8::7",
    )
    ras.connect("A")
    status = winras.get_connection("A").status()
    assert status.state is ConnectionState.Connected
    assert status.substate is ConnectionSubstate.None_
    assert status.error == 0
    assert status.device_type == "VPN"
    assert status.device_name == "WAN Miniport (IKEv2)"
    assert status.phone_number == "vpn.example.com"
    assert status.local_endpoint == ip_address("192.0.2.1")
    assert status.remote_endpoint == ip_address("2001:db8::7")


def test_an_endpoint_of_unknown_type_is_none(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    status = winras.get_connection("A").status()
    assert status.local_endpoint is None
    assert status.remote_endpoint is None


def test_the_error_of_a_drop_is_seen_while_it_lingers(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    connection = winras.get_connection("A")
    ras.drop("A", error=829, linger=0.5)
    status = connection.status()
    assert (status.state, status.error) == (ConnectionState.Disconnected, 829)
    ras.advance(0.5)
    with pytest.raises(winras.NotConnectedError) as raised:
        connection.status()
    assert raised.value.code == 6
    assert raised.value.function == "RasGetConnectStatus"


def test_a_failing_call_is_told_apart_from_a_failed_connection(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    connection = winras.get_connection("A")
    ras.fail("RasGetConnectStatus", 8)
    with pytest.raises(winras.RasError) as raised:
        connection.status()
    assert (raised.value.code, raised.value.name) == (8, "ERROR_NOT_ENOUGH_MEMORY")
    assert connection.status().error == 0


def test_links_are_connections_with_a_number_and_a_handle_of_their_own(ras: Simulator) -> None:
    ras.add_entry("ISDN", device_type="isdn", device_name="Channel")
    ras.connect("ISDN")
    isdn = winras.get_connection("ISDN")
    assert [link.sub_entry for link in isdn.links()] == [1]
    ras.add_link("ISDN")
    assert winras.get_connection("ISDN").sub_entry == 1
    first, second = isdn.links()
    assert (first.sub_entry, second.sub_entry) == (1, 2)
    assert len({isdn.handle, first.handle, second.handle}) == 3
    assert second.device_name == "Channel"
    assert second.status().state is ConnectionState.Connected


def test_links_leaves_out_what_is_not_connected(ras: Simulator) -> None:
    ras.add_entry("ISDN")
    ras.connect("ISDN")
    assert [ras.add_link("ISDN") for _ in range(3)] == [2, 3, 4]
    ras.remove_link("ISDN", link=2)
    assert [link.sub_entry for link in winras.get_connection("ISDN").links()] == [1, 3, 4]
    assert ras.add_link("ISDN") == 2


def test_links_of_a_dead_connection_raise_not_connected(ras: Simulator) -> None:
    ras.add_entry("ISDN")
    ras.connect("ISDN")
    isdn = winras.get_connection("ISDN")
    [link] = isdn.links()
    ras.drop("ISDN")
    with pytest.raises(winras.NotConnectedError):
        isdn.links()
    with pytest.raises(ValueError, match="this is a link"):
        link.links()


def test_links_of_a_stale_snapshot_are_not_those_of_the_handles_new_owner(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    ras.add_entry("A")
    ras.connect("A")
    a = winras.get_connection("A")
    [link] = a.links()
    ras.drop("A")
    ras.add_entry("B")
    ras.connect("B")
    assert winras.get_connection("B").handle == a.handle
    with pytest.raises(winras.NotConnectedError):
        a.links()
    assert link.hang_up() is True
    assert [c.name for c in winras.connections()] == ["B"]
    assert ras.calls("RasHangUp") == 0


def test_a_name_is_found_in_any_case(ras: Simulator) -> None:
    ras.add_entry("Büro VPN")
    ras.connect("Büro VPN")
    assert winras.get_connection("BÜRO vpn").name == "Büro VPN"


def test_a_name_that_is_spelled_so_comes_before_one_in_another_case(ras: Simulator) -> None:
    """One phone book cannot have both, two can."""
    for name, phonebook in (("OFFICE", DEFAULT_PHONEBOOK), ("Office", OTHER_PHONEBOOK)):
        ras.add_entry(name, phonebook=phonebook)
        ras.connect(name, phonebook=phonebook)
    assert winras.get_connection("OFFICE").phonebook == DEFAULT_PHONEBOOK
    assert winras.get_connection("Office").phonebook == OTHER_PHONEBOOK
    with pytest.raises(winras.AmbiguousNameError):
        winras.get_connection("office")
    assert winras.get_connection("office", phonebook=OTHER_PHONEBOOK).name == "Office"


def test_upper_and_lower_case_are_the_same_letter_for_letter(ras: Simulator) -> None:
    """As CompareStringOrdinal compares, of which no letter becomes two."""
    ras.add_entry("Straße")
    ras.connect("Straße")
    assert winras.get_connection("sTRAßE").name == "Straße"
    with pytest.raises(winras.ConnectionNotFoundError, match="did you mean 'Straße'"):
        winras.get_connection("STRASSE")


def test_names_that_are_alike_in_all_but_case_are_all_suggested(ras: Simulator) -> None:
    for name in ("STRASSE", "Straße"):
        ras.add_entry(name)
        ras.connect(name)
    with pytest.raises(winras.ConnectionNotFoundError, match="did you mean 'STRASSE' or 'Straße'"):
        winras.get_connection("strase")


def test_of_an_entry_that_is_not_up_it_says_just_that(ras: Simulator) -> None:
    ras.add_entry("Office VPN 2")
    ras.connect("Office VPN 2")
    ras.add_entry("Office VPN")
    for phonebook in (None, DEFAULT_PHONEBOOK.upper()):
        with pytest.raises(winras.ConnectionNotFoundError) as raised:
            winras.get_connection("office vpn", phonebook=phonebook)
        assert raised.value.code == 668
        assert (
            raised.value.message
            == f"'Office VPN' is down: an entry of \"{DEFAULT_PHONEBOOK}\" that is not up"
        )


@pytest.mark.parametrize("problem", ["stopped", "refused"])
def test_where_the_entries_cannot_be_had_a_name_is_unknown(ras: Simulator, problem: str) -> None:
    """A RasMan that does not run is not started for it."""
    ras.add_entry("Office VPN")
    if problem == "stopped":
        ras.set_service("stopped")
    else:
        ras.fail("RasEnumEntries", 5)
    with pytest.raises(winras.ConnectionNotFoundError, match="no connection has the name"):
        winras.get_connection("Office VPN")
    assert ras.calls("RasEnumEntries") == (problem == "refused")


def test_an_unknown_name_suggests_near_ones(ras: Simulator) -> None:
    ras.add_entry("Office VPN")
    ras.connect("Office VPN")
    with pytest.raises(winras.ConnectionNotFoundError, match="did you mean 'Office VPN'") as raised:
        winras.get_connection("ofice vpn")
    assert raised.value.code == 668
    with pytest.raises(winras.ConnectionNotFoundError, match="up are 'Office VPN'"):
        winras.get_connection("zzz")


def test_a_name_in_two_phone_books_must_be_chosen(ras: Simulator) -> None:
    for phonebook in (DEFAULT_PHONEBOOK, OTHER_PHONEBOOK):
        ras.add_entry("Office VPN", phonebook=phonebook)
        ras.connect("Office VPN", phonebook=phonebook)
    with pytest.raises(winras.AmbiguousNameError) as raised:
        winras.get_connection("Office VPN")
    assert f'"{OTHER_PHONEBOOK}"' in raised.value.message
    assert "phonebook=" in raised.value.message
    chosen = winras.get_connection("Office VPN", phonebook=OTHER_PHONEBOOK.upper())
    assert chosen.phonebook == OTHER_PHONEBOOK
    with pytest.raises(winras.ConnectionNotFoundError, match="did you mean"):
        winras.get_connection("Office VPN", phonebook=r"C:\other.pbk")


def test_wrong_types_are_refused_before_any_call(ras: Simulator) -> None:
    with pytest.raises(TypeError):
        winras.get_connection(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        winras.get_connection("A", phonebook=5)  # type: ignore[arg-type]
    assert ras.calls("RasEnumConnections") == 0


def test_a_snapshot_can_be_pickled_and_compared(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    connection = winras.get_connection("A")
    copy = pickle.loads(pickle.dumps(connection))  # noqa: S301
    assert copy == connection
    assert copy.status() == connection.status()
    with pytest.raises(AttributeError):
        connection.name = "B"  # type: ignore[misc]


def test_a_verb_after_the_simulator_has_ended_raises_before_any_call() -> None:
    with Simulator() as ras:
        ras.add_entry("A")
        ras.connect("A")
        connection = winras.get_connection("A")
        [link] = connection.links()
    for call in (connection.status, connection.hang_up, connection.wait_closed, connection.links):
        with pytest.raises(RuntimeError, match="Simulator has ended"):
            call()
    with Simulator() as other:
        other.add_entry("A")
        other.connect("A")
        before = other.calls("RasHangUp"), other.calls("RasGetConnectStatus")
        for call in (connection.status, connection.hang_up, link.hang_up):
            with pytest.raises(RuntimeError, match="Simulator has ended"):
                call()
        assert (other.calls("RasHangUp"), other.calls("RasGetConnectStatus")) == before
        assert len(winras.connections()) == 1


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize("find", [winras.get_connection, winras.wait_for])
def test_the_argument_that_is_no_text_is_named(find: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match=r"^name must be str, not NoneType$"):
        find(None)
    with pytest.raises(TypeError, match=r"^phonebook must be str or None, not int$"):
        find("A", phonebook=7)


# ---- one crossing ----


def bring_up(ras: Simulator, count: int) -> None:
    for number in range(count):
        ras.add_entry(f"VPN {number}", remote_endpoint="192.0.2.1")
        ras.connect(f"VPN {number}")


def test_a_snapshot_is_each_connection_with_its_status(ras: Simulator) -> None:
    bring_up(ras, 3)
    ras.drop("VPN 1", error=829, linger=5.0)
    found = winras.snapshot()
    assert [connection for connection, _ in found] == winras.connections()
    assert [status for _, status in found] == [c.status() for c in winras.connections()]


def test_a_snapshot_is_one_enumeration_and_one_status_of_each(ras: Simulator) -> None:
    bring_up(ras, 5)
    winras.connections()
    before = len(ras.calls)
    winras.snapshot()
    functions = [call.function for call in ras.calls][before:]
    assert functions == ["RasEnumConnections", *["RasGetConnectStatus"] * 5]


@pytest.mark.usefixtures("ras")
def test_a_snapshot_of_nothing_is_empty() -> None:
    assert winras.snapshot() == []


@pytest.mark.parametrize("code", [6, 668])
def test_what_is_gone_before_its_status_is_in_no_snapshot(ras: Simulator, code: int) -> None:
    bring_up(ras, 3)
    ras.fail("RasGetConnectStatus", code)
    assert [connection.name for connection, _ in winras.snapshot()] == ["VPN 1", "VPN 2"]
    ras.fail("RasGetConnectStatus", code, times=3)
    assert winras.snapshot() == []


def test_a_snapshot_names_the_connection_whose_status_fails(ras: Simulator) -> None:
    bring_up(ras, 3)
    asked = ras.calls("RasGetConnectStatus")
    ras.fail("RasGetConnectStatus", 6)
    ras.fail("RasGetConnectStatus", 5)
    with pytest.raises(winras.RasError, match=r"^5 ERROR_ACCESS_DENIED: VPN 1, .*: ") as raised:
        winras.snapshot()
    assert raised.value.function == "RasGetConnectStatus"
    assert ras.calls("RasGetConnectStatus") == asked + 2
    assert len(winras.snapshot()) == 3


def test_a_snapshot_raises_what_the_enumeration_answers(ras: Simulator) -> None:
    bring_up(ras, 1)
    ras.fail("RasEnumConnections", 5)
    with pytest.raises(winras.RasError) as raised:
        winras.snapshot()
    assert (raised.value.code, raised.value.function) == (5, "RasEnumConnections")
    ras.set_service("stopped")
    assert winras.snapshot() == []


@pytest.mark.parametrize("ask", [winras.connections, winras.snapshot])
def test_an_unchanged_list_is_the_same_objects_in_a_list_of_its_own(
    ras: Simulator, ask: Callable[[], list[object]]
) -> None:
    bring_up(ras, 3)
    first = ask()
    kept = list(first)
    first.clear()
    second = ask()
    assert list(map(id, second)) == list(map(id, kept))


@pytest.mark.parametrize("ask", [_native.list_connections, _native.list_snapshot])
def test_a_block_that_python_has_is_not_given_again(
    ras: Simulator, ask: Callable[[bytes, int], bytes | None]
) -> None:
    bring_up(ras, 3)
    block = ask(_native.NO_BLOCK, _native.ACTIVE)
    assert block is not None
    assert ask(block, _native.ACTIVE) is None
    ras.drop("VPN 1")
    assert ask(block, _native.ACTIVE) is not None


def test_an_unchanged_status_is_the_same_object(ras: Simulator) -> None:
    bring_up(ras, 2)
    for connection in winras.connections():
        assert connection.status() is connection.status()


def test_a_changed_list_is_read_anew(ras: Simulator) -> None:
    bring_up(ras, 3)
    before = winras.connections()
    ras.drop("VPN 1")
    ras.connect("VPN 1")
    after = winras.connections()
    assert [c.name for c in after] == ["VPN 0", "VPN 2", "VPN 1"]
    assert after[0] is before[0]
    assert after[1] is before[2]
    assert after[2].correlation_id != before[1].correlation_id


def test_a_changed_snapshot_is_read_anew(ras: Simulator) -> None:
    bring_up(ras, 3)
    before = winras.snapshot()
    ras.set_substate("VPN 1", winras.ConnectionSubstate.Dormant)
    after = winras.snapshot()
    assert after[0] is before[0]
    assert after[2] is before[2]
    assert after[1][0] == before[1][0]
    assert [status.substate.name for _, status in after] == ["None_", "Dormant", "None_"]
    ras.drop("VPN 0")
    assert [id(one) for one in winras.snapshot()] == [id(one) for one in after[1:]]


def test_a_list_of_which_most_are_gone_is_read_anew(ras: Simulator) -> None:
    """More than C looks for the next one past."""
    bring_up(ras, 150)
    before = winras.connections()
    for number in range(100):
        ras.drop(f"VPN {number}")
    after = winras.connections()
    assert after == before[100:]
    ras.drop("VPN 110")
    assert [id(one) for one in winras.connections()] == [
        id(one) for one in after if one.name != "VPN 110"
    ]


def test_a_connection_of_the_same_handle_that_tells_something_else_is_read_anew(
    ras: Simulator,
) -> None:
    bring_up(ras, 3)
    before = winras.connections()
    block = _native.list_connections(_native.NO_BLOCK, _native.ACTIVE) or b""
    other = block.replace("VPN 1".encode("utf-16-le"), "VPN X".encode("utf-16-le"))
    after = read_connections(other)
    assert [c.name for c in after] == ["VPN 0", "VPN X", "VPN 2"]
    assert [mine is other for mine, other in zip(before, after, strict=True)] == [True, False, True]


def test_a_list_that_differs_in_its_service_only_is_another(ras: Simulator) -> None:
    """An ended simulator may have listed the very same."""
    bring_up(ras, 1)
    block = bytearray(_native.list_connections(_native.NO_BLOCK, _native.ACTIVE) or b"")
    service = block[16:24]
    block[16:24] = (int.from_bytes(service, "little") - 1).to_bytes(8, "little")
    [other] = read_connections(bytes(block))
    assert winras.connections() != [other]
    assert other.name == "VPN 0"
    with pytest.raises(RuntimeError, match="Simulator has ended"):
        other.status()


def test_what_was_read_is_what_its_class_makes(ras: Simulator) -> None:
    bring_up(ras, 1)
    for value in winras.snapshot()[0]:
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        made = type(value)(**given)
        assert type(value) in (winras.Connection, winras.Status)
        assert (value, hash(value), repr(value)) == (made, hash(made), repr(made))
        with pytest.raises(FrozenInstanceError):
            value.device_name = "B"  # type: ignore[misc]
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301


def test_a_signal_handler_may_list_while_a_list_is_read(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two lines: here it comes while the block is read, and finds another list."""
    bring_up(ras, 2)
    read = _native.read_connections
    seen = []

    def read_interrupted(
        make: type[winras.Connection], block: bytes, last: bytes, known: list[winras.Connection]
    ) -> list[winras.Connection]:
        if not seen:
            seen.append([])
            ras.drop("VPN 0")
            seen[0] = [c.name for c in winras.connections()]
        return read(make, block, last, known)

    monkeypatch.setattr(_native, "read_connections", read_interrupted)
    assert [c.name for c in winras.connections()] == ["VPN 0", "VPN 1"]
    assert seen == [["VPN 1"]]
    assert [c.name for c in winras.connections()] == ["VPN 1"]


@pytest.mark.parametrize("function", ["RasEnumConnections", "RasGetConnectStatus"])
def test_eight_threads_are_in_ras_at_once(ras: Simulator, function: str) -> None:
    """Neither the GIL nor a lock is held meanwhile: time moves only when all of them wait."""
    bring_up(ras, 1)
    [connection] = winras.connections()
    ras.delay(function, 5.0)
    ask = connection.status if function == "RasGetConnectStatus" else winras.connections
    threads = [Background(ask) for _ in range(8)]
    ras.wait_blocked(8)
    before = ras.calls(function)
    ras.advance(5.0)
    assert len({repr(thread.result()) for thread in threads}) == 1
    assert ras.calls(function) == before


def test_a_thread_that_finds_the_buffer_taken_still_makes_one_ras_call(ras: Simulator) -> None:
    bring_up(ras, 1)
    winras.connections()
    ras.delay("RasEnumConnections", 5.0)
    before = ras.calls("RasEnumConnections")
    threads = [Background(winras.connections) for _ in range(3)]
    ras.wait_blocked(3)
    ras.advance(5.0)
    assert [len(thread.result()) for thread in threads] == [1, 1, 1]
    assert ras.calls("RasEnumConnections") == before + 3


def test_a_list_that_gets_short_is_one_ras_call(ras: Simulator) -> None:
    """The long list's buffer is given back; its size is not asked for again."""
    bring_up(ras, 200)
    winras.connections()
    for number in range(1, 200):
        ras.drop(f"VPN {number}")
    for _ in range(3):
        before = ras.calls("RasEnumConnections")
        assert [c.name for c in winras.connections()] == ["VPN 0"]
        assert ras.calls("RasEnumConnections") == before + 1


# ---- memory ----


def test_a_connection_takes_less_than_a_kilobyte(ras: Simulator) -> None:
    bring_up(ras, 500)
    tracemalloc.start()
    try:
        held = winras.connections()
        ras.set_service("stopped")
        assert winras.connections() == []  # and of the long list nothing else is left
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / len(held) < 1024


def test_a_connection_of_the_last_list_takes_less_than_a_kilobyte(ras: Simulator) -> None:
    """With all that is kept to find it again in the next one."""
    bring_up(ras, 500)
    tracemalloc.start()
    try:
        held = winras.connections()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / len(held) < 1024


def test_one_connection_does_not_keep_its_list(ras: Simulator) -> None:
    bring_up(ras, 500)
    tracemalloc.start()
    try:
        held = winras.connections()[0]
        ras.set_service("stopped")
        assert winras.connections() == []
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 500 of them take more than this, and so does their block. What is kept are GUIDs.
    assert taken < 200 * 1024
    assert held.name == "VPN 0"


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.skipif(
    "asan" in os.environ.get("LD_PRELOAD", ""), reason="ASan does not give back what is freed"
)
def test_enumerations_take_no_memory(ras: Simulator) -> None:
    """Of C: each block is 20 kB, so even a hundred that are left would be seen."""
    bring_up(ras, 100)
    ras.add_entry("comes and goes")
    sizes = []
    for _ in range(6):
        for _ in range(100):
            ras.connect("comes and goes")
            winras.snapshot()[0][0].status()
            winras.connections()
            ras.drop("comes and goes")
            winras.connections()
            winras.snapshot()
        gc.collect()
        sizes.append(resident_bytes())
    assert sizes[-1] - sizes[1] < 2**20
