"""The simulator's Python face: what it refuses, its clocks, its faults."""

from __future__ import annotations

import itertools
import math
import random
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

import winras
from background import Background
from interrupting import Interrupting
from winras import _autojump, _native, testing
from winras.testing import DEFAULT_PHONEBOOK, Quirks, Simulator


def test_one_at_a_time(ras: Simulator) -> None:
    with pytest.raises(RuntimeError, match="already active in this process"):
        Simulator().__enter__()
    ras.add_entry("still works")


def test_outside_of_its_block_nothing_works() -> None:
    simulator = Simulator()
    with pytest.raises(RuntimeError, match="not active"):
        simulator.add_entry("A")
    with simulator:
        simulator.add_entry("A")
    with pytest.raises(RuntimeError, match="not active"):
        simulator.connect("A")


@pytest.mark.skipif(sys.platform == "win32", reason="this system has a RAS of its own")
def test_the_simulator_serves_only_inside_its_block() -> None:
    with Simulator():
        assert winras.connections() == []
    with pytest.raises(winras.RasUnavailableError):
        winras.connections()


def test_each_block_begins_with_nothing() -> None:
    simulator = Simulator(clock="manual", allow_unmet=True)
    for _ in range(2):
        with simulator as ras:
            assert ras.now == 0.0
            assert list(ras.quirks) == []
            assert winras.connections() == []
            assert ras.calls("RasEnumConnections") == 1
            ras.add_entry("A")
            ras.connect("A")
            ras.quirks.add("handle-reuse")
            ras.fail("RasHangUp", 5)
            ras.advance(1.0)


@pytest.mark.parametrize("clock", ["fast", 0, -1, math.inf, math.nan, True, None, 1e15, 10**400])
def test_a_bad_clock_is_refused(clock: str) -> None:
    with pytest.raises(ValueError, match="clock must be"):
        Simulator(clock=clock)


def test_a_factor_makes_time_pass_so_many_times_as_fast() -> None:
    with Simulator(clock=1e6) as ras:
        ras.add_entry("A", hang_up_seconds=2e5)
        ras.connect("A")
        began = time.perf_counter()
        assert winras.get_connection("A").hang_up(timeout=1e12)
        assert time.perf_counter() - began >= 0.199  # the last digit of either clock may differ
        assert ras.now >= 2e5


def test_advance_is_for_the_manual_clock() -> None:
    with Simulator() as ras, pytest.raises(RuntimeError, match="manual"):
        ras.advance(1.0)


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf])
def test_time_goes_forward_only(ras: Simulator, seconds: float) -> None:
    with pytest.raises(ValueError):
        ras.advance(seconds)
    with pytest.raises(TypeError):
        ras.advance("1")  # type: ignore[arg-type]
    assert ras.now == 0.0


def test_wait_blocked_counts_waits_in_all_threads(ras: Simulator) -> None:
    ras.add_entry("A", hang_up_seconds=1.0)
    ras.connect("A")
    connection = winras.get_connection("A")
    calls = [Background(connection.wait_closed) for _ in range(3)]
    ras.wait_blocked(3)
    ras.drop("A")
    ras.advance(60.0)
    assert [call.result() for call in calls] == [None] * 3


def _check_found(
    up: list[winras.Connection], ending: list[winras.Connection], dead: list[winras.Connection]
) -> None:
    """Check that each is found by its handle, links by theirs, and those up are listed."""
    assert winras.connections() == up
    for one in up:
        states = {link.status().state for link in one.links()} | {one.status().state}
        assert states == {winras.ConnectionState.Connected}
    for one in ending:
        assert one.status().state is winras.ConnectionState.Disconnected
    for one in dead:
        with pytest.raises(winras.NotConnectedError):
            one.status()


def test_each_of_many_connections_is_found_and_ends_in_its_order(ras: Simulator) -> None:
    """Old ones stay while others come and go; at one moment the one dialled first ends first."""
    chance = random.Random(19)  # noqa: S311 a story, no secret
    number = itertools.count()
    up: dict[str, tuple[int, winras.Connection]] = {}
    ending: list[tuple[float, int, winras.Connection]] = []
    dead: list[winras.Connection] = []
    for i in range(60):
        ras.add_entry(f"VPN {i}", sub_entries=3)
    for step in range(1000):
        name = f"VPN {int(60 * chance.random() ** 2)}"
        if name in up:
            linger = chance.randrange(4) * 1.0
            ras.drop(name, linger=linger)
            ending.append((ras.now + linger, *up.pop(name)))
        elif name in {connection.name for _, _, connection in ending}:
            ras.advance(chance.randrange(2) * 1.0)
        else:
            ras.connect(name, dial_seconds=0)
            for _ in range(chance.randrange(3)):
                ras.add_link(name)
            up[name] = next(number), winras.get_connection(name)
        ended = sorted(end for end in ending if end[0] <= ras.now)
        dead += [connection for _, _, connection in ended]
        ending = [end for end in ending if end not in ended]
        if step % 100 == 0:
            _check_found(
                [connection for _, connection in up.values()],
                [connection for _, _, connection in ending],
                dead[-30:],
            )
    told = [change.handle for change in ras.history if change.what == "gone"]
    assert told == [connection.handle for connection in dead]
    assert len(dead) > 250


