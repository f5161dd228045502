"""Watching while the service goes and comes back, and what else a watch can be asked for."""

from __future__ import annotations

import asyncio
import itertools

import pytest

import winras
import winras.aio
from background import Background
from winras import ConnectionSubstate, EventKind, EventSource
from winras.testing import Simulator


def up(ras: Simulator, *names: str) -> None:
    for name in names:
        ras.add_entry(name)
        ras.connect(name)


def told(events: winras.Watch) -> list[tuple[str, str | None]]:
    return [(e.kind.name, e.connection.name if e.connection else None) for e in events]


# ---- the service goes and comes back ----


@pytest.mark.parametrize("code", [711, 1722, 8])
def test_a_service_that_goes_and_comes_back_is_told_with_what_changed_meanwhile(code: int) -> None:
    with Simulator(clock="auto") as ras:
        up(ras, "stays", "goes")
        ras.add_entry("comes")
        ras.stop_service(code, at=10.0)
        ras.drop("goes", at=12.0)
        ras.connect("comes", at=13.0)
        ras.start_service(at=20.0)
        with winras.watch(timeout=60.0) as events:
            seen = list(events)
    assert [(e.kind.name, e.connection and e.connection.name, e.error) for e in seen] == [
        ("service_lost", None, code),
        ("service_back", None, 0),
        ("disconnected", "goes", 0),
        ("connected", "comes", 0),
    ]
    lost, back, *_ = seen
    assert 10.0 <= lost.at.second <= 15.0
    assert 20.0 <= back.at.second <= 25.0


def test_signals_come_again_when_the_service_is_back() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.stop_service(at=10.0)
        ras.start_service(at=20.0)
        ras.connect("A", at=40.0)
        with winras.watch(timeout=60.0, check_every=7.0) as events:
            seen = list(events)
    assert [e.kind.name for e in seen] == ["service_lost", "service_back", "connected"]
    assert (seen[-1].source, seen[-1].at.second) == (EventSource.notification, 40)


def test_links_are_signalled_again_too() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("ISDN", sub_entries=2)
        ras.connect("ISDN")
        ras.stop_service(at=10.0)
        ras.start_service(at=20.0)
        with winras.watch(timeout=30.0, check_every=7.0) as events:
            assert [next(events).kind.name for _ in range(2)] == ["service_lost", "service_back"]
            ras.add_link("ISDN")
            added = next(events)
    assert (added.kind, added.source) == (EventKind.bandwidth_added, EventSource.notification)


def test_a_service_that_is_away_is_asked_more_and_more_seldom(ras: Simulator) -> None:
    with winras.watch(timeout=61.0, check_every=5.0) as events:
        watching = Background(lambda: told(events))
        ras.wait_blocked()
        ras.stop_service()
        ras.advance(5.0)
        for _ in range(4 * 56):
            ras.wait_blocked()
            ras.advance(0.25)
        assert watching.result() == [("service_lost", None)]
    asked = [c.at for c in ras.calls if c.function == "RasEnumConnections" and c.result == 1722]
    gaps = [b - a for a, b in itertools.pairwise(asked)]
    assert gaps[:5] == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert set(gaps[5:-1]) == {5.0}  # the last look is that of the watch's end


def test_many_watches_register_once_when_the_service_is_back(ras: Simulator) -> None:
    watches = [winras.watch(timeout=30.0) for _ in range(10)]
    calls = [Background(lambda events=events: told(events)) for events in watches]
    before = ras.calls("RasConnectionNotification")
    ras.wait_blocked(10)
    ras.stop_service()
    ras.advance(5.0)
    ras.wait_blocked(10)
    ras.start_service()
    refused = ras.calls("RasConnectionNotification")
    for _ in range(25):
        ras.wait_blocked(1)
        ras.advance(1.0)
    for call in calls:
        assert call.result() == [("service_lost", None), ("service_back", None)]
    assert before == 2
    assert ras.calls("RasConnectionNotification") - refused <= 2 * len(watches)
    good = [c for c in ras.calls if c.function == "RasConnectionNotification" and not c.result]
    assert len(good) == 4


