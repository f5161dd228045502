"""Ending connections, and waiting for their end."""

from __future__ import annotations

import math
import time

import pytest

import winras
from background import Background
from patience import quick
from winras import _connections, _native, _operations
from winras.testing import Simulator


def connect(ras: Simulator, name: str = "Office VPN", *, seconds: float = 0.8) -> winras.Connection:
    ras.add_entry(name, hang_up_seconds=seconds)
    ras.connect(name)
    return winras.get_connection(name)


def test_hang_up_returns_when_the_handle_is_dead(ras: Simulator) -> None:
    office = connect(ras, seconds=0.8)
    call = Background(office.hang_up)
    ras.wait_blocked()
    ras.advance(0.799)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.3)
    assert call.result() is True
    assert ras.calls("RasHangUp") == 1
    with pytest.raises(winras.NotConnectedError):
        office.status()


@pytest.mark.parametrize(("refused", "apart"), [(0, 0.5), (711, 0.25)])
def test_looks_are_at_most_500_ms_apart_or_250_without_signals(
    ras: Simulator, refused: int, apart: float
) -> None:
    if refused:
        ras.fail("RasConnectionNotification", refused, times=None)
    call = Background(connect(ras, seconds=math.inf).hang_up)
    ras.wait_blocked()
    for _ in range(8):
        ras.wait_blocked()
        ras.advance(apart)
    looks = ras.calls("RasGetConnectStatus")
    for _ in range(20):
        ras.wait_blocked()
        ras.advance(apart)
    assert ras.calls("RasGetConnectStatus") == looks + 20
    ras.wait_blocked()
    ras.advance(30)
    with pytest.raises(winras.RasTimeoutError):
        call.result()


def test_on_a_real_clock_it_returns_soon_after_the_end_and_sleeps_until_then() -> None:
    def hang_up() -> tuple[float, float]:
        with Simulator() as ras:
            office = connect(ras, seconds=0.8)
            began, cpu_began = time.perf_counter(), time.process_time()
            assert office.hang_up()
            took, cpu = time.perf_counter() - began, time.process_time() - cpu_began
        assert took >= 0.799  # the last digit of either clock may differ
        return cpu, took

    def sleep() -> tuple[None, float]:
        return None, quick(hang_up, 0.8 + 0.3)

    quick(sleep, 0.1)


def test_a_handle_that_never_dies_raises_at_the_timeout(ras: Simulator) -> None:
    office = connect(ras, seconds=math.inf)
    call = Background(lambda: office.hang_up(timeout=5.0))
    ras.wait_blocked()
    ras.advance(4.99)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.01)
    with pytest.raises(winras.RasTimeoutError, match="after 5 s") as raised:
        call.result()
    assert raised.value.code == 1460
    assert isinstance(raised.value, TimeoutError)


def test_a_timeout_of_zero_hangs_up_and_looks_once(ras: Simulator) -> None:
    with pytest.raises(winras.RasTimeoutError):
        connect(ras, "slow", seconds=1.0).hang_up(timeout=0)
    assert connect(ras, "fast", seconds=0.0).hang_up(timeout=0) is True


def test_all_references_are_hung_up(ras: Simulator) -> None:
    office = connect(ras, seconds=0.5)
    ras.connect("Office VPN")
    ras.connect("Office VPN")
    call = Background(office.hang_up)
    ras.wait_blocked()
    ras.advance(0.25)
    assert ras.calls("RasHangUp") == 3
    ras.wait_blocked()
    ras.advance(0.5)
    assert call.result() is True
    assert winras.connections() == []


def test_one_reference_is_hung_up_once_and_false_means_that_others_hold_it(ras: Simulator) -> None:
    office = connect(ras)
    ras.connect("Office VPN")
    call = Background(lambda: office.hang_up(all_references=False))
    ras.wait_blocked()
    ras.advance(2.999)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.001)
    assert call.result() is False
    assert ras.calls("RasHangUp") == 1
    assert office.status().state is winras.ConnectionState.Connected
    assert _native.unfinished_hang_ups() == 0


