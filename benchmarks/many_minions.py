"""What a fleet of Salt minions costs, each with a simulated service of its own on this machine.

* how long after a drop its event is on the bus of the master;
* a call of all minions by ``salt``, from its start to its end, in turns with Salt's own
  ``test.ping``; and the CPU time that it takes on the master and on each minion;
* what the events of many drops at once take on the master, and a minion at rest.

The Python that runs it must have the extra salt, and the system be Linux.

    python benchmarks/many_minions.py [--short]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import turns
from turns import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "salt"))

from fleet import Fleet, Supervised

SIZES = (1, 3, 10)
PEER = "test.ping"
ENTRY = "Office VPN"
SCENARIO = f'[[entry]]\nname = "{ENTRY}"\n'
MASTER = {"log_level_logfile": "warning"}
MINION = {
    "log_level_logfile": "warning",
    "beacons": {"winras": [{"kinds": ["connected", "disconnected"]}, {"most_per_minute": 6000}]},
}
TAG = "salt/beacon/*/winras/"
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(supervised: Supervised) -> float:
    """The CPU time that a program has taken so far, with all that it has started."""
    parents, took = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(process.name)] = int(fields[1])
        took[int(process.name)] = sum(map(int, fields[11:15])) / _TICK

    def is_of(pid: int) -> bool:
        return pid == supervised.pid or (pid in parents and is_of(parents[pid]))

    return sum(seconds for pid, seconds in took.items() if is_of(pid))


class Taken:
    """The CPU times of a block: of the master, and of a minion on average."""

    def __init__(self, fleet: Fleet) -> None:
        self._minions = [one.daemon for one in fleet.minions.values() if one.daemon]
        self._master = fleet.daemon
        self.master = self.minion = 0.0

    def _read(self) -> tuple[float, float]:
        times = [cpu_seconds(one) for one in self._minions]
        return cpu_seconds(self._master), sum(times) / len(times)

    def __enter__(self) -> Self:
        self._before = self._read()
        return self

    def __exit__(self, *_: object) -> None:
        after = self._read()
        self.master = after[0] - self._before[0]
        self.minion = after[1] - self._before[1]


def named(name: str, fleet: Fleet) -> str:
    """The name of a figure."""
    count = len(fleet.minions)
    return f"{name}, {count} minion{'s' * (count > 1)}"


def drop_on_all(fleet: Fleet, pause: float = 0.0) -> float:
    """Drop a connection of each minion; return after how many seconds the master knew the last.

    A minion asks its beacons once a second, and was just asked: *pause* is waited before the drop.
    """
    for act, kind in (("connect", "connected"), ("drop", "disconnected")):
        time.sleep(pause if act == "drop" else 0.0)
        begin = fleet.events.now()
        for minion in fleet.minions.values():
            with minion.ras() as ras:
                getattr(ras, act)(ENTRY)
        acted = time.time()
        told = [
            fleet.events.wait(f"{TAG}{kind}", begin, lambda data, name=name: data["id"] == name)
            for name in fleet.minions
        ]
    return max(event.at for event in told) - acted


def until_watched(fleet: Fleet) -> None:
    """Return when each beacon tells."""
    for name, minion in fleet.minions.items():
        begin, told = fleet.events.now(), None
        while not told:
            with minion.ras() as ras:
                ras.connect(ENTRY)
                told = fleet.events.find(
                    f"{TAG}connected", begin, lambda data, name=name: data["id"] == name, 5.0
                )
                ras.drop(ENTRY)
        fleet.events.wait(f"{TAG}disconnected", begin, lambda data, name=name: data["id"] == name)


def measure_drops(fleet: Fleet, times: int) -> Iterator[Figure]:
    """How long after a drop the master knows."""
    took = [drop_on_all(fleet, pause=number / times) for number in range(times)]
    name = "a drop → its event on the master's bus"
    yield Figure(figure=f"{name}, median", ours=round(statistics.median(took), 3), unit="s")
    late = sorted(took)[round(0.9 * (len(took) - 1))]
    yield Figure(figure=f"{name}, 9 of 10 within", ours=round(late, 3), unit="s")


def measure_calls(fleet: Fleet, rounds: int) -> Iterator[Figure]:
    """What a call of all minions takes."""
    cpu: dict[str, list[Taken]] = {}

    def turn_of(function: str) -> turns.Turn:
        def call() -> None:
            with Taken(fleet) as taken:
                answers = fleet.salt("*", function)
            assert len(answers) == len(fleet.minions)
            cpu.setdefault(function, []).append(taken)

        return turns.repeated(call)

    list_, ping = turn_of("winras.list_"), turn_of("test.ping")
    ours, theirs = [], []
    for number in range(rounds):
        for turn, times in ((list_, ours), (ping, theirs))[:: 1 if number % 2 else -1]:
            times.append(turn(1))
    yield turns.figure(named("salt '*' winras.list_", fleet), PEER, turns.compare(ours, theirs))

    def median(function: str, value: Callable[[Taken], float]) -> float:
        return round(statistics.median(map(value, cpu[function])) * 1000)

    for whose, value in (
        ("the master", lambda taken: taken.master),
        ("each minion", lambda taken: taken.minion),
    ):
        yield Figure(
            figure=named(f"salt '*' winras.list_: CPU of {whose}", fleet),
            peer=PEER,
            ours=median("winras.list_", value),
            theirs=median("test.ping", value),
            unit="ms",
        )


def measure_rest(fleet: Fleet, seconds: float) -> Iterator[Figure]:
    """What it takes while nothing happens, with the beacon and without."""
    took = []
    for function in ("beacons.enable", "beacons.disable"):
        fleet.salt("*", function)
        time.sleep(2)
        with Taken(fleet) as taken:
            time.sleep(seconds)
        took.append(taken)
    fleet.salt("*", "beacons.enable")
    with_beacon, without = took
    yield Figure(
        figure=named("at rest, with the beacon: CPU of each minion", fleet),
        peer="without it",
        ours=round(with_beacon.minion / seconds * 100, 2),
        theirs=round(without.minion / seconds * 100, 2),
        unit="% of a core",
    )
    yield Figure(
        figure=named("at rest: CPU of the master", fleet),
        ours=round(with_beacon.master / seconds * 100, 2),
        unit="% of a core",
    )


def measure_storm(fleet: Fleet, rounds: int, rest: float) -> Iterator[Figure]:
    """What the master takes for an event, if all minions tell one at the same time."""
    until_watched(fleet)
    begun = time.monotonic()
    with Taken(fleet) as taken:
        for _ in range(rounds):
            drop_on_all(fleet)
    spent = taken.master - rest / 100 * (time.monotonic() - begun)
    yield Figure(
        figure=named("drops on all at once: CPU of the master for each event", fleet),
        ours=round(spent / (2 * rounds * len(fleet.minions)) * 1000, 2),
        unit="ms",
    )


def measure(is_short: bool) -> Iterator[Figure]:
    """Everything."""
    for count in SIZES[:1] if is_short else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            scenario = Path(folder, "scenario.toml")
            scenario.write_text(SCENARIO, encoding="utf-8")
            names = [f"minion-{number}" for number in range(count)]
            with Fleet(Path(folder), scenario, names, master=MASTER, minion=MINION) as fleet:
                until_watched(fleet)
                if count == SIZES[0]:
                    yield from measure_drops(fleet, 3 if is_short else 20)
                yield from measure_calls(fleet, 2 if is_short else 5)
                rest = 0.0
                for figure in measure_rest(fleet, 3 if is_short else 30):
                    rest = figure.ours
                    yield figure
                yield from measure_storm(fleet, 2 if is_short else 10, rest)


if __name__ == "__main__":
    turns.main(__doc__, measure)
