"""The beacon, as Salt's own loader and rounds have it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import winras
from json_forms import check
from minions import Functions, Minion, Served
from patience import HANG
from winras.testing import Simulator

ENTRY = "Office VPN"
Configured = list[dict[str, object]]
Data = dict[str, object]


class Rounds:
    """The rounds of a minion: what `salt.minion` does with `salt.beacons`."""

    def __init__(self, minion: Minion, options: dict[str, object], beacons: object) -> None:
        import salt.beacons  # noqa: PLC0415

        self.options = minion.options(**options, beacons=beacons)
        self._class = salt.beacons.Beacon
        self.salts = self._class(self.options, {})

    def run(self) -> list[dict[str, object]]:
        """One round: what goes onto the bus."""
        found: list[dict[str, object]] = self.salts.process(self.options["beacons"], {}) or []
        assert not [event for event in found if "error" in event], found
        return found

    def told(self) -> list[Data]:
        """One round, without the tags."""
        return [event["data"] for event in self.run()]  # type: ignore[misc]

    def kinds(self) -> list[object]:
        return [data["kind"] for data in self.told()]

    def reload(self) -> None:
        """As `Minion.beacons_refresh` does."""
        self.salts.close_beacons()
        self.salts = self._class(self.options, {}, interval_map=self.salts.interval_map)

    def until(self, is_enough: Callable[[list[Data]], bool]) -> list[Data]:
        """Rounds in real time, until they have told enough."""
        told: list[Data] = []
        limit = time.monotonic() + HANG
        while not is_enough(told):
            assert time.monotonic() < limit, told
            told += self.told()
            time.sleep(0.001)
        return told


def thread_of() -> threading.Thread | None:
    threads = [one for one in threading.enumerate() if one.name == "winras beacon"]
    assert len(threads) <= 1
    return threads[0] if threads else None


Begin = Callable[..., Rounds]


@pytest.fixture
def begin(minion: Minion) -> Iterator[Begin]:
    """Have the first round of a minion with these beacons; its thread ends with the test."""
    from winras.salt._watching import beacons  # noqa: PLC0415

    def begun(*configured: dict[str, object], **options: object) -> Rounds:
        named = options.pop("beacons", {"winras": list(configured)})
        rounds = Rounds(minion, options, named)
        assert rounds.run() == []
        return rounds

    yield begun
    with beacons._lock:
        beacons._beacons.clear()
        beacons._rouse()
    if thread := thread_of():
        thread.join(HANG)
        assert not thread.is_alive()


@pytest.fixture
def office(ras: Simulator) -> Simulator:
    """A simulated RAS in this process with two entries."""
    ras.add_entry(ENTRY)
    ras.add_entry("Home VPN")
    return ras


def rest(ras: Simulator, seconds: float = 0.0) -> None:
    """Have the thread see what has happened, and wait again."""
    from winras.salt._watching import beacons  # noqa: PLC0415

    limit = time.monotonic() + HANG
    while beacons._roused.is_set():
        assert time.monotonic() < limit
        time.sleep(0.0001)
    ras.wait_blocked()
    ras.advance(seconds)
    ras.wait_blocked()


def wait(ras: Simulator, seconds: int) -> None:
    """Let time pass as it does; all at once it would be like a machine that slept."""
    for _ in range(seconds):
        rest(ras, 1.0)


def test_an_event_has_what_watch_prints(office: Simulator, begin: Begin) -> None:
    rounds = begin()
    rest(office)
    with winras.watch() as events:
        office.connect(ENTRY)
        printed = next(events).to_dict()
    office.wait_blocked()
    (event,) = rounds.run()
    assert event["tag"] == "salt/beacon/minion/winras/connected"
    assert event["data"] == {**printed, "id": "minion"}
    del event["data"]["id"]
    check("watch", json.dumps(event["data"]))


def test_a_name_that_salt_could_not_send_is_escaped(office: Simulator, begin: Begin) -> None:
    import salt.payload  # noqa: PLC0415

    rounds = begin()
    office.add_entry("Odd \ud800 VPN")
    rest(office)
    office.connect("Odd \ud800 VPN")
    rest(office)
    (event,) = rounds.run()
    assert salt.payload.loads(salt.payload.dumps(event)) == event


def test_what_is_up_at_first_is_not_told(office: Simulator, begin: Begin) -> None:
    office.connect(ENTRY)
    rounds = begin()
    rest(office)
    assert rounds.told() == []
    office.drop(ENTRY)
    rest(office)
    assert [(data["kind"], data["name"]) for data in rounds.told()] == [("disconnected", ENTRY)]
    rest(office, 30.0)
    assert rounds.told() == []


def test_only_what_it_is_configured_for_is_told(office: Simulator, begin: Begin) -> None:
    rounds = begin({"entries": ["OFFICE vpn"]}, {"kinds": ["disconnected", "service_lost"]})
    rest(office)
    for name in (ENTRY, "Home VPN"):
        office.connect(name)
        rest(office)
        office.drop(name)
        rest(office)
    assert [(data["kind"], data["name"]) for data in rounds.told()] == [("disconnected", ENTRY)]
    office.stop_service(1722)
    rest(office, 5.0)
    assert [(data["kind"], data["error"]) for data in rounds.told()] == [("service_lost", 1722)]


def test_check_every_is_that_of_the_beacon_that_checks_most_often(
    office: Simulator, begin: Begin
) -> None:
    office.quirks.add("notify-lost")
    module = {"beacon_module": "winras"}
    rounds = begin(
        beacons={"slow": [module, {"check_every": 15}], "quick": [module, {"check_every": 2}]}
    )
    rest(office)
    office.connect(ENTRY)
    rest(office, 1.9)
    assert rounds.told() == []
    rest(office, 0.1)
    assert rounds.kinds() == ["connected", "connected"]
    rounds.options["beacons"]["quick"][1]["check_every"] = 14
    rounds.run()
    rest(office)
    office.drop(ENTRY)
    rest(office, 13.9)
    assert rounds.told() == []
    rest(office, 0.1)
    assert rounds.kinds() == ["disconnected", "disconnected"]


def test_a_beacon_that_begins_while_the_watch_does_is_checked_for(
    office: Simulator, begin: Begin
) -> None:
    office.quirks.add("notify-lost")
    office.delay("RasEnumConnections", 1.0)
    module = {"beacon_module": "winras"}
    rounds = begin(beacons={"slow": [module, {"check_every": 15}]})
    office.wait_blocked()
    configured = rounds.options["beacons"]
    assert isinstance(configured, dict)
    configured["quick"] = [module, {"check_every": 2}]
    assert rounds.run() == []
    office.delay("RasEnumConnections", 0.0)
    office.advance(1.0)
    rest(office)
    office.connect(ENTRY)
    rest(office, 2.0)
    assert rounds.kinds() == ["connected", "connected"]


def test_two_beacons_of_the_module_each_tell_their_own(office: Simulator, begin: Begin) -> None:
    module = {"beacon_module": "winras"}
    rounds = begin(
        beacons={
            "office": [module, {"entries": [ENTRY]}, {"most_per_minute": 1}],
            "all": [module],
        }
    )
    rest(office)
    for name in (ENTRY, "Home VPN"):
        office.connect(name)
        rest(office)
    assert [(event["tag"], event["data"]["name"]) for event in rounds.run()] == [
        ("salt/beacon/minion/office/connected", ENTRY),
        ("salt/beacon/minion/all/connected", ENTRY),
        ("salt/beacon/minion/all/connected", "Home VPN"),
    ]
    assert thread_of() is not None


def test_a_reload_loses_nothing_and_tells_nothing_twice(office: Simulator, begin: Begin) -> None:
    rounds = begin()
    rest(office)
    office.connect(ENTRY)
    rest(office)
    rounds.reload()
    office.drop(ENTRY)
    rest(office)
    assert rounds.kinds() == ["connected", "disconnected"]
    rounds.reload()
    assert rounds.told() == []


def test_a_thousand_reloads_leave_one_thread_and_the_registrations_of_one(
    office: Simulator, begin: Begin
) -> None:
    configured: dict[str, object] = {}
    rounds = begin(configured)
    rest(office)
    threads = threading.active_count()
    registered = office.calls("RasConnectionNotification")
    for number in range(1000):
        configured["check_every"] = 7 + number % 4 // 2
        rounds.reload()
        assert rounds.told() == []
    rest(office)
    office.connect(ENTRY)
    rest(office)
    assert rounds.kinds() == ["connected"]
    assert threading.active_count() == threads
    assert office.calls("RasConnectionNotification") == registered == 2


def test_new_settings_hold_from_the_next_event_on(office: Simulator, begin: Begin) -> None:
    rounds = begin({"kinds": ["connected"]})
    rest(office)
    office.connect(ENTRY)
    rest(office)
    rounds.options["beacons"] = {"winras": [{"kinds": ["disconnected"]}]}
    assert rounds.kinds() == ["connected"]
    office.drop(ENTRY)
    rest(office)
    assert rounds.kinds() == ["disconnected"]


@pytest.mark.parametrize("how", ["reset", "disabled", "one disabled", "deleted"])
def test_what_is_no_more_is_forgotten_after_a_minute(
    office: Simulator, begin: Begin, how: str
) -> None:
    rounds = begin()
    rest(office)
    thread = thread_of()
    configured = rounds.options["beacons"]
    if how == "reset":
        rounds.options["beacons"] = {}
    elif how == "disabled":
        configured["enabled"] = False
    elif how == "one disabled":
        configured["winras"].append({"enabled": False})
    else:
        rounds.salts.close_beacons()
        del configured["winras"]
    assert rounds.run() == []
    office.connect(ENTRY)
    wait(office, 60)
    assert thread.is_alive()
    for _ in range(21):
        office.advance(1.0)
        office.sleep(0.0)
    thread.join(HANG)
    assert thread_of() is None
    rounds.options["beacons"] = {"winras": []}
    assert rounds.run() == []
    rest(office)
    assert rounds.told() == []
    office.drop(ENTRY)
    rest(office)
    assert rounds.kinds() == ["disconnected"]


def test_what_happens_while_the_minion_is_busy_for_less_than_a_minute_is_told(
    office: Simulator, begin: Begin
) -> None:
    rounds = begin()
    rest(office)
    office.connect(ENTRY)
    wait(office, 60)
    assert rounds.kinds() == ["connected"]


def test_a_machine_that_sleeps_for_long_tells_what_has_happened(
    office: Simulator, begin: Begin
) -> None:
    office.connect(ENTRY)
    rounds = begin()
    rest(office)
    office.suspend(8 * 3600.0)
    rest(office)
    assert rounds.kinds() == ["disconnected"]


def test_it_goes_on_between_two_intervals_however_long(office: Simulator, begin: Begin) -> None:
    rounds = begin({"interval": 150})
    while not (thread := thread_of()):
        rounds.run()
    told: list[object] = []
    for number in range(300):
        if number == 100:
            office.connect(ENTRY)
        rest(office, 1.0)
        told += rounds.kinds()
    assert told == ["connected"]
    assert thread is thread_of()


def test_nothing_is_told_of_a_state_run_that_it_skips(
    office: Simulator, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    import salt.utils.minion  # noqa: PLC0415

    running: list[dict[str, str]] = []
    monkeypatch.setattr(salt.utils.minion, "running", lambda _: running)
    rounds = begin({"disable_during_state_run": True})
    rest(office)
    office.connect("Home VPN")
    rest(office)
    rounds.reload()
    assert rounds.kinds() == ["connected"]
    running.append({"fun": "state.apply"})
    assert rounds.run() == []
    office.connect(ENTRY)
    rounds.reload()
    assert rounds.run() == []
    running.clear()
    assert rounds.run() == []
    rest(office)
    assert rounds.told() == []
    office.drop(ENTRY)
    rest(office)
    assert rounds.kinds() == ["disconnected"]


def test_it_never_waits_for_ras(office: Simulator, begin: Begin) -> None:
    # Nobody moves the clock: a call that waited for RAS would not return.
    office.delay("RasEnumConnections", 3600.0)
    rounds = begin()
    office.wait_blocked()
    for number in range(100):
        rounds.options["beacons"] = {"winras": [{"check_every": 1 + number % 3}]}
        rounds.reload()
        assert rounds.told() == []
    assert thread_of() is not None
    office.delay("RasEnumConnections", 0.0)
    office.advance(3600.0)
    rest(office)
    office.connect(ENTRY)
    rest(office)
    assert rounds.kinds() == ["connected"]
    office.delay("RasEnumConnections", 3600.0)
    office.drop(ENTRY)
    office.wait_blocked()
    assert rounds.told() == []
    office.delay("RasEnumConnections", 0.0)
    rest(office, 3600.0)
    assert rounds.kinds() == ["disconnected"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_has_died_is_followed_by_another(
    office: Simulator, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    from winras.salt._watching import beacons  # noqa: PLC0415

    with monkeypatch.context() as broken:
        broken.delattr(beacons.__class__, "_is_over")
        rounds = begin()
        thread = beacons._thread
        assert thread is not None
        thread.join(HANG)
    assert rounds.told() == []
    rest(office)
    office.connect(ENTRY)
    rest(office)
    assert rounds.kinds() == ["connected"]


class Clock:
    """What the beacon takes for `time.monotonic`."""

    def __init__(self) -> None:
        self.now = 1e6

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    from winras.salt import _watching  # noqa: PLC0415

    clock = Clock()
    monkeypatch.setattr(_watching, "monotonic", clock)
    return clock


def test_no_more_is_told_in_a_minute_than_it_is_configured_for(
    office: Simulator, begin: Begin, clock: Clock
) -> None:
    rounds = begin({"most_per_minute": 3})
    rest(office)

    def flap(times: int) -> None:
        for _ in range(times):
            office.connect(ENTRY)
            rest(office)
            office.drop(ENTRY)
            rest(office)

    flap(1)
    assert rounds.kinds() == ["connected", "disconnected"]
    clock.now += 30.0
    flap(2)
    assert rounds.kinds() == ["connected"]
    clock.now += 29.99
    flap(1)
    assert rounds.kinds() == []
    last = office.now
    clock.now += 0.01
    (event,) = rounds.run()
    assert event["tag"] == "salt/beacon/minion/winras/suppressed"
    at = datetime.fromtimestamp(datetime(2000, 1, 1, tzinfo=UTC).timestamp() + last, UTC)
    assert event["data"] == {
        "kind": "suppressed",
        "name": None,
        "handle": None,
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "source": None,
        "missed": False,
        "error": 0,
        "count": 5,
        "id": "minion",
    }
    flap(1)
    assert rounds.kinds() == ["connected"]
    clock.now += 60.0
    assert [(data["kind"], data.get("count")) for data in rounds.told()] == [("suppressed", 1)]


def test_no_more_is_queued_than_may_be_told_in_a_minute(office: Simulator, begin: Begin) -> None:
    from winras.salt._watching import beacons  # noqa: PLC0415

    rounds = begin({"most_per_minute": 4})
    rest(office)
    for _ in range(20):
        office.connect(ENTRY)
        rest(office)
        office.drop(ENTRY)
        rest(office)
    (beacon,) = beacons._beacons.values()
    assert len(beacon._queue) == 5
    assert rounds.kinds() == ["connected", "disconnected"] * 2
    (left,) = beacon._queue
    assert left["count"] == 36


@pytest.mark.parametrize("seed", range(50))
def test_whatever_comes_when_each_event_is_told_or_counted_once(seed: int) -> None:
    from winras.salt._watching import Settings, _Beacon  # noqa: PLC0415

    dice = random.Random(seed)  # noqa: S311  no secret
    most = dice.randint(1, 6)
    beacon = _Beacon(Settings(most_per_minute=most))
    of_service = (winras.EventKind.service_lost, winras.EventKind.service_back)
    kinds = (winras.EventKind.connected, *of_service * dice.randint(0, 1))
    now, put, counted = 0.0, 0, 0
    numbers: dict[bool, list[int]] = {True: [], False: []}
    told: dict[bool, list[float]] = {True: [], False: []}

    def take() -> None:
        nonlocal counted
        for event in beacon.take(now):
            is_of_service = event["kind"] in of_service
            told[is_of_service].append(now)
            if event["kind"] == "suppressed":
                counted += int(str(event["count"]))
            else:
                numbers[is_of_service].append(int(str(event["error"])))

    for _ in range(200):
        for _ in range(dice.choice((0, 0, 0, 1, 2, 9))):
            at = datetime.fromtimestamp(0, UTC)
            source = winras.EventSource.check
            beacon.put(winras.Event(dice.choice(kinds), None, at, source, error=put))
            put += 1
        now += dice.choice((0.0, 1.0, 7.0, 59.0))
        take()
        assert len(beacon._queue) <= 1
    for _ in range(2):
        now += 60.0
        take()
    assert all(these == sorted({*these}) for these in numbers.values()), "once, in their order"
    assert counted + sum(map(len, numbers.values())) == put
    for is_of_service, times in told.items():
        limit = 6 if is_of_service else most
        assert all(b - a >= 60.0 for a, b in zip(times, times[limit:], strict=False))


def test_a_flapping_connection_hides_no_loss_of_the_service(
    office: Simulator, begin: Begin, clock: Clock
) -> None:
    rounds = begin({"most_per_minute": 2})
    rest(office)

    def flap() -> None:
        office.connect(ENTRY)
        rest(office)
        office.drop(ENTRY)
        rest(office)

    flap()
    flap()
    office.stop_service(1722)
    rest(office, 5.0)
    office.start_service()
    rest(office, 5.0)
    flap()
    assert rounds.kinds() == ["connected", "disconnected", "service_lost", "service_back"]
    office.stop_service(1722)
    rest(office, 5.0)
    assert rounds.kinds() == ["service_lost"]
    clock.now += 60.0
    assert [(data["kind"], data.get("count")) for data in rounds.told()] == [("suppressed", 4)]


def test_a_service_that_flaps_is_told_six_times_a_minute(
    office: Simulator, begin: Begin, clock: Clock
) -> None:
    rounds = begin()
    rest(office)
    for _ in range(5):
        office.stop_service(1722)
        rest(office, 5.0)
        office.start_service()
        rest(office, 5.0)
    assert rounds.kinds() == ["service_lost", "service_back"] * 3 + ["suppressed"]
    assert rounds.kinds() == []
    clock.now += 60.0
    office.stop_service(1722)
    rest(office, 5.0)
    assert rounds.kinds() == ["service_lost"]


def test_a_service_that_is_lost_and_back_is_told_once_each(office: Simulator, begin: Begin) -> None:
    office.connect(ENTRY)
    rounds = begin()
    rest(office)
    office.stop_service(1722)
    rest(office, 60.0)
    assert [(data["kind"], data["error"]) for data in rounds.told()] == [("service_lost", 1722)]
    office.start_service()
    rest(office, 5.0)
    assert rounds.kinds() == ["service_back"]
    office.drop(ENTRY)
    rest(office)
    assert rounds.kinds() == ["disconnected"]


def test_a_service_that_does_not_answer_at_first_is_told(office: Simulator, begin: Begin) -> None:
    office.connect(ENTRY)
    office.fail("RasEnumConnections", 1722, times=None)
    rounds = begin({"check_every": 0.01})
    told = rounds.until(bool)
    assert [(data["kind"], data["error"]) for data in told] == [("service_lost", 1722)]
    # One that begins meanwhile is told the same.
    rounds.options["beacons"]["two"] = [{"beacon_module": "winras"}]
    assert [data["kind"] for data in rounds.until(bool)] == ["service_lost"]
    office.clear_faults()
    told = rounds.until(lambda told: len(told) >= 4)
    assert [data["kind"] for data in told if data["name"] is None] == ["service_back"] * 2
    assert [data["name"] for data in told if data["kind"] == "connected"] == [ENTRY] * 2


def test_rasman_that_is_only_stopped_is_no_event(office: Simulator, begin: Begin) -> None:
    office.set_service("stopped")
    rounds = begin()
    rest(office, 30.0)
    assert rounds.told() == []
    office.set_service("running")
    rest(office, 5.0)
    office.connect(ENTRY)
    rest(office, 5.0)
    assert rounds.kinds() == ["connected"]


def test_a_simulated_service_that_ends_is_joined_again(begin: Begin) -> None:
    with Served() as first:
        first.do("add_entry", ENTRY)
        first.do("connect", ENTRY)
        rounds = begin({"check_every": 0.05}, **{"winras.simulator": first.name})
        # It begins when it has told this: an event is no sign of one that comes later.
        wait_until_it_watches()
        first.do("drop", ENTRY)
        assert [data["kind"] for data in rounds.until(bool)] == ["disconnected"]
        first.do("connect", ENTRY)
        assert [data["kind"] for data in rounds.until(bool)] == ["connected"]
    (lost,) = rounds.until(bool)
    assert (lost["kind"], lost["error"]) == ("service_lost", 1722)
    with Served(first.name) as second:
        second.do("add_entry", "Home VPN")
        second.do("connect", "Home VPN")
        told = rounds.until(lambda told: "Home VPN" in [data["name"] for data in told])
        assert [(data["kind"], data["name"]) for data in told] == [
            ("service_back", None),
            ("disconnected", ENTRY),
            ("connected", "Home VPN"),
        ]
        second.do("drop", "Home VPN")
        assert [data["kind"] for data in rounds.until(bool)] == ["disconnected"]


def wait_until_it_watches() -> None:
    from winras.salt._watching import beacons  # noqa: PLC0415

    limit = time.monotonic() + HANG
    while not any(one.has_begun for one in beacons._beacons.values()):
        assert time.monotonic() < limit
        time.sleep(0.001)


Watched = tuple[Rounds, Functions]


@pytest.fixture
def watched(begin: Begin, minion: Minion, served: Served) -> Watched:
    """A minion that watches a simulated service, and its execution functions."""
    option = {"winras.simulator": served.name}
    rounds = begin(**option)
    wait_until_it_watches()
    return rounds, minion.functions(**option)


def test_a_simulated_service_may_begin_after_the_minion(begin: Begin, served: Served) -> None:
    name = f"{served.name}-later"
    rounds = begin({"check_every": 0.05}, **{"winras.simulator": name})
    assert [data["kind"] for data in rounds.until(bool)] == ["service_lost"]
    with Served(name) as later:
        assert [data["kind"] for data in rounds.until(bool)] == ["service_back"]
        later.do("add_entry", ENTRY)
        later.do("connect", ENTRY)
        assert [data["kind"] for data in rounds.until(bool)] == ["connected"]


def test_jobs_in_threads_use_the_service_that_is_watched(watched: Watched) -> None:
    rounds, functions = watched
    assert functions["winras.hang_up"](ENTRY)[0]["gone"] is True
    assert [data["kind"] for data in rounds.until(bool)] == ["disconnected"]
    assert functions["winras.list_"]() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork()")
def test_a_job_that_is_a_child_of_fork_has_a_beacon_of_its_own_if_any(
    watched: Watched, served: Served
) -> None:
    from winras.salt._watching import beacons  # noqa: PLC0415

    rounds, functions = watched
    functions["winras.list_"]  # loads it, as a minion has
    for _ in range(5):
        # As if the thread had it just then.
        with warnings.catch_warnings(action="ignore"), beacons._lock:
            child = os.fork()
            if not child:
                signal.alarm(int(HANG))
                code = 1
                try:
                    assert thread_of() is None
                    assert [row["name"] for row in functions["winras.list_"]()] == [ENTRY]
                    assert rounds.run() == []
                    assert thread_of() is not None
                    code = 0
                finally:
                    os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
    served.do("drop", ENTRY)
    assert [data["kind"] for data in rounds.until(bool)] == ["disconnected"]


END = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from minions import Minion
import salt.beacons
options = Minion(Path({folder!r}), {{"winras.simulator": {name!r}}}).options()
beacon = salt.beacons.Beacon(options, {{}})
assert beacon.process({{"winras": []}}, {{}}) == []
print("watches", flush=True)
sys.stdin.read()
"""