def test_the_last_reference_ends_the_connection(ras: Simulator) -> None:
    office = connect(ras)
    call = Background(lambda: office.hang_up(all_references=False))
    ras.wait_blocked()
    ras.advance(0.8)
    assert call.result() is True


@pytest.mark.parametrize("code", [6, 668])
def test_an_answer_that_the_connection_is_gone_is_success(ras: Simulator, code: int) -> None:
    office = connect(ras)
    ras.fail("RasHangUp", code)
    assert office.hang_up() is True
    assert _native.unfinished_hang_ups() == 0


def test_already_disconnecting_means_wait(ras: Simulator) -> None:
    office = connect(ras)
    ras.fail("RasHangUp", 617, times=None)
    call = Background(office.hang_up)
    ras.wait_blocked()
    ras.drop("Office VPN")
    ras.advance(0.25)
    assert call.result() is True


def test_a_message_says_hung_up_only_if_ras_has_taken_it(ras: Simulator) -> None:
    office = connect(ras, seconds=math.inf)
    ras.fail("RasHangUp", 617, times=None)
    with pytest.raises(winras.RasTimeoutError) as raised:
        office.hang_up(timeout=0)
    assert "hung up" not in raised.value.message
    assert "'Office VPN' is not gone after 0 s: RasHangUp answered 617" in raised.value.message
    ras.clear_faults()
    with pytest.raises(winras.RasTimeoutError, match="'Office VPN' was hung up but is not gone"):
        office.hang_up(timeout=0)


def test_another_answer_is_raised_with_its_function(ras: Simulator) -> None:
    office = connect(ras)
    ras.fail("RasHangUp", 753)
    with pytest.raises(winras.RasError) as raised:
        office.hang_up()
    assert (raised.value.code, raised.value.name) == (753, "ERROR_HANGUP_FAILED")
    assert raised.value.function == "RasHangUp"
    assert _native.unfinished_hang_ups() == 0
    ras.fail("RasEnumConnections", 711)
    with pytest.raises(winras.RasError) as raised:
        office.hang_up()
    assert (raised.value.code, raised.value.function) == (711, "RasEnumConnections")
    assert ras.calls("RasHangUp") == 1


def test_looks_that_fail_do_not_end_the_wait(ras: Simulator) -> None:
    office = connect(ras, seconds=0.5)
    ras.fail("RasGetConnectStatus", 1722, times=2)
    call = Background(office.hang_up)
    ras.wait_blocked()
    ras.advance(0.25)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.25)
    assert call.result() is True


def test_what_is_gone_already_is_not_hung_up(ras: Simulator) -> None:
    office = connect(ras)
    ras.drop("Office VPN")
    assert office.hang_up() is True
    assert ras.calls("RasHangUp") == 0