def test_errors_of_one_connection_make_no_registrations() -> None:
    with Simulator(clock="auto") as ras:
        up(ras, "A")
        ras.add_entry("B")
        ras.fail("RasGetConnectStatus", 5, times=None)
        ras.connect("B", at=10.0)
        ras.drop("A", at=20.0)
        with winras.watch(timeout=3600.0) as events:
            ras.clear_faults()
            ras.fail("RasGetSubEntryHandle", 5, times=None)
            assert told(events) == [
                ("connected", "A"),
                ("connected", "B"),
                ("disconnected", "A"),
            ]
        # A was found by the check, without a signal at that time: that registers anew, once.
        assert ras.calls("RasConnectionNotification") == 4
        ras.ignore_leftovers()


def test_a_watch_looks_once_more_at_its_end() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.quirks.add("notify-lost")
        ras.connect("A", at=1.0)
        assert winras.wait_for("A", timeout=4.0).name == "A"
    with Simulator(clock="auto") as ras:
        up(ras, "A")
        ras.stop_service(at=4.0)
        ras.drop("A", at=4.5)
        ras.start_service(at=8.0)
        with winras.watch(timeout=8.5) as events:
            assert told(events) == [
                ("service_lost", None),
                ("service_back", None),
                ("disconnected", "A"),
            ]


def test_a_service_that_is_not_there_at_the_start_is_an_error(ras: Simulator) -> None:
    ras.stop_service(711)
    with pytest.raises(winras.RasError) as caught:
        winras.watch()
    assert caught.value.code == 711


def test_what_came_and_went_while_a_look_failed_is_missed() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        with winras.watch(timeout=60.0) as events:
            ras.connect("A")
            ras.drop("A")
            ras.fail("RasEnumConnections", 1722)
            seen = list(events)
    assert [(e.kind.name, e.missed) for e in seen] == [
        ("service_lost", False),
        ("service_back", False),
        ("disconnected", True),
    ]


def test_a_signal_from_before_a_failed_look_is_no_miss(ras: Simulator) -> None:
    up(ras, "A")
    ras.add_entry("B")
    with winras.watch(timeout=29.5) as events:
        watching = Background(lambda: list(events))
        ras.wait_blocked()
        ras.fail("RasEnumConnections", 8)
        ras.advance(5.0)
        ras.wait_blocked()
        ras.connect("B")
        ras.advance(0.25)
        ras.wait_blocked()
        ras.drop("A")
        for _ in range(49):
            ras.wait_blocked()
            ras.advance(0.5)
        seen = [(e.kind.name, e.missed) for e in watching.result()]
    assert seen == [
        ("service_lost", False),
        ("service_back", False),
        ("connected", False),
        ("disconnected", False),
    ]


def test_signals_that_could_not_be_asked_for_are_asked_for_again_soon() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.stop_service(at=1.0)
        ras.start_service(at=7.0)
        ras.connect("A", at=21.0)
        with winras.watch(timeout=30.0) as events:
            lost = next(events)
            ras.fail("RasConnectionNotification", 711, times=2)
            back, connected = events
    assert (lost.kind.name, back.kind.name) == ("service_lost", "service_back")
    assert (connected.at.second, connected.source) == (21, EventSource.notification)


# ---- dormant and reconnected ----


def test_a_network_that_goes_and_comes_back_is_found_by_the_check() -> None:
    with Simulator(clock="auto") as ras:
        up(ras, "IKE")
        ras.set_substate("IKE", ConnectionSubstate.Dormant, at=7.0)
        ras.set_substate("IKE", ConnectionSubstate.Reconnecting, at=17.0)
        ras.set_substate("IKE", ConnectionSubstate.Reconnected, at=27.0)
        ras.set_substate("IKE", ConnectionSubstate.Dormant, at=37.0)
        ras.set_substate("IKE", ConnectionSubstate.None_, at=47.0)
        with winras.watch(timeout=59.0) as events:
            seen = list(events)
    assert [(e.kind.name, e.at.second, e.source.name) for e in seen] == [
        ("dormant", 10, "check"),
        ("reconnected", 30, "check"),
        ("dormant", 40, "check"),
        ("reconnected", 50, "check"),
    ]


