"""How soon after a handle's death a hang-up is known to be over, and at which cost.

Side by side on the simulator's real clock: ``hang_up()``, the two ways that RasHangUp's page
documents (RasGetConnectStatus and Sleep(0) in a loop; Sleep(3000)), and a loop with sleeps of 250
ms. Prints the median and the worst delay in milliseconds, and the CPU time as a part of the time
waited. Figures of one run compare with each other only.

    python benchmarks/hang_up.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import winras
from winras.testing import Simulator

HANG_UP_SECONDS = 0.2


def poll(connection: winras.Connection, seconds: float) -> None:
    """RasHangUp, then RasGetConnectStatus until it answers ERROR_INVALID_HANDLE."""
    hang_up_only(connection)
    try:
        while True:
            connection.status()
            time.sleep(seconds)
    except winras.NotConnectedError:
        return


def sleep_3000(connection: winras.Connection) -> None:
    """RasHangUp, then Sleep(3000)."""
    hang_up_only(connection)
    time.sleep(3.0)


def hang_up_only(connection: winras.Connection) -> None:
    """RasHangUp without a wait."""
    try:
        connection.hang_up(timeout=0.0)
    except winras.RasTimeoutError:
        return


WAYS: dict[str, Callable[[winras.Connection], object]] = {
    "hang_up()": winras.Connection.hang_up,
    "Sleep(0) loop": lambda connection: poll(connection, 0.0),
    "Sleep(250) loop": lambda connection: poll(connection, 0.25),
    "Sleep(3000)": sleep_3000,
}


def main() -> None:
    """The table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(f"{rounds} rounds, handle dead {HANG_UP_SECONDS} s after RasHangUp")
    print(f"{'':16} {'median ms':>10} {'worst ms':>10} {'CPU part':>9}")
    for name, way in WAYS.items():
        late, cpu, waited = [], 0.0, 0.0
        for _ in range(rounds if way is not sleep_3000 else max(rounds // 10, 1)):
            with Simulator() as ras:
                ras.add_entry("Office VPN", hang_up_seconds=HANG_UP_SECONDS)
                ras.connect("Office VPN")
                connection = winras.get_connection("Office VPN")
                cpu_began, began = time.process_time(), time.perf_counter()
                way(connection)
                took = time.perf_counter() - began
                cpu += time.process_time() - cpu_began
            waited += took
            late.append((took - HANG_UP_SECONDS) * 1000)
        median = statistics.median(late)
        print(f"{name:16} {median:10.2f} {max(late):10.2f} {cpu / waited:9.1%}")


if __name__ == "__main__":
    main()