def test_the_new_owner_of_a_reused_handle_is_left_alone(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    office = connect(ras)
    ras.drop("Office VPN")
    other = connect(ras, "Other")
    assert other.handle == office.handle
    assert office.hang_up() is True
    assert ras.calls("RasHangUp") == 0
    assert other.status().state is winras.ConnectionState.Connected


def test_the_next_connection_of_the_same_entry_is_left_alone(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    office = connect(ras)
    ras.drop("Office VPN")
    ras.connect("Office VPN")
    again = winras.get_connection("Office VPN")
    assert (again.handle, again.entry_id) == (office.handle, office.entry_id)
    assert office.hang_up() is True
    assert ras.calls("RasHangUp") == 0


def test_a_handle_that_is_reused_during_the_wait_ends_it(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    office = connect(ras, seconds=0.5)
    ras.add_entry("Other")
    call = Background(office.hang_up)
    ras.wait_blocked()
    # No look falls between the death of the one and the birth of the other.
    ras._act("connect", "Other", at=0.5)
    ras.advance(0.5)
    assert call.result() is True
    assert winras.get_connection("Other").handle == office.handle
    assert ras.calls("RasHangUp") == 1


def test_eight_threads_end_one_connection_once_and_all_succeed(ras: Simulator) -> None:
    office = connect(ras, seconds=0.8)
    calls = [Background(office.hang_up) for _ in range(8)]
    ras.wait_blocked(8)
    ras.advance(0.8)
    assert [call.result() for call in calls] == [True] * 8
    assert winras.connections() == []
    assert ras.connect("Office VPN") != office.handle


@pytest.mark.parametrize("quirk", [None, "second-hang-up-617"])
def test_eight_threads_on_a_real_clock(quirk: str | None) -> None:
    with Simulator() as ras:
        if quirk:
            ras.quirks.add(quirk)
        for _ in range(10):
            ras.add_entry("A" * (1 + ras.calls("RasHangUp")), hang_up_seconds=0.02)
            name = "A" * (1 + ras.calls("RasHangUp"))
            ras.connect(name)
            ras.connect(name)
            connection = winras.get_connection(name)
            calls = [Background(connection.hang_up) for _ in range(8)]
            assert [call.result() for call in calls] == [True] * 8
            assert winras.connections() == []


def test_a_dialling_connection_can_be_hung_up(ras: Simulator) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("A", dial_seconds=60.0, hang_up_seconds=0.5)
    ras.connect("A")
    dialling = winras.get_connection("A")
    assert dialling.status().state < winras.ConnectionState.Connected
    call = Background(dialling.hang_up)
    ras.wait_blocked()
    ras.advance(0.5)
    assert call.result() is True


def test_the_end_of_a_link_is_told_by_its_connection(ras: Simulator) -> None:
    isdn = connect(ras, "ISDN", seconds=0.5)
    ras.add_link("ISDN")
    _, second = isdn.links()
    call = Background(second.hang_up)
    ras.wait_blocked()
    ras.advance(0.499)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.25)
    assert call.result() is True
    assert [link.sub_entry for link in isdn.links()] == [1]
    assert isdn.status().state is winras.ConnectionState.Connected
    # Its own status still answers, as RasHangUp's page says of sub-entry handles.
    assert second.status().state is winras.ConnectionState.Disconnected
    assert second.hang_up() is True


def test_hanging_up_the_last_link_ends_the_connection(ras: Simulator) -> None:
    isdn = connect(ras, "ISDN", seconds=0.0)
    [link] = isdn.links()
    assert link.hang_up(timeout=0) is True
    assert winras.connections() == []


def test_wait_closed_returns_when_another_ends_the_connection(ras: Simulator) -> None:
    office = connect(ras)
    call = Background(office.wait_closed)
    ras.wait_blocked()
    ras.drop("Office VPN", error=829, linger=1.0)
    ras.advance(0.9)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.35)
    assert call.result() is None
    assert ras.calls("RasHangUp") == 0


def test_wait_closed_of_what_is_gone_returns_at_once(ras: Simulator) -> None:
    office = connect(ras)
    ras.drop("Office VPN")
    office.wait_closed(timeout=0)


def test_wait_closed_sees_that_the_handle_is_another_connections_now(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    office = connect(ras)
    ras.drop("Office VPN")
    connect(ras, "Other")
    office.wait_closed(timeout=0)


def test_what_wait_closed_has_seen_end_is_not_waited_for_at_exit(ras: Simulator) -> None:
    office = connect(ras, seconds=1.0)
    with pytest.raises(winras.RasTimeoutError):
        office.hang_up(timeout=0)
    assert _native.unfinished_hang_ups() == 1
    ras.advance(1.0)
    office.wait_closed(timeout=0)
    assert _native.unfinished_hang_ups() == 0


def test_wait_closed_raises_at_the_timeout(ras: Simulator) -> None:
    office = connect(ras)
    with pytest.raises(winras.RasTimeoutError, match="still there after 0 s"):
        office.wait_closed(timeout=0)
    call = Background(lambda: office.wait_closed(timeout=2.0))
    ras.wait_blocked()
    ras.advance(2.0)
    with pytest.raises(winras.RasTimeoutError, match="still there after 2 s"):
        call.result()


def test_wait_closed_without_a_limit_waits(ras: Simulator) -> None:
    office = connect(ras)
    call = Background(lambda: office.wait_closed(timeout=None))
    ras.wait_blocked()
    ras.advance(1e9)
    ras.wait_blocked()
    ras.drop("Office VPN")
    ras.advance(0.25)
    assert call.result() is None


def test_wait_closed_of_a_link(ras: Simulator) -> None:
    isdn = connect(ras, "ISDN")
    ras.add_link("ISDN")
    first, _ = isdn.links()
    call = Background(first.wait_closed)
    ras.wait_blocked()
    ras.remove_link("ISDN", link=1)
    ras.advance(0.25)
    assert call.result() is None


def test_wait_closed_raises_what_ras_answers(ras: Simulator) -> None:
    office = connect(ras)
    ras.fail("RasGetConnectStatus", 1722)
    with pytest.raises(winras.RasError) as raised:
        office.wait_closed()
    assert (raised.value.code, raised.value.name) == (1722, "RPC_S_SERVER_UNAVAILABLE")


@pytest.mark.parametrize("timeout", [None, -1, -0.001, math.nan, math.inf])
def test_a_bad_timeout_is_a_value_error_and_touches_nothing(
    ras: Simulator, timeout: float | None
) -> None:
    office = connect(ras)
    with pytest.raises(ValueError):
        office.hang_up(timeout=timeout)  # type: ignore[arg-type]
    if timeout is not None:
        with pytest.raises(ValueError):
            office.wait_closed(timeout=timeout)
    assert ras.calls("RasHangUp") == 0


@pytest.mark.parametrize("code", [1131, 1460])
def test_a_code_of_ras_is_not_taken_for_the_shims_own(ras: Simulator, code: int) -> None:
    office = connect(ras)
    ras.fail("RasHangUp", code)
    with pytest.raises(winras.RasError) as raised:
        office.hang_up()
    assert (raised.value.code, raised.value.function) == (code, "RasHangUp")
    assert "30 s" not in str(raised.value)


def test_all_references_must_be_a_bool(ras: Simulator) -> None:
    with pytest.raises(TypeError, match="all_references"):
        connect(ras).hang_up(all_references="no")  # type: ignore[arg-type]
    assert ras.calls("RasHangUp") == 0


def test_a_late_link_names_the_function_that_was_asked(ras: Simulator) -> None:
    isdn = connect(ras, "ISDN", seconds=1.0)
    with pytest.raises(winras.RasTimeoutError) as raised:
        isdn.links()[0].hang_up(timeout=0)
    assert raised.value.function == "RasGetSubEntryHandle"


@pytest.mark.parametrize("timeout", ["5", True, object()])
def test_a_timeout_that_is_no_number_is_a_type_error(ras: Simulator, timeout: float) -> None:
    office = connect(ras)
    with pytest.raises(TypeError):
        office.hang_up(timeout=timeout)
    assert ras.calls("RasHangUp") == 0


def test_a_timeout_beyond_all_reason_is_only_long(ras: Simulator) -> None:
    assert connect(ras, "A", seconds=0.0).hang_up(timeout=1e300) is True
    assert connect(ras, "B", seconds=0.0).hang_up(timeout=10**400) is True


def test_a_timeout_ends_the_wait_but_not_the_entry(ras: Simulator) -> None:
    office = connect(ras, seconds=0.5)
    with pytest.raises(winras.RasTimeoutError):
        office.hang_up(timeout=0)
    assert _native.unfinished_hang_ups() == 1
    ras.advance(0.5)
    _operations.finish_hang_ups()
    assert _native.unfinished_hang_ups() == 0


def hang_up_without_waiting(ras: Simulator, name: str) -> None:
    ras.connect(name)
    with pytest.raises(winras.RasTimeoutError):
        winras.get_connection(name).hang_up(timeout=0)


def test_what_is_gone_leaves_the_list_of_unfinished_hang_ups(ras: Simulator) -> None:
    ras.add_entry("Office VPN", hang_up_seconds=0.5)
    calls = 0
    for _ in range(100):
        before = len(ras.calls)
        hang_up_without_waiting(ras, "Office VPN")
        assert _native.unfinished_hang_ups() <= 2
        calls = max(calls, len(ras.calls) - before)
        ras.advance(0.5)
    assert calls < 10


def test_many_that_go_at_once_leave_the_list_little_by_little(ras: Simulator) -> None:
    names = [f"VPN {number}" for number in range(30)]
    for name in names:
        ras.add_entry(name, hang_up_seconds=0.5)
        hang_up_without_waiting(ras, name)
    assert _native.unfinished_hang_ups() == 30
    ras.advance(0.5)
    for name in names:
        hang_up_without_waiting(ras, name)
        ras.advance(0.5)
    assert _native.unfinished_hang_ups() <= 2


def test_a_second_hang_up_waits_for_the_first(ras: Simulator) -> None:
    office = connect(ras, seconds=0.5)
    with pytest.raises(winras.RasTimeoutError):
        office.hang_up(timeout=0)
    call = Background(office.hang_up)
    ras.wait_blocked()
    ras.advance(0.5)
    assert call.result() is True
    assert ras.calls("RasHangUp") == 1
    assert _native.unfinished_hang_ups() == 0


def test_the_wait_at_exit_is_bounded() -> None:
    with Simulator(clock=100) as ras:
        office = connect(ras, seconds=math.inf)
        with pytest.raises(winras.RasTimeoutError):
            office.hang_up(timeout=0)
        began = ras.now
        _operations.finish_hang_ups()
        assert 3.0 <= ras.now - began < 60.0


def test_the_wait_at_exit_knows_that_others_may_hold_a_connection() -> None:
    with Simulator(clock=100) as ras:
        office = connect(ras)
        ras.connect("Office VPN")
        with pytest.raises(winras.RasTimeoutError):
            office.hang_up(timeout=0, all_references=False)
        _operations.finish_hang_ups()
        assert _native.unfinished_hang_ups() == 0
        assert office.status().state is winras.ConnectionState.Connected


def test_cancelling_ends_the_wait_but_not_the_hang_up(ras: Simulator) -> None:
    office = connect(ras)
    operation = _connections.hanging_up(office, timeout=30.0, all_references=True)
    call = Background(operation.run)
    ras.wait_blocked()
    operation.close()
    with pytest.raises(winras.RasError) as raised:
        call.result()
    assert raised.value.code == 1223
    assert _native.unfinished_hang_ups() == 1
    operation.close()
    with pytest.raises(winras.RasError):
        operation.run()


def test_the_end_of_the_simulator_ends_every_wait() -> None:
    with Simulator(clock="manual") as ras:
        office = connect(ras, seconds=math.inf)
        call = Background(office.hang_up)
        ras.wait_blocked()
    with pytest.raises(RuntimeError, match="Simulator has ended"):
        call.result()


def test_on_the_manual_clock_a_wait_that_nobody_could_end_raises_at_once(ras: Simulator) -> None:
    office = connect(ras, seconds=1.0)
    with pytest.raises(RuntimeError, match="advance"):
        office.hang_up()


def test_on_the_manual_clock_the_makers_thread_may_wait_if_another_can_advance(
    ras: Simulator,
) -> None:
    office = connect(ras, seconds=1.0)

    def advance() -> None:
        ras.wait_blocked()
        ras.advance(1.0)

    call = Background(advance)
    assert office.hang_up() is True
    call.result()


@pytest.mark.parametrize("references", [1, 9, 40])
def test_many_references_are_hung_up_on_the_automatic_clock(references: int) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        for _ in range(references):
            ras.connect("A")
        assert winras.get_connection("A").hang_up() is True
        assert ras.calls("RasHangUp") == references
