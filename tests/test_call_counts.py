"""How often RAS is called, because each call is a remote procedure call: one test a rule."""

from __future__ import annotations

import pytest

import winras
import winras._watching
from background import Background
from winras import ConnectionSubstate, EventKind
from winras.testing import Simulator

COUNTED = ("RasEnumConnections", "RasGetConnectStatus", "RasGetSubEntryHandle")


def counts(ras: Simulator) -> list[int]:
    return [ras.calls(function) for function in COUNTED]


def since(ras: Simulator, before: list[int]) -> list[int]:
    return [now - then for now, then in zip(counts(ras), before, strict=True)]


def up(ras: Simulator, *names: str, device_name: str = "WAN Miniport (SSTP)") -> None:
    for name in names:
        ras.add_entry(name, device_type="vpn", device_name=device_name)
        ras.connect(name)


def watching(ras: Simulator, count: int) -> list[Background[list[winras.Event]]]:
    """So many watches, each waited for by a thread, until the clock shows 300."""
    calls = [
        Background(lambda events=events: list(events))
        for events in [winras.watch(timeout=300.0) for _ in range(count)]
    ]
    ras.wait_blocked(count)
    return calls


def told(call: Background[list[winras.Event]]) -> list[str]:
    return [event.kind.name for event in call.result()]


def test_an_enumeration_that_fits_the_kept_buffer_is_one_call(ras: Simulator) -> None:
    up(ras, "A")
    winras.connections()
    before = counts(ras)
    winras.connections()
    assert since(ras, before) == [1, 0, 0]


def test_a_watch_at_rest_makes_only_its_checks(ras: Simulator) -> None:
    up(ras, "A", "B")
    [call] = watching(ras, 1)
    before = counts(ras)
    for _ in range(3):
        ras.advance(5.0)
        ras.wait_blocked()
    assert since(ras, before) == [3, 0, 0]
    ras.advance(300.0)
    assert told(call) == []


def test_a_hundred_watches_make_one_check(ras: Simulator) -> None:
    up(ras, "A", "B")
    calls = watching(ras, 100)
    before = counts(ras)
    ras.advance(5.0)
    ras.wait_blocked(100)
    assert since(ras, before) == [1, 0, 0]
    ras.advance(300.0)
    assert [told(call) for call in calls] == [[]] * 100


def test_a_check_counts_for_a_watch_whose_own_is_due_within_a_quarter(ras: Simulator) -> None:
    first, near, far = (winras.watch(timeout=300.0, check_every=e) for e in (4.0, 5.0, 8.0))
    calls = [Background(lambda events=events: list(events)) for events in (first, near, far)]
    ras.wait_blocked(3)
    before = counts(ras)
    seen = []
    for _ in range(10):
        ras.advance(1.0)
        ras.wait_blocked(3)
        seen.append(since(ras, before)[0])
    # At 4 for two of them, at 8 for all.
    assert seen == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    for events in (first, near, far):
        events.close()
    assert [told(call) for call in calls] == [[], [], []]


@pytest.mark.parametrize("watches", [1, 20])
def test_an_event_is_one_enumeration_and_a_status_of_what_is_new(
    ras: Simulator, watches: int
) -> None:
    up(ras, "A", "B", "C")
    ras.add_entry("D")
    calls = watching(ras, watches)
    before = counts(ras)
    ras.connect("D")
    ras.wait_blocked(watches)
    assert since(ras, before) == [1, 1, 0]
    before = counts(ras)
    ras.drop("A")
    ras.wait_blocked(watches)
    assert since(ras, before) == [1, 0, 0]
    ras.advance(300.0)
    assert [told(call) for call in calls] == [["connected", "disconnected"]] * watches


@pytest.mark.parametrize(
    ("device_name", "asked"),
    [
        ("WAN Miniport (IKEv2)", 1),
        ("Some VPN adapter", 1),
        ("WAN Miniport (SSTP)", 0),
        ("WAN Miniport (L2TP)", 0),
        ("WAN Miniport (PPTP)", 0),
    ],
)
def test_a_check_asks_only_what_can_have_a_substate(
    ras: Simulator, device_name: str, asked: int
) -> None:
    up(ras, "A", device_name=device_name)
    [call] = watching(ras, 1)
    before = counts(ras)
    ras.advance(5.0)
    ras.wait_blocked()
    assert since(ras, before) == [1, asked, 0]
    ras.advance(300.0)
    assert told(call) == []


def test_what_once_had_a_substate_is_asked_whatever_its_device_is(ras: Simulator) -> None:
    up(ras, "A")
    ras.set_substate("A", ConnectionSubstate.Dormant)
    with winras.watch(timeout=300.0) as events:
        call = Background(lambda: next(events))
        ras.wait_blocked()
        ras.set_substate("A", ConnectionSubstate.Reconnected)
        ras.advance(5.0)
        assert call.result().kind is EventKind.reconnected