def test_what_is_dormant_at_the_start_is_told_when_it_is_back() -> None:
    with Simulator(clock="auto") as ras:
        up(ras, "IKE")
        ras.set_substate("IKE", ConnectionSubstate.Dormant)
        ras.set_substate("IKE", ConnectionSubstate.Reconnected, at=7.0)
        with winras.watch(timeout=20.0) as events:
            assert told(events) == [("reconnected", "IKE")]


@pytest.mark.parametrize(
    ("substates", "expected"),
    [
        (["Dormant", "None_", "Reconnected"], ["dormant", "reconnected"]),
        (["Dormant", "Reconnecting", "Dormant", "Reconnected"], ["dormant", "reconnected"]),
        (["Reconnecting", "None_"], ["dormant", "reconnected"]),
        (["Reconnected", "None_"], []),
        (["Reconnected", "Dormant", "None_", "Reconnected"], ["dormant", "reconnected"]),
    ],
)
def test_a_connection_is_told_as_dormant_and_reconnected_by_turns(
    substates: list[str], expected: list[str]
) -> None:
    with Simulator(clock="auto") as ras:
        up(ras, "IKE")
        for number, substate in enumerate(substates):
            ras.set_substate("IKE", ConnectionSubstate[substate], at=7.0 + 10 * number)
        with winras.watch(timeout=59.0) as events:
            assert [kind for kind, _ in told(events)] == expected


# ---- one connection, what is up, until something is up ----


def test_a_watch_of_one_connection_ends_with_it() -> None:
    with Simulator(clock="auto") as ras:
        up(ras, "A", "B")
        ras.drop("B", at=5.0)
        ras.drop("A", at=9.0)
        ras.connect("A", at=12.0)
        a = winras.get_connection("A")
        with winras.watch(connection=a) as events:
            assert told(events) == [("disconnected", "A")]
        assert ras.now < 15.0
        assert list(winras.watch(connection=a)) == []
        with winras.watch(connection=a, kinds=[EventKind.connected]) as events:
            assert list(events) == []


def test_what_is_up_is_told_first_if_it_is_asked_for(ras: Simulator) -> None:
    up(ras, "A", "B")
    with winras.watch(timeout=0.0, initial=True) as events:
        assert told(events) == [("connected", "A"), ("connected", "B")]
    with pytest.raises(TypeError, match="initial"):
        winras.watch(initial="no")  # type: ignore[arg-type]


def test_wait_for_waits_until_the_entry_is_connected() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("Office VPN", dial_seconds=3.0)
        up(ras, "Other")
        ras.connect("Office VPN", at=5.0)
        office = winras.wait_for("office vpn")
        assert office.name == "Office VPN"
        assert ras.now == 8.0
        assert winras.wait_for("OTHER", timeout=0.0).name == "Other"
        with pytest.raises(winras.RasTimeoutError, match="'Nobody' is not connected after 20 s"):
            winras.wait_for("Nobody", timeout=20.0)
        with pytest.raises(winras.RasTimeoutError):
            winras.wait_for("Other", phonebook="another.pbk", timeout=0.0)
        with pytest.raises(TypeError):
            winras.wait_for(5)  # type: ignore[arg-type]


def test_wait_for_is_awaited_too() -> None:
    async def main() -> None:
        with Simulator(clock="auto") as ras:
            ras.add_entry("Office VPN", dial_seconds=3.0)
            ras.connect("Office VPN", at=5.0)
            assert (await winras.aio.wait_for("office vpn")).name == "Office VPN"
            assert ras.now == 8.0
            with pytest.raises(winras.RasTimeoutError):
                await winras.aio.wait_for("Nobody", timeout=20.0)
            ras.stop_service(at=40.0)
            kinds = [
                event.kind.name async for event in winras.aio.watch(timeout=20.0, initial=True)
            ]
            assert kinds == ["connected", "service_lost"]

    asyncio.run(main())


