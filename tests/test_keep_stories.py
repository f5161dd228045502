"""Long stories of a connection that is kept up, with all that a month brings."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from multiprocessing.connection import Connection, wait
from typing import NamedTuple, Self, cast

import winras
import winras.aio
from elsewhere import Elsewhere, Resources, Service
from patience import HANG
from winras import ConnectionState, Credentials, Keeper, KeepEvent, KeepEventKind, KeepPolicy
from winras._native import ffi, lib
from winras.testing import DialStep, Simulator, join

OFFICE = "Office VPN"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
#: Windows is a Wine here, where each step costs more.
DAYS = 3 if sys.platform == "win32" else 30
#: Seconds: how long a dial takes, how far apart drops are on average, and how far at least.
DIAL_SECONDS = 0.5
DROP_EVERY, DROP_SPACING = 300.0, 20.0
DROP_ERRORS = (0, 628, 629, 631, 829)
#: How the server fails while it refuses: the state in which it does, after how long, and the error.
REFUSALS = (
    (ConnectionState.ConnectDevice, 15.0, 809),
    (ConnectionState.ConnectDevice, 0.0, 678),
    (ConnectionState.Authenticate, 2.0, 628),
    (ConnectionState.AuthNotify, 1.0, 718),
)
#: How often it is counted what is held, evenly over the story.
COUNTS = 8


class Told(NamedTuple):
    """What is kept of an event: nothing of winras, whose objects are counted."""

    kind: str
    at: float
    attempt: int
    code: int
    reason: str


@dataclass(frozen=True)
class Outage:
    """A time in which it cannot be up, in seconds of the simulation."""

    kind: str
    begin: float
    end: float


class Story:
    """What happens to the entry, drawn from a seed; what cannot be planned is done in its events.

    The server's password changes at the beginning of each outage of that kind, and the user learns
    of it an hour later.
    """

    def __init__(self, ras: Simulator, days: int, seed: int, check_every: float) -> None:
        self.ras = ras
        self.check_every = check_every
        self.random = random.Random(seed)  # noqa: S311  no secret
        self.days = days
        self.told: list[Told] = []
        self.begun = winras._native.wall_time(winras._native.service())
        self.given = 0
        self.held: list[Held] = []
        #: When the user has given each password.
        self.learned = [0.0]
        self.refusal = REFUSALS[0]
        ras.add_entry(OFFICE, dial_seconds=DIAL_SECONDS)
        self.outages = list(self._plan_outages())
        self._plan_drops()

    def _plan_outages(self) -> Iterable[Outage]:
        draw = self.random
        for day in range(self.days):
            kinds = ["server", "restart", "rasman", "silent", "network", "sleep"]
            if day % 10 == 0:
                kinds[4:5] = ["password"]
            draw.shuffle(kinds)
            for slot, kind in enumerate(kinds):
                begin = day * DAY + slot * 4 * HOUR + draw.uniform(0, HOUR / 2)
                yield Outage(kind, begin, begin + self._plan(kind, begin))

    def _plan(self, kind: str, begin: float) -> float:
        """Plan what is to happen at the beginning and the end, and return how long it takes."""
        ras, draw = self.ras, self.random
        if kind == "password":
            ras.drop(OFFICE, error=629, at=begin)
            return HOUR
        if kind == "sleep":
            seconds = draw.uniform(MINUTE, 3 * HOUR)
            ras.suspend(seconds, at=begin)
            return seconds
        seconds = draw.uniform(10.0, 15 * MINUTE)
        if kind in ("server", "network"):
            ras.drop(OFFICE, error=829, at=begin)
        elif kind == "silent":
            ras.stop_service(1722, at=begin)
            ras.start_service(at=begin + seconds)
        else:
            # It may be started by who uses RAS, or only by who has stopped it.
            start = 3.0 if kind == "restart" else float("inf")
            ras.set_service("stopped", start_seconds=start, at=begin)
            if kind == "restart":
                return 3.0
            ras.set_service("running", at=begin + seconds)
        return seconds

    def _plan_drops(self) -> None:
        moment = 0.0
        while moment < self.days * DAY:
            mean = DROP_EVERY - DROP_SPACING
            moment += DROP_SPACING + self.random.expovariate(1 / mean)
            self.ras.drop(OFFICE, error=self.random.choice(DROP_ERRORS), at=moment)

    # ---- while it is kept up ----

    def _keeper(self) -> Keeper:
        policy = KeepPolicy(
            wait_for_credentials=True,
            check_every=self.check_every,
            network=lambda: self.outage() != "network",
            jitter=random.Random(self.days).random,  # noqa: S311  no secret
        )
        return Keeper(OFFICE, credentials=self.credentials, policy=policy, on_event=self.on_event)

    def keep(self) -> None:
        """Keep it up to the end."""
        self._check_end(self._keeper().keep(timedelta(days=self.days)))

    async def keep_in_loop(self) -> None:
        """Keep it up to the end, with asyncio."""
        until = timedelta(days=self.days)
        self._check_end(await winras.aio.keep(self._keeper(), until=until))

    def _check_end(self, connection: winras.Connection | None) -> None:
        assert self.ras.now == self.days * DAY
        is_up = any(one.state.name == "Connected" for one in self.ras.connections)
        assert (connection is not None) == is_up

    def outage(self) -> str:
        """Of which kind there is one now."""
        now = self.ras.now
        number = bisect_right(self.outages, now, key=lambda outage: outage.begin) - 1
        outage = self.outages[max(number, 0)]
        return outage.kind if outage.begin <= now < outage.end else ""

    def credentials(self) -> Credentials:
        """What the user knows."""
        known = self._passwords_since(-HOUR)
        if known != self.given:
            self.given = known
            self.learned.append(self.ras.now)
        return Credentials("ann", f"password {known}")

    def _passwords_since(self, ago: float) -> int:
        """How often the password had changed so long ago."""
        now = self.ras.now + ago
        return sum(one.kind == "password" and one.begin <= now for one in self.outages)

    def on_event(self, event: KeepEvent) -> None:
        """Make the server what it is by now, before it is dialled."""
        code = event.error.code if event.error else 0
        at = (event.at - self.begun).total_seconds()
        self.told.append(Told(event.kind.value, at, event.attempt, code, event.reason))
        if event.kind is KeepEventKind.dialling:
            self.ras.set_dial_script(OFFICE, self._dial_script())
        if self.ras.now > (len(self.held) + 1) * self.days * DAY / (COUNTS + 1):
            self.held.append(Held.count())

    def _dial_script(self) -> list[DialStep]:
        outage = self.outage()
        if outage == "network":
            return [DialStep(ConnectionState.ConnectDevice, error=868)]
        if outage == "server":
            state, seconds, error = self.random.choice(REFUSALS)
            return [DialStep(state, seconds), DialStep(state, error=error)]
        if self.given != self._passwords_since(0):
            return [
                DialStep(ConnectionState.Authenticate, DIAL_SECONDS),
                DialStep(ConnectionState.AuthNotify, error=691),
            ]
        return []

    # ---- what came of it ----

    def share(self) -> float:
        """Of the time in which it could be up, how much it was."""
        end = self.days * DAY
        learned = iter(self.learned[1:])
        times = [(o.begin, next(learned) if o.kind == "password" else o.end) for o in self.outages]
        possible = end - sum(min(last, end) - first for first, last in times)
        up = overlap(self.times_up(), [(0.0, end)]) - overlap(self.times_up(), times)
        return up / possible

    def times_up(self) -> list[tuple[float, float]]:
        """From when to when it was up."""
        changes = [c for c in self.ras.history if c.what in ("connected", "disconnected", "gone")]
        begun, times = None, []
        for change in changes:
            if change.what == "connected":
                begun = change.at
            elif begun is not None:
                times.append((begun, change.at))
                begun = None
        if begun is not None:
            times.append((begun, self.days * DAY))
        return times

    def check_dials(self) -> None:
        """One at a time, and at most one a second."""
        check_dials(self.ras)
        told = [event.at for event in self.told if event.kind == "dialling"]
        assert min(b - a for a, b in pairwise(told)) >= 1.0 - 1e-6
        assert self.ras.calls("RasDial") <= len(told)


class Held(NamedTuple):
    """What grows if something leaks."""

    objects: int
    registrations: int
    handles: int
    threads: int

    @classmethod
    def count(cls) -> Self:
        """What there is now."""
        gc.collect()
        objects = sum(type(one).__module__.startswith("winras") for one in gc.get_objects())
        registrations = ffi.new("uint32_t *")
        assert lib.sim_registrations(registrations) == 0
        _, handles, threads = Resources.read()
        return cls(objects, registrations[0], handles, threads)

    def limits(self) -> Self:
        """How much it may be later: a connection has come up in between, or not."""
        return self._replace(objects=self.objects + 50, handles=self.handles + 4)


def check_dials(ras: Simulator) -> None:
    """In the history, dials begin a second apart, and after the one before has ended."""
    dials, is_free = [], True
    for change in ras.history:
        if change.what == "dialling":
            assert is_free, change
            dials.append(change.at)
            is_free = False
        elif change.what == "gone":
            is_free = True
    assert min(b - a for a, b in pairwise(dials)) >= 1.0 - 1e-6


def overlap(some: list[tuple[float, float]], others: list[tuple[float, float]]) -> float:
    """How long both are, each in its order and without overlaps of its own."""
    total, number = 0.0, 0
    for begin, end in some:
        while number < len(others) and others[number][1] <= begin:
            number += 1
        at = number
        while at < len(others) and others[at][0] < end:
            total += max(0.0, min(end, others[at][1]) - max(begin, others[at][0]))
            at += 1
    return total


@contextmanager
def told_of(days: int, seed: int, *, check_every: float) -> Iterator[Story]:
    """A story that is about to begin, on a clock that jumps."""
    with Simulator(clock="auto", allow_impossible=True) as ras:
        yield Story(ras, days, seed, check_every)


def test_a_month_with_all_that_it_brings() -> None:
    """Up for more than 99 % of the time in which it could be, and nothing leaks."""
    with told_of(DAYS, seed=1, check_every=20.0) as story:
        story.keep()
        share = story.share()
        print(f"{len(story.told)} events; up for {share:.3%} of the time in which it could be")
        assert share > 0.99
        story.check_dials()
        passwords = sum(outage.kind == "password" for outage in story.outages)
        refused = [event for event in story.told if event.code == 691]
        assert len(refused) == passwords == len(story.learned) - 1 > 0
        never = {"standing_by", "left_down", "unhealthy", "hanging_up"}
        assert {event.kind for event in story.told} == {k.value for k in KeepEventKind} - never
        first, *others = story.held
        assert len(others) == COUNTS - 1
        for now in others:
            assert all(n <= limit for n, limit in zip(now, first.limits(), strict=True)), (
                first,
                now,
            )


def test_asyncio_and_threads_decide_the_same() -> None:
    """The same story leads to the same events, at the same times and for the same reasons."""
    with told_of(1, seed=2, check_every=120.0) as story:
        story.keep()
        told = story.told
    with told_of(1, seed=2, check_every=120.0) as story:
        asyncio.run(story.keep_in_loop())
    assert len(told) > 500
    assert story.told == told


def keep(pipe: Connection, name: str) -> None:
    """Keep it up in a process of its own, and pass on what is told."""
    with join(name):
        winras.keep_connected(
            OFFICE,
            policy=KeepPolicy(stable_after=0.0),
            on_event=lambda event: pipe.send(event.kind.value),
        )


def told_until(keeper: Elsewhere, last: str) -> list[str]:
    """The kinds of events that it tells, up to one of that kind."""
    told = [str(keeper.told())]
    while told[-1] != last:
        told.append(str(keeper.told()))
    return told


def take_heir(standing_by: list[Elsewhere]) -> Elsewhere:
    """Wait until one of them tells something, and take it from the list."""
    [pipe, *_] = wait([keeper.pipe for keeper in standing_by], HANG)
    return standing_by.pop([keeper.pipe for keeper in standing_by].index(cast(Connection, pipe)))


def test_of_three_processes_one_keeps_and_another_takes_over() -> None:
    """One is killed while it is up, and one while it dials. Never do two dial."""
    entry = {OFFICE: {"dial_seconds": 20.0}}
    with Service("kept", entry, clock=20) as service, join(service.name) as ras:
        keeper = Elsewhere(keep, service.name)
        told_until(keeper, "connected")
        standing_by = [Elsewhere(keep, service.name) for _ in range(2)]
        try:
            for other in standing_by:
                assert other.told() == "standing_by"
            for _ in range(3):
                ras.drop(OFFICE, error=829)
                assert told_until(keeper, "connected") == ["dropped", "dialling", "connected"]
            keeper.kill()
            keeper = take_heir(standing_by)
            assert keeper.told() == "connected"
            ras.drop(OFFICE, error=829)
            assert told_until(keeper, "dialling") == ["dropped", "dialling"]
            limit = time.monotonic() + HANG
            while not ras.connections:
                assert time.monotonic() < limit
            keeper.kill()
            keeper = take_heir(standing_by)
            assert told_until(keeper, "connected") == ["waiting", "dialling", "connected"]
            for _ in range(3):
                ras.drop(OFFICE, error=829)
                assert told_until(keeper, "connected") == ["dropped", "dialling", "connected"]
            assert {call.result for call in ras.calls if call.function == "RasDial"} == {0}
            check_dials(ras)
        finally:
            for one in (keeper, *standing_by):
                one.kill()
