"""RasMan, the Windows service behind RAS, when it does not run.

Windscribe's client says in a comment that RAS calls block for 20 to 30 s while it is stopped, so
winras asks the service manager first. Microsoft's page *RAS Connection Operations* says that it
starts when a program that uses RAS is loaded.
"""

from __future__ import annotations

import asyncio
import math

import pytest

import winras
import winras.aio
from background import Background
from winras import Connection, EventKind
from winras._native import unfinished_hang_ups
from winras._operations import StartRasMan, finish_hang_ups
from winras.testing import Simulator

ASKED = "QueryServiceStatusEx"


def up(ras: Simulator, name: str = "A") -> Connection:
    ras.add_entry(name)
    ras.connect(name)
    return winras.get_connection(name)


def told(events: winras.Watch) -> list[tuple[str, str | None, int]]:
    return [(e.kind.name, e.connection.name if e.connection else None, e.error) for e in events]


def asked(ras: Simulator) -> list[str]:
    return [c.function for c in ras.calls if c.function != "RasGetErrorString"]


# ---- stopped ----


def test_without_rasman_nothing_is_up_and_ras_is_not_asked(ras: Simulator) -> None:
    connection = up(ras)
    ras.set_service("stopped")
    winras.connections()  # RAS's answer shows that RasMan has stopped meanwhile
    before = asked(ras)
    assert winras.connections() == []
    for ask in (
        *(connection.status, connection.links, connection.addresses),
        *(connection.statistics, connection.clear_statistics),
    ):
        with pytest.raises(winras.NotConnectedError):
            ask()
    assert connection.hang_up() is True
    connection.wait_closed(timeout=0)
    with pytest.raises(winras.ConnectionNotFoundError, match="RasMan is not running"):
        winras.get_connection("A")
    assert asked(ras) == before


def test_a_call_that_meets_a_rasman_just_stopped_is_no_error(ras: Simulator) -> None:
    connection = up(ras)
    ras.set_service("stopped")
    assert winras.connections() == []
    assert ras.calls[-1].result == 711
    ras.set_service("running")
    ras.advance(1.0)
    other = up(ras, "B")
    ras.set_service("stopped")
    assert other.hang_up() is True
    with pytest.raises(winras.NotConnectedError):
        connection.status()


def test_the_service_managers_answer_holds_for_a_second(ras: Simulator) -> None:
    for _ in range(10):
        winras.connections()
    assert ras.calls(ASKED) == 1
    ras.advance(0.999)
    winras.connections()
    assert ras.calls(ASKED) == 1
    ras.advance(0.001)
    winras.connections()
    assert ras.calls(ASKED) == 2


def test_it_is_asked_again_after_a_call_that_took_long(ras: Simulator) -> None:
    """Although another thread has asked meanwhile."""
    for seconds, times in ((0.9, 0), (1.1, 1)):
        ras.advance(2.0)
        ras.delay("RasEnumConnections", seconds)
        slow = Background(winras.connections)
        ras.wait_blocked()
        ras.delay("RasEnumConnections", 0.0)
        ras.advance(seconds - 0.05)
        winras.connections()
        asked = ras.calls(ASKED)
        ras.advance(0.05)
        assert slow.result() == []
        winras.connections()
        assert ras.calls(ASKED) == asked + times


@pytest.mark.parametrize("code", [711, 834, 1053, 1062, 1722, 1727, 0x800706BA])
def test_it_is_asked_again_after_an_error_of_the_service(ras: Simulator, code: int) -> None:
    winras.connections()
    ras.fail("RasEnumConnections", code)
    with pytest.raises(winras.RasError) as failed:
        winras.connections()
    assert failed.value.code == code
    assert ras.calls(ASKED) == 2


def test_it_is_not_asked_again_after_another_error(ras: Simulator) -> None:
    ras.fail("RasEnumConnections", 8)
    with pytest.raises(winras.RasError):
        winras.connections()
    winras.connections()
    assert ras.calls(ASKED) == 1


def test_a_service_manager_that_does_not_answer_stops_no_call(ras: Simulator) -> None:
    ras.fail(ASKED, 1060, times=None)
    connection = up(ras)
    assert connection.status().state.name == "Connected"
    ras.stop_service(1722)
    with pytest.raises(winras.RasError) as failed:
        winras.connections()
    assert failed.value.code == 1722


