"""Clients that are killed in the middle of calls leave the service whole."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator

import pytest

import winras
from elsewhere import Elsewhere, Service, use
from patience import HANG, within
from winras._native import ffi, lib
from winras.testing import Simulator, join

#: Clients that are killed, in all, and how many of them there are at a time. In Windows they take
#: long to begin: fewer, unless WINRAS_KILLED_CLIENTS asks for more.
KILLED = int(os.environ.get("WINRAS_KILLED_CLIENTS", "50" if sys.platform == "win32" else "200"))
AT_ONCE = 5
#: By how much a heap may be larger although nothing has leaked. Wine's gives memory back at times;
#: AddressSanitizer keeps what is freed, so that its heap says nothing.
WASTE = (4 if sys.platform == "win32" else 1) << 20
if "libasan" in os.environ.get("LD_PRELOAD", ""):
    WASTE = sys.maxsize
#: Hung up at once, and so that a hang-up lasts longer than the clients live that do not wait.
AT_ONCE_GONE = {f"quick {number}": {"dial_seconds": 0.2} for number in range(4)}
SLOWLY_GONE = {
    f"slow {number}": {"dial_seconds": 0.1, "hang_up_seconds": 1.0} for number in range(4)
}


@pytest.fixture
def service() -> Iterator[Service]:
    with Service("killed", AT_ONCE_GONE | SLOWLY_GONE, clock=10, filled=True) as running:
        yield running


def kill_clients(service: Service, seeds: range) -> None:
    """Kill as many as there are seeds, each some time after it has begun to call."""
    choose = random.Random(seeds.start)  # noqa: S311  not for secrets
    for first in seeds[::AT_ONCE]:
        some = range(first, min(first + AT_ONCE, seeds.stop))
        clients = [Elsewhere(use, service.name, seed) for seed in some]
        for client in clients:
            assert client.told() == "uses"
            time.sleep(choose.uniform(0.0, 0.02))
            assert client.process.is_alive()
            client.kill()


def check_whole(ras: Simulator) -> None:
    """What another client sees is consistent, and all that was not left stuck can be used."""
    within(lambda: all(each.state.name == "Connected" for each in ras.connections))
    up = winras.connections()
    assert len({each.handle for each in up}) == len({each.name for each in up}) == len(up)
    for connection in up:
        assert connection.status().state is winras.ConnectionState.Connected
        assert connection.hang_up(all_references=True)
    assert winras.connections() == []
    for name in AT_ONCE_GONE:
        with winras.watch(timeout=HANG) as events:
            connection = winras.dial(name)
            assert next(events).kind.name == "connected"
            assert connection.hang_up()
            assert next(events).kind.name == "disconnected"


def registrations() -> int:
    """How many the service has, of all clients."""
    count = ffi.new("uint32_t *")
    assert lib.sim_registrations(count) == 0
    return count[0]


def check_history(ras: Simulator) -> None:
    """Each connection was dialled, up and gone in this order, and no entry had two at a time."""
    steps = ("dialling", "connected", "disconnected", "gone")
    reached: dict[int, int] = {}
    of_entry: dict[str, int] = {}
    changes = list(ras.history)
    begin = next(n for n, change in enumerate(changes) if change.name != "first")
    for change in changes[begin:]:
        if change.what == "dialling":
            assert change.name not in of_entry, change
            of_entry[change.name] = change.handle
            reached[change.handle] = 0
        elif change.handle in reached and change.what in steps:
            step = steps.index(change.what)
            assert step > reached[change.handle], change
            reached[change.handle] = step
            if change.what == "gone":
                assert of_entry.pop(change.name) == change.handle, change


def test_killed_clients_leave_nothing_behind(service: Service) -> None:
    kill_clients(service, range(AT_ONCE * 2))
    with join(service.name) as ras:
        check_whole(ras)
    before = service.resources()
    kill_clients(service, range(KILLED // 2))
    half = service.settled(before)
    kill_clients(service, range(KILLED // 2, KILLED))
    after = service.settled(before)
    assert after.memory - max(before.memory, half.memory) < WASTE, (before, half, after)
    with join(service.name) as ras:
        assert registrations() == 0
        check_whole(ras)
        check_history(ras)