def test_a_minion_that_ends_does_not_wait_for_it(served: Served, tmp_path: Path) -> None:
    program = END.format(path=sys.path, folder=str(tmp_path), name=served.name)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline().rstrip() == b"watches"
        process.stdin.close()
        assert process.wait(HANG) == 0


def test_a_beacon_that_pillar_has_is_as_one_of_the_minions_file(
    office: Simulator, minion: Minion, begin: Begin
) -> None:
    rounds = begin()  # for its end only
    merge = minion.functions({"beacons": {"winras": [{"kinds": ["connected"]}]}})["config.merge"]

    def run() -> list[dict[str, object]]:
        found: list[dict[str, object]] = rounds.salts.process(
            merge("beacons", {}, omit_opts=True), {}
        )
        return found

    assert run() == []
    rest(office)
    office.connect(ENTRY)
    rest(office)
    assert [event["tag"] for event in run()] == ["salt/beacon/minion/winras/connected"]
    # Salt does not close it in a reload.
    rounds.options["beacons"] = {}
    office.drop(ENTRY)
    rest(office)
    rounds.reload()
    office.connect(ENTRY)
    rest(office)
    assert len(run()) == 1


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({}, "must be a list of keys with values, such as - check_every: 5, and is dict"),
        (["entries"], "and has 'entries' in it"),
        ([{"entry": ["A"]}], "there is no 'entry'; did you mean 'entries'?"),
        ([{3: 4}], "there is no 3; known are entries, kinds, check_every, most_per_minute"),
        ([{"entries": ENTRY}], "entries must be a list with something in it, such as [Office VPN]"),
        ([{"entries": []}], "or be left out for all"),
        ([{"entries": [123]}], "entries has 123 in it, as YAML reads it"),
        ([{"entries": [True]}], "entries has True in it, as YAML reads it"),
        ([{"entries": ["x" * 257]}], "a name in entries must have at most 256 characters"),
        ([{"kinds": []}], "kinds must be a list with something in it"),
        ([{"kinds": ["conected"]}], "there is no kind 'conected'; did you mean 'connected'?"),
        ([{"kinds": ["x"]}], "there is no kind 'x'; known are connected, disconnected,"),
        ([{"check_every": 0}], "check_every must be more than 0 seconds"),
        ([{"check_every": "5"}], "check_every must be a number of seconds, not str"),
        ([{"check_every": None}], "check_every must be a number of seconds; None"),
        ([{"most_per_minute": 0}], "most_per_minute must be from 1 to"),
        ([{"most_per_minute": 2.5}], "most_per_minute must be a whole number, not float"),
        ([{"most_per_minute": True}], "most_per_minute must be a whole number, not bool"),
        ([{"most_per_minute": 6001}], "most_per_minute must be at most 6000, not 6001"),
    ],
)
def test_a_wrong_configuration_is_told(
    office: Simulator, minion: Minion, config: object, problem: str
) -> None:
    rounds = Rounds(minion, {}, {"winras": config})
    valid, comment = rounds.salts.beacons["winras.validate"](config)
    assert not valid
    assert comment.startswith("Configuration for winras beacon: ")
    assert problem in comment
    assert office.calls("RasEnumConnections") == 0
    if all(isinstance(item, dict) for item in config):
        # Salt says it itself, and runs nothing.
        assert rounds.salts.process({"winras": config}, {}) == []
    assert thread_of() is None


def test_what_salt_itself_reads_is_no_mistake(office: Simulator, minion: Minion) -> None:
    rounds = Rounds(minion, {}, {})
    config = [
        {"interval": 5},
        {"enabled": True},
        {"disable_during_state_run": True},
        {"beacon_module": "winras"},
        {"run_once": True},
        {"entries": [ENTRY], "kinds": ["connected"]},
        {"check_every": 0.5},
        {"most_per_minute": 1},
    ]
    assert rounds.salts.beacons["winras.validate"](config) == (True, "Valid beacon configuration")
    assert office.calls("RasEnumConnections") == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows may have RAS")
def test_without_ras_there_is_no_such_beacon(minion: Minion) -> None:
    rounds = Rounds(minion, {}, {})
    assert "winras.beacon" not in rounds.salts.beacons
