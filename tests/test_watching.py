"""Watching: what is told, when, by which source, and at which cost."""

from __future__ import annotations

import gc
import itertools
import math
import signal
import sys
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

import winras
import winras._watching
from background import Background
from interrupting import Interrupting
from patience import quick
from winras import EventKind, EventSource, _native, _operations
from winras.testing import DEFAULT_PHONEBOOK, Simulator

FUNCTIONS = (
    "RasEnumConnections",
    "RasGetConnectStatus",
    "RasGetSubEntryHandle",
    "RasConnectionNotification",
)


def up(ras: Simulator, *names: str, seconds: float = 0.0, sub_entries: int = 1) -> None:
    for name in names:
        ras.add_entry(name, hang_up_seconds=seconds, sub_entries=sub_entries)
        ras.connect(name)


def told(events: winras.Watch) -> list[tuple[str, str | None, str]]:
    """Everything that the watch tells up to its timeout, in a few words each."""
    return [(e.kind.value, e.connection and e.connection.name, e.source.value) for e in events]


def costs(ras: Simulator) -> list[int]:
    return [ras.calls(function) for function in FUNCTIONS]


def test_a_connect_is_told(ras: Simulator) -> None:
    with winras.watch() as events:
        up(ras, "A")
        event = next(events)
    assert event.kind is EventKind.connected
    assert event.connection == winras.get_connection("A")
    assert event.source is EventSource.notification
    assert event.missed is False
    assert event.at == datetime(2000, 1, 1, tzinfo=UTC)


def test_a_drop_is_told_with_the_connection_that_it_was(ras: Simulator) -> None:
    up(ras, "A")
    a = winras.get_connection("A")
    with winras.watch() as events:
        ras.advance(7.25)
        ras.drop("A", error=829)
        event = next(events)
    assert (event.kind, event.connection) == (EventKind.disconnected, a)
    assert event.at == datetime(2000, 1, 1, 0, 0, 7, 250000, tzinfo=UTC)


def test_what_is_up_when_a_watch_begins_is_not_told(ras: Simulator) -> None:
    up(ras, "A", "B")
    assert told(winras.watch(timeout=0.0)) == []


def test_watching_begins_in_the_call(ras: Simulator) -> None:
    events = winras.watch(timeout=0.0)
    up(ras, "A")
    assert told(events) == [("connected", "A", "notification")]


def test_a_drop_and_a_connect_between_two_looks_are_two_events(ras: Simulator) -> None:
    up(ras, "A")
    with winras.watch(timeout=0.0) as events:
        ras.drop("A")
        up(ras, "B")
        assert told(events) == [
            ("disconnected", "A", "notification"),
            ("connected", "B", "notification"),
        ]