def test_states_come_in_order_while_it_dials(ras: Simulator) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("A", dial_seconds=1.0)
    ras.connect("A")
    connection = winras.get_connection("A")
    seen = []
    for _ in range(20):
        state = connection.status().state
        if state not in seen:
            seen.append(state)
        ras.advance(0.05)
    assert seen == sorted(seen)
    assert seen[0] is winras.ConnectionState.OpenPort
    assert connection.status().state is winras.ConnectionState.Connected


def test_an_entry_cannot_be_dialled_before_its_handle_is_dead(ras: Simulator) -> None:
    ras.add_entry("A", hang_up_seconds=0.5)
    ras.connect("A")
    with pytest.raises(winras.RasTimeoutError):
        winras.get_connection("A").hang_up(timeout=0)
    with pytest.raises(winras.RasError) as raised:
        ras.connect("A")
    assert raised.value.code == 633
    ras.advance(0.5)
    ras.connect("A")


def test_a_client_that_leaves_too_early_leaves_the_port_stuck(ras: Simulator) -> None:
    ras.add_entry("A", hang_up_seconds=0.5)
    ras.connect("A")
    with pytest.raises(winras.RasTimeoutError):
        winras.get_connection("A").hang_up(timeout=0)
    ras.client_leaves()
    with pytest.raises(winras.RasError, match="stuck") as raised:
        ras.connect("A")
    assert raised.value.code == 602


def test_a_client_that_leaves_after_the_end_leaves_nothing(ras: Simulator) -> None:
    ras.add_entry("A", hang_up_seconds=0.0)
    ras.connect("A")
    winras.get_connection("A").hang_up(timeout=0)
    ras.client_leaves()
    ras.connect("A")
    assert winras.get_connection("A").status().state is winras.ConnectionState.Connected