def test_links_are_asked_for_when_they_are_signalled_and_at_checks(ras: Simulator) -> None:
    ras.add_entry("ISDN", sub_entries=2, device_type="isdn")
    ras.connect("ISDN")
    [call] = watching(ras, 1)
    before = counts(ras)
    ras.drop("ISDN")
    ras.wait_blocked()
    assert since(ras, before) == [1, 0, 0]
    ras.connect("ISDN")
    ras.wait_blocked()
    before = counts(ras)
    ras.add_link("ISDN")
    ras.wait_blocked()
    assert since(ras, before) == [1, 0, 3]
    ras.advance(300.0)
    assert told(call) == ["disconnected", "connected", "bandwidth_added"]


def test_a_hang_up_of_three_seconds_makes_at_most_14_looks(ras: Simulator) -> None:
    ras.add_entry("A", hang_up_seconds=3.0)
    ras.connect("A")
    a = winras.get_connection("A")
    before = counts(ras)
    call = Background(a.hang_up)
    for _ in range(3000):
        ras.wait_blocked()
        ras.advance(0.001)
    assert call.result() is True
    assert since(ras, before)[0] == 1
    assert since(ras, before)[1] <= 14


def test_a_disconnection_concerns_only_the_hang_ups_that_it_ends(ras: Simulator) -> None:
    names = [f"E{number}" for number in range(30)]
    for name in names:
        ras.add_entry(name, hang_up_seconds=100.0)
        ras.connect(name)
    calls = [Background(c.hang_up) for c in winras.connections()]
    watches = watching(ras, 5)
    ras.wait_blocked(len(names) + 5)
    ras.add_entry("other")
    ras.connect("other")
    ras.wait_blocked(len(names) + 5)
    before = counts(ras)
    ras.drop("other")
    ras.wait_blocked(len(names) + 5)
    assert since(ras, before) == [1, 0, 0]
    ras.advance(300.0)
    assert [call.result() for call in calls] == [True] * len(names)
    for watch in watches:
        watch.result()


def test_a_watch_that_has_nothing_to_tell_is_not_woken(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    look = winras._watching.Watch._look

    def count(watch: winras.Watch, native: object) -> None:
        seen.append(watch)
        look(watch, native)  # type: ignore[arg-type]

    monkeypatch.setattr(winras._watching.Watch, "_look", count)
    up(ras, "A")
    calls = watching(ras, 5)
    for _ in range(20):
        ras.advance(5.0)
        ras.wait_blocked(5)
    assert seen == []
    ras.drop("A")
    ras.advance(300.0)
    assert [told(call) for call in calls] == [["disconnected"]] * 5
    assert len(seen) == 5


def test_among_many_hang_ups_and_watches_each_end_is_one_enumeration(ras: Simulator) -> None:
    names = [f"E{number}" for number in range(30)]
    for number, name in enumerate(names):
        ras.add_entry(name, hang_up_seconds=1.0 + 0.01 * number)
        ras.connect(name)
    watches = watching(ras, 10)
    calls = [Background(c.hang_up) for c in winras.connections()]
    ras.wait_blocked(40)
    ras.advance(0.995)
    ras.wait_blocked(40)
    before = counts(ras)
    for number in range(30):
        ras.advance(0.01)
        ras.wait_blocked(39 - number)
    enumerations, statuses, _ = since(ras, before)
    assert [call.result() for call in calls] == [True] * 30
    # A watch that comes back while another one looks may need one more.
    assert 30 <= enumerations <= 30 * (1 + len(watches))
    # Each makes 14 looks at most by itself, and 8 ask because of one disconnection.
    assert 30 <= statuses <= 30 * (14 + 8)
    ras.advance(300.0)
    assert [told(call) for call in watches] == [["disconnected"] * 30] * 10


def test_what_says_the_same_is_read_once(ras: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    begin = winras._watching._Picture.__init__

    def count(picture: winras._watching._Picture, *of: object) -> None:
        read.append(picture)
        begin(picture, *of)  # type: ignore[arg-type]

    monkeypatch.setattr(winras._watching._Picture, "__init__", count)
    up(ras, "A", "B")
    ras.add_entry("C")
    # One after the other: of two threads each may read a picture that neither has read yet.
    watches = [winras.watch() for _ in range(5)]
    before = counts(ras)
    for _ in range(10):
        winras.watch().close()
    assert since(ras, before)[0] == 10
    assert len(read) == 1
    ras.connect("C")
    assert [next(events).kind for events in watches] == ["connected"] * 5
    assert len(read) == 2
