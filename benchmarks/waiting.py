"""How soon a wait tells what happens, what it costs while nothing does, and who waits for whom.

On the simulator's real clock, on Linux:

* an event of `winras.watch` in another thread, from the change to the return of ``next()``, by
  turns with a ``threading.Event`` that is set; and of `winras.aio.watch`, with a bare
  ``call_soon_threadsafe``. Before each there is a pause, as between the events of a real machine,
  which leaves little in the caches. The floor is a bare C wait on a registered event object;
* the wake-ups and the CPU time of the whole process while its watches are at rest;
* ``status()`` in eight threads at once while RAS takes its time.

    python benchmarks/waiting.py [--short]
"""

from __future__ import annotations

import asyncio
import ctypes
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

from turns import Figure, Turn, compare, figure, in_turns, main, repeated

import winras
import winras.aio
from winras._native import ffi, lib
from winras.testing import Simulator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import drop_in

NATIVE = drop_in.NATIVE

PAUSE = 0.02
SETTLES = 1.0


# ---- from the change to the event ----


class Told:
    """When each of some waits was over."""

    def __init__(self, count: int) -> None:
        self._moments: SimpleQueue[float] = SimpleQueue()
        self._count = count

    def now(self) -> None:
        """Note that one is over."""
        self._moments.put(time.perf_counter())

    def turn_of(self, change: Callable[[], object]) -> Turn:
        """Make a turn that lasts from a change until all are over, after a pause."""

        def turn(times: int) -> float:
            took = 0.0
            for _ in range(times):
                time.sleep(PAUSE)
                begun = time.perf_counter()
                change()
                took += max(self._moments.get() for _ in range(self._count)) - begun
            return took

        return turn


def changes(ras: Simulator) -> Callable[[], object]:
    """Make what connects "A" and drops it by turns, with no more of Python than one call."""
    ras.add_entry("A")
    actions = [
        ffi.new("sim_action *", {"action": action, "name": "A", "duration": -1 if dials else 0})
        for action, dials in ((lib.SIM_CONNECT, True), (lib.SIM_DROP, False))
    ]
    handle = ffi.new("uint64_t *")

    def change() -> None:
        assert lib.sim_act(actions[0], handle) == 0
        actions.reverse()

    return change