def test_an_unfinished_hang_up_ends_with_rasman() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", hang_up_seconds=math.inf)
        ras.connect("A")
        connection = winras.get_connection("A")
        with pytest.raises(winras.RasTimeoutError):
            connection.hang_up(timeout=1.0)
        assert unfinished_hang_ups() == 1
        ras.set_service("disabled", at=5.0)
        ras.sleep(5.0)
        finish_hang_ups()
        assert unfinished_hang_ups() == 0


@pytest.mark.parametrize("state", ["stopped", "disabled"])
def test_a_hang_up_that_is_under_way_ends_with_rasman(state: str) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", hang_up_seconds=math.inf)
        ras.connect("A")
        connection = winras.get_connection("A")
        ras.set_service(state, at=5.0)
        assert connection.hang_up(timeout=60.0) is True
        assert ras.now < 10.0


# ---- disabled ----


def test_a_disabled_rasman_is_an_error_that_says_what_to_do(ras: Simulator) -> None:
    connection = up(ras)
    ras.set_service("disabled")
    for ask in (
        winras.connections,
        winras.entries,
        connection.status,
        connection.hang_up,
        lambda: winras.get_connection("A"),
        lambda: winras.watch(timeout=1.0),
        lambda: winras.dial("A"),
    ):
        with pytest.raises(
            winras.RasUnavailableError, match=r"sc\.exe config RasMan start= demand"
        ) as e:
            ask()
        assert (e.value.code, e.value.name) == (1058, "ERROR_SERVICE_DISABLED")
    assert ras.calls("RasDial") == ras.calls("RasHangUp") == 0


# ---- watching ----


def test_a_watch_that_begins_without_rasman_waits_for_it() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.set_service("stopped")
        ras.set_service("running", at=100.0)
        ras.connect("A", at=110.0)
        with winras.watch(timeout=120.0, check_every=50.0) as events:
            seen = list(events)
        calls = [c for c in ras.calls if c.at < 100.0]
    assert [(e.kind.name, e.source.name) for e in seen] == [("connected", "notification")]
    # RasMan had been running for all that winras knew, so it was asked once.
    assert [c.function for c in calls if c.at > 0.0] == []


def test_a_watch_tells_that_rasman_has_stopped_and_what_has_gone_with_it() -> None:
    with Simulator(clock="auto") as ras:
        up(ras)
        ras.set_service("stopped", at=10.0)
        ras.set_service("running", at=60.0)
        ras.connect("A", at=70.0)
        with winras.watch(timeout=100.0) as events:
            seen = told(events)
        asked = [c.at for c in ras.calls if c.function == "RasEnumConnections"]
    assert seen == [
        ("service_lost", None, 1062),
        ("disconnected", "A", 0),
        ("service_back", None, 0),
        ("connected", "A", 0),
    ]
    assert not [at for at in asked if 12.0 < at < 60.0]


def test_a_watch_tells_that_rasman_was_disabled() -> None:
    with Simulator(clock="auto") as ras:
        up(ras)
        ras.set_service("disabled", at=10.0)
        ras.set_service("running", at=60.0)
        with winras.watch(timeout=100.0) as events:
            assert told(events) == [
                ("service_lost", None, 1058),
                ("disconnected", "A", 0),
                ("service_back", None, 0),
            ]


def test_a_1058_of_ras_itself_ends_no_connection() -> None:
    """It is the number of any disabled service; whether it is RasMan, the service manager says."""
    with Simulator(clock="auto") as ras:
        up(ras)
        with winras.watch(timeout=20.0) as events:
            ras.fail("RasEnumConnections", 1058)
            assert told(events) == [("service_lost", None, 1058), ("service_back", None, 0)]


def test_registrations_are_made_again_when_rasman_is_back() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        with winras.watch(timeout=1.0):
            ras.set_service("stopped")
        assert winras.connections() == []
        ras.set_service("running")
        ras.sleep(1.0)
        ras.connect("A", at=20.0)
        with winras.watch(timeout=60.0, check_every=50.0) as events:
            assert [e.source.name for e in events] == ["notification"]


def test_a_watch_of_one_connection_ends_with_rasman() -> None:
    with Simulator(clock="auto") as ras:
        connection = up(ras)
        ras.set_service("stopped", at=10.0)
        with winras.watch(connection=connection) as events:
            assert told(events) == [("service_lost", None, 1062), ("disconnected", "A", 0)]
        assert winras.connections() == []