def test_a_reused_handle_with_another_entry_is_a_drop_and_a_connect(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    up(ras, "A")
    with winras.watch(timeout=0.0) as events:
        ras.drop("A")
        up(ras, "B")
        first, second = events
    assert first.connection is not None
    assert second.connection is not None
    assert first.connection.handle == second.connection.handle
    assert (first.kind, first.connection.name) == (EventKind.disconnected, "A")
    assert (second.kind, second.connection.name) == (EventKind.connected, "B")


def test_a_reconnect_of_the_same_entry_with_the_same_handle_is_two_events(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    up(ras, "A")
    with winras.watch(timeout=0.0) as events:
        ras.drop("A")
        ras.connect("A")
        assert [kind for kind, _, _ in told(events)] == ["disconnected", "connected"]


def test_what_another_watch_has_seen_go_is_not_taken_for_what_has_its_handle(
    ras: Simulator,
) -> None:
    """Nothing else tells: the new one has the handle and the name, and no correlation id yet."""
    ras.quirks.add("handle-reuse")
    ras.quirks.add("correlation-changes")
    up(ras, "A")
    ras.advance(2.0)
    with winras.watch(timeout=0.0) as late, winras.watch() as events:
        ras.drop("A")
        assert next(events).kind is EventKind.disconnected
        ras.connect("A")
        assert next(events).kind is EventKind.connected
        assert [kind for kind, _, _ in told(late)] == ["disconnected", "connected"]


@pytest.mark.parametrize("fails", [False, True])
def test_what_another_watch_has_seen_up_is_told_only_if_it_still_is(
    ras: Simulator, fails: bool
) -> None:
    ras.quirks.add("notify-late")
    with winras.watch(timeout=1.0) as late, winras.watch() as events:
        up(ras, "A")
        ras.advance(1.0)
        assert next(events).kind is EventKind.connected
        ras.drop("A")
        if fails:
            ras.fail("RasGetConnectStatus", 8, times=1)
        assert [connection.name for connection in winras.connections()] == ["A"]
        assert all(event.missed for event in late)


def test_what_came_and_went_unseen_is_missed(ras: Simulator) -> None:
    ras.add_entry("A")
    with winras.watch(timeout=0.0) as events:
        ras.connect("A")
        ras.drop("A")
        [event] = events
    assert event.missed is True
    assert event.connection is None
    assert event.kind is EventKind.disconnected


def test_a_dialling_connection_is_told_when_it_has_connected(ras: Simulator) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("A", dial_seconds=3.0)
    with winras.watch(timeout=4.0) as events:
        ras.connect("A")
        call = Background(lambda: told(events))
        ras.wait_blocked()
        ras.advance(2.0)
        ras.wait_blocked()
        ras.advance(1.0)
        ras.wait_blocked()
        ras.advance(1.0)
        assert call.result() == [("connected", "A", "notification")]


def test_a_dialling_that_fails_is_not_told(ras: Simulator) -> None:
    ras.quirks.add("enumerates-dialling")
    ras.add_entry("A", dial_seconds=3.0)
    with winras.watch(timeout=0.0) as events:
        ras.connect("A")
        ras.drop("A", error=691)
        assert told(events) == []


def test_links_that_come_and_go_are_told(ras: Simulator) -> None:
    up(ras, "ISDN", sub_entries=3)
    with winras.watch() as events:
        ras.add_link("ISDN")
        assert next(events).kind is EventKind.bandwidth_added
        ras.add_link("ISDN")
        ras.remove_link("ISDN", link=1)
        assert next(events).kind is EventKind.bandwidth_removed
        event = next(events)
    assert (event.kind, event.source) == (EventKind.bandwidth_added, EventSource.notification)


def test_a_connection_that_becomes_multilink_is_found_by_the_check(ras: Simulator) -> None:
    up(ras, "ISDN")
    with winras.watch(timeout=6.0, check_every=5.0) as events:
        ras.add_link("ISDN")
        ras.advance(5.0)
        assert next(events).source is EventSource.check
        ras.add_link("ISDN")
        event = next(events)
    assert (event.kind, event.source) == (EventKind.bandwidth_added, EventSource.notification)


def test_the_last_link_is_a_disconnection(ras: Simulator) -> None:
    up(ras, "ISDN", sub_entries=2)
    with winras.watch(timeout=0.0) as events:
        ras.remove_link("ISDN")
        assert told(events) == [("disconnected", "ISDN", "notification")]


def test_links_of_a_reused_handle_are_those_of_the_new_connection(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    up(ras, "one", sub_entries=2)
    ras.add_entry("two", sub_entries=2)
    with winras.watch() as events:
        ras.drop("one")
        ras.connect("two")
        assert [next(events).kind.value for _ in range(2)] == ["disconnected", "connected"]
        ras.add_link("two")
        event = next(events)
    assert (event.kind, event.source) == (EventKind.bandwidth_added, EventSource.notification)


def test_links_are_watched_on_when_another_watch_finds_their_handle_reused(ras: Simulator) -> None:
    ras.quirks.add("handle-reuse")
    ras.quirks.add("correlation-changes")
    up(ras, "ISDN", sub_entries=3)
    ras.advance(1.0)
    slow = winras.watch(timeout=5.0)
    with winras.watch() as events:
        ras.drop("ISDN")
        assert next(events).kind is EventKind.disconnected
        ras.connect("ISDN")
        # It has no correlation id yet, but when the other one looks.
        assert next(events).kind is EventKind.connected
        ras.advance(5.0)
        assert [kind for kind, _, _ in told(slow)] == ["disconnected", "connected"]
        call = Background(lambda: next(events))
        ras.wait_blocked()
        ras.add_link("ISDN")
        ras.advance(5.0)
        event = call.result()
    assert (event.kind, event.source) == (EventKind.bandwidth_added, EventSource.notification)


def test_only_some_kinds(ras: Simulator) -> None:
    with winras.watch(kinds=[EventKind.disconnected], timeout=0.0) as events:
        up(ras, "A")
        ras.drop("A")
        up(ras, "B")
        assert all(event.kind is EventKind.disconnected for event in events)


def test_only_one_connection(ras: Simulator) -> None:
    up(ras, "A", "B")
    with winras.watch(connection=winras.get_connection("B"), timeout=0.0) as events:
        ras.drop("A")
        ras.drop("B")
        up(ras, "C")
        assert told(events) == [("disconnected", "B", "notification")]


def test_two_watches_are_told_the_same(ras: Simulator) -> None:
    with winras.watch(timeout=0.0) as first, winras.watch(timeout=0.0) as second:
        up(ras, "A")
        assert told(first) == told(second) == [("connected", "A", "notification")]


def test_waits_in_many_threads_are_all_told(ras: Simulator) -> None:
    watches = [winras.watch(timeout=60.0) for _ in range(8)]
    calls = [Background(lambda events=events: next(events)) for events in watches]
    ras.wait_blocked(8)
    up(ras, "A")
    assert {call.result().kind for call in calls} == {EventKind.connected}


@pytest.mark.parametrize(
    "quirk", ["notify-once", "notify-late", "notify-lost", "notify-coalesced", None]
)
def test_every_change_arrives_at_the_latest_after_check_every(
    ras: Simulator, quirk: str | None
) -> None:
    if quirk:
        ras.quirks.add(quirk)
    else:
        ras.fail("RasConnectionNotification", 711, times=None)
    with winras.watch(timeout=100.0, check_every=5.0) as events:
        for name in ("A", "B"):
            up(ras, name)
            ras.advance(5.0)
            event = next(events)
            assert (event.kind, event.connection) == (
                EventKind.connected,
                winras.get_connection(name),
            )
        ras.drop("A")
        ras.advance(5.0)
        assert next(events).kind is EventKind.disconnected


def test_a_change_without_a_signal_registers_anew_at_most_once_a_minute(ras: Simulator) -> None:
    ras.quirks.add("notify-once")
    with winras.watch(timeout=0.0) as events:
        up(ras, "A")
        assert next(events).source is EventSource.notification
    ras.add_entry("B")
    with winras.watch(check_every=1.0) as events:
        for expected in (4, 4, 4):
            ras.connect("B")
            ras.advance(1.0)
            next(events)
            ras.drop("B")
            ras.advance(1.0)
            next(events)
            assert ras.calls("RasConnectionNotification") == expected
        ras.advance(60.0)
        ras.quirks.clear()
        ras.connect("B")
        ras.advance(1.0)
        next(events)
        ras.drop("B")
        assert next(events).source is EventSource.notification


def test_a_late_signal_is_no_reason_to_register_anew(ras: Simulator) -> None:
    ras.quirks.add("notify-late")
    with winras.watch(timeout=60.0) as events:
        up(ras, "A")
        call = Background(lambda: next(events))
        ras.wait_blocked()
        ras.advance(5.0)
        assert call.result().source is EventSource.check
    assert ras.calls("RasConnectionNotification") == 2


def test_a_watch_at_rest_costs_its_checks_only(ras: Simulator) -> None:
    up(ras, "A", "B")
    with winras.watch(timeout=26.0, check_every=5.0) as events:
        before = costs(ras)
        call = Background(lambda: told(events))
        for _ in range(26):
            ras.wait_blocked()
            ras.advance(1.0)
        assert call.result() == []
    # A status of each connection at each check, for its substate, and a look at the end.
    assert [b - a for a, b in zip(before, costs(ras), strict=True)] == [6, 10, 0, 0]


def test_an_event_costs_one_enumeration_and_one_status_of_what_is_new(ras: Simulator) -> None:
    up(ras, "A", "B")
    with winras.watch(timeout=1.0) as events:
        before = costs(ras)
        up(ras, "C")
        next(events)
        assert [b - a for a, b in zip(before, costs(ras), strict=True)] == [1, 1, 0, 0]
        before = costs(ras)
        ras.drop("A")
        next(events)
        assert [b - a for a, b in zip(before, costs(ras), strict=True)] == [1, 0, 0, 0]


def test_links_are_looked_at_only_where_they_were_signalled(ras: Simulator) -> None:
    up(ras, "one", "two", sub_entries=2)
    up(ras, "plain")
    with winras.watch(timeout=1.0) as events:
        before = costs(ras)
        ras.add_link("one")
        next(events)
        # Its sub-entries 1 and 2, and 3, of which there is none.
        assert [b - a for a, b in zip(before, costs(ras), strict=True)] == [1, 0, 3, 0]
        before = costs(ras)
        ras.drop("plain")
        next(events)
        assert [b - a for a, b in zip(before, costs(ras), strict=True)] == [1, 0, 0, 0]


def test_registrations_do_not_grow_with_watches_and_hang_ups() -> None:
    with Simulator() as ras:
        ras.add_entry("A")
        for _ in range(100):
            winras.watch().close()
        before = ras.calls("RasConnectionNotification")
        gc.collect()
        tracemalloc.start()
        began = tracemalloc.get_traced_memory()[0]
        threads, events = threading.active_count(), open_events()
        for _ in range(10_000):
            winras.watch().close()
        for _ in range(1_000):
            ras.connect("A")
            winras.get_connection("A").hang_up()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - began
        tracemalloc.stop()
        assert ras.calls("RasConnectionNotification") == before == 2
        assert threading.active_count() == threads
        assert open_events() == events
        assert grown < 100_000


def open_events() -> int:
    """How many operations the shim still has."""
    return winras._native.lib.winras_operations()


def test_multilink_connections_share_a_pool_of_events(ras: Simulator) -> None:
    """However many there were, the links of the last one are signalled: no time passes here."""
    ras.add_entry("ISDN", sub_entries=2)
    with winras.watch() as events:
        for _ in range(200):
            ras.connect("ISDN")
            connected = next(events)
            ras.add_link("ISDN")
            added = next(events)
            ras.drop("ISDN")
            told = [connected, added, next(events)]
            assert [event.kind.name for event in told] == [
                "connected",
                "bandwidth_added",
                "disconnected",
            ]
            assert {event.source for event in told} == {EventSource.notification}


def test_places_of_connections_that_ended_unwatched_are_used_again(ras: Simulator) -> None:
    for number in range(100):
        up(ras, f"ISDN {number}", sub_entries=2)
        winras.watch().close()
        ras.drop(f"ISDN {number}")
    up(ras, "last", sub_entries=2)
    with winras.watch() as events:
        ras.add_link("last")
        event = next(events)
    assert (event.kind, event.source) == (EventKind.bandwidth_added, EventSource.notification)


def test_a_multilink_connection_without_any_link_is_no_error(ras: Simulator) -> None:
    up(ras, "ISDN")
    with winras.watch(timeout=6.0) as events:
        ras.add_link("ISDN")
        ras.fail("RasGetSubEntryHandle", 618, times=2)
        ras.advance(6.0)
        assert told(events) == []


def test_more_multilink_connections_than_events_are_still_checked(ras: Simulator) -> None:
    names = [f"ISDN {number}" for number in range(40)]
    up(ras, *names, sub_entries=2)
    with winras.watch(timeout=6.0, check_every=5.0) as events:
        for name in names:
            ras.add_link(name)
        ras.advance(6.0)
        seen = [event.connection.name for event in events if event.connection]
    assert sorted(seen) == sorted(names)


def test_a_timeout_ends_the_iteration_without_an_error(ras: Simulator) -> None:
    events = winras.watch(timeout=2.0)
    ras.advance(1.0)
    call = Background(lambda: list(events))
    ras.wait_blocked()
    ras.advance(0.99)
    assert call.running
    ras.wait_blocked()
    ras.advance(0.01)
    assert call.result() == []
    assert list(events) == []


def test_close_from_another_thread_ends_it_at_once(ras: Simulator) -> None:
    events = winras.watch()
    call = Background(lambda: list(events))
    ras.wait_blocked()
    events.close()
    assert call.result() == []  # no time has passed that could end it
    events.close()
    assert list(events) == []


def test_break_and_forgetting_end_it(ras: Simulator) -> None:
    up(ras, "A")
    events = winras.watch()
    ras.drop("A")
    for _ in events:
        break
    del events
    gc.collect()
    assert open_events() == 0
    with winras.watch() as kept:
        ras.connect("A")
        for _ in kept:
            break
    assert open_events() == 0


def test_one_thread_at_a_time(ras: Simulator) -> None:
    with winras.watch() as events:
        call = Background(lambda: list(events))
        ras.wait_blocked()
        with pytest.raises(RuntimeError, match="another thread"):
            next(events)
        assert call.running
        events.close()
        assert call.result() == []


def test_the_end_of_the_simulator_is_an_error() -> None:
    with Simulator(clock="manual") as ras:
        events = winras.watch()
        call = Background(lambda: list(events))
        ras.wait_blocked()
    with pytest.raises(RuntimeError, match="Simulator has ended"):
        call.result()
    assert list(events) == []


def test_an_error_of_ras_is_raised(ras: Simulator) -> None:
    ras.fail("RasEnumConnections", 711)
    with pytest.raises(winras.RasError):
        winras.watch()
    assert open_events() == 0


@pytest.mark.parametrize("check_every", [0, -1, math.nan, math.inf, None])
@pytest.mark.usefixtures("ras")
def test_bad_times_are_refused(check_every: float) -> None:
    with pytest.raises(ValueError, match="check_every"):
        winras.watch(check_every=check_every)
    with pytest.raises(ValueError, match="timeout"):
        winras.watch(timeout=-1.0)


def test_bad_arguments_are_refused(ras: Simulator) -> None:
    up(ras, "ISDN")
    with pytest.raises(TypeError):
        winras.watch(connection="ISDN")  # type: ignore[arg-type]
    [link] = winras.get_connection("ISDN").links()
    with pytest.raises(TypeError, match="link"):
        winras.watch(connection=link)
    with pytest.raises(TypeError):
        winras.watch(kinds=["connected"])  # type: ignore[list-item]


@pytest.mark.skipif(sys.platform == "win32", reason="this system has a RAS of its own")
def test_without_ras_watch_says_so() -> None:
    with pytest.raises(winras.RasUnavailableError):
        winras.watch()


def test_a_hang_up_is_woken_by_the_signal(ras: Simulator) -> None:
    up(ras, "A", seconds=20.1)
    a = winras.get_connection("A")
    call = Background(a.hang_up)
    ras.wait_blocked()
    ras.advance(20.0)
    ras.wait_blocked()
    looks = ras.calls("RasGetConnectStatus")
    ras.advance(0.1)
    assert call.result() is True
    assert ras.calls("RasGetConnectStatus") == looks + 1


def test_phone_books_are_told_apart(ras: Simulator) -> None:
    for phonebook in (DEFAULT_PHONEBOOK, "other.pbk"):
        ras.add_entry("A", phonebook=phonebook)
    ras.connect("A", phonebook=DEFAULT_PHONEBOOK)
    with winras.watch(timeout=0.0) as events:
        ras.connect("A", phonebook="other.pbk")
        [event] = events
    assert event.connection is not None
    assert event.connection.phonebook == "other.pbk"


def test_a_connection_that_answers_errors_keeps_no_other_from_being_told(ras: Simulator) -> None:
    up(ras, "B")
    ras.add_entry("A")
    with winras.watch(timeout=6.0) as events:
        ras.fail("RasGetConnectStatus", 5)
        ras.drop("B")
        ras.connect("A")
        gone = next(events)
        assert gone.connection is not None
        assert (gone.kind, gone.connection.name) == (EventKind.disconnected, "B")
        ras.advance(6.0)
        [event] = events
        assert event.connection is not None
        assert (event.kind, event.connection.name) == (EventKind.connected, "A")
    assert open_events() == 0


def test_a_timeout_ends_a_watch_that_is_always_due() -> None:
    with Simulator(clock=1e5):
        assert list(winras.watch(timeout=1000.0)) == []
        assert list(winras.watch(timeout=1000.0, check_every=1e-6)) == []


@pytest.mark.parametrize("quirk", ["notify-late", "notify-coalesced"])
def test_what_is_only_late_is_not_missed(ras: Simulator, quirk: str) -> None:
    ras.quirks.add(quirk)
    up(ras, "B")
    ras.advance(1.0)
    ras.add_entry("A")
    with winras.watch(timeout=20.0, check_every=5.0) as events:
        call = Background(lambda: list(events))
        for step in (
            lambda: ras.connect("A"),
            lambda: ras.advance(0.1),
            lambda: ras.drop("B"),
        ):
            ras.wait_blocked()
            step()
        for _ in range(200):
            ras.advance(0.1)
        seen = [(e.kind.value, e.connection and e.connection.name) for e in call.result()]
    assert sorted(seen, key=str) == [("connected", "A"), ("disconnected", "B")]


def test_a_late_signal_of_what_a_check_has_told_is_no_miss(ras: Simulator) -> None:
    ras.quirks.add("notify-coalesced")
    ras.add_entry("A")
    with winras.watch(timeout=3.0, check_every=1.0) as events:
        call = Background(lambda: list(events))
        for step in (
            lambda: ras.advance(0.95),
            lambda: ras.connect("A"),
            lambda: ras.advance(0.05),  # the check comes before the signal
            lambda: ras.advance(0.2),
            lambda: ras.drop("A"),
            lambda: ras.advance(0.2),
        ):
            ras.wait_blocked()
            step()
        ras.wait_blocked()
        ras.advance(3.0)
        assert [event.missed for event in call.result()] == [False, False]


@pytest.mark.parametrize("drop_at", [5.09, 5.3])
def test_another_signal_in_between_makes_no_miss(ras: Simulator, drop_at: float) -> None:
    ras.quirks.add("notify-coalesced")
    for name in "AB":
        ras.add_entry(name)
    with winras.watch(timeout=30.0, check_every=5.0) as events:
        call = Background(lambda: list(events))
        ras.wait_blocked()
        for at, act in (
            (1.0, lambda: ras.connect("B")),
            (4.95, lambda: ras.drop("B")),
            (4.98, lambda: ras.connect("A")),
            *((t, lambda: None) for t in (5.0, 5.05, 5.08)),
            (drop_at, lambda: ras.drop("A")),
        ):
            ras.wait_blocked()
            ras.advance(at - ras.now)
            ras.wait_blocked()
            act()
        ras.wait_blocked()
        for _ in range(60):
            ras.advance(0.5)
        seen = call.result()
    assert [e.connection and e.connection.name for e in seen if e.missed] == []
    assert len(seen) == 4


def test_a_connection_that_a_check_came_too_early_for_is_missed(ras: Simulator) -> None:
    ras.quirks.add("notify-late")
    ras.add_entry("A")
    with winras.watch(timeout=30.0, check_every=5.0) as events:
        call = Background(lambda: list(events))
        for step in (4.9, 0.1, 2.0):
            ras.wait_blocked()
            ras.advance(step)
            ras.wait_blocked()
            if step == 4.9:
                ras.connect("A")
        ras.drop("A")
        ras.wait_blocked()
        for _ in range(60):
            ras.advance(0.5)
        assert [event.missed for event in call.result()] == [True]


def seen_to_the_end(ras: Simulator, events: winras.Watch) -> list[winras.Event]:
    """What the watch tells in the next 30 seconds."""
    call = Background(lambda: list(events))
    for _ in range(60):
        ras.wait_blocked()
        ras.advance(0.5)
    ras.wait_blocked()
    events.close()
    return call.result()


def test_a_difference_hides_what_is_missed_soon_after_it_only(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A", at=6.0)
    ras.add_entry("C")
    for at in (8.0, 16.0):
        ras.connect("C", at=at)
        ras.drop("C", at=at)
    seen = seen_to_the_end(ras, winras.watch())
    assert [(e.connection and e.connection.name, e.missed, e.at.second) for e in seen] == [
        ("A", False, 6),
        (None, True, 25),
    ]


def test_each_that_came_and_went_unseen_is_told(ras: Simulator) -> None:
    ras.add_entry("A")
    for at in (1.0, 13.0, 25.0):
        ras.connect("A", at=at)
        ras.drop("A", at=at)
    seen = seen_to_the_end(ras, winras.watch(check_every=2.0))
    assert [(event.missed, event.at.second) for event in seen] == [(True, s) for s in (4, 16, 28)]


def test_a_late_signal_of_what_was_up_at_the_start_is_no_miss(ras: Simulator) -> None:
    up(ras, "B")
    with winras.watch():
        ras.quirks.add("notify-coalesced")
        up(ras, "A")
        with winras.watch() as events:
            ras.advance(0.1)
            ras.drop("B")
            seen = seen_to_the_end(ras, events)
    assert [(e.connection and e.connection.name, e.missed) for e in seen] == [("B", False)]


def test_what_a_signal_led_to_is_told_as_notified_under_load() -> None:
    with Simulator() as ras:
        ras.add_entry("A")
        events = winras.watch(check_every=1e6)

        def come_and_go() -> None:
            for _ in range(2000):
                ras.connect("A")
                ras.drop("A")
            ras.wait_blocked()
            ras.connect("A")
            ras.wait_blocked()
            events.close()

        call = Background(come_and_go)
        sources = {event.source for event in events}
        call.result()
        assert sources == {EventSource.notification}
        assert ras.calls("RasConnectionNotification") == 2


def test_on_the_manual_clock_each_step_is_seen_by_a_waiting_watch(ras: Simulator) -> None:
    ras.add_entry("A")
    with winras.watch(timeout=1e6) as events:
        call = Background(lambda: list(events))
        for _ in range(200):
            ras.wait_blocked()
            ras.connect("A")
            ras.wait_blocked()
            ras.drop("A")
        ras.wait_blocked()
        events.close()
        seen = call.result()
    assert [e.kind for e in seen] == [EventKind.connected, EventKind.disconnected] * 200
    assert not any(e.missed for e in seen)


def test_a_change_is_signalled_once_though_it_was_asked_for_twice(ras: Simulator) -> None:
    up(ras, "A", "B")
    watches = [winras.watch() for _ in range(4)]
    calls = [Background(lambda events=events: list(events)) for events in watches]
    ras.wait_blocked(4)
    # Only the signal of this one is lost, so its registration stays good, and a second is made.
    ras.quirks.add("notify-lost")
    ras.drop("B")
    ras.quirks.remove("notify-lost")
    ras.advance(5.0)
    ras.wait_blocked(4)
    assert ras.calls("RasConnectionNotification") == 4
    for _ in range(200):
        ras.drop("A")
        ras.wait_blocked(4)
        ras.connect("A")
        ras.wait_blocked(4)
    for _ in range(3):
        ras.advance(5.0)
        ras.wait_blocked(4)
    for events in watches:
        events.close()
    for call in calls:
        seen = call.result()
        assert len(seen) == 401
        assert not any(event.missed for event in seen)


def test_the_automatic_clock_waits_for_the_look_of_a_watch(tmp_path: Path) -> None:
    actions = "".join(
        f'[[at]]\nseconds = {n + 1}\n{"drop" if n % 2 else "connect"} = "A"\n' for n in range(100)
    )
    scenario = tmp_path / "s.toml"
    scenario.write_text(f'[[entry]]\nname = "A"\n{actions}', encoding="utf-8")
    with Simulator(clock="auto", scenario=scenario), winras.watch(timeout=200.0) as events:
        seen = list(events)
    assert [e.at.second + 60 * e.at.minute for e in seen] == list(range(1, 101))
    assert not any(e.missed for e in seen)


def test_a_change_of_the_plan_wakes_those_that_sleep() -> None:
    def wake() -> tuple[winras.Event, float]:
        with Simulator() as ras:
            ras.add_entry("A")
            with winras.watch() as events:
                call = Background(lambda: (next(events), time.monotonic()))
                ras.wait_blocked()
                began = time.monotonic()
                ras.connect("A", dial_seconds=0.02)
                event, ended = call.result()
            return event, ended - began

    # Sooner than the slice that it sleeps for.
    assert quick(wake, 0.12).kind is EventKind.connected


def test_wait_closed_looks_soon_again_after_a_signal(ras: Simulator) -> None:
    ras.quirks.add("notify-late")
    up(ras, "A")
    ras.advance(1.0)
    call = Background(lambda: winras.get_connection("A").wait_closed(timeout=1000.0))
    ras.wait_blocked()
    for _ in range(20):
        ras.wait_blocked()
        ras.advance(5.0)
    ras.wait_blocked()
    ras.drop("A")
    for _ in range(20):
        ras.advance(0.05)
    assert call.result() is None


def test_a_second_signal_of_a_drop_does_not_keep_from_healing(ras: Simulator) -> None:
    up(ras, "A", "B")
    with winras.watch(check_every=5.0) as events:
        ras.drop("A", linger=1.0)
        assert next(events).source is EventSource.notification
        ras.advance(6.0)
        call = Background(lambda: next(events))
        ras.wait_blocked()
        ras.advance(5.0)
        ras.quirks.add("notify-lost")
        ras.drop("B")
        ras.advance(6.0)
        assert call.result().source is EventSource.check
    assert ras.calls("RasConnectionNotification") == 4


def test_a_connection_of_an_ended_simulator_cannot_be_watched() -> None:
    with Simulator() as first:
        up(first, "A")
        a = winras.get_connection("A")
    with Simulator() as second:
        with pytest.raises(RuntimeError, match="Simulator has ended"):
            winras.watch(connection=a)
        assert second.calls("RasEnumConnections") == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_a_signal_handler_may_close_a_watch() -> None:
    with Simulator():
        before = signal.getsignal(signal.SIGALRM)
        try:
            for number in range(300):
                events = winras.watch(check_every=1e-5)
                signal.signal(signal.SIGALRM, lambda *_, events=events: events.close())
                signal.setitimer(signal.ITIMER_REAL, 0.0005 + number % 10 * 0.0002)
                assert list(events) == []
        finally:
            signal.signal(signal.SIGALRM, before)
    assert open_events() == 0


def test_ctrl_c_at_any_line_of_a_step_leaves_no_step_begun() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        for line in itertools.count(1):
            ras.connect("A")
            events = winras.watch(timeout=1.0, initial=True)
            interrupting = Interrupting(line, (winras._watching, _operations))
            try:
                with interrupting.tracing():
                    next(events)
            except KeyboardInterrupt:
                next(events, None)  # closed, or, if the step had not begun, with its event
            ras.drop("A")
            events.close()
            if interrupting.left > 0:
                break
        assert line > 10
        assert _native.lib.winras_operations() == 0