def test_what_cannot_happen_says_why(ras: Simulator) -> None:
    ras.add_entry("A", dial_seconds=1.0)
    with pytest.raises(winras.EntryNotFoundError, match="add_entry"):
        ras.connect("B")
    with pytest.raises(winras.NotConnectedError, match="not connected"):
        ras.drop("A")
    ras.connect("A")
    with pytest.raises(winras.RasError, match="being dialled"):
        ras.connect("A")
    with pytest.raises(winras.NotConnectedError):
        ras.add_link("A")
    ras.advance(1.0)
    with pytest.raises(winras.RasError, match="no link of that number"):
        ras.remove_link("A", link=2)
    ras.add_entry("A", phonebook="other.pbk")
    with pytest.raises(winras.RasError, match="phonebook="):
        ras.drop("A")
    with pytest.raises(ValueError, match="already has an entry 'A'"):
        ras.add_entry("A", phonebook="other.pbk")


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "x" * 257},
        {"name": "A\0B"},
        {"name": ""},
        {"name": "A", "device_type": "x" * 17},
        {"name": "A", "hang_up_seconds": -1.0},
        {"name": "A", "dial_seconds": math.nan},
        {"name": "A", "remote_endpoint": "nowhere"},
        {"name": "A", "entry_id": "no guid"},
    ],
)
def test_a_bad_entry_is_refused(ras: Simulator, arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        ras.add_entry(**arguments)  # type: ignore[arg-type]
    with pytest.raises(winras.EntryNotFoundError):
        ras.connect("A")


def test_faults_are_met_in_order_and_once(ras: Simulator) -> None:
    ras.fail("RasEnumConnections", 711, times=2)
    ras.fail("RasEnumConnections", 8)
    codes = []
    for _ in range(3):
        with pytest.raises(winras.RasError) as raised:
            winras.connections()
        codes.append(raised.value.code)
    assert codes == [711, 711, 8]
    assert winras.connections() == []
    assert ras.calls("RasEnumConnections") == 4


def test_a_function_that_is_not_simulated_is_refused(ras: Simulator) -> None:
    with pytest.raises(ValueError, match="RasHangUp"):
        ras.fail("RasDialler", 1)
    with pytest.raises(ValueError, match="RasHangUp"):
        ras.calls("rashangup")
    with pytest.raises(ValueError):
        ras.fail("RasHangUp", 0)
    with pytest.raises(ValueError):
        ras.fail("RasHangUp", 5, times=0)
    with pytest.raises(ValueError, match="not an error of RAS"):
        ras.fail("RasHangUp", 0x20000003)


def test_numbers_out_of_range_are_refused(ras: Simulator) -> None:
    ras.add_entry("A", entry_id=uuid.uuid4())
    ras.connect("A")
    for call in (
        lambda: ras.drop("A", error=-1),
        lambda: ras.drop("A", error=2**40),
        lambda: ras.remove_link("A", link=-1),
        lambda: ras.wait_blocked(-1),
        lambda: ras.add_entry("B", sub_entries=0),
        lambda: ras.add_entry("B", sub_entries=256),
    ):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(TypeError):
        ras.add_entry("B", local_endpoint=5)  # type: ignore[arg-type]
    ras.add_entry("B", dial_seconds=10**400)
    assert len(winras.connections()) == 1


def test_quirks_are_those_of_their_simulator() -> None:
    with Simulator() as first:
        quirks = first.quirks
        assert quirks | {"more"} == {"more"}
    with pytest.raises(RuntimeError, match="not active"):
        quirks.add("handle-reuse")
    with Simulator() as second:
        with pytest.raises(RuntimeError, match="not active"):
            quirks.add("handle-reuse")
        assert len(second.quirks) == 0


def test_a_long_schedule_of_one_moment_is_played(tmp_path: Path) -> None:
    scenario = tmp_path / "deep.toml"
    actions = "".join(
        f'[[at]]\nseconds = 1\n{"drop" if n % 2 else "connect"} = "A"\n' for n in range(4000)
    )
    scenario.write_text(f'[[entry]]\nname = "A"\n{actions}', encoding="utf-8")
    with Simulator(clock="manual", scenario=scenario) as ras:
        ras.advance(1.0)
        assert winras.connections() == []


def test_quirks_are_a_set_of_known_names(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    assert set(ras.quirks) == {"handle-reuse"}
    assert "handle-reuse" in ras.quirks
    assert repr(ras.quirks) == "Quirks(['handle-reuse'])"
    ras.quirks.clear()
    assert len(ras.quirks) == 0
    with pytest.raises(ValueError, match="handle-reuse"):
        ras.quirks.add("handle-rescue")


def test_every_quirk_is_documented() -> None:
    assert Quirks.__doc__ is not None
    for name in Quirks.known:
        assert f"``{name}``" in Quirks.__doc__


@pytest.mark.parametrize(
    ("device", "error"), [(("x" * 17, "a"), ValueError), (("vpn", 1), TypeError)]
)
def test_a_device_has_two_texts(
    ras: Simulator, device: tuple[str, str], error: type[Exception]
) -> None:
    ras.set_devices([("vpn", "WAN 微型端口 (L2TP)"), ("modem", "x" * 128)])
    with pytest.raises(error, match="device_"):
        ras.set_devices([device])


def test_a_drop_during_dialling_fails_the_dial(ras: Simulator) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("A", dial_seconds=5.0)
    ras.connect("A")
    dialling = winras.get_connection("A")
    ras.advance(1.0)
    ras.drop("A", error=809, linger=2.0)
    assert dialling.status().error == 809
    ras.advance(10.0)
    assert winras.connections() == []


def test_the_last_link_takes_the_connection_with_it(ras: Simulator) -> None:
    ras.add_entry("ISDN")
    ras.connect("ISDN")
    ras.add_link("ISDN")
    ras.remove_link("ISDN")
    assert len(winras.connections()) == 1
    ras.remove_link("ISDN")
    assert winras.connections() == []


def test_what_is_being_hung_up_may_still_be_dropped(ras: Simulator) -> None:
    ras.add_entry("A", hang_up_seconds=60.0)
    ras.connect("A")
    call = Background(winras.get_connection("A").hang_up)
    ras.wait_blocked()
    ras.drop("A")
    assert call.result() is True


def test_the_automatic_clock_jumps_while_its_maker_waits() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", hang_up_seconds=25.0)
        ras.connect("A")
        assert winras.get_connection("A").hang_up() is True
        assert ras.now == 25.0
        ras.connect("A", dial_seconds=3600.0)
        with winras.watch() as events:
            assert next(events).kind is winras.EventKind.connected
        assert ras.now == 3625.0
        with pytest.raises(winras.RasTimeoutError):
            winras.get_connection("A").wait_closed(timeout=100.0)
        assert ras.now == 3725.0


def test_the_automatic_clock_stands_still_while_its_maker_runs_python() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", hang_up_seconds=1.0)
        ras.connect("A")
        a = winras.get_connection("A")
        call = Background(a.hang_up)
        ras.wait_blocked()
        assert (ras.now, call.running) == (0.0, True)
        a.wait_closed()
        assert ras.now == 1.0
        assert call.result() is True


def test_the_automatic_clock_jumps_to_a_timeout_too() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        with winras.watch(check_every=1e9) as events:
            ras.connect("A")
            next(events)
            with pytest.raises(winras.RasTimeoutError):
                winras.get_connection("A").wait_closed(timeout=1e4)
        assert list(winras.watch(timeout=1e11, check_every=1e10)) == []
        assert ras.now > 1e11


def test_threads_that_outlive_a_simulator_are_told_so() -> None:
    stop = threading.Event()
    wrong: list[Exception] = []

    def use() -> None:
        while not stop.is_set():
            try:
                for connection in winras.connections():
                    connection.wait_closed(timeout=5.0)
            except (RuntimeError, winras.RasUnavailableError, winras.RasTimeoutError):
                continue
            except winras.RasError as error:
                wrong.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        with Simulator() as ras:
            ras.add_entry("A")
            ras.connect("A")
            winras.connections()
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_connection_that_is_hung_up_and_dropped_disconnects_once(ras: Simulator) -> None:
    ras.add_entry("A", hang_up_seconds=5.0)
    ras.connect("A")
    with pytest.raises(winras.RasTimeoutError):
        winras.get_connection("A").hang_up(timeout=0.0)
    ras.drop("A", linger=1.0)
    ras.advance(1.0)
    assert [c.what for c in ras.history] == ["dialling", "connected", "disconnected", "gone"]


def test_ctrl_c_at_any_line_leaves_no_simulator(tmp_path: Path) -> None:
    path = tmp_path / "office.toml"
    path.write_text('[[entry]]\nname = "A"\nconnected = true\n', encoding="utf-8")
    lines, ended, interrupted = 0, False, 0
    while not ended:
        lines += 1
        try:
            with Interrupting(lines, (testing, _autojump)).tracing():
                with Simulator(clock="manual", scenario=path):
                    pass
                ended = True
        except KeyboardInterrupt:
            interrupted += 1
        assert _native.service() == 0, lines
    assert interrupted == lines - 1 > 30


def test_a_second_block_of_the_same_simulator_does_not_end_the_first() -> None:
    with Simulator() as ras:
        with pytest.raises(RuntimeError, match="already active"):
            ras.__enter__()
        ras.add_entry("still works")


@pytest.mark.parametrize("alone", [{"password": "secret"}, {"domain": "OFFICE"}])
def test_a_password_without_a_user_is_a_mistake(ras: Simulator, alone: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="give user too"):
        ras.add_entry("A", **alone)
    assert winras.entries() == []


@pytest.mark.parametrize("seconds", [4e12, 10**400])
def test_a_time_that_its_clock_cannot_show_is_refused(ras: Simulator, seconds: float) -> None:
    ras.add_entry("A")
    for call in (
        lambda: ras.advance(seconds),
        lambda: ras.drop("A", at=seconds),
    ):
        with pytest.raises(ValueError, match=r"must be at most 1e\+12 at once"):
            call()
    assert ras.now == 0
    for _ in range(9):
        ras.advance(1e12)
    assert ras.now == 9e12
    assert _native.wall_time(_native.service()).year == 9999


@pytest.mark.parametrize("substate", [-1, 2**32])
def test_a_substate_is_a_number_of_32_bits(ras: Simulator, substate: int) -> None:
    ras.add_entry("A")
    with pytest.raises(ValueError, match="substate must be from 0 to 4294967295"):
        ras.set_substate("A", substate)  # type: ignore[arg-type]


def test_a_wait_beyond_all_reason_ends_with_its_own_error() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        with pytest.raises(winras.RasTimeoutError, match="not connected after 1e"):
            winras.wait_for("A", timeout=10**400)


@pytest.mark.parametrize("listed", [("OFFICE", "Office", "office"), ("Office", "office", "OFFICE")])
def test_a_test_finds_the_entry_that_is_spelled_so_first(
    ras: Simulator, listed: tuple[str, ...]
) -> None:
    books = {"OFFICE": DEFAULT_PHONEBOOK, "Office": "other.pbk", "office": "third.pbk"}
    for name in listed:
        ras.add_entry(name, phonebook=books[name])
    ras.connect("Office")
    ras.assert_connected("Office")
    ras.assert_gone("OFFICE")
    [connection] = winras.connections()
    assert connection.phonebook == "other.pbk"
    with pytest.raises(winras.AmbiguousNameError):
        ras.connect("oFFICE")