def test_a_calls_error_comes_before_what_the_service_manager_says() -> None:
    """It says that RasMan runs, but RAS does not answer: what is up is not known."""
    with Simulator(clock="auto") as ras:
        up(ras)
        ras.stop_service(1722, at=10.0, blocks=2.0)
        ras.start_service(at=30.0)
        with winras.watch(timeout=60.0) as events:
            assert told(events) == [("service_lost", None, 1722), ("service_back", None, 0)]


# ---- starting it ----


def test_dial_starts_rasman(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.set_service("stopped")
    assert winras.dial("A").name == "A"
    assert ras.calls("StartService") == 1
    assert [c.name for c in winras.connections()] == ["A"]


def test_entries_starts_rasman(ras: Simulator) -> None:
    ras.add_entry(
        "A",
        phonebook=r"C:\Users\ann\AppData\Roaming\Microsoft\Network\Connections\Pbk\rasphone.pbk",
    )
    ras.set_service("stopped")
    winras.entries()
    assert ras.calls("StartService") == 1


def test_entries_asks_no_other_service_than_the_one_it_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulator() as ras:
        monkeypatch.setattr(StartRasMan, "run_once", lambda _: ras.__exit__(None, None, None))
        with pytest.raises(RuntimeError, match="its Simulator has ended"):
            winras.entries()


def test_a_start_is_waited_for() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", dial_seconds=1.0)
        ras.set_service("stopped", start_seconds=3.0)
        winras.dial("A")
        assert 4.0 <= ras.now < 5.5
        assert ras.calls("StartService") == 1
        assert ras.calls("RasDial") == 1


def test_a_start_counts_towards_the_timeout() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", dial_seconds=1.0)
        ras.set_service("stopped", start_seconds=3.0)
        with pytest.raises(winras.RasTimeoutError):
            winras.dial("A", timeout=2.0)
        assert ras.calls("RasDial") == 0
        assert ras.now == pytest.approx(2.0, abs=0.3)


def test_after_five_seconds_ras_is_called_all_the_same() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.set_service("stopped", start_seconds=60.0)
        with pytest.raises(winras.RasError) as failed:
            winras.dial("A")
        assert (failed.value.code, failed.value.function) == (711, "RasDial")
        assert any("StartService answered 1053" in note for note in failed.value.__notes__)
        assert ras.now == pytest.approx(5.0, abs=0.3)


def test_if_the_start_is_refused_ras_is_called_all_the_same(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.set_service("stopped", start_seconds=math.inf)
    for ask, function in (
        (lambda: winras.dial("A"), "RasDial"),
        (winras.entries, "RasEnumEntries"),
    ):
        with pytest.raises(winras.RasError) as failed:
            ask()
        assert (failed.value.code, failed.value.function) == (711, function)
        [note] = failed.value.__notes__
        assert note.startswith(f"Before {function}, StartService answered 5 ERROR_ACCESS_DENIED")


def test_a_dial_whose_time_is_over_before_rasdial_says_so() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.set_service("stopped", start_seconds=4.0)
        with pytest.raises(winras.RasTimeoutError, match="after 2 s; RasDial is not called"):
            winras.dial("A", timeout=2.0)
        assert ras.calls("RasDial") == 0


@pytest.mark.parametrize(
    ("timeout", "function", "takes"), [(10.0, "RasEnumEntries", 25.0), (30.0, "RasDial", 50.0)]
)
def test_a_ras_that_blocks_is_not_asked_more_than_the_timeout_allows(
    ras: Simulator, timeout: float, function: str, takes: float
) -> None:
    """One call more than its time, since no call can be interrupted; and it says why it failed."""
    ras.add_entry("A")
    ras.stop_service(1722, blocks=25.0)
    with pytest.raises(winras.RasError) as failed:
        winras.dial("A", timeout=timeout)
    assert (failed.value.code, failed.value.function) == (1722, function)
    assert str(failed.value).startswith("1722 RPC_S_SERVER_UNAVAILABLE: 'A'")
    assert ras.now == takes


def test_a_watch_gives_up_registering_after_one_call_that_blocks(ras: Simulator) -> None:
    ras.stop_service(1722, blocks=25.0)
    with pytest.raises(winras.RasError):
        winras.watch(timeout=1.0)
    assert ras.calls("RasConnectionNotification") == 1


def test_a_dial_in_asyncio_starts_rasman_and_can_be_cancelled() -> None:
    async def story(ras: Simulator) -> None:
        task = asyncio.create_task(winras.aio.dial("A", timeout=60.0))
        await ras.aio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.set_service("stopped", start_seconds=4.0)
        asyncio.run(story(ras))
        assert ras.calls("RasDial") == 0


# ---- calls that block ----


def test_a_registration_that_blocks_holds_up_no_other_thread(ras: Simulator) -> None:
    connection = up(ras)
    ras.delay("RasConnectionNotification", 25.0)
    watching = Background(lambda: winras.watch(timeout=60.0).close())
    ras.wait_blocked()
    # Neither another thread's timeout, nor its close(), nor this thread waits for it.
    late = Background(lambda: connection.wait_closed(timeout=2.0))
    ras.wait_blocked(2)
    with winras.watch(timeout=60.0) as events:
        assert winras.connections() == [connection]
        ras.advance(2.0)
        with pytest.raises(winras.RasTimeoutError):
            late.result()
        events.close()
    ras.delay("RasConnectionNotification", 0.0)
    ras.advance(60.0)
    watching.result()


def test_a_watch_that_did_not_wait_for_a_registration_looks_when_it_is_made() -> None:
    with Simulator(clock="manual") as ras:
        ras.add_entry("A")
        ras.delay("RasConnectionNotification", 3.0)
        first = Background(lambda: [e.kind for e in winras.watch(timeout=30.0)])
        ras.wait_blocked()
        second = Background(lambda: next(winras.watch(timeout=None, check_every=1000.0)))
        ras.wait_blocked(2)
        ras.connect("A")
        ras.delay("RasConnectionNotification", 0.0)  # from the next call on
        ras.advance(3.0)
        assert second.result().kind is EventKind.connected
        ras.wait_blocked()  # its timeout counts from when it watches
        ras.advance(60.0)
        assert first.result() == []


def test_a_service_that_blocks_blocks_each_call(ras: Simulator) -> None:
    ras.stop_service(1722, blocks=25.0)
    with pytest.raises(winras.RasError) as failed:
        winras.connections()
    assert failed.value.code == 1722
    assert ras.now == 25.0
    ras.start_service()
    assert winras.connections() == []
    assert ras.now == 25.0


# ---- the simulator itself ----


def test_nothing_is_dialled_by_a_call_during_which_rasman_stops() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.delay("RasDial", 2.0)
        ras.set_service("stopped", at=1.0)
        with pytest.raises(winras.RasError) as failed:
            winras.dial("A")
        assert failed.value.code == 711
        assert not ras.connections


def test_nothing_connects_without_rasman(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.set_service("stopped")
    with pytest.raises(winras.RasError, match="set_service") as failed:
        ras.connect("A")
    assert failed.value.code == 711


@pytest.mark.parametrize("state", ["Running", "", "paused"])
def test_there_are_three_states(ras: Simulator, state: str) -> None:
    with pytest.raises(ValueError, match="running, stopped, disabled"):
        ras.set_service(state)


@pytest.mark.parametrize("state", ["running", "disabled"])
def test_only_what_is_stopped_can_start(ras: Simulator, state: str) -> None:
    with pytest.raises(ValueError, match="start_seconds is for 'stopped'"):
        ras.set_service(state, start_seconds=1.0)


@pytest.mark.parametrize("state", ["stopped", "disabled"])
@pytest.mark.parametrize(("quirk", "code"), [("notify-late", 834), ("dial-untold", 631)])
def test_a_dial_under_way_fails_when_rasman_stops(state: str, quirk: str, code: int) -> None:
    with Simulator(clock="auto") as ras:
        ras.quirks.add(quirk)
        ras.add_entry("A", dial_seconds=20.0)
        ras.set_service(state, at=5.0)
        with pytest.raises(winras.RasError) as failed:
            winras.dial("A")
        assert failed.value.code == code
        assert ras.now < 7.5
        ras.set_service("running")
        assert winras.dial("A").name == "A"


def test_a_rasman_that_stops_when_it_has_just_dialled_is_believed_to_have() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", dial_seconds=20.0)
        ras.delay("QueryServiceStatusEx", 0.5)
        ras.set_service("stopped", at=1.2)
        with pytest.raises(winras.RasError, match="834"):
            winras.dial("A")
        enumerations = ras.calls("RasEnumConnections")
        ras.sleep(5.0)
        assert winras.connections() == []
        assert ras.calls("RasEnumConnections") == enumerations
