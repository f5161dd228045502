"""How soon an event is told after its signal, and what a watch at rest costs.

Runs on the simulator's real clock, on Linux. For a bare C wait on a registered event object, for
``winras.watch`` and for ``winras.aio.watch``, it prints the time from the change to the event:
median, multiple of the bare wait's median, and 99th percentile. Then it prints the CPU time and
the wake-ups of a watch at rest. Compare figures of the same run only.

    python benchmarks/watching.py [ROUNDS [SECONDS_AT_REST]]
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import winras
import winras.aio
from winras.testing import Simulator

NATIVE = Path(__file__).resolve().parents[1] / "src" / "native"


def bare(rounds: int) -> list[float]:
    """Measure the delays of a C program, in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "bare_wait"
        sources = [Path(__file__).with_suffix("").parent / "bare_wait.c", NATIVE / "errors.c"]
        sources += [*NATIVE.glob("simulator/*.c"), *NATIVE.glob("posix/*.c")]
        includes = [f"-I{NATIVE / name}" for name in (".", "simulator", "ras", "posix")]
        subprocess.run(
            ["gcc", "-std=c11", "-O2", *includes, *sources, "-o", program, "-lpthread"],
            check=True,
        )
        printed = subprocess.run(
            [program, str(rounds)], stdout=subprocess.PIPE, text=True, check=True
        )
    return [float(line) for line in printed.stdout.split()]


def change(ras: Simulator, number: int) -> float:
    """Connect or drop; return the moment before."""
    time.sleep(0.002)
    begun = time.perf_counter()
    if number % 2:
        ras.drop("A")
    else:
        ras.connect("A")
    return begun


def sync(rounds: int) -> list[float]:
    """Measure the delays of a watch in another thread, in microseconds."""
    told: SimpleQueue[float] = SimpleQueue()

    def watch(events: Iterable[winras.Event]) -> None:
        for _ in events:
            told.put(time.perf_counter())

    with Simulator() as ras, winras.watch() as events:
        ras.add_entry("A")
        watcher = Thread(target=watch, args=(events,))
        watcher.start()
        took = []
        for number in range(rounds):
            begun = change(ras, number)
            took.append((told.get() - begun) * 1e6)
        events.close()
        watcher.join()
    return took


async def awaited(rounds: int) -> list[float]:
    """Measure the delays of a watch in a task, in microseconds."""
    told: asyncio.Queue[float] = asyncio.Queue()

    async def watch(events: winras.aio.AsyncWatch) -> None:
        async for _ in events:
            told.put_nowait(time.perf_counter())

    async with Simulator() as ras, winras.aio.watch() as events:
        ras.add_entry("A")
        watcher = asyncio.create_task(watch(events))
        took = []
        for number in range(rounds):
            await asyncio.sleep(0.002)
            begun = await asyncio.to_thread(change, ras, number)
            took.append((await told.get() - begun) * 1e6)
        events.close()
        await watcher
    return took


def at_rest(seconds: float) -> str:
    """Measure what a watch costs while nothing happens."""
    with Simulator() as ras, winras.watch() as events:
        ras.add_entry("A")
        ras.connect("A")
        next(events)
        watcher = Thread(target=lambda: list(events))
        watcher.start()
        before = resource.getrusage(resource.RUSAGE_SELF)
        time.sleep(seconds)
        after = resource.getrusage(resource.RUSAGE_SELF)
        events.close()
        watcher.join()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    woken = after.ru_nvcsw - before.ru_nvcsw
    return f"{cpu / seconds:.3%} of a core, {woken / seconds:.1f} wake-ups a second"


def main() -> None:
    """The command."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    found = {"bare C wait": bare(rounds), "watch": sync(rounds)}
    found["aio.watch"] = asyncio.run(awaited(rounds))
    base = found["bare C wait"]
    for name, took in found.items():
        median, late = statistics.median(took), statistics.quantiles(took, n=100)[98]
        ratio = median / statistics.median(base)
        print(f"{name:12} median {median:7.0f} us ({ratio:4.1f} x)   99 % {late:7.0f} us")
    print(f"a watch at rest for {seconds:g} s: {at_rest(seconds)}")


if __name__ == "__main__":
    main()
