"""Where the time of the two hottest paths goes: a profile of connections() and of an event.

It is of `connections`, the list changed and unchanged, and of ``next()`` of a watch in another
thread. Of 1,000 calls, the seconds are milliseconds of each. The profiler makes all of Python
slower, so compare the parts with each other, and the numbers of calls with those of another
version; `winras_step` is the wait itself. perf shows what happens in C.

    python benchmarks/hot_paths.py
    perf record -g python benchmarks/hot_paths.py && perf report --no-children
"""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

import winras
from winras.testing import Simulator

CALLS = 1_000
SHOWN = 12
PAUSE = 0.002


def change(ras: Simulator) -> None:
    """End a connection, and begin one."""
    ras.drop("Office 0")
    ras.connect("Office 0")


def profile_connections(before: Callable[[], object] = lambda: None) -> cProfile.Profile:
    """Profile connections(), but not what is done before each call."""
    profile = cProfile.Profile()
    for _ in range(CALLS):
        before()
        with profile:
            winras.connections()
    return profile


def profile_events(ras: Simulator) -> cProfile.Profile:
    """Profile a watch in another thread."""
    profile = cProfile.Profile()
    told: SimpleQueue[winras.Event] = SimpleQueue()

    def watch(events: winras.Watch) -> None:
        with profile:
            for event in events:
                told.put(event)

    with winras.watch() as events:
        thread = Thread(target=watch, args=(events,))
        thread.start()
        for number in range(CALLS):
            time.sleep(PAUSE)
            (ras.connect if number % 2 else ras.drop)("Office 0")
            told.get()
        events.close()
        thread.join()
    return profile


def show(title: str, profile: cProfile.Profile) -> None:
    """Print in what most of the time passes."""
    print(f"{title}, {CALLS:,} times:")
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(SHOWN)


def main() -> None:
    """The command."""
    for connections in (1, 100):
        with Simulator() as ras:
            for number in range(connections):
                ras.add_entry(f"Office {number}")
                ras.connect(f"Office {number}")
            what = f"{connections} connected"
            show(f"connections(), {what}, changed", profile_connections(lambda: change(ras)))
            show(f"connections(), {what}, unchanged", profile_connections())
            show(f"event → next(), {what}", profile_events(ras))


if __name__ == "__main__":
    main()
