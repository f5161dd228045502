"""What a simulated service of another process costs against one in this process.

``python benchmarks/joining.py [--short]``: a call of winras, its growth with the clients that have
joined, and how many events a second watches in processes of their own are told.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import turns
from turns import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import winras
from elsewhere import Elsewhere, Service
from winras.testing import Simulator, join

SIZES = (1, 100)
CLIENTS = (1, 10, 50)
WATCHES = (1, 50)
EMBEDDED = "the service in this process"


def _client(pipe: Connection, name: str) -> None:
    """Be one of many that have joined, and call as often as told."""
    with join(name):
        winras.connections()
        pipe.send("joined")
        while times := pipe.recv():
            pipe.send(turns.repeated(winras.connections)(times))


def _watch(pipe: Connection, name: str) -> None:
    """Tell when as many events as announced have come."""
    with join(name), winras.watch() as events:
        pipe.send("watches")
        while count := pipe.recv():
            for _ in range(count):
                next(events)
            pipe.send("told")


def _entries(count: int) -> dict[str, dict[str, float]]:
    return {f"entry {number}": {} for number in range(count)}


@contextmanager
def _served(connections: int, entries: int = 0) -> Iterator[tuple[Service, Simulator]]:
    """A service of another process, joined, with so many connections."""
    with (
        Service("joining", _entries(max(connections, entries))) as service,
        join(service.name) as ras,
    ):
        for number in range(connections):
            ras.connect(f"entry {number}")
        yield service, ras


def _begin(pipe: Connection, size: int) -> None:
    """Call a simulator of one's own, as often as told, in turns with the process that tells so."""
    with Simulator(clock="real") as ras:
        for name in _entries(size):
            ras.add_entry(name)
            ras.connect(name)
        calls = {"connections()": winras.connections, "status()": winras.connections()[0].status}
        pipe.send("begun")
        while True:
            name, times = pipe.recv()
            pipe.send(turns.repeated(calls[name])(times))


def _turn_of(process: Elsewhere, name: str) -> turns.Turn:
    def turn(times: int) -> float:
        process.pipe.send((name, times))
        took = process.told()
        assert isinstance(took, float)
        return took

    return turn


def measure_calls(seconds: float) -> Iterator[Figure]:
    """What calls cost, in turns with a process whose service is its own."""
    for size in SIZES:
        with _served(size), Elsewhere(_begin, size) as other:
            assert other.told() == "begun"
            calls = {
                "connections()": winras.connections,
                "status()": winras.connections()[0].status,
            }
            for name, call in calls.items():
                theirs = {EMBEDDED: _turn_of(other, name)}
                measured = turns.in_turns(turns.repeated(call), theirs, seconds=seconds)
                yield turns.figure(
                    f"{name}, joined", EMBEDDED, measured[EMBEDDED], connections=size
                )


def measure_clients(seconds: float) -> Iterator[Figure]:
    """What a call costs while so many have joined, one of which calls; and while all of them do."""
    with ExitStack() as stack:
        service, _ = stack.enter_context(_served(1))
        alone = _median(seconds)
        clients: list[Elsewhere] = []
        for count in CLIENTS:
            while len(clients) < count:
                clients.append(stack.enter_context(Elsewhere(_client, service.name)))
                assert clients[-1].told() == "joined"
            idle = _median(seconds)
            busy = _calls_a_second(clients, 1 + round(seconds * 2000 / count))
            name = f"connections(), other clients: {count}"
            yield Figure(figure=f"{name}, idle", ours=idle, theirs=alone, peer="no other client")
            yield Figure(
                figure=f"{name}, all of which call", ours=round(busy), unit="calls a second"
            )


def _median(seconds: float) -> float:
    taken = []
    turn = turns.repeated(winras.connections)
    end = time.perf_counter() + seconds
    while len(taken) < turns.FEWEST_ROUNDS or time.perf_counter() < end:
        taken.append(turn(20) / 20 * 1e6)
    return round(sorted(taken)[len(taken) // 2], 3)


def _calls_a_second(clients: list[Elsewhere], times: int) -> float:
    begun = time.perf_counter()
    for client in clients:
        client.pipe.send(times)
    for client in clients:
        client.told()
    return times * len(clients) / (time.perf_counter() - begun)


def measure_events(rounds: int) -> Iterator[Figure]:
    """How many events a second so many watches are told, all together: each has seen the last."""
    for count in WATCHES:
        with ExitStack() as stack:
            service, ras = stack.enter_context(_served(0, entries=1))
            watches = [stack.enter_context(Elsewhere(_watch, service.name)) for _ in range(count)]
            for watch in watches:
                assert watch.told() == "watches"
            begun = time.perf_counter()
            for number in range(rounds):
                for watch in watches:
                    watch.pipe.send(1)
                act = ras.drop if number % 2 else ras.connect
                act("entry 0")
                for watch in watches:
                    watch.told()
            rate = rounds * count / (time.perf_counter() - begun)
            yield Figure(
                figure=f"events to {count} watching process{'es' * (count > 1)}",
                ours=round(rate),
                unit="a second",
            )


def measure(is_short: bool) -> Iterator[Figure]:
    """Everything."""
    seconds = 0.1 if is_short else 2.0
    yield from measure_calls(seconds)
    yield from measure_clients(seconds)
    yield from measure_events(20 if is_short else 500)


if __name__ == "__main__":
    turns.main(__doc__, measure)