@contextmanager
def running(targets: Iterable[Callable[[], object]], end: Callable[[], object]) -> Iterator[None]:
    """Run each in a thread of its own, until the block is left."""
    threads = [Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end()
        for thread in threads:
            thread.join()


@contextmanager
def watched(count: int, change: Callable[[], object]) -> Iterator[Turn]:
    """Give the turn of so many watches, each in a thread."""
    told = Told(count)

    def tell(events: winras.Watch) -> None:
        for _ in events:
            told.now()

    watches = [winras.watch() for _ in range(count)]
    with running(
        [lambda events=events: tell(events) for events in watches],
        lambda: [events.close() for events in watches],
    ):
        yield told.turn_of(change)


@contextmanager
def set_event(count: int) -> Iterator[Turn]:
    """Give the turn of one threading.Event for which so many threads wait."""
    told = Told(count)
    event, over = Event(), Event()

    def tell() -> None:
        while event.wait() and not over.is_set():
            told.now()
            event.clear()

    with running([tell] * count, lambda: (over.set(), event.set())):
        yield told.turn_of(event.set)


@contextmanager
def awaited(count: int, change: Callable[[], object]) -> Iterator[tuple[Turn, Turn]]:
    """Give the turns of so many watches in an event loop, and of so many bare calls."""
    told = Told(count)

    async def tell(events: winras.aio.AsyncWatch) -> None:
        async for _ in events:
            told.now()

    def call() -> None:
        for _ in range(count):
            loop.call_soon_threadsafe(told.now)

    async def wait() -> None:
        async with asyncio.TaskGroup() as tasks:
            for events in watches:
                tasks.create_task(tell(events))

    loop = asyncio.new_event_loop()
    watches = [winras.aio.watch() for _ in range(count)]
    with (
        closing(loop),
        running(
            [lambda: loop.run_until_complete(wait())],
            lambda: [events.close() for events in watches],
        ),
    ):
        yield told.turn_of(change), told.turn_of(call)


def bare_wait(folder: Path) -> Turn:
    """Make the turn of a C program's wait; the library that it is in stays loaded."""
    library = folder / "bare_wait.so"
    rasapi32 = drop_in.build(folder)
    includes = [f"-I{NATIVE / name}" for name in (".", "simulator", "ras", "posix")]
    source = Path(__file__).with_name("bare_wait.c")
    command = [*drop_in.find_compiler(), "-std=c11", "-O2", "-fPIC", "-shared", *includes]
    command += [source, rasapi32, "-o", library, "-lpthread"]
    subprocess.run(command, check=True)
    bare = ctypes.CDLL(library)
    bare.bare_turn.restype = ctypes.c_double
    assert bare.bare_begin() == 0

    def turn(times: int) -> float:
        took = 0.0
        for _ in range(times):
            time.sleep(PAUSE)
            seconds = bare.bare_turn()
            assert seconds >= 0, "the simulated RAS refuses the change, or its signal does not come"
            took += seconds
        return took

    return turn


def latencies(seconds: float) -> Iterator[Figure]:
    """One watch, ten watches, and one among 100 connections."""
    thread, loop, floor = "threading.Event", "call_soon_threadsafe", "bare C wait"
    with tempfile.TemporaryDirectory() as folder:
        bare = bare_wait(Path(folder))
    for watches, others in ((1, 0), (10, 0), (1, 100)):
        with Simulator() as ras:
            for number in range(others):
                ras.add_entry(f"Office {number}")
                ras.connect(f"Office {number}")
            change = changes(ras)
            with watched(watches, change) as ours, set_event(watches) as theirs:
                peers = {thread: theirs, floor: bare}
                in_threads = in_turns(ours, peers, seconds=seconds, times=1)
            with awaited(watches, change) as (ours, theirs):
                peers = {loop: theirs}
                in_loop = in_turns(ours, peers, seconds=seconds, times=1)
        several = f", {watches} watches" if watches > 1 else ""
        for name, peer, measured, goal in (
            ("next", thread, in_threads[thread], 4.0),
            ("anext", loop, in_loop[loop], 2.5),
        ):
            yield figure(
                f"event → {name}(){several}",
                peer,
                measured,
                connections=others or 1,
                goal=goal if watches == 1 and not others else None,
                floor=in_threads[floor].theirs,
            )


# ---- at rest ----


@contextmanager
def watches_in_threads(count: int) -> Iterator[None]:
    """Have so many watches wait, each in a thread."""
    watches = [winras.watch() for _ in range(count)]
    with running(
        [lambda events=events: list(events) for events in watches],
        lambda: [events.close() for events in watches],
    ):
        yield


@contextmanager
def watches_in_a_loop(count: int) -> Iterator[None]:
    """Have so many watches wait in an event loop."""
    with awaited(count, lambda: None):
        yield


def at_rest(seconds: float, wait: Callable[[float], object]) -> tuple[float, float]:
    """How often a process is woken in a second while it waits; what it takes of a core, in %."""
    wait(SETTLES)
    before = resource.getrusage(resource.RUSAGE_SELF)
    wait(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    woken = after.ru_nvcsw - before.ru_nvcsw - (wait is time.sleep)  # which wakes itself, once
    return round(woken / seconds, 3), round(100 * cpu / seconds, 3)


def rest(seconds: float) -> Iterator[Figure]:
    """So many watches in threads, in the main thread, in an event loop."""

    def watch_for(seconds: float) -> None:
        for _ in winras.watch(timeout=seconds):
            pass

    cases = [
        (f"{name}, {count} watch{'es' if count > 1 else ''}", make(count), time.sleep, 0.5)
        for name, make in (("threads", watches_in_threads), ("asyncio", watches_in_a_loop))
        for count in (1, 10, 100)
    ]
    cases.append(("the main thread, 1 watch", nullcontext(), watch_for, 4.0))
    for name, watches, wait, goal in cases:
        with Simulator() as ras:
            ras.add_entry("Office VPN")
            ras.connect("Office VPN")
            with watches:
                woken, cpu = at_rest(seconds, wait)
        yield Figure(figure=f"wake-ups at rest, {name}", ours=woken, unit="a second", goal=goal)
        yield Figure(figure=f"CPU at rest, {name}", ours=cpu, unit="% of a core")


# ---- eight threads ----


def eight_threads(rounds: int) -> Iterator[Figure]:
    """The same number of calls of status() in each of eight threads as in one."""
    with Simulator() as ras, ThreadPoolExecutor(8) as threads:
        ras.add_entry("Office VPN")
        ras.connect("Office VPN")
        office = winras.get_connection("Office VPN")
        ras.delay("RasGetConnectStatus", PAUSE)
        ask = repeated(office.status)

        def ask_in_all(times: int) -> float:
            begun = time.perf_counter()
            list(threads.map(ask, [times] * 8))
            return time.perf_counter() - begun

        ask_in_all(1)
        measured = compare(*zip(*((ask_in_all(5), ask(5)) for _ in range(rounds)), strict=True))
    yield figure("status() in eight threads, RAS takes 20 ms", "in one thread", measured, goal=1.2)


def measure(is_short: bool) -> Iterator[Figure]:
    """All of it."""
    yield from latencies(0.5 if is_short else 10.0)
    yield from rest(1.0 if is_short else 10.0)
    yield from eight_threads(2 if is_short else 7)


if __name__ == "__main__":
    main(__doc__, measure)
