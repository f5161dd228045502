"""What ten times as many connections cost, and which memory they take.

Each work is done with 1,000 and with 10,000 connections. Other programs would interrupt the longer
work more often, so CPU time is measured; and nothing on a machine makes it less than it is, so the
ratio is that of the best. What is told as their spread are the lowest and the highest ratio of a
round. It is not to be more than 12. Work that grows more than twice as much as what there is to do
fails; work in the square of the connections would grow 100 times. What there is to do grows ten
times, but for a list as much as RasEnumConnections itself, which is measured in C as well: it
writes 1.4 MB for 1,000 connections and 14 MB for 10,000, which no cache near a core holds. This
also fails if RAS is asked more often than for the size of a list that is too long to keep room for,
and for the list.

    python benchmarks/growth.py [--short]
"""

from __future__ import annotations

import ctypes
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from threading import Thread

import calls
from turns import Figure, main

import winras
from winras.testing import Simulator

FEW, MANY = 1_000, 10_000
GOAL = 12.0
#: Times as much as what there is to do.
LIMIT = 2.0
CHECK_EVERY = 5.0
BARE = "RasEnumConnections, C on the drop-in"


def connect_all(ras: Simulator, count: int) -> None:
    """Add entries and connect them."""
    for number in range(count):
        ras.add_entry(f"Office {number}")
        ras.connect(f"Office {number}")


def change(ras: Simulator) -> None:
    """End a connection, and begin one."""
    ras.drop("Office 0")
    ras.connect("Office 0")


@contextmanager
def checks(ras: Simulator) -> Iterator[Callable[[], None]]:
    """Give what has a watch in another thread make a check, and returns when it waits again."""

    def check() -> None:
        ras.advance(CHECK_EVERY)
        ras.wait_blocked()

    with winras.watch(check_every=CHECK_EVERY) as events:
        thread = Thread(target=lambda: list(events))
        thread.start()
        ras.wait_blocked()
        yield check
        events.close()
        thread.join()


def best(
    function: Callable[[], object], times: int, before: Callable[[], object] = lambda: None
) -> float:
    """The least CPU time of so many calls, in seconds; what is done before each is not counted."""
    took = []
    for _ in repeat(None, times):
        before()
        begun = time.process_time()
        function()
        took.append(time.process_time() - begun)
    return min(took)


def bare(library: Path, client: ctypes.CDLL, count: int, times: int) -> float:
    """The least CPU time of so many enumerations in C, of so many connections of the drop-in."""
    with calls.dropped_in(library) as service:
        service.fill(count)
        turn = calls.of_c(service, client, 0).names
        return best(lambda: turn(1), times)


def measure_with(count: int, times: int) -> tuple[dict[str, float], dict[str, int]]:
    """How long each work takes with so many connections, and how often it calls RAS."""
    begun = time.process_time()
    with Simulator(clock="manual") as ras:
        connect_all(ras, count)
        took = {"add_entry() and connect() of all": time.process_time() - begun}
        enumerations = {}

        def note(
            name: str,
            function: Callable[[], object],
            before: Callable[[], object] = lambda: None,
            *,
            enumerates: bool = True,
        ) -> None:
            before()
            function()
            before()
            asked = ras.calls("RasEnumConnections")
            function()
            if enumerates:
                enumerations[name] = ras.calls("RasEnumConnections") - asked
            took[name] = best(function, times, before)

        middle = winras.connections()[count // 2]
        note("connections(), unchanged", winras.connections)
        note("connections(), changed", winras.connections, lambda: change(ras))
        if hasattr(winras, "snapshot"):
            note("snapshot(), unchanged", winras.snapshot)
            note("snapshot(), changed", winras.snapshot, lambda: change(ras))
        note("status()", middle.status, enumerates=False)
        note("watch()", winras.watch, enumerates=False)
        with checks(ras) as check:
            note("a check of a watch", check)
        note("drop() and connect()", lambda: change(ras), enumerates=False)
    return took, enumerations


def growth(rounds: int, times: int) -> Iterator[Figure]:
    """Each work with few and with many connections."""
    few, many = [], []
    with calls.libraries() as (library, client):
        for _ in range(rounds):
            for count, found in ((FEW, few), (MANY, many)):
                took, enumerations = measure_with(count, times)
                took[BARE] = bare(library, client, count, times)
                found.append(took)
    floor = min(one[BARE] for one in many)
    more = MANY / FEW
    more_to_list = max(more, floor / min(one[BARE] for one in few))
    lists = {*enumerations, "watch()"}
    for name in few[0]:
        theirs, ours = [one[name] for one in few], [one[name] for one in many]
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        is_ours = name != BARE
        yield Figure(
            figure=name,
            peer=f"with {FEW:,} connections",
            connections=MANY,
            ratio=round(min(ours) / min(theirs), 3),
            low=round(min(ratios), 3),
            high=round(max(ratios), 3),
            ours=round(1e6 * min(ours), 3),
            theirs=round(1e6 * min(theirs), 3),
            goal=GOAL if is_ours else None,
            floor=round(1e6 * floor, 3) if name in enumerations else None,
            limit=round(LIMIT * (more_to_list if name in lists else more), 3) if is_ours else None,
        )
    for name, count in enumerations.items():
        yield Figure(
            figure=f"{name}: RasEnumConnections",
            connections=MANY,
            ours=count,
            unit="calls",
            limit=2,
        )


def held() -> Iterator[Figure]:
    """What a Connection takes."""
    with Simulator(clock="manual") as ras:
        connect_all(ras, MANY)
        tracemalloc.start()
        connections = winras.connections()
        size = tracemalloc.get_traced_memory()[0] / len(connections)
        tracemalloc.stop()
    yield Figure(
        figure="a held Connection", connections=MANY, ours=round(size), unit="bytes", goal=1024
    )


def left(enumerations: int) -> Iterator[Figure]:
    """What is left of many enumerations."""
    with Simulator(clock="manual") as ras:
        connect_all(ras, 5)
        # The simulator's log of calls is full after 65,536 of them.
        enumerate_often(ras, 70_000)
        before = resident()
        enumerate_often(ras, enumerations)
        more = resident() - before
    yield Figure(
        figure=f"what is left of {enumerations:,} enumerations",
        connections=5,
        ours=more / 1024,
        unit="KB",
    )


def enumerate_often(ras: Simulator, times: int) -> None:
    """Enumerate; the list is another every 100 times."""
    for number in range(times):
        if number % 100 == 0:
            change(ras)
        winras.connections()


def resident() -> int:
    """The memory of this process that is in RAM, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def measure(is_short: bool) -> Iterator[Figure]:
    """All of it."""
    yield from growth(2 if is_short else 4, 5 if is_short else 7)
    yield from held()
    if not is_short:
        yield from left(100_000)


if __name__ == "__main__":
    main(__doc__, measure)
