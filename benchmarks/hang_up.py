"""How soon after a handle's death a hang-up is known to be over, what it costs, and many at once.

On the simulator's real clock: ``hang_up()``, with RAS's signal and without, beside the two ways
that RasHangUp's page documents: RasGetConnectStatus and Sleep(0) in a loop, and Sleep(3000). Then
many hang-ups at once, each in a thread, while watches in other threads tell of them. Calls of RAS
are counted.

    python benchmarks/hang_up.py [--short]
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from turns import Figure, main

import winras
from winras import Connection
from winras.testing import Simulator

HANG_UP_SECONDS = 0.2
SIGNALLED: tuple[str, ...] = ()
NOT_SIGNALLED = ("notify-lost",)
COUNTED = ("RasEnumConnections", "RasGetConnectStatus")


def poll(connection: Connection) -> None:
    """RasHangUp, then RasGetConnectStatus until it answers ERROR_INVALID_HANDLE."""
    hang_up_only(connection)
    try:
        while True:
            connection.status()
            time.sleep(0.0)
    except winras.NotConnectedError:
        return


def sleep_3000(connection: Connection) -> None:
    """RasHangUp, then Sleep(3000)."""
    hang_up_only(connection)
    time.sleep(3.0)


def hang_up_only(connection: Connection) -> None:
    """RasHangUp without a wait."""
    try:
        connection.hang_up(timeout=0.0)
    except winras.RasTimeoutError:
        return


@contextmanager
def connected(quirks: Iterable[str], seconds: float) -> Iterator[tuple[Simulator, Connection]]:
    """Give a simulator and its connection, which lives for so long when it is hung up."""
    with Simulator() as ras:
        for quirk in quirks:
            ras.quirks.add(quirk)
        ras.add_entry("Office VPN", hang_up_seconds=seconds)
        ras.connect("Office VPN")
        yield ras, winras.get_connection("Office VPN")


def hang_up_once(way: Callable[[Connection], object], quirks: Iterable[str]) -> tuple[float, float]:
    """How many seconds after the handle's death that returned; its CPU time as a part of all."""
    with connected(quirks, HANG_UP_SECONDS) as (ras, connection):
        cpu_began, began = time.process_time(), time.perf_counter()
        way(connection)
        took = time.perf_counter() - began
        late = ras.now - ras.history[-1].at
        return late, (time.process_time() - cpu_began) / took


def one(rounds: int) -> Iterator[Figure]:
    """A hang-up, by turns with the documented ways."""
    ways = {
        "hang_up(), signalled": (Connection.hang_up, SIGNALLED, 1.0, 0.5),
        "hang_up(), not signalled": (Connection.hang_up, NOT_SIGNALLED, None, None),
        "Sleep(0) loop": (poll, SIGNALLED, None, None),
        "Sleep(3000)": (sleep_3000, SIGNALLED, None, None),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, (way, quirks, _, _) in ways.items():
            if way is not sleep_3000 or number % 10 == 0:
                found[name].append(hang_up_once(way, quirks))
    for name, (_, _, late_goal, cpu_goal) in ways.items():
        late, cpu = (statistics.median(parts) for parts in zip(*found[name], strict=True))
        yield Figure(
            figure=f"{name}: after the death", ours=round(1e3 * late, 3), unit="ms", goal=late_goal
        )
        yield Figure(
            figure=f"{name}: CPU", ours=round(1e2 * cpu, 3), unit="% of a core", goal=cpu_goal
        )


def long(seconds: float) -> Iterator[Figure]:
    """How often a hang-up that takes so long asks for the status."""
    for how, quirks in (("signalled", SIGNALLED), ("not signalled", NOT_SIGNALLED)):
        with connected(quirks, seconds) as (ras, connection):
            connection.hang_up()
            asked = ras.calls("RasGetConnectStatus")
        yield Figure(
            figure=f"hang_up() of {seconds:g} s, {how}: RasGetConnectStatus",
            ours=asked,
            unit="calls",
            goal=14,
        )


def connect_all(ras: Simulator, count: int) -> None:
    """Connect so many entries, whose handles die 1 ms after each other."""
    for number in range(count):
        seconds = HANG_UP_SECONDS + number * 1e-3
        ras.add_entry(f"Office {number}", hang_up_seconds=seconds)
        ras.connect(f"Office {number}")


def is_over(work: Future[None]) -> bool:
    """Whether it has ended; what it raised is raised here, where nobody would be told of it."""
    if work.done():
        work.result()
    return work.done()


def many(hang_ups: int, watches: int, clock: str) -> Iterator[Figure]:
    """So many hang-ups at once, and so many watches that each tell of all of them.

    Each handle dies after the one before, so that each death is signalled by itself.
    """
    with ThreadPoolExecutor(hang_ups + watches) as threads, Simulator(clock=clock) as ras:
        connect_all(ras, hang_ups)
        told = [0] * watches

        def tell(number: int, events: winras.Watch) -> None:
            for _ in events:
                told[number] += 1

        opened = [winras.watch() for _ in range(watches)]
        watching = [threads.submit(tell, *one) for one in enumerate(opened)]
        ras.wait_blocked(watches)
        calls = {name: ras.calls(name) for name in COUNTED}
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        work = [threads.submit(one.hang_up, timeout=600.0) for one in winras.connections()]
        while work or min(told) < hang_ups:
            ras.sleep(0.01)
            work = [one for one in work if not is_over(one)]
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
        calls = {name: ras.calls(name) - count for name, count in calls.items()}
        for events in opened:
            events.close()
        for one in watching:
            one.result()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    switches = after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw
    goal = 10.0 if clock == "real" else None
    what = f"{hang_ups} hang-ups at once, {watches} watches, {clock} clock"
    yield Figure(figure=f"{what}: until all is told", ours=round(took, 3), unit="s", goal=goal)
    yield Figure(figure=f"{what}: CPU", ours=round(cpu, 3), unit="s")
    yield Figure(figure=f"{what}: context switches", ours=switches, unit="times")
    for name, count in calls.items():
        yield Figure(figure=f"{what}: {name}", ours=count, unit="calls")


def measure(is_short: bool) -> Iterator[Figure]:
    """All of it."""
    yield from one(1 if is_short else 30)
    if not is_short:
        yield from long(3.0)
    yield from many(*((50, 10) if is_short else (500, 100)), clock="real")
    yield from many(*((20, 4) if is_short else (200, 40)), clock="auto")


if __name__ == "__main__":
    main(__doc__, measure)
