"""Simulated services, and what uses them, in processes of their own."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, cast

import winras
from patience import HANG, within
from truth import serial_of
from winras.testing import Simulator, join

__all__ = ["Elsewhere", "Gaps", "Resources", "Service", "Told", "follow", "use"]

#: Of a process in Windows, more than any of the tests has at a time.
MOST_HANDLES = 4096

_CONTEXT = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    # What all of them import: the main module of this process is pytest's.
    _CONTEXT.set_forkserver_preload(["pytest", "winras.testing"])


class Elsewhere:
    """A function in a process of its own, whose first argument is the other end of our pipe.

    The process ends with the block, however it stands.
    """

    def __init__(self, function: Callable[..., None], *arguments: object) -> None:
        self.pipe, theirs = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=function, args=(theirs, *arguments), daemon=True)
        self.process.start()
        theirs.close()

    def told(self, longer: float = 0.0) -> object:
        """What it tells next, if it may take that many seconds longer than anything may."""
        patience = HANG + longer
        assert self.pipe.poll(patience), f"{self.process} has not told anything for {patience:g} s"
        return self.pipe.recv()

    def kill(self) -> None:
        """End it at once, by SIGKILL or TerminateProcess."""
        self.process.kill()
        self.process.join(HANG)
        assert self.process.exitcode is not None, f"{self.process} survives"
        self.process.close()
        self.pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()


class Resources(NamedTuple):
    """What a process has of the system's; threads are among its handles in Windows."""

    memory: int
    handles: int
    threads: int

    @classmethod
    def read(cls) -> Resources:
        """Read what this process has."""
        if sys.platform == "win32":
            return cls(*_read_windows(), 0)
        status = dict(
            line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines()
        )
        handles = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  one more each time, not two
        return cls(int(status["RssAnon"].split()[0]) * 1024, handles, int(status["Threads"]))


def _read_windows() -> tuple[int, int]:
    """Wine gives no PrivateUsage, and 0 as the count of handles."""
    assert sys.platform == "win32"
    kernel = ctypes.windll.kernel32
    counters = (ctypes.c_size_t * 10)()  # PROCESS_MEMORY_COUNTERS_EX; [-1] is PrivateUsage
    kernel.K32GetProcessMemoryInfo.argtypes = [ctypes.c_void_p] * 2 + [ctypes.c_uint32]
    assert kernel.K32GetProcessMemoryInfo(-1, counters, ctypes.sizeof(counters))
    memory = counters[-1] or counters[-3]  # PagefileUsage
    assert memory
    flags = ctypes.c_uint32()
    kernel.GetHandleInformation.argtypes = [ctypes.c_void_p] * 2
    handles = range(4, MOST_HANDLES * 4, 4)
    return memory, sum(kernel.GetHandleInformation(one, ctypes.byref(flags)) for one in handles)


class Gaps(threading.Thread):
    """Wakes again and again; its longest gap is how late the machine makes a thread here."""

    EVERY = 0.002

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0
        self._over = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over = True
        self.join(HANG)

    def run(self) -> None:
        last = time.monotonic()
        while not self._over:
            time.sleep(self.EVERY)
            now = time.monotonic()
            self.longest = max(self.longest, now - last - self.EVERY)
            last = now


class Service(Elsewhere):
    """A simulator that others can join by its name; entries are given as to `add_entry`."""

    def __init__(
        self,
        name: str,
        entries: Mapping[str, Mapping[str, float]],
        *,
        clock: float = 1.0,
        filled: bool = False,
    ) -> None:
        self.name = f"{name}-{os.getpid()}"
        super().__init__(_serve, self.name, clock, entries, filled)
        assert self.told() == "serves"

    def resources(self) -> Resources:
        """What its process has now."""
        return self._ask()[0]

    def late(self) -> float:
        """Its longest gap so far."""
        return self._ask()[1]

    def settled(self, before: Resources) -> Resources:
        """What it has once all is closed that was opened since then."""
        now = before

        def are_closed() -> bool:
            nonlocal now
            now = self.resources()
            return now.handles <= before.handles and now.threads <= before.threads

        within(are_closed, f"no more than {before}")
        return now

    def _ask(self) -> tuple[Resources, float]:
        self.pipe.send(None)
        resources, late = cast("tuple[Resources, float]", self.told())
        return resources, late


def _serve(
    pipe: Connection,
    name: str,
    clock: float,
    entries: Mapping[str, Mapping[str, float]],
    filled: bool,
) -> None:
    simulator = Simulator(clock=clock, allow_unmet=True, allow_dialling=True, allow_impossible=True)
    with simulator.serve(name) as ras:
        for entry, terms in entries.items():
            ras.add_entry(entry, **terms)
        if filled:
            _fill_logs(ras)
        pipe.send("serves")
        with Gaps() as gaps, contextlib.suppress(EOFError):
            while True:
                pipe.recv()
                pipe.send((Resources.read(), gaps.longest))


def _fill_logs(ras: Simulator) -> None:
    """Its calls and changes take no more memory from then on: each is one of so many last ones."""
    ras.add_entry("first")
    while len(ras.history) < winras._native.lib.SIM_LOG:
        ras.connect("first")
        ras.drop("first")
    while len(ras.calls) < winras._native.lib.SIM_LOG:
        winras.connections()


def use(pipe: Connection, name: str, seed: int) -> None:
    """Be a client that is always in the middle of several calls, until it is killed."""
    choose = random.Random(seed)  # noqa: S311  not for secrets
    begun = threading.Barrier(4)

    def often(call: Callable[[], object]) -> None:
        begun.wait()
        try:
            while True:
                with contextlib.suppress(winras.RasError):  # others use the same entries
                    call()
        finally:
            os._exit(1)  # a mistake

    def dial() -> None:
        connection = winras.dial(choose.choice(names))
        connection.status()
        connection.hang_up(timeout=choose.choice((0.0, 1.0)))

    def watch() -> None:
        for _ in winras.watch(timeout=0.01, check_every=0.05):
            pass

    with join(name):
        names = [entry.name for entry in winras.entries()]
        for call in (winras.connections, dial, watch):
            threading.Thread(target=often, args=(call,), daemon=True).start()
        begun.wait()
        pipe.send("uses")
        threading.Event().wait()


class Told(NamedTuple):
    """An event, as a watch in another process has told it; *late* is its machine's longest gap."""

    kind: str
    at: datetime
    missed: bool
    seen: tuple[int, str, int | None] | None
    late: float


def follow(pipe: Connection, name: str, check_every: float) -> None:
    """Watch a service, and pass on what the watch tells."""
    with Gaps() as gaps, join(name), winras.watch(check_every=check_every) as events:
        pipe.send("watches")
        for event in events:
            about = event.connection
            seen = about and (about.handle, about.name, serial_of(about))
            pipe.send(Told(event.kind.name, event.at, event.missed, seen, gaps.longest))
