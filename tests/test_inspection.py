"""What a test can ask of the simulator, and what it must not leave behind."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

import winras
from background import Background
from winras import ConnectionState
from winras.testing import SimulationError, Simulator


def up(ras: Simulator, name: str = "A", hang_up_seconds: float = 0.0) -> winras.Connection:
    ras.add_entry(name, hang_up_seconds=hang_up_seconds)
    ras.connect(name)
    return winras.get_connection(name)


# ---- calls ----


def test_a_call_has_its_function_arguments_result_and_time(ras: Simulator) -> None:
    a = up(ras)
    ras.advance(1.5)
    a.status()
    ras.drop("A")
    with pytest.raises(winras.NotConnectedError):
        a.status()
    good, bad, _ = ras.calls[-3:]
    assert good.function == bad.function == "RasGetConnectStatus"
    assert (good.at, good.handle, good.result) == (1.5, a.handle, 0)
    assert (bad.handle, bad.result) == (a.handle, 6)
    assert str(bad) == f"1.500 s: RasGetConnectStatus({a.handle:#x}) -> 6 ERROR_INVALID_HANDLE"
    assert ras.calls[-1].function == "RasGetErrorString"
    assert ras.calls[-1].number == 6


def test_calls_are_a_sequence_and_count_each_function(ras: Simulator) -> None:
    assert list(ras.calls) == []
    assert repr(ras.calls) == "nothing"
    calls = ras.calls
    winras.connections()
    winras.connections()
    assert len(calls) == 2
    assert calls("RasEnumConnections") == 2
    assert calls[0] == calls[-2]
    assert calls[:1] == [calls[0]]
    assert "RasEnumConnections() -> 0" in repr(calls)
    with pytest.raises(IndexError):
        calls[2]
    with pytest.raises(ValueError, match="RasDialog"):
        calls("RasDialog")


def test_the_last_65536_calls_are_kept(ras: Simulator) -> None:
    a = up(ras)
    before = len(ras.calls)
    for _ in range(65536):
        a.status()
    winras.connections()
    assert len(ras.calls) == 65536
    assert ras.calls("RasGetConnectStatus") == 65536
    assert ras.calls[0].function == "RasGetConnectStatus"
    assert ras.calls[-1].function == "RasEnumConnections"
    assert before < 65536


def test_flags_and_sub_entries_are_arguments_too(ras: Simulator) -> None:
    ras.add_entry("ISDN", sub_entries=2)
    ras.connect("ISDN")
    winras.get_connection("ISDN").links()
    winras.watch().close()
    numbers = {(call.function, call.number) for call in ras.calls}
    assert ("RasGetSubEntryHandle", 1) in numbers
    assert ("RasConnectionNotification", 1) in numbers
    assert "RasConnectionNotification(all, 1) -> 0" in repr(ras.calls)


def test_nothing_can_be_asked_after_the_end() -> None:
    with Simulator() as ras:
        calls, history = ras.calls, ras.history
    for ask in (lambda: len(calls), lambda: list(history), lambda: calls("RasHangUp")):
        with pytest.raises(RuntimeError, match="not active"):
            ask()
    with pytest.raises(RuntimeError, match="not active"):
        _ = ras.connections


# ---- history and connections ----


def test_history_is_what_happened(ras: Simulator) -> None:
    ras.add_entry("A", dial_seconds=1.0, hang_up_seconds=0.5, sub_entries=2)
    handle = ras.connect("A")
    ras.advance(1.0)
    ras.add_link("A")
    ras.remove_link("A")
    call = Background(winras.get_connection("A").hang_up)
    ras.wait_blocked()
    ras.advance(0.5)
    call.result()
    assert [(c.at, c.what, c.link) for c in ras.history] == [
        (0.0, "dialling", 0),
        (1.0, "connected", 0),
        (1.0, "link_connected", 2),
        (1.0, "link_gone", 2),
        (1.0, "disconnected", 0),
        (1.5, "gone", 0),
    ]
    assert {(c.name, c.handle) for c in ras.history} == {("A", handle)}


def test_a_drop_has_its_error_in_history(ras: Simulator) -> None:
    up(ras)
    ras.drop("A", error=829, linger=1.0)
    assert str(ras.history[-1]) == "0.000 s: 'A' disconnected (829 ERROR_LINK_FAILURE)"


def test_connections_are_those_that_ras_does_not_list_too(ras: Simulator) -> None:
    ras.add_entry("Slow", dial_seconds=10.0)
    ras.connect("Slow")
    up(ras, "A")
    ras.connect("A")
    slow, a = ras.connections
    assert (slow.name, slow.state, slow.references) == ("Slow", ConnectionState.OpenPort, 1)
    assert (a.state, a.references, a.links, a.error) == (ConnectionState.Connected, 2, 1, 0)
    assert a.handle == winras.get_connection("A").handle
    ras.advance(10.0)


def test_more_connections_than_are_read_at_once(ras: Simulator) -> None:
    for number in range(100):
        up(ras, f"E{number}")
    assert len(ras.connections) == 100


# ---- claims ----


def test_the_first_enumeration_probes_in_every_simulation() -> None:
    for _ in range(2):
        with Simulator() as ras:
            up(ras)
            assert ras.calls("RasEnumConnections") == 2
            ras.grow_list()
            winras._native.lib.winras_forget_room()
            assert "Grown 1" in [c.name for c in winras.connections()]


def test_what_is_planned_happens_when_it_is_due(ras: Simulator) -> None:
    up(ras)
    ras.drop("A", error=829, linger=5.0, at=2.0)
    ras.stop_service(711, at=3.0)
    ras.start_service(at=4.0)
    ras.connect("A", at=10.0)
    ras.advance(2.0)
    assert ras.history[-1].what == "disconnected"
    ras.advance(1.0)
    with pytest.raises(winras.RasError) as caught:
        winras.connections()
    assert caught.value.code == 711
    ras.advance(7.0)
    ras.assert_connected("A")


def test_the_automatic_clock_does_not_stop_for_looks_that_find_nothing() -> None:
    with Simulator(clock="auto") as ras:
        up(ras, hang_up_seconds=36000.0).hang_up(timeout=72000.0)
        assert ras.now == 36000.0
        up(ras, "B")
        with winras.watch(timeout=86400.0) as events:
            ras.drop("B", at=50000.0)
            assert [event.kind.name for event in events] == ["disconnected"]
        assert ras.now == 36000.0 + 86400.0
        assert len(ras.calls) < 100


def test_a_wait_on_the_automatic_clock_that_could_never_end_raises() -> None:
    with Simulator(clock="auto") as ras:
        a = up(ras)
        with pytest.raises(RuntimeError, match="nothing can end this wait"):
            a.wait_closed(timeout=None)
        with pytest.raises(RuntimeError, match="nothing can end this wait"):
            list(winras.watch())


def test_one_reference_that_others_hold_takes_3_seconds_on_the_automatic_clock() -> None:
    with Simulator(clock="auto") as ras:
        a = up(ras)
        ras.connect("A")
        assert a.hang_up(all_references=False) is False
        assert ras.now == 3.0


def test_what_is_claimed_and_so_says_nothing(ras: Simulator) -> None:
    a = up(ras)
    ras.assert_connected("A")
    a.hang_up()
    ras.assert_gone("A")
    ras.assert_called("RasHangUp")
    ras.assert_called("RasHangUp", times=1)
    ras.assert_called("RasGetSubEntryHandle", times=0)


def test_a_claim_that_is_not_so_says_what_happened_instead(ras: Simulator) -> None:
    up(ras)
    ras.connect("A")
    with pytest.raises(SimulationError, match="'A' is not gone but Connected, held 2 times"):
        ras.assert_gone("A")
    ras.drop("A", error=829, linger=60.0)
    with pytest.raises(SimulationError, match="not connected but Disconnected") as caught:
        ras.assert_connected("A")
    assert "0.000 s: 'A' disconnected (829 ERROR_LINK_FAILURE)" in str(caught.value)
    ras.add_entry("B")
    with pytest.raises(AssertionError, match="'B' has no connection"):
        ras.assert_connected("B")
    for claim in (ras.assert_connected, ras.assert_gone):
        with pytest.raises(ValueError, match="no entry 'C'; there are"):
            claim("C")
    ras.assert_gone("A", phonebook="another.pbk")
    with pytest.raises(SimulationError, match="RasHangUp was called 0 times, not at least once"):
        ras.assert_called("RasHangUp")
    with pytest.raises(SimulationError, match=r"called 2 times, not 0 times\n  0.000 s: RasEnum"):
        ras.assert_called("RasEnumConnections", times=0)


# ---- leftovers ----


def leave(*what: Callable[[Simulator], object], **allowed: bool) -> None:
    """Leave something behind in a block of its own."""
    with Simulator(**allowed) as ras:
        for each in what:
            each(ras)


def unmet(ras: Simulator) -> None:
    ras.fail("RasHangUp", 753, times=2)


def dialling(ras: Simulator) -> None:
    ras.add_entry("Slow", dial_seconds=math.inf)
    ras.connect("Slow")


def test_a_fault_that_was_not_met_is_an_error() -> None:
    with pytest.raises(SimulationError, match="RasHangUp was to fail 2 more times"):
        leave(unmet)
    leave(unmet, allow_unmet=True)
    leave(unmet, Simulator.clear_faults)
    with pytest.raises(SimulationError, match="RasHangUp was to fail 1 more time"):
        leave(lambda ras: ras.fail("RasHangUp", 753, times=None))
    with pytest.raises(SimulationError, match="grow_list was to bring up 2 more"):
        leave(lambda ras: ras.grow_list(times=2))


def test_a_connection_left_dialling_is_an_error() -> None:
    with pytest.raises(SimulationError, match="'Slow' is still dialling"):
        leave(dialling)
    leave(dialling, allow_dialling=True)
    assert winras._native.service() == 0


def test_what_has_failed_already_is_not_told_what_is_left() -> None:
    def fail(_: Simulator) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        leave(unmet, fail)


def test_all_that_is_left_is_told_at_once() -> None:
    with pytest.raises(SimulationError) as caught:
        leave(unmet, dialling)
    assert len(str(caught.value).splitlines()) == 2


# ---- faults ----


def test_a_fault_without_end_ends_when_it_is_cleared(ras: Simulator) -> None:
    ras.fail("RasEnumConnections", 8, times=None)
    for _ in range(10):
        with pytest.raises(winras.RasError) as caught:
            winras.connections()
        assert caught.value.code == 8
    ras.clear_faults()
    assert winras.connections() == []


@pytest.mark.parametrize("code", [711, 1722])
def test_while_the_service_is_gone_every_call_fails(ras: Simulator, code: int) -> None:
    a = up(ras)
    ras.stop_service(code)
    for call in (winras.connections, a.status):
        with pytest.raises(winras.RasError) as caught:
            call()
        assert caught.value.code == code
    ras.start_service()
    assert winras.connections() == [a]


def test_a_service_that_was_gone_has_forgotten_its_registrations(ras: Simulator) -> None:
    with winras.watch(timeout=10.0, check_every=5.0) as events:
        ras.stop_service()
        ras.start_service()
        ras.add_entry("A")
        ras.connect("A")
        found = Background(lambda: next(events))
        ras.wait_blocked()
        ras.advance(4.9)
        assert found.running
        ras.wait_blocked()
        ras.advance(0.1)
        assert found.result().source is winras.EventSource.check


def test_a_call_that_takes_time_moves_a_clock_that_stands_still() -> None:
    with Simulator(clock="auto") as ras:
        ras.delay("RasEnumConnections", 2.5)
        winras.connections()
        assert ras.now == 2.5
        ras.delay("RasEnumConnections", 0.0)
        winras.connections()
        assert ras.now == 2.5


def test_a_call_of_another_thread_waits_until_the_clock_is_moved(ras: Simulator) -> None:
    ras.delay("RasEnumConnections", 2.5)
    call = Background(winras.connections)
    ras.wait_blocked()
    ras.advance(2.4)
    ras.wait_blocked()
    assert call.running
    ras.advance(0.1)
    assert call.result() == []


def test_what_is_due_while_a_call_takes_its_time_is_seen_when_it_is() -> None:
    with Simulator(clock="auto") as ras:
        a = up(ras)
        ras.drop("A", at=3.0)
        events = winras.watch(timeout=60.0)
        watching = Background(lambda: next(events))
        ras.wait_blocked()
        ras.delay("RasGetConnectStatus", 10.0)
        with pytest.raises(winras.NotConnectedError):
            a.status()
        assert watching.result().at.second == 3
        assert ras.now == 10.0
        events.close()


def test_a_call_takes_its_time_on_a_clock_that_runs() -> None:
    with Simulator(clock=100) as ras:
        ras.delay("RasEnumConnections", 10.0)
        begun = time.perf_counter()
        winras.connections()
        assert time.perf_counter() - begun >= 0.099  # the last digit of either clock may differ


def test_a_slow_call_ends_with_its_simulator() -> None:
    with Simulator(clock="manual") as ras:
        ras.delay("RasEnumConnections", 1e9)
        call = Background(winras.connections)
        ras.wait_blocked()
    with pytest.raises(RuntimeError, match="Simulator has ended"):
        call.result()


@pytest.mark.parametrize("code", [0, -1, 0x20000001])
def test_what_is_no_error_cannot_be_answered(ras: Simulator, code: int) -> None:
    with pytest.raises(ValueError):
        ras.stop_service(code)
    with pytest.raises(ValueError):
        ras.fail("RasHangUp", code)
    with pytest.raises(ValueError, match="RasDialog"):
        ras.delay("RasDialog", 1.0)