def test_a_consumer_that_is_slow_keeps_no_more_than_one_look(ras: Simulator) -> None:
    ras.add_entry("A")
    with winras.watch(timeout=100.0) as events:
        for _ in range(1000):
            ras.connect("A")
            ras.drop("A")
        ras.advance(100.0)
        assert len(events._events) == 0
        seen = list(events)
    assert [(e.kind.name, e.missed) for e in seen] == [("disconnected", True)]


# ---- RAS blocks a look ----
#
# Windscribe's client says in a comment that RAS calls may block for 20 to 30 s. Here one look takes
# 100 s.


def telling(
    ras: Simulator, check_every: float, timeout: float, waits: int
) -> Background[list[float]]:
    """When a watch in its own thread tells its events and, last, its end; so many wait then."""
    events = winras.watch(timeout=timeout, check_every=check_every)
    call = Background(lambda: [*(ras.now for _ in events), ras.now])
    ras.wait_blocked(waits)
    return call


def block_a_look(ras: Simulator, waits: int) -> None:
    """Let the check that is due at 5 s block."""
    ras.advance(4.875)
    ras.wait_blocked(waits)
    ras.delay("RasEnumConnections", 100.0)
    ras.advance(0.125)
    ras.wait_blocked(waits)
    ras.delay("RasEnumConnections", 0.0)


@pytest.mark.parametrize("order", [(5.0, 3600.0), (3600.0, 5.0)])
def test_a_blocked_look_of_one_watch_delays_the_end_of_no_other(
    ras: Simulator, order: tuple[float, float]
) -> None:
    """Whoever waits first, and so keeps the time: a watch makes only looks that it needs."""
    calls = {
        every: telling(ras, every, 10.0 if every == 3600.0 else 300.0, count)
        for count, every in enumerate(order, 1)
    }
    block_a_look(ras, 2)
    ras.advance(5.0)
    assert calls[3600.0].result() == [10.0]
    ras.advance(300.0)
    assert len(calls[5.0].result()) == 1


def test_a_blocked_look_of_one_watch_delays_no_check_of_another(ras: Simulator) -> None:
    up(ras, "Office VPN")
    calls = [telling(ras, every, 300.0, count) for count, every in enumerate((5.0, 20.0), 1)]
    block_a_look(ras, 2)
    ras.quirks.add("notify-lost")
    ras.drop("Office VPN")
    ras.advance(15.0)
    ras.wait_blocked(2)
    ras.advance(85.0)
    ras.wait_blocked(2)
    ras.advance(300.0)
    assert [call.result()[0] for call in calls] == [105.0, 20.0]


def test_signals_are_heard_while_a_look_is_blocked(ras: Simulator) -> None:
    """Half a second after that look has begun, nobody waits for it any more."""
    up(ras, "Office VPN")
    calls = [telling(ras, every, 300.0, count) for count, every in enumerate((5.0, 3600.0), 1)]
    block_a_look(ras, 2)
    ras.drop("Office VPN")
    ras.advance(0.5)
    ras.wait_blocked(2)
    ras.advance(99.5)
    ras.wait_blocked(2)
    ras.advance(300.0)
    assert [call.result()[0] for call in calls] == [105.0, 5.5]


def test_looks_that_all_take_long_are_told_too(ras: Simulator) -> None:
    """Of looks that overlap, because none is waited for so long, the first that ends counts."""
    up(ras, "Office VPN")
    calls = [telling(ras, 5.0, 300.0, count) for count in (1, 2, 3)]
    ras.delay("RasEnumConnections", 2.0)
    ras.drop("Office VPN")
    for _ in range(16):
        ras.advance(0.25)
        ras.wait_blocked(3)
    ras.delay("RasEnumConnections", 0.0)
    ras.advance(300.0)
    assert all(call.result()[0] <= 4.0 for call in calls)
