"""The machine sleeps, and wakes: what `Simulator.suspend` does, and what winras sees of it.

On Windows GetTickCount64 counts the time of a sleep, and QueryUnbiasedInterruptTime does not, say
their pages.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import winras
from background import Background
from elsewhere import Service
from winras import _native
from winras.testing import Simulator, join

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


def slept() -> float:
    return _native.suspended(_native.service())


def date() -> datetime:
    return _native.wall_time(_native.service())


def story(ras: Simulator) -> list[str]:
    return [str(change) for change in ras.history]


@pytest.mark.parametrize("clock", ["manual", "auto"])
def test_the_clock_and_the_date_leap(clock: str) -> None:
    with Simulator(clock=clock) as ras:
        assert (ras.now, slept(), date()) == (0.0, 0.0, BEGIN)
        ras.suspend(3600.0)
        assert (ras.now, slept(), date()) == (3600.0, 3600.0, BEGIN + timedelta(hours=1))
        ras.advance(10.0)
        ras.suspend(0.5)
        assert (ras.now, slept()) == (3610.5, 3600.5)
    with Simulator(clock=clock) as ras:
        assert (ras.now, slept()) == (0.0, 0.0), "another machine"


@pytest.mark.parametrize("clock", ["real", 100.0])
def test_a_running_clock_leaps_and_runs_on(clock: str | float) -> None:
    with Simulator(clock=clock) as ras:
        asleep = Background(lambda: ras.sleep(1e6))
        ras.wait_blocked()
        before = ras.now
        ras.suspend(1e6)
        asleep.result()
        assert ras.now >= before + 1e6
        assert slept() == pytest.approx(1e6, abs=1.0)
        ras.sleep(0.01)
        assert slept() == pytest.approx(1e6, abs=1.0), "time passes without sleep"


def test_connections_drop_with_833(ras: Simulator) -> None:
    """ERROR_SYSTEM_SUSPENDED of raserror.h."""
    for name in ("up", "dialled by another"):
        ras.add_entry(name)
    ras.connect("up", dial_seconds=0.0)
    ras.connect("dialled by another", dial_seconds=5.0)
    up = winras.get_connection("up")
    ras.suspend(60.0)
    assert winras.connections() == []
    with pytest.raises(winras.NotConnectedError):
        up.status()
    assert story(ras)[3:] == [
        "0.000 s: 'up' disconnected (833 ERROR_SYSTEM_SUSPENDED)",
        "0.000 s: 'dialled by another' disconnected (833 ERROR_SYSTEM_SUSPENDED)",
        "60.000 s: 'up' gone (833 ERROR_SYSTEM_SUSPENDED)",
        "60.000 s: 'dialled by another' gone (833 ERROR_SYSTEM_SUSPENDED)",
    ]
    reason = winras.why("up")
    assert reason is not None
    assert (reason.code, reason.at) == (833, BEGIN)


def test_what_a_client_is_dialling_fails_with_833() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("VPN", dial_seconds=10.0)
        ras.suspend(60.0, at=5.0)
        with pytest.raises(winras.RasError) as failed:
            winras.dial("VPN")
        assert failed.value.code == 833
        assert ras.now == pytest.approx(65.0, abs=0.3)
        assert ras.connections == []


def test_a_watch_sees_the_drop_once_the_machine_is_awake() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("VPN")
        ras.connect("VPN", dial_seconds=0.0)
        ras.suspend(3600.0, at=5.0)
        [event] = winras.watch(timeout=3700.0)
        assert event.kind is winras.EventKind.disconnected
        assert event.at == BEGIN + timedelta(seconds=3605)


def test_connections_that_stay_have_sent_nothing_meanwhile(ras: Simulator) -> None:
    ras.add_entry("VPN")
    ras.connect("VPN", dial_seconds=0.0)
    ras.set_traffic("VPN", sent=100, received=1)
    ras.advance(2.0)
    ras.suspend(3600.0, drops=False)
    ras.advance(1.0)
    [connection] = winras.connections()
    assert connection.statistics().bytes_sent == 300


def test_what_was_due_happens_at_the_end_in_its_order(ras: Simulator) -> None:
    for name in ("A", "B", "C"):
        ras.add_entry(name)
    ras.connect("A", dial_seconds=20.0)
    ras.connect("B", at=15.0, dial_seconds=5.0)
    ras.connect("C", dial_seconds=1.0)
    ras.drop("C", at=12.0)
    ras.suspend(100.0, at=5.0, drops=False)
    ras.advance(6.0)
    assert (ras.now, slept()) == (105.0, 100.0)
    assert [line for line in story(ras) if line.startswith("105")] == [
        "105.000 s: 'C' disconnected",
        "105.000 s: 'B' dialling",
        "105.000 s: 'C' gone",
    ]
    ras.advance(100.0)
    assert story(ras)[-2:] == [
        "110.000 s: 'B' connected",
        "119.000 s: 'A' connected",
    ]


def test_nobody_is_woken_in_between() -> None:
    with Simulator(clock="auto") as ras:
        ras.suspend(3600.0, at=5.0)
        ras.suspend(100.0, at=10.0)
        ras.sleep(6.0)
        assert (ras.now, slept()) == (3705.0, 3700.0)
        ras.sleep(6.0)
        assert ras.now == 3711.0


def test_a_hang_up_that_was_waited_for_is_over_with_the_sleep() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("VPN", hang_up_seconds=2.0)
        ras.connect("VPN", dial_seconds=0.0)
        ras.suspend(600.0, at=1.0)
        assert winras.get_connection("VPN").hang_up(timeout=60.0)
        assert ras.now == 601.0


def test_the_service_of_another_process_sleeps_too() -> None:
    entries = {"VPN": {"dial_seconds": 0.0}}
    with Service("suspending", entries, clock=10.0) as service, join(service.name) as ras:
        connection = winras.dial("VPN")
        ras.add_entry("later")
        ras.connect("later", at=ras.now + 1e6, dial_seconds=0.0)
        asleep = Background(lambda: ras.sleep(1e6))
        ras.wait_blocked()
        before = ras.now
        ras.suspend(1e6)
        assert ras.now >= before + 1e6
        assert slept() == pytest.approx(1e6, abs=10.0)
        asleep.result()
        assert [one.name for one in winras.connections()] == ["later"]
        with pytest.raises(winras.NotConnectedError):
            connection.status()
    with Service("suspending", entries, clock=10.0) as service:
        with join(service.name) as ras:
            ras.suspend(1e6)
        with join(service.name) as ras:
            assert ras.now >= 1e6, "who joins later has the same clock"


def test_a_scenario_has_sleeps(tmp_path: Path) -> None:
    path = tmp_path / "sleep.toml"
    path.write_text(
        """
        [[entry]]
        name = "VPN"
        connected = true

        [[at]]
        seconds = 10
        suspend = 50
        drops = false

        [[at]]
        seconds = 100
        suspend = 3600.0
        """,
        encoding="utf-8",
    )
    with Simulator(clock="manual", scenario=path) as ras:
        ras.advance(10.0)
        assert (ras.now, len(winras.connections())) == (60.0, 1)
        ras.advance(40.0)
        assert (ras.now, winras.connections()) == (3700.0, [])


def test_a_sleep_that_is_none_is_refused(ras: Simulator) -> None:
    for seconds in (-1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="seconds must be 0 or more"):
            ras.suspend(seconds)
    with pytest.raises(TypeError, match="seconds must be a number of seconds, not str"):
        ras.suspend("60")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="drops must be a bool, not str"):
        ras.suspend(1.0, drops="no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at must be 0 or more"):
        ras.suspend(1.0, at=-1.0)
    assert (ras.now, slept()) == (0.0, 0.0)


def test_a_sleep_beyond_the_last_moment_is_refused(ras: Simulator) -> None:
    most = 1e12
    for _ in range(4):
        ras.suspend(most)
    with pytest.raises(ValueError, match=r"past the end of its range, which is 4.61e\+12 s"):
        ras.suspend(most)
    assert ras.now == 4 * most
    for _ in range(2):  # one after the other they are too long
        ras.suspend(6e11, at=0.0)
    ras.advance(0.0)
    assert ras.now == 2**62 / 1e6
    assert winras.connections() == []
