"""How long many simulated hours take on the manual clock, with each event told to a watch.

Each hour a connection comes up and half an hour later it drops. A watch in another thread must
tell all of it, in order, as notified and with nothing missed; the history of the simulation says
the same.

    python benchmarks/simulated_hours.py [HOURS]
"""

from __future__ import annotations

import sys
import time
from threading import Thread

import winras
from winras.testing import Simulator


def play(hours: int) -> list[winras.Event]:
    """The events that a watch has told of so many hours."""
    events: list[winras.Event] = []
    with Simulator(clock="manual") as ras:
        ras.add_entry("Office VPN")
        watch = winras.watch()
        watcher = Thread(target=lambda: events.extend(watch))
        watcher.start()
        try:
            for _ in range(hours):
                for change in (ras.connect, ras.drop):
                    ras.wait_blocked()
                    change("Office VPN")
                    ras.wait_blocked()
                    ras.advance(1800.0)
            assert ras.now == hours * 3600.0
        finally:
            watch.close()
            watcher.join()
    return events


def main() -> None:
    """The command."""
    hours = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    begun = time.perf_counter()
    events = play(hours)
    took = time.perf_counter() - begun
    kinds = [event.kind for event in events]
    assert kinds == [winras.EventKind.connected, winras.EventKind.disconnected] * hours
    assert not any(event.missed for event in events)
    notified = sum(event.source is winras.EventSource.notification for event in events)
    print(f"{hours} simulated hours: {took:.1f} s, {len(events)} events, {notified} as notified")


if __name__ == "__main__":
    main()
