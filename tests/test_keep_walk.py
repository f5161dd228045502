"""A connection that is kept up through whatever comes by chance, drawn from a seed."""

from __future__ import annotations

import contextlib
import random
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

import winras
from winras import ConnectionState, Credentials, Keeper, KeepEvent, KeepPolicy
from winras.testing import DialStep, Simulator

OFFICE, OTHER = "Office VPN", "Other VPN"
#: Seconds: up to when anything may happen, from when on nothing does, and the end.
STORM, CALM, END = 7200.0, 8200.0, 14400.0
ENTRY_CALLS = ("RasEnumEntries", "RasDial", "RasHangUp", "RasGetCredentials")
CALLS = ("RasEnumConnections", "RasGetConnectStatus", "RasConnectionNotification", *ENTRY_CALLS)
#: Errors that may pass; 691 is what no walk may be told twice with the same credentials.
ERRORS = (6, 619, 628, 629, 631, 633, 651, 668, 676, 678, 711, 718, 756, 809, 829, 868, 1062, 1722)
REFUSED = 691
QUIRKS = (
    "bandwidth-on-all",
    "correlation-changes",
    "dial-fails-at-once",
    "dial-told-first",
    "dial-untold",
    "enumerates-dialling",
    "event-ids-differ",
    "events-without-reason",
    "handle-reuse",
    "no-events",
    "notify-coalesced",
    "notify-late",
    "notify-lost",
    "notify-once",
    "plain-user",
    "second-hang-up-617",
)
#: With these errors a connection ends when the computer sleeps, and when RasMan stops.
NOT_HUNG_UP = (833, 834)


class Walk:
    """What happens to a keeper: planned, or done in its events."""

    def __init__(self, ras: Simulator, seed: int) -> None:
        self.ras = ras
        self.random = draw = random.Random(seed)  # noqa: S311  no secret
        self.kinds: list[str] = []
        self.refused: Counter[int] = Counter()
        self.given = self.retries = 0
        self.is_calm = False
        self.has_network = True
        for quirk in draw.sample(QUIRKS, draw.choice([0, 1, 2, 4])):
            ras.quirks.add(quirk)
        ras.add_entry(
            OFFICE,
            dial_seconds=draw.choice([0, 0.5, 2, 30]),
            hang_up_seconds=draw.choice([0, 0, 1, 5]),
        )
        ras.add_entry(OTHER)
        ras.connect(OTHER)
        self._plan()
        self.keeper = Keeper(
            OFFICE, credentials=self._credentials, policy=self._policy(), on_event=self._on_event
        )

    def _plan(self) -> None:
        ras, draw, at = self.ras, self.random, 0.0
        while (at := at + draw.expovariate(1 / 120)) < STORM:
            chance = draw.random()
            if chance < 0.5:
                ras.drop(OFFICE, error=draw.choice([0, 628, 629, 631, 829]), at=at)
            elif chance < 0.6:
                seconds = draw.choice([0.5, 2, 60, 900])
                ras.suspend(seconds, drops=draw.random() < 0.7, at=at)
            elif chance < 0.7:
                ras.stop_service(draw.choice([6, 711, 1062, 1722]), at=at)
                ras.start_service(at=at + draw.choice([0.5, 3, 60, 600]))
            elif chance < 0.8:
                start = draw.choice([0, 3, float("inf")])
                ras.set_service("stopped", start_seconds=start, at=at)
                ras.set_service("running", at=at + draw.choice([1, 10, 300]))
        ras.start_service(at=STORM + 900)
        ras.set_service("running", at=STORM + 900)

    def _policy(self) -> KeepPolicy:
        draw = self.random
        return KeepPolicy(
            wait_for_credentials=True,
            longest_delay=draw.choice([30, 300]),
            check_every=draw.choice([5, 20]),
            stable_after=draw.choice([0, 60]),
            jitter=draw.choice([lambda: 0.0, lambda: 1.0, draw.random]),
            network=lambda: self.has_network,
            probe=draw.choice([None, lambda _: self.is_calm or draw.random() < 0.9]),
            probe_failures=draw.choice([1, 3]),
        )

    def _credentials(self) -> Credentials:
        self.given += self.is_calm or self.random.random() < 0.5
        return Credentials("ann", f"password {self.given}")

    def _on_event(self, event: KeepEvent) -> None:
        self.kinds.append(str(event.kind))
        if event.error is not None and event.error.code == REFUSED:
            self.refused[self.given] += 1
        if self.ras.now > CALM:
            self._calm()
            return
        if str(event.kind) == "dialling":
            self._script(self._steps())
        self._disturb(event)

    def _calm(self) -> None:
        self.is_calm = self.has_network = True
        self.ras.clear_faults()
        self.ras.quirks.clear()
        self._script([])

    def _script(self, steps: list[DialStep]) -> None:
        with contextlib.suppress(winras.RasError):  # it is being dialled
            self.ras.set_dial_script(OFFICE, steps)

    def _steps(self) -> list[DialStep]:
        draw = self.random
        if draw.random() < 0.5:
            return []
        state = draw.choice([ConnectionState.OpenPort, ConnectionState.Authenticate])
        error = draw.choice([*ERRORS, *[REFUSED] * 6])
        return [DialStep(state, draw.choice([0, 0.5, 20])), DialStep(state, error=error)]

    def _disturb(self, event: KeepEvent) -> None:
        ras, draw, chance = self.ras, self.random, self.random.random()
        if chance < 0.15:
            ras.fail(draw.choice(CALLS), draw.choice(ERRORS), times=draw.choice([1, 3]))
        elif chance < 0.2:
            self.retries += 1
            self.keeper.retry()
        elif chance < 0.25:
            with contextlib.suppress(winras.RasError):
                ras.connect(OFFICE)
        elif chance < 0.3:
            self.has_network = not self.has_network
        elif chance < 0.35 and event.connection is not None:
            with contextlib.suppress(winras.RasError):
                event.connection.hang_up(timeout=5)
        elif chance < 0.4:
            ras.sleep(draw.choice([0.3, 1.5, 40]))

    def check(self) -> None:
        """What holds of every walk."""
        calls = self.ras.calls
        # RasDial that answers these has dialled nothing.
        times = [c.at for c in calls if c.function == "RasDial" and c.result not in (633, 756)]
        assert all(b - a >= 1.0 - 1e-6 for a, b in pairwise(times))
        assert len(calls) < 20_000
        assert len(self.kinds) < 2_000
        assert sum(count - 1 for count in self.refused.values()) <= self.retries
        for change in self.ras.history:
            if change.name == OTHER and change.what == "disconnected":
                assert change.error in NOT_HUNG_UP


@pytest.mark.parametrize("seed", range(5 if sys.platform == "win32" else 20))
def test_whatever_comes_it_is_up_in_the_end(seed: int) -> None:
    """No dial within a second, none with what was refused, no spinning; others are left alone."""
    with Simulator(clock="auto", allow_dialling=True, allow_impossible=True) as ras:
        walk = Walk(ras, seed)
        connection = walk.keeper.keep(timedelta(seconds=END))
        walk.check()
        assert connection is not None
        ras.assert_connected(OFFICE)
        ras.ignore_leftovers()
